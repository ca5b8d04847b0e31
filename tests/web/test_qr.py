"""A QR code in a page: the right modules, a quiet zone, words, and nothing a strict policy forbids."""

from __future__ import annotations

import re

import segno

from scheduler.web.qr import QUIET, qr_svg

URL = 'webcal://takt.example.org/feeds/abc.ics?a=1&b="2"'


def dark_modules(svg: str) -> set[tuple[int, int]]:
    found = set()
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        found |= {(int(x) + n, int(y)) for n in range(int(length))}
    return found


def test_every_dark_module_is_drawn_inside_its_quiet_zone():
    svg = str(qr_svg(URL))
    matrix = segno.make_qr(URL, error="m").matrix
    expected = {(x + QUIET, y + QUIET) for y, row in enumerate(matrix) for x, cell in enumerate(row) if cell}
    assert dark_modules(svg) == expected
    size = len(matrix) + 2 * QUIET
    assert f'viewBox="0 0 {size} {size}"' in svg
    assert f'fill="#fff" d="M0 0h{size}v{size}H0z"' in svg


def test_it_has_words_and_no_style():
    svg = str(qr_svg(URL))
    assert 'role="img" aria-label="QR-kod med länken.' in svg
    assert "style" not in svg
    assert "abc.ics" not in svg
