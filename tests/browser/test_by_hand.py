"""An empty installation, no documentation: a secretariat builds two real forums by hand, in one sitting.

Tillväxtberedningen has 13 members and 13 substitutes, two principals, and a chair and a secretariat that rotate.
Regionalt forum has all its members' seats, and eleven seats that were offered to other organisations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.accounts.actions import make_link
from scheduler.accounts.users import add_user
from scheduler.app import create_app
from scheduler.db import begin_write, db
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum
from scheduler.forums.rotation import leads_of, rotations_of, secretariat_of
from scheduler.forums.seats import seat_plan
from scheduler.history.rules import SYSTEM
from scheduler.organisations.models import Organisation
from scheduler.settings import Settings
from tests.browser.rig import complaints_of, violations
from tests.browser.sights import NOW

LOGIN = "sara@example.org"
REGION, KOMMUNER = "Region Norrbotten", "Norrbottens Kommuner"
OFFERED = (
    "Arbetsförmedlingen Region Nord", "Företagarna Norrbotten", "LO-distriktet i Norra Sverige",
    "Luleå tekniska universitet", "Länsstyrelsen i Norrbottens län", "Norrbottens bildningsförbund",
    "Norrbottens Handelskammare", "SACO Norrbotten", "Sametinget", "TCO Norrbotten", "Trafikverket Region Nord",
)  # fmt: skip


@pytest.fixture
def empty_house(tmp_path: Path) -> Iterator[Flask]:
    """An installation as ``takt init`` and ``takt user add`` leave it: one administrator, nothing else."""
    settings = Settings(
        instance=tmp_path, secret_key="a secret of the tests, long enough", worker="none",
        calendar_domain="takt.example.org", mail_from="takt@example.org",
    )  # fmt: skip
    app = create_app(settings, lambda: NOW)
    with app.app_context():
        schema.upgrade(db.engine)
        session = db.session()
        begin_write(session)
        seed_kinds(session)
        add_user(session, SYSTEM, NOW, login=LOGIN, name="Sara Niemi", role="administrator")
        session.commit()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def link(app: Flask) -> str:
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        token = make_link(session, SYSTEM, NOW, login=LOGIN)
        session.commit()
    return f"/login/{token}"


class Sitting:
    """One sitting at the desk: everything by what the page says, never by an address."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(label=option)

    def press(self, name: str, *, kind: str = "button") -> None:
        self.page.locator("main").get_by_role(kind, name=name, exact=True).first.click()  # type: ignore[arg-type] - the role is one of the tests'

    def menu(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Huvudmeny").get_by_role("link", name=name).first.click()

    def tab(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Forumets uppgifter").get_by_role("link", name=name).click()

    def saved(self, text: str) -> None:
        expect(self.page.get_by_role("status").first).to_contain_text(text)

    # ---- the things one does

    def organisation(self, name: str, kind: str) -> None:
        self.menu("Organisationer")
        self.press("Ny organisation", kind="link")
        self.fill("Namn", name)
        self.choose("Typ", kind)
        self.press("Spara organisation")
        self.saved(name)

    def forum(self, name: str, kind: str, keeper: str, phrase: str = "") -> None:
        self.menu("Forum och nätverk")
        self.press("Nytt forum", kind="link")
        self.fill("Namn", name)
        self.choose("Typ", kind)
        self.choose("Sekretariat", keeper)
        self.fill("Så står det i källan", phrase)
        self.press("Spara forum")
        self.saved(name)

    def seats(self, organisation: str, *, ordinary: int, substitutes: int = 0, offered: bool = False) -> None:
        self.tab("Platser")
        self.press("Lägg till platser", kind="link")
        self.choose("Organisation", organisation)
        self.fill("Ordinarie platser", str(ordinary))
        self.fill("Ersättare", str(substitutes))
        if offered:
            self.page.get_by_label("Erbjud platserna").check()
        self.press("Spara platser")
        self.saved("tillag")

    def appoint(self, given_name: str, family_name: str, *, chair: bool, last: bool) -> None:
        if not self.page.get_by_label("Förnamn", exact=True).is_visible():  # others of the organisation are offered
            self.page.locator("main summary", has_text="Ny person").click()
        self.fill("Förnamn", given_name)
        self.fill("Efternamn", family_name)
        self.page.get_by_label("E-post", exact=True).fill(f"{given_name}.{family_name}@example.org".lower())
        if chair:
            self.choose("Uppdrag", "Ordförande")
        self.fill("Från och med", "2026-01-01")
        self.press("Spara uppdrag" if last else "Spara och gå till nästa vakanta plats")
        self.saved(f"{given_name} {family_name}")

    def rotation(self, which: str) -> None:
        self.tab("Rotation")
        self.page.get_by_role("link", name=f"Lägg in en ordning {which}").click()
        self.choose("Nummer 1", REGION)
        self.choose("Nummer 2", KOMMUNER)
        self.fill("Första turen börjar", "2026-01-01")
        self.press("Spara ordning")
        self.saved("")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_two_forums_are_built_by_hand_in_one_sitting(
    empty_house: Flask, serve: Callable[[Flask], str], new_page: Callable[..., Page], scripts: bool
) -> None:
    site = serve(empty_house)
    page = new_page(java_script_enabled=scripts)
    complaints = complaints_of(page)
    desk = Sitting(page)
    page.goto(site + link(empty_house))
    desk.press("Logga in")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Översikt")
    expect(page.locator("main")).to_contain_text("Inga forum än")

    desk.organisation(REGION, "Region")
    desk.organisation(KOMMUNER, "Kommunförbund/förening av kommuner")
    for name in OFFERED:
        desk.organisation(name, "Organisation/förening")

    desk.forum("Tillväxtberedningen", "Beredning", REGION)
    desk.press("Ändra platser", kind="link")
    desk.seats(KOMMUNER, ordinary=6, substitutes=6)
    desk.seats(REGION, ordinary=7, substitutes=7)
    expect(page.locator(".lead")).to_contain_text("13 ordinarie, 13 ersättare")

    page.locator("main").get_by_role("link", name="Tillsätt").first.click()
    for n in range(26):
        desk.appoint(f"Person{n:02d}", "Prov", chair=n == 0, last=n == 25)
    desk.tab("Platser")
    expect(page.locator(".lead")).not_to_contain_text("vakant")

    desk.tab("Samband")
    page.get_by_label(REGION, exact=True).check()
    page.get_by_label(KOMMUNER, exact=True).check()
    desk.press("Spara huvudmän")
    desk.saved("")
    desk.rotation("ordförande")
    desk.rotation("sekretariat")

    desk.forum("Regionalt forum", "Mötesplats/forum", REGION, "kommer att träffas fyra till fem gånger per år")
    expect(page.locator("main")).to_contain_text("4–5 gånger per år")
    desk.press("Ändra platser", kind="link")
    desk.tab("Ingående forum")
    desk.choose("Forum som ska ingå", "Tillväxtberedningen")
    page.get_by_label("Ordinarie", exact=True).check()
    desk.press("Låt forumet ingå")
    desk.saved("")
    for name in OFFERED:
        desk.seats(name, ordinary=1, offered=True)
    desk.tab("Platser")
    expect(page.locator(".lead")).to_contain_text("24 ordinarie")
    expect(page.locator(".lead")).to_contain_text("11 är erbjudna")
    if scripts:
        assert violations(page) == []
    assert complaints == []
    check_stored(empty_house)


def check_stored(app: Flask) -> None:
    """What the county's own register says of the two, as it was built."""
    with app.app_context(), Session(db.engine) as session:
        forums = {forum.name: forum for forum in session.scalars(select(Forum))}
        board, regional = forums["Tillväxtberedningen"], forums["Regionalt forum"]
        plan = seat_plan(session, [board.id, regional.id], date(2026, 11, 22))
        assert [seat.kind for seat in plan[board.id]].count("ordinary") == 13
        assert [seat.kind for seat in plan[board.id]].count("substitute") == 13
        assert all(seat.person_id for seat in plan[board.id])
        assert [seat.kind for seat in plan[regional.id]].count("ordinary") == 24
        assert sum(seat.via_forum_id == board.id for seat in plan[regional.id]) == 13
        assert sum(seat.offer == "offered" for seat in plan[regional.id]) == 11
        assert {row.name for row in board.principals} == {REGION, KOMMUNER}
        names = {row.id: row.name for row in session.scalars(select(Organisation))}
        assert {rotation.task for rotation in rotations_of(session, [board.id])[board.id]} == {"chair", "secretariat"}
        for day, who in ((date(2026, 12, 31), REGION), (date(2027, 1, 1), KOMMUNER)):
            assert names[secretariat_of(session, [board], day)[board.id] or 0] == who
            lead = leads_of(session, [board], day)[board.id]
            assert lead is not None
            assert lead.organisation_name == who
        [rule] = regional.cadences
        assert (rule.kind, rule.min, rule.max, rule.period) == ("count", 4, 5, "year")
