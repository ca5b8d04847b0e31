"""From the register to a planning problem: what the format takes, what stands in it, and that it can be planned."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from scheduler.cadence.rules import CadenceVersion as Version
from scheduler.cadence.rules import Forum as Rules
from scheduler.cadence.rules import Kind, Period, Unit
from scheduler.drafts.problem import Times, problem_of, times_of
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import CadenceVersion, Forum, ForumLink
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.meetings.belonging import follow_all
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations.models import Organisation, Person
from scheduler.places.absences import KIND
from scheduler.places.models import BlockedPeriod, Place
from scheduler.planning.checker import check
from scheduler.planning.engine import plain_engine
from scheduler.planning.reading import read_instance
from scheduler.planning.solver import search

TODAY = date(2026, 11, 30)
ZONE = "Europe/Stockholm"


def rules(version: Version, **given: object) -> Rules:
    return Rules(versions=(version,), **given)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (Version(Kind.COUNT, min=4, max=5), Times(4, 4, 5, 365)),
        (Version(Kind.COUNT, min=4, max=6, target=5), Times(4, 5, 6, 365)),
        (Version(Kind.COUNT, min=1, max=1, period=Period.QUARTER), Times(4, 4, 4, 365)),
        # Without a maximum one more than the goal may be laid.
        (Version(Kind.COUNT, min=2, max=None), Times(2, 2, 3, 365)),
        (Version(Kind.INTERVAL, every=3, unit=Unit.MONTH), Times(4, 4, 5, 365)),
        (Version(Kind.INTERVAL, every=6, unit=Unit.WEEK), Times(9, 9, 10, 365)),
        # "At most two" asks for none.
        (Version(Kind.COUNT, min=0, max=2), None),
        (Version(), None),
    ],
)
def test_times_follow_the_cadence(version, expected):
    assert times_of(rules(version), 2027, TODAY) == expected


def test_times_are_prorated_and_none_for_a_forum_that_has_ended():
    version = Version(Kind.COUNT, min=4, max=4)
    half = times_of(rules(version, start=date(2027, 7, 1)), 2027, TODAY)
    # The most is rounded up, as the cadence has it.
    assert half == Times(2, 2, 3, 184)
    assert times_of(rules(version, end=date(2026, 12, 31)), 2027, TODAY) is None


@pytest.fixture
def county(session: Session) -> dict[str, int]:
    """A board with a chair, a member, a vacant seat and a substitute; its preparatory body; a forum without rule."""
    seed_kinds(session)
    lulea = Organisation(slug="lulea", name="Luleå kommun", kind_id="kommun", municipality="Luleå")
    pitea = Organisation(slug="pitea", name="Piteå kommun", kind_id="kommun", municipality="Piteå")
    house = Place(slug="huset", name="Huset", town="Luleå", capacity=12)
    session.add_all([lulea, pitea, house])
    session.flush()
    people = [
        Person(given_name=f"P{n}", family_name="Påhittad", organisation_id=at.id)
        for n, at in enumerate([lulea, pitea, lulea])
    ]
    board, before, free = (
        Forum(
            slug=name, name=name, kind_id="natverk", tracked_from_on=date(2020, 1, 1), duration=90,
            default_time=time(13), secretariat_id=lulea.id,
        )
        for name in ("styrelsen", "beredningen", "utan")
    )  # fmt: skip
    session.add_all([*people, board, before, free])
    session.flush()
    for forum in (board, before):
        forum.cadences.append(CadenceVersion(kind="count", min=4, max=4, target=4, period="year"))
    sitting = [
        ("ordinary", 0, "chair"),
        ("ordinary", 1, "member"),
        ("ordinary", None, None),
        ("substitute", 2, "member"),
    ]
    for position, (kind, person, function) in enumerate(sitting):
        seat = Seat(forum_id=board.id, kind=kind, position=position, organisation_id=lulea.id)
        if person is not None:
            seat.appointments.append(
                Appointment(person_id=people[person].id, from_on=date(2026, 1, 1), function=function or "member")
            )
        session.add(seat)
    session.add(ForumLink(before_id=before.id, after_id=board.id, min_days=7, max_days=28))
    session.flush()
    return {
        "board": board.id, "before": before.id, "free": free.id, "house": house.id,
        **{f"p{n}": person.id for n, person in enumerate(people)},
    }  # fmt: skip


def meet(session: Session, forum_id: int, start: datetime, state: str, place_id: int | None = None) -> Meeting:
    meeting = Meeting(
        uid=f"{forum_id}-{start:%Y%m%d%H%M}@takt.example.org", revised_at=start, start_at=start, state=state,
        end_at=start + timedelta(minutes=150), local_on=start.date(), place_id=place_id,
    )  # fmt: skip
    meeting.forum_rows.append(MeetingForum(forum_id=forum_id, position=0))
    session.add(meeting)
    session.flush()
    return meeting


def of(session: Session, year: int = 2027):
    return problem_of(session, year, TODAY, time_zone=ZONE)


def test_problem_holds_the_forums_that_must_meet_and_who_comes(session, county):
    found = of(session)
    board, before = sorted(found["forums"], key=lambda forum: forum["name"], reverse=True)
    assert [forum["name"] for forum in (board, before)] == ["styrelsen", "beredningen"]
    assert (board["min_meetings"], board["target_meetings"], board["max_meetings"]) == (4, 4, 4)
    assert (board["duration"], board["preferred_starts"], board["towns"]) == (90, [780], ["Luleå"])
    assert [(seat["role"], seat["required"], seat["holder"], seat["substitutes"]) for seat in board["seats"]] == [
        ("chair", True, f"p{county['p0']}", [f"p{county['p2']}"]),
        ("member", False, f"p{county['p1']}", [f"p{county['p2']}"]),
        ("member", False, None, [f"p{county['p2']}"]),
    ]
    assert found["links"] == [
        {"before": f"f{county['before']}", "after": f"f{county['board']}", "min_days": 7, "max_days": 28}
    ]
    assert {person["home"] for person in found["persons"]} == {"Luleå", "Piteå"}
    assert "Påhittad" not in str(found)  # people by number alone


@pytest.mark.parametrize(("town", "home"), [("Kiruna", "Kiruna"), ("Ingenstans", "Luleå"), (None, "Luleå")])
def test_people_travel_from_their_own_town_when_its_roads_are_known(session, county, town, home):
    person = session.scalars(select(Person).order_by(Person.id).limit(1)).one()
    person.town = town
    session.flush()
    found = problem_of(session, 2027, TODAY, time_zone=ZONE)
    assert next(one["home"] for one in found["persons"] if one["id"] == f"p{person.id}") == home


def test_days_off_are_closed_and_school_holidays_soft(session, county):
    session.add_all([
        BlockedPeriod(from_on=date(2027, 4, 12), to_on=date(2027, 4, 13), kind="closed", name="Flytt", hard=True),
        BlockedPeriod(from_on=date(2027, 5, 4), to_on=date(2027, 5, 4), kind="closed", name="Mässa", hard=False),
    ])  # fmt: skip
    session.flush()
    found = of(session)
    closed, soft = dict(found["closed"]), dict(found["soft_days"])
    assert closed["2027-04-12"] == closed["2027-04-13"] == "Flytt"
    assert closed["2027-01-01"] == "helgdag eller afton"
    assert closed["2027-07-14"] == "semester"
    assert closed["2027-05-08"] == "helg"
    assert soft["2027-05-04"] == "Mässa"
    assert soft["2027-03-10"] == "Sportlov"


def test_absences_make_busy_days_and_habits_preferences(session, county):
    session.add(
        BlockedPeriod(
            from_on=date(2026, 12, 20), to_on=date(2027, 1, 5), kind=KIND, name="Borta", hard=True,
            person_id=county["p1"],
        )
    )  # fmt: skip
    for day in (4, 11):  # two Wednesdays
        meet(session, county["board"], datetime(2026, 3, day, 8, 30, tzinfo=UTC), "held", county["house"])
    found = of(session)
    busy = {person["id"]: person["busy"] for person in found["persons"]}
    assert busy[f"p{county['p1']}"][0] == ["2027-01-01", 0, 1440]
    assert len(busy[f"p{county['p1']}"]) == 5
    board = next(forum for forum in found["forums"] if forum["id"] == f"f{county['board']}")
    assert (board["preferred_weekdays"], board["preferred_starts"], board["duration"]) == ([2], [570], 150)
    # It has not met since March, and need not catch up on that.
    assert board["last_previous"] == "2026-10-02"
    assert {room["id"] for room in found["rooms"]} == {
        f"r{county['house']}",
        *(f"r-f{county[name]}" for name in ("board", "before")),
    }


def test_what_is_booked_stands_and_what_is_proposed_is_the_previous_plan(session, county):
    meet(session, county["board"], datetime(2027, 2, 3, 9, tzinfo=UTC), "confirmed", county["house"])
    meet(session, county["board"], datetime(2027, 5, 5, 8, tzinfo=UTC), "proposed")
    meet(session, county["board"], datetime(2027, 6, 2, 8, tzinfo=UTC), "cancelled")
    found = of(session)
    name = f"f{county['board']}"
    assert found["locked"] == [
        {"forum": name, "index": 0, "date": "2027-02-03", "start": 600, "room": f"r{county['house']}"}
    ]
    assert found["previous_plan"] == [
        {"forum": name, "index": 1, "date": "2027-05-05", "start": 600, "room": f"r-{name}"}
    ]


def test_meetings_of_forums_outside_make_busy(session, county):
    session.add(
        Seat(forum_id=county["free"], appointments=[Appointment(person_id=county["p0"], from_on=date(2026, 1, 1))])
    )
    meet(session, county["free"], datetime(2027, 2, 3, 9, tzinfo=UTC), "confirmed")
    follow_all(session)
    found = of(session)
    busy = {person["id"]: person["busy"] for person in found["persons"]}
    assert busy[f"p{county['p0']}"] == [["2027-02-03", 600, 750]]


def test_problem_can_be_planned(session, county):
    """End to end without a web: the format reads it, the solver lays it, the checker finds nothing."""
    meet(session, county["board"], datetime(2027, 2, 3, 9, tzinfo=UTC), "confirmed", county["house"])
    instance = read_instance(of(session))
    outcome = search(instance, seed=1, iterations=20, engine=plain_engine())
    assert outcome.is_complete
    report = check(instance, outcome.plan)
    assert (report.is_feasible, len(outcome.plan.meetings)) == (True, 8)


def test_forum_without_seats_is_planned_too(session, county):
    """Nobody is known who must come: its dates are still laid, and the search comes to an end."""
    instance = read_instance(of(session))
    assert any(not forum.seats for forum in instance.forums)
    assert search(instance, iterations=5, engine=plain_engine()).is_complete


def test_reading_changes_nothing(session, county):
    said = []
    event.listen(
        session.connection(), "before_cursor_execute", lambda _c, _k, statement, *_rest: said.append(statement)
    )
    of(session)
    assert said
    assert {statement.split(maxsplit=1)[0] for statement in said} == {"SELECT"}
