"""When a meeting is, on a page: on its own clock and, beside it, on the one its place and its reader live by.

Who reads is whoever is signed in, or whom a personal link is for (``read_by``). Not here: the words
(``meetings.clocks``).
"""

from __future__ import annotations

from flask import Flask, g
from sqlalchemy import select

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.meetings.clocks import hours_text, zones_of
from scheduler.meetings.fragments import shown_to, span_of
from scheduler.meetings.models import Meeting
from scheduler.meetings.readers import zones_at, zones_for
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import Place
from scheduler.places.town_rules import country_of
from scheduler.web.security import principal


def hours_of(meeting: Meeting) -> str:
    """ "13.00–15.00 (14.00–16.00 finsk tid)", "hela dagen"."""
    return hours_text(span_of(meeting), (*zones_at(_seen_place(meeting)), *reader_zones()))


def _seen_place(meeting: Meeting) -> Place | None:
    """The place as far as the reader may know it: where it is must not be told by its clock either."""
    if meeting.place is None or country_of(meeting.place.town) is None:
        return None
    forum_ids = [forum.id for forum in meeting.forums]
    if g.get("reader_takes_part") or may(principal(), "meeting.read", forum_ids=forum_ids):
        return meeting.place
    return shown_to(meeting, "public").place


def read_by(person: Person | None, organisation: Organisation | None = None) -> None:
    """Says for the rest of the request whom a personal link is for."""
    g.reader_zones = zones_for(person, organisation)
    g.reader_takes_part = True


def reader_zones() -> tuple[str, ...]:
    """The clocks of whoever reads; one query in a request, none for a visitor."""
    if "reader_zones" not in g:
        person_id = principal().person_id
        row = (
            person_id
            and db.session.execute(
                select(Person.time_zone, Person.locale, Organisation.country)
                .outerjoin(Person.organisation)
                .where(Person.id == person_id)
            ).one_or_none()
        )
        g.reader_zones = zones_of(zone=row.time_zone, language=row.locale, country=row.country) if row else ()
    zones: tuple[str, ...] = g.reader_zones
    return zones


def install(app: Flask) -> None:
    """Gives it to every template."""
    app.jinja_env.globals.update(hours_of=hours_of)
