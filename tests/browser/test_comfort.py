"""What people set in their systems holds: large text, forced colours, less motion, a finger instead of a mouse.

One page of each kind: the rules stand in one style sheet, and what every page must pass is in ``test_site``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.browser import rig
from tests.browser.sights import FORUM, DemoSite

#: Of the secretary: charts, wide tables, long forms, boards.
CROWDED = [
    "/", f"/forums/{FORUM}", "/forums", "/meetings/{called}", "/meetings/new", "/meetings/{attended}/attendance",
    "/meetings/{attended}/minutes", "/calendar/2026/12", "/calendar/2026", "/plan/2027?meeting={planned}",
    "/plan/2026/table", "/polls/{poll}", "/organisations/lst-norrbotten", "/people/{governor}/load/2026", "/health",
    "/forums/tillvaxtberedningen/mandates", "/subscribe", "/search?q=regionalt", "/admin/users/{user}",
]  # fmt: skip
#: Of whoever has a link, or none.
OUTER = [
    "/p/{poll_answered}/",
    "/r/{sender_call}/?answer=no",
    "/o/{organisation}",
    "/s/{choices}/",
    "/login",
    "/privacy",
]


@pytest.fixture(scope="module")
def large_text(browser: Browser) -> Iterator[Browser]:
    """The same browser, told by its user to write everything twice as large."""
    large = browser.browser_type.launch(
        executable_path=rig.CHROMIUM, args=[*rig.ARGUMENTS, "--blink-settings=defaultFontSize=32"]
    )
    yield large
    large.close()


@pytest.mark.parametrize("path", [*CROWDED, *OUTER])
def test_twice_as_large_text_has_room(
    large_text: Browser, site: str, demo: DemoSite, signed_in: StorageState, path: str
) -> None:
    """1280 pixels wide, 1.4.4."""
    state = None if path in OUTER else signed_in
    context = large_text.new_context(viewport={"width": 1280, "height": 900}, storage_state=state)
    page = context.new_page()
    page.goto(site + demo.path(path))
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    found = rig.cut_off(page)
    context.close()
    assert found == []


@pytest.mark.parametrize("path", ["/", "/meetings/{called}", "/meetings/new", "/me", *OUTER])
def test_a_finger_hits_every_control(
    new_page: Callable[..., Page], site: str, demo: DemoSite, signed_in: StorageState, path: str
) -> None:
    state = None if path in OUTER else signed_in
    page = new_page(storage_state=state, viewport=rig.PHONE, has_touch=True, is_mobile=True)
    page.goto(site + demo.path(path))
    assert page.evaluate("matchMedia('(pointer: coarse)').matches")
    assert rig.small_targets(page, 44) == []


@pytest.mark.parametrize(
    ("path", "chosen", "other"),
    [
        ("/p/{poll_answered}/", ".tri label:has(:checked)", ".tri label:not(:has(:checked))"),
        ("/r/{sender_call}/?answer=no", ".alts label:has(:checked)", ".alts label:not(:has(:checked))"),
        ("/meetings/{attended}/attendance", ".att label:has(:checked)", ".att label:not(:has(:checked))"),
        ("/", ".menu [aria-current]", ".menu a:not([aria-current])"),
        ("/subscribe", ".seg [aria-current]", ".seg a:not([aria-current])"),
    ],
)
def test_what_is_chosen_shows_in_forced_colours(
    new_page: Callable[..., Page],
    site: str,
    demo: DemoSite,
    signed_in: StorageState,
    path: str,
    chosen: str,
    other: str,
) -> None:
    """Tints and shadows are taken away there; something else than colour must tell."""
    page = new_page(storage_state=None if path in OUTER else signed_in, forced_colors="active")
    page.goto(site + demo.path(path))
    shape = """e => { const s = getComputedStyle(e);
      return [s.outlineStyle, s.outlineWidth, s.textDecorationLine, s.borderTopWidth].join(" "); }"""
    first = page.locator(f"main {chosen}, nav {chosen}").first
    assert first.evaluate(shape) != page.locator(f"main {other}, nav {other}").first.evaluate(shape)


def test_buttons_states_and_marks_show_in_forced_colours(
    new_page: Callable[..., Page], site: str, signed_in: StorageState
) -> None:
    page = new_page(storage_state=signed_in, forced_colors="active")
    page.goto(f"{site}/")
    unframed = """list => list.filter(e => parseFloat(getComputedStyle(e).borderTopWidth) < 1).length"""
    for part in (".btn:not(.quiet)", ".status", ".notice"):
        assert page.locator(f"main {part}").evaluate_all(unframed) == 0, part
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    marks = page.locator(".wheel .m").evaluate_all(
        "list => list.map(e => { const s = getComputedStyle(e); return [s.fill, s.stroke]; })"
    )
    assert marks
    assert [mark for mark in marks if set(mark) <= {"none", "rgba(0, 0, 0, 0)", ground}] == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("path", ["/", "/plan/2029", "/p/{poll_open}/"])
def test_nothing_moves_for_whoever_asks_for_less_motion(
    new_page: Callable[..., Page], site: str, demo: DemoSite, signed_in: StorageState, path: str
) -> None:
    """And where nobody asks, only what the design allows: colours within 120 ms, and the bar of what is running."""
    moving = """() => [...document.querySelectorAll("*")].flatMap(e => ["", "::before", "::after"].flatMap(part => {
      const s = getComputedStyle(e, part || null);
      const moves = s.transitionDuration.split(", ").some(d => parseFloat(d) > 0)
        || (s.animationName !== "none" && s.animationDuration.split(", ").some(d => parseFloat(d) > 0));
      return moves ? [`${e.tagName}.${e.className.baseVal ?? e.className}${part}`] : [];
    }))"""
    state = None if path.startswith("/p/") else signed_in
    quiet = new_page(storage_state=state)
    quiet.goto(site + demo.path(path))
    assert quiet.evaluate(moving) == []
    lively = new_page(storage_state=state, reduced_motion="no-preference")
    lively.goto(site + demo.path(path))
    assert lively.evaluate(moving) != []
