"""The county's register as it is loaded: seats through nesting, turns that change at New Year, Swedish order."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.principals import principal_of
from scheduler.accounts.rules import may
from scheduler.accounts.users import add_user
from scheduler.forums.appointments import appoint, replace
from scheduler.forums.models import Forum, Rotation
from scheduler.forums.queries import forum_by_slug
from scheduler.forums.rotating import set_rotation
from scheduler.forums.rotation import lead_of, secretariat_of
from scheduler.forums.seat_models import Seat
from scheduler.forums.seats import seat_plan
from scheduler.history.queries import history_of
from scheduler.history.rules import Actor
from scheduler.meetings.actions import Site, book_meeting, call_meeting
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import invitees_of
from scheduler.organisations.models import Person
from scheduler.organisations.people import create_person
from scheduler.organisations.queries import organisation_by_slug, organisations_for_list
from scheduler.reports import register_file
from scheduler.settings import PACKAGE

REGISTER = PACKAGE / "demo" / "norrbotten.yaml"
SITE = Site("https://takt.example", "takt.example")
REGION, MUNICIPALITIES = "region-norrbotten", "norrbottens-kommuner"
APPOINTED_ON = date(2026, 1, 1)
#: The day Anna leaves and Disa comes.
CHANGED_ON = date(2027, 3, 1)
#: Fictional: who sits for whom in Tillväxtberedningen, the first of each organisation as its chair.
MEMBERS = [("Anna Alm", REGION, "chair"), ("Bo Björk", REGION, "member"), ("Cilla Ceder", MUNICIPALITIES, "chair")]
WITH_ANNA = ["Anna Alm", "Bo Björk", "Cilla Ceder"]
WITH_DISA = ["Bo Björk", "Cilla Ceder", "Disa Dun"]


class Growth:
    """The county with Tillväxtberedningen's first members, and the forum that all of it has seats in."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session, self.actor, self.now = session, actor, now
        register_file.load(session, Actor("takt load"), now, REGISTER.read_bytes(), file_name=REGISTER.name)
        self.forum = self._forum("regionalt-forum")
        self.committee = self._forum("tillvaxtberedningen")
        self.seats: dict[str, Seat] = {}
        free = {slug: self._seats(slug) for slug in (REGION, MUNICIPALITIES)}
        for name, slug, function in MEMBERS:
            seat = self.seats[name] = free[slug].pop(0)
            person = self.person(name)
            appoint(session, actor, now, seat, person_id=person.id, from_on=APPOINTED_ON, function=function)

    def _forum(self, slug: str) -> Forum:
        forum = forum_by_slug(self.session, slug)
        assert forum is not None
        return forum

    def _seats(self, slug: str) -> list[Seat]:
        query = select(Seat).where(
            Seat.forum_id == self.committee.id, Seat.organisation_id == self.organisation(slug), Seat.kind == "ordinary"
        )
        return list(self.session.scalars(query.order_by(Seat.position)))

    def organisation(self, slug: str) -> int:
        found = organisation_by_slug(self.session, slug)
        assert found is not None
        return found.id

    def person(self, name: str) -> Person:
        given, _, family = name.partition(" ")
        return create_person(self.session, self.actor, self.now, given_name=given, family_name=family)

    def meeting(self, on: date, *, state: str = "confirmed", called: bool = False) -> Meeting:
        meeting = book_meeting(
            self.session, self.actor, self.now, forums=[self.forum], on=on, start=time(10), state=state, site=SITE,
            check_conflicts=False,
        )  # fmt: skip
        if called:
            call_meeting(self.session, self.actor, self.now, meeting, version=meeting.version, site=SITE)
        return meeting

    def invited(self, meetings: list[Meeting]) -> list[list[str]]:
        """Who is invited to each of the meetings, by name."""
        found = invitees_of(self.session, meetings)
        return [sorted(row.shown for row in found[meeting.id]) for meeting in meetings]

    def take_turns(self) -> None:
        """Chair and secretariat in the register's own order, from New Year 2026."""
        for rotation in self.session.scalars(select(Rotation).where(Rotation.forum_id == self.committee.id)).all():
            entries = [("organisation", entry.organisation_id) for entry in rotation.entries]
            assert rotation.start_on is None  # the source does not say when it began
            set_rotation(
                self.session, self.actor, self.now, self.committee, task=rotation.task, entries=entries,
                start_on=APPOINTED_ON, every=rotation.every, phrase=rotation.phrase,
            )  # fmt: skip


@pytest.fixture
def growth(session, actor, now) -> Growth:
    return Growth(session, actor, now)


# ---------------------------------------------------------------- seats through nesting


def test_forum_has_the_committees_seats_and_those_offered(growth):
    plan = seat_plan(growth.session, [growth.forum.id], date(2027, 2, 11))[growth.forum.id]
    ordinary = [seat for seat in plan if seat.kind == "ordinary"]
    assert len(ordinary) == 24
    assert Counter((seat.via_forum_id, seat.offer) for seat in ordinary) == {
        (growth.committee.id, None): 13,
        (None, "offered"): 11,
    }
    through = Counter(seat.organisation_name for seat in ordinary if seat.via_forum_id is not None)
    assert through == {"Norrbottens Kommuner": 6, "Region Norrbotten": 7}


def test_replacement_reaches_coming_uncalled_meetings_of_the_forum_above(growth):
    held = growth.meeting(date(2026, 10, 15), state="held")
    day_before = growth.meeting(date(2027, 2, 28))
    same_day = growth.meeting(CHANGED_ON)
    called = growth.meeting(date(2027, 4, 15), called=True)
    uncalled = growth.meeting(date(2027, 5, 20))
    meetings = [held, day_before, same_day, called, uncalled]
    assert growth.invited(meetings) == [WITH_ANNA] * 5

    disa = growth.person("Disa Dun")
    seat = growth.seats["Anna Alm"]
    later = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    replace(growth.session, growth.actor, later, seat, person_id=disa.id, from_on=CHANGED_ON)
    assert growth.invited(meetings) == [WITH_ANNA, WITH_ANNA, WITH_DISA, WITH_ANNA, WITH_DISA]

    # It is kept with the committee, and with the forum above, which names the committee.
    for forum, via in ((growth.committee, None), (growth.forum, "Tillväxtberedningen")):
        came, left = history_of(growth.session, "forum", forum.id, limit=2)
        assert [(entry.at, entry.actor) for entry in (left, came)] == [(later, "Sara Niemi")] * 2
        assert (left.action, left.before["to_on"], left.after["to_on"]) == ("appointment.end", None, "2027-02-28")
        assert (came.action, came.before, came.after["from_on"]) == ("appointment.add", None, "2027-03-01")
        assert (left.after["person"], came.after["person"]) == ("Anna Alm", "Disa Dun")
        assert [entry.after["seat_id"] for entry in (left, came)] == [seat.id] * 2
        assert [entry.after.get("forum") for entry in (left, came)] == [via] * 2


# ---------------------------------------------------------------- turns


LAST_DAY, FIRST_DAY = date(2026, 12, 31), date(2027, 1, 1)


def test_chair_and_secretariat_move_at_new_year(growth):
    growth.take_turns()
    session, committee = growth.session, growth.committee
    region, municipalities = growth.organisation(REGION), growth.organisation(MUNICIPALITIES)
    leads = [lead_of(session, committee, day) for day in (LAST_DAY, FIRST_DAY)]
    assert [(lead.by, lead.organisation_id, lead.person_name) for lead in leads] == [
        ("rotation", region, "Anna Alm"),
        ("rotation", municipalities, "Cilla Ceder"),
    ]
    keepers = [secretariat_of(session, [committee], day) for day in (LAST_DAY, FIRST_DAY)]
    assert keepers == [{committee.id: region}, {committee.id: municipalities}]


@pytest.mark.parametrize(
    ("organisation", "on_last_day", "on_first_day"), [(REGION, True, False), (MUNICIPALITIES, False, True)]
)
def test_right_to_edit_moves_with_the_secretariat(growth, organisation, on_last_day, on_first_day):
    growth.take_turns()
    user = add_user(
        growth.session, growth.actor, growth.now, login="kansli@example.org", name="Kansliet", role="secretariat",
        organisation=organisation,
    )  # fmt: skip
    edits = [
        may(principal_of(growth.session, user, day), "forum.edit", forum_ids=[growth.committee.id])
        for day in (LAST_DAY, FIRST_DAY)
    ]
    assert edits == [on_last_day, on_first_day]


# ---------------------------------------------------------------- Swedish


def test_organisations_are_found_and_sorted_in_swedish_on_every_database(growth):
    names = [[row.name for row in organisations_for_list(growth.session, text=text)] for text in ("ajtte", "ÁJTTE")]
    assert names == [["Ájtte, Svenskt Fjäll- och Samemuseum"]] * 2
    everybody = [row.name for row in organisations_for_list(growth.session)]
    assert everybody[-3:] == ["Älvsbyns kommun", "Överkalix kommun", "Övertorneå kommun"]
    assert everybody[:2] == BEGINNING
    municipalities = organisations_for_list(growth.session, kind_id="kommun")
    assert [row.name for row in municipalities] == MUNICIPAL_ORDER


#: Written out, so that both databases are held to one and the same order.
BEGINNING = ["Ájtte, Svenskt Fjäll- och Samemuseum", "Arbetsförmedlingen Region Nord"]
MUNICIPAL_ORDER = [
    "Arjeplogs kommun", "Arvidsjaurs kommun", "Bodens kommun", "Gällivare kommun", "Haparanda stad",
    "Jokkmokks kommun", "Kalix kommun", "Kiruna kommun", "Luleå kommun", "Malå kommun", "Norsjö kommun",
    "Pajala kommun", "Piteå kommun", "Skellefteå kommun", "Sorsele kommun", "Umeå kommun", "Älvsbyns kommun",
    "Överkalix kommun", "Övertorneå kommun",
]  # fmt: skip
