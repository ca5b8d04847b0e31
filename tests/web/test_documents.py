"""Documents as a browser has them: uploaded, versioned, opened by whoever may, refused at the field."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from scheduler.meetings.models import Meeting
from scheduler.records.models import AgendaItem, Document, DocumentContent, DocumentVersion
from tests.conftest import NOW
from tests.records.files import DOCX, FINE, PDF
from tests.web.house import House
from tests.web.reading import read, send, visit
from tests.web.visits import Visitor


def own(house: House, end: str = "") -> str:
    return f"/meetings/{house.world.meetings['own'].id}{end}"


def upload(visitor: Visitor, path: str, name: str = "PM.pdf", body: bytes = PDF, **given: object) -> TestResponse:
    fields = {"visibility": "participants", **given, "csrf_token": visitor.csrf_token()}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    parts.append(f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n')
    sent = "".join(parts).encode() + body + b"\r\n--b--\r\n"
    return visitor.client.post(path, data=sent, content_type="multipart/form-data; boundary=b")


def stored(house: House) -> list[tuple[str, str | None, int]]:
    """Title, file and number of every version but those of the small world."""
    with house.looking() as session:
        query = (
            select(Document.title, DocumentVersion.filename, DocumentVersion.number)
            .join(DocumentVersion.document)
            .where(Document.title != "Underlag")
            .order_by(DocumentVersion.id)
        )
        return [tuple(row) for row in session.execute(query)]


def the_document(house: House, title: str) -> int:
    with house.looking() as session:
        return session.scalars(select(Document.id).where(Document.title == title)).one()


def test_file_from_upload_to_third_version(house_on_both):
    house = house_on_both
    keeper = house.visitor()
    assert upload(keeper, own(house, "/documents/new"), "PM Malmbanan.pdf", PDF, title="PM").status_code == 303
    page = visit(keeper, own(house))
    assert "PM PDF, 1 kB, forumet och de kallade" in page.text
    document = the_document(house, "PM")
    for body in (PDF + b"2", PDF):
        upload(keeper, own(house, f"/documents/{document}/version"), "PM ny.pdf", body)
    assert stored(house) == [("PM", "PM Malmbanan.pdf", 1), ("PM", "PM ny.pdf", 2), ("PM", "PM ny.pdf", 3)]
    with house.looking() as session:  # the same bytes once
        assert session.scalar(select(func.count()).select_from(DocumentContent)) == 2
    member = house.visitor("member")
    file = own(house, f"/documents/{document}/file")
    assert [member.get(f"{file}{end}").data for end in ("?version=1", "?version=2", "?version=3", "")] == [
        PDF, PDF + b"2", PDF, PDF,
    ]  # fmt: skip
    assert {member.get(f"{file}?version={wrong}").status_code for wrong in ("4", "0", "-1", "x", "")} == {404}


def test_file_is_served_so_that_nothing_in_it_runs(house):
    upload(house.visitor(), own(house, "/documents/new"), "Årsplan\u202e 2026.pdf", title="Plan")
    response = house.visitor("member").get(own(house, f"/documents/{the_document(house, 'Plan')}/file"))
    headers = response.headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert "%C3%85rsplan%202026.pdf" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("ending", sorted(FINE))
def test_every_kind_comes_back_as_it_was(house, ending):
    upload(house.visitor(), own(house, "/documents/new"), f"x.{ending}", FINE[ending], title="Fil")
    response = house.visitor().get(own(house, f"/documents/{the_document(house, 'Fil')}/file"))
    assert (response.status_code, response.data) == (200, FINE[ending])


@pytest.mark.parametrize(
    ("name", "body", "error"),
    [
        ("sida.html", b"<script>", "Filer av den sorten tas inte emot."),
        ("bild.svg", b"<svg/>", "Filer av den sorten tas inte emot."),
        ("falsk.pdf", b"<html>", "Filen är inte det som namnet säger."),
        ("tom.pdf", b"", "Filen är tom"),
        ("stor.pdf", PDF + bytes(1_000_001), "Filen får vara högst 1 MB"),
    ],
)
def test_hostile_file_is_refused_at_the_field_and_nothing_is_stored(make_app, sqlite_url, house, name, body, error):
    house = House(make_app(sqlite_url, upload_mb=1), house.world)
    for path in (
        own(house, "/documents/new"),
        own(house, f"/documents/{house.world.parts['own']['document_id']}/version"),
    ):
        page = read(upload(house.visitor(), path, name, body, title="Ett namn"))
        assert page.status == 422
        assert page.errors["file"].startswith(error)
    assert stored(house) == []
    with house.looking() as session:
        assert session.scalar(select(func.count()).select_from(DocumentContent)) == 0


def test_request_that_is_far_too_large_is_refused_before_it_is_read(make_app, sqlite_url, house):
    house = House(make_app(sqlite_url, upload_mb=1), house.world)
    page = read(upload(house.visitor(), own(house, "/documents/new"), "x.pdf", PDF + bytes(3_000_000)))
    assert (page.status, page.heading) == (413, "Det som skickades är för stort")
    assert stored(house) == []


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (
            "import sys; sys.exit(b'EICAR' in sys.stdin.buffer.read())",
            "Filen innehåller skadlig kod och togs inte emot",
        ),
        ("import sys; sys.exit(2)", "Filen kunde inte granskas. Försök igen om en stund"),
    ],
    ids=["infected", "broken"],
)
def test_scan_refuses_a_file(make_app, sqlite_url, house, script, error):
    house = House(make_app(sqlite_url, scan_command=f'{sys.executable} -c "{script}"'), house.world)
    page = read(upload(house.visitor(), own(house, "/documents/new"), "x.pdf", PDF + b"EICAR"))
    assert (page.status, page.errors["file"]) == (422, error)
    assert stored(house) == []


def test_scan_lets_a_clean_file_through_and_a_missing_command_none(make_app, sqlite_url, house):
    clean = House(make_app(sqlite_url, scan_command="true"), house.world)
    assert upload(clean.visitor(), own(house, "/documents/new"), title="Ren").status_code == 303
    gone = House(make_app(sqlite_url, scan_command="/nowhere/scan"), house.world)
    assert upload(gone.visitor(), own(house, "/documents/new"), title="Oviss").status_code == 422
    assert [title for title, _, _ in stored(house)] == ["Ren"]


@pytest.mark.parametrize(
    "link", ["http://example.org/x", "javascript:alert(1)", "data:text/html,x", "https://a b", "ftp://x"]
)
def test_link_is_https_alone(house, link):
    page = read(house.visitor().post(own(house, "/documents/new"), {"link": link, "visibility": "participants"}))
    assert (page.status, page.errors) == (422, {"link": "Ange en webbadress som börjar med https://"})


def test_link_is_led_to(house):
    page = send(house.visitor(), own(house, "/documents/new"), "link", link="https://example.org/pm", title="PM")
    assert "PM länk till en annan webbplats" in page.text
    response = house.visitor("member").get(own(house, f"/documents/{the_document(house, 'PM')}/file"))
    assert (response.status_code, response.headers["Location"]) == (303, "https://example.org/pm")


EVERYBODY = ("anonymous", "member", "organisation contact", "reader", "own secretariat", "administrator")


@pytest.mark.parametrize(
    ("visibility", "ground", "item_ground", "opened_by"),
    [
        ("participants", "", None, {"member", "organisation contact", "reader", "own secretariat", "administrator"}),
        ("secretariat", "", None, {"own secretariat", "administrator"}),
        ("participants", "21:1", None, {"member", "own secretariat", "administrator"}),
        ("participants", "", "21 kap. 1 § OSL", {"member", "own secretariat", "administrator"}),
    ],
)
def test_who_opens_a_paper_of_a_forum_that_is_not_public(house, visibility, ground, item_ground, opened_by):
    point = house.world.parts["own"]["point_id"]
    with house.changing() as session:
        item = session.get(AgendaItem, point)
        item.state, item.secrecy_ground = "planned", item_ground
    upload(
        house.visitor(), own(house, "/documents/new"), title="Avtal", visibility=visibility, secrecy_ground=ground,
        item_id=str(point),
    )  # fmt: skip
    path = own(house, f"/documents/{the_document(house, 'Avtal')}/file")
    assert {role for role in EVERYBODY if house.visitor(role).get(path).status_code == 200} == opened_by
    assert {
        role for role in EVERYBODY if "Avtal" in house.visitor(role).get(own(house)).get_data(as_text=True)
    } == opened_by


@pytest.mark.parametrize(("level", "opened"), [("full", 200), ("dates", 404)])
def test_public_paper_of_a_public_meeting(house, level, opened):
    keeper, meeting_id = house.visitor("other secretariat"), house.world.meetings["public"].id
    upload(keeper, f"/meetings/{meeting_id}/documents/new", title="Öppen", visibility="public")
    upload(keeper, f"/meetings/{meeting_id}/documents/new", title="Inre", visibility="participants")
    with house.changing() as session:
        session.merge(house.world.forums["public"]).public_level = level
    visitor = house.visitor("anonymous")
    text = visitor.get(f"/meetings/{meeting_id}").get_data(as_text=True)
    assert ("Öppen" in text, "Inre" in text) == (opened == 200, False)
    assert visitor.get(f"/meetings/{meeting_id}/documents/{the_document(house, 'Öppen')}/file").status_code == opened
    assert visitor.get(f"/meetings/{meeting_id}/documents/{the_document(house, 'Inre')}/file").status_code == 404


def test_paper_of_a_closed_forum_cannot_be_made_public(house):
    page = read(upload(house.visitor(), own(house, "/documents/new"), visibility="public"))
    assert page.status == 422
    assert "Forumet är inte helt offentligt. Välj deltagare i stället" in page.text
    assert stored(house) == []


def test_papers_of_a_forum_stand_on_its_page(house_on_both):
    house = house_on_both
    upload(house.visitor(), "/forums/own-forum/documents/new", "Stadgar.docx", DOCX, title="Stadgar")
    page = visit(house.visitor("member"), "/forums/own-forum")
    assert "Stadgar DOCX, 1 kB" in page.text
    path = f"/forums/own-forum/documents/{the_document(house, 'Stadgar')}"
    assert house.visitor("member").get(f"{path}/file").data == DOCX
    assert (
        house.visitor("administrator")
        .get(f"/forums/foreign-forum/documents/{the_document(house, 'Stadgar')}")
        .status_code
        == 404
    )
    assert house.latest(1) == [("Own secretariat", "document.add", "Forumet own")]


def test_removed_paper_is_kept_and_may_come_back(house):
    keeper = house.visitor()
    upload(keeper, own(house, "/documents/new"), title="PM")
    path = own(house, f"/documents/{the_document(house, 'PM')}")
    keeper.post(f"{path}/remove")
    assert "PM PDF" not in visit(keeper, own(house)).text
    assert house.visitor("member").get(f"{path}/file").status_code == 404
    assert stored(house) == [("PM", "PM.pdf", 1)]
    keeper.post(f"{path}/restore")
    assert house.visitor("member").get(f"{path}/file").status_code == 200


def test_paper_that_came_after_the_call_is_marked(house):
    with house.changing() as session:
        meeting = session.get(Meeting, house.world.meetings["own"].id)
        meeting.state, meeting.called_at = "called", NOW.replace(day=1)
    upload(house.visitor(), own(house, "/documents/new"), title="Komplettering")
    assert "tillagd 22 november" in visit(house.visitor("member"), own(house)).text


def test_details_are_not_saved_over_another_change(house):
    upload(house.visitor(), own(house, "/documents/new"), title="PM")
    path = own(house, f"/documents/{the_document(house, 'PM')}")
    late = house.visitor()
    stale = visit(late, path).form("title").values
    send(house.visitor(), path, "title", title="PM Malmbanan")
    assert late.post(path, {**stale, "title": "PM Norrbotniabanan"}, token=False).status_code == 409
    assert [title for title, _, _ in stored(house)] == ["PM Malmbanan"]
