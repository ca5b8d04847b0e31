"""What the reminders of an action point say: what is to be done, until when, and where it is told that it is.

Asked when they leave, so that what is done by then is no more reminded of. Not here: who gets one (``action_mails``).
"""

from __future__ import annotations

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.mail.choices import token_of
from scheduler.mail.desk import Desk
from scheduler.mail.letter_parts import Letter, NothingToSay, greeting
from scheduler.mail.meeting_letters import choices_path, whole_link
from scheduler.mail.messages import render
from scheduler.mail.models import OutboxMail
from scheduler.meetings.invitees import InviteeRow
from scheduler.records.models import ActionPoint


def action_letter(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """The reminder of one point. Raises NothingToSay when it is done, dropped, put off, or somebody else's."""
    head = desk.head
    values = mail.values or {}
    point = desk.session.get(ActionPoint, values.get("action_id") or 0)
    if (
        point is None
        or point.state != "open"
        or point.due_on is None
        or point.due_on.isoformat() != values.get("due_on")
        or (point.owner_person_id, point.owner_organisation_id) != (mail.person_id, mail.organisation_id)
    ):
        raise NothingToSay
    day = i18n.date_text(point.due_on)
    late = mail.kind == "action_overdue"
    text = " ".join(point.text.split())
    short = text if len(text) <= _IN_SUBJECT else f"{text[: _IN_SUBJECT - 1]}…"
    if late:
        heading, told = _("En åtgärd är försenad"), _("Skulle varit klar %(day)s.", day=day)
        subject = _("Försenad åtgärd: %(text)s", text=short)
    else:
        heading, told = _("En åtgärd ska snart vara klar"), _("Klar senast %(day)s.", day=day)
        subject = _("Påminnelse om åtgärd: %(text)s", text=short)
    personal = mail.person_id is not None
    choices = choices_path(desk, mail.person_id)
    if choices is None and mail.organisation_id is not None:
        choices = f"/s/{token_of(head.secret_key, desk.organisation_choice(mail.organisation_id))}/"
    # A person says on their own page that it is done; an organisation answers the secretariat.
    draft = render(
        "action", subject, head, heading=heading, forum=point.forum.title,
        greeting=greeting(desk.person(mail.person_id)),
        text=point.text, told=told, link=whole_link(head, "/me") if personal else None, link_label=_("Öppna min sida"),
        choices=None if choices is None else whole_link(head, choices),
        why=_("Du får brevet för att du är ansvarig för åtgärden.") if personal
        else _("Ni får brevet för att ni är ansvariga för åtgärden."),
    )  # fmt: skip
    reply_to = desk.reply_address(point.forum, (mail.dated_at or mail.created_at).date())
    return Letter(
        draft, reply_to, unsubscribe=None if choices is None else f"{head.base_url}{choices}unsubscribe"
    )  # fmt: skip


_IN_SUBJECT = 60
