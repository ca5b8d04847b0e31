"""Deciding a yearly plan, reading it again, and what the history says of a change."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from scheduler.errors import Refused
from scheduler.history.models import HistoryEntry
from scheduler.meetings.actions import cancel_meeting, move_meeting
from scheduler.meetings.year_plan_actions import decide
from scheduler.meetings.year_plan_models import YearPlan
from scheduler.meetings.year_plan_rules import changes_of
from scheduler.meetings.year_plans import decided_in, in_force, plan_ids_within, planned_in, plans_of, told_of
from tests.meetings.county import DAY, SITE, County, counted

YEAR = DAY.year
TODAY = date(2026, 11, 22)
DECISION = {"decided_on": date(2026, 11, 20), "decided_by": "Länsledningen"}


def decided(county: County, *forums, seen: int | None = None, **given) -> YearPlan:
    values = DECISION | given
    return decide(
        county.session, county.actor, county.now, year=YEAR, forum_ids=[forum.id for forum in forums], today=TODAY,
        seen=seen, **values,
    )  # fmt: skip


def changes(county: County, forum) -> list[str]:
    plan = in_force(plans_of(county.session, YEAR))[forum.id]
    before = decided_in(plan, forum.id)
    present = planned_in(county.session, YEAR, [forum.id], besides=[one.meeting_id or 0 for one in before])
    return [change.kind for change in changes_of(before, present.get(forum.id, []))]


def test_decision_keeps_the_meetings_as_they_stand(county: County):
    forum, other = county.forum(), county.forum()
    meeting = county.meeting(forum, DAY, time(9, 30))
    county.meeting(other, DAY)
    gone = county.meeting(forum, DAY + timedelta(days=30))
    cancel_meeting(county.session, county.actor, county.now, gone, reason="Sjukdom", version=gone.version, site=SITE)
    plan = decided(county, forum)
    county.session.expire_all()
    [stored] = plans_of(county.session, YEAR)
    assert (stored.id, stored.forums) == (plan.id, [forum.id])
    [one] = decided_in(stored, forum.id)
    assert (one.meeting_id, one.on, one.last_on, one.start) == (meeting.id, DAY, DAY, time(9, 30))
    assert changes(county, forum) == []


def test_what_is_done_with_the_meetings_after_it_is_a_change(county: County):
    forum = county.forum()
    moved, retimed, cancelled = (county.meeting(forum, DAY + timedelta(days=30 * n)) for n in range(3))
    decided(county, forum)
    move = {"version": None, "site": SITE, "check_conflicts": False}
    move_meeting(county.session, county.actor, county.now, moved, on=DAY + timedelta(days=1), **move)
    move_meeting(county.session, county.actor, county.now, retimed, start=time(13), **move)
    cancel_meeting(
        county.session, county.actor, county.now, cancelled, reason="För få anmälda", version=None, site=SITE
    )
    county.meeting(forum, DAY + timedelta(days=90))
    assert changes(county, forum) == ["moved", "retimed", "cancelled", "added"]
    told = told_of(county.session, [moved.id, retimed.id, cancelled.id])
    assert told[cancelled.id, "cancelled"].reason == "För få anmälda"
    assert told[moved.id, "moved"].actor == county.actor.label
    assert (cancelled.id, "moved") not in told


def test_meeting_moved_out_of_the_year_is_still_found(county: County):
    forum = county.forum()
    meeting = county.meeting(forum, date(YEAR, 12, 15))
    decided(county, forum)
    move_meeting(
        county.session, county.actor, county.now, meeting, on=date(YEAR + 1, 1, 12), version=None, site=SITE,
        check_conflicts=False,
    )  # fmt: skip
    assert changes(county, forum) == ["moved"]


def test_later_decision_goes_before_the_earlier_one_of_the_same_forum_alone(county: County):
    one, other = county.forum(), county.forum()
    county.meeting(one)
    county.meeting(other)
    first = decided(county, one, other)
    second = decided(county, one, seen=first.id, decided_by="Regionstyrelsen")
    force = in_force(plans_of(county.session, YEAR))
    assert (force[one.id].id, force[other.id].id) == (second.id, first.id)


def test_joint_meeting_is_in_each_of_its_forums(county: County):
    one, other = county.forum(), county.forum()
    county.meeting(one, forums=[one, other])
    plan = decided(county, one, other)
    assert [len(decided_in(plan, forum.id)) for forum in (one, other)] == [1, 1]


def test_written_procedures_and_what_was_never_booked_are_in_no_plan(county: County):
    forum = county.forum()
    county.meeting(forum, kind="per_capsulam")
    proposed = county.meeting(forum, DAY + timedelta(days=7), state="proposed")
    cancel_meeting(county.session, county.actor, county.now, proposed, reason="Nej", version=None, site=SITE)
    assert planned_in(county.session, YEAR, [forum.id]) == {}


@pytest.mark.parametrize(("given", "fields"), [
    ({"decided_on": None}, ["decided_on"]),
    ({"decided_on": date(2026, 11, 23)}, ["decided_on"]),
    ({"decided_by": "  "}, ["decided_by"]),
    ({"decided_by": "x" * 201}, ["decided_by"]),
    ({"decided_on": None, "decided_by": None}, ["decided_on", "decided_by"]),
])  # fmt: skip
def test_decision_says_when_and_by_whom(county: County, given, fields):
    forum = county.forum()
    county.meeting(forum)
    with pytest.raises(Refused) as refused:
        decided(county, forum, **given)
    assert [problem.field for problem in refused.value.problems] == fields
    assert plans_of(county.session, YEAR) == []


def test_nothing_is_decided_without_meetings_or_over_somebody_elses_head(county: County):
    forum = county.forum()
    with pytest.raises(Refused, match="inga möten"):
        decided(county, forum)
    county.meeting(forum)
    first = decided(county, forum)
    with pytest.raises(Refused, match="Någon annan"):
        decided(county, forum, seen=None)
    assert [plan.id for plan in plans_of(county.session, YEAR)] == [first.id]


def test_history_says_what_was_decided(county: County):
    forum = county.forum()
    county.meeting(forum)
    plan = decided(county, forum, note="Dnr 12")
    entry = county.session.scalars(select(HistoryEntry).where(HistoryEntry.subject_kind == "year_plan")).one()
    assert (entry.action, entry.subject_id, entry.subject_label) == (
        "year_plan.decide", plan.id, f"Sammanträdesplan {YEAR}",
    )  # fmt: skip
    assert entry.after is not None
    assert entry.after["decided_by"] == "Länsledningen"
    assert entry.after["meetings_decided"] == 1


def test_plan_belongs_to_whoever_keeps_all_its_forums(county: County):
    one, other = county.forum(), county.forum()
    county.meeting(one)
    plan = decided(county, one, other)
    assert plan_ids_within(county.session, [one.id, other.id]) == {plan.id}
    assert plan_ids_within(county.session, [one.id]) == plan_ids_within(county.session, []) == set()


def test_reading_asks_the_same_for_any_number_of_forums(county: County):
    counts = []
    forums = []
    for n in range(3):
        forums += [county.forum() for _m in range(1 + 4 * n)]
        for forum in forums:
            county.meeting(forum, DAY + timedelta(days=n))
        ids = [forum.id for forum in forums]
        county.session.expire_all()
        with counted(county.session) as sent:
            planned_in(county.session, YEAR, ids)
            plans_of(county.session, YEAR)
            told_of(county.session, [1, 2, 3])
        counts.append(len(sent))
    assert len(set(counts)) == 1
