"""Whether a plan keeps every hard rule H0–H11, and what it costs, reckoned from the plan and the instance alone.

Shares no code with what makes plans, and needs no numpy: that is the point of it. The plainest way to say a rule is
taken before the fastest. Not here: reading files (``reading``), why a plan is as it is (``quality``).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from scheduler.i18n import gettext, mark
from scheduler.planning.instance import Fixed, Forum, Instance, Person, Room
from scheduler.planning.plan import Plan, PlannedMeeting

#: Every term of the cost, in the order of the report.
TERMS = (
    "missing", "vacant", "substitute", "weekday", "start", "soft_day", "spacing", "room_spare", "travel", "week_load",
    "move_date", "move_time", "move_room",
)  # fmt: skip


@dataclass(frozen=True)
class Violation:
    """A hard rule that is broken: its code, the sentence about it, and whom and what it concerns."""

    code: str
    #: Swedish message id, filled from ``values``.
    message: str
    values: dict[str, object]
    forum: str | None = None
    index: int | None = None
    person: str | None = None
    room: str | None = None
    on: date | None = None

    @property
    def text(self) -> str:
        """The sentence, in the language in use."""
        return gettext(self.message, **self.values)

    def as_json(self) -> dict[str, Any]:
        """Code and text, and those of forum, index, person, room and date that it concerns."""
        concerned = {
            "forum": self.forum, "index": self.index, "person": self.person, "room": self.room,
            "date": None if self.on is None else self.on.isoformat(),
        }  # fmt: skip
        return {"code": self.code, "text": self.text} | {k: v for k, v in concerned.items() if v is not None}


@dataclass
class Report:
    """What the checker finds. ``terms`` has every term, zero ones too."""

    violations: list[Violation] = field(default_factory=list)
    terms: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TERMS, 0))
    meetings: int = 0

    @property
    def cost(self) -> int:
        """The sum of the terms."""
        return sum(self.terms.values())

    @property
    def is_feasible(self) -> bool:
        """Whether no hard rule is broken; a forum without its meetings breaks H4."""
        return not self.violations

    @property
    def is_readable(self) -> bool:
        """Whether all that the plan names exists, so that its meetings can be reasoned about."""
        return not any(one.code == "H0" or (one.code == "H3" and one.room is None) for one in self.violations)

    def as_json(self) -> dict[str, Any]:
        """The report as ``takt plan check`` prints it."""
        return {
            "feasible": self.is_feasible,
            "hard_violations": len(self.violations),
            "cost": self.cost,
            "terms": self.terms,
            "meetings": self.meetings,
            "violations": [violation.as_json() for violation in self.violations],
        }


@dataclass(frozen=True)
class _Sitting:
    """A meeting that counts, with what is known of it: who sits by right, where it is, whether it is a locked one."""

    forum: Forum
    meeting: PlannedMeeting
    room: Room | None
    is_locked: bool
    #: Seat → person, for those entitled to the seat.
    filled: dict[str, str]

    @property
    def start(self) -> int:
        return self.meeting.start

    @property
    def end(self) -> int:
        return self.meeting.start + self.forum.duration

    @property
    def label(self) -> dict[str, object]:
        return {"forum": self.forum.name, "n": self.meeting.index + 1, "date": self.meeting.on.isoformat()}


def check(instance: Instance, plan: Plan) -> Report:
    """Scores ``plan``: every broken hard rule, every term of the cost."""
    return _Check(instance).run(plan)


class _Check:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.weights = instance.weights
        self.report = Report()
        self.forums = {forum.id: forum for forum in instance.forums}
        self.rooms = {room.id: room for room in instance.rooms}
        self.persons = {person.id: person for person in instance.persons}
        self.locked = {(one.forum, one.index): one for one in instance.locked}
        self.town_at = {town.id: i for i, town in enumerate(instance.towns)}

    def run(self, plan: Plan) -> Report:
        self.report.meetings = len(plan.meetings)
        years = self._years(plan)
        sittings = [one for year in years.values() for one in year]
        for one in sittings:
            self._when(one)
            self._where(one)
            self._seats(one)
        self._rooms(sittings)
        for forum in self.instance.forums:
            self._year(forum, years[forum.id])
        self._locks(years)
        self._links(years)
        self._people(sittings)
        self._moves(plan)
        return self.report

    def _add(self, code: str, message: str, one: _Sitting | None = None, **more: Any) -> None:
        values = dict(more.pop("values", {}))
        if one is not None:
            values = one.label | values
            more = {"forum": one.forum.id, "index": one.meeting.index, "on": one.meeting.on} | more
        self.report.violations.append(Violation(code, message, values, **more))

    def _charge(self, term: str, points: int) -> None:
        self.report.terms[term] += points

    # ------------------------------------------------------------ form

    def _years(self, plan: Plan) -> dict[str, list[_Sitting]]:
        """Forum → its meetings by index, those that repeat an index or belong to no forum left out (H0)."""
        by_index: dict[str, dict[int, PlannedMeeting]] = {forum.id: {} for forum in self.instance.forums}
        for meeting in plan.meetings:
            year = by_index.get(meeting.forum)
            if year is None:
                self._add("H0", mark("Forumet %(id)s finns inte"), values={"id": meeting.forum}, forum=meeting.forum)
            elif meeting.index in year:
                self._add(
                    "H0", mark("%(forum)s har möte %(n)s två gånger"), forum=meeting.forum, index=meeting.index,
                    values={"forum": self.forums[meeting.forum].name, "n": meeting.index + 1},
                )  # fmt: skip
            else:
                year[meeting.index] = meeting
        found = {}
        for forum in self.instance.forums:
            year = by_index[forum.id]
            if sorted(year) != list(range(len(year))):
                self._add("H0", mark("Mötena i %(forum)s är inte numrerade 0, 1, 2 …"), forum=forum.id,
                          values={"forum": forum.name})  # fmt: skip
            found[forum.id] = [self._sitting(forum, year[index]) for index in sorted(year)]
            for before, after in zip(found[forum.id], found[forum.id][1:], strict=False):
                if (before.meeting.on, before.start) > (after.meeting.on, after.start):
                    self._add("H0", mark("%(forum)s möte %(n)s ligger före det förra mötet"), after)
        return found

    def _sitting(self, forum: Forum, meeting: PlannedMeeting) -> _Sitting:
        lock = self.locked.get((forum.id, meeting.index))
        filled = {}
        for seat in forum.seats:
            person = meeting.seats.get(seat.id)
            if person is not None and (person == seat.holder or person in seat.substitutes):
                filled[seat.id] = person
        return _Sitting(
            forum, meeting, self.rooms.get(meeting.room or ""), lock is not None and _stands(lock, meeting), filled
        )

    # ------------------------------------------------------------ one meeting

    def _when(self, one: _Sitting) -> None:
        day, forum, instance = one.meeting.on, one.forum, self.instance
        if not one.is_locked:
            earliest = instance.planning_date + timedelta(days=instance.notice_days)
            if day in instance.closed:
                self._add("H1", mark("%(forum)s möte %(n)s ligger på en stängd dag, %(date)s (%(why)s)"), one,
                          values={"why": instance.closed[day]})  # fmt: skip
            if not instance.first_date <= day <= instance.last_date:
                self._add("H1", mark("%(forum)s möte %(n)s ligger utanför perioden, %(date)s"), one)
            if day < earliest:
                self._add("H1", mark("%(forum)s möte %(n)s den %(date)s ligger före första möjliga dag, %(earliest)s"),
                          one, values={"earliest": earliest.isoformat()})  # fmt: skip
            if day.weekday() in forum.forbidden_weekdays:
                self._add("H2", mark("%(forum)s möte %(n)s ligger på en förbjuden veckodag, %(date)s"), one)
            if one.start not in forum.starts:
                self._add("H2", mark("%(forum)s möte %(n)s den %(date)s börjar på en tid som forumet inte har"), one)
            if one.end > instance.day_end:
                self._add("H2", mark("%(forum)s möte %(n)s den %(date)s slutar efter dagens slut"), one)
        if day.weekday() not in forum.preferred_weekdays:
            self._charge("weekday", self.weights.weekday)
        if one.start not in forum.preferred_starts:
            self._charge("start", self.weights.start)
        if day in instance.soft_days:
            self._charge("soft_day", self.weights.soft_day)

    def _where(self, one: _Sitting) -> None:
        room, forum = one.room, one.forum
        if room is None:
            self._add("H3", mark("%(forum)s möte %(n)s den %(date)s har ingen lokal som finns"), one)
            return
        if room.town not in forum.towns:
            self._add("H3", mark("%(forum)s möte %(n)s den %(date)s hålls på en ort som forumet inte har"), one,
                      room=room.id)  # fmt: skip
        if room.capacity < forum.places:
            self._add("H3", mark("%(forum)s möte %(n)s den %(date)s får inte plats i %(room)s"), one,
                      room=room.id, values={"room": room.id})  # fmt: skip
        if any(b.on == one.meeting.on and b.start < one.end and one.start < b.end for b in room.busy):
            self._add("H3", mark("%(room)s är upptagen när %(forum)s möte %(n)s hålls den %(date)s"), one,
                      room=room.id, values={"room": room.id})  # fmt: skip
        spare = room.capacity - forum.places - self.weights.room_spare_free
        self._charge("room_spare", self.weights.room_spare * max(0, spare))

    def _seats(self, one: _Sitting) -> None:
        for seat in one.forum.seats:
            person = one.filled.get(seat.id)
            if person is None:
                wanted = one.meeting.seats.get(seat.id)
                if wanted is not None:
                    self._add("H6", mark("%(person)s har ingen rätt till platsen %(seat)s i %(forum)s möte %(n)s"), one,
                              person=wanted, values={"person": self._name(wanted), "seat": seat.id})  # fmt: skip
                elif seat.required:
                    self._add("H6", mark("Platsen %(seat)s, som måste fyllas, är tom i %(forum)s möte %(n)s"), one,
                              values={"seat": seat.id})  # fmt: skip
                self._charge("vacant", self.weights.vacant)
            elif person != seat.holder:
                self._charge("substitute", self.weights.substitute)
        if len(one.filled) < one.forum.quorum:
            self._add("H6", mark("%(forum)s möte %(n)s den %(date)s är inte beslutsfört: %(filled)s av %(quorum)s"),
                      one, values={"filled": len(one.filled), "quorum": one.forum.quorum})  # fmt: skip
        for person, times in Counter(one.filled.values()).items():
            if times > 1:
                self._add("H7", mark("%(person)s sitter på två platser i %(forum)s möte %(n)s"), one, person=person,
                          values={"person": self._name(person)})  # fmt: skip

    # ------------------------------------------------------------ a forum's year

    def _year(self, forum: Forum, year: list[_Sitting]) -> None:
        about: dict[str, object] = {"forum": forum.name}
        if not forum.min_meetings <= len(year) <= forum.max_meetings:
            bounds = {"n": len(year), "least": forum.min_meetings, "most": forum.max_meetings}
            self._add("H4", mark("%(forum)s har %(n)s möten; %(least)s till %(most)s behövs"), forum=forum.id,
                      values=about | bounds)  # fmt: skip
        self._charge("missing", self.weights.missing * max(0, forum.target_meetings - len(year)))
        before, before_locked = forum.last_previous, True
        for one in year:
            gap = (one.meeting.on - before).days
            waived = before_locked and one.is_locked
            if not waived and not forum.min_gap <= gap <= forum.max_gap:
                self._add("H5", mark("%(gap)s dagar före %(forum)s möte %(n)s; %(least)s till %(most)s behövs"), one,
                          values={"gap": gap, "least": forum.min_gap, "most": forum.max_gap})  # fmt: skip
            over = max(0, abs(gap - forum.ideal_gap) - self.weights.spacing_free_days)
            self._charge("spacing", self.weights.spacing_per_week * over // 7)
            before, before_locked = one.meeting.on, one.is_locked
        rest = (self.instance.last_date - before).days
        if year and rest > forum.max_gap:
            self._add("H5", mark("%(gap)s dagar från %(forum)s sista möte till periodens slut; högst %(most)s"),
                      forum=forum.id, on=before,
                      values=about | {"gap": rest, "most": forum.max_gap})  # fmt: skip

    def _locks(self, years: dict[str, list[_Sitting]]) -> None:
        kept = {(one.forum.id, one.meeting.index) for year in years.values() for one in year if one.is_locked}
        for key, lock in self.locked.items():
            if key not in kept:
                self._add("H10", mark("%(forum)s låsta möte %(n)s den %(date)s står inte som det är låst"),
                          forum=lock.forum, index=lock.index, on=lock.on,
                          values={"forum": self.forums[lock.forum].name, "n": lock.index + 1,
                                  "date": lock.on.isoformat()})  # fmt: skip

    def _links(self, years: dict[str, list[_Sitting]]) -> None:
        for link in self.instance.links:
            for before, after in zip(years[link.before], years[link.after], strict=False):
                days = (after.meeting.on - before.meeting.on).days
                if not link.min_days <= days <= link.max_days:
                    self._add("H11", mark("%(forum)s möte %(n)s ligger %(days)s dagar efter %(before)s; "
                                          "%(least)s till %(most)s behövs"), after,
                              values={"days": days, "before": before.forum.name, "least": link.min_days,
                                      "most": link.max_days})  # fmt: skip

    # ------------------------------------------------------------ rooms and people over all forums

    def _rooms(self, sittings: list[_Sitting]) -> None:
        held: dict[tuple[str, date], list[_Sitting]] = defaultdict(list)
        for one in sittings:
            if one.room is not None:
                held[one.room.id, one.meeting.on].append(one)
        for (room, _), together in held.items():
            for a, b in combinations(together, 2):
                if _apart(a, b) < self.instance.min_break:
                    self._add("H3", mark("%(room)s är dubbelbokad den %(date)s: %(forum)s och %(other)s"), b, room=room,
                              values={"room": room, "other": a.forum.name})  # fmt: skip

    def _people(self, sittings: list[_Sitting]) -> None:
        days: dict[tuple[str, date], list[_Sitting]] = defaultdict(list)
        weeks: Counter[tuple[str, tuple[int, int]]] = Counter()
        for one in sittings:
            for person in sorted(set(one.filled.values())):
                days[person, one.meeting.on].append(one)
                iso = one.meeting.on.isocalendar()
                weeks[person, (iso.year, iso.week)] += 1
        busy = {
            person.id: {day: [b for b in person.busy if b.on == day] for day in {b.on for b in person.busy}}
            for person in self.instance.persons
        }
        for (person_id, day), together in days.items():
            self._day(self.persons[person_id], together)
            for one in together:
                if any(b.start < one.end and one.start < b.end for b in busy[person_id].get(day, ())):
                    self._add("H8", mark("%(person)s är upptagen när %(forum)s möte %(n)s hålls den %(date)s"), one,
                              person=person_id, values={"person": self._name(person_id)})  # fmt: skip
        for (person_id, (year, week)), n in weeks.items():
            whose = self.persons[person_id]
            if n > whose.max_week:
                self._add("H9", mark("%(person)s har %(n)s möten vecka %(week)s %(year)s; högst %(most)s"),
                          person=person_id,
                          values={"person": whose.name, "n": n, "week": week, "year": year,
                                  "most": whose.max_week})  # fmt: skip
            self._charge("week_load", self.weights.week_load * max(0, n - self.instance.week_soft))

    def _day(self, person: Person, together: list[_Sitting]) -> None:
        """One person's day: time to travel, how far, how many, and what the journeys cost."""
        day = together[0].meeting.on
        for a, b in combinations(together, 2):
            here, there = self._town(a), self._town(b)
            between: float = self.instance.min_break
            too_far = False
            if here is not None and there is not None and here != there:
                between = max(between, self.instance.minutes[here][there])
                too_far = self.instance.km[here][there] > self.instance.same_day_max_km
            if too_far or _apart(a, b) < between:
                self._add("H7", mark("%(person)s hinner inte med både %(forum)s och %(other)s den %(date)s"), b,
                          person=person.id, values={"person": person.name, "other": a.forum.name})  # fmt: skip
        if len(together) > person.max_day:
            self._add("H9", mark("%(person)s har %(n)s möten den %(date)s; högst %(most)s"), person=person.id, on=day,
                      values={"person": person.name, "n": len(together), "date": day.isoformat(),
                              "most": person.max_day})  # fmt: skip
        if person.home is not None:
            home = self.town_at[person.home]
            for town in {town for town in map(self._town, together) if town not in {None, home}}:
                assert town is not None  # noqa: S101 - said for the type checker; None is left out above
                tens = math.floor(2 * self.instance.km[home][town] / 10 + 0.5)
                self._charge("travel", tens * self.weights.travel_per_10km)

    def _town(self, one: _Sitting) -> int | None:
        return None if one.room is None else self.town_at[one.room.town]

    def _name(self, person: str) -> str:
        return self.persons[person].name if person in self.persons else person

    # ------------------------------------------------------------ against the previous plan

    def _moves(self, plan: Plan) -> None:
        now = {(one.forum, one.index): one for one in plan.meetings}
        for term in _worst_changes(self.instance.previous_plan, now):
            points = {
                "move_date": self.weights.move_date,
                "move_time": self.weights.move_time,
                "move_room": self.weights.move_room,
            }
            self._charge(term, points[term])


def _worst_changes(previous: tuple[Fixed, ...], now: dict[tuple[str, int], PlannedMeeting]) -> Iterator[str]:
    for before in previous:
        after = now.get((before.forum, before.index))
        if after is None or after.on != before.on:
            yield "move_date"
        elif after.start != before.start:
            yield "move_time"
        elif after.room != before.room:
            yield "move_room"


def _stands(lock: Fixed, meeting: PlannedMeeting) -> bool:
    return (lock.on, lock.start, lock.room) == (meeting.on, meeting.start, meeting.room)


def _apart(a: _Sitting, b: _Sitting) -> int:
    """Minutes between the end of the earlier and the start of the later; negative when they overlap."""
    return max(a.start, b.start) - min(a.end, b.end)
