"""Minutes and summonses as files, and the closing package: what is in them, and for whom."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile

import pytest

from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting
from scheduler.records import minutes as acts
from scheduler.records.attendance import mark
from scheduler.records.attendance_lists import roll_of
from scheduler.records.models import ActionPoint, AgendaItem, Document, DocumentContent, DocumentVersion, Minutes
from scheduler.reports.papers import pdf
from scheduler.reports.papers.package import csv_file
from tests.conftest import NOW
from tests.reports.papers.reading import docx_headings, docx_lines, needs_pdf, pdf_text
from tests.web.house import House
from tests.web.reading import visit

ACTOR = Actor("Sara Niemi", user_id=None)
PM = b"%PDF-1.7 a paper"
#: The small world has an item in this meeting's agenda.
ITEM = "Punkten"


@pytest.fixture
def written(house: House) -> House:
    """The own meeting held, with minutes of an open and a secret item, an open and a secret document."""
    with house.changing() as session:
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        meeting.state = "held"
        for row in session.query(AgendaItem).filter_by(meeting_id=meeting.id):
            session.delete(row)
        for row in session.query(Minutes).filter_by(meeting_id=meeting.id):
            session.delete(row)
        session.flush()
        items = [
            AgendaItem(
                meeting_id=meeting.id, position=n, title=title, kind="decision", added_at=NOW, minutes=15,
                secrecy_ground=ground,
            )
            for n, (title, ground) in enumerate([("Malmbanan", None), ("Upphandlingen", "OSL 19:3")])
        ]  # fmt: skip
        session.add_all(items)
        session.flush()
        later = meeting.end_at
        minutes = acts.begin(session, ACTOR, later, meeting)
        for item, text in zip(items, ["Länet ställer sig bakom yttrandet.", "Anbudet antas."], strict=True):
            acts.write_item(
                session, ACTOR, later, minutes, item, version=None, text="Frågan bereddes.", outcome="with_change",
                decision_text=text,
            )  # fmt: skip
        session.add(DocumentContent(sha256=hashlib.sha256(PM).hexdigest(), body=PM))
        for title, ground in (("PM <Malmbanan>", None), ("Anbud", "OSL 19:3")):
            document = Document(meeting_id=meeting.id, title=title, secrecy_ground=ground)
            document.versions.append(
                DocumentVersion(number=1, filename="x.pdf", media_type="application/pdf", size=len(PM),
                                sha256=hashlib.sha256(PM).hexdigest(), at=NOW)
            )  # fmt: skip
            session.add(document)
    return house


def own(house: House, end: str) -> str:
    return f"/meetings/{house.world.meetings['own'].id}{end}"


def package(house: House, **given: str) -> tuple[str, dict[str, bytes]]:
    keeper = house.visitor()
    page = own(house, "/package")
    response = keeper.client.post(page, data={"csrf_token": keeper.csrf_token(), "secret": "without", **given})
    assert (response.status_code, response.content_type) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(response.data)) as files:
        names = files.namelist()
        folder = names[0].split("/", 1)[0]
        return folder, {name.removeprefix(f"{folder}/"): files.read(name) for name in names}


def test_minutes_as_word_say_what_the_page_says(written):
    response = written.visitor().get(own(written, "/minutes.docx"))
    assert response.headers["Content-Disposition"].startswith("attachment; filename")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    lines = docx_lines(response.data)
    headings = [text for _style, text in docx_headings(response.data) if text[:1].isdigit()]
    paragraphs = "§" in visit(written.visitor(), own(written, "/minutes/preview")).text
    mark = " § 1, preliminärt nummer" if paragraphs else ""
    assert headings[0] == f"1. Malmbanan{mark}"
    assert [text.partition(" §")[0] for text in headings] == [
        "1. Malmbanan",
        "2. Upphandlingen",
        "3. Föregående protokoll",
    ]
    assert "Beslut: Med ändring. Länet ställer sig bakom yttrandet." in lines


def test_minutes_as_pdf_say_the_same(written):
    needs_pdf()
    body = written.visitor().get(own(written, "/minutes.pdf")).data
    said = " ".join(pdf_text(body).split())
    assert "1. Malmbanan" in said
    assert "Beslut: Med ändring. Länet ställer sig bakom yttrandet." in said


def test_english_papers_have_english_words(written):
    keeper = written.visitor()
    keeper.client.post("/language", data={"csrf_token": keeper.csrf_token(), "language": "en"})
    lines = docx_lines(keeper.get(own(written, "/summons.docx")).data)
    assert "Agenda" in lines


def test_drafts_are_files_for_whoever_writes_them_alone(written):
    for role, status in (
        ("own secretariat", 200),
        ("administrator", 200),
        ("member", 303),
        ("anonymous", 404),
        ("other secretariat", 404),
    ):
        assert written.visitor(role).get(own(written, "/minutes.docx")).status_code == status, role


def test_summons_shows_no_secret_item_to_those_who_are_not_called(written):
    def lines(role: str) -> list[str]:
        return docx_lines(written.visitor(role).get(own(written, "/summons.docx")).data)

    assert "2. Upphandlingen" in lines("own secretariat")
    assert "2. Upphandlingen" in lines("member")  # who is called
    seen = lines("reader")
    assert "2. Punkten är sekretessbelagd" in seen
    assert not [line for line in seen if "Upphandlingen" in line or "Anbud" in line]


def test_package_holds_everything_but_what_is_secret(written):
    _folder, files = package(written)
    names = set(files)
    assert {name for name in names if not name.endswith((".docx", ".pdf"))} == {
        "Beslut.csv", "Närvaro.csv", "Åtgärder.csv", "Utskick.csv", "Logg.csv", "Innehåll.txt",
    } | ({"Handlingar/Länkar.txt"} & names)  # fmt: skip
    assert files["Handlingar/PM -Malmbanan-.pdf"] == PM
    assert not [name for name in names if "Anbud" in name]
    everything = b"\n".join(
        body if not name.endswith(".docx") else "\n".join(docx_lines(body)).encode() for name, body in files.items()
    )
    assert b"Anbudet antas" not in everything
    assert b"Upphandlingen" not in files["Beslut.csv"]
    listed = files["Innehåll.txt"].decode().splitlines()
    assert "Det som är sekretessbelagt är inte med." in listed
    assert "en handling: sekretess OSL 19:3" in listed
    assert {line.split("  ", 1)[1]: line.split("  ", 1)[0] for line in listed if len(line.split("  ", 1)[0]) == 64} == {
        name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name != "Innehåll.txt"
    }


def test_reviewed_package_holds_the_secret_too_and_says_who_looked(written):
    _folder, files = package(written, secret="with", note="Prövat av registrator")
    assert files["Handlingar/Anbud.pdf"] == PM
    rows = list(csv.reader(io.StringIO(files["Beslut.csv"].decode("utf-8-sig")), delimiter=";"))
    assert [row[3] for row in rows[1:]] in (["Malmbanan", "Upphandlingen"], [])
    assert "Prövat av registrator" in files["Innehåll.txt"].decode()
    assert written.latest(1)[0][1] == "meeting.package"


def table(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig")), delimiter=";"))


def test_log_of_the_package_tells_nothing_of_what_is_secret(written):
    _folder, files = package(written)
    assert b"Upphandlingen" not in files["Logg.csv"]
    lines = table(files, "Logg.csv")
    assert [line["Vad"] for line in lines] == [
        "Dagordningen började skrivas", "Protokollet eller anteckningarna påbörjades",
        *["En punkt skrevs"] * 2,
    ]  # fmt: skip
    assert {line["Uppgift"] for line in lines[2:]} == {""}
    _folder, files = package(written, secret="with", note="Prövat")
    assert [line["Uppgift"] for line in table(files, "Logg.csv")[2:4]] == [
        "Resultat: Inget beslut → Med ändring; Rubrik: Malmbanan",
        "Resultat: Inget beslut → Med ändring; Rubrik: Upphandlingen",
    ]  # fmt: skip


def test_tables_of_the_package_are_in_words(written):
    meeting_id = written.world.meetings["own"].id
    with written.changing() as session:
        meeting = session.get_one(Meeting, meeting_id)
        forum_id = meeting.forum.id
        session.add_all(
            ActionPoint(forum_id=forum_id, meeting_id=meeting_id, text=state, state=state, created_at=NOW)
            for state in ("open", "done", "dropped")
        )
        keys = [row.key for row in roll_of(session, meeting).counted]
        for key, choice in zip(keys, ("remote", "notified", "absent"), strict=True):
            mark(session, ACTOR, meeting.end_at, meeting, key=key, choice=choice)
    _folder, files = package(written)
    assert [row["Läge"] for row in table(files, "Åtgärder.csv")] == ["Öppen", "Klar", "Utgår"]
    assert [row["Närvaro"] for row in table(files, "Närvaro.csv")] == [
        "tjänstgörande, på distans", "frånvarande, anmäld frånvaro", "frånvarande",
    ]  # fmt: skip


def test_members_get_no_package(written):
    for role, status in (("member", 403), ("anonymous", 404), ("other secretariat", 404)):
        assert written.visitor(role).get(own(written, "/package")).status_code == status, role


def test_without_the_tool_the_page_says_what_to_install_and_offers_word(written, monkeypatch):
    def missing() -> None:
        raise pdf.MissingTool(pdf.NO_PANGO)

    monkeypatch.setattr(pdf, "_weasyprint", missing)
    response = written.visitor().get(own(written, "/minutes.pdf"))
    assert response.status_code == 501
    assert "apt install libpango-1.0-0" in response.text
    assert own(written, "/minutes.docx") in response.text


def test_cells_are_text_to_a_spreadsheet():
    body = csv_file(["A"], [["=1+1"], ["+46"], ["-x"], ["@x"], ["＝1"], ["ren"], [None]])
    assert body.decode("utf-8-sig").splitlines() == ["A", "'=1+1", "'+46", "'-x", "'@x", "'＝1", "ren", '""']


def test_package_page_tells_what_is_in_it(written):
    page = visit(written.visitor(), own(written, "/package"))
    assert "Det här är med" in page.text
