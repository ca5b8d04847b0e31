"""One meeting of a board of thirteen, from the question about dates to the protocol on the notice board and after.

Through pages and real mail alone, on both databases: what a secretariat does, what members and substitutes get and
answer by their links, what registrars and the public read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select

from scheduler.records.models import AgendaItem, Decision, Minutes
from tests.mail.running import BASE, SETTINGS
from tests.mail.sink import Received, Sink
from tests.records.files import PDF
from tests.reports.papers.reading import docx_headings, docx_lines, needs_pdf, pdf_text
from tests.trips.office import (
    Office,
    address_of,
    answers,
    by_recipient,
    follows,
    id_of_meeting,
    link_in,
    subject_of,
    text_of,
)
from tests.web.reading import visit
from tests.web.visits import Visitor

#: Tuesday, Thursday and the Thursday after; the first is chosen.
DAYS = (date(2027, 2, 9), date(2027, 2, 11), date(2027, 2, 18))
ANSWER_BY = date(2027, 1, 22)
BEFORE, AFTER = date(2026, 12, 15), date(2027, 3, 16)
MEMBERS, SUBSTITUTES = ([address_of(name, n) for n in range(1, 14)] for name in ("Ledamot", "Ersättare"))
#: Who cannot come, by the number of their seat, in the order in which they say so.
DECLINING = (2, 5, 9)
#: Item → what is decided.
DECISIONS = {
    "Öppnande": "Mötet öppnas.",
    "Ny taxa": "Taxan höjs med 2 procent.",
    "Budget 2027": "Fastställs enligt förslaget.",
    "Övriga frågor": "Inga övriga frågor.",
}
IN_ORDER_OF_ADJUSTING = ("Budget 2027", "Öppnande", "Ny taxa", "Övriga frågor")
ACTION = "Skicka budgeten till fullmäktige"
#: Who is not there without having said so.
ABSENT = (12, 13)


@pytest.fixture
def office(make_app, database_url, clock) -> Iterator[Office]:
    with Sink() as sink:
        office = Office(make_app(database_url, **SETTINGS, mail_relay=sink.url), clock, sink)
        office.founds(
            "Nämnden", members=13, substitutes=13, quorum_rule="more_than_half", formality="protocol_notice",
            substitutes_automatic=True,
        )  # fmt: skip
        yield office


def test_meeting_from_poll_to_protocol(office: Office):
    needs_pdf()
    an_item_is_left_over_from_the_meeting_before(office)
    meeting_id = the_board_is_asked_for_a_date(office)
    the_agenda_is_written(office, meeting_id)
    summons = the_board_is_called(office, meeting_id)
    three_decline_and_substitutes_are_called_in_their_order(office, meeting_id, summons)
    ten_of_thirteen_seats_are_filled(office, meeting_id)
    the_protocol_is_written(office, meeting_id)
    the_protocol_is_adjusted_by_mail(office, meeting_id)
    the_public_reads_it_on_the_notice_board(office, meeting_id)
    its_files_say_the_same(office, meeting_id)
    the_package_holds_all_of_it(office, meeting_id)
    the_action_point_goes_on(office)


# ---------------------------------------------------------------- before


def an_item_is_left_over_from_the_meeting_before(office: Office) -> None:
    """The forum's standing items, and an item that the meeting in December tables."""
    office.fills_in("/forums/namnden/agenda", "title", title="Öppnande", minutes="5")
    office.fills_in("/forums/namnden/agenda", "title", title="Övriga frågor", minutes="10")
    before = office.books("namnden", BEFORE, start="13.00", end="15.00")
    office.puts_on_the_agenda(before, "Ny taxa", kind="decision", minutes="20")
    item = office.item(before, "Ny taxa")
    office.fills_in(f"/meetings/{before}/agenda/{item}/hand-on", "to", to="tabled", reason="Mer underlag")


def the_board_is_asked_for_a_date(office: Office) -> int:
    """The poll, its answers by the links of the mails, and the choice; the meeting it books."""
    given = {f"dates-{n}-on": day.isoformat() for n, day in enumerate(DAYS)}
    page = office.fills_in(
        "/polls/new?forum=namnden", "answer_by_on", "dates-0-on", **given, title="Budgeten",
        answer_by_on=ANSWER_BY.isoformat(), send="1",
    )  # fmt: skip
    assert "0 av 26 har svarat" in page.text
    [poll] = {found[0] for link in page.links if (found := re.match(r"/polls/\d+", link))}
    office.goes_to("2026-11-23 08:00")
    asked = by_recipient(office.lets_the_worker_run())
    assert sorted(asked) == sorted([*MEMBERS, *SUBSTITUTES])
    for n, address in enumerate(MEMBERS, 1):
        can = "no" if n in DECLINING else "yes"
        says_which_days_suit(office, asked[address], can, "yes" if n < 7 else "no", "no")
    for address in SUBSTITUTES[:2]:
        says_which_days_suit(office, asked[address], "yes", "no", "if_needed")
    office.goes_to("2027-01-25 09:30")
    page = office.opens(poll)
    assert "12/13 platser, 2 via ersättare" in page.text
    assert "Beslutsför, 7 krävs" in page.text
    [choice] = [link for link in page.links if "/choose/" in link][:1]
    meeting = office.fills_in(choice, "version")
    assert meeting.heading == "Budgeten"
    assert "9 februari 2027" in meeting.text
    told = office.lets_the_worker_run()
    assert sorted(mail.recipient for mail in told) == sorted([*MEMBERS, *SUBSTITUTES])
    assert {subject_of(mail) for mail in told} == {"Datum valt: Nämnden tisdag 9 februari 2027"}
    return id_of_meeting(meeting)


def says_which_days_suit(office: Office, mail: Received, *said: str) -> None:
    path = link_in(mail, "p")
    form = follows(office.house.app, path).form("message", "form_token")
    dates = [name for name in form.options if name.startswith("date-")]
    page = answers(office.house.app, path, "message", **dict(zip(dates, said, strict=True)))
    assert "Svaret är skickat" in page.text


def the_agenda_is_written(office: Office, meeting_id: int) -> None:
    """Standing and carried items stand there by themselves; one is added."""
    page = office.opens(f"/meetings/{meeting_id}/agenda")
    assert in_order(page.text, "Öppnande", "Ny taxa", "Övriga frågor")
    assert "Ny taxa Från 15 december" in page.text
    office.puts_on_the_agenda(meeting_id, "Budget 2027", kind="decision", minutes="40", presenter="Ekonomichefen")
    page = office.opens(f"/meetings/{meeting_id}/agenda")
    assert in_order(page.text, "Öppnande", "Ny taxa", "Budget 2027", "Övriga frågor")
    uploads(office, f"/meetings/{meeting_id}/documents/new", "Underlag.pdf", title="Underlag till budgeten")


def uploads(office: Office, path: str, name: str, **given: object) -> None:
    visitor = office.secretary()
    response = visitor.post(path, {"visibility": "public", **given, "file": (io.BytesIO(PDF), name)})
    assert response.status_code == 303


def in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


# ---------------------------------------------------------------- call, answers, substitutes


def the_board_is_called(office: Office, meeting_id: int) -> dict[str, Received]:
    """The summons with the agenda, to each member and substitute."""
    office.fills_in(f"/meetings/{meeting_id}/call", "quiet")
    summons = by_recipient(office.lets_the_worker_run(minutes=3))
    assert sorted(summons) == sorted([*MEMBERS, *SUBSTITUTES])
    for mail in summons.values():
        assert in_order(text_of(mail), "9 februari", "Öppnande", "Ny taxa", "Budget 2027", "Övriga frågor")
    return summons


def three_decline_and_substitutes_are_called_in_their_order(
    office: Office, meeting_id: int, summons: dict[str, Received]
) -> None:
    """The first says yes, the second no, the third yes; nobody of the rest can, and one seat stays empty."""
    asked: list[str] = []

    def cannot(mail: Received) -> list[Received]:
        answers(office.house.app, link_in(mail, "r"), "answer", answer="no")
        return new_questions()

    def new_questions() -> list[Received]:
        mails = [mail for mail in office.lets_the_worker_run() if subject_of(mail).startswith("Kan du tjänstgöra?")]
        asked.extend(mail.recipient for mail in mails)
        return mails

    first, second, third = (summons[MEMBERS[n - 1]] for n in DECLINING)
    [question] = cannot(first)
    page = answers(office.house.app, link_in(question, "r"), "answer", answer="yes")
    assert "Du tjänstgör" in page.text
    assert new_questions() == []
    [question] = cannot(second)
    [question] = cannot(question)
    answers(office.house.app, link_in(question, "r"), "answer", answer="yes")
    [question] = cannot(third)
    for _n in range(9):
        [question] = cannot(question)
    assert cannot(question) == []
    assert asked == SUBSTITUTES
    for mail in (summons[address] for n, address in enumerate(MEMBERS, 1) if n not in DECLINING):
        answers(office.house.app, link_in(mail, "r"), "answer", answer="yes")
    page = office.opens(f"/meetings/{meeting_id}")
    assert "12 av 13 platser är täckta, 2 genom ersättare." in page.text


# ---------------------------------------------------------------- the meeting


def ten_of_thirteen_seats_are_filled(office: Office, meeting_id: int) -> None:
    """Eight members, one of them remote, and two substitutes; two are absent, and one seat is empty."""
    office.goes_to("2027-02-09 13:05")
    path = f"/meetings/{meeting_id}/attendance"
    marked = {office.person("Ledamot", n): "present" for n in range(1, 14)}
    marked |= {office.person("Ledamot", n): "substitute" for n in DECLINING[:2]}
    marked |= {office.person("Ledamot", n): "absent" for n in ABSENT}
    marked |= {office.person("Ledamot", 3): "remote", office.person("Ledamot", DECLINING[2]): "notified"}
    names = [name for form in office.opens(path).forms for name in form.options if name.startswith("c-s")]
    choices = {name: marked[int(name.partition("-p")[0].rpartition("-")[2])] for name in names}
    page = office.fills_in(path, names[0], **choices)
    # Whoever has said no is marked as such beforehand.
    assert "12 markeringar är sparade." in page.text
    assert "10 av 13 platser är besatta. Mötet är beslutsfört, minst 7 krävs." in page.text
    acting = [int(value) for name, value in page.form(names[0]).values.items() if name.startswith("sub-")]
    assert acting == [office.person("Ersättare", n) for n in (1, 3)]
    office.goes_to("2027-02-09 15:05")
    page = office.fills_in(f"/meetings/{meeting_id}/held", "version")
    assert "10 av 13 platser är besatta." in page.text


# ---------------------------------------------------------------- the protocol


def the_protocol_is_written(office: Office, meeting_id: int) -> None:
    """One decision on each item, of which one is adjusted at once, and an action point."""
    path = f"/meetings/{meeting_id}/minutes"
    office.presses(f"{path}/begin")
    for title, said in DECISIONS.items():
        item = office.item(meeting_id, title)
        page = office.fills_in(
            f"{path}?item={item}", "decision_text", outcome="as_proposed", text=f"Frågan om {title} behandlades.",
            decision_text=said,
        )  # fmt: skip
        assert "Punkten är sparad." in page.text
    budget = office.item(meeting_id, "Budget 2027")
    [link] = [
        link
        for link in office.opens(f"{path}?item={budget}").links
        if "/actions/new" in link and f"item={budget}" in link
    ]
    owner = f"p{office.person('Ledamot', 4)}"
    office.fills_in(link, "text", "owner", text=ACTION, owner=owner, due_on="2027-03-12")
    page = office.presses(f"{path}/items/{budget}/adjust")
    assert "§ 1 är omedelbart justerad." in page.text


def the_protocol_is_adjusted_by_mail(office: Office, meeting_id: int) -> None:
    """By the chair and one more, each by the link of their mail; then the § are drawn and the text is locked."""
    path = f"/meetings/{meeting_id}/minutes"
    chair, other = (office.person("Ledamot", n) for n in (1, 6))
    office.fills_in(path, "chair_id", "person_ids", chair_id=str(chair), person_ids=[str(other)])
    office.presses(f"{path}/send")
    asked = by_recipient(office.lets_the_worker_run())
    assert sorted(asked) == [MEMBERS[0], MEMBERS[5]]
    for mail in asked.values():
        assert state_of(office, meeting_id) == "adjusting"
        shown = follows(office.house.app, link_in(mail, "j"))
        assert "Fastställs enligt förslaget." in shown.text
        answers(office.house.app, link_in(mail, "j"), "seen", adjust="1")
    assert state_of(office, meeting_id) == "adjusted"
    # The one that was adjusted at once came first; none is missing.
    with office.house.looking() as session:
        query = select(Decision.year, Decision.paragraph, AgendaItem.title).join(AgendaItem)
        drawn = [tuple(row) for row in session.execute(query.order_by(Decision.paragraph))]
    assert drawn == [(2027, n, title) for n, title in enumerate(IN_ORDER_OF_ADJUSTING, 1)]
    assert "Texten stämmer med kontrollsumman." in office.opens(path).text


def state_of(office: Office, meeting_id: int) -> str:
    with office.house.looking() as session:
        return session.scalars(select(Minutes.state).where(Minutes.meeting_id == meeting_id)).one()


def the_public_reads_it_on_the_notice_board(office: Office, meeting_id: int) -> None:
    """Once it is posted, and not before."""
    path = f"/meetings/{meeting_id}/minutes"
    stranger = Visitor(office.house.app, base_url=BASE)
    assert "Nämnden" not in visit(stranger, "/notices/board").text
    office.fills_in(path, "on", on=office.clock.at.date().isoformat())
    assert state_of(office, meeting_id) == "posted"
    assert "Nämnden" in visit(stranger, "/notices/board").text
    assert "Fastställs enligt förslaget." in visit(stranger, path).text


def its_files_say_the_same(office: Office, meeting_id: int) -> None:
    """The protocol as PDF and as a Word document, opened and read."""
    path = f"/meetings/{meeting_id}/minutes"
    printed = [line.strip() for line in pdf_text(office.downloads(f"{path}.pdf")).splitlines()]
    word = office.downloads(f"{path}.docx")
    lines = [line.strip() for line in "\n".join(docx_lines(word)).replace(" | ", " ").splitlines()]
    # But for what print adds, the foot of each page and the dot of a point, they are the same, line by line.
    added = re.compile("•|Nämnden, protokoll 9 februari 2027 .*")
    assert [line for line in printed if not added.fullmatch(line)] == lines
    assert lines[lines.index("Tjänstgörande") + 2 : lines.index("Frånvarande")] == [
        "Ledamot 01 ordförande", "Ledamot 03 på distans", *(f"Ledamot {n:02}" for n in (4, 6, 7, 8, 10, 11)),
        "Ersättare 01 ersättare, tjänstgör för Ledamot 02", "Ersättare 03 ersättare, tjänstgör för Ledamot 05",
    ]  # fmt: skip
    assert "Beslutsförhet Mötet är beslutsfört, minst 7 krävs." in lines
    assert [text for _style, text in docx_headings(word) if text[:1].isdigit()] == [
        f"{number}. {title} § {IN_ORDER_OF_ADJUSTING.index(title) + 1}" for number, title in enumerate(DECISIONS, 1)
    ]
    assert [line for line in lines if line.startswith("Beslut: ")] == [
        f"Beslut: Enligt förslag. {said}" for said in DECISIONS.values()
    ]
    assert lines[lines.index("Åtgärder") + 1] == f"{ACTION}, Ledamot 04, senast 12 mars 2027"
    assert lines[-4:] == [
        "Justerat 9 februari 2027", "Ledamot 01, Ordförande", "Justerat 9 februari 2027", "Ledamot 06, Justerare",
    ]  # fmt: skip


def the_package_holds_all_of_it(office: Office, meeting_id: int) -> None:
    """One zip for the registry: each file opened, each as the list of contents says."""
    response = office.secretary().post(f"/meetings/{meeting_id}/package", {"secret": "without"})
    with zipfile.ZipFile(io.BytesIO(response.data)) as package:
        files = {name.partition("/")[2]: package.read(name) for name in package.namelist()}
    papers = {f"{word} 9 februari 2027.{ending}" for word in ("Kallelse", "Protokoll") for ending in ("docx", "pdf")}
    [locked] = [name for name in files if name.startswith("Låst text ")]
    tables = {"Beslut.csv", "Närvaro.csv", "Åtgärder.csv", "Utskick.csv", "Logg.csv"}
    assert set(files) == papers | tables | {locked, "Handlingar/Underlag till budgeten.pdf", "Innehåll.txt"}
    assert files["Handlingar/Underlag till budgeten.pdf"] == PDF
    summons = docx_lines(files["Kallelse 9 februari 2027.docx"])
    assert in_order("\n".join(summons), "1. Öppnande", "2. Ny taxa", "3. Budget 2027", "4. Övriga frågor")
    minutes = pdf_text(files["Protokoll 9 februari 2027.pdf"])
    assert in_order(minutes, *(f"Beslut: Enligt förslag. {said}" for said in DECISIONS.values()))
    assert json.loads(files[locked])["forum"] == "Nämnden"
    assert {(row["Rubrik"], row["§"], row["Beslut"]) for row in rows_of(files["Beslut.csv"])} == {
        (title, str(IN_ORDER_OF_ADJUSTING.index(title) + 1), said) for title, said in DECISIONS.items()
    }
    assert Counter(row["Närvaro"] for row in rows_of(files["Närvaro.csv"])) == {
        "tjänstgörande": 9, "tjänstgörande, på distans": 1, "frånvarande": 2, "frånvarande, anmäld frånvaro": 3,
    }  # fmt: skip
    assert [(row["Åtgärd"], row["Ansvarig"], row["Senast"]) for row in rows_of(files["Åtgärder.csv"])] == [
        (ACTION, "Ledamot 04", "2027-03-12"),
    ]  # fmt: skip
    assert Counter(row["Utskick"] for row in rows_of(files["Utskick.csv"])) == {
        "Valt datum": 26, "Kallelse": 26, "Fråga till ersättare": 13, "Protokoll att justera": 2,
    }  # fmt: skip
    listed = [line.split("  ", 1) for line in files.pop("Innehåll.txt").decode().splitlines()]
    assert {name: digest for digest, name in (line for line in listed if len(line) == 2)} == {
        name: hashlib.sha256(body).hexdigest() for name, body in files.items()
    }


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig")), delimiter=";"))


def the_action_point_goes_on(office: Office) -> None:
    """It stands on the next agenda, and its owner is reminded of it; then it is done."""
    following = office.books("namnden", AFTER, start="13.00", end="15.00")
    for path in (f"/meetings/{following}", f"/meetings/{following}/agenda"):
        assert ACTION in office.opens(path).text
    reminded = []
    for day in ("2027-03-08", "2027-03-09", "2027-03-10"):
        office.goes_to(f"{day} 08:00")
        reminded += [(day, mail.recipient, subject_of(mail)) for mail in office.lets_the_worker_run()]
    # Three days before Friday 12 March, once, and nobody but its owner.
    assert reminded == [("2027-03-09", MEMBERS[3], f"Påminnelse om åtgärd: {ACTION}")]
    [point] = [link for link in office.opens(f"/meetings/{following}").links if re.fullmatch(r".*/actions/\d+", link)]
    office.fills_in(point, "state", state="done", outcome="Skickad")
    assert ACTION not in office.opens(f"/meetings/{following}/agenda").text
