"""Whose clock is meant: the countries of places, people and organisations, as ``clocks`` takes them. Asks no queries.

Not here: the words (``clocks``), who reads a page (``web.clocks``).
"""

from __future__ import annotations

from scheduler.meetings.clocks import zones_of
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import Place
from scheduler.places.town_rules import country_of


def zones_at(place: Place | None) -> tuple[str, ...]:
    """The clock of the country a place is in, where that is known."""
    return zones_of(country=country_of(place.town)) if place is not None else ()


def zones_for(person: Person | None, organisation: Organisation | None = None) -> tuple[str, ...]:
    """The clocks a person lives by; those of ``organisation`` for whoever reads for it."""
    home = person.organisation if person is not None and organisation is None else organisation
    return zones_of(
        country=home.country if home is not None else None,
        language=person.locale if person is not None else None,
        zone=person.time_zone if person is not None else None,
    )
