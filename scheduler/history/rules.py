"""Who acts, and what of a record changed. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Actor:
    """Who does something: a user, a person by a personal link, or the system (both ids None)."""

    label: str
    user_id: int | None = None
    person_id: int | None = None


#: The clock's own work: reminders, the end of a session.
SYSTEM = Actor("Takt")


def subject_number(key: str) -> int:
    """The number by which the history keeps a row whose key is a word (a kind): always the same for the same word."""
    return zlib.crc32(key.encode()) & 0x7FFFFFFF


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: dates and instants as ISO text, enums by value."""
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return getattr(value, "value", value)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields whose values differ, as (before, after); a field missing on one side counts as None."""
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return {k: plain(before.get(k)) for k in keys}, {k: plain(after.get(k)) for k in keys}
