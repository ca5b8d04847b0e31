"""The version of a calendar scope: it rises by one with each change and its instant never goes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from scheduler.history.actions import bump
from scheduler.history.queries import scope_version

HOUR = timedelta(hours=1)


def test_a_scope_begins_at_one_and_rises_by_one(session, now):
    bump(session, now, [("forum", 1), ("forum", 1), ("person", 7)])
    bump(session, now + HOUR, [("forum", 1)])
    forum, person = scope_version(session, "forum", 1), scope_version(session, "person", 7)
    assert (forum.version, forum.modified_at) == (2, now + HOUR)
    assert (person.version, person.modified_at) == (1, now)
    assert scope_version(session, "forum", 2) is None


def test_a_row_that_is_read_already_is_read_anew(session, now):
    bump(session, now, [("forum", 1)])
    read = scope_version(session, "forum", 1)
    bump(session, now, [("forum", 1)])
    assert read.version == 2


def test_each_version_has_a_second_of_its_own_and_the_instant_never_goes_back(session, now):
    at = [now + timedelta(milliseconds=700), now - HOUR, now + timedelta(milliseconds=800), now + HOUR]
    stored = []
    for each in at:
        bump(session, each, [("forum", 1)])
        row = scope_version(session, "forum", 1)
        stored.append((row.version, row.modified_at))
    second = timedelta(seconds=1)
    assert stored == [(1, at[0]), (2, now + second), (3, now + 2 * second), (4, now + HOUR)]


@pytest.mark.parametrize(("n", "statements"), [(0, 0), (1, 1), (300, 1)])
def test_any_number_of_scopes_is_one_statement(session, now, n, statements):
    sent = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: sent.append(given[2]))
    bump(session, now, [("person", number) for number in range(n)])
    assert len(sent) == statements
