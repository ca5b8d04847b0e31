"""What a digest says: the meetings to come that one would have been reminded of, in one mail.

Not here: what goes into it (``digests``), mails about one meeting (``meeting_letters``).
"""

from __future__ import annotations

from scheduler.clock import civil_date
from scheduler.i18n import date_text, ngettext
from scheduler.i18n import gettext as _
from scheduler.mail.desk import Desk
from scheduler.mail.digests import left_of
from scheduler.mail.letter_parts import Letter, NothingToSay, greeting
from scheduler.mail.meeting_letters import choices_path, entry_of, whole_link
from scheduler.mail.messages import render
from scheduler.mail.models import OutboxMail
from scheduler.meetings.invitees import InviteeRow


def personal_digest(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """The reminders somebody wants gathered. Raises NothingToSay when nothing is left of it."""
    now = mail.dated_at or mail.created_at
    found = left_of(desk.session, now, mail.id)
    if not found:
        raise NothingToSay
    head = desk.head
    desk.lay([meeting.id for _item, meeting, _row in found], [mail.person_id])
    day = date_text(civil_date(now, head.time_zone), year=True)
    choices = choices_path(desk, mail.person_id)
    entries = [entry_of(desk, item.kind, meeting, row, now) for item, meeting, row in found]
    count = len(entries)
    draft = render(
        "digest",
        ngettext("Dina möten: en påminnelse, %(day)s", "Dina möten: %(n)s påminnelser, %(day)s", count, day=day),
        head,
        heading=_("Dina möten"),
        greeting=greeting(desk.person(mail.person_id)),
        entries=entries,
        choices=None if choices is None else whole_link(head, choices),
        why=_("Du får brevet för att du vill ha dina påminnelser samlade."),
    )
    unsubscribe = None if choices is None else f"{head.base_url}{choices}unsubscribe"
    return Letter(draft, unsubscribe=unsubscribe)
