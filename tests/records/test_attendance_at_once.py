"""Two people mark one meeting's attendance at once, as two processes on both databases: no mark is lost."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from sqlalchemy import select

from scheduler.db import begin_write
from scheduler.meetings.models import Meeting
from scheduler.records.attendance_lists import roll_of
from scheduler.records.models import Serving
from tests.conftest import NOW
from tests.records import at_once
from tests.records.rows import Board


def board_on(url: str, actor, *, seats: int, substitutes: int) -> tuple[int, list[str]]:
    with at_once.writing(url) as session:
        begin_write(session)
        board = Board(session, actor, NOW, seats=seats, substitutes=substitutes)
        found = board.meeting.id, [board.key(n) for n in range(seats)]
        session.commit()
        return found


def choices(url: str, meeting_id: int) -> list[str]:
    with at_once.writing(url) as session:
        return [row.choice for row in roll_of(session, session.get_one(Meeting, meeting_id)).counted]


def test_each_keeps_the_rows_that_they_marked(database_url, actor):
    meeting_id, keys = board_on(database_url, actor, seats=12, substitutes=0)
    halves = [[(key, "present", "0") for key in keys[:6]], [(key, "absent", "0") for key in keys[6:]]]
    given = [(database_url, name, meeting_id, NOW, half) for name, half in zip(("Sara", "Ola"), halves, strict=True)]
    assert at_once.run(at_once.mark_many, given) == [["saved"] * 6, ["saved"] * 6]
    assert choices(database_url, meeting_id) == ["present"] * 6 + ["absent"] * 6


def test_of_two_marks_on_one_row_the_first_stands_and_the_other_is_told(database_url, actor):
    meeting_id, keys = board_on(database_url, actor, seats=6, substitutes=0)
    given = [
        (database_url, name, meeting_id, NOW, [(key, choice, "0") for key in keys])
        for name, choice in (("Sara", "present"), ("Ola", "absent"))
    ]
    sara, ola = at_once.run(at_once.mark_many, given)
    for first, second, stands in zip(sara, ola, choices(database_url, meeting_id), strict=True):
        assert {first, second} == {"saved", "saved by other"}
        assert stands == ("present" if first == "saved" else "absent")


def test_one_substitute_never_serves_on_two_seats(database_url, actor):
    meeting_id, keys = board_on(database_url, actor, seats=4, substitutes=3)
    given = [
        (database_url, name, meeting_id, NOW, [(key, "substitute", None) for key in part])
        for name, part in (("Sara", keys[:2]), ("Ola", keys[2:]))
    ]
    said = Counter(chain.from_iterable(at_once.run(at_once.mark_many, given)))
    assert said == {"saved": 3, "substitute: Det finns ingen ledig ersättare": 1}
    with at_once.writing(database_url) as session:
        served = session.scalars(select(Serving)).all()
        assert len({row.attendance_id for row in served}) == len({row.seat_id for row in served}) == 3
