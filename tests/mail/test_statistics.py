"""What was sent and answered in a year: by month and forum, in time and late, by which way; deleted mails too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler.mail.models import MailCount, OutboxMail
from scheduler.mail.statistics import (
    SHOWN,
    Answered,
    answers_in,
    group_of,
    polled_in,
    sent_by_forum,
    sent_by_month,
)
from scheduler.meetings.models import Invitee, Reply
from scheduler.polls.models import Poll, PollInvitee, PollOption, PollVote
from tests.meetings.county import DAY, County, counted

YEAR = DAY.year
#: Every answer day of the tests is over.
AFTER = datetime(YEAR, 12, 31, tzinfo=UTC)


@pytest.fixture
def county(session, actor, now) -> County:
    return County(session, actor, now)


def post(county: County, at: datetime, kind: str = "call", state: str = "sent", meeting_id: int | None = None) -> None:
    county.numbered = getattr(county, "numbered", 0) + 1
    county.add(
        OutboxMail(
            key=f"mail {county.numbered}", kind=kind, recipient="a@example.org", state=state, meeting_id=meeting_id,
            created_at=at, next_at=at, stale_at=at + timedelta(days=1),
        )
    )  # fmt: skip


def test_mails_count_in_the_month_they_were_made_by_what_they_are(session, county):
    post(county, datetime(YEAR, 1, 1, tzinfo=UTC))
    post(county, datetime(YEAR, 1, 31, 23, 59, tzinfo=UTC), "chaser")
    post(county, datetime(YEAR, 2, 1, tzinfo=UTC), "reminder", "failed")
    post(county, datetime(YEAR, 12, 31, 23, 59, tzinfo=UTC), "poll")
    post(county, datetime(YEAR, 12, 31, tzinfo=UTC), "call", "superseded")
    post(county, datetime(YEAR - 1, 12, 31, 23, 59, tzinfo=UTC))
    post(county, datetime(YEAR + 1, 1, 1, tzinfo=UTC))
    found = sent_by_month(session, YEAR, forum_ids=None)
    assert {month: (dict(one.left), one.failed) for month, one in found.items() if one.total or one.failed} == {
        1: ({"calls": 1, "reminders": 1}, 0), 2: ({}, 1), 12: ({"polls": 1}, 0),
    }  # fmt: skip
    assert list(found) == list(range(1, 13))


def test_deleted_mails_are_counted_by_month_for_those_who_see_all(session, county):
    forum = county.forum()
    post(county, datetime(YEAR, 3, 5, tzinfo=UTC), meeting_id=county.meeting(forum).id)
    for state, n in (("sent", 7), ("failed", 2), ("superseded", 9)):
        session.add(MailCount(on=date(YEAR, 3, 31), kind="call", state=state, n=n))
    session.flush()
    every, own = (sent_by_month(session, YEAR, forum_ids=ids)[3] for ids in (None, {forum.id}))
    assert (every.left, every.failed) == ({"calls": 8}, 2)
    assert (own.left, own.failed) == ({"calls": 1}, 0)


def test_mails_of_a_forum_are_those_about_the_meetings_it_leads(session, county):
    leads, beside = county.forum(), county.forum()
    meeting = county.meeting(leads)
    post(county, datetime(YEAR, 2, 1, tzinfo=UTC), meeting_id=meeting.id)
    post(county, datetime(YEAR, 2, 1, tzinfo=UTC), "change", meeting_id=meeting.id)
    post(county, datetime(YEAR, 2, 1, tzinfo=UTC), "login_link")
    found = sent_by_forum(session, YEAR, {leads.id, beside.id})
    assert {forum_id: dict(one.left) for forum_id, one in found.items()} == {leads.id: {"calls": 1, "other": 1}}


def test_every_kind_of_mail_is_counted_as_something_shown():
    from scheduler.mail.rules import KINDS  # noqa: PLC0415 - the list of kinds is asked here alone

    assert {group_of(kind) for kind in KINDS} == set(SHOWN)


def called(county: County, answer_by_on: date | None, *, forum=None, **values):
    meeting = county.meeting(forum or county.forum(), **values)
    meeting.called_at, meeting.answer_by_on, meeting.state = county.now, answer_by_on, "called"
    county.session.flush()
    return meeting


def invited(county: County, meeting, *replies: tuple[str, datetime], **values) -> Invitee:
    row = county.add(Invitee(meeting_id=meeting.id, person_id=county.person().id, **values))
    for via, at in replies:
        county.add(Reply(invitee_id=row.id, answer="yes", via=via, at=at))
    return row


def test_first_answer_decides_whether_it_was_in_time_and_the_last_how_it_came(session, county):
    by = DAY - timedelta(days=7)
    meeting = called(county, by)
    # 22.30 in UTC is half an hour into the next day in Stockholm in winter.
    last_moment, too_late = datetime(by.year, by.month, by.day, 22, 30, tzinfo=UTC), by + timedelta(days=1)
    late = datetime(too_late.year, too_late.month, too_late.day, 9, tzinfo=UTC)
    invited(county, meeting, ("link", last_moment), ("secretary", late))
    invited(county, meeting, ("mail", last_moment + timedelta(hours=1)))
    invited(county, meeting)
    invited(county, meeting, ("link", late), role="substitute")
    invited(county, meeting, ("link", late), withdrawn_at=late)
    found = answers_in(session, YEAR, {meeting.forum.id}, AFTER)
    assert found.by_forum == {meeting.forum.id: Answered(3, 1, 1)}
    assert found.by_forum[meeting.forum.id].never == 1
    assert found.ways == {"secretary": 1, "mail": 1}


def test_without_a_last_day_every_answer_is_in_time_and_other_years_are_left_out(session, county):
    meeting = called(county, None)
    invited(county, meeting, ("page", county.now))
    invited(county, called(county, None, on=date(YEAR + 1, 2, 3), forum=meeting.forum), ("page", county.now))
    assert answers_in(session, YEAR, {meeting.forum.id}, AFTER).by_forum == {meeting.forum.id: Answered(1, 1, 0)}
    invited(county, meeting)
    for instant, waiting in ((meeting.start_at, 0), (meeting.start_at - timedelta(minutes=1), 1)):
        found = answers_in(session, YEAR, {meeting.forum.id}, instant).by_forum[meeting.forum.id]
        assert (found.waiting, found.never, found.due) == (waiting, 1 - waiting, 2 - waiting)
    assert answers_in(session, YEAR, set(), AFTER).by_forum == {}


def test_polls_of_the_year_count_those_they_asked(session, county, now):
    forum = county.forum()
    poll = county.add(
        Poll(
            uid="p1", forum_id=forum.id, duration=60, answer_by_on=now.date(), state="open", created_at=now,
            opened_at=now - timedelta(days=9), revised_at=now,
        )
    )  # fmt: skip
    option = county.add(
        PollOption(
            poll_id=poll.id, uid="o1", start_at=now + timedelta(days=20), end_at=now + timedelta(days=20, hours=1),
            local_on=now.date() + timedelta(days=20),
        )
    )  # fmt: skip
    for at in (now - timedelta(days=1), now + timedelta(days=2), None):
        row = county.add(PollInvitee(poll_id=poll.id, person_id=county.person().id, answered_at=at))
        if at is not None:
            county.add(PollVote(invitee_id=row.id, option_id=option.id, answer="yes", at=at, via="link"))
    assert polled_in(session, now.year, {forum.id}, AFTER) == {forum.id: Answered(3, 1, 1)}
    assert polled_in(session, now.year, {forum.id}, now) == {forum.id: Answered(3, 1, 1, waiting=1)}
    assert polled_in(session, now.year + 1, {forum.id}, AFTER) == {}


def test_answers_are_read_in_as_many_queries_however_many_meetings(session, county):
    forum = county.forum()

    def count() -> int:
        invited(county, called(county, None, forum=forum), ("page", county.now))
        with counted(session) as sent:
            answers_in(session, YEAR, {forum.id}, AFTER)
            sent_by_month(session, YEAR, forum_ids={forum.id})
            sent_by_forum(session, YEAR, {forum.id})
            polled_in(session, YEAR, {forum.id}, AFTER)
        return len(sent)

    assert count() == count() == 6
