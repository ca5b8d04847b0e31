"""Which rings a wheel has: every forum, the reader's own, or a ring for each kind, and how they are called."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from flask import Flask

from scheduler.forums.models import Forum, ForumKind
from scheduler.i18n import use_language
from scheduler.web.rings import codes_of, kind_ring, kinds_of, notes_of, shown_wheel
from scheduler.web.wheel import RINGS
from scheduler.web.years import ForumYear, YearMark

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _in_a_page():
    """Links keep a visitor's language, which a page knows."""
    with Flask("rings").app_context():
        yield


def kind(n: int) -> ForumKind:
    return ForumKind(id=f"kind{n}", sv=f"Sort{n}", en=f"Kind{n}", position=n)


def forum_year(n: int, *marks: YearMark, of: ForumKind | None = None, code: str | None = None) -> ForumYear:
    return ForumYear(Forum(id=n, name=f"Forum {n}", kind=of or kind(1), kind_id=(of or kind(1)).id, code=code), marks)


def held(n: int, day: date, state="held") -> YearMark:
    return YearMark(day, state, f"/meetings/{n}", f"meeting {n}")


def shown(years, own=()):
    return shown_wheel(years, 2026, TODAY, [], own=own)


@pytest.mark.parametrize(
    ("count", "own", "rings", "drawn"),
    [
        (1, (), "all", 1),
        (RINGS, (), "all", RINGS),
        (RINGS, (1, 2), "all", RINGS),
        (RINGS + 1, (), "kinds", 1),
        (RINGS + 1, (1, 2), "own", 2),
        (40, range(1, RINGS + 1), "own", RINGS),
        (40, range(1, RINGS + 2), "kinds", 1),
        (40, (99,), "kinds", 1),
        (0, (), "all", 0),
    ],
)  # fmt: skip
def test_over_twelve_forums_the_wheel_shows_ones_own_or_the_kinds(count, own, rings, drawn):
    found = shown([forum_year(n) for n in range(1, count + 1)], own)
    assert (found.rings, found.drawing.count('class="code"')) == (rings, drawn)
    assert set(found.codes) == (set() if rings == "kinds" else set(own) & set(found.codes) if rings == "own"
                                else set(range(1, count + 1)))  # fmt: skip


def test_codes_are_ones_own_or_initials_and_no_two_alike():
    names = [(None, "Regionalt forum"), ("RF", "Rådet"), (None, "Samtal på residenset"), (None, "Partnerskapet"),
             (None, "Råd för fisket"), (None, "Råd för fåglar"), (None, "–")]  # fmt: skip
    assert codes_of(names) == ["RF2", "RF", "SPR", "Par", "RFF", "RF3", "?"]


def test_the_smallest_kinds_share_the_last_ring():
    years = [forum_year(10 * k + n, of=kind(k)) for k in range(1, 15) for n in range(3 if k % 5 else 1)]
    groups = kinds_of(years)
    assert len(groups) == RINGS
    assert [group.name for group in groups] == [f"Sort{k}" for k in (1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13)] + ["Övriga"]
    assert groups[0].key == "kind-kind1"
    assert groups[-1].key == ""
    assert sum(len(group.years) for group in groups) == len(years)
    assert len({group.code for group in groups}) == RINGS


def test_a_kind_has_a_mark_for_each_week_that_says_how_many():
    monday = date(2026, 3, 9)
    joint = held(9, monday)
    years = [
        forum_year(1, joint, held(1, monday + timedelta(days=2)), held(2, monday + timedelta(days=7), "booked")),
        forum_year(2, joint, held(3, monday + timedelta(days=4), "cancelled")),
    ]
    ring = kind_ring(kinds_of(years)[0], 2026)
    assert [(mark.day, mark.state, mark.title, mark.url) for mark in ring.marks] == [
        (date(2026, 3, 12), "held", "Sort1, vecka 11: 3 möten", "/calendar/2026/3"),
        (date(2026, 3, 19), "booked", "Sort1, vecka 12: 1 möte", "/calendar/2026/3"),
    ]
    with use_language("en"):
        assert kind_ring(kinds_of(years)[0], 2026).marks[0].title == "Kind1, week 11: 3 meetings"


def test_the_weeks_at_both_ends_stay_in_the_year():
    years = [forum_year(1, held(1, date(2027, 1, 1)), held(2, date(2027, 12, 31)))]
    assert [mark.day for mark in kind_ring(kinds_of(years)[0], 2027).marks] == [date(2027, 1, 1), date(2027, 12, 30)]


def test_of_as_many_held_as_booked_the_week_shows_what_is_to_come():
    years = [forum_year(1, held(1, TODAY), held(2, TODAY, "booked"), held(3, TODAY, "proposed"))]
    assert [mark.state for mark in kind_ring(kinds_of(years)[0], 2026).marks] == ["booked"]


def test_the_weeks_of_all_kinds_hold_every_meeting_once():
    days = [date(2026, 1, 1) + timedelta(days=5 * n) for n in range(70)]
    years = [forum_year(n, held(n, day), held(n + 100, day), of=kind(n % 4)) for n, day in enumerate(days, 1)]
    markup = shown(years).drawing
    told = Counter()
    for name, count in re.findall(r"<title>(Sort\d), vecka \d+: (\d+) möten?</title>", markup):
        told[name] += int(count)
    assert told == Counter(f"Sort{n % 4}" for n in range(1, 71) for _ in range(2))


def test_a_joint_meeting_is_counted_once_in_the_middle():
    joint = held(9, TODAY)
    years = [forum_year(1, joint, held(1, TODAY, "unminuted")), forum_year(2, joint, held(2, TODAY, "booked")),
             forum_year(3, held(3, TODAY, "cancelled"), held(4, TODAY, "now"))]  # fmt: skip
    assert notes_of(years) == ["2 möten hållna", "2 bokade"]
    assert notes_of([]) == ["0 möten hållna", "0 bokade"]
