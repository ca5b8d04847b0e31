"""A poll from draft to decision: whom it asks, which answers count, what the choice books, what is refused."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from scheduler.errors import Refused, SavedByOther
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting
from scheduler.meetings.steps import confirm_meeting
from scheduler.polls.actions import (
    GivenDate,
    Wanted,
    close_poll,
    create_poll,
    decide,
    drop_poll,
    edit_poll,
    open_poll,
    reopen_poll,
)
from scheduler.polls.models import Poll, PollInvitee, PollVote
from scheduler.polls.queries import (
    asked_dates,
    clashes_of_person,
    poll_by_id,
    polls_for_list,
    result_of,
    undecided,
    votes_of,
)
from scheduler.polls.voting import vote
from tests.meetings.county import SITE, County, counted

DAYS = (date(2027, 2, 9), date(2027, 2, 11), date(2027, 2, 18))
BY = date(2027, 1, 20)


def wanted(days=DAYS, **given) -> Wanted:
    dates = [GivenDate(day, time(13)) for day in days]
    return Wanted(**{"dates": dates, "answer_by_on": BY, "duration": 120} | given)


class Asking:
    """Polls of one county, by whoever makes them."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.session, self.actor, self.now = county.session, county.actor, county.now

    def poll(self, forum, *, opened: bool = True, now: datetime | None = None, meeting=None, **given) -> Poll:
        at = now or self.now
        poll = create_poll(
            self.session, self.actor, at, forum=forum, wanted=wanted(**given), site=SITE, meeting=meeting
        )
        if opened:
            open_poll(self.session, self.actor, at, poll, version=poll.version, site=SITE)
        return poll

    def say(self, poll: Poll, person, *answers: str, message: str | None = None, now: datetime | None = None) -> int:
        """Answers the dates in their order; "" leaves one out."""
        invitee = next(row for row in poll.invitees if row.person_id == person.id)
        given = {option.id: said for option, said in zip(poll.options, answers, strict=False) if said}
        who = Actor("Svarande", person_id=person.id)
        return vote(self.session, who, now or self.now, invitee, answers=given, message=message)

    def decide(self, poll: Poll, place: int = 0, **given) -> Meeting:
        given = {"version": poll.version, "site": SITE} | given
        return decide(self.session, self.actor, self.now, poll, option_id=poll.options[place].id, **given)


@pytest.fixture
def asking(county: County) -> Asking:
    return Asking(county)


@pytest.fixture
def board(county: County):
    """A board of three with two substitutes and an observer, quorate by more than half."""
    forum = county.forum("Nämnden", quorum_rule="more_than_half")
    for name in ("Ada Ett", "Bo Två", "Cia Tre"):
        county.seat(forum, name, organisation_id=county.organisation(f"Kommunen {name[:3].strip()}").id)
    for name in ("Dan Fyra", "Eva Fem"):
        county.seat(forum, name, kind="substitute")
    county.seat(forum, "Ove Seende", kind="observer")
    return forum


def people(poll: Poll) -> dict[str, PollInvitee]:
    return {invitee.person.name: invitee for invitee in poll.invitees}


def history(session, poll: Poll) -> list[str]:
    rows = select(HistoryEntry.action).where(HistoryEntry.subject_kind == "poll", HistoryEntry.subject_id == poll.id)
    return list(session.scalars(rows.order_by(HistoryEntry.id)))


# ---------------------------------------------------------------- making one


def test_poll_asks_those_on_the_seats_and_takes_the_forums_length(asking, board):
    poll = asking.poll(board, opened=False)
    assert {name: row.role for name, row in people(poll).items()} == {
        "Ada Ett": "ordinary", "Bo Två": "ordinary", "Cia Tre": "ordinary", "Dan Fyra": "substitute",
        "Eva Fem": "substitute",
    }  # fmt: skip
    assert [(option.local_on, option.end_at - option.start_at) for option in poll.options] == [
        (day, timedelta(hours=2)) for day in DAYS
    ]
    assert (poll.state, poll.opened_at, history(asking.session, poll)) == ("draft", None, ["poll.create"])


def test_poll_without_substitutes_and_with_a_guest(asking, county, board):
    guest = county.person("Gun Gäst")
    poll = asking.poll(board, asks_substitutes=False, guest_ids=[guest.id])
    assert {name: row.role for name, row in people(poll).items()} == {
        "Ada Ett": "ordinary", "Bo Två": "ordinary", "Cia Tre": "ordinary", "Gun Gäst": "guest",
    }  # fmt: skip


def test_talks_ask_those_who_are_chosen(asking, county):
    talks = county.forum("Samtal", invitees_per_meeting=True)
    with pytest.raises(Refused) as refused:
        asking.poll(talks)
    assert [problem.field for problem in refused.value.problems] == ["guest_ids"]
    poll = asking.poll(talks, guest_ids=[county.person("Gun Gäst").id])
    assert result_of(asking.session, poll).options[0].seats == 0


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"days": ()}, ["dates"]),
        ({"days": (DAYS[0], DAYS[0])}, ["dates-1"]),
        ({"days": (date(2026, 1, 1), DAYS[0])}, ["dates-0", "answer_by_on"]),
        ({"days": [DAYS[0] + timedelta(days=n) for n in range(41)]}, ["dates"]),
        ({"answer_by_on": None}, ["answer_by_on"]),
        ({"answer_by_on": date(2026, 11, 21)}, ["answer_by_on"]),
        ({"answer_by_on": DAYS[0]}, ["answer_by_on"]),
        ({"duration": 0}, ["duration"]),
        ({"place_id": 9999}, ["place_id"]),
        ({"guest_ids": [9999]}, ["guest_ids"]),
        ({"required_seat_ids": [9999]}, ["required_seat_ids"]),
        ({"title": "x" * 301}, ["title"]),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_stored(asking, board, given, fields):
    with pytest.raises(Refused) as refused:
        asking.poll(board, **given)
    assert sorted(problem.field for problem in refused.value.problems) == sorted(fields)
    assert asking.session.scalars(select(Poll)).all() == []


def test_time_that_the_clocks_leap_over_is_refused_at_its_line(asking, board):
    dates = [GivenDate(DAYS[0], time(13)), GivenDate(date(2027, 3, 28), time(2, 30))]
    with pytest.raises(Refused) as refused:
        asking.poll(board, dates=dates)
    assert [problem.field for problem in refused.value.problems] == ["dates-1"]


def test_draft_is_changed_as_a_whole_and_a_sent_poll_is_not(asking, board):
    poll = asking.poll(board, opened=False)
    edit = {"wanted": wanted(days=DAYS[:1], title="Budgeten"), "site": SITE}
    edit_poll(asking.session, asking.actor, asking.now, poll, version=poll.version, **edit)
    assert (poll.title, [option.local_on for option in poll.options], len(poll.invitees)) == ("Budgeten", [DAYS[0]], 5)
    with pytest.raises(SavedByOther):
        edit_poll(asking.session, asking.actor, asking.now, poll, version=1, **edit)
    open_poll(asking.session, asking.actor, asking.now, poll, version=poll.version, site=SITE)
    with pytest.raises(Refused):
        edit_poll(asking.session, asking.actor, asking.now, poll, version=poll.version, **edit)


# ---------------------------------------------------------------- answering


def test_latest_answer_of_a_date_counts_and_what_is_not_named_stays(asking, board):
    poll = asking.poll(board)
    ada = people(poll)["Ada Ett"].person
    assert asking.say(poll, ada, "yes", "no", "if_needed", message="Efter lunch") == 3
    assert asking.say(poll, ada, "no", "no") == 1
    rows = asking.session.scalars(select(PollVote.answer).order_by(PollVote.id)).all()
    assert rows == ["yes", "no", "if_needed", "no"]
    invitee = people(poll)["Ada Ett"]
    counting = [votes_of(asking.session, poll.id)[invitee.id, option.id].value for option in poll.options]
    assert counting == ["no", "no", "if_needed"]
    assert (invitee.message, invitee.answered_at) == (None, asking.now)


def test_answer_to_no_date_or_to_another_polls_date_is_refused(asking, board):
    poll, other = asking.poll(board), asking.poll(board)
    invitee = poll.invitees[0]
    for answers in ({}, {other.options[0].id: "yes"}, {poll.options[0].id: "maybe"}):
        with pytest.raises(Refused):
            vote(asking.session, asking.actor, asking.now, invitee, answers=answers)
    assert asking.session.scalars(select(PollVote)).all() == []


def test_answers_are_taken_to_the_end_of_the_last_day_where_the_forum_is(asking, board):
    poll = asking.poll(board)
    ada = people(poll)["Ada Ett"].person
    # 20 January ends at 23.00 UTC in Stockholm.
    last = datetime.fromisoformat("2027-01-20T22:59:00+00:00")
    assert asking.say(poll, ada, "yes", now=last) == 1
    with pytest.raises(Refused):
        asking.say(poll, ada, "no", now=last + timedelta(minutes=1))


def test_history_tells_of_an_answer_without_the_message(asking, board):
    poll = asking.poll(board)
    asking.say(poll, people(poll)["Ada Ett"].person, "yes", message="Ont i ryggen")
    entry = asking.session.scalars(select(HistoryEntry).where(HistoryEntry.action == "poll.vote")).one()
    assert (entry.actor, entry.after["person"], entry.after["dates"]) == ("Ada Ett", "Ada Ett", ["2027-02-09"])
    assert "ryggen" not in str(entry.after)


def test_protected_name_stands_nowhere_in_the_history(asking, county):
    forum = county.forum()
    county.seat(forum, county.person("Hemlig Person", protected=True))
    poll = asking.poll(forum)
    asking.say(poll, poll.invitees[0].person, "yes")
    entries = asking.session.scalars(select(HistoryEntry).where(HistoryEntry.subject_kind == "poll")).all()
    assert "Hemlig" not in str([(entry.actor, entry.after) for entry in entries])


# ---------------------------------------------------------------- what each date gives


def test_result_counts_seats_covered_by_holder_or_substitute(asking, board):
    poll = asking.poll(board)
    who = {name: row.person for name, row in people(poll).items()}
    asking.say(poll, who["Ada Ett"], "yes", "yes", "no")
    asking.say(poll, who["Bo Två"], "yes", "no", "no")
    asking.say(poll, who["Cia Tre"], "no", "no", "no")
    asking.say(poll, who["Dan Fyra"], "if_needed", "yes", "no")
    found = result_of(asking.session, poll)
    gives = [
        (one.coverage.covered, len(one.coverage.by_substitute), one.seats, one.quorum, one.is_quorate)
        for one in found.options
    ]
    assert gives == [(3, 1, 3, 2, True), (2, 1, 3, 2, True), (0, 0, 3, 2, False)]
    assert found.best.option_id == poll.options[0].id
    assert [seat.name for seat in found.options[1].coverage.empty] == ["Kommunen Cia"]
    assert found.options[0].counts == {"yes": 2, "no": 1, "if_needed": 1, None: 1}


def test_required_seat_decides_before_numbers(asking, county, board):
    required = asking.session.scalars(select(PollInvitee.seat_id)).all()
    poll = asking.poll(board, opened=False)
    needed = people(poll)["Cia Tre"].seat_id
    poll = asking.poll(board, required_seat_ids=[needed], asks_substitutes=False)
    who = {name: row.person for name, row in people(poll).items()}
    asking.say(poll, who["Ada Ett"], "yes", "no")
    asking.say(poll, who["Bo Två"], "yes", "yes")
    asking.say(poll, who["Cia Tre"], "no", "yes")
    found = result_of(asking.session, poll)
    assert found.best.option_id == poll.options[1].id
    assert [seat.name for seat in found.options[0].coverage.required_empty] == ["Kommunen Cia"]
    assert required == []


def test_seats_are_those_of_each_dates_own_day(asking, county):
    forum = county.forum()
    county.seat(forum, "Ada Ett")
    county.seat(forum, "Bo Två", to_on=date(2027, 2, 10))
    poll = asking.poll(forum)
    assert [one.seats for one in result_of(asking.session, poll).options] == [2, 1, 1]


def test_forty_dates_and_sixty_people_are_read_in_as_many_queries_as_two(asking, county):
    def queries(seats: int, dates: int) -> int:
        forum = county.forum()
        for number in range(seats):
            county.seat(forum, f"Person {number}", kind="substitute" if number % 2 else "ordinary")
        poll = asking.poll(forum, days=[DAYS[0] + timedelta(days=n) for n in range(dates)])
        for invitee in poll.invitees:
            asking.say(poll, invitee.person, *["yes", "no"] * (dates // 2))
        asking.session.expire_all()
        with counted(asking.session) as sent:
            found = poll_by_id(asking.session, poll.id)
            assert len(result_of(asking.session, found).options) == dates
        return len(sent)

    assert queries(60, 40) == queries(2, 2)


def test_clash_is_with_a_booked_meeting_one_is_invited_to(asking, county, board):
    other = county.forum("Rådet")
    poll = asking.poll(board)
    ada, bo = (people(poll)[name].person for name in ("Ada Ett", "Bo Två"))
    county.seat(other, ada)
    meeting = county.meeting(other, DAYS[0], time(14))
    county.meeting(other, DAYS[1], time(14), state="proposed")
    county.meeting(other, DAYS[2], time(9), time(13))  # ends when the date begins
    assert [clashes_of_person(asking.session, ada.id, poll.options)[option.id] for option in poll.options] == [
        [meeting], [], [],
    ]  # fmt: skip
    assert [clashes_of_person(asking.session, bo.id, poll.options)[option.id] for option in poll.options] == [
        [], [], [],
    ]  # fmt: skip


# ---------------------------------------------------------------- the end of it


def test_choice_books_the_meeting_and_keeps_the_answers(asking, county, board):
    place = county.place("Residenset")
    poll = asking.poll(board, title="Budgeten", place_id=place.id)
    asking.say(poll, people(poll)["Ada Ett"].person, "yes")
    meeting = asking.decide(poll)
    assert (meeting.state, meeting.title, meeting.local_on, meeting.place) == ("confirmed", "Budgeten", DAYS[0], place)
    assert (meeting.start_at, meeting.end_at) == (poll.options[0].start_at, poll.options[0].end_at)
    assert (poll.state, poll.meeting_id, [option.chosen for option in poll.options]) == (
        "decided", meeting.id, [True, False, False],
    )  # fmt: skip
    assert len(votes_of(asking.session, poll.id)) == 1
    assert history(asking.session, poll) == ["poll.create", "poll.open", "poll.vote", "poll.decide"]
    with pytest.raises(Refused) as refused:
        asking.say(poll, people(poll)["Ada Ett"].person, "no")
    assert "valt" in str(refused.value.problems[0])


def test_choice_confirms_the_proposed_meeting_on_the_date(asking, county, board):
    meeting = county.meeting(board, date(2027, 3, 3), state="proposed")
    uid, sequence = meeting.uid, meeting.sequence
    poll = asking.poll(board, meeting=meeting)
    assert asking.decide(poll, 1) is meeting
    assert (meeting.state, meeting.local_on, meeting.uid) == ("confirmed", DAYS[1], uid)
    assert meeting.sequence > sequence


def test_choice_for_a_meeting_that_was_booked_meanwhile_books_no_other(asking, county, board):
    meeting = county.meeting(board, date(2027, 3, 3), state="proposed")
    poll = asking.poll(board, meeting=meeting)
    confirm_meeting(asking.session, asking.actor, asking.now, meeting, version=None, site=SITE)
    with pytest.raises(Refused) as refused:
        asking.decide(poll)
    assert "inte längre bara föreslaget" in str(refused.value.problems[0])
    assert (meeting.local_on, len(asking.session.scalars(select(Meeting)).all())) == (date(2027, 3, 3), 1)


def test_second_choice_is_refused_and_books_nothing(asking, board):
    poll = asking.poll(board)
    version = poll.version
    asking.decide(poll)
    for known, error in ((version, SavedByOther), (None, Refused)):
        with pytest.raises(error):
            asking.decide(poll, 1, version=known)
    assert len(asking.session.scalars(select(Meeting)).all()) == 1


def test_clash_that_weighs_asks_why_and_leaves_the_poll_open(asking, county, board):
    poll = asking.poll(board)
    other = county.forum("Rådet")
    county.seat(other, people(poll)["Ada Ett"].person)
    county.meeting(other, DAYS[0], time(13))
    version = poll.version
    with pytest.raises(Refused) as refused:
        asking.decide(poll)
    assert [problem.field for problem in refused.value.problems] == ["override_reason"]
    asking.session.refresh(poll)
    assert (poll.state, poll.version, any(option.chosen for option in poll.options)) == ("open", version, False)
    assert asking.decide(poll, override_reason="Går inte annars").state == "confirmed"


def test_poll_is_closed_opened_again_extended_and_dropped(asking, board):
    poll = asking.poll(board)
    ada = people(poll)["Ada Ett"].person
    act = {"site": SITE, "version": None}
    close_poll(asking.session, asking.actor, asking.now, poll, **act)
    with pytest.raises(Refused):
        asking.say(poll, ada, "yes")
    later = date(2027, 2, 1)
    reopen_poll(asking.session, asking.actor, asking.now, poll, answer_by_on=later, **act)
    reopen_poll(asking.session, asking.actor, asking.now, poll, answer_by_on=date(2027, 2, 2), **act)
    assert (poll.state, poll.answer_by_on, asking.say(poll, ada, "yes")) == ("open", date(2027, 2, 2), 1)
    for day in (None, date(2026, 11, 21), DAYS[-1]):
        with pytest.raises(Refused) as refused:
            reopen_poll(asking.session, asking.actor, asking.now, poll, answer_by_on=day, **act)
        assert [problem.field for problem in refused.value.problems] == ["answer_by_on"]
    drop_poll(asking.session, asking.actor, asking.now, poll, **act)
    with pytest.raises(Refused):
        asking.decide(poll)
    assert len(votes_of(asking.session, poll.id)) == 1
    assert history(asking.session, poll) == [
        "poll.create", "poll.open", "poll.close", "poll.reopen", "poll.extend", "poll.vote", "poll.drop",
    ]  # fmt: skip


def test_list_and_count_are_of_the_forums_asked_for(asking, county, board):
    other = county.forum()
    county.seat(other, "Någon Annan")
    draft, waiting, foreign = asking.poll(board, opened=False), asking.poll(board), asking.poll(other)
    asking.say(waiting, people(waiting)["Ada Ett"].person, "yes")
    assert [asking.session.scalar(undecided(ids)) for ids in ({board.id}, {other.id}, set(), None)] == [1, 1, 0, 2]
    rows = {row.poll.id: (row.dates, row.asked, row.answered) for row in polls_for_list(asking.session)}
    assert rows == {draft.id: (3, 5, 0), waiting.id: (3, 5, 1), foreign.id: (3, 1, 0)}


# ---------------------------------------------------------------- the dates in a year


def test_the_days_asked_about_are_those_of_undecided_polls(asking, county, board, session):
    other = county.forum()
    county.seat(other, "Fia Sex")
    asked = asking.poll(board, dates=[GivenDate(DAYS[0], time(9)), GivenDate(DAYS[0], time(13))])
    later = asking.poll(other, days=DAYS[1:])
    asking.poll(board, opened=False)
    asking.decide(asking.poll(other))
    drop_poll(session, asking.actor, asking.now, asking.poll(board), version=None, site=SITE)
    expected = [(board.id, asked.id, DAYS[0]), (other.id, later.id, DAYS[1]), (other.id, later.id, DAYS[2])]
    with counted(session) as sent:
        assert asked_dates(session, date(2027, 1, 1), date(2027, 12, 31)) == expected
    assert len(sent) == 1
    assert asked_dates(session, DAYS[0], DAYS[1], forum_ids={other.id}) == expected[1:2]
    assert asked_dates(session, date(2026, 1, 1), date(2026, 12, 31)) == []
    assert asked_dates(session, DAYS[0], DAYS[2], forum_ids=set()) == []
