"""The year wheel as SVG: January right of a gap at the top, clockwise, one ring for each forum or group of forums.

Values in, markup out. The drawing is silent: the table below it says the same, and its links are for the mouse alone.
Everything is told by shape, as in the strips: marks by state, missed windows by solid edges, those at risk by dashed
ones. Not here: which rings are drawn (``rings``), what a window or a status is (the cadence rules).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, degrees, radians, sin

from markupsafe import Markup, escape

from scheduler.i18n import month_name
from scheduler.web.charts import Band, BandState, ClosedSpan, Scale, short_day
from scheduler.web.symbols import drawn, drawn_mark, number
from scheduler.web.words import MarkState

#: More rings than these cannot be told apart (spec interface "Component rules" 2).
RINGS = 12
#: Degrees without days at the top, where the codes of the rings stand.
GAP = 18
#: Radius at which the rings begin, and that of the outermost and the innermost of twelve.
_EDGE, _OUTER, _INNER = 256, 242, 112
#: A few rings lie no further apart than this.
_WIDEST_STEP = 24
#: Space between two windows that follow upon each other, in degrees at each end.
_AIR = 0.3
_MARK = 4.6
#: Radius of the names of months and of today's flag.
_NAMES = _EDGE + 24


@dataclass(frozen=True)
class WheelMark:
    """A meeting or date on its day; ``title`` is what the mouse is told, ``url`` where it leads."""

    day: date
    state: MarkState
    title: str
    url: str


@dataclass(frozen=True)
class Ring:
    """What one ring holds. Without windows it is a line."""

    code: str
    marks: Sequence[WheelMark] = ()
    bands: Sequence[Band] = ()


@dataclass(frozen=True)
class Wheel:
    """A year, the outermost ring first. What lies outside ``year`` is left out or cut; ``today`` None draws no hand."""

    year: int
    rings: Sequence[Ring]
    today: date | None = None
    closed: Sequence[ClosedSpan] = ()
    #: Short lines below the year in the middle.
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Dial:
    """Days of one year to degrees, clockwise from the top: the year begins and ends beside the gap."""

    scale: Scale

    @classmethod
    def of(cls, year: int) -> Dial:
        """The dial of a year, 365 or 366 days."""
        return cls(Scale.of(year, 360 - GAP))

    def middle(self, day: date) -> float:
        """Where a day is."""
        return GAP / 2 + self.scale.middle(day)

    def span(self, from_on: date, to_on: date) -> tuple[float, float] | None:
        """Beginning of the first day and end of the last, cut to the year; None when outside it."""
        found = self.scale.span(from_on, to_on)
        return None if found is None else (GAP / 2 + found[0], GAP / 2 + found[1])


def radii(count: int) -> list[float]:
    """The radius of each ring, the outermost first. Raises ValueError for more than ``RINGS``."""
    if count > RINGS:
        raise ValueError(f"{count} rings in a wheel of at most {RINGS}")
    step = step_of(count)
    return [_OUTER - step * place for place in range(count)]


def step_of(count: int) -> float:
    """How far apart so many rings lie."""
    return min(_WIDEST_STEP, (_OUTER - _INNER) / max(count - 1, 1))


def _point(radius: float, angle: float) -> tuple[float, float]:
    turned = radians(angle - 90)
    return radius * cos(turned), radius * sin(turned)


def _at(radius: float, angle: float) -> str:
    x, y = _point(radius, angle)
    return f"{number(x)} {number(y)}"


def _arc(radius: float, start: float, end: float) -> str:
    large = int(end - start > 180)  # noqa: PLR2004 - half a turn
    return f"M{_at(radius, start)}A{number(radius)} {number(radius)} 0 {large} 1 {_at(radius, end)}"


def _sector(inner: float, outer: float, start: float, end: float) -> str:
    large = int(end - start > 180)  # noqa: PLR2004 - half a turn
    back = f"A{number(inner)} {number(inner)} 0 {large} 0 {_at(inner, start)}"
    return f"{_arc(outer, start, end)}L{_at(inner, end)}{back}z"


def _windows(ring: Ring, dial: Dial, radius: float, width: float) -> Iterator[str]:
    """The bands of a ring, one path for each state; the edges of those that are missed or at risk."""
    inset = degrees(width / 2 / radius) + _AIR
    arcs: dict[BandState, list[tuple[float, float]]] = {}
    for band in ring.bands:
        if span := dial.span(band.from_on, band.to_on):
            start, end = span
            side = min(inset, (end - start) / 2 - 0.1)
            arcs.setdefault(band.state, []).append((start + side, end - side))
    if not ring.bands:
        yield f'<path class="axis" stroke-width="1" d="{_arc(radius, GAP / 2, 360 - GAP / 2)}"/>'
    for state, spans in arcs.items():
        kind = "" if state == "plain" else f" {state}"
        path = "".join(_arc(radius, start, end) for start, end in spans)
        yield f'<path class="win{kind}" d="{path}"/>'
        if kind:
            edges = "".join(_arc(radius + side, a, b) for a, b in spans for side in (width / 2, -width / 2))
            yield f'<path class="edge{kind}" d="{edges}"/>'


def _marks(ring: Ring, dial: Dial, radius: float) -> Iterator[str]:
    for mark in ring.marks:
        if dial.scale.holds(mark.day):
            x, y = _point(radius, dial.middle(mark.day))
            shape = drawn_mark(x, y, mark.state, _MARK)
            yield f'<a href="{escape(mark.url)}" tabindex="-1"><title>{escape(mark.title)}</title>{shape}</a>'


def _months(dial: Dial, year: int, inner: float, today: date | None) -> Iterator[str]:
    """Lines between months, longer ones between quarters, and the names; today's flag names its own month."""
    firsts = [dial.span(date(year, month, 1), date(year, month, 1)) for month in range(1, 13)]
    starts = [span[0] for span in firsts if span]
    lines = [f"M{_at(inner, angle)}L{_at(_EDGE + 3, angle)}" for n, angle in enumerate(starts) if n % 3]
    longer = [f"M{_at(inner, angle)}L{_at(_EDGE + 8, angle)}" for angle in (*starts[::3], 360 - GAP / 2)]
    yield f'<path class="cut" d="{"".join(lines)}"/><path class="quarter" d="{"".join(longer)}"/>'
    for month in range(1, 13):
        if today is None or today.month != month:
            x, y = _point(_NAMES, dial.middle(date(year, month, 15)))
            name = month_name(month, short=True)
            yield f'<text class="month" x="{number(x)}" y="{number(y + 4)}">{name}</text>'


def _hand(dial: Dial, inner: float, today: date) -> str:
    angle = dial.middle(today)
    x, y = _point(_NAMES, angle)
    flag = f'<rect x="{number(x - 26)}" y="{number(y - 11)}" width="52" height="22" rx="11"/>'
    text = f'<text x="{number(x)}" y="{number(y + 4)}">{short_day(today)}</text>'
    line = f'<path class="now-line" d="M{_at(inner - 8, angle)}L{_at(_EDGE + 8, angle)}"/>'
    return f'{line}<g class="flag">{flag}{text}</g>'


def draw(wheel: Wheel) -> Markup:
    """The wheel, 600 × 588, in layers: windows, closed days, months, marks, today. Raises ValueError as ``radii``."""
    dial = Dial.of(wheel.year)
    at = radii(len(wheel.rings))
    step = step_of(len(wheel.rings))
    inner = (at[-1] if at else _OUTER) - 14
    width = step - 4
    today = wheel.today if wheel.today and dial.scale.holds(wheel.today) else None
    parts = [f'<g stroke-width="{number(width)}">']
    for ring, radius in zip(wheel.rings, at, strict=True):
        parts.extend(_windows(ring, dial, radius, width))
    parts.append("</g>")
    for closed in wheel.closed:
        if span := dial.span(closed.from_on, closed.to_on):
            said = f"{closed.name} {short_day(closed.from_on)}–{short_day(closed.to_on)}"
            shape = _sector(inner, _EDGE, *span)
            parts.append(f'<path class="closed" d="{shape}"><title>{escape(said)}</title></path>')
    parts.extend(_months(dial, wheel.year, inner, today))
    for ring, radius in zip(wheel.rings, at, strict=True):
        parts.append(f'<g><text class="code" y="{number(4 - radius)}">{escape(ring.code)}</text>')
        parts.extend(_marks(ring, dial, radius))
        parts.append("</g>")
    if today:
        parts.append(_hand(dial, inner, today))
    parts.append(f'<text class="year" y="-2">{wheel.year}</text>')
    parts.extend(f'<text class="note" y="{22 + 21 * n}">{escape(line)}</text>' for n, line in enumerate(wheel.notes))
    return drawn(f'<svg viewBox="-300 -294 600 588" aria-hidden="true" focusable="false">{"".join(parts)}</svg>')
