"""Another edition of the time zone database, for tests of what happens when a zone gets other rules."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from scheduler.ical import event_rules, zones


@contextmanager
def other_rules(folder: Path, time_zone: str, like: str) -> Iterator[None]:
    """Inside the block ``time_zone`` has the rules of the zone ``like``, as after an update and a restart."""
    edition = folder / "zoneinfo"
    path = edition / time_zone
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(resources.files("tzdata").joinpath("zoneinfo", *like.split("/")).read_bytes())
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(edition)])
    _forget()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(before)
        _forget()


def _forget() -> None:
    zoneinfo.ZoneInfo.clear_cache()
    for kept in (zones._zone, zones.rules_mark, event_rules._zone, event_rules.is_iana):
        kept.cache_clear()
