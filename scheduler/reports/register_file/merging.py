"""The three-way load: what the file says, what it said last time, and what the database holds now.

A field is changed only where the database still holds what the last load left there. What somebody changed
by hand stands, what left the file stands, what somebody removed is not made again; each is reported. A field
no load has written counts as left at its column's default, so that an empty one may be filled.
Not here: reading the file (``loading``), values that are rows of their own (``lists``), statements
(``statements``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.forums.models import Forum
from scheduler.history.rules import Actor, plain
from scheduler.i18n import pgettext
from scheduler.register.models import LoadedValue, Provenance, Source
from scheduler.reports.register_file.lists import (
    LISTS,
    ListField,
    Subject,
    origin_order,
    origin_rows,
    read_origins,
    write_origins,
)
from scheduler.reports.register_file.report import Change, Leftover, LoadReport
from scheduler.reports.register_file.telling import Telling, Told, label_of
from scheduler.reports.register_file.values import Ref, Register, Row

#: The name of the field that stands for all provenance of a row.
ORIGINS = "origins"


@dataclass
class Place:
    """Where a row of the file stands in the database."""

    row: Row
    found: Any
    is_new: bool

    @property
    def number(self) -> int:
        """The row number, 0 for a table whose key is a text."""
        return self.found.id if isinstance(self.found.id, int) else 0

    @property
    def subject(self) -> Subject:
        """The row as provenance knows it."""
        key = self.found.id
        return (key, None) if isinstance(key, int) else (0, key)


class Merging:
    """One load of a register; ``defaults`` are values a row may hold though no person chose them."""

    def __init__(
        self,
        session: Session,
        register: Register,
        file_name: str,
        defaults: dict[tuple[type[Base], str], dict[str, Any]],
    ) -> None:
        self.session = session
        self.register = register
        self.report = LoadReport(file_name, unknown=register.unknown)
        self._defaults = defaults
        self._rows = {row.record: row for row in register.rows}
        self.places: dict[str, Place] = {}
        #: Records whose rows somebody removed.
        self._removed: set[str] = set()
        self.loaded: dict[str, dict[str, LoadedValue]] = defaultdict(dict)
        for value in session.scalars(select(LoadedValue)):
            self.loaded[value.record][value.field] = value
        self._stored = {model: self._read(model) for model in dict.fromkeys(row.model for row in register.rows)}
        claimed = {(v.subject_kind, v.subject_id) for fields in self.loaded.values() for v in fields.values()}
        self._unclaimed = {
            model: [row for row in rows.values() if (model.__tablename__, getattr(row, "id", None)) not in claimed]
            for model, rows in self._stored.items()
        }
        self._new_values: list[tuple[str, str, Any, str, Any]] = []
        self.telling = Telling()

    def _read(self, model: type[Base]) -> dict[Any, Any]:
        return {getattr(row, "id", None): row for row in self.session.scalars(select(model)).unique()}

    # ------------------------------------------------------------ finding and making rows

    def place_rows(self) -> None:
        """Finds or makes the row of every record."""
        for row in self.register.rows:
            self._place(row)
        self.session.flush()
        for place in self.places.values():
            self._stored[place.row.model][place.found.id] = place.found

    def _place(self, row: Row) -> Place | None:
        if row.record in self.places or row.record in self._removed:
            return self.places.get(row.record)
        found = None
        if known := self._known_values(row.record):
            key: Any = next(iter(known.values())).subject_id or row.fields["id"]
            found = self._stored[row.model].get(key)
            if found is None:
                self._note_removed(row)
                return None
        elif row.match:
            found = self._match(row)
        if found is None:
            return self._make(row)
        place = self.places[row.record] = Place(row, found, is_new=False)
        return place

    def _known_values(self, record: str) -> dict[str, LoadedValue]:
        return {f: v for f, v in self.loaded.get(record, {}).items() if v.subject_kind != "statement"}

    def _note_removed(self, row: Row) -> None:
        self._removed.add(row.record)
        if row.owner is None or row.owner.record not in self._removed:
            self.report.removed_by_hand.append(Leftover(row.record, row.label))

    def _match(self, row: Row) -> Any:
        """A row that no load made and that says the same in the columns that tell rows apart."""
        if not self._unclaimed[row.model]:
            return None
        wanted = [self.resolve(row.fields.get(column)) for column in row.match]
        for candidate in self._unclaimed[row.model]:
            if [getattr(candidate, column) for column in row.match] == wanted:
                self._unclaimed[row.model].remove(candidate)
                return candidate
        return None

    def _make(self, row: Row) -> Place | None:
        values = {column: self.resolve(value) for column, value in row.fields.items()}
        for column, value in values.items():
            if value is None and row.fields[column] is not None and not row.model.__table__.c[column].nullable:
                # What it belongs to was removed by hand, so there is nowhere to put it.
                self._removed.add(row.record)
                return None
        found = row.model(**{**row.at_first, **{k: v for k, v in values.items() if v is not None}})
        self.session.add(found)
        self.report.created.append((row.model.__tablename__, row.label))
        place = self.places[row.record] = Place(row, found, is_new=True)
        return place

    def resolve(self, value: Any) -> Any:
        """``value`` with row numbers for references; None for a reference to a removed row.

        A row that was merged into another counts as the one that is kept.
        """
        if isinstance(value, Ref):
            place = self._place(self._rows[value.record])
            if place is None:
                return None
            if place.found.id is None:
                self.session.flush()
            return getattr(place.found, "merged_into_id", None) or place.found.id
        return value

    # ------------------------------------------------------------ comparing

    def compare_rows(self) -> None:
        """Compares every field of every row, and changes what may be changed."""
        lists = {key: field.read(self.session) for key, field in LISTS.items()}
        origins = read_origins(self.session)
        sources = {number: id_ for id_, number in self.session.execute(select(Source.id, Source.number))}
        new_origins: list[dict[str, Any]] = []
        for place in self.places.values():
            table = place.row.model.__tablename__
            for unit in _units(place.row):
                self._compare_columns(place, unit)
            for name, value in place.row.lists.items():
                kind = LISTS[place.row.model, name]
                wanted = [self.resolve(part) for part in value]
                if kind.of and name != "entries":
                    wanted = sorted(part for part in wanted if part is not None)
                self._compare_list(place, name, lists[place.row.model, name].get(place.number, []), wanted, kind)
            wanted_origins = sorted((list(origin) for origin in set(place.row.origins)), key=origin_order)
            if place.is_new:
                new_origins += origin_rows(table, place.subject, wanted_origins, sources)
                self.loaded_now(place.row.record, ORIGINS, wanted_origins, table, place.found)
                continue
            stored = origins.get(table, {}).get(place.subject, [])
            if not stored and not self._known_values(place.row.record):
                # A row that was there before any load: that it is in the file now changes no value of it.
                new_origins += origin_rows(table, place.subject, wanted_origins, sources)
                self.loaded_now(place.row.record, ORIGINS, wanted_origins, table, place.found)
                continue
            if self._decide(place, (ORIGINS,), {ORIGINS: stored}, {ORIGINS: wanted_origins}):
                write_origins(self.session, table, place.subject, wanted_origins, sources)
        if new_origins:
            self.session.execute(insert(Provenance), new_origins)

    def _compare_columns(self, place: Place, unit: tuple[str, ...]) -> None:
        wanted = {column: self.resolve(place.row.fields[column]) for column in unit}
        here = {column: plain(getattr(place.found, column)) for column in unit}
        if self._decide(place, unit, here, {column: plain(value) for column, value in wanted.items()}):
            for column, value in wanted.items():
                if getattr(place.found, column) != value:
                    setattr(place.found, column, value)

    def _compare_list(self, place: Place, name: str, here: list[Any], wanted: list[Any], kind: ListField) -> None:
        if place.is_new:
            kind.write(self.session, place.number, wanted)
            self._tell(place, name, None, wanted)
            self.loaded_now(place.row.record, name, wanted, place.row.model.__tablename__, place.found)
        elif self._decide(place, (name,), {name: here}, {name: wanted}):
            kind.write(self.session, place.number, wanted)

    def _decide(self, place: Place, unit: tuple[str, ...], here: dict[str, Any], file: dict[str, Any]) -> bool:
        """Whether the fields of ``unit`` take the file's values; notes what is decided."""
        row = place.row
        table = row.model.__tablename__
        loaded = self.loaded.get(row.record, {})
        base = {name: loaded[name].value if name in loaded else self._default(place, name) for name in unit}
        differing = [name for name in unit if here[name] != file[name]]
        takes = not place.is_new and bool(differing) and here == base
        for name in unit:
            change = Change(
                row.record, row.label, name, self._words(row, name, here[name]), self._words(row, name, file[name])
            )
            if place.is_new:
                self._tell(place, name, None, file[name])
            elif name not in differing:
                self.report.unchanged += 1
            elif takes:
                self.report.updated.append(change)
                self._tell(place, name, here[name], file[name])
            else:
                both = name in loaded and base[name] != file[name]
                self.report.kept_by_hand.append(replace(change, both=both))
            self.loaded_now(row.record, name, file[name], table, place.found)
        return takes

    def _default(self, place: Place, name: str) -> Any:
        """What ``name`` holds in a row where nobody chose a value."""
        if name == ORIGINS or (place.row.model, name) in LISTS:
            return []
        chosen = self._defaults.get((place.row.model, str(place.found.id)), {})
        if name in chosen:
            return plain(chosen[name])
        default = place.row.model.__table__.c[name].default
        return plain(default.arg) if default is not None and default.is_scalar else None

    def loaded_now(self, record: str, name: str, value: Any, table: str, found: Any) -> None:
        """Keeps ``value`` as what the file says; writes nothing when it said so before."""
        known = self.loaded.get(record, {}).get(name)
        if known is None:
            self._new_values.append((record, name, value, table, found))
        elif known.value != value:
            known.value = value

    # ------------------------------------------------------------ what left the file

    def note_gone(self) -> None:
        """Lists the records and fields the file no longer has; they stand."""
        gone: set[str] = set()
        for record, fields in sorted(self.loaded.items()):
            values = self._known_values(record)
            top = "/".join(record.split("/")[:2])
            if not values or top in gone:
                continue
            if record not in self._rows:
                first = next(iter(values.values()))
                label = self._label(first)
                if label is not None:
                    self.report.gone.append(Leftover(record, label))
                    gone.add(top if record == top else record)
                continue
            row = self._rows[record]
            for name in fields:
                if name in values and name != ORIGINS and name not in row.fields and name not in row.lists:
                    self.report.gone.append(Leftover(record, row.label, name))

    def _label(self, value: LoadedValue) -> str | None:
        """The name of the row a loaded value went into, None when it is no longer there."""
        model = next((m for m in _models() if m.__tablename__ == value.subject_kind), None)
        if model is None:
            return None
        key: Any = value.subject_id or value.record.split("/")[1]
        found = self.session.get(model, key)
        return None if found is None else label_of(found) or value.record

    # ------------------------------------------------------------ storing what was decided

    def _tell(self, place: Place, name: str, before: Any, after: Any) -> None:
        """Adds a field to the history of the record, or of its owner."""
        row = place.row
        owner = self.places.get(row.owner.record) if row.owner else place
        if owner is None or (name == ORIGINS and place.is_new):
            return
        before, after = self._words(row, name, before), self._words(row, name, after)
        if place.is_new and after in (None, [], False):
            return
        word = name.removesuffix("_id")
        path = word if owner is place else f"{row.record.removeprefix(owner.row.record).strip('/')}/{word}"
        told = self.tell_of(owner)
        told.before[path], told.after[path] = before, after
        self.report.touched.add((row.model.__tablename__, place.number))

    def tell_of(self, place: Place) -> Told:
        """What the history will say of the record at ``place``."""
        return self.telling.of(
            place.row.record,
            place.row.model.__tablename__,
            place.number,
            label_of(place.found) or place.row.label,
            is_new=place.is_new,
        )

    def _words(self, row: Row, name: str, value: Any) -> Any:
        """``value`` with names instead of row numbers."""
        if name == ORIGINS:
            return [_origin_words(part) for part in value or []]
        kind = LISTS.get((row.model, name))
        if kind is not None:
            return [self._name(kind.of, part) for part in value or []] if kind.of else value
        column = row.model.__table__.c[name]
        if not column.foreign_keys:
            return value
        return self._name(next(iter(column.foreign_keys)).column.table.name, value)

    def _name(self, table: str, number: Any) -> Any:
        """The name of a row, its number where no name is known."""
        stored = next((rows for model, rows in self._stored.items() if model.__tablename__ == table), {})
        found = stored.get(number)
        return (label_of(found) if found else None) or number

    def write(self, actor: Actor, now: datetime) -> None:
        """Stores what the file says for the next time, and the history."""
        self.session.flush()
        if self._new_values:
            self.session.execute(
                insert(LoadedValue),
                [
                    {
                        "record": record,
                        "field": name,
                        "value": value,
                        "subject_kind": table,
                        "subject_id": found.id if isinstance(found.id, int) else 0,
                    }
                    for record, name, value, table, found in self._new_values
                ],
            )
        self.telling.write(self.session, actor, now)
        self.report.touched |= self.telling.subjects()
        for place in self.places.values():
            if place.is_new or place.row.record not in self.telling.told:
                continue
            if isinstance(place.found, Forum):
                # A form opened before the load must not overwrite it unseen.
                place.found.version += 1
        self.session.flush()
        for place in self.places.values():
            if place.row.lists and not place.is_new and place.row.record in self.telling.told:
                self.session.expire(place.found)


def _units(row: Row) -> Iterable[tuple[str, ...]]:
    """The columns of a row, those that only make sense together as one."""
    together = tuple(column for column in row.fields if column in row.together)
    if together:
        yield together
    for column in row.fields:
        if column not in together:
            yield (column,)


def _origin_words(origin: list[Any]) -> str:
    """An origin in one line: "code: antaget", "källa 004"."""
    column, source, phrase, assumed = origin
    said = [
        pgettext("register", "källa %(number)s", number=source) if source else "",
        f"”{phrase}”" if phrase else "",
        pgettext("register", "antaget") if assumed else "",
    ]
    return f"{column}: " * bool(column) + ", ".join(part for part in said if part)


def _models() -> Iterable[type[Any]]:
    return [mapper.class_ for mapper in Base.registry.mappers]
