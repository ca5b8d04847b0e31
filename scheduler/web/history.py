"""Pages of the history: what changed, by whom, before and after; and taking a change back.

An administrator sees all of it; a secretariat that of its own forums and their meetings, of the parts of the register
that every secretariat edits, and of an organisation or person it may edit. Not here: what may be undone (``undo``),
the words (``history_words``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums.models import Forum
from scheduler.forums.queries import forum_slugs
from scheduler.history.models import HistoryEntry
from scheduler.history.queries import HistoryFilter, change_of, entries
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.mail.actions import announce, plan_meetings
from scheduler.meetings.actions import refresh
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import meeting_by_id, meeting_ids_of_forums
from scheduler.meetings.scopes import Scope, scopes_of
from scheduler.meetings.year_plans import plan_ids_within, years_of_plans
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.queries import organisation_slugs
from scheduler.polls.models import Poll
from scheduler.polls.queries import poll_ids_of_forums
from scheduler.undo.actions import refusals, undo_change
from scheduler.undo.queries import meetings_reached, rows_of, undone_by
from scheduler.web.access import site
from scheduler.web.fields import show_problems
from scheduler.web.forms.history import FilterForm, UndoForm
from scheduler.web.history_words import Fact, facts_of, protected_in
from scheduler.web.security import (
    actor,
    may_forum,
    may_organisation,
    may_person,
    now,
    policy,
    principal,
    settings,
    today,
)
from scheduler.web.shell import saved

bp = Blueprint("history", __name__)

#: Entries on a page.
PAGE = 50
#: So many records of a change stand on its page: a register file writes thousands at once.
RECORDS = 60
#: So many fields of an entry stand in the list; the rest on the page of the change.
FACTS_IN_LIST = 3
#: The parts of the register that every secretariat edits, and so sees the history of.
SHARED = ("place", "town_distance", "blocked_period", "theme", "strategy", "activity", "notice", "office", "contact")
#: What one may choose to see → the kinds of records, and its word.
CHOICES: dict[str, tuple[tuple[str, ...], str]] = {
    "forum": (("forum",), mark("Forum")),
    "meeting": (("meeting", "poll", "draft", "year_plan"), mark("Möten")),
    "organisation": (("organisation", "contact", "office"), mark("Organisationer och befattningar")),
    "person": (("person",), mark("Personer")),
    "register": (
        (
            "place",
            "town_distance",
            "blocked_period",
            "theme",
            "strategy",
            "activity",
            "notice",
            "forum_kind",
            "organisation_kind",
        ),
        mark("Övriga registret"),
    ),
    "user": (("user", "feed_token", "outbox_mail", "incoming_mail"), mark("Konton, länkar och utskick")),
}


@dataclass(frozen=True)
class Line:
    """One entry as the list has it."""

    entry: HistoryEntry
    label: str
    #: The page of the record; empty where there is none any more, or none of its own.
    url: str
    facts: Sequence[Fact]
    more: int


# ---------------------------------------------------------------- over all


@bp.get("/history")
@policy("secretariat")
def index() -> ResponseReturnValue:
    """What has changed, newest first; ``?kind=``, ``?id=``, ``?q=``, ``?from=``, ``?to=``, ``?before=``."""
    session = db.session()
    form = FilterForm(request.args, meta={"today": today()})
    form.offer({key: word for key, (_kinds, word) in CHOICES.items()})
    fine = form.validate()
    record_id = request.args.get("id", type=int)
    shown = HistoryFilter(
        within=_seen(session, form.kind.data or "", record_id),
        kinds=(form.kind.data,) if record_id is not None else CHOICES.get(form.kind.data or "", ((), ""))[0],
        subject_id=record_id,
        text=(form.q.data or "").strip(),
        from_at=_begin_of(form["from"].data),
        to_at=_begin_of(form.to.data, after=True),
    )
    found = entries(session, shown, limit=PAGE + 1, before_id=request.args.get("before", type=int))
    page = render_template(
        "history/index.html",
        form=form,
        lines=_lines(session, found[:PAGE]),
        record_id=record_id,
        older=_older(found),
    )
    return page, 200 if fine else 422


def _older(found: Sequence[HistoryEntry]) -> str:
    """The address of the next page; empty when this is the last."""
    if len(found) <= PAGE:
        return ""
    kept = {name: value for name, value in request.args.items() if name in {"kind", "id", "q", "from", "to"} and value}
    return url_for("history.index", **kept, before=found[PAGE - 1].id)  # type: ignore[arg-type]  # texts of an address


def _begin_of(day: date | None, *, after: bool = False) -> datetime | None:
    """The instant at which the day begins in the installation's zone, or the one ``after`` it."""
    if day is None or day == date.max:
        return None
    first = day + timedelta(days=1) if after else day
    return datetime.combine(first, time(), ZoneInfo(settings().time_zone)).astimezone(UTC)


def _seen(session: Session, kind: str, record_id: int | None) -> dict[str, Collection[int] | None] | None:
    """What of the history the reader may see; raises NotFound for the history of one record that is not theirs."""
    if principal().administrator:
        return None
    if record_id is not None and kind in {"organisation", "person"}:
        if not _may_edit(session, kind, record_id):
            raise NotFound
        return {kind: [record_id]}
    own = principal().secretariat_forums
    return {
        "forum": own,
        "meeting": meeting_ids_of_forums(session, own),
        "poll": poll_ids_of_forums(session, own),
        "year_plan": plan_ids_within(session, own),
        **dict.fromkeys(SHARED),
    }


def _lines(session: Session, found: Sequence[HistoryEntry]) -> list[Line]:
    hidden = protected_in(session, found)
    urls = _urls(session, found)
    lines = []
    for entry in found:
        facts = facts_of(entry, settings().time_zone, hidden)
        lines.append(
            Line(
                entry=entry,
                label=_label(entry, hidden),
                url=urls.get((entry.subject_kind, entry.subject_id), ""),
                facts=facts[:FACTS_IN_LIST],
                more=max(0, len(facts) - FACTS_IN_LIST),
            )
        )
    return lines


def _label(entry: HistoryEntry, hidden: Collection[int]) -> str:
    if entry.subject_kind == "person" and entry.subject_id in hidden:
        return _("ledamot")
    return entry.subject_label


def _urls(session: Session, found: Sequence[HistoryEntry]) -> dict[tuple[str, int | None], str]:
    """The page of each record that has one and is still there. Three queries."""

    def ids(kind: str) -> set[int]:
        return {row.subject_id for row in found if row.subject_kind == kind and row.subject_id is not None}

    urls: dict[tuple[str, int | None], str] = {}
    for forum_id, slug in forum_slugs(session, ids("forum")).items():
        urls["forum", forum_id] = url_for("forums.show", slug=slug)
    for organisation_id, slug in organisation_slugs(session, ids("organisation")).items():
        urls["organisation", organisation_id] = url_for("organisations.show", slug=slug)
    for meeting_id in ids("meeting"):
        urls["meeting", meeting_id] = url_for("meetings.show", meeting_id=meeting_id)
    for poll_id in ids("poll"):
        urls["poll", poll_id] = url_for("polls.show", poll_id=poll_id)
    for plan_id, year in years_of_plans(session, ids("year_plan")).items():
        urls["year_plan", plan_id] = url_for("year_table.show", year=year)
    for person_id in ids("person"):
        urls["person", person_id] = url_for("people.show", person_id=person_id)
    return urls


# ---------------------------------------------------------------- one change


@bp.get("/history/<int:change_id>")
@policy("secretariat")
def show(change_id: int) -> ResponseReturnValue:
    """One change: every record it was about, field by field, and a way to take it back."""
    session = db.session()
    found = change_of(session, change_id)
    if not found or not _may_see(session, found[0]):
        raise NotFound
    return _render(session, found, UndoForm(None))


def _may_see(session: Session, entry: HistoryEntry) -> bool:
    within = _seen(session, "", None)
    if within is None or _may_edit(session, entry.subject_kind, entry.subject_id):
        return True
    ids = within.get(entry.subject_kind, ())
    return ids is None or entry.subject_id in ids


def _render(session: Session, found: Sequence[HistoryEntry], form: UndoForm, status: int = 200) -> ResponseReturnValue:
    hidden = protected_in(session, found)
    rows = rows_of(found[0])
    problems = [str(problem) for problem in refusals(session, found[0], rows)] if rows else []
    undoing = undone_by(session, [found[0].id]).get(found[0].id)
    urls = _urls(session, found)
    page = render_template(
        "history/show.html",
        form=form,
        first=found[0],
        records=[
            (
                entry,
                _label(entry, hidden),
                urls.get((entry.subject_kind, entry.subject_id), ""),
                facts_of(entry, settings().time_zone, hidden),
            )
            for entry in found[:RECORDS]
        ],
        count=len(found),
        may_undo=bool(rows) and not problems and _may_undo(session, found),
        why_not="" if undoing else next(iter(problems), ""),
        undoing=undoing,
        today_made=found[0].at.astimezone(ZoneInfo(settings().time_zone)).date() == today(),
    )
    return page, status


@bp.post("/history/<int:change_id>/undo")
@policy("signed_in")
def undo(change_id: int) -> ResponseReturnValue:
    """Takes a change back: the button beside "saved", and that of the change's page."""
    session = db.session()
    found = change_of(session, change_id)
    if not found or not _may_undo(session, found):
        raise NotFound
    form = UndoForm(request.form)
    rows = rows_of(found[0])
    reached = meetings_reached(session, rows)
    meeting_ids, scopes = {meeting.id for meeting in reached}, scopes_of(session, reached)
    try:
        undo_change(
            session, actor(), now(), found[0], time_zone=settings().time_zone, reason=form.reason.data
        )  # fmt: skip
        meeting_ids |= {meeting.id for meeting in meetings_reached(session, rows)}
        _follow(session, meeting_ids, scopes)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render(session, change_of(session, change_id), form, 422)
    session.commit()
    saved(_("Ändringen är ångrad."))
    return redirect(_after(session, found[0]), 303)


def _follow(session: Session, meeting_ids: Collection[int], scopes: Collection[Scope]) -> None:
    """Lets calendars and planned mails follow, those of ``scopes`` too: who lost a seat is not found by it any more."""
    meetings = [meeting for meeting_id in sorted(meeting_ids) if (meeting := meeting_by_id(session, meeting_id))]
    refresh(session, meetings, now(), site=site(), seats=True, before=scopes)
    plan_meetings(session, now(), [meeting.id for meeting in meetings], settings())
    announce(session, now(), settings())


def _after(session: Session, entry: HistoryEntry) -> str:
    """Where one is led: to the record, if it is still there."""
    if entry.action == "year_plan.decide" and entry.after:
        return url_for("year_table.show", year=entry.after["year"])
    url = _urls(session, [entry]).get((entry.subject_kind, entry.subject_id))
    if url and (entry.subject_kind != "person" or session.get(Person, entry.subject_id) is not None):
        return url
    return url_for("history.index") if may(principal(), "secretariat") else url_for("overview.index")


def _may_undo(session: Session, found: Sequence[HistoryEntry]) -> bool:
    """Whether the reader may edit every record of the change.

    A change of a forum's seats is also kept with each forum that has them through nesting: those name the forum,
    and its secretariat needs no right to the others.
    """
    return all(
        _may_edit(session, entry.subject_kind, entry.subject_id)
        for entry in found
        if not (entry is not found[0] and "forum" in {**(entry.before or {}), **(entry.after or {})})
    )


def _may_edit(session: Session, kind: str, record_id: int | None) -> bool:
    """Whether the reader may edit a record; what is gone, or of a kind of its own, is the administrator's."""
    if principal().administrator:
        return True
    if kind == "forum":
        forum = session.get(Forum, record_id)
        return forum is not None and may_forum("forum.edit", forum)
    if kind == "meeting":
        meeting = session.get(Meeting, record_id)
        return meeting is not None and may(principal(), "meeting.edit", forum_ids=[meeting.forum.id])
    if kind == "poll":
        poll = session.get(Poll, record_id)
        return poll is not None and may(principal(), "meeting.edit", forum_ids=[poll.forum_id])
    if kind == "year_plan":
        return record_id in plan_ids_within(session, principal().secretariat_forums)
    if kind == "organisation":
        organisation = session.get(Organisation, record_id)
        return organisation is not None and may_organisation("organisation.edit", organisation)
    if kind == "person":
        person = session.get(Person, record_id)
        return person is not None and may_person("person.edit", person)
    return kind in SHARED and may(principal(), "register.edit")
