"""The register's notices: entered and changed as a browser does, shown on the overview, put away for oneself."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from scheduler.register.models import Notice
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import read, send, visit
from tests.web.world import VISITOR

TODAY = NOW.date()
WORDS = "Nya lokaler från måndag"


def stored(house: House, text: str = WORDS) -> Notice | None:
    with house.looking() as session:
        return session.scalars(select(Notice).where(Notice.text == text)).one_or_none()


def entered(house: House, text: str = WORDS, **columns: object) -> int:
    with house.changing() as session:
        row = Notice(slug=text.lower(), text=text, **{"kind": "information", **columns})
        session.add(row)
        session.flush()
        return row.id


def test_notice_is_entered_and_listed(house):
    page = send(
        house.visitor(), "/notices/new", text=WORDS, text_en="New rooms", kind="warning", link="www.example.se/lokaler",
        from_on="2026-11-22", to_on="2026-11-30", organisation_id=str(house.world.organisations["own"].id),
    )  # fmt: skip
    assert (page.heading, "Meddelandet är sparat." in page.text) == ("Meddelanden", True)
    assert "1 meddelande visas på översikten nu, för alla." in page.text
    row = stored(house)
    assert (row.kind, row.link, row.dismissible) == ("warning", "https://www.example.se/lokaler", True)
    assert (row.from_on, row.to_on) == (date(2026, 11, 22), date(2026, 11, 30))
    assert house.latest(1) == [("Own secretariat", "notice.create", WORDS)]


def test_notices_are_listed_by_when_they_are_shown(house):
    entered(house, "Sedan", from_on=TODAY + timedelta(days=1))
    entered(house, "Nu", to_on=TODAY)
    page = visit(house.visitor("reader"), "/notices")
    order = [page.text.index(words) for words in ("Visas nu", "Nu ", "Kommande", "Sedan", "Tidigare", "Ny adress")]
    assert order == sorted(order)
    assert "Nytt meddelande" not in page.text


def test_refused_notice_keeps_what_was_typed(house):
    before = house.changes()
    page = send(house.visitor(), "/notices/new", text="", text_en="New", link="http://osaker.se")
    assert (page.status, page.errors) == (
        422,
        {"text": "Skriv meddelandet", "link": "Ange en webbadress som börjar med https://"},
    )
    assert page.form("text").values["text_en"].strip() == "New"
    page = send(
        house.visitor(), "/notices/new", text="Ny", link="javascript:alert(1)", from_on="2026-12-02", to_on="2026-12-01"
    )
    assert set(page.errors) == {"link", "to_on"}
    assert house.changes() == before


def test_who_saves_second_sees_what_was_saved(house):
    path = f"/notices/{entered(house)}"
    visitor = house.visitor()
    opened = visit(visitor, path).form("text")
    send(house.visitor("other secretariat"), path, text="Något annat")
    page = read(visitor.post(path, {**opened.values, "text_en": "Mine"}, token=False))
    assert (page.status, page.form("text").values["text_en"].strip()) == (409, "Mine")
    assert "sparat är ”Något annat”, du skrev ”Nya lokaler från måndag”" in page.text


def test_notice_is_edited_and_removed(house):
    number = entered(house)
    send(house.visitor(), f"/notices/{number}", text="Nyare lokaler", dismissible="")
    assert stored(house, "Nyare lokaler").id == number
    assert house.visitor().post(f"/notices/{number}/remove").status_code == 303
    assert stored(house, "Nyare lokaler") is None
    assert house.visitor().get(f"/notices/{number}").status_code == 404


# ---------------------------------------------------------------- on the overview


def test_everybody_sees_it_on_the_overview_with_a_safe_link(house):
    entered(house, link="https://www.example.se/lokaler")
    for role in (VISITOR, "member", "own secretariat"):
        body = house.visitor(role).get("/").get_data(as_text=True)
        assert 'role="note"' in body
        assert WORDS in body
        assert '<a href="https://www.example.se/lokaler" rel="noopener noreferrer">Läs mer på www.example.se' in body
        assert "(extern webbplats)" in body


def test_link_that_is_not_https_leads_nowhere(house):
    entered(house, link="javascript:alert(1)")
    body = house.visitor(VISITOR).get("/").get_data(as_text=True)
    assert (WORDS in body, "javascript:" in body) == (True, False)


def test_reader_puts_it_away_for_as_long_as_the_browser_is_open(house):
    number = entered(house)
    visitor = house.visitor()
    assert f"/notices/{number}/hide" in visit(visitor, "/").actions()
    assert visitor.post(f"/notices/{number}/hide").headers["Location"] == "/"
    assert WORDS not in visit(visitor, "/").text
    assert WORDS in visit(house.visitor("administrator"), "/").text
    # Once it says something else, it is shown again.
    send(house.visitor("administrator"), f"/notices/{number}", text="Nya lokaler redan nu")
    assert "Nya lokaler redan nu" in visit(visitor, "/").text


def test_notice_that_must_be_seen_stays(house):
    number = entered(house, dismissible=False)
    visitor = house.visitor()
    assert f"/notices/{number}/hide" not in visit(visitor, "/").actions()
    visitor.post(f"/notices/{number}/hide")
    assert WORDS in visit(visitor, "/").text
    assert visitor.post("/notices/999999/hide").status_code == 404


def test_visitor_gets_no_cookie_for_it(house):
    entered(house)
    visitor = house.visitor(VISITOR)
    response = visitor.get("/")
    assert (WORDS in response.get_data(as_text=True), response.headers.getlist("Set-Cookie")) == (True, [])


def test_english_page_shows_the_english_text(house):
    entered(house, text_en="New rooms from Monday", link="https://www.example.se/lokaler")
    page = visit(house.visitor(VISITOR), "/?language=en")
    assert ("New rooms from Monday" in page.text, "Read more at www.example.se" in page.text) == (True, True)
