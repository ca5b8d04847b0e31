"""What a secretariat does with mails: by keyboard on a meeting's mailings, and with many at once without scripts."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, StorageState, expect

from tests.browser import rig
from tests.browser.sights import DemoSite
from tests.browser.test_trips import follow


def test_waiting_mail_is_held_by_keyboard_and_the_page_stays_accessible(
    new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite
) -> None:
    page = new_page(storage_state=signed_in)
    path = f"{site}{demo.path('/meetings/{mailed}/mailings')}?state=waiting"
    page.goto(path)
    row = page.get_by_role("row").filter(has_text="Väntar")
    name = row.get_by_role("link").first.inner_text()
    follow(page, "button", f"Håll : {name}")
    page.wait_for_load_state()
    expect(page.get_by_role("status").first).to_contain_text("1 brev hålls.")
    assert page.url == path
    rig.check_axe_in_one_load(page)


def test_chosen_mails_are_stopped_without_scripts_on_a_phone(
    new_page: Callable[..., Page], signed_in: StorageState, site: str
) -> None:
    page = new_page(storage_state=signed_in, java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(f"{site}/mail?state=retrying")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Avbryt valda brev").click()
    expect(page.get_by_role("status").first).to_contain_text("1 brev är avbrutet.")
    assert page.url == f"{site}/mail?state=retrying"


def test_address_is_mended_from_the_page_of_health(
    new_page: Callable[..., Page], signed_in: StorageState, site: str
) -> None:
    page = new_page(storage_state=signed_in)
    page.goto(f"{site}/health")
    page.get_by_role("button", name="Fungerar igen").first.click()
    expect(page.get_by_role("status").first).to_contain_text("Adressen får brev igen.")
    expect(page.get_by_text("Ingen adress studsar.")).to_be_visible()
    rig.check_axe_in_one_load(page)
