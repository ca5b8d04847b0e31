"""What a step would send, seen before it is taken: the mail itself, to whom, and nothing of it stored."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.accounts import personal_links
from scheduler.db import begin_write, db
from scheduler.forums.seat_models import Appointment
from scheduler.mail.models import MailChoice, OutboxMail
from scheduler.meetings.models import Invitee, Meeting, MeetingChange
from tests.conftest import NOW
from tests.web import world as worlds
from tests.web.reading import send, visit
from tests.web.visits import Visitor


@pytest.fixture
def world(app):
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        world = worlds.build(session, NOW)
        session.commit()
        return world


@pytest.fixture
def keeper(app, world) -> Visitor:
    return Visitor(app, world.cookie("own secretariat"))


def stored(app) -> list[object]:
    """What a step stores."""
    with app.app_context(), Session(db.engine) as session:
        counted = [session.scalar(select(func.count()).select_from(table)) for table in TABLES]
        return [*counted, *session.execute(select(Meeting.id, Meeting.state, Meeting.version).order_by(Meeting.id))]


TABLES = (OutboxMail, Invitee, MeetingChange, MailChoice)


def test_call_is_seen_before_it_is_sent_and_is_then_what_was_seen(app, world, keeper):
    path = f"/meetings/{world.meetings['own'].id}/call"
    before = stored(app)
    page = send(keeper, path, "answer_by_on", preview="1")
    assert page.status == 200
    assert stored(app) == before
    assert "3 brev går ut" in page.text
    for name in ("own@register.example", "member@register.example", "chair@register.example"):
        assert name in page.text
    [subject] = re.findall(r"Inbjudan: Forumet own \w+ \d+ \w+ \d+", page.text)[:1]
    assert "Svara" in page.text
    # The form still holds what was filled in, and sends it.
    done = send(keeper, path, "answer_by_on")
    assert "Mötet är kallat" in done.text
    with app.app_context(), Session(db.engine) as session:
        mails = session.scalars(select(OutboxMail).where(OutboxMail.batch.is_not(None))).all()
        assert sorted(mail.recipient.partition("@")[0] for mail in mails) == ["chair", "member", "own"]
    assert subject


def test_links_in_a_preview_open_nothing(app, world, keeper):
    page = send(keeper, f"/meetings/{world.meetings['own'].id}/call", "answer_by_on", preview="1")
    tokens = re.findall(r"/(?:r|s)/([\w-]{40})", page.text)
    assert tokens
    key = app.config["SECRET_KEY"]
    for purpose in ("reply", "mail"):
        assert [personal_links.read(key, purpose, token) for token in tokens] == [None] * len(tokens)


def test_preview_of_a_quiet_step_says_that_nothing_goes_out(world, keeper):
    page = send(keeper, f"/meetings/{world.meetings['own'].id}/call", "answer_by_on", preview="1", quiet="y")
    assert "Inget brev går ut" in page.text


def test_move_is_seen_before_it_is_made(app, world, keeper):
    path = f"/meetings/{world.meetings['own'].id}/move"
    before = stored(app)
    page = send(keeper, path, "start", start="08:15", end="10:00", preview="1")
    assert stored(app) == before
    assert "Ändrat: Forumet own" in page.text
    assert "Ny tid" in page.text
    done = send(keeper, path, "start", start="08:15", end="10:00", quiet="1")
    assert "Mötet är flyttat" in done.text
    with app.app_context(), Session(db.engine) as session:
        assert session.scalar(select(func.count(OutboxMail.batch))) == 0


def test_moved_meeting_says_how_many_are_told_and_when(app, world, keeper):
    path = f"/meetings/{world.meetings['own'].id}/move"
    done = send(keeper, path, "start", start="08:15", end="10:00")
    with app.app_context(), Session(db.engine) as session:
        told = session.scalar(
            select(func.count(func.distinct(OutboxMail.mailbox))).where(OutboxMail.batch.is_not(None))
        )
    assert told
    assert re.search(
        rf"Mötet är flyttat till [^.]+\. {told} person(?:er)? får besked (?:\w+ \d+ \w+ )?kl\. \d\d\.\d\d\.", done.text
    )


@pytest.mark.parametrize(
    ("step", "given"), [("move", {"start": "08:15", "end": "10:00"}), ("cancel", {"reason": "Snö"})]
)
def test_what_is_said_of_a_step_has_the_way_back_in_it(world, keeper, step, given):
    path = f"/meetings/{world.meetings['own'].id}"
    page = send(keeper, f"{path}/{step}", *given, **given)
    # One in the notice, for this page alone, and one among the meeting's stages.
    assert [form.action for form in page.forms].count(f"{path}/undo") == 2
    assert [form.action for form in visit(keeper, path).forms].count(f"{path}/undo") == 1
    assert keeper.post(f"{path}/undo").status_code == 303
    assert "Ändringen är ångrad." in visit(keeper, path).text


def test_refused_step_shows_no_preview(world, keeper):
    page = send(keeper, f"/meetings/{world.meetings['own'].id}/cancel", "reason", reason="", preview="1")
    assert page.status == 422
    assert page.errors == {"reason": "Skriv varför mötet ställs in"}
    assert "brev går ut" not in page.text


def test_preview_shows_no_address_of_a_protected_identity(app, world, keeper):
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        session.merge(world.people["own"]).protected = True
        session.commit()
    page = send(keeper, f"/meetings/{world.meetings['own'].id}/call", "answer_by_on", preview="1")
    assert "own@register.example" not in page.text
    assert "skyddad adress" in page.text
    assert visit(keeper, f"/meetings/{world.meetings['own'].id}").status == 200


# ---------------------------------------------------------------- what a step would mean


def test_cancelling_shows_what_it_means_before_anything_is_stored(app, world, keeper):
    path = f"/meetings/{world.meetings['own'].id}/cancel"
    before = stored(app)
    page = send(keeper, path, "reason", reason="Sjukdom", preview="1")
    assert page.status == 200
    assert "Det här händer" in page.text
    assert "Inget möte" in page.text
    assert stored(app) == before


def test_person_who_would_leave_is_shown_with_the_meetings_and_then_leaves(app, world, keeper):
    person = world.people["own"].id
    path = f"/people/{person}/leaving"
    assert path in visit(keeper, f"/people/{person}").links
    before = stored(app)
    page = send(keeper, path, "on", preview="1")
    assert page.status == 200
    assert "3 av 3 ordinarie kan komma" in page.text
    assert "2 av 3 ordinarie kan komma" in page.text
    assert stored(app) == before
    with app.app_context(), Session(db.engine) as session:
        assert session.get_one(Appointment, world.parts["own"]["appointment_id"]).to_on is None
    done = send(keeper, path, "on")
    assert "slutar" in done.text
    with app.app_context(), Session(db.engine) as session:
        assert session.get_one(Appointment, world.parts["own"]["appointment_id"]).to_on is not None
    assert "Personen har inga uppdrag som du kan avsluta." in visit(keeper, path).text
