"""The county through the command line: its register, where its forums stand, and the demo made of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler import cli, demo
from scheduler.app import create_app
from scheduler.cadence.cases import evaluate_cases
from scheduler.db import db
from scheduler.mail.delivery import deliver
from scheduler.mail.models import OutboxMail
from scheduler.meetings.models import Meeting
from scheduler.meetings.year_plan_rules import changes_of
from scheduler.meetings.year_plans import decided_in, planned_in, plans_of
from scheduler.organisations.models import Contact, Person, PersonEmail
from scheduler.settings import PACKAGE, read_settings
from tests.mail.sink import Sink
from tests.mail.world import waiting_mail
from tests.meetings.county import assert_followed
from tests.web.reading import send
from tests.web.visits import Visitor

REGISTER = PACKAGE / "demo" / "norrbotten.yaml"
CASES = Path(__file__).parent.parent / "cadence" / "cases.json"
DEADLINES = Path(__file__).parent.parent / "workdays" / "deadline_cases.json"


@pytest.fixture
def instance(tmp_path, monkeypatch) -> Path:
    """A folder of an installation's own, as the command line finds it."""
    monkeypatch.setenv("TAKT_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("TAKT_WORKER", "none")
    return tmp_path / "instance"


def takt(*arguments: object) -> str:
    """What the command prints; it must succeed."""
    run = CliRunner().invoke(cli.takt, [str(each) for each in arguments], catch_exceptions=False)
    assert run.exit_code == 0, run.output
    return run.stdout


def refused(monkeypatch, capsys, *arguments: object) -> tuple[int, str]:
    """The exit code of the command as the shell has it, and what it says to the person."""
    monkeypatch.setattr("sys.argv", ["takt", *(str(each) for each in arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert said.out == ""
    return int(ended.value.code or 0), said.err


# ---------------------------------------------------------------- the register


def test_county_is_loaded_looked_at_and_signed_in_to(instance):
    first = takt("load", REGISTER)
    assert takt("load", REGISTER) != first  # nothing is new the second time
    forums = {row["id"] for row in yaml.safe_load(REGISTER.read_text("utf-8"))["forums"]}
    rows = json.loads(takt("status", "--json", "--on", "2035-06-04"))
    # One entry stands for further networks of unknown names, and the register names working groups below a forum.
    found = {row["forum"] for row in rows}
    assert forums - found == {"lh-ytterligare"}
    assert {slug[:3] for slug in found - forums} == {"ag-"}
    judged = {row["forum"]: row for row in rows}
    assert {name: (judged[name]["required"], judged[name]["status"]) for name in REQUIRED} == REQUIRED
    assert {row["status"] for row in rows} <= STATUSES
    assert "Regionalt forum" in takt("status", "--on", "2026-11-22")

    printed = takt("user", "add", "elin@lst.example", "--name", "Elin", "--role", "administrator").strip()
    assert takt("check") == "Inga fel.\n"
    app = create_app(read_settings())
    elin = Visitor(app)
    assert send(elin, urlsplit(printed).path, "csrf_token").status == 200
    assert elin.get("/me/sessions").status_code == 200
    assert elin.get("/forums").status_code == 200
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


#: What two forums need in a year without a meeting, and where they stand in the middle of it.
REQUIRED = {"regionalt-forum": (4, "overdue"), "kommunal-regionrad": (4, "overdue")}
STATUSES = set(json.loads(CASES.read_text("utf-8"))["statuses"])


def test_check_names_what_is_missing(instance):
    takt("init")
    run = CliRunner().invoke(cli.takt, ["check"])
    assert run.exit_code == 1
    assert run.stdout.splitlines() == [
        "Ingen administratör finns. Kör takt user add ADRESS --name NAMN --role administrator.",
        "1 fel.",
    ]


# ---------------------------------------------------------------- cadence and deadlines


def test_phrase_is_read():
    assert json.loads(takt("cadence", "read", "träffas 4-5 gånger per år")) == {
        "kind": "count", "min": 4, "max": 5, "period": "year",
    }  # fmt: skip


def test_cases_are_judged_as_in_the_file():
    given = json.loads(CASES.read_text("utf-8"))
    printed = json.loads(takt("cadence", "evaluate", CASES))
    assert printed == json.loads(json.dumps(evaluate_cases(given)))
    expected = {case["id"]: case["expect"] for case in given["cases"]}
    assert {row["id"]: {key: row["result"][key] for key in expected[row["id"]]} for row in printed} == expected


def test_deadlines_are_counted_as_in_the_file():
    given = json.loads(DEADLINES.read_text("utf-8"))
    assert {row["id"]: row["result"] for row in json.loads(takt("deadlines", DEADLINES))} == {
        case["id"]: case["expect"] for case in given["cases"]
    }


MALFORMED = [
    (b"{", "Filen är inte JSON"),
    (b"\xff{}", "Filen är inte UTF-8"),
    (b'"cases"', "Ange ett objekt"),
    (b'{"cases": [{"id": "X"}]}', "X"),
    (b'{"cases": 7}', "cases"),
]


@pytest.mark.parametrize(("content", "words"), MALFORMED)
@pytest.mark.parametrize("command", [("cadence", "evaluate"), ("deadlines",)])
def test_malformed_file_is_refused_in_words(tmp_path, monkeypatch, capsys, command, content, words):
    file = tmp_path / "cases.json"
    file.write_bytes(content)
    code, said = refused(monkeypatch, capsys, *command, file)
    assert code == 2
    assert words in said
    assert "Traceback" not in said


def test_malformed_register_is_refused_and_changes_nothing(instance, tmp_path, monkeypatch, capsys):
    file = tmp_path / "register.yaml"
    file.write_text("forums: [{id: Å", encoding="utf-8")
    code, said = refused(monkeypatch, capsys, "load", file)
    assert (code, "Traceback" in said) == (2, False)
    assert json.loads(takt("status", "--json")) == []


# ---------------------------------------------------------------- the demo

#: The addresses of the two real people in the register; the other has none.
REAL = ("dan.wergelius@norrbotten.se",)


def tell(folder: Path, question):
    """What a query over the demo's database gives."""
    app = create_app(read_settings({}, instance=folder / "demo", worker="none"))
    with app.app_context():
        try:
            return question(db.session())
        finally:
            db.session.remove()
            db.engine.dispose()


def counts(session: Session) -> tuple[int, ...]:
    """So many people, meetings and mails."""
    return tuple(session.scalar(select(func.count()).select_from(row)) or 0 for row in (Person, Meeting, OutboxMail))


def plan_changes(session: Session) -> list[str]:
    """What has changed in the demo's decided plan of the year."""
    [plan] = plans_of(session, 2026)
    present = planned_in(session, 2026, plan.forums)
    return [
        change.kind for forum_id in plan.forums for change in changes_of(decided_in(plan, forum_id), present[forum_id])
    ]


def test_demo_is_made_once_and_says_when(instance, capsys, clock):
    link = demo.run(port=8000, serve=False, fresh=True, clock=clock)
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/login/\S+", link)
    assert "Demoåret gjordes" not in capsys.readouterr().out
    before = tell(instance, counts)
    assert all(before[:2])
    tell(instance, assert_followed)
    assert set(tell(instance, plan_changes)) == {"moved", "retimed", "cancelled", "added"}
    clock.move(days=3)
    demo.run(port=8000, serve=False, fresh=False, clock=clock)
    assert "Demoåret gjordes 22 november 2026; --fresh börjar om." in capsys.readouterr().out
    assert tell(instance, counts) == before
    demo.run(port=8000, serve=False, fresh=True, clock=clock)
    assert "Demoåret gjordes" not in capsys.readouterr().out
    assert tell(instance, demo.year.made_on) == clock().date()

    # Nobody real is among those who may be written to.
    addresses = tell(instance, lambda session: list(session.scalars(select(PersonEmail.address))))
    assert {address.rpartition("@")[2] for address in addresses} == {"example.org"}
    assert tell(instance, lambda session: session.scalar(select(func.count()).select_from(Contact))) == 2


def test_demo_sends_to_nobody_real_whatever_is_set(instance, clock, capsys):
    demo.run(port=8000, serve=False, fresh=True, clock=clock)
    with Sink() as sink:
        settings = replace(
            demo.demo_settings(8000), mail_mode="send", mail_relay=sink.url, mail_allow=("norrbotten.se",), mail_rate=0,
            worker="none",
        )  # fmt: skip
        app = create_app(settings, clock)
        with app.app_context():
            session = db.session()
            for n, address in enumerate(("elin.marklund@example.org", *REAL)):
                values = {"link": f"{settings.public_url}/login/abc", "code": "KTRN-4827"}
                times = {"created_at": clock(), "next_at": clock(), "stale_at": clock() + timedelta(minutes=10)}
                waiting_mail(session, recipient=address, key=str(n), values=values, **times)
            session.commit()
            db.session.remove()
            deliver(db.engine, settings, clock)
            states = {mail.recipient: mail.state for mail in db.session.scalars(select(OutboxMail))}
            db.session.remove()
            db.engine.dispose()
        assert sink.recipients == ["elin.marklund@example.org"]
        assert states == {"elin.marklund@example.org": "sent"} | dict.fromkeys(REAL, "suppressed")
