"""What a person does with strategies and programmes, their focus areas with issues, and visions.

A change of a focus area is kept in the history of its strategy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Field, Number, Reference, Text, Unfit
from scheduler.organisations.models import Organisation
from scheduler.organisations.uses import used_problem, uses_of
from scheduler.register.models import FocusArea, Issue, Strategy, Vision
from scheduler.register.rules import STRATEGY_KINDS


class StrategyFields(TypedDict, total=False):
    """What of a strategy or programme a person writes."""

    kind: str
    sv: str | None
    en: str | None
    horizon: int | None
    owner_id: int | None
    text: str | None


FIELDS: Mapping[str, Field] = {
    "kind": Choice(STRATEGY_KINDS),
    "sv": Text(200, missing=mark("Ange strategins namn")),
    "en": Text(200),
    "horizon": Number(1900, 2200, optional=True),
    "owner_id": Reference(),
    "text": Text(20_000, lines=True),
}
REFERENCES: rows.References = {"owner_id": ("owner", Organisation)}
FACTS = ("kind", "sv", "en", "horizon", "owner", "text")


def create_strategy(session: Session, actor: Actor, now: datetime, **given: Unpack[StrategyFields]) -> Strategy:
    """A new strategy; its slug is made from the Swedish name. Raises Refused with problems at the fields."""
    values = _read(session, FIELDS, REFERENCES, {"sv": None, "kind": "strategy", **given})
    strategy = Strategy()
    with session.no_autoflush:
        rows.assign(strategy, values)
        strategy.slug = rows.free_slug(session, Strategy.slug, strategy.sv, otherwise="strategi")
    session.add(strategy)
    session.flush()
    _record(session, actor, now, strategy, "strategy.create", after=rows.facts(strategy, FACTS))
    return strategy


def edit_strategy(
    session: Session, actor: Actor, now: datetime, strategy: Strategy, **given: Unpack[StrategyFields]
) -> Strategy:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = rows.facts(strategy, FACTS)
    rows.assign(strategy, _read(session, FIELDS, REFERENCES, given))
    session.flush()
    _record(session, actor, now, strategy, "strategy.edit", before=before, after=rows.facts(strategy, FACTS))
    return strategy


def remove_strategy(session: Session, actor: Actor, now: datetime, strategy: Strategy) -> None:
    """Takes away a strategy that nothing uses, with its focus areas; visions stay, of no strategy.

    Raises Refused, saying what uses it or one of its focus areas.
    """
    uses = uses_of(session, strategy, without=("focus_area", "vision"))
    for area in strategy.focus_areas:
        uses += uses_of(session, area, without=("issue",))
    if uses:
        fields.refuse([used_problem(uses)])
    _record(session, actor, now, strategy, "strategy.remove", before=rows.facts(strategy, FACTS))
    for vision in list(strategy.visions):
        vision.strategy = None
    for area in list(strategy.focus_areas):
        _delete_area(session, area)
    session.flush()
    session.expire(strategy, ["focus_areas", "visions"])
    session.delete(strategy)
    session.flush()


def _read(
    session: Session, known: Mapping[str, Field], references: rows.References, given: Mapping[str, Any]
) -> dict[str, Any]:
    values, problems = fields.read(known, given)
    values, more = rows.resolve(session, values, references)
    fields.refuse(problems + more)
    return values


def _record(session: Session, actor: Actor, now: datetime, strategy: Strategy, action: str, **change: Any) -> None:
    record(session, actor, now, action=action, kind="strategy", subject_id=strategy.id, label=strategy.sv, **change)


# ---------------------------------------------------------------- focus areas


class FocusAreaFields(TypedDict, total=False):
    """What of a focus area a person writes."""

    sv: str | None
    en: str | None


_AREA_FIELDS: Mapping[str, Field] = {
    "sv": Text(200, missing=mark("Ange insatsområdets namn")),
    "en": Text(200),
}
_ISSUE = Text(1000)


def add_focus_area(
    session: Session,
    actor: Actor,
    now: datetime,
    strategy: Strategy,
    *,
    issues: Sequence[str] = (),
    **given: Unpack[FocusAreaFields],
) -> FocusArea:
    """A new focus area, the last of the strategy's, with its issues in order. Raises Refused at the fields."""
    values, texts = _read_area({"sv": None, **given}, issues)
    area = FocusArea(position=max((row.position for row in strategy.focus_areas), default=-1) + 1)
    with session.no_autoflush:
        rows.assign(area, values)
        area.slug = rows.free_slug(session, FocusArea.slug, area.sv, otherwise="insatsomrade")
    area.strategy = strategy
    area.issues = [Issue(sv=text, position=n) for n, text in enumerate(texts)]
    session.add(area)
    session.flush()
    _record(session, actor, now, strategy, "focus_area.add", after=_area_facts(area))
    return area


def edit_focus_area(
    session: Session,
    actor: Actor,
    now: datetime,
    area: FocusArea,
    *,
    issues: Sequence[str] | None = None,
    **given: Unpack[FocusAreaFields],
) -> FocusArea:
    """Changes what is given; ``issues`` replace those there are, None leaves them. Raises Refused at the fields."""
    before = _area_facts(area)
    values, texts = _read_area(given, [row.sv for row in area.issues] if issues is None else issues)
    rows.assign(area, values)
    _set_issues(session, area, texts)
    session.flush()
    after = _area_facts(area)
    if before != after:
        # Which one it is, where only its issues have changed.
        about = {"focus_area": area.sv}
        _record(session, actor, now, area.strategy, "focus_area.edit", before=before, after={**after, **about})
    return area


def move_focus_area(session: Session, actor: Actor, now: datetime, area: FocusArea, *, up: bool) -> None:
    """Changes places with the focus area before it, or after it; nothing at the end of the list."""
    order = sorted(area.strategy.focus_areas, key=lambda row: (row.position, row.id))
    before = [row.sv for row in order]
    at = order.index(area)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(order):
        return
    order[at], order[to] = order[to], order[at]
    for n, row in enumerate(order):
        rows.assign(row, {"position": n})
    session.flush()
    session.expire(area.strategy, ["focus_areas"])
    names = [row.sv for row in order]
    _record(session, actor, now, area.strategy, "focus_area.move", before={"order": before}, after={"order": names})


def remove_focus_area(session: Session, actor: Actor, now: datetime, area: FocusArea) -> None:
    """Takes away a focus area that no theme stands under, with its issues. Raises Refused, saying what uses it."""
    uses = uses_of(session, area, without=("issue",))
    if uses:
        fields.refuse([used_problem(uses)])
    strategy = area.strategy
    _record(session, actor, now, strategy, "focus_area.remove", before=_area_facts(area))
    _delete_area(session, area)
    session.flush()
    session.expire(strategy, ["focus_areas"])


def _delete_area(session: Session, area: FocusArea) -> None:
    for issue in list(area.issues):
        session.delete(issue)
    session.flush()
    session.expire(area, ["issues"])
    session.delete(area)


def _area_facts(area: FocusArea) -> dict[str, Any]:
    return {"focus_area": area.sv, "en": area.en, "issues": [row.sv for row in area.issues]}


def _read_area(given: Mapping[str, Any], issues: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    values, problems = fields.read(_AREA_FIELDS, given)
    texts: list[str] = []
    for words in issues:
        try:
            text = _ISSUE.read(words)
        except Unfit as unfit:
            problems.append(Problem("issues", unfit.text, unfit.values))
        else:
            if text and text not in texts:
                texts.append(text)
    fields.refuse(problems)
    return values, texts


def _set_issues(session: Session, area: FocusArea, texts: Sequence[str]) -> None:
    """The area's issues are ``texts`` in order; a row whose text stays is kept."""
    there = {row.sv: row for row in area.issues}
    for text, row in there.items():
        if text not in texts:
            session.delete(row)
    for n, text in enumerate(texts):
        if text in there:
            rows.assign(there[text], {"position": n})
        else:
            session.add(Issue(focus_area_id=area.id, sv=text, position=n))
    session.flush()
    session.expire(area, ["issues"])


# ---------------------------------------------------------------- visions


class VisionFields(TypedDict, total=False):
    """What of a vision a person writes."""

    sv: str | None
    horizon: int | None
    strategy_id: int | None


_VISION_FIELDS: Mapping[str, Field] = {
    "sv": Text(1000, missing=mark("Skriv visionen")),
    "horizon": Number(1900, 2200, optional=True),
    "strategy_id": Reference(),
}
_VISION_REFERENCES: rows.References = {"strategy_id": ("strategy", Strategy)}
_VISION_FACTS = ("sv", "horizon", "strategy")


def create_vision(session: Session, actor: Actor, now: datetime, **given: Unpack[VisionFields]) -> Vision:
    """A new vision, of a strategy or of none. Raises Refused with problems at the fields."""
    values = _read(session, _VISION_FIELDS, _VISION_REFERENCES, {"sv": None, **given})
    vision = Vision()
    with session.no_autoflush:
        rows.assign(vision, values)
        vision.slug = rows.free_slug(session, Vision.slug, vision.sv, otherwise="vision")
    session.add(vision)
    session.flush()
    _record_vision(session, actor, now, vision, "vision.create", after=rows.facts(vision, _VISION_FACTS))
    return vision


def edit_vision(session: Session, actor: Actor, now: datetime, vision: Vision, **given: Unpack[VisionFields]) -> Vision:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = rows.facts(vision, _VISION_FACTS)
    rows.assign(vision, _read(session, _VISION_FIELDS, _VISION_REFERENCES, given))
    session.flush()
    after = rows.facts(vision, _VISION_FACTS)
    _record_vision(session, actor, now, vision, "vision.edit", before=before, after=after)
    return vision


def remove_vision(session: Session, actor: Actor, now: datetime, vision: Vision) -> None:
    """Takes a vision away."""
    _record_vision(session, actor, now, vision, "vision.remove", before=rows.facts(vision, _VISION_FACTS))
    session.delete(vision)
    session.flush()


def _record_vision(session: Session, actor: Actor, now: datetime, vision: Vision, action: str, **change: Any) -> None:
    record(session, actor, now, action=action, kind="vision", subject_id=vision.id, label=vision.sv, **change)
