"""The stages a meeting's page draws: where a meeting is, by its state, its minutes and the clock."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduler.web import meeting_life
from scheduler.web.meeting_life import life_of
from tests.conftest import NOW

HOURS = timedelta(hours=2)


@pytest.fixture
def stages(monkeypatch):
    """The stages of a meeting: those done, the one that is now, those to come."""

    def found(state, *, begins=timedelta(days=30), formality="protocol_notice", minutes=None, called=False):
        monkeypatch.setattr(meeting_life, "effective_meeting", lambda _meeting: SimpleNamespace(formality=formality))
        start = NOW + begins
        meeting = SimpleNamespace(
            state=state, start_at=start, end_at=start + HOURS, called_at=NOW - HOURS if called else None
        )
        life = life_of(meeting, minutes, NOW)
        return (
            [one.word for one in life if one.is_done],
            [one.word for one in life if one.is_now],
            [one.word for one in life if not one.is_done and not one.is_now],
        )

    return found


WRITTEN = ["Protokoll", "Justering", "Anslag"]


@pytest.mark.parametrize(
    ("given", "done", "now", "ahead"),
    [
        ({"state": "proposed"}, [], ["Föreslaget"], ["Kallelse skickad", "Möte", *WRITTEN]),
        ({"state": "confirmed"}, ["Bokat"], ["Kallelse skickad"], ["Möte", *WRITTEN]),
        ({"state": "called", "called": True}, ["Bokat", "Kallelse skickad"], ["Möte"], WRITTEN),
        (
            {"state": "called", "called": True, "begins": timedelta(hours=-1)},
            ["Bokat", "Kallelse skickad"], ["Möte pågår"], WRITTEN,
        ),
        ({"state": "confirmed", "begins": timedelta(days=-3)}, ["Bokat"], ["Möte"], WRITTEN),
        (
            {"state": "held", "called": True, "begins": timedelta(days=-3), "minutes": "adjusting"},
            ["Bokat", "Kallelse skickad", "Hållet", "Protokoll"], ["Justering"], ["Anslag"],
        ),
        (
            {"state": "held", "begins": timedelta(days=-3), "minutes": "archived"},
            ["Bokat", "Hållet", *WRITTEN], [], [],
        ),
        (
            {"state": "held", "begins": timedelta(days=-3), "formality": "notes", "minutes": "sent"},
            ["Bokat", "Hållet", "Minnesanteckningar"], ["Godkännande"], [],
        ),
        ({"state": "held", "begins": timedelta(days=-3), "formality": "informal"}, ["Bokat", "Hållet"], [], []),
        ({"state": "closed", "begins": timedelta(days=-3)}, ["Bokat", "Hållet"], [], WRITTEN),
        ({"state": "cancelled"}, [], [], []),
    ],
)  # fmt: skip
def test_where_a_meeting_is(stages, given, done, now, ahead):
    assert stages(**given) == (done, now, ahead)
