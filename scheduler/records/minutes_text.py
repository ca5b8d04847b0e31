"""The finished text of a meeting's minutes as one value: what the page shows, what is locked, what PDF and docx print.

Everything in it is plain (text, numbers, ISO days "2026-09-15", wall-clock times "09:50"), so that it goes to JSON and
back without loss. Words that depend on the reader's language (headings, outcomes, roles) are codes. Pure. Not here:
reading it from the tables (``minutes_reading``), how it is laid out.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attendee:
    """Somebody in the attendance list. Items are numbers as shown, from 1."""

    name: str
    organisation: str | None
    #: chair, first_vice_chair, second_vice_chair or member for a seat that counts; else substitute, co_opted,
    #: secretary, observer, presenter or guest.
    role: str
    #: present, remote, notified or absent.
    status: str
    #: For a serving substitute: the names of those whose seats they filled; "" for a vacant seat.
    serves_for: tuple[str, ...] = ()
    from_item: int | None = None
    #: The last item they were there for.
    to_item: int | None = None
    #: Items they left for a conflict of interest.
    recused: tuple[int, ...] = ()


@dataclass(frozen=True)
class AttendanceText:
    """Who was there, and whether that made a quorum."""

    #: Members there and substitutes who served.
    serving: tuple[Attendee, ...]
    #: Substitutes who did not serve, co-opted, secretaries, observers, guests.
    others: tuple[Attendee, ...]
    absent: tuple[Attendee, ...]
    #: How many seats there are, how many were filled at best, how many had to be (None: nothing required).
    seats: int
    filled: int
    needed: int | None
    #: None: nothing required.
    quorate: bool | None
    #: Items without a quorum.
    lacking: tuple[int, ...] = ()


@dataclass(frozen=True)
class ActionText:
    """Something to be done."""

    text: str
    owner: str | None
    #: ISO day.
    due_on: str | None


@dataclass(frozen=True)
class ItemText:
    """One item of the agenda with what came of it."""

    #: As shown, from 1.
    number: int
    item_id: int
    title: str
    #: formality, information, discussion or decision.
    kind: str
    presenter: str | None = None
    began: str | None = None
    ended: str | None = None
    text: str | None = None
    #: none, as_proposed, with_change, rejected, tabled or referred.
    outcome: str = "none"
    #: The § of the decision; preliminary until ``MinutesText.is_final``; None where nothing was decided.
    paragraph: int | None = None
    decision: str | None = None
    #: Reservations and statements.
    reservations: str | None = None
    #: Chapter and section that makes the item secret; the public text then has nothing of it but this.
    secrecy_ground: str | None = None
    registry_number: str | None = None
    actions: tuple[ActionText, ...] = ()
    #: Adjusted before the rest (omedelbart justerad).
    is_adjusted: bool = False
    #: What was written is left out of this copy: only its number and § are there.
    is_withheld: bool = False


@dataclass(frozen=True)
class Signature:
    """A line to sign on, or signed."""

    name: str
    #: secretary, chair or adjuster.
    role: str
    #: ISO day; None: not signed yet.
    signed_on: str | None = None


@dataclass(frozen=True)
class MinutesText:
    """The whole of it."""

    #: notes or protocol.
    kind: str
    forum: str
    #: The forum's other language, where it has a name in it.
    forum_en: str | None
    #: Who keeps the secretariat; None: nobody named.
    organisation: str | None
    #: Theme or title of the meeting; None: the forum's name says enough.
    title: str | None
    meeting_id: int
    #: ISO day, and wall-clock times in ``time_zone``; None for whole days.
    on: str
    starts: str | None
    ends: str | None
    time_zone: str
    place: str | None
    #: on_site, remote or hybrid.
    mode: str
    attendance: AttendanceText
    items: tuple[ItemText, ...]
    signatures: tuple[Signature, ...]
    opening: str | None = None
    closing: str | None = None
    secretary: str | None = None
    #: Where and when it is adjusted, in words.
    adjusting_note: str | None = None
    #: The year the § are numbered in.
    year: int = 0
    #: Adjusted and locked: the § are drawn.
    is_final: bool = False

    @property
    def decided(self) -> tuple[ItemText, ...]:
        """The items with a §."""
        return tuple(item for item in self.items if item.paragraph is not None)


def to_json(text: MinutesText) -> dict[str, Any]:
    """The text as JSON holds it."""
    found: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(text)))
    return found


def from_json(given: Mapping[str, Any]) -> MinutesText:
    """The text that ``to_json`` gave; fields that are missing have their defaults, unknown ones are left out."""
    attendance = given["attendance"]
    people = {
        name: tuple(_make(Attendee, one, "serves_for", "recused") for one in attendance[name])
        for name in ("serving", "others", "absent")
    }
    items = tuple(
        dataclasses.replace(
            _make(ItemText, {**one, "actions": ()}), actions=tuple(_make(ActionText, act) for act in one["actions"])
        )
        for one in given["items"]
    )
    found: MinutesText = _make(
        MinutesText,
        {
            **given,
            "attendance": _make(AttendanceText, {**attendance, **people}, "lacking"),
            "items": items,
            "signatures": tuple(_make(Signature, one) for one in given["signatures"]),
        },
    )
    return found


def _make(kind: Any, given: Mapping[str, Any], *lists: str) -> Any:
    known = {field.name for field in dataclasses.fields(kind)}
    return kind(**{name: tuple(v) if name in lists else v for name, v in given.items() if name in known})


def canonical(given: Mapping[str, Any]) -> bytes:
    """JSON in its one form: keys in order, no spaces, UTF-8. What ``sha256`` counts."""
    return json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(given: Mapping[str, Any]) -> str:
    """The hash of a locked text, in hex."""
    return hashlib.sha256(canonical(given)).hexdigest()


def seen_sha256(text: MinutesText) -> str:
    """What an adjuster has read: the hash of the text without § and days of signing, which come by adjusting."""
    items = tuple(dataclasses.replace(item, paragraph=None, is_adjusted=False) for item in text.items)
    signatures = tuple(dataclasses.replace(one, signed_on=None) for one in text.signatures)
    return sha256(to_json(dataclasses.replace(text, items=items, signatures=signatures, is_final=False)))


def public(text: MinutesText) -> MinutesText:
    """The text as everybody may read it: of a secret item its number, § and ground are left."""
    items = tuple(
        ItemText(
            number=item.number, item_id=item.item_id, title="", kind=item.kind, paragraph=item.paragraph,
            secrecy_ground=item.secrecy_ground, is_withheld=True, outcome="none",
        )
        if item.secrecy_ground
        else item
        for item in text.items
    )  # fmt: skip
    return dataclasses.replace(text, items=items)
