"""What organisations report and confirm of their seats, as the secretariat then stores it (D10, M29)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduler.errors import Refused
from scheduler.forums.contact_points import contact_points
from scheduler.forums.models import Rotation, RotationEntry
from scheduler.forums.own_seats import offered_seats, reportable_seats
from scheduler.forums.representatives import (
    REPLACED,
    confirm_report,
    decline_report,
    likely_persons,
    report_representative,
    reports_of_organisation,
    settled_reports,
    waiting_reports,
)
from scheduler.forums.seat_checks import (
    checks_of_year,
    confirm_check,
    confirm_seats,
    last_confirmed,
    latest_checks,
    start_checks,
)
from scheduler.forums.seating import add_seats
from scheduler.forums.seats import seat_holders
from scheduler.organisations.offices import create_office
from scheduler.organisations.people import create_person
from tests.organisations.making import appointment, forum, kinds, organisation, person

TODAY = date(2026, 11, 22)
NEW_YEAR = date(2027, 1, 1)


@pytest.fixture(autouse=True)
def _kinds(session):
    kinds(session)


@pytest.fixture
def chamber(session):
    return organisation(session, "Handelskammaren")


@pytest.fixture
def council(session):
    return forum(session, "Rådet")


@pytest.fixture
def own(session, actor, now, council, chamber):
    [row] = add_seats(session, actor, now, council, organisation_id=chamber.id)
    return row


def report(session, actor, now, chamber, seat, **given):
    values = {"given_name": "Nils", "family_name": "Ny", "email": "nils@hk.example", "from_on": NEW_YEAR, **given}
    return report_representative(session, actor, now, chamber, seat_id=seat.id, **values)


def problems(refused):
    return [(problem.field, str(problem)) for problem in refused.value.problems]


def test_own_seats_today_and_later_are_reportable(session, actor, now, council, chamber, own):
    other = organisation(session, "Annan")
    office = create_office(session, actor, now, sv="Ordföranden", organisation_id=chamber.id)
    add_seats(session, actor, now, council, organisation_id=other.id)
    add_seats(session, actor, now, council, organisation_id=chamber.id, to_on=TODAY - timedelta(days=1))
    [offered] = add_seats(session, actor, now, council, organisation_id=chamber.id, offered=True)
    [later] = add_seats(session, actor, now, council, organisation_id=chamber.id, from_on=NEW_YEAR)
    [held] = add_seats(session, actor, now, council, office_id=office.id)
    assert [seat.id for seat in reportable_seats(session, chamber.id, TODAY)] == [own.id, later.id, held.id]
    assert [seat.id for seat in offered_seats(session, chamber.id, TODAY)] == [offered.id]


def test_report_changes_nothing_until_it_is_confirmed(session, actor, now, council, chamber, own):
    sitting = person(session, "Sven Sittande")
    appointment(session, own, sitting, TODAY - timedelta(days=100))
    row = report(session, actor, now, chamber, own)
    assert [seat.person_name for seat in seat_holders(session, [council.id], NEW_YEAR)[council.id]] == [sitting.name]
    made = confirm_report(session, actor, now, row)
    assert (made.from_on, made.person.name, made.person.organisation_id) == (NEW_YEAR, "Nils Ny", chamber.id)
    before, after = (
        seat_holders(session, [council.id], on)[council.id][0].person_name
        for on in (NEW_YEAR - timedelta(days=1), NEW_YEAR)
    )
    assert (before, after) == (sitting.name, "Nils Ny")
    assert (row.state, row.person, row.decided_by) == ("confirmed", made.person, actor.label)
    with pytest.raises(Refused) as refused:
        decline_report(session, actor, now, row, reason="Nej.")
    assert problems(refused) == [(None, "Anmälan är redan avgjord")]


def test_first_day_outside_the_seat_is_refused(session, actor, now, council, chamber):
    [later] = add_seats(
        session, actor, now, council, organisation_id=chamber.id, from_on=NEW_YEAR, to_on=date(2027, 12, 31)
    )
    for day in (TODAY, date(2028, 1, 1)):
        with pytest.raises(Refused) as refused:
            report(session, actor, now, chamber, later, from_on=day)
        assert [field for field, _ in problems(refused)] == ["from_on"]


def test_later_report_replaces_and_lists_say_so(session, actor, now, council, chamber, own):
    first, second = report(session, actor, now, chamber, own), report(session, actor, now, chamber, own)
    assert (first.state, first.reason) == ("declined", REPLACED)
    assert list(waiting_reports(session)) == [second]
    assert list(waiting_reports(session, forum_ids=[council.id])) == [second]
    assert list(waiting_reports(session, forum_ids=[])) == []
    assert list(settled_reports(session, limit=5)) == [first]
    assert set(reports_of_organisation(session, chamber.id, since=now)) == {first, second}
    assert list(reports_of_organisation(session, chamber.id, since=now + timedelta(days=1))) == [second]


def test_likely_persons_are_found_by_address_then_by_name(session, actor, now, chamber, own):
    namesake = create_person(session, actor, now, given_name="Nils", family_name="Ny", organisation_id=chamber.id)
    owner = create_person(session, actor, now, given_name="N", family_name="N", emails=["NILS@hk.example"])
    row = report(session, actor, now, chamber, own)
    assert likely_persons(session, row) == [owner, namesake]
    owner.protected = True
    assert likely_persons(session, row) == [namesake]


def test_contact_points_follow_the_turn_of_the_secretariat(session, council, chamber):
    keeper = organisation(session, "Regionen", contact_email="region@example.org", phone="0920-1")
    council.secretariat, council.secretariat_email = chamber, "radet@example.org"
    session.flush()
    [point] = contact_points(session, [council.id], TODAY)
    assert (point.name, point.email) == ("Handelskammaren", "radet@example.org")
    turn = Rotation(forum_id=council.id, task="secretariat", start_on=date(2026, 1, 1), every=1, unit="year")
    turn.entries.append(RotationEntry(position=0, organisation_id=keeper.id))
    session.add(turn)
    session.flush()
    [point] = contact_points(session, [council.id], TODAY)
    assert (point.name, point.email, point.phone, point.forums) == (
        "Regionen", "region@example.org", "0920-1", ("Rådet",),
    )  # fmt: skip


# ---------------------------------------------------------------- the yearly question


def test_each_organisation_is_asked_once_a_year(session, actor, now, council, chamber, own):
    other = organisation(session, "Annan")
    add_seats(session, actor, now, council, count=2, organisation_id=other.id)
    confirm_seats(session, actor, now, other, name="Eva", today=TODAY)
    ids = [chamber.id, other.id]
    [made] = start_checks(session, actor, now, organisation_ids=ids, answer_by_on=NEW_YEAR, today=TODAY)
    assert (made.organisation, made.answer_by_on) == (chamber, NEW_YEAR)
    with pytest.raises(Refused):
        start_checks(session, actor, now, organisation_ids=ids, answer_by_on=NEW_YEAR, today=TODAY)
    found = checks_of_year(session, [council.id], TODAY)
    assert [(row.organisation.name, row.seats, row.check.confirmed_by) for row in found] == [
        ("Annan", 2, "Eva"), ("Handelskammaren", 1, None),
    ]  # fmt: skip
    assert (
        len(start_checks(session, actor, now, organisation_ids=ids, answer_by_on=date(2027, 2, 1), today=NEW_YEAR)) == 2
    )


def test_confirmation_names_somebody(session, actor, now, chamber, own):
    [check] = start_checks(session, actor, now, organisation_ids=[chamber.id], answer_by_on=NEW_YEAR, today=TODAY)
    with pytest.raises(Refused) as refused:
        confirm_check(session, actor, now, check, name=" ")
    assert problems(refused) == [("name", "Skriv ditt namn")]
    assert last_confirmed(session, chamber.id) is None
    confirm_seats(session, actor, now, chamber, name="Elin", today=TODAY)
    assert latest_checks(session, [chamber.id])[chamber.id] is check
    assert last_confirmed(session, chamber.id) is check
