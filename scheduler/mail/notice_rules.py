"""What those invited are told when something is done with a meeting, and how several such mails become one. Pure.

A notice is a call, a change, a cancellation or a withdrawal (``rules.NOTICES``). Its text is written when it leaves,
from the meeting as it then is; what is kept until then is the meeting as its recipient last knew it. So two changes
become one mail, and a change that is taken back before the mail has left becomes none. Not here: who is invited, the
rows (``notices``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler.mail.rules import NOTICES, REMINDED
from scheduler.meetings.changes import Snapshot, last_change

#: Changes of one meeting within this time become one mail (spec reminders, Headers and text).
MERGED_WITHIN = timedelta(minutes=10)
#: Nobody waits for more changes when the meeting is as near as this.
AT_ONCE = timedelta(hours=3)


def notice_of(change: str, before: Snapshot | None, after: Snapshot) -> str | None:
    """The notice that a change of ``change``'s kind means for those invited; None: they are told nothing.

    Another title, note or answer day is no news, and neither is a meeting that is booked: its date is told when the
    rules say so.
    """
    if before is None:
        return None
    state = after["state"]
    if state == "cancelled":
        return "cancellation" if before["state"] in REMINDED else None
    if state not in REMINDED:
        return None
    if change == "call":
        return "call"
    if before["state"] == "cancelled" or (before["state"] in REMINDED and last_change(before, after)):
        return "change"
    return None


@dataclass(frozen=True)
class Waiting:
    """A notice that has not left."""

    kind: str
    #: The meeting as the recipient last knew it; None for a call.
    before: Snapshot | None


@dataclass(frozen=True)
class Merged:
    """What becomes of the notices of one meeting for one mailbox."""

    #: Whether what waits goes on as it is.
    keeps: bool
    #: The notice to make now; None: none.
    kind: str | None = None
    before: Snapshot | None = None


def merge(waiting: Waiting | None, kind: str, before: Snapshot | None, after: Snapshot) -> Merged:
    """What waits, and a new notice of ``kind``, as one.

    ``before`` and ``after``: the meeting around the new change.
    """
    if waiting is None:
        return Merged(keeps=False, kind=kind, before=before)
    if waiting.kind == "call" and kind == "change":
        return Merged(keeps=True)  # it will be written as things then are
    if waiting.kind == "call" and kind in {"cancellation", "withdrawal"}:
        return Merged(keeps=False)  # there was nothing to take back
    if kind == "change" and waiting.before is not None:
        if is_news(waiting.before, after):
            return Merged(keeps=False, kind=kind, before=waiting.before)
        return Merged(keeps=False)
    known = waiting.before if waiting.before is not None and kind == "cancellation" else before
    return Merged(keeps=False, kind=kind, before=known)


def is_news(before: Snapshot, after: Snapshot) -> bool:
    """Whether somebody who knew the meeting as ``before`` has something to be told of it as it is now."""
    return last_change(before, after) is not None


def leaves_at(kind: str, now: datetime, start_at: datetime, undo_seconds: int) -> datetime:
    """When a notice made at ``now`` may leave first: after the time in which it can be taken back.

    A change waits for others as long as there is time for that.
    """
    assert kind in NOTICES  # noqa: S101 - the callers' own kinds
    wait = timedelta(seconds=undo_seconds)
    if kind == "change" and start_at - now > AT_ONCE and undo_seconds:
        wait = max(wait, MERGED_WITHIN)
    return now + wait


def lists_of(after: Mapping[str, Any] | None) -> tuple[frozenset[int], frozenset[int]]:
    """Whom a change of the list has called and whom it has withdrawn, by their rows."""
    changed = (after or {}).get("invitees") or {}
    return frozenset(changed.get("called", ())), frozenset(changed.get("withdrawn", ()))
