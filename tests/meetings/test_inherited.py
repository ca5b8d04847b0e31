"""What a meeting inherits from its forum and its kind, what it has of its own, and its themes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduler.errors import Refused
from scheduler.forums.models import ForumKind
from scheduler.history.models import HistoryEntry
from scheduler.meetings.actions import edit_meeting, record_held, refresh, undo_last_change
from scheduler.meetings.conflicts import Proposal, find_conflicts, last_day_to_call
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.queries import meetings_showing
from scheduler.register.models import Theme
from tests.meetings.county import DAY, SITE, County


def edit(county: County, meeting, **given):
    return edit_meeting(county.session, county.actor, county.now, meeting, version=None, site=SITE, **given)


def theme(county: County, name: str, en: str | None = None) -> Theme:
    return county.add(Theme(slug=name.lower(), sv=name, en=en))


def test_value_comes_from_the_meeting_else_its_forum_else_the_kind(county):
    forum = county.forum(notice_n=None, notice_unit=None, minutes_days=10)
    meeting = county.meeting(forum)
    found = effective_meeting(meeting)
    assert [(found.origin(name), getattr(found, name)) for name in ("notice_n", "minutes_days", "formality")] == [
        ("kind", 21), ("forum", 10), ("kind", "notes"),
    ]  # fmt: skip
    edit(county, meeting, notice_n=3, notice_unit="working_days", minutes_days=5, formality="protocol")
    found = effective_meeting(meeting)
    assert [(found.origin(name), getattr(found, name)) for name in ("notice_n", "minutes_days", "formality")] == [
        ("meeting", 3), ("meeting", 5), ("meeting", "protocol"),
    ]  # fmt: skip
    assert [found.inherited_from(name) for name in ("notice_n", "minutes_days")] == ["kind", "forum"]
    edit(county, meeting, notice_n=None, minutes_days=None)
    assert effective_meeting(meeting).origin("notice_n") == "kind"
    assert meeting.notice_unit is None


def test_quorum_is_inherited_with_its_number(county):
    forum = county.forum(quorum_rule="number", quorum_number=7)
    meeting = county.meeting(forum)
    assert (effective_meeting(meeting).quorum_rule, effective_meeting(meeting).quorum_number) == ("number", 7)
    edit(county, meeting, quorum_rule="number", quorum_number=4)
    assert effective_meeting(meeting).quorum_number == 4
    edit(county, meeting, quorum_rule="more_than_half")
    assert meeting.quorum_number is None


@pytest.mark.parametrize(
    ("given", "field", "text"),
    [
        ({"quorum_rule": "number"}, "quorum_number", "Ange hur många som krävs"),
        ({"notice_n": 400}, "notice_n", "Ange ett heltal mellan 0 och 365"),
        ({"formality": "song"}, "formality", "Välj något i listan"),
        ({"theme_ids": [99999]}, "theme_ids", "Välj något i listan"),
    ],
)
def test_rules_that_cannot_be_are_refused_at_their_field(county, given, field, text):
    meeting = county.meeting(county.forum())
    with pytest.raises(Refused) as refused:
        edit(county, meeting, **given)
    assert [(problem.field, str(problem)) for problem in refused.value.problems] == [(field, text)]
    assert (meeting.formality, meeting.version, meeting.themes) == (None, 1, [])


def test_own_rules_are_a_saved_change_that_no_calendar_shows(county):
    meeting = county.meeting(county.forum())
    bodies, versions = county.bodies(meeting), county.versions()
    edit(county, meeting, formality="protocol", minutes_days=7)
    assert (meeting.version, meeting.sequence, meeting.time_rev) == (2, 0, 0)
    assert (county.bodies(meeting), county.versions()) == (bodies, versions)
    entry = county.session.query(HistoryEntry).order_by(HistoryEntry.id.desc()).first()
    assert (entry.action, entry.after) == ("meeting.edit", {"formality": "protocol", "minutes_days": 7})


def test_own_rules_and_themes_are_taken_back_with_the_change(county):
    meeting = county.meeting(county.forum())
    edit(county, meeting, formality="protocol", theme_ids=[theme(county, "Rymd").id])
    undo_last_change(county.session, county.actor, county.now, meeting, sent=False, version=None, site=SITE)
    assert (meeting.formality, meeting.themes) == (None, [])


def test_own_formality_decides_whether_a_meeting_is_held_without_a_call(county):
    forum = county.forum(formality="protocol")
    later = county.now + timedelta(days=100)
    strict, free = county.meeting(forum), county.meeting(forum, DAY + timedelta(days=1))
    edit(county, free, formality="notes")
    with pytest.raises(Refused):
        record_held(county.session, county.actor, later, strict, version=None, site=SITE)
    assert record_held(county.session, county.actor, later, free, version=None, site=SITE).state == "held"


def test_own_notice_decides_the_last_day_to_call(county):
    meeting = county.meeting(county.forum(notice_n=7))
    assert last_day_to_call(county.session, meeting) == date(2027, 2, 4)
    edit(county, meeting, notice_n=90, notice_unit="calendar_days")
    assert last_day_to_call(county.session, meeting) == date(2026, 11, 13)
    said = [str(conflict) for conflict in find_conflicts(county.session, Proposal.of(meeting), county.now)]
    assert any("13 november" in text for text in said)


# ---------------------------------------------------------------- themes


def test_own_themes_stand_in_the_calendar_after_the_kind_and_before_those_of_the_forum(county):
    rymd, kultur = theme(county, "Rymd", "Space"), theme(county, "Kultur", "Culture")
    meeting = county.meeting(county.forum(public="full", themes=[kultur]))
    assert "CATEGORIES:Nätverk,Kultur\n" in county.text(meeting)
    edit(county, meeting, theme_ids=[rymd.id])
    assert "CATEGORIES:Nätverk,Rymd,Kultur\n" in county.text(meeting)
    assert "CATEGORIES:Network,Space,Culture\n" in county.text(meeting, "public", "en")
    assert meeting.sequence == 0


def test_theme_chosen_twice_is_named_once_and_a_held_meeting_may_get_one(county):
    kultur = theme(county, "Kultur")
    meeting = county.meeting(county.forum(themes=[kultur]), theme_ids=[kultur.id, kultur.id])
    assert "CATEGORIES:Nätverk,Kultur\n" in county.text(meeting)


def test_new_name_of_a_theme_reaches_the_meetings_that_have_it_themselves(county):
    rymd = theme(county, "Rymd")
    meeting = county.meeting(county.forum(), theme_ids=[rymd.id])
    county.meeting(county.forum())
    rymd.sv = "Rymden"
    reached = meetings_showing(county.session, theme_ids=[rymd.id])
    assert [row.id for row in reached] == [meeting.id]
    assert refresh(county.session, reached, county.now, site=SITE) == 1
    assert "CATEGORIES:Nätverk,Rymden\n" in county.text(meeting)


def test_new_name_of_a_kind_reaches_its_meetings(county):
    meeting = county.meeting(county.forum())
    county.session.get(ForumKind, "natverk").sv = "Nät"
    refresh(county.session, meetings_showing(county.session, kind_ids=["natverk"]), county.now, site=SITE)
    assert "CATEGORIES:Nät\n" in county.text(meeting)
