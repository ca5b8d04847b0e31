"""Reading a meeting's minutes: the row, the items with what was written, and the finished text as one value.

A constant number of queries. Not here: writing (``minutes``), the shape of the text (``minutes_text``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.forums.rotation import secretariat_of
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Organisation
from scheduler.organisations.rules import shown_name
from scheduler.records.attendance_lists import OFF_AGENDA, Roll, Row, roll_of
from scheduler.records.minutes_text import (
    ActionText,
    AttendanceText,
    Attendee,
    ItemText,
    MinutesText,
    Signature,
    from_json,
)
from scheduler.records.models import ActionPoint, AgendaItem, Decision, Minutes, ParagraphCount
from scheduler.records.quorum_rules import THERE, Status

#: Outcomes that are decisions, and so have a §.
DECIDED = frozenset({"as_proposed", "with_change", "rejected", "tabled", "referred"})


def kind_of(meeting: Meeting) -> str:
    """What is written of a meeting by its formality: notes, or a protocol."""
    return "protocol" if effective_meeting(meeting).formality in {"protocol", "protocol_notice"} else "notes"


def minutes_of(session: Session, meeting_id: int) -> Minutes | None:
    """The minutes of a meeting; None before they are begun."""
    return session.scalars(select(Minutes).where(Minutes.meeting_id == meeting_id)).one_or_none()


def written_items(session: Session, meeting_id: int) -> Sequence[AgendaItem]:
    """The items on the agenda in order, with what was written and decided."""
    query = (
        select(AgendaItem)
        .where(AgendaItem.meeting_id == meeting_id, AgendaItem.state.not_in(OFF_AGENDA))
        .options(joinedload(AgendaItem.record), joinedload(AgendaItem.decision), joinedload(AgendaItem.carried_from))
        .order_by(AgendaItem.position, AgendaItem.id)
        .execution_options(populate_existing=True)  # what was written in this very transaction too
    )
    return session.scalars(query).unique().all()


def text_of(session: Session, meeting: Meeting, minutes: Minutes) -> MinutesText:
    """The text: as it was locked, else as it stands, with preliminary §."""
    if minutes.locked is not None:
        return from_json(minutes.locked)
    items = written_items(session, meeting.id)
    numbers = _paragraphs(session, meeting, minutes, items)
    return build(session, meeting, minutes, items, numbers)


def build(
    session: Session,
    meeting: Meeting,
    minutes: Minutes,
    items: Sequence[AgendaItem],
    numbers: Mapping[int, int],
    *,
    is_final: bool = False,
) -> MinutesText:
    """The text of what stands in the tables; ``numbers`` are the § by item."""
    zone = ZoneInfo(meeting.time_zone)
    start, end = meeting.start_at.astimezone(zone), meeting.end_at.astimezone(zone)
    place = ", ".join(part for part in (meeting.place.name if meeting.place else None, meeting.place_text) if part)
    forum = meeting.forum
    actions = _actions(session, meeting.id)
    return MinutesText(
        kind=minutes.kind,
        forum=forum.name,
        forum_en=next((name.name for name in forum.names if name.language == "en"), None),
        organisation=_secretariat(session, meeting),
        title=meeting.title,
        meeting_id=meeting.id,
        on=meeting.local_on.isoformat(),
        starts=None if meeting.all_day else f"{start:%H:%M}",
        ends=None if meeting.all_day else f"{end:%H:%M}",
        time_zone=meeting.time_zone,
        place=place or None,
        mode=meeting.mode,
        attendance=attendance_text(roll_of(session, meeting)),
        items=tuple(_item(n, item, numbers.get(item.id), actions.get(item.id, ())) for n, item in enumerate(items, 1)),
        signatures=_signatures(minutes, zone),
        opening=minutes.opening,
        closing=minutes.closing,
        secretary=shown_name(minutes.secretary) if minutes.secretary else None,
        adjusting_note=minutes.adjusting_note,
        year=meeting.local_on.year,
        is_final=is_final,
    )


def _secretariat(session: Session, meeting: Meeting) -> str | None:
    """Who kept the secretariat on the day of the meeting."""
    forum = meeting.forum
    found = secretariat_of(session, [forum], meeting.local_on).get(forum.id)
    organisation = None if found is None else session.get(Organisation, found)
    return None if organisation is None else organisation.name


def _item(number: int, item: AgendaItem, paragraph: int | None, actions: Sequence[ActionText]) -> ItemText:
    record = item.record
    common: dict[str, Any] = {
        "number": number,
        "item_id": item.id,
        "title": item.title,
        "kind": item.kind,
        "presenter": item.presenter,
        "secrecy_ground": item.secrecy_ground,
        "registry_number": item.registry_number,
        "actions": tuple(actions),
        "paragraph": paragraph,
    }
    if record is None:
        return ItemText(**common)
    return ItemText(
        **common,
        began=_clock(record.began),
        ended=_clock(record.ended),
        text=record.text,
        outcome=record.outcome,
        decision=record.decision_text,
        reservations=record.reservations,
        is_adjusted=record.adjusted_at is not None,
    )


def _clock(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"


def _signatures(minutes: Minutes, zone: ZoneInfo) -> tuple[Signature, ...]:
    found = [Signature(shown_name(minutes.secretary), "secretary")] if minutes.secretary else []
    for adjuster in minutes.adjusters:
        signed = adjuster.adjusted_at
        found.append(
            Signature(
                shown_name(adjuster.person),
                "chair" if adjuster.is_chair else "adjuster",
                None if signed is None else signed.astimezone(zone).date().isoformat(),
            )
        )
    return tuple(found)


def _actions(session: Session, meeting_id: int) -> dict[int, list[ActionText]]:
    """Item → what is to be done of it."""
    query = (
        select(ActionPoint)
        .where(ActionPoint.meeting_id == meeting_id, ActionPoint.item_id.is_not(None), ActionPoint.state != "dropped")
        .options(joinedload(ActionPoint.owner_person), joinedload(ActionPoint.owner_organisation))
        .order_by(ActionPoint.id)
    )
    found: dict[int, list[ActionText]] = {}
    for point in session.scalars(query):
        owner = shown_name(point.owner_person) if point.owner_person else None
        owner = owner or (point.owner_organisation.name if point.owner_organisation else None)
        due = None if point.due_on is None else point.due_on.isoformat()
        found.setdefault(point.item_id or 0, []).append(ActionText(point.text, owner, due))
    return found


def _paragraphs(session: Session, meeting: Meeting, minutes: Minutes, items: Sequence[AgendaItem]) -> dict[int, int]:
    """Item → its §: drawn where it is, else the number it would have if it were adjusted now. Protocols alone."""
    if minutes.kind != "protocol":
        return {}
    last = session.scalar(
        select(ParagraphCount.last).where(
            ParagraphCount.forum_id == meeting.forum.id, ParagraphCount.year == meeting.local_on.year
        )
    )
    number = last or 0
    found: dict[int, int] = {}
    for item in items:
        drawn: Decision | None = item.decision
        if drawn is not None:
            found[item.id] = drawn.paragraph
        elif item.record is not None and item.record.outcome in DECIDED:
            number += 1
            found[item.id] = number
    return found


# ---------------------------------------------------------------- attendance


def attendance_text(roll: Roll) -> AttendanceText:
    """The attendance lists of a finished text."""
    count = roll.count
    serving: list[Attendee] = []
    others: list[Attendee] = []
    absent: list[Attendee] = []
    served = _served(roll)
    for row in roll.rows:
        if row.person_id is None and row.attendance is None:
            continue
        status = row.attendance.status if row.attendance is not None else (Status.NOTIFIED if row.said_no else "")
        one = _attendee(roll, row, status, served.get(row.person_id or 0, ()))
        if status in THERE:
            (serving if row.counts or one.serves_for else others).append(one)
        elif status and row.role != "substitute":
            absent.append(one)
    return AttendanceText(
        serving=tuple(serving),
        others=tuple(others),
        absent=tuple(absent),
        seats=count.seats,
        filled=count.best.seats,
        needed=count.needed,
        quorate=count.quorate,
        lacking=tuple(n + 1 for n in count.lacking),
    )


def _served(roll: Roll) -> dict[int, tuple[str, ...]]:
    """Substitute → the names of those whose seats they filled."""
    found: dict[int, tuple[str, ...]] = {}
    for row in roll.counted:
        for served in row.servings:
            person = served.attendance.person_id
            if person is not None:
                found[person] = (*found.get(person, ()), "" if row.is_vacant else row.name)
    return found


def _attendee(roll: Roll, row: Row, status: str, serves_for: tuple[str, ...]) -> Attendee:
    mark: Any = row.attendance
    seat = row.seat
    function = seat.function if row.counts and seat is not None and seat.function else None
    first = roll.places.get(mark.from_item_id) if mark is not None and mark.from_item_id else None
    last = roll.places.get(mark.to_item_id) if mark is not None and mark.to_item_id else None
    recused = [] if mark is None else [roll.places[r.item_id] + 1 for r in mark.recusals if r.item_id in roll.places]
    return Attendee(
        name=row.name,
        organisation=row.organisation,
        role=function or ("member" if row.counts else row.role),
        status=str(status),
        serves_for=serves_for,
        from_item=None if first is None else first + 1,
        to_item=None if last is None else last + 1,
        recused=tuple(sorted(recused)),
    )
