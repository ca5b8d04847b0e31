"""The checker against the worked example, and against plans that break one rule each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scheduler import i18n
from scheduler.planning.checker import check
from scheduler.planning.reading import read_instance, read_plan
from tests.planning.making import fixed, forum, instance, meeting, person, plan, room, seat

CASES = Path(__file__).with_name("cases")


def case(name: str):
    return json.loads((CASES / name).read_text(encoding="utf-8"))


def report(problem, *meetings):
    return check(read_instance(problem), read_plan(plan(*meetings)))


def codes(problem, *meetings) -> list[str]:
    return [violation.code for violation in report(problem, *meetings).violations]


GOOD = (meeting("f1", 0, "2027-02-01"), meeting("f1", 1, "2027-04-05"))


def test_the_worked_example_scores_as_its_file_says():
    found = check(read_instance(case("f025.json")), read_plan(case("f025_example_plan.json"))).as_json()
    expected = case("f025_example_score.json")
    assert found["terms"] == dict.fromkeys(found["terms"], 0) | expected["terms"]
    assert {key: found[key] for key in expected if key != "terms"} == {
        key: value for key, value in expected.items() if key != "terms"
    }


def test_a_plan_that_keeps_every_rule():
    found = report(instance(), *GOOD)
    assert found.violations == []
    assert found.terms == dict.fromkeys(found.terms, 0)


BAD_INSTANCES = {
    "stängd dag": (["H1"], {"closed": [["2027-02-01", "helgdag"]]}, GOOD),
    "för sen kallelse": (["H1"], {"notice_days": 63}, GOOD),
    "efter perioden": (["H1"], {"last_date": "2027-04-04"}, GOOD),
    "lokal för liten": (["H3", "H3"], {"rooms": [room("a1", capacity=4)]}, GOOD),
    "lokal upptagen": (["H3"], {"rooms": [room("a1", busy=[["2027-02-01", 650, 700]])]}, GOOD),
    "lokal okänd": (["H3", "H3"], {"rooms": []}, GOOD),
    "fel ort": (["H3", "H3"], {"rooms": [room("a1", "B")]}, GOOD),
    "person upptagen": (["H8"], {"persons": [person("p1", busy=[["2027-02-01", 600, 610]]), person("p2")]}, GOOD),
    "inget möte en dag": (["H9", "H9"], {"persons": [person("p1", max_day=0), person("p2")]}, GOOD),
    "inget möte en vecka": (["H9", "H9"], {"persons": [person("p1", max_week=0), person("p2")]}, GOOD),
    "lås": (["H10"], {"locked": [fixed("f1", 0, "2027-02-02")]}, GOOD),
    "lås utan möte": (["H10"], {"locked": [fixed("f1", 2, "2027-05-24")]}, GOOD),
}


@pytest.mark.parametrize("name", BAD_INSTANCES)
def test_an_instance_under_which_the_plan_breaks_a_rule(name):
    expected, more, meetings = BAD_INSTANCES[name]
    assert codes(instance(**more), *meetings) == expected


BAD_PLANS = {
    "okänt forum": (["H0"], [*GOOD, meeting("f9", 0, "2027-02-01")]),
    "index två gånger": (["H0"], [*GOOD, meeting("f1", 1, "2027-04-06")]),
    "index med lucka": (["H0"], [GOOD[0], meeting("f1", 2, "2027-04-05")]),
    "helg": (["H1"], [GOOD[0], meeting("f1", 1, "2027-04-04")]),
    "före perioden": (["H1"], [meeting("f1", 0, "2026-12-31"), GOOD[1]]),
    "förbjuden veckodag": (["H2"], [GOOD[0], meeting("f1", 1, "2027-04-09")]),
    "fel starttid": (["H2"], [GOOD[0], meeting("f1", 1, "2027-04-05", 600)]),
    "för få möten": (["H4", "H5"], [GOOD[0]]),
    "inga möten": (["H4"], []),
    "för nära": (["H5"], [GOOD[0], meeting("f1", 1, "2027-02-15"), meeting("f1", 2, "2027-04-05")]),
    "för nära förra året": (["H1", "H5"], [meeting("f1", 0, "2026-12-21"), GOOD[1]]),
    "för långt till slutet": (["H5"], [meeting("f1", 0, "2027-01-11"), meeting("f1", 1, "2027-02-01")]),
    "tom plats": (["H6", "H6"], [meeting("f1", 0, "2027-02-01", s1=None), GOOD[1]]),
    "fel person": (["H6", "H6"], [meeting("f1", 0, "2027-02-01", s1="p3"), GOOD[1]]),
    "okänd person": (["H6", "H6"], [meeting("f1", 0, "2027-02-01", s1="p9"), GOOD[1]]),
    "fel ordning": (["H0", "H5", "H5"], [meeting("f1", 0, "2027-04-05"), meeting("f1", 1, "2027-02-01")]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PLANS)
def test_a_plan_that_breaks_a_rule(name):
    expected, meetings = BAD_PLANS[name]
    assert codes(instance(), *meetings) == expected


def two_forums(**more):
    problem = instance(forums=[forum("f1"), forum("f2", towns=["A", "B", "C"])])
    return problem | more


OTHER = meeting("f2", 1, "2027-04-12", where="a2", s1="p2")


@pytest.mark.parametrize(
    ("expected", "other"),
    [
        ([], meeting("f2", 0, "2027-02-01", 780, "a2")),
        (["H7"], meeting("f2", 0, "2027-02-01", 540, "a2")),
        ([], meeting("f2", 0, "2027-02-01", 540, "a2", s1="p2")),
        (["H3"], meeting("f2", 0, "2027-02-01", 540, "a1", s1="p2")),
        ([], meeting("f2", 0, "2027-02-01", 780, "b1")),
        (["H7"], meeting("f2", 0, "2027-02-01", 780, "c1")),
    ],
    ids=["after", "at once", "somebody else", "same room", "near town", "far town"],
)
def test_two_meetings_of_one_person(expected, other):
    assert codes(two_forums(), *GOOD, other, OTHER) == expected


def test_travel_time_between_two_towns_is_kept_and_half_open_ends_meet():
    problem = two_forums(min_break=0)
    for f in problem["forums"]:
        f["starts"] = [540, 660, 719, 720]
    for start, expected in ((660, ["H7"]), (719, ["H7"]), (720, [])):
        assert codes(problem, *GOOD, meeting("f2", 0, "2027-02-01", start, "b1"), OTHER) == expected
    assert codes(problem, *GOOD, meeting("f2", 0, "2027-02-01", 660, "a1"), OTHER) == []


def test_one_person_on_two_seats():
    problem = instance(forums=[forum("f1", seat("s1", "p1"), seat("s2", "p2", "p1"))])
    found = codes(problem, meeting("f1", 0, "2027-02-01", s1="p1", s2="p1"), meeting("f1", 1, "2027-04-05", s1="p1"))
    assert found == ["H7"]


def test_quorum_counts_filled_seats():
    problem = instance(forums=[forum("f1", seat("s1", "p1"), seat("s2", "p2"), quorum=2)])
    found = codes(problem, meeting("f1", 0, "2027-02-01", s1="p1"), meeting("f1", 1, "2027-04-05", s1="p1", s2="p2"))
    assert found == ["H6"]


@pytest.mark.parametrize(("days", "expected"), [((5, 25), []), ((8, 25), ["H11"] * 2), ((5, 6), ["H11"] * 2)])
def test_linked_forums(days, expected):
    problem = two_forums(links=[{"before": "f1", "after": "f2", "min_days": days[0], "max_days": days[1]}])
    found = codes(problem, *GOOD, meeting("f2", 0, "2027-02-08"), OTHER, meeting("f2", 2, "2027-06-28", where="a2"))
    assert found == expected


def test_locked_meetings_need_no_open_day_and_two_of_them_no_gap():
    locked = [fixed("f1", 0, "2027-01-02", 555), fixed("f1", 1, "2027-01-03")]
    found = codes(
        instance(locked=locked), meeting("f1", 0, "2027-01-02", 555), meeting("f1", 1, "2027-01-03"),
        meeting("f1", 2, "2027-04-05"),
    )  # fmt: skip
    assert found == []


def test_the_gap_to_the_end_of_the_period_is_never_waived():
    locked = [fixed("f1", 0, "2027-01-04"), fixed("f1", 1, "2027-01-05")]
    found = codes(instance(locked=locked), meeting("f1", 0, "2027-01-04"), meeting("f1", 1, "2027-01-05"))
    assert found == ["H5"]


def test_iso_weeks_cross_years():
    problem = instance(
        first_date="2026-12-28", notice_days=0, closed=[], last_date="2027-04-30",
        persons=[person("p1", max_week=1), person("p2")],
        forums=[forum("f1", min_gap=3, last_previous="2026-12-01", forbidden_weekdays=[])],
    )  # fmt: skip
    assert codes(problem, meeting("f1", 0, "2026-12-31"), meeting("f1", 1, "2027-01-03")) == ["H9"]
    assert codes(problem, meeting("f1", 0, "2026-12-31"), meeting("f1", 1, "2027-01-04")) == []


def terms(problem, *meetings):
    return {name: points for name, points in report(problem, *meetings).terms.items() if points}


@pytest.mark.parametrize(
    ("expected", "more", "meetings"),
    [
        ({"missing": 3000}, {"forums": [forum("f1", target_meetings=3)]}, GOOD),
        ({"substitute": 50}, {}, (meeting("f1", 0, "2027-02-01", s1="p2"), GOOD[1])),
        ({"vacant": 200}, {"forums": [forum("f1", seat("s1", "p1"), seat("s2", "p2"))]},
         (meeting("f1", 0, "2027-02-01", s1="p1", s2=None), meeting("f1", 1, "2027-04-05", s1="p1", s2="p2"))),
        ({"weekday": 60}, {"forums": [forum("f1", preferred_weekdays=[])]}, GOOD),
        ({"start": 20}, {"forums": [forum("f1", preferred_starts=[])]}, GOOD),
        ({"soft_day": 40}, {}, (meeting("f1", 0, "2027-03-01"), meeting("f1", 1, "2027-04-26"))),
        ({"room_spare": 14}, {"rooms": [room("a1", capacity=22)]}, GOOD),
        ({"spacing": 69}, {"forums": [forum("f1", ideal_gap=83)]}, GOOD),
        ({"travel": 20}, {"persons": [person("p1", "B"), person("p2")]}, GOOD),
        ({}, {"persons": [person("p1", None), person("p2")]}, GOOD),
        ({"move_date": 300, "move_room": 30},
         {"previous_plan": [fixed("f1", 0, "2027-02-02", 780, "a2"), fixed("f1", 1, "2027-04-05", where="gone")]},
         GOOD),
        ({"move_date": 600, "move_time": 100},
         {"previous_plan": [fixed("f1", 2, "2027-02-02"), fixed("gone", 0, "2027-02-02"),
                            fixed("f1", 0, "2027-02-01", 780, "a2")]}, GOOD),
    ],
)  # fmt: skip
def test_terms_of_the_cost(expected, more, meetings):
    found = terms(instance(**more), *meetings)
    assert {name: points for name, points in found.items() if name in expected} == expected
    assert set(found) - set(expected) <= {"spacing"}


def test_two_meetings_in_one_town_on_one_day_are_one_journey():
    problem = two_forums(persons=[person("p1", "B"), person("p2")])
    assert terms(problem, *GOOD, meeting("f2", 0, "2027-02-01", 780, "a2"), OTHER)["travel"] == 20


def test_week_load():
    problem = two_forums(week_soft=1)
    assert terms(problem, *GOOD, meeting("f2", 0, "2027-02-02", 780, "a2"), OTHER)["week_load"] == 20


def test_the_report_speaks_the_language_in_use():
    found = report(instance(), GOOD[0]).violations[0]
    assert found.text == "f1 har 1 möten; 2 till 3 behövs"
    with i18n.use_language("en"):
        assert found.text == "f1 has 1 meetings; 2 to 3 are needed"
    assert found.as_json() == {"code": "H4", "text": "f1 har 1 möten; 2 till 3 behövs", "forum": "f1"}
