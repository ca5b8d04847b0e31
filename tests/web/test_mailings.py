"""A meeting's mailings: what is to come and to whom, who got what when, what failed and why; and nothing more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.mail.actions import plan_coming
from scheduler.mail.choices import choice_of
from scheduler.mail.models import OutboxMail
from scheduler.organisations.models import Person, PersonEmail
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import visit


def path_of(house: House, relation: str = "own") -> str:
    return f"/meetings/{house.world.meetings[relation].id}/mailings"


def mails(house: House, *given: dict[str, object]) -> None:
    """Mails about the own meeting, the first to nr0@own.example."""
    with house.changing() as session:
        session.add_all(
            OutboxMail(
                **{
                    "key": f"mail {n} of {len(given)}",
                    "kind": "call",
                    "recipient": f"nr{n}@own.example",
                    "meeting_id": house.world.meetings["own"].id,
                    "batch": "change 1",
                    "time_rev": 0,
                    "state": "sent",
                    "created_at": NOW - timedelta(hours=1),
                    "next_at": NOW,
                    "stale_at": NOW + timedelta(days=1),
                    **values,
                }
            )
            for n, values in enumerate(given)
        )


def test_rel_23_meeting_says_who_got_what_when_and_what_failed_and_why(house):
    mails(
        house,
        {"sent_at": NOW - timedelta(minutes=30)},
        {"state": "failed", "last_code": 550, "last_error": "5.1.1 <nr1@own.example> unknown user in table"},
        {"state": "deferred", "last_code": 452, "last_error": "4.2.2 over quota", "tries": 2},
        {"state": "superseded", "last_error": "not invited"},
        {"kind": "change", "batch": None, "created_at": NOW, "state": "uncertain", "last_error": "abandoned"},
    )
    page = visit(house.visitor(), path_of(house))
    for said in (
        "Kallelse, 22 november 2026 kl. 09.00",
        "Till 4: försöker igen 1, misslyckade 1, skickade 1, strukna 1",
        "nr0@own.example Skickad 22 november 2026 kl. 09.30",
        "nr1@own.example Misslyckad Adressen finns inte. (550 5.1.1)",
        "nr2@own.example Försöker igen Brevlådan är full. (452 4.2.2)",
        "nr3@own.example Struken Mottagaren är inte längre kallad.",
        "Ändring, 22 november 2026 kl. 10.00 Till 1: osäkra 1",
        "nr4@own.example Osäker Sändningen avbröts. Brevet kan ha kommit fram.",
    ):
        assert said in page.text
    assert "unknown user" not in page.text  # the server's own words are for the log


def test_rel_23_secret_of_a_mail_stands_on_no_page(house):
    link = "https://takt.example.org/r/a-secret-of-somebody"
    mails(
        house,
        {"values": {"link": link}, "body": f"Subject: hej\n\n{link}", "last_error": "5.7.1 no", "state": "failed"},
    )
    with house.changing() as session:
        session.add(
            OutboxMail(
                key="a key to an organisation", kind="seat_check", recipient="info@own.example", values={"link": link},
                body=f"Subject: Er sida\n\n{link}", state="failed", created_at=NOW, next_at=NOW,
                stale_at=NOW + timedelta(days=1),
            )
        )  # fmt: skip
        session.flush()
        secret = session.scalars(select(OutboxMail.id).where(OutboxMail.kind == "seat_check")).one()
    for path in (path_of(house), "/mail", f"/mail/{secret}", "/health", f"/meetings/{house.world.meetings['own'].id}"):
        assert "a-secret-of-somebody" not in house.visitor("administrator").get(path).get_data(as_text=True)
    assert house.visitor("administrator").get(f"/mail/{secret}/document").status_code == 404


def test_mailings_are_narrowed_to_a_state(house):
    mails(house, {}, {"state": "failed"}, {"state": "held"})
    page = visit(house.visitor(), f"{path_of(house)}?state=failed")
    assert ("nr1@own.example" in page.text, "nr0@own.example" in page.text) == (True, False)
    assert "Alla 4 Hålls 1 Misslyckade 1 Skickade 2" in page.text
    assert "Till 3:" in page.text  # the mailing itself is told whole
    assert house.visitor().get(f"{path_of(house)}?state=x").status_code == 200


def test_coming_mailing_names_those_it_would_go_to_and_who_cannot_be_reached(house):
    with house.changing() as session:
        people = {row.id: row for row in session.scalars(select(Person))}
        for person in people.values():
            if not person.emails:
                person.emails.append(PersonEmail(address=f"p{person.id}@register.example", main=True))
        session.flush()
        lost = session.get_one(Person, house.world.people["own"].id)
        lost.emails.clear()
        session.flush()
        plan_coming(session, NOW)
        other = next(
            row.id for row in people.values() if row.family_name == "member" or "member" in row.name.casefold()
        )
        choice_of(session, person_id=other).frequency = "weekly"
        name, elsewhere = lost.name, people[other].name
    page = visit(house.visitor(), path_of(house))
    assert f"1 saknar adress : {name}" in page.text or f"1 saknar adress: {name}" in page.text
    assert "1 får det i sin sammanställning" in page.text
    assert elsewhere in page.text
    assert "Påminnelse till" in page.text


def test_mailings_open_for_whoever_edits_the_meeting_alone(house):
    statuses = {
        role: house.visitor(role).get(path_of(house)).status_code
        for role in ("own secretariat", "administrator", "member", "other secretariat", "anonymous")
    }
    assert statuses == {
        "own secretariat": 200, "administrator": 200, "member": 403, "other secretariat": 404, "anonymous": 404,
    }  # fmt: skip


def test_meeting_tells_its_mailings_in_lines_to_its_secretariat_alone(house):
    mails(house, {}, {"state": "failed"}, {"state": "superseded"})
    path = f"/meetings/{house.world.meetings['own'].id}"
    page = visit(house.visitor(), path)
    assert "22 november Kallelse till 2, 1 misslyckades" in page.text
    assert path_of(house) in page.links
    assert path_of(house) not in visit(house.visitor("member"), path).links


def test_mailings_ask_as_often_for_many_mails_as_for_few(house):
    visitor = house.visitor()
    asked = []
    for n in (2, 60):
        mails(house, *({"recipient": f"{n}x{i}@own.example"} for i in range(n)))
        visitor.get(path_of(house))
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get(path_of(house)).status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("language", ["en"])
def test_mailings_are_told_in_english(house, language):
    with house.changing() as session:
        user = house.world.users["own secretariat"]
        session.get_one(type(user), user.id).language = language
    mails(house, {"state": "failed", "last_code": 550, "last_error": "5.1.1 no"})
    page = visit(house.visitor(), path_of(house))
    assert "To 1: failed 1" in page.text
    assert "The address does not exist. (550 5.1.1)" in page.text
