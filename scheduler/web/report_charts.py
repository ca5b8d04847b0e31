"""The pictures of the reports as SVG: shares by year, columns over time, a bar in a row. Each repeats a table.

Values in, markup out; silent to assistive technology, since the table says the same numbers. Not here: what is counted
(``reports.statistics``, ``mail.statistics``), the other charts (``charts``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from scheduler.web.symbols import drawn, number

#: A bar of the share chart: how wide, and how far from the next.
_BAR, _STEP = 34, 46
_TOP, _FLOOR = 28, 132
#: The least that is drawn of what is not nothing.
_LEAST = 2


@dataclass(frozen=True)
class YearShare:
    """One year of a kind: how many met, are still open, missed."""

    year: int
    met: int
    open: int
    missed: int
    #: Above the bar: "90"; "" for a year without a judged forum.
    label: str


def shares(years: Sequence[YearShare]) -> Markup:
    """A bar for each year, filled as far as the cadence was met, its rest outlined; years with nothing stay empty."""
    width = _STEP * len(years)
    parts = [f'<path class="axis" d="M0 {_FLOOR}H{width}"/>']
    for place, year in enumerate(years):
        x, whole = _STEP * place + 6, year.met + year.open + year.missed
        middle = x + _BAR / 2
        bottom = float(_FLOOR)
        for kind, count in (("s-met", year.met), ("s-open", year.open), ("s-miss", year.missed)):
            if not count:
                continue
            height = (_FLOOR - _TOP) * count / whole
            bottom -= height
            # An outline is drawn inside its box, so that the heights stay comparable.
            inset = 0 if kind == "s-met" else 0.75
            tall = max(height - inset, 0.5)
            box = f'x="{number(x + inset)}" y="{number(bottom + inset)}" width="{number(_BAR - 2 * inset)}"'
            parts.append(f'<rect class="{kind}" {box} height="{number(tall)}"/>')
        if year.label:
            parts.append(f'<text class="n" x="{number(middle)}" y="20">{escape(year.label)}</text>')
        parts.append(f'<text x="{number(middle)}" y="150">{year.year}</text>')
    return drawn(
        f'<svg class="share" viewBox="0 0 {width} 154" aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
    )


@dataclass(frozen=True)
class Column:
    """A column over time: what is below, what is on top, and what it is called under the axis ("" for nothing)."""

    label: str
    value: int
    on_top: int = 0


def weekly(found: Sequence[Column]) -> Markup:
    """A column for each week of a year, and the same in three strips for a phone; the style sheet shows what fits."""
    highest = max([1, *(one.value + one.on_top for one in found)])
    strips = (found[:18], found[18:35], found[35:])
    drawings = [columns(found, step=15, numbers=False, kind="perday bigstrip", highest=highest)]
    drawings += [
        columns(strip, step=15, numbers=False, kind="perday bigstrip slim", highest=highest)
        for strip in strips
        if strip
    ]
    return drawn("".join(drawings))


def columns(
    found: Sequence[Column], *, step: int = 30, numbers: bool = True, kind: str = "perday", highest: int | None = None
) -> Markup:
    """A column for each, the part on top outlined, with its number above it; as high as ``highest`` (None: its own)."""
    high, floor = 80, 104
    highest = highest or max([1, *(one.value + one.on_top for one in found)])
    parts = [f'<path class="floor" d="M0 {floor}H{step * len(found)}"/>']
    wide = step * 2 / 3
    for place, one in enumerate(found):
        x = step * place + step / 6
        total = one.value + one.on_top
        tall = max(high * one.value / highest, _LEAST) if one.value else 0
        above = max(high * one.on_top / highest, _LEAST + 2) if one.on_top else 0
        if one.value:
            box = f'x="{number(x)}" y="{number(floor - tall)}" width="{number(wide)}" height="{number(tall)}"'
            parts.append(f'<rect class="ok" {box}/>')
        if one.on_top:
            box = f'x="{number(x + 0.75)}" y="{number(floor - tall - above)}" width="{number(wide - 1.5)}"'
            parts.append(f'<rect class="low" {box} height="{number(above)}"/>')
        if total and numbers:
            y = number(floor - tall - above - 6)
            parts.append(f'<text class="n" x="{number(x + wide / 2)}" y="{y}">{total}</text>')
        if one.label:
            parts.append(f'<text x="{number(x + wide / 2)}" y="{floor + 16}">{escape(one.label)}</text>')
    box = f"0 0 {step * len(found)} {floor + 20}"
    return drawn(f'<svg class="{kind}" viewBox="{box}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>')


def bar(parts: Sequence[tuple[str, int]], most: int) -> Markup:
    """The bar of a table row, as long as its sum is of ``most``: parts by class (yes, may, no), in order."""
    x, found = 0.0, []
    for kind, count in parts:
        if not count or not most:
            continue
        width = 220 * count / most
        inset = 0.5 if kind == "may" else 0
        box = f'x="{number(x + inset)}" y="{number(2 + inset)}" width="{number(max(width - 1.5 - inset, 0.5))}"'
        found.append(f'<rect class="{kind}" {box} height="{number(12 - 2 * inset)}" rx="2"/>')
        x += width
    return drawn(
        '<svg class="attbar" viewBox="0 0 220 16" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{''.join(found)}</svg>"
    )


def key(rows: Sequence[tuple[str, str]]) -> Markup:
    """What each filling means: class of a rectangle → word."""
    signs = "".join(
        f'<li><svg class="{_HOLDER.get(kind, "sign")}" viewBox="0 0 16 16" aria-hidden="true"><rect class="{kind}" '
        f'x="2.75" y="2.75" width="10.5" height="10.5"/></svg>{escape(word)}</li>'
        for kind, word in rows
    )
    return drawn(f'<ul class="key">{signs}</ul>')


#: The drawing a filling belongs to, where its colour does.
_HOLDER: Mapping[str, str] = {"ok": "sign perday", "low": "sign perday"}
