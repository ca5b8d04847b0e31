"""The pages that merge what was entered twice: finding it, comparing, doing it; and where the old address leads."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.accounts.models import User, UserRole
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.history.journal import LAST_CHANGE
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.meetings.models import Invitee, MeetingScope
from scheduler.merging.actions import merge
from scheduler.organisations.merging import Pair
from scheduler.organisations.models import Organisation, Person, PersonEmail
from scheduler.undo.actions import undo_change
from tests.conftest import NOW
from tests.meetings.county import assert_followed
from tests.web.reading import read, send, visit

TODAY = NOW.date()
SARA = Actor("Sara Niemi", user_id=None)


@pytest.fixture
def twice(house) -> tuple[int, int]:
    """The own person, and another row of the same one with a seat in the own forum."""
    with house.changing() as session:
        again = Person(given_name="Own", family_name="Persson", town="Luleå")
        again.emails.append(PersonEmail(address="again@register.example", main=True))
        session.add(again)
        session.flush()
        seat = Seat(forum_id=house.world.forums["own"].id, position=8)
        seat.appointments.append(Appointment(person_id=again.id, from_on=TODAY))
        session.add(seat)
        session.flush()
        return house.world.people["own"].id, again.id


@pytest.fixture
def organisation_twice(house) -> tuple[str, str]:
    with house.changing() as session:
        session.add(Organisation(slug="kommunen-own-2", name="Kommunen owm", kind_id="kommun", municipality="Luleå"))
    return "own-organisation", "kommunen-own-2"


def without_roles(house) -> None:
    """The contact's role would make the merging an administrator's."""
    with house.changing() as session:
        for role in session.scalars(select(UserRole).where(UserRole.role == "organisation_contact")):
            session.delete(role)


# ---------------------------------------------------------------- people


def test_duplicate_is_suggested_and_found_by_words(house, twice):
    kept, gone = twice
    assert f"/people/{kept}/merge" in visit(house.visitor(), f"/people/{kept}").links
    page = visit(house.visitor(), f"/people/{kept}/merge")
    assert f"/people/{kept}/merge?other={gone}" in page.links
    assert "Own Persson again@register.example" in page.text
    foreign = house.world.people["foreign"].id
    assert f"/people/{kept}/merge?other={foreign}" in visit(house.visitor(), f"/people/{kept}/merge?q=foreign").links
    assert "Inga träffar på ”ingen”." in visit(house.visitor(), f"/people/{kept}/merge?q=ingen").text


def test_two_are_compared_before_anything_changes(house, twice):
    kept, gone = twice
    before = house.changes()
    page = visit(house.visitor(), f"/people/{kept}/merge?other={gone}")
    assert page.heading == "Slå ihop Own Person och Own Persson"
    assert "Ort – Luleå" in page.text
    assert "Uppdrag på platser 1 1" in page.text
    form = page.form("keep")
    assert (form.values["keep"], form.options["keep"]) == (str(kept), [str(kept), str(gone)])
    assert house.changes() == before


def test_person_is_merged_and_the_old_address_leads_on(house_on_both):
    house = house_on_both
    with house.changing() as session:
        again = Person(given_name="Own", family_name="Persson")
        session.add(again)
        session.flush()
        gone = again.id
    kept = house.world.people["own"].id
    page = send(house.visitor(), f"/people/{kept}/merge?other={gone}", "keep", reason="Inlagd två gånger")
    assert (page.status, page.heading) == (200, "Own Person")
    assert "Own Persson är sammanslagen med Own Person." in page.text
    assert house.latest(2) == [
        ("Own secretariat", "person.merge", "Own Person"), ("Own secretariat", "person.merge", "Own Persson"),
    ]  # fmt: skip
    for path in ("", "/edit", "/merge"):
        response = house.visitor().get(f"/people/{gone}{path}")
        assert (response.status_code, response.headers["Location"]) == (303, f"/people/{kept}")
    assert house.visitor("anonymous").get(f"/people/{gone}").status_code == 404
    people = visit(house.visitor(), "/people")
    assert "Own Persson" not in people.text


def test_the_other_one_may_be_the_one_that_is_kept(house, twice):
    this, other = twice
    page = send(house.visitor(), f"/people/{this}/merge?other={other}", "keep", keep=str(other))
    assert page.heading == "Own Persson"
    assert house.visitor().get(f"/people/{this}").headers["Location"] == f"/people/{other}"


def test_one_with_an_account_is_an_administrators(house, twice):
    kept, _gone = twice
    chair = house.world.users["chair"].person_id
    path = f"/people/{kept}/merge?other={chair}"
    page = visit(house.visitor(), path)
    assert "Någon av dem har ett konto. Be administratören slå ihop dem." in page.text
    assert [form for form in page.forms if "keep" in form.options] == []
    response = house.visitor().post(f"/people/{kept}/merge", {"other": str(chair), "keep": str(kept)})
    assert response.status_code == 422
    assert "Någon av dem har ett konto" in read(response).text
    page = send(house.visitor("administrator"), path, "keep", keep=str(chair))
    assert page.heading == "Chair Person"


@pytest.mark.parametrize("other", ["999999", "x", "9" * 40, "itself"])
def test_nobody_to_merge_with(house, twice, other):
    kept, _gone = twice
    path = f"/people/{kept}/merge"
    given = str(kept) if other == "itself" else other
    before = house.changes()
    response = house.visitor().post(path, {"other": given, "keep": str(kept)})
    assert response.status_code == (422 if other == "itself" else 404)
    assert house.changes() == before


def test_another_secretariats_person_is_not_merged(house, twice):
    kept, _gone = twice
    foreign = house.world.people["foreign"].id
    assert house.visitor().get(f"/people/{kept}/merge?other={foreign}").status_code == 403


def test_member_does_not_look_through_the_register(house):
    own = house.world.users["member"].person_id
    response = house.visitor("member").get(f"/people/{own}/merge?q=foreign")
    assert response.status_code == 403
    assert "Foreign Person" not in response.get_data(as_text=True)


def test_merged_person_is_chosen_nowhere(house, twice):
    kept, gone = twice
    send(house.visitor(), f"/people/{kept}/merge?other={gone}", "keep")
    seat = house.world.seats["own"].id
    path = f"/forums/own-forum/seats/{seat}/appoint?q=own&replace=1"
    assert str(gone) not in visit(house.visitor(), path).form("person_id").options["person_id"]
    response = house.visitor().post(path, {"person_id": str(gone), "from_on": "2027-01-01", "function": "member"})
    assert response.status_code == 422
    assert str(gone) not in read(response).form("person_id").options["person_id"]


# ---------------------------------------------------------------- organisations


def test_organisation_is_merged_and_the_old_address_leads_on(house, organisation_twice):
    kept, gone = organisation_twice
    without_roles(house)
    assert f"/organisations/{kept}/merge" in visit(house.visitor(), f"/organisations/{kept}").links
    assert f"/organisations/{kept}/merge?other={gone}" in visit(house.visitor(), f"/organisations/{kept}/merge").links
    page = send(house.visitor(), f"/organisations/{kept}/merge?other={gone}", "keep")
    assert "Kommunen owm är sammanslagen med Kommunen own." in page.text
    assert "Även Kommunen owm" in page.text
    assert "Luleå" in page.text
    response = house.visitor().get(f"/organisations/{gone}/edit")
    assert (response.status_code, response.headers["Location"]) == (303, f"/organisations/{kept}")
    found = visit(house.visitor(), "/organisations?q=owm")
    assert (f"/organisations/{kept}" in found.links, f"/organisations/{gone}" in found.links) == (True, False)


def test_meetings_follow_a_secretariat_that_is_merged(house, organisation_twice):
    kept, gone = organisation_twice
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["public"].id)
        forum.secretariat_id = session.scalars(select(Organisation.id).where(Organisation.slug == gone)).one()
    send(house.visitor("administrator"), f"/organisations/{kept}/merge?other={gone}", "keep")
    with house.looking() as session:
        assert_followed(session)
        number = session.scalars(select(Organisation.id).where(Organisation.slug == kept)).one()
        of_kept = select(MeetingScope.meeting_id).where(
            MeetingScope.scope == "secretariat", MeetingScope.scope_id == number
        )
        assert session.scalars(of_kept).all()


def test_roles_of_an_organisation_are_an_administrators(house, organisation_twice):
    kept, gone = organisation_twice
    page = visit(house.visitor(), f"/organisations/{kept}/merge?other={gone}")
    assert "Konton har roller för någon av dem. Be administratören slå ihop dem." in page.text
    page = send(house.visitor("administrator"), f"/organisations/{kept}/merge?other={gone}", "keep", keep=gone)
    assert page.heading == "Kommunen owm"
    assert house.visitor("organisation contact").get(f"/organisations/{gone}").status_code == 200


def test_counts_of_the_menu_leave_out_what_was_merged(house, twice, organisation_twice):
    def counts() -> list[str]:
        words = visit(house.visitor("administrator"), "/people").text.split()
        return [words[words.index(name) + 1] for name in ("Organisationer", "Personer")]

    assert counts() == ["5", "6"]
    send(house.visitor("administrator"), f"/people/{twice[0]}/merge?other={twice[1]}", "keep")
    send(house.visitor("administrator"), f"/organisations/own-organisation/merge?other={organisation_twice[1]}", "keep")
    assert counts() == ["4", "5"]


def test_pages_in_english(house, twice, organisation_twice):
    without_roles(house)
    with house.changing() as session:
        session.get_one(User, house.world.users["own secretariat"].id).language = "en"
    paths = [f"/people/{twice[0]}/merge", f"/organisations/{organisation_twice[0]}/merge"]
    for path, other in zip(paths, (twice[1], organisation_twice[1]), strict=True):
        assert visit(house.visitor(), path).heading.startswith("Merge ")
        page = visit(house.visitor(), f"{path}?other={other}")
        assert ("Merge them" in page.text, "Slå ihop" in page.text) == (True, False)


# ---------------------------------------------------------------- taking it back


def test_merging_is_taken_back_as_one_change(house_on_both):
    house = house_on_both
    kept_id = house.world.people["own"].id
    with house.changing() as session:
        again = Person(given_name="Own", family_name="Persson", town="Luleå")
        again.emails.append(PersonEmail(address="again@register.example", main=True))
        session.add(again)
        session.flush()
        gone_id = again.id
        seat = Seat(forum_id=house.world.forums["own"].id, position=8)
        seat.appointments.append(Appointment(person_id=gone_id, from_on=TODAY))
        session.add(seat)
    with house.changing() as session:
        merge(session, SARA, NOW, pair=Pair("person", kept_id, gone_id), today=TODAY)
        session.commit()
        change = session.get_one(HistoryEntry, session.info[LAST_CHANGE])
        assert change.rows
        undo_change(session, SARA, NOW, change, time_zone="Europe/Stockholm", reason="Två personer")
        session.commit()
    with house.looking() as session:
        kept, gone = (session.get_one(Person, row_id) for row_id in (kept_id, gone_id))
        assert (kept.town, gone.merged_into_id) == (None, None)
        assert [(mail.address, mail.main) for mail in kept.emails] == [("own@register.example", True)]
        assert [(mail.address, mail.main) for mail in gone.emails] == [("again@register.example", True)]
        assert session.scalars(select(Appointment).where(Appointment.person_id == gone_id)).one()


def test_what_the_history_does_not_keep_makes_it_final(house, twice):
    with house.changing() as session:
        session.add(Invitee(meeting_id=house.world.meetings["own"].id, person_id=twice[1]))
    page = send(house.visitor(), f"/people/{twice[0]}/merge?other={twice[1]}", "keep")
    assert "är sammanslagen med" in page.text
    assert "Ångra" not in page.text
    with house.looking() as session:
        entry = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
        assert (entry.action, entry.rows) == ("person.merge", None)
