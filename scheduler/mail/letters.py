"""What each kind of mail says: from stored rows to subject, text and HTML in the recipient's language.

A kind is a function that gives a ``Letter``; ``WRITERS`` lists them. No mail names anybody but its recipient.
Not here: headers and bytes (``messages``), whether the mail may go at all (``outbox``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.accounts.wording import role_text
from scheduler.clock import civil_date
from scheduler.errors import Problem, Refused
from scheduler.forums.models import Forum
from scheduler.forums.rotation import secretariat_of
from scheduler.i18n import gettext as _
from scheduler.mail.messages import Draft, Letterhead, render
from scheduler.mail.models import OutboxMail
from scheduler.meetings.fragments import Language, location_of, span_of, summary_of, video_link
from scheduler.meetings.invitees import InviteeRow
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Organisation, Person


@dataclass(frozen=True)
class Letter:
    """What a mail says and where its answers go (None: to the sender)."""

    draft: Draft
    reply_to: str | None = None


def language_of(locale: str) -> str:
    """The language of mails to somebody whose locale is ``locale`` ("en-GB"): one of ours, else Swedish."""
    short = locale.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0].casefold()
    return short if short in i18n.LANGUAGES else "sv"


def reply_address(session: Session, forum: Forum, on: date) -> str | None:
    """The mailbox of whoever keeps the forum's secretariat on the day; None when there is none.

    The forum's own mailbox belongs to its fixed secretariat; where another one's turn has come, that
    organisation's goes before it.
    """
    kept_by = secretariat_of(session, [forum], on)[forum.id]
    keeper = session.get(Organisation, kept_by) if kept_by is not None else None
    own = keeper.contact_email if keeper is not None else None
    return own or forum.secretariat_email if kept_by != forum.secretariat_id else forum.secretariat_email or own


# ---------------------------------------------------------------- words for time and place


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def when_text(meeting: Meeting) -> str:
    """ "Torsdag 1 oktober 2026, kl. 09.30–15.00": weekday, day and time in the meeting's own zone."""
    span = span_of(meeting)
    first, last = (i18n.date_text(day, year=True) for day in (span.on, span.last_on))
    if span.all_day:
        said = first if first == last else _("%(day)s till %(last)s", day=first, last=last)
    elif first == last:
        said = _("%(day)s, kl. %(span)s", day=first, span=i18n.span_text(span.start, span.end))
    else:
        times = {"time": i18n.time_text(span.start), "end": i18n.time_text(span.end)}
        said = _("%(day)s, kl. %(time)s till %(last)s, kl. %(end)s", day=first, last=last, **times)
    return _first_upper(said)


def zone_text(meeting: Meeting) -> str:
    """ "Tiden gäller i Stockholm (UTC+2)."; empty for whole days."""
    if meeting.all_day:
        return ""
    minutes = int((span_of(meeting).start.utcoffset() or timedelta()).total_seconds()) // 60
    hours = f"{abs(minutes) // 60}" + (f":{abs(minutes) % 60:02d}" if minutes % 60 else "")
    return _(
        "Tiden gäller i %(city)s (UTC%(offset)s).",
        city=get_timezone_location(meeting.time_zone, locale=i18n.locale_of(i18n.language()), return_city=True),
        offset=f"{'-' if minutes < 0 else '+'}{hours}",
    )


# ---------------------------------------------------------------- the kinds


def _greeting(person: Person | None) -> str:
    if person is None or person.protected or not person.given_name:
        return _("Hej.")
    return _("Hej %(name)s.", name=person.given_name)


def _role_line(row: InviteeRow) -> str | None:
    """ "Du företräder Region Norrbotten."; None for a role that represents nobody."""
    if row.organisation_name is None:
        return None
    if row.role == "ordinary":
        return _("Du företräder %(organisation)s.", organisation=row.organisation_name)
    if row.role == "substitute":
        return _("Du är ersättare för %(organisation)s.", organisation=row.organisation_name)
    return None


def reminder(session: Session, mail: OutboxMail, head: Letterhead, row: InviteeRow | None) -> Letter:
    """Reminds of a meeting: which, when, where, and the way to its page. No link leads anywhere else."""
    meeting = session.get_one(Meeting, mail.meeting_id)
    language: Language = "en" if i18n.language() == "en" else "sv"
    name = summary_of(meeting.forums, None, language)
    lines = [_("Mötet handlar om %(title)s.", title=meeting.title)] if meeting.title else []
    if row is not None and (line := _role_line(row)):
        lines.append(line)
    if meeting.mode == "hybrid":
        lines.append(_("Det går att delta på plats eller på distans."))
    if video_link(meeting):
        lines.append(_("Länken till videomötet finns på mötets sida."))
    seated = row is not None and row.seat_id is not None
    today = civil_date(mail.dated_at or mail.created_at, meeting.forum.time_zone)
    reply_to = reply_address(session, meeting.forum, today)
    draft = render(
        "reminder",
        _("Påminnelse: %(forum)s %(day)s", forum=name, day=i18n.date_text(meeting.local_on, year=True)),
        head,
        forum=name,
        forum_language="sv" if meeting.forum.title in name else language,
        when=when_text(meeting),
        where=location_of(meeting, language),
        zone=zone_text(meeting),
        greeting=_greeting(session.get(Person, mail.person_id) if mail.person_id is not None else None),
        lines=lines,
        link=f"{head.base_url}/meetings/{meeting.id}",
        why=_("Du får brevet för att du har en plats i %(forum)s.")
        if seated
        else _("Du får brevet för att du är inbjuden till mötet i %(forum)s."),
        answerable=reply_to is not None,
    )
    return Letter(draft, reply_to)


def login_link(_session: Session, mail: OutboxMail, head: Letterhead, _row: InviteeRow | None) -> Letter:
    """A link that signs in, and its code. Raises Refused when the link does not lead to this installation."""
    values = mail.values or {}
    if not str(values.get("link", "")).startswith(f"{head.base_url}/"):
        raise Refused(Problem("link", i18n.mark("Länken måste börja med %(base)s"), {"base": head.base_url}))
    until: datetime = mail.stale_at.astimezone(ZoneInfo(head.time_zone))
    draft = render(
        "login_link",
        _("Din inloggningslänk till %(name)s", name=head.name),
        head,
        link=values["link"],
        code=values["code"],
        until=_("Länken gäller till %(time)s och fungerar en gång.", time=i18n.time_text(until)),
    )
    return Letter(draft)


def organisation_link(_session: Session, mail: OutboxMail, head: Letterhead, _row: InviteeRow | None) -> Letter:
    """The link to an organisation's own page, with the question of the year where ``answer_by_on`` says until when.

    Raises Refused when the link does not lead to this installation.
    """
    values = mail.values or {}
    if not str(values.get("link", "")).startswith(f"{head.base_url}/"):
        raise Refused(Problem("link", i18n.mark("Länken måste börja med %(base)s"), {"base": head.base_url}))
    name, until = values["organisation"], values.get("answer_by_on")
    seats = i18n.ngettext("%(name)s har 1 plats.", "%(name)s har %(n)s platser.", values["seats"], name=name)
    if until is None:
        subject = _("Er sida hos %(sender)s", sender=head.organisation)
        ask = _("På sidan ser ni platserna och vem som fyller dem, och kan anmäla byten.")
    else:
        day = i18n.date_text(date.fromisoformat(until), weekday=False, year=True)
        subject = _("Stämmer era platser? Svara senast %(day)s", day=day)
        ask = _("Öppna er sida, gå igenom platserna och bekräfta dem senast %(day)s.", day=day)
    draft = render("organisation_link", subject, head, organisation=name, seats=seats, ask=ask, link=values["link"])
    return Letter(draft, values.get("reply_to"))


def invitation(_session: Session, mail: OutboxMail, head: Letterhead, _row: InviteeRow | None) -> Letter:
    """The link with which somebody becomes a user. Raises Refused when it does not lead to this installation."""
    values = mail.values or {}
    if not str(values.get("link", "")).startswith(f"{head.base_url}/"):
        raise Refused(Problem("link", i18n.mark("Länken måste börja med %(base)s"), {"base": head.base_url}))
    until: datetime = mail.stale_at.astimezone(ZoneInfo(head.time_zone))
    role = values.get("role")
    draft = render(
        "invitation",
        _("Du är inbjuden till %(name)s", name=head.name),
        head,
        link=values["link"],
        role=None
        if role is None
        else _(
            "Din roll: %(role)s.",
            role=role_text(role, forum=values.get("forum"), organisation=values.get("organisation")),
        ),
        until=_(
            "Länken gäller till %(day)s kl. %(time)s och fungerar en gång.",
            day=i18n.date_text(until.date()),
            time=i18n.time_text(until),
        ),
    )
    return Letter(draft)


#: Kind → who writes it, from (session, mail, letterhead, the recipient among those invited).
WRITERS: dict[str, Callable[[Session, OutboxMail, Letterhead, InviteeRow | None], Letter]] = {
    "reminder": reminder,
    "login_link": login_link,
    "invitation": invitation,
    "seat_check": organisation_link,
}


def write(session: Session, mail: OutboxMail, head: Letterhead, row: InviteeRow | None) -> Letter:
    """The mail's text as of now, in its own language. Raises Refused for what may not stand in a mail."""
    with i18n.use_language(mail.language):
        return WRITERS[mail.kind](session, mail, head, row)
