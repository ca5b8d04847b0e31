"""Suggested items: who decides first decides, what is taken up stands on one agenda, and what waits is found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from scheduler.errors import Refused
from scheduler.mail.worklist import worklist
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Person
from scheduler.records.agenda import remove_item
from scheduler.records.agenda_queries import items_of
from scheduler.records.suggestions import (
    MOST_WAITING,
    decline,
    meetings_for,
    suggest,
    suggestions_by,
    take_up,
    waiting_among,
    waiting_of,
    withdraw,
)
from tests.meetings.county import DAY, County


@pytest.fixture
def county(session, actor, now) -> County:
    return County(session, actor, now)


@pytest.fixture
def person(county) -> Person:
    return county.person("Åsa Ek")


@pytest.fixture
def meeting(county) -> Meeting:
    return county.meeting(county.forum(), on=DAY)


def titles(session: Session, meeting: Meeting) -> list[str]:
    return [item.title for item in items_of(session, meeting.id)]


def test_taken_up_as_the_secretariat_words_it(session, actor, now, meeting, person):
    row = suggest(session, actor, now, meeting, person.id, title="Bussarna", text="De är för få")
    assert [one.id for one in waiting_of(session, meeting.id)] == [row.id]
    item = take_up(
        session, actor, now, row, meeting, title="Kollektivtrafiken", kind="discussion", answer="Tack, vi tar upp det"
    )
    assert titles(session, meeting) == ["Kollektivtrafiken"]
    assert (row.state, row.item_id, row.answer) == ("taken", item.id, "Tack, vi tar upp det")
    assert not waiting_of(session, meeting.id)


def test_an_item_that_is_taken_off_leaves_the_suggestion_taken(session, actor, now, meeting, person):
    row = suggest(session, actor, now, meeting, person.id, title="Bussarna")
    remove_item(session, actor, now, take_up(session, actor, now, row, meeting, title="Bussarna"))
    session.expire_all()
    assert (row.state, row.item) == ("taken", None)


def test_no_needs_a_reason(session, actor, now, meeting, person):
    row = suggest(session, actor, now, meeting, person.id, title="Bussarna")
    with pytest.raises(Refused) as refused:
        decline(session, actor, now, row, answer="  ")
    assert [problem.field for problem in refused.value.problems] == ["answer"]
    assert row.state == "waiting"
    decline(session, actor, now, row, answer="Hör till regionen")
    assert (row.state, row.answer) == ("declined", "Hör till regionen")


@pytest.mark.parametrize("later", ["take", "decline", "withdraw"])
@pytest.mark.parametrize("first", ["take", "decline", "withdraw"])
def test_who_decides_first_decides(session, actor, now, meeting, person, first, later):
    def decide(how: str) -> None:
        if how == "take":
            take_up(session, actor, now, row, meeting, title="Bussarna")
        elif how == "decline":
            decline(session, actor, now, row, answer="Nej")
        else:
            withdraw(session, actor, now, row)

    row = suggest(session, actor, now, meeting, person.id, title="Bussarna")
    decide(first)
    before = (row.state, row.answer, row.item_id, titles(session, meeting))
    with pytest.raises(Refused, match="redan tagit ställning"):
        decide(later)
    assert (row.state, row.answer, row.item_id, titles(session, meeting)) == before


def test_a_bad_item_takes_nothing_up(session, actor, now, meeting, person):
    row = suggest(session, actor, now, meeting, person.id, title="Bussarna")
    with pytest.raises(Refused) as refused:
        take_up(session, actor, now, row, meeting, title="", minutes="tusen")
    assert {problem.field for problem in refused.value.problems} == {"title", "minutes"}
    assert (row.state, titles(session, meeting)) == ("waiting", [])


@pytest.mark.parametrize(("state", "behind", "takes"), [
    ("confirmed", False, True), ("called", False, True), ("proposed", False, False), ("cancelled", False, False),
    ("confirmed", True, False), ("held", True, False), ("closed", True, False),
])  # fmt: skip
def test_a_booked_or_called_meeting_that_has_not_begun_takes_suggestions(
    session, actor, now, county, person, state, behind, takes
):
    meeting = county.meeting(county.forum(), on=now.date() + timedelta(days=20))
    meeting.state = state
    if behind:
        now = meeting.start_at
    if takes:
        assert suggest(session, actor, now, meeting, person.id, title="Bussarna").state == "waiting"
    else:
        with pytest.raises(Refused, match="tar inte emot förslag"):
            suggest(session, actor, now, meeting, person.id, title="Bussarna")


def test_one_person_has_ten_waiting_at_most(session, actor, now, meeting, person, county):
    rows = [suggest(session, actor, now, meeting, person.id, title=f"Punkt {n}") for n in range(MOST_WAITING)]
    with pytest.raises(Refused, match="10 av dina förslag"):
        suggest(session, actor, now, meeting, person.id, title="En till")
    withdraw(session, actor, now, rows[0])
    suggest(session, actor, now, meeting, person.id, title="En till")
    suggest(session, actor, now, meeting, county.person("Nils").id, title="Någon annans")


def test_it_may_be_taken_up_at_a_later_meeting_and_there_alone(session, actor, now, county, person):
    forum = county.forum()
    meetings = [county.meeting(forum, on=DAY + timedelta(days=28 * n)) for n in range(3)]
    county.meeting(county.forum("Ett annat"), on=DAY + timedelta(days=7))
    row = suggest(session, actor, now, meetings[1], person.id, title="Bussarna")
    assert meetings_for(session, row, now) == [meetings[1], meetings[0], meetings[2]]
    meetings[1].state = "cancelled"
    session.flush()
    assert meetings_for(session, row, now) == [meetings[0], meetings[2]]
    take_up(session, actor, now, row, meetings[2], title="Bussarna")
    assert [titles(session, meeting) for meeting in meetings] == [[], [], ["Bussarna"]]


def test_one_sees_ones_own_and_the_secretariat_what_waits(session, actor, now, county, person):
    forum, other = county.forum(), county.forum("Ett annat")
    here, there = county.meeting(forum, on=DAY), county.meeting(other, on=DAY)
    first = suggest(session, actor, now, here, person.id, title="Bussarna")
    gone = suggest(session, actor, now, here, person.id, title="Tågen")
    beside = suggest(session, actor, now, there, county.person("Nils").id, title="Vägarna")
    withdraw(session, actor, now, gone)
    assert [row.id for row in suggestions_by(session, person.id)] == [first.id]
    assert [row.id for row in suggestions_by(session, person.id, meeting_id=there.id)] == []
    assert [row.id for row in waiting_among(session, [other.id])] == [beside.id]
    sections = {section.key: section for section in worklist(session, now, now.date(), [forum])}
    [item] = sections["suggestions"].items
    assert item.path == f"/meetings/{here.id}/agenda"
    assert item.text.endswith("en föreslagen punkt")
