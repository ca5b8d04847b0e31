"""One's own calendars on their page: added by address and by file, read again, taken away; what is told of them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.limits import CALENDARS_READ
from scheduler.accounts.models import User
from scheduler.accounts.users import set_active
from scheduler.db import begin_write, db
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.ical.busy import Reason as NoCalendar
from scheduler.outbound import Reason
from scheduler.places.busy_models import BusySource, BusyTime
from scheduler.web.busy import SENTENCES
from tests.conftest import NOW
from tests.https_server import HttpsServer, reply
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.world import build

URL = "https://kalender.example.com/private-7f3a9c/basic.ics"
SECRET = "7f3a9c"


def calendar(*days: int) -> bytes:
    """A calendar with an hour at nine on these days of December, by the clock of Stockholm."""
    events = "".join(
        f"BEGIN:VEVENT\nDTSTART:202612{day:02}T080000Z\nDURATION:PT1H\nSUMMARY:Hemligt\nEND:VEVENT\n" for day in days
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n".encode()


@pytest.fixture
def server() -> Iterator[HttpsServer]:
    with HttpsServer(lambda _asked: reply(calendar(7, 8))) as server:
        yield server


@pytest.fixture
def house(make_app, sqlite_url, built_world, tmp_path, server) -> House:
    """The small world before an internet of one server, on SQLite."""
    path, world = built_world
    shutil.copy(path, tmp_path / "takt.sqlite3")
    return House(make_app(sqlite_url, network=server.network), world)


@pytest.fixture
def house_on_both(make_app, database_url, server) -> House:
    """The same on both databases."""
    app = make_app(database_url, network=server.network)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        world = build(session, NOW)
        session.commit()
    return House(app, world)


def add(house: House, role: str = "member", **given: object) -> Page:
    return send(house.visitor(role), "/me/busy", "url", **{"name": "Outlook på jobbet", "url": URL, **given})


def upload(house: House, content: bytes, filename: str = "kalender.ics", name: str = "Fil") -> Page:
    visitor = house.visitor("member")
    file = (BytesIO(content), filename) if filename else ""
    response = visitor.post("/me/busy/file", {"file_name": name, "file": file}, content_type="multipart/form-data")
    response.request.environ["wsgi.input"].close()  # a temporary file of the test's own client, where it is large
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def press(house: House, page: Page, what: str, role: str = "member") -> Page:
    """Presses the first button of the page that posts to an address with that end."""
    visitor = house.visitor(role)
    visitor.get("/me/busy")
    target = next(form.action for form in page.forms if form.action.endswith(what))
    response = visitor.post(target)
    assert response.status_code == 303
    return visit(visitor, response.headers["Location"])


def stored(house: House) -> list[tuple[str, str, str | None, int]]:
    """Whose, what it is called, its address and how many times, of those added in the test."""
    with house.looking() as session:
        rows = session.scalars(select(BusySource).where(BusySource.created_at >= NOW).order_by(BusySource.id)).all()
        times = session.scalars(select(BusyTime.source_id)).all()
        return [(row.kind, row.name, row.url, times.count(row.id)) for row in rows]


# ---------------------------------------------------------------- who may


def test_visitor_and_user_who_is_no_person_have_no_calendars(house):
    for path in ("/me/busy/address", "/me/busy/file", "/me/busy/1/refresh", "/me/busy/1/remove"):
        for role in ("anonymous", "own secretariat", "administrator"):
            assert house.visitor(role).post(path).status_code == 404
    assert house.visitor("anonymous").get("/me/busy").status_code == 404
    assert house.visitor("own secretariat").get("/me/busy").headers["Location"] == "/me"


def test_calendar_of_somebody_else_does_not_exist(house):
    add(house)
    with house.looking() as session:
        number = session.scalars(select(BusySource.id).where(BusySource.url == URL)).one()
    for what in ("refresh", "remove"):
        for role in ("chair", "own secretariat", "administrator"):
            assert house.visitor(role).post(f"/me/busy/{number}/{what}").status_code == 404
    assert stored(house) == [("url", "Outlook på jobbet", URL, 2)]
    assert "kalender.example.com" not in visit(house.visitor("chair"), "/me/busy").text


def test_page_is_found_from_ones_own_and_from_subscribing(house):
    for path in ("/me", "/subscribe"):
        assert "/me/busy" in visit(house.visitor("member"), path).links
        assert "/me/busy" not in visit(house.visitor("own secretariat"), path).links
    page = visit(house.visitor("member"), "/me/busy")
    assert (page.status, page.heading) == (200, "Upptagna tider")
    assert "Aldrig vad det gäller" in page.text
    assert "Kalendrar som läses" not in page.text


# ---------------------------------------------------------------- by address


def test_calendar_is_read_at_once_and_its_address_shown_no_more(house_on_both, server):
    house = house_on_both
    page = add(house)
    assert "Outlook på jobbet är läst. Takt vet nu när du är upptagen." in page.text
    assert "kalender.example.com … 3a9c" in page.text
    assert "2 tider framåt" in page.text
    assert stored(house) == [("url", "Outlook på jobbet", URL, 2)]
    assert [asked.path for asked in server.asked] == ["/private-7f3a9c/basic.ics"]
    html = house.visitor("member").get("/me/busy").get_data(as_text=True)
    assert SECRET not in html
    assert "Hemligt" not in html


def test_webcal_is_kept_as_https(house):
    add(house, url=URL.replace("https://", "webcal://"))
    assert stored(house)[0][2] == URL


def test_history_and_log_tell_neither_address_nor_name(house, caplog):
    with caplog.at_level(logging.DEBUG):
        page = add(house, name="Cellprov")
        press(house, page, "/refresh")
        press(house, page, "/remove")
    member = house.visitor("member")
    with house.looking() as session:
        entries = session.scalars(select(HistoryEntry).where(HistoryEntry.action.startswith("busy."))).all()
        assert [(entry.action, entry.actor, entry.rows) for entry in entries] == [
            ("busy.add", "Member Person", None),
            ("busy.remove", "Member Person", None),
        ]
        told = " ".join(f"{entry.before} {entry.after} {entry.subject_label}" for entry in entries)
        change = entries[0].change_id
    said = told + " ".join(record.getMessage() for record in caplog.records)
    assert SECRET not in said
    assert "Cellprov" not in said
    assert member.get("/me/busy").status_code == 200
    page = visit(house.visitor("administrator"), f"/history/{change}")
    assert "En kalender med upptagna tider lades till" in page.text
    assert "Adress" in page.text


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"name": ""}, "name", "Skriv vad kalendern heter, så att du känner igen den"),
        ({"name": "x" * 101}, "name", "Högst 100 tecken"),
        ({"url": ""}, "url", str(SENTENCES["address"])),
        ({"url": "http://kalender.example.com/a.ics"}, "url", str(SENTENCES["address"])),
        ({"url": "https://anna:hemligt@kalender.example.com/a.ics"}, "url", str(SENTENCES["address"])),
        ({"url": "https://inside.example.com/a.ics"}, "url", str(SENTENCES["private"])),
        ({"url": "https://third.example.com/a.ics"}, "url", str(SENTENCES["certificate"])),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_what_was_typed(house, server, given, field, words):
    server.addresses["inside.example.com"] = ["10.0.0.7"]
    before = house.changes()
    page = add(house, **given)
    assert (page.status, page.errors) == (422, {field: words})
    kept = {"name": "Outlook på jobbet", "url": URL, **given}
    values = page.form("url").values
    assert {name: values[name] for name in kept} == kept
    assert (stored(house), house.changes()) == ([], before)


def test_all_that_is_wrong_is_said_at_once(house):
    page = add(house, name="", url="")
    assert set(page.errors) == {"name", "url"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"<!doctype html><title>Logga in</title>"), "page"),
        (reply(b""), "empty"),
        (reply(b'{"a": 1}'), "other"),
        (reply(calendar(7)[:-20]), "cut"),
        (reply(b"hemligt", "401 Unauthorized"), "denied"),
        (reply(b"hemligt", "404 Not Found"), "missing"),
        (reply(b"hemligt", "500 Broken"), "answer"),
        (b"", "broken"),
    ],
)
def test_answer_that_is_no_calendar_is_told_in_words_and_not_repeated(house, server, answer, reason):
    server.answer = lambda _asked: answer
    page = add(house)
    assert (page.status, page.errors) == (422, {"url": str(SENTENCES[reason])})
    assert "hemligt" not in page.text.lower().replace("är hemlig", "")
    assert stored(house) == []


def test_every_reason_has_its_sentence():
    assert set(SENTENCES) == {*Reason, *NoCalendar}


def test_address_of_takt_itself_is_refused(house, make_app, database_url, server):
    page = add(house, url="https://127.0.0.1/feeds/abc.ics")
    assert page.errors == {"url": "Det är en adress till Takt. Den läggs in i din egen kalender, inte här"}
    assert server.reached == []


def test_same_address_or_a_sixth_calendar_is_refused_before_it_is_read(house, server):
    add(house)
    page = add(house)
    assert page.errors == {"url": "Du har redan lagt till den adressen"}
    for n in range(4):
        add(house, url=f"{URL}?{n}")
    page = add(house, url=f"{URL}?5")
    assert page.status == 422
    assert "Du har redan 5 kalendrar. Ta bort någon av dem först" in page.text
    assert len(server.asked) == len(stored(house)) == 5


def test_nobody_waits_for_a_writer_who_waits_for_a_server(house_on_both, server):
    """While the calendar is being read no transaction is open: another writer gets through at once."""
    house = house_on_both
    written = []

    def answer(_asked):
        with house.changing() as session:
            session.scalars(select(User).where(User.name == "Reader")).one().name = "Läsaren"
            written.append(True)
        return reply(calendar(7))

    server.answer = answer
    assert "är läst" in add(house).text
    assert written == [True]


def test_calendar_of_who_is_disabled_while_it_is_read_is_not_kept(house_on_both, server):
    house = house_on_both

    def answer(_asked):
        with house.changing() as session:
            user = session.scalars(select(User).where(User.name == "Member")).one()
            set_active(session, Actor("Administrator"), NOW, user=user, active=False)
        return reply(calendar(7))

    server.answer = answer
    visitor = house.visitor("member")
    assert visitor.post("/me/busy/address", {"name": "Outlook", "url": URL}).status_code == 404
    assert stored(house) == []


def test_form_binds_what_it_names_alone(house):
    other = {"person_id": house.world.people["own"].id, "kind": "file", "next_at": "2020-01-01", "failures": 9, "id": 1}
    house.visitor("member").post("/me/busy/address", {"name": "Min", "url": URL, **other})
    with house.looking() as session:
        row = session.scalars(select(BusySource).where(BusySource.url == URL)).one()
        member = session.scalars(select(User.person_id).where(User.name == "Member")).one()
    assert (row.person_id, row.kind, row.failures) == (member, "url", 0)


def test_reading_is_limited_for_each_person(house, server):
    server.answer = lambda _asked: reply(b"", "404 Not Found")
    for _n in range(CALENDARS_READ.times):
        assert add(house).status == 422
    page = add(house)
    assert (page.status, page.heading) == (429, "För många försök")
    assert len(server.asked) == CALENDARS_READ.times
    assert upload(house, calendar(7)).status == 429
    assert add(house, "chair").status == 422


def test_closed_network_reads_files_alone(make_app, house, server):
    with house.app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    add(house)
    closed = House(make_app(url, network=server.network, busy_import=False), house.world)
    asked = len(server.asked)
    page = visit(closed.visitor("member"), "/me/busy")
    assert not any(form.action.endswith(("/address", "/refresh")) for form in page.forms)
    number = next(form.action for form in page.forms if form.action.endswith("/remove")).split("/")[3]
    assert closed.visitor("member").post("/me/busy/address", {"name": "x", "url": f"{URL}2"}).status_code == 404
    assert closed.visitor("member").post(f"/me/busy/{number}/refresh").status_code == 404
    assert "är läst" in upload(closed, calendar(7)).text
    assert len(server.asked) == asked


# ---------------------------------------------------------------- by file


def test_file_is_read_and_not_kept(house, server):
    page = upload(house, calendar(7, 8, 9))
    assert "Fil är läst. Takt vet nu när du är upptagen." in page.text
    assert "3 tider framåt" in page.text
    assert stored(house) == [("file", "Fil", None, 3)]
    assert not any(form.action.endswith("/refresh") for form in page.forms)
    assert server.asked == []


@pytest.mark.parametrize(
    ("content", "filename", "name", "errors"),
    [
        (calendar(7), "kalender.ics", "", {"file_name": "Skriv vad kalendern heter, så att du känner igen den"}),
        (b"", "", "Min", {"file": "Välj en fil"}),
        (b"", "kalender.ics", "Min", {"file": str(SENTENCES["empty"])}),
        (calendar(7), "kalender.html", "Min", {"file": str(SENTENCES["other"])}),
        (b"PK\x03\x04", "Takeout.ZIP", "Min", {"file": str(SENTENCES["archive"])}),
        (b"PK\x03\x04", "kalender.ics", "Min", {"file": str(SENTENCES["archive"])}),
        (b"<svg onload=alert(1)>", "kalender.ics", "Min", {"file": str(SENTENCES["page"])}),
        (b"x" * 5_000_001, "kalender.ics", "Min", {"file": str(SENTENCES["large"])}),
    ],
)  # fmt: skip
def test_file_that_is_no_calendar(house, content, filename, name, errors):
    page = upload(house, content, filename, name)
    assert (page.status, page.errors) == (422, errors)
    assert page.form("file_name").values["file_name"] == name
    assert stored(house) == []


def test_file_of_five_megabytes_is_taken_and_more_is_not(house):
    large = calendar(7).replace(b"SUMMARY:Hemligt", b"SUMMARY:" + b"x" * 4_900_000)
    assert "är läst" in upload(house, large).text
    assert upload(house, b"x" * 6_000_000).status == 413
    visitor = house.visitor("member")
    assert visitor.post("/me/busy/address", {"name": "x" * 3_000_000, "url": URL}).status_code == 413


# ---------------------------------------------------------------- later


def test_calendar_is_read_again_by_its_button(house, server, clock):
    page = add(house)
    server.answer = lambda _asked: reply(calendar(9, 10, 11))
    clock.move(hours=1)
    page = press(house, page, "/refresh")
    assert "Outlook på jobbet är läst." in page.text
    assert "22 november 2026 kl. 11.00" in page.text
    assert stored(house)[0][3] == 3


def test_failure_stands_beside_the_calendar_and_its_times_stay(house, server, clock):
    page = add(house)
    server.answer = lambda _asked: reply(b"", "403 Forbidden")
    clock.move(hours=1)
    page = press(house, page, "/refresh")
    assert f"{SENTENCES['denied']}." in page.text
    assert "Tiderna är kvar som de var. Nästa försök: 22 november 2026 kl. 11.30." in page.text
    assert "22 november 2026 kl. 10.00" in page.text
    assert stored(house)[0][3] == 2
    with house.changing() as session:
        session.scalars(select(BusySource).where(BusySource.url == URL)).one().failing_since = NOW - timedelta(days=20)
    page = press(house, page, "/refresh")
    assert "Takt försöker inte mer, men du kan läsa om kalendern själv." in page.text
    server.answer = lambda _asked: reply(calendar(7))
    page = press(house, page, "/refresh")
    assert str(SENTENCES["denied"]) not in page.text


def test_calendar_that_is_taken_away_is_gone_with_its_times(house):
    page = press(house, add(house), "/remove")
    assert "Outlook på jobbet och tiderna därifrån är borttagna." in page.text
    assert stored(house) == []
    with house.looking() as session:
        assert session.scalars(select(BusyTime)).all() == []


def test_events_that_could_not_be_read_are_counted(house, server):
    broken = calendar(7).replace(b"END:VCALENDAR", b"BEGIN:VEVENT\nDTSTART:x\nEND:VEVENT\nEND:VCALENDAR")
    server.answer = lambda _asked: reply(broken)
    assert "1 tid framåt, 1 händelse gick inte att läsa" in add(house).text


def test_page_speaks_english(house, server):
    visitor = house.visitor("member")
    visitor.post("/language", {"language": "en", "next": "/me"})
    page = send(visitor, "/me/busy", "url", name="", url="http://x.example/")
    assert page.heading == "Busy times"
    assert page.errors["url"].endswith("Enter an address that begins with https:// or webcal:// and holds no password")
    page = send(visitor, "/me/busy", "url", name="Outlook", url=URL)
    assert "Outlook has been read. Takt now knows when you are busy." in page.text


def test_opening_the_page_changes_and_fetches_nothing(house, server, clock):
    add(house)
    clock.move(hours=7)
    before, asked = house.changes(), len(server.asked)
    for path in ("/me/busy", "/me"):
        assert house.visitor("member").get(path).status_code == 200
    assert (house.changes(), len(server.asked), stored(house)[0][3]) == (before, asked, 2)


def test_page_asks_no_more_for_more_calendars(house):
    def cost() -> int:
        visitor = house.visitor("member")
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get("/me/busy").status_code == 200
        return len(sent)

    add(house)
    few = cost()
    for n in range(3):
        add(house, url=f"{URL}?{n}")
    assert cost() == few
