"""Whom thematic meetings have invited: the 24 months, those never invited, whom to think of next."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from scheduler.meetings.actions import InviteeChoice, cancel_meeting, edit_meeting, set_invitees
from scheduler.meetings.memory import memory_of_forum, suggested
from scheduler.meetings.memory_rules import (
    Invitation,
    Memory,
    by_neglect,
    memories,
    months_before,
    suggestions,
)
from scheduler.register.models import Theme
from tests.meetings.county import SITE, County, counted

BEFORE = date(2026, 11, 22)


def invitation(organisation_id: int, on: date, meeting_id: int = 1, themes: tuple[int, ...] = ()) -> Invitation:
    return Invitation(organisation_id, meeting_id, on, frozenset(themes))


# ---------------------------------------------------------------- pure


@pytest.mark.parametrize(
    ("day", "earlier"),
    [
        (date(2026, 11, 22), date(2024, 11, 22)),
        (date(2026, 2, 28), date(2024, 2, 28)),
        (date(2028, 2, 29), date(2026, 2, 28)),
        (date(2026, 1, 31), date(2024, 1, 31)),
    ],
)
def test_24_months_before_a_day(day, earlier):
    assert months_before(day, 24) == earlier


@pytest.mark.parametrize(
    ("on", "times", "last", "coming"),
    [
        (date(2024, 11, 21), 0, True, False),  # the day before the 24 months
        (date(2024, 11, 22), 1, True, False),  # exactly 24 months back: the first day that counts
        (date(2026, 11, 21), 1, True, False),
        (date(2026, 11, 22), 0, False, True),  # the day itself is to come
    ],
)
def test_first_day_counts_and_the_day_itself_does_not(on, times, last, coming):
    memory = memories([invitation(7, on)], BEFORE)[7]
    assert (memory.times, memory.last is not None, memory.coming is not None) == (times, last, coming)
    assert not memory.never


def test_months_are_counted_from_the_oldest():
    days = (date(2024, 11, 22), date(2024, 12, 21), date(2026, 11, 21))
    found = memories([invitation(7, day, n) for n, day in enumerate(days)], BEFORE)
    months = found[7].months(BEFORE)
    assert (len(months), months[0], months[-1], sum(months)) == (24, 2, 1, 3)


def test_meeting_with_several_people_of_an_organisation_counts_once():
    twice = [invitation(7, date(2026, 3, 1)), invitation(7, date(2026, 3, 1))]
    assert memories(twice, BEFORE)[7].times == 1


def test_never_invited_come_first_then_the_longest_ago_and_those_coming_last():
    remembered = memories(
        [
            invitation(1, date(2026, 5, 1), 1), invitation(2, date(2022, 5, 1), 2), invitation(3, date(2026, 12, 1), 3),
            invitation(4, date(2025, 5, 1), 4),
        ],
        BEFORE,
    )  # fmt: skip
    assert by_neglect([1, 2, 3, 4, 5], remembered) == [5, 2, 4, 1, 3]
    assert Memory().never


def test_suggestions_begin_with_the_theme_then_least_invited_on_it_then_longest_ago():
    remembered = memories(
        [
            invitation(1, date(2026, 5, 1), 1, (9,)), invitation(2, date(2026, 6, 1), 2, (8,)),
            invitation(3, date(2023, 6, 1), 3),
        ],
        BEFORE,
    )  # fmt: skip
    about = {1: {9}, 2: {9}, 4: {9}}
    assert suggestions([1, 2, 3, 4, 5], remembered, theme_ids={9}, about=about) == [4, 2, 1, 5, 3]


# ---------------------------------------------------------------- read


def talks(county: County, **given):
    return county.forum("Samtal", "samtal", invitees_per_meeting=True, **given)


def invite(county: County, meeting, *organisations, people=()) -> None:
    chosen = [InviteeChoice(organisation_id=row.id) for row in organisations]
    chosen += [InviteeChoice(person_id=row.id) for row in people]
    set_invitees(county.session, county.actor, county.now, meeting, invitees=chosen, version=None, site=SITE)


def past(county: County, forum, on: date):
    """A meeting booked while it was ahead."""
    return county.meeting(forum, on, now=datetime(2020, 1, 1, tzinfo=UTC))


def named(rows) -> list[str]:
    return [row.organisation.name for row in rows]


def theme(county: County, name: str) -> Theme:
    return county.add(Theme(slug=name.lower(), sv=name))


def test_forum_remembers_whom_it_has_invited_by_themselves_or_by_a_person(county):
    forum = talks(county)
    a, b, c, d = (county.organisation(name) for name in "ABCD")
    person = county.person("Berit Prov", organisation_id=b.id)
    invite(county, past(county, forum, date(2025, 3, 3)), a, people=[person])
    invite(county, past(county, forum, date(2026, 3, 3)), a)
    cancelled = past(county, forum, date(2026, 4, 7))
    invite(county, cancelled, c)
    cancel_meeting(county.session, county.actor, county.now, cancelled, reason="Snö", version=None, site=SITE)
    gone = county.organisation("Uppgången", merged_into_id=d.id)
    invite(county, past(county, forum, date(2026, 5, 5)), gone)
    county.organisation("Upphörd", valid_to_on=date(2020, 1, 1))
    found = memory_of_forum(county.session, forum, BEFORE)
    assert [(row.organisation.name, row.memory.times) for row in found] == [("C", 0), ("B", 1), ("A", 2), ("D", 1)]


def test_withdrawn_invitation_is_not_remembered(county):
    forum, a = talks(county), county.organisation("A")
    meeting = past(county, forum, date(2026, 3, 3))
    invite(county, meeting, a)
    meeting.invitees[0].withdrawn_at = county.now
    county.session.flush()
    [row] = memory_of_forum(county.session, forum, BEFORE)
    assert row.memory.never


def test_memory_of_a_theme_and_of_a_kind_of_organisations(county):
    forum, rymd, kultur = talks(county), theme(county, "Rymd"), theme(county, "Kultur")
    a, b = county.organisation("A"), county.organisation("B", kind_id="kultur")
    county.organisation("C")
    for on, about, who in ((date(2026, 3, 3), rymd, a), (date(2026, 4, 7), kultur, b)):
        meeting = past(county, forum, on)
        edit_meeting(county.session, county.actor, county.now, meeting, version=None, site=SITE, theme_ids=[about.id])
        invite(county, meeting, who)
    on_theme = memory_of_forum(county.session, forum, BEFORE, theme_id=rymd.id)
    assert [(row.organisation.name, row.memory.times) for row in on_theme] == [("B", 0), ("C", 0), ("A", 1)]
    assert named(memory_of_forum(county.session, forum, BEFORE, kind_id="kultur")) == ["B"]


def test_those_with_a_seat_in_a_forum_on_the_theme_are_suggested_first(county):
    forum, rymd = talks(county), theme(county, "Rymd")
    council = county.forum("Rymdrådet", themes=[rymd])
    a, _b, c, d = (county.organisation(name) for name in "ABCD")
    county.seat(council, organisation_id=c.id)
    county.seat(council, organisation_id=d.id)
    earlier = past(county, forum, date(2026, 3, 3))
    edit_meeting(county.session, county.actor, county.now, earlier, version=None, site=SITE, theme_ids=[rymd.id])
    invite(county, earlier, a, c)
    meeting = county.meeting(forum, theme_ids=[rymd.id])
    assert named(suggested(county.session, meeting)) == ["D", "C", "B", "A"]
    invite(county, meeting, d)
    assert [(row.organisation.name, row.shares_theme) for row in suggested(county.session, meeting)] == [
        ("C", True), ("B", False), ("A", False),
    ]  # fmt: skip


def test_memory_and_suggestions_read_the_same_for_any_number(county):
    forum, rymd = talks(county), theme(county, "Rymd")
    meeting = county.meeting(forum, theme_ids=[rymd.id])
    counts = []
    for organisations, meetings in ((1, 1), (199, 59)):
        rows = [county.organisation() for _ in range(organisations)]
        for n in range(meetings):
            on = date(2024, 12, 2 + n % 20) if n % 2 else date(2026, 3, 1 + n % 20)
            held = county.meeting(forum, on, time(8 + n % 8), now=datetime(2020, 1, 1, tzinfo=UTC))
            invite(county, held, *rows[n : n + 5])
        county.session.flush()
        county.session.expire_all()
        reached = county.session.get(type(meeting), meeting.id)
        assert reached.forum.id == forum.id
        _ = [reached.themes, reached.forum.themes, forum.id]
        with counted(county.session) as sent:
            memory_of_forum(county.session, forum, BEFORE)
            suggested(county.session, reached)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 9
