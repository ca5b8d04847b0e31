"""What an answer of the mail server means, and what becomes of the mail (spec reminders, the outcome table). Pure.

Not here: talking to the server (``delivery``), the tables (``models``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scheduler.mail.rules import KINDS

#: State → the states it may become. What is not here is final.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"claimed", "held", "superseded", "expired"}),
    "deferred": frozenset({"claimed", "held", "superseded", "expired"}),
    "held": frozenset({"pending", "superseded", "expired"}),
    "claimed": frozenset(
        {
            "transmitting",
            "pending",
            "deferred",
            "claimed",
            "sent",
            "held",
            "superseded",
            "expired",
            "suppressed",
            "failed",
        }
    ),
    "transmitting": frozenset({"sent", "pending", "deferred", "failed", "expired", "uncertain", "claimed", "held"}),
    # A cancelled meeting is reinstated before anything was sent.
    "superseded": frozenset({"pending"}),
    # By hand: tried once more.
    "failed": frozenset({"pending"}),
    "uncertain": frozenset({"pending"}),
    "expired": frozenset({"pending"}),
}


def before(state: str) -> tuple[str, ...]:
    """The states from which a mail may become ``state``."""
    return tuple(first for first, following in TRANSITIONS.items() if state in following)


class Stage(StrEnum):
    """How far a try came; the words of the attempt log."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    #: DATA was asked for, or its bytes were under way: the server cannot have taken the mail.
    DATA = "data"
    #: The final dot was sent and the answer to it is what counts: the server may have taken the mail.
    DOT = "dot"
    DONE = "done"
    #: Mode log: written down instead of sent.
    LOG = "log"


@dataclass(frozen=True)
class Answer:
    """The end of one try: the stage, the server's code (None: no connection, cut, timed out) and its text."""

    stage: Stage
    code: int | None = None
    text: str = ""

    @property
    def enhanced(self) -> str:
        """The enhanced code in the text ("5.1.1", RFC 3463), "" without one."""
        found = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", self.text)
        return found[1] if found else ""


class Outcome(StrEnum):
    """What an answer is treated as."""

    SENT = "sent"
    #: The relay is in trouble: no mail is to blame, all wait.
    RELAY = "relay"
    DEFER = "defer"
    #: This mailbox does not take mail.
    MAILBOX = "mailbox"
    #: This mail is not wanted: one late try more.
    REFUSED = "refused"
    #: Perhaps it arrived.
    DOUBT = "doubt"


#: Codes that speak of the relay or of our login, at whatever stage.
_RELAY = frozenset({421, 454, 530, 535})
_LATER = frozenset({450, 451, 452, 432})
_NO_MAILBOX = frozenset({550, 551, 553})
#: Said of the sender's address, not of the recipient's.
_SENDER = frozenset({"5.1.7", "5.1.8"})
#: After the first of these the mailbox gets no more mail: it does not exist.
GONE = frozenset({"5.1.1", "5.1.10"})


def outcome_of(answer: Answer) -> Outcome:
    """What ``answer`` is treated as: the whole table of spec reminders, "What an SMTP answer means"."""
    code, enhanced, stage = answer.code, answer.enhanced, answer.stage
    if stage in {Stage.DONE, Stage.LOG}:
        return Outcome.SENT
    if code is None:
        return Outcome.DOUBT if stage is Stage.DOT else Outcome.RELAY
    if code in _RELAY or stage is Stage.CONNECT:
        return Outcome.RELAY
    if code in _LATER:
        return Outcome.DEFER
    if stage is Stage.MAIL or not 400 <= code < 600:  # noqa: PLR2004 - what is neither 4xx nor 5xx is no answer to SMTP
        return Outcome.RELAY
    if code < 500:  # noqa: PLR2004 - 4xx: not now
        return Outcome.DEFER
    if stage is Stage.RCPT and enhanced in _SENDER:
        return Outcome.RELAY
    if stage is Stage.RCPT and code in _NO_MAILBOX and (enhanced.startswith("5.1.") or enhanced == "5.2.1"):
        return Outcome.MAILBOX
    return Outcome.REFUSED


#: Minutes to wait after each deferral; the last one repeats.
WAITS = (5, 15, 30, 60, 120, 240)
LATE_RETRY = timedelta(hours=4)
#: How long before it is stale a mail gets its last try.
LAST_TRY = timedelta(minutes=5)
#: Minutes the relay is left alone after each trouble in a row; the last one repeats.
PAUSES = (1, 2, 4, 8, 15)


@dataclass(frozen=True)
class Next:
    """What becomes of the mail: its state and, while it waits, when it is tried again."""

    state: str
    next_at: datetime | None = None
    counts: bool = True


def pause(troubles: int) -> timedelta:
    """How long the relay is left alone after ``troubles`` in a row, counted from 1."""
    return timedelta(minutes=PAUSES[min(troubles, len(PAUSES)) - 1])


def following(
    outcome: Outcome,
    *,
    kind: str,
    now: datetime,
    stale_at: datetime,
    tries: int,
    last_code: int | None,
    spread: float,
) -> Next:
    """What becomes of a mail of ``kind`` after ``outcome``; "until stale_at", not a number of times.

    ``tries`` counts earlier tries that were this mail's own, ``last_code`` is the code before this one.
    ``spread`` is between 0.5 and 1.5 and keeps mails that were deferred together apart. Trouble of the relay
    does not count as a try; the caller sets when it is over.
    """
    match outcome:
        case Outcome.SENT:
            return Next("sent")
        case Outcome.RELAY:
            return Next("deferred" if tries else "pending", now, counts=False)
        case Outcome.MAILBOX:
            return Next("failed")
        case Outcome.DOUBT if not KINDS[kind].resend_in_doubt:
            return Next("uncertain")
        case Outcome.REFUSED if (last_code or 0) >= 500 or now + LATE_RETRY >= stale_at:  # noqa: PLR2004 - it was refused before
            return Next("failed")
        case Outcome.REFUSED:
            return Next("deferred", now + LATE_RETRY)
    wait = timedelta(minutes=WAITS[min(tries, len(WAITS) - 1)] * spread)
    next_at = min(now + wait, max(stale_at - LAST_TRY, now + LAST_TRY))
    return Next("deferred", next_at) if next_at < stale_at else Next("expired")
