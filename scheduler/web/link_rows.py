"""The row a personal link was derived for, where nobody signs in: one way to look it up, one limit on guesses.

Not here: what a link opens and until when (each page), how it is derived (``accounts.personal_links``).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol, TypeVar

from scheduler.accounts import personal_links
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.web.security import limit, network, settings

#: So many unknown links one network may try in a span, and so many answers come by one link.
WRONG, ANSWERS = 60, 30
SPAN = timedelta(minutes=10)


class _Linked(Protocol):
    """A row with links of its own."""

    id: int
    epoch: int


Row = TypeVar("Row", bound=_Linked)


def row_of_link(table: type[Row], purpose: str, token: str, *, wrong: str) -> Row:
    """The row of ``table`` that the link was derived for, for ``purpose``.

    Raises NotFound for an unknown or revoked one, which counts against the network under the name ``wrong``.
    """
    key = settings().secret_key
    row_id = personal_links.read(key, purpose, token)
    found = None if row_id is None else db.session.get(table, row_id)
    if found is None or not personal_links.verify(key, purpose, token, found.id, found.epoch):
        limit(wrong, network(), times=WRONG, span=SPAN)
        db.session.commit()  # the wrong try
        raise NotFound
    return found


def ended_text(day: date) -> str:
    """What the page of a link says that worked until ``day``: until when, and whom to turn to."""
    return _(
        "Länken slutade gälla %(day)s. Kontakta sekretariatet om du vill svara.", day=date_text(day, weekday=False)
    )
