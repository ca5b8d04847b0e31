"""The pages of mail: whose secretariat sees them, what a mail's document may do, and where sign-in mails are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.db import db
from scheduler.mail.models import MailHold, OutboxAttempt, OutboxMail
from scheduler.organisations.models import Person
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web import world as worlds
from tests.web.house import House
from tests.web.reading import visit
from tests.web.visits import Visitor


def mail_of(house: House, relation: str) -> str:
    return f"/mail/{house.world.parts[relation]['mail_id']}"


def sign_in_mail(house: House) -> str:
    """The address of a mail with a key to sign in."""
    with house.changing() as session:
        mail = OutboxMail(
            key=b"a mail to sign in with, of tests",
            kind="login_link",
            recipient="member@login.example",
            subject="Logga in",
            body=worlds._mail("own").as_string(),
            time_rev=0,
            state="sent",
            created_at=NOW,
            next_at=NOW,
            stale_at=NOW + timedelta(days=1),
        )
        session.add(mail)
        session.flush()
        return f"/mail/{mail.id}"


# ---------------------------------------------------------------- who sees what


@pytest.mark.parametrize("page", ["/mail", "own", "own/document"])
def test_mails_open_for_the_secretariat_and_not_for_visitors(house, page):
    path = page.replace("own", mail_of(house, "own"))
    assert house.visitor().get(path).status_code == 200
    assert house.visitor("anonymous").get(path).status_code == 404


@pytest.mark.parametrize("part", ["", "/document"])
def test_mail_of_another_secretariat_looks_missing(house, part):
    assert house.visitor().get(mail_of(house, "foreign") + part).status_code == 404


@pytest.mark.parametrize(
    ("role", "addresses"), [("own secretariat", ["own"]), ("administrator", ["own", "foreign", "public"])]
)
def test_list_holds_the_mails_of_ones_own_forums(house, role, addresses):
    page = visit(house.visitor(role), "/mail")
    found = [which for which in worlds.RELATIONS if f"{which}@register.example" in page.text]
    assert found == addresses


@pytest.mark.parametrize("number", ["0", "-1", "x", "999", "9" * 30])
def test_page_number_out_of_reach_is_no_fault(house, number):
    assert house.visitor().get(f"/mail?page={number}").status_code == 200


# ---------------------------------------------------------------- one mail


def test_mail_says_to_whom_and_how_it_went(house):
    page = visit(house.visitor(), mail_of(house, "own"))
    assert "Till own@register.example. Skickad." in page.text
    assert mail_of(house, "own") + "/document" in page.links


def test_document_of_a_mail_can_do_nothing(house):
    response = house.visitor().get(mail_of(house, "own") + "/document")
    assert response.headers.getlist("Content-Security-Policy") == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"
    ]
    assert response.mimetype == "text/html"
    assert response.get_data(as_text=True).strip() == "<p>Påminnelse</p>"


def test_mail_without_its_text_has_no_document(house):
    with house.changing() as session:
        session.get_one(OutboxMail, house.world.parts["own"]["mail_id"]).body = None
    page = visit(house.visitor(), mail_of(house, "own"))
    assert "är texten gallrad" in page.text
    assert house.visitor().get(mail_of(house, "own") + "/document").status_code == 404


@pytest.mark.parametrize("relation", ["own"])
def test_mail_to_a_protected_identity_shows_neither_address_nor_text(house, relation):
    with house.changing() as session:
        person = session.get_one(Person, house.world.people[relation].id)
        person.protected = True
        mail = session.get_one(OutboxMail, house.world.parts[relation]["mail_id"])
        mail.person_id = person.id
    path = mail_of(house, relation)
    page = visit(house.visitor(), path)
    assert "Till Ledamot. Skickad." in page.text
    assert "Mottagaren har skyddade personuppgifter, så texten visas inte." in page.text
    assert house.visitor().get(path + "/document").status_code == 404
    for shown in (path, "/mail", f"/meetings/{house.world.meetings[relation].id}/mailings"):
        text = house.visitor().get(shown).get_data(as_text=True)
        assert "own@register.example" not in text
        assert person_name(house, relation) not in text
    for words in ("own@register", person_name(house, relation)):
        assert "Inga brev i urvalet." in visit(house.visitor(), f"/mail?q={words}").text


def person_name(house: House, relation: str) -> str:
    with house.looking() as session:
        return session.get_one(Person, house.world.people[relation].id).name


# ---------------------------------------------------------------- the list narrowed


def more_mails(house: House, n: int, relation: str = "own", **given: object) -> None:
    """Mails about the meeting, to as many mailboxes."""
    with house.changing() as session:
        session.add_all(
            OutboxMail(
                **{
                    "key": f"{relation} {given.get('kind')} {i} {n}",
                    "kind": "reminder",
                    "recipient": f"nr{i}@{relation}.example",
                    "meeting_id": house.world.meetings[relation].id,
                    "time_rev": 0,
                    "state": "sent",
                    "created_at": NOW,
                    "next_at": NOW,
                    "stale_at": NOW + timedelta(days=1),
                    **given,
                }
            )
            for i in range(n)
        )


def test_list_is_narrowed_by_state_kind_forum_and_recipient_and_says_how_many(house):
    more_mails(house, 2, kind="call", state="failed", last_code=550, last_error="5.1.1 no such user")
    more_mails(house, 1, kind="change", state="held")
    more_mails(house, 1, "foreign", kind="call", state="failed")
    visitor = house.visitor()
    page = visit(visitor, "/mail")
    assert "4 brev." in page.text
    assert "Alla 4 Hålls 1 Misslyckade 2 Skickade 1" in page.text
    page = visit(visitor, "/mail?state=failed")
    assert ("nr1@own.example" in page.text, "own@register.example" in page.text) == (True, False)
    assert "Adressen finns inte. (550 5.1.1)" in page.text
    assert "Alla 1 Hålls 1" in visit(visitor, "/mail?kind=change").text
    assert "3 brev i urvalet." in visit(visitor, "/mail?q=%40own.example").text
    assert "Inga brev i urvalet." in visit(visitor, "/mail?forum=own-forum&q=polarbib").text
    assert "Inga brev i urvalet." not in visit(visitor, "/mail?forum=foreign-forum&state=failed").text  # unknown to it
    everything = visit(house.visitor("administrator"), "/mail?forum=foreign-forum&state=failed")
    assert ("nr0@foreign.example" in everything.text, "nr0@own.example" in everything.text) == (True, False)


@pytest.mark.parametrize("query", ["state=x", "kind=x", "forum=nowhere", "q=%25", "q=" + "x" * 3000, "state=&kind=&q="])
def test_choice_that_means_nothing_is_no_fault(house, query):
    assert house.visitor().get(f"/mail?{query}").status_code == 200


def test_percent_in_a_search_is_no_wildcard(house):
    assert "Inga brev i urvalet." in visit(house.visitor(), "/mail?q=%25").text


def test_list_asks_as_often_for_many_mails_as_for_few(house):
    visitor = house.visitor()
    asked = []
    for n in (3, 40):
        more_mails(house, n, kind=f"call {n}"[:4], state="failed")
        visitor.get("/mail")
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get("/mail").status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1]


def test_pages_keep_what_is_chosen(house):
    more_mails(house, 60, kind="call", state="failed")
    page = visit(house.visitor(), "/mail?state=failed&kind=call")
    assert "Visar 50 av 60, de senaste först." in page.text
    assert "/mail?page=2&kind=call&state=failed" in page.links
    assert "Sida 2 av 2" in visit(house.visitor(), "/mail?page=2&kind=call&state=failed").text


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("log", "Inga brev lämnar den här installationen."),
        ("hold", "Alla brev hålls."),
        ("redirect:prov@takt.example.org", "Alla brev går till en enda adress."),
    ],
)
def test_list_says_what_the_installation_does_instead_of_sending(house, make_app, sqlite_url, mode, said):
    app = make_app(sqlite_url, mail_mode=mode)
    page = visit(Visitor(app, house.world.cookie("own secretariat")), "/mail")
    assert said in page.text
    assert "prov@takt.example.org" not in page.text


def test_hold_says_why_and_how_many_of_ones_own_mails_wait(house):
    more_mails(house, 3, kind="call", state="pending")
    more_mails(house, 2, "foreign", kind="call", state="pending")
    with house.changing() as session:
        session.add(MailHold(kind="call", reason="surge", at=NOW))
    page = visit(house.visitor(), "/mail")
    assert "Kallelse hålls Fler brev än vanligt på en timme. De väntar på ditt ja. 3 brev väntar" in page.text
    assert "5 brev väntar" in visit(house.visitor("administrator"), "/mail").text


def test_tries_are_told_in_words_with_the_code_beside_them(house):
    with house.changing() as session:
        mail_id = house.world.parts["own"]["mail_id"]
        session.get_one(OutboxMail, mail_id).state = "deferred"
        for stage, code, error in (
            ("connect", None, "connection refused"),
            ("rcpt", 451, "4.7.1 greylisted"),
            ("dot", None, "time-out"),
            ("rcpt", 550, "5.1.1 no such user"),
        ):
            session.add(
                OutboxAttempt(mail_id=mail_id, at=NOW, stage=stage, code=code, error=error, lease_token="a lease")
            )
    page = visit(house.visitor(), mail_of(house, "own"))
    for said in (
        "E-postservern går inte att nå.",
        "Mottagarens server bad oss vänta. Mottagaren: 451 4.7.1",
        "Förbindelsen bröts på slutet. Brevet kan ha kommit fram.",
        "Adressen finns inte. Mottagaren: 550 5.1.1",
    ):
        assert said in page.text
    assert "greylisted" not in page.text
    assert "a lease" not in page.text


# ---------------------------------------------------------------- mails to sign in


def test_sign_in_mail_is_the_administrators_and_its_text_nobodys_outside_the_demo(house):
    path = sign_in_mail(house)
    for part in ("", "/document"):
        assert house.visitor().get(path + part).status_code == 404
    assert path not in visit(house.visitor(), "/mail").links
    page = visit(house.visitor("administrator"), path)
    assert "Brevet innehåller en personlig länk, så texten visas inte för någon." in page.text
    assert path + "/document" not in page.links
    assert house.visitor("administrator").get(path + "/document").status_code == 404


def test_sign_in_mail_is_shown_to_the_administrator_in_the_demo(house, make_app, sqlite_url):
    path = sign_in_mail(house)
    demo = make_app(sqlite_url, demo=True)
    answers = [Visitor(demo, house.world.cookie(role)).get(path).status_code for role in ("administrator", "reader")]
    assert answers == [200, 403]
