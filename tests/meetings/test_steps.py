"""The steps of a meeting's life as actions: what they store, what a calendar shows, what undo takes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from scheduler.errors import Refused, SavedByOther, TaktError
from scheduler.history.models import HistoryEntry
from scheduler.ical.lint import lint_change, lint_fragment
from scheduler.meetings.actions import (
    call_meeting,
    cancel_meeting,
    close_meeting,
    confirm_meeting,
    correct_state,
    edit_meeting,
    move_meeting,
    record_held,
    reinstate_meeting,
    undo_last_change,
)
from scheduler.meetings.models import MeetingChange
from tests.meetings.county import SITE, County

HOUR = timedelta(hours=1)
AFTER = datetime(2027, 2, 12, 8, tzinfo=UTC)
ASK = {"version": None, "site": SITE}


def kinds(session, meeting) -> list[str]:
    return list(
        session.scalars(
            select(MeetingChange.kind).where(MeetingChange.meeting_id == meeting.id).order_by(MeetingChange.id)
        )
    )


def test_the_whole_life_of_a_meeting(county: County, session, actor, now):
    meeting = county.meeting(county.forum(), state="proposed")
    assert (meeting.state, meeting.confirmed_at) == ("proposed", None)
    confirm_meeting(session, actor, now, meeting, **ASK)
    assert (meeting.state, meeting.confirmed_at, meeting.sequence) == ("confirmed", now, 1)
    call_meeting(session, actor, now, meeting, **ASK)
    assert (meeting.state, meeting.called_at, meeting.sequence) == ("called", now, 1)
    record_held(session, actor, AFTER, meeting, quorum=True, **ASK)
    assert (meeting.state, meeting.quorum, meeting.sequence) == ("held", True, 1)
    close_meeting(session, actor, AFTER, meeting, **ASK)
    assert meeting.state == "closed"
    assert kinds(session, meeting) == ["book", "confirm", "call", "record", "close"]


def test_a_cancelled_meeting_stays_in_the_calendar_and_says_so(county: County, session, actor, now):
    meeting = county.meeting(county.forum("Styrgrupp", public="full"))
    cancel_meeting(session, actor, now + HOUR, meeting, reason="För få kunde komma", **ASK)
    text = county.text(meeting)
    assert "SUMMARY:INSTÄLLT: Styrgrupp\n" in text
    assert "STATUS:CANCELLED\n" in text
    assert "TRANSP:TRANSPARENT\n" in text
    assert "SEQUENCE:1\n" in text
    assert "DESCRIPTION:Inställt: För få kunde komma\n" in text
    assert "SUMMARY:CANCELLED: Styrgrupp\n" in county.text(meeting, language="en")


def test_the_public_is_not_told_why(county: County, session, actor, now):
    meeting = county.meeting(county.forum(public="full"))
    cancel_meeting(session, actor, now, meeting, reason="Ordföranden är sjuk", **ASK)
    assert "DESCRIPTION:Mötet är inställt.\n" in county.text(meeting, "public")
    assert "sjuk" not in county.text(meeting, "public")


@pytest.mark.parametrize("reason", [None, "", "  \n "])
def test_cancelling_asks_why(county: County, session, actor, now, reason):
    meeting = county.meeting(county.forum())
    with pytest.raises(Refused) as refused:
        cancel_meeting(session, actor, now, meeting, reason=reason, **ASK)
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    assert meeting.state == "confirmed"


def test_a_meeting_is_taken_up_again_with_a_still_higher_sequence(county: County, session, actor, now):
    meeting = county.meeting(county.forum("Styrgrupp"))
    cancel_meeting(session, actor, now, meeting, reason="Sjukdom", **ASK)
    reinstate_meeting(session, actor, now + HOUR, meeting, **ASK)
    assert (meeting.state, meeting.sequence, meeting.time_rev, meeting.cancel_reason) == ("confirmed", 2, 0, None)
    text = county.text(meeting)
    assert "SUMMARY:Styrgrupp\n" in text
    assert "STATUS:CONFIRMED\n" in text
    assert "DESCRIPTION:Mötet är återupptaget.\n" in text


def test_a_meeting_is_not_taken_up_once_its_time_has_passed(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    cancel_meeting(session, actor, now, meeting, reason="Sjukdom", **ASK)
    with pytest.raises(Refused):
        reinstate_meeting(session, actor, AFTER, meeting, **ASK)


@pytest.mark.parametrize(("called", "to"), [(True, "called"), (False, "confirmed")])
def test_a_held_meeting_is_corrected_with_a_reason(county: County, session, actor, now, called, to):
    meeting = county.meeting(county.forum())
    if called:
        call_meeting(session, actor, now, meeting, **ASK)
    record_held(session, actor, AFTER, meeting, quorum=False, **ASK)
    with pytest.raises(Refused) as refused:
        correct_state(session, actor, AFTER, meeting, to=to, reason="", **ASK)
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    correct_state(session, actor, AFTER, meeting, to=to, reason="Fel möte", **ASK)
    assert (meeting.state, meeting.quorum) == (to, None)
    assert session.scalars(select(HistoryEntry.reason).order_by(HistoryEntry.id.desc()).limit(1)).one() == "Fel möte"


def test_a_word_that_is_no_state_is_refused(county: County, session, actor, now):
    meeting = county.meeting(county.forum(), date(2026, 10, 1), state="held")
    with pytest.raises(Refused):
        correct_state(session, actor, now, meeting, to="nonsense", reason="x", **ASK)


def test_a_board_cannot_record_a_meeting_it_never_called(county: County, session, actor, now):
    meeting = county.meeting(county.forum(kind="namnd"))
    with pytest.raises(Refused):
        record_held(session, actor, AFTER, meeting, **ASK)
    call_meeting(session, actor, AFTER, meeting, send=False, **ASK)
    record_held(session, actor, AFTER, meeting, **ASK)
    assert meeting.state == "held"


@pytest.mark.parametrize(
    "step",
    [
        lambda s, a, n, m: cancel_meeting(s, a, n, m, reason="x", version=1, site=SITE),
        lambda s, a, n, m: call_meeting(s, a, n, m, version=1, site=SITE),
        lambda s, a, n, m: move_meeting(s, a, n, m, version=1, site=SITE, start=time(15)),
    ],
    ids=["cancel", "call", "move"],
)
def test_every_step_tells_who_was_first(county: County, session, actor, now, step):
    meeting = county.meeting(county.forum())
    edit_meeting(session, actor, now, meeting, version=1, site=SITE, title="Kompetens")
    with pytest.raises(SavedByOther):
        step(session, actor, now, meeting)


# ---------------------------------------------------------------- undo


def test_undo_gives_back_the_old_time_with_a_higher_sequence(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    before = county.text(meeting)
    move_meeting(session, actor, now, meeting, start=time(13), check_conflicts=False, **ASK)
    moved = county.bodies(meeting)["members", "sv"]
    undo_last_change(session, actor, now, meeting, sent=False, **ASK)
    after = county.bodies(meeting)["members", "sv"]
    assert (meeting.start_at, meeting.sequence, meeting.time_rev) == (datetime(2027, 2, 11, 9, tzinfo=UTC), 2, 2)
    assert meeting.last_change is None
    assert lint_change(moved, after) == []
    assert county.text(meeting).split("SUMMARY")[1] == before.split("SUMMARY")[1]
    change = session.scalars(select(MeetingChange).where(MeetingChange.kind == "move")).one()
    assert change.send is False


def test_undo_takes_back_a_cancellation(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    call_meeting(session, actor, now, meeting, **ASK)
    cancel_meeting(session, actor, now, meeting, reason="Fel knapp", **ASK)
    undo_last_change(session, actor, now, meeting, sent=False, **ASK)
    assert (meeting.state, meeting.cancel_reason, meeting.sequence) == ("called", None, 2)


def test_undo_takes_back_a_call_and_its_list(county: County, session, actor, now):
    forum = county.forum()
    county.seat(forum, "Anna Ek")
    meeting = county.meeting(forum)
    call_meeting(session, actor, now, meeting, **ASK)
    undo_last_change(session, actor, now, meeting, sent=False, **ASK)
    assert (meeting.state, meeting.called_at) == ("confirmed", None)
    assert [row.withdrawn_at for row in meeting.invitees] == [now]
    call_meeting(session, actor, now, meeting, **ASK)
    assert [row.withdrawn_at for row in meeting.invitees] == [None]


def test_undo_gives_the_forums_back(county: County, session, actor, now):
    first, second = county.forum("Ett"), county.forum("Två")
    meeting = county.meeting(first)
    edit_meeting(session, actor, now, meeting, forums=[second], **ASK)
    undo_last_change(session, actor, now, meeting, sent=False, **ASK)
    assert [forum.name for forum in meeting.forums] == ["Ett"]


def test_undo_is_refused_when_people_have_been_told_when_nothing_was_changed_and_twice(
    county: County, session, actor, now
):
    meeting = county.meeting(county.forum())
    with pytest.raises(Refused):
        undo_last_change(session, actor, now, meeting, sent=False, **ASK)
    move_meeting(session, actor, now, meeting, start=time(13), check_conflicts=False, **ASK)
    with pytest.raises(Refused):
        undo_last_change(session, actor, now, meeting, sent=True, **ASK)
    undo_last_change(session, actor, now, meeting, sent=False, **ASK)
    with pytest.raises(Refused):
        undo_last_change(session, actor, now, meeting, sent=False, **ASK)


# ---------------------------------------------------------------- whatever is done (invariant 5)

STEPS = {
    "confirm": lambda s, a, n, m: confirm_meeting(s, a, n, m, **ASK),
    "call": lambda s, a, n, m: call_meeting(s, a, n, m, **ASK),
    "cancel": lambda s, a, n, m: cancel_meeting(s, a, n, m, reason="x", **ASK),
    "reinstate": lambda s, a, n, m: reinstate_meeting(s, a, n, m, **ASK),
    "record": lambda s, a, _n, m: record_held(s, a, AFTER, m, **ASK),
    "correct": lambda s, a, n, m: correct_state(s, a, n, m, to="confirmed", reason="x", **ASK),
    "close": lambda s, a, n, m: close_meeting(s, a, n, m, **ASK),
    "undo": lambda s, a, n, m: undo_last_change(s, a, n, m, sent=False, **ASK),
    "later": lambda s, a, n, m: move_meeting(s, a, n, m, start=time(13), check_conflicts=False, reason="x", **ASK),
    "earlier": lambda s, a, n, m: move_meeting(s, a, n, m, start=time(9), check_conflicts=False, reason="x", **ASK),
    "day": lambda s, a, n, m: move_meeting(s, a, n, m, on=date(2027, 3, 4), check_conflicts=False, **ASK),
    "title": lambda s, a, n, m: edit_meeting(s, a, n, m, title="Kompetens, ett; två", **ASK),
    "hide": lambda s, a, n, m: edit_meeting(s, a, n, m, public=False, **ASK),
    "show": lambda s, a, n, m: edit_meeting(s, a, n, m, public=True, **ASK),
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=8),
    state=st.sampled_from(["proposed", "confirmed"]),
)
def test_sequence_never_falls_and_the_uid_never_changes(county: County, session, actor, now, names, state):
    with session.begin_nested() as savepoint:
        meeting = county.meeting(county.forum(public="full"), state=state)
        uid = meeting.uid
        for n, name in enumerate(names):
            before, sequence, version = county.bodies(meeting), meeting.sequence, meeting.version
            versions = county.versions()
            try:
                STEPS[name](session, actor, now + n * HOUR, meeting)
            except TaktError:
                session.expire_all()
            after = county.bodies(meeting)
            assert meeting.uid == uid
            assert meeting.sequence >= sequence
            assert meeting.version >= version
            for key, body in after.items():
                assert lint_fragment(body, public=key[0] == "public") == []
                assert lint_change(before.get(key, body), body) == []
            assert (after != before) is (county.versions() != versions)
        savepoint.rollback()
