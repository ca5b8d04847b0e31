"""New Year in a forum whose chair and secretariat rotate by the year: all moves at midnight, and nothing has run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.db import begin_write, db
from scheduler.forums.models import Forum
from scheduler.forums.rotation import leads_of, secretariat_of
from scheduler.history.models import HistoryEntry
from scheduler.mail.desk import Desk
from scheduler.mail.letter_parts import reply_address
from scheduler.mail.meeting_letters import meeting_letter
from scheduler.mail.messages import Letterhead
from scheduler.mail.models import OutboxMail
from scheduler.meetings.belonging import meeting_ids_of_secretariat
from scheduler.organisations.models import Organisation
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import send, visit
from tests.web.world import build, meeting, sign_in

#: The last moment of 2026 in Stockholm, and the first of 2027.
BEFORE = datetime(2026, 12, 31, 22, 59, 59, 999_999, tzinfo=UTC)
MIDNIGHT = datetime(2026, 12, 31, 23, 0, 0, tzinfo=UTC)
LAST_DAY, FIRST_DAY = date(2026, 12, 31), date(2027, 1, 1)
FORUM = "/forums/own-forum"
OLD, NEW = "own secretariat", "other secretariat"
MAILBOXES = {"own-secretariat": "kansli@own.example", "other-secretariat": "kansli@other.example"}
HEAD = Letterhead("Takt", "Länsstyrelsen", "takt@own.example", "https://takt.example.org", "Europe/Stockholm")


@pytest.fixture
def house(make_app, database_url) -> House:
    """The small world, with a meeting on each side of New Year."""
    app = make_app(database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        world = build(session, NOW)
        forum = world.forums["own"]
        forum.secretariat_email = "forum@own.example"
        for slug, mailbox in MAILBOXES.items():
            session.scalars(select(Organisation).where(Organisation.slug == slug)).one().contact_email = mailbox
        for name, start in (("old", BEFORE), ("new", MIDNIGHT)):
            world.meetings[name] = meeting(session, forum, start.replace(hour=9) + timedelta(days=name == "new"))
        session.commit()
    return House(app, world)


def organisation(house: House, slug: str) -> int:
    with house.looking() as session:
        return session.scalars(select(Organisation.id).where(Organisation.slug == slug)).one()


def take_turns(house: House) -> None:
    """Both tasks move between two organisations by the year, as the secretariat enters it on the forum's page."""
    orders = {
        "chair": ("own-organisation", "other-secretariat"),
        "secretariat": ("own-secretariat", "other-secretariat"),
    }
    for task, slugs in orders.items():
        rows = {f"entries-{n}": f"organisation-{organisation(house, slug)}" for n, slug in enumerate(slugs)}
        page = send(house.visitor(OLD), f"{FORUM}/rotation/{task}", "entries-0", start_on="2026-01-01", **rows)
        assert page.heading == "Rotation i Forumet own"


def signed_in_late(house: House) -> None:
    """The two secretariats sign in on New Year's Eve."""
    with house.changing() as session:
        for role in (OLD, NEW):
            user = session.merge(house.world.users[role], load=True)
            sign_in(session, user, BEFORE - timedelta(hours=1), f"late {role}")


def reads(house: House, clock, at: datetime) -> dict[str, tuple[int, int]]:
    """What each secretariat's browser gets at an instant: the page that edits the forum, and the forum's own."""
    clock.at = at
    found = {}
    for role in (OLD, NEW):
        visitor = house.visitor("anonymous")
        visitor.sign_in(f"late {role}")
        found[role] = (visitor.get(f"{FORUM}/edit").status_code, visitor.get(FORUM).status_code)
    return found


def test_all_moves_at_the_stroke_of_the_date(house, clock):
    take_turns(house)
    signed_in_late(house)
    with house.looking() as session:
        changes = session.scalar(select(func.count()).select_from(HistoryEntry))

    # Rights: at one instant the one secretariat, at the next the other.
    assert reads(house, clock, BEFORE) == {OLD: (200, 200), NEW: (404, 404)}
    assert reads(house, clock, MIDNIGHT) == {OLD: (404, 404), NEW: (200, 200)}
    clock.at = BEFORE
    visitor = house.visitor("anonymous")
    visitor.sign_in(f"late {OLD}")
    page = visit(visitor, f"{FORUM}/edit")
    values = page.form("name").values
    clock.at = MIDNIGHT
    assert visitor.post(f"{FORUM}/edit", {**values, "name": "Kapat"}, token=False).status_code == 404

    with house.looking() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        assert forum.name == "Forumet own"
        keepers = [
            session.get_one(Organisation, secretariat_of(session, [forum], day)[forum.id]).slug
            for day in (LAST_DAY, FIRST_DAY)
        ]
        assert keepers == ["own-secretariat", "other-secretariat"]
        leads = [leads_of(session, [forum], day)[forum.id] for day in (LAST_DAY, FIRST_DAY)]
        assert [(lead.by, lead.organisation_name, lead.person_name) for lead in leads] == [
            ("rotation", "Kommunen own", "Chair Person"),
            ("rotation", "Länsstyrelsen other", None),
        ]
        # The forum's own mailbox is that of its fixed secretariat; in another one's turn answers go there.
        assert [reply_address(session, forum, day) for day in (LAST_DAY, FIRST_DAY)] == [
            "forum@own.example",
            "kansli@other.example",
        ]
        assert [letter_at(session, house, instant) for instant in (BEFORE, MIDNIGHT)] == [
            "forum@own.example",
            "kansli@other.example",
        ]
        # Each calendar holds the meetings of its own turn.
        kept = [
            meeting_ids_of_secretariat(session, organisation(house, slug), first=LAST_DAY)
            & {house.world.meetings["old"].id, house.world.meetings["new"].id}
            for slug in MAILBOXES
        ]
        assert kept == [{house.world.meetings["old"].id}, {house.world.meetings["new"].id}]
        # Nobody changed anything over midnight.
        assert session.scalar(select(func.count()).select_from(HistoryEntry)) == changes


def letter_at(session: Session, house: House, instant: datetime) -> str | None:
    """Where answers to a reminder dated at the instant go."""
    mail = OutboxMail(
        kind="reminder", meeting_id=house.world.meetings["new"].id, recipient="a@example.org", dated_at=instant,
        created_at=instant,
    )  # fmt: skip
    return meeting_letter(Desk(session, HEAD), mail, None).reply_to


@pytest.mark.parametrize(("at", "shown"), [(BEFORE, "Länsstyrelsen own"), (MIDNIGHT, "Länsstyrelsen other")])
def test_forum_page_shows_who_keeps_it(house, clock, at, shown):
    take_turns(house)
    with house.changing() as session:
        user = session.merge(house.world.users["administrator"], load=True)
        sign_in(session, user, BEFORE - timedelta(hours=1), "late administrator")
    clock.at = at
    visitor = house.visitor("anonymous")
    visitor.sign_in("late administrator")
    assert f"Sekretariat {shown}" in visit(visitor, FORUM).text
    assert f"{shown} Nu" in visit(visitor, f"{FORUM}/rotation").text
