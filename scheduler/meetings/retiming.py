"""Calendars after something has changed around them: the rules of a time zone, or how Takt writes a meeting.

A meeting is held at the time of the wall clock that people were told, while its row holds instants. When a zone gets
other rules, the instants follow: what was told stands in the finished VEVENT. One written in UTC (the hour that comes
twice, a zone that no yearly rules describe) keeps its instant. Not here: moving a meeting (``booking``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import gettext as _
from scheduler.ical import lint, zones
from scheduler.ical.writer import written_times
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Fragment, Meeting
from scheduler.meetings.publishing import label_of, named, publish, refresh, shown_options
from scheduler.meetings.saving import keep_change, snapshot_of
from scheduler.meetings.scopes import scopes_of

#: So many meetings are rendered anew at once.
_BATCH = 200


@dataclass(frozen=True)
class Refreshed:
    """What a renewal did, in numbers of meetings, and each meeting that no calendar can show, with why."""

    #: Got another instant, their wall time kept.
    retimed: int
    #: Look different, the retimed ones among them.
    changed: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Drift:
    """A meeting whose VEVENT is no longer right under the rules of today, and the instants that it tells of."""

    meeting_id: int
    start: datetime
    end: datetime
    #: Whether the instants are others; if not, the zone can no longer be written for these.
    moved: bool


def is_drifting(session: Session) -> bool:
    """Whether ``retime`` would do anything. One query, without rendering."""
    return next(_drifting(session), None) is not None


def retime(session: Session, actor: Actor, now: datetime, *, site: Site) -> Refreshed:
    """Gives every meeting whose zone has other rules the wall time back that was told.

    SEQUENCE rises for these, and nobody is written to: on the wall clock nothing has changed. The last change before
    can no longer be undone, since it holds instants of the old rules. A meeting that no calendar can show is left as it
    is and told of.
    """
    return _retime(session, actor, now, site)[0]


def refresh_all(session: Session, actor: Actor, now: datetime, *, site: Site) -> Refreshed:
    """``retime``, then every meeting rendered anew: what looks the same keeps its bytes and versions.

    A meeting that no calendar can show is left as it is and told of; the others go on.
    """
    first, refused_ids = _retime(session, actor, now, site)
    ids = [meeting_id for meeting_id in session.scalars(select(Meeting.id)) if meeting_id not in refused_ids]
    changed = first.changed
    problems = list(first.problems)
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        done, refused = _refresh(session, batch, now, site)
        if refused:  # one that is refused takes the others back
            done, refused = 0, ()
            for meeting_id in batch:
                one, why = _refresh(session, [meeting_id], now, site)
                done, refused = done + one, (*refused, *why)
        changed += done
        problems += refused
    return Refreshed(first.retimed, changed, tuple(problems))


def _retime(session: Session, actor: Actor, now: datetime, site: Site) -> tuple[Refreshed, set[int]]:
    """What ``retime`` gives, and the meetings that were refused."""
    found = list(_drifting(session))
    meetings = {meeting.id: meeting for meeting in _meetings(session, [drift.meeting_id for drift in found])}
    retimed = changed = 0
    problems: dict[int, Sequence[Problem]] = {}
    for drift in found:
        meeting = meetings[drift.meeting_id]
        if not drift.moved:
            done, problems[meeting.id] = _refresh(session, [meeting.id], now, site)
            changed += done
            continue
        try:
            with session.begin_nested():
                _move(session, actor, now, meeting, drift, site)
        except Refused as error:
            problems[meeting.id] = named(error, meeting)
        else:
            retimed, changed = retimed + 1, changed + 1
    told = tuple(problem for each in problems.values() for problem in each)
    return Refreshed(retimed, changed, told), {meeting_id for meeting_id, each in problems.items() if each}


def faulty(session: Session) -> Iterator[str]:
    """The meetings whose stored VEVENT breaks a rule, each with the first one, for whoever looks after the house."""
    query = select(Fragment.meeting_id, Fragment.audience, Fragment.body).order_by(Fragment.meeting_id)
    told: set[int] = set()
    for meeting_id, audience, body in session.execute(query).yield_per(_BATCH):
        found = [finding for finding in lint.lint_fragment(body, public=audience == "public") if finding.fatal]
        if found and meeting_id not in told:
            told.add(meeting_id)
            yield f"{label_of(session.get_one(Meeting, meeting_id))}: {found[0].rule}, {found[0].message}"


def _refresh(
    session: Session, meeting_ids: Sequence[int], now: datetime, site: Site
) -> tuple[int, tuple[Problem, ...]]:
    try:
        with session.begin_nested():
            return refresh(session, _meetings(session, meeting_ids), now, site=site), ()
    except Refused as refused:
        return 0, refused.problems


def _meetings(session: Session, ids: Sequence[int]) -> Sequence[Meeting]:
    query = select(Meeting).where(Meeting.id.in_(ids)).order_by(Meeting.id).options(*shown_options())
    return session.scalars(query).all()


def _drifting(session: Session) -> Iterator[_Drift]:
    query = (
        select(Meeting.id, Meeting.start_at, Meeting.end_at, Meeting.time_zone, Fragment.body)
        .join(Fragment, Fragment.meeting_id == Meeting.id)
        .where(Fragment.audience == "members", Fragment.language == "sv")
        .order_by(Meeting.id)
    )
    for meeting_id, start_at, end_at, time_zone, body in session.execute(query).yield_per(_BATCH):
        told = written_times(body)
        if told is None:
            continue
        start, end = (_instant(at, time_zone) for at in told)
        if end <= start:  # the new rules leap over its start
            end = start + (end_at - start_at)
        moved = (start, end) != (start_at, end_at)
        zone = told[0].tzinfo if isinstance(told[0], datetime) else None
        if moved or (zone is not None and not all(zones.covers(str(zone), at) for at in (start, end))):
            yield _Drift(meeting_id, start, end, moved)


def _instant(at: datetime | date, time_zone: str) -> datetime:
    local = at if isinstance(at, datetime) else datetime.combine(at, time(), ZoneInfo(time_zone))
    return local.astimezone(ZoneInfo("UTC"))


def _move(session: Session, actor: Actor, now: datetime, meeting: Meeting, drift: _Drift, site: Site) -> None:
    before = scopes_of(session, [meeting], days=[meeting.local_on])
    meeting.start_at, meeting.end_at = drift.start, drift.end
    meeting.sequence += 1
    meeting.time_rev += 1
    meeting.version += 1
    session.flush()
    publish(session, meeting, now, site=site, before=before, days=[meeting.local_on])
    record(
        session, actor, now, action="meeting.retime", kind="meeting", subject_id=meeting.id, label=label_of(meeting),
        reason=_("Tidszonen %(zone)s har fått andra regler. Klockslaget är detsamma.", zone=meeting.time_zone),
    )  # fmt: skip
    keep_change(session, actor, now, meeting, kind="retime", before=None, after=snapshot_of(meeting), send=False)
