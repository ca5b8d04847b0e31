"""Attendance by keyboard in a real browser: one press for each seat, one taken back; and without scripts."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, StorageState, expect
from sqlalchemy import select

from scheduler.db import begin_write, db
from scheduler.meetings.models import Meeting
from scheduler.records.attendance import mark
from scheduler.records.attendance_lists import roll_of
from tests.browser import rig
from tests.browser.sights import ACTOR, BOARD, NOW, DemoSite


def unmarked(demo: DemoSite, behind: int) -> int:
    """A held meeting of the board of which nobody has marked anything, filled up with substitutes' help."""
    with demo.app.app_context():
        session = db.session()
        begin_write(session)
        held = session.scalars(select(Meeting).where(Meeting.state == "held").order_by(Meeting.start_at.desc()))
        meeting = [row for row in held if row.forum.slug == BOARD and not roll_of(session, row).is_begun][behind]
        for row in roll_of(session, meeting).counted:
            if row.is_vacant:  # filled by a substitute beforehand, so that the others are the thirteen's rest
                mark(session, ACTOR, NOW, meeting, key=row.key, choice="substitute")
        session.commit()
        return meeting.id


def seats(page: Page) -> list[str]:
    """What is marked on each seat, in order."""
    return page.eval_on_selector_all(
        "[data-roll] > table:first-of-type tr[data-key], [data-roll] > table:nth-of-type(2) tr[data-key]",
        "rows => rows.map(row => row.querySelector('.att :checked')?.value ?? '')",
    )


def test_each_seat_takes_one_press_and_z_takes_it_back(
    new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite
) -> None:
    meeting_id = unmarked(demo, 0)
    page = new_page(storage_state=signed_in)
    complaints = rig.complaints_of(page)
    address = f"{site}/meetings/{meeting_id}/attendance"
    page.goto(address)
    free = seats(page).count("")
    assert (len(seats(page)), free) == (13, 11)
    page.get_by_role("button", name="Skriv ut").focus()
    page.keyboard.press("Tab")
    # Tab comes in at the first unmarked seat.
    assert page.evaluate("document.activeElement.closest('tr')?.querySelector('.att :checked')") is None
    for key in "NNDANNFNNNN":
        page.keyboard.press(key)
    status = page.get_by_role("status").first
    expect(status).to_contain_text("11 av 13 platser är besatta. Mötet är beslutsfört, minst 7 krävs.", timeout=20_000)
    expect(status).not_to_contain_text("återstår")
    marked = [one for one in seats(page) if one != "substitute"]
    assert marked == ["present", "present", "remote", "notified", "present", "present", "absent", *["present"] * 4]
    # What was marked is stored, and stands there for whoever opens the page now.
    other = new_page(storage_state=signed_in)
    other.goto(address)
    assert seats(other) == seats(page)
    page.keyboard.press("z")
    expect(status).to_contain_text("1 återstår att pricka av.")
    page.keyboard.press("f")
    expect(status).to_contain_text("10 av 13 platser är besatta.")
    assert complaints == []
    rig.check_axe_in_one_load(page)


def test_substitute_is_called_in_by_its_letter_and_can_be_another(
    new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite
) -> None:
    meeting_id = unmarked(demo, 0)
    page = new_page(storage_state=signed_in)
    page.goto(f"{site}/meetings/{meeting_id}/attendance")
    row = page.locator("tr[data-key]").filter(has=page.locator("input[value=present]")).first
    row.locator("input").first.focus()
    page.keyboard.press("e")
    select_ = row.get_by_role("combobox")
    expect(select_).to_be_focused(timeout=20_000)
    options = select_.locator("option:not([disabled])")
    another = options.nth(1).get_attribute("value")
    select_.select_option(another)
    expect(select_).to_have_value(another or "")
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(row.get_by_role("combobox")).to_have_value(another or "")


def test_list_is_saved_without_scripts_on_a_phone(
    new_page: Callable[..., Page], signed_in: StorageState, site: str, demo: DemoSite
) -> None:
    meeting_id = unmarked(demo, 0)
    page = new_page(storage_state=signed_in, java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(f"{site}/meetings/{meeting_id}/attendance")
    row = page.locator("tr[data-key]").filter(has=page.locator("input[value=present]")).first
    row.locator("input[value=present]").check()
    page.get_by_role("button", name="Spara närvaron").click()
    expect(page.get_by_role("status").first).to_contain_text("1 markering är sparad.")
    expect(row.locator("input[value=present]")).to_be_checked()
