"""Items of agendas found by the words of their titles, each by whoever may read it on the agenda.

What nobody has written yet is not found: derived agendas hold standing items, which every meeting has. Not here: the
agenda itself (``agenda_queries``), meetings by their own titles (``meetings.queries``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, false, or_, select, true
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.accounts.rules import Principal
from scheduler.meetings.fragments import level_of, public_forums
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.queries import inside_of, listed_options, on_list_of, shown_in_full, visible_to
from scheduler.records.agenda_rules import PUBLISHED
from scheduler.records.models import AgendaItem

#: More than so many are not counted: whoever gets them wants another word.
MOST = 500


@dataclass(frozen=True)
class ItemHit:
    """An item that a search has found."""

    item: AgendaItem
    meeting: Meeting
    #: The forum as the reader may know it: of a joint meeting's, for the public the first public one.
    forum_title: str


def search_items(session: Session, text: str, *, viewer: Principal) -> list[ItemHit]:
    """The written items whose title holds every word of ``text`` and that ``viewer`` may read, latest first.

    At most ``MOST``; empty for an empty text. A constant number of queries.
    """
    words = i18n.search_words(text)
    if not words:
        return []
    inside = inside_of(viewer)
    query = (
        select(AgendaItem, Meeting, inside.label("inside"))
        .join(AgendaItem.meeting)
        .where(
            *(AgendaItem.search_key.contains(word, autoescape=True) for word in words),
            visible_to(viewer),
            or_(
                and_(inside, or_(AgendaItem.secrecy_ground.is_(None), _reads_secret(viewer))),
                and_(
                    Meeting.state.in_(PUBLISHED), AgendaItem.public, AgendaItem.secrecy_ground.is_(None),
                    AgendaItem.state.not_in(("moved", "dropped")), shown_in_full(),
                ),
            ),
        )
        .order_by(Meeting.start_at.desc(), Meeting.id, AgendaItem.position)
        .limit(MOST)
        .options(*listed_options())
    )  # fmt: skip
    hits = []
    for item, meeting, is_inside in session.execute(query):
        if is_inside:
            hits.append(ItemHit(item, meeting, meeting.forum.title))
        elif level_of(meeting) == "full":
            hits.append(ItemHit(item, meeting, public_forums(meeting)[0].title))
    return hits


def _reads_secret(viewer: Principal) -> ColumnElement[bool]:
    """Whether ``viewer`` reads what is secret on the agenda: those who plan the meeting, and those invited."""
    if viewer.administrator:
        return true()
    leads = (
        select(MeetingForum.forum_id)
        .where(
            MeetingForum.meeting_id == Meeting.id, MeetingForum.position == 0,
            MeetingForum.forum_id.in_(viewer.secretariat_forums | viewer.chair_plans),
        )
        .exists()
    )  # fmt: skip
    return or_(case((leads, true()), else_=false()), *on_list_of(viewer))
