"""Answers to a call: which are taken, which counts, what an absence makes of it, and what is kept of whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from scheduler.errors import NotFound, Refused
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.meetings.actions import call_meeting, cancel_meeting, withdraw_invitee
from scheduler.meetings.conflicts import Proposal, find_conflicts
from scheduler.meetings.models import Invitee, Meeting, Reply
from scheduler.meetings.replies import give_reply, latest_replies, own_replies, standings_of
from scheduler.meetings.reply_rules import (
    UNANSWERED,
    Answer,
    Call,
    Given,
    Standing,
    allowed_answers,
    is_late,
    may_answer,
    may_reply,
    standing,
)
from scheduler.meetings.rules import Mode, State
from scheduler.organisations.models import Person
from scheduler.places.absences import absence_of, absences_of, add_absence, remove_absence
from scheduler.places.models import BlockedPeriod
from tests.meetings.county import DAY, SITE, County, counted

ASK = {"version": None, "site": SITE}
AT = datetime(2027, 2, 11, 9, tzinfo=UTC)
BEFORE, AFTER = AT - timedelta(days=1), AT + timedelta(hours=1)
CALL = Call(State.CALLED, AT, Mode.HYBRID, "notes")
EVERY_ANSWER = tuple(Answer)


# ---------------------------------------------------------------- the rules


@pytest.mark.parametrize(
    ("mode", "formality", "answers"),
    [
        ("on_site", "protocol", "yes no"),
        ("hybrid", "protocol_notice", "yes remote no"),
        ("remote", "protocol", "yes remote no"),
        ("on_site", "notes", "yes no maybe"),
        ("hybrid", "informal", "yes remote no maybe"),
    ],
)
def test_answers_follow_how_one_takes_part_and_how_formal_the_forum_is(mode, formality, answers):
    assert " ".join(allowed_answers(replace(CALL, mode=Mode(mode), formality=formality))) == answers


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"state": State.PROPOSED}, "inte kallat än"),
        ({"state": State.CONFIRMED}, "inte kallat än"),
        ({"state": State.CANCELLED}, "inställt"),
        ({"state": State.HELD}, "redan börjat"),
        ({"state": State.CLOSED}, "redan börjat"),
        ({"start_at": BEFORE}, "redan börjat"),
        ({"start_at": BEFORE + timedelta(seconds=1)}, None),
        ({"is_withdrawn": True}, "återkallad"),
        ({}, None),
    ],
)
def test_answer_is_taken_from_the_call_to_the_beginning(changed, words):
    problem = may_reply(replace(CALL, **changed), BEFORE)
    assert (problem is None) if words is None else words in str(problem)


@given(
    call=st.builds(
        Call,
        state=st.sampled_from(State),
        start_at=st.sampled_from([BEFORE, AT, AFTER]),
        mode=st.sampled_from(Mode),
        formality=st.sampled_from(["informal", "notes", "protocol", "protocol_notice"]),
        is_withdrawn=st.booleans(),
    ),
    answer=st.sampled_from([*EVERY_ANSWER, "", "yes ", "perhaps"]),
)
def test_only_offered_answers_are_taken_and_only_while_any_is(call, answer):
    taken = may_answer(call, answer, AT) is None
    assert taken == (may_reply(call, AT) is None and answer in allowed_answers(call))
    if taken:
        assert (call.state, call.is_withdrawn, call.start_at > AT) == (State.CALLED, False, True)


@pytest.mark.parametrize(("day", "late"), [(9, False), (10, False), (11, True)])
def test_last_day_for_answers_is_included(day, late):
    assert is_late(date(2027, 2, day), date(2027, 2, 10)) is late
    assert is_late(date(2027, 2, day), None) is False


@pytest.mark.parametrize(
    ("said", "away", "answer", "is_away"),
    [
        (None, [], None, False),
        ("yes", [], "yes", False),
        (None, [AT], "no", True),
        (None, [None], "no", True),
        ("yes", [BEFORE], "yes", False),
        ("yes", [AT], "yes", False),
        ("yes", [AFTER], "no", True),
        ("yes", [BEFORE, AFTER], "no", True),
        ("remote", [None], "remote", False),
    ],
)
def test_absence_is_a_no_until_one_answers_again(said, away, answer, is_away):
    found = standing(Given(Answer(said), AT) if said else None, away)
    assert (found.answer, found.is_away) == (answer, is_away)


# ---------------------------------------------------------------- giving one


class Called:
    """A called meeting of a forum where Anna sits and Bo is her substitute."""

    def __init__(self, county: County, **forum) -> None:
        self.county = county
        self.forum = county.forum("Forumet", **forum)
        self.anna, self.bo = county.person("Anna Ek"), county.person("Bo Ås")
        county.seat(self.forum, self.anna)
        county.seat(self.forum, self.bo, kind="substitute")
        self.meeting = self.call()

    def call(self, on: date = DAY, **values) -> Meeting:
        meeting = self.county.meeting(self.forum, on, **values)
        return call_meeting(self.county.session, self.county.actor, self.county.now, meeting, **ASK)

    def place(self, person: Person | None = None, meeting: Meeting | None = None) -> Invitee:
        person, meeting = person or self.anna, meeting or self.meeting
        return next(row for row in meeting.invitees if row.person_id == person.id)

    def reply(self, answer: str, *, hours: int = 0, **given) -> Reply:
        actor = given.pop("actor", Actor("Anna Ek", person_id=self.anna.id))
        invitee = given.pop("invitee", None) or self.place()
        at = self.county.now + timedelta(hours=hours)
        return give_reply(self.county.session, actor, at, invitee, answer=answer, **given)

    def standing(self, person: Person | None = None) -> Standing:
        return standings_of(self.county.session, [self.meeting])[self.place(person).id]

    def away(self, first: date, last: date | None = None, *, hours: int = 0, **given) -> BlockedPeriod:
        now = self.county.now + timedelta(hours=hours)
        person = given.pop("person", self.anna)
        return add_absence(
            self.county.session, Actor("Anna Ek", person_id=person.id), now, person, from_on=first, to_on=last,
            today=now.date(), **given,
        )  # fmt: skip


@pytest.fixture
def called(county) -> Called:
    return Called(county)


def entries(session, action: str) -> list[HistoryEntry]:
    return list(session.scalars(select(HistoryEntry).where(HistoryEntry.action == action).order_by(HistoryEntry.id)))


def test_answers_are_added_and_the_latest_counts(session, called):
    called.reply("yes", comment=" Kommer  sent ")
    called.reply("no", hours=1)
    assert [reply.answer for reply in called.place().replies] == ["yes", "no"]
    assert called.standing() == Standing(Answer.NO, via="page")
    assert latest_replies(session, [called.meeting])[called.place().id].answer == "no"
    assert called.standing(called.bo) == UNANSWERED


def test_comment_is_kept_on_one_line(called):
    called.reply("yes", comment=" Kommer\nsent ")
    assert called.standing().comment == "Kommer sent"


def test_saying_the_same_again_adds_nothing(session, called):
    first = called.reply("yes")
    assert called.reply("yes", hours=2) is first
    called.reply("yes", comment="Vegetarian", hours=3)
    assert len(called.place().replies) == 2
    assert len(entries(session, "reply.give")) == 2


@pytest.mark.parametrize(
    ("answer", "given", "field"),
    [
        ("remote", {}, "answer"),
        ("", {}, "answer"),
        ("kanske", {}, "answer"),
        ("yes", {"comment": "x" * 201}, "comment"),
    ],
)
def test_refused_answer_stores_nothing(session, called, answer, given, field):
    with pytest.raises(Refused) as refused:
        called.reply(answer, **given)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert session.scalars(select(Reply)).all() == []
    assert entries(session, "reply.give") == []


def test_summons_takes_no_maybe(county):
    called = Called(county, formality="protocol")
    with pytest.raises(Refused):
        called.reply("maybe")
    called.reply("yes")


def test_meetings_own_formality_goes_before_the_forums(session, called):
    called.meeting.formality = "protocol"
    session.flush()
    with pytest.raises(Refused):
        called.reply("maybe")


def test_nobody_answers_once_withdrawn_or_cancelled(session, county, called):
    invitee = called.place()
    withdraw_invitee(session, county.actor, county.now, called.meeting, invitee=invitee, **ASK)
    with pytest.raises(Refused, match="återkallad"):
        called.reply("yes", invitee=invitee)
    cancel_meeting(session, county.actor, county.now, called.meeting, reason="Snö", **ASK)
    with pytest.raises(Refused, match="inställt"):
        called.reply("yes", invitee=called.place(called.bo))


def test_late_answer_is_taken_and_marked(session, called):
    called.meeting.answer_by_on = called.county.now.date()
    session.flush()
    called.reply("yes")
    assert not called.standing().late
    called.reply("no", hours=24)
    assert called.standing().late


# ---------------------------------------------------------------- what is kept


def test_history_tells_who_and_what_but_not_what_was_written(session, called):
    called.reply("yes", comment="Opereras dagen innan")
    called.reply("no", hours=1, actor=called.county.actor, via="secretary")
    first, second = entries(session, "reply.give")
    assert (first.subject_kind, first.subject_id) == ("meeting", called.meeting.id)
    assert first.after == {"person": "Anna Ek", "person_id": called.anna.id, "answer": "yes"}
    assert (second.actor, second.before, second.after["answer"]) == (
        "Sara Niemi", {"answer": "yes", "person": None, "person_id": None}, "no",
    )  # fmt: skip


def test_protected_person_is_named_nowhere(session, called):
    called.anna.protected = True
    session.flush()
    called.reply("yes")
    called.away(DAY)
    for entry in [*entries(session, "reply.give"), *entries(session, "absence.add")]:
        assert "Anna" not in f"{entry.actor} {entry.subject_label} {entry.before} {entry.after} {entry.rows}"
    assert [str(conflict) for conflict in find_conflicts(session, Proposal.of(called.meeting), called.county.now)] == [
        "ledamot är borta eller upptagen."
    ]


# ---------------------------------------------------------------- being away


def test_absence_is_a_no_to_meetings_on_its_days_and_is_not_stored_as_one(session, called):
    later = called.call(DAY + timedelta(days=1))
    called.away(DAY - timedelta(days=3), DAY)
    found = standings_of(session, [called.meeting, later])
    assert found[called.place().id] == Standing(Answer.NO, is_away=True)
    assert found[called.place(meeting=later).id] == UNANSWERED
    assert session.scalars(select(Reply)).all() == []


def test_absence_entered_after_an_answer_goes_before_it_until_one_answers_again(called):
    called.reply("yes")
    row = called.away(DAY, hours=1)
    assert called.standing() == Standing(Answer.NO, is_away=True)
    called.reply("yes", hours=2)
    assert called.standing() == Standing(Answer.YES, via="page")
    assert len(called.place().replies) == 2
    remove_absence(called.county.session, called.county.actor, called.county.now, called.anna, row)
    assert called.standing().answer == Answer.YES


def test_absence_taken_away_leaves_what_was_said(called):
    called.reply("yes")
    row = called.away(DAY, hours=1)
    remove_absence(called.county.session, called.county.actor, called.county.now, called.anna, row)
    assert called.standing() == Standing(Answer.YES, via="page")


def test_conflict_names_who_is_away_and_not_why(session, called):
    called.away(DAY, note="Operation")
    [conflict] = find_conflicts(session, Proposal.of(called.meeting), called.county.now)
    assert (conflict.weighs, str(conflict)) == (True, "Anna Ek är borta eller upptagen.")


def test_hour_in_a_calendar_and_a_journey_are_no_answer(session, called):
    busy = {"person_id": called.anna.id, "from_on": DAY, "to_on": DAY, "name": "Upptagen"}
    session.add(BlockedPeriod(kind="away", from_at=AT, to_at=AFTER, **busy))
    session.add(BlockedPeriod(kind="travel", **busy))
    session.flush()
    assert called.standing() == UNANSWERED


def test_note_is_the_persons_own(session, called):
    row = called.away(DAY, note="Operation")
    assert row.note == "Operation"
    remove_absence(session, called.county.actor, called.county.now, called.anna, row)
    told = [*entries(session, "absence.add"), *entries(session, "absence.remove")]
    assert len(told) == 2
    assert not any("Operation" in f"{entry.before} {entry.after} {entry.reason} {entry.rows}" for entry in told)


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        (None, None, "from_on", "Ange första dagen"),
        (date(2026, 11, 20), None, "from_on", "inte har passerat"),
        (date(2026, 11, 1), date(2026, 11, 21), "to_on", "inte har passerat"),
        (date(2026, 12, 2), date(2026, 12, 1), "to_on", "före"),
        (date(2026, 12, 1), date(2029, 12, 1), "to_on", "två år"),
    ],
)
def test_days_that_cannot_be_are_refused_at_their_field(session, called, first, last, field, words):
    with pytest.raises(Refused, match=words) as refused:
        called.away(first, last)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert session.scalars(select(BlockedPeriod)).all() == []


def test_days_may_have_begun_and_may_touch_but_not_overlap(session, called):
    called.away(date(2026, 11, 20), date(2026, 11, 25))
    called.away(date(2026, 11, 26))
    with pytest.raises(Refused, match="26 november 2026 till 26 november 2026"):
        called.away(date(2026, 11, 26), date(2026, 12, 1))
    called.away(date(2026, 11, 20), date(2026, 12, 1), person=called.bo)
    assert [row.from_on.day for row in absences_of(session, called.anna.id, since=date(2026, 11, 22))] == [20, 26]


def test_only_ones_own_absence_is_found(session, called):
    row = called.away(DAY)
    assert absence_of(session, called.anna.id, row.id) is row
    for person_id, absence_id in [(called.bo.id, row.id), (None, row.id), (called.anna.id, 999_999)]:
        with pytest.raises(NotFound):
            absence_of(session, person_id, absence_id)


# ---------------------------------------------------------------- reading


def test_own_answers_are_of_ones_own_places_alone(session, called):
    called.reply("yes")
    uncalled = called.county.meeting(called.forum, DAY + timedelta(days=7))
    meetings = [called.meeting, uncalled]
    [(meeting_id, own)] = own_replies(session, called.anna.id, meetings).items()
    assert (meeting_id, own.invitee.person_id, own.standing.answer) == (called.meeting.id, called.anna.id, "yes")
    assert own_replies(session, None, meetings) == {}


def test_reading_asks_no_more_for_more(session, called):
    def cost(meetings) -> int:
        session.expire_all()
        meetings = [session.get_one(Meeting, meeting_id) for meeting_id in meetings]
        with counted(session) as sent:
            standings_of(session, meetings)
        return len(sent)

    called.away(DAY, DAY + timedelta(days=9))
    more = [called.meeting.id, *(called.call(DAY + timedelta(days=n)).id for n in range(1, 6))]
    assert cost(more[:1]) == cost(more)
