"""Several plans to choose from: the same rules, weighed differently, and dates that truly differ.

A profile changes weights only. Every plan is scored by the instance's own weights too, so that they can be compared
side by side. Not here: making one plan (``solver``, ``pair``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scheduler.i18n import mark
from scheduler.planning.checker import Report, check
from scheduler.planning.engine import Engine
from scheduler.planning.instance import Fixed, Instance, Weights
from scheduler.planning.plan import Plan
from scheduler.planning.solver import Outcome, search

#: How much of the dates must differ between two alternatives.
DIFFERENT = 0.2
#: How often a plan is made again with the dates of the earlier ones made dearer.
TRIES = 4


@dataclass(frozen=True)
class Profile:
    """A way to weigh: ``key`` is stable, ``label`` a Swedish message id."""

    key: str
    label: str
    weigh: Callable[[Weights], Weights]


PROFILES = (
    Profile("balanced", mark("Balanserad"), lambda w: w),
    Profile(
        "close", mark("Nära förra året"),
        lambda w: replace(w, move_date=w.move_date * 4, move_time=w.move_time * 4, weekday=w.weekday * 4,
                          start=w.start * 4),
    ),
    # The rest weighs less: dearer journeys would sooner leave seats vacant.
    Profile(
        "travel", mark("Minst resor"),
        lambda w: replace(w, weekday=w.weekday // 4, start=w.start // 4, spacing_per_week=w.spacing_per_week // 4),
    ),
    Profile("even", mark("Jämnast fördelad"), lambda w: replace(w, spacing_per_week=w.spacing_per_week * 8)),
    Profile("holders", mark("Minst ersättare"),
            lambda w: replace(w, substitute=w.substitute * 8, vacant=w.vacant * 4)),
)  # fmt: skip


@dataclass(frozen=True)
class Alternative:
    """A plan by a profile. ``report`` is by the instance's own weights."""

    profile: Profile
    plan: Plan
    report: Report
    unplaced: tuple[str, ...]
    #: How much of its dates differ from each earlier alternative's, from 0 to 1.
    different: tuple[float, ...]


def difference(one: Plan, other: Plan) -> float:
    """The share of meetings, by forum and index, that do not lie on the same date in both."""
    mine = {(meeting.forum, meeting.index): meeting.on for meeting in one.meetings}
    theirs = {(meeting.forum, meeting.index): meeting.on for meeting in other.meetings}
    keys = mine.keys() | theirs.keys()
    return sum(mine.get(key) != theirs.get(key) for key in keys) / len(keys) if keys else 0.0


def alternatives(
    instance: Instance,
    profiles: Sequence[str] = ("balanced", "travel", "even"),
    *,
    seed: int = 0,
    iterations: int | None = None,
    seconds: float | None = None,
    engine: Engine | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[Alternative]:
    """A plan for each profile, at least a fifth of its dates different from every earlier one, if that can be.

    ``iterations`` and ``seconds`` are for each plan. What cannot be made different, as when all is locked, comes as
    it is: ``different`` says so.
    """
    by_key = {profile.key: profile for profile in PROFILES}
    found: list[Alternative] = []
    for number, key in enumerate(profiles):
        profile = by_key[key]
        weighed = replace(instance, weights=profile.weigh(instance.weights))
        made = search(
            weighed, seed=seed * 16 + number, iterations=iterations, seconds=seconds, engine=engine,
            is_cancelled=is_cancelled,
        )  # fmt: skip
        plan = set_apart(
            weighed, made.plan, made.unplaced, [one.plan for one in found],
            lambda shifted, attempt: search(shifted, iterations=12, seed=attempt, engine=engine),
        )  # fmt: skip
        unplaced = tuple(forum.id for forum in instance.forums if forum.id in set(made.unplaced))
        found.append(
            Alternative(
                profile, plan, check(instance, plan), unplaced, tuple(difference(plan, one.plan) for one in found)
            )
        )
    return found


def set_apart(
    instance: Instance, plan: Plan, unplaced: Sequence[str], earlier: Sequence[Plan],
    again: Callable[[Instance, int], Outcome],
) -> Plan:  # fmt: skip
    """The plan, or one made ``again`` on other weekdays when it has too many dates in common with an ``earlier`` one.

    ``again`` searches an instance that has the same rules and other wishes; it is also given which attempt it is.
    """
    lacking = len(unplaced)
    for attempt in range(TRIES):
        near = [other for other in earlier if difference(plan, other) < DIFFERENT]
        if not near:
            return plan
        made = again(_shifted(instance, near, attempt + 1), attempt)
        # A plan that lacks a forum breaks a rule; it is taken where the first one lacked as many.
        if len(made.unplaced) <= lacking and (made.report.is_feasible or lacking):
            plan = max(plan, made.plan, key=lambda one: _nearest(one, earlier))
    return plan


def _nearest(plan: Plan, earlier: Sequence[Plan]) -> float:
    """How much of the dates differ from the earlier plan it is most like."""
    return min(difference(plan, other) for other in earlier)


def _shifted(instance: Instance, near: list[Plan], attempt: int) -> Instance:
    """The instance with the preferred weekdays of some forums turned by a day or two, so that dates fall apart."""
    touched = {meeting.forum for plan in near for meeting in plan.meetings}
    forums = tuple(
        replace(forum, preferred_weekdays=tuple((day + attempt) % 5 for day in forum.preferred_weekdays or (i,)))
        if forum.id in touched and i % 2 == attempt % 2
        else forum
        for i, forum in enumerate(instance.forums)
    )
    heavier = replace(instance.weights, weekday=max(30, instance.weights.weekday) * 8)
    return replace(instance, forums=forums, weights=heavier)


def as_previous(plan: Plan) -> tuple[Fixed, ...]:
    """The plan as what a later one is measured against."""
    return tuple(Fixed(one.forum, one.index, one.on, one.start, one.room or "") for one in plan.meetings)
