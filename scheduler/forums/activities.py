"""What a person does with activities: what recurs and is counted as a forum's meetings are, without meetings.

They stand in the register's table; entering them needs the kinds of forums, so it is done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy.orm import Session

from scheduler.cadence import rules as cadence
from scheduler.errors import Problem
from scheduler.forums.models import ForumKind
from scheduler.forums.rules import CADENCE_NUMBERS
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Day, Field, Reference, Text
from scheduler.organisations.models import Organisation
from scheduler.organisations.rules import PRECISIONS, first_day
from scheduler.places.models import Place
from scheduler.register.models import Activity


class ActivityFields(TypedDict, total=False):
    """What of an activity a person writes."""

    sv: str | None
    en: str | None
    #: A kind of forum that does not meet.
    kind: str | None
    organisation_id: int | None
    place_id: int | None
    since_on: date | None
    since_precision: str
    #: The keys that ``cadence.phrases.read_phrase`` gives; None: no requirement.
    cadence: Mapping[str, Any] | None
    phrase: str | None
    purpose: str | None


FIELDS: Mapping[str, Field] = {
    "sv": Text(200, missing=mark("Ange aktivitetens namn")),
    "en": Text(200),
    "kind": Text(40, missing=fields.CHOOSE),
    "organisation_id": Reference(),
    "place_id": Reference(),
    "since_on": Day(),
    "since_precision": Choice(PRECISIONS),
    "phrase": Text(20_000, lines=True),
    "purpose": Text(20_000, lines=True),
}
REFERENCES: rows.References = {"organisation_id": ("organisation", Organisation)}
#: What a count or an interval must say.
_NEEDED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "count": (("min", mark("Ange hur många som minst krävs")), ("period", mark("Välj en period"))),
    "interval": (("every", mark("Ange hur långt det är emellan")), ("unit", mark("Välj dagar, veckor eller månader"))),
    "none": (),
}


def create_activity(session: Session, actor: Actor, now: datetime, **given: Unpack[ActivityFields]) -> Activity:
    """A new activity; its slug is made from the Swedish name. Raises Refused with problems at the fields."""
    activity = Activity(since_precision="day")
    values = _read(session, activity, {"sv": None, "kind": None, **given})
    with session.no_autoflush:
        rows.assign(activity, values)
        activity.slug = rows.free_slug(session, Activity.slug, activity.sv, otherwise="aktivitet")
    session.add(activity)
    session.flush()
    _record(session, actor, now, activity, "activity.create", after=_facts(session, activity))
    return activity


def edit_activity(
    session: Session, actor: Actor, now: datetime, activity: Activity, **given: Unpack[ActivityFields]
) -> Activity:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = _facts(session, activity)
    rows.assign(activity, _read(session, activity, given))
    session.flush()
    _record(session, actor, now, activity, "activity.edit", before=before, after=_facts(session, activity))
    return activity


def remove_activity(session: Session, actor: Actor, now: datetime, activity: Activity) -> None:
    """Takes an activity away."""
    _record(session, actor, now, activity, "activity.remove", before=_facts(session, activity))
    session.delete(activity)
    session.flush()


def version_of(activity: Activity) -> cadence.CadenceVersion:
    """What the activity requires; ``cadence.NO_RULE`` for nothing, and for what no rule can hold."""
    return cadence.version_from(activity.cadence) if activity.cadence else cadence.NO_RULE


def _read(session: Session, activity: Activity, given: Mapping[str, Any]) -> dict[str, Any]:
    rule = {"cadence": given["cadence"]} if "cadence" in given else {}
    values, problems = fields.read(FIELDS, {name: value for name, value in given.items() if name != "cadence"})
    values, more = rows.resolve(session, values, REFERENCES)
    problems += more
    if values.get("kind") is not None:
        kind = session.get(ForumKind, values["kind"])
        if kind is None or (kind.meets and values["kind"] != activity.kind):
            problems.append(Problem("kind", fields.CHOOSE))
    if values.get("place_id") is not None and session.get(Place, values["place_id"]) is None:
        problems.append(Problem("place_id", fields.CHOOSE))
    problems += [
        Problem(name, text)
        for keys in rule.values()
        if keys is not None
        for name, text in _NEEDED.get(str(keys.get("kind")), (("kind", fields.CHOOSE),))
        if keys.get(name) is None or name == "kind"
    ]
    fields.refuse(problems)
    if values.get("since_on") is not None:
        precision = values.get("since_precision", activity.since_precision)
        values["since_on"] = first_day(values["since_on"], precision)
    if rule:
        values["cadence"] = _kept(activity, rule["cadence"])
    return values


def _kept(activity: Activity, keys: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The requirement as it is stored; what means the same as what is stored is left as it is written there.

    Raises Refused for numbers that no period can hold.
    """
    kind = str((keys or {}).get("kind", "none"))
    numbers = {name: (keys or {}).get(name) for name in CADENCE_NUMBERS[kind]}
    stored = {"kind": kind, **{name: value for name, value in numbers.items() if value is not None}}
    if cadence.version_from(stored) == version_of(activity):
        return activity.cadence
    return None if kind == cadence.Kind.NONE else stored


def _facts(session: Session, activity: Activity) -> dict[str, Any]:
    place = None if activity.place_id is None else session.get(Place, activity.place_id)
    names = ("sv", "en", "kind", "organisation", "since_on", "since_precision", "cadence", "phrase", "purpose")
    return {**rows.facts(activity, names), "place": rows.fact(place)}


def _record(session: Session, actor: Actor, now: datetime, activity: Activity, action: str, **change: Any) -> None:
    record(session, actor, now, action=action, kind="activity", subject_id=activity.id, label=activity.sv, **change)
