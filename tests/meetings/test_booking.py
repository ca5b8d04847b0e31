"""Booking, moving and editing: what is stored, what is refused, who saved first."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from scheduler.errors import Refused, SavedByOther
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.ical.lint import lint_change, lint_fragment
from scheduler.meetings.actions import (
    book_meeting,
    cancel_meeting,
    close_meeting,
    edit_meeting,
    move_meeting,
    record_held,
)
from scheduler.meetings.models import Fragment, Meeting, MeetingChange
from tests.meetings.county import DAY, SITE, County

LATER = timedelta(hours=1)


def fields_of(refused) -> list[str | None]:
    return [problem.field for problem in refused.value.problems]


def change_of(session, meeting: Meeting) -> MeetingChange:
    return session.scalars(
        select(MeetingChange).where(MeetingChange.meeting_id == meeting.id).order_by(MeetingChange.id.desc()).limit(1)
    ).one()


def history(session, meeting: Meeting) -> list[str]:
    return list(
        session.scalars(
            select(HistoryEntry.action)
            .where(HistoryEntry.subject_kind == "meeting", HistoryEntry.subject_id == meeting.id)
            .order_by(HistoryEntry.id)
        )
    )


def test_a_meeting_is_booked_with_its_change_history_and_fragments(county: County, session, actor, now):
    forum = county.forum("Regionalt forum")
    meeting = book_meeting(session, actor, now, forums=[forum], on=DAY, start=time(10), end=time(12), site=SITE)
    assert (meeting.state, meeting.kind, meeting.sequence, meeting.time_rev) == ("confirmed", "ordinary", 0, 0)
    assert meeting.start_at == datetime(2027, 2, 11, 9, 0, tzinfo=UTC)
    assert (meeting.local_on, meeting.confirmed_at, meeting.version) == (DAY, now, 1)
    assert re.fullmatch(r"meeting-[0-9a-f-]{36}@takt\.example", meeting.uid)
    change = change_of(session, meeting)
    assert (change.kind, change.before, change.send, change.announced_at) == ("book", None, True, None)
    assert history(session, meeting) == ["meeting.book"]
    assert sorted(county.bodies(meeting)) == [("members", "en"), ("members", "sv")]


def test_a_start_alone_lasts_as_long_as_the_forums_meetings_do(county: County):
    meeting = county.meeting(county.forum(duration=90), start=time(23))
    assert meeting.end_at - meeting.start_at == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("forums", "per_meeting", "kind"),
    [(1, False, "ordinary"), (2, False, "joint"), (1, True, "thematic"), (2, True, "joint")],
)
def test_the_kind_is_read_from_the_forums(county: County, forums, per_meeting, kind):
    made = [county.forum(invitees_per_meeting=per_meeting) for _ in range(forums)]
    assert county.meeting(made[0], forums=made).kind == kind


def test_a_continuation_says_which_meeting_it_continues(county: County):
    forum = county.forum()
    first = county.meeting(forum)
    second = county.meeting(forum, DAY + timedelta(days=7), continues=first)
    assert (second.kind, second.continues_id) == ("continuation", first.id)


def test_a_forum_named_twice_meets_once(county: County):
    forum = county.forum()
    assert county.meeting(forum, forums=[forum, forum]).kind == "ordinary"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"on": date(2026, 11, 21)}, "on"),
        ({"on": date(2026, 11, 22), "start": time(9)}, "start"),
        ({"on": date(2027, 3, 28), "start": time(2, 30), "end": time(4)}, "start"),
        ({"start": time(12), "end": time(10)}, "end"),
        ({"video_url": "http://video.example/1"}, "video_url"),
        ({"video_url": "https://user:word@video.example/1"}, "video_url"),
        ({"video_url": "https://video.example/rum?token=abc"}, "video_url"),
        ({"place_id": 999_999}, "place_id"),
        ({"kind": "joint"}, "kind"),
        ({"kind": "party"}, "kind"),
        ({"mode": "elsewhere"}, "mode"),
        ({"public": True}, "public"),
        ({"answer_by_on": DAY + timedelta(days=1)}, "answer_by_on"),
        ({"title": "x" * 301}, "title"),
        ({"state": "called"}, "state"),
        ({"state": "held"}, "on"),
        ({"forums": []}, "forums"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_stored(county: County, session, given, field):
    forum = county.forum()
    with pytest.raises(Refused) as refused:
        county.meeting(forum, **({"on": DAY} | given))
    assert fields_of(refused) == [field]
    counts = [session.scalar(select(func.count()).select_from(table)) for table in (Meeting, MeetingChange, Fragment)]
    assert counts == [0, 0, 0]


def test_a_past_meeting_is_entered_as_held_at_once(county: County):
    meeting = county.meeting(county.forum(kind="namnd"), date(2026, 10, 1), state="held", quorum=True)
    assert (meeting.state, meeting.quorum) == ("held", True)


def test_a_clash_needs_a_reason_which_history_keeps(county: County, session, actor, now):
    forum = county.forum()
    saturday = date(2027, 2, 13)
    with pytest.raises(Refused) as refused:
        county.meeting(forum, saturday, check_conflicts=True)
    assert fields_of(refused) == ["override_reason"]
    meeting = county.meeting(forum, saturday, check_conflicts=True, override_reason="Årets läger")
    reasons = session.scalars(select(HistoryEntry.reason).where(HistoryEntry.subject_id == meeting.id)).all()
    assert reasons == ["Årets läger"]


def test_a_move_is_the_same_record_with_a_higher_sequence(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    uid, before = meeting.uid, county.bodies(meeting)["members", "sv"]
    move_meeting(session, actor, now + LATER, meeting, version=1, site=SITE, start=time(13), check_conflicts=False)
    after = county.bodies(meeting)["members", "sv"]
    assert (meeting.uid, meeting.sequence, meeting.time_rev, meeting.version) == (uid, 1, 1, 2)
    assert meeting.end_at - meeting.start_at == timedelta(hours=2)
    assert lint_change(before, after) == []
    assert lint_fragment(after) == []
    assert county.text(meeting).split("DESCRIPTION:")[1].startswith("Ny tid: 10.00 → 13.00\n")
    assert history(session, meeting) == ["meeting.book", "meeting.move"]
    change = change_of(session, meeting)
    assert (change.kind, change.sequence) == ("move", 1)
    assert (change.before["start_at"], change.after["start_at"]) == (
        "2027-02-11T09:00:00+00:00",
        "2027-02-11T12:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({"on": date(2027, 2, 18)}, "2027-02-18 10:00", "2027-02-18 12:00"),
        ({"start": time(23)}, "2027-02-11 23:00", "2027-02-12 01:00"),
        ({"end": time(15)}, "2027-02-11 10:00", "2027-02-11 15:00"),
        ({"start": time(9), "end": time(16)}, "2027-02-11 09:00", "2027-02-11 16:00"),
        ({"last_on": date(2027, 2, 12)}, "2027-02-11 10:00", "2027-02-12 12:00"),
        ({"start": None, "end": None}, "2027-02-11 00:00", "2027-02-12 00:00"),
        ({"time_zone": "Europe/Helsinki"}, "2027-02-11 10:00", "2027-02-11 12:00"),
    ],
)
def test_what_of_the_time_is_not_given_stays(county: County, session, actor, now, given, start, end):
    meeting = county.meeting(county.forum())
    edit_meeting(session, actor, now, meeting, version=None, site=SITE, check_conflicts=False, **given)
    zone = ZoneInfo(meeting.time_zone)
    shown = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (meeting.start_at, meeting.end_at)]
    assert shown == [start, end]


def test_a_two_day_meeting_keeps_its_length_when_it_moves(county: County, session, actor, now):
    meeting = county.meeting(county.forum(), start=None, last_on=DAY + timedelta(days=1))
    edit_meeting(session, actor, now, meeting, version=None, site=SITE, check_conflicts=False, on=date(2027, 2, 17))
    assert "DTSTART;VALUE=DATE:20270217\n" in county.text(meeting)
    assert "DTEND;VALUE=DATE:20270219\n" in county.text(meeting)


def test_a_meeting_that_moves_before_its_last_day_to_answer_takes_it_along(county: County, session, actor, now):
    meeting = county.meeting(county.forum(), answer_by_on=date(2027, 2, 4))
    move = {"version": None, "site": SITE, "check_conflicts": False}
    move_meeting(session, actor, now, meeting, on=date(2027, 2, 17), **move)
    assert meeting.answer_by_on == date(2027, 2, 4)
    move_meeting(session, actor, now, meeting, on=date(2027, 2, 2), **move)
    assert meeting.answer_by_on == date(2027, 2, 2)


def test_a_title_alone_raises_neither_sequence_nor_the_reminders_key(county: County, session, actor, now):
    meeting = county.meeting(county.forum("Regionalt forum"))
    edit_meeting(session, actor, now + LATER, meeting, version=1, site=SITE, title="Kompetens")
    assert (meeting.sequence, meeting.time_rev, meeting.revised_at) == (0, 0, now + LATER)
    assert "SUMMARY:Regionalt forum: Kompetens\n" in county.text(meeting)
    assert change_of(session, meeting).kind == "edit"


def test_saving_what_is_there_already_changes_nothing(county: County, session, actor, now):
    meeting = county.meeting(county.forum(), title="Kompetens")
    versions, bodies = county.versions(), county.bodies(meeting)
    edit_meeting(session, actor, now + LATER, meeting, version=1, site=SITE, title="Kompetens", on=DAY, start=time(10))
    assert (meeting.version, meeting.revised_at) == (1, now)
    assert (county.versions(), county.bodies(meeting)) == (versions, bodies)
    assert history(session, meeting) == ["meeting.book"]


def test_two_changes_in_one_second_have_two_stamps(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    edit_meeting(session, actor, now, meeting, version=1, site=SITE, title="A")
    edit_meeting(session, actor, now, meeting, version=2, site=SITE, title="B")
    assert meeting.revised_at == now + timedelta(seconds=2)


def test_who_saves_second_is_told_who_was_first(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    edit_meeting(session, Actor("Elin Marklund"), now + LATER, meeting, version=1, site=SITE, title="Elins")
    with pytest.raises(SavedByOther) as lost:
        edit_meeting(session, actor, now + LATER, meeting, version=1, site=SITE, title="Saras")
    assert (lost.value.by, lost.value.at) == ("Elin Marklund", (now + LATER).isoformat())
    assert meeting.title == "Elins"


def test_a_refused_edit_leaves_the_meeting_as_it_was(county: County, session, actor, now):
    meeting = county.meeting(county.forum(), title="Kompetens")
    with pytest.raises(Refused):
        edit_meeting(session, actor, now, meeting, version=1, site=SITE, title="Annat", on=date(2026, 1, 1))
    assert (meeting.title, meeting.local_on, meeting.version) == ("Kompetens", DAY, 1)


def test_a_public_text_with_a_video_link_is_refused_whole(county: County, session, actor, now):
    meeting = county.meeting(county.forum(public="full"))
    with pytest.raises(Refused) as refused:
        edit_meeting(
            session, actor, now, meeting, version=1, site=SITE, title="https://teams.microsoft.com/l/meetup-join/1"
        )
    assert fields_of(refused)[0] == "title"
    assert (meeting.title, meeting.version) == (None, 1)


def test_a_held_meeting_gets_another_day_only_with_a_reason_and_only_in_the_past(county: County, session, actor, now):
    meeting = county.meeting(county.forum(), date(2026, 10, 1), state="held")
    with pytest.raises(Refused) as refused:
        move_meeting(session, actor, now, meeting, version=1, site=SITE, on=date(2026, 10, 2))
    assert fields_of(refused) == ["reason"]
    with pytest.raises(Refused) as refused:
        move_meeting(session, actor, now, meeting, version=1, site=SITE, on=DAY, reason="Fel dag")
    assert fields_of(refused) == ["on"]
    move_meeting(session, actor, now, meeting, version=1, site=SITE, on=date(2026, 10, 2), reason="Fel dag")
    assert meeting.local_on == date(2026, 10, 2)


def test_a_meeting_is_left_without_a_forum_by_nobody(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    with pytest.raises(Refused) as refused:
        edit_meeting(session, actor, now, meeting, version=1, site=SITE, forums=[])
    assert fields_of(refused) == ["forums"]


def test_a_closed_meeting_is_not_changed(county: County, session, actor, now):
    meeting = county.meeting(county.forum(), date(2026, 10, 1), state="held")
    close_meeting(session, actor, now, meeting, version=1, site=SITE)
    with pytest.raises(Refused):
        edit_meeting(session, actor, now, meeting, version=2, site=SITE, title="Sent")


def test_a_cancelled_meeting_does_not_move(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    cancel_meeting(session, actor, now, meeting, reason="Sjukdom", version=1, site=SITE)
    with pytest.raises(Refused):
        move_meeting(session, actor, now, meeting, version=2, site=SITE, start=time(13))


def test_another_forum_can_join(county: County, session, actor, now):
    first, second = county.forum("Ett"), county.forum("Två")
    meeting = county.meeting(first)
    before = county.versions()
    edit_meeting(session, actor, now, meeting, version=1, site=SITE, forums=[second, first], kind="joint")
    assert [forum.name for forum in meeting.forums] == ["Två", "Ett"]
    after = county.versions()
    assert after["forum", second.id] == 1
    assert after["forum", first.id] == before["forum", first.id] + 1


def test_recording_is_not_told_to_calendars(county: County, session, actor):
    early = datetime(2026, 9, 1, 8, tzinfo=UTC)
    meeting = county.meeting(county.forum(), date(2026, 10, 1), now=early)
    versions, bodies = county.versions(), county.bodies(meeting)
    record_held(session, actor, datetime(2026, 10, 2, 8, tzinfo=UTC), meeting, version=1, site=SITE)
    assert (county.versions(), county.bodies(meeting)) == (versions, bodies)
