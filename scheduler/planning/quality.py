"""How good a plan is, in words and numbers: terms, the worst-off forum and person, how far from the best at most.

Not here: the score itself (``checker``) and the bound (``bound``); both are handed in.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from scheduler.i18n import gettext
from scheduler.planning.bound import Bound, at_most_above
from scheduler.planning.cells import Standing
from scheduler.planning.checker import Report, check
from scheduler.planning.instance import Forum, Instance
from scheduler.planning.plan import Plan, PlannedMeeting


@dataclass(frozen=True)
class ForumCost:
    """What a forum's year costs in the plan, its members' journeys shared evenly among the forums of a day.

    ``ideal`` is its cheapest year alone; the difference is the price of coordination. None: not known, or no year.
    """

    forum: str
    points: int
    ideal: int | None

    @property
    def coordination(self) -> int | None:
        """What it gives up for the others; negative when shared journeys save it more than it gives up."""
        return None if self.ideal is None else self.points - self.ideal


@dataclass(frozen=True)
class PersonLoad:
    """A person's year: meetings, the most in a week, journeys and their points."""

    person: str
    meetings: int
    busiest_week: int
    journeys: int
    points: int


@dataclass(frozen=True)
class Quality:
    """The plan's score taken apart. Lists have the worst first."""

    report: Report
    forums: tuple[ForumCost, ...]
    persons: tuple[PersonLoad, ...]
    #: Points of journeys in the plan, and of those saved because several meetings share one.
    travel: int
    shared_travel: int
    #: At most so many percent above the best possible; None when there is no bound.
    at_most_percent: float | None

    @property
    def sentence(self) -> str:
        """How far from the best possible, in words; never that it is the best."""
        if self.at_most_percent is None:
            return gettext("Hur långt planen är från den bästa möjliga är inte beräknat")
        return gettext("Högst %(percent)s procent från den bästa möjliga", percent=f"{self.at_most_percent:.1f}")

    def as_json(self) -> dict[str, Any]:
        """Everything, the ten worst of each list."""
        return {
            "sentence": self.sentence,
            "at_most_percent": self.at_most_percent,
            "cost": self.report.cost,
            "terms": self.report.terms,
            "travel": self.travel,
            "shared_travel": self.shared_travel,
            "forums": [
                {"forum": one.forum, "cost": one.points, "ideal": one.ideal, "coordination": one.coordination}
                for one in self.forums[:10]
            ],
            "persons": [
                {"person": one.person, "meetings": one.meetings, "busiest_week": one.busiest_week,
                 "journeys": one.journeys, "travel": one.points}
                for one in self.persons[:10]
            ],
        }  # fmt: skip


def judge(instance: Instance, plan: Plan, bound: Bound | None = None) -> Quality:
    """Takes a valid plan's score apart."""
    report = check(instance, plan)
    standing = Standing(instance, plan)
    journeys = _journeys(standing, plan)
    shares: dict[str, float] = defaultdict(float)
    saved = 0
    for (person, _, town), payers in journeys.items():
        points = standing.journey(standing.persons[person], town)
        saved += points * (len(payers) - 1)
        for payer in payers:
            shares[payer] += points / len(payers)
    forums = tuple(
        ForumCost(
            forum.id, _own(standing, forum) + round(shares[forum.id]),
            None if bound is None else bound.ideal.get(forum.id),
        )
        for forum in instance.forums
    )  # fmt: skip
    return Quality(
        report,
        tuple(sorted(forums, key=lambda one: (-(one.coordination or 0), -one.points, one.forum))),
        tuple(sorted(_loads(standing, plan, journeys), key=lambda one: (-one.points, -one.meetings, one.person))),
        report.terms["travel"],
        saved,
        None if bound is None else at_most_above(report.cost, bound.points),
    )


Journeys = dict[tuple[str, date, int], list[str]]


def _journeys(standing: Standing, plan: Plan) -> Journeys:
    """Person, day, town → forums they are there for, where it is a journey at all."""
    found: Journeys = defaultdict(list)
    for meeting in plan.meetings:
        town = standing.towns[standing.rooms[meeting.room or ""].town]
        for name in sorted({name for name in meeting.seats.values() if name is not None}):
            if standing.journey(standing.persons[name], town):
                found[name, meeting.on, town].append(meeting.forum)
    return found


def _own(standing: Standing, forum: Forum) -> int:
    """Points of the forum's year without journeys and weeks, which belong to several forums at once."""
    year = tuple(standing.years[forum.id])
    alone = _alone(standing.instance, forum)
    terms = check(alone, Plan(year)).terms
    return sum(points for term, points in terms.items() if term not in {"travel", "week_load"})


def _alone(instance: Instance, forum: Forum) -> Instance:
    return replace(
        instance, forums=(forum,), links=(),
        locked=tuple(lock for lock in instance.locked if lock.forum == forum.id),
        previous_plan=tuple(one for one in instance.previous_plan if one.forum == forum.id),
    )  # fmt: skip


def _loads(standing: Standing, plan: Plan, journeys: Journeys) -> list[PersonLoad]:
    held: dict[str, list[PlannedMeeting]] = defaultdict(list)
    for meeting in plan.meetings:
        for name in {name for name in meeting.seats.values() if name is not None}:
            held[name].append(meeting)
    trips: dict[str, list[int]] = defaultdict(list)
    for person, _, town in journeys:
        trips[person].append(standing.journey(standing.persons[person], town))
    found = []
    for name, meetings in held.items():
        weeks: dict[tuple[int, int], int] = defaultdict(int)
        for meeting in meetings:
            weeks[meeting.on.isocalendar()[:2]] += 1
        found.append(PersonLoad(name, len(meetings), max(weeks.values()), len(trips[name]), sum(trips[name])))
    return found
