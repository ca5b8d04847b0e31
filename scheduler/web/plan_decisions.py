"""What must be decided in a draft, and one forum in it with the reasons why it has no year.

Imported when somebody asks (``plan_answers``). Not here: the reckoning (``drafts.deciding``, ``planning.explaining``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.drafts import actions
from scheduler.drafts.deciding import Choice, Decision, best_without_clash, choice_at, decisions
from scheduler.drafts.judging import Quality, judged
from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.drafts.proving import ideal_of
from scheduler.drafts.queries import Board, board_of, draft_with_meetings
from scheduler.drafts.remarks import Remark
from scheduler.errors import NotFound, Problem, Refused, SavedByOther
from scheduler.forums.models import Forum
from scheduler.forums.seats import seat_plan
from scheduler.i18n import date_text, mark
from scheduler.i18n import gettext as _
from scheduler.planning.explaining import Explanation
from scheduler.web.plan_access import drafts_of_year, find_draft
from scheduler.web.security import actor, now, today

__all__ = ["board_found", "clock", "forum", "move", "quality_of", "show"]

#: Meetings with their best alternatives on one page.
AT_ONCE = 20
#: Forums without a year whose reason is said in the list; the others' stand on their own pages.
REASONS = 5


def clock(minutes: int) -> time:
    """A time of the day from minutes after midnight."""
    hour, minute = divmod(minutes, 60)
    return time(hour % 24, minute)


def board_found(draft: Draft) -> Board | None:
    """The board of a draft the reader may see, with its meetings; None before there is a result."""
    found = draft_with_meetings(db.session(), draft.id)
    return None if found is None else board_of(db.session(), found)


def quality_of(board: Board) -> Quality:
    """The draft's quality, reckoned once."""
    return board.judgement.once("judged", lambda: judged(board.instance, board.plan, ideal_of(board.draft.outcome)))


# ---------------------------------------------------------------- what must be decided


@dataclass(frozen=True)
class Line:
    """A meeting somebody must decide about, and the best day without a clash; None where there is none."""

    decision: Decision
    best: Choice | None

    @property
    def row(self) -> DraftMeeting:
        """The meeting."""
        return self.decision.row


@dataclass(frozen=True)
class Lacking:
    """A forum without enough meetings, and why in one line; "" where that has not been looked for."""

    forum: Forum
    reason: str


def show(year: int) -> ResponseReturnValue:
    """The page of a year: of the draft asked for, else of the latest that is ready."""
    drafts = drafts_of_year(year)
    asked = request.args.get("draft", type=int)
    chosen = next((one for one in drafts if one.id == asked), None)
    if asked is not None and chosen is None:
        raise NotFound
    draft = chosen or next((one for one in drafts if one.state == "ready"), None)
    board = None if draft is None else board_found(draft)
    if board is None:
        return render_template("plan_answers/conflicts.html", year=year, draft=draft, drafts=drafts, board=None)
    found = decisions(board)
    first = max(0, request.args.get("from", 0, type=int))
    return render_template(
        "plan_answers/conflicts.html", year=year, draft=board.draft, drafts=drafts, board=board, count=len(found),
        lines=[Line(one, _best(board, one.row)) for one in found[first : first + AT_ONCE]], first=first,
        more=first + AT_ONCE if first + AT_ONCE < len(found) else None, lacking=_lacking(board), clock=clock,
    )  # fmt: skip


def _best(board: Board, row: DraftMeeting) -> Choice | None:
    if actions.is_booked(row):
        return None
    return board.judgement.once(f"best {row.id}", lambda: best_without_clash(board, row))


def _lacking(board: Board) -> list[Lacking]:
    forums = {row.forum_id: row.forum for row in board.draft.forum_rows}
    found = []
    for n, forum_id in enumerate(one for one in board.lacking if one in forums):
        explanation = _explanation(board, forum_id) if n < REASONS else None
        found.append(Lacking(forums[forum_id], "" if explanation is None else _in_one_line(explanation)))
    return found


def _explanation(board: Board, forum_id: int) -> Explanation | None:
    return board.judgement.once(f"why {forum_id}", lambda: board.explanation(forum_id))


def _in_one_line(explanation: Explanation) -> str:
    if explanation.is_possible:
        return _("Det finns plats för hela året, men sökningen hann inte dit. Räkna om, eller lägg till möten.")
    if not explanation.is_possible_alone:
        return _("Forumets egna krav går inte ihop.")
    return _("Går inte ihop med övriga forums möten.")


def move(draft_id: int, planned_id: int) -> ResponseReturnValue:
    """Moves the meeting to the day, hour and room that were shown, as long as they are still free."""
    find_draft(draft_id)
    session = db.session()
    draft = draft_with_meetings(session, draft_id)
    row = None if draft is None else next((one for one in draft.meetings if one.id == planned_id), None)
    board = None if draft is None or row is None else board_of(session, draft)
    if draft is None or row is None or board is None:
        raise NotFound
    back = redirect(url_for("plan_answers.conflicts", year=draft.year, draft=draft_id), 303)
    try:
        version = request.form.get("version", type=int)
        choice = _choice(board, row, version)
        actions.move_planned(
            session, actor(), now(), row, on=choice.on, start=choice.start, place_id=choice.place_id, town=choice.town,
            seats=choice.seats, version=version,
        )  # fmt: skip
    except SavedByOther:
        session.rollback()
        flash(_("Mötet flyttades inte: någon annan har ändrat förslaget. Här står det som det är nu."))
        return back
    except Refused as refused:
        session.rollback()
        flash(str(refused.problems[0]))
        return back
    title, on = row.forum.title, row.on
    session.commit()
    flash(_("%(forum)s är flyttat till %(day)s.", forum=title, day=date_text(on)))
    return back


def _choice(board: Board, row: DraftMeeting, version: int | None) -> Choice:
    """What was chosen. Raises SavedByOther when another version was shown, Refused when it may not be chosen."""
    if version != board.draft.version:
        raise SavedByOther("", "")
    try:
        on = date.fromisoformat(request.form.get("on", ""))
    except ValueError:
        on = None
    start, room = request.form.get("start", type=int), request.form.get("room", "")
    choice = None if on is None or start is None else choice_at(board, row, on, start, room)
    if choice is None:
        raise Refused(Problem(None, mark("Dagen är inte längre ledig. Här står den bästa som är det nu")))
    return choice


# ---------------------------------------------------------------- one forum


@dataclass(frozen=True)
class Planned:
    """A meeting of the forum, with what is for and against its day."""

    row: DraftMeeting
    remarks: Sequence[Remark]


@dataclass(frozen=True)
class Help:
    """A change by which the forum would have a year, and the points of the year then."""

    text: str
    points: int


@dataclass(frozen=True)
class Blocked:
    """Somebody without whom a required seat stands empty."""

    seat: str
    text: str


@dataclass(frozen=True)
class Why:
    """Why a forum has no year, in sentences."""

    is_possible_alone: bool
    conflict: Sequence[str]
    helps: Sequence[Help]
    blocking: Sequence[Blocked]


def forum(draft_id: int, forum_slug: str) -> ResponseReturnValue:
    """One forum in the draft."""
    draft = find_draft(draft_id)
    session = db.session()
    row = session.scalars(
        select(Forum).join(DraftForum, DraftForum.forum_id == Forum.id).where(
            Forum.slug == forum_slug, DraftForum.draft_id == draft_id
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound
    board = board_found(draft)
    asked = None if board is None else board.forum(row.id)
    if board is None or asked is None:
        return render_template("plan_answers/forum.html", draft=draft, forum=row, asked=None)
    keys = {one.id: key for key, one in board.rows.items()}
    meetings = [
        Planned(one, board.remarks.get(keys[one.id], [])) for one in board.draft.meetings if one.forum_id == row.id
    ]
    explanation = _explanation(board, row.id) if row.id in board.lacking else None
    cost = next((one for one in quality_of(board).forums if one.forum_id == row.id), None)
    return render_template(
        "plan_answers/forum.html", draft=board.draft, forum=row, asked=asked, clock=clock, meetings=meetings, cost=cost,
        lacks=row.id in board.lacking, why=None if explanation is None else why_of(session, row.id, explanation),
    )  # fmt: skip


def why_of(session: Session, forum_id: int, explanation: Explanation) -> Why:
    """An explanation with seats by their names and days as they are said."""
    seats = {
        f"s{seat.seat_id}": seat.label or seat.organisation_name or str(seat.seat_id)
        for seat in seat_plan(session, [forum_id], today())[forum_id]
    }
    texts = {one.key: _said(one.message, one.values, seats) for one in explanation.conflict}
    helps = [
        Help(_said(one.message, {**one.values, "what": texts.get(one.key, "")}, seats), one.points)
        for one in explanation.relaxations
    ]  # fmt: skip
    blocking = [
        Blocked(
            seats.get(one.seat, one.seat),
            _("%(name)s kan inte %(days)s av %(of)s dagar: upptagen %(busy)s, på andra möten %(meetings)s.",
              name=one.name, days=one.busy_days + one.meeting_days, of=one.of, busy=one.busy_days,
              meetings=one.meeting_days)
            if one.person is not None
            else _("Ingen har platsen."),
        )
        for one in explanation.blocking
    ]  # fmt: skip
    return Why(explanation.is_possible_alone, list(texts.values()), helps, blocking)


def _said(message: str, values: Mapping[str, object], seats: Mapping[str, str]) -> str:
    """A sentence of the library's, its ids and ISO days as people say them."""
    told = dict(values)
    if "seat" in told:
        told["seat"] = seats.get(str(told["seat"]), told["seat"])
    if "date" in told:
        told["date"] = date_text(date.fromisoformat(str(told["date"])), weekday=False)
    return _(message, **told)
