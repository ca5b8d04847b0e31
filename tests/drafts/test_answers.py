"""What a draft answers: its proof, its quality in words, what must be decided, other drafts beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from scheduler.drafts import queue
from scheduler.drafts.actions import MOST, make_draft, move_planned, stop_run
from scheduler.drafts.alternatives import AT_ONCE, make_alternatives, profiles_beside
from scheduler.drafts.comparing import compare
from scheduler.drafts.deciding import best_without_clash, choice_at, decisions
from scheduler.drafts.judging import judged
from scheduler.drafts.models import Draft
from scheduler.drafts.proving import at_most_percent, ideal_of, prove, seconds_for, sentence
from scheduler.drafts.queries import Board, board_of, draft_with_meetings
from scheduler.drafts.running import run as run_draft
from scheduler.drafts.translating import as_fixed
from scheduler.errors import Refused
from scheduler.history.rules import Actor
from scheduler.i18n import use_language
from scheduler.organisations.models import Person
from scheduler.places.absences import KIND
from scheduler.places.models import BlockedPeriod
from scheduler.planning.bound import lower_bound
from scheduler.planning.checker import Report, Violation, check
from scheduler.planning.plan import Plan
from scheduler.planning.profiles import DIFFERENT, difference

ACTOR = Actor("Sara Niemi", user_id=None)
ZONE = "Europe/Stockholm"
NAMES = ("ett", "tva", "tre")
YEAR = 2031
NOW = datetime(2030, 11, 30, 9, tzinfo=UTC)


def at() -> datetime:
    return NOW


def ask(writing, small, **given) -> int:
    given = {"year": YEAR, "scope": "all", "forum_ids": [small[name] for name in NAMES], "seconds": 2, **given}
    with writing() as session:
        return make_draft(session, ACTOR, NOW, **given).id


def run_next(house, writing) -> int | None:
    """Runs the draft whose turn it is; None when there is none."""
    with writing() as session:
        claimed = queue.claim_run(session, NOW)
    if claimed is None:
        return None
    assert run_draft(house, at, *claimed, ZONE, iterations=8)
    return claimed[0]


@pytest.fixture
def ready(house, writing, small) -> int:
    draft_id = ask(writing, small)
    assert run_next(house, writing) == draft_id
    return draft_id


def board(session: Session, draft_id: int) -> Board:
    draft = draft_with_meetings(session, draft_id)
    assert draft is not None
    found = board_of(session, draft)
    assert found is not None
    return found


# ---------------------------------------------------------------- the proof


def test_run_proves_how_good_its_plan_is_and_the_proof_stands_after_a_move(house, writing, ready):
    with Session(house) as session:
        before = board(session, ready)
        outcome = before.draft.outcome
        assert 0 < outcome["bound"] <= outcome["cost"]
        assert set(ideal_of(outcome)) == {row.forum_id for row in before.draft.forum_rows}
        percent = at_most_percent(outcome, before.report)
        assert percent == pytest.approx(100 * (outcome["cost"] - outcome["bound"]) / outcome["bound"])
        row = before.draft.meetings[0]
        table = before.dates(row)
        other = next(one for one in table.best(60) if (one.more or 0) > 0)
        choice = choice_at(before, row, other.on, other.start, other.room)
    with writing() as session:
        row = next(one for one in draft_with_meetings(session, ready).meetings if one.id == row.id)
        move_planned(
            session, ACTOR, NOW, row, on=choice.on, start=choice.start, place_id=choice.place_id, town=choice.town,
            seats=choice.seats,
        )  # fmt: skip
    with Session(house) as session:
        after = board(session, ready)
        assert after.draft.outcome["bound"] == outcome["bound"]
        assert after.report.cost == outcome["cost"] + choice.more
        assert at_most_percent(after.draft.outcome, after.report) > percent


def test_a_proof_is_never_above_what_the_search_found_and_is_left_when_the_run_is_to_stop(house, ready):
    with Session(house) as session:
        one = board(session, ready)
        assert lower_bound(one.instance, iterations=40, seconds=1e6).points <= one.report.cost
        assert prove(one.instance, one.report, is_cancelled=lambda: True) == {}


def test_no_distance_is_told_where_a_rule_is_broken_or_nothing_was_proven():
    fine = Report(terms={"missing": 104})
    broken = Report([Violation("H4", "x", {})], {"missing": 104})
    assert at_most_percent({"bound": 100}, fine) == pytest.approx(4)
    assert at_most_percent({"bound": 100}, broken) is None
    assert at_most_percent({}, fine) is None
    assert at_most_percent(None, fine) is None
    assert sentence({"bound": 100}, fine) == "Högst 4,0 % från det bästa möjliga."
    with use_language("en"):
        assert sentence({"bound": 99}, fine) == "At most 5.1% from the best possible."
    assert sentence({"bound": 80}, fine) == "Högst 30 % från det bästa möjliga."
    assert "avbröts" in sentence({}, fine)
    assert "ingen regel bryts" in sentence({"bound": 100}, broken)


def test_a_proof_takes_half_as_long_as_the_search_within_bounds():
    assert [seconds_for(seconds) for seconds in (2, 10, 60, 300)] == [2, 5, 30, 60]


# ---------------------------------------------------------------- quality


def test_quality_counts_what_the_points_stand_for(house, ready):
    with Session(house) as session:
        one = board(session, ready)
        found = judged(one.instance, one.plan, ideal_of(one.draft.outcome))
        assert sum(term.points for term in found.terms) == one.report.cost
        for term in found.terms:
            if term.key == "weekday":
                wrong = [m for m in one.plan.meetings if m.on.weekday() not in forum_of(one, m).preferred_weekdays]
                assert term.amount == len(wrong)
        assert all(forum.ideal is not None and forum.price == forum.points - forum.ideal for forum in found.forums)
        assert [forum.price for forum in found.forums] == sorted((f.price for f in found.forums), reverse=True)


def forum_of(one: Board, meeting):
    return next(forum for forum in one.instance.forums if forum.id == meeting.forum)


def test_journeys_that_share_a_day_are_saved_and_those_that_could_are_told(house, writing, small, ready):
    with writing() as session:
        person = session.get_one(Person, small["chair"])
        person.organisation.municipality = "Boden"
    draft_id = ask(writing, small, name="Från Boden")
    run_next(house, writing)
    with Session(house) as session:
        one = board(session, draft_id)
        apart = judged(one.instance, one.plan).journeys
        days = {(m.on, name) for m in one.plan.meetings for name in m.seats.values() if name}
        assert apart.made == len(days)
        assert apart.saved == sum(len(m.seats) for m in one.plan.meetings) - len(days)
        # Two of three forums may share a day: of twelve meetings a person must travel on six days at least.
        assert apart.avoidable == apart.made - 2 * 6
        assert apart.km > 0
        # All on the first forum's days, two a day: nothing more can be saved, and the days are told.
        first = [m.on for m in one.plan.meetings if m.forum == one.instance.forums[0].id]
        together = Plan(
            tuple(replace(m, on=first[m.index]) for m in one.plan.meetings if m.forum != one.instance.forums[2].id)
        )
        shared = judged(one.instance, together).journeys
        assert (shared.made, shared.saved, shared.avoidable) == (8, 8, 0)
        assert {day.on for day in shared.days} == set(first)
        assert all((day.people, day.journeys) == (2, 2) for day in shared.days)


# ---------------------------------------------------------------- to be decided


def test_a_meeting_nobody_can_come_to_is_to_be_decided_and_offered_a_day_that_all_can(house, writing, small):
    # The chair is away in spring but for a week; a draft made before that has it elsewhere.
    draft_id = ask(writing, small)
    run_next(house, writing)
    with Session(house) as session:
        draft = draft_with_meetings(session, draft_id)
        away = min(row.on for row in draft.meetings)
    with writing() as session:
        session.add(
            BlockedPeriod(person_id=small["other"], kind=KIND, name="Borta", from_on=away, to_on=away, hard=True)
        )
    again = ask(writing, small, made_from=None, name="Igen")
    run_next(house, writing)
    with writing() as session:
        draft = draft_with_meetings(session, again)
        row = min(draft.meetings, key=lambda row: row.on)
        if row.on != away:
            move_planned(session, ACTOR, NOW, row, on=away, start=row.start, place_id=row.place_id, town=row.town)
        row.seats = {
            seat: None if who == small["other"] else who for seat, who in row.seats.items()
        }  # fmt: skip
        draft.version += 1
    with Session(house) as session:
        one = board(session, again)
        [first, *_rest] = [found for found in decisions(one) if found.row.on == away]
        assert [remark.text for remark in first.against] == [
            "1 är upptagen och har ingen ersättare: Rolf Påhittad.",
        ] or first.is_broken
        best = best_without_clash(one, first.row)
        assert best is not None
        assert best.on != away
        assert None not in best.seats.values()
        assert choice_at(one, first.row, best.on, best.start, best.room) == best
        assert choice_at(one, first.row, away - timedelta(days=400), best.start, best.room) is None
        assert choice_at(one, first.row, best.on, best.start, "r999") is None


def test_a_day_of_a_break_is_to_be_decided_after_what_breaks_a_rule(house, writing, ready):
    with writing() as session:
        draft = draft_with_meetings(session, ready)
        soft = date(YEAR, 3, 5)  # the county's winter break
        rows = sorted(draft.meetings, key=lambda row: row.on)
        spring = [row for row in rows if row.on.month < 6]
        move_planned(
            session, ACTOR, NOW, spring[0], on=soft, start=780, place_id=spring[0].place_id, town="Luleå"
        )  # fmt: skip
        closed = date(YEAR, 12, 25)
        move_planned(session, ACTOR, NOW, rows[-1], on=closed, start=780, place_id=rows[-1].place_id, town="Luleå")
    with Session(house) as session:
        one = board(session, ready)
        assert soft in one.instance.soft_days
        found = decisions(one)
        assert found[0].is_broken
        assert [item.is_broken for item in found] == sorted((item.is_broken for item in found), reverse=True)
        assert any(item.row.on == soft for item in found)


def test_what_is_reckoned_of_a_board_is_kept_until_the_draft_changes(house, writing, ready):
    with Session(house) as session:
        one = board(session, ready)
    with Session(house) as session:
        again = board(session, ready)
        assert again is not one
        assert again.standing is one.standing
        assert again.judgement.once("x", lambda: 1) == again.judgement.once("x", lambda: 2) == 1
        with use_language("en"):
            assert again.judgement.once("x", lambda: 3) == 3
    with writing() as session:
        session.get_one(Draft, ready).meetings[0].start += 30
    with Session(house) as session:
        assert board(session, ready).standing is not one.standing


# ---------------------------------------------------------------- other drafts


def test_alternatives_run_one_after_another_and_differ_by_a_fifth_of_their_dates(house, writing, ready):
    with writing() as session:
        made = [one.id for one in make_alternatives(session, ACTOR, NOW, session.get_one(Draft, ready))]
    assert len(made) == AT_ONCE
    with Session(house) as session:
        assert [session.get_one(Draft, one).profile for one in made] == ["close", "travel", "even"]
    with writing() as session:
        first = queue.claim_run(session, NOW)
    assert first is not None
    assert first[0] == made[0]
    # While it runs, no other of the year has its turn.
    with writing() as session:
        assert queue.claim_run(session, NOW) is None
        with pytest.raises(Refused, match="räknas redan"):
            make_draft(session, ACTOR, NOW, year=YEAR, scope="all", forum_ids=[1])
    assert run_draft(house, at, *first, ZONE, iterations=8)
    assert [run_next(house, writing), run_next(house, writing), run_next(house, writing)] == [*made[1:], None]
    with Session(house) as session:
        plans = [board(session, one).plan for one in (ready, *made)]
        reports = [board(session, one).report for one in (ready, *made)]
    assert all(report.is_feasible for report in reports)
    apart = [difference(plans[i], plans[j]) for i in range(4) for j in range(i)]
    assert min(apart) >= DIFFERENT


def test_what_is_locked_stands_in_the_alternatives_too(house, writing, ready):
    with writing() as session:
        draft = draft_with_meetings(session, ready)
        for row in draft.meetings[::4]:
            row.locked = True
        stands = {(row.forum_id, row.on, row.start) for row in draft.meetings[::4]}
        [made] = make_alternatives(session, ACTOR, NOW, draft, profiles=["even"])
        made_id = made.id
    assert run_next(house, writing) == made_id
    with Session(house) as session:
        rows = draft_with_meetings(session, made_id).meetings
        assert stands <= {(row.forum_id, row.on, row.start) for row in rows}


def test_alternatives_wait_for_a_ready_draft_and_for_room(house, writing, small, ready):
    running = ask(writing, small, year=YEAR + 1)
    with writing() as session, pytest.raises(Refused, match="inte färdigt"):
        make_alternatives(session, ACTOR, NOW, session.get_one(Draft, running))
    with writing() as session:
        draft = session.get_one(Draft, ready)
        for wrong in ([], ["nowhere"], ["close", "travel", "even", "holders"]):
            with pytest.raises(Refused, match="profiles"):
                make_alternatives(session, ACTOR, NOW, draft, profiles=wrong)
        for _more in range(MOST - AT_ONCE):
            session.add(
                Draft(year=YEAR, scope="all", name="x", profile="even", seconds=2, state="failed", created_at=NOW)
            )
        session.flush()
        with pytest.raises(Refused, match="Ta bort något"):
            make_alternatives(session, ACTOR, NOW, draft)


def test_one_that_waits_for_its_turn_can_be_stopped(house, writing, ready):
    with writing() as session:
        first, second, third = make_alternatives(session, ACTOR, NOW, session.get_one(Draft, ready))
        stop_run(session, ACTOR, NOW, first)
        assert first.state == "failed"
        left = [second.id, third.id]
    assert [run_next(house, writing) for _each in range(3)] == [*left, None]


def test_the_alternatives_of_a_profile_leave_it_out():
    assert profiles_beside(Draft(profile="travel")) == ["close", "even", "holders"]
    assert profiles_beside(Draft(profile="balanced")) == ["close", "travel", "even"]


def test_two_drafts_are_judged_in_one_measure_date_by_date(house, writing, ready):
    with writing() as session:
        [made] = make_alternatives(session, ACTOR, NOW, session.get_one(Draft, ready), profiles=["even"])
        other_id = made.id
    run_next(house, writing)
    with Session(house) as session:
        one, other = board(session, ready), board(session, other_id)
        found = compare(one, other)
        assert found.left.cost == one.report.cost
        # The other was weighed by its own profile: here by the balanced weights.
        assert other.instance.weights.spacing_per_week == 8 * one.instance.weights.spacing_per_week
        balanced = replace(other.instance, weights=one.instance.weights)
        assert found.right.cost == check(balanced, other.plan).cost
        assert found.different == difference(one.plan, other.plan)
        for row in found.rows:
            here = {m.on for m in one.plan.meetings if m.forum == f"f{row.forum_id}"}
            there = {m.on for m in other.plan.meetings if m.forum == f"f{row.forum_id}"}
            assert {date_.on for date_ in row.left if date_.other} == here - there
            assert {date_.on for date_ in row.right if date_.other} == there - here
        same = compare(one, one)
        assert (same.different, {row.better for row in same.terms}) == (0.0, {""})
        assert len(as_fixed(one.plan)) == 12
