"""The year wheel: where a day, a window and a ring lie, what is drawn of them, and in which shapes."""

from __future__ import annotations

import gzip
import re
from datetime import date, timedelta
from itertools import pairwise
from math import atan2, degrees, hypot
from xml.etree import ElementTree as ET

import pytest

from scheduler.i18n import use_language
from scheduler.web.assets import STATIC
from scheduler.web.charts import Band, ClosedSpan
from scheduler.web.wheel import GAP, RINGS, Dial, Ring, Wheel, WheelMark, draw, radii
from scheduler.web.words import MARKS
from tests.web.gallery_app import CLOSED, ROWS, TODAY


def wheel_of(*rings: Ring, **given) -> ET.Element:
    return ET.fromstring(draw(Wheel(2026, rings, **given)))  # noqa: S314 - our own drawing


def marked(day: date, state="held", title="Forumet", url="/meetings/1") -> WheelMark:
    return WheelMark(day, state, title, url)


def kinds(svg: ET.Element) -> list[str]:
    return [path.get("class") for path in svg.iter("path") if path.get("class")]


def angle_of(circle: ET.Element) -> float:
    return degrees(atan2(float(circle.get("cx")), -float(circle.get("cy")))) % 360


@pytest.mark.parametrize(("year", "days"), [(2026, 365), (2028, 366)])
def test_the_year_goes_round_from_the_gap_to_the_gap_in_equal_days(year, days):
    dial = Dial.of(year)
    step = (360 - GAP) / days
    assert dial.middle(date(year, 1, 1)) == pytest.approx(GAP / 2 + step / 2)
    assert dial.middle(date(year, 12, 31)) == pytest.approx(360 - GAP / 2 - step / 2)
    all_days = [dial.middle(date(year, 1, 1) + timedelta(days=n)) for n in range(days)]
    assert [b - a for a, b in pairwise(all_days)] == pytest.approx([step] * (days - 1))


def test_the_last_day_of_february_moves_march_in_a_leap_year_alone():
    for year, before in ((2026, 59), (2028, 60)):
        dial = Dial.of(year)
        begins, ends = dial.span(date(year, 3, 1), date(year, 3, 31))
        step = (360 - GAP) / (365 if year == 2026 else 366)
        assert begins == pytest.approx(GAP / 2 + before * step)
        assert ends - begins == pytest.approx(31 * step)


def test_a_window_is_cut_to_the_year_or_left_out():
    dial = Dial.of(2026)
    whole = (GAP / 2, 360 - GAP / 2)
    assert dial.span(date(2025, 6, 1), date(2027, 2, 1)) == pytest.approx(whole)
    assert dial.span(date(2025, 1, 1), date(2025, 12, 31)) is None
    svg = wheel_of(
        Ring("A", [marked(date(2025, 12, 31)), marked(date(2027, 1, 1))], [Band(date(2025, 1, 1), date(2025, 12, 31))])
    )
    assert list(svg.iter("a")) == []
    assert "win" not in kinds(svg)


def test_a_mark_lies_on_its_ring_at_its_day():
    rings = [Ring(f"R{n}", [marked(date(2026, 7, 2))]) for n in range(RINGS)]
    circles = list(wheel_of(*rings).iter("circle"))
    assert [hypot(float(c.get("cx")), float(c.get("cy"))) for c in circles] == pytest.approx(radii(RINGS), abs=0.1)
    assert [angle_of(c) for c in circles] == pytest.approx([Dial.of(2026).middle(date(2026, 7, 2))] * RINGS, abs=0.1)


def test_the_seasons_lie_clockwise():
    """Spring to the right, summer below, autumn to the left: January begins right of the gap."""
    days = [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), date(2026, 12, 31)]
    angles = [angle_of(c) for c in wheel_of(Ring("A", [marked(day) for day in days])).iter("circle")]
    assert [round(angle / 90) for angle in angles] == [0, 1, 2, 3, 4]
    assert angles == sorted(angles)


def test_twelve_rings_are_apart_and_a_thirteenth_is_an_error():
    for count in range(1, RINGS + 1):
        found = radii(count)
        assert all(a - b >= 11 for a, b in pairwise(found))
        assert found[-1] >= 112
    with pytest.raises(ValueError, match="13"):
        draw(Wheel(2026, [Ring("x")] * 13))


def test_codes_stand_in_the_gap_outermost_first():
    texts = [text for text in wheel_of(Ring("RF"), Ring("PS")).iter("text") if text.get("class") == "code"]
    assert [text.text for text in texts] == ["RF", "PS"]
    assert float(texts[0].get("y")) < float(texts[1].get("y")) < 0
    assert all(text.get("x") is None for text in texts)


def test_windows_differ_by_their_edges_and_a_ring_without_any_is_a_line():
    windows = [
        Band(date(2026, 1, 1), date(2026, 3, 31)),
        Band(date(2026, 4, 1), date(2026, 6, 30), "missed"),
        Band(date(2026, 7, 1), date(2026, 9, 30), "risk"),
    ]
    drawn = [kind for kind in kinds(wheel_of(Ring("A", [], windows))) if kind not in {"cut", "quarter"}]
    assert drawn == ["win", "win missed", "edge missed", "win risk", "edge risk"]
    assert kinds(wheel_of(Ring("A")))[0] == "axis"


def test_a_window_of_a_day_is_still_an_arc_from_left_to_right():
    path = next(p for p in wheel_of(Ring("A", [], [Band(TODAY, TODAY)])).iter("path") if p.get("class") == "win")
    assert re.fullmatch(r"M\S+ \S+A242 242 0 0 1 \S+ \S+", path.get("d"))


def test_every_state_has_a_shape_of_its_own_without_colour():
    rings = [Ring("A", [marked(date(2026, 5, 1), state)]) for state in MARKS]
    shapes = set()
    for ring in rings:
        link = next(wheel_of(ring).iter("a"))
        shape = [(e.tag, e.get("class"), e.get("r"), (e.get("d") or "")[-6:]) for e in link if e.tag != "title"]
        shapes.add(tuple(shape))
    assert len(shapes) == len(MARKS)


def test_in_forced_colours_windows_and_their_edges_are_still_drawn():
    text = (STATIC / "takt.css").read_text(encoding="utf-8")
    rules = text.partition("@media (forced-colors: active)")[2]
    assert re.search(r"\.win[^{]*\{ stroke: GrayText", rules)
    assert re.search(r"\.edge[^{]*\{ stroke: CanvasText", rules)
    assert "dasharray" not in rules.partition("@keyframes")[0]


def test_closed_days_are_named_and_today_is_flagged_in_its_year_alone():
    svg = wheel_of(Ring("A"), closed=[ClosedSpan(date(2026, 3, 2), date(2026, 3, 6), "Sportlov")], today=TODAY)
    assert [title.text for title in svg.iter("title")] == ["Sportlov 2 mar–6 mar"]
    months = [text.text for text in svg.iter("text") if text.get("class") == "month"]
    assert len(months) == 11
    assert "sep" not in months
    assert "15 sep" in "".join(svg.itertext())
    assert "now-line" not in kinds(wheel_of(Ring("A"), today=date(2027, 1, 1)))
    with use_language("en"):
        assert "Oct" in "".join(wheel_of(Ring("A"), today=TODAY).itertext())


def test_the_drawing_is_silent_and_its_links_are_no_tab_stops():
    svg = wheel_of(Ring("A", [marked(TODAY)]))
    assert (svg.get("aria-hidden"), svg.get("focusable")) == ("true", "false")
    assert [link.get("tabindex") for link in svg.iter("a")] == ["-1"]


def test_hostile_names_are_escaped():
    evil = '"><script>alert(1)</script>'
    mark = marked(TODAY, title=evil, url=f"/meetings/1?{evil}")
    markup = draw(Wheel(2026, [Ring(evil, [mark])], TODAY, [ClosedSpan(TODAY, TODAY, evil)], [evil]))
    assert "<script" not in markup
    svg = ET.fromstring(markup)  # noqa: S314 - our own drawing
    assert next(svg.iter("a")).get("href") == f"/meetings/1?{evil}"
    assert evil in {title.text for title in svg.iter("title")}
    assert "style" not in {name for element in svg.iter() for name in element.attrib}


def test_twelve_rings_weigh_no_more_than_their_budget():
    rows = [*ROWS, *ROWS[:2]]
    rings = [
        Ring(row.code, [WheelMark(m.day, m.state, f"{row.name}, {m.day}: {m.state}", "/meetings/1234") for m in
                        row.strip.marks], row.strip.bands)
        for row in rows
    ]  # fmt: skip
    markup = draw(Wheel(2026, rings, TODAY, CLOSED, ["23 möten hållna", "11 bokade"])).encode()
    assert len(markup) <= 13 * 1024
    assert len(gzip.compress(markup)) <= 3 * 1024
