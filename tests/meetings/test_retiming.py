"""What is told stands: when a zone gets other rules, the instants follow the wall clock (F14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, text

from scheduler.errors import Refused
from scheduler.ical.lint import lint_change, lint_fragment
from scheduler.ical.zones import covers
from scheduler.meetings.actions import Refreshed, edit_meeting, refresh_all, retime, undo_last_change
from scheduler.meetings.models import Fragment, Meeting, MeetingChange
from scheduler.meetings.retiming import faulty, is_drifting
from tests.ical.other_rules import other_rules
from tests.ical_clients import read_with_icaljs
from tests.meetings.county import DAY, SITE
from tests.meetings.test_fragments import feed

HOUR = timedelta(hours=1)


def instants(meeting: Meeting) -> tuple[datetime, datetime]:
    return meeting.start_at, meeting.end_at


def test_wall_time_is_kept_and_the_instant_follows_the_rules(county, session, actor, now, tmp_path):
    forum = county.forum(public="full")
    winter, summer = county.meeting(forum, DAY), county.meeting(forum, date(2027, 6, 10))
    whole = county.meeting(forum, date(2027, 8, 26), start=None, last_on=date(2027, 8, 27))
    elsewhere = county.meeting(forum, date(2027, 6, 11), time_zone="Europe/Helsinki")
    meetings = [winter, summer, whole, elsewhere]
    before = [county.bodies(each) for each in meetings]
    stood = [(each.sequence, each.time_rev, each.revised_at) for each in meetings]
    versions = county.versions()
    assert not is_drifting(session)
    with other_rules(tmp_path, "Europe/Stockholm", "Europe/Moscow"):
        assert is_drifting(session)
        assert retime(session, actor, now + HOUR, site=SITE) == Refreshed(3, 3)
        assert instants(winter) == (datetime(2027, 2, 11, 7, tzinfo=UTC), datetime(2027, 2, 11, 9, tzinfo=UTC))
        assert instants(summer) == (datetime(2027, 6, 10, 7, tzinfo=UTC), datetime(2027, 6, 10, 9, tzinfo=UTC))
        assert instants(whole) == (datetime(2027, 8, 25, 21, tzinfo=UTC), datetime(2027, 8, 27, 21, tzinfo=UTC))
        assert [each.local_on for each in meetings] == [
            DAY,
            *(date(2027, m, d) for m, d in ((6, 10), (8, 26), (6, 11))),
        ]
        assert county.bodies(elsewhere) == before[3]
        for meeting, bodies, (sequence, time_rev, revised_at) in zip(meetings[:3], before, stood, strict=False):
            assert (meeting.sequence, meeting.time_rev) == (sequence + 1, time_rev + 1)
            assert meeting.revised_at > revised_at
            for key, body in county.bodies(meeting).items():
                assert lint_fragment(body, public=key[0] == "public") == lint_change(bodies[key], body) == []
        assert (elsewhere.sequence, elsewhere.time_rev, elsewhere.revised_at) == stood[3]
        assert "DTSTART;TZID=Europe/Stockholm:20270211T100000\n" in county.text(winter)
        read = read_with_icaljs(feed(county, [winter, summer]))
        assert [event["start"] for event in read] == [winter.start_at, summer.start_at]
        assert {scope: n for scope, n in county.versions().items() if n != versions[scope]} == {
            ("public", 0): versions["public", 0] + 3,
            ("forum", forum.id): versions["forum", forum.id] + 3,
        }
        assert not is_drifting(session)
        assert retime(session, actor, now + 2 * HOUR, site=SITE) == Refreshed(0, 0)


def test_nobody_is_written_to_and_the_change_before_stands(county, session, actor, now, tmp_path):
    meeting = county.meeting(county.forum())
    edit_meeting(session, actor, now, meeting, version=None, site=SITE, start=time(9), check_conflicts=False)
    with other_rules(tmp_path, "Europe/Stockholm", "Europe/Moscow"):
        retime(session, actor, now + HOUR, site=SITE)
        row = session.scalars(select(MeetingChange).order_by(MeetingChange.id.desc()).limit(1)).one()
        assert (row.kind, row.send, row.before, row.sequence) == ("retime", False, None, 2)
        assert "Ny tid: 10.00 → 09.00\n" in county.text(meeting)
        with pytest.raises(Refused, match="Det finns inget att ångra"):
            undo_last_change(session, actor, now + HOUR, meeting, sent=False, version=None, site=SITE)


def test_zone_that_can_no_longer_be_written_is_written_in_utc(county, session, actor, now, tmp_path):
    """A rule that begins only later, or none that a year repeats, says nothing of the meeting's day."""
    meeting = county.meeting(county.forum(), DAY, time_zone="Europe/Oslo")
    stood, start_at = meeting.sequence, meeting.start_at
    with other_rules(tmp_path, "Europe/Oslo", "Africa/Cairo"):  # an hour later than Oslo in winter
        assert not covers("Europe/Oslo", meeting.start_at)
        assert retime(session, actor, now + HOUR, site=SITE) == Refreshed(1, 1)
        assert "\nDTSTART:20270211T080000Z\n" in county.text(meeting)
        assert (meeting.sequence, meeting.start_at) == (stood + 1, start_at - HOUR)
        assert not is_drifting(session)


def test_zone_that_can_no_longer_be_written_keeps_its_sequence_where_the_instant_stands(
    county, session, actor, now, tmp_path
):
    meeting = county.meeting(county.forum(), DAY, time_zone="Europe/Helsinki")
    stood, start_at = meeting.sequence, meeting.start_at
    with other_rules(tmp_path, "Europe/Helsinki", "Africa/Cairo"):
        assert retime(session, actor, now + HOUR, site=SITE) == Refreshed(0, 1)
        assert "\nDTSTART:20270211T080000Z\n" in county.text(meeting)
        assert (meeting.sequence, meeting.start_at, meeting.revised_at) == (stood, start_at, now + HOUR)
        assert not is_drifting(session)


def test_wall_time_that_the_new_rules_leap_over_goes_on_to_the_next(county, session, actor, now, tmp_path):
    night = county.meeting(county.forum(), date(2027, 3, 14), time(2, 15), time(2, 45))
    with other_rules(tmp_path, "Europe/Stockholm", "America/New_York"):
        retime(session, actor, now + HOUR, site=SITE)
        assert "\nDTSTART;TZID=Europe/Stockholm:20270314T031500\n" in county.text(night)
        assert "\nDTEND;TZID=Europe/Stockholm:20270314T034500\n" in county.text(night)
        assert not is_drifting(session)


def test_a_change_elsewhere_never_lets_a_wrong_time_through(county, session, actor, now, tmp_path):
    """Until ``retime`` has been there, nothing is stored that would move the wall time unsaid."""
    meeting = county.meeting(county.forum())
    before = county.bodies(meeting)
    with other_rules(tmp_path, "Europe/Stockholm", "Europe/Moscow"), pytest.raises(Refused, match="F14"):
        edit_meeting(session, actor, now + HOUR, meeting, version=None, site=SITE, title="Nytt", check_conflicts=False)
    assert county.bodies(meeting) == before


def test_meeting_that_cannot_be_shown_is_told_of_and_the_others_follow(county, session, actor, now, tmp_path):
    forum = county.forum("Rådet", public="full")
    bad, good = county.meeting(forum, DAY, title="Vägar"), county.meeting(forum, DAY + timedelta(weeks=1))
    stood = instants(bad), bad.sequence, county.bodies(bad)
    session.execute(text("UPDATE meeting SET title = 'zoom.us/j/1' WHERE id = :id"), {"id": bad.id})
    session.expire_all()
    with other_rules(tmp_path, "Europe/Stockholm", "Europe/Moscow"):
        done = retime(session, actor, now + HOUR, site=SITE)
        assert (done.retimed, done.changed) == (1, 1)
        assert [str(problem).partition(": ")[0] for problem in done.problems] == [f"Mötet Rådet {DAY}"]
        session.expire_all()
        assert (instants(bad), bad.sequence, county.bodies(bad)) == stood
        assert good.sequence == 1
        assert refresh_all(session, actor, now + HOUR, site=SITE) == Refreshed(0, 0, done.problems)


# ---------------------------------------------------------------- everything anew


def test_refresh_all_changes_only_what_looks_different(county, session, actor, now):
    forum = county.forum(public="full")
    meetings = [county.meeting(forum, DAY + timedelta(weeks=n)) for n in range(3)]
    before, versions = [county.bodies(each) for each in meetings], county.versions()
    done = refresh_all(session, actor, now + HOUR, site=SITE)
    assert (done.retimed, done.changed, done.problems) == (0, 0, ())
    assert ([county.bodies(each) for each in meetings], county.versions()) == (before, versions)
    moved = replace(SITE, base_url="https://moten.example")
    done = refresh_all(session, actor, now + HOUR, site=moved)
    assert (done.changed, [each.sequence for each in meetings]) == (3, [0, 0, 0])
    assert all(f"https://moten.example/meetings/{each.id}" in county.text(each) for each in meetings)
    assert {each.uid.partition("@")[2] for each in meetings} == {"takt.example"}
    assert county.versions()["public", 0] == versions["public", 0] + 1


@pytest.mark.parametrize(
    "harm",
    [
        {"body": b"BEGIN:VEVENT\r\nSUMMARY:half\r\n"},
        {"body": b""},
        {"body": b"\xff\x00"},
        {"zones": "Mars/Olympus"},
    ],
)
def test_refresh_all_mends_what_was_harmed_by_hand(county, session, actor, now, harm):
    forum = county.forum(public="full")
    meeting, other = county.meeting(forum, DAY), county.meeting(forum, DAY + timedelta(weeks=1))
    whole, kept = county.bodies(meeting), county.bodies(other)
    row = session.get_one(Fragment, (meeting.id, "public", "sv"))
    for name, value in harm.items():
        setattr(row, name, value)
    session.flush()
    told = list(faulty(session))
    assert [line.partition(":")[0] for line in told] == ([f"{forum.name} {DAY}"] if "body" in harm else [])
    done = refresh_all(session, actor, now + HOUR, site=SITE)
    assert (done.changed, done.problems) == (1, ())
    assert list(faulty(session)) == []
    assert row.zones == "Europe/Stockholm"
    assert county.bodies(other) == kept
    for key, body in county.bodies(meeting).items():
        assert lint_change(whole[key], body) == []


def test_refresh_all_leaves_the_meeting_that_cannot_be_shown_and_goes_on(county, session, actor, now):
    forum = county.forum("Rådet", public="full")
    bad, good = (
        county.meeting(forum, DAY, title="Vägar"),
        county.meeting(forum, DAY + timedelta(weeks=1), title="Broar"),
    )
    before = county.bodies(bad)
    session.execute(text("UPDATE meeting SET title = title || ' på zoom.us/j/1' WHERE id = :id"), {"id": bad.id})
    session.execute(text("UPDATE meeting SET title = title || ', nya' WHERE id = :id"), {"id": good.id})
    session.expire_all()
    done = refresh_all(session, actor, now + HOUR, site=SITE)
    said = "En videolänk kan inte stå i en kalender som alla kan läsa. Flytta den till mötets videolänk."
    assert [str(problem) for problem in done.problems] == [f"Mötet Rådet {DAY}: {said}"]
    assert done.changed == 1
    assert county.bodies(bad) == before
    assert "Broar, nya" in county.text(good, "public")
