"""Marking who took part, on both databases: one mark at a time, substitutes in order, on the seats of the day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from scheduler.errors import NotFound, Refused, SavedByOther
from scheduler.forums.seat_models import Appointment
from scheduler.history.models import HistoryEntry
from scheduler.records.attendance import ServedSeat, add_guest, mark, set_part
from scheduler.records.attendance_lists import roll_of
from scheduler.records.models import Attendance, Recusal, Serving
from tests.queries import count_queries
from tests.records.rows import Board


@pytest.fixture
def board(session, actor, now) -> Board:
    return Board(session, actor, now)


def problem(refused) -> tuple[str | None, str]:
    return refused.value.problems[0].field, refused.value.problems[0].text


def test_list_holds_the_seats_and_counts_nobody_before_a_mark(session, board):
    roll = roll_of(session, board.meeting)
    assert [row.name for row in roll.counted] == ["Ledamot 00", "Ledamot 01", "Ledamot 02"]
    assert [row.name for row in roll.others] == ["Ersättare 00", "Ersättare 01"]
    assert (roll.count.seats, roll.count.best.seats, roll.count.needed, roll.count.unmarked) == (3, 0, 2, 3)
    assert [(group.name, len(group.rows)) for group in roll.groups()] == [("Regionen", 3)]


def test_marks_fill_seats_and_the_meeting_becomes_quorate(session, actor, now, board):
    mark(session, actor, now, board.meeting, key=board.key(0), choice="present")
    assert roll_of(session, board.meeting).count.quorate is False
    mark(session, actor, now, board.meeting, key=board.key(1), choice="remote")
    mark(session, actor, now, board.meeting, key=board.key(2), choice="absent")
    count = roll_of(session, board.meeting).count
    assert (count.best.seats, count.quorate, count.unmarked) == (2, True, 0)


def test_substitutes_serve_in_order_and_each_on_one_seat(session, actor, now, board):
    first = mark(session, actor, now, board.meeting, key=board.key(0), choice="substitute")
    second = mark(session, actor, now, board.meeting, key=board.key(1), choice="substitute")
    assert [first.substitute_name, second.substitute_name] == ["Ersättare 00", "Ersättare 01"]
    with pytest.raises(Refused) as refused:
        mark(session, actor, now, board.meeting, key=board.key(2), choice="substitute")
    assert problem(refused) == ("substitute", "Det finns ingen ledig ersättare")
    taken, member = board.substitutes[0].id, board.members[0].id
    with pytest.raises(Refused) as refused:
        mark(session, actor, now, board.meeting, key=board.key(2), choice="substitute", substitute=taken)
    assert problem(refused) == ("substitute", "Tjänstgör redan på en annan plats")
    with pytest.raises(Refused):  # a member is no substitute
        mark(session, actor, now, board.meeting, key=board.key(2), choice="substitute", substitute=member)
    count = roll_of(session, board.meeting).count
    assert (count.best.holders, count.best.substitutes) == (0, 2)


def test_holder_who_comes_after_all_takes_the_seat_back(session, actor, now, board):
    mark(session, actor, now, board.meeting, key=board.key(0), choice="substitute")
    mark(session, actor, now, board.meeting, key=board.key(0), choice="present")
    assert session.scalar(select(func.count()).select_from(Serving)) == 0
    row = mark(session, actor, now, board.meeting, key=board.key(1), choice="substitute")
    assert row.substitute_name == "Ersättare 00"


def test_mark_is_taken_away(session, actor, now, board):
    mark(session, actor, now, board.meeting, key=board.key(0), choice="present")
    row = mark(session, actor, now, board.meeting, key=board.key(0), choice="")
    assert (row.choice, row.is_marked) == ("", False)
    assert session.scalar(select(func.count()).select_from(Attendance)) == 0


def test_two_who_mark_one_row_do_not_lose_each_others_marks(session, actor, now, board):
    seen = roll_of(session, board.meeting).row(board.key(0)).stamp
    mark(session, actor, now, board.meeting, key=board.key(0), choice="present", stamp=seen)
    # The same mark is one; another one is refused, and the first stands.
    mark(session, actor, now, board.meeting, key=board.key(0), choice="present", stamp=seen)
    with pytest.raises(SavedByOther):
        mark(session, actor, now, board.meeting, key=board.key(0), choice="absent", stamp=seen)
    assert roll_of(session, board.meeting).row(board.key(0)).choice == "present"
    # Another row is another matter.
    mark(session, actor, now, board.meeting, key=board.key(1), choice="absent", stamp=seen)


def test_part_of_the_meeting_and_conflicts_of_interest_are_counted_at_each_item(session, actor, now, board):
    items = board.items("Öppnande", "Bidrag", "Budget", "Avslutning")
    for n in range(2):
        mark(session, actor, now, board.meeting, key=board.key(n), choice="present")
    set_part(
        session, actor, now, board.meeting, key=board.key(0), status="present", to_item_id=items[2].id,
        recused=[items[1].id],
    )  # fmt: skip
    roll = roll_of(session, board.meeting)
    assert (roll.count.by_item, roll.count.lacking, roll.count.quorate) == ((2, 1, 2, 1), (1, 3), True)
    assert [row.item_id for row in session.scalars(select(Recusal))] == [items[1].id]
    substitute = f"p{board.substitutes[0].id}"
    set_part(
        session, actor, now, board.meeting, key=substitute, status="present",
        serves=[
            ServedSeat(board.seats[0].id, items[3].id, None),
            ServedSeat(board.seats[2].id, None, items[1].id),
        ],
    )  # fmt: skip
    assert roll_of(session, board.meeting).count.by_item == (3, 2, 2, 2)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"status": "asleep"}, "status"),
        ({"status": "present", "from_item_id": 999}, "to_item_id"),
        ({"status": "present", "recused": [999]}, "recused"),
        ({"status": "absent", "serves": [0]}, "serves"),
        ({"status": "present", "serves": [0, 1]}, "serves"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(session, actor, now, board, given, field):
    given = {**given, "serves": [ServedSeat(board.seats[n].id) for n in given.get("serves", ())]}
    with pytest.raises(Refused) as refused:
        set_part(session, actor, now, board.meeting, key=f"p{board.substitutes[0].id}", **given)
    assert refused.value.problems[0].field == field
    assert session.scalar(select(func.count()).select_from(Attendance)) == 0


def test_guests_are_listed_and_never_counted(session, actor, now, board):
    add_guest(session, actor, now, board.meeting, name="Gäst Utifrån")
    add_guest(session, actor, now, board.meeting, person_id=board.county.person("Anna Expert").id, role="co_opted")
    roll = roll_of(session, board.meeting)
    assert [(row.name, row.role) for row in roll.others[2:]] == [("Gäst Utifrån", "guest"), ("Anna Expert", "co_opted")]
    assert roll.count.best.seats == 0
    for given, field in [
        ({"name": "Gäst Utifrån"}, "name"),
        ({}, "name"),
        ({"person_id": board.members[0].id}, "person_id"),
    ]:
        with pytest.raises(Refused) as refused:
            add_guest(session, actor, now, board.meeting, **given)
        assert refused.value.problems[0].field == field


def test_seats_belong_to_the_day_of_the_meeting(session, actor, now, board):
    """Invariant 3: what happens to a seat later changes nothing."""
    mark(session, actor, now, board.meeting, key=board.key(0), choice="present")
    before = [(row.key, row.name, row.choice) for row in roll_of(session, board.meeting).rows]
    appointment = session.scalars(select(Appointment).where(Appointment.seat_id == board.seats[0].id)).one()
    appointment.to_on = now.date()
    session.flush()
    board.county.appoint(board.seats[0], "Ny Ledamot", since=now.date() + timedelta(days=1))
    session.expire_all()
    assert [(row.key, row.name, row.choice) for row in roll_of(session, board.meeting).rows] == before


def test_nobody_is_marked_before_the_day_or_when_it_is_over(session, actor, now, board):
    with pytest.raises(Refused):
        mark(session, actor, now - timedelta(days=2), board.meeting, key=board.key(0), choice="present")
    with pytest.raises(NotFound):
        mark(session, actor, now, board.meeting, key="p999999", choice="present")
    board.meeting.state = "closed"
    session.flush()
    with pytest.raises(Refused):
        mark(session, actor, now, board.meeting, key=board.key(0), choice="present")


def test_vacant_seat_counts_and_is_filled_by_a_substitute_alone(session, actor, now, board):
    seat = board.county.seat(board.forum, None, organisation_id=board.home.id)
    with pytest.raises(Refused):
        mark(session, actor, now, board.meeting, key=f"s{seat.id}-0", choice="present")
    mark(session, actor, now, board.meeting, key=f"s{seat.id}-0", choice="substitute")
    count = roll_of(session, board.meeting).count
    assert (count.seats, count.needed, count.best.substitutes, count.unmarked) == (4, 3, 1, 3)


def test_history_tells_a_mark_once(session, actor, now, board):
    for _ in range(2):
        mark(session, actor, now, board.meeting, key=board.key(0), choice="present")
    entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "attendance.mark")).one()
    assert entry.after == {"person": "Ledamot 00", "person_id": board.members[0].id, "attendance": "present"}


@pytest.mark.parametrize("seats", [2, 90])
def test_list_is_read_in_as_many_queries_for_any_size(session, engine, actor, now, seats):
    board = Board(session, actor, now, seats=seats, substitutes=seats)
    mark(session, actor, now, board.meeting, key=board.key(0), choice="substitute")
    mark(session, actor, now, board.meeting, key=board.key(1), choice="present")
    session.expire_all()
    with count_queries(engine) as sent:
        roll = roll_of(session, board.meeting)
        assert (roll.count.seats, roll.count.best.seats) == (seats, 2)
        assert len(roll.counted[0].substitutes) == seats
    assert len(sent) <= 22
