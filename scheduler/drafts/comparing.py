"""Two drafts of a year side by side: which dates they share, which differ, and what each costs in the same measure.

Each was weighed by its own profile; here both are judged by the balanced weights, else their points could not be
compared. Not here: making drafts that differ (``alternatives``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from scheduler.drafts.judging import Journeys, Term, journeys_of, terms_of
from scheduler.drafts.queries import Board
from scheduler.drafts.remarks import is_clash
from scheduler.drafts.translating import instance_of, number, unpack
from scheduler.i18n import sort_key
from scheduler.planning.cells import Standing
from scheduler.planning.checker import TERMS, check
from scheduler.planning.instance import Weights
from scheduler.planning.plan import Plan
from scheduler.planning.profiles import difference


@dataclass(frozen=True)
class Side:
    """One of the two. ``cost`` and ``terms`` are by the balanced weights."""

    cost: int
    terms: Mapping[str, Term]
    clashes: int
    lacking: int
    journeys: Journeys


@dataclass(frozen=True)
class Dates:
    """A forum's dates in one of the drafts; ``other``: whether the other draft does not have the date."""

    on: date
    start: int
    other: bool


@dataclass(frozen=True)
class ForumRow:
    """A forum in both drafts."""

    forum_id: int
    name: str
    left: tuple[Dates, ...]
    right: tuple[Dates, ...]

    @property
    def differs(self) -> int:
        """How many of its dates are in one of the drafts alone."""
        return sum(one.other for one in (*self.left, *self.right))


@dataclass(frozen=True)
class TermRow:
    """A term in both drafts: points and how many."""

    key: str
    left: Term | None
    right: Term | None

    @property
    def better(self) -> str:
        """Which draft it costs less: left, right, or "" when it is the same."""
        left, right = (0 if one is None else one.points for one in (self.left, self.right))
        return "" if left == right else "left" if left < right else "right"


@dataclass(frozen=True)
class Comparison:
    """Two drafts. ``different`` is the share of meetings, from 0 to 1, that do not lie on the same date in both."""

    left: Side
    right: Side
    rows: tuple[ForumRow, ...]
    terms: tuple[TermRow, ...]
    different: float


def compare(left: Board, right: Board) -> Comparison:
    """Puts two boards side by side; forums that are in one alone stand there without dates in the other."""
    sides = (_side(left), _side(right))
    keys = [key for key in TERMS if any(key in one.terms for one in sides)]
    terms = tuple(TermRow(key, sides[0].terms.get(key), sides[1].terms.get(key)) for key in keys)
    return Comparison(*sides, tuple(_rows(left, right)), terms, difference(left.plan, right.plan))


def _balanced(board: Board) -> Weights:
    packed = board.draft.problem
    assert packed is not None  # noqa: S101 - there is no board without
    if board.draft.profile == "balanced":
        return board.instance.weights
    return instance_of(unpack(packed), "balanced").weights


def _side(board: Board) -> Side:
    instance = replace(board.instance, weights=_balanced(board))
    report = check(instance, board.plan)
    found = terms_of(instance, board.plan, report)
    return Side(
        report.cost, {one.key: one for one in found}, sum(map(is_clash, board.remarks.values())),
        len(board.lacking), journeys_of(Standing(instance, board.plan), board.plan),
    )  # fmt: skip


def _rows(left: Board, right: Board) -> list[ForumRow]:
    names = {number(one.id): one.name for board in (right, left) for one in board.instance.forums}
    mine, theirs = _dates(left.plan), _dates(right.plan)
    found = []
    for forum_id, name in names.items():
        here, there = mine[forum_id], theirs[forum_id]
        found.append(
            ForumRow(
                forum_id, name,
                tuple(Dates(on, start, on not in there) for on, start in sorted(here.items())),
                tuple(Dates(on, start, on not in here) for on, start in sorted(there.items())),
            )
        )  # fmt: skip
    return sorted(found, key=lambda row: (-row.differs, sort_key(row.name)))


def _dates(plan: Plan) -> defaultdict[int, dict[date, int]]:
    found: defaultdict[int, dict[date, int]] = defaultdict(dict)
    for one in plan.meetings:
        found[number(one.forum)][one.on] = one.start
    return found
