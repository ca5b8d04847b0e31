"""Where forums stand against their cadence: meetings and rules read, judged, and drawn as a year.

All in a constant number of queries for any number of forums. Not here: the judging itself (``cadence``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.cadence import rules as cadence
from scheduler.cadence.bands import Band, bands
from scheduler.cadence.evaluation import Evaluation, evaluate
from scheduler.cadence.years import YearSum, closed_years
from scheduler.forums.models import Forum
from scheduler.forums.queries import cadence_input
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.places.queries import blocked_on
from scheduler.places.rules import days_of

#: So many closed years stand behind a forum's present one.
YEARS_BACK = 5


@dataclass(frozen=True)
class Dated:
    """A meeting as a year strip draws it, on its day in the forum's zone."""

    id: int
    on: date
    state: str
    kind: str


@dataclass(frozen=True)
class Standing:
    """Where one forum stands on a day."""

    forum_id: int
    evaluation: Evaluation
    #: The required windows of the year asked for.
    bands: tuple[Band, ...]
    #: Closed years, oldest first; None: no records of that year.
    years: Mapping[int, YearSum | None]
    #: The meetings of the year asked for, in order.
    meetings: tuple[Dated, ...]


def meetings_for_cadence(
    session: Session, forum_ids: Collection[int]
) -> dict[int, list[tuple[Dated, cadence.Meeting]]]:
    """Each forum's meetings in order of day, as drawn and as judged. One query."""
    rows = session.execute(
        select(
            MeetingForum.forum_id, Meeting.id, Meeting.local_on, Meeting.start_at, Meeting.time_zone, Meeting.state,
            Meeting.kind, Meeting.quorum, Meeting.continues_id, Forum.time_zone,
        )
        .join(Meeting, Meeting.id == MeetingForum.meeting_id)
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .where(MeetingForum.forum_id.in_(forum_ids))
        .order_by(Meeting.start_at, Meeting.id)
    )  # fmt: skip
    found: dict[int, list[tuple[Dated, cadence.Meeting]]] = defaultdict(list)
    for forum_id, meeting_id, local_on, start_at, own_zone, state, kind, quorum, continues_id, forum_zone in rows:
        # The window is that of the forum's zone; a meeting abroad may start on another day there (spec cadence §2).
        on = local_on if own_zone == forum_zone else _local_day(start_at, forum_zone)
        judged = cadence.Meeting(on, state, kind, quorum, continues_id is not None or kind == "continuation")
        found[forum_id].append((Dated(meeting_id, on, state, kind), judged))
    return found


def _local_day(at: datetime, time_zone: str) -> date:
    return cadence.local_day(at, time_zone)


def standings(
    session: Session, forums: Sequence[Forum], today: date, *, year: int | None = None, history: bool = False
) -> dict[int, Standing]:
    """Where each of ``forums`` stands on ``today``; bands and meetings are those of ``year`` (None: today's).

    For another year than today's the evaluation is that of the year's own window. ``history`` adds the closed
    years before ``year``.
    """
    ids = [forum.id for forum in forums]
    shown = today.year if year is None else year
    rules = cadence_input(session, ids)
    meetings = meetings_for_cadence(session, ids)
    closed = _closed_days(session, forums, date(today.year, 1, 1), date(today.year + 1, 12, 31))
    whole_year = (date(shown, 1, 1), date(shown, 12, 31))
    found = {}
    for forum in forums:
        rule = rules[forum.id]
        pairs = meetings.get(forum.id, [])
        judged = [pair[1] for pair in pairs]
        limits = cadence.Limits(closed=closed[keeper_of(forum)], min_gap_days=forum.min_gap_days or 0)
        past = range(shown - YEARS_BACK, shown) if history else ()
        by_year = shown != today.year or rule.version_at(today.toordinal()).kind is cadence.Kind.NONE
        found[forum.id] = Standing(
            forum_id=forum.id,
            # Without a requirement there is no window of its own: the year's meetings are counted.
            evaluation=evaluate(rule, judged, today, whole_year if by_year else None, limits=limits),
            bands=tuple(bands(rule, judged, today, shown)),
            years=closed_years(rule, judged, today, past) if history else {},
            meetings=tuple(pair[0] for pair in pairs if pair[0].on.year == shown),
        )
    return found


def keeper_of(forum: Forum) -> int | None:
    """The organisation whose closed days are the forum's: the one that keeps its secretariat, else its host."""
    return forum.secretariat_id if forum.secretariat_id is not None else forum.host_id


def _closed_days(
    session: Session, forums: Sequence[Forum], first: date, last: date
) -> dict[int | None, frozenset[date]]:
    """Organisation → the days closed for it or for all; None: for all. One query."""
    keepers = {keeper_of(forum) for forum in forums}
    found: dict[int | None, set[date]] = {keeper: set() for keeper in {None, *keepers}}
    blocked = blocked_on(session, [(first, last)], organisation_ids=[keeper for keeper in keepers if keeper])
    for period in blocked:
        if period.kind == "closed" and period.from_at is None and period.scope in {"all", "organisation"}:
            days = days_of(max(period.from_on, first), min(period.to_on, last))
            for keeper in found if period.scope == "all" else [period.scope_id]:
                found[keeper].update(days)
    return {keeper: frozenset(days) for keeper, days in found.items()}


def judged_forums(session: Session) -> Sequence[Forum]:
    """The forums a status list holds: all but those that stand for a family of unnamed ones."""
    query = select(Forum).where(Forum.family_count.is_(None)).order_by(Forum.sort_key, Forum.id)
    return session.scalars(query).all()


def status_rows(session: Session, today: date) -> list[dict[str, Any]]:
    """Every forum's standing as plain values, worst first: what ``takt status --json`` prints."""
    forums = judged_forums(session)
    found = standings(session, forums, today)
    ordered = sorted(forums, key=lambda forum: found[forum.id].evaluation.sort_key(forum.sort_key))
    return [{"forum": forum.slug, "name": forum.title, **found[forum.id].evaluation.as_result()} for forum in ordered]
