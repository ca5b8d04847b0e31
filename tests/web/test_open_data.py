"""The public meetings of a forum as JSON: what its public calendar says and no more, by the rules of the feeds."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.http import parse_date
from werkzeug.test import TestResponse

from scheduler.db import db
from scheduler.forums.models import Forum
from tests.conftest import NOW
from tests.ical_clients import read_with_icalendar
from tests.meetings.county import DAY
from tests.queries import count_queries
from tests.web.open_site import CLOSED, FORUMS, SECRETS, Site, make

LANGUAGES = ("sv", "en")
DOCUMENT = Path(__file__).parents[2] / "docs" / "calendar-feeds.md"


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests that only read."""
    made = make(tmp_path_factory.mktemp("open"), sqlite_template)
    yield made
    with made.app.app_context():
        db.engine.dispose()


@pytest.fixture
def own_site(sqlite_template: Path, tmp_path: Path) -> Iterator[Site]:
    """One to change."""
    made = make(tmp_path, sqlite_template)
    yield made
    with made.app.app_context():
        db.engine.dispose()


# ---------------------------------------------------------------- no more and no less than the calendar


def as_calendar(meeting: dict[str, Any]) -> dict[str, Any]:
    """What a calendar says of a meeting of the JSON."""
    words = {"sv": "INSTÄLLT: ", "en": "CANCELLED: "}[meeting["language"]]
    where = ", ".join(part for part in (meeting["place"], meeting["address"]) if part)
    remote = {"sv": "På distans", "en": "Remote"}[meeting["language"]] if meeting["mode"] == "remote" else ""
    if meeting["all_day"]:
        start, end = date.fromisoformat(meeting["start"]), date.fromisoformat(meeting["end"]) + timedelta(days=1)
    else:
        start, end = (datetime.fromisoformat(meeting[name]).astimezone(UTC) for name in ("start", "end"))
    return {
        "uid": meeting["id"],
        "summary": (words if meeting["status"] == "cancelled" else "") + meeting["title"],
        "description": meeting["description"],
        "location": where or remote or None,
        "status": meeting["status"].upper(),
        "sequence": meeting["sequence"],
        "revised": datetime.fromisoformat(meeting["updated"]),
        "start": start,
        "end": end,
        "url": meeting["url"],
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", FORUMS)
@pytest.mark.parametrize("since", ["", "&from=2019-01-01", "&from=2027-03-01"])
def test_json_says_what_the_public_calendar_says(site, level, language, since):
    path = f"/forums/{FORUMS[level]}/{{}}?language={language}{since}"
    events = read_with_icalendar(site.get(path.format("calendar.ics")).get_data())
    meetings = site.json(path.format("meetings.json"))["meetings"]
    assert len(meetings) > 10
    said = [as_calendar(meeting | {"language": language}) for meeting in meetings]
    assert said == [{name: event[name] for name in said[0]} for event in events]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", FORUMS)
def test_invariant_11_nothing_that_is_not_public_is_in_it(site, level, language):
    raw = site.get(f"/forums/{FORUMS[level]}/meetings.json?language={language}&from=2019-01-01").get_data(as_text=True)
    assert [word for word in (*SECRETS, "Blev aldrig av") if word in raw] == []


def test_dates_alone_where_a_forum_shows_no_more(site):
    meetings = site.json("/forums/dates/meetings.json")["meetings"]
    titles = {meeting["title"] for meeting in meetings}
    assert titles == {"Rådet dates", "Rådet dates: Öppet hus"}
    kept = [m for m in meetings if "Öppet hus" not in m["title"]]
    assert {(m["place"], m["address"], m["mode"]) for m in kept} == {(None, None, None)}
    assert all("Sal 9" not in m["description"] for m in kept)


def test_place_and_address_stand_apart(site):
    found = {m["title"]: m for m in site.json("/forums/full/meetings.json")["meetings"]}
    meeting = found["Rådet full: Om ordinary; confirmed <b>"]
    assert (meeting["place"], meeting["address"]) == ("Regionhuset", "Robertsviksgatan 7, Luleå")
    assert (meeting["mode"], meeting["timezone"]) == ("hybrid", "Europe/Stockholm")
    assert meeting["start"].endswith("T10:00:00+01:00")
    house = found["Rådet full: Öppet hus"]
    assert (house["place"], house["address"]) == ("Sal 3", None)


def test_whole_days_are_days_with_the_last_one_in_them(site):
    [meeting] = [m for m in site.json("/forums/full/meetings.json")["meetings"] if m["all_day"]]
    assert date.fromisoformat(meeting["end"]) - date.fromisoformat(meeting["start"]) == timedelta(days=1)


def test_forum_is_named_with_its_addresses(site):
    found = site.json("/forums/full/meetings.json?language=en")
    assert (found["version"], found["language"], found["from"]) == (1, "en", "2025-11-01")
    assert found["forum"] == {
        "name": "Rådet full",
        "url": "https://takt.example/forums/full",
        "calendar": "https://takt.example/forums/full/calendar.ics?language=en",
    }


def test_forum_without_meetings_has_an_empty_list(own_site):
    with own_site.writing() as county:
        county.forum("Nytt råd", public="full", slug="new")
    assert own_site.json("/forums/new/meetings.json")["meetings"] == []


# ---------------------------------------------------------------- the rules of the feeds

PATH = "/forums/full/meetings.json"


def shape(answer: TestResponse) -> tuple[Any, ...]:
    return answer.status_code, answer.get_data(), sorted((k, v) for k, v in answer.headers if k != "X-Request-Id")


def test_closed_forum_is_none(site):
    closed, missing = (site.get(f"/forums/{slug}/meetings.json") for slug in (CLOSED, "nowhere"))
    assert closed.status_code == 404
    assert shape(closed) == shape(missing)


def test_headers(site):
    answer = site.get(PATH)
    headers = answer.headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "public, max-age=300"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Vary"] == "Accept-Encoding"
    assert NOW <= (parse_date(headers["Last-Modified"]) or NOW) < NOW + timedelta(hours=1)
    assert "Set-Cookie" not in headers
    assert headers["ETag"] != site.get("/forums/full/calendar.ics").headers["ETag"]


def test_cookie_is_not_even_read(site):
    answer = site.get(PATH, Cookie="takt=anything; takt-form=anything")
    assert shape(answer) == shape(site.get(PATH))


@pytest.mark.parametrize("by", ["If_None_Match", "If_Modified_Since"])
def test_304_costs_one_query(site, by):
    known = site.get(PATH).headers
    value = known["ETag"] if by == "If_None_Match" else known["Last-Modified"]
    with site.app.app_context(), count_queries(db.engine) as sent:
        answer = site.get(PATH, **{by: value})
    assert (answer.status_code, answer.get_data(), len(sent)) == (304, b"", 1)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_body_is_kept_and_costs_one_query(site):
    site.app.extensions["takt.feeds"].shelf._bodies.clear()
    with site.app.app_context(), count_queries(db.engine) as made:
        site.get(PATH)
    with site.app.app_context(), count_queries(db.engine) as kept:
        site.get(PATH)
    assert len(made) <= 10
    assert len(kept) == 1


def test_compressed_when_asked_for(site):
    plain, small = site.get(PATH), site.get(PATH, Accept_Encoding="gzip")
    assert gzip.decompress(small.get_data()) == plain.get_data()
    assert small.headers["ETag"] == plain.headers["ETag"][:-1] + '-gz"'


def test_head_is_get_without_the_bytes(site):
    got, head = site.get(PATH), site.get(PATH, method="HEAD")
    assert head.get_data() == b""
    assert shape(head)[2] == shape(got)[2]


def test_change_gives_another_etag(own_site):
    first = own_site.get(PATH)
    with own_site.writing(NOW + timedelta(hours=1)) as county:
        forum = county.session.query(Forum).filter_by(slug="full").one()
        county.meeting(forum, DAY + timedelta(days=700), title="Nytt")
    second = own_site.get(PATH, If_None_Match=first.headers["ETag"])
    assert (second.status_code, "Nytt" in second.get_data(as_text=True)) == (200, True)
    assert parse_date(second.headers["Last-Modified"]) == NOW + timedelta(hours=1)


def test_database_in_trouble_is_503(own_site):
    with own_site.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE fragment RENAME TO gone"))
    answer = own_site.get(PATH)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert (answer.headers["Cache-Control"], answer.headers["Access-Control-Allow-Origin"]) == ("no-store", "*")


@pytest.mark.parametrize("query", ["from=", "from=2020-13-01"])
def test_what_cannot_be_read_in_the_address_is_refused(site, query):
    assert site.get(f"{PATH}?{query}").status_code == 400


# ---------------------------------------------------------------- the document


def shape_of(value: Any) -> Any:
    """The fields of some JSON, and of what sort each is; a text of digits by its form."""
    if isinstance(value, dict):
        return {name: shape_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value[:1]]
    return re.sub(r"\d", "0", value) if isinstance(value, str) and re.match(r"\d{4}-", value) else type(value).__name__


def test_example_of_the_document_is_what_a_forum_answers(own_site):
    """The document's forum and meeting are entered; the answer is the example, but for the random part of the id."""
    example = json.loads(re.search(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[1])
    with own_site.writing(datetime(2026, 11, 3, 13, 14, 15, tzinfo=UTC)) as county:
        forum = county.forum("Regionalt forum", public="full", slug="regionalt-forum")
        place = county.place("Regionhuset", address="Robertsviksgatan 7", slug="regionhuset")
        meeting = county.meeting(
            forum, date(2026, 12, 3), time(9, 30), time(15), title="Kompetensförsörjning", place_id=place.id,
            mode="hybrid",
        )  # fmt: skip
    answer = own_site.json("/forums/regionalt-forum/meetings.json")
    [expected] = example["meetings"]
    changed = {"id": meeting.uid, "url": f"https://takt.example/meetings/{meeting.id}"}
    changed["description"] = expected["description"].replace(expected["url"], changed["url"])
    assert shape_of(answer) == shape_of(example)
    assert answer == example | {"meetings": [expected | changed]}


def test_every_field_is_described_in_the_document(site):
    answer = site.json(PATH)
    described = re.findall(r"^\| (`.+?`) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    names = {*answer, *answer["forum"], *answer["meetings"][0]} - {"forum", "meetings"}
    assert names <= {name for column in described for name in re.findall(r"`(\w+)`", column)}


def test_document_names_every_address_of_a_feed(site):
    text = DOCUMENT.read_text(encoding="utf-8")
    rules = [rule.rule for rule in site.app.url_map.iter_rules() if rule.endpoint.startswith("feeds.")]
    assert [rule for rule in rules if re.sub(r"<(?:int:)?(\w+)>", "", rule) not in re.sub(r"<\w+>", "", text)] == []
