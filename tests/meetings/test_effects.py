"""What a step would mean, before it is taken: quorum and substitutes by rule, and the preview is what then happens."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.cadence.rules import Status
from scheduler.clock import civil_date
from scheduler.forums.appointments import end_all
from scheduler.forums.models import CadenceVersion
from scheduler.meetings.actions import call_meeting, cancel_meeting, move_meeting
from scheduler.meetings.answering import answer_call
from scheduler.meetings.effect_rules import Effects, ForumLook, Look, MeetingLook, compare, quorum_needed
from scheduler.meetings.effects import look
from scheduler.places.absences import add_absence
from tests.meetings.county import DAY, SITE, County, counted

ASK = {"version": None, "site": SITE}
MEETING = MeetingLook(forum_id=1, on=DAY, seats=5, filled=5, able=4, substitutes=1, needed=3)


def met(status: Status = Status.PLANNED) -> ForumLook:
    return ForumLook(status, {"sv": "x", "en": "x"}, None)


@pytest.mark.parametrize(
    ("rule", "number", "seats", "needed"),
    [
        ("none", None, 13, None),
        ("number", 9, 13, 9),
        ("more_than_half", None, 13, 7),
        ("more_than_half", None, 12, 7),
        ("more_than_half", 4, 2, 2),
    ],
)
def test_quorum_is_a_number_or_more_than_half_of_the_seats(rule, number, seats, needed):
    assert quorum_needed(rule, number, seats) == needed


@pytest.mark.parametrize(
    ("able", "substitutes", "needed", "reachable", "quorate"),
    [(4, 1, 3, 5, True), (1, 1, 3, 2, False), (1, 2, 3, 3, True), (4, 9, 3, 5, True), (0, 0, None, 0, None)],
)
def test_meeting_can_decide_when_holders_and_substitutes_suffice(able, substitutes, needed, reachable, quorate):
    one = MeetingLook(1, DAY, seats=5, filled=5, able=able, substitutes=substitutes, needed=needed)
    assert (one.reachable, one.quorate) == (reachable, quorate)


LOOKS = st.builds(
    MeetingLook,
    forum_id=st.just(1),
    on=st.just(DAY),
    seats=st.integers(0, 5),
    filled=st.integers(0, 5),
    able=st.integers(0, 5),
    substitutes=st.integers(0, 3),
    needed=st.one_of(st.none(), st.integers(1, 5)),
)
WORLDS = st.builds(
    Look,
    forums=st.dictionaries(st.integers(1, 3), st.sampled_from(Status).map(met), max_size=3),
    meetings=st.dictionaries(st.integers(1, 4), LOOKS, max_size=4),
)


@given(WORLDS)
def test_nothing_lies_between_a_look_and_itself(world):
    effects = compare(world, world)
    assert effects.meetings == ()
    assert not any(one.is_changed for one in effects.forums)


@given(WORLDS, WORLDS)
def test_each_meeting_that_differs_is_told_once_with_both_sides(before, after):
    effects = compare(before, after)
    ids = [one.meeting_id for one in effects.meetings]
    assert len(ids) == len(set(ids))
    assert set(ids) == {
        number
        for number in {*before.meetings, *after.meetings}
        if before.meetings.get(number) != after.meetings.get(number)
    }
    assert {one.meeting_id for one in effects.lost} <= set(ids)


# ---------------------------------------------------------------- the preview is what happens


def board(county: County, *, members: int = 5, substitutes: int = 1):
    """A board that decides by more than half, must meet twice a year and has two meetings ahead."""
    forum = county.forum("Nämnden", "namnd", quorum_rule="more_than_half")
    county.add(CadenceVersion(forum_id=forum.id, position=1, kind="count", min=2, window="calendar", period="year"))
    people = [county.person(f"Ledamot {n}") for n in range(members)]
    seats = [county.seat(forum, person) for person in people]
    for n in range(substitutes):
        county.seat(forum, f"Ersättare {n}", kind="substitute")
    meetings = [county.meeting(forum, DAY + timedelta(days=days)) for days in (0, 60)]
    return forum, people, seats, meetings


def seen_and_done(county: County, forums, act) -> tuple[Effects, Effects]:
    """What a look in a transaction that is taken back says of ``act``, and what is so once it is done."""
    session, today = county.session, civil_date(county.now, "Europe/Stockholm")
    before = look(session, forums, county.now, today)
    step = session.begin_nested()
    act()
    session.flush()
    seen = compare(before, look(session, forums, county.now, today))
    step.rollback()
    session.expire_all()
    assert look(session, forums, county.now, today) == before
    act()
    return seen, compare(before, look(session, forums, county.now, today))


def test_cancelling_shows_the_cadence_that_falls_and_the_meeting_that_goes(county):
    forum, _people, _seats, meetings = board(county)
    seen, done = seen_and_done(
        county,
        [forum],
        lambda: cancel_meeting(county.session, county.actor, county.now, meetings[0], reason="Sjukdom", **ASK),
    )
    assert seen == done
    [effect] = seen.meetings
    assert (effect.meeting_id, effect.after) == (meetings[0].id, None)


def test_somebody_who_leaves_takes_the_quorum_along(county):
    forum, people, seats, meetings = board(county, members=3, substitutes=0)
    add_absence(county.session, county.actor, county.now, people[1], from_on=DAY, to_on=DAY, today=DAY)
    appointments = list(seats[0].appointments)
    seen, done = seen_and_done(
        county,
        [forum],
        lambda: end_all(county.session, county.actor, county.now, appointments, on=civil_date(county.now, "UTC")),
    )
    assert seen == done
    assert [one.meeting_id for one in seen.meetings] == [meeting.id for meeting in meetings]
    # On the first day another is away: one of three can come, and it takes two.
    assert [one.meeting_id for one in seen.lost] == [meetings[0].id]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("step", ["cancel", "move", "leave"])
def test_preview_of_any_step_is_what_then_happens(county: County, step: str, seed: int):
    draw = random.Random(seed)  # noqa: S311 - no secrets
    forum, _people, seats, meetings = board(county, members=draw.randint(1, 4), substitutes=draw.randint(0, 2))
    if draw.random() < 0.7:
        call_meeting(county.session, county.actor, county.now, meetings[0], **ASK)
        for row in list(meetings[0].invitees):
            if answer := draw.choice(["yes", "no", None]):
                answer_call(county.session, county.actor, county.now, row, answer=answer)
    meeting, days = draw.choice(meetings), draw.randint(1, 40)
    given = (county.session, county.actor, county.now)

    def act() -> None:
        if step == "cancel":
            cancel_meeting(*given, meeting, reason="Sjukdom", **ASK)
        elif step == "move":
            move_meeting(*given, meeting, on=DAY + timedelta(days=100 + days), check_conflicts=False, **ASK)
        else:
            end_all(*given, list(seats[0].appointments), on=DAY - timedelta(days=days))

    seen, done = seen_and_done(county, [forum], act)
    assert seen == done
    assert seen.meetings


def test_look_costs_the_same_for_any_number_of_meetings(county):
    forum, _people, _seats, meetings = board(county)
    today = civil_date(county.now, "UTC")
    sent = []
    for more in (0, 6):
        for n in range(more):
            county.meeting(forum, DAY + timedelta(days=70 + n))
        county.session.expire_all()
        assert forum.kind.id
        with counted(county.session) as queries:
            look(county.session, [forum], county.now, today)
        sent.append(len(queries))
    assert sent[0] == sent[1]
    assert len(meetings) == 2
