"""A county small enough to be planned in a second, in a database that processes share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, time

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduler.db import begin_write
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import Place
from tests.conftest import open_engine

Writing = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def house(database_url) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def writing(house) -> Writing:
    """A writer's transaction for a ``with`` block, at whose end it commits."""

    @contextmanager
    def begin() -> Iterator[Session]:
        with Session(house, expire_on_commit=False) as session:
            begin_write(session)
            yield session
            session.commit()

    return begin


@pytest.fixture
def small(writing) -> dict[str, int]:
    """Three forums of four meetings a year that share a chair, one meeting place; ids by name."""
    with writing() as session:
        lulea = Organisation(slug="lulea", name="Luleå kommun", kind_id="kommun", municipality="Luleå")
        house = Place(slug="huset", name="Huset", town="Luleå", capacity=40)
        session.add_all([lulea, house])
        session.flush()
        chair, other = (
            Person(given_name=name, family_name="Påhittad", organisation_id=lulea.id) for name in ("Maja", "Rolf")
        )
        forums = [
            Forum(
                slug=name, name=name, kind_id="natverk", tracked_from_on=date(2020, 1, 1), duration=90,
                default_time=time(13), secretariat_id=lulea.id, default_place_id=house.id,
            )
            for name in ("ett", "tva", "tre")
        ]  # fmt: skip
        session.add_all([chair, other, *forums])
        session.flush()
        for forum in forums:
            forum.cadences.append(CadenceVersion(kind="count", min=4, max=4, target=4, period="year"))
            for position, (person, function) in enumerate([(chair, "chair"), (other, "member")]):
                seat = Seat(forum_id=forum.id, kind="ordinary", position=position, organisation_id=lulea.id)
                seat.appointments.append(Appointment(person_id=person.id, from_on=date(2026, 1, 1), function=function))
                session.add(seat)
        session.flush()
        return {
            "house": house.id, "chair": chair.id, "other": other.id, "lulea": lulea.id,
            **{forum.slug: forum.id for forum in session.scalars(select(Forum))},
        }  # fmt: skip
