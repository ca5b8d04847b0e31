"""What mails about minutes say: that a protocol is to be adjusted, and that notes can be read.

Asked when they leave, so that nobody is asked for what is done or was taken back. Not here: who gets one
(``minutes_mails``).
"""

from __future__ import annotations

from scheduler import i18n
from scheduler.accounts import personal_links
from scheduler.i18n import gettext as _
from scheduler.mail.desk import Desk
from scheduler.mail.letter_parts import Letter, NothingToSay, greeting
from scheduler.mail.meeting_letters import whole_link
from scheduler.mail.messages import render
from scheduler.mail.minutes_mails import PURPOSE
from scheduler.mail.models import OutboxMail
from scheduler.meetings.invitees import InviteeRow
from scheduler.records.models import Adjuster, Minutes


def adjusting_letter(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """Asks an adjuster. Raises NothingToSay when there is nothing to adjust any more."""
    adjuster = desk.session.get(Adjuster, (mail.values or {}).get("adjuster_id") or 0)
    if adjuster is None or adjuster.minutes.state != "adjusting" or adjuster.adjusted_at is not None:
        raise NothingToSay
    head = desk.head
    secret = personal_links.derive(head.secret_key, PURPOSE, adjuster.id, adjuster.epoch)
    return _letter(
        desk, mail, adjuster.minutes, _("Protokoll att justera"), whole_link(head, f"/j/{secret}/"),
        _("Läs och justera"), _("Du får brevet för att du är justerare. Länken är personlig."),
    )  # fmt: skip


def notes_letter(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """Tells that notes can be read. Raises NothingToSay when they were taken back."""
    minutes = desk.session.get(Minutes, (mail.values or {}).get("minutes_id") or 0)
    if minutes is None or minutes.state not in {"sent", "approved"}:
        raise NothingToSay
    return _letter(
        desk, mail, minutes, _("Minnesanteckningar att läsa"),
        whole_link(desk.head, f"/meetings/{minutes.meeting_id}/minutes"), _("Läs anteckningarna"),
        _("Du får brevet för att du deltog i mötet."),
    )  # fmt: skip


def _letter(desk: Desk, mail: OutboxMail, minutes: Minutes, heading: str, link: str, label: str, why: str) -> Letter:
    forum = minutes.meeting.forum
    day = i18n.date_text(minutes.meeting.local_on, year=True)
    told = ""
    if minutes.object_by_on is not None:
        told = _("Invändningar senast %(day)s.", day=i18n.date_text(minutes.object_by_on))
    draft = render(
        "action", f"{heading}: {forum.title} {i18n.date_text(minutes.meeting.local_on, weekday=False)}", desk.head,
        heading=heading, forum=forum.title, greeting=greeting(desk.person(mail.person_id)),
        text=_("Mötet %(day)s.", day=day), told=told, link=link, link_label=label, choices=None, why=why,
    )  # fmt: skip
    return Letter(draft, desk.reply_address(forum, (mail.dated_at or mail.created_at).date()))
