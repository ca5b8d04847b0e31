"""What holds for every forum and every day: the fast rules equal the slow ones, and never contradict themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.cadence.bands import BandState, bands
from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Limits, Meeting, Status
from scheduler.cadence.years import closed_years
from scheduler.workdays.rules import call_by
from tests.cadence import oracle, strategies

slowly = settings(max_examples=120, deadline=None)
CLOSED = {Status.INACTIVE, Status.EXCEEDED, Status.NO_REQUIREMENT, Status.MET, Status.MISSED}


@slowly
@given(strategies.forums(), strategies.meetings, strategies.todays, strategies.windows())
def test_evaluation_equals_the_day_by_day_oracle(
    forum: Forum, meetings: list[Meeting], today: date, window: tuple[date, date] | None
) -> None:
    expected = oracle.evaluate(forum, meetings, today, window)
    found = evaluate(forum, meetings, today, window)
    assert {key: getattr(found, key) for key in expected} == expected


@slowly
@given(
    strategies.forums(strategies.counts(rolling=True).map(lambda version: (version,))),
    st.lists(st.builds(Meeting, strategies.days, st.sampled_from(["held", "planned"])), min_size=6, max_size=14),
    strategies.todays,
)
def test_rolling_year_equals_the_day_by_day_oracle(forum: Forum, meetings: list[Meeting], today: date) -> None:
    expected = oracle.evaluate(forum, meetings, today)
    found = evaluate(forum, meetings, today)
    assert {key: getattr(found, key) for key in expected} == expected


@slowly
@given(
    strategies.forums(strategies.version_lists(strategies.counts(rolling=False))),
    strategies.meetings,
    strategies.todays,
    strategies.windows(),
)
def test_count_never_contradicts_itself(
    forum: Forum, meetings: list[Meeting], today: date, window: tuple[date, date] | None
) -> None:
    found = evaluate(forum, meetings, today, window)
    if found.version.kind is Kind.NONE:
        return
    assert found.required is not None
    assert found.missing == max(0, found.required - found.held - found.planned)
    assert found.allowed is None or found.required <= found.allowed or found.required == found.allowed + 1
    assert found.call_by == (None if found.latest_next is None else call_by(found.latest_next, forum.notice))
    if found.is_closed:
        assert found.status in CLOSED
        assert (found.next_deadline, found.latest_next) == (None, None)
    if found.status is Status.MISSED:
        assert found.held < found.required


@slowly
@given(strategies.counts(rolling=False), strategies.pauses(), strategies.todays)
def test_required_is_never_above_allowed_for_one_version(
    version: CadenceVersion, pauses: tuple[tuple[date, date | None], ...], today: date
) -> None:
    found = evaluate(Forum((version,), pauses=pauses), [], today)
    assert found.allowed is None or (found.required is not None and found.required <= found.allowed)
    assert (found.required or 0) <= (found.target or 0)


@slowly
@given(strategies.forums(strategies.version_lists(strategies.counts())), strategies.meetings, strategies.todays)
def test_another_held_meeting_never_worsens_a_count_without_maximum(
    forum: Forum, meetings: list[Meeting], today: date
) -> None:
    """Not so for an interval: overdue with a date booked far ahead becomes at risk, which is listed first."""
    forum = replace(forum, versions=tuple(replace(version, max=None) for version in forum.versions))
    before = evaluate(forum, meetings, today)
    after = evaluate(forum, [*meetings, Meeting(today, "held", quorum=True)], today)
    assert after.status.rank >= before.status.rank
    assert after.held == before.held + 1


@slowly
@given(strategies.forums(), strategies.meetings, strategies.todays, st.randoms())
def test_status_depends_on_nothing_but_the_arguments(
    forum: Forum, meetings: list[Meeting], today: date, random: st.DataObject
) -> None:
    shuffled = list(meetings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert evaluate(forum, shuffled, today).as_result() == evaluate(forum, meetings, today).as_result()


@slowly
@given(strategies.intervals(), strategies.pauses(), strategies.meetings, strategies.todays)
def test_interval_is_due_after_its_base_and_latest_no_earlier(
    version: CadenceVersion,
    pauses: tuple[tuple[date, date | None], ...],
    meetings: list[Meeting],
    today: date,
) -> None:
    found = evaluate(Forum((version,), start=date(2024, 1, 1), pauses=pauses), meetings, today)
    assert found.base is not None
    assert found.next_deadline is None or found.next_deadline > found.base
    assert found.latest is None or (found.next_deadline is not None and found.latest >= found.next_deadline)


@slowly
@given(strategies.forums(strategies.version_lists(strategies.counts(rolling=False))), strategies.todays)
def test_pace_deadlines_rise_and_their_bands_cover_each_active_day_once(forum: Forum, today: date) -> None:
    for year in (2026, 2027):
        found = bands(forum, [], today, year)
        deadlines = [band.deadline for band in found]
        assert deadlines == sorted(set(deadlines))
        drawn = [day for band in found for first, last in band.spans for day in oracle.days_of(first, last)]
        assert len(drawn) == len(set(drawn))
        assert all(oracle.is_active(forum, day) for day in drawn)


@slowly
@given(strategies.forums(), strategies.meetings, strategies.todays)
def test_bands_miss_only_what_has_passed(forum: Forum, meetings: list[Meeting], today: date) -> None:
    for band in bands(forum, meetings, today, today.year):
        if band.state is BandState.MISSED:
            assert band.deadline < today


@slowly
@given(strategies.forums(), strategies.meetings, strategies.todays)
def test_year_is_never_better_than_its_worst_window(forum: Forum, meetings: list[Meeting], today: date) -> None:
    for found in closed_years(forum, meetings, today, range(2025, 2028)).values():
        if found is not None and found.windows:
            assert found.status == min((w.status for w in found.windows), key=lambda status: status.rank)
            assert all(w.status in CLOSED for w in found.windows)
            assert found.held == sum(w.held for w in found.windows)


@slowly
@given(
    strategies.forums(),
    strategies.meetings,
    strategies.todays,
    st.frozensets(st.dates(date(2026, 1, 1), date(2028, 12, 31)), max_size=60),
    st.integers(0, 90),
)
def test_limits_only_ever_move_the_last_day_earlier(
    forum: Forum, meetings: list[Meeting], today: date, closed: frozenset[date], gap: int
) -> None:
    plain = evaluate(forum, meetings, today)
    limited = evaluate(forum, meetings, today, limits=Limits(closed, gap))
    assert (limited.status, limited.missing) == (plain.status, plain.missing)
    if limited.latest_next is not None:
        assert plain.latest_next is not None
        assert today <= limited.latest_next <= plain.latest_next
        assert limited.latest_next not in closed
        assert limited.latest_sum is not None
        days = limited.latest_sum.meetings
        assert days[0] == limited.latest_next
        assert all(later - earlier >= timedelta(days=gap) for earlier, later in pairwise(days))


@slowly
@given(strategies.forums(), strategies.meetings, strategies.todays, strategies.windows())
def test_every_status_has_a_sentence_in_both_languages(
    forum: Forum, meetings: list[Meeting], today: date, window: tuple[date, date] | None
) -> None:
    reason = evaluate(forum, meetings, today, window).reason
    for text in (reason["sv"], reason["en"]):
        assert text == text.strip()
        assert text[0].isupper() or text[0].isdigit()
        assert "None" not in text
        assert not text.endswith(".")
