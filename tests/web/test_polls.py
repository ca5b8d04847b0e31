"""Date polls through HTTP and real mail: from the dates typed to the meeting booked, and each refusal on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import func, select

from scheduler.accounts.personal_links import derive
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.mail.actions import announce, fan_out
from scheduler.mail.choices import choice_of, set_choices
from scheduler.mail.delivery import deliver
from scheduler.mail.models import OutboxMail
from scheduler.mail.polls import ask
from scheduler.meetings.booking import book_meeting
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Person, PersonEmail
from scheduler.polls.actions import GivenDate, Wanted, create_poll, decide, drop_poll, open_poll
from scheduler.polls.models import Poll, PollInvitee, PollOption, PollVote
from scheduler.polls.voting import vote
from tests.conftest import NOW
from tests.mail.conftest import mail_settings
from tests.mail.sink import Sink
from tests.meetings.county import LONG_AGO
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, visit
from tests.web.visits import Visitor
from tests.web.world import SITE, sign_in

KEY = "a secret of the tests, long enough"
ACTOR = Actor("Anna Secretary")
DAYS = (date(2027, 2, 9), date(2027, 2, 11), date(2027, 2, 18))
#: Friday.
BY = date(2027, 1, 22)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


def board(house: House, size: int = 13) -> str:
    """The address part of a board with so many members and as many substitutes, quorate by more than half."""
    with house.changing() as session:
        own = session.get_one(Forum, house.world.forums["own"].id)
        forum = Forum(
            slug="namnden", name="Nämnden", kind_id="namnd", secretariat_id=own.secretariat_id, duration=120,
            quorum_rule="more_than_half", tracked_from_on=LONG_AGO, public_level="none", default_time=time(13),
        )  # fmt: skip
        session.add(forum)
        session.flush()
        for kind in ("ordinary", "substitute"):
            for number in range(1, size + 1):
                person = Person(given_name="Ledamot" if kind == "ordinary" else "Ersättare", family_name=f"{number:02}")
                person.emails.append(PersonEmail(address=f"{kind}{number:02}@example.org", main=True))
                session.add(person)
                session.flush()
                seat = Seat(forum_id=forum.id, kind=kind, label=f"Plats {number}", position=number)
                seat.appointments.append(Appointment(person_id=person.id, from_on=LONG_AGO))
                session.add(seat)
    return "namnden"


def make(house: House, slug: str, *, opened: bool = True, days=DAYS, **given) -> int:
    """A poll of the forum, made by the actions."""
    with house.changing() as session:
        forum = session.scalars(select(Forum).where(Forum.slug == slug)).one()
        wanted = Wanted(
            **{"dates": [GivenDate(day, time(13)) for day in days], "answer_by_on": BY, "duration": 120} | given
        )
        poll = create_poll(session, ACTOR, NOW, forum=forum, wanted=wanted, site=SITE)
        if opened:
            open_poll(session, ACTOR, NOW, poll, version=None, site=SITE)
        return poll.id


def path_of(house: House, poll_id: int, place: int = 0, *, epoch: int = 1, purpose: str = "poll") -> str:
    """The personal page of somebody asked."""
    with house.looking() as session:
        rows = select(PollInvitee.id).where(PollInvitee.poll_id == poll_id).order_by(PollInvitee.id)
        return f"/p/{derive(KEY, purpose, session.scalars(rows).all()[place], epoch)}/"


def dates_of(page: Page) -> list[str]:
    """The names of the controls that answer the dates, in their order."""
    return [name for name in page.form("message").options if name.startswith("date-")]


def press(house: House, path: str, *answers: str, message: str = "") -> Page:
    """Answers the dates of a personal page in their order without a cookie, and follows the answer."""
    visitor = Visitor(house.app)
    page = visit(visitor, path)
    form = page.form("message", "form_token")
    given = {name: said for name, said in zip(dates_of(page), answers, strict=False) if said}
    response = visitor.post(form.action, {**form.values, **given, "message": message}, token=False)
    if response.status_code != 303:
        return read(response)
    return visit(visitor, urljoin(form.action, response.headers["Location"]))


def filled(page: Page, days=DAYS, **given: object) -> dict[str, object]:
    """The form of a new poll with these days typed in."""
    values: dict[str, object] = dict(page.form("answer_by_on", "dates-0-on").values)
    values |= {f"dates-{place}-on": day.isoformat() for place, day in enumerate(days)}
    return values | {"answer_by_on": BY.isoformat()} | given


# ---------------------------------------------------------------- the trip


def test_poll_of_a_board_from_the_dates_typed_to_the_meeting_booked(house_on_both, clock, sink, tmp_path):
    house = house_on_both
    settings = mail_settings(
        tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, secret_key=KEY, base_url="http://localhost"
    )

    def mails(at: datetime) -> list[tuple[str, EmailMessage]]:
        """What the clock makes and sends at an instant."""
        clock.at = at
        seen = len(sink.mails)
        with house.app.app_context():
            with house.changing() as session:
                ask(session, at, settings)
            deliver(db.engine, settings, clock)
        return [(mail.recipient, mail.message) for mail in sink.mails[seen:]]

    def sign_in_again() -> Visitor:
        """The secretary on another day, when the session of the last one has run out."""
        with house.changing() as session:
            user = session.merge(house.world.users["own secretariat"])
            sign_in(session, user, clock.at, f"the session of {clock.at}")
        return Visitor(house.app, f"the session of {clock.at}")

    secretary = house.visitor()
    slug = board(house)
    page = visit(secretary, f"/polls/new?forum={slug}")
    response = secretary.post(f"/polls/new?forum={slug}", filled(page, title="Budgeten", send="1"), token=False)
    assert response.status_code == 303
    address = response.headers["Location"]
    assert "0 av 26 har svarat" in visit(secretary, address).text

    # The question to all of them, on Monday morning.
    monday = datetime.fromisoformat("2026-11-23T08:00:00+00:00")
    asked = dict(mails(monday))
    assert set(asked) == {f"{kind}{n:02}@example.org" for kind in ("ordinary", "substitute") for n in range(1, 14)}
    letter = asked["ordinary01@example.org"]
    assert letter["Subject"].replace("\n", "") == "Vilka dagar kan du? Nämnden, svara senast fredag 22 januari"
    assert "Ledamot 02" not in letter.as_string()
    links = {
        to: urlsplit(re.search(r"http://localhost(/p/\S+)", mail.get_body(("plain",)).get_content())[0]).path
        for to, mail in asked.items()
    }
    assert mails(monday + timedelta(hours=1)) == []

    # Ten come on the first day and three do not; two substitutes stand ready.
    for number in range(1, 14):
        first = "no" if number in {2, 5, 9} else "yes"
        done = press(house, links[f"ordinary{number:02}@example.org"], first, "yes" if number < 7 else "no", "no")
        assert "Svaret är skickat 10.00. Du kan ändra det till och med 22 januari." in done.text
    for number in (4, 1):
        press(house, links[f"substitute{number:02}@example.org"], "if_needed" if number == 4 else "yes", "no", "no")
    secretary = sign_in_again()
    page = visit(secretary, address)
    assert "12/13 platser, 2 via ersättare" in page.text
    assert "Beslutsför, 7 krävs" in page.text
    assert "6 platser färre: " in page.text
    assert "under beslutsförhet" in page.text
    assert page.text.index("Tisdag 9 februari 2027") < page.text.index("Torsdag 11 februari 2027")

    # Asked again are those who have said nothing, three days before and the day before; each time once.
    silent = {f"substitute{n:02}@example.org" for n in range(1, 14) if n not in {1, 4}}
    again = mails(datetime.fromisoformat("2027-01-19T08:30:00+00:00"))
    assert {to for to, _mail in again} == silent
    assert all("Du har inte svarat" in mail["Subject"] for _to, mail in again)
    assert mails(datetime.fromisoformat("2027-01-19T12:00:00+00:00")) == []
    press(house, links["substitute02@example.org"], "no", "no", "no")
    last = mails(datetime.fromisoformat("2027-01-21T08:30:00+00:00"))
    assert {to for to, _mail in last} == silent - {"substitute02@example.org"}
    assert mails(datetime.fromisoformat("2027-01-25T08:30:00+00:00")) == []

    # Too late to answer; the choice books the meeting and keeps what was said.
    clock.at = datetime.fromisoformat("2027-01-25T08:30:00+00:00")
    secretary = sign_in_again()
    closed = visit(Visitor(house.app), links["ordinary01@example.org"])
    assert (closed.forms, "Svarstiden är ute" in closed.text, "Ditt svar" in closed.text) == ([], True, True)
    choose = next(link for link in visit(secretary, address).links if "/choose/" in link)
    form = visit(secretary, choose).form("version")
    response = secretary.post(choose, dict(form.values), token=False)
    assert response.status_code == 303
    meeting = visit(secretary, response.headers["Location"])
    assert (meeting.heading, "9 februari 2027" in meeting.text) == ("Budgeten", True)
    told = mails(datetime.fromisoformat("2027-01-25T09:30:00+00:00"))
    assert {to for to, _mail in told} == set(asked)
    assert {mail["Subject"] for _to, mail in told} == {"Datum valt: Nämnden tisdag 9 februari 2027"}
    assert "Tisdag 9 februari 2027, kl. 13.00–15.00" in told[0][1].get_body(("plain",)).get_content()
    assert mails(datetime.fromisoformat("2027-01-25T10:30:00+00:00")) == []
    page = visit(secretary, address)
    assert ("Avgjord" in page.text, "12/13 platser, 2 via ersättare" in page.text) == (True, True)
    over = visit(Visitor(house.app), links["ordinary01@example.org"])
    assert "Valt datum: tisdag 9 februari 2027, 13.00–15.00." in over.text
    with house.looking() as session:
        made = session.scalars(select(Meeting).where(Meeting.title == "Budgeten")).one()
        assert (made.state, made.local_on) == ("confirmed", DAYS[0])
        assert session.scalar(select(func.count()).select_from(PollVote)) == 16 * 3


# ---------------------------------------------------------------- a new one


def test_new_poll_asks_for_the_forum_first(house):
    page = visit(house.visitor(), "/polls/new")
    assert page.heading == "Ny datumförfrågan"
    assert [form for form in page.forms if "answer_by_on" in form.values] == []
    assert "Forumet foreign" not in page.text


def test_more_lines_and_conflicts_come_without_storing_anything(house):
    secretary, slug = house.visitor(), board(house, 2)
    address = f"/polls/new?forum={slug}"
    page = visit(secretary, address)
    page = read(secretary.post(address, filled(page, more="1"), token=False))
    form = page.form("dates-5-on")
    assert [form.values[f"dates-{n}-on"] for n in range(6)] == [*(day.isoformat() for day in DAYS), "", "", ""]
    with house.changing() as session:
        other = session.get_one(Forum, house.world.forums["own"].id)
        person = session.scalars(select(Person).where(Person.family_name == "01")).first()
        session.add(Seat(forum_id=other.id, appointments=[Appointment(person_id=person.id, from_on=LONG_AGO)]))
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        meeting.start_at = datetime.fromisoformat("2027-02-11T12:00:00+00:00")
        meeting.end_at, meeting.local_on = meeting.start_at + timedelta(hours=2), DAYS[1]
    for where, more in ((address, {"check": "1"}), ("/polls/conflicts", {})):
        response = secretary.post(where, filled(page, **more), token=False)
        assert response.status_code == 200
        text = response.get_data(as_text=True)
        assert ("Torsdag 11 februari" in text, "Ledamot 01" in text) == (True, True)
    with house.looking() as session:
        assert session.scalars(select(Poll).where(Poll.state != "draft")).all() == []


def test_wrong_date_is_said_at_its_line_and_what_was_typed_stays(house):
    secretary, slug = house.visitor(), board(house, 2)
    address = f"/polls/new?forum={slug}"
    given = {"dates-1-on": "imorgon", "dates-2-start": "sju", "title": "Budgeten"}
    page = read(secretary.post(address, filled(visit(secretary, address), **given), token=False))
    assert (page.status, set(page.errors)) == (422, {"dates-1-on", "dates-2-start"})
    assert {name: page.form("title").values[name] for name in given} == given
    page = visit(secretary, address)
    page = read(secretary.post(address, filled(page, days=(date(2026, 1, 7), DAYS[0], DAYS[0])), token=False))
    assert (page.status, set(page.errors)) == (422, {"dates-0-on", "dates-2-on", "answer_by_on"})


def test_draft_sends_nothing_until_it_is_sent(house):
    secretary, slug = house.visitor(), board(house, 2)
    address = f"/polls/new?forum={slug}"
    response = secretary.post(address, filled(visit(secretary, address)), token=False)
    there = response.headers["Location"]
    with house.looking() as session:
        assert session.scalars(select(OutboxMail).where(OutboxMail.kind == "poll")).all() == []
    page = visit(secretary, f"{there}/edit")
    assert page.form("dates-0-on").values["dates-0-on"] == DAYS[0].isoformat()
    assert secretary.post(f"{there}/edit", filled(page, days=DAYS[:2], send="1"), token=False).status_code == 303
    with house.looking() as session:
        assert len(session.scalars(select(OutboxMail).where(OutboxMail.kind == "poll")).all()) == 4
    text = visit(secretary, there).text
    assert ("Svar tas emot till och med" in text, text.count("Brevet: Väntar")) == (True, 4)
    assert secretary.get(f"{there}/edit").status_code == 303


# ---------------------------------------------------------------- the personal page


def test_page_names_nobody_else_and_sets_no_cookie(house):
    poll_id = make(house, board(house, 3), title="Budgeten")
    press(house, path_of(house, poll_id, 1), "yes", "if_needed", "no")
    response = Visitor(house.app).get(path_of(house, poll_id))
    page = read(response)
    assert (page.status, page.heading) == (200, "Vilka dagar kan du?")
    assert "Hittills: 1 ja, 0 om det behövs, 0 nej" in page.text
    assert "Ledamot 01" in page.text
    assert ("Ledamot 02" in page.text, "@" in page.text) == (False, False)
    assert "Set-Cookie" not in response.headers
    assert (response.headers["X-Robots-Tag"], response.headers["Cache-Control"]) == ("noindex", "private, no-store")
    with house.looking() as session:
        session.get_one(Poll, poll_id)
    with house.changing() as session:
        session.get_one(Poll, poll_id).shows_counts = False
    assert "Hittills" not in visit(Visitor(house.app), path_of(house, poll_id)).text


def test_answer_may_be_changed_and_left_half(house):
    path = path_of(house, make(house, board(house, 2)))
    page = press(house, path, "yes", "", "no", message="Kommer efter lunch")
    assert page.heading == "Svaret är skickat"
    assert [word in page.text for word in ("Ja", "Inget svar", "Nej", "Kommer efter lunch")] == [True] * 4
    form = visit(Visitor(house.app), path).form("message")
    assert [form.values.get(name) for name in dates_of(visit(Visitor(house.app), path))] == ["yes", None, "no"]
    assert form.values["message"] == "Kommer efter lunch"
    press(house, path, "no")
    with house.looking() as session:
        assert session.scalars(select(PollVote.answer).order_by(PollVote.id)).all() == ["yes", "no", "no"]


def test_answer_that_is_none_is_refused_and_the_others_stay_on_the_page(house):
    path = path_of(house, make(house, board(house, 2)))
    assert press(house, path).status == 422
    page = press(house, path, "yes", "maybe")
    assert (page.status, page.form("message").values.get(dates_of(page)[0])) == (422, "yes")
    page = press(house, path, "yes", message="x" * 201)
    assert (page.status, set(page.errors)) == (422, {"message"})
    with house.looking() as session:
        assert session.scalars(select(PollVote)).all() == []


def test_answer_without_the_seal_of_the_page_is_refused(house):
    path = path_of(house, make(house, board(house, 2)))
    name = dates_of(visit(Visitor(house.app), path))[0]
    for form in ({name: "yes"}, {name: "yes", "form_token": "x" * 27}):
        assert Visitor(house.app).post(path, form, token=False).status_code == 400


@pytest.mark.parametrize("given", [{"epoch": 2}, {"purpose": "reply"}])
def test_link_of_another_purpose_or_revoked_is_unknown(house, given):
    poll_id = make(house, board(house, 2))
    assert Visitor(house.app).get(path_of(house, poll_id, **given)).status_code == 404


def test_link_of_a_draft_is_unknown_and_long_after_the_dates_it_is_gone(house, clock):
    slug = board(house, 2)
    assert Visitor(house.app).get(path_of(house, make(house, slug, opened=False))).status_code == 404
    path = path_of(house, make(house, slug))
    clock.at = datetime.fromisoformat("2027-02-25T13:00:00+00:00")
    assert Visitor(house.app).get(path).status_code == 200
    clock.move(days=1)
    response = Visitor(house.app).get(path)
    assert (response.status_code, "Länken slutade gälla" in response.get_data(as_text=True)) == (410, True)


def test_own_clash_is_hinted_and_foreign_ones_are_not(house):
    slug = board(house, 2)
    poll_id = make(house, slug)
    with house.changing() as session:
        person = session.scalars(select(Person).where(Person.given_name == "Ledamot", Person.family_name == "01")).one()
        own = house.world.forums["own"].id
        session.add(Seat(forum_id=own, appointments=[Appointment(person_id=person.id, from_on=LONG_AGO)]))
        for relation in ("own", "foreign"):
            meeting = session.get_one(Meeting, house.world.meetings[relation].id)
            meeting.start_at = datetime.fromisoformat("2027-02-11T13:00:00+00:00")
            meeting.end_at, meeting.local_on = meeting.start_at + timedelta(hours=2), DAYS[1]
    text = visit(Visitor(house.app), path_of(house, poll_id)).text
    assert (text.count("Krockar med"), "Krockar med Forumet own" in text) == (1, True)
    assert "Krockar med" not in visit(Visitor(house.app), path_of(house, poll_id, 1)).text


def test_page_speaks_the_language_of_whoever_is_asked(house):
    poll_id = make(house, board(house, 2))
    with house.changing() as session:
        session.get_one(Poll, poll_id).invitees[0].person.locale = "en"
    page = visit(Visitor(house.app), path_of(house, poll_id))
    assert page.heading == "Which days can you make?"
    assert press(house, path_of(house, poll_id), "yes").heading == "The answer is sent"


# ---------------------------------------------------------------- mails


def sent(house: House, clock, sink: Sink, tmp_path, at: datetime) -> list[EmailMessage]:
    """What the clock makes and sends at an instant."""
    settings = mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, secret_key=KEY)
    clock.at, seen = at, len(sink.mails)
    with house.app.app_context():
        with house.changing() as session:
            ask(session, at, settings)
            fan_out(session, at, settings)
        deliver(db.engine, settings, clock)
    return [mail.message for mail in sink.mails[seen:]]


MONDAY = datetime.fromisoformat("2026-11-23T08:00:00+00:00")


def test_letter_speaks_the_language_of_whoever_gets_it_and_names_the_dates(house, clock, sink, tmp_path):
    poll_id = make(house, board(house, 1), title="Budgeten")
    with house.changing() as session:
        session.get_one(Poll, poll_id).invitees[0].person.locale = "en"
    english, swedish = sorted(sent(house, clock, sink, tmp_path, MONDAY), key=lambda mail: mail["To"])
    assert english["Subject"].replace("\n", "") == "Which days can you make? Nämnden, answer by Friday 22 January"
    text = english.get_body(("plain",)).get_content()
    assert "- Tuesday 9 February 2027, 13:00–15:00" in text
    assert f"https://takt.example.org{path_of(house, poll_id)}?language=en" in text
    html = swedish.get_body(("html",)).get_content()
    assert ("Torsdag 11 februari 2027, kl. 13.00–15.00" in html, "Svara på datumen" in html) == (True, True)


def test_question_that_has_not_left_does_not_once_the_poll_is_over(house, clock, sink, tmp_path):
    poll_id = make(house, board(house, 1))
    with house.changing() as session:
        ask(session, NOW)
        drop_poll(session, ACTOR, NOW, session.get_one(Poll, poll_id), version=None, site=SITE)
    assert sent(house, clock, sink, tmp_path, MONDAY) == []
    with house.looking() as session:
        rows = session.execute(select(OutboxMail.state, OutboxMail.last_error).where(OutboxMail.kind == "poll"))
        assert set(rows) == {("superseded", "nothing new")}


def test_who_wants_changes_alone_is_asked_once(house, clock, sink, tmp_path):
    poll_id = make(house, board(house, 1))
    with house.changing() as session:
        person_id = session.get_one(Poll, poll_id).invitees[0].person_id
        set_choices(session, ACTOR, NOW, choice_of(session, person_id=person_id), frequency="changes")
    assert len(sent(house, clock, sink, tmp_path, MONDAY)) == 2
    again = sent(house, clock, sink, tmp_path, datetime.fromisoformat("2027-01-19T08:30:00+00:00"))
    assert [mail["To"] for mail in again] == ["substitute01@example.org"]
    assert "List-Unsubscribe" in again[0]


def test_who_was_told_the_date_is_not_asked_to_save_it_too(house, clock, sink, tmp_path):
    slug = board(house, 1)
    with house.changing() as session:
        forum = session.scalars(select(Forum).where(Forum.slug == slug)).one()
        forum.formality = "notes"
        person = Person(given_name="Ny", family_name="Ledamot")
        person.emails.append(PersonEmail(address="ny@example.org", main=True))
        session.add(person)
        session.flush()
        # A seat that begins after the poll: its holder was never asked.
        seat = Seat(forum_id=forum.id, from_on=date(2027, 2, 10), position=9)
        seat.appointments.append(Appointment(person_id=person.id, from_on=date(2027, 2, 10)))
        session.add(seat)
    poll_id = make(house, slug)
    with house.changing() as session:
        poll = session.get_one(Poll, poll_id)
        decide(session, ACTOR, NOW, poll, option_id=poll.options[2].id, version=None, site=SITE)
        announce(session, NOW)
    told = sent(house, clock, sink, tmp_path, MONDAY)
    assert {mail["Subject"] for mail in told} == {"Datum valt: Nämnden torsdag 18 februari 2027"}
    assert {mail["To"] for mail in told} == {"ordinary01@example.org", "substitute01@example.org"}
    # Six weeks before 18 February.
    later = sent(house, clock, sink, tmp_path, datetime.fromisoformat("2027-01-07T08:30:00+00:00"))
    assert [(mail["To"], mail["Subject"].split(":")[0]) for mail in later] == [("ny@example.org", "Spara dagen")]


def test_choice_saved_quietly_tells_nobody(house, clock, sink, tmp_path):
    poll_id = make(house, board(house, 1))
    secretary = house.visitor()
    choose = next(link for link in visit(secretary, f"/polls/{poll_id}").links if "/choose/" in link)
    form = visit(secretary, choose).form("version")
    assert secretary.post(choose, {**form.values, "quiet": "y"}, token=False).status_code == 303
    assert sent(house, clock, sink, tmp_path, MONDAY) == []


# ---------------------------------------------------------------- steps, and two at once


def test_steps_are_posted_with_the_version_one_saw(house):
    poll_id = make(house, board(house, 2))
    secretary, address = house.visitor(), f"/polls/{poll_id}"
    version = visit(secretary, address).form("answer_by_on").values["version"]
    page = read(secretary.post(f"{address}/reopen", {"version": version, "answer_by_on": "2027-02-18"}))
    assert (page.status, set(page.errors)) == (422, {"answer_by_on"})
    assert secretary.post(f"{address}/reopen", {"version": version, "answer_by_on": "29/1 2027"}).status_code == 303
    assert secretary.post(f"{address}/close", {"version": version}).status_code == 409
    version = visit(secretary, address).form("answer_by_on").values["version"]
    assert secretary.post(f"{address}/close", {"version": version}).status_code == 303
    assert visit(Visitor(house.app), path_of(house, poll_id)).forms == []
    assert secretary.post(f"{address}/nonsense").status_code == 404
    page = visit(secretary, address)
    assert (
        secretary.post(f"{address}/drop", {"version": page.form("answer_by_on").values["version"]}).status_code == 303
    )
    assert "Utan resultat" in visit(secretary, address).text


def test_two_who_choose_at_once_book_one_meeting(house_on_both):
    house = house_on_both
    poll_id = make(house, board(house, 2))
    visitors = house.visitor(), house.visitor("administrator")
    choose = [link for link in visit(visitors[0], f"/polls/{poll_id}").links if "/choose/" in link]
    forms = [visit(who, link).form("version") for who, link in zip(visitors, choose, strict=False)]

    def press_button(place: int) -> tuple[int, str]:
        answer = visitors[place].post(choose[place], dict(forms[place].values), token=False)
        return answer.status_code, answer.get_data(as_text=True)

    with ThreadPoolExecutor(2) as both:
        answers = sorted(both.map(press_button, range(2)))
    assert [status for status, _text in answers] == [303, 409]
    assert "sparades inte" in answers[1][1]
    with house.looking() as session:
        made = session.scalar(select(func.count()).select_from(Meeting).where(Meeting.local_on.in_(DAYS)))
        chosen = session.scalar(select(func.count()).select_from(PollOption).where(PollOption.chosen))
        assert (made, chosen) == (1, 1)


def test_answer_that_comes_as_the_date_is_chosen_is_kept_or_refused_whole(house_on_both):
    house = house_on_both
    poll_id = make(house, board(house, 2))
    secretary, path = house.visitor(), path_of(house, poll_id)
    choose = next(link for link in visit(secretary, f"/polls/{poll_id}").links if "/choose/" in link)
    form = visit(secretary, choose).form("version")
    page = visit(Visitor(house.app), path)
    given = {**page.form("message").values, **dict.fromkeys(dates_of(page), "yes")}
    with ThreadPoolExecutor(2) as both:
        answered = both.submit(lambda: Visitor(house.app).post(path, given, token=False).status_code)
        decided = both.submit(lambda: secretary.post(choose, dict(form.values), token=False).status_code)
        statuses = answered.result(), decided.result()
    assert statuses in {(303, 303), (422, 303)}
    with house.looking() as session:
        votes = session.scalar(select(func.count()).select_from(PollVote))
        assert votes == (len(DAYS) if statuses[0] == 303 else 0)


def test_secretary_enters_an_answer_for_somebody_after_the_last_day_too(house, clock):
    poll_id = make(house, board(house, 2))
    clock.at = datetime.fromisoformat("2027-01-25T08:30:00+00:00")
    with house.changing() as session:
        sign_in(session, session.merge(house.world.users["own secretariat"]), clock.at, "a new session")
    secretary = Visitor(house.app, "a new session")
    address = next(link for link in visit(secretary, f"/polls/{poll_id}").links if "/answers/" in link)
    page = visit(secretary, address)
    assert page.heading == "Vilka dagar kan Ledamot 01?"
    assert read(secretary.post(address, dict(page.form("message").values), token=False)).status == 422
    given = {**page.form("message").values, dates_of(page)[0]: "yes", "message": "Per telefon"}
    assert secretary.post(address, given, token=False).status_code == 303
    with house.looking() as session:
        user_id = house.world.users["own secretariat"].id
        assert session.execute(select(PollVote.answer, PollVote.via, PollVote.user_id)).all() == [
            ("yes", "secretary", user_id)
        ]
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "poll.vote")).one()
        assert (entry.actor, entry.after["person"]) == ("Own secretariat", "Ledamot 01")
    assert "Per telefon" in visit(secretary, f"/polls/{poll_id}").text
    assert house.visitor("other secretariat").get(address).status_code == 404


def test_poll_of_a_proposed_meeting_begins_with_its_date_and_confirms_it(house):
    secretary, slug = house.visitor(), board(house, 2)
    with house.changing() as session:
        forum = session.scalars(select(Forum).where(Forum.slug == slug)).one()
        meeting = book_meeting(
            session, ACTOR, NOW, forums=[forum], on=date(2027, 3, 3), start=time(10), state="proposed", site=SITE,
            title="Budgeten", check_conflicts=False,
        )  # fmt: skip
        meeting_id = meeting.id
    address = next(link for link in visit(secretary, f"/meetings/{meeting_id}").links if "/polls/new" in link)
    page = visit(secretary, address)
    shown = page.form("answer_by_on", "dates-0-on").values
    assert [shown[name] for name in ("dates-0-on", "dates-0-start", "dates-0-end", "title")] == [
        "2027-03-03", "10.00", "12.00", "Budgeten",
    ]  # fmt: skip
    given = {**shown, "dates-1-on": "2027-02-18", "answer_by_on": BY.isoformat(), "send": "1"}
    there = secretary.post(address, given, token=False).headers["Location"]
    assert there in visit(secretary, f"/meetings/{meeting_id}").links
    choose = next(link for link in visit(secretary, there).links if "/choose/" in link)
    form = visit(secretary, choose).form("version")
    assert secretary.post(choose, dict(form.values), token=False).headers["Location"] == f"/meetings/{meeting_id}"
    with house.looking() as session:
        found = session.get_one(Meeting, meeting_id)
        assert (found.state, found.local_on) == ("confirmed", date(2027, 2, 18))
    foreign = house.world.meetings["foreign"].id
    assert secretary.get(f"/polls/new?forum={slug}&meeting={foreign}").status_code == 404


def test_poll_of_another_secretariat_is_a_missing_one(house):
    poll_id = make(house, board(house, 2))
    other = house.visitor("other secretariat")
    option = visit(house.visitor(), f"/polls/{poll_id}").links
    choose = next(link for link in option if "/choose/" in link)
    for path in (f"/polls/{poll_id}", f"/polls/{poll_id}/edit", choose):
        assert other.get(path).status_code == 404
    assert other.post(f"/polls/{poll_id}/close").status_code == 404
    assert "Nämnden" not in visit(other, "/polls").text


def test_menu_counts_the_polls_that_wait(house):
    slug = board(house, 2)
    make(house, slug, opened=False)
    make(house, slug)
    assert re.search(r"Datumförfrågningar\s+1\b", visit(house.visitor(), "/polls").text)
    assert "/polls" not in visit(house.visitor("member"), "/me").links


def test_forty_dates_and_sixty_people_take_no_more_questions_than_two_and_four(house):
    def queries(poll_id: int, path: str) -> tuple[int, int]:
        secretary = house.visitor()
        with house.app.app_context(), count_queries(db.engine) as sent:
            assert secretary.get(f"/polls/{poll_id}").status_code == 200
        with house.app.app_context(), count_queries(db.engine) as own:
            assert Visitor(house.app).get(path).status_code == 200
        return len(sent), len(own)

    slug = board(house, 30)
    small = make(house, "own-forum", days=DAYS[:2])
    large = make(house, slug, days=[DAYS[0] + timedelta(days=n) for n in range(40)])
    with house.changing() as session:
        for poll_id in (small, large):
            poll = session.get_one(Poll, poll_id)
            for invitee in poll.invitees:
                answers = {option.id: ("yes", "no", "if_needed")[option.id % 3] for option in poll.options}
                vote(session, ACTOR, NOW, invitee, answers=answers)
    queries(small, path_of(house, small))  # what is asked once and kept
    assert queries(large, path_of(house, large)) == queries(small, path_of(house, small))


def test_own_page_leads_to_the_polls_that_ask_one(house):
    poll_id = make(house, "own-forum")
    with house.looking() as session:
        poll = session.get_one(Poll, poll_id)
        member = house.world.users["member"].person_id
        place = next(n for n, invitee in enumerate(poll.invitees) if invitee.person_id == member)
    path = path_of(house, poll_id, place)
    page = visit(house.visitor("member"), "/me")
    assert (path in page.links, "En sak väntar på ditt svar." in page.text) == (True, True)
    press(house, path, "yes")
    assert "Datum du har svarat på" in visit(house.visitor("member"), "/me").text
    with house.changing() as session:
        drop_poll(session, ACTOR, NOW, session.get_one(Poll, poll_id), version=None, site=SITE)
    assert path not in visit(house.visitor("member"), "/me").links


def test_history_names_the_steps(house):
    poll_id = make(house, board(house, 2))
    press(house, path_of(house, poll_id), "yes")
    with house.looking() as session:
        rows = session.scalars(select(HistoryEntry).where(HistoryEntry.subject_kind == "poll")).all()
        assert [(row.actor, row.action) for row in rows] == [
            ("Anna Secretary", "poll.create"), ("Anna Secretary", "poll.open"), ("Ledamot 01", "poll.vote"),
        ]  # fmt: skip
    assert "Datumförfrågan skickades" in visit(house.visitor(), f"/history?kind=poll&id={poll_id}").text
