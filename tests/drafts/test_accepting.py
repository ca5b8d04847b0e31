"""A draft becomes meetings when it is accepted, all or none, and proposals again as long as nobody was told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.drafts.actions import (
    accept,
    acceptance_of,
    add_planned,
    delete_draft,
    drop_planned,
    is_booked,
    lock_meeting,
    move_planned,
    take_back,
    undo_step,
)
from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.drafts.queries import draft_with_meetings, drafts_of
from scheduler.errors import Refused, SavedByOther
from scheduler.forums.models import Forum
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Meeting
from scheduler.meetings.steps import cancel_meeting

ACTOR = Actor("Sara Niemi", user_id=None)
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
SITE = Site("https://takt.example.org", "takt.example.org")


@pytest.fixture
def draft_id(writing, small) -> int:
    """A draft of two forums with two meetings each."""
    with writing() as session:
        draft = Draft(
            year=2027, scope="all", name="Balanserad", profile="balanced", seconds=2, state="ready", created_at=NOW,
            forum_rows=[DraftForum(forum_id=small[name]) for name in ("ett", "tva")],
        )  # fmt: skip
        for name, days in (("ett", ["2027-02-02", "2027-09-07"]), ("tva", ["2027-03-02", "2027-10-05"])):
            for day in days:
                draft.meetings.append(
                    DraftMeeting(
                        forum_id=small[name], on=date.fromisoformat(day), start=780, duration=90,
                        place_id=small["house"], town="Luleå", seats={},
                    )
                )  # fmt: skip
        session.add(draft)
        session.flush()
        return draft.id


def opened(session: Session, draft_id: int) -> tuple[Draft, list[DraftMeeting]]:
    draft = draft_with_meetings(session, draft_id)
    return draft, sorted(draft.meetings, key=lambda row: row.on)


def meetings(house) -> list[tuple[str, str, str, str]]:
    with Session(house) as session:
        return [
            (one.forum.slug, one.state, one.start_at.isoformat(), one.end_at.isoformat())
            for one in session.scalars(select(Meeting).order_by(Meeting.start_at))
        ]


def test_accepted_meetings_are_booked_where_the_draft_has_them(house, writing, draft_id):
    with writing() as session:
        draft, rows = opened(session, draft_id)
        accept(session, ACTOR, NOW, draft, [row for row in rows if row.forum.slug == "ett"], site=SITE)
    assert meetings(house) == [
        ("ett", "confirmed", "2027-02-02T12:00:00+00:00", "2027-02-02T13:30:00+00:00"),
        # The wall clock stays at 13.00 in summer.
        ("ett", "confirmed", "2027-09-07T11:00:00+00:00", "2027-09-07T12:30:00+00:00"),
    ]
    with Session(house) as session:
        _draft, rows = opened(session, draft_id)
        assert [is_booked(row) for row in rows] == [True, False, True, False]


def test_accepting_twice_books_once(house, writing, draft_id):
    for _time in range(2):
        with writing() as session:
            draft, rows = opened(session, draft_id)
            accept(session, ACTOR, NOW, draft, rows, site=SITE)
    assert len(meetings(house)) == 4


def test_one_that_cannot_be_booked_leaves_none_booked(house, writing, draft_id):
    later = datetime(2027, 3, 15, 9, tzinfo=UTC)
    with writing() as session:
        draft, rows = opened(session, draft_id)
        with pytest.raises(Refused, match=r"^tva 2027-03-02: Ange ett datum som inte har passerat$"):
            accept(session, ACTOR, later, draft, rows[::-1], site=SITE)
    assert meetings(house) == []


def test_taken_back_they_are_proposals_and_accepted_again_the_same_meetings(house, writing, draft_id):
    with writing() as session:
        draft, rows = opened(session, draft_id)
        uids = [one.uid for one in accept(session, ACTOR, NOW, draft, rows, site=SITE)]
    with writing() as session:
        draft, rows = opened(session, draft_id)
        assert take_back(session, ACTOR, NOW, draft, rows, told=(), site=SITE) == 4
    assert {state for _slug, state, *_when in meetings(house)} == {"proposed"}
    with writing() as session:
        draft, rows = opened(session, draft_id)
        move_planned(session, ACTOR, NOW, rows[0], on=date(2027, 2, 3), start=600, place_id=None, town="Luleå")
        again = accept(session, ACTOR, NOW, draft, rows, site=SITE)
        assert sorted(one.uid for one in again) == sorted(uids)
    assert meetings(house)[0] == ("ett", "confirmed", "2027-02-03T09:00:00+00:00", "2027-02-03T10:30:00+00:00")


def test_what_was_told_or_changed_since_stays(house, writing, draft_id):
    with writing() as session:
        draft, rows = opened(session, draft_id)
        accept(session, ACTOR, NOW, draft, rows, site=SITE)
        told = acceptance_of(session, rows[0]).id
        cancel_meeting(session, ACTOR, NOW, rows[1].meeting, reason="ett prov", version=None, site=SITE)
        assert take_back(session, ACTOR, NOW, draft, rows, told={told}, site=SITE) == 2
    assert [state for _slug, state, *_when in meetings(house)] == ["confirmed", "cancelled", "proposed", "proposed"]


def test_acceptance_is_a_step_and_those_who_were_told_stay_booked(house, writing, draft_id):
    with writing() as session:
        draft, rows = opened(session, draft_id)
        accept(session, ACTOR, NOW, draft, rows, site=SITE)
        told = acceptance_of(session, rows[0]).id
    with writing() as session:
        draft, rows = opened(session, draft_id)
        step = undo_step(session, ACTOR, NOW, draft, is_told=lambda _session, change: change.id == told, site=SITE)
        assert (step["kind"], step["left"]) == ("accept", 1)
    assert [state for _slug, state, *_when in meetings(house)] == ["confirmed", "proposed", "proposed", "proposed"]
    with writing() as session:
        draft, rows = opened(session, draft_id)
        with pytest.raises(Refused, match="inget att ångra"):
            undo_step(session, ACTOR, NOW, draft, is_told=lambda _session, _change: False, site=SITE)


def test_step_follows_a_meeting_that_was_dropped_and_came_back(writing, draft_id):
    def nobody(_session: Session, _change: object) -> bool:
        return False

    with writing() as session:
        draft, rows = opened(session, draft_id)
        lock_meeting(session, ACTOR, NOW, rows[0], locked=True)
        drop_planned(session, ACTOR, NOW, rows[0])
    for locked in (True, False):
        with writing() as session:
            draft, rows = opened(session, draft_id)
            undo_step(session, ACTOR, NOW, draft, is_told=nobody, site=SITE)
        with writing() as session:
            _draft, rows = opened(session, draft_id)
            assert (len(rows), rows[0].on, rows[0].locked) == (4, date(2027, 2, 2), locked)


def test_booked_meetings_are_changed_on_their_own_pages(writing, draft_id):
    with writing() as session:
        draft, rows = opened(session, draft_id)
        accept(session, ACTOR, NOW, draft, rows[:1], site=SITE)
        for act in (
            lambda: drop_planned(session, ACTOR, NOW, rows[0]),
            lambda: move_planned(
                session, ACTOR, NOW, rows[0], on=date(2027, 2, 9), start=780, place_id=None, town=None
            ),
        ):
            with pytest.raises(Refused, match="redan bokat"):
                act()


def test_moving_onto_the_forums_own_other_day_or_another_year_is_refused(writing, draft_id):
    with writing() as session:
        _draft, rows = opened(session, draft_id)
        for on, said in (
            (date(2027, 9, 7), "on: Forumet har redan ett möte den dagen"),
            (date(2028, 1, 4), "on: Välj en dag i 2027"),
        ):
            with pytest.raises(Refused) as refused:
                move_planned(session, ACTOR, NOW, rows[0], on=on, start=780, place_id=None, town=None)
            assert str(refused.value) == said


def test_whoever_saw_an_older_board_is_told(writing, draft_id):
    with writing() as session:
        draft, rows = opened(session, draft_id)
        seen = draft.version
        lock_meeting(session, ACTOR, NOW, rows[0], locked=True, version=seen)
        with pytest.raises(SavedByOther):
            lock_meeting(session, ACTOR, NOW, rows[1], locked=True, version=seen)


def test_dropped_and_added_meetings_and_a_draft_thrown_away(house, writing, small, draft_id):
    with writing() as session:
        draft, rows = opened(session, draft_id)
        drop_planned(session, ACTOR, NOW, rows[0])
        add_planned(
            session, ACTOR, NOW, draft, forum=session.get_one(Forum, small["ett"]), on=date(2027, 5, 4), start=600,
            duration=90, place_id=None, town=None, seats={},
        )  # fmt: skip
    with Session(house) as session:
        _draft, rows = opened(session, draft_id)
        assert [row.on.isoformat() for row in rows] == ["2027-03-02", "2027-05-04", "2027-09-07", "2027-10-05"]
    with writing() as session:
        draft, rows = opened(session, draft_id)
        accept(session, ACTOR, NOW, draft, rows[:1], site=SITE)
        delete_draft(session, ACTOR, NOW, draft)
    with Session(house) as session:
        assert drafts_of(session, 2027) == []
        assert session.scalar(select(func.count()).select_from(DraftMeeting)) == 0
        actions = session.scalars(select(HistoryEntry.action).where(HistoryEntry.subject_kind == "draft")).all()
        assert actions == ["draft.drop", "draft.add", "draft.accept", "draft.delete"]
    assert len(meetings(house)) == 1
