"""A summons or an invitation as a paper: when and where, the agenda, what to read. Not here: the mail that says so."""

from __future__ import annotations

from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.meetings.fragments import location_of, shown_to, span_of
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import UNCALLED
from scheduler.records.agenda_queries import Point, Sight, agenda_of
from scheduler.records.document_queries import Reader, papers_of_meeting
from scheduler.reports.papers.paper import Block, Heading, Paper, Points, Text


def summons_paper(session: Session, meeting: Meeting, sight: Sight, reader: Reader) -> Paper:
    """The summons in the language in use, with as much of agenda and papers as they who read it may see."""
    word = _("Inbjudan") if effective_meeting(meeting).formality in UNCALLED else _("Kallelse")
    day = i18n.date_text(meeting.local_on, weekday=False, year=True)
    span = span_of(meeting)
    facts = [(_("Datum"), i18n.date_text(meeting.local_on, year=True))]
    if not meeting.all_day and span.start is not None and span.end is not None:
        facts.append((_("Tid"), i18n.span_text(span.start, span.end)))
    known = shown_to(meeting, "public" if reader == "public" else "members")
    if place := location_of(known, "en" if i18n.language() == "en" else "sv"):
        facts.append((_("Plats"), place))
    if known.title:
        facts.append((_("Tema"), known.title))
    if meeting.answer_by_on is not None:
        facts.append((_("Svara senast"), i18n.date_text(meeting.answer_by_on)))
    blocks: list[Block] = []
    if meeting.note and reader != "public":
        blocks.append(Text(meeting.note))
    shown = agenda_of(session, meeting, sight)
    if shown.points:
        blocks.append(Heading(_("Dagordning")))
        for point in shown.points:
            blocks += _point(point)
    papers = papers_of_meeting(session, meeting, reader)
    if papers:
        blocks.append(Heading(_("Handlingar")))
        blocks.append(
            Points([f"{one.title} ({one.kind})" if one.kind else f"{one.title}: {one.link}" for one in papers])
        )
    forum = known.forums[0].name
    title = _("%(kind)s %(day)s", kind=word, day=day)
    return Paper(
        title=title,
        publisher=forum,
        language=i18n.language(),
        facts=facts,
        blocks=blocks,
        footer=f"{forum}, {title[:1].lower()}{title[1:]}",
    )


def _point(point: Point) -> list[Block]:
    title = point.title if point.title is not None else _("Punkten är sekretessbelagd")
    blocks: list[Block] = [Heading(f"{point.number}. {title}", level=2)]
    facts = []
    if point.presenter:
        facts.append(_("Föredragande: %(name)s.", name=point.presenter))
    if point.minutes:
        facts.append(ngettext("1 minut.", "%(n)s minuter.", point.minutes))
    if point.added_on is not None:
        facts.append(_("Tillagd %(day)s.", day=i18n.date_text(point.added_on, weekday=False)))
    if point.secrecy_ground:
        facts.append(_("Sekretess %(ground)s", ground=point.secrecy_ground) + ".")
    if facts:
        blocks.append(Text(" ".join(facts)))
    if point.text:
        blocks.append(Text(point.text))
    return blocks
