"""An organisation's own page: the link alone is the permission, and opens nothing else (D10, SEC-4, SEC-12)."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urljoin

import pytest
from sqlalchemy import func, select, text

from scheduler.accounts.personal_links import derive
from scheduler.db import db
from scheduler.feeds.models import FeedToken
from scheduler.forums.seat_models import Appointment, RepresentativeReport, Seat, SeatCheck
from scheduler.history.models import HistoryEntry
from scheduler.organisations.models import Organisation, Person
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, visit
from tests.web.visits import Visitor

KEY = "a secret of the tests, long enough"
TODAY = NOW.date()
LATER = date(2027, 1, 1)


def path(house: House, relation: str = "own", *, epoch: int = 1, purpose: str = "organisation") -> str:
    return f"/o/{derive(KEY, purpose, house.world.organisations[relation].id, epoch)}"


def stranger(house: House) -> Visitor:
    """Somebody with nothing but a link."""
    return Visitor(house.app)


def press(visitor: Visitor, page_path: str, *names: str, target: str | None = None, **given: object) -> Page:
    """Sends the form of the page with these fields, without any cookie, and follows the answer as a browser does."""
    page = visit(visitor, page_path)
    form = page.form(*names) if target is None else next(f for f in page.forms if f.action.endswith(target))
    response = visitor.post(form.action, {**form.values, **given}, token=False)
    if response.status_code != 303:
        return read(response)
    there = response.headers["Location"]
    assert page_path.rsplit("/", 1)[1] not in there
    return visit(visitor, urljoin(form.action, there))


def add_seat(house: House, relation: str = "own", organisation: str = "own", **given: object) -> int:
    with house.changing() as session:
        row = Seat(
            forum_id=house.world.forums[relation].id,
            organisation_id=house.world.organisations[organisation].id,
            position=9,
            **given,
        )
        session.add(row)
        session.flush()
        return row.id


def stored(house: House) -> list[int]:
    """How many rows a GET could have added to."""
    with house.looking() as session:
        tables = (RepresentativeReport, SeatCheck, FeedToken, Appointment, HistoryEntry, Seat)
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


# ---------------------------------------------------------------- the link


def test_link_shows_the_seats_without_a_cookie(house):
    add_seat(house, kind="substitute")
    visitor = stranger(house)
    response = visitor.get(path(house))
    page = read(response)
    assert (page.status, page.heading) == (200, "Kommunen own")
    assert "Ni har 4 platser i 1 forum. En är vakant." in page.text
    assert "Own Person" in page.text
    assert "Forumet own" in page.text
    assert "Set-Cookie" not in response.headers
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in response.get_data(as_text=True)


def wrong_links(house: House) -> list[str]:
    own, organisation_id = path(house), house.world.organisations["own"].id
    other_key = derive("another key of the tests, also long", "organisation", organisation_id, 1)
    return [
        f"/o/{'x' * 40}",
        path(house, epoch=2),
        path(house, purpose="reply"),
        own[:-1] + ("A" if own[-1] != "A" else "B"),
        f"/o/{derive(KEY, 'organisation', 999_999, 1)}",
        f"/o/{other_key}",
        "/o/nothing",
    ]


def test_any_other_link_is_not_found(house):
    found = [read(stranger(house).get(address)) for address in wrong_links(house)]
    assert {page.status for page in found} == {404}
    assert len({page.text for page in found}) == 1


def test_wrong_links_are_counted_and_right_ones_never_refused(house):
    visitor = stranger(house)
    statuses = [visitor.get(f"/o/{'y' * 38}{n:02}").status_code for n in range(61)]
    assert (statuses[0], statuses[59], statuses[60]) == (404, 404, 429)
    assert visitor.get(path(house)).status_code == 200
    assert visitor.post(f"{path(house)[:-2]}zz/confirm", token=False).status_code == 429


def test_opening_the_page_changes_nothing(house):
    before = stored(house)
    for method in ("get", "head"):
        assert getattr(stranger(house).client, method)(path(house), base_url="http://localhost").status_code == 200
    for action in ("answer", "report", "confirm", "calendar", "calendar/renew", "revoke"):
        assert stranger(house).get(f"{path(house)}/{action}").status_code in {404, 405}
    assert stored(house) == before


@pytest.mark.parametrize("action", ["answer", "report", "confirm", "calendar", "calendar/renew", "revoke"])
def test_form_that_was_not_on_the_page_is_refused(house, action):
    before = stored(house)
    own, foreign = visit(stranger(house), path(house)), visit(stranger(house), path(house, "foreign"))
    for forged in (None, "", "x", foreign.forms[0].values["form_token"]):
        values = {"confirm-name": "Elin", "answer": "accepted"} | ({"form_token": forged} if forged is not None else {})
        assert stranger(house).post(f"{path(house)}/{action}", values, token=False).status_code == 400
    assert own.forms[0].values["form_token"] != foreign.forms[0].values["form_token"]
    assert stored(house) == before


def test_english_page(house):
    page = visit(stranger(house), f"{path(house)}?language=en")
    assert "You have 3 seats in 1 forum." in page.text
    assert "Report a representative" in page.text


def test_merged_organisation_has_no_page(house):
    with house.changing() as session:
        row = session.get_one(Organisation, house.world.organisations["own"].id)
        row.merged_into_id = house.world.organisations["foreign"].id
    assert stranger(house).get(path(house)).status_code == 404


def test_page_asks_as_often_for_many_seats(house):
    visitor = stranger(house)
    visitor.get(path(house))
    with house.app.app_context():
        engine = db.engine
    with count_queries(engine) as one:
        visitor.get(path(house))
    for _ in range(3):
        add_seat(house)
        add_seat(house, "public", kind="substitute")
    with count_queries(engine) as many:
        visitor.get(path(house))
    assert len(many) <= len(one) + 1  # the second forum's kind


# ---------------------------------------------------------------- offered seats


def test_offered_seat_is_accepted_by_a_button(house):
    seat_id = add_seat(house, offer="offered")
    page = visit(stranger(house), path(house))
    assert "Ni har 3 platser i 1 forum. Ni erbjuds en plats." in page.text
    page = press(stranger(house), path(house), target="/answer", answer="accepted")
    assert "Ni har tackat ja till platsen." in page.text
    assert "Ni har 4 platser i 1 forum. En är vakant." in page.text
    with house.looking() as session:
        assert session.get_one(Seat, seat_id).offer == "accepted"
    assert house.latest(1) == [("Kommunen own (länk)", "seat.accepted", "Forumet own")]


def test_offered_seat_is_declined_once(house):
    add_seat(house, offer="offered", from_on=LATER)
    visitor = stranger(house)
    form = next(f for f in visit(visitor, path(house)).forms if f.action.endswith("/answer"))
    answers = [
        visitor.post(form.action, {**form.values, "answer": "declined"}, token=False).headers["Location"]
        for _ in range(2)
    ]
    assert answers == ["./?done=declined", "./?done=late"]
    assert house.latest(1)[0][1] == "seat.declined"


def test_foreign_seat_is_not_answered(house):
    seat_id = add_seat(house, "foreign", "foreign", offer="offered")
    add_seat(house, offer="offered")
    page = press(stranger(house), path(house), target="/answer", seat_id=seat_id, answer="accepted")
    assert page.status == 404
    with house.looking() as session:
        assert session.get_one(Seat, seat_id).offer == "offered"


# ---------------------------------------------------------------- representatives


def reporting(house: House, seat_id: int, **given: object) -> Page:
    values = {
        "report-seat_id": seat_id, "report-given_name": "Nils", "report-family_name": "Ny",
        "report-email": "Nils@kommunen.example", "report-from_on": "2027-01-01", **given,
    }  # fmt: skip
    return press(stranger(house), path(house), "report-given_name", **values)


def reports(house: House) -> list[tuple[str, str | None]]:
    with house.looking() as session:
        rows = session.scalars(
            select(RepresentativeReport)
            .where(RepresentativeReport.reported_at >= NOW)
            .order_by(RepresentativeReport.id)
        )
        return [(row.state, row.reason) for row in rows]


def test_reported_representative_waits_for_the_secretariat(house):
    seat_id = house.world.seats["own"].id
    page = reporting(house, seat_id)
    assert "Anmälan är skickad." in page.text
    assert "Nils Ny , Forumet own , från 1 januari 2027 Väntar på sekretariatet" in page.text
    assert reports(house) == [("waiting", None)]
    assert house.latest(1) == [("Kommunen own (länk)", "report.add", "Forumet own")]
    with house.looking() as session:
        assert "Nils" not in str(session.scalars(select(HistoryEntry.after).order_by(HistoryEntry.id.desc())).first())


def test_report_with_faults_keeps_what_was_typed(house):
    page = reporting(house, house.world.seats["own"].id, **{"report-family_name": "", "report-email": "nils"})
    assert page.status == 422
    assert page.errors == {
        "report-family_name": "Ange efternamnet", "report-email": "nils är ingen e-postadress",
    }  # fmt: skip
    form = page.form("report-given_name")
    assert (form.values["report-given_name"], form.values["report-email"]) == ("Nils", "nils")
    assert reports(house) == []


def test_seat_of_another_or_not_yet_accepted_is_refused(house):
    for seat_id in (house.world.seats["foreign"].id, add_seat(house, offer="offered"), 999_999, "x"):
        page = reporting(house, seat_id)
        assert (page.status, page.errors) == (422, {"report-seat_id": "Välj en av era platser"})
    assert reports(house) == []


def test_later_report_takes_the_place_of_the_waiting_one(house):
    seat_id = house.world.seats["own"].id
    reporting(house, seat_id)
    page = reporting(house, seat_id, **{"report-given_name": "Nora"})
    assert [state for state, _ in reports(house)] == ["declined", "waiting"]
    assert "En senare anmälan för samma plats har ersatt den här." in page.text


def test_protected_person_is_called_ledamot(house):
    with house.changing() as session:
        session.get_one(Person, house.world.people["own"].id).protected = True
    page = visit(stranger(house), path(house))
    assert "Own Person" not in page.text
    assert "ledamot" in page.text


# ---------------------------------------------------------------- the seats are right


def test_seats_are_confirmed_by_name(house):
    page = press(stranger(house), path(house), "confirm-name", **{"confirm-name": "  "})
    assert (page.status, page.errors) == (422, {"confirm-name": "Skriv ditt namn"})
    page = press(stranger(house), path(house), "confirm-name", **{"confirm-name": "Elin Kontakt"})
    assert "Senast bekräftat 22 november 2026 av Elin Kontakt." in page.text
    assert all("/confirm" not in form.action for form in page.forms)
    with house.looking() as session:
        [check] = session.scalars(select(SeatCheck).where(SeatCheck.asked_on == TODAY))
        assert (check.confirmed_by, check.asked_on) == ("Elin Kontakt", TODAY)


# ---------------------------------------------------------------- the calendar


def made_link(page_text: str) -> str:
    found = re.search(r'id="made" readonly value="http://127.0.0.1:8000(/feeds/[\w-]{43}\.ics)"', page_text)
    assert found is not None
    return found[1]


def make_calendar(house: House, visitor: Visitor) -> str:
    form = visit(visitor, path(house)).form("calendar-label")
    response = visitor.post(form.action, {**form.values, "calendar-label": "Kansliet"}, token=False)
    assert response.status_code == 200
    text_ = response.get_data(as_text=True)
    assert '<svg viewBox="0 0 ' in text_
    assert "style=" not in text_
    return made_link(text_)


def test_calendar_holds_the_closed_forum_where_it_has_a_seat_and_nothing_of_others(house):
    visitor = stranger(house)
    feed = make_calendar(house, visitor)
    answer = visitor.get(feed)
    assert answer.status_code == 200
    body = answer.get_data(as_text=True)
    answer.close()  # then the fetch is noted
    assert "SUMMARY:Forumet own" in body
    assert "Forumet foreign" not in body
    assert "Forumet public" not in body
    page = visit(visitor, path(house))
    assert "Kansliet Senast hämtad 22 november 2026" in page.text
    assert feed.rsplit("/", 1)[1].removesuffix(".ics") not in visitor.get(path(house)).get_data(as_text=True)
    with house.looking() as session:
        [token] = session.scalars(select(FeedToken).where(FeedToken.scope == "organisation"))
        assert (token.user_id, token.scope_id) == (None, house.world.organisations["own"].id)


def test_calendar_link_is_renewed_and_revoked_from_the_page(house):
    visitor = stranger(house)
    first = make_calendar(house, visitor)
    form = next(f for f in visit(visitor, path(house)).forms if f.action.endswith("/renew"))
    second = made_link(visitor.post(form.action, form.values, token=False).get_data(as_text=True))
    assert [visitor.get(feed).status_code for feed in (first, second)] == [404, 200]
    page = press(visitor, path(house), target="/revoke")
    assert "Kalenderlänken är borttagen." in page.text
    assert visitor.get(second).status_code == 404


def test_another_organisations_or_a_users_link_is_not_found(house):
    visitor = stranger(house)
    make_calendar(house, visitor)
    with house.changing() as session:
        mine = session.scalars(select(FeedToken).where(FeedToken.user_id.is_not(None))).first()
        theirs = session.scalars(select(FeedToken).where(FeedToken.scope == "organisation")).one()
        theirs.scope_id = house.world.organisations["foreign"].id
        ids = mine.id, theirs.id
    token = visit(visitor, path(house)).forms[0].values["form_token"]
    for link_id in ids:
        for action in ("calendar/renew", "revoke"):
            response = visitor.post(f"{path(house)}/{action}", {"form_token": token, "link_id": link_id}, token=False)
            assert response.status_code == 404


# ---------------------------------------------------------------- handing it out


def test_new_link_ends_the_old_one_at_once(house):
    secretary = house.visitor()
    page = visit(secretary, "/organisations/own-organisation")
    assert "/organisations/own-organisation/link" in page.links
    page = visit(secretary, "/organisations/own-organisation/link")
    assert page.heading == "Sidan för Kommunen own"
    text_ = secretary.get("/organisations/own-organisation/link").get_data(as_text=True)
    assert f"http://127.0.0.1:8000{path(house)}" in text_
    assert stranger(house).get(path(house)).status_code == 200
    assert secretary.post("/organisations/own-organisation/link/renew").status_code == 303
    assert stranger(house).get(path(house)).status_code == 404
    assert stranger(house).get(path(house, epoch=2)).status_code == 200
    with house.looking() as session:
        entry = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
        assert entry.action == "organisation.link"
        assert (entry.before, entry.after, entry.rows) == (None, None, None)


def test_contact_gets_the_link_and_reader_does_not(house):
    contact = visit(house.visitor("organisation contact"), "/organisations/own-organisation")
    assert path(house) in contact.links
    reader = visit(house.visitor("reader"), "/organisations/own-organisation")
    assert not [link for link in reader.links if "/o/" in link or link.endswith("/link")]


def test_link_is_mailed_once_a_day_to_the_organisations_address(house):
    secretary = house.visitor()
    with house.changing() as session:
        session.get_one(Organisation, house.world.organisations["own"].id).contact_email = "info@kommunen.example"
    for words in ("Länken skickas till info@kommunen.example.", "Länken är redan skickad"):
        secretary.post("/organisations/own-organisation/link/send")
        assert words in visit(secretary, "/organisations/own-organisation/link").text
    with house.looking() as session:
        rows = session.execute(text("SELECT kind, recipient, state FROM outbox_mail WHERE kind = 'seat_check'")).all()
    assert [tuple(row) for row in rows] == [("seat_check", "info@kommunen.example", "pending")]
    assert house.visitor("other secretariat").post("/organisations/own-organisation/link/send").status_code == 403
