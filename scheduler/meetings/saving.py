"""How every action on a meeting begins and ends: the lock, the snapshot, the row of the change, history, calendars.

Not here: what is lawful (``rules``) and what is changed (``booking``, ``steps``, ``calling``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused, SavedByOther
from scheduler.forums.models import Forum
from scheduler.history.actions import record
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor, plain
from scheduler.meetings import changes
from scheduler.meetings.fragments import LANGUAGES, Site, place_words
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.models import Meeting, MeetingChange, MeetingForum
from scheduler.meetings.publishing import label_of, publish
from scheduler.meetings.rules import Facts, State
from scheduler.meetings.scopes import Scope, scopes_of
from scheduler.meetings.substitute_calls import ACTIONS, follow_meeting
from scheduler.organisations import fields
from scheduler.organisations.fields import Text
from scheduler.register.models import Theme

P = ParamSpec("P")
R = TypeVar("R")

#: What history leaves out: what other fields say already, or nobody reads.
_UNTOLD = frozenset({"last_change", "place_id", "confirmed_at", "time_zone", "theme_ids"})

#: What the history has of answers and of what follows of them.
OF_ANSWERS = frozenset({"reply.give", "needs.set", *ACTIONS.values()})


def all_or_nothing(action: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """Runs an action in a savepoint: what it refuses half-way leaves no trace, even where the caller goes on."""

    @wraps(action)
    def run(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with session.begin_nested():
            return action(session, *args, **kwargs)

    return run


@dataclass(frozen=True)
class Opened:
    """A meeting taken hold of, as it was before the change."""

    meeting: Meeting
    before: dict[str, Any]
    scopes: frozenset[Scope]


def open_meeting(session: Session, meeting: Meeting, version: int | None) -> Opened:
    """Locks and reads ``meeting`` anew; every action on a stored meeting begins with it.

    Raises SavedByOther when ``version``, that of the form, is no longer its version; None asks nothing.
    """
    session.flush()
    session.expire(meeting)  # its lists too: what is read from here on is as it stands under the lock
    # Only its own row: PostgreSQL locks no row an outer join may leave out, as that of the place.
    session.refresh(meeting, with_for_update={"of": Meeting})
    if version is not None and version != meeting.version:
        raise saved_by_other(session, meeting)
    scopes = scopes_of(session, [meeting], days=[meeting.local_on])
    return Opened(meeting, snapshot_of(meeting), frozenset(scopes))


def saved_by_other(session: Session, meeting: Meeting) -> SavedByOther:
    """Who saved ``meeting`` last, and when."""
    last = session.scalars(
        select(HistoryEntry)
        .where(
            HistoryEntry.subject_kind == "meeting",
            HistoryEntry.subject_id == meeting.id,
            HistoryEntry.action.startswith("meeting."),  # an answer or a mark changes nothing of the meeting
        )
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    ).one_or_none()
    return SavedByOther(last.actor, last.at.isoformat()) if last else SavedByOther("", meeting.revised_at.isoformat())


def facts_of(meeting: Meeting) -> Facts:
    """What of ``meeting`` decides which steps are lawful."""
    return Facts(
        state=State(meeting.state),
        start_at=meeting.start_at,
        end_at=meeting.end_at,
        formality=effective_meeting(meeting).formality,
        was_called=meeting.called_at is not None,
    )


def refuse(problem: Problem | None) -> None:
    """Raises Refused when there is a problem."""
    if problem is not None:
        raise Refused(problem)


def reason_given(reason: str | None, field: str, ask: str) -> str:
    """``reason`` cleaned; raises Refused at ``field`` with ``ask`` when there is none."""
    values, problems = fields.read({field: Text(2000, missing=ask, lines=True)}, {field: reason})
    fields.refuse(problems)
    return str(values[field])


def snapshot_of(meeting: Meeting) -> dict[str, Any]:
    """``meeting`` as plain values, in the fields ``changes.FIELDS``."""
    places = {
        language: words
        for language in LANGUAGES
        if (words := place_words(meeting.place, meeting.place_text, language)) is not None
    }
    values = {field: getattr(meeting, field) for field in changes.FIELDS if field not in _OF_OTHER_ROWS}
    values |= {
        "place": places or None,
        "forum_ids": [row.forum_id for row in meeting.forum_rows],
        "theme_ids": sorted(theme.id for theme in meeting.themes),
        "themes": sorted(theme.sv for theme in meeting.themes),
    }
    return {field: plain(values[field]) for field in changes.FIELDS}


def save(
    session: Session,
    actor: Actor,
    now: datetime,
    opened: Opened,
    *,
    kind: str,
    site: Site,
    send: bool,
    reason: str | None = None,
    invitees: Mapping[str, Any] | None = None,
) -> MeetingChange | None:
    """Ends an action: revisions rise, the change is stored and told to history and calendars.

    ``kind`` is that of ``MeetingChange``; ``invitees`` says who was called or withdrawn, by ids. None, and nothing
    stored, when nothing has changed.
    """
    meeting, before = opened.meeting, opened.before
    session.flush()
    after = snapshot_of(meeting)
    if after == before and not invitees:
        return None
    raise_revisions(meeting, before, after, kind=kind)
    session.flush()
    follow_meeting(
        session, actor, now, meeting, before=before, after=after, kind=kind, send=send,
        withdrawn=(invitees or {}).get("withdrawn", ()),
    )  # fmt: skip
    publish(
        session,
        meeting,
        now,
        site=site,
        before=opened.scopes,
        days=[changes.snapshot_day(before), meeting.local_on],
        invited=_changes_guests(kind, before, invitees or {}),
    )
    tell(session, actor, now, meeting, kind=kind, before=before, after=after, reason=reason, invitees=invitees)
    return keep_change(
        session, actor, now, meeting, kind=kind, before=before, after=after, send=send, invitees=invitees
    )


def raise_revisions(meeting: Meeting, before: Mapping[str, Any], after: dict[str, Any], *, kind: str) -> None:
    """Lets ``meeting`` count the change, and both it and ``after`` say it where somebody has been told of it before."""
    meeting.sequence += changes.raises_sequence(before, after)
    meeting.time_rev += changes.raises_time_rev(before, after)
    if kind != "undo" and (told := changes.last_change(before, after)):
        meeting.last_change = told
        after["last_change"] = told
    meeting.version += 1


def _changes_guests(kind: str, before: Mapping[str, Any], invitees: Mapping[str, Any]) -> bool:
    """Whether somebody gains or loses the meeting by it: a first call only stores those who had it already."""
    first_call = kind == "call" and before["called_at"] is None
    return any(invitees.values()) and not first_call


def keep_change(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    kind: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    send: bool,
    invitees: Mapping[str, Any] | None = None,
) -> MeetingChange:
    """Stores the row that ``mail.actions.announce`` reads."""
    row = change_row(
        actor, now, meeting, kind=kind, before=before, after=after, send=send, sequence=meeting.sequence,
        invitees=invitees,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def change_row(
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    kind: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    send: bool,
    sequence: int,
    invitees: Mapping[str, Any] | None = None,
) -> MeetingChange:
    """The row of a change, not stored yet."""
    return MeetingChange(
        meeting_id=meeting.id,
        at=now,
        user_id=actor.user_id,
        kind=kind,
        before=None if before is None else dict(before),
        after={**after, "invitees": dict(invitees)} if invitees else dict(after),
        send=send,
        sequence=sequence,
    )


def tell(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    kind: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    reason: str | None = None,
    invitees: Mapping[str, Any] | None = None,
) -> None:
    """Writes history, in words a person reads."""
    told = _told(after)
    if invitees:
        told |= {f"invitees_{name}": len(ids) for name, ids in invitees.items() if ids}
    record(
        session,
        actor,
        now,
        action=f"meeting.{kind}",
        kind="meeting",
        subject_id=meeting.id,
        label=label_of(meeting),
        before=None if before is None else _told(before),
        after=told,
        reason=reason,
    )


def _told(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot without what nobody reads, times on the wall clock, the place by its Swedish name."""
    span = changes.span_of(snapshot)
    told = {field: value for field, value in snapshot.items() if field not in _UNTOLD}
    told["start_at"], told["end_at"] = (at.strftime("%Y-%m-%d %H:%M") for at in (span.start, span.end))
    told["place"] = snapshot["place"]["sv"] if snapshot["place"] else None
    return told


def set_forums(session: Session, meeting: Meeting, forums: Sequence[Forum]) -> None:
    """Makes ``forums`` those of ``meeting``, the first leading."""
    if [row.forum_id for row in meeting.forum_rows] == [forum.id for forum in forums]:
        return
    meeting.forum_rows.clear()
    session.flush()
    meeting.forum_rows.extend(MeetingForum(forum=forum, position=n) for n, forum in enumerate(forums))
    session.flush()


def restore(session: Session, meeting: Meeting, snapshot: Mapping[str, Any]) -> None:
    """Gives ``meeting`` the values of ``snapshot`` back."""
    span = changes.span_of(snapshot)
    meeting.start_at, meeting.end_at, meeting.local_on = span.start_at, span.end_at, span.on
    for field in ("called_at", "confirmed_at"):
        setattr(meeting, field, datetime.fromisoformat(snapshot[field]) if snapshot[field] else None)
    day = snapshot["answer_by_on"]
    meeting.answer_by_on = date.fromisoformat(day) if day else None
    for field in _PLAIN:
        if field in snapshot:
            setattr(meeting, field, snapshot[field])
    if "theme_ids" in snapshot:
        meeting.themes = themes_of(session, snapshot["theme_ids"])
    set_forums(session, meeting, [session.get_one(Forum, forum_id) for forum_id in snapshot["forum_ids"]])
    session.flush()
    session.expire(meeting, ["place"])


def themes_of(session: Session, theme_ids: Collection[int]) -> list[Theme]:
    """The themes of these ids in Swedish order; those that are gone are left out."""
    query = select(Theme).where(Theme.id.in_(theme_ids)).order_by(Theme.sort_key, Theme.id)
    return list(session.scalars(query))


#: The fields of a snapshot that are no columns of the meeting.
_OF_OTHER_ROWS = frozenset({"place", "forum_ids", "theme_ids", "themes"})
#: The fields of a snapshot that stand in it as in the table.
_PLAIN = tuple(
    field
    for field in changes.FIELDS
    if field not in {"start_at", "end_at", "called_at", "confirmed_at", "answer_by_on", *_OF_OTHER_ROWS}
)
