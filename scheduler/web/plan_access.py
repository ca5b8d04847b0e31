"""Whose drafts somebody sees and changes: those whose every forum they plan.

To others a draft does not exist: it tells of forums they may not know of. Not here: the pages (``plan_answers``).
"""

from __future__ import annotations

from sqlalchemy import select

from scheduler.db import db
from scheduler.drafts.models import Draft, DraftForum
from scheduler.errors import NotFound
from scheduler.web.access import polled_forums
from scheduler.web.security import principal


def plan_path(year: int) -> str:
    """The address of a year's board."""
    return f"/plan/{year}"


def board_path(draft_id: int, meeting_id: int | None = None) -> str:
    """The address of a draft's board, one of its meetings chosen there."""
    return f"/drafts/{draft_id}" + ("" if meeting_id is None else f"?meeting={meeting_id}")


def find_draft(draft_id: int) -> Draft:
    """The draft without its meetings, when the reader may plan all its forums; raises NotFound."""
    draft = db.session.get(Draft, draft_id)
    if draft is None or draft not in _own([draft]):
        raise NotFound
    return draft


def drafts_of_year(year: int) -> list[Draft]:
    """The drafts of a year that the reader sees, the latest first. Two queries."""
    query = select(Draft).where(Draft.year == year).order_by(Draft.created_at.desc(), Draft.id.desc())
    return _own(list(db.session.scalars(query)))


def _own(drafts: list[Draft]) -> list[Draft]:
    planned = polled_forums(principal())
    if planned is None or not drafts:
        return drafts
    query = select(DraftForum.draft_id, DraftForum.forum_id).where(DraftForum.draft_id.in_([one.id for one in drafts]))
    foreign = {draft_id for draft_id, forum_id in db.session.execute(query) if forum_id not in planned}
    return [one for one in drafts if one.id not in foreign]
