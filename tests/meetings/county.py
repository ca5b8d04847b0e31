"""A small county to hold meetings in: forums, organisations, people, seats and places, each made in one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import count
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum, ForumInclusion
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.history.models import ScopeVersion
from scheduler.history.rules import Actor
from scheduler.meetings.actions import Site, book_meeting
from scheduler.meetings.belonging import (
    meeting_ids_of_organisation,
    meeting_ids_of_person,
    meeting_ids_of_secretariat,
)
from scheduler.meetings.models import Fragment, Meeting, MeetingScope
from scheduler.organisations.models import Office, OfficeHolding, Organisation, Person, PersonEmail
from scheduler.places.models import Place
from tests.queries import noted_past_sqlalchemy

SITE = Site("https://takt.example", "takt.example")
#: Thursday 11 February 2027: no holiday, well after the fixture ``now`` (22 November 2026).
DAY = date(2027, 2, 11)
LONG_AGO = date(2020, 1, 1)


class County:
    """Makes rows; names number themselves where they do not matter."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session, self.actor, self.now = session, actor, now
        self._number = count(1)
        seed_kinds(session)

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def forum(self, name: str = "", kind: str = "natverk", public: str = "none", **values: Any) -> Forum:
        n = next(self._number)
        defaults = {
            "slug": f"forum-{n}", "public_level": public, "tracked_from_on": LONG_AGO, "notice_n": 0,
            "notice_unit": "calendar_days",
        }  # fmt: skip
        return self.add(Forum(name=name or f"Forum {n}", kind_id=kind, **(defaults | values)))

    def organisation(self, name: str = "", **values: Any) -> Organisation:
        n = next(self._number)
        return self.add(
            Organisation(slug=f"organisation-{n}", name=name or f"Organisation {n}", **({"kind_id": "kommun"} | values))
        )

    def person(self, name: str = "", **values: Any) -> Person:
        n = next(self._number)
        given, _, family = (name or f"Person Nummer{n}").partition(" ")
        person = self.add(Person(given_name=given, family_name=family, **values))
        self.add(PersonEmail(person_id=person.id, address=f"person{n}@example.org"))
        self.session.refresh(person)
        return person

    def seat(
        self,
        forum: Forum,
        person: Person | str | None = None,
        *,
        since: date = LONG_AGO,
        until: date | None = None,
        function: str = "member",
        **values: Any,
    ) -> Seat:
        seat = self.add(Seat(forum_id=forum.id, position=next(self._number), **values))
        if person is not None:
            self.appoint(seat, person, since=since, until=until, function=function)
        return seat

    def appoint(
        self, seat: Seat, person: Person | str, *, since: date = LONG_AGO, until: date | None = None, **values: Any
    ) -> Appointment:
        person = self.person(person) if isinstance(person, str) else person
        return self.add(Appointment(seat_id=seat.id, person_id=person.id, from_on=since, to_on=until, **values))

    def office(self, name: str = "", **values: Any) -> Office:
        n = next(self._number)
        return self.add(Office(slug=f"office-{n}", sv=name or f"Befattning {n}", **values))

    def hold(
        self, office: Office, person: Person, *, since: date = LONG_AGO, until: date | None = None
    ) -> OfficeHolding:
        return self.add(OfficeHolding(office_id=office.id, person_id=person.id, from_on=since, to_on=until))

    def include(
        self,
        forum: Forum,
        included: Forum,
        *,
        since: date | None = None,
        until: date | None = None,
        kinds: str = "ordinary",
    ) -> ForumInclusion:
        return self.add(
            ForumInclusion(forum_id=forum.id, included_id=included.id, seat_kinds=kinds, from_on=since, to_on=until)
        )

    def place(self, name: str = "", town: str | None = "Luleå", **values: Any) -> Place:
        n = next(self._number)
        return self.add(Place(name=name or f"Plats {n}", town=town, **({"slug": f"place-{n}"} | values)))

    def meeting(
        self, forum: Forum, on: date = DAY, start: time | None = time(10), end: time | None = None, **values: Any
    ) -> Meeting:
        """A booked meeting; what a test does not ask about is not in its way."""
        given = {
            "now": self.now,
            "forums": [forum],
            "on": on,
            "start": start,
            "end": end,
            "check_conflicts": False,
            "site": SITE,
        } | values
        return book_meeting(self.session, self.actor, given.pop("now"), **given)

    def bodies(self, meeting: Meeting) -> dict[tuple[str, str], bytes]:
        """The meeting's stored fragments, by audience and language."""
        rows = self.session.query(Fragment).filter_by(meeting_id=meeting.id)
        return {(row.audience, row.language): row.body for row in rows}

    def text(self, meeting: Meeting, audience: str = "members", language: str = "sv") -> str:
        """A fragment as one reads it: unfolded, with real commas."""
        body = self.bodies(meeting)[audience, language].decode()
        return body.replace("\r\n ", "").replace("\\,", ",").replace("\\n", "\n").replace("\r\n", "\n")

    def versions(self) -> dict[tuple[str, int], int]:
        """Every scope's version."""
        return {(row.scope, row.scope_id): row.version for row in self.session.query(ScopeVersion)}


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements sent inside the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        with noted_past_sqlalchemy(sent):
            yield sent
    finally:
        event.remove(connection, "before_cursor_execute", note)


def assert_followed(session: Session) -> None:
    """Everybody's stored meetings, by which feeds find them, are those that the pages reckon."""
    stored: dict[tuple[str, int], set[int]] = defaultdict(set)
    for row in session.scalars(select(MeetingScope)):
        stored[row.scope, row.scope_id].add(row.meeting_id)
    first = min(session.scalars(select(Meeting.local_on)))
    wanted = {}
    for number in session.scalars(select(Person.id)):
        wanted["person", number] = meeting_ids_of_person(session, number, first=first)
    for number in session.scalars(select(Organisation.id)):
        wanted["organisation", number] = meeting_ids_of_organisation(session, number, first=first)
        wanted["secretariat", number] = meeting_ids_of_secretariat(session, number, first=first)
    assert dict(stored) == {scope: ids for scope, ids in wanted.items() if ids}
