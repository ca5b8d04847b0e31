"""What a change comes to, and the order in which its rows go back."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from scheduler.organisations.rules import Span
from scheduler.undo.rules import Row, Step, net, overlap, reason_problem, rings, steps_back, swapped

ORDER = ("organisation", "forum", "seat")


def row(flush: int, table: str, id_: int, before: dict | None, after: dict | None) -> Row:
    return Row(flush, table, {"id": id_}, before, after)


def test_row_changed_twice_comes_to_its_first_and_last_state():
    rows = [
        row(1, "forum", 1, {"name": "A", "code": None}, {"name": "B", "code": "AB"}),
        row(2, "forum", 1, {"name": "B"}, {"name": "C"}),
    ]
    assert net(rows) == [row(2, "forum", 1, {"name": "A", "code": None}, {"name": "C", "code": "AB"})]


def test_row_that_ends_as_it_began_is_left_out():
    assert net([row(1, "forum", 1, {"n": 1}, {"n": 2}), row(2, "forum", 1, {"n": 2}, {"n": 1})]) == []
    assert net([row(1, "forum", 1, None, {"id": 1, "n": 1}), row(2, "forum", 1, {"id": 1, "n": 1}, None)]) == []


def test_row_added_and_then_changed_is_added_as_it_ended():
    rows = [row(1, "forum", 1, None, {"id": 1, "name": "A", "n": 1}), row(2, "forum", 1, {"name": "A"}, {"name": "B"})]
    assert net(rows) == [row(2, "forum", 1, None, {"id": 1, "name": "B", "n": 1})]


def test_row_changed_and_then_deleted_comes_back_as_it_was_first():
    rows = [row(1, "forum", 1, {"name": "A"}, {"name": "B"}), row(2, "forum", 1, {"id": 1, "name": "B"}, None)]
    assert net(rows) == [row(2, "forum", 1, {"id": 1, "name": "A"}, None)]


def test_plain_links_are_told_apart_by_what_they_link():
    link = [Row(1, "forum_theme", {}, None, {"forum_id": 1, "theme_id": n}) for n in (1, 2)]
    assert len(net(link)) == 2


def test_steps_go_back_flush_by_flush_and_never_stand_on_nothing():
    rows = [
        row(1, "organisation", 7, None, {"id": 7}),
        row(2, "forum", 1, {"host_id": None}, {"host_id": 7}),
        row(2, "seat", 3, {"id": 3, "forum_id": 1}, None),
    ]
    assert list(steps_back(rows, ORDER)) == [
        Step("insert", "seat", {"id": 3}, {"id": 3, "forum_id": 1}),
        Step("update", "forum", {"id": 1}, {"host_id": None}),
        Step("delete", "organisation", {"id": 7}, {"id": 7}),
    ]


def test_version_never_goes_back():
    assert list(steps_back([row(1, "forum", 1, {"version": 1}, {"version": 2})], ORDER)) == []


VALUES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), min_size=1, max_size=3)


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from(["add", "change", "delete"]), VALUES), max_size=12)
)
def test_applying_the_steps_gives_what_was_before(doings):
    """A small table of rows, changed any number of times: the steps lead back to where it began."""
    table: dict[int, dict] = {1: {"a": 0, "b": 0, "c": 0}}
    first = {key: dict(value) for key, value in table.items()}
    rows = []
    for flush, (id_, doing, values) in enumerate(doings, 1):
        if doing == "add" and id_ not in table:
            table[id_] = {"a": 0, "b": 0, "c": 0, **values}
            rows.append(row(flush, "forum", id_, None, {"id": id_, **table[id_]}))
        elif doing == "change" and id_ in table:
            rows.append(row(flush, "forum", id_, {name: table[id_][name] for name in values}, values))
            table[id_] = {**table[id_], **values}
        elif doing == "delete" and id_ in table:
            rows.append(row(flush, "forum", id_, {"id": id_, **table.pop(id_)}, None))
    last = {key: dict(value) for key, value in table.items()}
    assert _apply(table, rows) == first
    assert _apply(table, swapped(rows)) == last


def _apply(table: dict[int, dict], rows: list[Row]) -> dict[int, dict]:
    for step in steps_back(rows, ORDER):
        id_ = step.key["id"]
        if step.act == "insert":
            table[id_] = {name: value for name, value in step.values.items() if name != "id"}
        elif step.act == "delete":
            del table[id_]
        else:
            table[id_] = {**table[id_], **step.values}
    return table


def test_overlap_is_a_shared_day():
    first, second = Span(date(2026, 1, 1), date(2026, 6, 30)), Span(date(2026, 7, 1), None)
    assert not overlap([first, second])
    assert overlap([first, Span(date(2026, 6, 30), None)])


def test_ring_is_found_from_any_of_its_members_alone():
    above = {1: 2, 2: 3, 3: 1, 4: None, 5: 4}
    assert rings(above, [2])
    assert not rings(above, [4, 5])


def test_change_of_an_earlier_day_needs_a_reason():
    today = date(2026, 11, 22)
    assert reason_problem(today, today, None) == []
    assert [p.field for p in reason_problem(date(2026, 11, 21), today, "")] == ["reason"]
    assert reason_problem(date(2026, 11, 21), today, "Fel forum") == []
