"""No leaf of the county's register is lost: each value of the file stands in its column or is a statement.

The file is read here by plain PyYAML, not by the product's own reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from scheduler.db import Base
from scheduler.history.rules import plain
from scheduler.register.models import LoadedValue, Statement
from scheduler.register.queries import provenance_of
from tests.reports.conftest import COUNTY

FILE = yaml.safe_load(COUNTY)
META = ("src", "assumed", "assumed_fields")

NAMES = {"sv": "sv", "en": "en"}
CADENCE = {f"cadence/{key}": f"cadence_version.{key}" for key in (
    "kind", "min", "max", "target", "period", "approximate", "phrase",
)}  # fmt: skip
FORUM = {
    "id": "forum.slug",
    "sv": "forum.name",
    "en": "forum.names",
    "name_missing": "forum.name_missing",
    "kind": "forum.kind_id",
    "host": "forum.host_id",
    "short/sv": "forum.short_name",
    "venue": "forum.default_place_id",
    "contact": "forum.contact_id",
    "purpose_sv": "forum.purpose",
    "membership_note": "forum.membership_note",
    "note": "forum.note",
    "invitees_per_meeting": "forum.invitees_per_meeting",
    "invitees_per_meeting/value": "forum.invitees_per_meeting",
    "requires_quorum/value": "forum.requires_quorum",
    "start": "forum.valid_from_on",
    "start_precision": "forum.valid_from_precision",
    "start_phrase": "forum.valid_from_on phrase",
    "themes/*": "forum.themes",
    "principals/*": "forum.principals",
    "lead": "forum.lead_office_id",
    "lead/role": "forum.lead_office_id",
    "lead/relation": "forum.lead_relation phrase",
    "lead/phrase": "rotation/chair.phrase",
    "lead/rotating": "rotation/chair.task",
    "lead/between/*": "rotation/chair.entries",
    "lead/every/value": "rotation/chair.every",
    "secretariat": "forum.secretariat_id",
    "secretariat/org": "forum.secretariat_id",
    "secretariat/rotating": "rotation/secretariat.task",
    "secretariat/between/*": "rotation/secretariat.entries",
    "secretariat/every/value": "rotation/secretariat.every",
    "placeholder_family/approx_count": "forum.family_count",
    "placeholder_family/phrase": "forum.family_count phrase",
    "standing_items/*/sv": "standing_item.title",
    "standing_items/*/strategy": "standing_item.strategy_id",
    "parent_body": "forum_relation.to_organisation_id",
    "responsible_body": "forum_relation.to_text",
    "family/phrase": "forum_relation.to_text",
    **CADENCE,
}
#: Family → path in a record → where it stands ("table.column", or with "phrase": the words kept for it).
COLUMNS: dict[str, dict[str, str]] = {
    "notices": {
        "id": "notice.slug", "kind": "notice.kind", "text_sv": "notice.text", "org": "notice.organisation_id",
    },
    "programmes": {"id": "strategy.slug", "sv": "strategy.sv", "phrase": "strategy phrase"},
    "organisation_types": {f: f"organisation_kind.{f}" for f in ("id", "sv", "en")},
    "forum_kinds": {
        **{f: f"forum_kind.{f}" for f in ("id", "sv", "en", "decides")},
        "quorum": "forum_kind.quorum_rule", "counts_as": "forum_kind.meets",
    },
    "roles": {
        "id": "office.slug", "sv": "office.sv", "en": "office.en", "org": "office.organisation_id",
        "group": "office.group", "on_behalf_of": "office.on_behalf_of_id",
    },
    "visions": {
        "id": "vision.slug", "sv": "vision.sv", "horizon": "vision.horizon", "strategy": "vision.strategy_id",
    },
    "strategies": {
        "id": "strategy.slug", "sv": "strategy.sv", "en": "strategy.en", "horizon": "strategy.horizon",
        "owner": "strategy.owner_id", "description_sv": "strategy.text",
    },
    "focus_areas": {
        "id": "focus_area.slug", "sv": "focus_area.sv", "en": "focus_area.en", "issues/*": "focus_area.issues",
    },
    "themes": {
        "id": "theme.slug", "sv": "theme.sv", "en": "theme.en", "parent": "theme parent", "phrase": "theme phrase",
    },
    "venues": {
        "id": "place.slug", "sv": "place.name", "en": "place.name_en", "org": "place.organisation_id",
        "place": "place.town", "address": "place.address", "part_of": "place.part_of_id", "hours": "place.hours",
        "online": "place.online", "phrase": "place phrase",
    },
    "organisations": {
        "id": "organisation.slug", "sv": "organisation.name", "type": "organisation.kind_id",
        "aliases/*": "organisation.names", "en": "organisation.names",
        **{f"names/{language}": "organisation.names" for language in ("fi", "fit", "se", "sma", "smj")},
        **{f: f"organisation.{f}" for f in ("county", "municipality", "domain", "legal_form", "note", "code")},
        "web/*": "organisation.web", "phone/number": "organisation.phone",
        "start": "organisation.valid_from_on", "start_precision": "organisation.valid_from_precision",
        "part_of": "part_of/*.to_id", "on_behalf_of": "on_behalf_of/*.to_id", "operated_by": "operated_by/*.from_id",
        "financiers/*": "financiers/*.from_id", "mandate_by": "mandate_by/*.from_id",
    },
    "contacts": {
        "id": "contact.slug", "name": "contact.name", "title_sv": "contact.title", "role": "contact.office_id",
        "org": "contact.organisation_id", "email": "contact.email", "phone": "contact.phone",
        "phone_e164": "contact.phone_e164", "phone_kind": "contact.phone_kind", "public": "contact.public",
        "for/*": "contact.contact_for",
    },
    "activities": {
        "id": "activity.slug", "sv": "activity.sv", "en": "activity.en", "kind": "activity.kind",
        "responsible": "activity.organisation_id", "since": "activity.since_on",
        "since_precision": "activity.since_precision", "venue": "activity.place_id", "purpose_sv": "activity.purpose",
        "themes/*": "activity.themes", "cadence/phrase": "activity.phrase",
        **{f"cadence/{key}": "activity.cadence" for key in ("kind", "min", "max", "period")},
    },
    "forums": FORUM,
    "groups": FORUM,
}  # fmt: skip
#: Words of the file → what the column holds.
WORDS = {
    ("forum_kind.meets", "activity"): False,
    ("rotation/chair.every", "1 year"): 1,
    ("rotation/secretariat.every", "1 year"): 1,
    ("rotation/chair.task", True): "chair",
    ("rotation/secretariat.task", True): "secretariat",
}


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every scalar below ``value`` with its path; what says where values come from is left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in META:
                yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*path, str(index)))
    else:
        yield path, value


def pattern(path: tuple[str, ...]) -> str:
    return "/".join("*" if part.isdecimal() else part for part in path)


class Stored:
    """What the database holds, looked up by record of the file."""

    def __init__(self, session):
        self.session = session
        self.rows: dict[str, list[tuple[str, Any]]] = {}
        self.lists: dict[tuple[str, str], Any] = {}
        tables: dict[str, dict[Any, Any]] = {}
        for value in session.scalars(select(LoadedValue)):
            table = Base.metadata.tables[value.subject_kind]
            if table.name not in tables:
                tables[table.name] = {row["id"]: row for row in session.execute(select(table)).mappings()}
            key = value.subject_id or value.record.split("/")[1]
            row = (table.name, tables[table.name][key])
            if value.subject_kind != "statement" and row not in self.rows.setdefault(value.record, []):
                self.rows[value.record].append(row)
            self.lists[value.record, value.field] = value.value
        self.tables = tables
        self.statements = {(row.record, row.path): row for row in session.scalars(select(Statement))}

    def slug(self, table: str, key: Any) -> Any:
        row = self.tables[table].get(key)
        return row and (row.get("slug") or row["id"])

    def values(self, record: str, place: str) -> list[Any]:
        """What the column (or list) ``place`` of the record, or of the rows that belong to it, holds."""
        where, _, column = place.partition(".")
        found = []
        for name, rows in self.rows.items():
            within = name.removeprefix(record).strip("/") if name.startswith(record) else None
            if within is None or (name != record and not name.startswith(f"{record}/")):
                continue
            for table, row in rows:
                if where not in (table, within) and within.split("/")[0] + "/*" != where:
                    continue
                found += self.column(name, table, row, column)
        return found

    def column(self, record: str, table: str, row: Any, column: str) -> list[Any]:
        if column not in row:
            names = {"themes": "theme", "principals": "organisation", "entries": "organisation"}
            values = self.lists[record, column]
            if column in names:
                return [self.slug(names[column], value) for value in values]
            return [part for value in values for part in (value if isinstance(value, list) else [value])]
        value = plain(row[column])
        for key in Base.metadata.tables[table].c[column].foreign_keys:
            return [self.slug(key.column.table.name, value)]
        if isinstance(value, dict):
            return list(value.values())
        precision = row.get(column.replace("_on", "_precision")) if column.endswith("_on") else None
        return [*value, value] if isinstance(value, list) else [value, (value, precision)]


@pytest.fixture(scope="module")
def stored(county):
    return Stored(county.session)


def records() -> list[tuple[str, str, Any]]:
    """(family, record, values) of everything in the file that has an id, focus areas and working groups too."""
    found = []
    for family, values in FILE.items():
        if isinstance(values, list) and family not in ("relations", "glossary", "credits", "meetings"):
            found += [(family, f"{family}/{item['id']}", item) for item in values]
    for strategy in FILE["strategies"]:
        found += [("focus_areas", f"focus_areas/{area['id']}", area) for area in strategy.pop("focus_areas", [])]
    found += [("groups", f"forums/{group['id']}", group) for group in FILE["working_groups"].pop("groups")]
    return found


RECORDS = records()


def dates_as_stored(text: Any) -> tuple[str, str] | None:
    known = {"1990s": ("1990-01-01", "decade"), "2015-08": ("2015-08-01", "month"), "2019": ("2019-01-01", "year")}
    return known.get(text)


def missing(stored: Stored, family: str, record: str, path: tuple[str, ...], leaf: Any) -> bool:
    """Whether a leaf is neither in its column nor a statement."""
    place = COLUMNS.get(family, {}).get(pattern(path))
    if place is None:
        row = stored.statements.get((record, "/".join(path)))
        return row is None or row.value != leaf or (leaf is not None and not row.text)
    if place.endswith(" phrase"):
        table_column = place.removesuffix(" phrase")
        table, _, column = table_column.partition(".")
        kind, row = next(found for found in stored.rows[record] if found[0] == table)
        return provenance_of(stored.session, kind, row["id"])[column or None].phrase != leaf
    if place == "theme parent":
        columns = ("theme.parent_id", "theme.focus_area_id", "theme.strategy_id")
        return leaf not in [value for column in columns for value in stored.values(record, column)]
    wanted = WORDS.get((place, leaf), dates_as_stored(leaf) or leaf)
    return wanted not in stored.values(record, place)


@pytest.mark.parametrize("family", sorted({family for family, _, _ in RECORDS}))
def test_every_leaf_of_a_record_is_stored(stored, family):
    lost = [
        (record, "/".join(path), leaf)
        for mine, record, values in RECORDS
        if mine == family
        for path, leaf in walk({key: value for key, value in values.items() if key not in ("seats", "related")})
        if not (path == ("id",) and family not in COLUMNS)
        if missing(stored, family, record, path, leaf)
    ]
    assert lost == []


def test_every_seat_of_the_file_is_a_row(stored):
    for family, record, values in RECORDS:
        if family not in ("forums", "groups"):
            continue
        told: Counter[tuple[Any, ...]] = Counter()
        for seat in values.get("seats", []):
            if "all_of_forum" in seat:
                assert stored.values(record, "forum_inclusion.included_id") == [seat["all_of_forum"]]
                assert stored.values(record, "forum_inclusion.note")[0] == seat["note"]
                continue
            whose = (seat.get("org"), seat.get("role"), seat.get("each_of"))
            offer = "offered" if seat.get("offered") else None
            if "as" in seat:
                told[(*whose, seat["as"], offer, False)] += 1
            for kind, key in (("ordinary", "ordinary"), ("substitute", "substitutes")):
                if key in seat:
                    told[(*whose, kind, offer, seat[key] is None)] += 1 if seat[key] is None else seat[key]
        found: Counter[tuple[Any, ...]] = Counter()
        for name, rows in stored.rows.items():
            for table, row in rows:
                if table == "seat" and name.startswith(f"{record}/seats/"):
                    office = stored.slug("office", row["office_id"])
                    organisation = stored.slug("organisation", row["organisation_id"])
                    found[(organisation, office, row["each_of"], row["kind"], row["offer"], row["number_unknown"])] += 1
        assert found == told, record


def test_what_seats_say_beside_their_rows_is_stated(stored):
    said = {(row.record, row.path): row.value for row in stored.statements.values() if row.key == "seats"}
    assert said == {
        ("forums/run", "seats/appointed-by-regionfullmaktige/appointed_by"): "regionfullmaktige",
        ("forums/regionalt-forum", "seats/tillvaxtberedningen/ordinary"): 13,
        ("forums/skellefteregionen", "seats/sorsele/joined"): "later",
        ("forums/skellefteregionen", "seats/sorsele/joined_phrase"): "Ett resultat av förstudien",
        ("forums/skellefteregionen", "seats/arjeplog/joined"): "later",
        ("forums/skellefteregionen", "seats/arjeplog/joined_phrase"): "Ett resultat av förstudien",
    }


def test_every_relation_of_a_forum_is_a_row(stored):
    told = sorted(
        (record, related["kind"], related.get("forum") or related.get("org"))
        for family, record, values in RECORDS
        if family == "forums"
        for related in values.get("related", [])
        if related["kind"] != "includes_all_of"
    )
    found = sorted(
        (
            "/".join(name.split("/")[:2]),
            row["kind"],
            stored.slug("forum", row["to_forum_id"]) or stored.slug("organisation", row["to_organisation_id"]),
        )
        for name, rows in stored.rows.items()
        for table, row in rows
        if table == "forum_relation" and row["kind"] in ("subset_of", "within", "positions_feed")
    )
    assert found == told


def test_every_relation_of_the_file_is_a_row(stored):
    rows = [row for found in stored.rows.values() for table, row in found if table == "relation"]
    forum_rows = [row for found in stored.rows.values() for table, row in found if table == "forum_relation"]
    for relation in FILE["relations"]:
        targets = relation.get("to", relation.get("to_group", relation.get("fund")))
        for target in targets if isinstance(targets, list) else [targets]:
            if relation["kind"] == "appoints":
                assert ("appointed_by", target, relation["from"]) in [
                    (
                        row["kind"],
                        stored.slug("forum", row["forum_id"]),
                        stored.slug("organisation", row["to_organisation_id"]),
                    )
                    for row in forum_rows
                ]
                continue
            kind = {"managing_authority": "manages"}.get(relation["kind"], relation["kind"])
            assert (
                kind, relation.get("from", relation.get("from_group")), target,
                relation.get("count"), relation.get("of"), relation.get("named"),
            ) in [
                (
                    row["kind"],
                    stored.slug("organisation", row["from_id"]) or row["from_text"],
                    stored.slug("organisation", row["to_id"]) or row["to_text"],
                    row["count"], row["of_count"], row["named"],
                )
                for row in rows
            ]  # fmt: skip


def test_what_stands_beside_the_records_is_stated(stored):
    beside = {
        "register": {key: FILE[key] for key in ("schema", "locale", "timezone", "title")},
        "library_types": FILE["library_types"],
        "glossary/sammanhållningspolitik": FILE["glossary"][0],
        "credits/pär-bäckström": FILE["credits"][0],
        "working_groups": {key: FILE["working_groups"][key] for key in ("total", "phrase")},
    }
    lost = [
        (record, path)
        for record, values in beside.items()
        for path, leaf in walk(values)
        if missing(stored, "", record, path, leaf)
    ]
    assert lost == []
    assert FILE["meetings"] == []


@pytest.mark.parametrize("family", sorted({family for family, _, _ in RECORDS} - {"focus_areas"}))
def test_every_source_and_every_assumption_is_kept(stored, family):
    wrong = []
    for mine, record, values in RECORDS:
        if mine != family:
            continue
        numbers = tuple(values.get("src", FILE["working_groups"]["src"] if family == "groups" else "").split(","))
        rows = [found for found in stored.rows.get(record, []) if found[0] != "statement"]
        if rows:
            table, row = rows[0]
            origins = provenance_of(stored.session, table, row["id"])
            whole = origins.get(None)
            told = (whole.sources if whole else (), whole.assumed if whole else False)
            if told != (numbers if numbers != ("",) else (), values.get("assumed", False)):
                wrong.append((record, told))
            assumed = {column for column, origin in origins.items() if origin.assumed and column}
            wrong += [
                (record, name)
                for name in values.get("assumed_fields", [])
                if not assumed_is_kept(stored, family, record, name, assumed)
            ]
        wrong += [
            (record, statement.path)
            for (name, _), statement in stored.statements.items()
            if name == record and statement.sources != values.get("src")
        ]
    assert wrong == []


def assumed_is_kept(stored, family, record, name, assumed):
    place = COLUMNS[family].get(name) or COLUMNS[family].get(f"{name}/*") or f"x.{name}"
    if place == "organisation.names":
        return ("names.en" if name == "en" else "names") in assumed
    if place.endswith("/*.to_id"):
        (row,) = [row for key, rows in stored.rows.items() if key.startswith(f"{record}/{name}/") for _, row in rows]
        return provenance_of(stored.session, "relation", row["id"])[None].assumed
    return place.partition(".")[2] in assumed


def test_a_date_in_a_statement_is_shown_in_words(stored):
    shown = stored.statements["decisions/paverkan-2021-12", "date"]
    assert (shown.value, shown.text) == ("2021-12", "december 2021")
