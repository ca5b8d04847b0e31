"""Every part of the design in a browser: accessible, whole on a small screen, usable by keyboard, silent."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser import rig
from tests.web.gallery_app import PAGES

ADDRESSES = [*PAGES, "edit?errors=1", "overview?language=en"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_axe_finds_nothing(page: Page, gallery: str, path: str) -> None:
    rig.check_axe(page, f"{gallery}/{path}")


@pytest.mark.parametrize("path", ADDRESSES)
def test_page_fits_a_narrow_screen_without_the_web_font(page: Page, gallery: str, path: str) -> None:
    page.goto(f"{gallery}/{path}")
    rig.check_reflow(page)


@pytest.mark.parametrize("path", PAGES)
def test_tab_stops_are_visible_and_uncovered(page: Page, gallery: str, path: str) -> None:
    rig.check_tab_stops(page, f"{gallery}/{path}")


@pytest.mark.parametrize("path", PAGES)
def test_page_says_nothing_in_the_console(quiet_page: Page, gallery: str, path: str) -> None:
    quiet_page.goto(f"{gallery}/{path}", wait_until="networkidle")


def test_first_visit_of_the_overview_is_light(page: Page, gallery: str) -> None:
    """At most 100 KB and 10 requests, both fonts included; the HTML is counted compressed, as it travels."""
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: int(answer.headers["content-length"])}))
    page.goto(f"{gallery}/overview", wait_until="networkidle")
    sizes[f"{gallery}/overview"] = len(gzip.compress(page.content().encode()))
    assert len(sizes) == 6
    assert sum(sizes.values()) <= 100 * 1024, sizes


def test_fonts_are_fetched_once_and_the_sami_letters_only_where_they_occur(page: Page, gallery: str) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.rsplit("/")[-1].split("?")[0]))
    page.goto(f"{gallery}/signin", wait_until="networkidle")
    assert [name for name in fetched if name.endswith("woff2")] == ["schibsted-grotesk-latin-wght-normal.woff2"]
    page.goto(f"{gallery}/overview", wait_until="networkidle")
    assert fetched.count("schibsted-grotesk-latin-ext-wght-normal.woff2") == 1


# ---------------------------------------------------------------- the shell


def test_skip_link_comes_first_and_leads_to_the_page(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/overview")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Hoppa till innehållet")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_drawer_opens_without_scripts_and_closes_with_escape(new_page: Callable[..., Page], gallery: str) -> None:
    page = new_page(java_script_enabled=False, viewport=rig.PHONE)
    page.goto(f"{gallery}/overview")
    menu = page.get_by_role("navigation", name="Huvudmeny")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Meny", exact=True).click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(page.get_by_role("button", name="Meny", exact=True)).to_be_focused()


def test_drawer_is_accessible_and_closes_when_the_keyboard_leaves_it(page: Page, gallery: str) -> None:
    page.set_viewport_size(rig.PHONE)
    page.goto(f"{gallery}/overview")
    page.get_by_role("button", name="Meny", exact=True).click()
    assert rig.violations(page) == []
    menu = page.get_by_role("navigation", name="Huvudmeny")
    page.get_by_role("button", name="Logga ut").focus()
    page.keyboard.press("Tab")
    expect(menu).to_be_hidden()


def test_drawer_has_a_button_that_closes_it(page: Page, gallery: str) -> None:
    page.set_viewport_size(rig.PHONE)
    page.goto(f"{gallery}/overview")
    page.get_by_role("button", name="Meny", exact=True).click()
    page.get_by_role("button", name="Stäng menyn").click()
    expect(page.get_by_role("navigation", name="Huvudmeny")).to_be_hidden()


def test_language_is_changed_by_a_form_for_the_signed_in_and_a_link_for_visitors(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/forum")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(re.compile(r"/forum\?language=en$"))
    page.goto(f"{gallery}/public")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("link", name="Svenska")).to_be_visible()


@pytest.mark.parametrize(("theme", "ground"), [("light", "rgb(243, 246, 245)"), ("dark", "rgb(15, 22, 24)")])
def test_chosen_theme_wins_over_the_systems(page: Page, gallery: str, theme: str, ground: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "light" else "light")
    page.goto(f"{gallery}/overview?theme={theme}")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == ground


# ---------------------------------------------------------------- enhancement


def test_dialog_opens_from_its_link_and_gives_focus_back(quiet_page: Page, gallery: str) -> None:
    page = quiet_page
    page.goto(f"{gallery}/forum")
    link = page.get_by_role("link", name="Prenumerera")
    link.click()
    dialog = page.get_by_role("dialog", name="Prenumerera på kalendern")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading", name="Prenumerera på kalendern")).to_be_focused()
    assert page.url == f"{gallery}/forum"
    assert rig.violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    link.click()
    dialog.get_by_role("button", name="Stäng").click()
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_dialog_fits_a_narrow_screen(page: Page, gallery: str) -> None:
    page.set_viewport_size(rig.NARROW)
    page.goto(f"{gallery}/forum")
    page.get_by_role("link", name="Prenumerera").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("d => d.scrollWidth <= d.clientWidth")


def test_dialogs_link_goes_to_its_page_without_scripts_and_in_a_new_tab(
    new_page: Callable[..., Page], gallery: str
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{gallery}/forum")
    page.get_by_role("link", name="Prenumerera").click()
    expect(page).to_have_url(f"{gallery}/subscribe")
    page = new_page()
    page.goto(f"{gallery}/forum")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Prenumerera").click(modifiers=["Control"])
    expect(opened.value).to_have_url(f"{gallery}/subscribe")


def test_dialogs_link_goes_to_its_page_when_that_cannot_be_fetched(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/forum")
    page.route("**/subscribe", lambda r: r.abort() if r.request.resource_type == "fetch" else r.continue_())
    page.get_by_role("link", name="Prenumerera").click()
    expect(page).to_have_url(f"{gallery}/subscribe")


@pytest.mark.parametrize("permissions", [["clipboard-read", "clipboard-write"], []])
def test_link_is_copied_and_said_so(new_page: Callable[..., Page], gallery: str, permissions: list[str]) -> None:
    page = new_page(permissions=permissions)
    page.goto(f"{gallery}/subscribe")
    if not permissions:  # a browser that gives no clipboard
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Kopiera").click()
    expect(page.locator(".copy [role=status]")).to_have_text("Länken är kopierad.")
    page.context.grant_permissions(["clipboard-read"])
    page.goto(f"{gallery}/signin")
    page.get_by_label("E-postadress").focus()
    page.keyboard.press("Control+v")
    expect(page.get_by_label("E-postadress")).to_have_value("https://takt.example.se/feeds/rf-7Kq2mVx9.ics")


def test_copying_is_not_offered_without_scripts(new_page: Callable[..., Page], gallery: str) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{gallery}/subscribe")
    expect(page.get_by_role("button", name="Kopiera")).to_be_hidden()
    expect(page.get_by_role("textbox", name="Kalenderlänk")).to_have_value(
        "https://takt.example.se/feeds/rf-7Kq2mVx9.ics"
    )


def test_day_chosen_in_the_calendar_is_written_as_text(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/edit")
    page.evaluate("() => { HTMLInputElement.prototype.showPicker = function () { this.dataset.shown = this.value; }; }")
    page.get_by_role("button", name="Välj i kalender: Från och med").click()
    picker = page.locator(".day [type=date]")
    assert picker.get_attribute("data-shown") == "2026-01-01"
    picker.evaluate("p => { p.value = '2026-09-29'; p.dispatchEvent(new Event('change')); }")
    expect(page.get_by_label("Från och med", exact=True)).to_have_value("2026-09-29")


def test_browsers_own_calendar_really_opens(quiet_page: Page, gallery: str) -> None:
    quiet_page.goto(f"{gallery}/edit")
    quiet_page.get_by_role("button", name="Välj i kalender: Från och med").click()


def test_focus_goes_to_the_error_summary_and_from_it_to_the_field(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/edit")
    page.get_by_label("Från och med", exact=True).fill("i morgon")
    page.get_by_role("radio", name="Ja, minst 2").check()
    page.get_by_role("button", name="Spara forum").click()
    expect(page).to_have_title("Fel: Redigera Statliga myndigheter – Takt")
    expect(page.locator(".err-sum")).to_be_focused()
    page.get_by_role("link", name="Ange ett datum, till exempel 2026-09-29").click()
    expect(page.get_by_label("Från och med", exact=True)).to_be_focused()
    expect(page.get_by_label("Från och med", exact=True)).to_have_accessible_description(
        "Till exempel 2026-09-29 Fel: Ange ett datum, till exempel 2026-09-29"
    )


def test_choice_saves_itself_under_the_policy_and_keeps_focus(quiet_page: Page, gallery: str) -> None:
    page = quiet_page
    page.goto(f"{gallery}/choices")
    page.get_by_role("radio", name="Ja").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("Sparat: yes")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text("Sparat: remote")
    expect(page.get_by_role("radio", name="På distans")).to_be_focused()


def test_choice_is_saved_with_the_button_without_scripts(new_page: Callable[..., Page], gallery: str) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{gallery}/choices")
    page.get_by_role("radio", name="Nej").check()
    page.get_by_role("button", name="Spara svar").click()
    expect(page).to_have_url(f"{gallery}/choices")


# ---------------------------------------------------------------- looks that carry meaning


def test_to_do_comes_before_the_rest_for_readers_and_stands_to_the_right(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/overview")
    todo, coming = page.locator("#h-todo").bounding_box(), page.locator("#h-next").bounding_box()
    assert todo is not None
    assert coming is not None
    assert todo["x"] > coming["x"]
    headings = page.locator("h2:visible").all_inner_texts()
    assert headings.index("Att göra") < headings.index("Närmast")


@pytest.mark.parametrize(("size", "shown"), [(rig.WIDE, 0), (rig.PHONE, 1)])
def test_big_strip_is_drawn_for_the_size_of_the_screen(
    page: Page, gallery: str, size: ViewportSize, shown: int
) -> None:
    page.set_viewport_size(size)
    page.goto(f"{gallery}/forum")
    strips = page.locator(".bigstrip")
    assert [strips.nth(i).is_visible() for i in range(2)] == [i == shown for i in range(2)]


def test_targets_are_large_enough_to_hit(page: Page, gallery: str) -> None:
    """Buttons and choices are at least 28 px, 44 px under a finger, links in running text excepted."""
    for path in ("overview", "edit", "meeting", "poll"):
        page.goto(f"{gallery}/{path}")
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, .btn, .seg > *, .tri label, .att label, .check, .menu a")]
              .map(e => [e.textContent.trim(), e.getBoundingClientRect().height])
              .filter(([, height]) => height && height < 28)"""
        )
        assert small == [], path


def test_printed_page_has_no_menu_and_no_buttons(page: Page, gallery: str) -> None:
    page.goto(f"{gallery}/meeting")
    page.emulate_media(media="print")
    for hidden in (".nav", ".foot", ".btn", ".keys", ".no-print", ".att-t select"):
        assert page.locator(hidden).filter(visible=True).count() == 0, hidden
    # What was chosen is printed as a word, the substitute as text, and the rest as a line to fill in.
    row = page.get_by_role("row", name="Sten Åkerlid, Boden")
    assert row.locator(".att label").filter(visible=True).all_inner_texts() == ["Ersättare"]
    expect(row.locator(".po")).to_be_visible()
    unmarked = page.get_by_role("row", name="Eva Rantala, Gällivare").locator(".att")
    assert unmarked.evaluate("e => getComputedStyle(e, '::after').content") == '"________"'
