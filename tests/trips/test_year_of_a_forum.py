"""A year of a forum, from its sentence to a cancelled meeting in everybody's calendar, through the pages alone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from scheduler.accounts.actions import make_link
from scheduler.accounts.users import add_user
from scheduler.db import begin_write, db
from scheduler.history.rules import Actor
from scheduler.organisations.actions import create_organisation
from tests.ical_clients import read_with_icalendar, read_with_icaljs, read_with_recurring
from tests.web.reading import read, send, visit
from tests.web.visits import Visitor

SARA = "sara.niemi@lst.example"
TERMINAL = Actor("takt user add")
#: The Monday the year begins on.
BEGIN = datetime(2027, 1, 11, 8, 0, tzinfo=UTC)
DAYS = ("2027-02-10", "2027-05-12", "2027-09-15", "2027-11-10")
#: What a person has to fill in for a forum and its first meeting.
FORUM = {"name": "Länets kompetensråd", "kind_id": "natverk", "phrase": "träffas 4-5 gånger per år"}
MEETING = {"on": DAYS[0], "start": "13.00"}
#: What a browser sends along with a form of a page without referrer (SEC-12).
BROWSER = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}


@pytest.fixture(params=["http://localhost", "https://takt.lst.example"])
def base_url(request) -> str:
    return request.param


@pytest.fixture
def app(make_app, database_url, base_url, clock):
    clock.at = BEGIN
    return make_app(database_url, base_url=base_url)


@pytest.fixture
def change(app, clock):
    """Runs something that has no page in the application's database."""

    def run(do):
        with app.app_context(), Session(db.engine) as session:
            begin_write(session)
            result = do(session, clock())
            session.commit()
            return result

    return run


def account(session: Session, now: datetime) -> str:
    """Sara's account, made as ``takt user add`` does; gives the path of her link."""
    office = create_organisation(session, TERMINAL, now, name="Länsstyrelsen", kind_id="lansstyrelse")
    add_user(session, TERMINAL, now, login=SARA, name="Sara Niemi", role="secretariat", organisation=office.slug)
    return f"/login/{make_link(session, TERMINAL, now, login=SARA)}"


def subscribe(sara: Visitor) -> str:
    """The path of a secret link to the forum's calendar, made with the button on the subscribe page."""
    page = send(sara, f"{PAGE}/subscribe", "label", headers=BROWSER, label="Telefon")
    assert page.status == 200
    [path] = {found[0] for link in page.links if (found := re.search(r"/feeds/[\w-]{40,}\.ics", link))}
    return path


def states(sara: Visitor) -> tuple[str, str]:
    """What the overview and the forum's own page say of where it stands."""
    rows = re.findall(r"<tr>.*?</tr>", sara.get("/").get_data(as_text=True), re.DOTALL)
    [row] = [row for row in rows if "lanets-kompetensrad" in row]
    card = re.search(r'aria-labelledby="h-cadence">.*?</section>', sara.get(PAGE).get_data(as_text=True), re.DOTALL)
    return pill(row), pill(card[0])


def pill(html: str) -> str:
    found = re.search(r'<span class="status[^>]*>(.*?)</span>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


PAGE = "/forums/lanets-kompetensrad"


def test_year_of_a_forum(app, change, clock, base_url):
    sara = Visitor(app, base_url=base_url)
    path = change(account)
    assert read(sara.post(path, token=False, headers=BROWSER)).status == 400  # without the form's token
    assert send(sara, path, "csrf_token", headers=BROWSER).status == 200
    cookie = sara.client.get_cookie(sara.cookie_name, domain=sara.host)
    assert (cookie.secure, cookie.http_only, cookie.path) == (sara.secure, True, "/")

    # A forum and its first meeting: what is typed or chosen is less than ten things.
    assert len(FORUM) + len(MEETING) < 10
    page = send(sara, "/forums/new", headers=BROWSER, **FORUM)
    assert page.heading == "Länets kompetensråd"
    assert "Kravet är 4–5 gånger per år." in page.text
    assert states(sara) == ("I fas", "I fas")
    page = send(sara, "/meetings/new?forum=lanets-kompetensrad", "forum", headers=BROWSER, **MEETING)
    assert page.heading == "Onsdag 10 februari 2027"
    for day in DAYS[1:]:
        page = send(sara, "/meetings/new?forum=lanets-kompetensrad", "forum", headers=BROWSER, on=day, start="13.00")
        assert page.status == 200
    assert states(sara) == ("Bokat", "Bokat")

    # The calendar: the same bytes until something changes.
    feed = subscribe(sara)
    first = fetched(sara, feed)
    assert [event["start"].date().isoformat() for event in first] == list(DAYS)
    bytes_before = sara.get(feed).data
    clock.move(hours=4)
    assert sara.get(feed).data == bytes_before

    # Another time: the same entry, one step newer.
    links = meeting_paths(sara)
    clock.move(minutes=5)
    page = send(sara, f"{links[1]}/move", "on", headers=BROWSER, on="2027-05-19", start="9.30", end="11.30")
    assert page.heading == "Onsdag 19 maj 2027"
    moved = fetched(sara, feed)
    assert [(event["uid"], event["sequence"] > old["sequence"]) for event, old in zip(moved, first, strict=True)] == [
        (old["uid"], n == 1) for n, old in enumerate(first)
    ]
    assert moved[1]["start"] == datetime(2027, 5, 19, 7, 30, tzinfo=UTC)

    # Cancelled: it stays in the calendar and says so, and the forum needs another one.
    clock.move(minutes=5)
    page = send(sara, f"{links[2]}/cancel", "reason", headers=BROWSER, reason="Landshövdingen är på tjänsteresa")
    assert "Landshövdingen är på tjänsteresa" in page.text
    cancelled = fetched(sara, feed)
    assert [(event["uid"], event["status"]) for event in cancelled] == [
        (old["uid"], "CANCELLED" if n == 2 else "CONFIRMED") for n, old in enumerate(first)
    ]
    assert cancelled[2]["sequence"] > moved[2]["sequence"]
    assert sara.get(feed).data == sara.get(feed).data
    assert states(sara) == ("I fas", "I fas")


def fetched(visitor: Visitor, path: str) -> list[dict]:
    """The feed's events by the three programs, which must agree, in order of the first reading's UID numbers."""
    content = visitor.get(path).data
    events = sorted(read_with_icalendar(content), key=lambda event: event["start"])
    by_uid = {event["uid"]: event for event in events}
    assert {event["uid"]: event for event in read_with_icaljs(content)} == by_uid
    expanded = read_with_recurring(content, date(2027, 1, 1), date(2028, 1, 1))
    assert {event["uid"]: event["start"] for event in expanded} == {uid: e["start"] for uid, e in by_uid.items()}
    return events


def meeting_paths(visitor: Visitor) -> list[str]:
    """The four meetings' pages, earliest first."""
    found = [link for link in visit(visitor, PAGE).links if re.fullmatch(r"/meetings/\d+", link)]
    return sorted(set(found), key=lambda link: int(link.rpartition("/")[2]))
