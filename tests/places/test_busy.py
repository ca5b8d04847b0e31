"""Busy times from people's own calendars: their rules, what is kept, what is asked, what a person does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from scheduler.errors import NotFound
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.ical.busy import BusySpan, Reader, Reading
from scheduler.organisations.models import PersonEmail
from scheduler.outbound import Validators
from scheduler.places.busy import (
    add_source,
    busy_between,
    check_new,
    reader_of,
    remove_source,
    source_of,
    sources_of,
)
from scheduler.places.busy_models import BusySource, BusyTime
from scheduler.places.busy_reading import Found, Unread, read_file
from scheduler.places.busy_refresh import (
    claim,
    claim_due,
    claimed,
    forget_past,
    is_any_due,
    keep,
    note_failure,
)
from scheduler.places.busy_rules import (
    GIVEN_UP_AFTER,
    LONGEST,
    Taken,
    next_reading,
    next_try,
    pieces,
    shown_address,
    window,
)
from tests.organisations.making import counted, person, refused

URL = "https://kalender.example.com/private-7f3a9c/basic.ics"
SECRET = "7f3a9c"
#: Monday 7 December 2026, 08.00 UTC: in the window of the fixture ``now``.
MONDAY = datetime(2026, 12, 7, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def span(start: datetime = MONDAY, length: timedelta = HOUR, *, tentative: bool = False) -> BusySpan:
    return BusySpan(start, start + length, tentative)


def found(*spans: BusySpan, left_out: int = 0, etag: str | None = None) -> Found:
    return Found(Reading(spans, left_out), Validators(etag))


def kept(session, row: BusySource) -> list[BusySpan]:
    times = session.scalars(select(BusyTime).where(BusyTime.source_id == row.id).order_by(BusyTime.start_at))
    return [BusySpan(time.start_at, time.end_at, time.tentative) for time in times]


@pytest.fixture
def anna(session):
    return person(session, "Anna Ek", email="anna.ek@region.example")


@pytest.fixture
def add(session, actor, now, anna):
    """Adds a calendar of Anna's, or of whom is given, that was read just now."""

    def adding(*spans: BusySpan, of=None, url: str | None = URL, **given) -> BusySource:
        return add_source(session, actor, now, of or anna, found(*spans, **given), name="Outlook", url=url)

    return adding


# ---------------------------------------------------------------- rules


def test_window_reaches_from_yesterday_to_a_year_and_a_half_ahead(now):
    assert window(now) == (now - DAY, now + timedelta(days=550))


def test_readings_are_spread_over_an_hour(now):
    times = {next_reading(n, now) - now for n in range(60)}
    assert len(times) == 60
    assert (min(times), max(times)) == (timedelta(hours=6), timedelta(hours=6, minutes=59))


def test_pauses_double_up_to_a_day_and_end_after_a_fortnight(now):
    pauses = [next_try(now, n, now) - now for n in range(1, 9)]
    assert pauses[:3] == [timedelta(minutes=30), HOUR, 2 * HOUR]
    assert pauses[-1] == DAY
    assert next_try(now, 10**9, now) == now + DAY
    assert next_try(now, 3, now - GIVEN_UP_AFTER) is None


def test_long_time_is_kept_in_pieces_that_make_it_up():
    long = span(length=timedelta(days=100), tentative=True)
    cut = list(pieces([long]))
    assert [piece.end - piece.start for piece in cut] == [LONGEST, LONGEST, LONGEST, timedelta(days=7)]
    assert all(one.end == other.start for one, other in pairwise(cut))
    assert (cut[0].start, cut[-1].end) == (long.start, long.end)
    assert all(piece.tentative for piece in cut)
    assert list(pieces([span(length=LONGEST)])) == [span(length=LONGEST)]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "kalender.example.com … 3a9c"),
        ("https://outlook.office365.com/owa/calendar/aa@b/12345678/calendar.ics", "outlook.office365.com … 5678"),
        ("https://cloud.example.com/remote.php/dav/public-calendars/AbCdEf/?export", "cloud.example.com … port"),
        ("https://cloud.example.com/p/AbCdEf/", "cloud.example.com … CdEf"),
    ],
)
def test_of_an_address_host_and_end_are_shown(url, shown):
    assert shown_address(url).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_file_is_read_or_refused_by_its_content(now):
    reader = Reader("Europe/Stockholm")
    text = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261207T080000Z\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR"
    assert read_file(text, now, reader) == found(span())
    with pytest.raises(Unread) as unread:
        read_file(b"PK\x03\x04", now, reader)
    assert unread.value.reason == "archive"


# ---------------------------------------------------------------- adding and taking away


def test_calendar_is_kept_with_its_times(session, now, anna, add):
    row = add(span(), span(MONDAY + DAY, tentative=True), left_out=2, etag='"1"')
    assert kept(session, row) == [span(), span(MONDAY + DAY, tentative=True)]
    assert (row.kind, row.name, row.url, row.etag, row.left_out) == ("url", "Outlook", URL, '"1"', 2)
    assert (row.fetched_at, row.checked_at, row.next_at) == (now, now, next_reading(row.id, now))
    [own] = sources_of(session, anna.id, now)
    assert (own.row, own.ahead) == (row, 2)


def test_file_is_never_read_again(session, now, add):
    row = add(span(), url=None)
    assert (row.kind, row.url, row.next_at) == ("file", None, None)
    assert claim(session, now, row) is None


def test_calendar_that_is_taken_away_takes_its_times_with_it(session, actor, now, anna, add):
    row, other = add(span()), add(span(MONDAY + DAY), url=None)
    remove_source(session, actor, now, anna, row)
    assert session.scalars(select(BusyTime.source_id)).all() == [other.id]
    assert [own.row for own in sources_of(session, anna.id, now)] == [other]


def test_history_tells_that_and_never_which(session, now, anna, add):
    own = Actor("Anna Ek", user_id=7, person_id=anna.id)
    row = add_source(session, own, now, anna, found(span()), name="Cellprov", url=URL)
    remove_source(session, own, now, anna, row)
    told = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)).all()
    assert [(entry.action, entry.subject_id, entry.before, entry.after) for entry in told] == [
        ("busy.add", anna.id, None, {"kind": "url"}),
        ("busy.remove", anna.id, {"kind": "url"}, None),
    ]
    said = "".join(str(vars(entry)) for entry in told)
    assert SECRET not in said
    assert "Cellprov" not in said


def test_protected_person_is_not_named(session, now, anna):
    anna.protected = True
    own = Actor("Anna Ek", person_id=anna.id)
    add_source(session, own, now, anna, found(), name="Outlook", url=URL)
    entry = session.scalars(select(HistoryEntry)).one()
    assert "Anna" not in f"{entry.actor} {entry.subject_label}"


def test_calendar_without_a_name_twice_or_one_too_many_is_refused(session, anna, add):
    add()
    with refused(
        ("name", "Skriv vad kalendern heter, så att du känner igen den"),
        ("url", "Du har redan lagt till den adressen"),
    ):
        check_new(session, anna, name=" ", url=URL)
    with refused(("name", "Högst 100 tecken")):
        check_new(session, anna, name="x" * 101, url=f"{URL}2")
    for n in range(4):
        add(url=f"{URL}{n}")
    with refused((None, "Du har redan 5 kalendrar. Ta bort någon av dem först")):
        check_new(session, anna, name="Sjätte")
    assert check_new(session, person(session, "Bo Ek"), name=" Bos  egen ", url=URL) == "Bos egen"


def test_calendar_of_somebody_else_is_not_found(session, add):
    row = add()
    other = person(session, "Bo Ek")
    assert source_of(session, row.person_id, row.id) is row
    for person_id, source_id in ((other.id, row.id), (row.person_id, 9999)):
        with pytest.raises(NotFound):
            source_of(session, person_id, source_id)


def test_reader_knows_the_addresses_of_its_person(session, anna):
    session.add(PersonEmail(person_id=anna.id, address="Anna@Privat.example", main=False))
    session.flush()
    reader = reader_of(session, anna.id, time_zone="Europe/Stockholm", own_domain="takt.example.org")
    assert reader == Reader(
        "Europe/Stockholm", "takt.example.org", frozenset({"anna.ek@region.example", "anna@privat.example"})
    )


# ---------------------------------------------------------------- who is busy


def test_busy_between_is_half_open_and_of_those_asked_for(session, anna, add):
    bo = person(session, "Bo Ek")
    add(span(), span(MONDAY + 4 * HOUR, tentative=True))
    add(span(MONDAY + HOUR), of=bo, url=None)
    add(span(MONDAY - 30 * DAY, 30 * DAY + HOUR / 2), of=bo)

    def asked(start, end, *people):
        return [
            (time.person_id, time.start - MONDAY, time.end - MONDAY, time.tentative)
            for time in busy_between(session, [one.id for one in people], start, end)
        ]

    zero = timedelta(0)
    assert asked(MONDAY, MONDAY + HOUR, anna, bo) == [
        (anna.id, zero, HOUR, False), (bo.id, -30 * DAY, HOUR / 2, False),
    ]  # fmt: skip
    assert asked(MONDAY - HOUR, MONDAY, anna) == []
    assert asked(MONDAY + HOUR, MONDAY + 4 * HOUR, anna) == []
    assert asked(MONDAY + HOUR, MONDAY + 5 * HOUR, anna) == [(anna.id, 4 * HOUR, 5 * HOUR, True)]
    assert asked(MONDAY, MONDAY + HOUR, person(session, "Cia Ek")) == []


def test_long_time_is_found_in_the_middle(session, anna, add):
    add(span(length=timedelta(days=200)))
    at = MONDAY + timedelta(days=117)
    assert busy_between(session, [anna.id], at, at + HOUR) == [
        Taken(anna.id, MONDAY + 3 * LONGEST, MONDAY + 4 * LONGEST, tentative=False)
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_busy_between_and_list_of_calendars_ask_once(session, now, add, anna, count):
    people = [person(session, f"Person {n}") for n in range(count)]
    for one in people:
        add(span(), of=one)
        add(span(), url=f"{URL}{one.id}")
    session.flush()
    with counted(session) as said:
        assert len(busy_between(session, [one.id for one in people], MONDAY, MONDAY + HOUR)) == count
    assert len(said) == 1
    with counted(session) as said:
        assert len(sources_of(session, anna.id, now)) == count
    assert len(said) == 1
    with counted(session) as said:
        assert busy_between(session, [], MONDAY, MONDAY + HOUR) == []
    assert said == []


# ---------------------------------------------------------------- reading again


def test_calendar_is_claimed_once_when_it_is_due(session, now, add):
    row, other = add(etag='"1"'), add(url=f"{URL}2")
    assert (is_any_due(session, now), claim_due(session, now)) == (False, None)
    row.next_at, other.next_at = now - HOUR, now
    session.flush()
    assert is_any_due(session, now)
    due = claim_due(session, now)
    assert (due.source_id, due.person_id, due.url, due.known) == (row.id, row.person_id, URL, Validators('"1"'))
    assert claim_due(session, now).source_id == other.id
    assert (is_any_due(session, now), claim_due(session, now)) == (False, None)
    # Whoever claimed it is gone: another one tries.
    assert claim_due(session, now + timedelta(minutes=15)).source_id == row.id


def test_calendar_that_never_changes_is_read_in_full_at_times(session, now, add):
    row = add(etag='"1"')
    assert claim(session, now + timedelta(days=13), row).known == Validators('"1"')
    assert claim(session, now + timedelta(days=14), row).known == Validators()


def test_calendar_taken_away_while_it_was_read_is_gone(session, actor, now, anna, add):
    row = add()
    due = claim(session, now, row)
    assert claimed(session, due) is row
    remove_source(session, actor, now, anna, row)
    assert claimed(session, due) is None


def test_new_times_replace_the_old_and_write_what_differs(session, now, add):
    hours = [span(MONDAY + n * 2 * HOUR) for n in range(1200)]
    row = add(*hours)
    later = now + 6 * HOUR
    with counted(session) as said:
        keep(session, later, row, found(*hours, etag='"2"'))
    assert [words.split()[0] for words in said] == ["UPDATE", "SELECT"]
    keep(session, later, row, found(span(length=2 * HOUR), hours[1], span(hours[2].start, tentative=True)))
    assert kept(session, row) == [span(length=2 * HOUR), hours[1], span(hours[2].start, tentative=True)]
    assert (row.fetched_at, row.checked_at, row.next_at) == (later, later, next_reading(row.id, later))


def test_unchanged_calendar_keeps_its_times(session, now, add):
    row = add(span(), left_out=1, etag='"1"')
    later = now + 6 * HOUR
    note_failure(session, now + HOUR, row, "slow")
    keep(session, later, row, Found(None, Validators('"1"')))
    assert kept(session, row) == [span()]
    assert (row.fetched_at, row.checked_at, row.left_out, row.etag) == (now, later, 1, '"1"')
    assert (row.failures, row.failing_since, row.failure) == (0, None, None)


def test_failure_keeps_the_times_and_tries_later_and_later_until_it_gives_up(session, now, add):
    row = add(span())
    note_failure(session, now, row, "denied")
    assert (row.failures, row.failure, row.failing_since, row.next_at) == (1, "denied", now, now + HOUR / 2)
    at, tries = now, 1
    while row.next_at is not None:
        at, tries = row.next_at, tries + 1
        note_failure(session, at, row, "missing")
    assert 15 < tries < 25
    assert at - now >= GIVEN_UP_AFTER
    assert (row.failure, row.failing_since, kept(session, row)) == ("missing", now, [span()])
    assert claim_due(session, at + timedelta(days=900)) is None
    # Its owner may still have it read, and then it is read again and again as before.
    assert claim(session, at, row).url == URL
    keep(session, at, row, found(span()))
    assert row.next_at == next_reading(row.id, at)


def test_times_that_are_over_are_forgotten(session, now, add):
    past, today = span(now - 3 * DAY), span(now - HOUR)
    row = add(past, today, span(), url=None)
    forget_past(session, now)
    assert kept(session, row) == [today, span()]
