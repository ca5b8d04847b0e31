"""An agenda's order by the keys Alt and an arrow, which keep the focus, and by the buttons without scripts."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, StorageState, expect

from tests.browser.rig import complaints_of
from tests.browser.sights import DemoSite


def titles(page: Page) -> list[str]:
    return page.locator("[data-points] h3").all_inner_texts()


def test_item_moves_by_the_keys_and_keeps_the_focus(
    new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite
) -> None:
    page = new_page(storage_state=signed_in)
    complaints = complaints_of(page)
    page.goto(site + demo.path("/meetings/{papered}/agenda"))
    before = titles(page)
    page.locator("[data-points] h3 a").nth(2).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("status")).to_contain_text("Punkten är flyttad.")
    moved = [before[0], before[2], before[1], *before[3:]]
    assert titles(page) == moved
    expect(page.locator("[data-points] h3 a").nth(1)).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-points] h3 a").nth(0)).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")  # at the top: nothing happens, nothing breaks
    assert titles(page) == [before[2], before[0], before[1], *before[3:]]
    for n in (1, 2):
        page.keyboard.press("Alt+ArrowDown")
        expect(page.locator("[data-points] h3 a").nth(n)).to_be_focused()
    assert titles(page) == before
    assert complaints == []


def test_item_moves_by_its_buttons_without_scripts(
    new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite
) -> None:
    page = new_page(storage_state=signed_in, java_script_enabled=False)
    page.goto(site + demo.path("/meetings/{papered}/agenda"))
    before = titles(page)
    page.get_by_role("button", name=f"Flytta ned {before[0]}").click()
    assert titles(page) == [before[1], before[0], *before[2:]]
    page.get_by_role("button", name=f"Flytta upp {before[0]}").click()
    assert titles(page) == before
