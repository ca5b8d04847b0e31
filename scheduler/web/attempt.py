"""Doing what a form asks: the action where the form is right, its refusal at the form's fields.

Not here: two people saving at once (``seen``), forms of one kind that need more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import Problem, Refused
from scheduler.mail.actions import announce
from scheduler.meetings.actions import refresh
from scheduler.meetings.queries import meetings_showing
from scheduler.web.access import site
from scheduler.web.fields import PageForm, show_problems
from scheduler.web.security import now, settings


def attempt(form: PageForm, act: Callable[[], object], names: Mapping[str, str] | None = None) -> bool:
    """Whether ``act`` was done; if not, the form says why and nothing is stored. The caller commits.

    ``names`` are the form's own names of fields that the action calls otherwise.
    """
    if not form.validate():
        return False
    try:
        act()
    except Refused as refused:
        db.session.rollback()
        known = names or {}
        show_problems(
            form, Refused(*(Problem(known.get(p.field or "", p.field), p.text, p.values) for p in refused.problems))
        )
        return False
    return True


def follow_shown(session: Session, *, place_ids: tuple[int, ...] = (), theme_ids: tuple[int, ...] = ()) -> None:
    """Lets the calendars follow that show these places and themes; part of what a form asks, since it may be refused.

    A meeting that could not be shown is a problem at "summary" or "location", for the ``names`` of ``attempt``.
    """
    refresh(session, meetings_showing(session, place_ids=place_ids, theme_ids=theme_ids), now(), site=site())


def commit_announced(session: Session) -> None:
    """Lets the reminders follow what has changed, and saves."""
    announce(session, now(), settings())
    session.commit()
