"""What public pages say to search engines: schema.org events, as far as the public sees and no further."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from scheduler.db import db
from scheduler.meetings.changes import previous_start
from tests.web.open_site import FORUMS, READER, SECRETS, STRANGER, Site, make

BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
#: Type → the properties we use, as schema.org has them, and what each holds.
EVENT = {
    "name": str, "startDate": str, "endDate": str, "eventStatus": str, "previousStartDate": str,
    "eventAttendanceMode": str, "location": dict, "organizer": dict, "url": str,
}  # fmt: skip
TYPES = {
    "Event": EVENT,
    "Place": {"name": str, "address": dict},
    "PostalAddress": {"streetAddress": str, "addressLocality": str},
    "Organization": {"name": str, "url": str},
}
STATUSES = {f"https://schema.org/Event{status}" for status in ("Scheduled", "Cancelled", "Rescheduled")}
MODES = {f"https://schema.org/{mode}EventAttendanceMode" for mode in ("Offline", "Online", "Mixed")}


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = make(tmp_path_factory.mktemp("structured"), sqlite_template)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def page(site: Site, path: str, cookie: str | None = None) -> str:
    headers = {"Cookie": f"__Host-takt={cookie}"} if cookie else {}
    answer = site.get(path, **headers)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def events(html: str) -> list[dict[str, Any]]:
    blocks = BLOCK.findall(html)
    assert len(blocks) <= 1
    if not blocks:
        return []
    data = json.loads(blocks[0])
    assert data.keys() == {"@context", "@graph"}
    assert data["@context"] == "https://schema.org"
    found: list[dict[str, Any]] = data["@graph"]
    return found


def coming(site: Site, slug: str, language: str = "sv") -> list[dict[str, Any]]:
    """What the open data says of the same meetings."""
    found = site.json(f"/forums/{slug}/meetings.json?language={language}")["meetings"]
    return [meeting for meeting in found if meeting["start"] > "2026-11-22"]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("slug", FORUMS.values())
def test_page_of_a_forum_says_what_open_data_says(site, slug, language):
    found = events(page(site, f"/forums/{slug}?language={language}"))
    said = [(e["name"], e["startDate"], e["endDate"], e["url"], e["eventStatus"][-9:] == "Cancelled") for e in found]
    assert said == [
        (m["title"], m["start"], m["end"], m["url"], m["status"] == "cancelled") for m in coming(site, slug, language)
    ]


@pytest.mark.parametrize("slug", FORUMS.values())
@pytest.mark.parametrize("cookie", [None, STRANGER])
def test_page_of_a_forum_shows_nothing_that_is_not_public(site, slug, cookie):
    html = page(site, f"/forums/{slug}", cookie)
    assert [word for word in (*SECRETS, "Blev aldrig av") if word in html] == []


def test_page_of_a_forum_that_shows_its_dates_alone_names_no_place(site):
    html = page(site, "/forums/dates")
    assert [word for word in ("Regionhuset", "Sal 9", "Om ordinary") if word in html] == []
    assert "Sal 3" in html  # of the meeting that shows more than its forum


def test_first_page_names_a_joint_meeting_by_its_public_forum(site):
    html = page(site, "/")
    assert "Rådet full" in html
    assert [word for word in SECRETS if word in html] == []


@pytest.mark.parametrize("slug", FORUMS.values())
def test_events_are_what_schema_org_says(site, slug):
    def check(thing: dict[str, Any], kind: str) -> None:
        assert thing["@type"] == kind
        for name, value in thing.items():
            if name != "@type":
                assert isinstance(value, TYPES[kind][name]), name
                assert value

    found = events(page(site, f"/forums/{slug}"))
    assert len(found) > 10
    for event in found:
        check(event, "Event")
        check(event["organizer"], "Organization")
        if "location" in event:
            check(event["location"], "Place")
            if "address" in event["location"]:
                check(event["location"]["address"], "PostalAddress")
        read = datetime.fromisoformat if "T" in event["startDate"] else date.fromisoformat
        assert read(event["startDate"]) <= read(event["endDate"])
        assert event["eventStatus"] in STATUSES
        assert ("previousStartDate" in event) == event["eventStatus"].endswith("Rescheduled")
        assert event.get("eventAttendanceMode", next(iter(MODES))) in MODES
        assert event["url"].startswith("https://takt.example/meetings/")


def test_moved_meeting_says_when_it_was_to_begin(site):
    [moved] = [e for e in events(page(site, "/forums/full")) if "previousStartDate" in e]
    assert moved["eventStatus"] == "https://schema.org/EventRescheduled"
    assert (moved["previousStartDate"][11:], moved["startDate"][11:]) == ("10:00:00+01:00", "13:00:00+01:00")


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        (None, None),
        ([{"field": "state", "before": "confirmed", "after": "cancelled"}], None),
        ([{"field": "time", "before": ["2026-10-01T10:00", "2026-10-01T12:00"],
           "after": ["2026-10-01T10:00", "2026-10-01T13:00"]}], None),
        ([{"field": "time", "before": ["2026-10-01T10:00", "2026-10-01T12:00"],
           "after": ["2026-10-01T13:00", "2026-10-01T15:00"]}], "2026-10-01T10:00"),
        ([{"field": "date", "before": ["2026-10-01", "2026-10-02"],
           "after": ["2026-10-05", "2026-10-06"]}], "2026-10-01"),
    ],
)  # fmt: skip
def test_previous_start_is_that_of_another_start_alone(changes, start):
    assert previous_start(changes and {"changes": changes}) == start


def test_place_has_its_address_and_no_way_in_by_video(site):
    found = {event["name"]: event for event in events(page(site, "/forums/full"))}
    event = found["Rådet full: Om ordinary; confirmed <b>"]
    assert event["location"] == {
        "@type": "Place",
        "name": "Regionhuset",
        "address": {"@type": "PostalAddress", "streetAddress": "Robertsviksgatan 7", "addressLocality": "Luleå"},
    }
    assert event["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert "VirtualLocation" not in json.dumps(list(found.values()))


def test_title_cannot_end_the_block(site):
    html = page(site, "/forums/full")
    [block] = BLOCK.findall(html)
    assert "\\u003c/script\\u003e" in block
    assert "<" not in block
    assert '<script>alert("x")' not in html
    assert '</script><script>alert("x")</script>' in {e["name"].partition(": ")[2] for e in events(html)}


@pytest.mark.parametrize("slug", FORUMS.values())
def test_page_of_a_meeting_says_the_same_of_it(site, slug):
    for event in events(page(site, f"/forums/{slug}")):
        assert events(page(site, event["url"].removeprefix("https://takt.example"))) == [event]


def test_inside_there_is_no_block_and_to_a_stranger_signed_in_that_of_everybody(site):
    everybody = events(page(site, "/forums/joint"))
    assert events(page(site, "/forums/joint", STRANGER)) == everybody
    assert events(page(site, "/forums/joint", READER)) == []
    assert events(page(site, everybody[0]["url"].removeprefix("https://takt.example"), READER)) == []


@pytest.mark.parametrize("cookie", [None, READER])
def test_head_names_the_calendar_and_the_open_data_of_a_public_forum(site, cookie):
    html = page(site, "/forums/full", cookie).partition("</head>")[0]
    found = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', html)
    assert found == [
        ("text/calendar", "/forums/full/calendar.ics"),
        ("application/json", "/forums/full/meetings.json"),
    ]
    assert [site.get(path).headers["Content-Type"].partition(";")[0] for _, path in found] == [k for k, _ in found]
    english = page(site, "/forums/full?language=en", cookie).partition("</head>")[0]
    assert ("/forums/full/calendar.ics?language=en" in english) == (cookie is None)


def test_closed_forum_has_neither(site):
    assert 'rel="alternate"' not in page(site, "/forums/closed", READER)
