"""A person with an address, and a user, for every test of the room."""

from __future__ import annotations

import pytest

from scheduler.accounts.models import User
from scheduler.organisations.models import Person, PersonEmail


@pytest.fixture
def karin(session) -> Person:
    """In the register, without an account."""
    person = Person(given_name="Karin", family_name="Lundmark", locale="sv")
    person.emails.append(PersonEmail(address="Karin.Lundmark@hk.example", main=True))
    session.add(person)
    session.flush()
    return person


@pytest.fixture
def sara(session, now) -> User:
    """A user outside the register."""
    user = User(login="sara.niemi@lst.example", name="Sara Niemi", created_at=now)
    session.add(user)
    session.flush()
    return user
