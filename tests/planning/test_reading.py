"""A file with a fault is refused with the fault's place; what only contradicts itself is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scheduler.errors import Refused
from scheduler.planning.reading import read_instance, read_plan
from tests.planning.making import forum, instance, meeting, plan

CASES = Path(__file__).with_name("cases")


def wrong(value, read=read_instance) -> str:
    with pytest.raises(Refused) as caught:
        read(value)
    return str(caught.value)


def changed(*path, to):
    value = instance()
    place = value
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "$: Här ska ett objekt stå"),
        ({}, "format: Saknas"),
        (changed("format", to="nmsplan-2"), "format: Formatet ska vara nmsplan-1"),
        (changed("first_date", to="2027-02-30"), "first_date: Här ska ett datum som 2027-03-31 stå"),
        (changed("first_date", to="20270203"), "first_date: Här ska ett datum som 2027-03-31 stå"),
        (changed("last_date", to="2026-01-01"), "last_date: Slutdagen ligger före startdagen"),
        (changed("day_end", to=17.5), "day_end: Här ska ett heltal stå"),
        (changed("day_end", to=True), "day_end: Här ska ett heltal stå"),
        (changed("min_break", to=-1), "min_break: Ange ett tal mellan 0 och 1000000"),
        (changed("km", to=[[0]]), "km: Tabellen ska ha en rad och en kolumn för var och en av 3 orter"),
        (changed("km", 0, 1, to=7), "km[1][0]: Tabellen ska vara lika åt båda håll"),
        (changed("weights", to={}), "weights.missing: Saknas"),
        (changed("closed", to=[[]]), "closed[0]: Här ska en dag och dess skäl stå"),
        (changed("closed", to={}), "closed: Här ska en lista stå"),
        (changed("towns", 1, to={"id": "A"}), "towns[1].id: A finns två gånger"),
        (changed("rooms", 0, "town", to="X"), "rooms[0].town: X finns inte"),
        (changed("rooms", 0, "busy", to=[["2027-02-01", 9]]), "rooms[0].busy[0]: Här ska dag, från och till stå"),
        (changed("rooms", 0, "busy", to=[["2027-02-01", 9, 8]]), "rooms[0].busy[0]: Sluttiden ligger före starttiden"),
        (changed("persons", 2, "home", to="X"), "persons[2].home: X finns inte"),
        (changed("forums", 0, "seats", 0, "holder", to="p9"), "forums[0].seats[0].holder: p9 finns inte"),
        (changed("forums", 0, "seats", 0, "required", to=1),
         "forums[0].seats[0].required: Här ska true eller false stå"),
        (changed("forums", 0, "forbidden_weekdays", to=[7]),
         "forums[0].forbidden_weekdays[0]: Ange ett tal mellan 0 och 6"),
        (changed("forums", 0, "duration", to=0), "forums[0].duration: Ange ett tal mellan 1 och 1000000"),
        (changed("forums", 0, "id", to=7), "forums[0].id: Här ska en text stå"),
        (changed("links", to=[{"before": "f1", "after": "f1", "min_days": 1, "max_days": 2}]),
         "links[0]: Ett forum kan inte följa på sig självt"),
        (changed("locked", to=[{"forum": "f1", "index": 0, "date": "2027-02-01", "start": 540, "room": "x"}]),
         "locked[0].room: x finns inte"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(value, message):
    assert wrong(value) == message


def test_every_key_of_the_format_is_asked_for():
    whole = instance()
    optional = {"previous_plan"}
    assert [key for key in whole if key not in optional and not _refused_without(whole, key)] == []


def _refused_without(whole, key) -> bool:
    return wrong({k: v for k, v in whole.items() if k != key}) == f"{key}: Saknas"


def test_contradictions_are_read():
    found = read_instance(instance(forums=[forum("f1", min_meetings=5, max_meetings=2, min_gap=90, max_gap=3)]))
    assert found.forums[0].min_meetings == 5


def test_a_vacancy_and_an_unknown_home_are_read():
    value = changed("forums", 0, "seats", 0, "holder", to=None)
    value["persons"][0]["home"] = None
    found = read_instance(value)
    assert (found.forums[0].seats[0].holder, found.persons[0].home) == (None, None)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"format": "nmsplan-1"}, "format: Formatet ska vara nmsplan-1-plan"),
        (plan(meeting("f1", 0, "soon")), "meetings[0].date: Här ska ett datum som 2027-03-31 stå"),
        (plan({**meeting("f1", 0, "2027-02-01"), "seats": []}), "meetings[0].seats: Här ska ett objekt stå"),
        (plan({**meeting("f1", 0, "2027-02-01"), "seats": {"s1": 3}}), "meetings[0].seats.s1: Här ska en text stå"),
    ],
)
def test_a_fault_of_a_plan_is_named_with_its_place(value, message):
    assert wrong(value, read_plan) == message


def test_a_plan_is_written_as_it_is_read():
    raw = json.loads((CASES / "f025_example_plan.json").read_text(encoding="utf-8"))
    found = read_plan(raw)
    assert found.as_json() == raw
    assert json.loads(found.as_bytes()) == raw
