"""Items that those who take part suggest for a meeting's agenda: written, taken back, taken up or answered with no.

A suggestion is seen by whoever wrote it and by those who write the agenda, by nobody else. Taking it up adds an item as
``agenda.add_item`` does, to the meeting it was written for or to a later one of the same forum. Each step is kept with
the history of the meeting it was written for. Not here: who may suggest (``web.suggestions``), the list of what waits
(``mail.worklist``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from scheduler import i18n
from scheduler.errors import NotFound, Problem
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.publishing import label_of
from scheduler.meetings.saving import all_or_nothing, refuse
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Field, Text
from scheduler.records import agenda, agenda_rules
from scheduler.records.agenda_queries import is_locked
from scheduler.records.models import AgendaItem, ItemSuggestion

FIELDS: Mapping[str, Field] = {
    "title": Text(400, missing=mark("Ange punktens rubrik")),
    "text": Text(20_000, lines=True),
}
_ANSWER: Mapping[str, Field] = {"answer": Text(2_000, lines=True)}
_FACTS = ("title", "text", "state", "answer")
#: So many of one person's suggestions for one meeting may wait at a time.
MOST_WAITING = 10
#: So many meetings to come are offered to take a suggestion up at.
OFFERED = 6


# ---------------------------------------------------------------- what there is


def waiting_among(session: Session, forum_ids: Collection[int]) -> Sequence[ItemSuggestion]:
    """What waits in meetings that these forums lead, the meetings' order. One query."""
    query = _of_forums().where(MeetingForum.forum_id.in_(forum_ids), ItemSuggestion.state == "waiting")
    return session.scalars(query).all()


def waiting_of(session: Session, meeting_id: int) -> Sequence[ItemSuggestion]:
    """What waits for one meeting, the oldest first. One query."""
    query = _of_forums().where(ItemSuggestion.meeting_id == meeting_id, ItemSuggestion.state == "waiting")
    return session.scalars(query).all()


def suggestions_by(
    session: Session, person_id: int, *, meeting_id: int | None = None, limit: int = 20
) -> Sequence[ItemSuggestion]:
    """What a person has suggested and not taken back, for one meeting or all, the latest first. One query."""
    query = (
        select(ItemSuggestion)
        .options(joinedload(ItemSuggestion.meeting), joinedload(ItemSuggestion.item).joinedload(AgendaItem.meeting))
        .where(ItemSuggestion.person_id == person_id, ItemSuggestion.state != "withdrawn")
        .order_by(ItemSuggestion.suggested_at.desc(), ItemSuggestion.id.desc())
        .limit(limit)
    )
    if meeting_id is not None:
        query = query.where(ItemSuggestion.meeting_id == meeting_id)
    return session.scalars(query).all()


def suggestion_of(session: Session, meeting_id: int, suggestion_id: int) -> ItemSuggestion:
    """A suggestion for a meeting; raises NotFound for another's."""
    found = session.get(ItemSuggestion, suggestion_id)
    if found is None or found.meeting_id != meeting_id:
        raise NotFound
    return found


def meetings_for(session: Session, suggestion: ItemSuggestion, now: datetime) -> list[Meeting]:
    """Where it may be taken up: its own meeting first if its agenda may be written, then the forum's to come.

    Empty: nothing is booked, and its own meeting's agenda stands.
    """
    own = suggestion.meeting
    later = (
        select(Meeting)
        .join(MeetingForum)
        .where(
            MeetingForum.forum_id == own.forum.id, MeetingForum.position == 0,
            Meeting.state.in_(("confirmed", "called")), Meeting.start_at > now, Meeting.id != own.id,
        )
        .order_by(Meeting.start_at, Meeting.id)
        .limit(OFFERED)
    )  # fmt: skip
    found = [own] if agenda_rules.may_write(own.state, locked=is_locked(session, own.id)) is None else []
    return [*found, *session.scalars(later)]


def _of_forums() -> Any:
    return (
        select(ItemSuggestion)
        .join(ItemSuggestion.meeting)
        .join(MeetingForum, (MeetingForum.meeting_id == Meeting.id) & (MeetingForum.position == 0))
        .options(contains_eager(ItemSuggestion.meeting), joinedload(ItemSuggestion.person))
        .order_by(Meeting.start_at, Meeting.id, ItemSuggestion.suggested_at, ItemSuggestion.id)
    )


# ---------------------------------------------------------------- what is done


@all_or_nothing
def suggest(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    person_id: int,
    *,
    title: str | None,
    text: str | None = None,
) -> ItemSuggestion:
    """Writes a suggestion for a meeting to come. Raises Refused with problems at the fields."""
    rows.claim(session, meeting)
    refuse(may_suggest(meeting, now))
    values, problems = fields.read(FIELDS, {"title": title, "text": text})
    fields.refuse(problems)
    waiting = session.scalar(
        select(func.count())
        .select_from(ItemSuggestion)
        .where(
            ItemSuggestion.meeting_id == meeting.id, ItemSuggestion.person_id == person_id,
            ItemSuggestion.state == "waiting",
        )
    )  # fmt: skip
    if (waiting or 0) >= MOST_WAITING:
        refuse(Problem(None, mark("%(n)s av dina förslag väntar redan. Ta tillbaka något först."), {"n": MOST_WAITING}))
    row = ItemSuggestion(meeting_id=meeting.id, person_id=person_id, suggested_at=now, state="waiting", **values)
    session.add(row)
    session.flush()
    _record(session, actor, now, row, "suggestion.add")
    return row


def may_suggest(meeting: Meeting, now: datetime) -> Problem | None:
    """None when the meeting's agenda takes suggestions: it is booked or called, and has not begun."""
    if meeting.state in {"confirmed", "called"} and now < meeting.start_at:
        return None
    return Problem(None, mark("Mötet tar inte emot förslag längre."))


@all_or_nothing
def withdraw(session: Session, actor: Actor, now: datetime, suggestion: ItemSuggestion) -> None:
    """Takes a suggestion back that nobody has decided on; raises Refused for one that somebody has."""
    _settle(session, actor, now, suggestion, "withdrawn", "suggestion.withdraw")


@all_or_nothing
def take_up(
    session: Session,
    actor: Actor,
    now: datetime,
    suggestion: ItemSuggestion,
    meeting: Meeting,
    *,
    answer: str | None = None,
    **item: Unpack[agenda.ItemFields],
) -> AgendaItem:
    """Adds the item, as the secretariat words it, to a meeting's agenda. Raises Refused with problems at the fields."""
    values, problems = fields.read(_ANSWER, {"answer": answer})
    fields.refuse(problems)
    _claim(session, suggestion)
    added = agenda.add_item(session, actor, now, meeting, **item)
    suggestion.item = added
    _settle(session, actor, now, suggestion, "taken", "suggestion.take_up", values["answer"])
    return added


@all_or_nothing
def decline(session: Session, actor: Actor, now: datetime, suggestion: ItemSuggestion, *, answer: str | None) -> None:
    """Says no, with the reason that whoever suggested it reads. Raises Refused at ``answer``."""
    values, problems = fields.read(
        {"answer": Text(2_000, missing=mark("Skriv varför, så att den som föreslog vet"), lines=True)},
        {"answer": answer},
    )
    fields.refuse(problems)
    _settle(session, actor, now, suggestion, "declined", "suggestion.decline", values["answer"])


def _claim(session: Session, suggestion: ItemSuggestion) -> None:
    """Takes the suggestion, and refuses one that somebody has decided on meanwhile."""
    rows.claim(session, suggestion)
    if suggestion.state != "waiting":
        refuse(Problem(None, mark("Någon har redan tagit ställning till förslaget.")))


def _settle(
    session: Session,
    actor: Actor,
    now: datetime,
    suggestion: ItemSuggestion,
    state: str,
    action: str,
    answer: str | None = None,
) -> None:
    _claim(session, suggestion)
    before = rows.facts(suggestion, _FACTS)
    suggestion.state, suggestion.answer, suggestion.settled_at = state, answer, now
    session.flush()
    _record(session, actor, now, suggestion, action, before)


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    suggestion: ItemSuggestion,
    action: str,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Keeps the step with the meeting, and which suggestion it was about."""
    after = rows.facts(suggestion, _FACTS)
    if before is not None:
        after = {**after, "item": suggestion.title}
    with i18n.use_language("sv"):
        label = label_of(suggestion.meeting)
    record(
        session, actor, now, action=action, kind="meeting", subject_id=suggestion.meeting_id, label=label,
        before=before, after=after,
    )  # fmt: skip
