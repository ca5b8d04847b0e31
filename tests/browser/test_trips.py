"""What people come to do, by keyboard alone or without scripts, through the whole product."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.sights import DemoSite

#: More Tabs than lead to anything on a page.
MOST_TABS = 200


def tab_to(page: Page, kind: str, name: str) -> None:
    """Presses Tab until the part with this role and name has focus."""
    wanted = page.get_by_role(kind, name=name, exact=True)  # type: ignore[arg-type] - the role is one of the tests'
    expect(wanted).to_have_count(1)
    for _ in range(MOST_TABS):
        if wanted.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {kind} {name}")


def follow(page: Page, kind: str, name: str) -> None:
    """Goes to a link or button by Tab and presses Enter."""
    tab_to(page, kind, name)
    page.keyboard.press("Enter")


def write(page: Page, name: str, text: str) -> None:
    """Goes to a text field by Tab and types over what is there."""
    tab_to(page, "textbox", name)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


@pytest.fixture
def secretary(new_page: Callable[..., Page], signed_in: StorageState) -> Page:
    """A page of the demo's secretary."""
    return new_page(storage_state=signed_in)


def test_one_signs_in_through_the_link_by_keyboard(page: Page, site: str, demo: DemoSite) -> None:
    page.goto(site + demo.new_link())
    follow(page, "button", "Logga in")
    page.wait_for_url(f"{site}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Översikt 2026")


def test_meeting_is_booked_by_keyboard_in_spite_of_a_conflict(secretary: Page, site: str) -> None:
    page = secretary
    page.goto(f"{site}/")
    follow(page, "link", "Nytt möte")
    page.wait_for_url(f"{site}/meetings/new")
    tab_to(page, "combobox", "Forum")
    page.keyboard.type("Regionalt")
    expect(page.get_by_role("combobox", name="Forum", exact=True)).to_have_value("regionalt-forum")
    write(page, "Datum", "2027-01-06")
    write(page, "Börjar", "9.30")
    page.keyboard.press("Enter")
    # Trettondedagen is a holiday: nothing is stored until a reason is given.
    expect(page.get_by_role("heading", name=re.compile(r"\d krock"))).to_be_visible()
    write(page, "Varför datumet ska användas ändå", "Enda dagen som alla kan.")
    follow(page, "button", "Spara möte")
    page.wait_for_url(re.compile(r"/meetings/\d+$"))
    expect(page.get_by_role("status")).to_contain_text("är sparat")


def test_address_of_a_calendar_is_three_steps_from_the_overview(secretary: Page, site: str) -> None:
    page = secretary
    page.goto(f"{site}/")
    follow(page, "link", "Prenumerera")
    expect(page.get_by_role("dialog", name="Prenumerera på kalendern")).to_be_visible()
    tab_to(page, "textbox", "Öppen länk")
    address = page.get_by_role("textbox", name="Öppen länk", exact=True).input_value()
    answer = page.request.get(site + urlsplit(address).path)
    assert answer.text().startswith("BEGIN:VCALENDAR")


def test_meeting_is_booked_without_scripts(new_page: Callable[..., Page], signed_in: StorageState, site: str) -> None:
    page = new_page(storage_state=signed_in, java_script_enabled=False)
    page.goto(f"{site}/meetings/new?forum=tillvaxtberedningen")
    page.get_by_label("Datum", exact=True).fill("2027-06-09")
    page.get_by_role("button", name="Spara möte").click()
    expect(page).to_have_url(re.compile(r"/meetings/\d+$"))
    expect(page.get_by_role("status")).to_contain_text("9 juni")


def test_standing_item_is_refused_added_and_taken_back_by_keyboard(secretary: Page, site: str) -> None:
    page = secretary
    page.goto(f"{site}/forums/regionalt-forum/agenda")
    follow(page, "button", "Lägg till punkt")
    expect(page.get_by_role("alert")).to_contain_text("Ange punktens rubrik")
    write(page, "Punktens rubrik", "Rapport från ungdomsrådet")
    follow(page, "button", "Lägg till punkt")
    expect(page.get_by_role("status").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Rapport från ungdomsrådet")
    follow(page, "button", "Ångra")
    expect(page.get_by_role("status").first).to_contain_text("Ändringen är ångrad.")
    page.goto(f"{site}/forums/regionalt-forum/agenda")
    expect(page.get_by_role("main")).not_to_contain_text("Rapport från ungdomsrådet")


def test_person_is_found_from_any_page_by_keyboard(secretary: Page, site: str) -> None:
    page = secretary
    page.goto(f"{site}/calendar")
    tab_to(page, "searchbox", "Sök i allt")
    page.keyboard.type("ajtte")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=ajtte")
    expect(page.get_by_role("main")).to_contain_text("Ájtte")
