"""What overviews say: to a secretariat what waits for it, to an organisation where it stands.

Asked when the mail leaves, so that nothing in it is done already; a part without anything in it is left out. No mail
names anybody but its recipient: people are counted, the page behind the link names them. Not here: who gets one and
when (``overviews``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from scheduler import i18n
from scheduler.accounts import personal_links
from scheduler.accounts.models import User
from scheduler.accounts.principals import principal_of
from scheduler.clock import civil_date
from scheduler.forums.queries import forums_for_list
from scheduler.forums.seats import seats_of_organisation
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.mail.choices import token_of
from scheduler.mail.desk import Desk
from scheduler.mail.letter_parts import Letter, NothingToSay, greeting
from scheduler.mail.meeting_letters import choices_path, when_text, whole_link
from scheduler.mail.messages import render
from scheduler.mail.models import OutboxMail
from scheduler.mail.worklist import worklist
from scheduler.meetings.fragments import Language, location_of
from scheduler.meetings.invitees import InviteeRow
from scheduler.meetings.queries import coming_meetings
from scheduler.meetings.readers import zones_for
from scheduler.organisations.models import Organisation

#: An organisation hears of the meetings of so many days.
COMING = timedelta(days=60)
#: What the link to an organisation's page is derived for: it opens nothing else, and no other link opens that page.
PURPOSE = "organisation"


@dataclass(frozen=True)
class Line:
    """One thing in a part, and the page where it is seen to."""

    text: str
    #: None where the mail's one link leads to all of it.
    link: str | None
    #: What it is about, first in the line.
    name: str = ""


@dataclass(frozen=True)
class Part:
    """What belongs together, under its heading."""

    heading: str
    lines: Sequence[Line]


# ---------------------------------------------------------------- the secretariat's


def secretariat_digest(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """What waits for the secretariat of some forums. Raises NothingToSay when nothing does."""
    session, head = desk.session, desk.head
    now = mail.dated_at or mail.created_at
    today = civil_date(now, head.time_zone)
    user = session.get(User, (mail.values or {}).get("user_id") or 0)
    if user is None or not user.active:
        raise NothingToSay
    own = principal_of(session, user, today).secretariat_forums
    parts = [
        Part(section.heading, [Line(item.text, whole_link(head, item.path), item.name) for item in section.items])
        for section in worklist(session, now, today, forums_for_list(session, forum_ids=own))
    ]
    if not parts:
        raise NothingToSay
    count = sum(len(part.lines) for part in parts)
    day = i18n.date_text(today, weekday=False, year=True)
    choices = choices_path(desk, mail.person_id)
    draft = render(
        "overview",
        ngettext(
            "Veckans läge: en sak att göra, %(day)s", "Veckans läge: %(n)s saker att göra, %(day)s", count, day=day
        ),
        head,
        heading=_("Veckans läge"),
        greeting=greeting(user.person),
        parts=parts,
        link=whole_link(head, "/todo"),
        link_label=_("Öppna Att göra"),
        choices=None if choices is None else whole_link(head, choices),
        why=_("Du får brevet för att du är sekretariat."),
        personal=choices is not None,
    )
    return Letter(draft, unsubscribe=None if choices is None else f"{head.base_url}{choices}unsubscribe")


# ---------------------------------------------------------------- an organisation's


def organisation_digest(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """An organisation's seats, those nobody fills, and its meetings to come. Raises NothingToSay without a seat."""
    session, head = desk.session, desk.head
    now = mail.dated_at or mail.created_at
    today = civil_date(now, head.time_zone)
    organisation = session.get_one(Organisation, mail.organisation_id)
    seats = seats_of_organisation(session, organisation.id, today)
    if not seats or organisation.merged_into_id is not None:
        raise NothingToSay
    secret = personal_links.derive(head.secret_key, PURPOSE, organisation.id, organisation.link_epoch)
    page = whole_link(head, f"/o/{secret}/")
    by_forum = Counter(row.forum_title for row in seats)
    vacant = Counter(row.forum_title for row in seats if row.seat.is_vacant)
    last = now + COMING
    meetings = [
        meeting for meeting in coming_meetings(session, now, organisation_id=organisation.id) if meeting.start_at < last
    ]
    language: Language = "en" if i18n.language() == "en" else "sv"
    zones = zones_for(None, organisation)
    parts = [
        Part(
            _("Möten de närmaste två månaderna"),
            [
                Line(", ".join(filter(None, [when_text(meeting, zones), location_of(meeting, language)])), None,
                     meeting.forum.title)
                for meeting in meetings
            ],
        ),
        Part(
            _("Tomma platser"),
            [
                Line(ngettext("en plats utan någon på", "%(n)s platser utan någon på", count), None, forum)
                for forum, count in vacant.items()
            ],
        ),
        Part(
            _("Era platser"),
            [Line(ngettext("en plats", "%(n)s platser", count), None, forum) for forum, count in by_forum.items()],
        ),
    ]  # fmt: skip
    choices = whole_link(head, f"/s/{token_of(head.secret_key, desk.organisation_choice(organisation.id))}/")
    month = f"{i18n.month_name(today.month)} {today.year}"
    draft = render(
        "overview",
        _("%(organisation)s i nätverken: %(month)s", organisation=organisation.name, month=month),
        head,
        heading=_("%(organisation)s i nätverken", organisation=organisation.name),
        greeting=greeting(None),
        parts=[part for part in parts if part.lines],
        link=page,
        link_label=_("Öppna er sida"),
        choices=choices,
        why=_("Ni får brevet en gång i månaden för att ni har platser."),
        personal=True,
    )
    return Letter(draft, unsubscribe=choices.partition("?")[0] + "unsubscribe")
