"""What a person does with a forum's requirement over time and with its pauses.

Not here: handing them to the cadence room (``queries.cadence_input``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy.orm import Session

from scheduler.cadence import rules as cadence
from scheduler.errors import Problem
from scheduler.forums.actions import claim, raise_version
from scheduler.forums.models import CadenceVersion, Forum, Pause
from scheduler.forums.rules import CADENCE_NUMBERS
from scheduler.forums.trace import record_change
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Day, Field, Flag, Text, Web


class CadenceFields(TypedDict, total=False):
    """What of a requirement a person writes; the names are those that ``cadence.phrases.read_phrase`` gives."""

    kind: str
    min: int | None
    max: int | None
    target: int | None
    period: str | None
    window: str
    approximate: bool
    every: int | None
    unit: str | None
    #: The sentence as the source has it, and where it stands.
    phrase: str | None
    source_url: str | None


_NEEDED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "count": (
        ("min", mark("Ange hur många möten som minst krävs")),
        ("period", mark("Välj en period")),
    ),
    "interval": (
        ("every", mark("Ange hur långt det är mellan mötena")),
        ("unit", mark("Välj dagar, veckor eller månader")),
    ),
    "none": (),
}
_WORDS: Mapping[str, Field] = {"phrase": Text(20_000, lines=True), "source_url": Web(1000)}
_FACTS = (
    "valid_from_on",
    "kind",
    "min",
    "max",
    "target",
    "period",
    "window",
    "approximate",
    "every",
    "unit",
    "phrase",
    "source_url",
)


def set_cadence(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    valid_from_on: date | None,
    version: int | None = None,
    **given: Unpack[CadenceFields],
) -> CadenceVersion:
    """What is required from ``valid_from_on`` on (None: from the beginning); earlier versions stay.

    A version from the same day is replaced whole. ``version`` is the forum's, as in ``edit_forum``. Raises
    SavedByOther, and Refused with problems at the fields.
    """
    claim(session, forum, version)
    words, problems = fields.read(_WORDS, {name: given.get(name) for name in _WORDS})
    kind = str(given.get("kind"))
    if kind not in CADENCE_NUMBERS:
        problems.append(Problem("kind", fields.CHOOSE))
    problems += [Problem(name, text) for name, text in _NEEDED.get(kind, ()) if given.get(name) is None]
    fields.refuse(problems)
    numbers: dict[str, Any] = {name: given.get(name) for name in CADENCE_NUMBERS[kind]}
    cadence.version_from({"kind": kind, **numbers})  # refuses numbers that no period can hold
    row = next((row for row in forum.cadences if row.valid_from_on == valid_from_on), None)
    before = None if row is None else rows.facts(row, _FACTS)
    if row is None:
        row = CadenceVersion(valid_from_on=valid_from_on)
        forum.cadences.append(row)
    row.kind = kind
    for name in ("min", "max", "target", "period", "every", "unit"):
        setattr(row, name, numbers.get(name))
    row.window = numbers.get("window") or cadence.WindowKind.CALENDAR.value
    row.approximate = bool(numbers.get("approximate"))
    rows.assign(row, words)
    _in_order(session, forum)
    raise_version(session, forum)
    after = rows.facts(row, _FACTS)
    about = {"valid_from_on": valid_from_on}
    record_change(session, actor, now, forum, "cadence.set", before=before, after=after, about=about)
    return row


def remove_cadence(
    session: Session, actor: Actor, now: datetime, forum: Forum, cadence_version: CadenceVersion
) -> None:
    """Takes a version away, as if it had never been; the one before it then holds on."""
    claim(session, forum, None)
    before = rows.facts(cadence_version, _FACTS)
    forum.cadences.remove(cadence_version)
    session.flush()
    _in_order(session, forum)
    raise_version(session, forum)
    record_change(session, actor, now, forum, "cadence.remove", before=before)


def _in_order(session: Session, forum: Forum) -> None:
    """Numbers the versions by the day they begin.

    In two flushes, since at no moment two may have the same number.
    """
    ordered = sorted(forum.cadences, key=lambda row: row.valid_from_on or date.min)
    if [row.position for row in ordered] == list(range(len(ordered))):
        session.flush()
        return
    for n, row in enumerate(ordered):
        row.position = -1 - n
    session.flush()
    for n, row in enumerate(ordered):
        row.position = n
    forum.cadences.sort(key=lambda row: row.position)
    session.flush()


# ---------------------------------------------------------------- pauses

_PAUSE_FIELDS: Mapping[str, Field] = {
    "from_on": Day(missing=mark("Ange första dagen")),
    "to_on": Day(),
    "yearly": Flag(),
    "reason": Text(200),
}
_PAUSE_FACTS = tuple(_PAUSE_FIELDS)
_YEAR = timedelta(days=364)


def add_pause(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    from_on: date | None,
    to_on: date | None = None,
    yearly: bool = False,
    reason: str | None = None,
) -> Pause:
    """Days without requirement, both included; ``to_on`` None is open. ``yearly`` repeats them each year.

    Raises Refused with problems at the fields.
    """
    pause = Pause(**_read_pause(from_on=from_on, to_on=to_on, yearly=yearly, reason=reason))
    forum.pauses.append(pause)
    session.flush()
    record_change(session, actor, now, forum, "pause.add", after=rows.facts(pause, _PAUSE_FACTS))
    return pause


def edit_pause(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    pause: Pause,
    *,
    from_on: date | None,
    to_on: date | None = None,
    yearly: bool = False,
    reason: str | None = None,
) -> Pause:
    """The pause is as given. Raises Refused with problems at the fields."""
    before = rows.facts(pause, _PAUSE_FACTS)
    rows.assign(pause, _read_pause(from_on=from_on, to_on=to_on, yearly=yearly, reason=reason))
    session.flush()
    record_change(session, actor, now, forum, "pause.edit", before=before, after=rows.facts(pause, _PAUSE_FACTS))
    return pause


def remove_pause(session: Session, actor: Actor, now: datetime, forum: Forum, pause: Pause) -> None:
    """Takes the pause away, as if it had never been."""
    record_change(session, actor, now, forum, "pause.remove", before=rows.facts(pause, _PAUSE_FACTS))
    forum.pauses.remove(pause)
    session.flush()


def _read_pause(**given: Any) -> dict[str, Any]:
    values, problems = fields.read(_PAUSE_FIELDS, given)
    from_on, to_on = values.get("from_on"), values.get("to_on")
    problems += fields.order_problem("to_on", from_on, to_on)
    if values["yearly"] and from_on is not None and not problems:
        if to_on is None:
            problems.append(Problem("to_on", mark("Ange sista dagen i en paus som återkommer varje år")))
        elif to_on - from_on > _YEAR:
            problems.append(Problem("to_on", mark("En paus som återkommer varje år kan inte vara ett år eller mer")))
    fields.refuse(problems)
    return values
