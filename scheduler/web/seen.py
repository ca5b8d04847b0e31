"""Forms that know what they were filled from, so that nobody saves over what somebody else has saved meanwhile.

For records without a version column: the page sends back a fingerprint of what it showed. Not here: the comparison
that is then shown (``saved_by_other``); forums and meetings, whose rows count their versions.
"""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session
from wtforms import HiddenField

from scheduler.errors import SavedByOther
from scheduler.history.queries import history_of
from scheduler.web.fields import PageForm
from scheduler.web.saved_by_other import Clash, clash_of
from scheduler.web.security import settings


class SeenForm(PageForm):
    """A form of a record that is there: ``stamp`` it when it is opened, ask ``clash_with`` when it comes back."""

    #: Fields that say why, and are no part of the record.
    BESIDE: tuple[str, ...] = ("reason",)

    seen = HiddenField()

    def fingerprint(self) -> str:
        """Another one whenever a field of the record shows something else."""
        shown = [
            f"{field.short_name}={field.data!r}"
            for field in self
            if not isinstance(field, HiddenField) and field.short_name not in self.BESIDE
        ]
        return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:16]

    def stamp(self) -> None:
        """Remembers what is shown now; after all its fields are filled."""
        self.seen.data = self.fingerprint()


def clash_with(session: Session, typed: SeenForm, fresh: SeenForm, kind: str, subject_id: int) -> Clash | None:
    """What to show when the record is no longer as ``typed`` was filled from; None when it is.

    ``fresh`` is the form as it would be opened now, stamped; ``kind`` and ``subject_id`` name the record in the
    history. Take the row for writing first (``organisations.rows.claim``). ``typed`` then knows the new state, so
    that saving again is a choice.
    """
    if typed.seen.data == fresh.seen.data:
        return None
    typed.seen.data = fresh.seen.data
    last = next(iter(history_of(session, kind, subject_id, limit=1)), None)
    error = SavedByOther("" if last is None else last.actor, "" if last is None else last.at.isoformat())
    return clash_of(error, typed, fresh, settings().time_zone)
