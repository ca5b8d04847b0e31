"""Statements in the three-way load: each is one value under its path in the record.

A list in the file is matched item by item with what was loaded before, so that taking one away does not
shift all that follow it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from scheduler import i18n
from scheduler.register.models import LoadedValue, Statement
from scheduler.register.rules import COUNTY
from scheduler.reports.register_file.merging import Merging
from scheduler.reports.register_file.report import Change, Leftover
from scheduler.reports.register_file.telling import Told
from scheduler.reports.register_file.values import Leaf

#: The length of the search_key column.
_SEARCHED = 4000


def merge_statements(merging: Merging) -> None:
    """Stores the statements of the file, and lists those that left it."""
    stored = {row.id: row for row in merging.session.scalars(select(Statement))}
    by_record: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in merging.register.leaves:
        by_record[leaf.record].append(leaf)
    loaded = {
        record: {path: value for path, value in fields.items() if value.subject_kind == "statement"}
        for record, fields in merging.loaded.items()
    }
    gone_records = {leftover.record for leftover in merging.report.gone if leftover.field is None}
    for record, leaves in by_record.items():
        _align(leaves, loaded.get(record, {}))
        for leaf in leaves:
            _merge(merging, leaf, loaded.get(record, {}).get(leaf.path), stored)
    for record, fields in loaded.items():
        present = {leaf.path for leaf in by_record.get(record, ())}
        for path, value in fields.items():
            found = stored.get(value.subject_id)
            if path not in present and found is not None and record not in gone_records:
                merging.report.gone.append(Leftover(record, found.text[:80] or path, path))


def _said(leaf: Leaf) -> dict[str, Any]:
    """What the file says in a statement, as it is kept for the next load."""
    return {
        "key": leaf.key,
        "text": leaf.text,
        "value": leaf.value,
        "assumed": leaf.assumed,
        "sources": ",".join(leaf.sources) or None,
    }


def _merge(merging: Merging, leaf: Leaf, known: LoadedValue | None, stored: dict[int, Statement]) -> None:
    said = _said(leaf)
    if known is None:
        _make(merging, leaf, said)
        return
    statement = stored.get(known.subject_id)
    if statement is None:
        merging.report.removed_by_hand.append(Leftover(leaf.record, leaf.text[:80], leaf.path))
        return
    if statement.position != leaf.position:
        # Only where it stands on the page; no value of the record.
        statement.position = leaf.position
    here = {name: getattr(statement, name) for name in said}
    if here == said:
        merging.report.unchanged += 1
    elif here == known.value:
        for name, value in said.items():
            setattr(statement, name, value)
        statement.search_key = i18n.search_key(leaf.text)[:_SEARCHED]
        merging.report.updated.append(Change(leaf.record, leaf.record, leaf.path, here["text"], leaf.text))
        told = _told(merging, leaf)
        told.before[leaf.path], told.after[leaf.path] = here["text"], leaf.text
        if here["text"] == leaf.text:
            told.before[leaf.path], told.after[leaf.path] = _besides(here), _besides(said)
    else:
        both = known.value != said
        merging.report.kept_by_hand.append(
            Change(leaf.record, leaf.record, leaf.path, here["text"], leaf.text, both=both)
        )
    if known.value != said:
        known.value = said


def _besides(said: dict[str, Any]) -> dict[str, Any]:
    """What besides the text a statement says: whether it is assumed, and by which sources."""
    return {"assumed": said["assumed"], "sources": said["sources"]}


def _make(merging: Merging, leaf: Leaf, said: dict[str, Any]) -> None:
    kind, number = COUNTY
    if leaf.subject is not None:
        place = merging.places.get(leaf.subject.record)
        if place is None:
            # What it is about was removed by hand.
            return
        kind, number = place.row.model.__tablename__, place.number
    statement = Statement(
        record=leaf.record,
        path=leaf.path,
        subject_kind=kind,
        subject_id=number,
        position=leaf.position,
        search_key=i18n.search_key(leaf.text)[:_SEARCHED],
        **said,
    )
    merging.session.add(statement)
    merging.report.created.append(("statement", leaf.text[:80] or leaf.path))
    merging.loaded_now(leaf.record, leaf.path, said, "statement", statement)
    _told(merging, leaf).after[leaf.path] = leaf.text


def _told(merging: Merging, leaf: Leaf) -> Told:
    """The history the statement belongs to: that of what it is about, or of its own record."""
    place = merging.places.get(leaf.subject.record) if leaf.subject else None
    if place is None:
        table, number = COUNTY
        return merging.telling.of(leaf.record, table, number, leaf.record, is_new=False)
    if place.row.record == leaf.record:
        return merging.tell_of(place)
    return merging.telling.of(leaf.record, place.row.model.__tablename__, place.number, place.row.label, is_new=False)


def _align(leaves: list[Leaf], known: dict[str, LoadedValue]) -> None:
    """Gives each item of a list the number it was loaded under; ``leaves`` change their paths."""
    new: dict[str, dict[int, dict[str, Leaf]]] = defaultdict(lambda: defaultdict(dict))
    for leaf in leaves:
        if place := _item_of(leaf.path):
            prefix, number, within = place
            new[prefix][number][within] = leaf
    old: dict[str, dict[int, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for path, value in known.items():
        if place := _item_of(path):
            prefix, number, within = place
            old[prefix][number][within] = value.value["value"]
    for prefix, items in new.items():
        numbers = _numbers({n: {w: leaf.value for w, leaf in item.items()} for n, item in items.items()}, old[prefix])
        for number, item in items.items():
            for within, leaf in item.items():
                leaf.path = "/".join(part for part in (prefix, str(numbers[number]), within) if part)


def _item_of(path: str) -> tuple[str, int, str] | None:
    """List, number of the item, path within it: "tasks/0/sv" is ("tasks", 0, "sv"); None outside a list."""
    parts = path.split("/")
    for index, part in enumerate(parts):
        if part.isdecimal():
            return "/".join(parts[:index]), int(part), "/".join(parts[index + 1 :])
    return None


def _numbers(new: dict[int, dict[str, Any]], old: dict[int, dict[str, Any]]) -> dict[int, int]:
    """Number in the file → number it was loaded under: the same item's, else a changed one's, else a free one."""
    numbers: dict[int, int] = {}
    left = dict(old)
    for number, item in new.items():
        same = number if left.get(number) == item else next((n for n, was in left.items() if was == item), None)
        if same is not None:
            numbers[number] = same
            del left[same]
    free = iter([*sorted(left), *range(max(old, default=-1) + 1, max(old, default=-1) + 1 + len(new))])
    for number in new:
        if number not in numbers:
            numbers[number] = next(free)
    return numbers
