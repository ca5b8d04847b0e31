"""Activities: entered, edited, taken away; on both databases."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.cadence.phrases import read_phrase
from scheduler.cadence.rules import NO_RULE, Kind
from scheduler.forums.activities import create_activity, edit_activity, remove_activity, version_of
from scheduler.history.queries import history_of
from scheduler.places.actions import create_place
from scheduler.register.models import Activity
from tests.organisations.making import kinds, organisation, refused

PHRASE = "de åtta årliga utställningar"


@pytest.fixture(autouse=True)
def _kinds(session):
    kinds(session)


def test_activity_is_kept_with_its_requirement(session, actor, now):
    region, hall = organisation(session), create_place(session, actor, now, name="Galleri Foajén")
    row = create_activity(
        session, actor, now, sv="Utställningar", kind="utstallning", organisation_id=region.id, place_id=hall.id,
        since_on=date(2019, 5, 4), since_precision="year", cadence=read_phrase(PHRASE), phrase=PHRASE,
    )  # fmt: skip
    assert (row.slug, row.since_on, row.cadence) == (
        "utstallningar", date(2019, 1, 1), {"kind": "count", "min": 8, "max": 8, "period": "year"},
    )  # fmt: skip
    assert (version_of(row).kind, version_of(row).min) == (Kind.COUNT, 8)
    entry = history_of(session, "activity", row.id)[0]
    assert (entry.action, entry.after["place"], entry.after["organisation"]) == (
        "activity.create", "Galleri Foajén", "Region Norrbotten",
    )  # fmt: skip


def test_activity_says_all_that_is_wrong(session, actor, now):
    with refused(
        ("sv", "Ange aktivitetens namn"),
        ("organisation_id", "Välj något i listan"),
        ("kind", "Välj något i listan"),
        ("place_id", "Välj något i listan"),
        ("min", "Ange hur många som minst krävs"),
    ):
        create_activity(
            session, actor, now, sv="", kind="namnd", organisation_id=9999, place_id=9999,
            cadence={"kind": "count", "period": "year"},
        )  # fmt: skip
    with refused(("kind", "Välj något i listan")):
        create_activity(session, actor, now, sv="Mässa", kind="utstallning", cadence={"kind": "dröm"})
    with refused(("max", "Högsta antalet är lägre än det lägsta")):
        cadence = {"kind": "count", "min": 3, "max": 2, "period": "year"}
        create_activity(session, actor, now, sv="Mässa", kind="utstallning", cadence=cadence)


def test_requirement_is_written_anew_only_when_it_says_something_else(session, actor, now):
    stored = {"kind": "count", "min": 8, "max": 8, "period": "year"}
    row = create_activity(session, actor, now, sv="Mässa", kind="utstallning", cadence=stored)
    same = {**stored, "window": "calendar", "target": None, "approximate": False}
    edit_activity(session, actor, now, row, cadence=same, purpose="Visa")
    assert (row.cadence, history_of(session, "activity", row.id)[0].after) == (stored, {"purpose": "Visa"})
    edit_activity(session, actor, now, row, cadence={"kind": "interval", "every": 6, "unit": "week"})
    assert row.cadence == {"kind": "interval", "every": 6, "unit": "week"}
    edit_activity(session, actor, now, row, cadence={"kind": "none"})
    assert (row.cadence, version_of(row)) == (None, NO_RULE)


def test_activity_is_removed(session, actor, now):
    row = create_activity(session, actor, now, sv="Mässa", kind="utstallning")
    remove_activity(session, actor, now, row)
    assert session.get(Activity, row.id) is None
    assert history_of(session, "activity", row.id)[0].action == "activity.remove"
