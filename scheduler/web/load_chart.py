"""A person's year as SVG: a column a week, a lane a role, journeys by two letters, clashes.

Values in, markup out; silent to assistive technology, since the table of the weeks says the same. On a phone the year
stands in three strips. Not here: the reckoning (``meetings.load_rules``), single marks (``symbols``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup, escape

from scheduler.i18n import gettext as _
from scheduler.i18n import month_name
from scheduler.meetings.load_rules import Entry, Week, strips
from scheduler.web.symbols import drawn, drawn_mark, number, sign
from scheduler.web.words import MarkState

#: Marks that stand above each other in a lane, at least and at most; more are told by a number.
_FEWEST_MARKS, _MOST_MARKS = 2, 5
_MARK, _STEP = 4.4, 14


@dataclass(frozen=True)
class _Lanes:
    """Base lines from above: who leads, who takes part, journeys, clashes."""

    leads: int
    attends: int

    @classmethod
    def of(cls, weeks: Sequence[Week]) -> _Lanes:
        """High enough for the fullest week."""
        most = [
            min(
                _MOST_MARKS,
                max([_FEWEST_MARKS, *(sum(entry.leads is leads for entry in week.entries) for week in weeks)]),
            )
            for leads in (True, False)
        ]
        leads = 40 + _STEP * most[0]
        return cls(leads, leads + 10 + _STEP * most[1])

    @property
    def travel(self) -> int:
        return self.attends + 26

    @property
    def clash(self) -> int:
        return self.travel + 22


@dataclass(frozen=True)
class LoadChart:
    """What is drawn of a year."""

    weeks: Sequence[Week]
    #: Key of an entry → its mark.
    states: Mapping[str, MarkState]
    #: Town → two letters.
    codes: Mapping[str, str]
    #: Mondays of the weeks that hold a clash.
    clashing: frozenset[date]
    #: Mondays of the weeks of breaks and holidays, and of days away.
    closed: frozenset[date]
    #: The week of today, None in another year.
    this_week: date | None


def load_charts(chart: LoadChart) -> Markup:
    """The whole year, and the three strips of a phone; the style sheet shows what fits."""
    lanes = _Lanes.of(chart.weeks)
    parts = [_drawing(chart, lanes, chart.weeks, 17, 62)]
    parts += [_drawing(chart, lanes, weeks, 15.5, 46, slim=True) for weeks in strips(chart.weeks) if weeks]
    return drawn("".join(parts))


def _drawing(
    chart: LoadChart, lanes: _Lanes, weeks: Sequence[Week], column: float, left: float, *, slim: bool = False
) -> str:
    width = left + len(weeks) * column
    parts = []
    for place, week in enumerate(weeks):
        start = left + place * column
        if week.monday in chart.closed:
            box = f'x="{number(start)}" y="34" width="{number(column)}" height="{lanes.clash - 28}"'
            parts.append(f'<rect class="closed" {box}/>')
        if _begins_month(week, first=place == 0):
            name = month_name((week.monday + timedelta(days=3)).month, short=True)
            parts.append(f'<path class="axis" d="M{number(start)} 4V{lanes.clash + 6}"/>')
            parts.append(f'<text class="lbl" x="{number(start + 4)}" y="13">{escape(name)}</text>')
        if place % 2 == 0 or week.monday == chart.this_week:
            parts.append(f'<text class="wk" x="{number(start + column / 2)}" y="29">{week.number}</text>')
    for base, label in (
        (lanes.leads, _("Leder")), (lanes.attends, _("Deltar")), (lanes.travel, _("Resa")), (lanes.clash, _("Krock")),
    ):  # fmt: skip
        parts.append(f'<text class="lbl" x="0" y="{base - 4}">{escape(label)}</text>')
        parts.append(f'<path class="axis" d="M0 {number(base + 2.5)}H{number(width)}"/>')
    for place, week in enumerate(weeks):
        middle = left + (place + 0.5) * column
        if week.monday == chart.this_week:
            box = f'x="{number(middle - column / 2 + 0.5)}" width="{number(column - 1)}" height="{lanes.clash - 11}"'
            parts.append(f'<rect class="l-now" {box} y="17" rx="4"/>')
        parts += _lane([entry for entry in week.entries if entry.leads], chart, middle, lanes.leads)
        parts += _lane([entry for entry in week.entries if not entry.leads], chart, middle, lanes.attends)
        parts += _travel(week, chart, middle, column, lanes.travel)
        if week.monday in chart.clashing:
            parts.append(_clash(middle, lanes.clash))
    kind = "bigstrip slim" if slim else "bigstrip"
    box = f"-2 0 {number(width + 4)} {lanes.clash + 10}"
    return f'<svg class="{kind}" viewBox="{box}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>'


def _begins_month(week: Week, *, first: bool) -> bool:
    """Whether a month's name stands above the week: its Thursday, which ISO counts it by, is the month's first."""
    return first or (week.monday + timedelta(days=3)).day <= 7  # noqa: PLR2004 - days of a week


def _lane(entries: Sequence[Entry], chart: LoadChart, x: float, base: float) -> list[str]:
    shown = entries if len(entries) <= _MOST_MARKS else entries[: _MOST_MARKS - 1]
    parts = [drawn_mark(x, base - 7 - n * _STEP, chart.states[entry.key], _MARK) for n, entry in enumerate(shown)]
    if len(shown) < len(entries):
        parts.append(
            f'<text class="wk" x="{number(x)}" y="{base - 3 - len(shown) * _STEP}">+{len(entries) - len(shown)}</text>'
        )
    return parts


def _travel(week: Week, chart: LoadChart, x: float, column: float, base: int) -> list[str]:
    if not week.towns:
        return []
    box = f'x="{number(x - column / 2 + 0.7)}" y="{base - 17}" width="{number(column - 1.4)}" height="16" rx="3"'
    code = chart.codes[week.towns[0]]
    more = "+" if len(week.towns) > 1 else ""
    return [
        f'<rect class="l-trip" {box}/>',
        f'<text class="l-town" x="{number(x)}" y="{base - 5}">{escape(code)}{more}</text>',
    ]


def _clash(x: float, base: int) -> str:
    top = f'<path class="l-warn" d="M{number(x)} {base - 15}l7 13h-14z"/>'
    stem = f'<path class="l-warn-in" d="M{number(x)} {number(base - 10.5)}v4m0 2.2v1.6"/>'
    return f"{top}{stem}"


_SQUARE = '<svg viewBox="0 0 16 16" aria-hidden="true">'
_TRIP_KEY = (
    '<svg class="l-key" viewBox="0 0 22 16" aria-hidden="true"><rect class="l-trip" x="1" width="20" height="15" '
    'rx="3"/><text class="l-town" x="11" y="11.5">Ki</text></svg>'
)
_CLASH_KEY = f'{_SQUARE}<path class="l-warn" d="M8 2l7 13H1z"/><path class="l-warn-in" d="M8 6.5v4m0 2.2v1.6"/></svg>'
_WEEK_KEY = f'{_SQUARE}<rect class="l-now" x="3" y="1" width="10" height="14" rx="3"/></svg>'
_CLOSED_KEY = f'{_SQUARE}<path class="closed" d="M0 0H16V16H0z"/></svg>'


def load_key(states: Sequence[tuple[MarkState, str]]) -> Markup:
    """What each mark, box and hatch means; ``states`` with their words."""
    rows = [f"<li>{sign(state)}{escape(word)}</li>" for state, word in states]
    others = (
        (_TRIP_KEY, _("Resa, med ort")),
        (_CLASH_KEY, _("Krock")),
        (_WEEK_KEY, _("Denna vecka")),
        (_CLOSED_KEY, _("Helger, lov och frånvaro")),
    )
    rows += [f"<li>{picture}{escape(word)}</li>" for picture, word in others]
    return drawn(f'<ul class="key">{"".join(rows)}</ul>')
