"""The page of health, mending an address, and the figures for machines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from scheduler.db import db
from scheduler.feeds.models import FeedToken
from scheduler.mail.delivery import deliver
from scheduler.mail.models import (
    IncomingMail,
    JobRun,
    Lease,
    MailCount,
    MailHold,
    Occurrence,
    OutboxAttempt,
    OutboxMail,
    Suppression,
)
from scheduler.organisations.models import Organisation, Person, PersonEmail
from tests.conftest import NOW
from tests.mail.sink import Sink
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, visit
from tests.web.visits import Visitor


def mails(house: House, n: int, **given: object) -> None:
    with house.changing() as session:
        session.add_all(
            OutboxMail(
                **{
                    "key": f"{i} {sorted(given.items())}"[:64],
                    "kind": "reminder",
                    "recipient": f"nr{i}@own.example",
                    "meeting_id": house.world.meetings["own"].id,
                    "state": "pending",
                    "created_at": NOW,
                    "next_at": NOW,
                    "stale_at": NOW + timedelta(days=1),
                    **given,
                }
            )
            for i in range(n)
        )


def sending(make_app, url: str, house: House, role: str = "own secretariat", **given: object) -> Visitor:
    """A visitor of an installation that sends."""
    settings = {"mail_mode": "send", "mail_relay": "smtp://127.0.0.1:1", "mail_from": "takt@own.example", **given}
    return Visitor(make_app(url, **settings), house.world.cookie(role))


@pytest.fixture
def _nothing_received(house: House) -> None:
    """The mails that the small world has received are no concern here."""
    with house.changing() as session:
        session.execute(delete(IncomingMail))


# ---------------------------------------------------------------- services


@pytest.mark.usefixtures("_nothing_received")
def test_quiet_house_says_that_mail_leaves_as_it_should(house, make_app, sqlite_url):
    with house.changing() as session:
        session.add(Lease(name="clock", holder="a worker", until=NOW + timedelta(seconds=20)))
    page = visit(sending(make_app, sqlite_url, house), "/health")
    assert "Utskicken går som de ska." in page.text
    assert "Utskickaren Går" in page.text
    assert "E-postservern Svarar" in page.text
    assert "Svarsbrevlådan Läses inte" in page.text


def test_nobody_sending_is_said_first(house, make_app, sqlite_url):
    page = visit(sending(make_app, sqlite_url, house), "/health")
    assert "Ingen skickar brev just nu." in page.text
    assert "Utskickaren Står still" in page.text


def test_relay_in_trouble_says_since_when_and_when_it_is_tried_again(house, make_app, sqlite_url):
    mails(house, 1)
    with house.changing() as session:
        mail_id = session.scalars(select(OutboxMail.id).where(OutboxMail.recipient == "nr0@own.example")).one()
        session.add(Lease(name="relay", holder="", until=NOW + timedelta(minutes=8), epoch=4))
        for minutes, stage in ((60, "done"), (40, "connect"), (10, "connect")):
            at = NOW - timedelta(minutes=minutes)
            session.add(OutboxAttempt(mail_id=mail_id, at=at, stage=stage, lease_token="-"))
    page = visit(sending(make_app, sqlite_url, house), "/health")
    assert "E-postservern svarar inte." in page.text
    assert "Svarar inte sedan 22 november 2026 kl. 09.20. Nästa försök kl. 10.08." in page.text


def test_long_queue_says_when_the_last_of_it_will_be_out(house, make_app, sqlite_url):
    mails(house, 90, next_at=NOW - timedelta(minutes=5))
    with house.changing() as session:
        session.add(Lease(name="clock", holder="a worker", until=NOW + timedelta(seconds=20)))
    page = visit(sending(make_app, sqlite_url, house, mail_rate=30), "/health")
    assert "Väntar 90" in page.text
    assert "Sista brevet ute Ungefär 22 november 2026 kl. 10.03." in page.text
    assert "Det äldsta har väntat 5 minuter." in page.text
    page = visit(sending(make_app, sqlite_url, house, mail_rate=0), "/health")
    assert "Ingen vet: inget brev har gått den senaste kvarten." in page.text


@pytest.mark.usefixtures("_nothing_received")
def test_holds_failures_and_answers_are_counted(house):
    mails(house, 2, state="failed")
    mails(house, 1, state="uncertain", kind="call")
    with house.changing() as session:
        session.add(MailHold(kind="reminder", reason="refused", at=NOW))
        for n, (kind, state) in enumerate((("reply", "done"), ("reply", "look"), ("bounce", "done"))):
            session.add(IncomingMail(message_id=f"<{n}>", at=NOW - timedelta(hours=n), kind=kind, state=state))
        session.add(JobRun(name="mail.plan_coming", slot="2026-11-22", at=NOW))
    page = visit(house.visitor(), "/health")
    assert "Utskick hålls och väntar på ett ja. 2 brev misslyckades den senaste veckan." in page.text
    assert "Osäkra 1 de senaste 7 dagarna" in page.text
    assert "Påminnelse hålls Mottagarnas servrar vägrade flera brev på en timme." in page.text
    assert "2 svar, 1 studs den senaste veckan. 1 brev att titta på." in page.text
    assert "Kommande utskick ses över 22 november 2026 kl. 10.00" in page.text


@pytest.mark.usefixtures("_nothing_received")
@pytest.mark.parametrize(
    ("reason", "said"),
    [("login", "Svarsbrevlådan godtar inte inloggningen."), ("settings", "TAKT_MAIL_INBOX går inte att läsa.")],
)
def test_mailbox_of_answers_that_cannot_be_read_says_why(house, make_app, sqlite_url, reason, said):
    with house.changing() as session:
        session.add(Lease(name="inbox", holder=reason, until=NOW + timedelta(minutes=2), epoch=3))
    visitor = sending(make_app, sqlite_url, house, mail_inbox="imaps://svar:hushhush@mail.example/INBOX")
    page = visit(visitor, "/health")
    assert f"Svarsbrevlådan Läses inte – {said}" in page.text
    assert "hushhush" not in page.text


def test_days_count_what_is_there_and_what_was_deleted(house):
    mails(house, 3, state="sent", sent_at=NOW)
    mails(house, 1, state="expired", kind="call")
    with house.changing() as session:
        session.add(MailCount(on=date(2026, 11, 20), kind="call", state="sent", n=7))
        session.add(MailCount(on=date(2026, 11, 20), kind="call", state="failed", n=2))
    text = visit(house.visitor(), "/health").text
    assert "20 november 7 2" in text
    assert "22 november 6 1" in text  # with those of the small world


def test_feeds_are_counted_by_program_over_seven_days(house):
    with house.changing() as session:
        days = [(0, "outlook"), (6, "outlook"), (7, "outlook"), (2, "apple"), (40, "google"), (None, None)]
        for n, (ago, client) in enumerate(days):
            session.add(
                FeedToken(
                    token_hash=f"{n}" * 64, scope="public", label="x", client=client,
                    created_at=NOW - timedelta(days=100),
                    fetched_on=None if ago is None else NOW.date() - timedelta(days=ago),
                )
            )  # fmt: skip
    text = visit(house.visitor(), "/health").text
    assert "Outlook 2 22 november" in text
    assert "Apple Kalender 1 20 november" in text
    assert "Google Kalender" not in text
    assert "Inte hämtade 2" in text
    assert "3 kalenderlänkar den senaste veckan." in text


# ---------------------------------------------------------------- a test mail


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Brev skickas."),
        ({"mail_mode": "log"}, "Brev skrivs ned i stället för att skickas: TAKT_MAIL_MODE är log."),
        ({"mail_mode": "hold"}, "Brev skrivs och hålls: TAKT_MAIL_MODE är hold."),
        ({"mail_mode": "redirect:prov@own.example"}, "Alla brev går till prov@own.example i stället."),
    ],
)
def test_administrator_sends_a_test_mail_to_their_own_address_and_is_told_where_it_went(
    house, make_app, sqlite_url, given, said
):
    visitor = sending(make_app, sqlite_url, house, "administrator", **given)
    page = visit(visitor, "/health")
    [form] = [form for form in page.forms if form.action == "/health/test-mail"]
    assert "Skicka ett provbrev till mig" in page.text
    answer = read(visitor.client.post(form.action, data={**form.values, "email": "x@y.example"}, follow_redirects=True))
    assert answer.heading == "Hälsa"
    assert f"Ett provbrev till administrator@login.example ligger i utkorgen. {said}" in answer.text
    with house.looking() as session:
        [mail] = session.scalars(select(OutboxMail).where(OutboxMail.kind == "test"))
        assert (mail.recipient, mail.state, mail.language) == ("administrator@login.example", "pending", "sv")


def test_test_mail_arrives(house, make_app, sqlite_url):
    with Sink() as sink:
        visitor = sending(make_app, sqlite_url, house, "administrator", mail_relay=sink.url)
        with house.changing() as session:
            session.merge(house.world.users["administrator"]).language = "en"
        answer = read(visitor.post("/health/test-mail", follow_redirects=True))
        assert "A test mail to administrator@login.example lies in the outbox. Mails are sent." in answer.text
        assert "Send a test mail to me" in answer.text
        app = visitor.app
        with app.app_context():
            deliver(db.engine, app.extensions["takt"].settings, lambda: NOW)
        [mail] = sink.mails
    assert (mail.recipient, mail.message["Subject"]) == ("administrator@login.example", "Test mail from Takt")


def test_test_mail_is_the_administrators_to_send_by_its_button_and_not_without_end(house):
    visitor = house.visitor()
    assert "/health/test-mail" not in visit(visitor, "/health").actions()
    assert visitor.post("/health/test-mail").status_code == 403
    assert house.visitor("anonymous").post("/health/test-mail").status_code == 404
    administrator = house.visitor("administrator")
    assert administrator.get("/health/test-mail").status_code == 405
    assert administrator.post("/health/test-mail", token=False).status_code == 400
    answers = [administrator.post("/health/test-mail").status_code for _n in range(11)]
    assert answers == [303] * 10 + [429]
    with house.looking() as session:
        assert len(session.scalars(select(OutboxMail).where(OutboxMail.kind == "test")).all()) == 10


# ---------------------------------------------------------------- who is not reached


def bounce(house: House, relation: str, *, hard: bool = True) -> str:
    """Lets the address of the person on the seat bounce; it."""
    with house.changing() as session:
        person = session.get_one(Person, house.world.seats[relation].appointments[0].person_id)
        person.emails.clear()
        session.flush()
        address = f"{relation}.seat@register.example"
        person.emails.append(PersonEmail(address=address, main=True, bounce_state="hard" if hard else "soft"))
        if hard:
            session.add(Suppression(mailbox=address, reason="bounce", at=NOW, last_code="5.1.1"))
    return address


def test_bouncing_addresses_name_the_seats_they_leave_unreached_in_ones_own_forums(house):
    own, foreign = bounce(house, "own"), bounce(house, "foreign", hard=False)
    page = visit(house.visitor(), "/health")
    assert own in page.text
    assert "Forumet own , ordinarie" in page.text
    assert "Adressen finns inte. Får inga brev förrän den rättas. Sedan 22 november 2026. (5.1.1)" in page.text
    assert f"/people/{house.world.people['own'].id}/edit" in page.links
    assert foreign not in page.text
    everything = visit(house.visitor("administrator"), "/health").text
    assert (own in everything, foreign in everything) == (True, True)
    assert "Har vägrat ta emot brev, och prövas igen." in everything


def test_address_that_works_again_gets_mail(house_on_both):
    house = house_on_both
    address = bounce(house, "own")
    person_id = house.world.people["own"].id
    visitor = house.visitor()
    page = read(visitor.post(f"/people/{person_id}/trust-address", follow_redirects=True))
    assert "Adressen får brev igen." in page.text
    assert "Ingen adress studsar." in page.text
    with house.looking() as session:
        assert session.get(Suppression, address) is None
        assert session.scalars(select(PersonEmail.bounce_state).where(PersonEmail.address == address)).one() == "ok"
    assert house.latest(1)[0][1] == "person.trust"
    changes = house.changes()
    assert visitor.post(f"/people/{person_id}/trust-address").status_code == 303
    assert house.changes() == changes


def test_organisations_address_that_bounces_is_mended_too(house):
    with house.changing() as session:
        organisation = session.get_one(Organisation, house.world.organisations["own"].id)
        organisation.contact_email = "Info@own.example"
        session.add(Suppression(mailbox="info@own.example", reason="bounce", at=NOW, last_code="5.1.1"))
    administrator = house.visitor("administrator")
    assert "Info@own.example" in visit(administrator, "/health").text
    assert administrator.post("/organisations/own-organisation/trust-address").status_code == 303
    with house.looking() as session:
        assert session.get(Suppression, "info@own.example") is None
    assert house.latest(1)[0][1] == "organisation.trust"


def test_protected_identity_that_bounces_shows_no_address(house):
    address = bounce(house, "own")
    with house.changing() as session:
        person = session.get_one(Person, house.world.people["own"].id)
        person.protected, name = True, person.name
    text = visit(house.visitor(), "/health").text
    assert "Ledamot" in text
    assert (address in text, name in text) == (False, False)


def test_mailings_that_reached_nobody_say_why(house):
    with house.changing() as session:
        for relation, offset, state, reason in (
            ("own", "2 calendar_days", "skipped", "late"),
            ("own", "7 calendar_days", "fanned_out", "nobody to write to"),
            ("own", "9 calendar_days", "fanned_out", None),
            ("foreign", "2 calendar_days", "skipped", "late"),
        ):
            session.add(
                Occurrence(
                    meeting_id=house.world.meetings[relation].id, kind="reminder", offset=offset, time_rev=0,
                    due_at=NOW - timedelta(days=1), stale_at=NOW, state=state, reason=reason,
                )
            )  # fmt: skip
    text = visit(house.visitor(), "/health").text
    assert text.count("Hann inte gå i tid.") == 1
    assert text.count("Ingen att skriva till.") == 1
    assert visit(house.visitor("administrator"), "/health").text.count("Hann inte gå i tid.") == 2


def test_health_asks_as_often_for_much_as_for_little(house):
    visitor = house.visitor("administrator")
    bounce(house, "own")
    mails(house, 1, state="failed")
    asked = []
    for n in (1, 50):
        mails(house, n, state="sent", kind=f"k{n}", sent_at=NOW)
        if n > 1:
            bounce(house, "foreign")
        visitor.get("/health")
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get("/health").status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1]


def test_health_is_for_secretariats(house):
    statuses = [house.visitor(role).get("/health").status_code for role in ("own secretariat", "member", "anonymous")]
    assert statuses == [200, 403, 404]


def test_health_is_told_in_english(house):
    with house.changing() as session:
        user = house.world.users["own secretariat"]
        session.get_one(type(user), user.id).language = "en"
    text = visit(house.visitor(), "/health").text
    assert "Nobody sends mail at present." in text
    assert "No address bounces." in text


# ---------------------------------------------------------------- for machines


def figures(answer) -> dict[str, int]:
    lines = [line for line in answer.get_data(as_text=True).splitlines() if not line.startswith("#")]
    return {name: int(value) for name, _space, value in (line.rpartition(" ") for line in lines)}


def test_rel_24_metrics_say_how_late_the_oldest_mail_is(house):
    mails(house, 2, next_at=NOW - timedelta(minutes=10))
    mails(house, 1, state="held", kind="call")
    with house.changing() as session:
        session.add(MailHold(kind="call", reason="surge", at=NOW))
    answer = house.visitor("anonymous").get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    found = figures(answer)
    assert found["takt_mail_oldest_due_seconds"] == 600
    assert (found["takt_mail_due"], found["takt_mail_holds"], found["takt_mail_clock_alive"]) == (2, 1, 0)
    assert (found['takt_mail_mails{state="pending"}'], found['takt_mail_mails{state="held"}']) == (2, 1)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 200),
        ({"environ_base": {"REMOTE_ADDR": "::1"}}, 200),
        ({"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}, 404),
        ({"environ_base": {"REMOTE_ADDR": ""}}, 404),
        ({"headers": {"X-Forwarded-For": "127.0.0.1"}}, 404),
        ({"headers": {"Forwarded": "for=127.0.0.1"}}, 404),
    ],
)
def test_metrics_without_a_token_are_for_this_machine_alone(house, given, status):
    assert house.visitor("anonymous").get("/metrics", **given).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer a long token of tests"}, 200),
        ({"Authorization": "Bearer a long token of test"}, 404),
        ({"Authorization": "a long token of tests"}, 404),
        ({"Authorization": "Bearer å"}, 404),
        ({}, 404),
    ],
)
def test_metrics_with_a_token_are_for_whoever_has_it(house, make_app, sqlite_url, headers, status):
    visitor = Visitor(make_app(sqlite_url, metrics_token="a long token of tests"))
    assert visitor.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == status
