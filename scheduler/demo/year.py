"""A fictional year around the real register: invented people on its seats, and meetings around today.

Every person is made up, has an example.org address and is marked as demo, as is every meeting. Drawn by a seeded
generator, so that two demos made on one day are alike. Not here: the register itself (``norrbotten.yaml``).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.forums.actions import edit_forum
from scheduler.forums.appointments import appoint
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Seat
from scheduler.forums.seating import answer_offer
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.meetings.actions import (
    Site,
    book_meeting,
    call_meeting,
    cancel_meeting,
    move_meeting,
    record_held,
    set_invitees,
)
from scheduler.meetings.calling import InviteeChoice
from scheduler.meetings.models import Meeting
from scheduler.meetings.replies import Via, give_reply
from scheduler.organisations.models import Office, Organisation, Person
from scheduler.organisations.offices import begin_holding
from scheduler.organisations.people import create_person
from scheduler.places.models import Place
from scheduler.register.models import Theme
from scheduler.workdays.rules import is_working_day

SEED = 2026
YEARS_BACK = 3
ZONE = ZoneInfo("Europe/Stockholm")
GIVEN = tuple(
    "Åsa Östen Ánte Elle-Máret Märta Björn Inga Kaarina Juhani Nils-Ánders Sara Per-Åke Ulla-Britt Gun Lars Biret "  # noqa: SIM905 - names read better in a row
    "Tuula Einar Maja Sven-Erik Aino Jon-Henrik Ylva Rolf Marit Göran Zoë Karin Mikael Sofia Anders Lena".split()
)
FIRST_HALF = ["Prov", "Exempel", "Test", "Låtsas", "Övnings", "Påhitts", "Fiktiv", "Mönster"]
SECOND_HALF = ["berg", "ström", "lund", "kvist", "näs", "fors", "ås", "mäki", "järvi", "várri"]
#: What an address may hold of a name.
ASCII = str.maketrans("åäöáéëčđŋšŧž", "aaoaeecdnstz")


@dataclass(frozen=True)
class Plan:
    """How a forum's demo year looks. Days are spread evenly over the year, July left out."""

    slug: str
    code: str
    per_year: int
    start: time
    #: Slug of the place.
    place: str
    mode: str = "on_site"
    #: How many of this year's meetings are still ahead, if the year is old enough; all coming ones are booked.
    ahead: int = 1
    #: How many coming meetings are booked at most.
    booked: int = 9
    #: The next coming one is only proposed.
    proposed: bool = False
    #: So many of this year's latest past meetings were never held.
    skipped: int = 0
    #: The latest past one was never recorded.
    unrecorded: bool = False
    #: The latest past one was cancelled.
    cancelled: bool = False
    #: In this many of the earlier years one meeting fell away.
    thin_years: int = 0
    themes: tuple[str, ...] = ()
    public: str | None = None


PLANS = (
    Plan("regionalt-forum", "RF", 5, time(9, 30), "regionhuset", mode="hybrid", ahead=2, public="full"),
    Plan("partnerskapet", "PS", 4, time(13, 0), "residenset", booked=0, proposed=True, unrecorded=True),
    Plan("kommunal-regionrad", "KR", 5, time(9, 0), "lansstyrelsen", thin_years=1),
    Plan(
        "samtal-residenset", "SR", 5, time(13, 0), "residenset", booked=0, skipped=2, thin_years=1, ahead=2,
        themes=("Rymd och försvar", "Kompetens i omställningen", "Norrbotniabanan", "Samisk näring", "Unga i länet"),
    ),
    Plan("statliga-myndigheter", "SM", 2, time(10, 0), "lansstyrelsen", booked=0, ahead=0, cancelled=True),
    Plan("tillvaxtberedningen", "TB", 6, time(9, 0), "regionhuset", mode="hybrid"),
    Plan("run", "RUN", 8, time(8, 30), "regionhuset", public="dates"),
    Plan("strukturfondspartnerskapet", "SF", 4, time(10, 0), "digitalt", mode="remote"),
    Plan("dansradet", "DR", 2, time(13, 0), "regionhuset", mode="hybrid", public="full"),
    Plan("ag-upphandling", "UH", 4, time(9, 0), "stadshuset-skelleftea"),
)  # fmt: skip


#: Title of a talk → slug of the register's theme it is about.
ABOUT = {
    "Kompetens i omställningen": "kompetensforsorjning",
    "Norrbotniabanan": "infrastruktur",
    "Samisk näring": "minoriteter",
}
#: So many people are guests at a talk.
GUESTS = 9

#: Forums whose next meeting is called, since people sit in them.
CALLED = ("regionalt-forum", "tillvaxtberedningen", "dansradet")
#: Forums whose first meeting of the year was called and answered, in this and that way and not always in time.
ANSWERED = ("regionalt-forum", "dansradet")
WAYS: tuple[Via, ...] = ("link", "link", "mail", "link", "page", "secretary", "link")


def tracked_from(now: datetime) -> date:
    """The day from which the demo has meetings."""
    return date(now.astimezone(ZONE).year - YEARS_BACK, 1, 1)


def made_on(session: Session) -> date | None:
    """The day the demo year was made, in Swedish time; None before it was."""
    at = session.scalar(select(func.min(HistoryEntry.at)).where(HistoryEntry.action == "person.create"))
    return at.astimezone(ZONE).date() if at is not None else None


def fill(session: Session, actor: Actor, now: datetime, *, site: Site) -> None:
    """Fills seats and offices with invented people and lays the meetings around ``now``."""
    draw = random.Random(SEED)  # noqa: S311 - invented names, no secrets
    people = _People(session, actor, now, draw)
    _seat_everybody(session, actor, now, people)
    forums = {forum.slug: forum for forum in session.scalars(select(Forum))}
    places = {place.slug: place for place in session.scalars(select(Place))}
    for plan in PLANS:
        forum = forums[plan.slug]
        edit_forum(session, actor, now, forum, code=plan.code, public_level=plan.public)
        _lay(session, actor, now, site, plan, forum, places, draw)


# ---------------------------------------------------------------- people


class _People:
    """Makes invented people, each name once."""

    def __init__(self, session: Session, actor: Actor, now: datetime, draw: random.Random) -> None:
        self.session, self.actor, self.now = session, actor, now
        self.names = self._all_names(draw)

    @staticmethod
    def _all_names(draw: random.Random) -> Iterator[tuple[str, str]]:
        names = [(given, first + second) for given in GIVEN for first in FIRST_HALF for second in SECOND_HALF]
        draw.shuffle(names)
        return iter(names)

    def one(self, organisation: Organisation | None) -> Person:
        given, family = next(self.names)
        address = f"{given}.{family}".casefold().translate(ASCII)
        return create_person(
            self.session,
            self.actor,
            self.now,
            given_name=given,
            family_name=family,
            emails=[f"{address}@example.org"],
            organisation_id=organisation.id if organisation else None,
            town=organisation.municipality if organisation else None,
            demo=True,
        )


def _seat_everybody(session: Session, actor: Actor, now: datetime, people: _People) -> None:
    """Holders for the offices, and one person for each organisation's seat; some seats stay vacant."""
    since = tracked_from(now)
    own_office = select(Office).where(Office.group.is_(False), Office.organisation_id.is_not(None))
    for office in session.scalars(own_office.order_by(Office.id)):
        person = people.one(office.organisation)
        begin_holding(session, actor, now, office, person_id=person.id, from_on=since)
    seats = session.scalars(
        select(Seat)
        .where(Seat.organisation_id.is_not(None), Seat.office_id.is_(None), Seat.kind.in_(("ordinary", "substitute")))
        .order_by(Seat.id)
    )
    for n, seat in enumerate(seats):
        if n % 9 == 4:  # noqa: PLR2004 - about every ninth seat is vacant
            continue
        chair = seat.kind == "ordinary" and n == 0
        person = people.one(seat.organisation)
        if seat.offer == "offered":
            answer_offer(session, actor, now, seat, accepted=True)
        appoint(
            session, actor, now, seat, person_id=person.id, from_on=max(since, seat.from_on or since),
            function="chair" if chair else "member",
        )  # fmt: skip


# ---------------------------------------------------------------- meetings


def _days(first: date, last: date, count: int, draw: random.Random) -> list[date]:
    """At most ``count`` working days spread evenly from ``first`` to ``last``, none in July; fewer in a short span."""
    length = (last - first).days
    days: list[date] = []
    for n in range(count):
        day = first + timedelta(days=int((n + 0.5) * length / count) + draw.randint(-8, 8))
        if day.month == 7:  # noqa: PLR2004 - hardly anybody meets in July
            day = date(day.year, 8, 24) + timedelta(days=draw.randint(0, 6))
        while not is_working_day(day) or day in days:
            day += timedelta(days=1)
        if first <= day <= last:
            days.append(day)
    return sorted(days)


def _year(year: int) -> tuple[date, date]:
    """The part of a year in which forums meet."""
    return date(year, 1, 12), date(year, 12, 18)


def _lay(
    session: Session,
    actor: Actor,
    now: datetime,
    site: Site,
    plan: Plan,
    forum: Forum,
    places: dict[str, Place],
    draw: random.Random,
) -> None:
    today = now.astimezone(ZONE).date()
    past: list[date] = []
    for year in range(today.year - YEARS_BACK, today.year):
        days = _days(*_year(year), plan.per_year, draw)
        past += days[:-1] if today.year - year <= plan.thin_years else days
    first, last = _year(today.year)
    elapsed = max(0.0, min(1.0, (today - first).days / (last - first).days))
    behind_us = min(plan.per_year - plan.ahead, int(plan.per_year * elapsed + 0.5))
    gone = _days(first, today - timedelta(days=5), behind_us, draw) if elapsed > 0 else []
    past += gone[: max(0, len(gone) - plan.skipped)]
    coming = _days(max(first, today + timedelta(days=5)), last, plan.per_year - behind_us, draw)
    coming += _days(*_year(today.year + 1), plan.per_year, draw)[:2]

    themes = {theme.slug: theme.id for theme in session.scalars(select(Theme))} if plan.themes else {}

    def book(day: date, state: str, *, quorum: bool | None = None, at: datetime = now) -> Meeting:
        theme = plan.themes[(day.toordinal() // 7) % len(plan.themes)] if plan.themes else None
        return book_meeting(
            session, actor, at, forums=[forum], on=day, start=plan.start, site=site, state=state, title=theme,
            theme_ids=[themes[ABOUT[theme]]] if theme in ABOUT else (),
            place_id=places[plan.place].id, mode=plan.mode, demo=True, check_conflicts=False, send=False,
            video_url="https://video.example.org/takt" if plan.mode != "on_site" else None, quorum=quorum,
        )  # fmt: skip

    first_of_year = next((day for day in past if day.year == today.year), None)
    odd = past[-1] if past and (plan.unrecorded or plan.cancelled) else None
    for day in past:
        if day != odd and plan.themes:
            before = datetime.combine(day, plan.start, ZONE) - timedelta(days=30)
            _hold_talk(session, actor, now, site, book(day, "confirmed", at=before), before)
        elif day == first_of_year and plan.slug in ANSWERED:
            before = datetime.combine(day, plan.start, ZONE) - timedelta(days=30)
            _hold_answered(session, actor, now, site, book(day, "confirmed", at=before), before)
        elif day != odd:
            book(day, "held", quorum=True)
    if odd is not None:
        _leave_odd(session, actor, site, plan, odd)
    for n, day in enumerate(coming[: plan.booked]):
        meeting = book(day, "confirmed")
        if n == 0 and plan.slug in CALLED and day - today < timedelta(days=30):
            call_meeting(session, actor, now, meeting, version=meeting.version, site=site, send=False)
        if n == 1 and plan.slug == "regionalt-forum":
            later = time(plan.start.hour + 1, plan.start.minute)
            move_meeting(
                session, actor, now, meeting, version=meeting.version, site=site, start=later, check_conflicts=False,
                send=False,
            )  # fmt: skip
    if plan.proposed and coming:
        book(coming[0], "proposed")
    if plan.themes and coming:
        guests = list(session.scalars(select(Person.id).where(Person.demo).order_by(Person.id).limit(60)))[::7]
        meeting = book(coming[-1], "confirmed")
        chosen = [InviteeChoice(person_id=person_id) for person_id in guests]
        set_invitees(session, actor, now, meeting, invitees=chosen, version=meeting.version, site=site)


def _hold_talk(session: Session, actor: Actor, now: datetime, site: Site, meeting: Meeting, before: datetime) -> None:
    """A past talk with guests of its own: others each time, so that some have waited long and some never came."""
    people = session.scalars(select(Person.id).where(Person.demo).order_by(Person.id)).all()
    first = meeting.local_on.toordinal() // 7
    guests = dict.fromkeys(people[(first * 5 + n * n) % len(people)] for n in range(GUESTS))
    chosen = [InviteeChoice(person_id=person_id) for person_id in guests]
    set_invitees(session, actor, before, meeting, invitees=chosen, version=meeting.version, site=site)
    record_held(session, actor, now, meeting, quorum=True, version=meeting.version, site=site)


def _hold_answered(
    session: Session, actor: Actor, now: datetime, site: Site, meeting: Meeting, before: datetime
) -> None:
    """A past meeting that was called: most answered before the last day, some after it, some never."""
    last = meeting.local_on - timedelta(days=7)
    call_meeting(
        session, actor, before, meeting, version=meeting.version, site=site, answer_by_on=last, send=False
    )  # fmt: skip
    called = [row for row in meeting.invitees if row.role != "substitute"]
    for n, row in enumerate(called):
        if n % 8 == 7:  # noqa: PLR2004 - every eighth never answered
            continue
        days = 25 if n % 6 == 5 else 2 + n % 15  # noqa: PLR2004 - every sixth too late
        answer = "no" if n % 9 == 4 else "yes"  # noqa: PLR2004 - some cannot come
        give_reply(
            session, actor, before + timedelta(days=days), row, answer=answer, via=WAYS[n % len(WAYS)]
        )  # fmt: skip
    record_held(session, actor, now, meeting, quorum=True, version=meeting.version, site=site)


def _leave_odd(session: Session, actor: Actor, site: Site, plan: Plan, day: date) -> None:
    """A past meeting that was cancelled, or whose outcome nobody entered: entered as it would have been then."""
    before = datetime.combine(day, plan.start, ZONE) - timedelta(days=30)
    place = session.scalars(select(Place).where(Place.slug == plan.place)).one()
    forum = session.scalars(select(Forum).where(Forum.slug == plan.slug)).one()
    meeting = book_meeting(
        session, actor, before, forums=[forum], on=day, start=plan.start, site=site, place_id=place.id, mode=plan.mode,
        demo=True, check_conflicts=False, send=False,
    )  # fmt: skip
    if plan.cancelled:
        cancel_meeting(
            session, actor, before, meeting, reason="Landshövdingen är på regeringsuppdrag.", version=meeting.version,
            site=site, send=False,
        )  # fmt: skip
