"""What a person does with organisations: enter, edit, name, relate. Persons: ``people``; offices: ``offices``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.history.actions import bump, record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows, rules
from scheduler.organisations.fields import Choice, Day, Email, Field, Flag, Number, Reference, Text, Web
from scheduler.organisations.models import (
    RELATION_KINDS,
    Organisation,
    OrganisationKind,
    OrganisationName,
    Relation,
)

NAME_LIMIT = 200


class OrganisationFields(TypedDict, total=False):
    """What of an organisation a person writes; ids refer to rows."""

    name: str | None
    kind_id: str | None
    short_name: str | None
    org_no: str | None
    code: str | None
    municipality: str | None
    county: str | None
    country: str | None
    web: str | None
    domain: str | None
    legal_form: str | None
    phone: str | None
    contact_email: str | None
    note: str | None
    public: bool
    demo: bool
    #: The first day, or any day of the month, year or decade that ``valid_from_precision`` says.
    valid_from_on: date | None
    valid_from_precision: str
    valid_to_on: date | None
    successor_id: int | None


FIELDS: Mapping[str, Field] = {
    "name": Text(NAME_LIMIT, missing=mark("Ange organisationens namn")),
    "kind_id": Text(40, missing=fields.CHOOSE),
    "short_name": Text(24),
    "org_no": Text(20),
    "code": Text(20),
    "municipality": Text(100),
    "county": Text(40),
    "country": Text(2, missing=mark("Ange landets kod, till exempel SE")),
    "web": Web(400),
    "domain": Text(200),
    "legal_form": Text(100),
    "phone": Text(60),
    "contact_email": Email(),
    "note": Text(20_000, lines=True),
    "public": Flag(),
    "demo": Flag(),
    "valid_from_on": Day(),
    "valid_from_precision": Choice(rules.PRECISIONS),
    "valid_to_on": Day(),
    "successor_id": Reference(),
}
REFERENCES: rows.References = {
    "kind_id": ("kind", OrganisationKind),
    "successor_id": ("successor", Organisation),
}
#: What the history keeps.
FACTS = (*(name for name in FIELDS if name not in REFERENCES), "kind", "successor")


def create_organisation(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    aliases: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    **given: Unpack[OrganisationFields],
) -> Organisation:
    """A new organisation; ``names`` are by language code. Its slug is made from the name.

    Raises Refused with problems at the fields.
    """
    organisation = Organisation(valid_from_precision="day")
    values, problems = _read(session, organisation, {"name": None, "kind_id": None, **given})
    others, more = rules.read_names(aliases, names or {}, limit=NAME_LIMIT)
    fields.refuse(problems + more)
    with session.no_autoflush:
        rows.assign(organisation, values)
        organisation.slug = rows.free_slug(session, Organisation.slug, organisation.name, otherwise="organisation")
    organisation.names = [OrganisationName(language=code, name=name) for code, name in others]
    session.add(organisation)
    session.flush()
    _record(session, actor, now, organisation, "organisation.create", after=_state(organisation))
    return organisation


def edit_organisation(
    session: Session,
    actor: Actor,
    now: datetime,
    organisation: Organisation,
    *,
    aliases: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    keep_old_name: bool = True,
    **given: Unpack[OrganisationFields],
) -> Organisation:
    """Changes what is given; ``aliases`` and ``names`` replace those there are, None leaves them.

    A new name keeps the old one as an alias, unless ``keep_old_name`` is False (a slip of the pen). Raises
    Refused with problems at the fields.
    """
    before = _state(organisation)
    values, problems = _read(session, organisation, given)
    there: list[rules.OtherName] = [(row.language, row.name) for row in organisation.names]
    wanted, more = rules.read_names(aliases or (), names or {}, limit=NAME_LIMIT)
    fields.refuse(problems + more)
    if aliases is None:
        wanted += [other for other in there if other[0] is None]
    if names is None:
        wanted += [other for other in there if other[0] is not None]
    old_name = organisation.name
    rows.assign(organisation, values)
    if organisation.name != old_name:
        wanted = [other for other in wanted if other != (None, organisation.name)]
        if keep_old_name and (None, old_name) not in wanted:
            wanted.append((None, old_name))
    organisation.names = [row for row in organisation.names if (row.language, row.name) in wanted] + [
        OrganisationName(language=code, name=name) for code, name in wanted if (code, name) not in there
    ]
    session.flush()
    if organisation.name != old_name:
        # Its calendars bear its name.
        bump(session, now, [("organisation", organisation.id), ("secretariat", organisation.id)])
    _record(session, actor, now, organisation, "organisation.edit", before=before, after=_state(organisation))
    return organisation


def _read(
    session: Session, organisation: Organisation, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """The values to store, and what is wrong with them."""
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    problems += more
    precision = values.get("valid_from_precision", organisation.valid_from_precision)
    from_on = values.get("valid_from_on", organisation.valid_from_on)
    if from_on is not None:
        values["valid_from_on"] = from_on = rules.first_day(from_on, precision)
    problems += fields.order_problem("valid_to_on", from_on, values.get("valid_to_on", organisation.valid_to_on))
    successor = values.get("successor")
    if successor is not None and organisation.id is not None:
        above = dict(session.execute(select(Organisation.id, Organisation.successor_id)).all())
        if rules.leads_back(successor.id, above.get, organisation.id):
            problems.append(Problem("successor_id", mark("En organisation kan inte efterträda sig själv")))
    return values, problems


def _state(organisation: Organisation) -> dict[str, Any]:
    return {
        **rows.facts(organisation, FACTS),
        "aliases": sorted(row.name for row in organisation.names if row.language is None),
        "names": sorted(f"{row.language}: {row.name}" for row in organisation.names if row.language is not None),
    }


def _record(
    session: Session, actor: Actor, now: datetime, organisation: Organisation, action: str, **change: Any
) -> None:
    record(
        session,
        actor,
        now,
        action=action,
        kind="organisation",
        subject_id=organisation.id,
        label=organisation.name,
        **change,
    )


# ---------------------------------------------------------------- relations


class RelationFields(TypedDict, total=False):
    """One relation; a party is an organisation or, where the source names none, a text."""

    kind: str
    from_id: int | None
    from_text: str | None
    to_id: int | None
    to_text: str | None
    #: How many the text stands for, of how many.
    count: int | None
    of_count: int | None


_RELATION_FIELDS: Mapping[str, Field] = {
    "kind": Choice(RELATION_KINDS),
    "from_id": Reference(),
    "from_text": Text(200),
    "to_id": Reference(),
    "to_text": Text(200),
    "count": Number(1, 10_000, optional=True),
    "of_count": Number(1, 10_000, optional=True),
}
_RELATION_REFERENCES: rows.References = {
    "from_id": ("from_organisation", Organisation),
    "to_id": ("to_organisation", Organisation),
}


def add_relation(
    session: Session, actor: Actor, now: datetime, *, named: Sequence[str] = (), **given: Unpack[RelationFields]
) -> Relation:
    """Says what one organisation is to another; ``named`` are slugs of those of a group that are known.

    Raises Refused when a party is missing, or a part would be a part of itself.
    """
    values, problems = fields.read(_RELATION_FIELDS, {"kind": None, **given})
    values, more = rows.resolve(session, values, _RELATION_REFERENCES)
    problems += more
    relation = Relation(named=list(named) or None)
    with session.no_autoflush:
        rows.assign(relation, values)
    problems.extend(
        Problem(f"{side}_id", mark("Välj en organisation, eller skriv vilka det är"))
        for side in ("from", "to")
        if not given.get(f"{side}_id") and not getattr(relation, f"{side}_text")
    )
    if relation.kind == "part_of" and relation.from_organisation and relation.to_organisation:
        above = dict(session.execute(select(Relation.from_id, Relation.to_id).where(Relation.kind == "part_of")).all())
        if rules.leads_back(relation.to_organisation.id, above.get, relation.from_organisation.id):
            problems.append(Problem("to_id", rules.ITSELF))
    fields.refuse(problems)
    session.add(relation)
    session.flush()
    _record_relation(session, actor, now, relation, "relation.add")
    return relation


def remove_relation(session: Session, actor: Actor, now: datetime, relation: Relation) -> None:
    """Takes away what was said of two organisations."""
    _record_relation(session, actor, now, relation, "relation.remove")
    session.delete(relation)
    session.flush()


def _record_relation(session: Session, actor: Actor, now: datetime, relation: Relation, action: str) -> None:
    """One entry for each organisation in the relation."""
    state = {
        "kind": relation.kind,
        "from": rows.fact(relation.from_organisation) or relation.from_text,
        "to": rows.fact(relation.to_organisation) or relation.to_text,
        "count": relation.count,
        "of_count": relation.of_count,
        "named": relation.named,
    }
    change = {"before": state} if action == "relation.remove" else {"after": state}
    for organisation in (relation.from_organisation, relation.to_organisation):
        if organisation is not None:
            _record(session, actor, now, organisation, action, **change)
