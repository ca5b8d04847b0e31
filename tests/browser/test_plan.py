"""The plan board in a browser: by keyboard, by pointer, on a phone and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, StorageState, expect

from tests.browser.rig import PHONE
from tests.browser.sights import DemoSite


@pytest.fixture
def board(new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite) -> Page:
    """The board of the demo's draft."""
    page = new_page(storage_state=signed_in)
    page.goto(site + demo.path("/drafts/{draft}"))
    return page


def mark(page: Page, state: str, row: int | None = None) -> Locator:
    """The first mark of this state, by its words."""
    rows = page.locator(".brow") if row is None else page.locator(".brow").nth(row)
    return rows.locator("a.pm:not(.more)").filter(has_text=re.compile(rf", {state}$")).first


def week_of(link: Locator) -> int:
    """The column the mark lies in."""
    found = link.evaluate("e => e.parentElement.className")
    return int(str(found).removeprefix("w"))


def fixed(page: Page, link: Locator) -> Locator:
    """The same mark, whatever its words become."""
    return page.locator(f"#{link.get_attribute('id')}")


def test_each_forum_is_one_tab_stop_and_arrows_go_between_its_meetings(board: Page) -> None:
    rows = board.locator(".brow")
    assert rows.locator("a.pm[tabindex='0']").count() == rows.count()
    first = rows.first.locator("a.pm").first
    first.focus()
    board.keyboard.press("ArrowRight")
    expect(rows.first.locator("a.pm").nth(1)).to_be_focused()
    board.keyboard.press("ArrowLeft")
    expect(first).to_be_focused()
    board.keyboard.press("Tab")
    assert board.evaluate("document.activeElement.closest('.brow') === document.querySelectorAll('.brow')[1]")


def test_letters_lock_book_and_take_back_where_focus_is(board: Page) -> None:
    link = fixed(board, mark(board, "förslag"))
    link.focus()
    board.keyboard.press("l")
    expect(board.get_by_role("status").filter(has_text="är låst")).to_be_visible()
    expect(link).to_contain_text("låst")
    expect(link).to_be_focused()
    board.keyboard.press("z")
    expect(board.locator("#said")).to_have_text("Ändringen är ångrad.")
    expect(link).to_contain_text("förslag")
    board.keyboard.press("g")
    expect(link).to_contain_text("godkänt")
    expect(board.locator("#said")).to_contain_text("är bokat")
    board.keyboard.press("z")
    expect(link).to_contain_text("förslag")
    expect(link).to_be_focused()


def test_letters_outside_the_board_do_nothing(board: Page) -> None:
    board.get_by_role("searchbox", name="Forum").fill("l")
    board.get_by_role("searchbox", name="Forum").press("g")
    expect(board.locator("#said")).to_have_text("")


def test_shift_and_arrow_moves_a_week_and_z_takes_it_back(board: Page) -> None:
    link = fixed(board, board.locator("a.pm[data-s=prop]").first)
    link.focus()
    week = week_of(link)
    board.keyboard.press("Shift+ArrowRight")
    answer = board.locator("#said, .notice[role=alert]").filter(has_text=re.compile(r"flyttat till|Ingen dag"))
    expect(answer.first).to_be_visible()
    moved = week_of(link)
    assert moved in {week, week + 1}
    expect(link).to_be_focused()
    if moved != week:
        board.keyboard.press("z")
        expect(board.locator("#said")).to_have_text("Ändringen är ångrad.")
        assert week_of(link) == week


def test_lifted_meeting_is_dropped_elsewhere_or_put_back(board: Page) -> None:
    link = fixed(board, board.locator("a.pm[data-s=prop]").last)
    link.focus()
    week = week_of(link)
    board.keyboard.press("Enter")
    expect(board.locator("#said")).to_contain_text("Lyft.")
    expect(board.locator("#inspect p .strong").first).to_contain_text(f"v. {week}")
    board.keyboard.press("ArrowLeft")
    assert week_of(link) == week - 1
    expect(board.locator("#said")).to_have_text(f"v. {week - 1}")
    board.keyboard.press("Escape")
    assert week_of(link) == week
    expect(board.locator("#said")).to_have_text("Tillbaka där det låg.")
    board.keyboard.press("Enter")
    board.keyboard.press("ArrowLeft")
    board.keyboard.press("Enter")
    expect(board.locator("#said")).to_contain_text("är flyttat till")
    assert week_of(link) == week - 1
    expect(link).to_be_focused()
    board.keyboard.press("z")
    expect(board.locator("#said")).to_have_text("Ändringen är ångrad.")
    assert week_of(link) == week


def test_meeting_is_drawn_along_its_row(board: Page) -> None:
    link = fixed(board, board.locator("a.pm[data-s=prop]").last)
    link.scroll_into_view_if_needed()
    week = week_of(link)
    here, track = link.bounding_box(), link.locator("xpath=ancestor::ol").bounding_box()
    assert here is not None
    assert track is not None
    y = here["y"] + here["height"] / 2
    board.mouse.move(here["x"] + 10, y)
    board.mouse.down()
    board.mouse.move(track["x"] + track["width"] * (week - 2.5) / 53, y, steps=4)
    board.mouse.up()
    expect(board.locator("#said")).to_contain_text("är flyttat till")
    assert week_of(link) == week - 2
    board.get_by_role("button", name="Ångra", exact=True).click()
    expect(board.locator("#said")).to_have_text("Ändringen är ångrad.")
    assert week_of(link) == week


def test_meeting_is_chosen_by_a_click_and_moved_by_the_select_of_weeks(board: Page) -> None:
    link = fixed(board, board.locator("a.pm[data-s=prop]").last)
    week = week_of(link)
    link.click()
    panel = board.locator("#inspect")
    expect(panel.locator("p .strong").first).to_contain_text(f"v. {week}")
    expect(link).to_have_attribute("aria-current", "true")
    panel.get_by_label("Eller välj vecka").select_option(str(week - 1))
    panel.get_by_role("button", name="Flytta", exact=True).click()
    expect(board.locator("#said")).to_contain_text("är flyttat till")
    assert week_of(link) == week - 1
    board.get_by_role("button", name="Ångra", exact=True).click()
    expect(board.locator("#said")).to_have_text("Ändringen är ångrad.")


def test_whoever_is_second_is_told_and_sees_the_board_as_it_is(
    board: Page, new_page: Callable[..., Page], signed_in: StorageState
) -> None:
    other = new_page(storage_state=signed_in)
    other.goto(board.url)
    first = fixed(board, board.locator("a.pm[data-s=prop]").first)
    name = first.get_attribute("id")
    first.focus()
    board.keyboard.press("l")
    expect(first).to_contain_text("låst")
    late = other.locator("a.pm[data-s=prop]").last
    late.focus()
    other.keyboard.press("l")
    expect(other.get_by_role("alert")).to_contain_text("Ändringen sparades inte.")
    expect(other.get_by_role("alert")).to_contain_text("ändrade planen")
    expect(other.locator(f"#{name}")).to_contain_text("låst")
    other.keyboard.press("z")
    expect(other.locator("#said")).to_have_text("Ändringen är ångrad.")
    expect(other.locator(f"#{name}")).to_contain_text("förslag")


def test_on_a_phone_the_board_is_a_list(
    new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite
) -> None:
    page = new_page(storage_state=signed_in, viewport=PHONE)
    page.goto(site + demo.path("/drafts/{draft}"))
    link = page.locator("a.pm[data-s=prop]").first
    expect(link).to_be_visible()
    assert "v. " in link.inner_text()
    box = link.bounding_box()
    assert box is not None
    assert box["height"] >= 40
    link.click()
    expect(page.locator("#h-sel")).to_be_focused()


def test_without_scripts_marks_are_links_and_forms_are_forms(
    new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite
) -> None:
    page = new_page(storage_state=signed_in, java_script_enabled=False)
    page.goto(site + demo.path("/drafts/{draft}"))
    page.locator("a.pm[data-s=prop]").last.click()
    page.locator("#inspect").get_by_role("button", name="Lås").click()
    expect(page.get_by_role("status").first).to_contain_text("är låst")
    page.get_by_role("button", name="Ångra", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Ändringen är ångrad.")
