"""Closed and blocked days, entered and changed as a browser does; what they do to the last day of a summons."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.places.models import BlockedPeriod
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, send, visit

NEW = "/blocked/new"
#: The own meeting's day: thirty days from now.
MEETING_ON = date(2026, 12, 22)


def stored(house: House, name: str) -> BlockedPeriod | None:
    with house.looking() as session:
        return session.scalars(select(BlockedPeriod).where(BlockedPeriod.name == name)).one_or_none()


def entered(house: House, name: str = "Lov", **columns: object) -> int:
    values = {"kind": "break", "from_on": date(2026, 12, 1), "to_on": date(2026, 12, 4), **columns}
    with house.changing() as session:
        row = BlockedPeriod(name=name, **values)
        session.add(row)
        session.flush()
        return row.id


def add(house: House, **given: object) -> Page:
    return send(house.visitor(), NEW, **{"name": "Stängt kontor", "kind": "closed", "from_on": "2026-12-03", **given})


def test_year_is_listed_month_by_month(house):
    own = house.world.organisations["own"]
    entered(house, "Höstfest", from_on=date(2026, 9, 29), to_on=date(2026, 9, 29), organisation_id=own.id, hard=False)
    entered(house, "Jul", kind="closed", from_on=date(2026, 12, 28), to_on=date(2027, 1, 5), source="register")
    entered(house, "Borta", kind="away", person_id=house.world.people["own"].id)
    page = visit(house.visitor(), "/blocked?year=2026")
    assert page.heading == "Stängda och spärrade dagar 2026"
    assert "2 perioder är inlagda." in page.text
    assert "September 29 september Höstfest Skollov Kommunen own Varnar Inlagd för hand" in page.text
    assert "December 28 december–5 januari 2027 Jul Stängt Alla Hindrar Registret" in page.text
    assert "Borta" not in page.text
    assert "Januari 28 december–5 januari 2027 Jul" in visit(house.visitor(), "/blocked?year=2027").text


def test_almanac_stands_beside(house):
    page = visit(house.visitor(), "/blocked?year=2027")
    assert "25 juni: Midsommarafton Afton, ingen arbetsdag" in page.text
    assert "7 maj: Klämdag" in page.text
    assert "8–12 mars: Sportlov Skollov" in page.text


@pytest.mark.parametrize("year", ["2999", "snart", "-5"])
def test_year_out_of_reach_is_the_present_one(house, year):
    assert visit(house.visitor(), f"/blocked?year={year}").heading == "Stängda och spärrade dagar 2026"


def test_list_asks_the_database_alike_for_few_and_many_periods(house):
    counts = []
    for n in range(2):
        for k in range(1 + 2 * n):
            entered(house, f"Lov {n}{k}", organisation_id=house.world.organisations["own"].id)
            entered(house, f"Hus {n}{k}", place_id=house.world.shared["place_id"])
        with house.app.app_context(), count_queries(db.engine) as sent:
            house.visitor().get("/blocked?year=2026")
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_days_are_added_for_all(house):
    page = add(house, to_on="2026-12-04", note="Flytt")
    assert (page.heading, "Stängt kontor är sparad." in page.text) == ("Stängda och spärrade dagar 2026", True)
    row = stored(house, "Stängt kontor")
    assert (row.kind, row.from_on, row.to_on, row.hard) == ("closed", date(2026, 12, 3), date(2026, 12, 4), True)
    assert (row.organisation_id, row.place_id, row.from_at, row.source, row.note) == (
        None,
        None,
        None,
        "manual",
        "Flytt",
    )
    assert house.latest(1) == [("Own secretariat", "blocked.add", "Stängt kontor")]


def test_part_of_a_day_is_kept_in_the_zone_of_the_installation(house):
    add(house, from_at="8", to_at="12.30", scope="place", place_id=str(house.world.shared["place_id"]), hard="soft")
    row = stored(house, "Stängt kontor")
    assert row.from_at.astimezone(UTC) == datetime(2026, 12, 3, 7, 0, tzinfo=UTC)
    assert row.to_at.astimezone(UTC) == datetime(2026, 12, 3, 11, 30, tzinfo=UTC)
    assert (row.place_id, row.organisation_id, row.hard) == (house.world.shared["place_id"], None, False)
    assert "3 december, 08.00–12.30" in visit(house.visitor(), "/blocked").text
    form = visit(house.visitor(), f"/blocked/{row.id}").form("from_at", "name")
    assert (form.values["from_at"], form.values["to_at"], form.values["to_on"]) == ("08.00", "12.30", "")


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"name": "", "from_on": ""}, {"name": "Ange vad det är", "from_on": "Ange första dagen"}),
        ({"from_on": "snart"}, {"from_on": "Ange ett datum, till exempel 2026-09-29"}),
        ({"to_on": "2026-12-01"}, {"to_on": "Sista dagen kan inte ligga före den första"}),
        ({"from_at": "13", "to_at": "12"}, {"to_at": "Ange en sluttid efter starttiden"}),
        ({"from_at": "13"}, {"to_at": "Ange en sluttid efter starttiden"}),
        ({"to_at": "13"}, {"from_at": "Ange också när det börjar"}),
        ({"scope": "organisation"}, {"organisation_id": "Välj vilken organisation det gäller"}),
        ({"scope": "place"}, {"place_id": "Välj vilken plats det gäller"}),
    ],
)
def test_refused_days_keep_what_was_typed(house, given, errors):
    before = house.changes()
    page = add(house, note="Skrivet", **given)
    assert (page.status, page.errors) == (422, errors)
    assert page.form("note").values["note"] == "Skrivet"
    assert (stored(house, "Stängt kontor"), house.changes()) == (None, before)


def test_booked_meetings_on_the_days_are_told_and_stay(house):
    page = add(house, from_on=MEETING_ON.isoformat())
    assert page.heading == "Redigera Stängt kontor"
    assert "Stängt kontor är sparad. 2 möten är redan inlagda de dagarna." in page.text
    # The meeting of another secretariat's forum is none of ours to know, unless everybody may.
    assert [name for name in ("own", "foreign", "public") if f"Forumet {name} 10.00–12.00" in page.text] == [
        "own", "public",
    ]  # fmt: skip
    number = stored(house, "Stängt kontor").id
    assert "Forumet foreign 10.00–12.00" in visit(house.visitor("administrator"), f"/blocked/{number}").text


def test_days_of_a_place_concern_meetings_there_alone(house):
    page = add(house, from_on=MEETING_ON.isoformat(), scope="place", place_id=str(house.world.shared["place_id"]))
    assert page.heading == "Stängda och spärrade dagar 2026"


def test_closed_days_move_the_last_day_of_the_summons(house):
    with house.changing() as session:
        forum = session.get(Forum, house.world.forums["own"].id)
        for row in list(forum.cadences):
            session.delete(row)
        session.flush()
        session.add(CadenceVersion(forum_id=forum.id, position=0, kind="count", min=2, max=2, period="year"))
    before = visit(house.visitor(), "/forums/own-forum").text
    assert "kalla senast 9 december" in before.lower()
    add(house, from_on="2026-12-08", to_on="2026-12-09")
    assert "kalla senast 7 december" in visit(house.visitor(), "/forums/own-forum").text.lower()
    # What only warns, or is no closing, moves nothing.
    add(house, name="Fullmäktige", kind="council", from_on="2026-12-07")
    assert "kalla senast 7 december" in visit(house.visitor(), "/forums/own-forum").text.lower()


def test_days_are_edited(house):
    number = entered(house)
    page = send(house.visitor(), f"/blocked/{number}", name="Lovet", to_on="2026-12-05")
    assert page.heading == "Stängda och spärrade dagar 2026"
    assert stored(house, "Lovet").to_on == date(2026, 12, 5)
    assert house.latest(1) == [("Own secretariat", "blocked.edit", "Lovet")]


def test_who_saves_second_sees_what_was_saved(house):
    number = entered(house)
    visitor = house.visitor()
    opened = visit(visitor, f"/blocked/{number}").form("name")
    send(house.visitor("other secretariat"), f"/blocked/{number}", name="Annat lov")
    page = read(visitor.post(f"/blocked/{number}", {**opened.values, "note": "Min"}, token=False))
    assert page.status == 409
    assert "sparat är ”Annat lov”, du skrev ”Lov”" in page.text
    assert page.form("note").values["note"] == "Min"
    # Saving again is a choice made knowingly.
    again = visitor.post(f"/blocked/{number}", page.form("note").values, token=False)
    assert (again.status_code, stored(house, "Lov").note) == (303, "Min")


def test_days_are_removed(house):
    number = entered(house)
    visitor = house.visitor()
    assert visitor.post(f"/blocked/{number}/remove").headers["Location"] == "/blocked?year=2026"
    assert stored(house, "Lov") is None
    assert "Lov är borttagen." in visit(visitor, "/blocked").text


def test_absence_of_a_person_is_not_found(house):
    number = entered(house, "Sjuk", kind="away", person_id=house.world.people["own"].id)
    visitor = house.visitor()
    answers = [
        visitor.get(f"/blocked/{number}"),
        visitor.post(f"/blocked/{number}/remove"),
        visitor.get("/blocked/999999"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert stored(house, "Sjuk") is not None


def test_english_page(house):
    with house.changing() as session:
        session.get(type(house.world.users["own secretariat"]), house.world.users["own secretariat"].id).language = "en"
    page = visit(house.visitor(), "/blocked?year=2027")
    assert page.heading == "Closed and blocked days 2027"
    assert "25 June: Midsummer Eve Eve, no working day" in page.text
