"""Users, roles and sessions in an administrator's hands (M21, SEC-2, SEC-13)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scheduler.accounts.models import SignInSession, User, UserRole
from scheduler.accounts.rules import ABSOLUTE, digest
from scheduler.db import db
from scheduler.forums.models import Forum, Rotation, RotationEntry
from scheduler.organisations.models import Person
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, send, visit

ADMINISTRATOR = "administrator"
LIST = "/admin/users"


def page_of(house: House, role: str) -> str:
    return f"{LIST}/{house.world.users[role].id}"


def stored(house: House, role: str) -> dict[str, object]:
    """What is kept of a user."""
    with house.looking() as session:
        row = session.get_one(User, house.world.users[role].id)
        return {
            "login": row.login, "name": row.name, "language": row.language, "active": row.active, "epoch": row.epoch,
            "person_id": row.person_id,
            "roles": sorted((r.role, r.forum_id or 0, r.organisation_id or 0, r.from_on, r.to_on) for r in row.roles),
        }  # fmt: skip


def post(house: House, path: str, values: dict[str, object] | None = None) -> Page:
    visitor = house.visitor(ADMINISTRATOR)
    response = visitor.post(path, values or {})
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def signed_in(house: House, role: str) -> bool:
    return house.visitor(role).get("/me/sessions").status_code == 200


# ---------------------------------------------------------------- the list


def test_list_says_who_has_what_and_when_it_was_used(house):
    with house.changing() as session:
        session.add(
            UserRole(
                user_id=house.world.users["member"].id, role="secretariat", forum_id=house.world.forums["own"].id,
                from_on=date(2026, 1, 1), to_on=date(2026, 12, 31),
            )
        )  # fmt: skip
    page = visit(house.visitor(ADMINISTRATOR), LIST)
    assert (page.status, page.heading) == (200, "Användare")
    assert "7 användare." in page.text
    assert "Member member@login.example Sekretariat för Forumet own 1 januari 2026–31 december 2026" in page.text
    assert "Own secretariat own.secretariat@login.example Sekretariat hos Länsstyrelsen own" in page.text
    assert "Organisation contact organisation.contact@login.example Organisationskontakt för Kommunen own" in page.text
    assert "22 november 2026 kl. 10.00" in page.text
    assert f"/people/{house.world.users['member'].person_id}" in page.links
    assert "Inga inbjudningar väntar på svar." in page.text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=SECRET", ["Other secretariat", "Own secretariat"]),
        ("q=chair%40login", ["Chair"]),
        ("q=secret+own", ["Own secretariat"]),
        ("role=reader", ["Reader"]),
        ("role=none", ["Chair", "Member"]),
        ("role=secretariat&q=own", ["Own secretariat"]),
        ("role=king&q=reader", ["Reader"]),
        ("page=99&q=reader", ["Reader"]),
    ],
)
def test_list_is_filtered(house, query, names):
    page = visit(house.visitor(ADMINISTRATOR), f"{LIST}?{query}")
    ids = {user.name: user.id for user in house.world.users.values()}
    assert [name for name, user_id in sorted(ids.items()) if f"{LIST}/{user_id}" in page.links] == names
    assert "i urvalet" in page.text


def test_list_without_hits_says_so(house):
    assert "Inga träffar på ”polarbib”." in visit(house.visitor(ADMINISTRATOR), f"{LIST}?q=polarbib").text
    with house.changing() as session:
        session.delete(session.scalars(select(UserRole).where(UserRole.role == "reader")).one())
    assert "Ingen har den rollen." in visit(house.visitor(ADMINISTRATOR), f"{LIST}?role=reader").text


def test_list_has_a_hundred_on_a_page(house):
    with house.changing() as session:
        session.add_all(User(login=f"u{n:03}@x.example", name=f"U {n:03}", created_at=NOW) for n in range(120))
    visitor = house.visitor(ADMINISTRATOR)
    first, second = visit(visitor, LIST), visit(visitor, f"{LIST}?page=2")
    assert ("127 användare" in first.text, "Sida 1 av 2" in first.text) == (True, True)
    assert ("U 099" in first.text, "U 099" in second.text, "U 119" in second.text) == (False, True, True)


def test_list_asks_the_database_alike_for_few_and_many_users(house):
    visitor = house.visitor(ADMINISTRATOR)
    counts = []
    for round_ in range(3):
        with house.app.app_context(), count_queries(db.engine) as sent:
            visitor.get(LIST)
        counts.append(len(sent))
        with house.changing() as session:
            for n in range(3):
                person = Person(given_name="P", family_name=f"{round_} {n}")
                session.add(person)
                session.flush()
                user = User(login=f"p{round_}{n}@x.example", name=f"P {n}", created_at=NOW, person_id=person.id)
                user.roles = [UserRole(role="secretariat", forum_id=house.world.forums["own"].id)]
                session.add(user)
    assert counts[1] == counts[2]


def test_last_use_outlives_the_session(house):
    with house.changing() as session:
        for row in session.scalars(
            select(SignInSession).where(SignInSession.user_id == house.world.users["reader"].id)
        ):
            session.delete(row)
    assert "Har aldrig loggat in." in visit(house.visitor(ADMINISTRATOR), page_of(house, "reader")).text
    from scheduler.history.actions import record  # noqa: PLC0415 - used by this test alone
    from scheduler.history.rules import Actor  # noqa: PLC0415 - used by this test alone

    with house.changing() as session:
        record(
            session, Actor("Reader"), NOW - timedelta(days=3), action="login.success", kind="user",
            subject_id=house.world.users["reader"].id, label="reader@login.example",
        )  # fmt: skip
    assert "Senast använd 19 november 2026" in visit(house.visitor(ADMINISTRATOR), page_of(house, "reader")).text


@pytest.mark.parametrize("role", ["own secretariat", "reader", "chair"])
def test_pages_of_users_are_for_administrators_alone(house, role):
    visitor = house.visitor(role)
    paths = (LIST, page_of(house, "reader"), f"{page_of(house, 'reader')}/person", f"{LIST}/invite")
    assert [visitor.get(path).status_code for path in paths] == [403] * 4
    assert house.visitor("anonymous").get(LIST).status_code == 404
    assert "Administration" not in visit(visitor, "/me/sessions").text
    assert "Administration" in visit(house.visitor(ADMINISTRATOR), "/me/sessions").text


# ---------------------------------------------------------------- name, language


def test_name_and_language_are_saved_and_sessions_go_on(house):
    page = send(house.visitor(ADMINISTRATOR), page_of(house, "reader"), "name", name="Lasse Läsare", language="en")
    assert (page.status, page.heading) == (200, "Lasse Läsare")
    assert "Lasse Läsare är sparad." in page.text
    assert (stored(house, "reader")["name"], stored(house, "reader")["language"]) == ("Lasse Läsare", "en")
    assert signed_in(house, "reader")
    assert house.latest(1) == [("Administrator", "user.edit", "reader@login.example")]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"name": "  "}, {"name": "Ange ett namn"}),
        ({"name": "n" * 201}, {"name": "Högst 200 tecken"}),
        ({"language": "de"}, {"language": "Välj ett av alternativen"}),
    ],
)
def test_wrong_name_or_language_is_told_at_the_field_and_nothing_is_stored(house, typed, errors):
    before, changes = stored(house, "reader"), house.changes()
    visitor = house.visitor(ADMINISTRATOR)
    page = send(visitor, page_of(house, "reader"), "name", "language", **typed)
    assert (page.status, page.errors) == (422, errors)
    assert (stored(house, "reader"), house.changes()) == (before, changes)


def test_somebody_else_saved_first(house):
    visitor = house.visitor(ADMINISTRATOR)
    form = visit(visitor, page_of(house, "reader")).form("name")
    send(house.visitor(ADMINISTRATOR), page_of(house, "reader"), "name", name="Först")
    late = read(visitor.post(page_of(house, "reader"), {**form.values, "name": "Sedan"}))
    assert late.status == 409
    assert "Administrator ändrade användaren" in late.text
    assert "sparat är ”Först”, du skrev ”Sedan”" in late.text
    assert late.form("name").values["name"] == "Sedan"
    assert stored(house, "reader")["name"] == "Först"
    again = read(visitor.post(page_of(house, "reader"), {**late.form("name").values, "name": "Sedan"}))
    assert again.status == 303
    assert stored(house, "reader")["name"] == "Sedan"


def test_fields_the_form_does_not_have_change_nothing(house):
    """SEC-2."""
    before = stored(house, "reader")
    extra = {
        "role": "administrator", "id": "1", "user_id": "1", "forum_id": "1", "token": "x", "login": "x@x.example",
        "person_id": "1", "active": "0", "epoch": "9", "organisation_id": "1", "roles-0-role": "administrator",
    }  # fmt: skip
    form = visit(house.visitor(ADMINISTRATOR), page_of(house, "reader")).form("name")
    assert post(house, page_of(house, "reader"), {**form.values, "name": "Lasse", **extra}).status == 200
    assert stored(house, "reader") == {**before, "name": "Lasse"}


# ---------------------------------------------------------------- roles


def test_role_is_added_and_the_user_signs_in_again(house):
    assert signed_in(house, "reader")
    page = send(
        house.visitor(ADMINISTRATOR), page_of(house, "reader"), "add-role", **{
            "add-role": "secretariat", "add-forum": str(house.world.forums["own"].id), "add-from_on": "2026-11-01",
            "add-to_on": "2027-06-30",
        },
    )  # fmt: skip
    assert page.status == 200
    assert "Rollen är tillagd. Reader behöver logga in igen." in page.text
    assert "Sekretariat för Forumet own 1 november 2026–30 juni 2027" in page.text
    assert not signed_in(house, "reader")
    assert house.latest(1) == [("Administrator", "role.grant", "reader@login.example")]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({}, {"add-role": "Välj ett av alternativen"}),
        ({"add-role": "king"}, {"add-role": "Välj ett av alternativen"}),
        ({"add-role": "reader"}, {"add-role": "Rollen finns redan under de dagarna"}),
        (
            {"add-role": "secretariat"},
            {"add-forum": "Ange antingen ett forum eller en organisation för rollen sekretariat"},
        ),
        (
            {"add-role": "organisation_contact"},
            {"add-organisation": "Ange en organisation för rollen organisationskontakt"},
        ),
        (
            {"add-role": "administrator", "add-forum": "1"},
            {"add-role": "Rollen gäller allt och har varken forum eller organisation"},
        ),
        (
            {"add-role": "administrator", "add-from_on": "2027-01-01", "add-to_on": "2026-01-01"},
            {"add-to_on": "Sista dagen kan inte ligga före den första"},
        ),
        (
            {"add-role": "administrator", "add-from_on": "snart"},
            {"add-from_on": "Ange ett datum, till exempel 2026-09-29"},
        ),
        ({"add-role": "secretariat", "add-forum": "999"}, {"add-forum": "Välj ett av alternativen"}),
    ],
)
def test_role_that_does_not_fit_is_told_at_the_field(house, typed, errors):
    before, changes = stored(house, "reader"), house.changes()
    page = send(house.visitor(ADMINISTRATOR), page_of(house, "reader"), "add-role", **typed)
    assert (page.status, page.errors) == (422, errors)
    assert (stored(house, "reader"), house.changes()) == (before, changes)
    if "add-from_on" in typed:
        assert page.form("add-role").values["add-from_on"] == typed["add-from_on"]


def role_id(house: House, role: str) -> int:
    with house.looking() as session:
        return session.scalars(select(UserRole.id).where(UserRole.user_id == house.world.users[role].id)).one()


def test_role_is_ended_on_a_day(house):
    own = role_id(house, "reader")
    page = send(
        house.visitor(ADMINISTRATOR), f"{page_of(house, 'reader')}?role={own}", "end-on", **{"end-on": "2026-11-30"}
    )
    assert "till och med 30 november 2026" in page.text
    assert stored(house, "reader")["roles"] == [("reader", 0, 0, None, date(2026, 11, 30))]
    assert not signed_in(house, "reader")


def test_role_is_removed(house):
    page = post(house, f"{page_of(house, 'reader')}/roles/{role_id(house, 'reader')}/remove")
    assert "Rollen är borttagen. Reader behöver logga in igen." in page.text
    assert (stored(house, "reader")["roles"], signed_in(house, "reader")) == ([], False)


def test_role_without_a_last_day_typed_stays(house):
    own = role_id(house, "reader")
    page = post(house, f"{page_of(house, 'reader')}/roles/{own}/end", {"end-on": ""})
    assert (page.status, page.errors) == (422, {"end-on": "Ange sista dagen"})
    assert stored(house, "reader")["roles"] == [("reader", 0, 0, None, None)]


@pytest.mark.parametrize("step", ["end", "remove"])
def test_role_of_somebody_else_is_not_found(house, step):
    other = role_id(house, "own secretariat")
    assert post(house, f"{page_of(house, 'reader')}/roles/{other}/{step}", {"end-on": "2026-12-31"}).status == 404


def test_missing_user_is_not_found(house):
    visitor = house.visitor(ADMINISTRATOR)
    assert [visitor.get(f"{LIST}/999{rest}").status_code for rest in ("", "/person")] == [404, 404]
    steps = ("active", "roles", "roles/1/end", "roles/1/remove", "sessions/1/end", "sessions/end", "person")
    assert {post(house, f"{LIST}/999/{step}").status for step in steps} == {404}


# ---------------------------------------------------------------- the last administrator


def admin_role(house: House) -> int:
    return role_id(house, ADMINISTRATOR)


@pytest.mark.parametrize(
    ("step", "values", "field"),
    [
        ("active", {"active": "0"}, None),
        ("roles/{role}/remove", {}, None),
        ("roles/{role}/end", {"end-on": "2026-12-31"}, "end-on"),
        ("roles/{role}/end", {"end-on": "2020-12-31"}, "end-on"),
    ],
)
def test_last_administrator_keeps_account_and_role(house, step, values, field):
    before = stored(house, ADMINISTRATOR)
    page = post(house, f"{page_of(house, ADMINISTRATOR)}/{step.format(role=admin_role(house))}", values)
    words = "Takt måste ha minst en administratör. Ge någon annan rollen först."
    assert (page.status, page.errors) == (422, {} if field is None else {field: words})
    assert words in page.text
    assert stored(house, ADMINISTRATOR) == before
    assert signed_in(house, ADMINISTRATOR)


@pytest.mark.parametrize("other", ["disabled", "with a last day", "with a first day to come"])
def test_administrator_who_is_none_for_good_does_not_count(house, other):
    with house.changing() as session:
        user = session.get_one(User, house.world.users["reader"].id)
        user.active = other != "disabled"
        user.roles.append(
            UserRole(
                role="administrator",
                to_on=date(2026, 12, 31) if other == "with a last day" else None,
                from_on=date(2027, 1, 1) if other == "with a first day to come" else None,
            )
        )
    assert post(house, f"{page_of(house, ADMINISTRATOR)}/active", {"active": "0"}).status == 422


def test_one_of_two_administrators_may_leave(house):
    with house.changing() as session:
        session.add(UserRole(user_id=house.world.users["reader"].id, role="administrator"))
    visitor = house.visitor(ADMINISTRATOR)
    response = visitor.post(f"{page_of(house, ADMINISTRATOR)}/roles/{admin_role(house)}/remove")
    assert (response.status_code, response.headers["Location"]) == (303, "/login")
    assert not signed_in(house, ADMINISTRATOR)


# ---------------------------------------------------------------- disabling


def test_disabled_user_is_out_at_once_and_comes_back(house):
    page = post(house, f"{page_of(house, 'reader')}/active", {"active": "0"})
    assert "Reader är avstängd och utloggad överallt." in page.text
    assert "Kontot är avstängt." in page.text
    assert "Ingenting: kontot är avstängt." in page.text
    assert not signed_in(house, "reader")
    assert "Avstängd" in visit(house.visitor(ADMINISTRATOR), LIST).text
    page = post(house, f"{page_of(house, 'reader')}/active", {"active": "1"})
    assert "Reader kan logga in igen." in page.text
    assert stored(house, "reader")["active"] is True
    assert not signed_in(house, "reader")  # the old session stays dead


# ---------------------------------------------------------------- sessions


def test_one_session_is_ended(house):
    with house.changing() as session:
        session.add(
            SignInSession(
                token_hash=digest("phone"), user_id=house.world.users["reader"].id, epoch=1, created_at=NOW,
                used_at=NOW, expires_at=NOW + ABSOLUTE, client="Safari, iPhone",
            )
        )  # fmt: skip
        session.flush()
        phone = session.scalars(select(SignInSession.id).where(SignInSession.client == "Safari, iPhone")).one()
    assert "Safari, iPhone" in visit(house.visitor(ADMINISTRATOR), page_of(house, "reader")).text
    page = post(house, f"{page_of(house, 'reader')}/sessions/{phone}/end")
    assert ("Inloggningen är avslutad." in page.text, "Safari, iPhone" in page.text) == (True, False)
    assert signed_in(house, "reader")
    assert post(house, f"{page_of(house, 'reader')}/sessions/{phone}/end").status == 404


def test_session_of_somebody_else_is_not_found(house):
    others = house.world.parts["own"]["sign_in_id"]
    assert post(house, f"{page_of(house, 'reader')}/sessions/{others}/end").status == 404
    assert signed_in(house, "own secretariat")


def test_all_sessions_are_ended(house):
    page = post(house, f"{page_of(house, 'reader')}/sessions/end")
    assert ("Reader är utloggad överallt." in page.text, "Inte inloggad någonstans." in page.text) == (True, True)
    assert not signed_in(house, "reader")


# ---------------------------------------------------------------- the person of the register


def test_user_is_linked_to_a_person_found_by_words(house):
    visitor = house.visitor(ADMINISTRATOR)
    person_id = house.world.people["own"].id
    path = f"{page_of(house, 'reader')}/person"
    assert "Inga träffar på ”Reader”." in visit(visitor, path).text
    page = send(visitor, f"{path}?q=own", "person_id", person_id=str(person_id))
    assert page.status == 200
    assert "Reader är sparad och behöver logga in igen." in page.text
    assert "Ledamot i 1 Forumet own" in page.text
    assert (stored(house, "reader")["person_id"], signed_in(house, "reader")) == (person_id, False)
    assert house.latest(1) == [("Administrator", "user.person", "reader@login.example")]
    page = send(visitor, path, "person_id", person_id="")
    assert stored(house, "reader")["person_id"] is None
    assert "Kontot hör inte till någon person i registret" in page.text


def test_person_has_one_account_at_most(house):
    taken = house.world.users["member"].person_id
    page = send(
        house.visitor(ADMINISTRATOR), f"{page_of(house, 'reader')}/person?q=member", "person_id", person_id=str(taken)
    )
    assert (page.status, page.errors) == (422, {"person_id": "Personen har redan ett konto: member@login.example"})
    assert page.form("person_id").values["person_id"] == str(taken)
    assert stored(house, "reader")["person_id"] is None


@pytest.mark.parametrize("typed", ["999999", "one", "1" * 20])
def test_person_nobody_offered_is_refused(house, typed):
    page = send(house.visitor(ADMINISTRATOR), f"{page_of(house, 'reader')}/person", "person_id", person_id=typed)
    assert (page.status, page.errors) == (422, {"person_id": "Välj en person"})


def test_somebody_else_linked_first(house):
    visitor = house.visitor(ADMINISTRATOR)
    path = f"{page_of(house, 'reader')}/person"
    form = visit(visitor, f"{path}?q=foreign").form("person_id")
    send(visitor, f"{path}?q=own", "person_id", person_id=str(house.world.people["own"].id))
    late = read(visitor.post(path, {**form.values, "person_id": str(house.world.people["foreign"].id)}))
    assert (late.status, "Ändringen sparades inte." in late.text) == (409, True)
    assert stored(house, "reader")["person_id"] == house.world.people["own"].id


def test_protected_identity_is_named_nowhere(house):
    with house.changing() as session:
        person = Person(given_name="Hemlig", family_name="Prov", protected=True)
        session.add(person)
        session.flush()
        session.get_one(User, house.world.users["reader"].id).person_id = person.id
    visitor = house.visitor(ADMINISTRATOR)
    pages = [LIST, page_of(house, "reader"), f"{page_of(house, 'reader')}/person", f"{LIST}/{1}/person?q=hemlig"]
    texts = [visit(visitor, path).text for path in pages]
    assert not any("Hemlig" in text for text in texts)
    assert ["edamot" in text for text in texts[:3]] == [True] * 3


# ---------------------------------------------------------------- what a user may today


@pytest.mark.parametrize(
    ("role", "lines"),
    [
        ("administrator", ["Får i dag Allt, också användare, inställningar och alla utskick."]),
        ("reader", ["Får i dag Läsa hela registret."]),
        (
            "chair",
            ["Se platser och möten i 1 forum.", "Ändra sina egna kontaktuppgifter.", "Ordförande i 1 Forumet own"],
        ),
        ("member", ["Se platser och möten i 1 forum.", "Ledamot i 1 Forumet own"]),
        (
            "organisation contact",
            ["Se svar och kontaktuppgifter för Kommunen own.", "Följer genom sin organisation 1 Forumet own"],
        ),
        (
            "own secretariat",
            [
                "Läsa hela registret. Lägga in och ändra organisationer och personer som de egna forumen använder.",
                "Planera, kalla och ändra i 1 forum.",
                "Sekretariat för 1 Forumet own genom organisationen",
            ],
        ),
    ],
)
def test_page_says_what_a_user_may(house, role, lines):
    text = visit(house.visitor(ADMINISTRATOR), page_of(house, role)).text
    assert [line for line in lines if line not in text] == []


def test_page_says_until_when_a_turn_lasts(house):
    with house.changing() as session:
        keeper = session.get_one(Forum, house.world.forums["own"].id).secretariat_id
        rotation = Rotation(
            forum_id=house.world.forums["own"].id, task="secretariat", unit="year", every=1, start_on=date(2026, 1, 1)
        )
        rotation.entries = [
            RotationEntry(position=0, organisation_id=keeper),
            RotationEntry(position=1, organisation_id=house.world.organisations["foreign"].id),
        ]
        session.add(rotation)
    text = visit(house.visitor(ADMINISTRATOR), page_of(house, "own secretariat")).text
    assert "Forumet own genom rotation till och med 31 december 2026" in text


def test_pages_in_english(house):
    with house.changing() as session:
        session.get_one(User, house.world.users[ADMINISTRATOR].id).language = "en"
    visitor = house.visitor(ADMINISTRATOR)
    assert visit(visitor, LIST).heading == "Users"
    page = visitor.get(page_of(house, "own secretariat")).get_data(as_text=True)
    assert 'Secretariat at <span lang="sv">Länsstyrelsen own</span>' in page
    assert visit(visitor, f"{LIST}/invite").heading == "Invite a user"
