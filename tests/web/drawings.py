"""What the drawings of a page say: the marks of the wheel, of the strips and of the year's timeline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

_WHEEL = re.compile(r'<a href="([^"]*)" tabindex="-1"><title>([^<]*)</title>')
_ROW = re.compile(r"<tr><th scope=\"row\".*?</tr>", re.DOTALL)


@dataclass(frozen=True)
class Drawn:
    """A page's markup."""

    markup: str

    @property
    def wheel(self) -> list[tuple[str, str]]:
        """Address and title of each mark of the wheel."""
        return [(unescape(url), unescape(title)) for url, title in _WHEEL.findall(self.markup)]

    @property
    def codes(self) -> list[str]:
        """The codes of the wheel's rings, the outermost first."""
        return re.findall(r'<text class="code"[^>]*>([^<]*)</text>', self.markup)

    @property
    def rows(self) -> dict[str, str]:
        """Address of a forum → its row of the table."""
        found = {}
        for row in _ROW.findall(self.markup):
            if link := re.search(r'href="(/forums/[^"?]+)', row):
                found[link[1]] = row
        return found

    def strip(self, forum: str) -> str:
        """What the strip of a forum's row says of its dates."""
        label = re.search(r'class="strip"[^>]*aria-label="([^"]*)"', self.rows[forum])
        assert label is not None
        return unescape(label[1])
