"""The largest and the smallest: an assembly of ninety seats and a working group of two, through the same pages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from scheduler.db import db
from tests.mail.running import SETTINGS
from tests.mail.sink import Sink
from tests.queries import count_queries
from tests.reports.papers.reading import docx_lines
from tests.trips.office import Office, address_of, answers, by_recipient, link_in, text_of
from tests.web.reading import read

DAY = date(2027, 2, 9)
ITEMS = ("Öppnande", "Beslutet")


@pytest.fixture
def office(make_app, clock, sqlite_url) -> Iterator[Office]:
    yield from at_work(make_app, clock, sqlite_url)


@pytest.fixture
def office_on_both(make_app, clock, database_url) -> Iterator[Office]:
    yield from at_work(make_app, clock, database_url)


def at_work(make_app: Callable[..., object], clock, url: str) -> Iterator[Office]:
    with Sink() as sink:
        yield Office(make_app(url, **SETTINGS, mail_relay=sink.url), clock, sink)


def called(office: Office, name: str, members: int, substitutes: int = 0, **given: Any) -> int:
    """A forum of that size, and its meeting with an agenda, called in January."""
    slug = office.founds(name, members=members, substitutes=substitutes, **given)
    office.goes_to("2027-01-25 09:30")
    meeting_id = office.books(slug, DAY, start="13.00", end="15.00")
    for title in ITEMS:
        office.puts_on_the_agenda(meeting_id, title, kind="decision", minutes="10")
    office.fills_in(f"/meetings/{meeting_id}/call", "quiet")
    return meeting_id


def marks_all(office: Office, meeting_id: int, *, absent: int = 0) -> str:
    """All are there but the last ``absent``; what the page says then."""
    path = f"/meetings/{meeting_id}/attendance"
    names = [name for form in office.opens(path).forms for name in form.options if name.startswith("c-s")]
    there = len(names) - absent
    marks = {name: "present" if n < there else "absent" for n, name in enumerate(names)}
    return office.fills_in(path, names[0], **marks).text


def writes_minutes(office: Office, meeting_id: int) -> None:
    path = f"/meetings/{meeting_id}/minutes"
    office.presses(f"{path}/begin")
    for title in ITEMS:
        item = office.item(meeting_id, title)
        office.fills_in(
            f"{path}?item={item}", "decision_text", outcome="as_proposed", decision_text=f"{title} bifalls."
        )


def packed(office: Office, meeting_id: int) -> dict[str, bytes]:
    response = office.secretary().post(f"/meetings/{meeting_id}/package", {"secret": "without"})
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(response.data)) as package:
        return {name.partition("/")[2]: package.read(name) for name in package.namelist()}


def names_in(files: dict[str, bytes], table: str) -> list[str]:
    """The first column of a table of the package."""
    return [line.partition(";")[0] for line in files[table].decode("utf-8-sig").splitlines()[1:]]


# ---------------------------------------------------------------- ninety


def test_assembly_of_ninety_seats(office_on_both: Office):
    office = office_on_both
    meeting_id = called(
        office, "Fullmäktige", 90, 45, formality="protocol_notice", quorum_rule="more_than_half",
        substitutes_automatic=True,
    )  # fmt: skip
    summons = by_recipient(office.lets_the_worker_run(minutes=3))
    assert len(summons) == 90 + 45
    assert all(text_of(mail).index("Öppnande") < text_of(mail).index("Beslutet") for mail in summons.values())
    app = office.house.app
    answers(app, link_in(summons[address_of("Ledamot", 90)], "r"), "answer", answer="no")
    answers(app, link_in(summons[address_of("Ersättare", 1)], "r"), "answer", answer="yes")
    page = office.opens(f"/meetings/{meeting_id}")
    assert "1 av 90 platser är täckta, 1 genom ersättare." in page.text

    office.goes_to("2027-02-09 15:05")
    said = marks_all(office, meeting_id, absent=44)
    assert "46 av 90 platser är besatta. Mötet är beslutsfört, minst 46 krävs." in said
    office.fills_in(f"/meetings/{meeting_id}/held", "version")
    writes_minutes(office, meeting_id)
    path = f"/meetings/{meeting_id}/minutes"
    chosen = [str(office.person("Ledamot", n)) for n in (1, 2)]
    office.fills_in(path, "chair_id", "person_ids", chair_id=chosen[0], person_ids=chosen[1:])
    office.presses(f"{path}/send")
    for mail in office.lets_the_worker_run():
        answers(app, link_in(mail, "j"), "seen", adjust="1")
    lines = docx_lines(office.downloads(f"{path}.docx"))
    assert [line for line in lines if "§" in line] == ["1. Öppnande § 1", "2. Beslutet § 2"]
    files = packed(office, meeting_id)
    assert names_in(files, "Närvaro.csv")[:90] == [f"Ledamot {n:02}" for n in range(1, 91)]
    assert len(names_in(files, "Utskick.csv")) == 90 + 45 + 1 + 2


# ---------------------------------------------------------------- two


def test_working_group_of_two(office_on_both: Office):
    office = office_on_both
    meeting_id = called(office, "Arbetsgruppen", 2, kind_id="arbetsgrupp", formality="notes", quorum_rule="none")
    summons = by_recipient(office.lets_the_worker_run(minutes=3))
    assert sorted(summons) == [address_of("Ledamot", n) for n in (1, 2)]
    answers(office.house.app, link_in(summons[address_of("Ledamot", 2)], "r"), "answer", answer="no")
    assert "Ledamot 02" in office.opens(f"/meetings/{meeting_id}").text

    office.goes_to("2027-02-09 15:05")
    said = marks_all(office, meeting_id, absent=1)
    assert "1 av 2 platser är besatta." in said
    assert "krävs" not in said
    office.fills_in(f"/meetings/{meeting_id}/held", "version")
    writes_minutes(office, meeting_id)
    office.presses(f"/meetings/{meeting_id}/minutes/send-notes")
    told = office.lets_the_worker_run()
    assert [mail.recipient for mail in told] == [address_of("Ledamot", 1)]
    lines = docx_lines(office.downloads(f"/meetings/{meeting_id}/minutes.docx"))
    # Notes have no §.
    assert [line for line in lines if line[:1].isdigit()] == ["1. Öppnande", "2. Beslutet"]
    assert names_in(packed(office, meeting_id), "Närvaro.csv") == ["Ledamot 01", "Ledamot 02"]


# ---------------------------------------------------------------- as many questions for ninety as for six

PAGES = ("", "/attendance", "/minutes", "/minutes.docx", "/summons.docx", "/substitutes", "/mailings")


def test_pages_and_marks_ask_as_many_questions_for_ninety_as_for_six(office: Office):
    small = called(office, "Gruppen", 6, 3, first=201, formality="protocol", quorum_rule="more_than_half")
    large = called(office, "Fullmäktige", 90, 45, formality="protocol", quorum_rule="more_than_half")
    office.lets_the_worker_run(minutes=3)
    office.goes_to("2027-02-09 15:05")
    assert questions_of_a_mark(office, small) == questions_of_a_mark(office, large)
    for meeting_id in (small, large):
        marks_all(office, meeting_id, absent=2)
        office.fills_in(f"/meetings/{meeting_id}/held", "version")
        writes_minutes(office, meeting_id)
    few, many = ({end: questions_of(office, meeting_id, end) for end in PAGES} for meeting_id in (small, large))
    assert few == many


def questions_of(office: Office, meeting_id: int, end: str) -> int:
    secretary = office.secretary()
    secretary.get(f"/meetings/{meeting_id}{end}")
    with office.house.app.app_context(), count_queries(db.engine) as asked:
        assert secretary.get(f"/meetings/{meeting_id}{end}").status_code == 200
    return len(asked)


def questions_of_a_mark(office: Office, meeting_id: int) -> int:
    """Of the second mark of the list."""
    path = f"/meetings/{meeting_id}/attendance"
    keys = [name[2:] for form in office.opens(path).forms for name in form.options if name.startswith("c-s")]
    secretary = office.secretary()
    for key in keys[:2]:
        given = {f"c-{key}": "present", f"was-{key}": "0"}
        with office.house.app.app_context(), count_queries(db.engine) as asked:
            page = read(secretary.post(f"{path}?row={key}", given, headers={"HX-Request": "true"}))
        assert page.status == 200
    return len(asked)
