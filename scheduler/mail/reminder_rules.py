"""Rules of planned mails on one level: what a kind of forums, a forum or a meeting has of its own, and inherits.

Each planned kind of mail (``rules.PLANNED``: saving the date, asking for answers, reminding) has rules by itself; of
each the nearest level that has any decides alone (``rules.nearest``). Not here: planning itself (``actions``), what
the mails say (``letters``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, Literal

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.forums.inherited import effective
from scheduler.forums.models import Forum, ForumKind
from scheduler.history.actions import record
from scheduler.history.rules import Actor, subject_number
from scheduler.i18n import mark
from scheduler.mail.actions import plan_meetings
from scheduler.mail.models import ReminderRule
from scheduler.mail.rules import PLANNED, REMINDED, Rule, default_rules, nearest
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations import fields
from scheduler.organisations.fields import Choice, Clock, Number
from scheduler.settings import Settings

#: What may have rules of its own.
Owner = ForumKind | Forum | Meeting
#: Where rules come from; ``value`` is what a kind of forums has without rules: its days, and its formality.
Level = Literal["meeting", "forum", "kind", "value"]

MOST = 5
AUDIENCES = ("all", "ordinary")
UNITS = ("calendar_days", "working_days")
REMINDER = "reminder"
#: Planned kind of mail → whom its rules may be for; a kind with one audience is not asked.
AUDIENCES_OF: Mapping[str, tuple[str, ...]] = {
    "save_the_date": AUDIENCES,
    "chaser": ("unanswered",),
    REMINDER: AUDIENCES,
}
#: Planned kind of mail → what the history calls a change of its rules, and the field that holds them.
_RECORDED: Mapping[str, tuple[str, str]] = {
    "save_the_date": ("dates.set", "save_the_date"),
    "chaser": ("chasers.set", "chaser"),
    REMINDER: ("reminders.set", "reminders"),
}
_READERS: dict[str, fields.Field] = {
    "n": Number(0, 365),
    "unit": Choice(UNITS),
    "send_at": Clock(),
}


def no_mails(kind: str) -> Rule:
    """What is stored for "no such mails at all": one rule that is off."""
    return Rule(1, kind=kind, audience=AUDIENCES_OF[kind][0], on=False)


@dataclass(frozen=True)
class Reminders:
    """The rules of one planned kind of mail of a kind of forums, a forum or a meeting."""

    #: Its own rules as stored; None: it inherits. Rules that are off are among them.
    own: tuple[Rule, ...] | None
    #: What holds without own ones, and where that comes from.
    inherited: tuple[Rule, ...]
    inherited_from: Level
    #: The planned kind of mail.
    kind: str = REMINDER

    @property
    def in_force(self) -> tuple[Rule, ...]:
        """The rules that give mails, the latest mail first."""
        return self.inherited if self.own is None else nearest(self.kind, self.own)


def reminders_of(session: Session, owner: Owner) -> Reminders:
    """The owner's own reminders and those it would inherit. One query."""
    return planned_rules_of(session, owner)[REMINDER]


def planned_rules_of(session: Session, owner: Owner) -> dict[str, Reminders]:
    """Planned kind of mail → the owner's own rules and those it would inherit. One query."""
    kind = owner if isinstance(owner, ForumKind) else owner.kind if isinstance(owner, Forum) else owner.forum.kind
    levels: list[tuple[Level, ColumnElement[bool]]] = [("kind", ReminderRule.forum_kind_id == kind.id)]
    if not isinstance(owner, ForumKind):
        forum = owner if isinstance(owner, Forum) else owner.forum
        levels.insert(0, ("forum", ReminderRule.forum_id == forum.id))
    if isinstance(owner, Meeting):
        levels.insert(0, ("meeting", ReminderRule.meeting_id == owner.id))
    found: dict[tuple[str, Level], tuple[Rule, ...]] = {}
    query = select(ReminderRule).where(or_(*(condition for _level, condition in levels))).order_by(ReminderRule.id)
    for row in session.scalars(query):
        level: Level = "meeting" if row.meeting_id is not None else "forum" if row.forum_id is not None else "kind"
        found[row.kind, level] = (*found.get((row.kind, level), ()), _rule(row))
    own, above = levels[0][0], [level for level, _condition in levels[1:]]
    return {
        planned: Reminders(
            own=found.get((planned, own)),
            inherited=nearest(
                planned,
                *(found.get((planned, level), ()) for level in above),
                default_rules(planned, _formality(owner), kind.reminder_n, kind.reminder_unit),
            ),
            inherited_from=next((level for level in above if (planned, level) in found), "value"),
            kind=planned,
        )
        for planned in PLANNED
    }


def _formality(owner: Owner) -> str:
    if isinstance(owner, Meeting):
        return effective_meeting(owner).formality
    return effective(owner).formality if isinstance(owner, Forum) else owner.formality


def _rule(row: ReminderRule) -> Rule:
    return Rule(row.offset_n, row.offset_unit, row.send_at, row.kind, row.audience, on=row.on)


def set_rules(
    session: Session,
    actor: Actor,
    now: datetime,
    owner: Owner,
    *,
    rules: Sequence[Rule] | None,
    kind: str = REMINDER,
    settings: Settings | None = None,
) -> None:
    """The owner's own rules of a planned ``kind`` of mail are these; none: no such mails; None: it inherits again.

    The mailings of the coming meetings concerned are planned anew in the same transaction. Raises Refused at
    ``rules-<number>-<part>`` (the first is 1; n, unit, send_at or audience), or at ``rules`` for too many.
    """
    wanted = None if rules is None else _read(rules, kind)
    before = planned_rules_of(session, owner)[kind].own
    if wanted == before:
        return
    for row in session.scalars(select(ReminderRule).where(_of(owner), ReminderRule.kind == kind)):
        session.delete(row)
    session.flush()
    session.add_all(
        ReminderRule(
            **_owned(owner), kind=kind, offset_n=rule.n, offset_unit=rule.unit, send_at=rule.send_at,
            audience=rule.audience, on=rule.on,
        )
        for rule in wanted or ()
    )  # fmt: skip
    session.flush()
    action, fact = _RECORDED[kind]
    subject, number, label = _subject(owner)
    record(
        session, actor, now, action=action, kind=subject, subject_id=number, label=label,
        before={fact: _told(before)}, after={fact: _told(wanted)},
    )  # fmt: skip
    plan_meetings(session, now, coming_ids(session, now, owner), settings)


def coming_ids(session: Session, now: datetime, owner: Owner) -> Collection[int]:
    """The meetings to come whose mailings the owner's rules may decide."""
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


def _read(rules: Sequence[Rule], kind: str) -> tuple[Rule, ...]:
    if not rules:
        return (no_mails(kind),)
    if len(rules) > MOST:
        raise Refused(Problem("rules", mark("Ange högst %(most)s utskick"), {"most": MOST}))
    allowed = AUDIENCES_OF[kind]
    read = [replace(rule, kind=kind, audience=allowed[0] if len(allowed) == 1 else rule.audience) for rule in rules]
    problems: list[Problem] = []
    seen: set[tuple[int, str]] = set()
    for number, rule in enumerate(read, start=1):
        values = {"n": rule.n, "unit": rule.unit, "send_at": rule.send_at, "audience": rule.audience}
        _values, wrong = fields.read({**_READERS, "audience": Choice(allowed)}, values)
        problems += [Problem(f"rules-{number}-{problem.field}", problem.text, problem.values) for problem in wrong]
        if (rule.n, rule.unit) in seen:
            problems.append(Problem(f"rules-{number}-n", mark("Det utskicket finns redan i listan")))
        seen.add((rule.n, rule.unit))
    fields.refuse(problems)
    return tuple(read)


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
    """What the history keeps: "2 calendar_days 09:00 all"; an empty list for no mails, None for inherited."""
    if rules is None:
        return None
    return [f"{rule.offset} {_clock(rule.send_at)} {rule.audience}" for rule in rules if rule.on]


def _clock(at: time) -> str:
    return at.strftime("%H:%M")
