"""What is done with mails on the pages: one, many, a whole mailing, a held kind; by whom, and what cannot be done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.history.models import HistoryEntry
from scheduler.mail.models import MailHold, OutboxMail
from scheduler.organisations.models import Person
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import read, visit


def a_mail(house: House, relation: str = "own", **given: object) -> int:
    """A mail about the meeting; its id."""
    with house.changing() as session:
        mail = OutboxMail(
            **{
                "key": f"{relation} {given}"[:64],
                "kind": "call",
                "recipient": "somebody@own.example",
                "meeting_id": house.world.meetings[relation].id,
                "time_rev": 0,
                "state": "pending",
                "created_at": NOW,
                "next_at": NOW + timedelta(minutes=2),
                "stale_at": NOW + timedelta(days=1),
                **given,
            }
        )
        session.add(mail)
        session.flush()
        return mail.id


def state_of(house: House, mail_id: int) -> str:
    with house.looking() as session:
        return session.get_one(OutboxMail, mail_id).state


@pytest.mark.parametrize(
    ("before", "step", "after", "said"),
    [
        ("failed", "retry", "pending", "1 brev skickas igen."),
        ("uncertain", "retry", "pending", "1 brev skickas igen."),
        ("pending", "hold", "held", "1 brev hålls."),
        ("deferred", "hold", "held", "1 brev hålls."),
        ("held", "release", "pending", "1 brev är släppt."),
        ("held", "abort", "superseded", "1 brev är avbrutet."),
        ("pending", "abort", "superseded", "1 brev är avbrutet."),
    ],
)
def test_mail_is_taken_in_hand_from_its_meeting(house_on_both, before, step, after, said):
    house = house_on_both
    mail_id = a_mail(house, state=before)
    path = f"/meetings/{house.world.meetings['own'].id}/mailings"
    page = visit(house.visitor(), path)
    assert said not in page.text
    visitor = house.visitor()
    response = visitor.post(f"/mail/{mail_id}/{step}", {"next": path, "sure": "1"})
    assert (response.status_code, response.headers["Location"]) == (303, path)
    assert said in visit(visitor, path).text
    assert state_of(house, mail_id) == after
    with house.looking() as session:
        entry = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
        assert (entry.action, entry.actor) == (f"mail.{step}", "Own secretariat")


# ---------------------------------------------------------------- what may have arrived


@pytest.mark.parametrize("role", ["own secretariat", "administrator"])
def test_mail_that_may_have_arrived_is_sent_again_only_by_who_is_sure(house_on_both, role):
    house = house_on_both
    mail_id = a_mail(house, state="uncertain", last_error="abandoned")
    path = f"/meetings/{house.world.meetings['own'].id}/mailings"
    visitor, changes = house.visitor(role), house.changes()
    asked = read(visitor.post(f"/mail/{mail_id}/retry", {"next": path}))
    assert (asked.status, asked.heading) == (200, "Skicka igen?")
    assert "1 brev kan redan ha kommit fram" in asked.text
    assert "Skickas det igen kan mottagaren få det två gånger." in asked.text
    assert "somebody@own.example Kallelse, Forumet own Sändningen avbröts. Brevet kan ha kommit fram." in asked.text
    assert path in asked.links
    assert (state_of(house, mail_id), house.changes()) == ("uncertain", changes)
    form = asked.form("sure")
    response = visitor.post(form.action, form.values, token=False)
    assert (response.status_code, response.headers["Location"]) == (303, path)
    assert "1 brev skickas igen." in visit(visitor, path).text
    assert state_of(house, mail_id) == "pending"


def test_many_mails_are_sent_again_once_it_is_said_which_may_have_arrived(house):
    failed = a_mail(house, state="failed", recipient="a@own.example")
    doubtful = [a_mail(house, state="uncertain", recipient=f"{n}@own.example") for n in "bc"]
    everything = [failed, *doubtful]
    visitor = house.visitor()
    asked = read(visitor.post("/mail/many", {"do": "retry", "mail": everything, "next": "/mail?state=failed"}))
    assert "2 brev kan redan ha kommit fram" in asked.text
    assert ("a@own.example" in asked.text, "b@own.example" in asked.text) == (False, True)
    assert [state_of(house, mail_id) for mail_id in everything] == ["failed", "uncertain", "uncertain"]
    assert 'name="mail" value="' in visitor.post("/mail/many", {"do": "retry", "mail": everything}).get_data(True)
    values = {**asked.form("sure").values, "mail": everything}
    assert visitor.post("/mail/many", values).headers["Location"] == "/mail?state=failed"
    assert "3 brev skickas igen." in visit(visitor, "/mail").text
    assert {state_of(house, mail_id) for mail_id in everything} == {"pending"}


def test_question_is_in_english_too_and_names_no_protected_identity(house):
    with house.changing() as session:
        session.merge(house.world.users["own secretariat"]).language = "en"
        person = session.get_one(Person, house.world.people["own"].id)
        person.protected = True
    mail_id = a_mail(house, state="uncertain", recipient="own@register.example", person_id=house.world.people["own"].id)
    asked = read(house.visitor().post(f"/mail/{mail_id}/retry"))
    assert asked.heading == "Send again?"
    assert "1 mail may already have arrived" in asked.text
    assert "If it is sent again, its recipient may get it twice." in asked.text
    assert ("own@register.example" in asked.text, "Own Person" in asked.text) == (False, False)


def test_only_trying_again_is_asked_about_and_only_of_ones_own_mails(house):
    failed = a_mail(house, state="failed")
    assert house.visitor().post(f"/mail/{failed}/retry").status_code == 303
    foreign = a_mail(house, "foreign", state="uncertain")
    assert house.visitor().post(f"/mail/{foreign}/retry").status_code == 404
    assert state_of(house, foreign) == "uncertain"


@pytest.mark.parametrize(
    ("before", "step"), [("sent", "retry"), ("sent", "abort"), ("superseded", "release"), ("transmitting", "hold")]
)
def test_what_cannot_be_done_is_said_and_nothing_changes(house, before, step):
    mail_id = a_mail(house, state=before)
    visitor = house.visitor()
    visitor.post(f"/mail/{mail_id}/{step}")
    assert "1 brev: " in visit(visitor, "/mail").text
    assert state_of(house, mail_id) == before


def test_only_what_is_lawful_is_offered(house):
    offered = {}
    for state in ("pending", "held", "failed", "sent"):
        mail_id = a_mail(house, state=state)
        html = house.visitor().get(f"/mail/{mail_id}").get_data(as_text=True)
        offered[state] = {
            step for step in ("retry", "release", "hold", "abort") if f'formaction="/mail/{mail_id}/{step}"' in html
        }
    assert offered == {"pending": {"hold", "abort"}, "held": {"release", "abort"}, "failed": {"retry"}, "sent": set()}
    old = a_mail(house, state="failed", stale_at=NOW - timedelta(hours=1))
    assert f"/mail/{old}/retry" not in house.visitor().get(f"/mail/{old}").get_data(as_text=True)


def test_many_mails_at_once_and_those_of_others_are_left_alone(house):
    first, second = (a_mail(house, recipient=f"{n}@own.example") for n in "ab")
    gone = a_mail(house, state="sent")
    foreign = a_mail(house, "foreign")
    visitor = house.visitor()
    values = {"do": "hold", "mail": [first, second, gone, foreign, "x", "9" * 30], "next": "/mail?state=held"}
    assert visitor.post("/mail/many", values).headers["Location"] == "/mail?state=held"
    text = visit(visitor, "/mail").text
    assert "2 brev hålls." in text
    assert "1 brev: " in text
    assert [state_of(house, mail_id) for mail_id in (first, second, gone, foreign)] == [
        "held", "held", "sent", "pending",
    ]  # fmt: skip


def test_nothing_chosen_is_said(house):
    visitor = house.visitor()
    visitor.post("/mail/many", {"do": "hold"})
    assert "Välj minst ett brev." in visit(visitor, "/mail").text
    assert visitor.post("/mail/many", {"do": "burn"}).status_code == 400


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example", "mail"])
def test_way_back_stays_in_the_house(house, to):
    mail_id = a_mail(house)
    assert house.visitor().post(f"/mail/{mail_id}/hold", {"next": to}).headers["Location"] == "/"


def test_mail_of_a_foreign_meeting_is_not_found_and_one_about_none_the_administrators(house):
    foreign = a_mail(house, "foreign")
    alone = a_mail(house, meeting_id=None, kind="test", time_rev=None)
    visitor = house.visitor()
    assert [visitor.post(f"/mail/{mail_id}/hold").status_code for mail_id in (foreign, alone)] == [404, 404]
    assert [state_of(house, mail_id) for mail_id in (foreign, alone)] == ["pending", "pending"]
    administrator = house.visitor("administrator")
    assert administrator.post(f"/mail/{alone}/abort").status_code == 303
    assert state_of(house, alone) == "superseded"


# ---------------------------------------------------------------- a whole mailing


def undo_form(house: House) -> bool:
    path = f"/meetings/{house.world.meetings['own'].id}/mailings"
    return "Ångra utskicket" in visit(house.visitor(), path).text


def test_mailing_that_has_not_left_is_taken_back_whole(house_on_both):
    house = house_on_both
    mails = [a_mail(house, batch="change 7", recipient=f"{n}@own.example") for n in "abc"]
    other = a_mail(house, batch="change 8", recipient="d@own.example")
    assert undo_form(house)
    visitor = house.visitor()
    path = f"/meetings/{house.world.meetings['own'].id}/mailings"
    page = read(visitor.post(f"{path}/undo", {"batch": "change 7"}, follow_redirects=True))
    assert "3 brev är avbrutna." in page.text
    assert {state_of(house, mail_id) for mail_id in mails} == {"superseded"}
    assert state_of(house, other) == "pending"
    assert "Avbrutet för hand." in page.text


@pytest.mark.parametrize("state", ["sent", "transmitting", "uncertain"])
def test_mailing_of_which_something_has_left_offers_no_undo(house, state):
    a_mail(house, batch="change 7")
    a_mail(house, batch="change 7", recipient="b@own.example", state=state)
    assert not undo_form(house)


def test_mailing_of_the_clock_offers_no_undo(house):
    a_mail(house, batch=None)
    assert not undo_form(house)


@pytest.mark.parametrize("batch", ["", "change 9", "change 7"])
def test_mailing_of_another_meeting_is_not_taken_back_from_this_one(house, batch):
    foreign = a_mail(house, "foreign", batch="change 7")
    a_mail(house, batch=None)
    path = f"/meetings/{house.world.meetings['own'].id}/mailings/undo"
    assert house.visitor().post(path, {"batch": batch}).status_code == 404
    assert state_of(house, foreign) == "pending"


# ---------------------------------------------------------------- a held kind


def test_held_kind_is_released_by_the_administrator_in_one_press(house):
    mail_id = a_mail(house, state="held", last_error="kind held")
    with house.changing() as session:
        session.add(MailHold(kind="call", reason="surge", at=NOW))
    assert "En administratör kan släppa dem." in visit(house.visitor(), "/mail").text
    assert house.visitor().post("/mail/holds/release", {"kind": "call"}).status_code == 403
    administrator = house.visitor("administrator")
    page = read(administrator.post("/mail/holds/release", {"kind": "call"}, follow_redirects=True))
    assert "Breven är släppta." in page.text
    assert "Kallelse hålls" not in page.text
    assert state_of(house, mail_id) == "pending"
    assert administrator.post("/mail/holds/release", {"kind": "call"}).status_code == 303  # somebody was first
