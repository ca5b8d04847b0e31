"""Reminders on one level: the rules a kind of forums, a forum or a meeting has of its own, and what it inherits.

The nearest level that has rules decides alone (``rules.nearest``). Not here: planning itself (``actions``), what the
mails say (``letters``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.forums.models import Forum, ForumKind
from scheduler.history.actions import record
from scheduler.history.rules import Actor, subject_number
from scheduler.i18n import mark
from scheduler.mail.actions import plan_meetings
from scheduler.mail.models import ReminderRule
from scheduler.mail.rules import REMINDED, Rule
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations import fields
from scheduler.organisations.fields import Choice, Clock, Number
from scheduler.settings import Settings

#: What may have rules of its own.
Owner = ForumKind | Forum | Meeting
#: Where rules come from; ``value`` is the kind's own simple number of days.
Level = Literal["meeting", "forum", "kind", "value"]

MOST = 5
AUDIENCES = ("all", "ordinary")
UNITS = ("calendar_days", "working_days")
_REMINDER = "reminder"
#: What is stored for "no reminders at all": one rule that is off.
NO_REMINDERS = Rule(1, on=False)

_READERS: dict[str, fields.Field] = {
    "n": Number(0, 365),
    "unit": Choice(UNITS),
    "send_at": Clock(),
    "audience": Choice(AUDIENCES),
}


@dataclass(frozen=True)
class Reminders:
    """The reminders of a kind, a forum or a meeting."""

    #: Its own rules as stored; None: it inherits. Rules that are off are among them.
    own: tuple[Rule, ...] | None
    #: What holds without own ones, and where that comes from.
    inherited: tuple[Rule, ...]
    inherited_from: Level

    @property
    def in_force(self) -> tuple[Rule, ...]:
        """The rules that give mails, the latest mail first."""
        return _sorted(self.inherited if self.own is None else self.own)


def reminders_of(session: Session, owner: Owner) -> Reminders:
    """The owner's own rules and those it would inherit. One query."""
    kind = owner if isinstance(owner, ForumKind) else owner.kind if isinstance(owner, Forum) else owner.forum.kind
    levels: list[tuple[Level, ColumnElement[bool]]] = [("kind", ReminderRule.forum_kind_id == kind.id)]
    if not isinstance(owner, ForumKind):
        forum = owner if isinstance(owner, Forum) else owner.forum
        levels.insert(0, ("forum", ReminderRule.forum_id == forum.id))
    if isinstance(owner, Meeting):
        levels.insert(0, ("meeting", ReminderRule.meeting_id == owner.id))
    found: dict[Level, tuple[Rule, ...]] = {}
    condition = levels[0][1]
    for _level, other in levels[1:]:
        condition = condition | other
    for row in session.scalars(
        select(ReminderRule).where(condition, ReminderRule.kind == _REMINDER).order_by(ReminderRule.id)
    ):
        level: Level = "meeting" if row.meeting_id is not None else "forum" if row.forum_id is not None else "kind"
        found[level] = (*found.get(level, ()), _rule(row))
    value = Rule(kind.reminder_n, kind.reminder_unit)
    above: Level = next((level for level, _condition in levels[1:] if level in found), "value")
    return Reminders(own=found.get(levels[0][0]), inherited=_sorted(found.get(above, (value,))), inherited_from=above)


def _rule(row: ReminderRule) -> Rule:
    return Rule(row.offset_n, row.offset_unit, row.send_at, row.kind, row.audience, on=row.on)


def _sorted(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(sorted((rule for rule in rules if rule.on), key=lambda rule: (rule.unit, rule.n)))


def set_rules(
    session: Session,
    actor: Actor,
    now: datetime,
    owner: Owner,
    *,
    rules: Sequence[Rule] | None,
    settings: Settings | None = None,
) -> None:
    """The owner's own reminders are these; none: no reminders at all; None: it inherits again.

    The mailings of the coming meetings concerned are planned anew in the same transaction. Raises Refused at
    ``rules-<number>-<part>`` (the first is 1; n, unit, send_at or audience), or at ``rules`` for too many.
    """
    wanted = None if rules is None else _read(rules)
    before = reminders_of(session, owner).own
    if wanted == before:
        return
    for row in session.scalars(select(ReminderRule).where(_of(owner), ReminderRule.kind == _REMINDER)):
        session.delete(row)
    session.flush()
    session.add_all(
        ReminderRule(
            **_owned(owner), kind=_REMINDER, offset_n=rule.n, offset_unit=rule.unit, send_at=rule.send_at,
            audience=rule.audience, on=rule.on,
        )
        for rule in wanted or ()
    )  # fmt: skip
    session.flush()
    kind, number, label = _subject(owner)
    record(
        session, actor, now, action="reminders.set", kind=kind, subject_id=number, label=label,
        before={"reminders": _told(before)}, after={"reminders": _told(wanted)},
    )  # fmt: skip
    plan_meetings(session, now, coming_ids(session, now, owner), settings)


def coming_ids(session: Session, now: datetime, owner: Owner) -> Collection[int]:
    """The meetings to come whose reminders the owner's rules may decide."""
    if isinstance(owner, Meeting):
        return [owner.id]
    query = (
        select(Meeting.id)
        .join(MeetingForum)
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .where(Meeting.start_at > now, Meeting.state.in_(REMINDED), MeetingForum.position == 0)
    )
    if isinstance(owner, Forum):
        return session.scalars(query.where(Forum.id == owner.id)).all()
    return session.scalars(query.where(Forum.kind_id == owner.id)).all()


def _read(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    if not rules:
        return (NO_REMINDERS,)
    if len(rules) > MOST:
        raise Refused(Problem("rules", mark("Ange högst %(most)s påminnelser"), {"most": MOST}))
    problems: list[Problem] = []
    seen: set[tuple[int, str]] = set()
    for number, rule in enumerate(rules, start=1):
        values = {"n": rule.n, "unit": rule.unit, "send_at": rule.send_at, "audience": rule.audience}
        _values, wrong = fields.read(_READERS, values)
        problems += [Problem(f"rules-{number}-{problem.field}", problem.text, problem.values) for problem in wrong]
        if (rule.n, rule.unit) in seen:
            problems.append(Problem(f"rules-{number}-n", mark("Den påminnelsen finns redan i listan")))
        seen.add((rule.n, rule.unit))
    fields.refuse(problems)
    return tuple(rules)


def _of(owner: Owner) -> ColumnElement[bool]:
    if isinstance(owner, ForumKind):
        return ReminderRule.forum_kind_id == owner.id
    return ReminderRule.forum_id == owner.id if isinstance(owner, Forum) else ReminderRule.meeting_id == owner.id


def _owned(owner: Owner) -> dict[str, Any]:
    if isinstance(owner, ForumKind):
        return {"forum_kind_id": owner.id}
    return {"forum_id": owner.id} if isinstance(owner, Forum) else {"meeting_id": owner.id}


def _subject(owner: Owner) -> tuple[str, int, str]:
    if isinstance(owner, ForumKind):
        return "forum_kind", subject_number(owner.id), owner.sv
    if isinstance(owner, Forum):
        return "forum", owner.id, owner.name
    return "meeting", owner.id, f"{owner.forum.title} {owner.local_on}"


def _told(rules: Sequence[Rule] | None) -> list[str] | None:
    """What the history keeps: "2 calendar_days 09:00 all"; an empty list for no reminders, None for inherited."""
    if rules is None:
        return None
    return [f"{rule.offset} {_clock(rule.send_at)} {rule.audience}" for rule in rules if rule.on]


def _clock(at: time) -> str:
    return at.strftime("%H:%M")
