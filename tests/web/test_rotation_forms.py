"""Chair and secretariat that move between organisations, changed as a browser does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.forums.models import Forum, Rotation, RotationEntry, Turn
from scheduler.forums.rotation import next_turns, rotations_of, secretariat_of
from scheduler.history.models import ScopeVersion
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Organisation, Person
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor
from tests.web.world import meeting

ROTATION = "/forums/own-forum/rotation"
KEEPING = f"{ROTATION}/secretariat"
TODAY = NOW.date()
YEAR = date(2026, 1, 1)


def post(visitor: Visitor, path: str, values: dict[str, object] | None = None) -> Page:
    response = visitor.post(path, values or {})
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def organisation(house: House, slug: str) -> int:
    with house.looking() as session:
        return session.scalars(select(Organisation.id).where(Organisation.slug == slug)).one()


def value(house: House, slug: str) -> str:
    return f"organisation-{organisation(house, slug)}"


OWN, OTHER = "own-secretariat", "other-secretariat"


def rotates(
    house: House, *slugs: str, task: str = "secretariat", unit: str = "year", start_on: date | None = YEAR
) -> int:
    """The own forum's task moves between the organisations; its id."""
    with house.changing() as session:
        entries = [RotationEntry(position=n, organisation_id=organisation(house, slug)) for n, slug in enumerate(slugs)]
        row = Rotation(forum_id=house.world.forums["own"].id, task=task, unit=unit, start_on=start_on, entries=entries)
        session.add(row)
        session.flush()
        return row.id


def keeper(house: House, day: date) -> str:
    """The slug of who keeps the own forum's secretariat."""
    with house.looking() as session:
        forum = session.get(Forum, house.world.forums["own"].id)
        found = session.get(Organisation, secretariat_of(session, [forum], day)[forum.id])
        return found.slug


def order(house: House, task: str = "secretariat") -> list[str]:
    with house.looking() as session:
        found = rotations_of(session, [house.world.forums["own"].id], task)
        return [
            turn.entry.organisation.slug if turn.entry.organisation else turn.entry.person.given_name
            for rotations in found.values()
            for turn in next_turns(rotations[0], TODAY)
        ]


def version(house: House, slug: str) -> int:
    with house.looking() as session:
        row = session.get(ScopeVersion, ("secretariat", organisation(house, slug)))
        return 0 if row is None else row.version


# ---------------------------------------------------------------- the order


def test_order_is_set_and_says_what_moves(house_on_both):
    house = house_on_both
    before = [version(house, slug) for slug in (OWN, OTHER)]
    page = visit(house.visitor(), ROTATION)
    assert (page.status, page.heading) == (200, "Rotation i Forumet own")
    assert "Roterar inte. Sekretariatet är Länsstyrelsen own." in page.text
    form = visit(house.visitor(), KEEPING).form("entries-0")
    assert (form.values["start_on"], form.values["unit"], form.values["every"]) == ("2027-01-01", "year", "1")
    given = {"entries-0": value(house, OWN), "entries-2": value(house, OTHER), "phrase": "Vartannat år var"}
    page = send(house.visitor(), KEEPING, "entries-0", **given)
    assert (page.status, page.heading) == (200, "Rotation i Forumet own")
    assert "Sekretariat: ordningen är sparad." in page.text
    assert "Byter varje år, i ordningen Länsstyrelsen own, Länsstyrelsen other. ”Vartannat år var”" in page.text
    assert "Till dess har det sekretariat som står i forumets inställningar hand om forumet." in page.text
    assert (
        "Sekretariat, rätt att redigera och svarsadress flyttar den 1 januari 2027 till Länsstyrelsen own." in page.text
    )
    assert [keeper(house, date(year, 1, 1)) for year in (2027, 2028, 2029)] == [OWN, OTHER, OWN]
    assert [version(house, slug) for slug in (OWN, OTHER)] == [number + 1 for number in before]
    assert house.latest(1) == [("Own secretariat", "rotation.set", "Forumet own")]


def test_consequence_is_shown_and_nothing_saved(house):
    before = house.changes()
    given = {"entries-0": value(house, OTHER), "entries-1": value(house, OWN), "start_on": "2026-01-01"}
    page = send(house.visitor(), KEEPING, "entries-0", preview="1", **given)
    assert page.status == 200
    assert "Länsstyrelsen other har sekretariatet nu." in page.text
    assert (
        "Sekretariat, rätt att redigera och svarsadress flyttar den 1 januari 2027 till Länsstyrelsen own." in page.text
    )
    assert "Du får inte längre redigera forumet när du har sparat." in page.text
    assert "Turer: Länsstyrelsen other (1 januari 2026–31 december 2026); Länsstyrelsen own" in page.text
    assert page.form("entries-0").values["entries-0"] == value(house, OTHER)
    assert (order(house), house.changes()) == ([], before)


def test_rows_are_moved_and_added_without_saving(house):
    first, second = value(house, OWN), value(house, OTHER)
    visitor, before = house.visitor(), house.changes()
    page = send(visitor, KEEPING, "entries-0", **{"entries-0": first, "entries-1": second, "down": "0", "every": "3"})
    form = page.form("entries-0")
    assert (page.status, form.values["every"]) == (200, "3")
    assert [form.values[f"entries-{n}"] for n in range(4)] == [second, first, "", ""]
    page = send(visitor, KEEPING, "entries-0", **{"entries-2": first, "up": "2"})
    assert [page.form("entries-0").values[f"entries-{n}"] for n in range(4)] == ["", first, "", ""]
    page = send(visitor, KEEPING, "entries-0", **{"entries-0": first, "more": "1"})
    assert sum(name.startswith("entries-") for name in page.form("entries-0").values) == 8
    for wrong in ({"up": "0"}, {"down": "99"}, {"up": "två"}):
        page = send(visitor, KEEPING, "entries-0", **{"entries-0": first, **wrong})
        assert (page.status, page.form("entries-0").values["entries-0"]) == (200, first)
    assert (order(house), house.changes()) == ([], before)


def test_persons_with_seats_may_take_turns_but_no_protected_one(house):
    with house.changing() as session:
        session.get(Person, house.world.people["own"].id).protected = True
        name = "Own"
    page = visit(house.visitor(), f"{ROTATION}/chair")
    offered = [option for option in page.form("entries-0").options["entries-0"] if option.startswith("person-")]
    assert len(offered) == 2
    assert f"person-{house.world.people['own'].id}" not in offered
    assert f"{name} Person" not in page.text
    send(house.visitor(), f"{ROTATION}/chair", "entries-0", **{"entries-0": offered[0], "start_on": "2026-01-01"})
    assert len(order(house, "chair")) == 4
    assert "leder forumet nu." in visit(house.visitor(), ROTATION).text


def test_protected_person_in_the_order_is_shown_as_member(house):
    with house.changing() as session:
        session.get(Person, house.world.people["own"].id).protected = True
        session.add(
            Rotation(
                forum_id=house.world.forums["own"].id, task="chair", start_on=YEAR,
                entries=[RotationEntry(position=0, person_id=house.world.people["own"].id)],
            )
        )  # fmt: skip
    for path in (ROTATION, f"{ROTATION}/chair", "/forums/own-forum"):
        text = house.visitor().get(path).get_data(as_text=True)
        assert ("ledamot" in text, "Own Person" in text) == (True, False), path


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"entries-0": ""}, {"entries": "Välj vilka som turas om, var och en en gång"}),
        ({"entries-1": "own"}, {"entries": "Välj vilka som turas om, var och en en gång"}),
        ({"entries-1": "organisation-99999"}, {"entries-1": "Välj ett av alternativen"}),
        ({"every": "0"}, {"every": "Ange ett heltal mellan 1 och 20"}),
        ({"every": "ett"}, {"every": "Ange ett heltal"}),
        ({"unit": "meeting", "every": "2"}, {"every": "En tur som följer mötena gäller ett möte"}),
        ({"start_on": ""}, {"start_on": "Ange från vilken dag ordningen gäller"}),
        ({"start_on": "nyår"}, {"start_on": "Ange ett datum, till exempel 2026-09-29"}),
    ],
)
def test_order_that_cannot_be_is_refused_at_its_field(house, given, problems):
    before = house.changes()
    first = value(house, OWN)
    given = {name: first if text == "own" else text for name, text in given.items()}
    page = send(house.visitor(), KEEPING, "entries-0", **{"entries-0": first, "phrase": "Skrivet", **given})
    assert (page.status, page.errors) == (422, problems)
    assert page.form("entries-0").values["phrase"] == "Skrivet"
    assert (order(house), house.changes()) == ([], before)


def test_order_that_has_begun_keeps_its_first_day(house):
    rotates(house, OWN, OTHER)
    page = send(house.visitor(), KEEPING, "entries-0", start_on="2027-01-01", unit="meeting")
    assert page.errors == {
        "start_on": "Ordningen gäller redan från och med 1 januari 2026",
        "unit": "Ordningen har börjat. Ta bort den och lägg in en ny",
    }


def test_somebody_else_saved_the_order_first(house):
    rotates(house, OWN, OTHER)
    mine, theirs = house.visitor(), house.visitor("administrator")
    form = visit(mine, KEEPING).form("entries-0")
    send(theirs, KEEPING, "entries-0", every="2")
    page = read(mine.post(KEEPING, {**form.values, "phrase": "Mitt"}, token=False))
    assert page.status == 409
    assert "Administrator ändrade forumet" in page.text
    assert "Antal år per tur: sparat är ”2”, du skrev ”1”" in page.text
    assert page.form("entries-0").values["phrase"] == "Mitt"
    assert mine.post(KEEPING, page.form("entries-0").values, token=False).status_code == 303
    assert house.latest(1) == [("Own secretariat", "rotation.set", "Forumet own")]


def test_order_clashes_with_a_turn_that_was_passed_meanwhile(house):
    rotates(house, OWN, OTHER)
    mine = house.visitor()
    form = visit(mine, KEEPING).form("entries-0")
    post(house.visitor("administrator"), f"{KEEPING}/skip", skipping(house, "2027-01-01"))
    assert read(mine.post(KEEPING, form.values, token=False)).status == 409


# ---------------------------------------------------------------- one turn


def turn_form(house: House, task: str, step: str, on: str) -> dict[str, object]:
    page = visit(house.visitor("administrator"), ROTATION)
    path = f"{ROTATION}/{task}/{step}"
    [form] = [form for form in page.forms if form.action == path and form.values["on"] == on]
    return dict(form.values)


def skipping(house: House, on: str) -> dict[str, object]:
    return {**turn_form(house, "secretariat", "skip", on), "csrf_token": ""}


def test_next_four_turns_are_shown_with_their_days(house):
    rotates(house, OWN, OTHER)
    text = visit(house.visitor(), ROTATION).text
    assert "Länsstyrelsen own Nu" in text
    for year in (2026, 2027, 2028, 2029):
        assert f"1 januari {year}–31 december {year}" in text
    assert "1 januari 2030" not in text
    assert "Länsstyrelsen own har sekretariatet nu." in text


def test_turn_is_skipped_and_both_calendars_follow(house_on_both):
    house = house_on_both
    rotates(house, OWN, OTHER)
    before = [version(house, slug) for slug in (OWN, OTHER)]
    page = post(house.visitor(), f"{KEEPING}/skip", skipping(house, "2027-01-01"))
    assert "Länsstyrelsen own har turen från och med 1 januari 2027." in page.text
    assert "Länsstyrelsen own Någon hoppades över" in page.text
    assert order(house) == [OWN, OWN, OTHER, OWN]
    assert [version(house, slug) for slug in (OWN, OTHER)] == [number + 1 for number in before]
    assert house.latest(1) == [("Own secretariat", "rotation.skipped", "Forumet own")]


def test_turn_that_is_on_passes_from_today_and_the_right_goes_with_it(house):
    rotates(house, OWN, OTHER)
    visitor = house.visitor()
    page = post(visitor, f"{KEEPING}/skip", skipping(house, TODAY.isoformat()))
    assert page.heading == "Forum och nätverk"
    assert "Länsstyrelsen other har turen från och med 22 november 2026." in page.text
    assert [keeper(house, day) for day in (TODAY - timedelta(days=1), TODAY)] == [OWN, OTHER]
    assert visit(visitor, ROTATION).status == 404
    assert visit(house.visitor("other secretariat"), ROTATION).status == 200


def test_two_change_places(house):
    rotates(house, OWN, OTHER, "own-organisation")
    form = turn_form(house, "secretariat", "swap", "2027-01-01")
    page = visit(house.visitor(), ROTATION)
    [shown] = [each for each in page.forms if each.action == f"{KEEPING}/swap" and each.values["on"] == "2027-01-01"]
    assert len(shown.options["entry_id"]) == 2
    with house.looking() as session:
        taker = session.scalars(
            select(RotationEntry.id).where(RotationEntry.organisation_id == organisation(house, "own-organisation"))
        ).one()
    page = post(house.visitor(), f"{KEEPING}/swap", {**form, "entry_id": str(taker), "csrf_token": ""})
    assert "Kommunen own har turen från och med 1 januari 2027." in page.text
    assert order(house) == [OWN, "own-organisation", OTHER, OWN]
    assert house.latest(1) == [("Own secretariat", "rotation.swapped", "Forumet own")]


def test_turn_that_has_begun_cannot_be_swapped(house):
    rotates(house, OWN, OTHER)
    page = visit(house.visitor(), ROTATION)
    swaps = [form.values["on"] for form in page.forms if form.action == f"{KEEPING}/swap"]
    assert swaps == ["2027-01-01", "2028-01-01", "2029-01-01"]
    form = turn_form(house, "secretariat", "skip", TODAY.isoformat())
    with house.looking() as session:
        taker = session.scalars(
            select(RotationEntry.id).where(RotationEntry.organisation_id == organisation(house, OTHER))
        ).one()
    page = post(house.visitor(), f"{KEEPING}/swap", {**form, "entry_id": str(taker), "csrf_token": ""})
    assert page.status == 422
    assert "Turen har börjat och kan inte bytas, bara gå vidare" in page.text


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"on": "2025-06-01"}, 422, "Ingen har turen den dagen"),
        ({"seen": "gammal"}, 409, "Ändringen sparades inte."),
        ({"seen": ""}, 409, "Ändringen sparades inte."),
    ],
)
def test_turn_that_cannot_pass_is_refused(house, given, status, said):
    rotates(house, OWN, OTHER)
    before = house.changes()
    page = post(house.visitor(), f"{KEEPING}/skip", {**skipping(house, "2027-01-01"), **given})
    assert page.status == status
    assert said in page.text
    assert (order(house), house.changes()) == ([OWN, OTHER, OWN, OTHER], before)


@pytest.mark.parametrize("on", ["", "nyår", "2027-13-01"])
def test_turn_of_no_day_is_refused(house, on):
    rotates(house, OWN, OTHER)
    page = post(house.visitor(), f"{KEEPING}/skip", {**skipping(house, "2027-01-01"), "on": on})
    assert page.status == 422
    assert order(house) == [OWN, OTHER, OWN, OTHER]


def test_one_alone_has_nobody_to_pass_to(house):
    rotates(house, OWN)
    assert not {f"{KEEPING}/skip", f"{KEEPING}/swap"} & visit(house.visitor(), ROTATION).actions()


# ---------------------------------------------------------------- by the meeting


def held_meeting(house: House, days_ago: int) -> int:
    with house.changing() as session:
        forum = session.get(Forum, house.world.forums["own"].id)
        return meeting(session, forum, NOW - timedelta(days=days_ago), state="held").id


def test_turn_by_the_meeting_is_handed_over_once(house_on_both):
    house = house_on_both
    rotates(house, "own-organisation", OWN, task="chair", unit="meeting")
    page = visit(house.visitor(), ROTATION)
    assert "Turen lämnas över efter ett möte som har hållits. Inget sådant finns i turen än." in page.text
    old, late = held_meeting(house, 40), held_meeting(house, 10)
    form = visit(house.visitor(), ROTATION).form("chair-meeting_id")
    assert form.options["chair-meeting_id"] == [str(late), str(old)]
    page = send(house.visitor(), ROTATION, "chair-meeting_id", **{"chair-meeting_id": str(late)})
    assert "Turen är överlämnad. Länsstyrelsen own står på tur." in page.text
    assert order(house, "chair")[:2] == [OWN, "own-organisation"]
    assert house.latest(1) == [("Own secretariat", "rotation.hand_over", "Forumet own")]
    with house.looking() as session:
        day = session.get(Meeting, late).local_on
        assert [(turn.from_on, turn.to_on) for turn in session.scalars(select(Turn))] == [(YEAR, day)]
    page = post(house.visitor(), f"{ROTATION}/chair/hand-over", {"chair-meeting_id": str(late)})
    assert page.status == 422
    assert "Välj ett möte som turen inte har lämnats över efter" in page.text


def test_meeting_of_another_forum_ends_no_turn(house):
    rotates(house, OWN, OTHER, unit="meeting")
    held_meeting(house, 10)
    foreign = house.world.meetings["foreign"].id
    page = post(house.visitor(), f"{KEEPING}/hand-over", {"secretariat-meeting_id": str(foreign)})
    said = "Välj ett möte som turen inte har lämnats över efter"
    assert (page.status, page.errors) == (422, {"secretariat-meeting_id": said})
    assert order(house)[0] == OWN


def test_turns_by_the_meeting_have_no_days_yet(house):
    rotates(house, OWN, OTHER, unit="meeting")
    text = visit(house.visitor(), ROTATION).text
    assert "Byter efter varje möte, i ordningen Länsstyrelsen own, Länsstyrelsen other." in text
    assert "Länsstyrelsen own Nu" in text
    assert "När turen före lämnas över" in text
    assert "flyttar till Länsstyrelsen other dagen efter nästa möte som hålls." in text


# ---------------------------------------------------------------- where answers go


def test_page_says_where_answers_go_in_each_turn(house):
    with house.changing() as session:
        forum = session.get(Forum, house.world.forums["own"].id)
        forum.secretariat_email = "kansli@own.example"
        session.get(Organisation, organisation(house, OTHER)).contact_email = "kansli@other.example"
    rotates(house, OWN, OTHER, "own-organisation")
    text = visit(house.visitor(), ROTATION).text
    assert "Länsstyrelsen own Nu Svar går till kansli@own.example" in text
    assert "Länsstyrelsen other Svar går till kansli@other.example" in text
    assert "Kommunen own Ingen egen brevlåda i registret. Svar går till kansli@own.example" in text


# ---------------------------------------------------------------- taking it away


def test_rotation_is_removed_after_a_question(house_on_both):
    house = house_on_both
    rotates(house, OTHER, OWN, start_on=date(2025, 1, 1))
    before = [version(house, slug) for slug in (OWN, OTHER)]
    page = post(house.visitor(), f"{KEEPING}/remove")
    assert page.heading == "Ta bort rotation"
    assert "Sekretariatet är Länsstyrelsen own, som får redigera forumet och dit svar går." in page.text
    assert order(house)
    page = post(house.visitor(), f"{KEEPING}/remove", {"confirmed": "1"})
    assert "Sekretariat: rotationen är borttagen." in page.text
    assert order(house) == []
    assert [version(house, slug) for slug in (OWN, OTHER)] == [number + 1 for number in before]
    assert house.latest(1) == [("Own secretariat", "rotation.remove", "Forumet own")]
    assert post(house.visitor(), f"{KEEPING}/remove").status == 404


def test_removal_that_takes_the_right_away_says_so(house):
    rotates(house, OWN, OTHER)
    with house.changing() as session:
        session.get(Forum, house.world.forums["own"].id).secretariat_id = organisation(house, OTHER)
    visitor = house.visitor()
    page = post(visitor, f"{KEEPING}/remove")
    assert "Du får inte längre redigera forumet när du har sparat." in page.text
    assert post(visitor, f"{KEEPING}/remove", {"confirmed": "1"}).heading == "Forum och nätverk"


@pytest.mark.parametrize("step", ["", "/skip", "/swap", "/remove", "/hand-over"])
def test_task_that_is_none_is_not_found(house, step):
    assert post(house.visitor(), f"{ROTATION}/kaffe{step}").status == 404
    if step:
        assert post(house.visitor(), f"{KEEPING}{step}").status == 404


def test_page_asks_the_database_alike_for_few_and_many(house):
    rotation_id = rotates(house, OWN, OTHER)
    counts = []
    for n, slug in enumerate(("own-organisation", "foreign-organisation"), 2):
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            house.visitor().get(ROTATION)
        counts.append(len(sent))
        with house.changing() as session:
            organisation_id = organisation(house, slug)
            session.add(RotationEntry(rotation_id=rotation_id, position=n, organisation_id=organisation_id))
    assert counts[0] == counts[1]


def test_forum_page_leads_to_the_pages_only_for_who_may_edit(house):
    rotates(house, OWN, OTHER)
    links = [f"/forums/own-forum/{page}" for page in ("nesting", "rotation", "relations")]
    assert set(links) <= set(visit(house.visitor(), "/forums/own-forum").links)
    assert not set(links) & set(visit(house.visitor("reader"), "/forums/own-forum").links)


def test_pages_in_english(house):
    rotates(house, OWN, OTHER)
    with house.changing() as session:
        session.merge(house.world.users["own secretariat"]).language = "en"
    page = visit(house.visitor(), ROTATION)
    assert page.heading == "Rotation of Forumet own"
    assert "Secretariat, right to edit and reply address move to Länsstyrelsen other on 1 January 2027." in page.text
    assert visit(house.visitor(), KEEPING).heading == "Order of the secretariat"
