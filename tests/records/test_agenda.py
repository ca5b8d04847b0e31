"""The agenda's actions: whatever is done, the order is 1..n, and what goes on comes to one later agenda."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from scheduler.errors import Refused
from scheduler.forums.standing import add_standing_item
from scheduler.records.agenda import add_item, hand_on, move_item, open_agenda, remove_item, take_back
from scheduler.records.agenda_queries import agenda_of, items_of
from scheduler.records.models import AgendaItem
from tests.meetings.county import DAY, County

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "up", "down", "remove", "moved", "tabled", "referred", "dropped", "back"]),
        st.integers(0, 9),
        st.integers(0, 2),
    ),
    max_size=25,
)


@pytest.fixture
def county(session, actor, now) -> County:
    return County(session, actor, now)


def three_meetings(county: County, **forum: object):
    row = county.forum(**forum)
    return row, [county.meeting(row, on=DAY + timedelta(days=28 * n)) for n in range(3)]


def titles(session, meeting) -> list[str]:
    return [item.title for item in items_of(session, meeting.id)]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_done_the_order_is_1_to_n_and_nothing_is_carried_twice(county, session, actor, now, steps):
    with session.begin_nested() as attempt:
        forum, meetings = three_meetings(county)
        add_standing_item(session, actor, now, forum, title="Öppnande")
        add_standing_item(session, actor, now, forum, title="Övriga frågor")
        for n, (what, which, where) in enumerate(steps):
            meeting = meetings[where]
            rows = list(items_of(session, meeting.id))
            try:
                if what == "add":
                    add_item(session, actor, now, meeting, title=f"Punkt {n}")
                elif rows:
                    _act(session, actor, now, what, rows[which % len(rows)])
            except Refused:
                pass
            for one in meetings:
                found = items_of(session, one.id)
                assert [item.position for item in found] == list(range(1, len(found) + 1))
        carried = session.scalars(
            select(AgendaItem.carried_from_id).where(AgendaItem.carried_from_id.is_not(None))
        ).all()
        assert len(carried) == len(set(carried))
        for meeting in meetings:
            shown = agenda_of(session, meeting)
            assert [point.number for point in shown.points] == list(range(1, len(shown.points) + 1))
        attempt.rollback()


def _act(session, actor, now, what, item):
    if what in {"up", "down"}:
        move_item(session, actor, now, item, step=-1 if what == "up" else 1)
    elif what == "remove":
        remove_item(session, actor, now, item)
    elif what == "back":
        take_back(session, actor, now, item)
    else:
        hand_on(session, actor, now, item, to=what, reason="Mer underlag")


def test_item_may_be_carried_from_meeting_to_meeting(county, session, actor, now):
    _forum, (first, second, third) = three_meetings(county)
    item = add_item(session, actor, now, first, title="Läget", minutes=20, secrecy_ground="21:1")
    hand_on(session, actor, now, item, to="tabled")
    [again] = open_agenda(session, actor, now, second)
    assert (again.title, again.minutes, again.secrecy_ground, again.public, again.carried_from_id) == (
        "Läget", 20, "21 kap. 1 § OSL", False, item.id,
    )  # fmt: skip
    hand_on(session, actor, now, again, to="referred", reason="Mer underlag")
    [point] = agenda_of(session, third).points
    assert (point.title, point.carried_on, point.id) == ("Läget", second.local_on, None)
    assert open_agenda(session, actor, now, second) == [again]  # opening twice copies nothing twice


def test_item_of_a_cancelled_meeting_goes_on_when_it_had_been_carried_there(county, session, actor, now):
    _forum, (first, second, third) = three_meetings(county)
    hand_on(session, actor, now, add_item(session, actor, now, first, title="Läget"), to="moved")
    open_agenda(session, actor, now, second)
    add_item(session, actor, now, second, title="Ny för den gången")
    second.state = "cancelled"
    session.flush()
    assert [point.title for point in agenda_of(session, third).points] == ["Läget"]


def test_standing_items_follow_every_n_and_months(county, session, actor, now):
    forum, meetings = three_meetings(county)  # in February, March and April
    for title, values in {"Alltid": {}, "Vartannat": {"every_n": 2}, "Mars": {"months": "3"}}.items():
        add_standing_item(session, actor, now, forum, title=title, **values)
    assert [[point.title for point in agenda_of(session, meeting).points] for meeting in meetings] == [
        ["Alltid", "Vartannat"], ["Alltid", "Mars"], ["Alltid", "Vartannat"],
    ]  # fmt: skip


def test_written_agenda_does_not_follow_the_standing_items(county, session, actor, now):
    forum, (first, second, _third) = three_meetings(county)
    add_standing_item(session, actor, now, forum, title="Öppnande")
    [only] = open_agenda(session, actor, now, first)
    remove_item(session, actor, now, only)
    add_standing_item(session, actor, now, forum, title="Nästa möte")
    assert titles(session, first) == []
    assert [point.title for point in agenda_of(session, first).points] == []
    assert [point.title for point in agenda_of(session, second).points] == ["Öppnande", "Nästa möte"]


def test_carried_item_comes_early_and_a_new_one_before_the_end(county, session, actor, now):
    forum, (first, second, _third) = three_meetings(county)
    for title in ("Mötets öppnande", "RUS", "Övriga frågor"):
        add_standing_item(session, actor, now, forum, title=title)
    hand_on(session, actor, now, add_item(session, actor, now, first, title="Bordlagd"), to="tabled")
    add_item(session, actor, now, second, title="Ny")
    assert titles(session, second) == ["Mötets öppnande", "Bordlagd", "RUS", "Ny", "Övriga frågor"]


def test_secret_item_is_never_public(county, session, actor, now):
    _forum, (first, *_rest) = three_meetings(county)
    item = add_item(session, actor, now, first, title="Avtal", public=True, secrecy_ground="19:3")
    assert (item.public, item.secrecy_ground) == (False, "19 kap. 3 § OSL")
    assert [point.title for point in agenda_of(session, first, "member").points] == [None]


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_agenda_stands_once_the_meeting_is_over(county, session, actor, now, state):
    _forum, (first, *_rest) = three_meetings(county)
    first.state = state
    session.flush()
    with pytest.raises(Refused):
        add_item(session, actor, now, first, title="Sent")
    assert titles(session, first) == []
