"""What a calendar shows of a meeting, to whom, and when its bytes and versions become others."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler.forums.models import ForumKind, ForumName, ForumTheme
from scheduler.ical.lint import lint_change, lint_fragment
from scheduler.ical.writer import assemble, calendar_head
from scheduler.meetings.actions import (
    Site,
    call_meeting,
    cancel_meeting,
    confirm_meeting,
    edit_meeting,
    move_meeting,
    refresh,
)
from scheduler.meetings.models import Fragment
from scheduler.meetings.queries import meetings_showing
from scheduler.register.models import Theme
from tests.ical_clients import read_with_icalendar, read_with_icaljs, read_with_recurring
from tests.meetings.county import DAY, SITE, County, counted

ASK = {"version": None, "site": SITE}
HOUR = timedelta(hours=1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def line(text: str, name: str) -> str:
    return next(row for row in text.split("\n") if row.startswith((f"{name}:", f"{name};")))


def feed(county: County, meetings, audience: str = "members") -> bytes:
    rows = [county.session.get(Fragment, (meeting.id, audience, "sv")) for meeting in meetings]
    return assemble(calendar_head("Möten"), [row.zones for row in rows if row.zones], [row.body for row in rows])


# ---------------------------------------------------------------- what is shown


def test_a_member_sees_all_of_the_meeting(county: County, session):
    theme = county.add(Theme(slug="kompetens", sv="Kompetens", en="Skills"))
    forum = county.forum("Regionalt forum", public="full", short_name="RF")
    county.add(ForumTheme(forum_id=forum.id, theme_id=theme.id))
    place = county.place("Regionhuset", address="Robertsviksgatan 7")
    meeting = county.meeting(
        forum, title="Kompetens, nu", place_id=place.id, place_text="Sal A", mode="hybrid",
        video_url="https://video.example.org/rum/1",
    )  # fmt: skip
    text = county.text(meeting)
    assert line(text, "SUMMARY") == "SUMMARY:RF: Kompetens, nu"
    assert line(text, "LOCATION") == "LOCATION:Sal A, Regionhuset, Robertsviksgatan 7, Luleå"
    assert line(text, "CATEGORIES") == "CATEGORIES:Nätverk,Kompetens"
    assert line(text, "STATUS") == "STATUS:CONFIRMED"
    assert line(text, "DTSTART") == "DTSTART;TZID=Europe/Stockholm:20270211T100000"
    assert line(text, "URL") == f"URL:https://takt.example/meetings/{meeting.id}"
    assert "https://video.example.org/rum/1" in line(text, "CONFERENCE")
    assert f"Mötets sida: https://takt.example/meetings/{meeting.id}\n" in text
    assert "Det går att delta på plats eller på distans.\n" in text
    assert "ATTENDEE" not in text
    assert "ORGANIZER" not in text


def test_the_public_sees_no_video_link_and_no_other_forum(county: County):
    open_forum, closed = county.forum("Öppna forumet", public="full"), county.forum("Slutna gruppen")
    meeting = county.meeting(
        closed, forums=[closed, open_forum], mode="hybrid", video_url="https://video.example.org/rum/1", title="Tema"
    )
    assert line(county.text(meeting), "SUMMARY") == "SUMMARY:Slutna gruppen, Öppna forumet: Tema"
    for language in ("sv", "en"):
        text = county.text(meeting, "public", language)
        assert line(text, "SUMMARY") == "SUMMARY:Öppna forumet: Tema"
        assert "Slutna" not in text
        assert "video.example.org" not in text


def test_dates_alone_show_neither_title_place_nor_theme(county: County, session, actor, now):
    place = county.place("Hemliga huset", "Kiruna")
    meeting = county.meeting(county.forum("Partnerskapet", public="dates"), title="Prioritering", place_id=place.id)
    other = county.place("Andra huset")
    move_meeting(session, actor, now, meeting, place_id=other.id, start=time(13), check_conflicts=False, **ASK)
    text = county.text(meeting, "public")
    assert line(text, "SUMMARY") == "SUMMARY:Partnerskapet"
    assert "LOCATION" not in text
    assert "CATEGORIES" not in text
    assert "huset" not in text
    assert line(text, "DESCRIPTION") == "DESCRIPTION:Ny tid: 10.00 → 13.00"


@pytest.mark.parametrize(
    ("level", "own", "state", "public"),
    [
        ("full", None, "confirmed", True),
        ("dates", None, "confirmed", True),
        ("none", None, "confirmed", False),
        ("full", False, "confirmed", False),
        ("dates", True, "confirmed", True),
        ("full", None, "proposed", False),
    ],
)
def test_only_what_is_public_has_a_public_fragment(county: County, level, own, state, public):
    meeting = county.meeting(county.forum(public=level), public=own, state=state)
    assert (("public", "sv") in county.bodies(meeting)) is public


def test_a_forum_that_is_only_a_proposal_is_not_public(county: County):
    meeting = county.meeting(county.forum(public="full", state="proposal"))
    assert ("public", "sv") not in county.bodies(meeting)


def test_a_proposal_is_tentative_and_says_so(county: County, session, actor, now):
    meeting = county.meeting(county.forum(public="full"), state="proposed")
    text = county.text(meeting)
    assert line(text, "STATUS") == "STATUS:TENTATIVE"
    assert "DESCRIPTION:Datumet är ett förslag och inte bestämt.\n" in text
    confirm_meeting(session, actor, now, meeting, **ASK)
    assert line(county.text(meeting, "public"), "STATUS") == "STATUS:CONFIRMED"


def test_a_proposal_that_is_cancelled_was_never_public(county: County, session, actor, now):
    meeting = county.meeting(county.forum(public="full"), state="proposed")
    cancel_meeting(session, actor, now, meeting, reason="Annan dag", **ASK)
    assert {audience for audience, _ in county.bodies(meeting)} == {"members"}


def test_english_has_its_own_words_and_names(county: County, session):
    forum = county.forum("Regionalt forum")
    county.add(ForumName(forum_id=forum.id, language="en", name="Regional Forum"))
    session.refresh(forum)
    place = county.place("Regionhuset", name_en="Region House")
    text = county.text(county.meeting(forum, place_id=place.id, mode="hybrid"), language="en")
    assert line(text, "SUMMARY") == "SUMMARY:Regional Forum"
    assert line(text, "LOCATION") == "LOCATION:Region House, Luleå"
    assert line(text, "CATEGORIES") == "CATEGORIES:Network"
    assert "You can take part on site or remotely.\n" in text


def test_a_remote_meeting_without_a_place_says_remote(county: County):
    meeting = county.meeting(county.forum(), mode="remote")
    assert line(county.text(meeting), "LOCATION") == "LOCATION:På distans"


def test_the_places_own_link_is_used_where_the_meeting_has_none(county: County):
    place = county.place("Teams", None, online=True, video_url="https://video.example.org/alla")
    remote = county.meeting(county.forum(), mode="remote", place_id=place.id)
    on_site = county.meeting(county.forum(), place_id=place.id)
    assert "https://video.example.org/alla" in line(county.text(remote), "CONFERENCE")
    assert "CONFERENCE" not in county.text(on_site)


def test_the_note_is_for_those_invited(county: County, session, actor, now):
    meeting = county.meeting(county.forum(public="full"), note="Ta med:\r\n- planen, sid. 3\n- papper; penna")
    assert "\nDESCRIPTION:Ta med:\n- planen, sid. 3\n- papper\\; penna\n\nMötets sida: " in county.text(meeting)
    assert "Ta med" not in county.text(meeting, "public")
    public = county.bodies(meeting)["public", "sv"]
    edit_meeting(session, actor, now + HOUR, meeting, note="Ta med dator", **ASK)
    assert "\nDESCRIPTION:Ta med dator\n\nMötets sida: " in county.text(meeting)
    assert (meeting.sequence, meeting.revised_at) == (0, now + HOUR)
    assert county.bodies(meeting)["public", "sv"] == public.replace(b"T090000Z", b"T100000Z")


def test_an_installation_without_https_puts_its_address_in_the_text_alone(county: County):
    meeting = county.meeting(county.forum(), site=Site("http://127.0.0.1:8000", "takt.invalid"))
    text = county.text(meeting)
    assert f"Mötets sida: http://127.0.0.1:8000/meetings/{meeting.id}\n" in text
    assert "\nURL:" not in text


@pytest.mark.parametrize("kind", ["extra", "per_capsulam", "continuation"])
def test_a_meeting_out_of_the_ordinary_says_what_it_is(county: County, kind):
    said = {"extra": "Extra möte", "per_capsulam": "beslut utan möte", "continuation": "ajournerat möte"}
    assert said[kind] in county.text(county.meeting(county.forum(), kind=kind))


def test_real_programs_read_what_is_stored(county: County, session, actor, now):
    forum = county.forum("Regionalt forum", public="full")
    place = county.place("Kulturens hus; stora salen")
    plain = county.meeting(forum, title="Kompetens, ett\\två", place_id=place.id)
    moved = county.meeting(forum, DAY + timedelta(days=7))
    move_meeting(session, actor, now, moved, start=time(13), check_conflicts=False, **ASK)
    whole = county.meeting(forum, date(2027, 8, 26), start=None, last_on=date(2027, 8, 27))
    gone = county.meeting(forum, date(2027, 3, 4))
    cancel_meeting(session, actor, now, gone, reason="Snöstorm", **ASK)
    bytes_ = feed(county, [plain, moved, gone, whole])
    read = read_with_icalendar(bytes_)
    assert read_with_icaljs(bytes_) == read
    assert [(row["summary"], row["status"], row["sequence"]) for row in read] == [
        ("Regionalt forum: Kompetens, ett\\två", "CONFIRMED", 0),
        ("Regionalt forum", "CONFIRMED", 1),
        ("INSTÄLLT: Regionalt forum", "CANCELLED", 1),
        ("Regionalt forum", "CONFIRMED", 0),
    ]
    assert [row["uid"] for row in read] == [meeting.uid for meeting in (plain, moved, gone, whole)]
    assert read[1]["description"].startswith("Ny tid: 10.00 → 13.00\n")
    assert (read[3]["start"], read[3]["end"]) == (date(2027, 8, 26), date(2027, 8, 28))
    year = datetime(2027, 1, 1, tzinfo=STOCKHOLM), datetime(2028, 1, 1, tzinfo=STOCKHOLM)
    assert len(read_with_recurring(bytes_, *year)) == 4


# ---------------------------------------------------------------- when bytes and versions change


@pytest.fixture
def shown(county: County):
    """A public meeting in which every column that a calendar shows holds something."""
    theme = county.add(Theme(slug="kompetens", sv="Kompetens", en="Skills"))
    kind = county.add(ForumKind(id="test", sv="Provtyp", en="Test kind", public_level="full"))
    forum = county.forum("Regionalt forum", short_name="RF", kind=kind.id, public="full")
    county.add(ForumTheme(forum_id=forum.id, theme_id=theme.id))
    county.add(ForumName(forum_id=forum.id, language="en", name="Regional Forum"))
    house = county.place(
        "Regionhuset", name_en="Region House", address="Gatan 7", video_url="https://video.example.org/huset"
    )
    meeting = county.meeting(forum, title="Tema", place_id=house.id, mode="hybrid")
    county.session.expire_all()
    return meeting


#: Column → what it becomes; every one of them is seen in some calendar.
COLUMNS = {
    "forum.short_name": ("forum", "short_name", "Forumet"),
    "forum.name": ("forum", "short_name", None),
    "forum.public_level": ("forum", "public_level", "dates"),
    "forum.state": ("forum", "state", "proposal"),
    "forum_name.name": ("english", "name", "The Forum"),
    "forum_kind.sv": ("kind", "sv", "Annan typ"),
    "forum_kind.en": ("kind", "en", "Other kind"),
    "theme.sv": ("theme", "sv", "Kunskap"),
    "theme.en": ("theme", "en", "Knowledge"),
    "place.name": ("place", "name", "Stadshuset"),
    "place.name_en": ("place", "name_en", "Town Hall"),
    "place.address": ("place", "address", "Torget 1"),
    "place.town": ("place", "town", "Piteå"),
    "place.video_url": ("place", "video_url", "https://video.example.org/nya"),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_elsewhere_that_reaches_a_fragment_gives_new_bytes_and_new_versions(
    county: County, session, shown, now, column
):
    owner, name, value = COLUMNS[column]
    forum = shown.forum
    rows = {
        "forum": forum, "english": forum.names[0], "kind": forum.kind, "theme": forum.themes[0], "place": shown.place,
    }  # fmt: skip
    before, versions = county.bodies(shown), county.versions()
    setattr(rows[owner], name, value)
    session.flush()
    reached = meetings_showing(
        session,
        forum_ids=[forum.id],
        kind_ids=[forum.kind_id],
        theme_ids=[forum.themes[0].id],
        place_ids=[shown.place_id],
    )
    assert refresh(session, reached, now + HOUR, site=SITE) == 1
    after = county.bodies(shown)
    assert after != before
    for scope in (("forum", forum.id), ("public", 0)):
        assert county.versions()[scope] == versions[scope] + 1
    for key in before.keys() & after.keys():
        assert lint_fragment(after[key], public=key[0] == "public") == []
        assert lint_change(before[key], after[key]) == []
    assert shown.sequence == 0


#: Column of the meeting → a change of it through its own actions.
OWN = {
    "start_at": {"start": time(9)},
    "end_at": {"end": time(15)},
    "all_day": {"start": None, "end": None},
    "time_zone": {"time_zone": "Europe/Helsinki"},
    "title": {"title": "Annat"},
    "kind": {"kind": "extra"},
    "place_id": {"place_id": None},
    "place_text": {"place_text": "Sal A"},
    "mode": {"mode": "on_site"},
    "video_url": {"video_url": "https://video.example.org/eget"},
    "public": {"public": False},
}


@pytest.mark.parametrize("column", OWN)
def test_every_own_column_gives_new_bytes_and_new_versions(county: County, session, actor, shown, now, column):
    before, versions = county.bodies(shown), county.versions()
    edit_meeting(session, actor, now + HOUR, shown, check_conflicts=False, **ASK, **OWN[column])
    assert county.bodies(shown) != before
    for scope in (("forum", shown.forum.id), ("public", 0)):
        assert county.versions()[scope] == versions[scope] + 1


def test_what_no_calendar_shows_changes_neither_bytes_nor_versions(county: County, session, actor, shown, now):
    before, versions, revised = county.bodies(shown), county.versions(), shown.revised_at
    edit_meeting(session, actor, now + HOUR, shown, answer_by_on=date(2027, 2, 1), **ASK)
    call_meeting(session, actor, now + HOUR, shown, **ASK)
    assert (county.bodies(shown), county.versions(), shown.revised_at) == (before, versions, revised)


def test_nothing_changes_when_nothing_has_changed(county: County, session, shown, now):
    before, versions = county.bodies(shown), county.versions()
    assert refresh(session, [shown], now + HOUR, site=SITE) == 0
    assert (county.bodies(shown), county.versions()) == (before, versions)


def test_a_forum_that_closes_itself_leaves_the_public_calendar(county: County, session, shown, now):
    members = county.bodies(shown)["members", "sv"]
    shown.forum.public_level = "none"
    refresh(session, [shown], now + HOUR, site=SITE)
    assert sorted(county.bodies(shown)) == [("members", "en"), ("members", "sv")]
    assert county.bodies(shown)["members", "sv"] == members
    assert county.versions()["public", 0] == 2
    shown.forum.public_level = "full"
    refresh(session, [shown], now + HOUR, site=SITE)
    assert ("public", "sv") in county.bodies(shown)
    assert county.versions()["public", 0] == 3


def test_the_public_version_rests_when_nothing_public_changes(county: County, session, actor, now):
    county.meeting(county.forum(public="full"))
    meeting = county.meeting(county.forum())
    versions = county.versions()
    move_meeting(session, actor, now, meeting, start=time(13), check_conflicts=False, **ASK)
    assert county.versions()["public", 0] == versions["public", 0]


# ---------------------------------------------------------------- whose versions


def test_a_booking_raises_every_scope_it_belongs_to(county: County, now):
    lulea, pitea = county.organisation(), county.organisation()
    forum = county.forum(public="full", secretariat_id=pitea.id)
    anna, bo = county.person(), county.person()
    county.seat(forum, anna, organisation_id=lulea.id)
    office = county.office()
    county.hold(office, bo)
    county.seat(forum, office_id=office.id)
    county.seat(forum, county.person(), until=DAY - timedelta(days=1))
    county.meeting(forum)
    assert county.versions() == {
        ("public", 0): 1,
        ("forum", forum.id): 1,
        ("organisation", lulea.id): 1,
        ("secretariat", pitea.id): 1,
        ("person", anna.id): 1,
        ("person", bo.id): 1,
    }


def test_a_move_raises_those_of_the_old_day_and_of_the_new(county: County, session, actor, now):
    forum = county.forum()
    before, after = county.person(), county.person()
    seat = county.seat(forum, before, until=DAY)
    county.appoint(seat, after, since=DAY + timedelta(days=1))
    meeting = county.meeting(forum)
    assert ("person", after.id) not in county.versions()
    move_meeting(session, actor, now, meeting, on=date(2027, 3, 4), check_conflicts=False, **ASK)
    versions = county.versions()
    assert (versions["person", before.id], versions["person", after.id]) == (2, 1)


def test_a_change_of_seats_raises_those_who_gain_and_those_who_lose(county: County, session, now):
    board, region = county.forum(), county.forum()
    county.include(region, board)
    seat = county.seat(board, leaving := county.person())
    county.meeting(region)
    versions = county.versions()
    seat.appointments[0].to_on = DAY - timedelta(days=1)
    county.appoint(seat, coming := county.person(), since=DAY)
    refresh(session, meetings_showing(session, seats_of_forums=[board.id]), now, site=SITE, seats=True)
    after = county.versions()
    assert after["person", leaving.id] == versions["person", leaving.id] + 1
    assert after["person", coming.id] == 1
    assert after["forum", region.id] == versions["forum", region.id] + 1


@pytest.mark.parametrize("n", [1, 3])
def test_refreshing_reads_the_same_for_any_number_of_meetings(county: County, session, now, n):
    place_id = county.place("Regionhuset").id
    for _ in range(n):
        county.meeting(county.forum(public="full"), place_id=place_id)
    session.expire_all()
    with counted(session) as sent:
        reached = meetings_showing(session, place_ids=[place_id])
        refresh(session, reached, now, site=SITE)
    assert len(reached) == n
    assert len(sent) == 17
