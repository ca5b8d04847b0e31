"""What a change means: SEQUENCE, the reminders' key, and the sentence in both languages."""

from __future__ import annotations

import pytest

from scheduler.i18n import use_language
from scheduler.meetings import changes

BEFORE = {
    "state": "confirmed",
    "kind": "ordinary",
    "title": None,
    "start_at": "2026-10-01T08:00:00+00:00",
    "end_at": "2026-10-01T10:00:00+00:00",
    "all_day": False,
    "time_zone": "Europe/Stockholm",
    "place_id": 1,
    "place": {"sv": "Regionhuset, Luleå", "en": "Region House, Luleå"},
    "place_text": None,
    "mode": "on_site",
    "video_url": None,
    "public": None,
}
PITEA = {"sv": "Stadshuset, Piteå", "en": "Town Hall, Piteå"}
LATER = {"start_at": "2026-10-01T11:00:00+00:00", "end_at": "2026-10-01T13:00:00+00:00"}
NEXT_DAY = {"start_at": "2026-10-02T08:00:00+00:00", "end_at": "2026-10-02T10:00:00+00:00"}
WHOLE_DAY = {"all_day": True, "start_at": "2026-09-30T22:00:00+00:00", "end_at": "2026-10-01T22:00:00+00:00"}


@pytest.mark.parametrize(
    ("what", "change", "sequence", "time_rev"),
    [
        ("nothing", {}, False, False),
        ("title", {"title": "Kompetens"}, False, False),
        ("kind", {"kind": "extra"}, False, False),
        ("video link", {"video_url": "https://video.example/1"}, False, False),
        ("visibility", {"public": True}, False, False),
        ("call", {"state": "called"}, False, False),
        ("outcome", {"state": "held"}, False, False),
        ("start", LATER, True, True),
        ("day", NEXT_DAY, True, True),
        ("end alone", {"end_at": "2026-10-01T11:00:00+00:00"}, True, False),
        ("end on another day", {"end_at": "2026-10-02T10:00:00+00:00"}, True, True),
        ("whole day", WHOLE_DAY, True, True),
        ("place", {"place_id": 2}, True, True),
        ("room", {"place_text": "Sal A"}, True, True),
        ("mode", {"mode": "hybrid"}, True, True),
        ("cancelled", {"state": "cancelled"}, True, False),
        ("proposal", {"state": "proposed"}, True, False),
    ],
)
def test_what_raises_sequence_and_the_reminders_key(what, change, sequence, time_rev):
    after = BEFORE | change
    assert changes.raises_sequence(BEFORE, after) is sequence
    assert changes.raises_time_rev(BEFORE, after) is time_rev


def test_a_room_spelt_otherwise_sends_no_reminder_again():
    before = BEFORE | {"place_text": "sal  a"}
    assert changes.raises_time_rev(before, before | {"place_text": "Sal A"}) is False


@pytest.mark.parametrize(
    ("change", "swedish", "english"),
    [
        (LATER, ["Ny tid: 10.00 → 13.00"], ["New time: 10:00 → 13:00"]),
        (
            {"end_at": "2026-10-01T11:00:00+00:00"},
            ["Ny tid: 10.00–12.00 → 10.00–13.00"],
            ["New time: 10:00–12:00 → 10:00–13:00"],
        ),
        (WHOLE_DAY, ["Ny tid: 10.00–12.00 → hela dagen"], ["New time: 10:00–12:00 → all day"]),
        (
            NEXT_DAY,
            ["Nytt datum: torsdag 1 oktober → fredag 2 oktober"],
            ["New date: Thursday 1 October → Friday 2 October"],
        ),
        (
            {"start_at": "2027-01-08T12:00:00+00:00", "end_at": "2027-01-08T14:00:00+00:00"},
            ["Nytt datum: torsdag 1 oktober 2026 10.00 → fredag 8 januari 2027 13.00"],
            ["New date: Thursday 1 October 2026 10:00 → Friday 8 January 2027 13:00"],
        ),
        (
            {"place_id": 2, "place": PITEA},
            ["Ny plats: Regionhuset, Luleå → Stadshuset, Piteå"],
            ["New place: Region House, Luleå → Town Hall, Piteå"],
        ),
        (
            {"place_id": None, "place": None, "mode": "remote"},
            ["Platsen Regionhuset, Luleå gäller inte längre.", "Ny mötesform: på plats → på distans"],
            ["The place Region House, Luleå no longer applies.", "New form of meeting: on site → remote"],
        ),
        (
            LATER | {"place_id": 2, "place": PITEA},
            ["Ny tid: 10.00 → 13.00", "Ny plats: Regionhuset, Luleå → Stadshuset, Piteå"],
            ["New time: 10:00 → 13:00", "New place: Region House, Luleå → Town Hall, Piteå"],
        ),
        ({"state": "cancelled"}, ["Inställt: För få kunde komma"], ["Cancelled: För få kunde komma"]),
    ],
)
def test_the_sentence_says_what_changed(change, swedish, english):
    told = changes.last_change(BEFORE, BEFORE | change)
    for language, expected in (("sv", swedish), ("en", english)):
        with use_language(language):
            assert changes.sentences(told, reason="För få kunde komma") == expected


def test_a_new_place_is_named_where_there_was_none():
    told = changes.last_change(BEFORE | {"place": None, "place_id": None}, BEFORE)
    assert changes.sentences(told) == ["Ny plats: Regionhuset, Luleå"]


def test_a_meeting_taken_up_again_says_so():
    told = changes.last_change(BEFORE | {"state": "cancelled"}, BEFORE)
    assert changes.sentences(told) == ["Mötet är återupptaget."]


def test_the_public_is_told_neither_the_place_nor_the_reason():
    told = changes.last_change(BEFORE, BEFORE | LATER | {"place_id": 2, "place": PITEA})
    assert changes.sentences(told, show_place=False) == ["Ny tid: 10.00 → 13.00"]
    assert changes.sentences(changes.last_change(BEFORE, BEFORE | {"state": "cancelled"})) == ["Mötet är inställt."]


@pytest.mark.parametrize("change", [{}, {"title": "Kompetens"}, {"state": "called"}, {"state": "held"}])
def test_what_no_calendar_tells_has_no_sentence(change):
    assert changes.last_change(BEFORE, BEFORE | change) is None


def test_a_proposal_that_moves_has_no_sentence():
    proposed = BEFORE | {"state": "proposed"}
    assert changes.last_change(proposed, proposed | LATER) is None


def test_no_change_says_nothing():
    assert changes.sentences(None) == []
