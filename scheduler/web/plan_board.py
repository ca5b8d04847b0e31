"""What a plan board shows: forums with their marks by week, counts, one meeting with its alternatives.

Values only, from a draft that has been judged. Not here: addresses and forms (``plan``, ``plan_pages``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache

from markupsafe import Markup
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.drafts.actions import is_booked
from scheduler.drafts.choosing import Choice, alternatives, best_of, weeks_of
from scheduler.drafts.models import Draft, DraftMeeting
from scheduler.drafts.queries import Board
from scheduler.drafts.remarks import Remark, is_clash
from scheduler.drafts.translating import number
from scheduler.forums.models import Forum
from scheduler.forums.seats import SeatHolder, seat_plan
from scheduler.i18n import gettext, mark, ngettext
from scheduler.planning.dates import DateTable, Reason
from scheduler.web.filters import quoting
from scheduler.web.symbols import drawn
from scheduler.web.words import Glyph

#: With more forums than this they stand in groups, by who keeps their secretariat.
UNGROUPED = 25
#: Days of a week, of five, that must be closed or soft for the week to be hatched.
SHUT_DAYS = 3

#: State of a mark → its word.
MARK_WORDS = {"prop": mark("förslag"), "done": mark("godkänt"), "lock": mark("låst"), "clash": mark("krock")}
_SHAPES = {
    "prop": '<circle cx="10" cy="10" r="7" class="m dots"/>',
    "done": '<circle cx="10" cy="10" r="7.5" class="m"/>'
    '<path d="M6.5 10.3l2.5 2.5 4.5-5" fill="none" stroke="var(--on-accent)" stroke-width="2"/>',
    "lock": '<rect x="2.5" y="2.5" width="15" height="15" rx="3" class="m"/>'
    '<path d="M7 9.5h6v4.500H7zM8.3 9.5V8a1.7 1.7 0 0 1 3.4 0v1.5" fill="none" stroke="var(--on-accent)" '
    'stroke-width="1.5"/>',
    "clash": '<path d="M10 2.5L18.5 17.5H1.5z" class="warn"/>'
    '<path d="M10 8v4.5" stroke="var(--risk)" stroke-width="2"/><circle cx="10" cy="15" r="1.1" fill="var(--risk)"/>',
}
#: What a remark weighs → its glyph.
GLYPHS: Mapping[str, Glyph] = {"rule": "behind", "clash": "risk", "note": "none", "good": "met"}


@cache
def plan_shapes() -> Markup:
    """The shapes of a board's marks, drawn once a board."""
    symbols = "".join(f'<symbol id="p-{name}" viewBox="0 0 20 20">{shape}</symbol>' for name, shape in _SHAPES.items())
    return drawn(f'<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false">{symbols}</svg>')


@cache
def plan_mark(state: str) -> Markup:
    """A mark of the board; the word beside it must say the same."""
    return drawn(f'<svg aria-hidden="true"><use href="#p-{state}"/></svg>')


def mark_text(state: str) -> str:
    """The word of a mark."""
    return gettext(MARK_WORDS[state])


def points_text(more: int | None) -> str:
    """What an alternative costs against where the meeting lies now."""
    if more is None:
        return ""
    if more == 0:
        return gettext("Kostar lika mycket.")
    if more > 0:
        return ngettext("1 poäng dyrare.", "%(n)s poäng dyrare.", more)
    return ngettext("1 poäng billigare.", "%(n)s poäng billigare.", -more)


# ---------------------------------------------------------------- the board


@dataclass(frozen=True)
class Mark:
    """A meeting on the board."""

    id: int
    on: date
    #: Its column: the ISO week, kept within the year.
    week: int
    #: prop, done, lock or clash.
    state: str
    #: Whether it is locked although its mark says something else.
    locked: bool


@dataclass(frozen=True)
class Line:
    """A forum on the board."""

    forum: Forum
    marks: Sequence[Mark]
    #: "5 av 4–5".
    sum: str
    #: Whether it has fewer meetings than it must.
    lacks: bool


@dataclass(frozen=True)
class Group:
    """Forums that stand together; "" where all do."""

    name: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Counts:
    """How many meetings of a draft are what."""

    meetings: int
    forums: int
    booked: int
    #: Meetings that somebody must decide about.
    clashes: int
    #: Meetings that can be booked at once.
    clear: int
    #: Forums with fewer meetings than they must have.
    lacking: int


@dataclass(frozen=True)
class Shown:
    """What of a board is asked for."""

    text: str = ""
    #: "", clashes or mine.
    only: str = ""
    own: frozenset[int] = frozenset()


def column(on: date, year: int) -> int:
    """The ISO week of a day; the first or last of the year for days that belong to a week of another."""
    iso = on.isocalendar()
    if iso.year == year:
        return iso.week
    return 1 if iso.year < year else 53


def state_of(row: DraftMeeting, remarks: Sequence[Remark]) -> str:
    """The mark of a meeting: booked, locked, clashing, or proposed."""
    if is_booked(row):
        return "done"
    if row.locked:
        return "lock"
    return "clash" if is_clash(remarks) else "prop"


def marks_of(board: Board) -> dict[int, list[Mark]]:
    """Forum → its marks in order."""
    found: dict[int, list[Mark]] = {}
    for row in sorted(board.draft.meetings, key=lambda row: row.on):
        key = board.keys.get(row.id)
        remarks = board.remarks.get(key, []) if key else []
        one = Mark(row.id, row.on, column(row.on, board.draft.year), state_of(row, remarks), row.locked)
        found.setdefault(row.forum_id, []).append(one)
    return found


def counts_of(board: Board, marks: Mapping[int, Sequence[Mark]]) -> Counts:
    """The numbers of the lead."""
    states = [one.state for row in marks.values() for one in row]
    return Counts(
        meetings=len(states), forums=len(board.draft.forum_rows), booked=states.count("done"),
        clashes=states.count("clash"), clear=states.count("prop") + states.count("lock"), lacking=len(board.lacking),
    )  # fmt: skip


def groups_of(board: Board, marks: Mapping[int, Sequence[Mark]], shown: Shown) -> list[Group]:
    """The forums that are asked for, in Swedish order; in groups when there are many."""
    asked = {number(one.id): one for one in board.instance.forums}
    lacking = set(board.lacking)
    words = i18n.search_words(shown.text)
    forums = sorted((row.forum for row in board.draft.forum_rows), key=lambda forum: forum.sort_key)
    lines = []
    for forum in forums:
        own = marks.get(forum.id, [])
        if words and not _is_named(forum, words):
            continue
        if shown.only == "mine" and forum.id not in shown.own:
            continue
        if shown.only == "clashes" and forum.id not in lacking and not any(one.state == "clash" for one in own):
            continue
        rules = asked.get(forum.id)
        least, most = (rules.min_meetings, rules.max_meetings) if rules else (0, 0)
        lines.append(Line(forum, own, _sum(len(own), least, most), forum.id in lacking))
    if len(forums) <= UNGROUPED:
        return [Group("", lines)]
    found: dict[str, list[Line]] = {}
    for line in sorted(lines, key=lambda line: _keeper(line.forum)[1]):
        found.setdefault(_keeper(line.forum)[0], []).append(line)
    return [Group(name or gettext("Utan sekretariat"), own) for name, own in found.items()]


def _is_named(forum: Forum, words: Sequence[str]) -> bool:
    key = i18n.search_key(f"{forum.title} {forum.name} {forum.code or ''}")
    return all(word in key for word in words)


def _keeper(forum: Forum) -> tuple[str, str]:
    """Name and order of who keeps the forum's secretariat."""
    return (forum.secretariat.name, forum.secretariat.sort_key) if forum.secretariat is not None else ("", "~")


def _sum(count: int, least: int, most: int) -> str:
    wanted = str(least) if least == most else f"{least}–{most}"
    return gettext("%(n)s av %(all)s", n=count, all=wanted) if most else str(count)


def months_of(year: int) -> list[tuple[int, str]]:
    """Where each month begins: the column of its first working day, and its short name."""
    found = []
    for month in range(1, 13):
        first = date(year, month, 1)
        first += timedelta(days=(7 - first.weekday()) % 7 if first.weekday() > 4 else 0)  # noqa: PLR2004 - Friday
        found.append((column(first, year), i18n.month_name(month, short=True)))
    return found


def shut_weeks(board: Board) -> list[int]:
    """The weeks in which most working days are closed or a break."""
    days: dict[int, int] = {}
    for day in {*board.instance.closed, *board.instance.soft_days}:
        if day.weekday() < 5:  # noqa: PLR2004 - Saturday
            at = column(day, board.draft.year)
            days[at] = days.get(at, 0) + 1
    return sorted(week for week, count in days.items() if count >= SHUT_DAYS)


# ---------------------------------------------------------------- one meeting


@dataclass(frozen=True)
class Alternative:
    """Another day for the meeting, in words."""

    choice: Choice
    glyph: Glyph
    text: str
    points: str


@dataclass(frozen=True)
class SeatLine:
    """Who comes for a seat."""

    seat: str
    glyph: Glyph
    text: str


@dataclass(frozen=True)
class WhyNot:
    """What stands against a day somebody asked about."""

    on: date
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Inspected:
    """The meeting that is chosen on the board."""

    row: DraftMeeting
    state: str
    start: time
    end: time
    remarks: Sequence[tuple[Glyph, str]]
    seats: Sequence[SeatLine]
    alternatives: Sequence[Alternative]
    #: Weeks one may move it to: number and words.
    weeks: Sequence[tuple[int, str]]
    why_not: WhyNot | None


def inspect(session: Session, board: Board, row: DraftMeeting, asked_on: date | None) -> Inspected:
    """One meeting with all that may be done with it; ``asked_on`` a day of which it is asked why not."""
    key = board.keys.get(row.id)
    remarks = board.remarks.get(key, []) if key else []
    state = state_of(row, remarks)
    movable = state != "done" and key is not None
    table = board.dates(row) if movable or (asked_on and key) else None
    offered = alternatives(board, table) if movable and table is not None else []
    return Inspected(
        row=row, state=state, start=clock(row.start), end=clock(row.start + row.duration),
        remarks=[(GLYPHS[one.weight], quoting(one.text, one.quotes)) for one in remarks],
        seats=_seat_lines(session, board, row),
        alternatives=[_alternative(one) for one in offered],
        weeks=[(week, _week_text(week, first, last)) for week, first, last in weeks_of(board.draft.year)],
        why_not=WhyNot(asked_on, table.why_not(asked_on)) if asked_on and table is not None else None,
    )  # fmt: skip


def clock(minutes: int) -> time:
    """A time of the day from minutes after midnight."""
    hour, minute = divmod(minutes, 60)
    return time(hour % 24, minute)


def _week_text(week: int, first: date, last: date) -> str:
    """ "v. 8, 22–26 februari"."""
    end = i18n.date_text(last, weekday=False)
    begin = str(first.day) if first.month == last.month else i18n.date_text(first, weekday=False)
    days = end if first == last else f"{begin}–{end}"
    return gettext("v. %(week)s, %(days)s", week=week, days=days)


def _alternative(choice: Choice) -> Alternative:
    said = [(one.weight, quoting(one.text, one.quotes)) for one in choice.remarks]
    bad = [text for weight, text in said if weight in {"rule", "clash"}]
    notes = [text for weight, text in said if weight == "note"]
    text = Markup(" ").join(bad or [gettext("Inga krockar."), *notes[:1]])
    return Alternative(choice, "risk" if bad else "met", text, points_text(choice.more))


def _seat_lines(session: Session, board: Board, row: DraftMeeting) -> list[SeatLine]:
    """Who comes by seat: those replaced and missing first."""
    forum = board.forum(row.forum_id)
    if forum is None:
        return []
    names = {person.id: person.name for person in board.instance.persons}
    titles = {seat.seat_id: seat_title(seat) for seat in seat_plan(session, [row.forum_id], row.on)[row.forum_id]}
    found = []
    for seat in forum.seats:
        holder, who = seat.holder, row.seats.get(str(number(seat.id)))
        comes = names.get(f"p{who}") if who is not None else None
        if comes is None:
            held = names.get(holder or "")
            text = gettext("%(name)s kan inte komma, ingen ersätter", name=held) if held else gettext("Vakant")
            found.append((0, SeatLine(titles.get(number(seat.id), ""), "behind" if seat.required else "risk", text)))
        elif f"p{who}" != holder:
            held = names.get(holder or "")
            text = gettext("%(name)s ersätter %(holder)s", name=comes, holder=held) if held else comes
            found.append((1, SeatLine(titles.get(number(seat.id), ""), "track", text)))
        else:
            found.append((2, SeatLine(titles.get(number(seat.id), ""), "met", comes)))
    return [line for _order, line in sorted(found, key=lambda one: one[0])]


def seat_title(seat: SeatHolder) -> str:
    """What a seat is called: its label, else whom it represents."""
    return seat.label or seat.organisation_name or ""


def best_in_week(board: Board, row: DraftMeeting, week: int) -> tuple[Choice | None, Sequence[Reason]]:
    """The cheapest day of a week for the meeting; where there is none, what stands against its own weekday then."""
    table: DateTable = board.dates(row)
    found = next(((first, last) for number_, first, last in weeks_of(board.draft.year) if number_ == week), None)
    if found is None:
        return None, ()
    first, last = found
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    choice = best_of(board, table, days)
    if choice is not None:
        return choice, ()
    same = next((day for day in days if day.weekday() == row.on.weekday()), days[0])
    return None, table.why_not(same)


def lead_of(counts: Counts) -> str:
    """The situation in words: "Förslag på 39 möten för tio forum. 3 krockar och behöver ditt beslut."."""
    forums = ngettext("för ett forum", "för %(number)s forum", counts.forums, number=i18n.number_word(counts.forums))
    said = [
        ngettext("Förslag på 1 möte %(forums)s.", "Förslag på %(n)s möten %(forums)s.", counts.meetings,
                 forums=forums)
    ]  # fmt: skip
    if counts.booked:
        said.append(ngettext("1 är bokat.", "%(n)s är bokade.", counts.booked))
    if counts.clashes:
        said.append(
            ngettext("1 krockar och behöver ditt beslut.", "%(n)s krockar och behöver ditt beslut.", counts.clashes)
        )
    if counts.lacking:
        said.append(ngettext("1 forum har för få möten.", "%(n)s forum har för få möten.", counts.lacking))
    if not counts.clashes and not counts.lacking:
        said.append(gettext("Inget krockar."))
    return " ".join(said)


def draft_state(draft: Draft) -> tuple[Glyph, str]:
    """How a draft stands, as glyph and word."""
    words: dict[str, tuple[Glyph, str]] = {
        "queued": ("none", gettext("Väntar på tur")),
        "waiting": ("track", gettext("Börjar strax")),
        "running": ("track", gettext("Räknas")),
        "ready": ("met", gettext("Klart")),
        "failed": ("behind", gettext("Blev inte klart")),
    }
    return words[draft.state]
