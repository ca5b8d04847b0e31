"""What a form shows whose record somebody else has saved meanwhile: who, when, and where the two differ.

The form keeps what was typed and knows the new version, so that saving again is a choice made knowingly. Not
here: finding out (the actions raise ``SavedByOther``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wtforms import BooleanField, Form, HiddenField, SelectFieldBase, SelectMultipleField

from scheduler.errors import SavedByOther
from scheduler.i18n import gettext
from scheduler.web.filters import instant_text


@dataclass(frozen=True)
class Difference:
    """A field whose saved value is not the one typed, both in words."""

    label: str
    saved: str
    typed: str


@dataclass(frozen=True)
class Clash:
    """Somebody else saved first."""

    by: str
    #: When, in words; empty when nobody knows.
    at: str
    differences: tuple[Difference, ...]


def clash_of(error: SavedByOther, typed: Form, saved: Form, time_zone: str) -> Clash:
    """What to show of ``error``; ``saved`` is the form as it would be opened now, on ``typed``'s own choices."""
    at = instant_text(datetime.fromisoformat(error.at), time_zone) if error.at else ""
    return Clash(error.by or gettext("Någon annan"), at, tuple(_differences(typed, saved)))


def _differences(typed: Form, saved: Form) -> Iterator[Difference]:
    for field in typed:
        if isinstance(field, HiddenField):
            continue
        mine, theirs = _shown(field), _shown(saved[field.short_name])
        if mine != theirs:
            yield Difference(str(field.label.text), theirs or "–", mine or "–")


def _shown(field: Any) -> str:
    """The value of a field as a person reads it."""
    if isinstance(field, BooleanField):
        return gettext("Ja") if field.data else gettext("Nej")
    if isinstance(field, SelectFieldBase):
        chosen = field.data if isinstance(field, SelectMultipleField) else [field.data]
        wanted = {str(value) for value in chosen or []}
        choices: Any = field.iter_choices()  # types-wtforms describes an older one
        return ", ".join(str(choice.label) for choice in choices if choice.value and str(choice.value) in wanted)
    return " ".join(str(field._value()).split())  # noqa: SLF001 - WTForms' own name for what a control shows
