"""The register and its meetings as a planning problem of the format ``nmsplan-1`` (spec planner, From the database).

Cadence gives how often, the period how far apart, last year's meetings the habits, seats who must come, calendars and
absences when they cannot. What is booked in the year is locked where it stands, what is only proposed is the previous
plan. Everything is read; nothing is changed. Not here: the format's own rules (``planning``), distances
(``places.towns``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.cadence.rules import Forum as Rules
from scheduler.cadence.rules import Kind, Unit
from scheduler.cadence.windows import active_spans, count_days, requirement
from scheduler.cadence.years import judged_windows
from scheduler.forums.models import Forum, ForumLink
from scheduler.forums.queries import cadence_of, forums_for_list, is_judged
from scheduler.forums.seats import SeatHolder, calling_of_plans, seat_plan
from scheduler.meetings.models import Meeting, MeetingForum, MeetingScope
from scheduler.organisations.models import Organisation, Person
from scheduler.places.absences import absences_between
from scheduler.places.busy import busy_between
from scheduler.places.models import Place
from scheduler.places.queries import blocked_on
from scheduler.places.rules import days_of
from scheduler.places.towns import all_distances
from scheduler.planning.instance import FORMAT
from scheduler.workdays.observances import SUMMER_WEEKS, school_breaks
from scheduler.workdays.rules import free_days, squeeze_days

#: Minutes after midnight at which a meeting may begin, and by when it must be over.
STARTS = (510, 540, 600, 660, 780, 840, 900)
DAY_END = 1020
MIN_BREAK = 15
SAME_DAY_MAX_KM = 60
#: Days from today before which nothing new is laid: whoever is called must hear of it in time.
NOTICE_DAYS = 21
MAX_DAY, MAX_WEEK, WEEK_SOFT = 2, 5, 3
#: Shares of the ideal distance between two meetings that they must and may have.
CLOSEST, FARTHEST = 0.45, 1.7
#: How far back habits are looked for.
HABITS = timedelta(days=500)
WEIGHTS = {
    "missing": 3000, "vacant": 200, "substitute": 50, "weekday": 30, "start": 10, "soft_day": 40,
    "spacing_per_week": 15, "spacing_free_days": 7, "travel_per_10km": 1, "room_spare": 1, "room_spare_free": 10,
    "week_load": 20, "move_date": 300, "move_time": 100, "move_room": 30,
}  # fmt: skip
#: The key of a problem that says which meeting is a forum's such and such ("f12 0").
MEETINGS = "#meetings"
_BOOKED = ("confirmed", "called", "held")
_WHOLE_DAY = (0, 1440)


@dataclass(frozen=True)
class Times:
    """How often a forum must, should and may meet in a year, and on how many of its days it is active."""

    least: int
    target: int
    most: int
    days: int


def times_of(rules: Rules, year: int, today: date) -> Times | None:
    """What the cadence asks of the year, prorated over its active days; None when it asks nothing."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    days = count_days(active_spans(rules, (first, last)))
    if not days:
        return None
    version = rules.version_at(last)
    if version.kind is Kind.INTERVAL:
        step = {Unit.DAY: 1.0, Unit.WEEK: 7.0, Unit.MONTH: 30.44}[version.unit] * version.every
        count = max(1, round(days / step))
        return Times(count, count, count + 1, days)
    if version.kind is not Kind.COUNT:
        return None
    windows = [(first, last)] if version.is_rolling else judged_windows(rules, year, today)
    found = [requirement(rules, window, active_spans(rules, window)) for window in windows]
    least, target = sum(one.required for one in found), sum(one.target for one in found)
    most = sum(max(one.target + 1, one.required) if one.allowed is None else one.allowed for one in found)
    if most == 0 or (least == 0 and target == 0):
        return None
    return Times(least, max(target, least, 1), max(most, target, 1), days)


def problem_of(
    session: Session, year: int, today: date, *, time_zone: str, forum_ids: Collection[int] | None = None,
    times: Mapping[int, Times] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The year of the forums that must meet in it (of ``forum_ids``, None: all), as JSON values.

    Minutes are of the wall clock in ``time_zone``, the installation's. ``times``: forum → how often it is to meet,
    instead of what its cadence asks. A constant number of queries.
    """
    forums = [forum for forum in forums_for_list(session, forum_ids=forum_ids) if is_judged(forum)]
    rules = cadence_of(session, forums)
    asked = {forum.id: times_of(rules[forum.id], year, today) for forum in forums} | dict(times or {})
    return _Year(session, year, today, ZoneInfo(time_zone)).problem(
        [(forum, found) for forum in forums if (found := asked[forum.id]) is not None]
    )


def numbers_of(days: Sequence[date], count: int, *, earliest: date, last: date, min_gap: int) -> list[int]:
    """The numbers, from 0, of meetings that stand on ``days`` (in order) in a year of ``count`` (at least as many).

    Those still to be laid come where the year has most room for them: before the first, between two, or after the last,
    as many in each place as ``min_gap`` allows. ``earliest`` is the first day on which something new can be laid; what
    finds no room anywhere comes last.
    """
    room = []
    for before, after in pairwise([None, *days, None]):
        first = earliest if before is None else max(earliest, before + timedelta(days=min_gap))
        until = last if after is None else after - timedelta(days=min_gap)
        room.append(((until - first).days if until >= first else -1, (until - first).days // min_gap + 1))
    laid = [0] * len(room)
    for _n in range(count - len(days)):
        free = [i for i, (span, most) in enumerate(room) if span >= 0 and laid[i] < most]
        best = max(free, key=lambda i: (room[i][0] + min_gap) / (laid[i] + 1), default=len(room) - 1)
        laid[best] += 1
    return [index + sum(laid[: index + 1]) for index in range(len(days))]


class _Year:
    """One problem in the making."""

    def __init__(self, session: Session, year: int, today: date, zone: ZoneInfo) -> None:
        self.session = session
        self.today = today
        self.zone = zone
        self.first, self.last = date(year, 1, 1), date(year, 12, 31)

    def problem(self, forums: Sequence[tuple[Forum, Times]]) -> dict[str, Any]:
        ids = {forum.id for forum, _times in forums}
        meetings = self._meetings(ids)
        own = {forum.id: [meeting for meeting in meetings if meeting.forum.id == forum.id] for forum, _times in forums}
        self._read_places(ids)
        seats = self._seats(ids)
        roads = all_distances(self.session)
        people = self._people(
            roads.towns, {number for found in seats.values() for seat in found for number in _named(seat)}
        )
        towns = {forum.id: _town(forum, own[forum.id]) for forum, _times in forums}
        rooms = self._rooms(forums, towns, seats, own)
        homes = {str(person["home"]) for person in people if person["home"]}
        table = roads.of(homes | {str(room["town"]) for room in rooms})
        self._add_other_meetings(people, ids)
        described = [
            self._forum(forum, times, own[forum.id], seats[forum.id], towns[forum.id], rooms) for forum, times in forums
        ]
        numbers = {
            meeting.id: index
            for (forum, _times), rules in zip(forums, described, strict=True)
            for meeting, index in self._numbered(own[forum.id], rules)
        }
        return {
            "format": FORMAT,
            "first_date": self.first.isoformat(),
            "last_date": self.last.isoformat(),
            "planning_date": self.today.isoformat(),
            "notice_days": NOTICE_DAYS,
            "closed": [[day.isoformat(), why] for day, why in sorted(self._closed().items())],
            "soft_days": [[day.isoformat(), why] for day, why in sorted(self._soft().items())],
            "starts": list(STARTS),
            "day_end": DAY_END,
            "min_break": MIN_BREAK,
            "same_day_max_km": SAME_DAY_MAX_KM,
            "week_soft": WEEK_SOFT,
            "weights": WEIGHTS,
            "towns": [{"id": town, "name": town} for town in table.towns],
            "km": [list(row) for row in table.km],
            "minutes": [list(row) for row in table.minutes],
            "rooms": rooms,
            "persons": people,
            "forums": described,
            "links": self._links(ids),
            "locked": self._fixed(own, rooms, numbers, _BOOKED),
            "previous_plan": self._fixed(own, rooms, numbers, ("proposed",)) or None,
            # Not of the format, whose readers pass it over: which meeting is the forum's such and such.
            MEETINGS: {
                f"f{meeting.forum.id} {numbers[meeting.id]}": meeting.id
                for meetings_of in own.values()
                for meeting in meetings_of
                if meeting.id in numbers
            },
        }

    # ------------------------------------------------------------ days

    def _closed(self) -> dict[date, str]:
        found = {
            day: "helg"
            for day in days_of(self.first, self.last)
            if day.isoweekday() > 5  # noqa: PLR2004 - Friday
        }
        found |= dict.fromkeys(free_days(self.first.year), "helgdag eller afton")
        summer = (
            date.fromisocalendar(self.first.year, week, day) for week, day in zip(SUMMER_WEEKS, (1, 7), strict=True)
        )
        found |= dict.fromkeys(days_of(*summer), "semester")
        return found | self._blocked(hard=True)

    def _soft(self) -> dict[date, str]:
        found = {
            day: name["sv"] for first, last, name in school_breaks(self.first.year) for day in days_of(first, last)
        }
        found |= dict.fromkeys(squeeze_days(self.first.year), "klämdag")
        return found | self._blocked(hard=False)

    def _blocked(self, *, hard: bool) -> dict[date, str]:
        """The whole days entered for everybody."""
        return {
            day: period.name
            for period in blocked_on(self.session, [(self.first, self.last)])
            if period.hard is hard and period.from_at is None
            for day in days_of(max(period.from_on, self.first), min(period.to_on, self.last))
        }

    # ------------------------------------------------------------ meetings

    def _meetings(self, forum_ids: Collection[int]) -> list[Meeting]:
        """The meetings these forums lead, from as far back as habits are looked for."""
        led = select(MeetingForum.meeting_id).where(MeetingForum.position == 0, MeetingForum.forum_id.in_(forum_ids))
        query = (
            select(Meeting)
            .where(
                Meeting.id.in_(led),
                Meeting.local_on > self.first - HABITS,
                Meeting.local_on <= self.last,
                Meeting.state.in_((*_BOOKED, "proposed")),
            )
            .options(joinedload(Meeting.place), selectinload(Meeting.forum_rows).joinedload(MeetingForum.forum))
            .order_by(Meeting.start_at, Meeting.id)
        )
        return list(self.session.scalars(query))

    def _minutes(self, at: datetime) -> int:
        local = at.astimezone(self.zone)
        return local.hour * 60 + local.minute

    def _of_year(self, meetings: Sequence[Meeting]) -> list[Meeting]:
        return [meeting for meeting in meetings if meeting.local_on >= self.first and not meeting.all_day]

    def _numbered(self, meetings: Sequence[Meeting], rules: Mapping[str, Any]) -> list[tuple[Meeting, int]]:
        """The year's meetings with their numbers, room left between them for those still to be laid."""
        year = self._of_year(meetings)
        earliest = max(self.first, self.today + timedelta(days=NOTICE_DAYS))
        before = date.fromisoformat(rules["last_previous"])
        found = numbers_of(
            [meeting.local_on for meeting in year],
            int(rules["target_meetings"]),
            earliest=max(earliest, before + timedelta(days=int(rules["min_gap"]))),
            last=self.last,
            min_gap=int(rules["min_gap"]),
        )
        return list(zip(year, found, strict=True))

    def _fixed(
        self, own: Mapping[int, Sequence[Meeting]], rooms: Sequence[dict[str, Any]], numbers: Mapping[int, int],
        states: Collection[str],
    ) -> list[dict[str, Any]]:  # fmt: skip
        """The year's meetings in ``states``, with their numbers."""
        known = {str(room["id"]) for room in rooms}
        found = []
        for forum_id, meetings in own.items():
            for meeting in self._of_year(meetings):
                if meeting.state in states:
                    room = f"r{meeting.place_id}"
                    found.append({
                        "forum": f"f{forum_id}", "index": numbers[meeting.id], "date": meeting.local_on.isoformat(),
                        "start": self._minutes(meeting.start_at),
                        "room": room if room in known else f"r-f{forum_id}",
                    })  # fmt: skip
        return found

    # ------------------------------------------------------------ people

    def _seats(self, forum_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
        """The forums' seats on the first day of the year, but for substitutes', whose turn comes by the order."""
        plans = seat_plan(self.session, sorted(forum_ids), max(self.first, self.today))
        found = {}
        for forum_id, calling in calling_of_plans(self.session, plans).items():
            called = {row.seat.seat_id: row.substitutes for row in calling}
            wanted = {row.seat_id: row for row in plans[forum_id] if row.kind not in {"substitute", "observer"}}
            found[forum_id] = [_seat(row, called.get(row.seat_id, ())) for row in wanted.values()]
        return found

    def _read_places(self, forum_ids: Collection[int]) -> None:
        """Reads where all forums use to meet at once, which would else be asked of each."""
        query = select(Forum).where(Forum.id.in_(forum_ids))
        self.session.scalars(query.options(joinedload(Forum.default_place), joinedload(Forum.secretariat))).all()

    def _people(self, known: Collection[str], person_ids: Collection[int]) -> list[dict[str, Any]]:
        """Who they are, where they travel from (their own town if its roads are ``known``), and when they cannot."""
        query = (
            select(Person.id, Person.town, Organisation.municipality)
            .outerjoin(Organisation, Organisation.id == Person.organisation_id)
            .where(Person.id.in_(person_ids))
            .order_by(Person.id)
        )
        start, end = (datetime.combine(day, time(), self.zone) for day in (self.first, self.last + timedelta(days=1)))
        busy: defaultdict[int, list[list[Any]]] = defaultdict(list)
        for absence in absences_between(self.session, person_ids, self.first, self.last):
            for day in days_of(max(absence.from_on, self.first), min(absence.to_on, self.last)):
                busy[absence.person_id].append([day.isoformat(), *_WHOLE_DAY])
        for taken in busy_between(self.session, person_ids, start, end):
            if not taken.tentative:
                busy[taken.person_id] += self._spans(taken.start, taken.end)
        # By number alone: a problem is a file that may be sent to somebody, and needs nobody's name.
        return [
            {
                "id": f"p{number}", "name": f"p{number}", "home": own if own in known else municipality,
                "max_day": MAX_DAY, "max_week": MAX_WEEK, "busy": busy[number],
            }
            for number, own, municipality in self.session.execute(query)
        ]  # fmt: skip

    def _spans(self, start_at: datetime, end_at: datetime) -> list[list[Any]]:
        """The parts of a time on each day of the year it touches."""
        start, end = start_at.astimezone(self.zone), end_at.astimezone(self.zone)
        found = []
        for day in days_of(max(start.date(), self.first), min(end.date(), self.last)):
            begins = self._minutes(start) if day == start.date() else 0
            ends = self._minutes(end) if day == end.date() else 1440
            if begins < ends:
                found.append([day.isoformat(), begins, ends])
        return found

    def _add_other_meetings(self, people: Sequence[dict[str, Any]], forum_ids: Collection[int]) -> None:
        """Those in whose calendars booked meetings of forums outside the problem are, are busy then."""
        by_id = {int(str(person["id"])[1:]): person for person in people}
        query = (
            select(MeetingScope.scope_id, Meeting.start_at, Meeting.end_at)
            .join(Meeting, Meeting.id == MeetingScope.meeting_id)
            .join(MeetingForum, and_(MeetingForum.meeting_id == Meeting.id, MeetingForum.position == 0))
            .where(
                MeetingScope.scope == "person",
                MeetingScope.scope_id.in_(by_id),
                Meeting.state.in_(_BOOKED),
                Meeting.local_on.between(self.first, self.last),
                MeetingForum.forum_id.not_in(forum_ids),
            )
            .order_by(Meeting.start_at, Meeting.id)
        )
        for person_id, start_at, end_at in self.session.execute(query):
            by_id[person_id]["busy"] += self._spans(start_at, end_at)

    # ------------------------------------------------------------ rooms and forums

    def _rooms(
        self,
        forums: Sequence[tuple[Forum, Times]],
        towns: Mapping[int, str],
        seats: Mapping[int, Sequence[dict[str, Any]]],
        own: Mapping[int, Sequence[Meeting]],
    ) -> list[dict[str, Any]]:
        """The places where these forums meet, and for each forum one more of its own: a place yet to be found."""
        used = {forum.default_place_id for forum, _times in forums}
        used |= {meeting.place_id for meetings in own.values() for meeting in meetings}
        query = select(Place).where(Place.id.in_(used), Place.town.is_not(None), Place.online.is_(False))
        blocked: defaultdict[int, list[list[Any]]] = defaultdict(list)
        for period in blocked_on(
            self.session, [(self.first, self.last)], place_ids=[number for number in used if number is not None]
        ):
            if period.scope == "place" and period.hard:
                for day in days_of(max(period.from_on, self.first), min(period.to_on, self.last)):
                    blocked[period.scope_id or 0].append([day.isoformat(), *_WHOLE_DAY])
        most = max((len(found) for found in seats.values()), default=0)
        rooms = [
            {"id": f"r{place.id}", "town": place.town, "capacity": place.capacity or most, "busy": blocked[place.id]}
            for place in self.session.scalars(query.order_by(Place.id))
        ]
        size = {str(room["id"]): int(str(room["capacity"])) for room in rooms}
        rooms += [
            # As large as the usual place, which would else cost more for its empty chairs and never be chosen.
            {
                "id": f"r-f{forum.id}", "town": towns[forum.id], "busy": [],
                "capacity": max(len(seats[forum.id]), size.get(f"r{forum.default_place_id}", 0)),
            }
            for forum, _times in forums
        ]  # fmt: skip
        return rooms

    def _forum(
        self, forum: Forum, times: Times, meetings: Sequence[Meeting], seats: Sequence[dict[str, Any]], town: str,
        rooms: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:  # fmt: skip
        ideal = max(1, times.days // times.target)
        before = [meeting for meeting in meetings if meeting.local_on < self.first]
        latest = max((meeting.local_on for meeting in before), default=date.min)
        year = [meeting for meeting in meetings if meeting.local_on >= self.first]
        towns_of = {str(room["id"]): room for room in rooms}
        places = [found for meeting in year if (found := towns_of.get(f"r{meeting.place_id}")) is not None]
        lengths = [int((one.end_at - one.start_at).total_seconds() // 60) for one in before if not one.all_day]
        duration = min(int(median(lengths)) if lengths else forum.duration, DAY_END - STARTS[0])
        usual = Counter(self._minutes(one.start_at) for one in before if not one.all_day)
        start = usual.most_common(1)[0][0] if usual else forum.default_time.hour * 60 + forum.default_time.minute
        starts = sorted({one for one in (*STARTS, start) if one + duration <= DAY_END})
        days = Counter(one.local_on.weekday() for one in before)
        closest = max(int(ideal * CLOSEST), forum.min_gap_days or 0, 1)
        return {
            "id": f"f{forum.id}",
            "name": forum.title,
            # What is booked already stands, however many that is.
            "min_meetings": times.least,
            "target_meetings": max(times.target, len(year)),
            "max_meetings": max(times.most, len(year)),
            "duration": duration,
            "ideal_gap": max(ideal, closest),
            "min_gap": closest,
            "max_gap": max(int(ideal * FARTHEST), closest + 14),
            "starts": starts,
            "preferred_starts": [start] if start in starts else [],
            "preferred_weekdays": sorted(day for day, _count in days.most_common(2) if day < 5),  # noqa: PLR2004 - Saturday
            "forbidden_weekdays": [],
            "towns": sorted({town, *(str(place["town"]) for place in places)}),
            "places": min([len(seats), *(int(place["capacity"]) for place in places)]),
            "quorum": 0,
            # A forum that has not met for long has no year to catch up on.
            "last_previous": max(latest, self.first - timedelta(days=ideal)).isoformat(),
            "seats": list(seats),
        }

    def _links(self, forum_ids: Collection[int]) -> list[dict[str, Any]]:
        query = select(ForumLink).where(ForumLink.before_id.in_(forum_ids), ForumLink.after_id.in_(forum_ids))
        return [
            {
                "before": f"f{row.before_id}",
                "after": f"f{row.after_id}",
                "min_days": row.min_days,
                "max_days": row.max_days,
            }
            for row in self.session.scalars(query.order_by(ForumLink.id))
        ]


def _seat(row: SeatHolder, substitutes: Iterable[SeatHolder]) -> dict[str, Any]:
    chair = row.function == "chair"
    return {
        "id": f"s{row.seat_id}",
        "org": None if row.organisation_id is None else f"o{row.organisation_id}",
        "role": "chair" if chair else "secretary" if row.kind == "secretary" else "member",
        "required": chair and row.person_id is not None,
        "holder": None if row.person_id is None else f"p{row.person_id}",
        "substitutes": list(
            dict.fromkeys(f"p{one.person_id}" for one in substitutes if one.person_id != row.person_id)
        ),
    }


def _named(seat: Mapping[str, Any]) -> list[int]:
    """The people a seat names, by number."""
    return [int(name[1:]) for name in (seat["holder"], *seat["substitutes"]) if name is not None]


def _town(forum: Forum, meetings: Sequence[Meeting]) -> str:
    """Where the forum meets: where it mostly has, else where its place or its secretariat is."""
    had = Counter(one.place.town for one in meetings if one.place is not None and one.place.town)
    if had:
        return str(had.most_common(1)[0][0])
    place = forum.default_place
    if place is not None and place.town:
        return place.town
    return (forum.secretariat.municipality if forum.secretariat is not None else None) or "Luleå"
