"""The best dates for one meeting while everything else stands, and why another day is not among them.

One table answers both: what each day, start, town and room costs for the meeting, its neighbours in the year and the
forums it is linked to left where they are. Not here: moving more than one meeting (``replanning``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from scheduler.i18n import gettext, mark
from scheduler.planning.cells import Cells, Held, Standing
from scheduler.planning.flat import Ints
from scheduler.planning.instance import Forum, Person
from scheduler.planning.plan import PlannedMeeting
from scheduler.planning.tables import NEVER


@dataclass(frozen=True)
class DateChoice:
    """A date the meeting could have. ``points`` are what it costs, ``more`` what that is above where it lies now."""

    on: date
    start: int
    town: str
    room: str
    points: int
    #: None when the meeting cannot stay where it is.
    more: int | None


@dataclass(frozen=True)
class Reason:
    """One thing that stands against a day; ``person`` and ``forum`` are ids, where it is somebody or their meeting."""

    kind: str
    message: str
    values: dict[str, object]
    person: str | None = None
    forum: str | None = None

    @property
    def text(self) -> str:
        """The reason, in the language in use."""
        return gettext(self.message, **self.values)

    def as_json(self) -> dict[str, Any]:
        """Kind and text, and whom it concerns."""
        return {"kind": self.kind, "text": self.text, "person": self.person, "forum": self.forum}


class DateTable:
    """The dates of the forum's ``index``-th meeting, which must be in the plan that stands."""

    def __init__(self, standing: Standing, forum: str, index: int) -> None:
        self.standing = standing
        self.instance = standing.instance
        self.forum: Forum = standing.forums[forum]
        year = {one.index: one for one in standing.years[forum]}
        self.meeting: PlannedMeeting = year[index]
        self.before = year[index - 1].on if index else self.forum.last_previous
        self.after = year[index + 1].on if index + 1 in year else None
        self.first, self.last = self._window()
        first = max(self.first, self.instance.first_date)
        span = (min(self.last, self.instance.last_date) - first).days + 1
        days = [first + timedelta(days=i) for i in range(max(0, span))]
        cells = Cells(standing, self.forum, days, index=index)
        open_days = [day for day, is_open in zip(days, cells.is_open, strict=True) if is_open]
        self.cells = Cells(standing, self.forum, open_days, index=index)

    def _window(self) -> tuple[date, date]:
        """First and last day that neighbours and links let the meeting have."""
        forum = self.forum
        least = forum.min_gap if self.meeting.index == 0 else max(1, forum.min_gap)
        low = self.before.toordinal() + least
        high = self.before.toordinal() + forum.max_gap
        if self.after is None:
            low = max(low, self.instance.last_date.toordinal() - forum.max_gap)
        else:
            low = max(low, self.after.toordinal() - forum.max_gap)
            high = min(high, self.after.toordinal() - max(1, forum.min_gap))
        for least_days, most_days, there in self._links():
            low = max(low, there.toordinal() + least_days)
            high = min(high, there.toordinal() + most_days)
        top = date.max.toordinal()
        return date.fromordinal(min(max(1, low), top)), date.fromordinal(min(max(1, high), top))

    def _links(self) -> list[tuple[int, int, date]]:
        """Least and most days after the meeting of a linked forum with the same index, and its date."""
        found = []
        for link in self.instance.links:
            if self.forum.id not in {link.before, link.after}:
                continue
            is_before = link.before == self.forum.id
            other = link.after if is_before else link.before
            there = next((one.on for one in self.standing.years[other] if one.index == self.meeting.index), None)
            if there is not None:
                days = (-link.max_days, -link.min_days) if is_before else (link.min_days, link.max_days)
                found.append((*days, there))
        return found

    def _gap_points(self, ordinals: Ints) -> Ints:
        weights, forum = self.instance.weights, self.forum

        def spacing(gaps: Ints) -> Ints:
            over = np.maximum(np.abs(gaps - forum.ideal_gap) - weights.spacing_free_days, 0)
            return weights.spacing_per_week * over // 7

        found = spacing(ordinals - self.before.toordinal())
        return found if self.after is None else found + spacing(self.after.toordinal() - ordinals)

    @cached_property
    def points(self) -> Ints:
        """Day, town, start → points, gaps reckoned; NEVER where the meeting cannot be."""
        cells = self.cells
        gaps = self._gap_points(np.array([day.toordinal() for day in cells.days], dtype=np.int64))
        return np.where(cells.cost < NEVER, cells.cost + gaps[:, None, None], NEVER)

    @cached_property
    def now(self) -> int | None:
        """Points where the meeting lies now; None when it cannot lie there."""
        cells, meeting = self.cells, self.meeting
        room = self.standing.rooms[meeting.room or ""]
        town = self.standing.towns[room.town]
        if meeting.on not in cells.at or town not in cells.towns or meeting.start not in cells.starts:
            return None
        place = cells.at[meeting.on], cells.towns.index(town), cells.starts.index(meeting.start)
        return int(self.points[place]) if self.points[place] < NEVER else None

    def best(self, count: int = 10) -> list[DateChoice]:
        """The ``count`` best days, each at its best hour and place, the cheapest first and of those the earliest."""
        cells = self.cells
        flat = self.points.reshape(len(cells.days), -1)
        if not flat.size:
            return []
        at = flat.argmin(axis=1)
        least = flat[np.arange(len(cells.days)), at]
        found = []
        for d in np.argsort(least, kind="stable")[:count].tolist():
            if least[d] >= NEVER:
                break
            t, s = divmod(int(at[d]), len(cells.starts))
            more = None if self.now is None else int(least[d]) - self.now
            found.append(
                DateChoice(
                    cells.days[d],
                    cells.starts[s],
                    self.instance.towns[cells.towns[t]].id,
                    cells.room_at(d, t, s),
                    int(least[d]),
                    more,
                )
            )
        return found

    # ------------------------------------------------------------ why not

    def why_not(self, day: date) -> list[Reason]:
        """What stands against a day; empty when the meeting can be held then."""
        rules = self._rules_against(day)
        if rules:
            return rules
        d = self.cells.at[day]
        if (self.points[d] < NEVER).any():
            return []
        found = []
        if (self.cells.room[d] >= NEVER).all():
            found.append(Reason("room", mark("ingen lokal som räcker är ledig"), {}))
        found += self._people_against(d)
        return found or [Reason("together", mark("lokal och personer går inte ihop någon tid den dagen"), {})]

    def _rules_against(self, day: date) -> list[Reason]:
        instance, forum = self.instance, self.forum
        found = []
        if not instance.first_date <= day <= instance.last_date:
            found.append(Reason("period", mark("utanför perioden"), {}))
        if day in instance.closed:
            found.append(Reason("closed", mark("stängd dag: %(why)s"), {"why": instance.closed[day]}))
        earliest = instance.planning_date + timedelta(days=instance.notice_days)
        if day < earliest:
            found.append(
                Reason("notice", mark("för nära att kalla; tidigast %(date)s"), {"date": earliest.isoformat()})
            )
        if day.weekday() in forum.forbidden_weekdays:
            found.append(Reason("weekday", mark("förbjuden veckodag"), {}))
        if not self.first <= day <= self.last:
            found.append(
                Reason("gap", mark("forumets andra möten kräver %(first)s till %(last)s"),
                       {"first": self.first.isoformat(), "last": self.last.isoformat()})
            )  # fmt: skip
        return found

    def _people_against(self, d: int) -> list[Reason]:
        """Those of required seats, or of all when it is the quorum, who cannot come at any hour that day."""
        cells = self.cells
        comes = [(points[d] < NEVER).any() for points in cells.seats]
        empty = [seat for seat, some in zip(self.forum.seats, comes, strict=True) if not some]
        required = [seat for seat in empty if seat.required]
        is_short = not required and sum(comes) < self.forum.quorum
        found = [
            reason
            for seat in (required or (empty if is_short else []))
            for name, _ in cells.options(seat)
            for reason in self._person_against(self.standing.persons[name], d)
        ]
        if is_short:
            found.append(Reason("quorum", mark("färre än %(n)s platser kan fyllas"), {"n": self.forum.quorum}))
        return found

    def _person_against(self, person: Person, d: int) -> list[Reason]:
        day = self.cells.days[d]
        others = self.standing.of_person(person.id, self.forum.id, self.meeting.index)
        in_week = [one for one in others if one.on.isocalendar()[:2] == day.isocalendar()[:2]]
        on_day = [one for one in others if one.on == day]
        who: dict[str, object] = {"person": person.name}
        if len(in_week) >= person.max_week:
            return [Reason("week", mark("%(person)s har redan %(n)s möten den veckan"), who | {"n": len(in_week)},
                           person.id)]  # fmt: skip
        if len(on_day) >= person.max_day:
            return [Reason("day", mark("%(person)s har redan %(n)s möten den dagen"), who | {"n": len(on_day)},
                           person.id)]  # fmt: skip
        found = []
        if self.standing.busy("person", person.id).get(day):
            found.append(Reason("busy", mark("%(person)s är upptagen"), who, person.id))
        found += [self._meeting_against(person, one) for one in on_day]
        return found

    @staticmethod
    def _meeting_against(person: Person, one: Held) -> Reason:
        return Reason(
            "meeting", mark("%(person)s sitter i %(forum)s den dagen"),
            {"person": person.name, "forum": one.forum.name}, person.id, one.forum.id,
        )  # fmt: skip
