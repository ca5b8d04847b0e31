"""The pages of offices: who has one, who takes it over, and that everything which follows from it follows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from scheduler.accounts.models import User
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.forums.rotation import lead_of
from scheduler.forums.seat_models import Seat
from scheduler.forums.seats import seat_plan
from scheduler.history.models import HistoryEntry, ScopeVersion
from scheduler.meetings.invitees import invitees_of
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Office, OfficeHolding, Person
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import send, visit

TODAY = NOW.date()
FILLED = {"sv": "Landshövdingen", "en": "County governor"}


def office_of(house: House, **columns: object) -> str:
    """The address of a new office of the own organisation."""
    with house.changing() as session:
        own = house.world.organisations["own"].id
        row = Office(**{"slug": "lh", "sv": "Landshövdingen", "organisation_id": own, **columns})
        session.add(row)
        session.flush()
        return f"/offices/{row.id}"


def hold(house: House, path: str, who: str, from_on: date = date(2026, 1, 1), to_on: date | None = None) -> int:
    with house.changing() as session:
        row = OfficeHolding(
            office_id=int(path.rsplit("/", 1)[1]), person_id=house.world.people[who].id, from_on=from_on, to_on=to_on
        )
        session.add(row)
        session.flush()
        return row.id


def holdings(house: House, path: str) -> list[tuple[str, date, date | None]]:
    with house.looking() as session:
        query = select(OfficeHolding).where(OfficeHolding.office_id == int(path.rsplit("/", 1)[1]))
        rows = session.scalars(query.order_by(OfficeHolding.from_on))
        return [(row.person.name, row.from_on, row.to_on) for row in rows]


def stored(house: House) -> list[object]:
    with house.looking() as session:
        return [
            *session.execute(select(*Office.__table__.columns).order_by(Office.id)),
            *session.execute(select(*OfficeHolding.__table__.columns).order_by(OfficeHolding.id)),
            session.scalar(select(func.count()).select_from(Person)),
            session.scalar(select(func.count()).select_from(HistoryEntry)),
        ]


# ---------------------------------------------------------------- the list and the page


def test_list_says_who_has_each_and_is_narrowed_by_words(house):
    path = office_of(house, en="County governor")
    hold(house, path, "own")
    page = visit(house.visitor(), "/offices")
    assert "2 befattningar" in page.text
    assert "Landshövdingen Kommunen own Own Person" in page.text
    for words in ("landshovding", "GOVERNOR", "kommunen own"):
        assert path in visit(house.visitor(), f"/offices?q={words}").links
    nothing = visit(house.visitor(), "/offices?q=finns+inte")
    assert "Inga träffar" in nothing.text
    assert path not in nothing.links


def test_reader_sees_offices_and_is_offered_no_editing(house):
    path = office_of(house)
    page = visit(house.visitor("reader"), path)
    assert (page.status, page.heading) == (200, "Landshövdingen")
    assert [link for link in page.links if link.startswith(f"{path}/")] == []
    assert "/offices/new" not in visit(house.visitor("reader"), "/offices").links
    assert "/offices" in visit(house.visitor(), "/register").links


def test_page_says_who_has_it_had_it_and_is_to(house):
    path = office_of(house)
    hold(house, path, "foreign", date(2020, 1, 1), date(2025, 12, 31))
    hold(house, path, "own", date(2026, 1, 1), date(2026, 12, 31))
    hold(house, path, "foreign", date(2027, 1, 1))
    text = visit(house.visitor(), path).text
    assert "Own Person har befattningen i dag." in text
    assert text.index("Kommande") < text.index("från 1 januari 2027") < text.index("Tidigare")
    assert "1 januari 2020–31 december 2025" in text


def test_page_says_what_follows_from_it(house):
    path = office_of(house)
    with house.changing() as session:
        office_id = int(path.rsplit("/", 1)[1])
        session.add(Seat(forum_id=house.world.forums["own"].id, office_id=office_id, kind="observer"))
        session.get_one(Forum, house.world.forums["public"].id).lead_office_id = office_id
    text = visit(house.visitor(), path).text
    assert "Forumet public Leder forumet Forumet own Observatör" in text


def test_list_asks_the_database_alike_for_few_and_many_offices(house):
    counts = []
    for number in range(2):
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            house.visitor().get("/offices")
        counts.append(len(sent))
        for name in ("a", "b", "c"):
            hold(house, office_of(house, slug=f"{name}-{number}"), "own")
    assert counts[0] == counts[1]


def test_missing_office_and_holding_of_another_are_not_found(house):
    path, other = office_of(house), office_of(house, slug="annan")
    foreign = hold(house, other, "own")
    visitor = house.visitor()
    assert [visitor.get(p).status_code for p in ("/offices/999", f"{path}/holdings/{foreign}")] == [404, 404]
    assert visitor.post(f"{path}/holdings/{foreign}/remove", {}).status_code == 404
    assert len(holdings(house, other)) == 1


# ---------------------------------------------------------------- entering and editing


def test_office_is_entered(house_on_both):
    house = house_on_both
    page = send(house.visitor(), "/offices/new", "sv", **FILLED, group="y")
    assert (page.status, page.heading) == (200, "Landshövdingen")
    assert "Landshövdingen är sparad." in page.text
    assert "County governor" in page.text
    assert house.latest(1) == [("Own secretariat", "office.create", "Landshövdingen")]


@pytest.mark.parametrize("path", ["/offices/new", "edit"])
@pytest.mark.parametrize(
    ("field", "given", "words"),
    [("sv", "", "Ange befattningens namn"), ("sv", "x" * 201, "Högst 200 tecken"), ("organisation_id", "999", "Välj")],
)
def test_refused_at_the_field_and_nothing_stored(house, path, field, given, words):
    address = f"{office_of(house)}/edit" if path == "edit" else path
    before = stored(house)
    page = send(house.visitor(), address, "sv", **(FILLED | {field: given}))
    assert (page.status, list(page.errors)) == (422, [field])
    assert words in page.errors[field]
    assert page.form("sv").values["en"] == "County governor"
    assert stored(house) == before


def test_form_sent_untouched_changes_nothing(house):
    path = office_of(house, each_of="kommun")
    before = stored(house)
    assert send(house.visitor(), f"{path}/edit", "sv").status == 200
    assert stored(house) == before


def test_whose_office_it_is_changes_with_a_reason_once_it_filled_seats(house):
    path = office_of(house)
    foreign = str(house.world.organisations["foreign"].id)
    with house.changing() as session:
        session.add(Seat(forum_id=house.world.forums["own"].id, office_id=int(path.rsplit("/", 1)[1])))
    page = send(house.visitor(), f"{path}/edit", "sv", organisation_id=foreign)
    assert page.errors == {"reason": "Befattningen har fyllt platser dagar som har varit. Skriv varför"}
    assert page.form("sv").values["organisation_id"] == foreign
    assert send(house.visitor(), f"{path}/edit", "sv", organisation_id=foreign, reason="Fel från början").status == 200
    with house.looking() as session:
        entry = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
        assert (entry.action, entry.reason) == ("office.edit", "Fel från början")


def test_office_that_several_have_stays_a_group(house):
    path = office_of(house, group=True)
    hold(house, path, "own")
    hold(house, path, "foreign")
    page = send(house.visitor(), f"{path}/edit", "sv", group=[])
    assert (page.status, list(page.errors)) == (422, ["group"])


def test_somebody_else_saved_first(house):
    path = f"{office_of(house)}/edit"
    first, second = house.visitor(), house.visitor("administrator")
    opened = visit(first, path).form("sv").values
    assert send(second, path, "sv", en="Governor").status == 200
    response = first.post(path, {**opened, "sv": "Hövdingen"}, token=False)
    assert response.status_code == 409
    text = " ".join(response.get_data(as_text=True).split())
    assert "Administrator" in text
    assert "Governor" in text
    assert 'value="Hövdingen"' in text
    assert send(first, path, "sv", sv="Hövdingen").status == 200


# ---------------------------------------------------------------- a new governor


@pytest.fixture
def governed(house) -> str:
    """An office held by the own person that leads the own forum and has a seat there."""
    path = office_of(house)
    office_id = int(path.rsplit("/", 1)[1])
    hold(house, path, "own")
    with house.changing() as session:
        session.add(Seat(forum_id=house.world.forums["own"].id, office_id=office_id, position=9))
        session.get_one(Forum, house.world.forums["own"].id).lead_office_id = office_id
    return path


def version(house: House, scope: str, scope_id: int) -> int:
    with house.looking() as session:
        row = session.get(ScopeVersion, (scope, scope_id))
        return 0 if row is None else row.version


def test_new_governor_is_one_row_and_everything_follows(house, governed):
    own, foreign = (house.world.people[which].id for which in ("own", "foreign"))
    scopes = [("person", own), ("person", foreign), ("forum", house.world.forums["own"].id)]
    before = [version(house, *scope) for scope in scopes]
    tomorrow = TODAY + timedelta(days=1)
    page = send(
        house.visitor(), f"{governed}/holdings/new?q=Foreign&replace=1", "person_id", person_id=str(foreign),
        from_on=tomorrow.isoformat(),
    )  # fmt: skip
    assert "Foreign Person har befattningen från och med 23 november 2026." in page.text
    assert holdings(house, governed) == [
        ("Own Person", date(2026, 1, 1), TODAY), ("Foreign Person", tomorrow, None),
    ]  # fmt: skip
    with house.looking() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        assert [lead_of(session, forum, day).person_id for day in (TODAY, tomorrow)] == [own, foreign]
        plans = [seat_plan(session, [forum.id], day)[forum.id][-1].person_id for day in (TODAY, tomorrow)]
        assert plans == [own, foreign]
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        assert foreign in {row.person_id for row in invitees_of(session, [meeting])[meeting.id]}
    assert all(version(house, *scope) > old for scope, old in zip(scopes, before, strict=True))


def test_somebody_new_is_entered_with_the_office(house, governed):
    page = send(
        house.visitor(), f"{governed}/holdings/new?q=Lena+Strand&replace=1", "given_name",
        email="lena@lst.example",
    )  # fmt: skip
    assert "Lena Strand har befattningen från och med 22 november 2026." in page.text
    with house.looking() as session:
        person = session.scalars(select(Person).where(Person.given_name == "Lena")).one()
        assert (person.organisation_id, person.main_email.address) == (
            house.world.organisations["own"].id, "lena@lst.example",
        )  # fmt: skip
    assert [action for _who, action, _what in house.latest(3)] == ["person.create", "office.end", "office.begin"]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "person_id-0", "Välj en person"),
        ({"given_name": "Lena"}, "family_name", "Ange efternamnet"),
        ({"given_name": "L", "family_name": "S", "email": "ingen"}, "email", "ingen är ingen e-postadress"),
        ({"given_name": "L", "family_name": "S", "email": "own@register.example"}, "email", "finns redan"),
        ({"given_name": "L", "family_name": "S", "from_on": ""}, "from_on", "Ange första dagen"),
        ({"given_name": "L", "family_name": "S", "to_on": "2026-01-01"}, "to_on", "Sista dagen kan inte"),
        ({"given_name": "L", "family_name": "S"}, "from_on", "Own Person sitter där"),
    ],
)
def test_beginning_is_refused_at_the_field_and_nobody_is_entered(house, governed, given, field, words):
    before = stored(house)
    values = {"given_name": "", "family_name": ""} | given
    page = send(house.visitor(), f"{governed}/holdings/new?q=ingen+alls", "given_name", **values)
    assert page.status == 422
    assert words in page.text
    assert field.removesuffix("-0") in " ".join(page.errors) or field == "person_id-0"
    assert stored(house) == before


def test_office_that_is_one_in_each_asks_in_which(house):
    path = office_of(house, slug="chef", each_of="kommun", organisation_id=None)
    own = str(house.world.people["own"].id)
    page = send(house.visitor(), f"{path}/holdings/new?q=Own", "person_id", person_id=own)
    assert page.errors == {"organisation_id": "Välj i vilken organisation: befattningen finns i var och en"}
    given = {"person_id": own, "organisation_id": str(house.world.organisations["foreign"].id)}
    page = send(house.visitor(), f"{path}/holdings/new?q=Own", "person_id", **given)
    assert "Kommunen foreign" in page.text


# ---------------------------------------------------------------- ending and putting right


def test_holding_is_ended(house, governed):
    holding = visit(house.visitor(), governed)
    [path] = [link for link in holding.links if "/holdings/" in link and "new" not in link]
    page = send(house.visitor(), path, "end-on", **{"end-on": "2026-12-31"})
    assert "Own Person har befattningen till och med 31 december 2026." in page.text
    assert holdings(house, governed) == [("Own Person", date(2026, 1, 1), date(2026, 12, 31))]
    page = send(house.visitor(), path, "end-on", **{"end-on": "2025-12-31"})
    assert page.errors == {"end-on": "Sista dagen kan inte ligga före den första"}


def test_past_days_change_with_a_reason_alone(house, governed):
    [path] = [link for link in visit(house.visitor(), governed).links if "/holdings/" in link and "new" not in link]
    before = stored(house)
    page = send(house.visitor(), path, "reason", from_on="2026-03-01", reason="x" * 20_001)
    assert page.errors == {"reason": "Högst 20000 tecken"}
    page = send(house.visitor(), path, "reason", from_on="2026-03-01")
    assert page.errors == {"reason": "Ändringen gäller dagar som har varit. Skriv varför"}
    assert page.form("reason", "from_on").values["from_on"] == "2026-03-01"
    assert stored(house) == before
    page = send(house.visitor(), path, "reason", from_on="2026-03-01", reason="Tillträdde senare")
    assert "Uppgifterna är rättade." in page.text
    assert holdings(house, governed) == [("Own Person", date(2026, 3, 1), None)]


def test_what_was_entered_by_mistake_is_taken_away_with_a_reason(house, governed):
    [path] = [link for link in visit(house.visitor(), governed).links if "/holdings/" in link and "new" not in link]
    page = send(house.visitor(), path, "remove-reason")
    assert page.errors == {"remove-reason": "Ändringen gäller dagar som har varit. Skriv varför"}
    page = send(house.visitor(), path, "remove-reason", **{"remove-reason": "Fel person"})
    assert "Uppgifterna är borttagna." in page.text
    assert holdings(house, governed) == []
    assert house.latest(1) == [("Own secretariat", "office.remove", "Landshövdingen")]


def test_somebody_else_corrected_first(house, governed):
    [path] = [link for link in visit(house.visitor(), governed).links if "/holdings/" in link and "new" not in link]
    first = house.visitor()
    opened = visit(first, path).form("seen").values
    assert send(house.visitor("administrator"), path, "reason", to_on="2027-06-30").status == 200
    assert first.post(path, {**opened, "to_on": "2027-12-31"}, token=False).status_code == 409
    assert holdings(house, governed) == [("Own Person", date(2026, 1, 1), date(2027, 6, 30))]


# ---------------------------------------------------------------- in English, and who is protected


def test_pages_in_english(house, governed):
    with house.changing() as session:
        session.get_one(Office, int(governed.rsplit("/", 1)[1])).en = "County governor"
        session.get_one(User, house.world.users["own secretariat"].id).language = "en"
    visitor = house.visitor()
    page = visit(visitor, governed)
    assert page.heading == "County governor"
    for path in ("/offices", f"{governed}/edit", f"{governed}/holdings/new", "/offices/new"):
        page = visit(visitor, path)
        assert (page.status, "Befattning" in page.text) == (200, False)


def test_protected_holder_has_no_name(house, governed):
    with house.changing() as session:
        session.get_one(Person, house.world.people["own"].id).protected = True
    for path in ("/offices", governed, f"{governed}/holdings/new"):
        text = house.visitor().get(path).get_data(as_text=True)
        assert ("ledamot" in text, "Own Person" in text) == (True, False)


def test_organisation_page_leads_to_its_offices(house, governed):
    page = visit(house.visitor(), "/organisations/own-organisation")
    assert governed in page.links
    assert "Landshövdingen Own Person" in page.text
