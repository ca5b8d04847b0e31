"""The dates of an undecided poll in the calendars of those asked (D14): tentative, stable, gone when one is chosen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from scheduler.feeds.queries import feed_of_token
from scheduler.feeds.rules import Scope
from scheduler.ical.lint import lint_calendar
from scheduler.polls.actions import close_poll, create_poll, decide, drop_poll, open_poll, reopen_poll, vote
from scheduler.polls.holds import mend_holds
from scheduler.polls.models import PollHold
from tests.feeds.subscribers import feed_of, link, read, today_of, user_of
from tests.ical_clients import read_with_icalendar
from tests.meetings.county import SITE, County
from tests.polls.test_actions import BY, DAYS, wanted


class Asked:
    """A forum of two, a poll of it, and the calendars of those two and of somebody else."""

    def __init__(self, county: County) -> None:
        self.county, self.session = county, county.session
        self.forum = county.forum("Nämnden", default_place=county.place("Residenset"))
        self.people = [county.person(name) for name in ("Ada Ett", "Bo Två", "Ulf Utanför")]
        for person in self.people[:2]:
            county.seat(self.forum, person)
        self.links = [link(county, user_of(county, person), Scope.PERSON, person.id) for person in self.people]
        self.poll = create_poll(
            self.session, county.actor, county.now, forum=self.forum, wanted=wanted(title="Budgeten"), site=SITE
        )

    def act(self, step, now: datetime | None = None, **given):
        return step(
            self.session, self.county.actor, now or self.county.now, self.poll, version=None, site=SITE, **given
        )

    def calendar(self, place: int) -> bytes:
        return read(self.session, feed_of(self.county, self.links[place]), today_of(self.county))

    def version(self, place: int) -> int:
        found = feed_of_token(self.session, self.links[place].secret)
        return found.version

    def entries(self, place: int = 0) -> dict[str, tuple[str, int, datetime]]:
        """UID → status, sequence and start of what the calendar holds."""
        return {
            event["uid"]: (event["status"], event["sequence"], event["start"].astimezone(UTC))
            for event in read_with_icalendar(self.calendar(place))
        }


@pytest.fixture
def asked(county: County) -> Asked:
    return Asked(county)


def test_dates_stand_as_tentative_in_the_calendars_of_those_asked_alone(asked):
    assert asked.entries() == {}
    asked.act(open_poll)
    expected = {option.uid: ("TENTATIVE", 0, option.start_at) for option in asked.poll.options}
    assert [asked.entries(0), asked.entries(1), asked.entries(2)] == [expected, expected, {}]
    text = asked.calendar(0).decode()
    assert "SUMMARY:Kanske: Nämnden: Budgeten" in text
    assert "inte bestämt" in text.replace("\r\n ", "")
    assert lint_calendar(asked.calendar(0)) == []


def test_calendar_is_the_same_between_two_fetches_and_an_answer_changes_nothing(asked):
    asked.act(open_poll)
    before, version = asked.calendar(0), asked.version(0)
    invitee = asked.poll.invitees[0]
    answers = {option.id: "no" for option in asked.poll.options}
    vote(asked.session, asked.county.actor, asked.county.now, invitee, answers=answers)
    assert (asked.calendar(0), asked.version(0)) == (before, version)


def test_holds_stand_until_a_date_is_chosen(asked):
    asked.act(open_poll)
    asked.act(close_poll)
    assert len(asked.entries()) == len(DAYS)
    version = asked.version(0)
    meeting = decide(
        asked.session, asked.county.actor, asked.county.now, asked.poll, option_id=asked.poll.options[1].id,
        version=None, site=SITE,
    )  # fmt: skip
    assert asked.entries() == {meeting.uid: ("CONFIRMED", 0, asked.poll.options[1].start_at)}
    assert asked.version(0) > version
    assert asked.session.scalars(select(PollHold)).all() == []


def test_hold_that_comes_back_has_the_same_uid_and_a_higher_sequence(asked):
    asked.act(open_poll)
    first = asked.entries()
    asked.act(drop_poll, now=asked.county.now + timedelta(hours=1))
    assert asked.entries() == {}
    asked.act(reopen_poll, now=asked.county.now + timedelta(hours=2), answer_by_on=BY)
    again = asked.entries()
    assert again.keys() == first.keys()
    assert {sequence for _status, sequence, _start in again.values()} == {1}


def test_another_last_day_is_news_in_the_text_and_not_in_the_sequence(asked):
    asked.act(open_poll)
    asked.act(reopen_poll, now=asked.county.now + timedelta(hours=1), answer_by_on=BY + timedelta(days=1))
    assert {sequence for _status, sequence, _start in asked.entries().values()} == {0}
    assert "21 januari" in asked.calendar(0).decode().replace("\r\n ", "")


def test_name_changed_elsewhere_reaches_the_holds_with_the_day(asked):
    asked.act(open_poll)
    assert mend_holds(asked.session, asked.county.now, site=SITE) == 0
    version = asked.version(0)
    asked.forum.short_name = "Rådet"
    assert mend_holds(asked.session, asked.county.now + timedelta(days=1), site=SITE) == 1
    assert "SUMMARY:Kanske: Rådet: Budgeten" in asked.calendar(0).decode()
    assert asked.version(0) == version + 1


def test_hold_keeps_its_hour_across_a_change_of_clocks(asked):
    asked.act(open_poll)
    assert {option.start_at.hour for option in asked.poll.options} == {12}  # 13.00 in winter
    assert asked.calendar(0).count(b"DTSTART;TZID=Europe/Stockholm:") == len(DAYS)
