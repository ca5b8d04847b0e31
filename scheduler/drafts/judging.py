"""How good a draft is, in words: what each term of its cost means, who is worst off, which journeys are shared.

Numbers come from the plan itself, weights apart, so that "31 ersättare" is thirty-one substitutes. Not here: the score
(``planning.checker``), the distance from the best possible (``proving``), drafts side by side (``comparing``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from scheduler.i18n import gettext, mark, ngettext, sort_key
from scheduler.planning.cells import Standing
from scheduler.planning.checker import TERMS, Report
from scheduler.planning.instance import Instance
from scheduler.planning.plan import Plan
from scheduler.planning.quality import PersonLoad, judge

#: Days of shared journeys that are listed.
DAYS = 12


@dataclass(frozen=True)
class Term:
    """One term of the cost: its points and what they stand for, in words."""

    key: str
    points: int
    #: How many seats, meetings, days or kilometres.
    amount: int
    say: Callable[[], str]

    @property
    def text(self) -> str:
        """The term, in the language in use."""
        return self.say()

    @property
    def label(self) -> str:
        """What the term is called."""
        return gettext(_LABELS[self.key])


@dataclass(frozen=True)
class Forum:
    """A forum's share of the cost, and what it gives up for the others. ``ideal`` None: not known, or no year."""

    forum_id: int
    name: str
    points: int
    ideal: int | None

    @property
    def price(self) -> int | None:
        """The price of coordination; negative when shared journeys save it more than it gives up."""
        return None if self.ideal is None else self.points - self.ideal


@dataclass(frozen=True)
class SharedDay:
    """A day on which people travel once for several forums."""

    on: date
    town: str
    people: int
    #: Journeys saved, and their kilometres there and back.
    journeys: int
    km: int
    forums: tuple[str, ...]


@dataclass(frozen=True)
class Journeys:
    """The journeys of a plan, there and back: made, saved by sharing, and such as sharing could still save."""

    made: int
    km: int
    saved: int
    saved_km: int
    avoidable: int
    avoidable_km: int
    days: tuple[SharedDay, ...]


@dataclass(frozen=True)
class Quality:
    """A draft's quality. ``forums`` and ``persons`` have the worst first."""

    report: Report
    terms: tuple[Term, ...]
    forums: tuple[Forum, ...]
    persons: tuple[tuple[str, PersonLoad], ...]
    journeys: Journeys


def judged(instance: Instance, plan: Plan, ideal: Mapping[int, int | None] | None = None) -> Quality:
    """Takes a plan's score apart; ``ideal``: forum → its cheapest year alone, as ``proving`` stores it."""
    found = judge(instance, plan)
    standing = Standing(instance, plan)
    names = {forum.id: forum.name for forum in instance.forums}
    forums = [
        Forum(int(one.forum[1:]), names[one.forum], one.points, (ideal or {}).get(int(one.forum[1:])))
        for one in found.forums
    ]  # fmt: skip
    return Quality(
        found.report,
        tuple(terms_of(instance, plan, found.report)),
        tuple(sorted(forums, key=lambda one: (-(one.price or 0), -one.points, one.name))),
        tuple((standing.persons[one.person].name, one) for one in found.persons),
        journeys_of(standing, plan),
    )


# ---------------------------------------------------------------- terms in words


def terms_of(instance: Instance, plan: Plan, report: Report) -> list[Term]:
    """The terms that cost something, the dearest first."""
    weights = instance.weights
    per = {
        "missing": weights.missing, "vacant": weights.vacant, "substitute": weights.substitute,
        "weekday": weights.weekday, "start": weights.start, "soft_day": weights.soft_day,
        "room_spare": weights.room_spare, "week_load": weights.week_load, "move_date": weights.move_date,
        "move_time": weights.move_time, "move_room": weights.move_room,
    }  # fmt: skip
    found = []
    for key in TERMS:
        points = report.terms[key]
        if not points:
            continue
        if key == "travel":
            amount = points * 10 // max(1, weights.travel_per_10km)
        elif key == "spacing":
            amount = _uneven(instance, plan)
        else:
            amount = points // max(1, per[key])
        found.append(Term(key, points, amount, partial(term_text, key, amount)))
    return sorted(found, key=lambda one: -one.points)


def _uneven(instance: Instance, plan: Plan) -> int:
    """Gaps between two meetings that are charged."""
    weights, count = instance.weights, 0
    before = {forum.id: forum.last_previous for forum in instance.forums}
    ideal = {forum.id: forum.ideal_gap for forum in instance.forums}
    for one in sorted(plan.meetings, key=lambda meeting: (meeting.forum, meeting.index)):
        gap = (one.on - before[one.forum]).days
        over = max(0, abs(gap - ideal[one.forum]) - weights.spacing_free_days)
        count += weights.spacing_per_week * over // 7 > 0
        before[one.forum] = one.on
    return count


def term_text(key: str, n: int) -> str:
    """What ``n`` of a term are: "12 platser utan någon"."""
    return _TEXTS[key](n)


_LABELS = {
    "missing": mark("Färre möten än önskat"), "vacant": mark("Tomma platser"), "substitute": mark("Ersättare"),
    "weekday": mark("Ovanliga veckodagar"), "start": mark("Ovanliga tider"), "soft_day": mark("Lov och klämdagar"),
    "spacing": mark("Ojämna mellanrum"), "room_spare": mark("För stora lokaler"), "travel": mark("Resväg"),
    "week_load": mark("Tunga veckor"), "move_date": mark("Flyttade dagar"), "move_time": mark("Flyttade tider"),
    "move_room": mark("Bytta lokaler"),
}  # fmt: skip
_TEXTS: dict[str, Callable[[int], str]] = {
    "missing": lambda n: ngettext("1 möte färre än önskat", "%(n)s möten färre än önskat", n),
    "vacant": lambda n: ngettext("1 plats utan någon", "%(n)s platser utan någon", n),
    "substitute": lambda n: ngettext(
        "1 ersättare i stället för ordinarie", "%(n)s ersättare i stället för ordinarie", n
    ),
    "weekday": lambda n: ngettext("1 möte på en ovanlig veckodag", "%(n)s möten på en ovanlig veckodag", n),
    "start": lambda n: ngettext("1 möte på en ovanlig tid", "%(n)s möten på en ovanlig tid", n),
    "soft_day": lambda n: ngettext("1 möte på lov eller klämdag", "%(n)s möten på lov eller klämdag", n),
    "spacing": lambda n: ngettext("1 ojämnt mellanrum", "%(n)s ojämna mellanrum", n),
    "room_spare": lambda n: ngettext("1 plats för mycket i lokalen", "%(n)s platser för mycket i lokalerna", n),
    "travel": lambda n: gettext("Resor: %(km)s km fram och tillbaka", km=_thousands(n)),
    "week_load": lambda n: ngettext("1 möte för mycket i någons vecka", "%(n)s möten för mycket i någons vecka", n),
    "move_date": lambda n: ngettext("1 möte på en annan dag än förut", "%(n)s möten på en annan dag än förut", n),
    "move_time": lambda n: ngettext("1 möte på en annan tid än förut", "%(n)s möten på en annan tid än förut", n),
    "move_room": lambda n: ngettext("1 möte i en annan lokal än förut", "%(n)s möten i en annan lokal än förut", n),
}


def _thousands(n: int) -> str:
    """ "12 345", its space hard."""
    return f"{n:,}".replace(",", "\N{NO-BREAK SPACE}")


# ---------------------------------------------------------------- journeys


def journeys_of(standing: Standing, plan: Plan) -> Journeys:
    """Who travels where when, and what is shared.

    A person must be in a town on as many days as their meetings there at least need: no forum meets twice a day, and
    nobody has more meetings a day than they may. What is travelled beyond that could be avoided by sharing.
    """
    there: defaultdict[tuple[str, date, int], list[str]] = defaultdict(list)
    for meeting in plan.meetings:
        town = standing.towns[standing.rooms[meeting.room or ""].town]
        for name in sorted({name for name in meeting.seats.values() if name is not None}):
            if _km(standing, name, town):
                there[name, meeting.on, town].append(meeting.forum)
    made = km = saved = saved_km = 0
    counts: defaultdict[tuple[str, int], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    trips: defaultdict[tuple[str, int], int] = defaultdict(int)
    shared: defaultdict[tuple[date, int], list[tuple[str, list[str]]]] = defaultdict(list)
    for (name, on, town), forums in there.items():
        way = _km(standing, name, town)
        made, km = made + 1, km + way
        saved, saved_km = saved + len(forums) - 1, saved_km + way * (len(forums) - 1)
        trips[name, town] += 1
        for forum in forums:
            counts[name, town][forum] += 1
        if len(forums) > 1:
            shared[on, town].append((name, forums))
    avoidable = avoidable_km = 0
    for (name, town), held in counts.items():
        most = max(1, standing.persons[name].max_day)
        spare = trips[name, town] - max(*held.values(), -(-sum(held.values()) // most))
        avoidable, avoidable_km = avoidable + spare, avoidable_km + spare * _km(standing, name, town)
    days = [_shared_day(standing, on, town, people) for (on, town), people in shared.items()]
    days.sort(key=lambda one: (-one.journeys, one.on, one.town))
    return Journeys(made, km, saved, saved_km, avoidable, avoidable_km, tuple(days[:DAYS]))


def _km(standing: Standing, name: str, town: int) -> int:
    """Kilometres from home and back; 0 for whoever lives there, or where the distance is not known."""
    home = standing.persons[name].home
    return 0 if home is None else round(2 * standing.instance.km[standing.towns[home]][town])


def _shared_day(standing: Standing, on: date, town: int, people: list[tuple[str, list[str]]]) -> SharedDay:
    names = sorted({standing.forums[forum].name for _name, forums in people for forum in forums}, key=sort_key)
    return SharedDay(
        on, standing.instance.towns[town].name, len(people), sum(len(forums) - 1 for _name, forums in people),
        sum(_km(standing, name, town) * (len(forums) - 1) for name, forums in people), tuple(names),
    )  # fmt: skip
