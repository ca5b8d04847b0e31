"""What a person does with a forum itself: create, edit, end; its themes, principals and relations.

Not here: ``cadences`` and pauses, ``seating`` and ``appointments``, ``nesting``, ``rotation``, ``standing``
items.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.errors import Problem, SavedByOther
from scheduler.forums import rules
from scheduler.forums.models import (
    FORUM_RELATION_KINDS,
    Forum,
    ForumKind,
    ForumName,
    ForumRelation,
)
from scheduler.forums.rules import FORUM_FIELDS, ForumFields
from scheduler.forums.trace import record_change
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.models import Contact, Office, Organisation, Person
from scheduler.organisations.rules import ITSELF, OtherName, first_day, leads_back, read_names
from scheduler.places.models import Place
from scheduler.register.models import Theme

REFERENCES: rows.References = {
    "kind_id": ("kind", ForumKind),
    "host_id": ("host", Organisation),
    "parent_id": ("parent", Forum),
    "contact_id": ("contact", Contact),
    "lead_office_id": ("lead_office", Office),
    "lead_person_id": ("lead_person", Person),
    "secretariat_id": ("secretariat", Organisation),
    "default_place_id": ("default_place", Place),
}
#: What the history keeps.
FACTS = (*(name for name in FORUM_FIELDS if name not in REFERENCES), *(name for name, _ in REFERENCES.values()))


def create_forum(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    aliases: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    **given: Unpack[ForumFields],
) -> Forum:
    """A new forum; ``names`` are by language code. Its slug is made from the name.

    It is tracked from the day it is entered unless told otherwise. Raises Refused with problems at the fields.
    """
    forum = Forum(state="active", valid_from_precision="day", time_zone="Europe/Stockholm")
    values, problems = _read(session, forum, {"name": None, "kind_id": None, **given})
    others, more = read_names(aliases, names or {}, limit=rules.NAME_LIMIT)
    fields.refuse(problems + more)
    values.setdefault("tracked_from_on", civil_date(now, values.get("time_zone", forum.time_zone)))
    with session.no_autoflush:
        rows.assign(forum, values)
        forum.slug = rows.free_slug(session, Forum.slug, forum.name, otherwise="forum")
    forum.names = [ForumName(language=code, name=name) for code, name in others]
    session.add(forum)
    session.flush()
    record_change(session, actor, now, forum, "forum.create", after=_state(forum))
    return forum


def edit_forum(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    version: int | None = None,
    aliases: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    **given: Unpack[ForumFields],
) -> Forum:
    """Changes what is given; ``aliases`` and ``names`` replace those there are, None leaves them.

    ``version`` is the one the form was filled from, None to save whatever has happened since. What a field
    holds already is not judged again. Raises SavedByOther when somebody saved in between, Refused with problems
    at the fields.
    """
    claim(session, forum, version)
    before = _state(forum)
    changed = {name: value for name, value in given.items() if getattr(forum, name) != value}
    values, problems = _read(session, forum, changed)
    there: list[OtherName] = [(row.language, row.name) for row in forum.names]
    wanted, more = read_names(aliases or (), names or {}, limit=rules.NAME_LIMIT)
    fields.refuse(problems + more)
    if aliases is None:
        wanted += [other for other in there if other[0] is None]
    if names is None:
        wanted += [other for other in there if other[0] is not None]
    rows.assign(forum, values)
    if set(wanted) != set(there):
        forum.names = [row for row in forum.names if (row.language, row.name) in wanted] + [
            ForumName(language=code, name=name) for code, name in wanted if (code, name) not in there
        ]
    session.flush()
    after = _state(forum)
    if after != before:
        raise_version(session, forum)
    record_change(session, actor, now, forum, "forum.edit", before=before, after=after)
    return forum


def end_forum(
    session: Session, actor: Actor, now: datetime, forum: Forum, *, on: date, reason: str | None = None
) -> Forum:
    """The forum's last day is ``on``; with a day that has passed its state is ended at once.

    Its seats and appointments stand as they are. Raises Refused when ``on`` lies before its first day.
    """
    claim(session, forum, None)
    fields.refuse(fields.order_problem("on", forum.valid_from_on, on))
    before = _state(forum)
    forum.valid_to_on = on
    forum.state = rules.state_on(forum.state, on, civil_date(now, forum.time_zone))
    raise_version(session, forum)
    reason = fields.read_reason(reason)
    record_change(session, actor, now, forum, "forum.end", before=before, after=_state(forum), reason=reason)
    return forum


def claim(session: Session, forum: Forum, version: int | None) -> None:
    """Takes the forum for writing, its row read again; raises SavedByOther when it is not at ``version``."""
    session.flush()
    # Only its own row: PostgreSQL locks no row an outer join may leave out, as that of the parent.
    session.refresh(forum, with_for_update={"of": Forum})
    if version is None or forum.version == version:
        return
    last = session.scalars(
        select(HistoryEntry)
        .where(HistoryEntry.subject_kind == "forum", HistoryEntry.subject_id == forum.id)
        .where(HistoryEntry.action.in_(VERSIONED))
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    ).one_or_none()
    raise SavedByOther("" if last is None else last.actor, "" if last is None else last.at.isoformat())


#: The actions that raise a forum's version: those of its edit form.
VERSIONED = ("forum.create", "forum.edit", "forum.end", "cadence.set", "cadence.remove")


def raise_version(session: Session, forum: Forum) -> None:
    """Says that the forum was saved once more."""
    forum.version += 1
    session.flush()


def _read(session: Session, forum: Forum, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values to store, and what is wrong with them."""
    values, problems = fields.read(FORUM_FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    problems += more

    def after(name: str) -> Any:
        return values[name] if name in values else getattr(forum, name)

    if after("valid_from_on") is not None:
        values["valid_from_on"] = first_day(after("valid_from_on"), after("valid_from_precision"))
    problems += rules.forum_problems(after, state_before=forum.state)
    problems += _problems_beside(session, forum, values)
    return values, problems


def _problems_beside(session: Session, forum: Forum, values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong beside other forums: a code in use, a parent that is its own child."""
    problems = []
    if values.get("code"):
        with session.no_autoflush:
            other = session.scalars(select(Forum).where(Forum.code == values["code"])).one_or_none()
        if other is not None and other is not forum:
            text = mark("Koden %(code)s används redan av %(forum)s")
            problems.append(Problem("code", text, {"code": values["code"], "forum": other.title}))
    parent = values.get("parent")
    if parent is not None and forum.id is not None:
        above = dict(session.execute(select(Forum.id, Forum.parent_id)).all())
        if leads_back(parent.id, above.get, forum.id):
            problems.append(Problem("parent_id", ITSELF))
    return problems


def _state(forum: Forum) -> dict[str, Any]:
    return {
        **rows.facts(forum, FACTS),
        "aliases": sorted(row.name for row in forum.names if row.language is None),
        "names": sorted(f"{row.language}: {row.name}" for row in forum.names if row.language is not None),
    }


# ---------------------------------------------------------------- themes, principals, relations


def set_themes(session: Session, actor: Actor, now: datetime, forum: Forum, *, theme_ids: Collection[int]) -> None:
    """The forum's themes are these. Raises Refused at ``theme_ids`` for one that is not there."""
    themes = session.scalars(select(Theme).where(Theme.id.in_(theme_ids)).order_by(Theme.sort_key, Theme.id)).all()
    if len(themes) != len(set(theme_ids)):
        fields.refuse([Problem("theme_ids", fields.CHOOSE)])
    before = {"themes": [theme.sv for theme in forum.themes]}
    forum.themes = list(themes)
    session.flush()
    after = {"themes": [theme.sv for theme in themes]}
    record_change(session, actor, now, forum, "forum.themes", before=before, after=after)


def set_principals(
    session: Session, actor: Actor, now: datetime, forum: Forum, *, organisation_ids: Collection[int]
) -> None:
    """The forum's principals (huvudmän) are these. Raises Refused at ``organisation_ids`` for one not there."""
    there = (Organisation.id.in_(organisation_ids), Organisation.merged_into_id.is_(None))
    principals = session.scalars(select(Organisation).where(*there).order_by(Organisation.id)).all()
    if len(principals) != len(set(organisation_ids)):
        fields.refuse([Problem("organisation_ids", fields.CHOOSE)])
    before = {"principals": [organisation.name for organisation in forum.principals]}
    forum.principals = list(principals)
    session.flush()
    after = {"principals": [organisation.name for organisation in principals]}
    record_change(session, actor, now, forum, "forum.principals", before=before, after=after)


_RELATION_FIELDS: Mapping[str, fields.Field] = {
    "kind": fields.Choice(FORUM_RELATION_KINDS),
    "to_forum_id": fields.Reference(),
    "to_organisation_id": fields.Reference(),
    "to_text": fields.Text(200),
}
_RELATION_REFERENCES: rows.References = {
    "to_forum_id": ("to_forum", Forum),
    "to_organisation_id": ("to_organisation", Organisation),
}


def add_relation(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    kind: str,
    to_forum_id: int | None = None,
    to_organisation_id: int | None = None,
    to_text: str | None = None,
) -> ForumRelation:
    """Says what the forum is to another forum, to an organisation, or to something only named: one of the three.

    Raises Refused with problems at the fields.
    """
    given = {"kind": kind, "to_forum_id": to_forum_id, "to_organisation_id": to_organisation_id, "to_text": to_text}
    values, problems = fields.read(_RELATION_FIELDS, given)
    values, more = rows.resolve(session, values, _RELATION_REFERENCES)
    problems += more
    if to_forum_id == forum.id:
        problems.append(Problem("to_forum_id", ITSELF))
    if not problems and sum(values[name] is not None for name in ("to_forum", "to_organisation", "to_text")) != 1:
        problems.append(Problem("to_forum_id", mark("Välj ett forum eller en organisation, eller skriv vad det är")))
    fields.refuse(problems)
    relation = ForumRelation(forum_id=forum.id, **values)
    session.add(relation)
    session.flush()
    record_change(session, actor, now, forum, "relation.add", after=_relation(relation))
    return relation


def remove_relation(session: Session, actor: Actor, now: datetime, forum: Forum, relation: ForumRelation) -> None:
    """Takes away what was said of the forum and another."""
    record_change(session, actor, now, forum, "relation.remove", before=_relation(relation))
    session.delete(relation)
    session.flush()


def _relation(relation: ForumRelation) -> dict[str, Any]:
    return rows.facts(relation, ("kind", "to_forum", "to_organisation", "to_text"))
