"""The year timeline: a row for each of a hundred forums, over the same months, closed days and today's line.

What all rows share is drawn once, in a zero-size SVG before the table, and referred to by each; so are the shapes of
the marks. The rows are silent: the dates stand beside each as links, in order. Not here: the strip of a table row,
which says its dates itself (``charts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

from markupsafe import Markup

from scheduler.web.charts import ClosedSpan, Scale, YearStrip, drawn_band
from scheduler.web.symbols import drawn, drawn_mark, number
from scheduler.web.words import MARKS, MarkState

_WIDTH, _HEIGHT = 900, 24
_MIDDLE = _HEIGHT // 2


@cache
def _shapes() -> str:
    return "".join(f'<g class="shape" id="m-{state}">{drawn_mark(0, 0, state, 5)}</g>' for state in MARKS)


def definitions(year: int, today: date | None, closed: Sequence[ClosedSpan]) -> Markup:
    """What the rows refer to: closed days, the beginnings of months, the line of the year, today."""
    scale = Scale.of(year, _WIDTH)
    spans = [scale.span(span.from_on, span.to_on) for span in closed]
    parts = [f"M{number(span[0])} 0H{number(span[1])}V{_HEIGHT}H{number(span[0])}z" for span in spans if span]
    starts = [scale.span(date(year, month, 1), date(year, month, 1)) for month in range(1, 13)]
    months = "".join(f"M{number(start[0])} 0V{_HEIGHT}" for start in starts if start)
    grid = f'<path class="closed" d="{"".join(parts)}"/><path class="axis" d="{months}M0 {_MIDDLE}H{_WIDTH}"/>'
    if today is not None and scale.holds(today):
        grid += f'<path class="now-line" d="M{number(scale.middle(today))} 0V{_HEIGHT}"/>'
    head = '<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false">'
    return drawn(f'{head}<defs><g id="year-grid">{grid}</g>{_shapes()}</defs></svg>')


def timeline_row(strip: YearStrip) -> Markup:
    """The year of one forum across the page."""
    scale = Scale.of(strip.year, _WIDTH)
    spans = [(one.state, scale.span(one.from_on, one.to_on)) for one in strip.bands]
    parts = [drawn_band(state, span, _MIDDLE, 14) for state, span in spans if span]
    parts.append('<use href="#year-grid"/>')
    parts += [
        f'<use href="#m-{mark.state}" x="{number(scale.middle(mark.day))}" y="{_MIDDLE}"/>'
        for mark in strip.marks
        if scale.holds(mark.day)
    ]
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true" focusable="false"'
    return drawn(f'<svg class="timeline" {box}>{"".join(parts)}</svg>')


@cache
def timeline_sign(state: MarkState) -> Markup:
    """A mark beside its date, drawn by reference; the word beside it must say the same."""
    return drawn(f'<svg class="sign" viewBox="-8 -8 16 16" aria-hidden="true"><use href="#m-{state}"/></svg>')
