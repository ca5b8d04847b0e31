"""The small drawings of a page as SVG: status glyphs and pills, meeting marks, icons, the logo.

Shape tells the state, colour only repeats it. The glyphs are drawn once a page, in ``shared_definitions()``
first in the body, and referred to after that. No text is written here but what ``words`` gives; no inline
style, so that the strict content security policy holds. Not here: charts over time (``charts``).
"""

from __future__ import annotations

from functools import cache, lru_cache

from markupsafe import Markup, escape

from scheduler.web.words import Glyph, MarkState, status_glyph, status_word

_GLYPHS: dict[Glyph, str] = {
    "met": '<circle cx="7" cy="7" r="6" fill="currentColor"/>'
    '<path d="M4 7.2l2.2 2.2L10.2 5" fill="none" stroke="var(--ct,#fff)" stroke-width="1.8"/>',
    "track": '<circle cx="7" cy="7" r="5.2" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<path d="M7 1.8a5.2 5.2 0 0 1 0 10.4z" fill="currentColor"/>',
    "risk": '<path d="M7 1.2L13.2 12.4H.8z" fill="none" stroke="currentColor" stroke-width="1.6" '
    'stroke-linejoin="round"/><path d="M7 5v3.6" stroke="currentColor" stroke-width="1.6"/>'
    '<circle cx="7" cy="10.6" r=".9" fill="currentColor"/>',
    "behind": '<rect x="1" y="1" width="12" height="12" rx="2" fill="currentColor"/>'
    '<path d="M7 3.6v4.2" stroke="var(--ct,#fff)" stroke-width="1.8"/>'
    '<circle cx="7" cy="10.2" r="1" fill="var(--ct,#fff)"/>',
    "none": '<path d="M2 7h10" stroke="currentColor" stroke-width="1.8"/>',
}

#: Icon → path on a 20 × 20 grid, stroked.
ICONS: dict[str, str] = {
    "home": "M3 9.5 10 4l7 5.5V17h-4.5v-4.5h-5V17H3z",
    "forums": "M10 3.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM4.5 12.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM15.5 12.5a2 2 0 1 1 0 4 "
    "2 2 0 0 1 0-4zM9 7.3 5.6 12.6M11 7.3l3.4 5.3M6.5 14.5h7",
    "calendar": "M3.5 5h13v12h-13zM3.5 8.5h13M7 3v3.5M13 3v3.5",
    "plan": "M3 5h7M3 10h11M3 15h5M13.5 3.5v3M17 8.5v3M11 13.5v3",
    "poll": "M4 5.5l1.5 1.5L8 4.5M4 13.5l1.5 1.5L8 12.5M11 6h6M11 14h6",
    "organisation": "M4 17V4h7v13M11 8h5v9M6.5 7h2M6.5 10h2M6.5 13h2M2.5 17h15",
    "person": "M10 3.5a3.25 3.25 0 1 1 0 6.5 3.25 3.25 0 0 1 0-6.5zM3.5 17c.6-3.6 3.2-5 6.5-5s5.9 1.4 6.5 5",
    "report": "M4 17V9M8.5 17V4M13 17v-6M17 17V7",
    "search": "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4 4",
    "menu": "M3 5.5h14M3 10h14M3 14.5h14",
    "subscribe": "M4 13a3 3 0 0 1 3 3M4 8.5a7.5 7.5 0 0 1 7.5 7.5M4 4a12 12 0 0 1 12 12",
    "lock": "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
    "tick": "M4 10.5l4 4L16 6",
    "close": "M5 5l10 10M15 5L5 15",
    "maybe": "M3.5 11.5c2.5-5 4.4-5 6.5-1.8s4 3.2 6.5-1.8",
    "info": "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 9v4.5M10 6.3v.6",
    "plus": "M10 4v12M4 10h12",
    "print": "M6 8V3h8v5M4 8h12v6H4zM6.5 12h7v5h-7z",
    "right": "M4 10h11M11 5.5l4.5 4.5-4.5 4.5",
    "up": "M10 16V4.5M5 9.5l5-5 5 5",
    "down": "M10 4v11.5M5 10.5l5 5 5-5",
    "place": "M10 3a5 5 0 0 1 5 5c0 3.5-5 9-5 9S5 11.5 5 8a5 5 0 0 1 5-5zM10 6.8a1.2 1.2 0 1 1 0 2.4 1.2 1.2 0 0 1 "
    "0-2.4",
    "clock": "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 6v4.2l2.8 1.8",
    "video": "M3 6h9.5v8H3zM12.5 9l4.5-2.5v7L12.5 11",
    "mail": "M3 5h14v10H3zM3 5.5l7 5.5 7-5.5",
    "document": "M5 3h7l3.5 3.5V17H5zM12 3v3.5h3.5",
    "theme": "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 3v14",
}

#: A ring with a gap and a dot where it begins: the year, and the meeting in it.
LOGO = Markup(
    '<svg viewBox="0 0 28 28" fill="none" aria-hidden="true"><circle cx="14" cy="14" r="11.5" stroke="currentColor" '
    'stroke-width="2" stroke-dasharray="57 15.25" stroke-linecap="round" transform="rotate(-60 14 14)"/>'
    '<circle cx="14" cy="14" r="5.5" stroke="currentColor" stroke-width="2"/>'
    '<circle cx="8.25" cy="4.05" r="2.75" fill="currentColor"/></svg>'
)

#: An action point that is still open: an empty box, never the ring of a booked meeting.
BOX = Markup(
    '<svg class="sign" viewBox="0 0 16 16" aria-hidden="true"><rect x="2" y="2" width="12" height="12" rx="3" '
    'fill="none" stroke="currentColor" stroke-width="1.6"/></svg>'
)

#: The tick of a chosen segment, shown by the style sheet when its radio is checked.
TICK = Markup(
    '<svg class="tick" viewBox="0 0 12 12" aria-hidden="true"><path d="M1.5 6.5l3 3 6-7" fill="none" '
    'stroke="currentColor" stroke-width="2"/></svg>'
)


def drawn(svg: str) -> Markup:
    """``svg`` as markup: it holds nothing but our own elements, numbers and texts already escaped."""
    return Markup(svg)  # noqa: S704 - the one door from drawing to page, see above


@cache
def shared_definitions() -> Markup:
    """The zero-size SVG that stands first in the body: glyphs and the hatch of closed days, drawn once."""
    symbols = "".join(f'<symbol id="g-{name}" viewBox="0 0 14 14">{path}</symbol>' for name, path in _GLYPHS.items())
    hatch = (
        '<pattern id="closed" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="hatch" d="M0 0V5"/></pattern>'
    )
    head = '<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false">'
    return drawn(f"{head}<defs>{symbols}{hatch}</defs></svg>")


def _known(name: Glyph) -> Glyph:
    if name not in _GLYPHS:
        raise KeyError(name)
    return name


@cache
def glyph(name: Glyph) -> Markup:
    """A status glyph alone, in its colour; the word beside it must say the same."""
    return drawn(f'<svg class="glyph is-{name}" aria-hidden="true"><use href="#g-{_known(name)}"/></svg>')


def pill(name: Glyph, text: str) -> Markup:
    """A pill with a glyph and a word of the page's own: ``pill("risk", "Vakant")``."""
    return drawn(f'<span class="status is-{_known(name)}">{glyph(name)}{escape(text)}</span>')


def status_pill(status: str) -> Markup:
    """The pill of a cadence status, glyph and word in the language in use."""
    return pill(status_glyph(status), status_word(status))


@cache
def icon(name: str, size: int = 18) -> Markup:
    """An icon of ``size`` px, silent to assistive technology: a visible or hidden text stands beside it."""
    box = f'<svg class="icon" width="{size}" height="{size}" viewBox="0 0 20 20" aria-hidden="true">'
    return drawn(f'{box}<path d="{ICONS[name]}"/></svg>')


# A page of a hundred forums asks for the same few coordinates thousands of times: those of a year's days.
@lru_cache(maxsize=8192)
def number(value: float) -> str:
    """A coordinate with at most one decimal: 12 and 12.5, never 12.0."""
    return f"{value:.1f}".removesuffix(".0")


@lru_cache(maxsize=8192, typed=True)
def drawn_mark(x: float, y: float, state: MarkState, radius: float) -> str:
    """The shape of a meeting at (x, y), as SVG elements; ``radius`` is that of its disc or ring."""
    cx, cy = number(x), number(y)
    middle = f'cx="{cx}" cy="{cy}"'
    if state == "held":
        return f'<circle class="m" {middle} r="{radius}"/>'
    if state == "booked":
        return f'<circle class="m open" {middle} r="{radius}"/>'
    if state == "proposed":
        return f'<circle class="m dots" {middle} r="{radius}"/>'
    if state == "unminuted":
        hole = number(radius * 0.4)
        return f'<circle class="m" {middle} r="{radius}"/><circle class="m eye" {middle} r="{hole}"/>'
    if state == "now":
        halo = number(radius + 4)
        return f'<circle class="m halo" {middle} r="{halo}"/><circle class="m" {middle} r="{radius}"/>'
    if state == "poll":
        k = number(radius * 1.25)
        return f'<path class="m open" d="M{cx} {cy}m0-{k}l{k} {k}-{k} {k}-{k}-{k}z"/>'
    k, side = number(radius * 0.8), number(radius * 1.6)
    return f'<path class="m cross" d="M{cx} {cy}m-{k}-{k}l{side} {side}m0-{side}l-{side} {side}"/>'


@cache
def sign(state: MarkState) -> Markup:
    """A meeting's mark alone, 16 px, for a legend or a list; the word beside it must say the same."""
    shape = drawn_mark(8, 8, state, 3.6 if state == "now" else 4.6)
    return drawn(f'<svg class="sign" viewBox="0 0 16 16" aria-hidden="true">{shape}</svg>')
