"""What mails about one meeting say: save the date, call, chaser, reminder, change, cancellation, substitutes asked.

All have the same parts in the same order: what it is, when and where, what has changed, a few sentences, the ways to
answer, why one gets it. They are written when they are about to leave, from the meeting as it then is. No mail names
anybody but its recipient. Not here: digests (``digest_letters``), headers and bytes (``messages``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from babel.dates import get_timezone_location
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.accounts import personal_links
from scheduler.clock import civil_date
from scheduler.i18n import gettext as _
from scheduler.ical.itip import Attendee, invitation
from scheduler.mail.addresses import answer_address
from scheduler.mail.choices import token_of
from scheduler.mail.desk import Desk
from scheduler.mail.letter_parts import Letter, NothingToSay, greeting
from scheduler.mail.messages import CalendarPart, Letterhead, render
from scheduler.mail.models import MeetingMessage, OutboxMail
from scheduler.mail.rules import KINDS
from scheduler.meetings import changes
from scheduler.meetings.changes import Snapshot
from scheduler.meetings.clocks import beside
from scheduler.meetings.fragments import Language, Site, event_of, location_of, span_of, summary_of, video_link
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.invitees import InviteeRow
from scheduler.meetings.models import Invitee, Meeting, SubstituteCall
from scheduler.meetings.readers import zones_at, zones_for
from scheduler.meetings.replies import call_of
from scheduler.meetings.reply_rules import UNANSWERED, Answer, Standing, allowed_answers, may_reply
from scheduler.meetings.rules import UNCALLED
from scheduler.meetings.saving import snapshot_of
from scheduler.meetings.substitute_rules import LIVE, CallState
from scheduler.records.agenda_queries import Point, agenda_of
from scheduler.records.document_queries import Paper, papers_of_meeting

#: What a personal link that answers a call is for (``accounts.personal_links``).
PURPOSE = "reply"


# ---------------------------------------------------------------- words for time and place


def agenda_lines(session: Session, meeting: Meeting) -> list[str]:
    """ "3. Regionala utvecklingsstrategin, 40 min (tillagd 12 september)", a line for each item that is treated.

    Last the papers by name, where there are any; what is secret has no name here.
    """
    shown = agenda_of(session, meeting, "member")
    lines = [_agenda_line(point) for point in shown.points]
    papers = papers_of_meeting(session, meeting, "member")
    if papers:
        names = ", ".join(_paper_name(paper, shown.numbers) for paper in papers)
        lines.append(_("Handlingar på mötets sida: %(names)s", names=names))
    return lines


def _paper_name(paper: Paper, numbers: Mapping[int, int]) -> str:
    number = numbers.get(paper.item_id or 0)
    return _("%(title)s (punkt %(n)s)", title=paper.title, n=number) if number else paper.title


def _agenda_line(point: Point) -> str:
    if point.title is None:
        return _("%(n)s. Sekretess %(ground)s", n=point.number, ground=point.secrecy_ground)
    line = f"{point.number}. {point.title}"
    if point.minutes:
        line += ", " + _("%(n)s min", n=point.minutes)
    if point.added_on is not None:
        line += " " + _("(tillagd %(day)s)", day=i18n.date_text(point.added_on, weekday=False))
    return line


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def when_text(meeting: Meeting, zones: Iterable[str] = ()) -> str:
    """ "Torsdag 1 oktober 2026, kl. 09.30–15.00": weekday, day and time in the meeting's own zone.

    What the clock shows then at the meeting's place, and by ``zones`` of the recipient, follows in brackets.
    """
    span = span_of(meeting)
    first, last = (i18n.date_text(day, year=True) for day in (span.on, span.last_on))
    if span.all_day:
        said = first if first == last else _("%(day)s till %(last)s", day=first, last=last)
    elif first == last:
        said = _("%(day)s, kl. %(span)s", day=first, span=i18n.span_text(span.start, span.end))
    else:
        times = {"time": i18n.time_text(span.start), "end": i18n.time_text(span.end)}
        said = _("%(day)s, kl. %(time)s till %(last)s, kl. %(end)s", day=first, last=last, **times)
    others = beside(span, (*zones_at(meeting.place), *zones))
    return _first_upper(f"{said} ({others})" if others else said)


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


# ---------------------------------------------------------------- what a letter is written from


@dataclass(frozen=True)
class _Case:
    """One mail to one recipient about one meeting."""

    desk: Desk
    mail: OutboxMail
    meeting: Meeting
    language: Language
    #: The recipient among those invited; None for somebody who is so no more.
    row: InviteeRow | None
    #: The recipient's place on the list; None before the call.
    invitee: Invitee | None
    standing: Standing
    now: datetime

    @property
    def head(self) -> Letterhead:
        """The letterhead."""
        return self.desk.head

    @cached_property
    def words(self) -> _Words:
        """What all mails about the meeting say alike."""
        return self.desk.once(("words", self.meeting.id, self.language), lambda: _words(self.meeting, self.language))

    @property
    def when(self) -> str:
        """When it is, by the recipient's own clock too."""
        zones = zones_for(self.desk.person(self.mail.person_id))
        return when_text(self.meeting, zones) if beside(span_of(self.meeting), zones) else self.words.when

    @property
    def name(self) -> str:
        """The meeting's forums by name."""
        return self.words.name

    @property
    def day(self) -> str:
        """The meeting's day, as in subjects."""
        return self.words.day

    @property
    def is_summons(self) -> bool:
        """Whether one is called, rather than invited."""
        return self.words.formality not in UNCALLED

    @property
    def substitution(self) -> SubstituteCall | None:
        """The recipient's latest call to serve as a substitute at the meeting."""
        return None if self.row is None else self.desk.substitute_call(self.meeting.id, self.row.person_id)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The answers that may be given by the mail; none where none is taken, or wanted of this recipient."""
        if self.invitee is None or self.row is None or self.row.role == "observer":
            return ()
        call = call_of(self.meeting, self.invitee)
        return () if may_reply(call, self.now) is not None else allowed_answers(call)

    @cached_property
    def reply_link(self) -> str | None:
        """The recipient's own page of the meeting; None before the call."""
        if self.invitee is None:
            return None
        token = personal_links.derive(self.head.secret_key, PURPOSE, self.invitee.id, self.invitee.epoch)
        return self.link(f"/r/{token}/")

    @property
    def agenda(self) -> Sequence[str]:
        """The agenda as everybody called may read it: of a secret item, that it is there."""
        return self.desk.once(
            ("agenda", self.meeting.id, self.language), lambda: agenda_lines(self.desk.session, self.meeting)
        )

    def link(self, path: str) -> str:
        """The whole address of a page, which then speaks the language of the mail."""
        return whole_link(self.head, path)


@dataclass(frozen=True)
class _Words:
    """What all mails about a meeting say alike, in one language."""

    name: str
    name_language: str
    day: str
    when: str
    where: str
    zone: str
    formality: str


def _words(meeting: Meeting, language: Language) -> _Words:
    name = summary_of(meeting.forums, None, language)
    return _Words(
        name=name,
        name_language="sv" if meeting.forum.title in name else language,
        day=i18n.date_text(meeting.local_on, year=True),
        when=when_text(meeting),
        where=location_of(meeting, language),
        zone=zone_text(meeting),
        formality=effective_meeting(meeting).formality,
    )


def whole_link(head: Letterhead, path: str) -> str:
    """The whole address of ``path``, whose page then speaks the language in use."""
    mark = "&" if "?" in path else "?"
    return f"{head.base_url}{path}" + (f"{mark}language=en" if i18n.language() == "en" else "")


def _case(desk: Desk, mail: OutboxMail, row: InviteeRow | None) -> _Case:
    meeting = desk.meeting(mail.meeting_id or 0)
    invitee = desk.invitee(row.invitee_id) if row is not None and row.invitee_id is not None else None
    called = invitee if meeting.called_at is not None else None
    return _Case(
        desk=desk,
        mail=mail,
        meeting=meeting,
        language="en" if i18n.language() == "en" else "sv",
        row=row,
        invitee=called,
        standing=desk.standing(called) if called is not None else UNANSWERED,
        now=mail.dated_at or mail.created_at,
    )


# ---------------------------------------------------------------- the kinds


@dataclass(frozen=True)
class _Said:
    """What a kind of mail says besides when and where."""

    #: With "%(forum)s" where the forum's name stands.
    heading: str
    subject: str
    lines: Sequence[str]
    #: What has changed, a sentence each.
    changes: Sequence[str] = ()
    #: The answers one may give by the mail.
    answers: Sequence[Answer] = ()
    #: What somebody has written, line by line.
    message: Sequence[str] = ()
    #: The agenda's items in order, a line each.
    agenda: Sequence[str] = ()


def save_the_date(case: _Case) -> _Said:
    """The date alone; what it is about and the call come later."""
    asks = _("Inbjudan kommer senare.") if not case.is_summons else _("Kallelsen kommer senare.")
    return _Said(
        heading=_("Spara dagen: %(forum)s"),
        subject=_("Spara dagen: %(forum)s %(day)s", forum=case.name, day=case.day),
        lines=[_("Spara dagen i kalendern."), asks, *_about(case)],
    )


def call(case: _Case) -> _Said:
    """The call itself, with the calendar's entry and the ways to answer."""
    if case.is_summons:
        heading, subject = _("Kallelse: %(forum)s"), _("Kallelse: %(forum)s %(day)s", forum=case.name, day=case.day)
    else:
        heading, subject = _("Inbjudan: %(forum)s"), _("Inbjudan: %(forum)s %(day)s", forum=case.name, day=case.day)
    return _Said(heading, subject, [*_role(case), *_about(case), *_ask(case)], answers=case.answers, agenda=case.agenda)


def chaser(case: _Case) -> _Said:
    """Asks those who have not answered."""
    return _Said(
        heading=_("Kommer du? %(forum)s"),
        subject=_("Kommer du? %(forum)s %(day)s", forum=case.name, day=case.day),
        lines=[_("Du har inte svarat än."), *_role(case), *_ask(case)],
        answers=case.answers,
    )


def reminder(case: _Case) -> _Said:
    """Reminds of the meeting; asks those who have not answered, and tells the others what they have."""
    lines = [*_about(case), *_role(case)]
    answers: Sequence[Answer] = ()
    if case.answers:
        if case.standing.answer is None:
            answers = case.answers
            lines += [_("Du har inte svarat än."), *_ask(case)]
        else:
            lines.append(_answered(case.standing.answer))
    return _Said(
        heading=_("Påminnelse: %(forum)s"),
        subject=_("Påminnelse: %(forum)s %(day)s", forum=case.name, day=case.day),
        lines=lines,
        answers=answers,
        agenda=case.agenda,
    )


def change(case: _Case) -> _Said:
    """What is another than the recipient knew, before and after; first in the subject and first in the text (D12)."""
    known: Snapshot | None = (case.mail.values or {}).get("before")
    after = snapshot_of(case.meeting)
    told = changes.sentences(changes.last_change(known, after) if known is not None else case.meeting.last_change)
    on = changes.span_of(known).on if known is not None else case.meeting.local_on
    core = _("Ändrat: %(forum)s %(day)s", forum=case.name, day=i18n.date_text(on, year=True))
    lines = [*_role(case)]
    if case.answers:
        lines += (
            _ask(case)
            if case.standing.answer is None
            else [_answered(case.standing.answer), _("Svara igen om det inte stämmer längre.")]
        )
    return _Said(
        heading=_("Ändrat: %(forum)s"),
        subject=", ".join([core, *map(_in_subject, told)]),
        changes=told,
        lines=lines,
        answers=case.answers,
    )


def cancellation(case: _Case) -> _Said:
    """That there is no meeting, and why."""
    reason = case.meeting.cancel_reason
    return _Said(
        heading=_("Inställt: %(forum)s"),
        subject=_("Inställt: %(forum)s %(day)s", forum=case.name, day=case.day),
        changes=[_("Mötet är inställt.")],
        lines=[_("Orsak: %(reason)s", reason=reason)] if reason else [],
    )


def withdrawal(case: _Case) -> _Said:
    """That the recipient is called no more; the others may still meet."""
    return _Said(
        heading=_("Återkallat: %(forum)s"),
        subject=_("Återkallat: %(forum)s %(day)s", forum=case.name, day=case.day),
        changes=[_("Du är inte längre kallad till mötet.")],
        lines=[_("Du behöver inte göra något.")],
    )


def substitute_call(case: _Case) -> _Said:
    """Asks a substitute to serve on a seat. Raises NothingToSay when the question has been answered or taken back."""
    if case.substitution is None or case.substitution.state != CallState.WAITING:
        raise NothingToSay
    return _Said(
        heading=_("Kan du tjänstgöra? %(forum)s"),
        subject=_("Kan du tjänstgöra? %(forum)s %(day)s", forum=case.name, day=case.day),
        lines=[*_role(case), *_about(case), *_ask(case)],
        answers=case.answers,
    )


def substitute_off(case: _Case) -> _Said:
    """Tells a substitute that the seat needs nobody. Raises NothingToSay when they are asked again."""
    call = case.substitution
    if call is None or call.state != CallState.WITHDRAWN:
        raise NothingToSay
    seat = case.desk.seat_words(call.seat_id)
    told = (
        _("Du behöver inte tjänstgöra för %(seat)s.", seat=seat) if seat else _("Du behöver inte tjänstgöra på mötet.")
    )
    return _Said(
        heading=_("Du behövs inte som ersättare: %(forum)s"),
        subject=_("Du behövs inte som ersättare: %(forum)s %(day)s", forum=case.name, day=case.day),
        changes=[told],
        lines=[_("Mötet hålls som planerat.")],
    )


def message(case: _Case) -> _Said:
    """What the secretariat has written; asks those who have not answered. Raises NothingToSay when it is gone."""
    written = case.desk.session.get(MeetingMessage, (case.mail.values or {}).get("message_id") or 0)
    if written is None:
        raise NothingToSay
    unanswered = bool(case.answers) and case.standing.answer is None and written.audience == "unanswered"
    return _Said(
        heading=_("Meddelande: %(forum)s"),
        subject=_("%(subject)s (%(forum)s %(day)s)", subject=written.subject, forum=case.name, day=case.day),
        lines=_ask(case) if unanswered else [],
        answers=case.answers if unanswered else (),
        message=written.text.splitlines(),
    )


def _in_subject(sentence: str) -> str:
    """ "Ny tid: 10.00 → 13.00" within a subject: "ny tid 10.00 → 13.00"."""
    text = sentence.rstrip(".").replace(": ", " ", 1)
    return text[:1].lower() + text[1:]


def _about(case: _Case) -> list[str]:
    meeting = case.meeting
    found = [_("Mötet handlar om %(title)s.", title=meeting.title)] if meeting.title else []
    if meeting.mode == "hybrid":
        found.append(_("Det går att delta på plats eller på distans."))
    if video_link(meeting):
        found.append(_("Länken till videomötet finns på mötets sida."))
    return found


def _role(case: _Case) -> list[str]:
    row = case.row
    call = case.substitution
    if call is not None and call.state in LIVE:
        return [_serving(case, call)]
    if row is None or row.organisation_name is None:
        return []
    if row.role == "ordinary":
        return [_("Du företräder %(organisation)s.", organisation=row.organisation_name)]
    if row.role == "substitute":
        return [
            _("Du är ersättare för %(organisation)s.", organisation=row.organisation_name),
            *([_("Du får det här för kännedom.")] if case.mail.kind == "call" else []),
        ]
    return []


def _serving(case: _Case, call: SubstituteCall) -> str:
    """What the recipient is asked, or has promised, to do as a substitute."""
    seat = case.desk.seat_words(call.seat_id)
    if call.state == CallState.ACCEPTED:
        return _("Du tjänstgör för %(seat)s.", seat=seat) if seat else _("Du tjänstgör som ersättare på mötet.")
    if seat:
        return _("Du är frågad om du kan tjänstgöra för %(seat)s.", seat=seat)
    return _("Du är frågad om du kan tjänstgöra som ersättare på mötet.")


def _ask(case: _Case) -> list[str]:
    if not case.answers:
        return []
    by = case.meeting.answer_by_on
    if by is None or by < civil_date(case.now, case.meeting.time_zone):
        return [_("Svara gärna så snart du kan.")]
    return [_("Svara senast %(day)s.", day=i18n.date_text(by))]


def _answered(answer: Answer) -> str:
    words = {
        Answer.YES: _("Du har svarat att du kommer."),
        Answer.REMOTE: _("Du har svarat att du deltar på distans."),
        Answer.NO: _("Du har svarat att du inte kommer."),
        Answer.MAYBE: _("Du har svarat att du kanske kommer."),
    }
    return words[answer]


def _buttons(case: _Case, answers: Sequence[Answer]) -> list[dict[str, Any]]:
    link = case.reply_link
    mark = "&" if link is not None and "?" in link else "?"
    labels = {
        Answer.YES: _("Jag kommer"),
        Answer.REMOTE: _("Deltar på distans"),
        Answer.NO: _("Kommer inte"),
        Answer.MAYBE: _("Kanske"),
    }
    return [
        {"label": labels[answer], "link": f"{link}{mark}answer={answer}", "first": at == 0}
        for at, answer in enumerate(answers)
        if link is not None
    ]


# ---------------------------------------------------------------- the letter


_KINDS = {
    "save_the_date": save_the_date,
    "call": call,
    "chaser": chaser,
    "reminder": reminder,
    "change": change,
    "cancellation": cancellation,
    "withdrawal": withdrawal,
    "substitute_call": substitute_call,
    "substitute_off": substitute_off,
    "message": message,
}


def meeting_letter(desk: Desk, mail: OutboxMail, row: InviteeRow | None) -> Letter:
    """The mail about its meeting, in the language in use."""
    case = _case(desk, mail, row)
    said = _KINDS[mail.kind](case)
    meeting, kind, words, head = case.meeting, KINDS[mail.kind], case.words, case.head
    reply_to = desk.reply_address(meeting.forum, civil_date(case.now, meeting.forum.time_zone))
    link = case.reply_link if meeting.state == "called" else None
    choices = choices_path(desk, mail.person_id)
    calendar, sender = _calendar(case)
    draft = render(
        "meeting",
        said.subject,
        head,
        heading=said.heading,
        forum=words.name,
        forum_language=words.name_language,
        when=case.when,
        where=words.where,
        zone=words.zone,
        off=mail.kind in {"cancellation", "withdrawal"},
        changes=said.changes,
        message=said.message,
        greeting=greeting(desk.person(mail.person_id)),
        lines=said.lines,
        buttons=_buttons(case, said.answers),
        agenda=said.agenda,
        link=link or f"{head.base_url}/meetings/{meeting.id}",
        link_label=_("Öppna mötet") if not (link and case.standing.answer) else _("Öppna mötet eller ändra svaret"),
        has_link=mail.kind != "withdrawal",
        has_calendar=calendar is not None and kind.method == "REQUEST",
        why=_why(case),
        choices=None if choices is None else case.link(choices),
        personal=link is not None or choices is not None,
        answerable=reply_to is not None,
    )
    stops = choices is not None and kind.optional
    unsubscribe = f"{head.base_url}{choices}unsubscribe?forum={meeting.forum.id}" if stops else None
    return Letter(replace(draft, calendar=calendar), reply_to, sender=sender, unsubscribe=unsubscribe)


def _why(case: _Case) -> str:
    if case.row is None:
        return _("Du får brevet för att du var kallad till mötet i %(forum)s.")
    if case.row.seat_id is not None:
        return _("Du får brevet för att du har en plats i %(forum)s.")
    return _("Du får brevet för att du är inbjuden till mötet i %(forum)s.")


def choices_path(desk: Desk, person_id: int | None) -> str | None:
    """The page where a recipient chooses what mail comes; None for somebody outside the register."""
    if person_id is None:
        return None
    return f"/s/{token_of(desk.head.secret_key, desk.choice(person_id))}/"


def _calendar(case: _Case) -> tuple[CalendarPart | None, str | None]:
    """The calendar's part and the address it comes from; none for those who have their meetings by a feed alone.

    Before the call there is no entry to change or to take away.
    """
    method = KINDS[case.mail.kind].method
    meeting, desk = case.meeting, case.desk
    if method is None or meeting.called_at is None:
        return None, None
    if case.mail.person_id is not None and desk.choice(case.mail.person_id).calendar == "feed":
        return None, None
    listed = (case.mail.values or {}).get("invitee_id")
    invitee = case.invitee or (desk.invitee(listed) if listed is not None else None)
    sender = None
    if case.head.reply is not None and invitee is not None:
        sender = answer_address(case.head.secret_key, case.head.reply, invitee.id, invitee.epoch)
    site = Site(case.head.base_url, case.head.calendar_domain)
    shown = desk.once(("event", meeting.id, case.language), lambda: event_of(meeting, "members", case.language, site))
    organizer = (case.head.organisation, sender or case.head.sender)
    event = replace(shown, revised_at=case.now, organizer=organizer)
    attendee = Attendee(
        name=_own_name(case), address=case.mail.recipient, role=_participation(case.row), answers=sender is not None
    )
    return CalendarPart(method, invitation(event, attendee, method)), sender


def _own_name(case: _Case) -> str:
    """The recipient's name as mail programs show it; the address alone for a protected identity."""
    person = case.desk.person(case.mail.person_id)
    if person is None or person.protected:
        return case.mail.recipient
    return person.name


def _participation(row: InviteeRow | None) -> str:
    if row is not None and row.role == "observer":
        return "informed"
    return "required" if row is None or row.required else "optional"


# ---------------------------------------------------------------- one meeting among several


@dataclass(frozen=True)
class Entry:
    """A meeting in a digest."""

    name: str
    name_language: str
    when: str
    where: str
    lines: Sequence[str]
    link: str
    link_label: str


def entry_of(desk: Desk, kind: str, meeting: Meeting, row: InviteeRow, now: datetime) -> Entry:
    """What a mail of ``kind`` would say of ``meeting``, as a part of a digest."""
    mail = OutboxMail(kind=kind, recipient=row.email or "", person_id=row.person_id, meeting_id=meeting.id)
    mail.dated_at = now
    case = _case(desk, mail, row)
    said = _KINDS[kind](case)
    link = case.reply_link if meeting.state == "called" else None
    return Entry(
        name=case.words.name,
        name_language=case.words.name_language,
        when=case.when,
        where=case.words.where,
        lines=said.lines,
        link=link or case.link(f"/meetings/{meeting.id}"),
        link_label=_("Öppna mötet eller svara") if said.answers else _("Öppna mötet"),
    )
