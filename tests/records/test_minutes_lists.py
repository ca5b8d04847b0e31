"""Which meetings of a year have minutes that are late, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduler.records.minutes_lists import late_minutes
from scheduler.records.models import Minutes
from tests.records.rows import Board

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def held(session, actor, now):
    """A board that has written minutes once, and its meeting of long ago without any."""
    board = Board(session, actor, now)
    session.add(Minutes(meeting_id=board.meeting.id, kind="protocol", state="draft", created_at=now))
    session.flush()
    return board, board.county.meeting(board.forum, date(2026, 3, 3), state="held")


def late(session, now, days: int = 0) -> set[int]:
    return late_minutes(session, *YEAR, now.date() + timedelta(days=days))


def test_minutes_are_late_once_their_last_day_has_passed(session, now, held):
    board, old = held
    assert late(session, now) == {old.id}
    assert late(session, now, days=60) == {old.id, board.meeting.id}


@pytest.mark.parametrize("state", ["adjusted", "posted", "archived", "approved"])
def test_finished_minutes_are_not_late(session, now, held, state):
    _, old = held
    session.add(Minutes(meeting_id=old.id, kind="protocol", state=state, created_at=now))
    session.flush()
    assert late(session, now) == set()


def test_notes_nobody_has_objected_to_are_finished(session, now, held):
    _, old = held
    notes = Minutes(
        meeting_id=old.id, kind="notes", state="sent", created_at=now, object_by_on=now.date() - timedelta(days=1)
    )
    session.add(notes)
    session.flush()
    assert late(session, now) == set()


def test_of_a_forum_that_writes_none_here_nothing_is_missing(session, now, held):
    board, old = held
    other = board.county.forum(kind="beredning", formality="protocol")
    board.county.meeting(other, date(2026, 3, 4), state="held")
    board.county.meeting(board.forum, date(2026, 3, 5), state="held").formality = "informal"
    board.county.meeting(board.forum, date(2026, 12, 10))
    board.county.meeting(board.forum, date(2025, 12, 10), state="held")
    session.flush()
    assert late(session, now) == {old.id}


def test_closed_meetings_are_done_with(session, now, held):
    _, old = held
    old.state = "closed"
    session.flush()
    assert late(session, now) == set()
