"""Substitutes of a called meeting: who is asked, what answers do to the chain, and what the meeting does to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from scheduler.errors import Refused
from scheduler.forums.seat_models import SubstituteOrder
from scheduler.history.models import HistoryEntry
from scheduler.meetings.actions import (
    call_meeting,
    cancel_meeting,
    move_meeting,
    reinstate_meeting,
    undo_last_change,
    withdraw_invitee,
)
from scheduler.meetings.answering import answer_call
from scheduler.meetings.models import Invitee, InviteeNeeds, Meeting, SubstituteCall
from scheduler.meetings.needs import Needs, forget_needs, needs_list, needs_of
from scheduler.meetings.substitutes import (
    SeatLine,
    ask_automatically,
    ask_substitute,
    pass_on,
    seat_lines,
    seats_covered,
    withdraw_call,
)
from scheduler.places.absences import add_absence
from tests.meetings.county import DAY, SITE, County, counted

ASK = {"version": None, "site": SITE}


@dataclass
class Board:
    """Three members and three substitutes, called; "Gun" of Luleå has a personal substitute, "Per"."""

    county: County
    meeting: Meeting
    seats: dict[str, int]

    @property
    def session(self):
        return self.county.session

    def row(self, name: str) -> Invitee:
        return next(row for row in self.meeting.invitees if row.person.given_name == name)

    def answer(self, name: str, answer: str, **given) -> None:
        answer_call(self.session, self.county.actor, self.county.now, self.row(name), answer=answer, **given)

    def ask(self, name: str, substitute: str | None = None) -> SubstituteCall:
        person = None if substitute is None else self.row(substitute).person_id
        return ask_substitute(
            self.session, self.county.actor, self.county.now, self.meeting, seat_id=self.seats[name], person_id=person
        )

    def line(self, name: str) -> SeatLine:
        return next(line for line in seat_lines(self.session, self.meeting) if line.seat_id == self.seats[name])

    def chain(self, name: str) -> str:
        """ "Per declined, Eva waiting: asked" ."""
        line = self.line(name)
        links = ", ".join(f"{call.person.given_name} {call.state}" for call in line.chain)
        return f"{links}: {line.cover}" if links else str(line.cover)

    def step(self, step, **given) -> None:
        step(self.session, self.county.actor, self.county.now, self.meeting, **ASK, **given)


def board_of(county: County, *, automatic: bool = False, **given) -> Board:
    forum = county.forum("Nämnden", "namnd", substitutes_automatic=automatic, **given)
    lulea, boden = county.organisation("Luleå kommun"), county.organisation("Bodens kommun")
    seats = {}
    for name, organisation in (("Gun", lulea), ("Lars", lulea), ("Mia", boden)):
        seats[name] = county.seat(forum, f"{name} Ordinarie", organisation_id=organisation.id).id
    for name, organisation, whose in (("Olle", boden, None), ("Eva", lulea, None), ("Per", lulea, seats["Gun"])):
        seats[name] = county.seat(
            forum, f"{name} Ersättare", kind="substitute", organisation_id=organisation.id, personal_for_id=whose
        ).id
    meeting = county.meeting(forum)
    call_meeting(county.session, county.actor, county.now, meeting, **ASK)
    return Board(county, meeting, seats)


@pytest.fixture
def board(county: County) -> Board:
    return board_of(county)


# ---------------------------------------------------------------- asking


def test_no_waits_for_the_word_of_the_secretariat_and_personal_substitute_is_first(board):
    board.answer("Gun", "no")
    assert board.chain("Gun") == "open"
    assert [one.name for one in board.line("Gun").line.free] == ["Per Ersättare", "Eva Ersättare", "Olle Ersättare"]
    board.ask("Gun")
    assert board.chain("Gun") == "Per waiting: asked"
    board.answer("Per", "yes")
    assert board.chain("Gun") == "Per accepted: substitute"
    assert seats_covered(seat_lines(board.session, board.meeting)) == (1, 1)


def test_where_the_forum_wants_it_the_next_is_asked_until_the_list_ends(county):
    board = board_of(county, automatic=True)
    board.answer("Gun", "no")
    assert board.chain("Gun") == "Per waiting: asked"
    board.answer("Per", "no")
    assert board.chain("Gun") == "Per declined, Eva waiting: asked"
    board.answer("Eva", "no")
    board.answer("Olle", "no")
    assert board.chain("Gun") == "Per declined, Eva declined, Olle declined: empty"


def test_silence_is_no_no(county):
    board = board_of(county, automatic=True)
    assert ask_automatically(board.session, county.now) == 0
    assert {str(line.cover) for line in seat_lines(board.session, board.meeting)} == {"unanswered"}
    with pytest.raises(Refused):
        board.ask("Gun")
    board.answer("Gun", "no")
    assert ask_automatically(board.session, county.now + timedelta(days=30)) == 0
    assert board.chain("Gun") == "Per waiting: asked"


def test_decided_order_goes_before_the_own_list(board):
    for position, name in enumerate(("Olle", "Eva")):
        board.county.add(
            SubstituteOrder(
                forum_id=board.meeting.forum.id, seat_id=board.seats["Lars"], position=position,
                substitute_seat_id=board.seats[name],
            )
        )  # fmt: skip
    board.answer("Lars", "no")
    assert [one.name.split()[0] for one in board.line("Lars").line.free] == ["Olle", "Eva", "Per"]
    # What is decided leaves the holder nothing to choose.
    assert [one.name.split()[0] for one in board.line("Lars").choosable] == ["Olle"]


def test_one_substitute_is_asked_for_one_seat(board):
    board.answer("Gun", "no")
    board.answer("Lars", "no")
    board.ask("Gun")
    board.ask("Lars", "Eva")
    assert (board.chain("Gun"), board.chain("Lars")) == ("Per waiting: asked", "Eva waiting: asked")
    board.answer("Mia", "no")
    passed = {one.name.split()[0]: str(why) for one, why in board.line("Mia").line.skipped}
    assert passed == {"Eva": "asked_elsewhere", "Per": "asked_elsewhere"}
    board.answer("Eva", "yes")
    passed = {one.name.split()[0]: str(why) for one, why in board.line("Mia").line.skipped}
    assert passed == {"Eva": "serves_elsewhere", "Per": "asked_elsewhere"}
    with pytest.raises(Refused):
        board.ask("Mia", "Eva")


def test_database_itself_keeps_a_substitute_to_one_seat(board):
    board.answer("Gun", "no")
    board.ask("Gun")
    second = SubstituteCall(
        meeting_id=board.meeting.id, seat_id=board.seats["Lars"], person_id=board.row("Per").person_id, position=1,
        asked_at=board.county.now, asked_by="Sara", state="accepted",
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        _store(board, second)


def _store(board: Board, row: SubstituteCall) -> None:
    with board.session.begin_nested():
        board.session.add(row)
        board.session.flush()


def test_who_is_away_or_has_said_no_is_passed_over(county):
    board = board_of(county, automatic=True)
    add_absence(county.session, county.actor, county.now, board.row("Per").person, from_on=DAY, to_on=DAY, today=DAY)
    board.answer("Eva", "no")
    board.answer("Gun", "no")
    assert board.chain("Gun") == "Olle waiting: asked"
    assert {one.name.split()[0]: str(why) for one, why in board.line("Gun").line.skipped} == {
        "Per": "away", "Eva": "said_no",
    }  # fmt: skip


def test_absence_of_a_holder_is_seen_by_the_clock(county):
    board = board_of(county, automatic=True)
    add_absence(county.session, county.actor, county.now, board.row("Gun").person, from_on=DAY, to_on=DAY, today=DAY)
    assert board.chain("Gun") == "open"
    assert ask_automatically(county.session, county.now) == 1
    assert board.chain("Gun") == "Per waiting: asked"
    assert ask_automatically(county.session, county.now) == 0


def test_vacant_seat_may_be_covered_on_the_word_of_the_secretariat(county):
    board = board_of(county, automatic=True)
    vacant = county.seat(board.meeting.forum, label="Fackets plats")
    board.seats["vacant"] = vacant.id
    assert ask_automatically(county.session, county.now) == 0
    assert board.chain("vacant") == "open"
    board.ask("vacant")
    assert board.chain("vacant") == "Olle waiting: asked"


# ---------------------------------------------------------------- answers


def test_later_yes_of_the_holder_withdraws_the_call(board):
    board.answer("Gun", "no")
    board.ask("Gun")
    board.answer("Per", "yes")
    board.answer("Gun", "yes")
    assert board.chain("Gun") == "Per withdrawn: holder"
    [call] = board.line("Gun").chain
    assert (call.why, call.announced_at) == ("holder", None)


def test_substitute_who_had_said_yes_before_answers_the_question_anew(board):
    board.answer("Per", "yes")
    board.answer("Gun", "no")
    board.ask("Gun")
    assert board.chain("Gun") == "Per waiting: asked"
    board.answer("Per", "yes")
    assert board.chain("Gun") == "Per accepted: substitute"


def test_substitute_who_falls_out_later_leaves_the_seat_to_the_next(county):
    board = board_of(county, automatic=True)
    board.answer("Gun", "no")
    board.answer("Per", "yes")
    board.answer("Per", "no")
    assert board.chain("Gun") == "Per declined, Eva waiting: asked"


def test_secretariat_passes_on_and_a_late_yes_still_helps_when_nobody_else_is_asked(board):
    board.answer("Gun", "no")
    first = board.ask("Gun")
    second = pass_on(board.session, board.county.actor, board.county.now, board.meeting, first)
    assert second is not None
    assert board.chain("Gun") == "Per expired, Eva waiting: asked"
    board.answer("Per", "yes")
    assert board.chain("Gun") == "Per expired, Eva waiting: asked"
    board.answer("Eva", "no")
    board.answer("Per", "yes")
    assert board.chain("Gun") == "Per accepted, Eva declined: substitute"
    with pytest.raises(Refused):
        pass_on(board.session, board.county.actor, board.county.now, board.meeting, first)


def test_call_taken_back_by_hand_may_be_asked_again(board):
    board.answer("Gun", "no")
    call = board.ask("Gun")
    withdraw_call(board.session, board.county.actor, board.county.now, board.meeting, call)
    assert board.chain("Gun") == "Per withdrawn: open"
    board.ask("Gun")
    assert board.chain("Gun") == "Per withdrawn, Per waiting: asked"


def test_holder_who_says_no_sends_somebody(board):
    board.answer("Gun", "no", substitute_id=board.row("Eva").person_id)
    assert board.chain("Gun") == "Eva waiting: asked"
    with pytest.raises(Refused) as refused:
        board.answer("Mia", "no", substitute_id=board.row("Per").person_id)
    assert [problem.field for problem in refused.value.problems] == ["substitute"]
    # Nothing of a refused answer stays.
    assert board.line("Mia").standing.answer is None
    board.answer("Lars", "yes", substitute_id=board.row("Olle").person_id)
    assert board.chain("Lars") == "holder"


# ---------------------------------------------------------------- what the meeting does to the chain


def test_cancelled_meeting_ends_the_calls_and_one_taken_up_again_takes_them_up(board):
    board.answer("Gun", "no")
    board.answer("Lars", "no")
    board.ask("Gun")
    board.answer("Per", "yes")
    board.ask("Lars")
    board.step(cancel_meeting, reason="Sjukdom")
    assert [call.state for call in board.session.scalars(select(SubstituteCall))] == ["withdrawn", "withdrawn"]
    board.step(reinstate_meeting)
    board.step(call_meeting)
    assert (board.chain("Gun"), board.chain("Lars")) == ("Per accepted: substitute", "Eva waiting: asked")


def test_move_asks_a_promise_anew_unless_it_is_quiet(board):
    board.answer("Gun", "no")
    board.ask("Gun")
    board.answer("Per", "yes")
    moved = {"on": DAY + timedelta(days=7), "check_conflicts": False}
    board.step(move_meeting, send=False, **moved)
    assert board.chain("Gun") == "Per accepted: substitute"
    board.step(move_meeting, **(moved | {"on": DAY + timedelta(days=14)}))
    assert board.chain("Gun") == "Per waiting: asked"
    board.step(undo_last_change, sent=False)
    assert board.chain("Gun") == "Per accepted: substitute"


def test_substitute_who_is_called_no_more_serves_no_more(board):
    board.answer("Gun", "no")
    board.ask("Gun")
    board.answer("Per", "yes")
    board.step(withdraw_invitee, invitee=board.row("Per"))
    assert board.chain("Gun") == "Per withdrawn: open"
    assert {one.name.split()[0]: str(why) for one, why in board.line("Gun").line.skipped} == {"Per": "not_called"}


@pytest.mark.parametrize("when", ["uncalled", "cancelled", "begun"])
def test_nobody_is_asked_for_a_meeting_that_is_not_ahead(county, when):
    board = board_of(county)
    board.answer("Gun", "no")
    if when == "uncalled":
        board.meeting.state = "confirmed"
    elif when == "cancelled":
        board.step(cancel_meeting, reason="Sjukdom")
    else:
        county.now = board.meeting.start_at
    with pytest.raises(Refused):
        board.ask("Gun")


def test_trace_says_who_was_asked_and_what_came_of_it(board):
    board.answer("Gun", "no")
    board.ask("Gun")
    board.answer("Per", "no")
    rows = board.session.scalars(
        select(HistoryEntry).where(HistoryEntry.action.like("substitute.%")).order_by(HistoryEntry.id)
    ).all()
    told = [(row.action, row.after["person"], row.after["substitute_state"]) for row in rows]
    assert told == [
        ("substitute.ask", "Per Ersättare", "waiting"), ("substitute.decline", "Per Ersättare", "declined"),
    ]  # fmt: skip


def test_large_assembly_is_read_in_as_many_queries_as_a_small_group(county):
    board = board_of(county)
    for n in range(40):
        county.seat(board.meeting.forum, f"Ledamot {n}", organisation_id=county.organisation().id)
        county.seat(board.meeting.forum, f"Ersättare {n}", kind="substitute")
    large = county.meeting(board.meeting.forum, DAY + timedelta(days=1))
    call_meeting(county.session, county.actor, county.now, large, **ASK)
    sent = []
    for meeting in (board.meeting, large):
        county.session.expire_all()
        assert meeting.forum.name
        list(meeting.invitees)
        with counted(county.session) as queries:
            seat_lines(county.session, meeting)
        sent.append(len(queries))
    assert sent[0] == sent[1]


# ---------------------------------------------------------------- what people need


def test_needs_are_kept_until_seven_days_after_the_meeting(county):
    board = board_of(county, asks_needs=True)
    board.answer("Gun", "yes", needs=Needs("Nötallergi", "Hörslinga"))
    board.answer("Lars", "yes", needs=Needs(" ", None))
    assert [(row.name, row.needs) for row in needs_list(county.session, board.meeting)] == [
        ("Gun Ordinarie", Needs("Nötallergi", "Hörslinga"))
    ]
    board.answer("Gun", "yes", comment="Kommer sent")
    assert needs_of(county.session, board.row("Gun").id) == Needs("Nötallergi", "Hörslinga")
    [entry] = county.session.scalars(select(HistoryEntry).where(HistoryEntry.action == "needs.set"))
    assert "Nötallergi" not in f"{entry.before}{entry.after}{entry.rows}"
    end = board.meeting.end_at
    assert forget_needs(county.session, end + timedelta(days=7) - timedelta(seconds=1)) == 0
    assert forget_needs(county.session, end + timedelta(days=7)) == 1
    assert county.session.scalar(select(func.count()).select_from(InviteeNeeds)) == 0


def test_needs_are_asked_only_where_the_forum_does(board):
    board.answer("Gun", "yes", needs=Needs("Vegan"))
    assert needs_list(board.session, board.meeting) == []
