"""What htmx does by itself can be done without scripts: its elements are forms, or stand within one (interface.md)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import scheduler

TEMPLATES = Path(scheduler.__file__).parent / "templates"
#: htmx-get that needs no form: it asks again for what the page shows, and a plain reload does the same.
ASKS_AGAIN = {"plan/progress.html"}


class _Elements(HTMLParser):
    """Every element that htmx sends something from, with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        if any(name in {"hx-post", "hx-get"} for name, _ in attrs):
            self.found.append((tag, dict(attrs)))


def _found(path: Path) -> list[tuple[str, dict[str, str | None]]]:
    """The elements of a template; what stands in double braces becomes one word, so that it can be compared."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{\{(.*?)\}\}", lambda found: re.sub(r"\W+", "_", found[1]), text, flags=re.DOTALL)
    reader = _Elements()
    reader.feed(re.sub(r"\{%.*?%\}", "", text, flags=re.DOTALL))
    return reader.found


WITH_HTMX = sorted(path for path in TEMPLATES.rglob("*.html") if _found(path))


def test_templates_with_htmx_are_found():
    assert len(WITH_HTMX) >= 5


@pytest.mark.parametrize("path", WITH_HTMX, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_each_is_a_form_that_posts_the_same_or_stands_within_one(path):
    for tag, attributes in _found(path):
        if "hx-get" in attributes:
            assert path.relative_to(TEMPLATES).as_posix() in ASKS_AGAIN
        elif tag == "form":
            assert attributes.get("method") == "post"
            assert attributes.get("action") == attributes["hx-post"]
        else:  # a part of a form, whose own button sends all of it
            assert "closest form" in " ".join(attributes.get(name) or "" for name in ("hx-sync", "hx-include"))
        assert set(attributes) & {"hx-on", "hx-vars", "hx-vals"} == set()
