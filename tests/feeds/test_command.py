"""``takt calendars refresh`` and what ``takt init`` and ``takt check`` do about calendars, at the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from scheduler.cli import takt
from scheduler.db import db
from tests.ical.other_rules import other_rules
from tests.ical_clients import read_with_icaljs
from tests.web.test_feeds import House, build


@pytest.fixture
def house(make_app, sqlite_url) -> House:
    return build(make_app(sqlite_url))


@pytest.fixture
def run(house, tmp_path, sqlite_url):
    def run(*arguments: str, **settings: str) -> Result:
        environ = {"TAKT_INSTANCE": str(tmp_path), "TAKT_DATABASE_URL": sqlite_url, "TAKT_WORKER": "none", **settings}
        return CliRunner().invoke(takt, arguments, env={"TAKT_BASE_URL": "https://takt.example"} | environ)

    return run


def change(house: House, statement: str) -> None:
    with house.app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_refresh_mends_what_check_finds(house, run):
    tags = [house.get(address).headers["ETag"] for address in house.addresses()]
    assert "Kör takt calendars refresh" not in run("check").stdout
    done = run("calendars", "refresh")
    assert (done.exit_code, done.stdout) == (
        0, "Möten med ny kalenderpost: 0. Möten vars tidszon fått nya regler: 0.\n",
    )  # fmt: skip
    assert [house.get(address).headers["ETag"] for address in house.addresses()] == tags
    change(house, "UPDATE fragment SET body = CAST('BEGIN:VEVENT' AS BLOB) WHERE audience = 'public'")
    assert "Öppna rådet 2027-02-11: F01, the last line has no CRLF. Kör takt calendars refresh." in run("check").stdout
    assert "Möten med ny kalenderpost: 1." in run("calendars", "refresh").stdout
    assert "Kör takt calendars refresh" not in run("check").stdout
    [event] = read_with_icaljs(house.get("/calendar.ics").get_data())
    assert (event["summary"], event["sequence"]) == ("Öppna rådet: Vägar", 0)


def test_refresh_says_which_meeting_cannot_be_shown(house, run):
    change(house, "UPDATE meeting SET title = 'zoom.us/j/1' WHERE title = 'Vägar'")
    done = run("calendars", "refresh")
    assert (done.exit_code, done.stderr.partition(":")[0]) == (2, "Mötet Öppna rådet 2027-02-11")
    assert house.get("/calendar.ics").status_code == 200


def test_init_lets_calendars_follow_the_rules_of_time_zones(house, run, tmp_path):
    before = house.get("/calendar.ics")
    with other_rules(tmp_path, "Europe/Stockholm", "Europe/Moscow"):
        assert "En tidszon har fått nya regler" in run("check").stdout
        done = run("init")
        assert (done.exit_code, done.stderr) == (0, "")
        after = house.get("/calendar.ics", If_None_Match=before.headers["ETag"])
        events = [read_with_icaljs(answer.get_data())[0] for answer in (before, after)]
        assert [event["sequence"] for event in events] == [0, 1]
        assert [event["start"].hour for event in events] == [9, 7]  # 10.00 on the wall clock, both
        assert "En tidszon har fått nya regler" not in run("check").stdout
