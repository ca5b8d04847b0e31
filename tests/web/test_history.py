"""The history as its reader has it, and the button that takes a change back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment
from scheduler.history.models import HistoryEntry
from scheduler.history.queries import scope_version
from scheduler.organisations.models import Person
from scheduler.web.history_words import FACT_WORDS, UNSAID
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, send, visit

EDIT = "/forums/own-forum/edit"


def rename(house: House, name: str = "Nya namnet", role: str = "own secretariat") -> int:
    """The forum gets another name; gives the change."""
    send(house.visitor(role), EDIT, "name", name=name)
    with house.looking() as session:
        return session.scalars(select(HistoryEntry.id).order_by(HistoryEntry.id.desc())).first() or 0


def forum_name(house: House) -> str:
    with house.looking() as session:
        return session.get_one(Forum, house.world.forums["own"].id).name


def test_history_lists_what_changed_before_and_after(house):
    rename(house)
    page = visit(house.visitor(), "/history")
    assert page.status == 200
    assert "Own secretariat" in page.text
    assert "Namn: Forumet own → Nya namnet" in page.text


def test_secretariat_sees_its_own_forums_and_the_shared_register_alone(house):
    rename(house)
    assert "Nya namnet" not in visit(house.visitor("other secretariat"), "/history").text
    assert "Nya namnet" in visit(house.visitor("administrator"), "/history").text
    for role in ("reader", "member", "chair", "organisation contact"):
        assert house.visitor(role).get("/history").status_code == 403


def test_history_of_one_record_and_by_words_and_days(house):
    rename(house)
    own = house.world.forums["own"].id
    visitor = house.visitor()
    assert "→ Nya namnet" in visit(visitor, f"/history?kind=forum&id={own}").text
    assert "→ Nya namnet" not in visit(visitor, f"/history?kind=forum&id={own + 1}").text
    assert "→ Nya namnet" in visit(visitor, "/history?q=NAMNET").text
    assert "Inga ändringar" in visit(visitor, "/history?q=polarbib").text
    assert "→ Nya namnet" in visit(visitor, "/history?from=2026-11-22&to=2026-11-22").text
    assert "→ Nya namnet" not in visit(visitor, "/history?to=2026-11-21").text
    wrong = visit(visitor, "/history?from=igår")
    assert (wrong.status, wrong.errors) == (422, {"from": "Ange ett datum, till exempel 2026-09-29"})


def test_history_of_a_foreign_person_is_not_found(house):
    foreign = house.world.people["foreign"].id
    assert house.visitor().get(f"/history?kind=person&id={foreign}").status_code == 404
    assert house.visitor("administrator").get(f"/history?kind=person&id={foreign}").status_code == 200


def test_older_ones_are_a_page_away(house):
    with house.changing() as session:
        for n in range(60):
            session.add(
                HistoryEntry(
                    at=house.world.meetings["own"].start_at, actor="Sara", action="forum.edit", subject_kind="forum",
                    subject_id=house.world.forums["own"].id, subject_label="Forumet own",
                    before={"note": f"nr {n}-"}, after={"note": None},
                )
            )  # fmt: skip
    first = visit(house.visitor(), "/history")
    [older] = [link for link in first.links if "before=" in link]
    second = visit(house.visitor(), older)
    assert "nr 59-" in first.text
    assert "nr 9-" in second.text
    assert "nr 59-" not in second.text


def test_list_costs_the_same_for_one_and_many(house):
    visitor = house.visitor()
    rename(house)
    visitor.get("/history")
    with house.app.app_context():
        engine = db.engine
    with count_queries(engine) as few:
        visitor.get("/history")
    for n in range(3):
        rename(house, f"Namn {n}")
    with count_queries(engine) as many:
        visitor.get("/history")
    assert len(many) == len(few)


def test_saved_notice_undoes_by_one_press(house):
    visitor = house.visitor()
    page = send(visitor, EDIT, "name", name="Nya namnet")
    [undo] = [form for form in page.forms if form.action.endswith("/undo")]
    answer = visitor.post(undo.action, undo.values, token=False)
    assert answer.status_code == 303
    after = visit(visitor, answer.headers["Location"])
    assert "Ändringen är ångrad." in after.text
    assert forum_name(house) == "Forumet own"


def test_undo_is_for_those_who_may_edit(house):
    change_id = rename(house)
    for role in ("other secretariat", "member", "reader", "chair"):
        assert house.visitor(role).post(f"/history/{change_id}/undo").status_code == 404
    assert forum_name(house) == "Nya namnet"


def test_change_page_says_why_it_cannot_be_undone(house):
    change_id = rename(house)
    rename(house, "Ännu ett")
    page = visit(house.visitor(), f"/history/{change_id}")
    assert "ändrats igen sedan dess" in page.text
    answer = read(house.visitor().post(f"/history/{change_id}/undo"))
    assert answer.status == 422
    assert forum_name(house) == "Ännu ett"


def test_change_of_an_earlier_day_asks_why_at_the_field(house, clock):
    change_id = rename(house)
    clock.move(hours=20)  # the next day, still signed in once the session is renewed
    with house.changing() as session:
        from scheduler.accounts.models import SignInSession  # noqa: PLC0415 - here alone

        for row in session.scalars(select(SignInSession)):
            row.used_at = row.used_at + timedelta(hours=20)
    visitor = house.visitor()
    page = send(visitor, f"/history/{change_id}", "reason", reason="")
    assert (page.status, page.errors) == (422, {"reason": "Ändringen gjordes en tidigare dag. Skriv varför den ångras"})
    send(visitor, f"/history/{change_id}", "reason", reason="Fel forum")
    assert forum_name(house) == "Forumet own"
    assert "Fel forum" in visit(visitor, "/history").text
    assert "Ändringen ångrades" in visit(visitor, f"/history/{change_id}").text


def test_protected_identity_is_named_nowhere(house):
    person = house.world.people["own"]
    send(house.visitor(), f"/people/{person.id}/edit", "given_name", given_name="Synlig")
    with house.changing() as session:
        session.get_one(Person, person.id).protected = True
    page = visit(house.visitor("administrator"), "/history")
    assert "Synlig" not in page.text
    assert "ledamot" in page.text


def test_appointment_undone_takes_the_person_off_the_seat_and_the_calendars_follow(house):
    seat = house.world.seats["own"]
    sitting = seat.appointments[0].id
    visitor = house.visitor()
    send(visitor, f"/forums/own-forum/seats/{seat.id}?appointment={sitting}", "end-on", **{"end-on": "2026-12-31"})
    with house.looking() as session:
        assert session.get_one(Appointment, sitting).to_on is not None
        change_id = session.scalars(select(HistoryEntry.id).order_by(HistoryEntry.id.desc())).first()
    visitor.post(f"/history/{change_id}/undo")
    with house.looking() as session:
        assert session.get_one(Appointment, sitting).to_on is None


def version_of(house: House, scope: str, scope_id: int) -> int:
    with house.looking() as session:
        row = scope_version(session, scope, scope_id)
        return 0 if row is None else row.version


def test_calendar_of_whoever_loses_the_seat_by_undoing_follows(house):
    person, seat = house.world.people["foreign"].id, house.world.seats["own"]
    visitor = house.visitor()
    with house.changing() as session:
        session.delete(session.get_one(Appointment, seat.appointments[0].id))
    visitor.post(
        f"/forums/own-forum/seats/{seat.id}/appoint",
        {"person_id": person, "from_on": "2026-11-22", "function": "member"},
    )
    with house.looking() as session:
        change_id = session.scalars(select(HistoryEntry.id).order_by(HistoryEntry.id.desc())).first()
    before = version_of(house, "person", person)
    assert visitor.post(f"/history/{change_id}/undo").status_code == 303
    assert version_of(house, "person", person) > before


def test_english_page_is_english(house):
    with house.changing() as session:
        session.get_one(
            type(house.world.users["own secretariat"]), house.world.users["own secretariat"].id
        ).language = "en"
    change_id = rename(house)
    for path in ("/history", f"/history/{change_id}"):
        page = visit(house.visitor(), path)
        assert page.status == 200
        assert "Ändring" not in page.text.replace("Historik", "")


def field_names() -> set[str]:
    """Every name of a field that actions hand to the history by their tables of fields."""
    from scheduler.feeds import actions as feeds  # noqa: PLC0415 - here alone
    from scheduler.forums import actions as forums  # noqa: PLC0415 - as above
    from scheduler.forums import appointments, cadences, seating, standing  # noqa: PLC0415 - as above
    from scheduler.organisations import actions as organisations  # noqa: PLC0415 - as above
    from scheduler.organisations import offices, people  # noqa: PLC0415 - as above
    from scheduler.places import actions as places  # noqa: PLC0415 - as above

    return {
        *forums.FACTS, *organisations.FACTS, *offices.FACTS, *people.FACTS, *places.FACTS, *standing._FACTS,
        *seating._FACTS, *cadences._FACTS, *cadences._PAUSE_FACTS, *feeds._FACTS, *places._BLOCKED_FACTS,
        *(name for name in appointments.FIELDS if name not in appointments.REFERENCES),
    }  # fmt: skip


def test_every_field_of_the_history_has_a_word():
    assert field_names() - set(FACT_WORDS) - UNSAID == set()


@pytest.mark.parametrize("path", ["/history/999999"])
def test_missing_change_is_not_found(house, path):
    assert house.visitor().get(path).status_code == 404
