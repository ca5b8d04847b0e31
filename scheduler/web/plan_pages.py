"""The pages of the plan board, its form and a draft's beginning and end.

A draft is for whoever plans every forum in it; somebody else's looks like a missing one. Not here: addresses
(``plan``), what is done on the board (``plan_acts``), its values (``plan_board``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from scheduler import i18n
from scheduler.accounts.rules import Principal
from scheduler.db import db
from scheduler.drafts import actions
from scheduler.drafts.models import Draft, DraftMeeting
from scheduler.drafts.problem import times_of
from scheduler.drafts.queries import Board, board_of, forums_of_drafts
from scheduler.errors import NotFound, Refused
from scheduler.forums.models import Forum
from scheduler.forums.queries import cadence_of, forums_for_list, is_judged
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.planning.profiles import PROFILES
from scheduler.web import plan_board
from scheduler.web.access import may_plan, polled_forums
from scheduler.web.draft_words import draft_name
from scheduler.web.fields import show_problems
from scheduler.web.forms.plan import ActForm, DraftForm
from scheduler.web.plan import planned_year
from scheduler.web.plan_access import drafts_of_year, find_draft
from scheduler.web.plan_board import Shown
from scheduler.web.security import actor, now, principal, settings, today

#: A year in the address that lies further off than this is a slip.
FURTHEST_YEAR = 20
_LABELS = {one.key: one.label for one in PROFILES}


# ---------------------------------------------------------------- how a page is written


def page_of(template: str, **values: Any) -> str:
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
    return board_page(find_draft(ranked[0].id, meetings=True), drafts=drafts)


def show(draft_id: int) -> ResponseReturnValue:
    """One draft; the part of the chosen meeting alone, or of the run alone, where a script asks for it."""
    draft = find_draft(draft_id, meetings=True)
    part = request.args.get("part") if request.headers.get("HX-Request") else None
    if part == "progress":
        if draft.is_under_way:
            return page_of("plan/progress.html", draft=draft)
        return "", 200, {"HX-Refresh": "true"}
    if part == "inspect":
        board = board_of(db.session(), draft)
        if board is not None:
            return page_of("plan/inspect.html", draft=draft, inspected=_inspected(board), shown=_shown())
    return board_page(draft)


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
    asked = day_of(request.args.get("day", ""))
    return plan_board.inspect(db.session(), board, row, asked)


def day_of(text: str) -> date | None:
    """The day that is written, as its field reads it; None for none and for what is no day."""
    form = ActForm(None, meta={"today": today()})
    try:
        form.on.process_formdata([text])
    except ValueError:
        return None
    found: date | None = form.on.data
    return found


def board_page(
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
        return page_of("plan/board.html", **values), status
    listed = drafts_of_year(draft.year) if drafts is None else drafts
    page = page_of("plan/show.html", **values, year=draft.year, drafts=listed, years=_years(draft.year))
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
    return page_of("plan/empty.html", year=year, years=_years(year), draft_form=_form(year), booked=booked)


def new(year: int) -> ResponseReturnValue:
    """Asks for a draft, which a worker then makes."""
    session = db.session()
    form = _form(_known_year(year))
    if request.method == "GET":
        return page_of("plan/new.html", year=year, draft_form=form, form=form)
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
    return page_of("plan/new.html", year=year, draft_form=form, form=form), 422


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
    page = page_of("plan/delete.html", draft=draft, booked=booked, form=form)
    return page, 422 if request.method == "POST" else 200
