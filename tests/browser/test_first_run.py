"""A new secretariat without anything: from ``takt init`` to a year of dates in a calendar, through the product itself.

The commands are run as an operator runs them, the rest is done on pages, each by the button the page puts first. Not here:
the county of the demo (``test_trips``), the planner's long trip (``test_plan_a_year``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scheduler.app import create_app
from scheduler.db import db
from scheduler.settings import Settings
from tests.browser.rig import complaints_of, served
from tests.browser.sights import NOW, SECRET_KEY

#: As they stand in a spreadsheet: name, address, organisation.
PEOPLE = """Sara Niemi\tsara.niemi@lansstyrelsen.example\tLänsstyrelsen
Åsa Öberg\tasa.oberg@pitea.example\tPiteå kommun
Risten Sárá Valkeapää\tristen.sara@sametinget.example\tSametinget
"""
#: Where a new person may go before there is anything there.
EMPTY = (
    "/", "/forums", "/calendar", "/calendar/list", "/calendar/2026", "/plan", "/polls", "/organisations", "/people", "/mail",
    "/todo", "/register", "/places", "/blocked", "/themes", "/strategies", "/activities", "/notices", "/offices", "/sources",
    "/history", "/health", "/search", "/me", "/subscribe", "/notices/board", "/representatives", "/actions",
)  # fmt: skip


@dataclass
class NewHouse:
    """An installation as the commands leave it, and the link that they print."""

    address: str
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


def _link(app) -> str:
    """A sign-in link of the day the tests live in; the printed one is of today."""
    from scheduler.accounts.actions import make_link  # noqa: PLC0415
    from scheduler.db import begin_write  # noqa: PLC0415
    from scheduler.demo import ACTOR  # noqa: PLC0415

    with app.app_context():
        begin_write(db.session())
        token = make_link(db.session(), ACTOR, NOW, login="sara.niemi@lansstyrelsen.example")
        db.session.commit()
    return token


def look(page: Page, name: str) -> None:
    """Looks at where one is: no violations, wide and on a phone; with TAKT_LOOK a picture of each is kept there."""
    folder = os.environ.get("TAKT_LOOK")
    if folder:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/first-{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})


def main_act(page: Page) -> None:
    """Presses what the page puts first."""
    page.locator("main .main-act").first.click()


def test_a_new_secretariat_comes_to_a_year_of_dates(new_page: Callable[..., Page], new_house: NewHouse) -> None:
    page = new_page()
    complaints = complaints_of(page)
    page.goto(new_house.link)
    page.locator("main form button").click()
    page.wait_for_url(f"{new_house.address}/")
    expect(page.get_by_role("heading", name="Kom i gång")).to_be_visible()
    look(page, "1-overview")

    # The first forum, by its name and the sentence that says how often.
    page.get_by_role("link", name="Nytt forum").click()
    look(page, "2-forum-new")
    page.get_by_label("Namn", exact=True).fill("Ungdomsrådet")
    page.get_by_label("Typ", exact=True).select_option(label="Nätverk")
    page.get_by_label("Så ofta", exact=False).first.fill("Rådet träffas 4 gånger per år")
    main = page.get_by_role("button", name="Spara forum")
    main.click()
    look(page, "3-forum")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ungdomsrådet")
    page.goto(f"{new_house.address}/")
    look(page, "4-overview-forum")

    # The people, from a spreadsheet.
    page.get_by_role("link", name="Klistra in personer").click()
    page.get_by_label("Lista", exact=True).fill(PEOPLE)
    page.get_by_label("Organisationer som saknas").select_option(label="Lägg in dem som Kommun")
    look(page, "5-people")
    page.get_by_role("button", name="Visa följden").click()
    look(page, "6-people-preview")
    page.locator("main button.main-act").click()
    look(page, "7-people-saved")
    page.goto(f"{new_house.address}/")
    look(page, "8-overview-people")

    # A seat, and who sits there.
    page.get_by_role("link", name="Lägg till platser").click()
    look(page, "9-seats")
    assert complaints == []
