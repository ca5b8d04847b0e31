"""What overviews say: to a secretariat what waits for it, to an organisation where it stands.

Asked when the mail leaves, so that nothing in it is done already; a part without anything in it is left out. No mail
names anybody but its recipient: people are counted, the page behind the link names them. Not here: who gets one and
when (``overviews``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from scheduler import i18n
from scheduler.accounts import personal_links
from scheduler.accounts.models import User
from scheduler.accounts.principals import principal_of
from scheduler.clock import civil_date
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list, is_judged
from scheduler.forums.seats import SeatHolder, seat_holders, seats_of_organisation
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.mail.choices import token_of
from scheduler.mail.desk import Desk
from scheduler.mail.letter_parts import Letter, NothingToSay, greeting
from scheduler.mail.meeting_letters import choices_path, when_text, whole_link
from scheduler.mail.messages import render
from scheduler.mail.models import IncomingMail, OutboxMail
from scheduler.meetings.cadence import standings
from scheduler.meetings.fragments import Language, location_of
from scheduler.meetings.invitees import InviteeRow
from scheduler.meetings.queries import coming_meetings, unrecorded_meetings
from scheduler.meetings.todo import tasks
from scheduler.organisations.models import Organisation, Person, PersonEmail
from scheduler.records.action_points import open_points
from scheduler.records.action_rules import is_overdue
from scheduler.records.minutes_lists import missing_minutes
from scheduler.workdays.wording import Wording

#: A mandate that ends within so many days is told of.
ENDING = timedelta(days=60)
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
    forums = [forum for forum in forums_for_list(session, forum_ids=own) if is_judged(forum)]
    parts = [part for part in _of_secretariat(desk, now, today, forums) if part.lines]
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
        link=whole_link(head, "/"),
        link_label=_("Öppna årets läge"),
        choices=None if choices is None else whole_link(head, choices),
        why=_("Du får brevet för att du är sekretariat."),
        personal=choices is not None,
    )
    return Letter(draft, unsubscribe=None if choices is None else f"{head.base_url}{choices}unsubscribe")


def _of_secretariat(desk: Desk, now: datetime, today: date, forums: Sequence[Forum]) -> Iterator[Part]:
    session, head = desk.session, desk.head
    ids = [forum.id for forum in forums]
    by_id = {forum.id: forum for forum in forums}
    found = standings(session, forums, today)
    ordered = sorted(forums, key=lambda forum: found[forum.id].evaluation.sort_key(forum.sort_key))
    todo = tasks([(forum.id, found[forum.id].evaluation) for forum in ordered], ())
    yield Part(
        _("Behöver ett datum"),
        [
            Line(_reason(found[task.forum_id].evaluation.reason), _forum(desk, by_id[task.forum_id]),
                 by_id[task.forum_id].title)
            for task in todo
        ],
    )  # fmt: skip
    yield Part(
        _("Hölls mötet?"),
        [
            Line(i18n.date_text(meeting.local_on, year=True), whole_link(head, f"/meetings/{meeting.id}"),
                 meeting.forum.title)
            for meeting in unrecorded_meetings(session, now, forum_ids=ids)
        ],
    )  # fmt: skip
    yield Part(_("Protokoll och anteckningar som saknas"), list(_missing(desk, ids, today)))
    seats = {forum_id: _own(rows) for forum_id, rows in seat_holders(session, ids, today).items()}
    vacant = Counter({forum.id: sum(seat.is_vacant for seat in seats[forum.id]) for forum in forums})
    yield Part(
        _("Tomma platser"),
        [
            Line(ngettext("en plats utan någon på", "%(n)s platser utan någon på", vacant[forum.id]),
                 _forum(desk, forum, "/seats"), forum.title)
            for forum in forums
            if vacant[forum.id]
        ],
    )  # fmt: skip
    yield Part(_("Uppdrag som går ut"), list(_ending(desk, forums, seats, today)))
    yield Part(_("Åtgärder som dröjer"), list(_late_actions(desk, by_id, today)))
    people = {seat.person_id for rows in seats.values() for seat in rows if seat.person_id is not None}
    yield Part(_("Att se till"), list(_post(desk, people)))


def _missing(desk: Desk, forum_ids: Sequence[int], today: date) -> Iterator[Line]:
    """Held meetings whose minutes are late."""
    for row in missing_minutes(desk.session, forum_ids, today):
        if row.is_late(today):
            text = _("%(day)s, skulle varit klart %(due)s", day=i18n.date_text(row.meeting.local_on, weekday=False),
                     due=i18n.date_text(row.due_on, weekday=False))  # fmt: skip
            yield Line(text, whole_link(desk.head, f"/meetings/{row.meeting.id}/minutes"), row.meeting.forum.title)


def _late_actions(desk: Desk, forums: Mapping[int, Forum], today: date) -> Iterator[Line]:
    late = Counter(
        point.forum_id for point in open_points(desk.session, list(forums)) if is_overdue(point.due_on, today)
    )
    for forum_id, count in late.items():
        text = ngettext("en åtgärd är försenad", "%(n)s åtgärder är försenade", count)
        yield Line(text, _forum(desk, forums[forum_id], "/actions"), forums[forum_id].title)


def _reason(reason: Wording) -> str:
    """The numbers behind a status, as the overview shows them: with the day by which to call."""
    text = reason["en"] if i18n.language() == "en" else reason["sv"]
    return f"{text[:1].upper()}{text[1:]}."


def _forum(desk: Desk, forum: Forum, below: str = "") -> str:
    return whole_link(desk.head, f"/forums/{forum.slug}{below}")


def _own(seats: Collection[SeatHolder]) -> list[SeatHolder]:
    return [seat for seat in seats if seat.via_forum_id is None]


def _ending(desk: Desk, forums: Sequence[Forum], seats: dict[int, list[SeatHolder]], today: date) -> Iterator[Line]:
    for forum in forums:
        days = sorted(
            seat.until_on
            for seat in seats[forum.id]
            if seat.until_on is not None and today <= seat.until_on <= today + ENDING
        )
        if days:
            first = i18n.date_text(days[0], weekday=False, year=True)
            text = ngettext(
                "ett uppdrag går ut %(day)s", "%(n)s uppdrag går ut, det första %(day)s", len(days), day=first
            )
            yield Line(text, _forum(desk, forum, "/seats"), forum.title)


def _post(desk: Desk, person_ids: Collection[int]) -> Iterator[Line]:
    session = desk.session
    bounced = session.scalar(
        select(func.count())
        .select_from(PersonEmail)
        .join(Person, Person.id == PersonEmail.person_id)
        .where(PersonEmail.main, PersonEmail.bounce_state == "hard", Person.id.in_(person_ids))
    )
    if bounced:
        text = ngettext("En adress studsar.", "%(n)s adresser studsar.", bounced)
        yield Line(text, whole_link(desk.head, "/health"))
    unmatched = session.scalar(select(func.count()).select_from(IncomingMail).where(IncomingMail.state == "look"))
    if unmatched:
        text = ngettext("Ett svar behöver tittas på.", "%(n)s svar behöver tittas på.", unmatched)
        yield Line(text, whole_link(desk.head, "/mail/incoming"))


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
    parts = [
        Part(
            _("Möten de närmaste två månaderna"),
            [
                Line(", ".join(filter(None, [when_text(meeting), location_of(meeting, language)])), None,
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
