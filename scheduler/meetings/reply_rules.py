"""What one may answer to a call and when, which answer counts, and the counts in words. Pure.

Not here: storing an answer (``replies``), personal links and mails, which come on top of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.meetings.rules import DONE, UNCALLED, Mode, State


class Answer(StrEnum):
    """What somebody called says."""

    YES = "yes"
    REMOTE = "remote"
    NO = "no"
    MAYBE = "maybe"


@dataclass(frozen=True)
class Call:
    """What of a meeting, and of one who is called to it, decides whether an answer is taken."""

    state: State
    #: An aware instant.
    start_at: datetime
    mode: Mode
    #: informal, notes, protocol or protocol_notice.
    formality: str
    #: The person was called and is so no more.
    is_withdrawn: bool = False


def allowed_answers(call: Call) -> tuple[Answer, ...]:
    """The answers that may be given, in the order a page offers them.

    From a distance only where the meeting can be attended so; "maybe" only to an invitation: a summons asks for
    a yes or a no.
    """
    answers = [Answer.YES]
    if call.mode in {Mode.HYBRID, Mode.REMOTE}:
        answers.append(Answer.REMOTE)
    answers.append(Answer.NO)
    if call.formality in UNCALLED:
        answers.append(Answer.MAYBE)
    return tuple(answers)


def may_reply(call: Call, now: datetime) -> Problem | None:
    """The refusal to take any answer, None while one is taken: also after the last day for it."""
    if call.state is State.CANCELLED:
        return Problem(None, mark("Mötet är inställt. Du behöver inte svara."))
    if call.is_withdrawn:
        return Problem(None, mark("Kallelsen är återkallad. Du behöver inte svara."))
    if call.state in DONE or (call.state is State.CALLED and call.start_at <= now):
        return Problem(None, mark("Mötet har redan börjat."))
    if call.state is not State.CALLED:
        return Problem(None, mark("Mötet är inte kallat än. Svara när kallelsen har kommit."))
    return None


def may_answer(call: Call, answer: str, now: datetime) -> Problem | None:
    """The refusal to take this answer, None when it is taken."""
    if refusal := may_reply(call, now):
        return refusal
    if answer not in allowed_answers(call):
        return Problem("answer", mark("Välj ett av svaren"))
    return None


def is_late(answered_on: date, answer_by_on: date | None) -> bool:
    """Whether an answer came after the last day for it (which is included); None: there is no such day."""
    return answer_by_on is not None and answered_on > answer_by_on


# ---------------------------------------------------------------- which answer counts


@dataclass(frozen=True)
class Given:
    """The latest answer that was given."""

    answer: Answer
    at: datetime
    late: bool = False
    comment: str | None = None
    #: page, secretary, link or mail.
    via: str = "page"


@dataclass(frozen=True)
class Standing:
    """How somebody called stands: the answer that counts, None for none so far."""

    answer: Answer | None = None
    #: It follows from days the person is away, and was not given.
    is_away: bool = False
    late: bool = False
    comment: str | None = None
    via: str | None = None
    #: When it was given; None: it was not, or nothing was said. Says nothing of how one stands.
    at: datetime | None = field(default=None, compare=False)


#: Nothing has been said.
UNANSWERED = Standing()


def standing(given: Given | None, away: Iterable[datetime | None] = ()) -> Standing:
    """The answer that counts: the one given, or "no" when the person has since said to be away that day.

    ``away``: for each absence over the day of the meeting when it was entered, None where that is not known; such
    a one gives way to any answer.
    """
    entered = list(away)
    if given is None:
        return Standing(Answer.NO, is_away=True) if entered else UNANSWERED
    if any(at is not None and at > given.at for at in entered):
        return Standing(Answer.NO, is_away=True)
    return Standing(given.answer, late=given.late, comment=given.comment, via=given.via, at=given.at)
