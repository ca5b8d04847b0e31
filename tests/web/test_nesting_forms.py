"""A forum that has another's seats among its own, changed as a browser does."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.db import db
from scheduler.forums.models import Forum, ForumInclusion
from scheduler.forums.seat_models import Seat
from scheduler.forums.seats import seat_plan
from scheduler.history.models import ScopeVersion
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor

NESTING = "/forums/own-forum/nesting"
TODAY = NOW.date()


def post(visitor: Visitor, path: str, values: dict[str, object] | None = None) -> Page:
    response = visitor.post(path, values or {})
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def other(house: House, relation: str = "public") -> str:
    return str(house.world.forums[relation].id)


def included(house: House, **given: object) -> int:
    """The public forum's seats are seats of the own one; its id."""
    with house.changing() as session:
        values = {"from_on": date(2026, 1, 1), "seat_kinds": "ordinary", **given}
        row = ForumInclusion(
            forum_id=house.world.forums["own"].id, included_id=house.world.forums["public"].id, **values
        )
        session.add(row)
        session.flush()
        return row.id


def nested(house: House) -> list[tuple[date | None, date | None]]:
    """The days of the public forum's nestings in the own one but that of long ago."""
    with house.looking() as session:
        rows = session.query(ForumInclusion).filter_by(forum_id=house.world.forums["own"].id)
        return [(row.from_on, row.to_on) for row in rows if row.id != house.world.parts["own"]["inclusion_id"]]


def seats(house: House, day: date = TODAY) -> int:
    with house.looking() as session:
        forum_id = house.world.forums["own"].id
        return len(seat_plan(session, [forum_id], day)[forum_id])


def version(house: House, scope: str, scope_id: int) -> int:
    with house.looking() as session:
        row = session.get(ScopeVersion, (scope, scope_id))
        return 0 if row is None else row.version


def member(house: House) -> int:
    """Who sits in the public forum."""
    with house.looking() as session:
        return session.get(Seat, house.world.seats["public"].id).appointments[0].person_id


def test_forum_is_included_and_the_seats_are_counted(house_on_both):
    house = house_on_both
    who = member(house)
    before = version(house, "person", who)
    page = visit(house.visitor(), NESTING)
    assert (page.status, page.heading) == (200, "Ingående forum i Forumet own")
    assert "I dag har forumet 3 ordinarie platser." in page.text
    assert page.form("included_id").values["from_on"] == "2026-11-22"
    page = send(house.visitor(), NESTING, "included_id", included_id=other(house), from_on="2026-12-01", note="Beslut")
    assert (page.status, page.heading) == (200, "Ingående forum i Forumet own")
    assert "Forumet public ingår i Forumet own, som har 4 ordinarie platser den 1 december 2026." in page.text
    assert "Forumet public Beslut Ordinarie Från 1 december 2026 –" in page.text
    assert nested(house) == [(date(2026, 12, 1), None)]
    assert [seats(house, day) for day in (date(2026, 11, 30), date(2026, 12, 1))] == [3, 4]
    assert version(house, "person", who) == before + 1
    assert house.latest(1) == [("Own secretariat", "nesting.add", "Forumet own")]


def test_consequence_is_shown_and_nothing_saved(house):
    before = house.changes()
    page = send(house.visitor(), NESTING, "included_id", included_id=other(house), preview="1")
    assert page.status == 200
    assert (
        "Forumet har 4 ordinarie platser den 22 november 2026. Utan ändringen har det 3 ordinarie platser." in page.text
    )
    assert page.form("included_id").values["included_id"] == other(house)
    assert (nested(house), house.changes()) == ([], before)


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"included_id": ""}, {"included_id": "Välj ett forum"}),
        ({"included_id": "99999"}, {"included_id": "Välj ett av alternativen"}),
        ({"seat_kinds": []}, {"seat_kinds": "Välj något i listan"}),
        ({"from_on": "i vår"}, {"from_on": "Ange ett datum, till exempel 2026-09-29"}),
        (
            {"from_on": "2027-02-01", "to_on": "2027-01-01"},
            {"to_on": "Sista dagen kan inte ligga före den första"},
        ),
    ],
)
def test_nesting_that_cannot_be_is_refused_at_its_field(house, given, problems):
    before = house.changes()
    page = send(house.visitor(), NESTING, "included_id", **{"included_id": other(house), "note": "Skrivet", **given})
    assert (page.status, page.errors) == (422, problems)
    assert page.form("included_id").values["note"] == "Skrivet"
    assert (nested(house), house.changes()) == ([], before)


def test_ring_is_refused_by_name(house):
    with house.changing() as session:
        session.add(
            ForumInclusion(
                forum_id=house.world.forums["public"].id,
                included_id=house.world.forums["own"].id,
                seat_kinds="ordinary",
            )
        )
    page = send(house.visitor(), NESTING, "included_id", included_id=other(house))
    assert page.errors == {
        "included_id": "Forumet own skulle ingå i sig självt: Forumet own → Forumet public → Forumet own"
    }
    assert "Ingår i Forumet public Tills vidare" in visit(house.visitor(), NESTING).text


def test_forum_that_is_in_already_is_refused(house):
    included(house)
    page = send(house.visitor(), NESTING, "included_id", included_id=other(house))
    assert page.errors == {"included_id": "Forumet public ingår redan de dagarna"}


def test_foreign_forum_is_not_offered(house):
    options = visit(house.visitor(), NESTING).form("included_id").options["included_id"]
    assert (other(house) in options, other(house, "foreign") in options) == (True, False)


def test_nesting_ends_on_a_day(house_on_both):
    house = house_on_both
    inclusion_id, who = included(house), member(house)
    before = version(house, "person", who)
    page = send(house.visitor(), f"{NESTING}?inclusion={inclusion_id}", "end-on", **{"end-on": "2026-12-31"})
    assert "Forumet public ingår till och med 31 december 2026." in page.text
    assert nested(house) == [(date(2026, 1, 1), date(2026, 12, 31))]
    assert version(house, "person", who) == before + 1
    assert house.latest(1) == [("Own secretariat", "nesting.end", "Forumet own")]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"end-on": ""}, {"end-on": "Ange sista dagen"}),
        ({"end-on": "2025-12-31"}, {"end-on": "Sista dagen kan inte ligga före den första"}),
        ({"end-on": "2026-06-30"}, {"end-reason": "Ändringen gäller dagar som har varit. Skriv varför"}),
    ],
)
def test_end_that_cannot_be_is_refused_at_its_field(house, given, problems):
    inclusion_id, before = included(house), house.changes()
    page = send(house.visitor(), f"{NESTING}?inclusion={inclusion_id}", "end-on", **given)
    assert (page.status, page.errors) == (422, problems)
    assert (nested(house), house.changes()) == ([(date(2026, 1, 1), None)], before)


def test_nesting_entered_by_mistake_is_removed_and_people_lose_the_meetings(house_on_both):
    house = house_on_both
    inclusion_id, who = included(house, from_on=TODAY), member(house)
    before = version(house, "person", who)
    page = post(house.visitor(), f"{NESTING}/{inclusion_id}/remove")
    assert "Forumet public ingår inte längre." in page.text
    assert nested(house) == []
    assert version(house, "person", who) == before + 1
    assert house.latest(1) == [("Own secretariat", "nesting.remove", "Forumet own")]
    assert post(house.visitor(), f"{NESTING}/{inclusion_id}/remove").status == 404


@pytest.mark.parametrize("from_on", [None, date(2026, 11, 21)])
def test_nesting_that_has_held_is_ended_not_removed(house, from_on):
    inclusion_id, before = included(house, from_on=from_on), house.changes()
    page = visit(house.visitor(), f"{NESTING}?inclusion={inclusion_id}")
    assert f"{NESTING}/{inclusion_id}/remove" not in page.actions()
    page = post(house.visitor(), f"{NESTING}/{inclusion_id}/remove")
    assert page.status == 422
    assert "Forumet public har redan ingått. Avsluta det i stället" in page.text
    assert (nested(house), house.changes()) == ([(from_on, None)], before)


def test_nesting_of_another_forum_is_not_found(house):
    foreign = house.world.parts["foreign"]["inclusion_id"]
    assert [post(house.visitor(), f"{NESTING}/{foreign}/{step}").status for step in ("end", "remove")] == [404, 404]


def test_page_asks_the_database_alike_for_few_and_many(house):
    counts = []
    for n in range(2):
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            house.visitor().get(NESTING)
        counts.append(len(sent))
        for each in range(3):
            with house.changing() as session:
                row = Forum(
                    slug=f"f{n}{each}", name=f"Forum {n}{each}", kind_id="natverk", tracked_from_on=date(2026, 1, 1)
                )
                session.add(row)
                session.flush()
                session.add(ForumInclusion(forum_id=house.world.forums["own"].id, included_id=row.id))
    assert counts[0] == counts[1]


def test_page_in_english(house):
    with house.changing() as session:
        session.merge(house.world.users["own secretariat"]).language = "en"
    page = visit(house.visitor(), NESTING)
    assert page.heading == "Forums included in Forumet own"
    assert "ingår" not in page.text.replace("Forumet", "")
