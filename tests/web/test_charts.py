"""Strips and bars: what is drawn where, what is said, and how fast."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from scheduler.i18n import use_language
from scheduler.web import symbols
from scheduler.web.assets import STATIC
from scheduler.web.charts import (
    Band,
    ClosedSpan,
    FiveYears,
    Mark,
    YearBar,
    YearStrip,
    big_strip,
    five_years,
    legend,
    year_strip,
)
from scheduler.web.words import MARKS
from tests.web.gallery_app import CROWDED, ROWS, TODAY


def drawn(markup: str) -> ET.Element:
    return ET.fromstring(markup)  # noqa: S314 - our own drawing


def positions(svg: ET.Element, kind: str) -> list[float]:
    return [float(c.get("cx")) for c in svg.iter("circle") if c.get("class") == kind]


def test_label_of_a_strip_says_every_date():
    strip = YearStrip(2026, TODAY, [Mark(date(2026, 2, 12), "held"), Mark(date(2026, 10, 1), "booked", "flyttat")])
    assert drawn(year_strip(strip)).get("aria-label") == "Möten 2026: 12 februari hållet; 1 oktober flyttat."
    with use_language("en"):
        assert drawn(year_strip(strip)).get("aria-label") == "Meetings in 2026: 12 February held; 1 October flyttat."


def test_label_of_an_empty_year():
    assert drawn(year_strip(YearStrip(2027))).get("aria-label") == "Inga möten 2027."


def test_days_are_placed_at_their_middle_whatever_the_length_of_the_year():
    for year, days in ((2026, 365), (2028, 366)):
        marks = [Mark(date(year, 1, 1), "held"), Mark(date(year, 12, 31), "held")]
        expected = [round(240 * 0.5 / days, 1), round(240 - 240 * 0.5 / days, 1)]
        assert positions(drawn(year_strip(YearStrip(year, None, marks))), "m") == expected


def test_what_lies_outside_the_year_is_left_out_or_cut():
    strip = YearStrip(
        2026,
        date(2027, 1, 1),
        [Mark(date(2025, 12, 31), "held"), Mark(date(2027, 1, 1), "booked")],
        [Band(date(2025, 7, 1), date(2026, 6, 30), "missed"), Band(date(2025, 1, 1), date(2025, 12, 31), "risk")],
        [
            ClosedSpan(date(2025, 12, 20), date(2026, 1, 6), "Jul"),
            ClosedSpan(date(2024, 7, 1), date(2024, 7, 31), "Sommar"),
        ],
    )
    svg = drawn(year_strip(strip))
    assert svg.get("aria-label") == "Inga möten 2026."
    assert [p.get("class") for p in svg.iter("path")] == ["closed", "axis", "win missed", "edge missed"]
    assert next(p for p in svg.iter("path") if p.get("class") == "closed").get("d") == "M0 2H3.9V22H0z"
    assert next(p for p in svg.iter("path") if p.get("class") == "win missed").get("d") == "M5.5 12H113.5"


def test_small_strip_leaves_out_short_closures_and_plain_windows():
    strip = YearStrip(
        2026,
        None,
        (),
        [Band(date(2026, 1, 1), date(2026, 3, 31))],
        [ClosedSpan(date(2026, 3, 2), date(2026, 3, 6), "Sportlov")],
    )
    assert [p.get("class") for p in drawn(year_strip(strip)).iter("path")] == ["axis"]
    shown = [p.get("class") for p in drawn(big_strip(strip)).iter("path")]
    assert shown.count("closed") == shown.count("win") == 1


def test_missed_and_at_risk_windows_differ_by_more_than_colour():
    """Solid against dashed edges: the style sheet gives only the latter a dash (spec: told apart in grey)."""
    text = (STATIC / "takt.css").read_text(encoding="utf-8")
    edges = re.search(r"\.edge \{.*?\n  \.closed", text, flags=re.DOTALL)
    assert edges is not None
    missed, risk = re.search(r"&\.missed \{(.*?)\}", edges[0]), re.search(r"&\.risk \{(.*?)\}", edges[0])
    assert "dasharray" in risk[1]
    assert "dasharray" not in missed[1]


def test_every_mark_has_its_own_shape():
    shapes = [re.sub(r' c[xy]="[^"]*"', "", symbols.drawn_mark(8, 8, state, 5)) for state in MARKS]
    assert len(set(shapes)) == len(MARKS)


def test_dates_of_the_big_strip_make_room_for_one_another():
    for slim, room in ((False, 44), (True, 30)):
        svg = drawn(big_strip(CROWDED, slim=slim))
        rows: dict[str, list[float]] = {}
        for text in svg.iter("text"):
            if text.get("class") == "lbl":
                rows.setdefault(text.get("y"), []).append(float(text.get("x")))
        assert sorted(rows) == ["105", "90"]
        assert all(b - a >= room for xs in rows.values() for a, b in pairwise(xs))
        marks = [e for e in svg.iter() if e.get("class", "").split()[0:1] == ["m"]]
        assert len(marks) == len(CROWDED.marks) + 2  # the hole and the halo are shapes of their own


def test_big_strip_is_silent_and_names_its_closed_days():
    svg = drawn(big_strip(ROWS[0].strip))
    assert svg.get("aria-hidden") == "true"
    assert [t.text for t in svg.iter("title")] == ["Trettonhelg", "Sportlov", "Påsk", "Semester", "Höstlov", "Jul"]
    assert [t.text for t in svg.iter("text") if t.get("class") == "lbl"] == [
        "12 feb",
        "23 apr",
        "11 jun",
        "1 okt",
        "3 dec",
    ]


def test_years_under_the_requirement_are_outlined_and_years_without_records_empty():
    bars = [
        YearBar(2021, None, None, "inactive"),
        YearBar(2022, 0, 2, "missed"),
        YearBar(2023, 1, 2, "missed"),
        YearBar(2024, 2, 2, "met"),
        YearBar(2025, 4, None, "no_requirement"),
    ]
    svg = drawn(five_years(FiveYears(bars)))
    assert [(r.get("class"), r.get("x"), r.get("height")) for r in svg.iter("rect")] == [
        ("low", "16", "1.5"), ("low", "31", "5"), ("ok", "46", "10"), ("ok", "61", "20"),
    ]  # fmt: skip
    assert [p.get("d") for p in svg.iter("path")] == ["M13 12H28", "M28 12H43", "M43 12H58"]
    assert svg.get("aria-label") == (
        "Möten per år. 2021: inga uppgifter; 2022: 0 av 2, missat; 2023: 1 av 2, missat; 2024: 2 av 2, uppfyllt; "
        "2025: 4."
    )


def test_no_years_at_all():
    assert drawn(five_years(FiveYears([]))).get("aria-label") == "Möten per år. ."


def test_texts_from_people_are_escaped():
    evil = '"><script>alert(1)</script>'
    strip = YearStrip(
        2026, None, [Mark(date(2026, 5, 1), "held", evil)], (), [ClosedSpan(date(2026, 7, 1), date(2026, 7, 31), evil)]
    )
    assert "<script" not in year_strip(strip) + big_strip(strip) + symbols.pill("risk", evil)
    assert drawn(year_strip(strip)).get("aria-label") == f"Möten 2026: 1 maj {evil}."


def test_unknown_glyphs_and_marks_are_errors():
    for wrong in (lambda: symbols.glyph('x"'), lambda: symbols.pill("bad", "x"), lambda: symbols.icon("nothing")):
        with pytest.raises(KeyError):
            wrong()


def test_legend_says_each_mark_band_and_hatch():
    svg = drawn(legend(["held", "poll"], bands=["missed"], closed=True))
    assert ["".join(li.itertext()) for li in svg] == ["Hållet", "Datumförfrågan", "Mötet saknas", "Helger och lov"]


def test_a_hundred_strips_fit_in_one_page():
    """A full year and five bars weigh less than two thousand characters, before they travel compressed."""
    marks = [Mark(date(2026, 1, 5) + timedelta(days=30 * n), "held") for n in range(12)]
    strip = YearStrip(2026, TODAY, marks, ROWS[3].strip.bands, ROWS[3].strip.closed)
    assert len(year_strip(strip)) + len(five_years(ROWS[3].years)) < 2_000
