"""Whose drafts somebody sees and changes: those whose every forum they plan.

To others a draft does not exist: it tells of forums they may not know of. Not here: the pages (``plan_answers``).
"""

from __future__ import annotations

from scheduler.db import db
from scheduler.drafts.models import Draft
from scheduler.drafts.queries import draft_with_meetings, drafts_of, forums_of_drafts
from scheduler.errors import NotFound
from scheduler.web.access import polled_forums
from scheduler.web.security import principal


def find_draft(draft_id: int, *, meetings: bool = False) -> Draft:
    """The draft, with its ``meetings`` or without, when the reader may plan all its forums; raises NotFound."""
    session = db.session()
    draft = draft_with_meetings(session, draft_id) if meetings else session.get(Draft, draft_id)
    if draft is None or draft not in _own([draft]):
        raise NotFound
    return draft


def drafts_of_year(year: int) -> list[Draft]:
    """The drafts of a year that the reader sees, the latest first. Two queries."""
    return _own(drafts_of(db.session(), year))


def _own(drafts: list[Draft]) -> list[Draft]:
    planned = polled_forums(principal())
    if planned is None or not drafts:
        return drafts
    forums = forums_of_drafts(db.session(), [one.id for one in drafts])
    return [one for one in drafts if forums[one.id] and forums[one.id] <= planned]
