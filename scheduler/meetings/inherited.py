"""What holds for a meeting: its own values where it has them, else those of its leading forum, else the forum's kind's.

Not here: what a forum inherits (``forums.inherited``), rules of mails (mail), the last day to call (``conflicts``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from scheduler.forums.inherited import ForumSettings, effective
from scheduler.meetings.models import Meeting
from scheduler.workdays.rules import Notice
from scheduler.workdays.rules import Unit as NoticeUnit

#: The columns of a meeting that its leading forum fills.
INHERITED = ("formality", "quorum_rule", "notice_n", "notice_unit", "minutes_days")

Origin = Literal["meeting", "forum", "kind"]


@dataclass(frozen=True)
class MeetingSettings:
    """The values in force, which of them are the meeting's own, and what holds for its leading forum."""

    formality: str
    quorum_rule: str
    #: For quorum_rule number.
    quorum_number: int | None
    notice_n: int
    notice_unit: str
    minutes_days: int
    #: Names of the fields the meeting has a value of its own for.
    own: frozenset[str]
    of_forum: ForumSettings

    def origin(self, name: str) -> Origin:
        """Where the value of a field comes from."""
        if name in self.own:
            return "meeting"
        return self.inherited_from(name)

    def inherited_from(self, name: str) -> Literal["forum", "kind"]:
        """Where the value would come from if the meeting had none of its own."""
        return "forum" if self.of_forum.origin(name) == "own" else "kind"

    @property
    def notice(self) -> Notice:
        """The time between the summons and the meeting."""
        return Notice(self.notice_n, NoticeUnit(self.notice_unit))


def effective_meeting(meeting: Meeting) -> MeetingSettings:
    """What holds for ``meeting``. A notice is inherited as a whole, and so is a quorum: the rule with its number."""
    of_forum = effective(meeting.forum)
    own: dict[str, Any] = {name: getattr(meeting, name) for name in INHERITED if getattr(meeting, name) is not None}
    if "notice_n" not in own:
        own.pop("notice_unit", None)
    return MeetingSettings(
        **{**{name: getattr(of_forum, name) for name in INHERITED}, **own},
        quorum_number=meeting.quorum_number if "quorum_rule" in own else of_forum.quorum_number,
        own=frozenset(own),
        of_forum=of_forum,
    )
