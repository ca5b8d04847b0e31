"""The trip the planner is for: lay the next year, lock, somebody is away, reckon anew, accept; calendars follow.

On a copy of the demo county, with the search in a process of its own, as it runs in the product.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.actions import make_link
from scheduler.app import create_app
from scheduler.db import begin_write, db
from scheduler.demo import ACTOR, SECRETARY
from scheduler.drafts.models import Draft
from scheduler.drafts.watching import Runs
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.organisations.models import Office, OfficeHolding, Person
from scheduler.settings import Settings
from tests.browser.rig import served
from tests.browser.sights import NOW, SECRET_KEY, DemoSite

#: What the governor chairs in this county.
CHAIRED = ("partnerskapet", "samtal-residenset")
#: Monday and Sunday of week 42 of 2027.
AWAY = (date(2027, 10, 18), date(2027, 10, 24))
#: A forum whose calendar is public.
PUBLIC = "regionalt-forum"


@dataclass
class County:
    """A copy of the demo, served, whose drafts are run when asked."""

    app: Flask
    address: str
    governor: str
    governor_id: int

    def link(self, login: str) -> str:
        with self.app.app_context():
            begin_write(db.session())
            token = make_link(db.session(), ACTOR, NOW, login=login)
            db.session.commit()
        return f"{self.address}/login/{token}"

    def run(self) -> None:
        """Runs the draft that waits in a process of its own, as a worker does."""
        with self.app.app_context():
            child = Runs(db.engine, lambda: NOW, "Europe/Stockholm", threading.Event()).look()
            assert child is not None
            assert child.wait(120) == 0

    def dates(self, draft_id: int) -> dict[str, list[tuple[date, bool, bool]]]:
        """Forum → day, whether locked, whether the governor comes."""
        with self.app.app_context(), Session(db.engine) as session:
            found: dict[str, list[tuple[date, bool, bool]]] = {}
            for row in session.get_one(Draft, draft_id).meetings:
                comes = self.governor_id in row.seats.values()
                found.setdefault(row.forum.slug, []).append((row.on, row.locked, comes))
            return {slug: sorted(rows) for slug, rows in found.items()}

    def latest(self) -> int:
        with self.app.app_context(), Session(db.engine) as session:
            return session.scalars(select(Draft.id).order_by(Draft.id.desc()).limit(1)).one()


@pytest.fixture
def county(demo: DemoSite, tmp_path: Path) -> Iterator[County]:
    with demo.app.app_context():
        original = db.engine.url.database
    source, copy = sqlite3.connect(str(original)), sqlite3.connect(tmp_path / "takt.sqlite3")
    source.backup(copy)
    source.close()
    copy.close()
    settings = Settings(
        instance=tmp_path, secret_key=SECRET_KEY, worker="none", demo=True, calendar_domain="takt.example.org",
        mail_from="takt@example.org",
    )  # fmt: skip
    app = create_app(settings, lambda: NOW)
    with app.app_context():
        session = db.session()
        begin_write(session)
        for draft in session.scalars(select(Draft)):
            session.delete(draft)
        holding = session.scalars(select(OfficeHolding).join(Office).where(Office.slug == "landshovding")).one()
        governor: Person = holding.person
        for forum in session.scalars(select(Forum).where(Forum.slug.in_(CHAIRED))):
            chair = Appointment(person_id=governor.id, from_on=date(2026, 1, 1), function="chair")
            session.add(Seat(forum_id=forum.id, kind="ordinary", label="Landshövdingen", appointments=[chair]))
        assert governor.main_email is not None
        login, number = governor.main_email.address, governor.id
        session.commit()
    with served(app) as address:
        yield County(app, address, login, number)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def signed_in(new_page: Callable[..., Page], county: County, login: str) -> Page:
    page = new_page()
    page.goto(county.link(login))
    page.locator("main form button").click()
    page.wait_for_load_state()
    return page


def ask(page: Page, county: County) -> int:
    """Presses the button of the form, lets the search run, and waits until the page shows the board by itself."""
    page.get_by_role("button", name="Föreslå datum").click()
    expect(page.locator("#progress")).to_be_visible()
    county.run()
    expect(page.locator(".board")).to_be_visible(timeout=15_000)
    return county.latest()


def moved_to_week(page: Page, forum: str, week: int) -> bool:
    """Moves the meeting of the forum nearest before or after to the week, as the panel's select does."""
    row = page.locator(".brow").filter(has_text=forum)
    for link in reversed(row.locator("a.pm[data-s=prop]").all()):
        link.click()
        expect(page.locator("#inspect h2")).to_have_text(forum)
        page.locator("#plan-week").select_option(str(week))
        page.locator("#inspect").get_by_role("button", name="Flytta", exact=True).click()
        said = page.locator("#said").filter(has_text="flyttat").or_(page.locator(".notice[role=alert]"))
        expect(said.first).to_be_visible()
        if page.locator(f".brow .w{week} a.pm").count():
            return True
    return False


def test_year_is_laid_mended_and_accepted_and_the_calendars_follow(
    new_page: Callable[..., Page], county: County
) -> None:
    page = signed_in(new_page, county, SECRETARY[0])
    calendar = f"{county.address}/forums/{PUBLIC}/calendar.ics"
    before = page.request.get(calendar).text().count("DTSTART;TZID=Europe/Stockholm:2027")
    page.goto(f"{county.address}/?year=2027")
    standing = page.get_by_role("row").filter(has_text="Regionalt forum")
    expect(standing).to_contain_text("I fas")

    # The next year is laid.
    page.goto(f"{county.address}/plan")
    expect(page.get_by_role("heading", level=1)).to_have_text("Planera 2027")
    page.get_by_label("Hur länge Takt söker").select_option("2")
    first = ask(page, county)
    laid = county.dates(first)
    assert set(CHAIRED) <= set(laid)

    # Two are locked; one of the governor's lies in week 42.
    for link in page.locator("a.pm[data-s=prop]").all()[:2]:
        link.focus()
        page.keyboard.press("l")
        expect(page.locator("#said")).to_contain_text("är låst")
    if not page.locator(".brow").filter(has_text="Samtal på residenset").locator(".w42 a.pm").count():
        assert moved_to_week(page, "Samtal på residenset", 42)
    drawn = county.dates(first)
    assert any(AWAY[0] <= on <= AWAY[1] and comes for rows in drawn.values() for on, _locked, comes in rows)
    locked = {(slug, on) for slug, rows in drawn.items() for on, is_locked, _comes in rows if is_locked}

    # The governor enters on her own page that she is away.
    governor = signed_in(new_page, county, county.governor)
    governor.goto(f"{county.address}/me")
    form = governor.locator("form[action='/me/absences']")
    form.get_by_label("Från", exact=True).fill(AWAY[0].isoformat())
    form.get_by_label("Till och med", exact=True).fill(AWAY[1].isoformat())
    form.get_by_role("button").last.click()
    expect(governor.get_by_role("status").first).to_contain_text("Du är borta")

    # It is reckoned anew, with as few changes as can be.
    page.goto(f"{county.address}/drafts/{first}")
    page.get_by_role("link", name="Räkna om").click()
    expect(page.get_by_label("Med så få ändringar som möjligt")).to_be_checked()
    second = ask(page, county)
    mended = county.dates(second)
    for slug, on in locked:
        assert on in {day for day, _locked, _comes in mended[slug]}, (slug, on)
    assert not [
        (slug, on) for slug, rows in mended.items() for on, _locked, comes in rows if comes and AWAY[0] <= on <= AWAY[1]
    ]
    days = [{(slug, on) for slug, rows in found.items() for on, *_rest in rows} for found in (drawn, mended)]
    assert len(days[0] - days[1]) <= 2

    # All of it is accepted.
    page.get_by_role("link", name="utan krock").click()
    page.get_by_role("button", name="Godkänn").click()
    expect(page.get_by_role("status").first).to_contain_text("möten är bokade")
    assert page.request.get(calendar).text().count("DTSTART;TZID=Europe/Stockholm:2027") > before
    page.goto(f"{county.address}/?year=2027")
    expect(standing).to_contain_text("Bokat")
