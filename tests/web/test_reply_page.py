"""Answering a call by the link of its mail: one meeting for one person; looking changes nothing (SEC-4, SEC-12)."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urljoin

import pytest
from sqlalchemy import func, select

from scheduler.accounts.personal_links import derive
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.meetings.actions import call_meeting, cancel_meeting, withdraw_invitee
from scheduler.meetings.models import Invitee, Meeting, Reply
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import Page, read, visit
from tests.web.visits import Visitor
from tests.web.world import SITE

KEY = "a secret of the tests, long enough"
ACTOR = Actor("Anna Secretary")


@pytest.fixture
def called(house: House) -> int:
    """The own meeting is called; the row of the person on its first seat."""
    with house.changing() as session:
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        call_meeting(session, ACTOR, NOW, meeting, version=None, site=SITE, answer_by_on=meeting.local_on)
        person = house.world.people["own"].id
        return session.scalars(select(Invitee.id).where(Invitee.person_id == person)).one()


def path(invitee_id: int, *, epoch: int = 1, purpose: str = "reply") -> str:
    return f"/r/{derive(KEY, purpose, invitee_id, epoch)}/"


def stranger(house: House) -> Visitor:
    return Visitor(house.app)


def press(visitor: Visitor, page_path: str, **given: object) -> Page:
    """Sends the form of the page without any cookie, and follows the answer as a browser does."""
    form = visit(visitor, page_path).form("answer", "form_token")
    response = visitor.post(form.action, {**form.values, **given}, token=False)
    if response.status_code != 303:
        return read(response)
    there = response.headers["Location"]
    assert page_path.split("/")[2] not in there
    return visit(visitor, urljoin(form.action, there))


def answers(house: House) -> list[tuple[str, str | None, str]]:
    with house.looking() as session:
        return [(row.answer, row.comment, row.via) for row in session.scalars(select(Reply).order_by(Reply.id))]


def test_link_shows_the_meeting_and_who_answers_without_a_cookie(house, called):
    response = stranger(house).get(path(called))
    page = read(response)
    assert (page.status, page.heading) == (200, "Kommer du till Forumet own?")
    assert "Du svarar som Own Person" in page.text
    assert "Inte skickat än" in page.text
    assert "Set-Cookie" not in response.headers
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    # Nobody else's answer, name or address.
    assert "Member Person" not in page.text
    assert "@" not in page.text


def test_answer_named_in_the_address_is_chosen_and_nothing_is_stored(house, called):
    page = visit(stranger(house), f"{path(called)}?answer=no")
    assert page.form("answer").values["answer"] == "no"
    assert answers(house) == []
    assert visit(stranger(house), f"{path(called)}?answer=remote").form("comment").values.get("answer") is None


def test_answer_is_recorded_and_the_latest_counts(house, called):
    page = press(stranger(house), path(called), answer="yes", comment="Kommer efter lunch")
    assert (page.status, page.heading) == (200, "Svaret är skickat")
    assert "Ja Skickat" in page.text
    page = press(stranger(house), path(called), answer="no", comment="")
    assert "Nej Skickat" in page.text
    assert answers(house) == [("yes", "Kommer efter lunch", "link"), ("no", None, "link")]
    assert visit(stranger(house), path(called)).form("answer").values["answer"] == "no"
    with house.looking() as session:
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "reply.give")).first()
        assert (entry.actor, entry.user_id) == ("Own Person", None)


def test_answer_without_the_seal_of_the_page_is_refused(house, called):
    visitor = stranger(house)
    for form in ({"answer": "yes"}, {"answer": "yes", "form_token": "x" * 27}):
        assert visitor.post(path(called), form, token=False).status_code == 400
    assert answers(house) == []


def test_answer_that_is_none_is_refused_at_the_field(house, called):
    page = press(stranger(house), path(called), answer="remote")
    assert page.status == 422
    assert answers(house) == []
    page = press(stranger(house), path(called), answer="yes", comment="x" * 201)
    assert page.status == 422
    assert set(page.errors) == {"comment"}


def test_any_other_link_is_not_found(house, called):
    own = path(called)
    wrong = [
        f"/r/{'x' * 40}/", path(called, epoch=2), path(called, purpose="mail"), path(999_999), "/r/nothing/",
        own[:-2] + ("A" if own[-2] != "A" else "B") + "/",
        f"/r/{derive('another key of the tests, also long', 'reply', called, 1)}/",
    ]  # fmt: skip
    found = [read(stranger(house).get(address)) for address in wrong]
    assert {page.status for page in found} == {404}
    assert len({page.text for page in found}) == 1
    assert {stranger(house).get(address + "meeting.ics").status_code for address in wrong} == {404}


def test_wrong_links_are_counted_and_right_ones_never_refused(house, called):
    visitor = stranger(house)
    statuses = {visitor.get(f"/r/{'x' * 40}/").status_code for _ in range(61)}
    assert statuses == {404, 429}
    assert visitor.get(path(called)).status_code == 200


def test_link_of_somebody_withdrawn_is_dead(house, called):
    with house.changing() as session:
        invitee = session.get_one(Invitee, called)
        withdraw_invitee(session, ACTOR, NOW, invitee.meeting, invitee=invitee, version=None, site=SITE)
    assert stranger(house).get(path(called)).status_code == 404


def test_cancelled_meeting_takes_no_answer_and_says_so(house, called):
    old = visit(stranger(house), path(called)).form("answer")
    with house.changing() as session:
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        cancel_meeting(session, ACTOR, NOW, meeting, reason="Snöstorm", version=None, site=SITE)
    page = visit(stranger(house), path(called))
    assert "Mötet är inställt. Du behöver inte svara." in page.text
    assert page.forms == []
    response = stranger(house).post(old.action, {**old.values, "answer": "yes"}, token=False)
    assert response.status_code == 422
    assert answers(house) == []


@pytest.mark.parametrize(("days", "status"), [(6, 200), (8, 410)])
def test_link_works_until_a_week_after_the_meeting(house, called, days, status):
    with house.changing() as session:
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        length = meeting.end_at - meeting.start_at
        meeting.end_at = NOW - timedelta(days=days)
        meeting.start_at = meeting.end_at - length
        meeting.local_on = meeting.start_at.date()
    page = visit(stranger(house), path(called))
    assert page.status == status
    assert page.forms == []
    assert ("Forumet own" in page.text) is (status == 200)


def test_meeting_is_had_as_a_file_for_the_calendar(house, called):
    response = stranger(house).get(path(called) + "meeting.ics")
    assert response.status_code == 200
    assert response.content_type == "text/calendar; charset=utf-8"
    body = response.get_data(as_text=True)
    assert body.count("BEGIN:VEVENT") == 1
    assert "ATTENDEE" not in body
    assert "/r/" not in body


def test_page_in_english_stays_in_english(house, called):
    visitor = stranger(house)
    page = visit(visitor, f"{path(called)}?language=en")
    assert page.heading == "Are you coming to Forumet own?"
    done = press(visitor, f"{path(called)}?language=en", answer="yes")
    assert "Yes Sent" in done.text


def test_page_is_in_the_language_of_whoever_is_called_unless_the_address_says_another(house, called):
    with house.changing() as session:
        session.get_one(Invitee, called).person.locale = "en"
    visitor = stranger(house)
    page = visit(visitor, path(called))
    assert page.heading == "Are you coming to Forumet own?"
    assert f"{path(called)}?language=sv" in page.links
    assert "Yes Sent" in press(visitor, path(called), answer="yes").text
    swedish = f"{path(called)}?language=sv"
    assert visit(visitor, swedish).heading == "Kommer du till Forumet own?"
    assert "Nej Skickat" in press(visitor, swedish, answer="no").text


def test_looking_changes_nothing(house, called):
    with house.looking() as session:
        before = [session.scalar(select(func.count()).select_from(table)) for table in (Reply, HistoryEntry, Invitee)]
    visitor = stranger(house)
    for address in ("", "?answer=yes", "meeting.ics"):
        assert visitor.get(path(called) + address).status_code == 200
        assert visitor.client.head(path(called) + address).status_code == 200
    with house.looking() as session:
        after = [session.scalar(select(func.count()).select_from(table)) for table in (Reply, HistoryEntry, Invitee)]
    assert after == before


def test_too_many_answers_by_one_link_are_refused(house, called):
    visitor = stranger(house)
    form = visit(visitor, path(called)).form("answer")
    statuses = [
        visitor.post(form.action, {**form.values, "answer": ("yes", "no")[n % 2]}, token=False).status_code
        for n in range(31)
    ]
    assert (statuses[:30], statuses[30]) == ([303] * 30, 429)
