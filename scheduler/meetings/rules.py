"""The states of a meeting: which step is lawful when, and the refusal in words (spec product.md "States").

Also what follows from the state alone: the calendar status, who may see it, whether the invitees are a stored
list. Pure. Not here: local times (``times``), what a change means for the calendar (``changes``), clashes with
other meetings (``conflicts``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from scheduler.errors import Problem
from scheduler.i18n import mark


class State(StrEnum):
    """Where a meeting is in its life."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    CALLED = "called"
    HELD = "held"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """What sort of meeting it is. A written procedure and a continuation never count for the cadence."""

    ORDINARY = "ordinary"
    EXTRA = "extra"
    THEMATIC = "thematic"
    JOINT = "joint"
    PER_CAPSULAM = "per_capsulam"
    CONTINUATION = "continuation"


class Mode(StrEnum):
    """How one takes part."""

    ON_SITE = "on_site"
    REMOTE = "remote"
    HYBRID = "hybrid"


class Step(StrEnum):
    """What somebody can do with a meeting, in the order a page offers it."""

    CONFIRM = "confirm"
    CALL = "call"
    RECORD = "record"
    CLOSE = "close"
    MOVE = "move"
    EDIT = "edit"
    CANCEL = "cancel"
    REINSTATE = "reinstate"
    CORRECT = "correct"


#: A public view of a forum or meeting: nothing, the dates alone, or all that is public.
PublicLevel = Literal["none", "dates", "full"]
#: What a calendar shows of the state (RFC 5545 §3.8.1.11).
CalendarStatus = Literal["tentative", "confirmed", "cancelled"]

#: Formalities under which a meeting may be held without a call.
UNCALLED = frozenset({"informal", "notes"})
#: States in which the meeting is still ahead, or its outcome not recorded.
OPEN = frozenset({State.PROPOSED, State.CONFIRMED, State.CALLED})
DONE = frozenset({State.HELD, State.CLOSED})


@dataclass(frozen=True)
class Facts:
    """What of a meeting decides which steps are lawful."""

    state: State
    #: Aware instants.
    start_at: datetime
    end_at: datetime
    #: informal, notes, protocol or protocol_notice: of the leading forum.
    formality: str = "notes"
    #: A call has been made at some time.
    was_called: bool = False


_HELD_ALREADY = mark("Mötet har redan hållits.")
_CLOSED_ALREADY = mark("Mötet är avslutat och kan inte längre ändras.")
_CANCELLED = mark("Mötet är inställt. Återuppta det först.")
_BOOK_FIRST = mark("Mötet är bara föreslaget. Boka det först.")
_BEGUN = mark("Mötet har redan börjat.")
_NOT_BEGUN = mark("Mötet har inte börjat än.")

_REFUSALS: dict[Step, dict[State, str]] = {
    Step.CONFIRM: {
        State.CONFIRMED: mark("Mötet är redan bokat."),
        State.CALLED: mark("Mötet är redan bokat."),
        State.HELD: _HELD_ALREADY,
        State.CLOSED: _CLOSED_ALREADY,
        State.CANCELLED: _CANCELLED,
    },
    Step.CALL: {
        State.PROPOSED: _BOOK_FIRST,
        State.CALLED: mark("Kallelsen är redan ute."),
        State.HELD: _HELD_ALREADY,
        State.CLOSED: _CLOSED_ALREADY,
        State.CANCELLED: _CANCELLED,
    },
    Step.RECORD: {
        State.PROPOSED: _BOOK_FIRST,
        State.HELD: _HELD_ALREADY,
        State.CLOSED: _CLOSED_ALREADY,
        State.CANCELLED: _CANCELLED,
    },
    Step.CLOSE: {
        State.PROPOSED: mark("Bara ett hållet möte kan avslutas."),
        State.CONFIRMED: mark("Bara ett hållet möte kan avslutas."),
        State.CALLED: mark("Bara ett hållet möte kan avslutas."),
        State.CLOSED: mark("Mötet är redan avslutat."),
        State.CANCELLED: mark("Bara ett hållet möte kan avslutas."),
    },
    Step.MOVE: {
        State.CLOSED: _CLOSED_ALREADY,
        State.CANCELLED: _CANCELLED,
    },
    Step.EDIT: {State.CLOSED: _CLOSED_ALREADY},
    Step.CANCEL: {
        State.HELD: mark("Mötet har redan hållits och kan inte ställas in."),
        State.CLOSED: mark("Mötet har redan hållits och kan inte ställas in."),
        State.CANCELLED: mark("Mötet är redan inställt."),
    },
    Step.REINSTATE: {
        state: mark("Bara ett inställt möte kan återupptas.") for state in State if state is not State.CANCELLED
    },
    Step.CORRECT: {
        state: mark("Bara ett hållet möte som inte är avslutat kan rättas.")
        for state in State
        if state is not State.HELD
    },
}


def _refusal(step: Step, facts: Facts) -> Problem | None:
    text = _REFUSALS[step].get(facts.state)
    return Problem(None, text) if text else None


def may_confirm(facts: Facts, now: datetime) -> Problem | None:
    """The refusal to book a proposed meeting, None when it may be booked."""
    if refusal := _refusal(Step.CONFIRM, facts):
        return refusal
    return Problem(None, _BEGUN) if facts.start_at <= now else None


def may_call(facts: Facts, now: datetime, *, send: bool = True) -> Problem | None:
    """The refusal to call to the meeting, None when it may be called.

    Once it has begun only ``send`` False is lawful: the summons went out some other way.
    """
    if refusal := _refusal(Step.CALL, facts):
        return refusal
    if send and facts.start_at <= now:
        return Problem(None, mark("Mötet har redan börjat. Spara utan utskick om kallelsen gick ut på annat sätt."))
    return None


def may_record(facts: Facts, now: datetime) -> Problem | None:
    """The refusal to enter that the meeting was held, None when that may be entered."""
    if refusal := _refusal(Step.RECORD, facts):
        return refusal
    if facts.start_at > now:
        return Problem(None, _NOT_BEGUN)
    if facts.state is State.CONFIRMED and facts.formality not in UNCALLED:
        return Problem(None, mark("Forumet kräver kallelse. Spara kallelsen innan du skriver in att mötet hölls."))
    return None


def may_close(facts: Facts) -> Problem | None:
    """The refusal to end the work with the meeting, None when it may be closed."""
    return _refusal(Step.CLOSE, facts)


def may_move(facts: Facts) -> Problem | None:
    """The refusal to give the meeting another time or place, None when it may have one."""
    return _refusal(Step.MOVE, facts)


def may_edit(facts: Facts) -> Problem | None:
    """The refusal to change anything else of the meeting, None when it may be changed."""
    return _refusal(Step.EDIT, facts)


def may_cancel(facts: Facts) -> Problem | None:
    """The refusal to cancel the meeting, None when it may be cancelled."""
    return _refusal(Step.CANCEL, facts)


def may_reinstate(facts: Facts, now: datetime) -> Problem | None:
    """The refusal to take up a cancelled meeting again, None while its time is ahead."""
    if refusal := _refusal(Step.REINSTATE, facts):
        return refusal
    return Problem(None, mark("Mötets tid har passerat. Boka ett nytt möte.")) if facts.start_at <= now else None


def may_correct(facts: Facts, to: State) -> Problem | None:
    """The refusal to take back that the meeting was held, None when it may go back to ``to``."""
    if refusal := _refusal(Step.CORRECT, facts):
        return refusal
    back = State.CALLED if facts.was_called else State.CONFIRMED
    if to is back:
        return None
    if to is State.CALLED:
        return Problem("to", mark("Det finns ingen kallelse till mötet. Rätta det till bokat."))
    if to is State.CONFIRMED:
        return Problem("to", mark("Det finns en kallelse till mötet. Rätta det till kallat."))
    return Problem("to", mark("Ett hållet möte kan rättas till bokat eller kallat."))


def lawful_steps(facts: Facts, now: datetime) -> tuple[Step, ...]:
    """The steps that a page may offer, in the order of ``Step``; only these succeed."""
    refusals = {
        Step.CONFIRM: may_confirm(facts, now),
        Step.CALL: may_call(facts, now, send=False),
        Step.RECORD: may_record(facts, now),
        Step.CLOSE: may_close(facts),
        Step.MOVE: may_move(facts),
        Step.EDIT: may_edit(facts),
        Step.CANCEL: may_cancel(facts),
        Step.REINSTATE: may_reinstate(facts, now),
        Step.CORRECT: may_correct(facts, State.CALLED if facts.was_called else State.CONFIRMED),
    }
    return tuple(step for step in Step if refusals[step] is None)


# ---------------------------------------------------------------- what follows from the state


def calendar_status(state: State | str) -> CalendarStatus:
    """What a calendar shows of ``state``: the call and the outcome make no difference there."""
    if state == State.PROPOSED:
        return "tentative"
    return "cancelled" if state == State.CANCELLED else "confirmed"


def has_stored_invitees(*, called: bool, chosen: bool, chosen_per_meeting: bool) -> bool:
    """Whether those invited are the stored list and not reckoned from the seats of the day.

    ``called``: a call has frozen them. ``chosen``: somebody has been picked by hand. ``chosen_per_meeting``:
    the forum's invitees always are (thematic talks), so that an empty list invites nobody.
    """
    return called or chosen or chosen_per_meeting


def public_level(forum_level: PublicLevel, state: State | str, *, own: bool | None, booked: bool) -> PublicLevel:
    """What everybody may see of a meeting.

    ``own`` is the meeting's own choice: False hides it, True shows all where the forum shows its dates; a forum
    that is not public shows nothing whatever its meetings say. A proposal is never shown, nor one that was
    cancelled before it was booked (``booked``).
    """
    if own is False or forum_level == "none" or state == State.PROPOSED or not booked:
        return "none"
    return "full" if own else forum_level
