"""Attendance of a year, read at once: the same seats, the same count as each meeting's own list."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from scheduler.meetings.actions import InviteeChoice, set_invitees
from scheduler.records.attendance import ServedSeat, mark, set_part
from scheduler.records.attendance_lists import roll_of
from scheduler.records.attendance_years import Place, held_in
from tests.meetings.county import SITE
from tests.queries import count_queries
from tests.records.rows import Board


@pytest.fixture
def board(session, actor, now) -> Board:
    return Board(session, actor, now)


def places_of(session, board: Board) -> tuple[Place, ...] | None:
    """The places of the board's meeting, when they say no more and no less than its own list."""
    [held] = held_in(session, {board.forum.id}, board.meeting.local_on.year)
    if held.places is not None:
        count = roll_of(session, board.meeting).count
        how = [place.how for place in held.places]
        assert (len(how), how.count("holder"), how.count("substitute")) == (
            count.seats, count.best.holders, count.best.substitutes,
        )  # fmt: skip
        assert sum(place.unmarked for place in held.places) == count.unmarked
    return held.places


def test_meeting_that_nobody_has_marked_is_held_and_says_nothing(session, board):
    assert places_of(session, board) is None


def test_seats_are_filled_by_holders_and_substitutes_and_from_a_distance(session, actor, now, board):
    mark(session, actor, now, board.meeting, key=board.key(0), choice="remote")
    mark(session, actor, now, board.meeting, key=board.key(1), choice="substitute")
    mark(session, actor, now, board.meeting, key=board.key(2), choice="absent")
    found = places_of(session, board)
    assert [(place.how, place.remote) for place in found] == [("holder", True), ("substitute", False), ("empty", False)]
    assert {(place.forum_id, place.organisation_name) for place in found} == {(board.forum.id, "Regionen")}


def test_seat_without_a_mark_beside_others_is_empty_and_said(session, actor, now, board):
    mark(session, actor, now, board.meeting, key=board.key(0), choice="present")
    assert [(place.how, place.unmarked) for place in places_of(session, board)] == [
        ("holder", False), ("empty", True), ("empty", True),
    ]  # fmt: skip


def test_the_item_with_most_seats_filled_counts(session, actor, now, board):
    first, second = board.items("Ett", "Två")
    for n in range(3):
        mark(session, actor, now, board.meeting, key=board.key(n), choice="present")
    set_part(session, actor, now, board.meeting, key=board.key(0), status="present", to_item_id=first.id)
    set_part(session, actor, now, board.meeting, key=board.key(1), status="present", from_item_id=second.id)
    set_part(session, actor, now, board.meeting, key=board.key(2), status="present", from_item_id=second.id)
    assert [place.how for place in places_of(session, board)] == ["empty", "holder", "holder"]


def test_substitute_for_a_part_counts_at_that_part(session, actor, now, board):
    first, second = board.items("Ett", "Två")
    for n in (1, 2):
        mark(session, actor, now, board.meeting, key=board.key(n), choice="present")
    mark(session, actor, now, board.meeting, key=board.key(0), choice="substitute")
    serving = board.substitutes[0]
    set_part(
        session, actor, now, board.meeting, key=f"p{serving.id}", status="present",
        serves=[ServedSeat(board.seats[0].id, second.id, second.id)],
    )  # fmt: skip
    assert first.id != second.id
    assert [place.how for place in places_of(session, board)] == ["substitute", "holder", "holder"]


def test_seats_are_those_of_the_meetings_day(session, actor, now, board):
    mark(session, actor, now, board.meeting, key=board.key(0), choice="present")
    later = board.meeting.local_on + timedelta(days=1)
    board.county.seat(board.forum, "Kom Senare", since=later, from_on=later)
    assert len(places_of(session, board)) == 3


def test_where_a_list_is_chosen_the_called_take_the_place_of_seats(session, actor, now, board):
    county = board.county
    forum = county.forum("Samtalen", invitees_per_meeting=True)
    meeting = county.meeting(forum, now.date(), time(13))
    one, other = county.person("Kom Hit"), county.person("Kom Inte")
    chosen = [InviteeChoice(person_id=row.id) for row in (one, other)]
    set_invitees(session, actor, now, meeting, invitees=chosen, version=meeting.version, site=SITE)
    meeting.state = "held"
    session.flush()
    mark(session, actor, now, meeting, key=f"p{one.id}", choice="present")
    [held] = held_in(session, {forum.id}, now.year)
    assert [(place.how, place.unmarked) for place in held.places] == [("holder", False), ("empty", True)]


def test_cancelled_coming_and_written_ones_are_no_held_meetings(session, now, board):
    board.county.meeting(board.forum, now.date() - timedelta(days=7), time(9), state="held", kind="per_capsulam")
    board.county.meeting(board.forum, now.date() + timedelta(days=7), time(9))
    assert [held.id for held in held_in(session, {board.forum.id}, now.year)] == [board.meeting.id]
    assert held_in(session, set(), now.year) == []
    assert held_in(session, {board.forum.id}, now.year - 1) == []


def test_year_is_read_in_as_many_queries_however_many_meetings(session, actor, now, engine, board):
    board.items("Ett")

    def count() -> int:
        session.expire_all()
        with count_queries(engine) as sent:
            held = held_in(session, {board.forum.id}, now.year)
        assert all(one.places is not None for one in held)
        return len(sent)

    mark(session, actor, now, board.meeting, key=board.key(0), choice="present")
    few = count()
    for n in range(1, 4):
        held = board.county.meeting(board.forum, now.date() - timedelta(days=7 * n), time(9), state="held")
        mark(session, actor, now, held, key=board.key(1), choice="substitute")
    assert count() == few
    assert few <= 12
