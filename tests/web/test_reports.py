"""The reports: who opens which and sees whose numbers, what is said of a year, and the same numbers in every form."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import delete

from scheduler.db import db
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.meetings.models import Invitee, Meeting, Reply
from scheduler.organisations.models import Organisation, Person
from scheduler.records.models import Attendance
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.reading import visit
from tests.web.sheets import read_workbook
from tests.web.world import meeting, seat

YEAR = NOW.year
REPORTS = ("cadence", "attendance", "load", "mail")
OPEN = ("cadence", "attendance")


def held(session, house, relation: str = "own", *, days: int = 30, quorum: bool | None = True) -> Meeting:
    """A meeting of the relation's forum so many days ago."""
    row = meeting(session, session.get_one(Forum, house.world.forums[relation].id), NOW - timedelta(days=days))
    row.state, row.quorum = "held", quorum
    session.flush()
    return row


def required(session, house, relation: str = "own", count: int = 2) -> None:
    forum_id = house.world.forums[relation].id
    session.execute(delete(CadenceVersion).where(CadenceVersion.forum_id == forum_id))
    session.add(CadenceVersion(forum_id=forum_id, position=0, kind="count", min=count, period="year"))


def attended(session, house, row: Meeting, relation: str = "own") -> None:
    person = house.world.people["own" if relation == "own" else "foreign"]
    session.add(Attendance(meeting_id=row.id, person_id=person.id, status="present", marked_at=NOW))


@pytest.fixture
def told(house):
    """The house with something to count in every report, of the own forum and of the foreign one."""
    with house.changing() as session:
        for relation in ("own", "foreign"):
            required(session, house, relation)
            row = held(session, house, relation)
            attended(session, house, row, relation)
            row.called_at, row.answer_by_on = NOW - timedelta(days=60), (NOW - timedelta(days=40)).date()
            person = house.world.people[relation]
            invitee = Invitee(meeting_id=row.id, person_id=person.id, seat_id=house.world.seats[relation].id)
            session.add(invitee)
            session.flush()
            session.add(Reply(invitee_id=invitee.id, answer="yes", via="link", at=NOW - timedelta(days=50)))
    return house


class Tables(HTMLParser):
    """The tables of a page: id → rows of cells, as read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self.captions: dict[str, str] = {}
        self._table = ""
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._table = (dict(attrs).get("id") or "").removeprefix("t-")
            self.found[self._table] = []
        elif tag == "tr" and self._table:
            self.found[self._table].append([])
        elif tag in {"td", "th"} and self._table:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cell is not None:
            self.found[self._table][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "table":
            self._table = ""

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def tables(html: str) -> dict[str, list[list[str]]]:
    reader = Tables()
    reader.feed(html)
    return reader.found


def read_csv(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))


# ---------------------------------------------------------------- who opens what


@pytest.mark.parametrize(("role", "seen"), [
    ("administrator", REPORTS), ("own secretariat", REPORTS), ("reader", OPEN), ("chair", ()), ("member", ()),
    ("organisation contact", ()), ("anonymous", ()),
])  # fmt: skip
def test_reports_open_for_those_who_plan_and_the_open_ones_for_readers(house, role, seen):
    for name in REPORTS:
        for path in (f"/reports/{name}/{YEAR}", f"/reports/{name}/{YEAR}/table.xlsx"):
            status = house.visitor(role).get(path).status_code
            assert status == 200 if name in seen else status in {403, 404}
    answer = house.visitor(role).get("/reports")
    assert (answer.status_code == 200) == bool(seen)
    if seen:
        links = visit(house.visitor(role), "/reports").links
        assert {name for name in REPORTS if f"/reports/{name}/{YEAR}" in links} == set(seen)
        assert ("/health" in links) == ("mail" in seen)


def test_menu_leads_to_the_reports_and_health_lies_under_them(house):
    visitor = house.visitor()
    assert "/reports" in visit(visitor, "/forums").links
    for path in ("/reports", f"/reports/cadence/{YEAR}", "/health"):
        html = visitor.get(path).get_data(as_text=True)
        assert '<a href="/reports" aria-current="page">' in html, path
    assert 'href="/reports">Rapporter</a>' in visitor.get("/health").get_data(as_text=True)
    assert "/reports" not in visit(house.visitor("member"), "/forums").links


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("year", [1900, 2400, 99999])
def test_no_year_beyond_reach(house, name, year):
    assert house.visitor("administrator").get(f"/reports/{name}/{year}").status_code == 404


def test_report_without_a_year_leads_to_the_present_one(house):
    answer = house.visitor().get("/reports/cadence")
    assert (answer.status_code, answer.location) == (303, f"/reports/cadence/{YEAR}")


# ---------------------------------------------------------------- whose numbers


@pytest.mark.parametrize("name", ["attendance", "mail"])
@pytest.mark.parametrize(("role", "seen"), [
    ("own secretariat", {"own"}), ("other secretariat", {"foreign"}), ("administrator", {"own", "foreign"}),
])  # fmt: skip
def test_attendance_and_mail_are_of_the_forums_one_keeps(told, name, role, seen):
    html = told.visitor(role).get(f"/reports/{name}/{YEAR}").get_data(as_text=True)
    listed = {row[0] for row in tables(html)["forums"]}
    assert {relation for relation in ("own", "foreign") if f"Forumet {relation}" in listed} == seen
    body = told.visitor(role).get(f"/reports/{name}/{YEAR}/table.csv?table=forums").get_data()
    assert {relation for relation in ("own", "foreign") if f"Forumet {relation}".encode() in body} == seen


def test_cadence_counts_the_forums_one_sees_and_says_whose_they_are(told):
    own = visit(told.visitor(), f"/reports/cadence/{YEAR}")
    assert "Hittills har 0 av 1 forum med krav uppfyllt årets takt." in own.text
    assert "Räknat på de 2 forum du sköter eller deltar i." in own.text
    every = visit(told.visitor("administrator"), f"/reports/cadence/{YEAR}")
    assert "Hittills har 0 av 2 forum" in every.text
    assert "Räknat på" not in every.text


@pytest.mark.parametrize(("role", "seen"), [
    ("own secretariat", {"own"}), ("other secretariat", {"foreign"}), ("administrator", {"own", "foreign"}),
])  # fmt: skip
def test_load_lists_the_people_one_edits_and_leads_to_their_year(told, role, seen):
    page = visit(told.visitor(role), f"/reports/load/{YEAR}")
    for relation in ("own", "foreign"):
        path = f"/people/{told.world.people[relation].id}/load/{YEAR}"
        assert (path in page.links) == (relation in seen)
        if relation in seen:
            assert told.visitor(role).get(path).status_code == 200


def test_load_counts_as_the_year_of_the_person_does(told):
    """Of a meeting the reader may not see, no more than that page says of it."""
    with told.changing() as session:
        forum = session.get_one(Forum, told.world.forums["foreign"].id)
        organisation = session.get_one(Organisation, told.world.organisations["own"].id)
        person = session.get_one(Person, told.world.people["own"].id)
        seat(session, forum, organisation, person, function="chair")
    for role in ("own secretariat", "administrator"):
        html = told.visitor(role).get(f"/reports/load/{YEAR}").get_data(as_text=True)
        row = next(row for row in tables(html)["people"] if row[0].startswith("Own "))
        page = visit(told.visitor(role), f"/people/{told.world.people['own'].id}/load/{YEAR}")
        assert f"{row[2]} möten" in page.text
        assert row[4] == ("1" if role == "administrator" else "0")


def test_protected_person_has_no_name_in_any_form(told):
    with told.changing() as session:
        session.get_one(Person, told.world.people["own"].id).protected = True
    visitor = told.visitor()
    name = "Own Person"
    for path in ("", "/table.xlsx", "/table.csv?table=people"):
        body = visitor.get(f"/reports/load/{YEAR}{path}").get_data()
        said = str(read_workbook(body)) if path.endswith("xlsx") else body.decode("utf-8-sig")
        people = tables(said).get("people", said) if not path else said
        assert name not in str(people)
        assert "Ledamot" in str(people)
        assert "Chair Person" in str(people)


# ---------------------------------------------------------------- what is said


@pytest.mark.parametrize(("name", "said"), [
    ("cadence", "Inga uppgifter från 2021."), ("attendance", "Inga hållna möten 2021."),
    ("load", "Inga möten 2021 för någon som du sköter."), ("mail", "Inget är skickat 2021."),
])  # fmt: skip
def test_empty_year_says_so_and_draws_nothing(house, name, said):
    page = visit(house.visitor(), f"/reports/{name}/2021")
    html = house.visitor().get(f"/reports/{name}/2021").get_data(as_text=True)
    assert said in page.text
    assert "Hämta Excel" not in page.text
    assert tables(html) == {}
    assert 'class="share"' not in html
    assert 'class="perday"' not in html
    assert read_csv(house.visitor().get(f"/reports/{name}/2021/table.csv").get_data())[1:] == [[said]]
    assert said in str(read_workbook(house.visitor().get(f"/reports/{name}/2021/table.xlsx").get_data()))


def test_meeting_without_noted_attendance_is_said_and_not_counted_as_empty(told):
    with told.changing() as session:
        held(session, told, days=60)
    page = visit(told.visitor(), f"/reports/attendance/{YEAR}")
    assert "33 % av platserna var besatta på det möte där närvaron är noterad." in page.text
    assert "1 hållet möte saknar närvaro och räknas inte in." in page.text
    assert "2 platser saknar markering" in page.text


def test_forum_that_is_late_is_told_with_why(told):
    with told.changing() as session:
        required(session, told, "own", 9)
        for days, reason in ((90, None), (80, "För få anmälda.")):
            row = held(session, told, days=days)
            row.state, row.cancel_reason = "cancelled", reason
    page = visit(told.visitor("administrator"), f"/reports/cadence/{YEAR}")
    day = (NOW - timedelta(days=80)).date()
    assert f"2 möten ställdes in, det senaste {day.day} september" in page.text
    with told.changing() as session:
        for row in session.query(Meeting).filter(Meeting.state == "cancelled", Meeting.cancel_reason.is_(None)):
            row.state = "proposed"
    page = visit(told.visitor("administrator"), f"/reports/cadence/{YEAR}")
    assert f"Mötet {day.day} september ställdes in: För få anmälda" in page.text


def test_reason_of_a_forum_one_does_not_take_part_in_stays_inside(told):
    with told.changing() as session:
        required(session, told, "public", 9)
        row = held(session, told, "public", days=80)
        row.state, row.cancel_reason = "cancelled", "Hemligt skäl"
    own = visit(told.visitor(), f"/reports/cadence/{YEAR}")
    assert "Forumet public" in own.text
    assert "Hemligt skäl" not in own.text
    assert "Hemligt skäl" in visit(told.visitor("administrator"), f"/reports/cadence/{YEAR}").text


def test_kind_or_secretariat_narrows_the_page_and_its_files(told):
    with told.changing() as session:
        session.get_one(Forum, told.world.forums["foreign"].id).kind_id = "rad"
    visitor = told.visitor("administrator")
    page = visit(visitor, f"/reports/cadence/{YEAR}?group=kind-rad")
    assert "Forumet own" not in page.text
    assert "Forumet foreign" in page.text
    sheet = f"/reports/cadence/{YEAR}/table.xlsx?group=kind-rad"
    assert sheet in page.links
    assert "Forumet own" not in str(read_workbook(visitor.get(sheet).get_data()))


# ---------------------------------------------------------------- the same in every form


@pytest.mark.parametrize("name", REPORTS)
def test_page_csv_and_workbook_have_the_same_rows_and_sums(told, name):
    visitor = told.visitor("administrator")
    html = visitor.get(f"/reports/{name}/{YEAR}").get_data(as_text=True)
    sheets = read_workbook(visitor.get(f"/reports/{name}/{YEAR}/table.xlsx").get_data())
    shown = tables(html)
    files = {key: read_csv(visitor.get(f"/reports/{name}/{YEAR}/table.csv?table={key}").get_data()) for key in shown}
    assert len(sheets) == len(shown)
    assert sorted(map(str, files.values())) == sorted(str(sheet.rows[3:]) for sheet in sheets)
    for key, rows in shown.items():
        assert [row[0] for row in rows] == [row[0] for row in files[key]]
        for row, plain in zip(rows[1:], files[key][1:], strict=True):
            numbers = [cell for cell in row if cell.isdecimal()]
            assert [cell for cell in numbers if cell not in plain] == []
    assert visitor.get(f"/reports/{name}/{YEAR}/table.csv?table=nothing").status_code == 404
    assert all(sheet.formulas == [] for sheet in sheets)


@pytest.mark.parametrize(("name", "key"), [("attendance", "forums"), ("mail", "forums"), ("cadence", "kinds")])
def test_sums_are_those_of_the_rows(told, name, key):
    body = told.visitor("administrator").get(f"/reports/{name}/{YEAR}/table.csv?table={key}").get_data()
    _head, *rows, total = read_csv(body)
    assert total[0] == "Alla"
    for place, head in enumerate(_head):
        if place and "procent" not in head and "Förändring" not in head:
            assert sum(int(row[place] or 0) for row in rows) == int(total[place] or 0), head


def test_name_that_looks_like_a_formula_is_none_in_any_file(told):
    with told.changing() as session:
        session.get_one(Forum, told.world.forums["own"].id).name = "=HYPERLINK(A1)"
    visitor = told.visitor("administrator")
    for name in ("cadence", "attendance", "mail"):
        rows = read_csv(visitor.get(f"/reports/{name}/{YEAR}/table.csv?table=forums").get_data())
        assert any(row[0] == "'=HYPERLINK(A1)" for row in rows)
        sheets = read_workbook(visitor.get(f"/reports/{name}/{YEAR}/table.xlsx").get_data())
        assert all(sheet.formulas == [] for sheet in sheets)


def test_english_page_says_it_in_english(told):
    visitor = told.visitor("administrator")
    html = visitor.get(f"/reports/attendance/{YEAR}?language=en").get_data(as_text=True)
    if 'lang="en"' not in html[:200]:
        visitor.post("/language", {"language": "en", "next": "/"})
        html = visitor.get(f"/reports/attendance/{YEAR}").get_data(as_text=True)
    assert "50% of the seats were filled at the 2 meetings whose attendance is noted." in html
    assert '<span lang="sv">Forumet own</span>' in html
    body = visitor.get(f"/reports/attendance/{YEAR}/table.csv").get_data()
    assert read_csv(body)[0][0:4] == ["Forum", "Meetings held", "Meetings with attendance noted", "Filled, percent"]


# ---------------------------------------------------------------- queries


@pytest.mark.parametrize("name", REPORTS)
def test_report_asks_as_much_however_many_forums_there_are(told, name):
    visitor = told.visitor("administrator")
    path = f"/reports/{name}/{YEAR}"

    def asked() -> int:
        visitor.get(path)
        with told.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get(path).status_code == 200
        return len(sent)

    few = asked()
    with told.changing() as session:
        organisation = session.get_one(Organisation, told.world.organisations["own"].id)
        for n in range(6):
            forum = Forum(
                slug=f"more-{n}", name=f"Fler {n}", kind_id="natverk", public_level="none",
                tracked_from_on=NOW.date().replace(month=1, day=1),
                secretariat_id=told.world.forums["own"].secretariat_id,
            )  # fmt: skip
            session.add(forum)
            session.flush()
            session.add(CadenceVersion(forum_id=forum.id, position=0, kind="count", min=2, period="year"))
            person = Person(given_name="Flera", family_name=f"Personer{n}", organisation_id=organisation.id)
            session.add(person)
            session.flush()
            seat(session, forum, organisation, person)
            row = meeting(session, forum, NOW - timedelta(days=20 + n))
            row.state = "held"
            session.add(Attendance(meeting_id=row.id, person_id=person.id, status="present", marked_at=NOW))
    assert asked() == few
