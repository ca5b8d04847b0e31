"""Booking, moving and editing a meeting. Not here: the steps of its life (``steps``), who is invited (``calling``).

``laying`` books many at once by the same parts.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Unpack
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.forums.models import Forum
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.conflicts import Proposal, find_conflicts
from scheduler.meetings.fields import READERS, MeetingFields, WhenAndWhere
from scheduler.meetings.fragments import Site, public_forums, span_of
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.publishing import publish
from scheduler.meetings.rules import DONE, Kind, Mode, State, may_edit, may_move
from scheduler.meetings.saving import (
    Opened,
    all_or_nothing,
    facts_of,
    keep_change,
    open_meeting,
    reason_given,
    refuse,
    save,
    set_forums,
    snapshot_of,
    tell,
    themes_of,
)
from scheduler.meetings.times import Span, end_of, local_span
from scheduler.organisations import fields
from scheduler.places.models import Place

__all__ = ["book_meeting", "edit_meeting", "end_of", "give_time_and_place", "move_meeting", "new_meeting"]

_DAY = timedelta(days=1)
_WHEN = frozenset({"on", "start", "end", "last_on", "time_zone"})
_WHERE = frozenset({"place_id", "place_text", "mode"})
_BOOKABLE = frozenset({State.PROPOSED, State.CONFIRMED, State.HELD})

_PASSED = mark("Ange ett datum som inte har passerat")
_PASSED_TIME = mark("Ange en tid som inte har passerat")
_AHEAD = mark("Ett möte som har hållits kan inte ligga framåt i tiden.")
_WHY = mark("Datumet krockar. Skriv varför det ska användas ändå, eller välj ett annat.")


@all_or_nothing
def book_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    forums: Sequence[Forum],
    on: date,
    site: Site,
    start: time | None = None,
    end: time | None = None,
    last_on: date | None = None,
    time_zone: str | None = None,
    state: str = State.CONFIRMED,
    kind: str | None = None,
    title: str | None = None,
    note: str | None = None,
    place_id: int | None = None,
    place_text: str | None = None,
    mode: str = Mode.ON_SITE,
    video_url: str | None = None,
    public: bool | None = None,
    answer_by_on: date | None = None,
    quorum: bool | None = None,
    continues: Meeting | None = None,
    theme_ids: Collection[int] = (),
    demo: bool = False,
    override_reason: str | None = None,
    check_conflicts: bool = True,
    send: bool = True,
) -> Meeting:
    """A new meeting of ``forums``, the first leading: proposed, confirmed, or held (then in the past).

    A start without an end lasts as long as the forum's meetings do; neither means whole days. ``kind`` None is
    read from the forums. A clash that weighs needs ``override_reason``, kept in history; ``check_conflicts`` False is
    for those who have looked already. Raises Refused.
    """
    meeting = new_meeting(
        session, now, forums=forums, on=on, site=site, start=start, end=end, last_on=last_on, time_zone=time_zone,
        state=state, kind=kind, title=title, note=note, place_id=place_id, place_text=place_text, mode=mode,
        video_url=video_url, public=public, answer_by_on=answer_by_on, quorum=quorum, continues=continues,
        theme_ids=theme_ids, demo=demo,
    )  # fmt: skip
    if meeting.state != State.HELD and check_conflicts:
        override_reason = _accepted_conflicts(session, meeting, now, override_reason)
    session.add(meeting)
    session.flush()
    publish(session, meeting, now, site=site, days=[meeting.local_on])
    after = snapshot_of(meeting)
    tell(session, actor, now, meeting, kind="book", before=None, after=after, reason=override_reason)
    keep_change(session, actor, now, meeting, kind="book", before=None, after=after, send=send)
    return meeting


def new_meeting(
    session: Session,
    now: datetime,
    *,
    forums: Sequence[Forum],
    on: date,
    site: Site,
    start: time | None = None,
    end: time | None = None,
    last_on: date | None = None,
    time_zone: str | None = None,
    state: str = State.CONFIRMED,
    kind: str | None = None,
    title: str | None = None,
    note: str | None = None,
    place_id: int | None = None,
    place_text: str | None = None,
    mode: str = Mode.ON_SITE,
    video_url: str | None = None,
    public: bool | None = None,
    answer_by_on: date | None = None,
    quorum: bool | None = None,
    continues: Meeting | None = None,
    theme_ids: Collection[int] = (),
    demo: bool = False,
) -> Meeting:
    """What ``book_meeting`` stores, not stored yet and told to nobody. Raises Refused."""
    together = list(dict.fromkeys(forums))
    if not together:
        raise Refused(Problem("forums", mark("Välj ett forum")))
    lead = together[0]
    if start is not None and end is None:
        end, later = end_of(start, lead.duration)
        last_on = last_on or on + later * _DAY
    values = _read(
        {
            "on": on,
            "start": start,
            "end": end,
            "last_on": last_on,
            "time_zone": time_zone or lead.time_zone,
            "place_id": place_id,
            "place_text": place_text,
            "mode": mode,
            "kind": kind or _kind_of(together, continues),
            "title": title,
            "note": note,
            "video_url": video_url,
            "public": public,
            "answer_by_on": answer_by_on,
        }
    )
    at = _state_at_booking(state)
    span = local_span(values["on"], values["start"], values["end"], values["last_on"], values["time_zone"])
    _refuse_wrong_time(span, at, now)
    meeting = Meeting(
        uid=f"meeting-{uuid.uuid4()}@{site.calendar_domain}",
        revised_at=now.replace(microsecond=0),
        state=at,
        confirmed_at=None if at is State.PROPOSED else now,
        quorum=quorum,
        continues_id=continues.id if continues else None,
        demo=demo,
        version=1,
        sequence=0,
        time_rev=0,
        themes=[],  # none, so that nobody asks the database for them
        forum_rows=[MeetingForum(forum=forum, position=n) for n, forum in enumerate(together)],
    )
    _assign(session, meeting, values, span)
    _set_themes(session, meeting, theme_ids)
    return meeting


@all_or_nothing
def edit_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    version: int | None,
    site: Site,
    override_reason: str | None = None,
    reason: str | None = None,
    check_conflicts: bool = True,
    send: bool = True,
    **given: Unpack[MeetingFields],
) -> Meeting:
    """Changes what is given; another time or place is a move of the same meeting (SEQUENCE + 1, history "flyttat").

    A clash of the new time needs ``override_reason``, the corrected time of a held meeting ``reason``. Raises Refused
    and SavedByOther.
    """
    opened = open_meeting(session, meeting, version)
    refuse(may_edit(facts_of(meeting)))
    forums = list(dict.fromkeys(given.pop("forums", meeting.forums)))
    if not forums:
        raise Refused(Problem("forums", mark("Välj ett forum")))
    theme_ids = given.pop("theme_ids", None)
    values = _read(given)
    span = _merged(span_of(meeting), values)
    set_forums(session, meeting, forums)
    old_span = span_of(meeting)
    _assign(session, meeting, values, span)
    if theme_ids is not None:
        _set_themes(session, meeting, theme_ids)
    told = override_reason or reason
    if span != old_span or _moved_place(opened, meeting):
        refuse(may_move(facts_of(meeting)))
        if span != old_span:
            _refuse_wrong_time(span, State(meeting.state), now)
        told = _accepted_move(session, meeting, now, override_reason, reason, check=check_conflicts)
    kind = "move" if span != old_span or _moved_place(opened, meeting) else "edit"
    save(session, actor, now, opened, kind=kind, site=site, send=send, reason=told)
    return meeting


@all_or_nothing
def move_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    version: int | None,
    site: Site,
    override_reason: str | None = None,
    reason: str | None = None,
    check_conflicts: bool = True,
    send: bool = True,
    **given: Unpack[WhenAndWhere],
) -> Meeting:
    """Gives the meeting another time or place; as ``edit_meeting``, and refused where a move is."""
    refuse(may_move(facts_of(meeting)))
    return edit_meeting(
        session,
        actor,
        now,
        meeting,
        version=version,
        site=site,
        override_reason=override_reason,
        reason=reason,
        check_conflicts=check_conflicts,
        send=send,
        **given,
    )


def give_time_and_place(session: Session, now: datetime, meeting: Meeting, **given: Unpack[WhenAndWhere]) -> None:
    """What ``move_meeting`` does to a meeting that is taken hold of; the caller saves. Raises Refused."""
    refuse(may_move(facts_of(meeting)))
    values = _read(given)
    old_span = span_of(meeting)
    span = _merged(old_span, values)
    _assign(session, meeting, values, span)
    if span != old_span:
        _refuse_wrong_time(span, State(meeting.state), now)


# ---------------------------------------------------------------- the parts


def _read(given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(READERS, given)
    fields.refuse(problems)
    return values


def _kind_of(forums: Sequence[Forum], continues: Meeting | None) -> Kind:
    if continues is not None:
        return Kind.CONTINUATION
    if len(forums) > 1:
        return Kind.JOINT
    return Kind.THEMATIC if forums[0].invitees_per_meeting else Kind.ORDINARY


def _state_at_booking(state: str) -> State:
    if state not in _BOOKABLE:
        raise Refused(Problem("state", mark("Ett nytt möte är föreslaget, bokat eller redan hållet.")))
    return State(state)


def _refuse_wrong_time(span: Span, state: State, now: datetime) -> None:
    """Raises Refused when a meeting that is to come has begun, or one that was held has not."""
    if state in DONE:
        refuse(Problem("on", _AHEAD) if span.start_at > now else None)
    elif span.start_at <= now:
        today = now.astimezone(ZoneInfo(span.time_zone)).date()
        raise Refused(Problem("on", _PASSED) if span.on < today else Problem("start", _PASSED_TIME))


def _merged(current: Span, given: Mapping[str, Any]) -> Span:
    """``current`` with what of the time is ``given``; a new start or first day alone keeps the length."""
    if not _WHEN & given.keys():
        return current
    on = given.get("on", current.on)
    start, end = (None, None) if current.all_day else (current.start.time(), current.end.time())
    whole_days = given.get("start", start) is None or current.all_day
    later = ((current.last_on if whole_days else current.end.date()) - current.on).days
    if "end" not in given and given.get("start") is not None and start is not None:
        length = current.end.replace(tzinfo=None) - current.start.replace(tzinfo=None)
        end, later = end_of(given["start"], int(length.total_seconds()) // 60)
    start, end = given.get("start", start), given.get("end", end)
    last_on = given.get("last_on", on + later * _DAY)
    return local_span(on, start, end, last_on, given.get("time_zone", current.time_zone))


def _assign(session: Session, meeting: Meeting, values: Mapping[str, Any], span: Span) -> None:
    """Sets ``values`` and ``span`` on ``meeting``. Raises Refused for what does not go together."""
    for name, value in values.items():
        if name not in _WHEN and name != "place_id":
            setattr(meeting, name, value)
    meeting.start_at, meeting.end_at = span.start_at, span.end_at
    meeting.all_day, meeting.time_zone, meeting.local_on = span.all_day, span.time_zone, span.on
    problems = []
    if "place_id" in values:
        place = session.get(Place, values["place_id"]) if values["place_id"] is not None else None
        if place is None and values["place_id"] is not None:
            problems.append(Problem("place_id", fields.CHOOSE))
        meeting.place = place
    if meeting.kind == Kind.JOINT and len(meeting.forum_rows) < 2:  # noqa: PLR2004 - joint is two or more
        problems.append(Problem("kind", mark("Ett gemensamt möte har minst två forum")))
    if values.get("public") and not public_forums(meeting):
        problems.append(Problem("public", mark("Forumet är inte offentligt. Ändra det på forumets sida först.")))
    answer_by_on = values.get("answer_by_on")
    if answer_by_on is None and meeting.answer_by_on is not None:
        # A meeting that moves before its last day to answer takes that day along.
        meeting.answer_by_on = min(meeting.answer_by_on, meeting.local_on)
    if answer_by_on is not None and answer_by_on > meeting.local_on:
        problems.append(Problem("answer_by_on", mark("Sista svarsdag kan inte ligga efter mötet")))
    if meeting.notice_n is None:
        meeting.notice_unit = None  # inherited as a whole
    if meeting.quorum_rule != "number":
        meeting.quorum_number = None
    elif meeting.quorum_number is None:
        problems.append(Problem("quorum_number", mark("Ange hur många som krävs")))
    fields.refuse(problems)


def _set_themes(session: Session, meeting: Meeting, theme_ids: Collection[int]) -> None:
    """Raises Refused at ``theme_ids`` for one that is not there."""
    with session.no_autoflush:
        themes = themes_of(session, theme_ids) if theme_ids else []
    if len(themes) != len(set(theme_ids)):
        raise Refused(Problem("theme_ids", fields.CHOOSE))
    if themes != meeting.themes:
        meeting.themes = themes


def _moved_place(opened: Opened, meeting: Meeting) -> bool:
    place_id = meeting.place.id if meeting.place else None
    now_at = {"place_id": place_id, "place_text": meeting.place_text, "mode": meeting.mode}
    return any(opened.before[name] != now_at[name] for name in _WHERE)


def _accepted_move(
    session: Session, meeting: Meeting, now: datetime, override_reason: str | None, reason: str | None, *, check: bool
) -> str | None:
    """The reason that history keeps for a move; raises Refused when one is missing."""
    if meeting.state in DONE:
        return reason_given(reason, "reason", mark("Skriv varför tiden eller platsen rättas"))
    if not check:
        return override_reason or reason
    return _accepted_conflicts(session, meeting, now, override_reason) or reason


def _accepted_conflicts(session: Session, meeting: Meeting, now: datetime, override_reason: str | None) -> str | None:
    """``override_reason`` cleaned; raises Refused when a clash weighs and there is none."""
    if override_reason and override_reason.strip():
        return reason_given(override_reason, "override_reason", _WHY)
    with session.no_autoflush:
        found = find_conflicts(session, Proposal.of(meeting), now)
    if any(conflict.weighs for conflict in found):
        raise Refused(Problem("override_reason", _WHY))
    return None
