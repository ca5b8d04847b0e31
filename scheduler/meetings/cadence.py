"""Where forums stand against their cadence: meetings and rules read, judged, and drawn as a year.

All in a constant number of queries for any number of forums. Not here: the judging itself (``cadence``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from scheduler.cadence import rules as cadence
from scheduler.cadence.bands import Band, bands
from scheduler.cadence.evaluation import Evaluation, evaluate
from scheduler.cadence.tally import Tally
from scheduler.cadence.years import YearSum, closed_years, evaluate_year, judged_windows
from scheduler.forums.models import Forum
from scheduler.forums.queries import cadence_of
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.places.queries import blocked_on
from scheduler.places.rules import days_of

#: So many closed years stand behind a forum's present one.
YEARS_BACK = 5


class Dated(NamedTuple):
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


def standings(
    session: Session, forums: Sequence[Forum], today: date, *, year: int | None = None, history: bool = False
) -> dict[int, Standing]:
    """Where each of ``forums`` stands on ``today``, as ``Reckoning.standings`` says. At most five queries."""
    return Reckoning(session, forums, today).standings(year, history=history)


class Reckoning:
    """The rules and meetings of forums, read once, to be judged for any year."""

    def __init__(self, session: Session, forums: Sequence[Forum], today: date) -> None:
        self.forums = forums
        self.today = today
        self._rules = cadence_of(session, forums)
        self._meetings, self._tallies = _read_meetings(session, self._rules)
        self._closed = _closed_days(session, forums, date(today.year, 1, 1), date(today.year + 1, 12, 31))

    def standings(self, year: int | None = None, *, history: bool = False) -> dict[int, Standing]:
        """Each forum's standing; bands and meetings are those of ``year`` (None: today's).

        For another year than today's the evaluation is that of the year's own windows together. ``history`` adds
        the closed years before ``year``.
        """
        shown = self.today.year if year is None else year
        past = range(shown - YEARS_BACK, shown) if history else ()
        return {forum.id: self._standing(forum, shown, past) for forum in self.forums}

    def closed(self, years: Sequence[int]) -> dict[int, dict[int, YearSum | None]]:
        """Each forum's sums of the closed windows of ``years``; None for a year without records."""
        return {
            forum.id: closed_years(self._rules[forum.id], self._tallies[forum.id], self.today, years)
            for forum in self.forums
        }

    def whole(self, year: int) -> dict[int, tuple[Evaluation, bool] | None]:
        """Each forum's standing over all of ``year``, and whether it is judged by the year: by windows that count.

        Where a standing is of the window today lies in, this is of the year whatever day it is. None where the forum
        has no records of the year.
        """
        found: dict[int, tuple[Evaluation, bool] | None] = {}
        for forum in self.forums:
            rule, tally = self._rules[forum.id], self._tallies[forum.id]
            if rule.start is not None and year < rule.start.year:
                found[forum.id] = None
                continue
            judged = bool(judged_windows(rule, year, self.today))
            found[forum.id] = evaluate_year(rule, tally, self.today, year), judged
        return found

    def needing_quorum(self) -> frozenset[int]:
        """The forums whose meetings count only with a quorum."""
        return frozenset(forum_id for forum_id, rule in self._rules.items() if rule.requires_quorum)

    def _standing(self, forum: Forum, year: int, past: Sequence[int]) -> Standing:
        rule, tally, today = self._rules[forum.id], self._tallies[forum.id], self.today
        limits = cadence.Limits(closed=self._closed[keeper_of(forum)], min_gap_days=forum.min_gap_days or 0)
        # Without a requirement there is no window of its own: the year's meetings are counted.
        without_rule = rule.version_at(today.toordinal()).kind is cadence.Kind.NONE
        window = (date(year, 1, 1), date(year, 12, 31)) if without_rule else None
        if year == today.year:
            found = evaluate(rule, tally, today, window, limits=limits)
        else:
            found = evaluate_year(rule, tally, today, year, limits=limits)
        return Standing(
            forum_id=forum.id,
            evaluation=found,
            bands=tuple(bands(rule, tally, today, year, present=found if year == today.year else None)),
            years=closed_years(rule, tally, today, past),
            meetings=tuple(Dated._make(row) for row in self._meetings[forum.id] if row[1].year == year),
        )


#: Id, day, state and kind of a meeting.
_Row = tuple[int, date, str, str]


def _read_meetings(
    session: Session, rules: Mapping[int, cadence.Forum]
) -> tuple[Mapping[int, list[_Row]], Mapping[int, Tally]]:
    """Each forum's meetings in order, and sorted by what they count as under its rule. One query."""
    # The window is that of the forum's zone; a meeting abroad may start on another day there (spec cadence §2).
    abroad = case((Meeting.time_zone != Forum.time_zone, Meeting.start_at))
    rows = session.execute(
        select(
            MeetingForum.forum_id, Meeting.id, Meeting.local_on, abroad, Meeting.state, Meeting.kind, Meeting.quorum,
            Meeting.continues_id,
        )
        .join(Meeting, Meeting.id == MeetingForum.meeting_id)
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .where(MeetingForum.forum_id.in_(rules))
        .order_by(Meeting.start_at, Meeting.id)
    )  # fmt: skip
    found: dict[int, list[_Row]] = {forum_id: [] for forum_id in rules}
    judged: dict[int, list[cadence.Meeting]] = {forum_id: [] for forum_id in rules}
    for forum_id, meeting_id, local_on, start_at, state, kind, quorum, continues_id in rows:
        on = local_on if start_at is None else cadence.local_day(start_at, rules[forum_id].time_zone)
        found[forum_id].append((meeting_id, on, state, kind))
        continued = continues_id is not None or kind == "continuation"
        judged[forum_id].append(cadence.Meeting(on, state, kind, quorum, continued))
    return found, {forum_id: Tally.of(rules[forum_id], meetings) for forum_id, meetings in judged.items()}


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
