"""What places, closed days and imported busy times have of people and organisations, for when a duplicate is merged."""

from __future__ import annotations

from scheduler.organisations.merging import Room
from scheduler.places.busy_models import BusySource
from scheduler.places.models import BlockedPeriod, Place

ROOM = Room(
    person=(BlockedPeriod.person_id, BusySource.person_id),
    organisation=(BlockedPeriod.organisation_id, Place.organisation_id),
)
