"""How many forums kept their cadence in which year, by kind, and why those that did not. Pure but for its last part.

A forum is judged for a year by all that year's windows together: one that was missed is not made up for by the rest. A
rolling year and an interval have no calendar year to be judged in, and are not counted. Not here: what a window
requires (``cadence``), words and drawings.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.cadence.evaluation import Evaluation
from scheduler.cadence.rules import HELD_STATES, PLANNED_STATES, Status
from scheduler.cadence.years import YearSum
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.rules import Kind


class Verdict(StrEnum):
    """What a year came to, for one forum."""

    MET = "met"
    MISSED = "missed"
    #: The year is not over, and nothing of it is missed for good.
    OPEN = "open"
    #: Nothing was required, or not by the year.
    NOT_JUDGED = "not_judged"
    #: Before the first day the forum is tracked from.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class YearOf:
    """One year of one forum."""

    verdict: Verdict
    held: int = 0
    #: None where the verdict is not_judged or unknown.
    required: int | None = None
    #: A cadence status, for its word; None where nothing is known.
    status: str | None = None
    planned: int = 0

    @property
    def is_counted(self) -> bool:
        """Whether the year is one of those a share is of."""
        return self.verdict in {Verdict.MET, Verdict.MISSED, Verdict.OPEN}


UNKNOWN = YearOf(Verdict.UNKNOWN)
_MET = frozenset({Status.MET, Status.EXCEEDED})
#: What a present or coming year may not be counted by.
_IDLE = frozenset({Status.NO_REQUIREMENT, Status.PAUSED, Status.NOT_STARTED, Status.INACTIVE, Status.ENDED})


def closed_year(found: YearSum | None) -> YearOf:
    """A year that has ended."""
    if found is None:
        return UNKNOWN
    if not found.required or found.status is None:
        return YearOf(Verdict.NOT_JUDGED, found.held, status=(found.status or Status.NO_REQUIREMENT).value)
    verdict = Verdict.MET if found.status in _MET else Verdict.MISSED
    return YearOf(verdict, found.held, found.required, found.status.value)


def open_year(found: Evaluation | None, *, is_judged: bool) -> YearOf:
    """A year that has not ended; ``is_judged``: whether some window of it counts meetings."""
    if found is None:
        return UNKNOWN
    if not is_judged or not found.required or found.status in _IDLE:
        return YearOf(Verdict.NOT_JUDGED, found.held, status=found.status.value, planned=found.planned)
    verdict = Verdict.OPEN
    if found.status in _MET:
        verdict = Verdict.MET
    elif found.status is Status.MISSED:
        verdict = Verdict.MISSED
    return YearOf(verdict, found.held, found.required, found.status.value, found.planned)


# ---------------------------------------------------------------- counting


@dataclass(frozen=True)
class Tally:
    """How many forums a year came to what for."""

    met: int = 0
    missed: int = 0
    open: int = 0

    @property
    def judged(self) -> int:
        """All of them."""
        return self.met + self.missed + self.open

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.met + other.met, self.missed + other.missed, self.open + other.open)


def tally(years: Iterable[YearOf]) -> Tally:
    """The figures of some forums' one year."""
    found = Counter(year.verdict for year in years)
    return Tally(found[Verdict.MET], found[Verdict.MISSED], found[Verdict.OPEN])


def tallies(
    kinds: Mapping[int, str], years: Mapping[int, Mapping[int, YearOf]], shown: Sequence[int]
) -> dict[str, dict[int, Tally]]:
    """Kind → year → its figures; ``kinds`` says of what kind each forum is, ``years`` each forum's years.

    Kinds without a single judged forum in the years shown are left out.
    """
    of_kind: dict[str, list[int]] = defaultdict(list)
    for forum_id, kind in kinds.items():
        of_kind[kind].append(forum_id)
    found = {
        kind: {year: tally(years[forum_id][year] for forum_id in forum_ids) for year in shown}
        for kind, forum_ids in of_kind.items()
    }
    return {kind: figures for kind, figures in found.items() if any(one.judged for one in figures.values())}


# ---------------------------------------------------------------- why


@dataclass(frozen=True)
class Odd:
    """A meeting of the year that was to be and does not count."""

    on: date
    #: cancelled, without_quorum or unrecorded.
    what: str
    #: Why it was cancelled, "" where nobody said.
    reason: str = ""


@dataclass(frozen=True)
class Cause:
    """Why a forum lacks meetings: the latest that came to nothing, how many such there were, the last that was held."""

    odd: Odd | None
    count: int
    last_held: date | None


def cause(odd: Sequence[Odd], held: Collection[date]) -> Cause:
    """What speaks for a forum that did not meet enough: first what was cancelled, then what did not count."""
    for what in ("cancelled", "without_quorum", "unrecorded"):
        rows = sorted((row for row in odd if row.what == what), key=lambda row: row.on)
        if rows:
            return Cause(rows[-1], len(rows), max(held, default=None))
    return Cause(None, 0, max(held, default=None))


def odd_meetings(
    session: Session, forum_ids: Collection[int], year: int, today: date, *, with_quorum: Collection[int]
) -> tuple[dict[int, list[Odd]], dict[int, list[date]]]:
    """Forum → the meetings of ``year`` that came to nothing, and forum → the days of those held. One query.

    ``with_quorum``: the forums whose meetings count only with a quorum. What is still ahead is no meeting that came to
    nothing.
    """
    odd: dict[int, list[Odd]] = defaultdict(list)
    held: dict[int, list[date]] = defaultdict(list)
    if not forum_ids:
        return odd, held
    rows = session.execute(
        select(MeetingForum.forum_id, Meeting.local_on, Meeting.state, Meeting.quorum, Meeting.cancel_reason)
        .join(Meeting, Meeting.id == MeetingForum.meeting_id)
        .where(
            MeetingForum.forum_id.in_(forum_ids),
            Meeting.local_on.between(date(year, 1, 1), date(year, 12, 31)),
            Meeting.kind != Kind.PER_CAPSULAM,
        )
        .order_by(Meeting.start_at, Meeting.id)
    )
    for forum_id, on, state, quorum, reason in rows:
        if state in HELD_STATES and not (quorum is False and forum_id in with_quorum):
            held[forum_id].append(on)
        elif state in HELD_STATES:
            odd[forum_id].append(Odd(on, "without_quorum"))
        elif state == "cancelled":
            odd[forum_id].append(Odd(on, "cancelled", reason or ""))
        elif state in PLANNED_STATES and on < today:
            odd[forum_id].append(Odd(on, "unrecorded"))
    return odd, held
