"""The pages of the plan board, and what is done on them; somebody else's draft looks like a missing one.

Each act answers with the board anew: as a part of the page to htmx, else by leading back to it. A draft is for whoever
plans every forum in it. Not here: addresses (``plan``), the board's values (``plan_board``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.accounts.rules import Principal
from scheduler.db import db
from scheduler.drafts import actions
from scheduler.drafts.choosing import Choice, best_of, in_spite, more_dates, more_on
from scheduler.drafts.models import Draft, DraftMeeting
from scheduler.drafts.problem import times_of
from scheduler.drafts.queries import Board, board_of, forums_of_drafts
from scheduler.errors import NotFound, Problem, Refused, SavedByOther
from scheduler.forums.models import Forum
from scheduler.forums.queries import cadence_of, forums_for_list, is_judged
from scheduler.i18n import date_text, mark, ngettext
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce, window_of
from scheduler.mail.queries import rules_of, told_about
from scheduler.mail.rules import MeetingTimes, plan
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.planning.instance import Forum as Rules
from scheduler.planning.profiles import PROFILES
from scheduler.web import plan_board
from scheduler.web.access import may_plan, polled_forums, site
from scheduler.web.draft_words import draft_name
from scheduler.web.fields import choice, show_problems
from scheduler.web.forms.plan import ActForm, AddForm, DraftForm
from scheduler.web.mail_words import kind_word
from scheduler.web.plan import planned_year
from scheduler.web.plan_access import drafts_of_year, find_draft
from scheduler.web.plan_board import Shown
from scheduler.web.security import actor, now, principal, settings, today

#: A year in the address that lies further off than this is a slip.
FURTHEST_YEAR = 20
_NO_DAY = mark("Ingen dag i v. %(week)s går: %(why)s")
_NO_WEEK = mark("Välj en dag eller en vecka att flytta till")
_LABELS = {one.key: one.label for one in PROFILES}


# ---------------------------------------------------------------- how a page is written


def _page(template: str, **values: Any) -> str:
    """A page or part of one, with the words and drawings of the board."""
    return render_template(
        template, **values, draft_state=plan_board.draft_state, lead_of=plan_board.lead_of,
        mark_text=plan_board.mark_text, plan_links=plan_links, plan_mark=plan_board.plan_mark,
        plan_shapes=plan_board.plan_shapes, profile_word=profile_word,
    )  # fmt: skip


def plan_links(draft: Draft) -> list[tuple[str, str]]:
    """Further pages about a draft and its year."""
    return [
        (url_for("plan_answers.conflicts", year=draft.year, draft=draft.id), _("Behöver beslut")),
        (url_for("plan_answers.quality", draft_id=draft.id), _("Hur bra förslaget är")),
        (url_for("plan_answers.compare", a=draft.id), _("Jämför förslag")),
        (url_for("year_table.show", year=draft.year, draft=draft.id), _("Sammanträdesplan")),
    ]


# ---------------------------------------------------------------- whose


def plannable() -> list[Forum]:
    """The forums whose year one may lay: present ones that are judged and that one plans."""
    forums = forums_for_list(db.session(), forum_ids=polled_forums(principal()))
    return [forum for forum in forums if is_judged(forum) and may_plan(forum)]


def scope_of(who: Principal, forums: Sequence[Forum]) -> str:
    """Whose drafts somebody's are: everybody's, those of the organisation that keeps most of their forums, or own."""
    if who.administrator:
        return "all"
    kept = Counter(forum.secretariat_id for forum in forums if forum.secretariat_id is not None)
    if not kept:
        return f"u{who.user_id}"
    return f"o{min(kept, key=lambda number: (-kept[number], number))}"


def find_planned(draft: Draft, planned_id: int) -> DraftMeeting:
    """A meeting of the draft; raises NotFound."""
    row = next((one for one in draft.meetings if one.id == planned_id), None)
    if row is None:
        raise NotFound
    return row


def _known_year(year: int) -> int:
    if abs(year - today().year) > FURTHEST_YEAR:
        raise NotFound
    return year


# ---------------------------------------------------------------- a year, a draft


def show_year(year: int) -> ResponseReturnValue:
    """The board of the latest draft that is ready or runs, first of those of one's own secretariat."""
    drafts = drafts_of_year(_known_year(year))
    if not drafts:
        return _empty_page(year)
    scope = scope_of(principal(), plannable())
    ranked = sorted(
        drafts, key=lambda draft: (draft.state in {"failed", "queued"}, draft.scope != scope)
    )  # stable: latest first
    return _board_page(find_draft(ranked[0].id, meetings=True), drafts=drafts)


def show(draft_id: int) -> ResponseReturnValue:
    """One draft; the part of the chosen meeting alone, or of the run alone, where a script asks for it."""
    draft = find_draft(draft_id, meetings=True)
    part = request.args.get("part") if request.headers.get("HX-Request") else None
    if part == "progress":
        if draft.is_under_way:
            return _page("plan/progress.html", draft=draft)
        return "", 200, {"HX-Refresh": "true"}
    if part == "inspect":
        board = board_of(db.session(), draft)
        if board is not None:
            return _page("plan/inspect.html", draft=draft, inspected=_inspected(board), shown=_shown())
    return _board_page(draft)


def _shown() -> Shown:
    only = request.args.get("only", "")
    return Shown(
        text=request.args.get("q", "").strip()[:100], only=only if only in {"clashes", "mine"} else "",
        own=principal().own_forums,
    )  # fmt: skip


def _inspected(board: Board, chosen: int | None = None) -> plan_board.Inspected | None:
    """The chosen meeting; None where none is."""
    wanted = chosen or request.args.get("meeting", type=int)
    rows = board.draft.meetings
    row = next((one for one in rows if one.id == wanted), None)
    if row is None:
        return None
    asked = _day(request.args.get("day", ""))
    return plan_board.inspect(db.session(), board, row, asked)


def _day(text: str) -> date | None:
    form = ActForm(None, meta={"today": today()})
    try:
        form.on.process_formdata([text])
    except ValueError:
        return None
    found: date | None = form.on.data
    return found


def _board_page(
    draft: Draft, *, drafts: Sequence[Draft] | None = None, chosen: int | None = None, said: str = "",
    failed: str = "", status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    """The page of a draft, or its board alone for a script; ``said`` what was done, ``failed`` why it was not."""
    session = db.session()
    shown = _shown()
    board = None if draft.is_under_way else board_of(session, draft)
    values: dict[str, Any] = {"draft": draft, "shown": shown, "said": said, "failed": failed, "board": board}
    if board is not None:
        marks = plan_board.marks_of(board)
        # Where nobody has chosen yet the first meeting that must be decided about is in sight.
        undecided = (one.id for row in marks.values() for one in row if one.state == "clash")
        named = chosen or request.args.get("meeting", type=int)
        inspected = _inspected(board, named or next(undecided, None))
        values |= {
            "counts": plan_board.counts_of(board, marks),
            "groups": plan_board.groups_of(board, marks, shown),
            "months": plan_board.months_of(draft.year),
            "shut": plan_board.shut_weeks(board),
            "inspected": inspected,
            "chosen": inspected.row.id if inspected else None,
            "booked_now": _booked_now(draft),
        }
    if request.headers.get("HX-Request"):
        return _page("plan/board.html", **values), status
    listed = drafts_of_year(draft.year) if drafts is None else drafts
    page = _page("plan/show.html", **values, year=draft.year, drafts=listed, years=_years(draft.year))
    return page, status


def _booked_now(draft: Draft) -> int:
    """How many meetings the latest step booked, where one comes from booking them."""
    last = (draft.steps or [None])[-1]
    if request.args.get("done") != "accept" or last is None or last["kind"] != "accept":
        return 0
    return len(last["rows"])


def _years(year: int) -> list[int]:
    planned = planned_year(today())
    return sorted({planned - 1, planned, planned + 1, year})


# ---------------------------------------------------------------- a new draft


def _form(year: int) -> DraftForm:
    """The form of a new draft; the forums that must meet in the year, by group."""
    session = db.session()
    forums = plannable()
    rules = cadence_of(session, forums)
    able = [forum for forum in forums if times_of(rules[forum.id], year, today()) is not None]
    ordered = sorted(able, key=lambda forum: (*_group_order(forum), forum.sort_key))
    ready = [draft for draft in drafts_of_year(year) if draft.state == "ready"]
    form = DraftForm(request.form if request.method == "POST" else None)
    form.offer(
        [(forum.id, forum.title, _group_name(forum)) for forum in ordered],
        [(one.key, _(one.label)) for one in PROFILES],
        actions.SECONDS,
        [(draft.id, draft_choice(draft)) for draft in ready],
    )
    if request.method == "GET":
        form.forum_ids.data = [str(forum.id) for forum in ordered]
        form.profile.data, form.seconds.data = PROFILES[0].key, str(actions.SECONDS[1])
        _start_from(form, ready)
    return form


def _start_from(form: DraftForm, ready: Sequence[Draft]) -> None:
    """The form as "Räkna om" on a draft's board opens it."""
    wanted = request.args.get("from", type=int)
    source = next((draft for draft in ready if draft.id == wanted), None)
    if source is None:
        return
    forums = forums_of_drafts(db.session(), [source.id])[source.id]
    form.forum_ids.data = [value for value in form.forum_ids.data or [] if int(value) in forums]
    form.made_from.data, form.profile.data = str(source.id), source.profile
    form.task.data = "mend" if request.args.get("task") == "mend" else "plan"


def _group_name(forum: Forum) -> str:
    return forum.secretariat.name if forum.secretariat is not None else _("Utan sekretariat")


def _group_order(forum: Forum) -> tuple[bool, str]:
    return forum.secretariat is None, "" if forum.secretariat is None else forum.secretariat.sort_key


def draft_choice(draft: Draft) -> str:
    """A draft in a list of choices: its name and when it was asked for."""
    at = draft.created_at.astimezone(ZoneInfo(settings().time_zone))
    day, time = date_text(at.date(), weekday=False), i18n.time_text(at)
    return _("%(name)s, %(day)s kl. %(time)s", name=draft_name(draft, plain=True), day=day, time=time)


def profile_word(key: str) -> str:
    """What weighs most in a draft."""
    return _(_LABELS.get(key, key))


def _empty_page(year: int) -> ResponseReturnValue:
    session = db.session()
    first, last = date(year, 1, 1), date(year, 12, 31)
    own = polled_forums(principal())
    standing = select(func.count(Meeting.id.distinct())).where(
        Meeting.local_on.between(first, last), Meeting.state.in_(("confirmed", "called", "held", "closed"))
    )
    if own is not None:
        standing = standing.join(Meeting.forum_rows).where(MeetingForum.forum_id.in_(own))
    booked = session.scalar(standing) or 0
    return _page("plan/empty.html", year=year, years=_years(year), draft_form=_form(year), booked=booked)


def new(year: int) -> ResponseReturnValue:
    """Asks for a draft, which a worker then makes."""
    session = db.session()
    form = _form(_known_year(year))
    if request.method == "GET":
        return _page("plan/new.html", year=year, draft_form=form, form=form)
    if form.validate():
        chosen = {int(value) for value in form.forum_ids.data or []}
        source = None if not form.made_from.data else find_draft(int(form.made_from.data), meetings=True)
        try:
            draft = actions.make_draft(
                session, actor(), now(), year=year, scope=scope_of(principal(), plannable()), forum_ids=chosen,
                profile=form.profile.data, seconds=int(form.seconds.data), name=form.name.data, made_from=source,
                task=form.task.data if source is not None else "plan",
            )  # fmt: skip
            session.commit()
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            return redirect(url_for("plan.show", draft_id=draft.id), 303)
    return _page("plan/new.html", year=year, draft_form=form, form=form), 422


def stop(draft_id: int) -> ResponseReturnValue:
    """Asks the run to end with the best it has."""
    draft = find_draft(draft_id, meetings=True)
    session = db.session()
    actions.stop_run(session, actor(), now(), draft)
    session.commit()
    return redirect(url_for("plan.show", draft_id=draft_id), 303)


def delete(draft_id: int) -> ResponseReturnValue:
    """Throws the draft away; what was booked of it stays."""
    draft = find_draft(draft_id, meetings=True)
    session = db.session()
    form = ActForm(request.form if request.method == "POST" else None)
    if request.method == "POST":
        try:
            actions.delete_draft(session, actor(), now(), draft)
            session.commit()
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            flash(_("Förslaget %(name)s är borttaget.", name=draft_name(draft, plain=True)))
            return redirect(url_for("plan.show_year", year=draft.year), 303)
    booked = sum(actions.is_booked(row) for row in draft.meetings)
    page = _page("plan/delete.html", draft=draft, booked=booked, form=form)
    return page, 422 if request.method == "POST" else 200


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
        return _board_page(find_draft(draft_id, meetings=True), chosen=chosen, failed=text, status=422)
    except SavedByOther as other:
        session.rollback()
        return _board_page(find_draft(draft_id, meetings=True), chosen=chosen, failed=_other_text(other), status=409)
    shown = chosen or next(iter(chosen_after), None)
    if request.headers.get("HX-Request"):
        session.expire_all()
        return _board_page(find_draft(draft_id, meetings=True), chosen=shown, said=said)
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
    chosen = _day(form.to.data or "")
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
        day = form.on.data or _day(form.to.data or "")
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
            return _board_page(find_draft(draft_id, meetings=True), failed=_other_text(other), status=409)
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
    page = _page("plan/add.html", draft=draft, forum=forum, form=form, hints=hints)
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
            return _board_page(find_draft(draft_id, meetings=True), failed=_other_text(other), status=409)
        else:
            return redirect(url_for("plan.show", draft_id=draft_id, done="accept"), 303)
        draft = find_draft(draft_id, meetings=True)
        rows, states = _to_book(board_of(session, draft) or board, only)
    form.version.data = str(draft.version)
    forum = next((row.forum for row in draft.forum_rows if row.forum_id == only), None)
    page = _page(
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
