"""What a change does to SEQUENCE, DTSTAMP and LAST-MODIFIED of the meeting it reaches (F13, F14): one line for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.forums.models import Forum, ForumTheme
from scheduler.ical.lint import lint_change, lint_fragment
from scheduler.meetings.actions import (
    call_meeting,
    cancel_meeting,
    close_meeting,
    confirm_meeting,
    correct_state,
    edit_meeting,
    move_meeting,
    record_held,
    refresh,
    reinstate_meeting,
    retime,
    undo_last_change,
)
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import meetings_showing
from scheduler.places.models import Place
from scheduler.register.models import Theme
from tests.ical.other_rules import other_rules
from tests.meetings.county import DAY, SITE, County

HOUR = timedelta(hours=1)
ASK: dict[str, Any] = {"version": None, "site": SITE}


@dataclass
class Scene:
    """A public meeting of the Rådet at a place, on a theme of its forum, and the means to change what it shows."""

    county: County
    meeting: Meeting
    forum: Forum
    place: Place
    other_place: Place
    theme: Theme
    other_theme: Theme
    folder: Path
    now: datetime

    def ask(self, action: Callable[..., object], **given: Any) -> None:
        """The action, an hour after the one before."""
        self.now += HOUR
        action(self.county.session, self.county.actor, self.now, self.meeting, **{**ASK, **given})

    def elsewhere(self, row: Any, **values: Any) -> None:
        """Another value of something that calendars show, and they follow."""
        self.now += HOUR
        for name, value in values.items():
            setattr(row, name, value)
        self.county.session.flush()
        reached = meetings_showing(
            self.county.session, forum_ids=[self.forum.id], place_ids=[self.place.id], theme_ids=[self.theme.id]
        )
        refresh(self.county.session, reached, self.now, site=SITE)

    def other_rules(self) -> None:
        self.now += HOUR
        with other_rules(self.folder, "Europe/Stockholm", "Europe/Moscow"):
            retime(self.county.session, self.county.actor, self.now, site=SITE)


@pytest.fixture
def scene(county: County, now: datetime, tmp_path: Path) -> Scene:
    forum = county.forum("Rådet", public="full")
    theme, other_theme = (county.add(Theme(slug=slug, sv=slug.title())) for slug in ("vagar", "broar"))
    county.add(ForumTheme(forum_id=forum.id, theme_id=theme.id))
    county.session.refresh(forum)
    place, other_place = county.place("Regionhuset"), county.place("Stadshuset")
    meeting = county.meeting(forum, title="Vägar", place_id=place.id, note="Ta med planen")
    return Scene(county, meeting, forum, place, other_place, theme, other_theme, tmp_path, now)


def edit(**given: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.ask(edit_meeting, check_conflicts=False, **given)


def move(**given: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.ask(move_meeting, check_conflicts=False, **given)


def cancel(scene: Scene) -> None:
    scene.ask(cancel_meeting, reason="Snö")


def reinstate(scene: Scene) -> None:
    scene.ask(reinstate_meeting)


def propose(scene: Scene) -> None:
    scene.meeting = scene.county.meeting(scene.forum, DAY + timedelta(weeks=1), state="proposed")


def call(scene: Scene) -> None:
    scene.county.seat(scene.forum, "Elin Marklund")
    scene.ask(call_meeting)


def hold(scene: Scene) -> None:
    scene.now = scene.meeting.end_at
    scene.ask(record_held)


def undo(scene: Scene) -> None:
    scene.ask(undo_last_change, sent=False)


#: Change → how SEQUENCE rises by it, whether DTSTAMP and LAST-MODIFIED do, and what has happened before it.
CHANGES: dict[str, tuple[Callable[[Scene], None], int, bool, list[Callable[[Scene], None]]]] = {
    "start": (move(start=time(13)), 1, True, []),
    "end": (edit(end=time(15)), 1, True, []),
    "day": (move(on=DAY + timedelta(days=7)), 1, True, []),
    "whole days": (edit(start=None, end=None), 1, True, []),
    "last of several days": (edit(last_on=DAY + timedelta(days=2)), 1, True, [edit(start=None, end=None)]),
    "time zone": (edit(time_zone="Europe/Helsinki"), 1, True, []),
    "rules of the time zone": (Scene.other_rules, 1, True, []),
    "rules of the time zone of whole days": (Scene.other_rules, 1, True, [edit(start=None, end=None)]),
    "place": (lambda scene: scene.ask(move_meeting, place_id=scene.other_place.id, check_conflicts=False), 1, True, []),
    "no place": (move(place_id=None), 1, True, []),
    "room": (edit(place_text="Sal 3"), 1, True, []),
    "remote": (edit(mode="remote"), 1, True, []),
    "hybrid": (edit(mode="hybrid"), 1, True, []),
    "cancelled": (cancel, 1, True, []),
    "taken up again": (reinstate, 1, True, [cancel]),
    "confirmed": (lambda scene: scene.ask(confirm_meeting), 1, True, [propose]),
    "proposal cancelled": (cancel, 1, True, [propose]),
    "called": (call, 0, False, []),
    "held": (hold, 0, False, []),
    "held after the call": (hold, 0, False, [call]),
    "closed": (lambda scene: scene.ask(close_meeting), 0, False, [hold]),
    "corrected": (lambda scene: scene.ask(correct_state, to="confirmed", reason="Fel"), 0, False, [hold]),
    "title": (edit(title="Broar"), 0, True, []),
    "no title": (edit(title=None), 0, True, []),
    "note": (edit(note="Ta med kartan"), 0, True, []),
    "kind": (edit(kind="extra"), 0, True, []),
    "own theme": (lambda scene: edit(theme_ids=[scene.other_theme.id])(scene), 0, True, []),
    "video link": (edit(video_url="https://video.example.org/1"), 0, True, [edit(mode="remote")]),
    "day to answer by": (edit(answer_by_on=date(2027, 2, 1)), 0, False, []),
    "closed to the public": (edit(public=False), 0, False, []),
    "opened to the public again": (edit(public=None), 0, True, [edit(public=False)]),
    "quorum": (edit(quorum_rule="number", quorum_number=3), 0, False, []),
    "nothing": (edit(title="Vägar", start=time(10)), 0, False, []),
    "place renamed": (lambda scene: scene.elsewhere(scene.place, name="Länshuset"), 0, True, []),
    "place moved in town": (lambda scene: scene.elsewhere(scene.place, address="Torget 1"), 0, True, []),
    "forum renamed": (lambda scene: scene.elsewhere(scene.forum, name="Länsrådet"), 0, True, []),
    "forum shows dates alone": (lambda scene: scene.elsewhere(scene.forum, public_level="dates"), 0, True, []),
    "forum closed to the public": (lambda scene: scene.elsewhere(scene.forum, public_level="none"), 0, False, []),
    "kind renamed": (lambda scene: scene.elsewhere(scene.forum.kind, sv="Samarbete"), 0, True, []),
    "theme renamed": (lambda scene: scene.elsewhere(scene.theme, sv="Trafik"), 0, True, []),
    "place's room count": (lambda scene: scene.elsewhere(scene.place, capacity=40), 0, False, []),
    "move undone": (undo, 1, True, [move(start=time(13))]),
    "title undone": (undo, 0, True, [edit(title="Broar")]),
    "cancelling undone": (undo, 1, True, [cancel]),
    "confirming undone": (undo, 1, True, [propose, lambda scene: scene.ask(confirm_meeting)]),
    "call undone": (undo, 0, False, [call]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_f14_sequence_and_stamps_rise_as_the_rules_say_and_never_fall(scene: Scene, change: str) -> None:
    act, steps, visible, first = CHANGES[change]
    for each in first:
        each(scene)
    meeting, county = scene.meeting, scene.county
    uid, sequence, revised_at, before = meeting.uid, meeting.sequence, meeting.revised_at, county.bodies(meeting)
    act(scene)
    after = county.bodies(meeting)
    assert (meeting.uid, meeting.sequence - sequence, meeting.revised_at > revised_at) == (uid, steps, visible)
    assert any(after.get(key) != body for key, body in before.items()) or before.keys() != after.keys() or not visible
    for key, body in after.items():
        lines = body.decode().split("\r\n")
        assert lint_fragment(body, public=key[0] == "public") == []
        assert f"UID:{uid}" in lines
        assert f"SEQUENCE:{meeting.sequence}" in lines
        stamps = {line.partition(":")[2] for line in lines if line.startswith(("DTSTAMP:", "LAST-MODIFIED:"))}
        assert stamps == {f"{meeting.revised_at:%Y%m%dT%H%M%SZ}"}
        if key in before:
            assert lint_change(before[key], body) == []
    if not visible:
        assert {key: body for key, body in before.items() if key in after} == after


def test_f14_changes_in_one_second_and_of_a_slow_clock_rise_too(scene: Scene) -> None:
    stamps = [scene.meeting.revised_at]
    for hours, words in ((0, "a"), (0, "b"), (-5, "c"), (1, "d")):
        scene.now += hours * HOUR
        edit_meeting(
            scene.county.session,
            scene.county.actor,
            scene.now,
            scene.meeting,
            title=words,
            check_conflicts=False,
            **ASK,
        )
        stamps.append(scene.meeting.revised_at)
    assert stamps == sorted(set(stamps))
    assert [at.microsecond for at in stamps] == [0] * 5
