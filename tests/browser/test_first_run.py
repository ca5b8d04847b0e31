"""A new secretariat without anything: from ``takt init`` to a year of dates in a calendar, through the product itself.

The commands are run as an operator runs them, the rest is done on pages. Not here: the demo's county (``test_trips``),
the planner's long trip (``test_plan_a_year``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from scheduler.accounts.actions import make_link
from scheduler.app import create_app
from scheduler.db import begin_write, db
from scheduler.history.rules import Actor
from scheduler.settings import Settings
from tests.browser.rig import PHONE, WIDE, complaints_of, served
from tests.browser.sights import NOW, SECRET_KEY

#: As they stand in a spreadsheet: name, address, organisation.
PEOPLE = """Sara Niemi\tsara.niemi@lansstyrelsen.example\tLänsstyrelsen
Åsa Öberg\tasa.oberg@pitea.example\tPiteå kommun
Risten Sárá Valkeapää\tristen.sara@sametinget.example\tSametinget
"""
#: Where a new person may go before there is anything there.
EMPTY = (
    "/", "/forums", "/calendar", "/calendar/list", "/calendar/2026", "/plan", "/polls", "/organisations", "/people",
    "/mail", "/todo", "/places", "/themes", "/history", "/search", "/me", "/notices", "/notices/board", "/reports",
)  # fmt: skip


@dataclass
class NewHouse:
    """An installation as the commands leave it, and the link that they print."""

    address: str
    #: Signs its first user in, once.
    link: str


def takt(instance: Path, *arguments: str) -> str:
    """Runs a command as an operator does; gives what it prints last."""
    environment = os.environ | {"TAKT_INSTANCE": str(instance), "TAKT_SECRET_KEY": SECRET_KEY}
    done = subprocess.run(
        [sys.executable, "-m", "scheduler", *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[NewHouse]:
    takt(tmp_path, "init")
    settings = Settings(instance=tmp_path, secret_key=SECRET_KEY, worker="none", calendar_domain="takt.example.org")
    app = create_app(settings, lambda: NOW)
    takt(tmp_path, "user", "add", "sara.niemi@lansstyrelsen.example", "--name", "Sara Niemi", "--role", "administrator")
    with served(app) as address:
        link = _link(app)
        yield NewHouse(address, f"{address}/login/{link}")
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _link(app: Flask) -> str:
    """A sign-in link of the day the tests live in; the one the command prints is of today."""
    with app.app_context():
        begin_write(db.session())
        token = make_link(db.session(), Actor("takt user add"), NOW, login="sara.niemi@lansstyrelsen.example")
        db.session.commit()
    return token


def look(page: Page, name: str) -> None:
    """Where one is holds the design's rules, wide and on a phone; with TAKT_LOOK a picture of each is kept there."""
    folder = os.environ.get("TAKT_LOOK")
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        if folder:
            page.screenshot(path=f"{folder}/first-{name}-{size['width']}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {size['width']}"
    page.set_viewport_size(WIDE)
    acts = page.locator("main .main-act:visible").count()
    assert acts <= 1, f"{name}: {acts} main actions"


def test_a_new_secretariat_comes_to_a_year_of_dates(new_page: Callable[..., Page], new_house: NewHouse) -> None:
    page = new_page()
    page.set_default_timeout(12_000)
    complaints = complaints_of(page)
    home = f"{new_house.address}/"
    page.goto(new_house.link)
    page.locator("main form button").click()
    page.wait_for_url(home)
    expect(page.get_by_role("heading", name="Kom i gång")).to_be_visible()
    look(page, "1-overview")

    # The first forum, by its name and the sentence that says how often.
    page.get_by_role("link", name="Nytt forum").click()
    page.get_by_label("Namn", exact=True).fill("Ungdomsrådet")
    page.get_by_label("Typ", exact=True).select_option(label="Nätverk")
    page.get_by_label("Så står det i källan").fill("Rådet träffas 4 gånger per år.")
    look(page, "2-forum-new")
    page.get_by_role("button", name="Spara forum").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ungdomsrådet")
    look(page, "3-forum")
    page.goto(home)
    look(page, "4-overview-forum")

    # The people, from a spreadsheet.
    page.get_by_role("link", name="Klistra in personer").click()
    page.get_by_label("Lista", exact=True).fill(PEOPLE)
    page.get_by_label("Organisationer som saknas").select_option(label="Kommun")
    look(page, "5-people")
    page.get_by_role("button", name="Visa följden").click()
    look(page, "6-people-preview")
    page.get_by_role("button", name="Lägg in 3 personer").click()
    expect(page.get_by_role("status").first).to_be_visible()
    look(page, "7-people-saved")
    page.goto(home)
    look(page, "8-overview-people")

    # A seat, and who sits there.
    page.get_by_role("link", name="Lägg till platser").click()
    look(page, "9-seats")
    page.get_by_role("link", name="Lägg till platser").click()
    page.get_by_label("Organisation", exact=True).select_option(label="Piteå kommun")
    look(page, "10-seat-new")
    page.get_by_role("button", name="Spara platser").click()
    look(page, "11-seats-added")
    page.get_by_role("link", name="Tillsätt").click()
    page.get_by_label("Åsa Öberg").check()
    look(page, "12-appoint")
    page.get_by_role("button", name="Spara uppdrag").click()
    expect(page.get_by_role("main")).to_contain_text("Åsa Öberg har platsen")
    page.goto(home)
    look(page, "13-overview-seats")

    # The first year, laid and kept as proposals: nobody is told of it yet.
    page.get_by_role("link", name="Föreslå årets datum").click()
    look(page, "14-dates")
    page.get_by_role("button", name="Spara som förslag").click()
    expect(page.get_by_role("status").first).to_be_visible()
    look(page, "15-dates-saved")
    page.goto(home)
    look(page, "16-overview-year")
    expect(page.get_by_role("heading", name="Kom i gång")).to_have_count(0)

    # A calendar to subscribe to.
    page.get_by_role("link", name="Prenumerera").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look(page, "17-subscribe")
    assert complaints == []


def test_no_page_is_a_dead_end_where_there_is_nothing_yet(new_page: Callable[..., Page], new_house: NewHouse) -> None:
    """Every list says what it is and what to do, and has one main action at most."""
    page = new_page()
    page.goto(new_house.link)
    page.locator("main form button").click()
    page.wait_for_url(f"{new_house.address}/")
    for path in EMPTY:
        answer = page.goto(new_house.address + path)
        assert answer is not None
        assert answer.status == 200, path
        look(page, "empty" + path.replace("/", "-"))
        words = len(page.get_by_role("main").inner_text().split())
        assert words > 8, f"{path} says nothing: {page.get_by_role('main').inner_text()}"
