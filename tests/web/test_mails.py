"""The pages of mail: whose secretariat sees them, what a mail's document may do, and where sign-in mails are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.mail.models import OutboxMail
from tests.conftest import NOW
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


# ---------------------------------------------------------------- mails to sign in


@pytest.mark.parametrize("role", ["own secretariat", "administrator"])
def test_sign_in_mail_is_shown_to_nobody_outside_the_demo(house, role):
    path = sign_in_mail(house)
    for part in ("", "/document"):
        assert house.visitor(role).get(path + part).status_code == 404
    page = visit(house.visitor(role), "/mail")
    assert (path in page.links, "Logga in" in page.text) == (False, False)


def test_sign_in_mail_is_shown_to_the_administrator_in_the_demo(house, make_app, sqlite_url):
    path = sign_in_mail(house)
    demo = make_app(sqlite_url, demo=True)
    answers = [Visitor(demo, house.world.cookie(role)).get(path).status_code for role in ("administrator", "reader")]
    assert answers == [200, 403]
