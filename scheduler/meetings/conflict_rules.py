"""What speaks against a date, judged from what is known of it (M7). Pure: values in, conflicts out.

A conflict never forbids: a serious one needs a reason, a mild one is a thing to know. Not here: finding out
(``conflicts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.meetings.times import Span
from scheduler.places.busy_rules import Taken
from scheduler.places.rules import Blocked
from scheduler.workdays.observances import Mark, MarkKind
from scheduler.workdays.wording import Wording

ConflictKind = Literal["people", "busy", "town", "day", "blocked", "notice", "gap", "place", "capacity"]
Severity = Literal["serious", "mild"]

_SATURDAY = 5
#: More names than this are counted, not listed.
_MOST_NAMES = 8
_SERIOUS_DAYS = frozenset({MarkKind.PUBLIC, MarkKind.EVE, MarkKind.CLOSED})


@dataclass(frozen=True)
class Guest:
    """Somebody invited to the meeting being judged."""

    person_id: int
    #: As shown.
    name: str
    organisation_id: int | None = None
    #: Only told of the meeting: a clash of theirs is none.
    is_substitute: bool = False
    #: The seat held, for finding a substitute.
    seat_id: int | None = None


@dataclass(frozen=True)
class Other:
    """Another meeting on the same days."""

    meeting_id: int
    span: Span
    #: Only proposed: it may still give way.
    is_proposal: bool
    #: Those who are expected there.
    person_ids: frozenset[int]
    #: Where people travel to; None for a meeting on a link, or where nothing is known.
    town: str | None
    #: The place and the one it is part of.
    place_ids: frozenset[int] = frozenset()
    #: A room in the place, folded.
    room: str = ""


@dataclass(frozen=True)
class Circumstances:
    """All that is known of a date for a meeting."""

    span: Span
    guests: Sequence[Guest] = ()
    #: Person → name of the substitute that could serve instead.
    substitutes: Mapping[int, str] = field(default_factory=dict)
    others: Sequence[Other] = ()
    town: str | None = None
    place_name: str | None = None
    place_ids: frozenset[int] = frozenset()
    room: str = ""
    capacity: int | None = None
    #: Day → its marks in the almanac, closed days too.
    marks: Mapping[date, Sequence[Mark]] = field(default_factory=dict)
    blocked: Sequence[Blocked] = ()
    #: When people's own calendars say they are busy, on these days.
    taken: Sequence[Taken] = ()
    #: Organisation, person or place → its name as shown, for what is blocked.
    names: Mapping[tuple[str, int], str] = field(default_factory=dict)
    #: The last day of the summons, None when it is out or none is needed.
    call_by: date | None = None
    today: date = date.min
    #: The forum's nearest meetings before and after, with the least number of days to them.
    neighbours: Sequence[tuple[date, int]] = ()


@dataclass(frozen=True)
class Clash:
    """One person who has another meeting, or something else in their own calendar."""

    person_id: int
    name: str
    #: None: in their own calendar, which tells nobody what it is.
    meeting_id: int | None
    #: Who could serve instead, None where nobody can.
    substitute: str | None = None


@dataclass(frozen=True)
class Conflict:
    """One thing that speaks against a date; ``str()`` is its sentence in the language in use."""

    kind: ConflictKind
    severity: Severity
    #: people, busy, town: who.
    clashes: tuple[Clash, ...] = ()
    #: day, blocked, notice, gap: which day (the day itself, the last day to call, the neighbour).
    on: date | None = None
    #: day, blocked: what it is called; blocked by somebody's own calendar: not told.
    name: Wording | None = None
    #: blocked: whose, as shown, None for all; town: the other town; place, capacity: the place.
    of: str | None = None
    #: gap: the least number of days; capacity: how many fit.
    limit: int | None = None
    #: gap: how many days there are; capacity: how many are invited.
    count: int = 0
    #: place: when it is taken.
    span: Span | None = None

    @property
    def weighs(self) -> bool:
        """Whether going on needs a reason."""
        return self.severity == "serious"

    def __str__(self) -> str:
        """The sentence, with a full stop."""
        return _SENTENCES[self.kind](self)


def judge(known: Circumstances) -> list[Conflict]:
    """Everything that speaks against the date, the weightiest kind first."""
    found = [
        *_people(known),
        *_busy(known),
        *_place(known),
        *_days(known),
        *_blocked(known),
        *_notice(known),
        *_gaps(known),
        *_town(known),
        *_capacity(known),
    ]
    return sorted(found, key=lambda conflict: not conflict.weighs)


# ---------------------------------------------------------------- the rules


def _expected(known: Circumstances) -> Iterator[Guest]:
    return (guest for guest in known.guests if not guest.is_substitute)


def _people(known: Circumstances) -> Iterator[Conflict]:
    """Those who would be in two places; only proposals on the other side weigh less."""
    overlapping = [other for other in known.others if other.span.overlaps(known.span)]
    firm: list[Clash] = []
    loose: list[Clash] = []
    for guest in _expected(known):
        there = [other for other in overlapping if guest.person_id in other.person_ids]
        booked = next((other for other in there if not other.is_proposal), None)
        if there:
            other = booked or there[0]
            clash = Clash(guest.person_id, guest.name, other.meeting_id, known.substitutes.get(guest.person_id))
            (firm if booked else loose).append(clash)
    if firm:
        yield Conflict("people", "serious", clashes=tuple(firm))
    if loose:
        yield Conflict("people", "mild", clashes=tuple(loose))


def _busy(known: Circumstances) -> Iterator[Conflict]:
    """Those whose own calendar says they are busy, or perhaps; not those who are at another meeting by ours."""
    states: dict[int, bool] = {}
    for taken in known.taken:
        if taken.start < known.span.end_at and taken.end > known.span.start_at:
            states[taken.person_id] = taken.tentative and states.get(taken.person_id, True)
    meeting = {
        person_id
        for other in known.others
        if other.span.overlaps(known.span) and not other.is_proposal
        for person_id in other.person_ids
    }
    for tentative in (False, True):
        clashes = tuple(
            Clash(guest.person_id, guest.name, None, known.substitutes.get(guest.person_id))
            for guest in _expected(known)
            if states.get(guest.person_id) == tentative and guest.person_id not in meeting
        )
        if clashes:
            yield Conflict("busy", "mild" if tentative else "serious", clashes=clashes)


def _town(known: Circumstances) -> Iterator[Conflict]:
    """Those who have a meeting in another town the same day, at another time."""
    if known.town is None:
        return
    clashes: dict[str, list[Clash]] = {}
    for other in known.others:
        if other.town is None or other.town == known.town or other.span.overlaps(known.span):
            continue
        clashes.setdefault(other.town, []).extend(
            Clash(guest.person_id, guest.name, other.meeting_id, known.substitutes.get(guest.person_id))
            for guest in _expected(known)
            if guest.person_id in other.person_ids
        )
    for town, found in clashes.items():
        if found:
            yield Conflict("town", "mild", clashes=tuple(found), of=town)


def _days(known: Circumstances) -> Iterator[Conflict]:
    for day in known.span.days():
        marks = known.marks.get(day, ())
        if day.weekday() >= _SATURDAY and not any(mark.kind in _SERIOUS_DAYS for mark in marks):
            yield Conflict("day", "serious", on=day)
        for mark in marks:
            yield Conflict("day", "serious" if mark.kind in _SERIOUS_DAYS else "mild", on=day, name=mark.name)


def _blocked(known: Circumstances) -> Iterator[Conflict]:
    days = (known.span.on, known.span.last_on)
    for period in known.blocked:
        if period.kind == "closed" and period.scope == "all" and period.from_at is None:
            continue  # a mark of the day says so already
        if period.from_at is not None and period.to_at is not None:
            zone = known.span.time_zone
            if not known.span.overlaps(Span(period.from_at, period.to_at, all_day=False, time_zone=zone)):
                continue
        elif not period.touches([days]):
            continue
        of = None if period.scope == "all" else known.names.get((period.scope, period.scope_id or 0))
        name = None if period.scope == "person" else Wording(sv=period.name, en=period.name)
        severity: Severity = "serious" if period.hard else "mild"
        yield Conflict("blocked", severity, on=max(period.from_on, known.span.on), name=name, of=of)


def _notice(known: Circumstances) -> Iterator[Conflict]:
    if known.call_by is not None and known.call_by < known.today:
        yield Conflict("notice", "serious", on=known.call_by)


def _gaps(known: Circumstances) -> Iterator[Conflict]:
    for day, least in known.neighbours:
        days = abs((known.span.on - day).days)
        if days < least:
            yield Conflict("gap", "serious", on=day, limit=least, count=days)


def _place(known: Circumstances) -> Iterator[Conflict]:
    for other in known.others:
        same = known.place_ids & other.place_ids and other.span.overlaps(known.span)
        if same and not (known.room and other.room and known.room != other.room):
            severity: Severity = "mild" if other.is_proposal else "serious"
            yield Conflict("place", severity, of=known.place_name, span=other.span)


def _capacity(known: Circumstances) -> Iterator[Conflict]:
    invited = sum(1 for _guest in _expected(known))
    if known.capacity is not None and invited > known.capacity:
        yield Conflict("capacity", "mild", of=known.place_name, limit=known.capacity, count=invited)


# ---------------------------------------------------------------- the sentences


def _names(clashes: Iterable[Clash]) -> str:
    names = list(dict.fromkeys(clash.name for clash in clashes))
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    listed = ", ".join(names[:_MOST_NAMES])
    return _("%(names)s och %(n)s till", names=listed, n=len(names) - _MOST_NAMES)


def _people_sentence(conflict: Conflict) -> str:
    n = len(conflict.clashes)
    if conflict.weighs:
        text = ngettext(
            "%(n)s person är dubbelbokad: %(names)s", "%(n)s personer är dubbelbokade: %(names)s", n,
            names=_names(conflict.clashes),
        )  # fmt: skip
    else:
        text = ngettext(
            "%(n)s person har ett föreslaget möte samtidigt: %(names)s",
            "%(n)s personer har ett föreslaget möte samtidigt: %(names)s",
            n,
            names=_names(conflict.clashes),
        )
    return _with_substitutes(text, conflict)


def _with_substitutes(text: str, conflict: Conflict) -> str:
    covered = sum(1 for clash in conflict.clashes if clash.substitute)
    if covered:
        text += " (" + ngettext("%(n)s har ersättare", "%(n)s har ersättare", covered) + ")"
    return text + "."


def _busy_sentence(conflict: Conflict) -> str:
    n, names = len(conflict.clashes), _names(conflict.clashes)
    if not conflict.weighs:
        return ngettext(
            "%(n)s person är kanske upptagen: %(names)s.", "%(n)s personer är kanske upptagna: %(names)s.", n,
            names=names,
        )  # fmt: skip
    text = ngettext(
        "%(n)s person har annat i sin kalender: %(names)s", "%(n)s personer har annat i sin kalender: %(names)s", n,
        names=names,
    )  # fmt: skip
    return _with_substitutes(text, conflict)


def _town_sentence(conflict: Conflict) -> str:
    return ngettext(
        "%(n)s person har möte i %(town)s samma dag: %(names)s.",
        "%(n)s personer har möte i %(town)s samma dag: %(names)s.",
        len(conflict.clashes),
        town=conflict.of,
        names=_names(conflict.clashes),
    )


def _words(name: Wording) -> str:
    return name["en"] if i18n.language() == "en" else name["sv"]


def _day_text(conflict: Conflict) -> str:
    return i18n.date_text(conflict.on, year=False) if conflict.on else ""


def _day_sentence(conflict: Conflict) -> str:
    day = _day_text(conflict)
    text = _("%(day)s är helg.", day=day) if conflict.name is None else f"{day}: {_words(conflict.name)}."
    return text[:1].upper() + text[1:]


def _blocked_sentence(conflict: Conflict) -> str:
    if conflict.name is None:
        return _("%(name)s är borta eller upptagen.", name=conflict.of or _("Någon"))
    if conflict.of is None:
        return f"{_words(conflict.name)}."
    return f"{conflict.of}: {_words(conflict.name)}."


def _notice_sentence(conflict: Conflict) -> str:
    return _("Kallelsen skulle ha gått ut senast %(day)s.", day=_day_text(conflict))


def _gap_sentence(conflict: Conflict) -> str:
    return ngettext(
        "Det är %(n)s dag till forumets möte %(day)s, minst %(limit)s krävs.",
        "Det är %(n)s dagar till forumets möte %(day)s, minst %(limit)s krävs.",
        conflict.count,
        day=_day_text(conflict),
        limit=conflict.limit,
    )


def _place_sentence(conflict: Conflict) -> str:
    if conflict.span is None or conflict.span.all_day:
        return _("%(place)s är upptagen hela dagen.", place=conflict.of)
    times = i18n.span_text(conflict.span.start, conflict.span.end)
    return _("%(place)s är upptagen %(times)s.", place=conflict.of, times=times)


def _capacity_sentence(conflict: Conflict) -> str:
    return _(
        "%(place)s rymmer %(limit)s personer och %(n)s är inbjudna.",
        place=conflict.of,
        limit=conflict.limit,
        n=conflict.count,
    )


_SENTENCES = {
    "people": _people_sentence,
    "busy": _busy_sentence,
    "town": _town_sentence,
    "day": _day_sentence,
    "blocked": _blocked_sentence,
    "notice": _notice_sentence,
    "gap": _gap_sentence,
    "place": _place_sentence,
    "capacity": _capacity_sentence,
}
