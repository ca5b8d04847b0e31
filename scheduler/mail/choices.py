"""What people have chosen of their mail: how often, where meetings come into their calendar, which forums they stopped.

Not here: the pages (``web.mail_choices``), who is asked when a mailing goes out (``fanning``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.accounts import personal_links
from scheduler.forums.models import Forum
from scheduler.forums.seats import seats_of_person
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.mail.models import DigestItem, MailChoice, MailStop, OutboxMail
from scheduler.mail.outcomes import before as states_before
from scheduler.mail.rules import KINDS, NOTICES, PLANNED
from scheduler.meetings.models import MeetingForum
from scheduler.organisations import fields
from scheduler.organisations.fields import Choice
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rules import shown_name

#: What a personal link to one's choices is for (``accounts.personal_links``).
PURPOSE = "mail"
FREQUENCIES = ("each", "daily", "weekly", "changes")
CALENDARS = ("both", "invitations", "feed")
_READERS: dict[str, fields.Field] = {"frequency": Choice(FREQUENCIES), "calendar": Choice(CALENDARS)}
_OPTIONAL = tuple(kind for kind, behaviour in KINDS.items() if behaviour.optional)
#: The kinds of mail that lead to the choices.
_CHOOSABLE = (
    *PLANNED, *NOTICES, "personal_digest", "secretariat_digest", "poll", "poll_chaser", "poll_result",
    "action_reminder", "action_overdue",
)  # fmt: skip


@dataclass(frozen=True)
class Wishes:
    """How somebody wants mail; the defaults are those of whoever has chosen nothing."""

    #: each, daily, weekly or changes.
    frequency: str = "each"
    #: feed, invitations or both.
    calendar: str = "both"
    #: Forums whose optional mail is stopped.
    stopped_forums: frozenset[int] = frozenset()


def choice_of(session: Session, *, person_id: int | None = None, organisation_id: int | None = None) -> MailChoice:
    """The row of a person or of an organisation, made when it is missing; two at once make one."""
    owner = {"person_id": person_id} if person_id is not None else {"organisation_id": organisation_id}
    query = select(MailChoice).filter_by(**owner)
    found = session.scalars(query).one_or_none()
    if found is None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        row = {**owner, "frequency": "each", "calendar": "both", "epoch": 1}
        session.execute(insert(MailChoice).values(row).on_conflict_do_nothing())
        found = session.scalars(query).one()
    return found


def choice_rows(session: Session, person_ids: Collection[int]) -> dict[int, MailChoice]:
    """Person → the person's row, for those who have one. One query."""
    rows = session.scalars(select(MailChoice).where(MailChoice.person_id.in_(person_ids)))
    return {row.person_id: row for row in rows if row.person_id is not None}


def make_rows(session: Session, mail_ids: Collection[int]) -> None:
    """Sees to it that those whom these mails are for have a row. One statement; two at once make one."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    people = select(OutboxMail.person_id, literal("each"), literal("both"), literal(1)).where(
        OutboxMail.id.in_(mail_ids), OutboxMail.kind.in_(_CHOOSABLE), OutboxMail.person_id.is_not(None)
    )
    columns = ("person_id", "frequency", "calendar", "epoch")
    session.execute(insert(MailChoice).from_select(columns, people.distinct()).on_conflict_do_nothing())


def choices_of(session: Session, person_ids: Collection[int]) -> dict[int, Wishes]:
    """What each of the people has chosen; those who have chosen nothing are left out. Two queries at most."""
    if not person_ids:
        return {}
    rows = session.scalars(select(MailChoice).where(MailChoice.person_id.in_(person_ids))).all()
    stopped: defaultdict[int, set[int]] = defaultdict(set)
    if rows:
        stops = select(MailStop).where(MailStop.choice_id.in_([row.id for row in rows]))
        for stop in session.scalars(stops):
            stopped[stop.choice_id].add(stop.forum_id)
    return {row.person_id or 0: Wishes(row.frequency, row.calendar, frozenset(stopped[row.id])) for row in rows}


def token_of(secret_key: str, choice: MailChoice) -> str:
    """The secret part of the link to somebody's choices."""
    return personal_links.derive(secret_key, PURPOSE, choice.id, choice.epoch)


# ---------------------------------------------------------------- choosing


def stopped_forums(session: Session, choice: MailChoice) -> frozenset[int]:
    """The forums whose optional mail is stopped."""
    return frozenset(session.scalars(select(MailStop.forum_id).where(MailStop.choice_id == choice.id)))


def forums_to_choose(session: Session, person_id: int | None, stopped: Collection[int], today: date) -> Sequence[Forum]:
    """The forums whose mail may be stopped: those where the person has a seat, and those that are ``stopped``."""
    if person_id is None:
        return ()
    ids = {seat.forum_id for seat in seats_of_person(session, person_id, today)} | set(stopped)
    return session.scalars(select(Forum).where(Forum.id.in_(ids)).order_by(Forum.sort_key, Forum.id)).all()


def set_choices(
    session: Session,
    actor: Actor,
    now: datetime,
    choice: MailChoice,
    *,
    frequency: str,
    calendar: str | None = None,
    stopped: Collection[int] | None = None,
) -> None:
    """Sets how often mail comes, where meetings come into the calendar and which forums' optional mail does not.

    None leaves as it is. What waits and is no longer wanted does not leave. Raises Refused at ``frequency`` or
    ``calendar``.
    """
    values, problems = fields.read(_READERS, {"frequency": frequency, "calendar": calendar or choice.calendar})
    fields.refuse(problems)
    old = stopped_forums(session, choice)
    told: dict[str, Any] = {"frequency": choice.frequency, "calendar": choice.calendar, "stopped": _names(session, old)}
    choice.frequency, choice.calendar, choice.edited_at = values["frequency"], values["calendar"], now
    wanted = old if stopped is None else frozenset(stopped)
    session.execute(delete(MailStop).where(MailStop.choice_id == choice.id, MailStop.forum_id.in_(old - wanted)))
    for forum_id in sorted(wanted - old):
        session.add(MailStop(choice_id=choice.id, forum_id=forum_id, at=now))
    session.flush()
    if choice.frequency == "changes":
        _end_waiting(session, choice, None)
    elif wanted - old:
        _end_waiting(session, choice, wanted - old)
    after: dict[str, Any] = {"frequency": choice.frequency, "calendar": choice.calendar}
    after["stopped"] = _names(session, wanted)
    if after != told:
        _record(session, actor, now, choice, before=told, after=after)


def stop(session: Session, actor: Actor, now: datetime, choice: MailChoice, forum_id: int | None = None) -> None:
    """Stops the optional mail of one forum, or all of it; what waits does not leave. A forum that is none: nothing."""
    if forum_id is None:
        set_choices(session, actor, now, choice, frequency="changes")
    elif session.get(Forum, forum_id) is not None:
        stopped = stopped_forums(session, choice) | {forum_id}
        set_choices(session, actor, now, choice, frequency=choice.frequency, stopped=stopped)


def renew(session: Session, actor: Actor, now: datetime, choice: MailChoice) -> None:
    """Ends the links to these choices that are in the mails so far; the next mail has a new one."""
    choice.epoch += 1
    session.flush()
    _record(session, actor, now, choice, before=None, after=None, action="mail_choice.renew")


def _end_waiting(session: Session, choice: MailChoice, forum_ids: Collection[int] | None) -> None:
    """Supersedes the optional mails that wait, of the forums as the leading one or of all; empties digests to come."""
    own = (
        OutboxMail.person_id == choice.person_id
        if choice.person_id is not None
        else OutboxMail.organisation_id == choice.organisation_id
    )
    mails = [own, OutboxMail.kind.in_(_OPTIONAL), OutboxMail.state.in_(states_before("superseded"))]
    items = [DigestItem.person_id == choice.person_id, DigestItem.mail_id.is_(None)]
    if forum_ids is not None:
        led = select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids), MeetingForum.position == 0)
        mails.append(OutboxMail.meeting_id.in_(led))
        items.append(DigestItem.meeting_id.in_(led))
    session.execute(
        update(OutboxMail)
        .where(*mails)
        .values(state="superseded", last_error="stopped", lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(DigestItem).where(*items).execution_options(synchronize_session=False))


def owner_name(session: Session, choice: MailChoice) -> str:
    """Whose choices they are, as shown."""
    if choice.person_id is not None:
        return shown_name(session.get_one(Person, choice.person_id))
    return session.get_one(Organisation, choice.organisation_id).name


def _names(session: Session, forum_ids: Collection[int]) -> list[str]:
    query = select(Forum.name).where(Forum.id.in_(forum_ids)).order_by(Forum.sort_key, Forum.id)
    return list(session.scalars(query))


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    choice: MailChoice,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    action: str = "mail_choice.set",
) -> None:
    person = choice.person_id is not None
    record(
        session, actor, now, action=action, kind="person" if person else "organisation",
        subject_id=(choice.person_id if person else choice.organisation_id) or 0, label=owner_name(session, choice),
        before=before, after=after,
    )  # fmt: skip
