"""Charts over time as SVG: the year strip of a table row, the big strip of a forum's page, five years of bars.

Values in, markup out. The small charts are images with everything in their label; the big strip is silent
and stands beside a table of the same dates. Attributes and texts are escaped; no inline style. They are built
as plain strings because a page may hold a hundred of them, and those of a table are drawn once while what they say
stays the same. Not here: what a window or a status is (the
cadence rules), single marks and glyphs (``symbols``), the year wheel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from markupsafe import Markup, escape

from scheduler.i18n import date_text, gettext, language, mark, month_name
from scheduler.web.symbols import drawn, drawn_mark, number, sign
from scheduler.web.words import MarkState, mark_word, status_word

#: A window with a requirement: nothing wrong, a meeting missing in it, a meeting that may be missing.
BandState = Literal["plain", "missed", "risk"]

#: What a legend says of each band.
BANDS: dict[BandState, str] = {
    "plain": mark("Period då ett möte krävs"),
    "missed": mark("Mötet saknas"),
    "risk": mark("Mötet riskerar att utebli"),
}

#: So many strips, and so many bars, are kept drawn in a process: those of the largest county in both languages.
_KEPT = 1024

#: A closed span shorter than this many days is not drawn in the small strip: it would be a speck.
_LONG_CLOSURE_DAYS = 14


@dataclass(frozen=True)
class Mark:
    """A meeting on its civil day; ``label`` is said instead of the state's word ("flyttat")."""

    day: date
    state: MarkState
    label: str = ""


@dataclass(frozen=True)
class Band:
    """A required window; both ends included."""

    from_on: date
    to_on: date
    state: BandState = "plain"


@dataclass(frozen=True)
class ClosedSpan:
    """Days without meetings, such as a holiday; both ends included."""

    from_on: date
    to_on: date
    name: str


@dataclass(frozen=True)
class YearStrip:
    """A forum's year. What lies outside ``year`` is left out or cut; ``today`` None draws no line."""

    year: int
    today: date | None = None
    marks: Sequence[Mark] = ()
    bands: Sequence[Band] = ()
    closed: Sequence[ClosedSpan] = ()


@dataclass(frozen=True)
class YearBar:
    """One year of a forum: meetings held (None: no records of that year), required (None: no requirement)."""

    year: int
    held: int | None
    required: int | None
    status: str


@dataclass(frozen=True)
class FiveYears:
    """The bars of some years, oldest first."""

    bars: Sequence[YearBar]


@dataclass(frozen=True)
class Scale:
    """Days of one year to positions from 0 to ``width``."""

    first: int
    days: int
    width: float

    @classmethod
    def of(cls, year: int, width: float) -> Scale:
        """The scale of a year, 365 or 366 days over ``width``."""
        first = date(year, 1, 1).toordinal()
        return cls(first, date(year + 1, 1, 1).toordinal() - first, width)

    def holds(self, day: date) -> bool:
        """Whether the day is one of the year."""
        return 0 <= day.toordinal() - self.first < self.days

    def middle(self, day: date) -> float:
        """The middle of a day."""
        return (day.toordinal() - self.first + 0.5) * self.width / self.days

    def span(self, from_on: date, to_on: date) -> tuple[float, float] | None:
        """Beginning of the first day and end of the last, cut to the year; None when outside it."""
        start = max(from_on.toordinal() - self.first, 0)
        end = min(to_on.toordinal() - self.first + 1, self.days)
        return (start * self.width / self.days, end * self.width / self.days) if start < end else None


def _spoken(year: int, marks: Iterable[Mark]) -> str:
    """The label of a strip, such as "Möten 2026: 12 februari hållet; 1 oktober bokat"."""
    dates = [f"{date_text(m.day, weekday=False)} {m.label or mark_word(m.state).lower()}" for m in marks]
    if not dates:
        return gettext("Inga möten %(year)s.", year=year)
    return gettext("Möten %(year)s: %(dates)s.", year=year, dates="; ".join(dates))


def drawn_band(state: BandState, span: tuple[float, float], y: float, thickness: float) -> str:
    """A band with round ends, and the two edges that tell missed (solid) from at risk (dashed)."""
    start, end = span
    inset = min(thickness / 2, (end - start) / 2 - 0.1)
    line = f"{number(start + inset)} {number(y)}H{number(end - inset)}"
    kind = "" if state == "plain" else f" {state}"
    window = f'<path class="win{kind}" stroke-width="{number(thickness)}" d="M{line}"/>'
    if state == "plain":
        return window
    above, below = number(y - thickness / 2), number(y + thickness / 2)
    left, right = number(start + inset), number(end - inset)
    return f'{window}<path class="edge{kind}" d="M{left} {above}H{right}M{left} {below}H{right}"/>'


def year_strip(strip: YearStrip) -> Markup:
    """The year of one table row, 240 × 24: an image whose label says every date.

    Plain bands are left out at this size; missed and at-risk ones are drawn.
    """
    values = YearStrip(strip.year, strip.today, tuple(strip.marks), tuple(strip.bands), tuple(strip.closed))
    return _year_strip(values, language())


@lru_cache(maxsize=_KEPT)
def _year_strip(strip: YearStrip, _language: str) -> Markup:
    scale = Scale.of(strip.year, 240)
    parts = []
    for closed in strip.closed:
        span = scale.span(closed.from_on, closed.to_on)
        if span and (closed.to_on - closed.from_on).days + 1 >= _LONG_CLOSURE_DAYS:
            parts.append(f'<path class="closed" d="M{number(span[0])} 2H{number(span[1])}V22H{number(span[0])}z"/>')
    parts.append('<path class="axis" d="M0 12H240"/>')
    for band in strip.bands:
        span = scale.span(band.from_on, band.to_on)
        if span and band.state != "plain":
            parts.append(drawn_band(band.state, span, 12, 11))
    if strip.today and scale.holds(strip.today):
        parts.append(f'<path class="now-line" d="M{number(scale.middle(strip.today))} 0V24"/>')
    shown = [m for m in strip.marks if scale.holds(m.day)]
    parts.extend(drawn_mark(scale.middle(m.day), 12, m.state, 4.4) for m in shown)
    label = escape(_spoken(strip.year, shown))
    return drawn(f'<svg class="strip" viewBox="0 0 240 24" role="img" aria-label="{label}">{"".join(parts)}</svg>')


def short_day(day: date, *, slim: bool = False) -> str:
    """A day as a chart writes it: "12 feb", ``slim`` "12/2"."""
    return f"{day.day}/{day.month}" if slim else f"{day.day} {month_name(day.month, short=True)}"


def _labels(placed: Sequence[tuple[float, str]], room: float) -> Iterator[tuple[float, int, str]]:
    """Where each date is written: in row 0, else in row 1, else nowhere (its mark is still drawn)."""
    free = [-room, -room]
    for x, text in placed:
        for row in (0, 1):
            if x - free[row] >= room:
                free[row] = x
                yield x, row, text
                break


def big_strip(strip: YearStrip, *, slim: bool = False) -> Markup:
    """The year across a page: months, bands, closed days, marks with their dates written below.

    ``slim`` is the drawing for a phone, 340 wide instead of 900. Silent to assistive technology.
    """
    scale = Scale.of(strip.year, 340 if slim else 900)
    parts = []
    for closed in strip.closed:
        if span := scale.span(closed.from_on, closed.to_on):
            start, end = number(span[0]), number(max(span[1], span[0] + 3))
            path = f'<path class="closed" d="M{start} 22H{end}V68H{start}z">'
            parts.append(f"{path}<title>{escape(closed.name)}</title></path>")
    for month in range(1, 13):
        x = scale.middle(date(strip.year, month, 1)) - scale.width / scale.days / 2
        name = month_name(month, short=True)
        text = f'<text x="{number(x + 5)}" y="12">{name[0].upper() if slim else name}</text>'
        parts.append(f'<path class="axis" d="M{number(x)} 18V72"/>{text}')
    spans = ((band.state, scale.span(band.from_on, band.to_on)) for band in strip.bands)
    parts.extend(drawn_band(state, span, 45, 16 if slim else 20) for state, span in spans if span)
    parts.append(f'<path class="axis" d="M0 45H{number(scale.width)}"/>')
    if strip.today and scale.holds(strip.today):
        parts.append(f'<path class="now-line" d="M{number(scale.middle(strip.today))} 18V76"/>')
    shown = [m for m in strip.marks if scale.holds(m.day)]
    parts.extend(drawn_mark(scale.middle(m.day), 45, m.state, 7) for m in shown)
    height = 96
    placed = [(scale.middle(m.day), short_day(m.day, slim=slim)) for m in shown]
    for x, row, text in _labels(placed, 30 if slim else 44):
        height = max(height, 96 + 15 * row)
        parts.append(f'<text class="lbl" x="{number(x)}" y="{90 + 15 * row}">{text}</text>')
    kind = "bigstrip slim" if slim else "bigstrip"
    box = f"-4 0 {number(scale.width + 8)} {height}"
    return drawn(f'<svg class="{kind}" viewBox="{box}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>')


def big_strips(strip: YearStrip) -> Markup:
    """Both drawings of the big strip; the style sheet shows the one that fits the screen."""
    return big_strip(strip) + big_strip(strip, slim=True)


def _said(bar: YearBar) -> str:
    if bar.held is None:
        return gettext("%(year)s: inga uppgifter", year=bar.year)
    if bar.required is None:
        return f"{bar.year}: {bar.held}"
    return gettext(
        "%(year)s: %(held)s av %(required)s, %(status)s",
        year=bar.year,
        held=bar.held,
        required=bar.required,
        status=status_word(bar.status).lower(),
    )


def five_years(chart: FiveYears) -> Markup:
    """Bars of the meetings held each year: outlined under the requirement, which is the dashed line.

    A year without records is left empty. An image whose label says the numbers and each year's status.
    """
    return _five_years(FiveYears(tuple(chart.bars)), language())


@lru_cache(maxsize=_KEPT)
def _five_years(chart: FiveYears, _language: str) -> Markup:
    top = max([1, *(n for bar in chart.bars for n in (bar.held, bar.required) if n)])
    parts = []
    for place, bar in enumerate(chart.bars):
        if bar.held is None:
            continue
        x = 15 * place
        low = bar.required is not None and bar.held < bar.required
        height = max(20 * bar.held / top, 1.5)
        box = f'x="{x + 1}" y="{number(22 - height)}" width="9" height="{number(height)}"'
        parts.append(f'<rect class="{"low" if low else "ok"}" {box}/>')
        if bar.required:
            y = number(22 - 20 * bar.required / top)
            parts.append(f'<path class="goal" d="M{x - 2} {y}H{x + 13}"/>')
    label = escape(gettext("Möten per år. %(years)s.", years="; ".join(_said(bar) for bar in chart.bars)))
    box = f"0 0 {15 * len(chart.bars) - 1} 24"
    return drawn(f'<svg class="years" viewBox="{box}" role="img" aria-label="{label}">{"".join(parts)}</svg>')


def band_sign(state: BandState) -> Markup:
    """A band alone, 16 px, for a legend."""
    return drawn(f'<svg class="sign" viewBox="0 0 16 16" aria-hidden="true">{drawn_band(state, (0, 16), 8, 9)}</svg>')


def legend(marks: Sequence[MarkState], *, bands: Sequence[BandState] = (), closed: bool = False) -> Markup:
    """A list that says what each mark, band and hatch means, in the order given."""
    rows = [f"<li>{sign(state)}{escape(mark_word(state))}</li>" for state in marks]
    rows += [f"<li>{band_sign(state)}{escape(gettext(BANDS[state]))}</li>" for state in bands]
    if closed:
        box = '<svg class="sign" viewBox="0 0 16 16" aria-hidden="true"><path class="closed" d="M0 0H16V16H0z"/></svg>'
        text = gettext("Helger och lov")
        rows.append(f"<li>{box}{escape(text)}</li>")
    return drawn(f'<ul class="key">{"".join(rows)}</ul>')
