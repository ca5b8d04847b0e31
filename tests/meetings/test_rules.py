"""The states of a meeting: which steps are lawful in each, before and after its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.meetings.rules import (
    Facts,
    State,
    Step,
    calendar_status,
    has_stored_invitees,
    lawful_steps,
    may_call,
    may_correct,
    may_record,
    may_reinstate,
    public_level,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def facts(state: str, when: str = "ahead", formality: str = "notes", *, was_called: bool = False) -> Facts:
    start = NOW + timedelta(days={"ahead": 30, "past": -30}[when])
    return Facts(State(state), start, start + timedelta(hours=2), formality, was_called)


@pytest.mark.parametrize(
    ("state", "when", "formality", "steps"),
    [
        ("proposed", "ahead", "notes", "confirm move edit cancel"),
        ("proposed", "past", "notes", "move edit cancel"),
        ("confirmed", "ahead", "notes", "call move edit cancel"),
        ("confirmed", "past", "notes", "call record move edit cancel"),
        ("confirmed", "past", "informal", "call record move edit cancel"),
        ("confirmed", "past", "protocol", "call move edit cancel"),
        ("confirmed", "past", "protocol_notice", "call move edit cancel"),
        ("called", "ahead", "notes", "move edit cancel"),
        ("called", "past", "notes", "record move edit cancel"),
        ("called", "past", "protocol", "record move edit cancel"),
        ("held", "past", "notes", "close move edit correct"),
        ("closed", "past", "notes", ""),
        ("cancelled", "ahead", "notes", "edit reinstate"),
        ("cancelled", "past", "notes", "edit"),
    ],
)
def test_lawful_steps_by_state(state, when, formality, steps):
    assert lawful_steps(facts(state, when, formality), NOW) == tuple(map(Step, steps.split()))


def test_calling_a_meeting_that_has_begun_needs_to_be_without_mails():
    assert "utan utskick" in str(may_call(facts("confirmed", "past"), NOW))
    assert may_call(facts("confirmed", "past"), NOW, send=False) is None


def test_recording_asks_for_a_call_where_the_forum_demands_one():
    assert "kräver kallelse" in str(may_record(facts("confirmed", "past", "protocol"), NOW))
    assert "inte börjat" in str(may_record(facts("called", "ahead"), NOW))


def test_reinstating_is_refused_once_the_time_has_passed():
    assert "har passerat" in str(may_reinstate(facts("cancelled", "past"), NOW))


@pytest.mark.parametrize(
    ("was_called", "to", "refused"),
    [
        (False, "confirmed", False),
        (False, "called", True),
        (True, "called", False),
        (True, "confirmed", True),
        (True, "cancelled", True),
        (False, "proposed", True),
    ],
)
def test_a_held_meeting_goes_back_to_where_it_came_from(was_called, to, refused):
    problem = may_correct(facts("held", "past", was_called=was_called), State(to))
    assert (problem is not None) is refused


@pytest.mark.parametrize("state", [state for state in State if state != State.HELD])
def test_only_a_held_meeting_is_corrected(state):
    assert may_correct(facts(state), State.CONFIRMED) is not None


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("proposed", "tentative"),
        ("confirmed", "confirmed"),
        ("called", "confirmed"),
        ("held", "confirmed"),
        ("closed", "confirmed"),
        ("cancelled", "cancelled"),
    ],
)
def test_calendar_status(state, status):
    assert calendar_status(state) == status


@pytest.mark.parametrize(
    ("called", "chosen", "always_chosen", "stored"),
    [
        (False, False, False, False),
        (True, False, False, True),
        (False, True, False, True),
        (False, False, True, True),
    ],
)
def test_invitees_are_a_stored_list_once_called_or_chosen(called, chosen, always_chosen, stored):
    assert has_stored_invitees(called=called, chosen=chosen, chosen_per_meeting=always_chosen) is stored


@pytest.mark.parametrize(
    ("own", "forum", "state", "booked", "level"),
    [
        (None, "full", "confirmed", True, "full"),
        (None, "dates", "confirmed", True, "dates"),
        (None, "none", "confirmed", True, "none"),
        (False, "full", "confirmed", True, "none"),
        (True, "dates", "confirmed", True, "full"),
        (True, "none", "confirmed", True, "none"),
        (None, "full", "proposed", False, "none"),
        (None, "full", "cancelled", True, "full"),
        (None, "full", "cancelled", False, "none"),
    ],
)
def test_public_level(own, forum, state, booked, level):
    assert public_level(forum, state, own=own, booked=booked) == level
