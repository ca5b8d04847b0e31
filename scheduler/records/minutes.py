"""Writing and finishing the minutes of a meeting: items, adjusters, adjusting, locking, posting, approving.

Each item is saved by itself, with a version, so that two may write at once. What is adjusted is locked: its text, its
hash and its § stand from then on. Not here: the text as one value (``minutes_text``), § (``decisions``), what may be
done when (``minutes_rules``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.models import User
from scheduler.clock import civil_date
from scheduler.errors import NotFound, Problem, Refused, SavedByOther
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import label_of
from scheduler.meetings.saving import all_or_nothing, refuse
from scheduler.organisations import fields
from scheduler.organisations.fields import Choice, Text
from scheduler.organisations.models import Person
from scheduler.records import agenda, minutes_rules
from scheduler.records.attendance import may_mark
from scheduler.records.attendance_lists import roll_of
from scheduler.records.decisions import draw
from scheduler.records.minutes_reading import DECIDED, build, kind_of, minutes_of, text_of, written_items
from scheduler.records.minutes_text import seen_sha256, sha256, to_json
from scheduler.records.models import Adjuster, AgendaItem, ItemRecord, Minutes
from scheduler.records.quorum_rules import THERE

OUTCOMES = ("as_proposed", "with_change", "rejected", "tabled", "referred", "none")
#: Outcomes after which the item goes on to the next meeting.
GOES_ON = ("tabled", "referred")


# ---------------------------------------------------------------- beginning, and the whole


@all_or_nothing
def begin(session: Session, actor: Actor, now: datetime, meeting: Meeting) -> Minutes:
    """The minutes of a meeting, begun where they are not: its agenda is written, its chair presets as adjuster."""
    _hold(session, meeting)
    found = minutes_of(session, meeting.id)
    if found is not None:
        return found
    refuse(may_mark(meeting, now))
    agenda.open_agenda(session, actor, now, meeting)
    minutes = Minutes(meeting_id=meeting.id, kind=kind_of(meeting), state="draft", created_at=now)
    session.add(minutes)
    if minutes.kind == "protocol":
        chair = next(
            (row for row in roll_of(session, meeting).counted if row.seat and row.seat.function == "chair"), None
        )
        if chair is not None and chair.person_id is not None:
            minutes.adjusters.append(Adjuster(person_id=chair.person_id, position=0, is_chair=True))
    session.flush()
    _record(session, actor, now, meeting, "minutes.begin", after={"kind": minutes.kind})
    return minutes


_FIELDS: dict[str, fields.Field] = {
    "opening": Text(20_000, lines=True),
    "closing": Text(20_000, lines=True),
    "adjusting_note": Text(200, mailed=False),
}


@all_or_nothing
def edit(
    session: Session,
    actor: Actor,
    now: datetime,
    minutes: Minutes,
    *,
    opening: str | None,
    closing: str | None,
    adjusting_note: str | None,
    secretary_id: int | None,
    version: int | None,
) -> Minutes:
    """What stands before and after the items, who writes, where it is adjusted. Raises SavedByOther."""
    _open(session, minutes)
    if version is not None and version != minutes.version:
        raise SavedByOther("", "")
    values, problems = fields.read(_FIELDS, {"opening": opening, "closing": closing, "adjusting_note": adjusting_note})
    secretary = session.get(Person, secretary_id) if secretary_id else None
    if secretary_id and (secretary is None or secretary.merged_into_id is not None):
        problems.append(Problem("secretary_id", fields.CHOOSE))
    fields.refuse(problems)
    for name, value in values.items():
        setattr(minutes, name, value)
    minutes.secretary_id = secretary_id or None
    minutes.version += 1
    session.flush()
    _record(session, actor, now, minutes.meeting, "minutes.edit")
    return minutes


_ITEM: dict[str, fields.Field] = {
    "text": Text(20_000, lines=True),
    "decision_text": Text(20_000, lines=True),
    "reservations": Text(20_000, lines=True),
    "presenter": Text(200, mailed=False),
    "outcome": Choice(OUTCOMES),
}


@all_or_nothing
def write_item(
    session: Session,
    actor: Actor,
    now: datetime,
    minutes: Minutes,
    item: AgendaItem,
    *,
    presenter: str | None = None,
    began: time | None = None,
    ended: time | None = None,
    text: str | None = None,
    outcome: str = "none",
    decision_text: str | None = None,
    reservations: str | None = None,
    version: int | None = None,
) -> ItemRecord:
    """What was said and decided on one item; tabled and referred items go on to the next meeting.

    ``version``: that of the record the form was made from, 0 for none. Raises Refused at its field, SavedByOther
    when somebody has written of the item since.
    """
    _open(session, minutes)
    if item.meeting_id != minutes.meeting_id:
        raise NotFound
    session.refresh(item)
    found = session.get(ItemRecord, item.id, populate_existing=True)
    if version is not None and version != (found.version if found else 0):
        raise _saved_by(session, found)
    if found is not None and found.adjusted_at is not None:
        raise Refused(Problem(None, mark("Paragrafen är omedelbart justerad och kan inte ändras.")))
    given = {
        "presenter": presenter, "text": text, "outcome": outcome, "decision_text": decision_text,
        "reservations": reservations,
    }  # fmt: skip
    values, problems = fields.read(_ITEM, given)
    if began is not None and ended is not None and ended < began:
        problems.append(Problem("ended", mark("Punkten kan inte sluta innan den börjar")))
    if values.get("outcome") == "referred" and not values.get("decision_text"):
        problems.append(Problem("decision_text", mark("Skriv varför punkten återremitteras")))
    fields.refuse(problems)
    written = found or ItemRecord(item_id=item.id, version=0)
    before = written.outcome or "none"
    _go_on(session, actor, now, item, before, values["outcome"], values["decision_text"])
    item.presenter = values.pop("presenter")
    for name, value in {**values, "began": began, "ended": ended}.items():
        setattr(written, name, value)
    written.saved_at, written.user_id = now, actor.user_id
    written.version += 1
    session.add(written)
    session.flush()
    _record(
        session, actor, now, minutes.meeting, "minutes.item",
        before={"outcome": before}, after={"outcome": written.outcome, "title": item.title},
    )  # fmt: skip
    return written


def _go_on(
    session: Session, actor: Actor, now: datetime, item: AgendaItem, before: str, outcome: str, reason: str | None
) -> None:
    """Lets the agenda follow an outcome: tabled and referred items wait for the next meeting."""
    if before == outcome:
        return
    if before in GOES_ON and item.state in GOES_ON:
        agenda.take_back(session, actor, now, item)
    if outcome in GOES_ON and item.state != outcome:
        short = None if reason is None else " ".join(reason.split())[:200]
        agenda.hand_on(session, actor, now, item, to=outcome, reason=short)
    elif outcome != "none" and item.state == "planned":
        item.state = "handled"


def _saved_by(session: Session, written: ItemRecord | None) -> SavedByOther:
    if written is None or written.saved_at is None:
        return SavedByOther("", "")
    user = session.get(User, written.user_id) if written.user_id is not None else None
    return SavedByOther("" if user is None else user.name, written.saved_at.isoformat())


# ---------------------------------------------------------------- adjusting


@all_or_nothing
def choose_adjusters(
    session: Session, actor: Actor, now: datetime, minutes: Minutes, *, chair_id: int | None, person_ids: Sequence[int]
) -> Minutes:
    """Who adjusts: the chair of the meeting and those it chose, all of whom were there. Raises Refused."""
    _open(session, minutes)
    wanted = list(dict.fromkeys([*([chair_id] if chair_id else []), *person_ids]))
    there = {
        row.person_id
        for row in roll_of(session, minutes.meeting).rows
        if row.attendance is not None and row.attendance.status in THERE
    }
    if not wanted:
        raise Refused(Problem("person_ids", mark("Välj minst en justerare")))
    if not set(wanted) <= there:
        raise Refused(Problem("person_ids", mark("Bara den som var närvarande kan justera")))
    kept = {adjuster.person_id: adjuster for adjuster in minutes.adjusters}
    minutes.adjusters[:] = [kept.get(person_id) or Adjuster(person_id=person_id) for person_id in wanted]
    for n, adjuster in enumerate(minutes.adjusters):
        adjuster.position, adjuster.is_chair = n, adjuster.person_id == chair_id
    minutes.version += 1
    session.flush()
    _record(session, actor, now, minutes.meeting, "minutes.adjusters", after={"number": len(wanted)})
    return minutes


@all_or_nothing
def send_to_adjusting(session: Session, actor: Actor, now: datetime, minutes: Minutes) -> Minutes:
    """Asks the adjusters; the text stands until all have adjusted it or it is taken back."""
    _open(session, minutes)
    refuse(None if minutes.kind == "protocol" else minutes_rules.step_problem("", "draft"))
    if not minutes.adjusters:
        raise Refused(Problem(None, mark("Välj minst en justerare")))
    for adjuster in minutes.adjusters:
        adjuster.adjusted_at = adjuster.adjusted_sha256 = adjuster.objection = None
    _to(session, actor, now, minutes, "adjusting")
    return minutes


@all_or_nothing
def take_back(session: Session, actor: Actor, now: datetime, minutes: Minutes, *, reason: str | None = None) -> Minutes:
    """Makes a draft of it again; whoever has adjusted it is asked anew."""
    _hold(session, minutes.meeting, minutes)
    refuse(minutes_rules.step_problem(minutes.state, "adjusting", "sent"))
    for adjuster in minutes.adjusters:
        adjuster.adjusted_at = adjuster.adjusted_sha256 = None
    minutes.sent_at = minutes.object_by_on = None
    _to(session, actor, now, minutes, "draft", reason=fields.read_reason(reason))
    return minutes


@all_or_nothing
def adjust(session: Session, actor: Actor, now: datetime, adjuster: Adjuster, *, seen: str) -> Minutes:
    """One adjuster adjusts the text of the hash ``seen``; when all have, it is locked and its § are drawn.

    Raises Refused when the text is another by now, or is not to be adjusted.
    """
    minutes = adjuster.minutes
    _hold(session, minutes.meeting, minutes)
    session.refresh(adjuster)
    refuse(minutes_rules.step_problem(minutes.state, "adjusting"))
    if seen != seen_sha256(text_of(session, minutes.meeting, minutes)):
        raise Refused(Problem(None, mark("Texten har ändrats sedan du öppnade sidan. Läs den igen.")))
    if adjuster.adjusted_sha256 == seen and adjuster.objection is None:
        return minutes
    adjuster.adjusted_at, adjuster.adjusted_sha256, adjuster.objection = now, seen, None
    session.flush()
    _record(session, actor, now, minutes.meeting, "minutes.adjust", after={"number": _done(minutes)})
    if all(one.adjusted_sha256 == seen for one in minutes.adjusters):
        _lock(session, actor, now, minutes)
    return minutes


def _done(minutes: Minutes) -> int:
    return sum(one.adjusted_sha256 is not None for one in minutes.adjusters)


@all_or_nothing
def object_to(session: Session, actor: Actor, now: datetime, adjuster: Adjuster, *, objection: str | None) -> Minutes:
    """An adjuster objects: the protocol is not adjusted until they are content."""
    minutes = adjuster.minutes
    _hold(session, minutes.meeting, minutes)
    refuse(minutes_rules.step_problem(minutes.state, "adjusting"))
    values, problems = fields.read(
        {"objection": Text(20_000, missing=mark("Skriv vad som ska ändras"), lines=True)}, {"objection": objection}
    )
    fields.refuse(problems)
    adjuster.objection = values["objection"]
    adjuster.adjusted_at = adjuster.adjusted_sha256 = None
    session.flush()
    _record(session, actor, now, minutes.meeting, "minutes.object")
    return minutes


def _lock(session: Session, actor: Actor, now: datetime, minutes: Minutes) -> None:
    """The text stands from now on, with its § and its hash."""
    meeting = minutes.meeting
    items = written_items(session, meeting.id)
    decided = [item for item in items if item.record is not None and item.record.outcome in DECIDED]
    numbers = draw(session, now, meeting, decided)
    text = build(session, meeting, minutes, items, numbers, is_final=True)
    minutes.locked = to_json(text)
    minutes.locked_sha256 = sha256(minutes.locked)
    minutes.adjusted_at = now
    _to(session, actor, now, minutes, "adjusted")


@all_or_nothing
def adjust_item(session: Session, actor: Actor, now: datetime, minutes: Minutes, item: AgendaItem) -> int:
    """Adjusts one item at once, before the rest (omedelbar justering); gives its §. It stands from then on."""
    _open(session, minutes)
    if item.meeting_id != minutes.meeting_id:
        raise NotFound
    session.refresh(item)
    written = item.record
    if minutes.kind != "protocol" or written is None or written.outcome not in DECIDED:
        raise Refused(Problem(None, mark("Bara en punkt med beslut kan justeras omedelbart.")))
    if written.adjusted_at is None:
        written.adjusted_at = now
        number = draw(session, now, minutes.meeting, [item])[item.id]
        session.flush()
        session.expire(item)
        _record(session, actor, now, minutes.meeting, "minutes.adjust_item", after={"paragraph": number})
        return number
    return draw(session, now, minutes.meeting, [item])[item.id]


# ---------------------------------------------------------------- afterwards


@all_or_nothing
def post(session: Session, actor: Actor, now: datetime, minutes: Minutes, *, on: date) -> Minutes:
    """Announces an adjusted protocol on the notice board from the day ``on``, for three weeks."""
    _hold(session, minutes.meeting, minutes)
    refuse(minutes_rules.step_problem(minutes.state, "adjusted"))
    adjusted_on = civil_date(minutes.adjusted_at or now, minutes.meeting.time_zone)
    if on < adjusted_on:
        raise Refused(Problem("on", mark("Anslaget kan inte ligga före justeringen")))
    if on > adjusted_on + timedelta(days=366):
        raise Refused(Problem("on", mark("Ange ett datum")))
    minutes.posted_on, minutes.posted_until_on = on, minutes_rules.posted_until(on)
    _to(session, actor, now, minutes, "posted")
    return minutes


@all_or_nothing
def archive(session: Session, actor: Actor, now: datetime, minutes: Minutes) -> Minutes:
    """Puts a protocol away; what is posted stays on the board to its last day."""
    _hold(session, minutes.meeting, minutes)
    refuse(minutes_rules.step_problem(minutes.state, "adjusted", "posted"))
    minutes.archived_at = now
    _to(session, actor, now, minutes, "archived")
    return minutes


@all_or_nothing
def send_notes(
    session: Session, actor: Actor, now: datetime, minutes: Minutes, *, object_by_on: date | None
) -> Minutes:
    """Sends notes to those who took part; nobody's objection to ``object_by_on`` approves them."""
    _open(session, minutes)
    refuse(None if minutes.kind == "notes" else minutes_rules.step_problem("", "draft"))
    today = civil_date(now, minutes.meeting.time_zone)
    if object_by_on is not None and object_by_on < today:
        raise Refused(Problem("object_by_on", mark("Ange ett datum som inte har passerat")))
    minutes.sent_at = now
    minutes.object_by_on = object_by_on or today + timedelta(days=minutes_rules.OBJECTION_DAYS)
    _to(session, actor, now, minutes, "sent")
    return minutes


@all_or_nothing
def approve(session: Session, actor: Actor, now: datetime, minutes: Minutes) -> Minutes:
    """Approves sent notes, at a later meeting or because nobody has objected; their text stands from then on."""
    _hold(session, minutes.meeting, minutes)
    refuse(minutes_rules.step_problem(minutes.state, "sent"))
    items = written_items(session, minutes.meeting_id)
    minutes.locked = to_json(build(session, minutes.meeting, minutes, items, {}, is_final=True))
    minutes.locked_sha256 = sha256(minutes.locked)
    minutes.approved_at = now
    _to(session, actor, now, minutes, "approved")
    return minutes


# ---------------------------------------------------------------- the parts


def _hold(session: Session, meeting: Meeting, minutes: Minutes | None = None) -> None:
    """Nobody else changes the records of the meeting meanwhile; reads the minutes anew."""
    session.flush()
    session.scalars(select(Meeting.id).where(Meeting.id == meeting.id).with_for_update()).one()
    if minutes is not None:
        session.refresh(minutes)


def _open(session: Session, minutes: Minutes) -> None:
    """As ``_hold``; raises Refused when the text is not to be changed."""
    _hold(session, minutes.meeting, minutes)
    refuse(minutes_rules.may_write(minutes.state))


def _to(
    session: Session, actor: Actor, now: datetime, minutes: Minutes, state: str, *, reason: str | None = None
) -> None:
    before, minutes.state = minutes.state, state
    minutes.version += 1
    session.flush()
    _record(
        session, actor, now, minutes.meeting, "minutes.state",
        before={"minutes_state": before}, after={"minutes_state": state}, reason=reason,
    )  # fmt: skip


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    record(
        session, actor, now, action=action, kind="meeting", subject_id=meeting.id, label=label_of(meeting),
        before=before, after=after, reason=reason,
    )  # fmt: skip
