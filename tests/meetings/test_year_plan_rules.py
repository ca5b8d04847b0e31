"""The yearly plan as a table: what has changed since the decision, where it stands and what it says (D3)."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.i18n import use_language
from scheduler.meetings.year_plan_rules import Planned, Row, changes_of, empty_months, row_of, usual_start
from scheduler.meetings.year_plan_words import cell_text, change_sentence, days_text

YEAR = 2026


def planned(number: int, month: int, day: int, start: time | None = time(10), *, year: int = YEAR, **values) -> Planned:
    on = date(year, month, day)
    return Planned(number, on, values.pop("last_on", on), start, **values)


def row(decided: list[Planned] | None, present: list[Planned], first: int = 1) -> Row:
    return row_of(YEAR, 7, decided, present, first)


def told(decided: list[Planned], present: list[Planned]) -> list[str]:
    return [change_sentence(change, YEAR) for change in changes_of(decided, present)]


def cells(shown: Row) -> list[str]:
    return [", ".join(cell_text(item) for item in cell) for cell in shown.cells]


DECIDED = [planned(1, 2, 12), planned(2, 4, 23), planned(3, 9, 8)]


def test_nothing_is_marked_while_nothing_changes():
    shown = row(DECIDED, DECIDED)
    assert not shown.is_changed
    assert [cell for cell in cells(shown) if cell] == ["12", "23", "8"]
    assert (shown.count, shown.usual) == (3, time(10))


def test_moved_meeting_is_struck_where_it_was_and_new_where_it_is():
    present = [planned(1, 2, 12), planned(2, 4, 23), planned(3, 9, 15, time(9))]
    shown = row(DECIDED, present, first=3)
    assert cells(shown)[8] == "8 utgår, 15(09.00) ny [3]"
    assert told(DECIDED, present) == ["15 september ersätter 8 september, ny tid 09.00."]
    assert shown.count == 3


def test_meeting_moved_to_another_month_has_its_number_in_both():
    shown = row(DECIDED, [planned(1, 3, 5), *DECIDED[1:]])
    assert cells(shown)[1:3] == ["12 utgår [1]", "5 ny [1]"]


def test_meeting_moved_to_another_year_is_struck_here():
    present = [*DECIDED[:2], planned(3, 1, 26, year=2027)]
    shown = row(DECIDED, present)
    assert cells(shown)[8] == "8 utgår [1]"
    assert (shown.count, cells(shown)[0]) == (2, "")
    assert told(DECIDED, present) == ["26 januari 2027 ersätter 8 september."]


def test_cancelled_meeting_and_one_that_is_gone_are_struck():
    present = [planned(1, 2, 12, state="cancelled"), DECIDED[1]]
    shown = row(DECIDED, present)
    assert (cells(shown)[1], cells(shown)[8], shown.count) == ("12 utgår [1]", "8 utgår [2]", 1)
    assert told(DECIDED, present) == ["12 februari utgår.", "8 september utgår."]


def test_another_time_the_same_day_is_said_beside_it():
    present = [planned(1, 2, 12, time(13)), *DECIDED[1:]]
    assert cells(row(DECIDED, present))[1] == "12(13.00) [1]"
    assert told(DECIDED, present) == ["12 februari: ny tid 13.00 i stället för 10.00."]


def test_new_meeting_is_marked_once_it_is_booked():
    booked, proposed = planned(9, 9, 17), planned(9, 9, 17, state="proposed")
    assert cells(row(DECIDED, [*DECIDED, booked]))[8] == "8, 17 ny [1]"
    assert cells(row(DECIDED, [*DECIDED, proposed]))[8] == "8"
    assert told(DECIDED, [*DECIDED, booked]) == ["Nytt möte 17 september."]


def test_meeting_booked_and_cancelled_after_the_decision_leaves_no_trace():
    assert not row(DECIDED, [*DECIDED, planned(9, 9, 17, state="cancelled")]).is_changed


def test_decided_meeting_that_is_a_proposal_again_stands():
    assert not row(DECIDED, [planned(1, 2, 12, state="proposed"), *DECIDED[1:]]).is_changed


def test_without_a_decision_a_cancelled_meeting_stands_struck_and_uncounted():
    shown = row(None, [planned(1, 2, 12, state="cancelled"), planned(2, 4, 23)])
    assert (cells(shown)[1], shown.count, shown.is_changed) == ("12 utgår", 1, False)


def test_forum_decided_without_meetings_has_what_came_later_as_new():
    assert cells(row([], [planned(1, 2, 12)]))[1] == "12 ny [1]"


def test_changes_come_in_order_of_days_and_are_numbered_on():
    present = [planned(1, 11, 3), DECIDED[1], planned(3, 9, 9)]
    assert [(number, change.meeting_id) for number, change in row(DECIDED, present, first=4).notes.items()] == [
        (4, 3),
        (5, 1),
    ]


@pytest.mark.parametrize(("last_on", "text"), [
    (date(2026, 5, 20), "20"), (date(2026, 5, 21), "20–21"), (date(2026, 6, 1), "20 maj–1 jun"),
])  # fmt: skip
def test_days_of_one_meeting(last_on, text):
    assert days_text(planned(1, 5, 20, last_on=last_on)) == text


def test_sentences_in_english():
    with use_language("en"):
        [sentence] = told(DECIDED, [*DECIDED[:2], planned(3, 9, 15, time(9, 30))])
        assert sentence == "15 September replaces 8 September, new time 09:30."
        [change] = changes_of([], [planned(9, 9, 17)])
        assert change_sentence(change, YEAR, "Utlysningen") == "New meeting 17 September: Utlysningen."


def test_usual_time_is_the_one_most_have_the_earliest_of_several():
    starts = [time(13), time(9), time(13), time(9), None]
    assert usual_start(planned(n, 2, 1 + n, start) for n, start in enumerate(starts)) == time(9)
    assert usual_start([planned(1, 2, 1, None)]) is None


def test_month_in_which_no_forum_meets_is_empty_and_none_is_while_nobody_meets():
    rows = [row(None, [planned(n, n, 5) for n in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12)]), row(None, [])]
    assert empty_months(rows) == {7}
    assert empty_months([row(None, [])]) == frozenset()


days = st.dates(date(YEAR, 1, 1), date(YEAR, 12, 31))
meetings = st.dictionaries(st.integers(1, 12), st.tuples(days, st.sampled_from(["confirmed", "held", "cancelled"])))


@given(meetings, meetings)
def test_every_standing_meeting_is_in_the_row_and_every_decided_one_is_accounted_for(decided, present):
    before = [Planned(n, on, on, time(10)) for n, (on, _state) in decided.items()]
    now = [Planned(n, on, on, time(10), state) for n, (on, state) in present.items()]
    shown = row(before, now)
    items = [item for cell in shown.cells for item in cell]
    standing = sorted(one.on for one in now if one.stands)
    assert sorted(item.planned.on for item in items if item.look != "gone") == standing
    assert shown.count == len(standing)
    unchanged = {item.planned.meeting_id for item in items if item.note is None and item.look == "plain"}
    marked = {change.meeting_id for change in shown.notes.values()}
    assert {one.meeting_id for one in before} <= unchanged | marked
    assert not unchanged & marked


@given(meetings)
def test_stored_plan_is_read_back_as_it_was(decided):
    before = [Planned(n, on, on, None if n % 2 else time(8, 30)) for n, (on, _state) in decided.items()]
    assert [Planned.read(one.stored()) for one in before] == before
