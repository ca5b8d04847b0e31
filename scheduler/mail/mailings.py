"""Reading mails for those who answer for them: the outbox by choice, a meeting's mailings past and to come, holds.

The text of a mail is never read here. Not here: doing something with a mail (``handling``), how sending stands
(``queries.health``, ``health``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, defer, joinedload

from scheduler import i18n
from scheduler.mail.fanning import Asked, Going, asked, box_of, in_digest
from scheduler.mail.models import MailHold, Occurrence, OutboxMail
from scheduler.mail.queries import rule_of, rules_of
from scheduler.mail.rules import KINDS, SUBSTITUTES, in_audience, mailbox
from scheduler.meetings.invitees import InviteeRow, invitees_of
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rules import shown_name

#: What a list is narrowed to → the states in it, in the order of a mail's life.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "waiting": ("pending", "claimed", "transmitting"),
    "retrying": ("deferred",),
    "held": ("held",),
    "failed": ("failed", "expired"),
    "uncertain": ("uncertain",),
    "sent": ("sent",),
    "dropped": ("superseded", "suppressed"),
}
#: Kinds whose mails hold a secret: nothing of their text is shown.
SECRET = tuple(kind for kind, behaviour in KINDS.items() if behaviour.secret)


@dataclass(frozen=True)
class Chosen:
    """Which mails a list holds; None and "" narrow nothing."""

    #: The meetings of these forums, as the leading or another; None: every mail.
    forum_ids: frozenset[int] | None = None
    meeting_id: int | None = None
    #: A key of ``GROUPS``.
    group: str | None = None
    kind: str | None = None
    #: Part of an address or of a name.
    text: str = ""


@dataclass(frozen=True)
class MailRow:
    """One mail of a list."""

    mail: OutboxMail
    #: Whom it is to: "ledamot" for a protected identity; the address where nobody is known by it.
    to: str
    #: The identity is protected: no page shows its address or the mail's text.
    protected: bool
    #: What forum's meeting it is about; None: none.
    forum_title: str | None


def find_mails(session: Session, chosen: Chosen, *, limit: int = 50, offset: int = 0) -> list[MailRow]:
    """The mails of ``chosen``, the latest first, without their texts. Two queries."""
    rows = session.execute(
        select(OutboxMail, Person, Organisation.name)
        .outerjoin(Person, Person.id == OutboxMail.person_id)
        .outerjoin(Organisation, Organisation.id == OutboxMail.organisation_id)
        .where(*_conditions(chosen))
        .order_by(func.coalesce(OutboxMail.sent_at, OutboxMail.created_at).desc(), OutboxMail.id.desc())
        .limit(limit)
        .offset(offset)
        .options(defer(OutboxMail.body))
    ).all()
    return _rows(session, [(mail, person, name) for mail, person, name in rows])


def row_of(session: Session, mail: OutboxMail) -> MailRow:
    """One mail as a list has it."""
    person = session.get(Person, mail.person_id) if mail.person_id is not None else None
    organisation = session.get(Organisation, mail.organisation_id) if mail.organisation_id is not None else None
    return _rows(session, [(mail, person, organisation.name if organisation else None)])[0]


def _rows(session: Session, found: Sequence[tuple[OutboxMail, Person | None, str | None]]) -> list[MailRow]:
    meeting_ids = {mail.meeting_id for mail, _person, _name in found if mail.meeting_id is not None}
    titles: dict[int, str] = {}
    if meeting_ids:
        leading = (
            select(MeetingForum)
            .where(MeetingForum.meeting_id.in_(meeting_ids), MeetingForum.position == 0)
            .options(joinedload(MeetingForum.forum))
        )
        titles = {row.meeting_id: row.forum.title for row in session.scalars(leading)}
    return [
        MailRow(
            mail=mail,
            to=shown_name(person) if person is not None else name or mail.recipient,
            protected=person is not None and person.protected,
            forum_title=titles.get(mail.meeting_id or 0),
        )
        for mail, person, name in found
    ]


def count_by_group(session: Session, chosen: Chosen) -> dict[str, int]:
    """Group → how many mails of ``chosen`` it holds, whatever group is chosen; each group is there. One query."""
    everything = Chosen(chosen.forum_ids, chosen.meeting_id, None, chosen.kind, chosen.text)
    rows = session.execute(
        select(OutboxMail.state, func.count())
        .outerjoin(Person, Person.id == OutboxMail.person_id)
        .where(*_conditions(everything))
        .group_by(OutboxMail.state)
    )
    by_state = {row[0]: row[1] for row in rows}
    return {group: sum(by_state.get(state, 0) for state in states) for group, states in GROUPS.items()}


def _conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    """What a mail of ``chosen`` fulfils, where its person is joined."""
    found: list[ColumnElement[bool]] = []
    if chosen.forum_ids is not None:
        meetings = select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(chosen.forum_ids))
        found.append(OutboxMail.meeting_id.in_(meetings))
    if chosen.meeting_id is not None:
        found.append(OutboxMail.meeting_id == chosen.meeting_id)
    if chosen.group is not None:
        found.append(OutboxMail.state.in_(GROUPS[chosen.group]))
    if chosen.kind is not None:
        found.append(OutboxMail.kind == chosen.kind)
    if text := chosen.text.strip():
        # A protected identity is not to be found by its address or name.
        open_to_all = or_(OutboxMail.person_id.is_(None), Person.protected.is_(False))
        hit = or_(
            OutboxMail.mailbox.contains(text.casefold(), autoescape=True),
            Person.search_key.contains(i18n.search_key(text), autoescape=True),
        )
        found.append(and_(open_to_all, hit))
    return found


# ---------------------------------------------------------------- what is held


@dataclass(frozen=True)
class Hold:
    """A kind of mail that does not leave until somebody lets it, and what waits behind it."""

    #: A kind of mail, or "*" for all of them.
    kind: str
    #: surge, refused, restore or hand.
    reason: str
    at: datetime
    #: Of the mails the reader sees.
    mails: int


def holds(session: Session, chosen: Chosen) -> list[Hold]:
    """What is held at present, all kinds first, with how many mails of ``chosen`` wait. Two queries.

    Every mail of the kind that has not left counts, whichever state it waits in.
    """
    rows = session.scalars(select(MailHold).order_by(MailHold.kind)).all()
    if not rows:
        return []
    counted = session.execute(
        select(OutboxMail.kind, func.count())
        .outerjoin(Person, Person.id == OutboxMail.person_id)
        .where(*_conditions(chosen), OutboxMail.state.in_(("pending", "deferred", "held")))
        .group_by(OutboxMail.kind)
    )
    # Those somebody sits and waits for are never held.
    waiting = Counter({row[0]: row[1] for row in counted if row[0] not in KINDS or not KINDS[row[0]].urgent})
    return [
        Hold(row.kind, row.reason, row.at, waiting.total() if row.kind == "*" else waiting[row.kind]) for row in rows
    ]


# ---------------------------------------------------------------- a meeting's mailings


@dataclass(frozen=True)
class Mailing:
    """What went to those invited at one time: a kind of mail, made at an instant or by one press of a button."""

    kind: str
    #: What the press of a button made, so that it can be taken back; None: the clock's own.
    batch: str | None
    created_at: datetime
    rows: tuple[MailRow, ...]
    #: Mailbox → how the recipient takes part: "ordinary", "substitute" …; those no longer invited are missing.
    roles: Mapping[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """Group → how many, those without any left out."""
        found = {group: sum(row.mail.state in states for row in self.rows) for group, states in GROUPS.items()}
        return {group: n for group, n in found.items() if n}

    @property
    def has_left(self) -> bool:
        """Whether any of it has left, or may have."""
        return any(row.mail.sends or row.mail.state in {"sent", "transmitting", "uncertain"} for row in self.rows)

    @property
    def may_be_undone(self) -> bool:
        """Whether somebody sent it and all of what waits can still be taken back.

        A question to a substitute is taken back with the question, on the page of the seats.
        """
        if self.kind in SUBSTITUTES:
            return False
        waits = any(row.mail.state in {"pending", "claimed", "deferred", "held"} for row in self.rows)
        return self.batch is not None and waits and not self.has_left


#: More mails of one meeting than this are not shown on one page; the outbox shows the rest.
MOST_OF_A_MEETING = 2000


def mailings_of(session: Session, meeting: Meeting) -> list[Mailing]:
    """The meeting's mailings that have been made, the latest first. A constant number of queries."""
    rows = find_mails(session, Chosen(meeting_id=meeting.id), limit=MOST_OF_A_MEETING)
    invited = invitees_of(session, [meeting]).get(meeting.id, [])
    roles = {mailbox(row.email): row.role for row in invited if row.email}
    together: dict[tuple[str, str | None, datetime], list[MailRow]] = {}
    for row in rows:
        mail = row.mail
        # One press may make mails of two kinds; the clock makes each mailing at one instant.
        together.setdefault((mail.kind, mail.batch, mail.created_at), []).append(row)
    found = [
        Mailing(kind, batch, at, tuple(sorted(mails, key=lambda row: i18n.sort_key(row.to))), roles)
        for (kind, batch, at), mails in together.items()
    ]
    return sorted(found, key=lambda mailing: mailing.created_at, reverse=True)


@dataclass(frozen=True)
class MailingLine:
    """A mailing in a line: what, when, to how many, and how many of them did not get it."""

    kind: str
    at: datetime
    mails: int
    failed: int


def mailing_lines(session: Session, meeting_id: int, *, limit: int = 6) -> list[MailingLine]:
    """The meeting's latest mailings, the latest first, without those of which nothing will leave. One query."""
    failed = func.count().filter(OutboxMail.state.in_(GROUPS["failed"]))
    rows = session.execute(
        select(OutboxMail.kind, OutboxMail.created_at, func.count(), failed)
        .where(OutboxMail.meeting_id == meeting_id, OutboxMail.state.not_in(GROUPS["dropped"]))
        .group_by(OutboxMail.kind, OutboxMail.created_at)
        .order_by(OutboxMail.created_at.desc(), OutboxMail.kind)
        .limit(limit)
    )
    return [MailingLine(*row) for row in rows]


def next_of(session: Session, meeting_id: int) -> tuple[str, datetime] | None:
    """Kind and time of the meeting's next planned mailing; None without one. One query."""
    row = session.execute(
        select(Occurrence.kind, Occurrence.due_at)
        .where(Occurrence.meeting_id == meeting_id, Occurrence.state == "planned")
        .order_by(Occurrence.due_at, Occurrence.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True)
class Coming:
    """A mailing to come and whom it would go to as things stand."""

    kind: str
    due_at: datetime
    #: Those who get the mail by itself, then those who have it in their digest.
    recipients: tuple[InviteeRow, ...]
    digested: tuple[InviteeRow, ...]
    #: Invited and meant, but without an address to write to.
    unreachable: tuple[InviteeRow, ...]
    #: Who has chosen to do without such mails.
    declined: int


def coming_mailings(session: Session, now: datetime, meeting: Meeting) -> list[Coming]:
    """The planned mailings of a meeting, the nearest first. A constant number of queries."""
    planned = session.scalars(
        select(Occurrence)
        .where(Occurrence.meeting_id == meeting.id, Occurrence.state == "planned")
        .order_by(Occurrence.due_at, Occurrence.id)
    ).all()
    if not planned:
        return []
    rules = rules_of(session, [meeting])[meeting.id]
    going = [Going(row, meeting, rule) for row in planned if (rule := rule_of(rules, row)) is not None]
    by_row: dict[int, list[Asked]] = {one.row.id: [] for one in going}
    for one in asked(session, now, going):
        by_row[one.going.row.id].append(one)
    invited = invitees_of(session, [meeting]).get(meeting.id, [])
    return [_coming(one, by_row[one.row.id], invited) for one in going]


def _coming(one: Going, who: Sequence[Asked], invited: Sequence[InviteeRow]) -> Coming:
    meant = [row for row in invited if in_audience(one.rule.audience, row.role)]
    left_out = {mailbox(row.email) for row in meant if row.email} - {box_of(each) for each in who}
    return Coming(
        kind=one.row.kind,
        due_at=one.row.due_at,
        recipients=tuple(each.invitee for each in who if not in_digest(each)),
        digested=tuple(each.invitee for each in who if in_digest(each)),
        unreachable=tuple(row for row in meant if not row.email),
        declined=0 if one.rule.audience == "unanswered" else len(left_out),
    )
