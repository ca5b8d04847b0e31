"""The pages of a meeting's attendance: one mark, all at once, part of a meeting, guests; who sees what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.meetings.models import Meeting
from scheduler.records.attendance_lists import roll_of
from scheduler.records.models import Attendance
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, visit
from tests.web.world import meeting as meeting_row


@pytest.fixture
def held(house: House) -> int:
    """A meeting of the own forum that was held yesterday, quorate with more than half of three seats."""
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        forum.quorum_rule = "more_than_half"
        return meeting_row(session, forum, NOW - timedelta(days=1), state="held").id


def keys(house: House, meeting_id: int) -> list[str]:
    with house.looking() as session:
        return [row.key for row in roll_of(session, session.get_one(Meeting, meeting_id)).counted]


def marks(house: House, meeting_id: int) -> list[str]:
    with house.looking() as session:
        return [row.choice for row in roll_of(session, session.get_one(Meeting, meeting_id)).counted]


def quorum(house: House, meeting_id: int) -> bool | None:
    with house.looking() as session:
        return session.get_one(Meeting, meeting_id).quorum


def one(visitor, meeting_id: int, key: str, choice: str, was: str = "0"):
    return visitor.post(
        f"/meetings/{meeting_id}/attendance?row={key}",
        {f"c-{key}": choice, f"was-{key}": was},
        headers={"HX-Request": "true"},
    )


def test_list_stands_on_the_meeting_and_alone(house, held):
    for path in (f"/meetings/{held}", f"/meetings/{held}/attendance"):
        page = visit(house.visitor(), path)
        assert (
            "0 av 3 platser är besatta. Mötet är inte beslutsfört, minst 2 krävs. 3 återstår att pricka av."
            in page.text
        )


def test_one_mark_answers_with_its_row_and_the_count(house, held):
    key = keys(house, held)[0]
    answer = one(house.visitor(), held, key, "present")
    body = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'id="row-{key}"' in body
    assert "1 av 3 platser är besatta." in body
    assert body.count("<tr") == 1
    assert marks(house, held) == ["present", "", ""]


def test_held_meeting_follows_the_quorum_of_its_list(house, held):
    visitor = house.visitor()
    first, second, third = keys(house, held)
    one(visitor, held, first, "present")
    assert quorum(house, held) is False
    one(visitor, held, second, "present")
    assert quorum(house, held) is True
    one(visitor, held, third, "absent")
    assert quorum(house, held) is True


def test_whole_list_is_saved_without_scripts(house, held):
    visitor = house.visitor()
    page = visit(visitor, f"/meetings/{held}/attendance")
    first, second, _third = keys(house, held)
    form = page.form(f"was-{first}")
    answer = visitor.post(form.action, {**form.values, f"c-{first}": "present", f"c-{second}": "notified"})
    assert answer.status_code == 303
    assert marks(house, held) == ["present", "notified", ""]
    assert "2 markeringar är sparade." in visit(visitor, answer.headers["Location"]).text


def test_two_who_save_the_whole_list_keep_each_others_marks(house, held):
    sara, ola = house.visitor(), house.visitor("administrator")
    first, second, third = keys(house, held)
    form = visit(sara, f"/meetings/{held}/attendance").form(f"was-{first}")
    ola.post(form.action, {**form.values, f"c-{first}": "absent", f"c-{second}": "absent"})
    answer = sara.post(form.action, {**form.values, f"c-{first}": "present", f"c-{third}": "present"})
    page = read(answer)
    assert page.status == 409
    assert "Administrator ändrade raden" in page.text
    assert "Din markering sparades inte." in page.text
    assert marks(house, held) == ["absent", "absent", "present"]


def test_nonsense_is_refused_at_its_row(house, held):
    key = keys(house, held)[0]
    for choice in ("dancing", "substitute"):
        body = one(house.visitor(), held, key, choice).get_data(as_text=True)
        assert 'role="alert"' in body
    assert one(house.visitor(), held, "s1-999", "present").status_code == 404
    assert marks(house, held) == ["", "", ""]


@pytest.mark.parametrize(
    ("role", "path", "seen"),
    [
        ("member", "/meetings/{id}", True),
        ("member", "/meetings/{id}/attendance", True),
        ("reader", "/meetings/{id}", True),
    ],
)
def test_members_read_the_count_and_no_names(house, held, role, path, seen):
    visitor = house.visitor(role)
    assert "av 3 platser" not in visit(visitor, path.format(id=held)).text  # nothing is marked yet
    key = keys(house, held)[0]
    one(house.visitor(), held, key, "absent")
    page = visit(visitor, path.format(id=held))
    assert ("0 av 3 platser är besatta." in page.text) is seen
    assert "Frånvarande" not in page.text
    assert one(visitor, held, key, "present").status_code == 403


def test_part_of_a_meeting_is_entered_and_taken_away(house, held):
    visitor = house.visitor()
    key = keys(house, held)[0]
    path = f"/meetings/{held}/attendance/{key}"
    form = visit(visitor, path).form("status", "version")
    assert visitor.post(path, {**form.values, "status": "remote"}).status_code == 303
    assert marks(house, held)[0] == "remote"
    # The form that was opened before says so, and stores nothing.
    stale = visitor.post(path, {**form.values, "status": "absent"})
    assert stale.status_code == 409
    assert marks(house, held)[0] == "remote"
    form = visit(visitor, path).form("status", "version")
    assert visitor.post(path, {**form.values, "remove": "1"}).status_code == 303
    assert marks(house, held)[0] == ""


def test_guest_is_added_by_name_or_from_the_register(house, held):
    visitor = house.visitor()
    path = f"/meetings/{held}/attendance/guests"
    assert "Fyll i" not in visit(visitor, path).text
    assert visitor.post(path, {"name": "", "role": "guest", "status": "present"}).status_code == 422
    found = read(visitor.post(path, {"name": "foreign", "find": "1", "role": "guest", "status": "present"}))
    assert "Foreign Person" in found.text
    person = house.world.people["foreign"].id
    given = {"name": "foreign", "role": "co_opted", "status": "remote"}
    assert visitor.post(path, {**given, "person_id": str(person)}).status_code == 303
    assert visitor.post(path, {**given, "name": "Gäst Utifrån"}).status_code == 303
    with house.looking() as session:
        rows = [(row.person_id, row.name, row.role, row.status) for row in session.scalars(select(Attendance))]
    assert rows == [(person, None, "co_opted", "remote"), (None, "Gäst Utifrån", "co_opted", "remote")]
    assert "Gäst Utifrån" in visit(visitor, f"/meetings/{held}/attendance").text


def test_coming_meeting_has_no_list_yet(house):
    meeting_id = house.world.meetings["own"].id
    visitor = house.visitor()
    assert visitor.get(f"/meetings/{meeting_id}/attendance").status_code == 303
    assert "återstår att pricka av" not in visit(visitor, f"/meetings/{meeting_id}").text


def test_page_asks_as_often_for_any_number_of_marks(house, held):

    visitor = house.visitor()
    asked = []
    for key in [None, *keys(house, held)]:
        if key is not None:
            one(visitor, held, key, "present")
        with house.app.app_context(), count_queries(db.engine) as sent:
            visitor.get(f"/meetings/{held}/attendance")
        asked.append(len(sent))
    # Before the first mark nothing is read of servings and conflicts of interest.
    assert len(set(asked[1:])) == 1
    assert asked[1] - asked[0] <= 3


def test_the_page_of_the_forum_counts_who_was_there(house, held):
    with house.looking() as session:
        slug = session.get_one(Meeting, held).forum.slug
    path = f"/forums/{slug}?year={(NOW - timedelta(days=1)).year}"
    assert "närvarande" not in visit(house.visitor(), path).text
    for key, choice in zip(keys(house, held), ["present", "remote", "absent"], strict=True):
        one(house.visitor(), held, key, choice)
    page = visit(house.visitor(), path)
    assert "2 närvarande" in page.text
    assert "av 1" in page.text  # beside each organisation: at how many of the meetings it was


def test_a_meeting_nobody_is_called_to_asks_for_those_who_took_part(house):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        forum.invitees_per_meeting = True
        bare = meeting_row(session, forum, NOW - timedelta(days=1), state="held").id
    page = visit(house.visitor(), f"/meetings/{bare}/attendance")
    assert "Ingen är kallad. Lägg till dem som var med." in page.text
    assert "Spara närvaron" not in page.text
