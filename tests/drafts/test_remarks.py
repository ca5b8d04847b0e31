"""What a board says of each meeting, in sentences: broken rules, then what must be decided, then the rest."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.drafts.remarks import is_clash, remarks_of
from scheduler.i18n import use_language
from scheduler.planning.checker import check
from scheduler.planning.plan import Plan, PlannedMeeting
from scheduler.planning.reading import read_instance

PROBLEM = {
    "format": "nmsplan-1", "first_date": "2027-01-01", "last_date": "2027-12-31", "planning_date": "2026-11-01",
    "notice_days": 21, "closed": [["2027-01-01", "helgdag"]], "soft_days": [["2027-03-10", "sportlov"]],
    "starts": [540, 780], "day_end": 1020, "min_break": 15, "same_day_max_km": 60, "week_soft": 3,
    "weights": {
        "missing": 3000, "vacant": 200, "substitute": 50, "weekday": 30, "start": 10, "soft_day": 40,
        "spacing_per_week": 15, "spacing_free_days": 7, "travel_per_10km": 1, "room_spare": 1, "room_spare_free": 10,
        "week_load": 20, "move_date": 0, "move_time": 0, "move_room": 0,
    },
    "towns": [{"id": "Luleå", "name": "Luleå"}], "km": [[0]], "minutes": [[0]],
    "rooms": [{"id": room, "town": "Luleå", "capacity": 10, "busy": []} for room in ("r1", "r2")],
    "persons": [
        {"id": f"p{n}", "name": name, "home": "Luleå", "max_day": 2, "max_week": 5, "busy": []}
        for n, name in enumerate(["Maja Sandling", "Rolf Ekträsk", "Pär Lidström"])
    ],
    "forums": [
        {
            "id": f"f{n}", "name": name, "min_meetings": 1, "target_meetings": 1, "max_meetings": 2, "duration": 90,
            "ideal_gap": 91, "min_gap": 20, "max_gap": 366, "starts": [540, 780], "preferred_starts": [780],
            "preferred_weekdays": [1], "forbidden_weekdays": [], "towns": ["Luleå"], "places": 2, "quorum": 0,
            "last_previous": "2026-12-08",
            "seats": [
                {"id": f"s{n}{i}", "org": None, "role": role, "required": not i, "holder": f"p{i}", "substitutes": subs}
                for i, (role, subs) in enumerate([("chair", []), ("member", ["p2"])])
            ],
        }
        for n, name in enumerate(["Beredningen", "Styrelsen"])
    ],
    "links": [], "locked": [], "previous_plan": None,
}  # fmt: skip


def said(*meetings: tuple[str, int, str, int, str, list[str | None]]) -> dict[tuple[str, int], list[tuple[str, str]]]:
    instance = read_instance(PROBLEM)
    plan = Plan(
        tuple(
            PlannedMeeting(
                forum,
                index,
                date.fromisoformat(on),
                start,
                room,
                {f"s{forum[1]}{n}": who for n, who in enumerate(seats)},
            )
            for forum, index, on, start, room, seats in meetings
        )
    )
    remarks = remarks_of(instance, plan, check(instance, plan).violations)
    return {key: [(one.weight, one.text) for one in found] for key, found in remarks.items()}


def test_a_good_day_is_told_why():
    assert said(("f0", 0, "2027-03-09", 780, "r1", ["p0", "p1"])) == {
        ("f0", 0): [
            ("good", "Maja Sandling, som måste vara med, är ledig."),
            ("good", "Alla 2 på platserna kan komma."),
            ("good", "13 veckor efter mötet 8 december, jämnt över året."),
        ]
    }


def test_a_holiday_and_an_empty_seat_are_to_be_decided_and_the_rest_is_noted():
    found = said(("f0", 0, "2027-03-10", 540, "r1", ["p0", None]), ("f0", 1, "2027-04-06", 780, "r1", ["p0", "p2"]))
    assert found["f0", 0] == [
        ("clash", "Sportlov den dagen."),
        ("clash", "1 kan inte komma och har ingen ersättare: Rolf Ekträsk."),
        ("note", "En annan veckodag än forumet brukar ha."),
        ("note", "En annan tid på dagen än forumet brukar ha."),
        ("good", "Maja Sandling, som måste vara med, är ledig."),
        ("good", "13 veckor efter mötet 8 december, jämnt över året."),
    ]
    assert found["f0", 1] == [
        ("note", "1 ersätts: Rolf Ekträsk."),
        ("note", "4 veckor efter mötet 10 mars, där 13 är jämnast."),
        ("good", "Maja Sandling, som måste vara med, är ledig."),
    ]


def test_a_meeting_is_spaced_from_the_one_before_it_whatever_its_number():
    found = said(("f0", 0, "2027-04-06", 780, "r1", ["p0", "p1"]), ("f0", 1, "2027-03-09", 780, "r1", ["p0", "p1"]))
    assert ("good", "13 veckor efter mötet 8 december, jämnt över året.") in found["f0", 1]


def test_two_on_one_day_share_their_people():
    found = said(("f0", 0, "2027-03-09", 780, "r1", ["p0", "p1"]), ("f1", 0, "2027-03-09", 540, "r2", ["p0", "p1"]))
    assert ("note", "Samma dag som Styrelsen, som delar 2 deltagare.") in found["f0", 0]


def test_a_broken_rule_comes_first_and_must_be_decided():
    instance = read_instance(PROBLEM)
    plan = Plan((PlannedMeeting("f0", 0, date(2027, 1, 1), 780, "r1", {"s00": "p0", "s01": "p1"}),))
    remarks = remarks_of(instance, plan, check(instance, plan).violations)["f0", 0]
    assert remarks[0].weight == "rule"
    assert "helgdag" in remarks[0].text
    assert is_clash(remarks)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_day_that_is_only_noted_need_not_be_decided(language):
    with use_language(language):
        instance = read_instance(PROBLEM)
        plan = Plan((PlannedMeeting("f0", 0, date(2027, 3, 9), 540, "r1", {"s00": "p0", "s01": "p1"}),))
        remarks = remarks_of(instance, plan, ())["f0", 0]
        assert not is_clash(remarks)
        assert remarks[0].text == {
            "sv": "En annan tid på dagen än forumet brukar ha.",
            "en": "Another time of day than the forum usually has.",
        }[language]  # fmt: skip
