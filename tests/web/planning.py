"""Forums of the small world's own secretariat whose years can be planned in a moment, and drafts of them."""

from __future__ import annotations

from datetime import date, datetime, time

from scheduler.db import db
from scheduler.drafts.actions import make_draft
from scheduler.drafts.models import Draft
from scheduler.drafts.queries import draft_with_meetings
from scheduler.drafts.queue import claim_run
from scheduler.drafts.running import run
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.history.rules import Actor
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import Place
from tests.conftest import NOW
from tests.web.house import House

ACTOR = Actor("Anna Secretary")
YEAR = 2027
NAMES = ("Beredningen", "Styrelsen")


def county(house: House, count: int = 2) -> list[int]:
    """Forums of the own secretariat, four meetings a year each, who share a chair and two members; their ids."""
    with house.changing() as session:
        own = session.get_one(Forum, house.world.forums["own"].id)
        keeper = session.get_one(Organisation, own.secretariat_id)
        keeper.municipality = "Luleå"
        hall = Place(slug="salen", name="Salen", town="Luleå", capacity=30)
        people = [
            Person(given_name=given, family_name="Påhittad", organisation_id=keeper.id)
            for given in ("Maja", "Rolf", "Pär")
        ]
        session.add_all([hall, *people])
        session.flush()
        ids = []
        for n in range(count):
            name = NAMES[n] if n < len(NAMES) else f"Nämnd {n}"
            forum = Forum(
                slug=name.lower().replace(" ", "-").replace("ä", "a"), name=name, kind_id="natverk",
                tracked_from_on=date(2020, 1, 1), duration=120, default_time=time(13), secretariat_id=keeper.id,
                default_place_id=hall.id,
            )  # fmt: skip
            forum.cadences.append(CadenceVersion(kind="count", min=4, max=4, target=4, period="year"))
            session.add(forum)
            session.flush()
            for position, (person, function) in enumerate(
                zip(people, ("chair", "member", "member"), strict=True)
            ):  # fmt: skip
                seat = Seat(forum_id=forum.id, position=position, label=f"Plats {position + 1}")
                seat.appointments.append(Appointment(person_id=person.id, from_on=date(2026, 1, 1), function=function))
                session.add(seat)
            ids.append(forum.id)
        return ids


def planned(house: House, forum_ids: list[int], **given) -> int:
    """A draft of their year, run; its id."""
    with house.changing() as session:
        given = {"year": YEAR, "scope": "all", "forum_ids": forum_ids, "seconds": 2, **given}
        draft_id = make_draft(session, ACTOR, NOW, **given).id
    assert run_next(house) == draft_id
    return draft_id


def run_next(house: House) -> int | None:
    """Runs the draft whose turn it is; None when there is none."""
    with house.changing() as session:
        claimed = claim_run(session, NOW)
    if claimed is None:
        return None
    with house.app.app_context():
        assert run(db.engine, _now, *claimed, "Europe/Stockholm", iterations=3)
    return claimed[0]


def rows_of(house: House, draft_id: int) -> list[tuple[int, int, date]]:
    """Id, forum and day of a draft's meetings, by day."""
    with house.looking() as session:
        draft = draft_with_meetings(session, draft_id)
        assert draft is not None
        return sorted(((row.id, row.forum_id, row.on) for row in draft.meetings), key=lambda row: row[2])


def version_of(house: House, draft_id: int) -> int:
    with house.looking() as session:
        return session.get_one(Draft, draft_id).version


def _now() -> datetime:
    return NOW
