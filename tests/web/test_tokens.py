"""The colours of the style sheet keep their contrast in light and in dark (WCAG 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re

import pytest

from scheduler.web.assets import STATIC

CSS = (STATIC / "takt.css").read_text(encoding="utf-8")
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
}
STATUSES = ("met", "track", "risk", "behind")

#: Foreground on background, and the least contrast: 4.5 for text, 3 for borders and shapes.
PAIRS = [
    *((text, ground, 4.5) for text in ("ink", "ink-2") for ground in ("bg", "surface", "sunken", "accent-tint")),
    *(("accent", ground, 4.5) for ground in ("bg", "surface", "sunken", "accent-tint")),
    *(("accent-strong", ground, 4.5) for ground in ("bg", "surface", "sunken", "accent-tint")),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-strong", 4.5),
    *((status, f"{status}-tint", 4.5) for status in STATUSES),
    *((status, ground, 4.5) for status in STATUSES for ground in ("bg", "surface")),
    *(("ink", f"{status}-tint", 4.5) for status in STATUSES),
    *(("control", ground, 3) for ground in ("bg", "surface")),
    *(("focus", ground, 3) for ground in ("bg", "surface", "sunken", "accent-tint")),
    *(("focus", f"{status}-tint", 3) for status in STATUSES),
    *(("accent", f"{status}-tint", 3) for status in STATUSES),
]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_known_pairs():
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS, ids=str)
def test_token_contrast(scheme, front, back, least):
    assert contrast(TOKENS[front][scheme], TOKENS[back][scheme]) >= least


def test_every_colour_is_said_for_both_schemes():
    used = set(re.findall(r"var\(--([\w-]+)\)", CSS))
    defined = set(re.findall(r"--([\w-]+):", CSS))
    assert used - defined == set()
    bare = re.findall(r"(?<!light-dark\()(#[0-9a-f]{3,6})\b", re.sub(r"light-dark\([^;]*?\);", "", CSS))
    assert sorted(set(bare)) == ["#fff"]  # the ground of a QR code, and paper
