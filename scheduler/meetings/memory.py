"""The memory of thematic meetings: which organisations a forum has invited, when and on what; whom to think of next.

A constant number of queries for any number of organisations and meetings. Not here: the reckoning (``memory_rules``),
inviting (``calling``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum, ForumTheme
from scheduler.forums.seat_models import Seat
from scheduler.meetings.memory_rules import NOTHING, Invitation, Memory, by_neglect, memories, suggestions
from scheduler.meetings.models import Invitee, Meeting, MeetingForum, MeetingTheme
from scheduler.meetings.rules import State
from scheduler.organisations.models import Organisation, Person

#: So many organisations are suggested for a meeting.
SUGGESTED = 12


@dataclass(frozen=True)
class Remembered:
    """An organisation and what is remembered of it."""

    organisation: Organisation
    memory: Memory
    #: It has to do with a theme of the meeting: a seat in a forum on that theme.
    shares_theme: bool = False


def invitations_of(session: Session, forum_ids: Collection[int]) -> list[Invitation]:
    """Every invitation of an organisation to a meeting of the forums, but to cancelled ones and withdrawn ones.

    Of an organisation that was merged into another, the other's. Three queries.
    """
    organisation_id = func.coalesce(Invitee.organisation_id, Person.organisation_id)
    rows = session.execute(
        select(organisation_id, Meeting.id, Meeting.local_on)
        .select_from(Invitee)
        .join(Meeting, Meeting.id == Invitee.meeting_id)
        .outerjoin(Person, Person.id == Invitee.person_id)
        .where(
            Invitee.withdrawn_at.is_(None),
            Meeting.state != State.CANCELLED,
            organisation_id.is_not(None),
            Meeting.id.in_(_meetings_of(forum_ids)),
        )
    ).all()
    themes: defaultdict[int, set[int]] = defaultdict(set)
    for meeting_id, theme_id in session.execute(
        select(MeetingTheme.meeting_id, MeetingTheme.theme_id).where(
            MeetingTheme.meeting_id.in_(_meetings_of(forum_ids))
        )
    ):
        themes[meeting_id].add(theme_id)
    merged = _merged(session)
    return [
        Invitation(_survivor(invited, merged), meeting_id, on, frozenset(themes[meeting_id]))
        for invited, meeting_id, on in rows
    ]


def _meetings_of(forum_ids: Collection[int]) -> Select[int]:
    return select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids))


def _merged(session: Session) -> dict[int, int]:
    query = select(Organisation.id, Organisation.merged_into_id).where(Organisation.merged_into_id.is_not(None))
    return {gone: into for gone, into in session.execute(query) if into is not None}


def _survivor(organisation_id: int, merged: dict[int, int]) -> int:
    seen = set()
    while organisation_id in merged and organisation_id not in seen:
        seen.add(organisation_id)
        organisation_id = merged[organisation_id]
    return organisation_id


def organisations_on(session: Session, on: date, *, kind_id: str | None = None) -> Sequence[Organisation]:
    """The organisations that are there on a day, in Swedish order; merged ones are not. One query."""
    there: list[ColumnElement[bool]] = [
        Organisation.merged_into_id.is_(None),
        or_(Organisation.valid_from_on.is_(None), Organisation.valid_from_on <= on),
        or_(Organisation.valid_to_on.is_(None), Organisation.valid_to_on >= on),
    ]
    if kind_id is not None:
        there.append(Organisation.kind_id == kind_id)
    query = select(Organisation).where(*there).order_by(Organisation.sort_key, Organisation.id)
    return session.scalars(query).all()


def memory_of_forum(
    session: Session, forum: Forum, before: date, *, theme_id: int | None = None, kind_id: str | None = None
) -> list[Remembered]:
    """Every organisation with what the forum remembers of it before a day; those left out longest first. Four queries.

    ``theme_id``: only meetings about that theme are remembered. ``kind_id``: only organisations of that kind.
    """
    found = [
        invitation
        for invitation in invitations_of(session, [forum.id])
        if theme_id is None or theme_id in invitation.theme_ids
    ]
    remembered = memories(found, before)
    organisations = {row.id: row for row in organisations_on(session, before, kind_id=kind_id)}
    return [
        Remembered(organisations[id_], remembered.get(id_, NOTHING)) for id_ in by_neglect([*organisations], remembered)
    ]


def suggested(session: Session, meeting: Meeting, *, limit: int = SUGGESTED) -> list[Remembered]:
    """Organisations to think of for a meeting, those invited to it already left out. Five queries.

    The themes are the meeting's own, or those of its leading forum where it has none. An organisation has to do with
    a theme when it has a seat in a forum on it.
    """
    theme_ids = {theme.id for theme in meeting.themes} or {theme.id for theme in meeting.forum.themes}
    found = invitations_of(session, [forum.id for forum in meeting.forums])
    invited = {invitation.organisation_id for invitation in found if invitation.meeting_id == meeting.id}
    remembered = memories([i for i in found if i.meeting_id != meeting.id], meeting.local_on)
    about = _about(session, theme_ids, meeting.local_on)
    organisations = {row.id: row for row in organisations_on(session, meeting.local_on)}
    ordered = suggestions(
        [id_ for id_ in organisations if id_ not in invited], remembered, theme_ids=theme_ids, about=about
    )
    return [
        Remembered(organisations[id_], remembered.get(id_, NOTHING), shares_theme=bool(about.get(id_)))
        for id_ in ordered[:limit]
    ]


def _about(session: Session, theme_ids: Collection[int], on: date) -> dict[int, set[int]]:
    """Organisation → those of the themes that a forum is about where it has a seat on the day."""
    found: dict[int, set[int]] = {}
    rows = session.execute(
        select(Seat.organisation_id, ForumTheme.theme_id)
        .join(ForumTheme, ForumTheme.forum_id == Seat.forum_id)
        .where(
            ForumTheme.theme_id.in_(theme_ids),
            Seat.organisation_id.is_not(None),
            or_(Seat.from_on.is_(None), Seat.from_on <= on),
            or_(Seat.to_on.is_(None), Seat.to_on >= on),
        )
        .distinct()
    )
    for organisation_id, theme_id in rows:
        if organisation_id is not None:
            found.setdefault(organisation_id, set()).add(theme_id)
    return found
