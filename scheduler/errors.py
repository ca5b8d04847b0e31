"""What can go wrong on purpose, and the one map from it to an HTTP status and an exit code.

A rule or an action refuses by raising; the entry (web, api, cli) turns it into words. Texts are message
ids of ``i18n`` and are translated only when shown. Not here: how a page looks (``web/errors.py``).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from scheduler import i18n


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: ``field`` names the form field or file place, None the whole."""

    field: str | None
    #: Swedish message id with ``%(name)s`` places, filled from ``values``.
    text: str
    values: dict[str, object] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        """The message in the language in use."""
        return i18n.gettext(self.text, **self.values)


class TaktError(Exception):
    """The root of everything Takt raises on purpose."""


class Refused(TaktError):
    """The request is understood and against a rule; nothing was stored."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        """All problems, one a line, in the language in use."""
        return "\n".join(f"{p.field}: {p}" if p.field else str(p) for p in self.problems)


class NotFound(TaktError):
    """No such thing, or not for this person: the two must not be told apart (SEC-1)."""


class Gone(TaktError):
    """A genuine link that has ended; ``text`` says until when it worked and whom to ask."""


class Forbidden(TaktError):
    """A known person who may see the thing but not do this with it."""


class SavedByOther(TaktError):
    """Somebody else saved first (lost update); nothing was stored.

    ``by`` is the other person's label, ``at`` the instant in UTC as ISO text.
    """

    def __init__(self, by: str, at: str) -> None:
        super().__init__(by, at)
        self.by = by
        self.at = at


class TooMany(TaktError):
    """A limit was reached (SEC-14); ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


#: Exception → (HTTP status, exit code of the command line). The first match along the MRO wins.
ERROR_MAP: dict[type[TaktError], tuple[int, int]] = {
    Refused: (422, 2),
    NotFound: (404, 4),
    Gone: (410, 4),
    Forbidden: (403, 5),
    SavedByOther: (409, 6),
    TooMany: (429, 7),
    TaktError: (500, 1),
}


def status_of(error: TaktError) -> tuple[int, int]:
    """HTTP status and exit code for ``error``."""
    for kind in type(error).__mro__:
        if kind in ERROR_MAP:
            return ERROR_MAP[kind]
    return ERROR_MAP[TaktError]
