"""The mail of a hand-over: chair or secretariat has gone to the next in the order, with what is open in the forum.

One to the one who takes over and one to the one who leaves, on the day the turn begins, whether turns go by the year or
by the meeting; once each, by the key of the mail. Not here: whose turn it is (``forums.rotation``), what is open
(``worklist``, where more is added).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.clock import civil_date
from scheduler.forums.models import Forum, Rotation, RotationEntry
from scheduler.forums.rotation import PlannedTurn, lead_of, rotations_of, turns_of
from scheduler.i18n import gettext as _
from scheduler.mail.desk import Desk
from scheduler.mail.digest_rules import digest_at
from scheduler.mail.letter_parts import Letter, NothingToSay, greeting
from scheduler.mail.meeting_letters import whole_link
from scheduler.mail.messages import render
from scheduler.mail.models import OutboxMail
from scheduler.mail.overview_letters import Line, Part
from scheduler.mail.rows import insert_new, new_mail
from scheduler.mail.worklist import worklist
from scheduler.meetings.invitees import InviteeRow
from scheduler.meetings.queries import coming_of
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rules import shown_name
from scheduler.settings import Settings

#: A turn by the meeting begins the day after it, which may be recorded later; nothing older is told.
LATE = timedelta(days=14)
#: A turn by the year is told on its first day, or the day after when the clock stood still.
LATE_YEARLY = timedelta(days=1)

Side = Literal["new", "old"]


@dataclass(frozen=True)
class Change:
    """A turn that begins, and the one before it."""

    rotation: Rotation
    old: RotationEntry
    new: RotationEntry
    on: date


def changes_of(rotation: Rotation, first: date, last: date) -> Iterator[Change]:
    """The turns that begin on one of the days, both included, with another before them."""
    before: PlannedTurn | None = None
    for turn in turns_of(rotation):
        # The turn by the meeting that nobody has begun yet has no day; it begins the day after the one before it.
        if turn.from_on is None or turn.from_on > last:
            return
        if before is not None and turn.from_on >= first and turn.entry is not before.entry:
            yield Change(rotation, before.entry, turn.entry, turn.from_on)
        before = turn


def make_handovers(session: Session, now: datetime, settings: Settings) -> int:
    """Makes the mails of the turns that have begun; how many. On most days none."""
    day = now.astimezone(ZoneInfo(settings.time_zone)).date()
    at = max(digest_at(day, settings.time_zone), now)
    forums = {forum.id: forum for forum in session.scalars(select(Forum).join(Rotation).where(Forum.state == "active"))}
    rows: list[dict[str, Any]] = []
    for rotation in (one for found in rotations_of(session, forums).values() for one in found):
        first = day - (LATE if rotation.unit == "meeting" else LATE_YEARLY)
        for change in changes_of(rotation, first, day):
            rows += _mails(session, now, at, forums[rotation.forum_id], change)
    insert_new(session, OutboxMail, rows)
    return len(rows)


def _mails(session: Session, now: datetime, at: datetime, forum: Forum, change: Change) -> Iterable[dict[str, Any]]:
    sides: tuple[tuple[Side, RotationEntry], ...] = (("new", change.new), ("old", change.old))
    for side, entry in sides:
        found = _address(session, forum, change, entry)
        if found is None:
            continue
        address, person, organisation_id = found
        yield new_mail(
            address,
            kind="hand_over",
            subject=f"rotation {change.rotation.id}",
            distinction=f"{side} {change.on.isoformat()} {entry.id}",
            locale=person.locale if person is not None else "sv",
            person_id=None if person is None else person.id,
            organisation_id=organisation_id,
            values={"rotation_id": change.rotation.id, "on": change.on.isoformat(), "side": side},
            created_at=now,
            next_at=at,
            stale_at=at + LATE,
        )


def _address(
    session: Session, forum: Forum, change: Change, entry: RotationEntry
) -> tuple[str, Person | None, int | None] | None:
    """Where the mail to an entry goes: the person, else the chair it appoints, else the organisation's own mailbox."""
    person = entry.person
    if person is None and change.rotation.task == "chair":
        on = change.on if entry is change.new else change.on - timedelta(days=1)
        lead = lead_of(session, forum, on)
        if lead is not None and lead.person_id is not None and lead.organisation_id == entry.organisation_id:
            person = session.get(Person, lead.person_id)
    if person is not None and person.main_email is not None:
        return person.main_email.address, person, None
    organisation = entry.organisation
    if organisation is None or not organisation.contact_email:
        return None
    return organisation.contact_email, None, organisation.id


# ---------------------------------------------------------------- the letter


def hand_over_letter(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """What has gone over, from whom to whom, and what is open. Raises NothingToSay when it has not, after all."""
    session, head = desk.session, desk.head
    values = mail.values or {}
    rotation = session.get(Rotation, values.get("rotation_id") or 0)
    on = date.fromisoformat(values["on"]) if values.get("on") else date.min
    change = next(iter(changes_of(rotation, on, on)), None) if rotation is not None else None
    if rotation is None or change is None:
        raise NothingToSay
    forum = session.get_one(Forum, rotation.forum_id)
    now = mail.dated_at or mail.created_at
    today = civil_date(now, head.time_zone)
    takes_over = values.get("side") == "new"
    told = _told(rotation.task, forum, change, takes_over=takes_over)
    draft = render(
        "overview",
        _subject(rotation.task, forum.title, on),
        head,
        heading=_("Överlämning: %(forum)s", forum=forum.title),
        greeting=f"{greeting(desk.person(mail.person_id))} {told}",
        parts=list(_parts(desk, now, today, forum)),
        link=whole_link(head, f"/forums/{forum.slug}"),
        link_label=_("Öppna forumet"),
        choices=None,
        why=_("Du får brevet för att uppdraget går vidare i turordning."),
        personal=False,
    )
    other = change.old if takes_over else change.new
    return Letter(draft, _reply_to(other))


def _subject(task: str, forum: str, on: date) -> str:
    day = i18n.date_text(on, weekday=False, year=True)
    if task == "chair":
        return _("Ordförandeskapet i %(forum)s går över %(day)s", forum=forum, day=day)
    return _("Sekretariatet för %(forum)s går över %(day)s", forum=forum, day=day)


def _told(task: str, forum: Forum, change: Change, *, takes_over: bool) -> str:
    values = {"forum": forum.title, "day": i18n.date_text(change.on, weekday=False, year=True)}
    if takes_over:
        values["who"] = _name(change.old)
        if task == "chair":
            return _("Från och med %(day)s leder du %(forum)s efter %(who)s. Det här är öppet.") % values
        return _("Från och med %(day)s har ni sekretariatet för %(forum)s efter %(who)s. Det här är öppet.") % values
    values["who"] = _name(change.new)
    if task == "chair":
        return _("Från och med %(day)s leder %(who)s %(forum)s efter dig. Det här lämnar du över.") % values
    return _("Från och med %(day)s har %(who)s sekretariatet för %(forum)s efter er. Det här lämnar ni över.") % values


def _name(entry: RotationEntry) -> str:
    if entry.person is not None:
        return shown_name(entry.person)
    return "" if entry.organisation is None else entry.organisation.name


def _reply_to(entry: RotationEntry) -> str | None:
    organisation: Organisation | None = entry.organisation
    return None if organisation is None else organisation.contact_email


def _parts(desk: Desk, now: datetime, today: date, forum: Forum) -> Iterator[Part]:
    """What is open in the forum, then its coming meetings."""
    for section in worklist(desk.session, now, today, [forum], without=("post",), all_open=True):
        yield Part(section.heading, [Line(item.text, whole_link(desk.head, item.path)) for item in section.items])
    coming = coming_of(desk.session, now, [forum.id], states=("proposed", "confirmed", "called"))
    if coming:
        yield Part(
            _("Kommande möten"),
            [
                Line(i18n.date_text(meeting.local_on, year=True), whole_link(desk.head, f"/meetings/{meeting.id}"))
                for meeting in coming
            ],
        )
