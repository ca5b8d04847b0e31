"""What a forum, a seat, an appointment and a cadence may be: fields, states, quorum, nesting's cycles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, NamedTuple, TypedDict

from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.ical.text import one_line
from scheduler.organisations import fields
from scheduler.organisations.fields import (
    Choice,
    Clock,
    Day,
    Email,
    Field,
    Flag,
    Number,
    Reference,
    Text,
    Unfit,
    Zone,
)
from scheduler.organisations.rules import PRECISIONS, Span

NAME_LIMIT = 300
#: What a person may write; a register file may hold longer ones.
SHORT_NAME_LIMIT = 24

FORMALITIES = ("informal", "notes", "protocol", "protocol_notice")
QUORUM_RULES = ("none", "number", "more_than_half")
NOTICE_UNITS = ("calendar_days", "working_days")
PUBLIC_LEVELS = ("none", "dates", "full")
LEAD_RELATIONS = ("leads", "takes_part")

#: State → the states that may follow it.
NEXT_STATES: Mapping[str, tuple[str, ...]] = {
    "proposal": ("active", "ended"),
    "active": ("resting", "ended"),
    "resting": ("active", "ended"),
    "ended": ("active",),
}
STATES = tuple(NEXT_STATES)


def state_on(state: str, valid_to_on: date | None, day: date) -> str:
    """The state of a forum on a day: ended once its last day has passed, whatever is stored."""
    return "ended" if valid_to_on is not None and valid_to_on < day else state


class Code:
    """Two to four letters, in capitals; or nothing."""

    def read(self, value: Any) -> str | None:
        """The code."""
        code = one_line(str(value or "")).upper()
        if code and not (code.isalpha() and 2 <= len(code) <= 4):  # noqa: PLR2004 - spec interface, long compounds
            raise Unfit(mark("Koden ska ha 2–4 bokstäver"))
        return code or None


class ForumFields(TypedDict, total=False):
    """What of a forum a person writes; ids refer to rows. None in an inherited field means: as the kind."""

    name: str | None
    kind_id: str | None
    short_name: str | None
    code: str | None
    state: str
    host_id: int | None
    parent_id: int | None
    contact_id: int | None
    lead_office_id: int | None
    lead_person_id: int | None
    lead_relation: str
    secretariat_id: int | None
    secretariat_email: str | None
    name_missing: bool
    family_count: int | None
    purpose: str | None
    membership_note: str | None
    note: str | None
    invitees_per_meeting: bool
    default_place_id: int | None
    default_time: time
    #: Minutes.
    duration: int
    time_zone: str
    min_gap_days: int | None
    extra_counts: bool
    #: The chair may plan, call, move, cancel and record meetings.
    chair_plans: bool
    substitutes_automatic: bool
    asks_needs: bool
    public_names: bool
    formality: str | None
    quorum_rule: str | None
    quorum_number: int | None
    requires_quorum: bool | None
    notice_n: int | None
    notice_unit: str | None
    minutes_days: int | None
    public_level: str | None
    #: The first day, or any day of the month, year or decade that ``valid_from_precision`` says.
    valid_from_on: date | None
    valid_from_precision: str
    valid_to_on: date | None
    tracked_from_on: date | None
    demo: bool


FORUM_FIELDS: Mapping[str, Field] = {
    "name": Text(NAME_LIMIT, missing=mark("Ange forumets namn")),
    "kind_id": Text(40, missing=mark("Välj en typ")),
    "short_name": Text(SHORT_NAME_LIMIT),
    "code": Code(),
    "state": Choice(STATES),
    "host_id": Reference(),
    "parent_id": Reference(),
    "contact_id": Reference(),
    "lead_office_id": Reference(),
    "lead_person_id": Reference(),
    "lead_relation": Choice(LEAD_RELATIONS),
    "secretariat_id": Reference(),
    "secretariat_email": Email(),
    "name_missing": Flag(),
    "family_count": Number(1, 10_000, optional=True),
    "purpose": Text(20_000, lines=True),
    "membership_note": Text(20_000, lines=True),
    "note": Text(20_000, lines=True),
    "invitees_per_meeting": Flag(),
    "default_place_id": Reference(),
    "default_time": Clock(),
    "duration": Number(5, 10 * 24 * 60),
    "time_zone": Zone(),
    "min_gap_days": Number(0, 366, optional=True),
    "extra_counts": Flag(),
    "chair_plans": Flag(),
    "substitutes_automatic": Flag(),
    "asks_needs": Flag(),
    "public_names": Flag(),
    "formality": Choice(FORMALITIES, optional=True),
    "quorum_rule": Choice(QUORUM_RULES, optional=True),
    "quorum_number": Number(1, 1000, optional=True),
    "requires_quorum": Flag(optional=True),
    "notice_n": Number(0, 365, optional=True),
    "notice_unit": Choice(NOTICE_UNITS, optional=True),
    "minutes_days": Number(0, 365, optional=True),
    "public_level": Choice(PUBLIC_LEVELS, optional=True),
    "valid_from_on": Day(),
    "valid_from_precision": Choice(PRECISIONS),
    "valid_to_on": Day(),
    "tracked_from_on": Day(missing=mark("Ange från vilken dag mötena finns här")),
    "demo": Flag(),
}


def forum_problems(after: Callable[[str], Any], *, state_before: str | None) -> list[Problem]:
    """What is wrong with a forum as a whole; ``after`` gives each field as it would be stored."""
    problems = fields.order_problem("valid_to_on", after("valid_from_on"), after("valid_to_on"))
    if after("lead_office") is not None and after("lead_person") is not None:
        problems.append(Problem("lead_person_id", mark("Välj en befattning eller en person, inte båda")))
    if after("quorum_rule") == "number" and after("quorum_number") is None:
        problems.append(Problem("quorum_number", mark("Ange hur många som krävs")))
    state = after("state")
    if state_before not in {None, state} and state not in NEXT_STATES[state_before or state]:
        problems.append(Problem("state", mark("Dit kan forumet inte gå från det läge det har")))
    return problems


#: What each kind of requirement consists of; other numbers are not kept.
CADENCE_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "count": ("min", "max", "target", "period", "window", "approximate"),
    "interval": ("every", "unit"),
    "none": (),
}


# ---------------------------------------------------------------- quorum


def quorum_needed(rule: str, number: int | None, seats: int) -> int | None:
    """How many of ``seats`` must be filled for a quorum; None where none is required or nothing can be said.

    "more_than_half" of 13 is 7, of 14 is 8; "number" is the number itself.
    """
    if rule == "number":
        return number
    if rule == "more_than_half" and seats > 0:
        return seats // 2 + 1
    return None


# ---------------------------------------------------------------- nesting


class Inclusion(NamedTuple):
    """A forum that has another's seats among its own, on the days of ``span``."""

    forum_id: int
    included_id: int
    span: Span
    #: The kinds of seats taken over.
    seat_kinds: frozenset[str]


def find_cycle(inclusions: Iterable[Inclusion], new: Inclusion) -> list[int] | None:
    """The forums of a ring that ``new`` would close, from and back to its forum; None when it closes none.

    A ring is one only when some day lies in all of its inclusions.
    """
    below: dict[int, list[Inclusion]] = {}
    for inclusion in inclusions:
        below.setdefault(inclusion.forum_id, []).append(inclusion)

    def back(at: int, span: Span, passed: tuple[int, ...]) -> list[int] | None:
        if at == new.forum_id:
            return [*passed, at]
        for inclusion in below.get(at, ()):
            common = span.common(inclusion.span)
            if common is not None and inclusion.included_id not in passed:
                ring = back(inclusion.included_id, common, (*passed, at))
                if ring is not None:
                    return ring
        return None

    ring = back(new.included_id, new.span, ())
    return None if ring is None else [new.forum_id, *ring]


def reach_on(inclusions: Sequence[Inclusion], on: date) -> dict[int, dict[int, frozenset[str]]]:
    """Forum → each forum whose seats it has on the day, however deep, with the kinds it has of them.

    A kind comes through a chain only when every link takes it. Order: as included, level by level.
    """
    below: dict[int, list[Inclusion]] = {}
    for inclusion in inclusions:
        if on in inclusion.span:
            below.setdefault(inclusion.forum_id, []).append(inclusion)
    found: dict[int, dict[int, frozenset[str]]] = {}
    for start in below:
        kinds_of: dict[int, frozenset[str]] = {}
        waiting: list[tuple[int, frozenset[str] | None]] = [(start, None)]
        for at, kinds in waiting:  # grows while it is walked
            for inclusion in below.get(at, ()):
                taken = inclusion.seat_kinds if kinds is None else inclusion.seat_kinds & kinds
                known = kinds_of.get(inclusion.included_id, frozenset())
                if taken - known and inclusion.included_id != start:
                    kinds_of[inclusion.included_id] = known | taken
                    waiting.append((inclusion.included_id, taken))
        found[start] = kinds_of
    return found


def above(inclusions: Iterable[Inclusion], forum_id: int) -> list[int]:
    """The forums that have the forum's seats, directly or through others; nearest first."""
    over: dict[int, list[int]] = {}
    for inclusion in inclusions:
        over.setdefault(inclusion.included_id, []).append(inclusion.forum_id)
    found: list[int] = []
    waiting = [forum_id]
    for at in waiting:  # grows while it is walked
        for upper in over.get(at, ()):
            if upper != forum_id and upper not in found:
                found.append(upper)
                waiting.append(upper)
    return found


# ---------------------------------------------------------------- the calling-in order


@dataclass(frozen=True)
class SubstituteSeat:
    """What of a substitute's seat decides when it is called in."""

    seat_id: int
    group: str | None
    personal_for_id: int | None
    position: int


class OrderEntry(NamedTuple):
    """A row of a decided order: of one seat, of a group, or (both None) of the whole forum."""

    seat_id: int | None
    group: str | None
    #: What comes at this place: a seat, or all seats of a group.
    substitute_seat_id: int | None
    substitute_group: str | None


def calling_order(
    seat_id: int, group: str | None, substitutes: Iterable[SubstituteSeat], order: Sequence[OrderEntry]
) -> list[int]:
    """The ids of the substitutes' seats in the order they are called in for the seat.

    Personal substitutes first; then the order decided for the seat, else for its group, else its own group by
    position; then the order of the whole forum; then the rest by position. Personal substitutes of other seats
    come last of each.
    """
    seats = sorted(substitutes, key=lambda s: (s.personal_for_id not in {None, seat_id}, s.position, s.seat_id))
    found = [seat.seat_id for seat in seats if seat.personal_for_id == seat_id]

    def take(entries: Iterable[OrderEntry]) -> bool:
        before = len(found)
        for entry in entries:
            wanted = [
                seat.seat_id
                for seat in seats
                if seat.seat_id == entry.substitute_seat_id
                or (entry.substitute_group is not None and seat.group == entry.substitute_group)
            ]
            found.extend(seat for seat in wanted if seat not in found)
        return len(found) > before

    decided = take(entry for entry in order if entry.seat_id == seat_id)
    if not decided and group is not None:
        decided = take(entry for entry in order if entry.seat_id is None and entry.group == group)
    if not decided and group is not None:
        take([OrderEntry(None, None, None, group)])
    take(entry for entry in order if entry.seat_id is None and entry.group is None)
    found.extend(seat.seat_id for seat in seats if seat.seat_id not in found)
    return found
