"""What a person does with themes: enter, edit, put under something else, take away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.errors import Problem
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Field, Reference, Text
from scheduler.organisations.rules import ITSELF, leads_back
from scheduler.organisations.uses import Uses, used_problem, uses_of
from scheduler.register.models import Activity, FocusArea, Strategy, Theme


class ThemeFields(TypedDict, total=False):
    """What of a theme a person writes; it stands under one of the three at most."""

    sv: str | None
    en: str | None
    parent_id: int | None
    focus_area_id: int | None
    strategy_id: int | None


FIELDS: Mapping[str, Field] = {
    "sv": Text(200, missing=mark("Ange temats namn")),
    "en": Text(200),
    "parent_id": Reference(),
    "focus_area_id": Reference(),
    "strategy_id": Reference(),
}
#: What a theme may stand under. Checked to exist; the rows themselves keep the ids.
_ABOVE: Mapping[str, type[Theme | FocusArea | Strategy]] = {
    "parent_id": Theme,
    "focus_area_id": FocusArea,
    "strategy_id": Strategy,
}


def create_theme(session: Session, actor: Actor, now: datetime, **given: Unpack[ThemeFields]) -> Theme:
    """A new theme; its slug is made from the Swedish name. Raises Refused with problems at the fields."""
    theme = Theme()
    values = _read(session, theme, {"sv": None, **given})
    with session.no_autoflush:
        rows.assign(theme, values)
        theme.slug = rows.free_slug(session, Theme.slug, theme.sv, otherwise="tema")
    session.add(theme)
    session.flush()
    _record(session, actor, now, theme, "theme.create", after=_facts(session, theme))
    return theme


def edit_theme(session: Session, actor: Actor, now: datetime, theme: Theme, **given: Unpack[ThemeFields]) -> Theme:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = _facts(session, theme)
    rows.assign(theme, _read(session, theme, given))
    session.flush()
    _record(session, actor, now, theme, "theme.edit", before=before, after=_facts(session, theme))
    return theme


def remove_theme(session: Session, actor: Actor, now: datetime, theme: Theme) -> None:
    """Takes away a theme that nothing uses. Raises Refused, saying what does."""
    named = [themes for themes in session.scalars(select(Activity.themes)) if theme.slug in (themes or ())]
    if uses := uses_of(session, theme) + Uses((("activity", len(named)),) if named else ()):
        fields.refuse([used_problem(uses)])
    _record(session, actor, now, theme, "theme.remove", before=_facts(session, theme))
    session.delete(theme)
    session.flush()


def _facts(session: Session, theme: Theme) -> dict[str, Any]:
    above = {
        name.removesuffix("_id"): None if getattr(theme, name) is None else session.get(table, getattr(theme, name))
        for name, table in _ABOVE.items()
    }
    return {**rows.facts(theme, ("sv", "en")), **{name: rows.fact(row) for name, row in above.items()}}


def _read(session: Session, theme: Theme, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    for name, table in _ABOVE.items():
        if values.get(name) is not None and session.get(table, values[name]) is None:
            problems.append(Problem(name, fields.CHOOSE))

    def later(name: str) -> Any:
        return values.get(name, getattr(theme, name))

    if sum(later(name) is not None for name in _ABOVE) > 1:
        problems.append(Problem("parent_id", mark("Välj ett att stå under, inte flera")))
    parent_id = later("parent_id")
    if parent_id is not None and theme.id is not None:
        above = dict(session.execute(select(Theme.id, Theme.parent_id)).all())
        if leads_back(parent_id, above.get, theme.id):
            problems.append(Problem("parent_id", ITSELF))
    if "sv" in values and _is_there(session, theme, values["sv"], [later(name) for name in _ABOVE]):
        problems.append(Problem("sv", mark("Det finns redan ett tema som heter så på samma ställe")))
    fields.refuse(problems)
    return values


def _is_there(session: Session, theme: Theme, name: str, above: list[int | None]) -> bool:
    """Whether another theme at the same place has the name, whatever the case and the accents."""
    beside = select(Theme).where(*(getattr(Theme, key).is_(id_) if id_ is None else getattr(Theme, key) == id_
                                   for key, id_ in zip(_ABOVE, above, strict=True)))  # fmt: skip
    with session.no_autoflush:
        others = session.scalars(beside).all()
    return any(other.id != theme.id and i18n.search_key(other.sv) == i18n.search_key(name) for other in others)


def _record(session: Session, actor: Actor, now: datetime, theme: Theme, action: str, **change: Any) -> None:
    record(session, actor, now, action=action, kind="theme", subject_id=theme.id, label=theme.sv, **change)
