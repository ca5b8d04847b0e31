"""A whole mandate period changed at once: what becomes of each seat, by what is there and what is asked. Pure.

Days before the change are never touched: who sits on the last day leaves with it, who comes begins the day after,
and who is to begin later anyhow stays as entered. Not here: reading and storing it (``mandates``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from scheduler.errors import Problem
from scheduler.i18n import mark, search_key
from scheduler.organisations.fields import Email, Unfit
from scheduler.organisations.rules import ShownDay, Span

#: Written in the place of a name.
STAYS, VACANT = frozenset({"sitter kvar", "stays"}), frozenset({"vakant", "vacant", "-", "–"})


@dataclass(frozen=True)
class Sitting:
    """Somebody on a seat."""

    appointment_id: int
    person_id: int
    #: As shown.
    name: str
    function: str
    span: Span
    #: Goes on after its last day until the next one begins.
    continues: bool


@dataclass(frozen=True)
class SeatNow:
    """A seat with everybody who has had it or is to have it, in order."""

    seat_id: int
    kind: str
    span: Span
    #: It belongs to an office, whose holder fills it where nobody is appointed.
    has_office: bool
    number_unknown: bool
    sittings: tuple[Sitting, ...]

    def on(self, day: date) -> Sitting | None:
        """Who is appointed there on the day."""
        latest = max((row for row in self.sittings if _first(row) <= day), key=_first, default=None)
        return latest if latest is not None and (latest.continues or day in latest.span) else None

    def after(self, day: date) -> Sitting | None:
        """Who begins there first after the day."""
        return min((row for row in self.sittings if _first(row) > day), key=_first, default=None)


def _first(sitting: Sitting) -> date:
    return sitting.span.from_on or date.min


@dataclass(frozen=True)
class Wish:
    """What is asked for one seat: nobody, who sits there, or whom the name or the address names."""

    stays: bool = False
    name: str = ""
    email: str = ""
    function: str = "member"

    @property
    def names_somebody(self) -> bool:
        """Whether a name or an address is written."""
        return bool(self.name.strip() or self.email.strip())


class Known(NamedTuple):
    """A person of the register, as far as whoever asks may know."""

    person_id: int
    #: As shown.
    name: str
    protected: bool
    #: The home organisation's name.
    home: str | None


@dataclass(frozen=True)
class Register:
    """The persons that the wishes may mean. By name nobody with a protected identity is found."""

    by_email: Mapping[str, Known]
    #: By the name as ``search_key`` folds it.
    by_name: Mapping[str, Sequence[Known]]


@dataclass(frozen=True)
class Comer:
    """Who has a seat in the next period."""

    #: None: a new person.
    person_id: int | None
    #: As shown.
    name: str
    #: Of a new person.
    email: str
    function: str
    #: The last day: that of the period, or that of the seat when it ends earlier.
    to_on: date | None
    stays: bool = False

    @property
    def key(self) -> tuple[int | None, str]:
        """The same for the same person."""
        return self.person_id, "" if self.person_id is not None else self.email.casefold()


@dataclass(frozen=True)
class Turn:
    """What becomes of one seat."""

    seat: SeatNow
    #: Who sits there on the last day, and leaves with it.
    leaves: Sitting | None
    comes: Comer | None
    #: Whether anybody can be appointed to it for the next period here.
    is_open: bool
    #: What is said of it and hinders nothing.
    remarks: tuple[Problem, ...]


@dataclass(frozen=True)
class Change:
    """A change of period as it would be made."""

    last_on: date
    first_on: date
    until_on: date | None
    turns: tuple[Turn, ...]
    #: What hinders it, at ``name-7``, ``email-7`` or ``stays-7`` for the seat 7.
    problems: tuple[Problem, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many leave, stay, come, are new to the register; how many seats are empty after it."""
        comers = [turn.comes for turn in self.turns if turn.comes is not None]
        return {
            "left": sum(turn.leaves is not None and not (turn.comes and turn.comes.stays) for turn in self.turns),
            "stayed": sum(comer.stays for comer in comers),
            "came": sum(not comer.stays for comer in comers),
            "new": len({comer.key for comer in comers if comer.person_id is None}),
            "vacant": sum(turn.is_open and turn.comes is None for turn in self.turns),
        }

    @property
    def fingerprint(self) -> str:
        """Another one whenever the seats, who sits there or who is meant is another."""
        seen = [
            (turn.seat, turn.comes and (turn.comes.key, turn.comes.function, turn.comes.to_on)) for turn in self.turns
        ]
        return hashlib.sha256(repr((self.last_on, self.until_on, seen)).encode()).hexdigest()[:16]


def seats_concerned(seats: Iterable[SeatNow], last_on: date, first_on: date) -> list[SeatNow]:
    """The seats that are there on the last day of the old period or on the first of the new one."""
    return [seat for seat in seats if last_on in seat.span or first_on in seat.span]


def plan_change(
    seats: Iterable[SeatNow],
    wishes: Mapping[int, Wish],
    register: Register,
    *,
    last_on: date,
    first_on: date,
    until_on: date | None,
) -> Change:
    """What becomes of each seat; a seat without a wish is empty in the next period."""
    turns, problems = [], []
    for seat in seats_concerned(seats, last_on, first_on):
        turn = Turn(seat, seat.on(last_on), None, is_open=True, remarks=())
        closed = _closed(seat, last_on)
        wish = wishes.get(seat.seat_id, Wish())
        if closed is not None:
            turn = replace(turn, is_open=False, remarks=(closed,))
            if wish.stays or wish.names_somebody:
                problems.append(Problem(f"name-{seat.seat_id}", closed.text, closed.values))
        else:
            turn, found = _with_comer(turn, wish, register, until_on)
            problems += found
        turns.append(turn)
    return Change(last_on, first_on, until_on, tuple(_compared(turns)), tuple(problems))


def _closed(seat: SeatNow, last_on: date) -> Problem | None:
    """Why nobody is appointed to the seat here; None when somebody can be."""
    if seat.span.to_on is not None and seat.span.to_on <= last_on:
        return Problem(None, mark("Platsen finns till och med %(to_on)s"), {"to_on": ShownDay(seat.span.to_on)})
    later = seat.after(last_on)
    if later is not None:
        values: dict[str, object] = {"name": later.name, "from_on": ShownDay(_first(later))}
        return Problem(None, mark("%(name)s börjar där %(from_on)s"), values)
    if seat.on(last_on) is None and seat.has_office:
        return Problem(None, mark("Den som har befattningen fyller platsen av sig själv."))
    if seat.on(last_on) is None and seat.number_unknown:
        return Problem(None, mark("Antal anges inte i källan"))
    return None


def _with_comer(turn: Turn, wish: Wish, register: Register, until_on: date | None) -> tuple[Turn, list[Problem]]:
    number = turn.seat.seat_id
    if not wish.stays and not wish.names_somebody:
        return turn, []
    if wish.stays and wish.names_somebody:
        return turn, [Problem(f"stays-{number}", mark("Välj antingen den som sitter kvar eller någon annan"))]
    remarks = []
    last = turn.seat.span.to_on
    if last is not None and (until_on is None or until_on > last):
        remarks.append(Problem(None, mark("Platsen finns till och med %(to_on)s"), {"to_on": ShownDay(last)}))
        until_on = last
    if wish.stays:
        if turn.leaves is None:
            return turn, [Problem(f"stays-{number}", mark("Ingen sitter där som kan sitta kvar"))]
        comes = Comer(turn.leaves.person_id, turn.leaves.name, "", wish.function, until_on, stays=True)
        return replace(turn, comes=comes, remarks=tuple(remarks)), []
    try:
        person, email, more = _who(wish, register)
    except _Doubt as doubt:
        return turn, [Problem(f"{doubt.field}-{number}", doubt.problem.text, doubt.problem.values)]
    name = " ".join(wish.name.split()) if person is None else person.name
    person_id = None if person is None else person.person_id
    stays = turn.leaves is not None and turn.leaves.person_id == person_id
    comes = Comer(person_id, name, email, wish.function, until_on, stays)
    return replace(turn, comes=comes, remarks=(*remarks, *more)), []


class _Doubt(Exception):
    """Whom the wish means cannot be said."""

    def __init__(self, field: str, text: str, **values: object) -> None:
        super().__init__(text)
        self.field = field
        self.problem = Problem(None, text, values)


def _who(wish: Wish, register: Register) -> tuple[Known | None, str, list[Problem]]:
    """The person meant (None: a new one), the new one's address, and what to say of it; raises _Doubt."""
    try:
        email = Email().read(wish.email) or ""
    except Unfit as unfit:
        raise _Doubt("email", unfit.text, **unfit.values) from None
    name = search_key(wish.name)
    if email:
        person = register.by_email.get(email.casefold())
        if person is not None:
            other = bool(name) and not person.protected and search_key(person.name) != name
            text = mark("Adressen finns i registret hos %(name)s")
            return person, "", [Problem(None, text, {"name": person.name})] if other else []
        if len(wish.name.split()) < 2:  # noqa: PLR2004 - a given name and a family name
            raise _Doubt(
                "name", mark("Ingen har den adressen. Skriv förnamn och efternamn för att lägga in en ny person")
            )
        namesakes = [Problem(None, mark("%(name)s finns redan i registret med en annan adress eller ingen"), {
            "name": f"{namesake.name}, {namesake.home}" if namesake.home else namesake.name,
        }) for namesake in register.by_name.get(name, ())]  # fmt: skip
        return None, email, namesakes
    found = _by_name(wish.name, register)
    if not found:
        text = mark("Ingen i registret heter så. Skriv e-postadressen också, så läggs personen in")
        raise _Doubt("name", text)
    if len(found) > 1:
        homes = ", ".join(sorted(person.home or "–" for person in found))
        text = mark("Flera heter så: %(homes)s. Skriv e-postadressen, eller organisationen efter ett komma")
        raise _Doubt("name", text, homes=homes)
    return found[0], "", []


def _by_name(text: str, register: Register) -> Sequence[Known]:
    """Those of the name; "Anna Berg, Luleå kommun" is she who is at home there."""
    whole = register.by_name.get(search_key(text), ())
    name, comma, home = text.partition(",")
    if whole or not comma:
        return whole
    return [row for row in register.by_name.get(search_key(name), ()) if search_key(row.home or "") == search_key(home)]


def name_keys(wishes: Iterable[Wish]) -> set[str]:
    """The names the wishes may mean, as ``search_key`` folds them."""
    return {key for wish in wishes for text in (wish.name, wish.name.partition(",")[0]) if (key := search_key(text))}


def _compared(turns: Sequence[Turn]) -> list[Turn]:
    """The turns with what is odd about them together: somebody on two ordinary seats, more than one chair."""
    ordinary = Counter(turn.comes.key for turn in turns if turn.comes is not None and turn.seat.kind == "ordinary")
    chairs = sum(turn.comes is not None and turn.comes.function == "chair" for turn in turns)
    found = []
    for turn in turns:
        remarks = list(turn.remarks)
        if turn.comes is not None and turn.seat.kind == "ordinary" and ordinary[turn.comes.key] > 1:
            text = mark("%(name)s får mer än en ordinarie plats")
            remarks.append(Problem(None, text, {"name": turn.comes.name}))
        if turn.comes is not None and turn.comes.function == "chair" and chairs > 1:
            remarks.append(Problem(None, mark("Fler än en blir ordförande")))
        found.append(replace(turn, remarks=tuple(remarks)))
    return found


def usual_last_day(seats: Iterable[SeatNow], today: date) -> date:
    """The last day most of those who sit there have; the last day of the year where nobody has one."""
    lasts = Counter(
        row.span.to_on
        for seat in seats
        if (row := seat.on(today)) is not None and row.span.to_on is not None and row.span.to_on >= today
    )
    return min(lasts, key=lambda day: (-lasts[day], day), default=date(today.year, 12, 31))


# ---------------------------------------------------------------- a list that is pasted


def read_lines(
    text: str, names: Sequence[tuple[int, Collection[str]]], functions: Mapping[str, str]
) -> tuple[dict[int, Wish], list[Problem]]:
    """The wishes of lines "seat; name; e-mail; function", with semicolons or tabs; problems at ``lines``.

    ``names`` holds the open seats in order, each with what it goes by; lines with the same name take seats of that
    name one after the other. ``functions`` maps words to functions. A seat that no line names gets no wish.
    """
    free = [(seat_id, {search_key(name) for name in known}) for seat_id, known in names]
    words = {search_key(word): function for word, function in functions.items()}
    wishes: dict[int, Wish] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = [part.strip() for part in line.replace("\t", ";").split(";")]
        if not any(parts):
            continue
        key = search_key(parts[0])
        place = next((n for n, (_id, known) in enumerate(free) if key in known), None)
        if place is None:
            there = any(key in {search_key(name) for name in known} for _id, known in names)
            said = mark("Rad %(n)s: fler rader än platser för %(seat)s")
            if not there:
                said = mark("Rad %(n)s: ingen plats heter %(seat)s")
            problems.append(Problem("lines", said, {"n": number, "seat": parts[0] or "–"}))
            continue
        seat_id, _known = free.pop(place)
        wishes[seat_id] = _wish(parts[1:], words)
    return wishes, problems


def _wish(parts: Iterable[str], functions: Mapping[str, str]) -> Wish:
    """What the parts of a line ask: what has an @ is the address, a word for a function the function."""
    wish = Wish()
    for part in parts:
        key = search_key(part)
        if "@" in part:
            wish = replace(wish, email=part)
        elif key in functions:
            wish = replace(wish, function=functions[key])
        elif key in STAYS:
            wish = replace(wish, stays=True)
        elif part and key not in VACANT and part not in VACANT:
            wish = replace(wish, name=f"{wish.name} {part}".strip())
    return wish
