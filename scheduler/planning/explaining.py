"""Why a forum has no year: a smallest set of requirements in conflict, what each relaxation costs, who is in the way.

Everything is asked of the forum's own table (``years``), by leaving one requirement out after the other: what remains
is minimal, since without any one of it there is a year. Not here: choosing what to relax.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scheduler.i18n import gettext, mark
from scheduler.planning.cells import Standing
from scheduler.planning.instance import Forum, Instance
from scheduler.planning.plan import Plan
from scheduler.planning.tables import NEVER
from scheduler.planning.years import Rules, YearTable


@dataclass(frozen=True)
class Requirement:
    """Something asked of a forum's year that may be left out. ``key`` is stable, such as ``seat:s1``."""

    key: str
    message: str
    values: dict[str, object]
    without: Callable[[Rules], Rules]

    @property
    def text(self) -> str:
        """The requirement, in the language in use."""
        return gettext(self.message, **self.values)


@dataclass(frozen=True)
class Relaxation:
    """A change by which the forum would have a year, and what its cheapest year would then cost."""

    key: str
    message: str
    values: dict[str, object]
    points: int

    @property
    def text(self) -> str:
        """The change, in the language in use."""
        return gettext(self.message, **self.values)


@dataclass(frozen=True)
class Blocking:
    """Somebody without whom a required seat stands empty: on how many of the forum's days, and why most often."""

    seat: str
    person: str | None
    name: str
    busy_days: int
    meeting_days: int
    of: int


@dataclass(frozen=True)
class Explanation:
    """What speaks against a forum's year. ``conflict`` is empty when there is one, and ``points`` its least cost."""

    forum: str
    name: str
    points: int | None
    #: Whether the forum would have a year were it alone; then the conflict is with others' meetings.
    is_possible_alone: bool
    conflict: tuple[Requirement, ...]
    relaxations: tuple[Relaxation, ...]
    blocking: tuple[Blocking, ...]

    @property
    def is_possible(self) -> bool:
        """Whether there is a year."""
        return not self.conflict

    def as_json(self) -> dict[str, Any]:
        """The explanation as ``takt plan explain`` prints it."""
        return {
            "forum": self.forum,
            "name": self.name,
            "feasible": self.is_possible,
            "feasible_alone": self.is_possible_alone,
            "cost": self.points,
            "conflict": [{"key": one.key, "text": one.text} for one in self.conflict],
            "relaxations": [{"key": one.key, "text": one.text, "cost": one.points} for one in self.relaxations],
            "blocking": [
                {"seat": one.seat, "person": one.person, "name": one.name, "busy_days": one.busy_days,
                 "meeting_days": one.meeting_days, "of_days": one.of}
                for one in self.blocking
            ],
        }  # fmt: skip


def explain(instance: Instance, forum: Forum, plan: Plan | None = None) -> Explanation:
    """Whether the forum can have a year beside the meetings of ``plan`` (none: were it alone), and why not."""
    others = tuple(meeting for meeting in (plan or Plan()).meetings if meeting.forum != forum.id)
    table = YearTable(instance, forum, Standing(instance, Plan(others)))
    rules = table.rules
    alone = replace(rules, others=False, links=frozenset())
    is_possible_alone = table.is_possible(alone if others else rules)
    if table.is_possible(rules):
        found = table.cheapest(rules)
        return Explanation(
            forum.id, forum.name, None if found is None else found[0], is_possible_alone, (), (), ()
        )  # fmt: skip
    conflict = narrow(table, requirements(table, with_others=bool(others)), rules)
    return Explanation(
        forum.id, forum.name, None, is_possible_alone, conflict, tuple(_relaxations(table, rules, conflict)),
        tuple(_blocking(table, rules)),
    )  # fmt: skip


def requirements(table: YearTable, *, with_others: bool) -> list[Requirement]:
    """All that is asked of the forum's year, in the order in which it is better left out of an explanation."""
    forum, rules = table.forum, table.rules
    found = [
        Requirement("notice", mark("kallelsetiden"), {}, lambda r: replace(r, notice=False)),
        Requirement("weekdays", mark("förbjudna veckodagar"), {}, lambda r: replace(r, weekdays=False)),
        Requirement("rooms", mark("en ledig lokal som räcker för %(places)s"), {"places": forum.places},
                    lambda r: replace(r, rooms=False)),
        Requirement("most", mark("högst %(n)s möten"), {"n": rules.most}, lambda r: replace(r, most=10**6)),
        Requirement("min_gap", mark("minst %(days)s dagar mellan möten"), {"days": rules.min_gap},
                    lambda r: replace(r, min_gap=0)),
        Requirement("quorum", mark("minst %(n)s fyllda platser"), {"n": rules.quorum},
                    lambda r: replace(r, quorum=0)),
    ]  # fmt: skip
    for i, link in enumerate(table.links):
        other = link.after if link.before == forum.id else link.before
        found.append(
            Requirement(
                f"link:{other}",
                mark("avståndet till mötena i %(other)s"),
                {"other": table.standing.forums[other].name},
                lambda r, i=i: replace(r, links=r.links - {i}),  # type: ignore[misc]
            )
        )
    for i, seat in enumerate(forum.seats):
        if seat.required:
            who = ", ".join(
                table.standing.persons[name].name for name in [seat.holder or "", *seat.substitutes] if name
            )
            found.append(
                Requirement(
                    f"seat:{seat.id}",
                    mark("platsen %(seat)s fylld av %(who)s"),
                    {"seat": seat.id, "who": who or "–"},
                    lambda r, i=i: replace(r, required=(*r.required[:i], False, *r.required[i + 1 :])),  # type: ignore[misc]
                )
            )
    for index, lock in sorted(table.locks.items()):
        found.append(
            Requirement(
                f"lock:{index}",
                mark("möte %(n)s låst till %(date)s"),
                {"n": index + 1, "date": lock.on.isoformat()},
                lambda r, index=index: replace(r, locks=r.locks - {index}),  # type: ignore[misc]
            )
        )
    if with_others:
        found.append(Requirement("others", mark("övriga forums möten"), {}, lambda r: replace(r, others=False)))
    found += [
        Requirement("closed", mark("stängda dagar"), {}, lambda r: replace(r, closed=False)),
        Requirement("max_gap", mark("högst %(days)s dagar mellan möten"), {"days": rules.max_gap},
                    lambda r: replace(r, max_gap=10**6)),
        Requirement("least", mark("minst %(n)s möten"), {"n": rules.least}, lambda r: replace(r, least=0)),
    ]  # fmt: skip
    return found


def narrow(table: YearTable, all_of_them: list[Requirement], rules: Rules) -> tuple[Requirement, ...]:
    """A minimal conflict: leaves out, one by one, what is not needed for there to be no year.

    More than one round, since leaving a lock out may also take a year away: its gap is no longer waived.
    """
    kept = list(all_of_them)
    before = len(kept) + 1
    while len(kept) < before:
        before = len(kept)
        for one in tuple(kept):
            rest = [other for other in kept if other is not one]
            if not table.is_possible(_without(rules, all_of_them, rest)):
                kept = rest
    return tuple(kept)


def _without(rules: Rules, all_of_them: list[Requirement], kept: Sequence[Requirement]) -> Rules:
    keys = {one.key for one in kept}
    for one in all_of_them:
        if one.key not in keys:
            rules = one.without(rules)
    return rules


def is_conflict(table: YearTable, chosen: tuple[Requirement, ...], all_of_them: list[Requirement]) -> bool:
    """Whether these requirements, all others left out, leave no year."""
    return not table.is_possible(_without(table.rules, all_of_them, chosen))


def _relaxations(table: YearTable, rules: Rules, conflict: tuple[Requirement, ...]) -> list[Relaxation]:
    """Single changes that help, the cheapest first; numbers are loosened no further than needed."""
    found = []
    for one in conflict:
        changed, message, values = _least_change(table, rules, one)
        year = None if changed is None else table.cheapest(changed)
        if changed is not None and year is not None:
            found.append(Relaxation(one.key, message, values, year[0]))
    return sorted(found, key=lambda one: (one.points, one.key))


def _least_change(table: YearTable, rules: Rules, one: Requirement) -> tuple[Rules | None, str, dict[str, object]]:
    """The rules with the requirement loosened just enough, and how to say so; None when that does not help."""
    if not table.is_possible(one.without(rules)):
        return None, "", {}
    if one.key == "max_gap":
        days = _search(rules.max_gap, 400, lambda n: table.is_possible(replace(rules, max_gap=n)))
        return replace(rules, max_gap=days), mark("tillåt %(days)s dagar mellan möten"), {"days": days}
    if one.key == "min_gap":
        days = -_search(-rules.min_gap, 0, lambda n: table.is_possible(replace(rules, min_gap=-n)))
        return replace(rules, min_gap=days), mark("tillåt %(days)s dagar mellan möten"), {"days": days}
    if one.key == "least":
        n = -_search(-rules.least, 0, lambda n: table.is_possible(replace(rules, least=-n)))
        return replace(rules, least=n), mark("nöj dig med %(n)s möten"), {"n": n}
    if one.key == "most":
        n = _search(rules.most, 10**6, lambda n: table.is_possible(replace(rules, most=n)))
        return replace(rules, most=n), mark("tillåt %(n)s möten"), {"n": n}
    if one.key == "quorum":
        n = -_search(-rules.quorum, 0, lambda n: table.is_possible(replace(rules, quorum=-n)))
        return replace(rules, quorum=n), mark("nöj dig med %(n)s fyllda platser"), {"n": n}
    return one.without(rules), mark("avstå från: %(what)s"), {"what": one.text}


def _search(low: int, high: int, helps: Callable[[int], bool]) -> int:
    """The least number above ``low`` that helps; ``high`` does, or nothing below it."""
    while high - low > 1:
        middle = (low + high) // 2
        if helps(middle):
            high = middle
        else:
            low = middle
    return high


def _blocking(table: YearTable, rules: Rules) -> list[Blocking]:
    """People of required seats, by how many open days their seat stands empty; at most ten."""
    cells = table.cells(others=True)
    alone = table.cells(others=False)
    open_days = table._is_open(rules)  # noqa: SLF001 - of the same room, asked with the same rules
    of = int(open_days.sum())
    found = []
    for seat in table.forum.seats:
        if not seat.required:
            continue
        empty = (cells.seat(seat) >= NEVER).reshape(len(table.days), -1).all(axis=1) & open_days
        if not empty.any():
            continue
        names: list[str | None] = [name for name, _ in cells.options(seat)] or [None]
        for name in names:
            busy = meeting = 0
            if name is not None:
                is_busy = (alone.person(name) >= NEVER).reshape(len(table.days), -1).all(axis=1)
                is_gone = (cells.person(name) >= NEVER).reshape(len(table.days), -1).all(axis=1)
                busy = int((empty & is_busy).sum())
                meeting = int((empty & is_gone & ~is_busy).sum())
            label = "–" if name is None else table.standing.persons[name].name
            found.append(Blocking(seat.id, name, label, busy, meeting, of))
    return sorted(found, key=lambda one: -(one.busy_days + one.meeting_days))[:10]


def own_contradictions(instance: Instance) -> list[Explanation]:
    """Explanations for the forums that could not have a year even alone."""
    found = []
    for forum in instance.forums:
        table = YearTable(instance, forum)
        if not table.is_possible(table.rules):
            found.append(explain(instance, forum))
    return found
