"""What mails about a date poll say: the question, the question again to those who have said nothing, the chosen date.

Written when they are about to leave, from the poll as it then is; nothing is said once it takes no more answers. Not
here: who is asked and told, and when (``mail.polls``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from scheduler import i18n
from scheduler.accounts import personal_links
from scheduler.clock import civil_date
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.mail.desk import Desk
from scheduler.mail.letter_parts import Letter, NothingToSay, greeting
from scheduler.mail.meeting_letters import choices_path, when_text, whole_link
from scheduler.mail.messages import render
from scheduler.mail.models import OutboxMail
from scheduler.mail.rules import KINDS
from scheduler.meetings.clocks import beside
from scheduler.meetings.fragments import Language, forum_name, location_of, place_words
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.invitees import InviteeRow
from scheduler.meetings.readers import zones_at, zones_for
from scheduler.meetings.rules import UNCALLED
from scheduler.meetings.times import Span
from scheduler.polls.models import Poll, PollInvitee, PollOption
from scheduler.polls.queries import poll_by_id
from scheduler.polls.rules import State, may_vote

#: What a personal link that answers a poll is for (``accounts.personal_links``).
PURPOSE = "poll"


def poll_letter(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """The question. Raises NothingToSay when no answer is taken, or of a chaser, when one has come."""
    session, head = desk.session, desk.head
    values = mail.values or {}
    poll = desk.once(("poll", values["poll_id"]), lambda: poll_by_id(session, values["poll_id"]))
    invitee = _asked(poll, mail)
    now = mail.dated_at or mail.created_at
    if poll is None or invitee is None or _is_over(poll, civil_date(now, poll.time_zone)):
        raise NothingToSay
    again = mail.kind == "poll_chaser"
    if again and invitee.answered_at is not None:
        raise NothingToSay
    language: Language = "en" if i18n.language() == "en" else "sv"
    name = forum_name(poll.forum, language)
    by = i18n.date_text(poll.answer_by_on)
    reply_to = desk.reply_address(poll.forum, civil_date(now, poll.forum.time_zone))
    token = personal_links.derive(head.secret_key, PURPOSE, invitee.id, invitee.epoch)
    choices = choices_path(desk, mail.person_id)
    draft = render(
        "poll",
        (
            _("Du har inte svarat: vilka dagar kan du? %(forum)s", forum=name)
            if again
            else _("Vilka dagar kan du? %(forum)s, svara senast %(day)s", forum=name, day=by)
        ),
        head,
        heading=_("Vilka dagar kan du?"),
        forum=name,
        forum_language="sv" if poll.forum.title == name else language,
        about=poll.title,
        greeting=greeting(desk.person(mail.person_id)),
        lines=_lines(poll, invitee, by=by, again=again),
        dates=[when_words(poll, option, zones_for(desk.person(mail.person_id))) for option in poll.options],
        where=place_words(poll.place, poll.place_text, language) or (_("På distans") if poll.mode == "remote" else ""),
        link=whole_link(head, f"/p/{token}/"),
        link_label=_("Svara på datumen"),
        why=_("Du får brevet för att %(forum)s söker ett datum för ett möte.", forum=name),
        choices=None if choices is None else whole_link(head, choices),
        answerable=reply_to is not None,
    )
    stops = choices is not None and KINDS[mail.kind].optional
    return Letter(
        draft, reply_to, unsubscribe=f"{head.base_url}{choices}unsubscribe?forum={poll.forum_id}" if stops else None
    )


def poll_result_letter(desk: Desk, mail: OutboxMail, _row: InviteeRow | None) -> Letter:
    """Which date was chosen, with the meeting as it now stands. Raises NothingToSay when there is none any more."""
    session, head = desk.session, desk.head
    values = mail.values or {}
    poll = desk.once(("poll", values["poll_id"]), lambda: poll_by_id(session, values["poll_id"]))
    invitee = _asked(poll, mail)
    if poll is None or invitee is None or poll.state != State.DECIDED or mail.meeting_id is None:
        raise NothingToSay
    meeting = desk.meeting(mail.meeting_id)
    language: Language = "en" if i18n.language() == "en" else "sv"
    name = forum_name(poll.forum, language)
    now = mail.dated_at or mail.created_at
    reply_to = desk.reply_address(poll.forum, civil_date(now, poll.forum.time_zone))
    token = personal_links.derive(head.secret_key, PURPOSE, invitee.id, invitee.epoch)
    choices = choices_path(desk, mail.person_id)
    later = _("Kallelsen kommer senare.")
    if effective_meeting(meeting).formality in UNCALLED:
        later = _("Inbjudan kommer senare.")
    draft = render(
        "poll",
        _("Datum valt: %(forum)s %(day)s", forum=name, day=i18n.date_text(meeting.local_on, year=True)),
        head,
        heading=_("Datumet är valt"),
        forum=name,
        forum_language="sv" if poll.forum.title == name else language,
        about=meeting.title,
        greeting=greeting(desk.person(mail.person_id)),
        lines=[_("Spara dagen i kalendern."), later],
        dates=[when_text(meeting, zones_for(desk.person(mail.person_id)))],
        where=location_of(meeting, language),
        link=whole_link(head, f"/p/{token}/"),
        link_label=_("Öppna datumförfrågan"),
        why=_("Du får brevet för att du fick frågan om datumen för ett möte i %(forum)s.", forum=name),
        choices=None if choices is None else whole_link(head, choices),
        answerable=reply_to is not None,
    )
    return Letter(draft, reply_to)


def _asked(poll: Poll | None, mail: OutboxMail) -> PollInvitee | None:
    """The recipient among those asked; by the person, where two rows have become one since."""
    if poll is None:
        return None
    number = (mail.values or {}).get("poll_invitee_id")
    return next((row for row in poll.invitees if row.id == number or row.person_id == mail.person_id), None)


def _is_over(poll: Poll, today: date) -> bool:
    return may_vote(poll.state, poll.answer_by_on, today) is not None


def _lines(poll: Poll, invitee: PollInvitee, *, by: str, again: bool) -> list[str]:
    count = ngettext("Det är ett datum att svara på.", "Det är %(n)s datum att svara på.", len(poll.options))
    found = [_("Du har inte svarat än.")] if again else []
    if invitee.organisation is not None and invitee.role == "ordinary":
        found.append(_("Du företräder %(organisation)s.", organisation=invitee.organisation.name))
    elif invitee.organisation is not None and invitee.role == "substitute":
        found.append(_("Du är ersättare för %(organisation)s.", organisation=invitee.organisation.name))
    return [*found, count, _("Svara senast %(day)s.", day=by), _("Du behöver inte logga in.")]


def when_words(poll: Poll, option: PollOption, zones: Iterable[str] = ()) -> str:
    """ "Tisdag 29 september 2026, kl. 13.00–15.00", and what the clock shows then there and by ``zones``."""
    span = Span(option.start_at, option.end_at, all_day=False, time_zone=poll.time_zone)
    text = _(
        "%(day)s, kl. %(span)s",
        day=i18n.date_text(span.on, year=True),
        span=i18n.span_text(span.start, span.end),
    )
    others = beside(span, (*zones_at(poll.place), *zones))
    return text[:1].upper() + text[1:] + (f" ({others})" if others else "")
