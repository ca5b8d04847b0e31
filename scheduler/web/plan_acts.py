"""What is done on the plan board: a meeting moved, locked, dropped or added, a change taken back, meetings booked.

Each act answers with the board anew: as a part of the page to htmx, else by leading back to it. Not here: addresses
(``plan``), the pages themselves (``plan_pages``), what a draft allows (``drafts.actions``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.db import db
from scheduler.drafts import actions
from scheduler.drafts.choosing import Choice, best_of, in_spite, more_dates, more_on
from scheduler.drafts.models import Draft, DraftMeeting
from scheduler.drafts.queries import Board, board_of
from scheduler.errors import NotFound, Problem, Refused, SavedByOther
from scheduler.forums.models import Forum
from scheduler.i18n import date_text, mark, ngettext
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce, window_of
from scheduler.mail.queries import rules_of, told_about
from scheduler.mail.rules import MeetingTimes, plan
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.planning.instance import Forum as Rules
from scheduler.web import plan_board
from scheduler.web.access import site
from scheduler.web.fields import choice, show_problems
from scheduler.web.forms.plan import ActForm, AddForm
from scheduler.web.mail_words import kind_word
from scheduler.web.plan_access import find_draft
from scheduler.web.plan_pages import board_page, day_of, find_planned, page_of
from scheduler.web.security import actor, now, settings, today

_NO_DAY = mark("Ingen dag i v. %(week)s går: %(why)s")
_NO_WEEK = mark("Välj en dag eller en vecka att flytta till")


# ---------------------------------------------------------------- what is done on the board


def act(draft_id: int, planned_id: int, what: str) -> ResponseReturnValue:
    """One act on one meeting."""
    draft = find_draft(draft_id, meetings=True)
    row = find_planned(draft, planned_id)
    form = ActForm(request.form, meta={"today": today()})
    session = db.session()
    does: dict[str, Callable[[], str]] = {
        "move": lambda: _move(session, draft, row, form),
        "lock": lambda: _lock(session, row, form, locked=True),
        "unlock": lambda: _lock(session, row, form, locked=False),
        "accept": lambda: _accept_one(session, draft, row, form),
        "drop": lambda: _drop(session, row, form),
    }
    return _done(draft_id, does[what], chosen=None if what == "drop" else planned_id)


def undo(draft_id: int) -> ResponseReturnValue:
    """Takes back the latest change."""
    draft = find_draft(draft_id, meetings=True)
    form = ActForm(request.form)
    session = db.session()
    chosen: list[int] = []

    def take_back() -> str:
        step = actions.undo_step(
            session, actor(), now(), draft, is_told=told_about, site=site(), version=form.known_version
        )
        chosen.extend(step["rows"][:1])
        text = _("Ändringen är ångrad.")
        if step["left"]:
            left = ngettext("1 möte är kvar som bokat, eftersom någon har fått besked eller ändrat det.",
                            "%(n)s möten är kvar som bokade, eftersom någon har fått besked eller ändrat dem.",
                            step["left"])  # fmt: skip
            text = f"{text} {left}"
        return text

    return _done(draft_id, take_back, chosen_after=chosen)


def _done(
    draft_id: int, does: Callable[[], str], *, chosen: int | None = None, chosen_after: Sequence[int] = ()
) -> ResponseReturnValue:
    """Does it in one transaction and shows the board: what was done, or why it was not."""
    session = db.session()
    try:
        said = does()
        announce(session, now(), settings())
        session.commit()
    except Refused as refused:
        session.rollback()
        text = " ".join(str(problem) for problem in refused.problems)
        return board_page(find_draft(draft_id, meetings=True), chosen=chosen, failed=text, status=422)
    except SavedByOther as other:
        session.rollback()
        return board_page(find_draft(draft_id, meetings=True), chosen=chosen, failed=_other_text(other), status=409)
    shown = chosen or next(iter(chosen_after), None)
    if request.headers.get("HX-Request"):
        session.expire_all()
        return board_page(find_draft(draft_id, meetings=True), chosen=shown, said=said)
    flash(said)
    asked = {name: value for name, value in request.args.items() if name in {"q", "only"} and value}
    if shown is not None:
        asked["meeting"] = str(shown)
    return redirect(url_for("plan.show", draft_id=draft_id, **asked), 303)  # type: ignore[arg-type]  # as Flask takes them


def _other_text(other: SavedByOther) -> str:
    """ "Ändringen sparades inte. Sara Niemi ändrade planen 10.42."."""
    who = other.by or _("Någon annan")
    if not other.at:
        return _("Ändringen sparades inte. %(who)s ändrade planen.", who=who)
    at = datetime.fromisoformat(other.at).astimezone(ZoneInfo(settings().time_zone))
    return _("Ändringen sparades inte. %(who)s ändrade planen %(time)s.", who=who, time=i18n.time_text(at))


def _move(session: Session, draft: Draft, row: DraftMeeting, form: ActForm) -> str:
    board = board_of(session, draft)
    if board is None or row.id not in board.keys:
        raise Refused(Problem(None, mark("Forumet är inte med i förslagets underlag. Räkna om först")))
    actions.refuse_booked(row)
    found = _where(board, row, form)
    actions.move_planned(
        session, actor(), now(), row, on=found.on, start=found.start, place_id=found.place_id, town=found.town,
        seats=found.seats, version=form.known_version,
    )  # fmt: skip
    return _("%(forum)s är flyttat till %(day)s.", forum=row.forum.title, day=date_text(found.on))


def _where(board: Board, row: DraftMeeting, form: ActForm) -> Choice:
    """Where the form moves the meeting: a week before a day of the alternatives before a day of one's own."""
    week = form.week_number
    if week is not None:
        found, reasons = plan_board.best_in_week(board, row, week)
        if found is None:
            why = ", ".join(one.text for one in reasons[:3]) or _("veckan har ingen arbetsdag")
            raise Refused(Problem(None, _NO_DAY, {"week": week, "why": why}))
        return found
    chosen = day_of(form.to.data or "")
    if chosen is not None:
        best = best_of(board, board.dates(row), [chosen])
        if best is not None:
            return best
    if form.on.data is not None:
        table = board.dates(row)
        return best_of(board, table, [form.on.data]) or in_spite(board, table, form.on.data)
    raise Refused(Problem("to", _NO_WEEK))


def _lock(session: Session, row: DraftMeeting, form: ActForm, *, locked: bool) -> str:
    actions.lock_meeting(session, actor(), now(), row, locked=locked, version=form.known_version)
    values = {"forum": row.forum.title, "day": date_text(row.on)}
    if locked:
        return _("%(forum)s %(day)s är låst. Det ligger kvar när du räknar om.", **values)
    return _("%(forum)s %(day)s är inte längre låst.", **values)


def _accept_one(session: Session, draft: Draft, row: DraftMeeting, form: ActForm) -> str:
    actions.accept(session, actor(), now(), draft, [row], site=site(), version=form.known_version)
    return _("%(forum)s %(day)s är bokat.", forum=row.forum.title, day=date_text(row.on))


def _drop(session: Session, row: DraftMeeting, form: ActForm) -> str:
    title, on = row.forum.title, row.on
    actions.drop_planned(session, actor(), now(), row, version=form.known_version)
    return _("%(forum)s %(day)s är borttaget ur förslaget.", forum=title, day=date_text(on))


# ---------------------------------------------------------------- one more meeting


def add(draft_id: int, forum_id: int) -> ResponseReturnValue:
    """One more meeting of a forum in the draft."""
    draft = find_draft(draft_id, meetings=True)
    forum = next((row.forum for row in draft.forum_rows if row.forum_id == forum_id), None)
    session = db.session()
    board = None if draft.is_under_way else board_of(session, draft)
    if forum is None:
        raise NotFound
    rules = board.forum(forum_id) if board is not None else None
    if board is None or rules is None:
        return redirect(url_for("plan.show", draft_id=draft_id), 303)
    offered = more_dates(board, rules)
    form = AddForm(request.form if request.method == "POST" else None, meta={"today": today()})
    form.to.choices = [choice(one.on.isoformat(), date_text(one.on)) for one in offered]
    if request.method == "GET":
        form.version.data = str(draft.version)
        form.to.data = offered[0].on.isoformat() if offered else None
        return _add_page(draft, forum, form, offered, 200)
    form.to.validate_choice = False
    if form.validate():
        day = form.on.data or day_of(form.to.data or "")
        try:
            found = _one_more(board, rules, offered, day)
            row = actions.add_planned(
                session, actor(), now(), draft, forum=forum, on=found.on, start=found.start, duration=rules.duration,
                place_id=found.place_id, town=found.town, seats=found.seats, version=form.known_version,
            )  # fmt: skip
            session.commit()
        except Refused as refused:
            session.rollback()
            draft = find_draft(draft_id, meetings=True)
            show_problems(form, refused)
        except SavedByOther as other:
            session.rollback()
            return board_page(find_draft(draft_id, meetings=True), failed=_other_text(other), status=409)
        else:
            flash(_("%(forum)s har fått ett möte till, %(day)s.", forum=forum.title, day=date_text(row.on)))
            return redirect(url_for("plan.show", draft_id=draft_id, meeting=row.id), 303)
    return _add_page(draft, forum, form, offered, 422)


def _one_more(board: Board, rules: Rules, offered: Sequence[Choice], day: date | None) -> Choice:
    """The day as it is offered, or as it can be had; raises Refused when none is chosen."""
    if day is None:
        raise Refused(Problem("on", mark("Välj en dag")))
    return next((one for one in offered if one.on == day), None) or more_on(board, rules, day)


def _add_page(draft: Draft, forum: Forum, form: AddForm, offered: Sequence[Choice], status: int) -> ResponseReturnValue:
    hints = {
        one.on.isoformat(): " ".join(remark.text for remark in one.remarks if remark.weight != "good")
        or _("Inga krockar.")
        for one in offered
    }
    page = page_of("plan/add.html", draft=draft, forum=forum, form=form, hints=hints)
    return page, status


# ---------------------------------------------------------------- booking


@dataclass(frozen=True)
class Booking:
    """A forum's meetings that are about to be booked."""

    forum: Forum
    rows: Sequence[DraftMeeting]
    #: How many of them clash.
    clashes: int


@dataclass(frozen=True)
class ComingMails:
    """The mails of one kind that the rules of the forums send for the meetings, once they are booked."""

    word: str
    meetings: int
    first_at: datetime


def accept(draft_id: int) -> ResponseReturnValue:
    """Books the meetings without clash, or all of one forum, in one transaction."""
    draft = find_draft(draft_id, meetings=True)
    session = db.session()
    board = None if draft.is_under_way else board_of(session, draft)
    if board is None:
        return redirect(url_for("plan.show", draft_id=draft_id), 303)
    only = request.values.get("forum", type=int)
    rows, states = _to_book(board, only)
    form = ActForm(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        try:
            _book(session, draft, rows, form)
            announce(session, now(), settings())
            session.commit()
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
            status = 422
        except SavedByOther as other:
            session.rollback()
            return board_page(find_draft(draft_id, meetings=True), failed=_other_text(other), status=409)
        else:
            return redirect(url_for("plan.show", draft_id=draft_id, done="accept"), 303)
        draft = find_draft(draft_id, meetings=True)
        rows, states = _to_book(board_of(session, draft) or board, only)
    form.version.data = str(draft.version)
    forum = next((row.forum for row in draft.forum_rows if row.forum_id == only), None)
    page = page_of(
        "plan/accept.html", draft=draft, form=form, forum=forum, rows=rows, bookings=_bookings(rows, states),
        mails=_coming_mails(session, rows),
    )  # fmt: skip
    return page, status


def _book(session: Session, draft: Draft, rows: Sequence[DraftMeeting], form: ActForm) -> None:
    """Raises Refused when nothing is left to book."""
    if not actions.accept(session, actor(), now(), draft, rows, site=site(), version=form.known_version):
        raise Refused(Problem(None, mark("Det finns inget att boka. Allt är bokat, eller krockar")))


def _to_book(board: Board, forum_id: int | None) -> tuple[list[DraftMeeting], dict[int, str]]:
    """The meetings to book: of one forum all, else those without clash; and how each stands, by its number."""
    states = {one.id: one.state for marks in plan_board.marks_of(board).values() for one in marks}
    rows = sorted(board.draft.meetings, key=lambda row: (row.forum.sort_key, row.on))
    if forum_id is not None:
        if all(row.forum_id != forum_id for row in board.draft.forum_rows):
            raise NotFound
        return [row for row in rows if row.forum_id == forum_id and states[row.id] != "done"], states
    return [row for row in rows if states[row.id] in {"prop", "lock"}], states


def _bookings(rows: Sequence[DraftMeeting], states: dict[int, str]) -> list[Booking]:
    found: dict[int, list[DraftMeeting]] = {}
    for row in rows:
        found.setdefault(row.forum_id, []).append(row)
    return [
        Booking(own[0].forum, own, sum(states[row.id] == "clash" for row in own)) for own in found.values()
    ]  # fmt: skip


def _coming_mails(session: Session, rows: Sequence[DraftMeeting]) -> list[ComingMails]:
    """What the rules send for these meetings once they are booked; a constant number of queries."""
    forums = {row.forum_id: row.forum for row in rows}
    # Only to ask which rules are in force: they go by the forum.
    asked = [Meeting(id=-forum.id, forum_rows=[MeetingForum(forum=forum, position=0)]) for forum in forums.values()]
    with session.no_autoflush:
        rules = rules_of(session, asked)
    found: dict[str, list[datetime]] = {}
    for row in rows:
        start_at = datetime.combine(row.on, plan_board.clock(row.start), ZoneInfo(row.forum.time_zone))
        times = MeetingTimes(start_at=start_at, on=row.on, zone=row.forum.time_zone, time_rev=0, state="confirmed")
        first: dict[str, datetime] = {}
        for planned in plan(times, rules[-row.forum_id], now(), window_of(settings())):
            first[planned.kind] = min(planned.due_at, first.get(planned.kind, planned.due_at))
        for kind, at in first.items():
            found.setdefault(kind, []).append(at)
    lines = [ComingMails(kind_word(kind), len(ats), min(ats)) for kind, ats in found.items()]
    return sorted(lines, key=lambda one: one.first_at)
