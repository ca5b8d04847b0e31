"""States have a word and a shape, in both languages."""

from __future__ import annotations

import pytest

from scheduler.i18n import use_language
from scheduler.web import words

#: Status, glyph, Swedish, English: the table of the design.
STATUSES = [
    ("met", "met", "Uppfyllt", "Met"),
    ("exceeded", "met", "Uppfyllt, över max", "Met, above the maximum"),
    ("planned", "track", "Bokat", "Booked"),
    ("on_track", "track", "I fas", "On track"),
    ("due", "risk", "Behöver planeras", "Needs a date"),
    ("overdue", "behind", "Efter", "Behind"),
    ("at_risk", "behind", "Riskerar missas", "May be missed"),
    ("missed", "behind", "Missat", "Missed"),
    ("no_requirement", "none", "Inget krav", "No requirement"),
    ("paused", "none", "Pausat", "Paused"),
    ("not_started", "none", "Inte börjat", "Not started"),
    ("ended", "none", "Upphört", "Ended"),
    ("inactive", "none", "Inte aktivt", "Inactive"),
]


@pytest.mark.parametrize(("status", "glyph", "swedish", "english"), STATUSES)
def test_cadence_status(status, glyph, swedish, english):
    assert words.status_glyph(status) == glyph
    assert words.status_word(status) == swedish
    with use_language("en"):
        assert words.status_word(status) == english


def test_no_status_lacks_a_row_above():
    assert [row[0] for row in STATUSES] == list(words.STATUSES)


@pytest.mark.parametrize(
    ("state", "swedish", "english"),
    [
        ("proposed", "Föreslaget", "Proposed"),
        ("confirmed", "Bokat", "Booked"),
        ("called", "Kallat", "Called"),
        ("held", "Hållet", "Held"),
        ("closed", "Avslutat", "Closed"),
        ("cancelled", "Inställt", "Cancelled"),
    ],
)
def test_meeting_state(state, swedish, english):
    assert words.meeting_state_word(state) == swedish
    with use_language("en"):
        assert words.meeting_state_word(state) == english


@pytest.mark.parametrize(
    ("state", "circumstances", "mark"),
    [
        ("proposed", {}, "proposed"),
        ("confirmed", {}, "booked"),
        ("called", {}, "booked"),
        ("called", {"today": True}, "now"),
        ("held", {}, "held"),
        ("held", {"today": True}, "held"),
        ("held", {"minutes_missing": True}, "unminuted"),
        ("closed", {}, "held"),
        ("cancelled", {"today": True, "minutes_missing": True}, "cancelled"),
    ],
)
def test_mark_of_a_meeting(state, circumstances, mark):
    assert words.mark_of(state, **circumstances) == mark


def test_kinds_have_words_in_both_languages():
    assert [words.meeting_kind_word(kind) for kind in words.MEETING_KINDS] == [
        "Ordinarie", "Extra", "Tematiskt", "Gemensamt", "Per capsulam", "Fortsatt",
    ]  # fmt: skip
    assert [words.seat_kind_word(kind) for kind in words.SEAT_KINDS] == [
        "Ordinarie", "Ersättare", "Adjungerad", "Sekreterare", "Observatör", "Ägare", "Finansiär",
    ]  # fmt: skip
    with use_language("en"):
        assert [words.seat_kind_word(kind) for kind in words.SEAT_KINDS] == [
            "Ordinary", "Substitute", "Co-opted", "Secretary", "Observer", "Owner", "Financier",
        ]  # fmt: skip
        assert [words.mark_word(state) for state in words.MARKS] == [
            "Held", "Held, minutes missing", "Today", "Booked", "Proposed", "Date poll", "Cancelled",
        ]  # fmt: skip
