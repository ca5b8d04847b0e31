"""Inviting a user through the pages, and the page behind the link (SEC-3, SEC-12, SEC-20)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from scheduler.accounts.models import Invitation, LimitCount, User, UserRole
from scheduler.mail.models import OutboxMail
from scheduler.organisations.models import PersonEmail
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor

ADMINISTRATOR = "administrator"
LIST, INVITE = "/admin/users", "/admin/users/invite"
EVA = "eva.berg@lst.example"


def invite(house: House, **given: str) -> Page:
    """Fills in the form as an administrator; gives the page that follows."""
    typed = {
        "login": EVA, "name": "Eva Berg", "role": "secretariat", "forum": str(house.world.forums["own"].id), **given,
    }  # fmt: skip
    return send(house.visitor(ADMINISTRATOR), INVITE, "login", **typed)


def link(house: House) -> str:
    """The path of the latest mail's link."""
    with house.looking() as session:
        mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == "invitation").order_by(OutboxMail.id)).all()[
            -1
        ]
        address = urlsplit(mail.values["link"])
        return f"{address.path}?{address.query}" if address.query else address.path


def accept(browser: Visitor, path: str) -> Page:
    """Presses the button of the page; what the answer says, unfollowed."""
    [form] = visit(browser, path).forms
    return read(browser.post(form.action, form.values, token=False))


def users(house: House) -> dict[str, list[tuple[str, int | None]]]:
    with house.looking() as session:
        known = {user.login for user in house.world.users.values()}
        return {
            user.login: [(role.role, role.forum_id) for role in user.roles]
            for user in session.scalars(select(User))
            if user.login not in known
        }


# ---------------------------------------------------------------- inviting


def test_invitation_goes_out_by_mail_and_its_link_is_shown_once(house):
    visitor = house.visitor(ADMINISTRATOR)
    typed = {"login": EVA, "name": "Eva Berg", "role": "secretariat", "forum": str(house.world.forums["own"].id)}
    page = send(visitor, INVITE, "login", **typed)
    assert (page.status, page.heading) == (200, "Användare")
    assert "Eva Berg är inbjuden." in page.text
    assert "Eva Berg eva.berg@lst.example Sekretariat för Forumet own inbjuden av Administrator" in page.text
    assert "29 november 2026 kl. 10.00" in page.text
    with house.looking() as session:
        [mail] = session.scalars(select(OutboxMail).where(OutboxMail.kind == "invitation"))
        [row] = session.scalars(select(Invitation))
    assert (mail.recipient, mail.language, mail.state, mail.stale_at) == (EVA, "sv", "pending", row.expires_at)
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/invitation/[\w-]{43}", mail.values["link"])
    assert "Den visas bara nu" in page.text
    assert "Den visas bara nu" not in visit(visitor, LIST).text
    assert house.latest(1) == [("Administrator", "invitation.create", EVA)]


def test_link_stands_in_no_header(house):
    visitor = house.visitor(ADMINISTRATOR)
    response = visitor.post(
        INVITE, {"login": EVA, "name": "Eva", "language": "sv", "role": "reader", "forum": "", "organisation": ""}
    )
    assert (response.status_code, response.headers["Location"]) == (303, LIST)
    token = link(house).rsplit("/", 1)[1]
    assert token not in "".join(value for name, value in response.headers if name != "Set-Cookie")
    shown = visitor.get(LIST)
    assert token in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"login": ""}, {"login": "Ange en e-postadress, till exempel namn@exempel.se"}),
        ({"login": "Member@login.example"}, {"login": "member@login.example har redan ett konto"}),
        ({"login": "chair@register.example"}, {"login": "Personen har redan ett konto: chair@login.example"}),
        ({"name": ""}, {"name": "Ange ett namn"}),
        ({"forum": ""}, {"forum": "Ange antingen ett forum eller en organisation för rollen sekretariat"}),
        ({"role": "reader"}, {"role": "Rollen gäller allt och har varken forum eller organisation"}),
        ({"role": ""}, {"role": "Ange vilken roll det gäller"}),
    ],
)
def test_wrong_invitation_is_told_at_the_field_and_nothing_is_stored(house, typed, errors):
    changes = house.changes()
    page = invite(house, **typed)
    assert (page.status, page.errors) == (422, errors)
    assert page.form("login").values["name"] == typed.get("name", "Eva Berg")
    with house.looking() as session:
        assert session.scalars(select(Invitation)).all() == []
    assert house.changes() == changes


def test_invitation_in_english_leads_to_an_english_page(house):
    invite(house, language="en")
    path = link(house)
    assert path.endswith("?language=en")
    page = visit(house.visitor("anonymous"), path)
    assert page.heading == "Invitation to Takt"
    assert "Secretariat of Forumet own" in page.text


# ---------------------------------------------------------------- the page behind the link


def test_page_says_who_invites_to_what_and_changes_nothing(house):
    invite(house)
    before = house.changes()
    browser = house.visitor("anonymous")
    response = browser.get(link(house))
    page = read(response)
    assert (page.status, page.heading) == (200, "Inbjudan till Takt")
    assert "Administrator bjuder in Eva Berg." in page.text
    assert "Sekretariat för Forumet own" in page.text
    assert "Set-Cookie" not in response.headers
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert (users(house), house.changes()) == ({}, before)


def test_accepting_makes_the_user_and_leads_to_signing_in(house):
    invite(house)
    browser = house.visitor("anonymous")
    [form] = visit(browser, link(house)).forms
    response = browser.post(form.action, form.values, token=False)
    assert (response.status_code, response.headers["Location"]) == (303, "/login")
    assert users(house) == {EVA: [("secretariat", house.world.forums["own"].id)]}
    assert browser.cookie() is None
    page = visit(browser, "/login")
    assert "Ditt konto är klart" in page.text
    assert page.form("email").values["email"] == EVA
    assert "Kolla din e-post" in send(browser, "/login", "email").heading
    with house.looking() as session:
        mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == "login_link")).one()
    assert mail.recipient == EVA
    assert browser.post(urlsplit(mail.values["link"]).path).status_code == 303
    assert browser.get("/forums/own-forum/edit").status_code == 200
    assert "Ditt konto är klart" not in visit(house.visitor("anonymous"), "/login").text


def test_browser_without_cookies_accepts_too(house):
    invite(house)
    path = link(house)
    [form] = visit(house.visitor("anonymous"), path).forms
    assert read(house.visitor("anonymous").post(form.action, form.values, token=False)).status == 303
    assert EVA in users(house)


@pytest.mark.parametrize("seal", [None, "", "x" * 27, "of another link", "åäö"])
def test_form_that_was_not_on_the_page_does_nothing(house, seal):
    invite(house)
    path = link(house)
    if seal == "of another link":
        invite(house, login="nils@lst.example")
        seal = visit(house.visitor("anonymous"), link(house)).forms[0].values["form_token"]
    given = {} if seal is None else {"form_token": seal}
    assert house.visitor("anonymous").post(path, given).status_code == 400
    assert users(house) == {}


def test_form_from_another_site_does_nothing(house):
    invite(house)
    browser = house.visitor("anonymous")
    [form] = visit(browser, link(house)).forms
    away = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post(form.action, form.values, token=False, headers=away).status_code == 400
    assert users(house) == {}


def test_fields_the_form_does_not_have_change_nothing(house):
    """SEC-2."""
    invite(house)
    browser = house.visitor("anonymous")
    [form] = visit(browser, link(house)).forms
    extra = {"role": "administrator", "login": "x@x.example", "forum_id": "2", "id": "1", "token": "y"}
    assert browser.post(form.action, {**form.values, **extra}, token=False).status_code == 303
    assert users(house) == {EVA: [("secretariat", house.world.forums["own"].id)]}


@pytest.mark.parametrize("method", ["get", "post"])
def test_unknown_link_is_not_found_and_counted(house, method):
    browser = house.visitor("anonymous")
    for _ in range(60):
        assert getattr(browser, method)(f"/invitation/{'x' * 43}").status_code == 404
    assert getattr(browser, method)(f"/invitation/{'x' * 43}").status_code == 429
    with house.looking() as session:
        assert session.scalars(select(LimitCount.count)).all() == [60]


def test_used_link_is_gone(house):
    invite(house)
    path = link(house)
    [form] = visit(house.visitor("anonymous"), path).forms
    accept(house.visitor("anonymous"), path)
    for answer in (
        house.visitor("anonymous").get(path),
        house.visitor("anonymous").post(path, form.values, token=False),
    ):
        assert answer.status_code == 410
        assert "Inbjudan är redan använd." in answer.get_data(as_text=True)


def test_link_past_its_time_is_gone_and_says_since_when(house, clock):
    invite(house)
    path = link(house)
    clock.move(days=7)
    answer = house.visitor("anonymous").get(path)
    assert answer.status_code == 410
    assert "Inbjudan slutade gälla söndag 29 november kl. 10.00." in answer.get_data(as_text=True)


@pytest.mark.parametrize("known", ["by login", "by person"])
def test_account_made_meanwhile_is_told_and_stays_as_it_is(house, known):
    invite(house)
    path = link(house)
    with house.changing() as session:
        user = User(login=EVA if known == "by login" else "eva@home.example", name="Eva", created_at=NOW)
        if known == "by person":
            person_id = house.world.people["own"].id
            session.add(PersonEmail(person_id=person_id, address=EVA, main=False))
            user.person_id = person_id
        session.add(user)
    page = accept(house.visitor("anonymous"), path)
    assert (page.status, page.heading) == (409, "Du har redan ett konto")
    assert users(house) == {EVA if known == "by login" else "eva@home.example": []}
    assert house.visitor("anonymous").get(path).status_code == 410


# ---------------------------------------------------------------- again, and back


def the_invitation(house: House) -> int:
    with house.looking() as session:
        return session.scalars(select(Invitation.id).order_by(Invitation.id.desc())).first() or 0


def test_invitation_is_sent_again_with_a_new_link(house):
    invite(house)
    old = link(house)
    visitor = house.visitor(ADMINISTRATOR)
    visitor.post(f"/admin/invitations/{the_invitation(house)}/renew")
    page = visit(visitor, LIST)
    assert "Eva Berg har fått en ny länk. Den gamla fungerar inte längre." in page.text
    assert page.text.count(EVA) == 1
    new = link(house)
    assert new != old
    gone = house.visitor("anonymous").get(old)
    assert gone.status_code == 410
    assert "ersatt av en ny" in gone.get_data(as_text=True)
    assert accept(house.visitor("anonymous"), new).status == 303
    with house.looking() as session:
        mails = session.scalars(select(OutboxMail).where(OutboxMail.kind == "invitation").order_by(OutboxMail.id)).all()
        assert [(mail.state, mail.values is None) for mail in mails] == [("superseded", True), ("pending", False)]


def test_invitation_is_not_sent_again_when_the_account_is_there(house):
    invite(house)
    with house.changing() as session:
        session.add(User(login=EVA, name="Eva", created_at=NOW))
    page = read(house.visitor(ADMINISTRATOR).post(f"/admin/invitations/{the_invitation(house)}/renew"))
    assert (page.status, f"{EVA} har redan ett konto" in page.text) == (422, True)


def test_invitation_is_taken_back(house):
    invite(house)
    path = link(house)
    visitor = house.visitor(ADMINISTRATOR)
    own = the_invitation(house)
    assert visitor.post(f"/admin/invitations/{own}/revoke").status_code == 303
    page = visit(visitor, LIST)
    assert ("Inbjudan till Eva Berg är återkallad." in page.text, EVA in page.text) == (True, False)
    assert house.visitor("anonymous").get(path).status_code == 410
    with house.looking() as session:
        [mail] = session.scalars(select(OutboxMail).where(OutboxMail.kind == "invitation"))
        assert (mail.state, mail.values) == ("superseded", None)
    assert [visitor.post(f"/admin/invitations/{own}/{step}").status_code for step in ("revoke", "renew")] == [410, 410]
    assert visitor.post("/admin/invitations/999/revoke").status_code == 404


@pytest.mark.parametrize("role", ["own secretariat", "reader"])
def test_nobody_but_administrators_invites(house, role):
    assert house.visitor(role).get(INVITE).status_code == 403
    assert house.visitor(role).post(INVITE, {"login": EVA, "name": "E", "role": "administrator"}).status_code == 403
    with house.looking() as session:
        assert session.scalars(select(Invitation)).all() == []


def test_accepted_administrator_is_one(house):
    invite(house, role="administrator", forum="")
    accept(house.visitor("anonymous"), link(house))
    with house.looking() as session:
        user = session.scalars(select(User).where(User.login == EVA)).one()
        assert session.scalars(select(UserRole.role).where(UserRole.user_id == user.id)).all() == ["administrator"]
