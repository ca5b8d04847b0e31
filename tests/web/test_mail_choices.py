"""Which mails one gets, by the link at the end of each and from a mail program's own button (RFC 8058)."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urljoin

import pytest
from sqlalchemy import select

from scheduler.accounts.personal_links import derive
from scheduler.history.models import HistoryEntry
from scheduler.mail.choices import Wishes, choice_of, choices_of
from scheduler.mail.models import DigestItem, MailChoice, OutboxMail
from scheduler.organisations.models import Person
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor

KEY = "a secret of the tests, long enough"


@pytest.fixture
def choice_id(house: House) -> int:
    """The choices of the person on the own forum's first seat, as the first mail makes them."""
    with house.changing() as session:
        return choice_of(session, person_id=house.world.people["own"].id).id


def path(choice_id: int, *, epoch: int = 1, purpose: str = "mail") -> str:
    return f"/s/{derive(KEY, purpose, choice_id, epoch)}/"


def stranger(house: House) -> Visitor:
    return Visitor(house.app)


def press(visitor: Visitor, page_path: str, *names: str, **given: object) -> Page:
    form = visit(visitor, page_path).form(*names)
    response = visitor.post(form.action, {**form.values, **given}, token=False)
    if response.status_code != 303:
        return read(response)
    there = response.headers["Location"]
    assert page_path.split("/")[2] not in there
    return visit(visitor, urljoin(form.action, there))


def wishes(house: House) -> Wishes:
    person = house.world.people["own"].id
    with house.looking() as session:
        return choices_of(session, [person])[person]


def waiting(house: House, kind: str, *, relation: str = "own", n: int = 0) -> int:
    """A mail of ``kind`` about a meeting of the forum, to the same person, that has not left."""
    with house.changing() as session:
        mail = OutboxMail(
            key=f"{kind} {relation} {n}", kind=kind, recipient="own@register.example",
            person_id=house.world.people["own"].id, meeting_id=house.world.meetings[relation].id, created_at=NOW,
            next_at=NOW, stale_at=NOW + timedelta(days=2),
        )  # fmt: skip
        session.add(mail)
        session.flush()
        return mail.id


def state(house: House, mail_id: int) -> tuple[str, str | None]:
    with house.looking() as session:
        mail = session.get_one(OutboxMail, mail_id)
        return mail.state, mail.last_error


# ---------------------------------------------------------------- the page


def test_link_shows_what_one_gets_and_what_always_comes(house, choice_id):
    response = stranger(house).get(path(choice_id))
    page = read(response)
    assert (page.status, page.heading) == (200, "Vilka brev du får")
    assert "Own Person" in page.text
    assert "Forumet own" in page.text
    assert "Kallelser, ändringar och inställda möten kommer alltid" in page.text
    assert "Set-Cookie" not in response.headers
    assert response.headers["X-Robots-Tag"] == "noindex"
    forum = str(house.world.forums["own"].id)
    values = page.form("frequency").values
    assert (values["frequency"], values["calendar"], values["forums"]) == ("each", "both", forum)


def test_choices_are_saved_and_told_in_the_history(house, choice_id):
    page = press(stranger(house), path(choice_id), "frequency", frequency="weekly", calendar="feed", forums=[])
    assert "Valen är sparade." in page.text
    assert wishes(house) == Wishes("weekly", "feed", frozenset({house.world.forums["own"].id}))
    with house.looking() as session:
        entry = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
    assert (entry.actor, entry.action) == ("Own Person (länk)", "mail_choice.set")
    assert entry.after == {"frequency": "weekly", "calendar": "feed", "stopped": ["Forumet own"]}
    forum = str(house.world.forums["own"].id)
    press(stranger(house), path(choice_id), "frequency", frequency="each", calendar="both", forums=[forum])
    assert wishes(house) == Wishes()


def test_choice_that_is_none_is_refused(house, choice_id):
    page = press(stranger(house), path(choice_id), "frequency", frequency="hourly")
    assert page.status == 422
    assert wishes(house) == Wishes()


def test_forum_that_is_not_ones_own_cannot_be_chosen(house, choice_id):
    press(stranger(house), path(choice_id), "frequency", forums=[str(house.world.forums["foreign"].id)])
    assert house.world.forums["foreign"].id not in wishes(house).stopped_forums


def test_form_without_the_seal_of_the_page_is_refused(house, choice_id):
    for address in ("", "renew"):
        assert stranger(house).post(path(choice_id) + address, {"frequency": "daily"}, token=False).status_code == 400
    assert wishes(house) == Wishes()


def test_new_link_ends_the_old_one(house, choice_id):
    form = next(form for form in visit(stranger(house), path(choice_id)).forms if form.action.endswith("/renew"))
    page = read(stranger(house).post(form.action, form.values, token=False))
    assert "gäller inte längre" in page.heading
    assert stranger(house).get(path(choice_id)).status_code == 404
    assert stranger(house).get(path(choice_id, epoch=2)).status_code == 200


def test_any_other_link_is_not_found(house, choice_id):
    wrong = [f"/s/{'x' * 40}/", path(choice_id, epoch=2), path(choice_id, purpose="reply"), path(9_999), "/s/no/"]
    found = [read(stranger(house).get(address)) for address in wrong]
    assert {page.status for page in found} == {404}
    assert len({page.text for page in found}) == 1


def test_organisation_chooses_whether_it_gets_its_overview(house):
    with house.changing() as session:
        choice = choice_of(session, organisation_id=house.world.organisations["own"].id).id
    page = press(stranger(house), path(choice), "frequency", frequency="changes")
    assert "Valen är sparade." in page.text
    with house.looking() as session:
        assert session.get_one(MailChoice, choice).frequency == "changes"


def test_signed_in_person_has_the_same_choices(house):
    visitor = house.visitor("member")
    page = send(visitor, "/me/mail", "frequency", frequency="daily")
    assert "Valen är sparade." in page.text
    with house.looking() as session:
        [choice] = session.scalars(select(MailChoice))
    assert choice.frequency == "daily"


def test_signed_in_user_who_is_nobody_in_the_register_has_none(house):
    visitor = house.visitor("administrator")
    assert visitor.get("/me/mail").headers["Location"] == "/me"
    assert visitor.post("/me/mail", {"frequency": "daily"}).status_code == 404


# ---------------------------------------------------------------- one click


def one_click(house: House, address: str):
    """As a mail program does it: nothing but the address and the body of RFC 8058."""
    return stranger(house).post(address, {"List-Unsubscribe": "One-Click"}, token=False)


def test_rel_22_one_click_stops_the_reminders_of_a_forum_at_once_and_those_that_wait(house, choice_id):
    forum_id = house.world.forums["own"].id
    reminder, call = waiting(house, "reminder"), waiting(house, "call")
    elsewhere = waiting(house, "reminder", relation="foreign")
    with house.changing() as session:
        session.add(
            DigestItem(
                key="d",
                recipient="own@register.example",
                person_id=house.world.people["own"].id,
                kind="reminder",
                meeting_id=house.world.meetings["own"].id,
                time_rev=0,
                due_at=NOW,
                stale_at=NOW + timedelta(days=1),
            )
        )
    response = one_click(house, f"{path(choice_id)}unsubscribe?forum={forum_id}")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert wishes(house).stopped_forums == {forum_id}
    assert state(house, reminder) == ("superseded", "stopped")
    assert state(house, call) == ("pending", None)
    assert state(house, elsewhere) == ("pending", None)
    with house.looking() as session:
        assert session.scalars(select(DigestItem)).all() == []
    # Again: nothing more happens.
    assert one_click(house, f"{path(choice_id)}unsubscribe?forum={forum_id}").get_data() == response.get_data()


def test_rel_22_unknown_link_is_answered_alike(house, choice_id):
    known = one_click(house, f"{path(choice_id)}unsubscribe?forum={house.world.forums['own'].id}")
    unknown = one_click(house, f"/s/{'x' * 40}/unsubscribe?forum=1")
    old = one_click(house, f"{path(choice_id, epoch=7)}unsubscribe")
    assert {response.status_code for response in (known, unknown, old)} == {200}
    assert len({response.get_data() for response in (known, unknown, old)}) == 1


def test_one_click_without_a_forum_stops_all_optional_mail(house, choice_id):
    mail = waiting(house, "reminder", relation="foreign")
    one_click(house, f"{path(choice_id)}unsubscribe")
    assert wishes(house).frequency == "changes"
    assert state(house, mail) == ("superseded", "stopped")


def test_following_the_address_only_asks(house, choice_id):
    address = f"{path(choice_id)}unsubscribe?forum={house.world.forums['own'].id}"
    page = visit(stranger(house), address)
    assert page.heading == "Sluta få påminnelser?"
    assert wishes(house) == Wishes()
    [form] = page.forms
    assert read(stranger(house).post(form.action, form.values, token=False)).heading == "Du får inga fler sådana brev"
    assert wishes(house).stopped_forums == {house.world.forums["own"].id}


@pytest.mark.parametrize("forum", ["999999", "x", ""])
def test_forum_that_is_none_stops_nothing_of_it(house, choice_id, forum):
    assert one_click(house, f"{path(choice_id)}unsubscribe?forum={forum}").status_code == 200
    assert wishes(house).stopped_forums == frozenset()


# ---------------------------------------------------------------- languages


@pytest.fixture
def english(house: House, choice_id: int) -> int:
    """The choices of somebody who reads English."""
    with house.changing() as session:
        session.get_one(Person, house.world.people["own"].id).locale = "en-GB"
    return choice_id


def test_page_is_in_the_language_of_whoever_it_is_for(house, english):
    response = stranger(house).get(path(english))
    page = read(response)
    assert '<html lang="en">' in response.get_data(as_text=True)
    assert page.heading == "Which mails you get"
    assert "Set-Cookie" not in response.headers
    page = press(stranger(house), path(english), "frequency", frequency="weekly")
    assert "The choices are saved." in page.text
    page = press(stranger(house), path(english), "frequency", frequency="hourly")
    assert (page.status, page.errors) == (422, {"frequency": "Error: Choose one of the options"})


def test_page_speaks_the_language_the_address_asks_for_and_keeps_it(house, english):
    asked = f"{path(english)}?language=sv"
    assert asked in read(stranger(house).get(path(english))).links
    page = visit(stranger(house), asked)
    assert page.heading == "Vilka brev du får"
    assert {action for action in page.actions() if "language=sv" not in action} == set()
    assert "Valen är sparade." in press(stranger(house), asked, "frequency", frequency="weekly").text
    assert f"{path(english)}?language=en" in page.links


def test_swedish_reader_may_read_english(house, choice_id):
    asked = f"{path(choice_id)}?language=en"
    assert asked in visit(stranger(house), path(choice_id)).links
    assert "The choices are saved." in press(stranger(house), asked, "frequency", frequency="weekly").text


def test_asking_to_stop_is_about_the_same_forum_in_the_other_language(house, english):
    forum_id = house.world.forums["own"].id
    page = visit(stranger(house), f"{path(english)}unsubscribe?forum={forum_id}")
    assert page.heading == "Stop getting reminders?"
    [other] = [link for link in page.links if "language=sv" in link]
    page = visit(stranger(house), other)
    assert page.heading == "Sluta få påminnelser?"
    [form] = page.forms
    done = read(stranger(house).post(form.action, form.values, token=False))
    assert done.heading == "Du får inga fler sådana brev"
    assert wishes(house) == Wishes(stopped_forums=frozenset({forum_id}))


def test_rel_22_one_click_tells_no_language(house, english):
    known = one_click(house, f"{path(english)}unsubscribe")
    unknown = one_click(house, f"/s/{'x' * 40}/unsubscribe")
    assert known.get_data() == unknown.get_data()
