"""What each kind of mail says: from stored rows to subject, text and HTML in the recipient's language.

A kind is a function that gives a ``Letter``; ``WRITERS`` lists them. No mail names anybody but its recipient.
Not here: mails about a meeting (``meeting_letters``), headers and bytes (``messages``), whether a mail may go at all
(``outbox``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scheduler import i18n
from scheduler.accounts.wording import role_text
from scheduler.errors import Problem, Refused
from scheduler.i18n import gettext as _
from scheduler.mail.action_letters import action_letter
from scheduler.mail.desk import Desk
from scheduler.mail.digest_letters import personal_digest
from scheduler.mail.handovers import hand_over_letter
from scheduler.mail.letter_parts import Letter
from scheduler.mail.meeting_letters import meeting_letter
from scheduler.mail.messages import render
from scheduler.mail.minutes_letters import adjusting_letter, notes_letter
from scheduler.mail.models import OutboxMail
from scheduler.mail.overview_letters import organisation_digest, secretariat_digest
from scheduler.mail.poll_letters import poll_letter, poll_result_letter
from scheduler.mail.rules import MESSAGE, NOTICES, PLANNED, SUBSTITUTES
from scheduler.meetings.invitees import InviteeRow


def login_link(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """A link that signs in, and its code. Raises Refused when the link does not lead to this installation."""
    head = desk.head
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


def organisation_link(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """The link to an organisation's own page, with the question of the year where ``answer_by_on`` says until when.

    Raises Refused when the link does not lead to this installation.
    """
    head = desk.head
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


def invitation(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """The link with which somebody becomes a user. Raises Refused when it does not lead to this installation."""
    head = desk.head
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


def trial(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """Shows that mail leaves this installation and arrives."""
    head = desk.head
    at = (mail.dated_at or mail.created_at).astimezone(ZoneInfo(head.time_zone))
    draft = render(
        "test",
        _("Provbrev från %(name)s", name=head.name),
        head,
        text=_("Har du fått det här fungerar utskicken."),
        sent=_("Det skrevs %(day)s kl. %(time)s.", day=i18n.date_text(at.date(), year=True), time=i18n.time_text(at)),
        why=_("Du får brevet för att någon provar utskicken till den här adressen."),
    )
    return Letter(draft)


#: Kind → who writes it, from (desk, mail, the recipient among those invited).
WRITERS: dict[str, Callable[[Desk, OutboxMail, InviteeRow | None], Letter]] = {
    **dict.fromkeys((*PLANNED, *NOTICES, *SUBSTITUTES, MESSAGE), meeting_letter),
    "personal_digest": personal_digest,
    "secretariat_digest": secretariat_digest,
    "organisation_digest": organisation_digest,
    "action_reminder": action_letter,
    "action_overdue": action_letter,
    "poll": poll_letter,
    "poll_chaser": poll_letter,
    "poll_result": poll_result_letter,
    "hand_over": hand_over_letter,
    "adjusting": adjusting_letter,
    "notes": notes_letter,
    "test": trial,
    "login_link": login_link,
    "invitation": invitation,
    "seat_check": organisation_link,
}


def write(desk: Desk, mail: OutboxMail, row: InviteeRow | None) -> Letter:
    """The mail's text as of now, in its own language. Raises Refused for what may not stand in a mail."""
    with i18n.use_language(mail.language):
        return WRITERS[mail.kind](desk, mail, row)
