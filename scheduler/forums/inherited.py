"""What holds for a forum: its own values where it has them, else those of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scheduler.forums.models import Forum
from scheduler.workdays.rules import Notice
from scheduler.workdays.rules import Unit as NoticeUnit

#: The columns of a forum that its kind fills.
INHERITED = (
    "formality",
    "quorum_rule",
    "requires_quorum",
    "notice_n",
    "notice_unit",
    "minutes_days",
    "public_level",
)


@dataclass(frozen=True)
class ForumSettings:
    """The values in force, which of them are the forum's own, and what the kind has."""

    formality: str
    quorum_rule: str
    #: For quorum_rule number.
    quorum_number: int | None
    requires_quorum: bool
    notice_n: int
    notice_unit: str
    minutes_days: int
    public_level: str
    #: Always the kind's: a forum's own reminders are rules of the mail room.
    reminder_n: int
    reminder_unit: str
    #: Names of the fields the forum has a value of its own for.
    own: frozenset[str]
    #: Field → the kind's value.
    of_kind: Mapping[str, Any]

    def origin(self, name: str) -> Literal["own", "kind"]:
        """Where the value of a field comes from."""
        return "own" if name in self.own else "kind"

    @property
    def notice(self) -> Notice:
        """The time between the summons and the meeting."""
        return Notice(self.notice_n, NoticeUnit(self.notice_unit))


def public_level_of(forum: Forum) -> str:
    """The level alone, as ``effective`` has it: it is asked of every meeting that is shown."""
    return forum.kind.public_level if forum.public_level is None else forum.public_level


def effective(forum: Forum) -> ForumSettings:
    """What holds for ``forum``. A notice is inherited as a whole: the number and its unit go together."""
    of_kind = {name: getattr(forum.kind, name) for name in (*INHERITED, "reminder_n", "reminder_unit")}
    own = {name: getattr(forum, name) for name in INHERITED if getattr(forum, name) is not None}
    if "notice_n" not in own:
        own.pop("notice_unit", None)
    return ForumSettings(
        **{**of_kind, **own},
        quorum_number=forum.quorum_number,
        own=frozenset(own),
        of_kind=of_kind,
    )
