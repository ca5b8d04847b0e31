"""One meeting of a board of thirteen by keyboard alone: the dates, the answer and the attendance; and no scripts.

The secretariat's steps between are taken through pages without a browser; what people get by mail is opened here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser import rig
from tests.browser.test_trips import tab_to
from tests.mail.running import SETTINGS
from tests.mail.sink import Sink
from tests.trips.office import Office, address_of, by_recipient, id_of_meeting, link_in

BASE = "http://localhost"
DAYS = (date(2027, 2, 9), date(2027, 2, 11), date(2027, 2, 18))
#: More presses of Tab than lead to the first answer or to the list of attendance.
MOST_TABS = 80


@dataclass
class Served:
    """The office, and where a browser finds it."""

    office: Office
    site: str

    def signed_in(self) -> StorageState:
        """The browser of the secretary on the day that it is."""
        cookie = {
            "name": "takt", "value": self.office.signs_in(), "domain": "127.0.0.1", "path": "/", "expires": -1,
            "httpOnly": True, "secure": False, "sameSite": "Lax",
        }  # fmt: skip
        return {"cookies": [cookie], "origins": []}  # type: ignore[typeddict-item]  # a cookie as browsers keep it


@pytest.fixture
def served(make_app, clock, sqlite_url) -> Iterator[Served]:
    """Thirteen members and two substitutes, asked about three dates."""
    with Sink() as sink:
        local = {**SETTINGS, "base_url": BASE, "trusted_hosts": ("localhost", "127.0.0.1")}
        app = make_app(sqlite_url, **local, mail_relay=sink.url)
        office = Office(app, clock, sink, base=BASE)
        office.founds("Nämnden", members=13, substitutes=2, quorum_rule="more_than_half", formality="protocol")
        with rig.served(app) as site:
            yield Served(office, site)


def test_board_meets_by_keyboard(new_page: Callable[..., Page], served: Served) -> None:
    office, site = served.office, served.site
    poll, link = the_board_is_asked(office)
    phone = new_page(viewport=rig.NARROW)
    complaints = rig.complaints_of(phone)
    the_dates_are_answered(phone, site + link)

    meeting_id, link = the_board_is_called(office, poll)
    the_call_is_answered(phone, site + link)
    assert "Ledamot 01 – Ja" in office.opens(f"/meetings/{meeting_id}").text

    office.goes_to("2027-02-09 13:05")
    page = new_page(storage_state=served.signed_in())
    complaints += rig.complaints_of(page)
    thirteen_presses_mark_the_board(page, f"{site}/meetings/{meeting_id}/attendance")
    assert complaints == []

    office.goes_to("2027-02-09 15:05")
    office.fills_in(f"/meetings/{meeting_id}/held", "version")
    plain = new_page(storage_state=served.signed_in(), java_script_enabled=False, viewport=rig.PHONE)
    minutes_are_written_without_scripts(plain, f"{site}/meetings/{meeting_id}/minutes")


def the_board_is_asked(office: Office) -> tuple[str, str]:
    """The poll, and the way of the first member's link."""
    given = {f"dates-{n}-on": day.isoformat() for n, day in enumerate(DAYS)}
    page = office.fills_in(
        "/polls/new?forum=namnden", "answer_by_on", "dates-0-on", **given, answer_by_on="2027-01-22", send="1"
    )
    [poll] = {found[0] for link in page.links if (found := re.match(r"/polls/\d+", link))}
    office.goes_to("2026-11-23 08:00")
    return poll, link_in(by_recipient(office.lets_the_worker_run())[address_of("Ledamot", 1)], "p")


def the_dates_are_answered(page: Page, address: str) -> None:
    """Yes to the first by Space, if needed to the second by an arrow, sent by Enter."""
    page.goto(address)
    chooses_the_first_answer(page)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".savebar")).to_contain_text("2 av 3 dagar besvarade")
    tab_to(page, "button", "Skicka svar")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Svaret är skickat")


def chooses_the_first_answer(page: Page) -> None:
    """Tab to the first radio of the page, and Space."""
    first = page.get_by_role("radio").first
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if first.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Space")
    expect(first).to_be_checked()


def the_board_is_called(office: Office, poll: str) -> tuple[int, str]:
    """The meeting of the first date, and the way of the first member's link."""
    [choice] = [link for link in office.opens(poll).links if "/choose/" in link][:1]
    meeting_id = id_of_meeting(office.fills_in(choice, "version"))
    for title in ("Öppnande", "Budget"):
        office.puts_on_the_agenda(meeting_id, title, kind="decision")
    office.fills_in(f"/meetings/{meeting_id}/call", "quiet")
    mails = [mail for mail in office.lets_the_worker_run(minutes=3) if "/r/" in mail.body.decode("latin-1")]
    return meeting_id, link_in(by_recipient(mails)[address_of("Ledamot", 1)], "r")


def the_call_is_answered(page: Page, address: str) -> None:
    """Yes by Space, sent by Enter."""
    page.goto(address)
    chooses_the_first_answer(page)
    tab_to(page, "button", "Skicka svar")
    page.keyboard.press("Enter")
    status = page.get_by_role("status")
    expect(status.get_by_text("Ja", exact=True)).to_be_visible()
    expect(status).to_contain_text("Skickat")


def thirteen_presses_mark_the_board(page: Page, address: str) -> None:
    """Tab to the list, then one press for each seat, in their order."""
    page.goto(address)
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("!!document.activeElement.closest('tr[data-key]')"):
            break
    for key in "NNDNNNNNNNNAF":
        page.keyboard.press(key)
    status = page.get_by_role("status").first
    expect(status).to_contain_text("11 av 13 platser är besatta. Mötet är beslutsfört, minst 7 krävs.", timeout=20_000)
    expect(status).not_to_contain_text("återstår")
    page.wait_for_load_state("networkidle")
    page.reload()
    assert page.eval_on_selector_all(
        "[data-roll] > table tr[data-key]", "rows => rows.map(row => row.querySelector('.att :checked')?.value ?? '')"
    ) == ["present", "present", "remote", *["present"] * 8, "notified", "absent"]
    rig.check_axe_in_one_load(page)


def minutes_are_written_without_scripts(page: Page, address: str) -> None:
    """Begun, two items written one after the other, adjusters chosen and sent."""
    page.goto(address)
    page.get_by_role("main").get_by_role("button").first.click()
    for said in ("Mötet öppnas.", "Budgeten fastställs."):
        page.get_by_label("Enligt förslag").check(force=True)
        page.get_by_label("Beslutstext").fill(said)
        page.get_by_role("button", name="Nästa punkt").click()
        expect(page.get_by_role("status").first).to_contain_text("Punkten är sparad.")
    page.get_by_role("button", name="Spara justerare").click()
    page.get_by_role("button", name="Skicka till justering").click()
    expect(page.get_by_role("status").first).to_contain_text("Protokollet är på justering.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
