"""Date polls in a browser: dates checked as they are typed, answers by keyboard on a phone, and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.sights import BOARD, DemoSite
from tests.browser.test_trips import tab_to


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    """A page as wide as a small phone."""
    return new_page(viewport={"width": 320, "height": 640})


def test_conflicts_come_as_dates_are_typed(new_page: Callable[..., Page], signed_in: StorageState, site: str) -> None:
    page = new_page(storage_state=signed_in)
    page.goto(f"{site}/polls/new?forum={BOARD}")
    said = page.locator("#conflicts")
    expect(said).to_contain_text("Inga krockar")
    line = page.get_by_role("group", name="Datum 1")
    line.get_by_label("Datum").first.fill("2027-01-06")
    line.get_by_label("Slutar").focus()
    expect(said).to_contain_text("Onsdag 6 januari")
    line.get_by_label("Datum").first.fill("")
    line.get_by_label("Slutar").focus()
    expect(said).to_contain_text("Inga krockar")


def test_answers_are_given_by_keyboard_and_counted_until_they_are_sent(phone: Page, site: str, demo: DemoSite) -> None:
    page = phone
    page.goto(site + demo.path("/p/{poll_by_keyboard}/"))
    bar = page.locator(".savebar")
    expect(bar).to_contain_text("0 av 4 dagar besvarade")
    expect(bar).to_contain_text("Inte skickat än")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    first = page.get_by_role("group").first.get_by_role("radio").first
    for _ in range(20):
        page.keyboard.press("Tab")
        if first.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Om det behövs").nth(1)).to_be_checked()
    expect(bar).to_contain_text("2 av 4 dagar besvarade")
    tab_to(page, "button", "Skicka svar")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Svaret är skickat")
    expect(page.get_by_role("main")).to_contain_text("Du kan ändra det till och med 4 december.")
    page.get_by_role("link", name="Ändra svaret").click()
    expect(bar).to_contain_text("2 av 4 dagar besvarade")
    expect(bar).to_contain_text("Skickat 10.00")
    page.get_by_role("radio", name="Nej").last.check(force=True)
    expect(bar).to_contain_text("3 av 4 dagar besvarade")
    expect(bar).to_contain_text("Inte skickat än")


def test_answers_are_given_without_scripts(new_page: Callable[..., Page], site: str, demo: DemoSite) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(site + demo.path("/p/{poll_without_scripts}/"))
    expect(page.locator(".savebar")).not_to_contain_text("besvarade")
    expect(page.locator(".savebar")).to_contain_text("Inte skickat än")
    page.get_by_role("radio", name="Ja").first.check(force=True)
    page.get_by_role("button", name="Skicka svar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Svaret är skickat")
