"""What of a meeting a person writes: names, types and readers of the fields of ``book_meeting`` and ``edit_meeting``.

Not here: rules between fields (``booking``), whether a place exists.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, time
from typing import Any, TypedDict

from scheduler.forums.models import Forum
from scheduler.forums.rules import FORUM_FIELDS
from scheduler.i18n import mark
from scheduler.ical.links import LinkFault, link_fault
from scheduler.meetings.rules import Kind, Mode
from scheduler.organisations.fields import Choice, Clock, Day, Field, Flag, Reference, Text, Unfit, Web, Zone


class WhenAndWhere(TypedDict, total=False):
    """When and where; what is not given stays as it is."""

    on: date
    #: Wall-clock times; both None: whole days. A new start alone keeps the length.
    start: time | None
    end: time | None
    #: The last day of a meeting over several, included; None: the same day. A new first day alone keeps the length.
    last_on: date | None
    #: IANA name.
    time_zone: str
    place_id: int | None
    #: A room in the place, or a place that is not in the register.
    place_text: str | None
    #: on_site, remote or hybrid.
    mode: str


class MeetingFields(WhenAndWhere, total=False):
    """All that can be edited of a meeting."""

    #: The first leads.
    forums: Sequence[Forum]
    kind: str
    title: str | None
    note: str | None
    video_url: str | None
    #: None: as the forum.
    public: bool | None
    answer_by_on: date | None
    theme_ids: Collection[int]
    # None: as the leading forum.
    formality: str | None
    quorum_rule: str | None
    quorum_number: int | None
    notice_n: int | None
    notice_unit: str | None
    minutes_days: int | None


class _VideoLink:
    """A link to take part by: https, and one that a calendar may carry (F19)."""

    def read(self, value: Any) -> str | None:
        """The link."""
        link = Web(1000, secure=True).read(value)
        fault = link_fault(link) if link else None
        if fault is not None:
            raise Unfit(_FAULTS[fault])
        return link


_FAULTS = {
    LinkFault.FORM: mark("Länken är inte en hel webbadress. Klistra in den som den står i webbläsarens adressfält."),
    LinkFault.SCHEME: mark("Länken behöver börja med https://."),
    LinkFault.SECRET: mark("Länken innehåller ett lösenord eller en personlig nyckel och kan inte stå i en kalender."),
}


class _OptionalClock(Clock):
    """A wall-clock time to the minute, or none."""

    def read(self, value: Any) -> Any:
        """The time."""
        return None if value is None else super().read(value).replace(second=0, microsecond=0)


READERS: Mapping[str, Field] = {
    "on": Day(missing=mark("Ange vilken dag mötet är")),
    "start": _OptionalClock(),
    "end": _OptionalClock(),
    "last_on": Day(),
    "time_zone": Zone(),
    "place_id": Reference(),
    "place_text": Text(200),
    "mode": Choice(tuple(Mode)),
    "kind": Choice(tuple(Kind)),
    "title": Text(300),
    "note": Text(20_000, lines=True),
    "video_url": _VideoLink(),
    "public": Flag(optional=True),
    "answer_by_on": Day(),
    # What a forum may have of its own, a meeting may too, in the same words.
    **{
        name: FORUM_FIELDS[name]
        for name in ("formality", "quorum_rule", "quorum_number", "notice_n", "notice_unit", "minutes_days")
    },
}
