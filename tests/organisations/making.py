"""Rows that tests of organisations, places and forums begin from, and what they ask of an action."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event

from scheduler.errors import Refused
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.organisations.models import Organisation, Person, PersonEmail
from scheduler.organisations.rules import slug_of
from tests.queries import noted_past_sqlalchemy


def kinds(session):
    """The kinds of an empty installation."""
    seed_kinds(session)


def organisation(session, name="Region Norrbotten", kind_id="region", **columns):
    row = Organisation(slug=columns.pop("slug", slug_of(name)), name=name, kind_id=kind_id, **columns)
    session.add(row)
    session.flush()
    return row


def person(session, name="Maria Öhman", *, email=None, **columns):
    given, family = name.split(" ", 1)
    row = Person(given_name=given, family_name=family, **columns)
    if email:
        row.emails = [PersonEmail(address=email, main=True)]
    session.add(row)
    session.flush()
    return row


def forum(session, name="Regionalt forum", kind_id="motesplats", **columns):
    columns.setdefault("tracked_from_on", date(2024, 1, 1))
    row = Forum(slug=columns.pop("slug", slug_of(name)), name=name, kind_id=kind_id, **columns)
    session.add(row)
    session.flush()
    return row


def seat(session, of_forum, of_organisation=None, **columns):
    row = Seat(forum=of_forum, organisation=of_organisation, **columns)
    session.add(row)
    session.flush()
    return row


def appointment(session, on_seat, who, from_on=date(2025, 1, 1), to_on=None, **columns):
    row = Appointment(seat=on_seat, person=who, from_on=from_on, to_on=to_on, **columns)
    session.add(row)
    session.flush()
    return row


@contextmanager
def refused(*expected):
    """The block is refused with exactly these (field, text) pairs; texts are shown ones, in order."""
    with pytest.raises(Refused) as caught:
        yield
    assert [(problem.field, str(problem)) for problem in caught.value.problems] == list(expected)


@contextmanager
def counted(session):
    """The statements sent inside the block."""
    said = []

    def note(_connection, _cursor, statement, *_rest):
        said.append(statement)

    session.flush()
    event.listen(session.connection(), "before_cursor_execute", note)
    try:
        with noted_past_sqlalchemy(said):
            yield said
    finally:
        event.remove(session.connection(), "before_cursor_execute", note)
