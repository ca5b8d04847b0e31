"""One's own page, answering a call from the pages, days away, one's own data; and who sees which answers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from scheduler.accounts.models import UserRole
from scheduler.forums.models import Forum
from scheduler.history.models import HistoryEntry
from scheduler.meetings.actions import call_meeting
from scheduler.meetings.models import Invitee, Meeting, Reply
from scheduler.organisations.models import Person
from scheduler.places.models import BlockedPeriod
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, send, visit
from tests.web.world import SITE, meeting, seat

ANSWERED = "/meetings/{}/reply"


@pytest.fixture
def called(house) -> int:
    """The own forum's meeting, called: to Own, Member and Chair."""
    return call(house, house.world.meetings["own"].id)


def call(house: House, meeting_id: int) -> int:
    with house.changing() as session:
        from scheduler.history.rules import Actor  # noqa: PLC0415 - beside its use

        row = session.get_one(Meeting, meeting_id)
        call_meeting(session, Actor("Sara"), NOW, row, version=None, site=SITE, answer_by_on=row.local_on)
    return meeting_id


def invitee(house: House, meeting_id: int, name: str) -> int:
    with house.looking() as session:
        query = select(Invitee.id).join(Person).where(Invitee.meeting_id == meeting_id, Person.given_name == name)
        return session.scalars(query).one()


def stored(house: House) -> list[tuple[str, str, str | None]]:
    with house.looking() as session:
        rows = session.execute(
            select(Person.given_name, Reply.answer, Reply.via)
            .join(Reply.invitee)
            .join(Invitee.person)
            .order_by(Reply.id)
        )
        return [tuple(row) for row in rows]


def answer(house: House, role: str, meeting_id: int, **given: str):
    return send(house.visitor(role), ANSWERED.format(meeting_id), "answer", **given)


# ---------------------------------------------------------------- the page


def test_visitor_has_no_page_of_their_own(house):
    for path in ("/me", "/me/edit"):
        assert house.visitor("anonymous").get(path).status_code == 404
    for path in ("/me/absences", "/me/absences/1/remove", "/me/edit"):
        assert house.visitor("anonymous").post(path).status_code == 404


@pytest.mark.parametrize("role", ["administrator", "reader", "own secretariat"])
def test_user_who_is_no_person_has_a_sensible_page(house, role):
    page = visit(house.visitor(role), "/me")
    assert (page.status, page.heading) == (200, "Min sida")
    assert "Du är ingen person i registret" in page.text
    assert {"/me/sessions", "/subscribe"} <= set(page.links)
    assert "/me/edit" not in page.links
    assert house.visitor(role).get("/me/edit").headers["Location"] == "/me"
    assert house.visitor(role).post("/me/edit").status_code == 404
    assert house.visitor(role).post("/me/absences", {"from_on": "2027-01-01"}).status_code == 404


def test_page_tells_of_meetings_seats_and_data(house):
    page = visit(house.visitor("member"), "/me")
    assert "Inget väntar på ditt svar. Nästa möte är tisdag 22 december." in page.text
    assert f"/meetings/{house.world.meetings['own'].id}" in page.links
    assert f"/meetings/{house.world.meetings['foreign'].id}" not in page.links
    assert "/forums/own-forum" in page.links
    assert "member@register.example" in page.text
    assert "Du har ingen kalenderlänk" in page.text


def test_called_meeting_waits_until_one_has_answered(house, called):
    page = visit(house.visitor("member"), "/me")
    assert "En sak väntar på ditt svar." in page.text
    assert "Kommer du till Forumet own?" in page.text
    link = next(link for link in page.links if "/reply" in link)
    assert link == f"/meetings/{called}/reply?back=me"
    page = send(house.visitor("member"), link, "answer", answer="yes")
    assert page.heading == "Min sida"
    assert "Ditt svar är sparat: Ja." in page.text
    assert "Inget väntar på ditt svar." in page.text
    assert "Kommer du till" not in page.text


def test_substitute_is_told_of_the_meeting_and_not_asked(house):
    with house.changing() as session:
        world = house.world
        member = session.scalars(select(Person).where(Person.given_name == "Member")).one()
        forum = session.get_one(Forum, world.forums["foreign"].id)
        row = seat(session, forum, world.organisations["own"], member)
        row.kind = "substitute"
    call(house, house.world.meetings["foreign"].id)
    page = visit(house.visitor("member"), "/me")
    assert "Inget väntar på ditt svar." in page.text
    assert f"/meetings/{house.world.meetings['foreign'].id}/reply?back=me" in page.links


def test_past_meetings_are_behind_their_link(house):
    with house.changing() as session:
        old = meeting(session, session.get_one(Forum, house.world.forums["own"].id), NOW - timedelta(days=30)).id
    assert f"/meetings/{old}" not in visit(house.visitor("member"), "/me").links
    page = visit(house.visitor("member"), "/me?past=1")
    assert f"/meetings/{old}" in page.links
    assert f"/meetings/{house.world.meetings['own'].id}" not in page.links


def test_personal_substitutes_are_named(house):
    with house.changing() as session:
        world = house.world
        member, chair = (
            session.scalars(select(Person).where(Person.given_name == name)).one() for name in ("Member", "Chair")
        )
        forum = session.get_one(Forum, world.forums["foreign"].id)
        first = seat(session, forum, world.organisations["own"], member)
        second = seat(session, forum, world.organisations["own"], chair)
        second.kind, second.personal_for_id = "substitute", first.id
    assert "Ersättare: Chair Person" in visit(house.visitor("member"), "/me").text
    assert "Ersättare för Member Person" in visit(house.visitor("chair"), "/me").text


def test_page_speaks_english(house, called):
    visitor = house.visitor("member")
    visitor.post("/language", {"language": "en", "next": "/me"})
    page = visit(visitor, "/me")
    assert page.heading == "My page"
    assert "One thing waits for your answer. The next meeting is Tuesday 22 December." in page.text
    assert visit(visitor, ANSWERED.format(called)).heading == "Are you coming to Forumet own?"
    assert visit(visitor, "/me/edit").heading == "My details"


def test_opening_pages_changes_nothing(house, called):
    before = house.changes()
    for role in ("member", "own secretariat", "administrator"):
        for path in ("/me", "/me?past=1", "/me/edit", ANSWERED.format(called)):
            house.visitor(role).get(path)
    house.visitor().get(f"/meetings/{called}/invitees/{invitee(house, called, 'Member')}/reply")
    assert (house.changes(), stored(house)) == (before, [])


def test_page_asks_no_more_for_more_meetings(house, called):
    def cost() -> int:
        from scheduler.db import db  # noqa: PLC0415 - the engine is the application's

        visitor = house.visitor("member")
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get("/me").status_code == 200
        return len(sent)

    few = cost()
    for days in (40, 50):
        with house.changing() as session:
            forum = session.get_one(Forum, house.world.forums["own"].id)
            number = meeting(session, forum, NOW + timedelta(days=days)).id
        call(house, number)
    assert cost() == few


# ---------------------------------------------------------------- menus and the way in


def test_menu_of_a_member_leads_to_their_own_page(house):
    html = house.visitor("member").get("/me").get_data(as_text=True)
    menu = html[html.index('<ul class="menu">') : html.index("</ul>")]
    assert re.findall(r'href="([^"]+)"', menu) == ["/me", "/forums", "/calendar", "/search"]
    assert '<a href="/me" aria-current="page">' in menu
    assert "/me" in visit(house.visitor(), "/forums").links
    assert "/me" not in visit(house.visitor("anonymous"), "/forums").links


# ---------------------------------------------------------------- one's own answer


@pytest.mark.parametrize(("given", "word"), [("yes", "Ja"), ("no", "Nej"), ("maybe", "Kanske")])
def test_answer_is_given_and_shown(house, called, given, word):
    page = answer(house, "member", called, answer=given, comment="Kommer sent")
    assert f"Ditt svar är sparat: {word}." in page.text
    assert stored(house) == [("Member", given, "page")]
    kept = visit(house.visitor("member"), ANSWERED.format(called)).form("answer").values
    assert (kept["answer"], kept["comment"], kept["back"]) == (given, "Kommer sent", "")


def test_answer_is_given_on_the_page_of_the_meeting_too(house, called):
    page = send(house.visitor("member"), f"/meetings/{called}", "answer", answer="no")
    assert "Ditt svar är sparat: Nej." in page.text
    assert "Har tackat nej 1 Inget svar 2" in page.text


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"answer": ""}, "answer", "Välj"),
        ({"answer": "remote"}, "answer", "Välj"),
        ({"answer": "yes", "comment": "x" * 201}, "comment", "Högst 200 tecken"),
    ],
)
def test_refused_answer_keeps_what_was_typed_and_stores_nothing(house, called, given, field, words):
    before = house.changes()
    page = answer(house, "member", called, **given)
    assert (page.status, list(page.errors)) == (422, [field])
    assert words in page.errors[field]
    assert page.form("comment").values["comment"] == given.get("comment", "")
    assert (stored(house), house.changes()) == ([], before)


def test_answer_in_english_is_refused_in_english(house, called):
    visitor = house.visitor("member")
    visitor.post("/language", {"language": "en", "next": "/me"})
    page = send(visitor, ANSWERED.format(called), "answer", answer="remote")
    assert (page.status, page.errors["answer"]) == (422, "Error: Choose one of the options")


def test_form_binds_what_it_names_alone(house, called):
    other = invitee(house, called, "Chair")
    visitor = house.visitor("member")
    beside = {"invitee_id": other, "invitee": other, "via": "mail", "user_id": 1, "id": 1, "at": "2020-01-01"}
    visitor.post(ANSWERED.format(called), {"answer": "yes", **beside})
    assert stored(house) == [("Member", "yes", "page")]


@pytest.mark.parametrize("role", ["own secretariat", "reader", "administrator", "organisation contact"])
def test_whoever_is_not_called_cannot_answer(house, called, role):
    visitor = house.visitor(role)
    assert visitor.get(ANSWERED.format(called)).headers["Location"] == f"/meetings/{called}"
    assert visitor.post(ANSWERED.format(called), {"answer": "yes"}).status_code == 404
    assert stored(house) == []


def test_nobody_answers_before_the_call_or_after_the_beginning(house, called, clock):
    other = house.world.meetings["foreign"].id
    assert house.visitor("member").post(ANSWERED.format(other), {"answer": "yes"}).status_code == 404
    visitor = house.visitor("member")
    clock.move(days=6)
    with house.changing() as session:
        session.get_one(Meeting, called).start_at = clock()
        session.get_one(Meeting, called).end_at = clock() + timedelta(hours=2)
    page = read(visitor.post(ANSWERED.format(called), {"answer": "yes"}))
    assert page.status in {422, 404}
    assert stored(house) == []


def test_answer_after_the_last_day_is_taken_and_marked(house, called):
    with house.changing() as session:
        session.get_one(Meeting, called).answer_by_on = NOW.date() - timedelta(days=1)
    assert answer(house, "member", called, answer="yes").status == 200
    assert "efter sista dagen" in visit(house.visitor(), f"/meetings/{called}").text


# ---------------------------------------------------------------- answers of others


NAMED = {"own secretariat", "chair", "organisation contact", "administrator"}


@pytest.mark.parametrize(
    "role", ["member", "chair", "organisation contact", "reader", "own secretariat", "administrator"]
)
def test_answers_of_others_are_for_those_who_may_see_them_and_counts_for_all(house, called, role):
    answer(house, "chair", called, answer="maybe", comment="Ej klart än")
    answer(house, "member", called, answer="no", comment="Semester")
    page = visit(house.visitor(role), f"/meetings/{called}")
    assert "Kanske 1 Har tackat nej 1 Inget svar 1" in page.text
    shown = {words for words in ("Semester", "Ej klart än") if words in page.text}
    others = {"Ej klart än"} if role == "member" else {"Semester"}
    assert bool(shown & others) == (role in NAMED)
    if role == "reader":
        assert shown == set()


def test_contact_of_another_organisation_sees_counts_alone(house, called):
    with house.changing() as session:
        role = session.scalars(select(UserRole).where(UserRole.role == "organisation_contact")).one()
        role.organisation_id = house.world.organisations["foreign"].id
        forum = session.get_one(Forum, house.world.forums["own"].id)
        seat(session, forum, house.world.organisations["foreign"], house.world.people["foreign"])
    answer(house, "member", called, answer="no", comment="Semester")
    page = visit(house.visitor("organisation contact"), f"/meetings/{called}")
    assert "Har tackat nej 1" in page.text
    assert "Semester" not in page.text


def test_visitor_sees_nothing_of_answers(house):
    public = call(house, house.world.meetings["public"].id)
    page = visit(house.visitor("anonymous"), f"/meetings/{public}")
    assert page.status == 200
    assert "svarat" not in page.text
    assert house.visitor("anonymous").get(ANSWERED.format(public)).status_code == 303
    assert house.visitor("anonymous").post(ANSWERED.format(public), {"answer": "yes"}).status_code == 404


def test_answers_do_not_crowd_out_what_has_changed(house, called):
    answer(house, "member", called, answer="no")
    page = visit(house.visitor(), f"/meetings/{called}")
    assert "Mötet kallades" in page.text
    assert "Ett svar på kallelsen" not in page.text


def test_answer_makes_no_lost_update_of_another(house, called):
    """The secretary has the form open while somebody answers; then another secretary saves: that one is named."""
    answer(house, "member", called, answer="no")
    with house.looking() as session:
        from scheduler.meetings.saving import saved_by_other  # noqa: PLC0415 - beside its use

        assert saved_by_other(session, session.get_one(Meeting, called)).by == "Sara"


# ---------------------------------------------------------------- entered by the secretariat


def test_secretariat_enters_an_answer_for_somebody(house, called):
    path = f"/meetings/{called}/invitees/{invitee(house, called, 'Member')}/reply"
    assert path in visit(house.visitor(), f"/meetings/{called}").links
    page = visit(house.visitor(), path)
    assert page.heading == "Kommer Member Person?"
    page = send(house.visitor(), path, "answer", answer="yes", comment="Per telefon")
    assert "Svaret för Member Person är sparat: Ja." in page.text
    assert stored(house) == [("Member", "yes", "secretary")]
    assert house.latest(1)[0][:2] == ("Own secretariat", "reply.give")
    page = send(house.visitor(), path, "answer", answer="remote")
    assert (page.status, list(page.errors)) == (422, ["answer"])


@pytest.mark.parametrize("role", ["member", "reader", "other secretariat", "organisation contact"])
def test_others_enter_nothing(house, called, role):
    path = f"/meetings/{called}/invitees/{invitee(house, called, 'Member')}/reply"
    assert house.visitor(role).get(path).status_code in {403, 404}
    assert house.visitor(role).post(path, {"answer": "yes"}).status_code in {403, 404}
    assert path not in visit(house.visitor(role), f"/meetings/{called}").links


def test_place_on_the_list_of_another_meeting_is_not_found(house, called):
    foreign = call(house, house.world.meetings["foreign"].id)
    other = invitee(house, foreign, "Foreign")
    for number in (other, 999_999):
        path = f"/meetings/{called}/invitees/{number}/reply"
        assert (house.visitor().get(path).status_code, house.visitor().post(path).status_code) == (404, 404)


def test_protected_person_is_named_nowhere(house, called):
    with house.changing() as session:
        session.scalars(select(Person).where(Person.given_name == "Member")).one().protected = True
    answer(house, "member", called, answer="yes")
    send(house.visitor("member"), "/me", "from_on", from_on="2027-01-05")
    path = f"/meetings/{called}/invitees/{invitee(house, called, 'Member')}/reply"
    assert visit(house.visitor(), path).heading == "Kommer ledamot?"
    assert "Member Person" not in visit(house.visitor(), f"/meetings/{called}").text
    with house.looking() as session:
        rows = session.scalars(select(HistoryEntry).where(HistoryEntry.action.in_(["reply.give", "absence.add"])))
        told = [f"{row.actor} {row.subject_label} {row.before} {row.after}" for row in rows]
    assert len(told) == 2
    assert not any("Member" in words for words in told)


# ---------------------------------------------------------------- days away


def absences(house: House) -> list[tuple[str, str, str | None]]:
    with house.looking() as session:
        rows = session.scalars(
            select(BlockedPeriod).where(BlockedPeriod.from_on > NOW.date()).order_by(BlockedPeriod.id)
        )
        return [(row.from_on.isoformat(), row.to_on.isoformat(), row.note) for row in rows]


def test_days_away_are_entered_count_as_no_and_are_taken_away(house, called):
    page = send(house.visitor("member"), "/me", "from_on", from_on="2026-12-21", to_on="6/1", note="Fjällen")
    assert "Du är borta 21 december 2026–6 januari 2027. Möten de dagarna räknas som nej." in page.text
    assert absences(house) == [("2026-12-21", "2027-01-06", "Fjällen")]
    assert "Inget väntar på ditt svar." in page.text
    assert "Nej, borta" in page.text
    assert "Har tackat nej 1 Inget svar 2" in visit(house.visitor(), f"/meetings/{called}").text
    remove = next(action for action in page.actions() if action.endswith("/remove"))
    visitor = house.visitor("member")
    visitor.get("/me")
    assert visitor.post(remove).status_code == 303
    assert absences(house) == []
    assert "En sak väntar på ditt svar." in visit(visitor, "/me").text


def test_answer_given_after_days_away_goes_before_them(house, called, clock):
    send(house.visitor("member"), "/me", "from_on", from_on="2026-12-21", to_on="2026-12-23")
    clock.move(minutes=1)
    page = visit(house.visitor("member"), f"/meetings/{called}")
    assert "Det räknas som nej om du inte svarar något annat." in page.text
    page = answer(house, "member", called, answer="yes")
    assert "Har tackat ja 1 Inget svar 2" in page.text


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"from_on": ""}, "from_on", "Ange första dagen"),
        ({"from_on": "snart"}, "from_on", "Ange ett datum"),
        ({"from_on": "2026-11-20"}, "from_on", "inte har passerat"),
        ({"from_on": "2027-01-05", "to_on": "2027-01-04"}, "to_on", "före"),
        ({"from_on": "2027-01-05", "note": "x" * 201}, "note", "Högst 200 tecken"),
    ],
)
def test_refused_days_keep_what_was_typed_and_store_nothing(house, given, field, words):
    before = house.changes()
    page = send(house.visitor("member"), "/me", "from_on", **given)
    assert (page.status, page.heading, list(page.errors)) == (422, "Min sida", [field])
    assert words in page.errors[field]
    assert page.form("from_on").values["from_on"] == given["from_on"]
    assert (absences(house), house.changes()) == ([], before)


def test_days_that_overlap_are_refused_with_the_days_there_are(house):
    send(house.visitor("member"), "/me", "from_on", from_on="2027-01-05", to_on="2027-01-09")
    page = send(house.visitor("member"), "/me", "from_on", from_on="2027-01-09", to_on="2027-01-12")
    assert "5 januari 2027 till 9 januari 2027" in page.errors["from_on"]
    assert len(absences(house)) == 1


def test_days_of_somebody_else_are_not_found(house):
    send(house.visitor("chair"), "/me", "from_on", from_on="2027-01-05")
    with house.looking() as session:
        row_id = session.scalars(select(BlockedPeriod.id).where(BlockedPeriod.from_on > NOW.date())).one()
    for role in ("member", "own secretariat", "administrator"):
        assert house.visitor(role).post(f"/me/absences/{row_id}/remove").status_code == 404
    assert len(absences(house)) == 1


def test_note_is_shown_to_nobody_else_and_kept_in_no_history(house):
    send(house.visitor("member"), "/me", "from_on", from_on="2027-01-05", note="Operation")
    assert "Operation" in visit(house.visitor("member"), "/me").text
    with house.looking() as session:
        member = session.scalars(select(Person.id).where(Person.given_name == "Member")).one()
        told = [f"{row.after} {row.rows}" for row in session.scalars(select(HistoryEntry))]
    assert not any("Operation" in words for words in told)
    page = visit(house.visitor(), f"/people/{member}")
    assert "5 januari 2027" in page.text
    assert "Operation" not in page.text


def test_readers_do_not_see_who_is_away(house):
    send(house.visitor("member"), "/me", "from_on", from_on="2027-01-05")
    with house.looking() as session:
        member = session.scalars(select(Person.id).where(Person.given_name == "Member")).one()
    assert "5 januari 2027" not in visit(house.visitor("reader"), f"/people/{member}").text


# ---------------------------------------------------------------- one's own data


def own_data(house: House) -> tuple[str | None, ...]:
    with house.looking() as session:
        row = session.scalars(select(Person).where(Person.given_name == "Member")).one()
        mails = ",".join(mail.address for mail in row.emails)
        return row.name, row.phone, row.town, row.locale, mails


def test_one_changes_how_one_is_reached(house):
    page = send(house.visitor("member"), "/me/edit", "phone", phone="0970-12345", town="Kiruna", locale="en")
    assert page.heading == "Min sida"
    assert "Dina uppgifter är sparade." in page.text
    assert own_data(house) == ("Member Person", "0970-12345", "Kiruna", "en", "member@register.example")
    assert house.latest(1)[0][1] == "person.edit"


def test_one_changes_neither_name_nor_address_nor_protection(house):
    before = own_data(house)
    form = visit(house.visitor("member"), "/me/edit").form("phone")
    assert set(form.values) | set(form.options) == {"csrf_token", "seen", "phone", "town", "locale"}
    send(house.visitor("member"), "/me/edit", "phone", phone="1", emails="ny@example.org", given_name="Ny",
         protected="y", organisation_id="1", id="1", person_id="1")  # fmt: skip
    assert own_data(house) == (before[0], "1", None, "sv", before[4])


def test_registers_form_of_oneself_leads_to_ones_own(house):
    before = own_data(house)
    with house.looking() as session:
        member = session.scalars(select(Person.id).where(Person.given_name == "Member")).one()
    visitor = house.visitor("member")
    assert visitor.get(f"/people/{member}/edit").headers["Location"] == "/me/edit"
    given = {"given_name": "Ny", "family_name": "Ny", "emails": "ny@example.org", "locale": "sv"}
    assert visitor.post(f"/people/{member}/edit", given).headers["Location"] == "/me/edit"
    assert own_data(house) == before
    assert house.visitor().get(f"/people/{member}/edit").status_code == 200


@pytest.mark.parametrize(("field", "given"), [("phone", "0" * 61), ("town", "x" * 101), ("locale", "klingonska")])
def test_refused_data_stays_in_the_form(house, field, given):
    before = own_data(house)
    page = send(house.visitor("member"), "/me/edit", "phone", **{field: given})
    assert (page.status, list(page.errors)) == (422, [field])
    assert own_data(house) == before


def test_somebody_else_saved_first(house):
    visitor = house.visitor("member")
    form = visit(visitor, "/me/edit").form("phone")
    with house.changing() as session:
        session.scalars(select(Person).where(Person.given_name == "Member")).one().phone = "0920-1"
    page = read(visitor.post("/me/edit", {**form.values, "phone": "0970-2"}, token=False))
    assert page.status == 409
    assert "sparat är ”0920-1”, du skrev ”0970-2”" in page.text
    assert own_data(house)[1] == "0920-1"
    again = page.form("phone")
    assert again.values["phone"] == "0970-2"
    assert visitor.post("/me/edit", again.values, token=False).status_code == 303
    assert own_data(house)[1] == "0970-2"


# ---------------------------------------------------------------- on both databases


def test_answer_and_days_away_on_both_databases(house_on_both):
    house = house_on_both
    called = call(house, house.world.meetings["own"].id)
    answer(house, "member", called, answer="yes")
    send(house.visitor("chair"), "/me", "from_on", from_on="2026-12-22")
    assert "Har tackat ja 1 Har tackat nej 1 Inget svar 1" in visit(house.visitor(), f"/meetings/{called}").text
    assert visit(house.visitor(), "/search?q=forumet+own").status == 200
    with house.looking() as session:
        assert session.scalar(select(func.count()).select_from(Reply)) == 1
