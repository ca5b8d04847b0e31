"""The yearly plan as a table of forums and months, deciding it, and the same as files (D3).

What has changed since the decision is marked, in forums whose inside the reader sees; of others only what is public is
shown. Not here: comparing (``meetings.year_plan_rules``), the files (``reports.year_table``), laying the year (drafts).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.drafts.models import Draft
from scheduler.errors import NotFound
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list, is_judged
from scheduler.forums.rotation import secretariat_of
from scheduler.history.models import HistoryEntry
from scheduler.i18n import date_text, mark, ngettext, number_word, sort_key
from scheduler.i18n import gettext as _
from scheduler.meetings.queries import MeetingFilter, meetings_between
from scheduler.meetings.rules import Kind, State
from scheduler.meetings.times import end_of
from scheduler.meetings.year_plan_actions import decide
from scheduler.meetings.year_plan_models import YearPlan
from scheduler.meetings.year_plan_rules import MONTHS, Change, Line, Note, Planned, Row, Table, empty_months, row_of
from scheduler.meetings.year_plan_words import change_sentence, days_text, start_text
from scheduler.meetings.year_plans import (
    decided_in,
    in_force,
    planned_in,
    planned_of,
    plans_about,
    plans_of,
    titles_of,
    told_of,
)
from scheduler.organisations.queries import organisation_refs
from scheduler.web.access import seen_forums
from scheduler.web.attempt import attempt
from scheduler.web.draft_words import draft_name
from scheduler.web.filters import capitalised, said, swedish
from scheduler.web.forms.year_table import DecideForm
from scheduler.web.papers import attached
from scheduler.web.security import actor, now, policy, principal, settings, today
from scheduler.web.shell import saved

bp = Blueprint("year_table", __name__)

#: Years offered on both sides of the present one, and how far the address may reach.
YEARS_AROUND = 1
REACH = 50
#: What the address may ask to see, but all.
SHOWN = ("mine", "changed")
#: The hour of the example in the legend.
SAMPLE = time(13)


# ---------------------------------------------------------------- the page


@bp.get("/plan/table")
@policy("register.read")
def index() -> ResponseReturnValue:
    """To the present year."""
    return redirect(url_for("year_table.show", year=today().year), 303)


@bp.get("/plan/<int:year>/table")
@policy("register.read")
def show(year: int) -> ResponseReturnValue:
    """The plan of a year; ``?show=`` mine or changed, ``?draft=`` as a draft would have it."""
    session = db.session()
    made = _make(session, year, swedish)
    chosen = request.args.get("show")
    rows = [line.row for line in made.table.lines]
    years = range(min(today().year - YEARS_AROUND, year), max(today().year + YEARS_AROUND, year) + 1)
    return render_template(
        "year_table/show.html",
        year=year,
        years=years if len(years) < 2 * REACH else [year],
        table=made.table,
        draft=made.draft,
        groups=_narrowed(made.table, chosen if chosen in SHOWN else None),
        chosen=chosen if chosen in SHOWN else None,
        counts={
            "all": len(rows),
            "mine": sum(line.is_own for line in made.table.lines),
            "changed": sum(row.is_changed for row in rows),
        },
        off=empty_months(rows),
        months=MONTHS,
        sample=SAMPLE,
        plans=made.plans,
        may_decide=bool(_deciding(session)) and made.draft is None and bool(rows),
    )


def _narrowed(table: Table, chosen: str | None) -> list[tuple[str, list[Line]]]:
    found = []
    for name, lines in table.groups:
        kept = [line for line in lines if chosen is None or (line.is_own if chosen == "mine" else line.row.is_changed)]
        if kept:
            found.append((name, kept))
    return found


@bp.get("/plan/<int:year>/table.<any('xlsx', 'csv', 'pdf'):sheet>")
@policy("register.read")
def file(year: int, sheet: str) -> ResponseReturnValue:
    """The plan as a file, changes marked in it; ``?draft=`` as on the page."""
    from scheduler.reports.papers.pdf import MissingTool, write_pdf  # noqa: PLC0415 - printing waits until somebody prints
    from scheduler.reports.year_table import sheets  # noqa: PLC0415 - as above

    made = _make(db.session(), year)
    name = f"{made.table.title}.{sheet}"
    if sheet == "csv":
        return attached(sheets.csv_of(made.table), name, sheet)
    if sheet == "xlsx":
        return attached(sheets.xlsx_of(made.table, now()), name, sheet)
    try:
        return attached(write_pdf(sheets.paper_of(made.table, settings().organisation)), name, sheet)
    except MissingTool as missing:
        other = url_for("year_table.file", year=year, sheet="xlsx", draft=made.draft.id if made.draft else None)
        page = render_template(
            "year_table/missing.html", year=year, title=made.table.title, how=_(missing.what), other=other
        )
        return page, 501


# ---------------------------------------------------------------- making the table


@dataclass(frozen=True)
class _Made:
    """The table, and what it was made from."""

    table: Table
    plans: Sequence[YearPlan]
    draft: Draft | None


def _make(session: Session, year: int, named: Callable[[str], str] = str) -> _Made:
    """The table as the reader may see it, names in its status as ``named`` gives them. A constant number of queries."""
    if abs(year - today().year) > REACH:
        raise NotFound
    own, public = seen_forums()
    forums = forums_for_list(session, forum_ids=own, public_only=public)
    inside = {forum.id for forum in forums if may(principal(), "forum.read", forum_ids=[forum.id])}
    plans = plans_of(session, year)
    draft = _draft(session, year)
    force = {} if draft is not None else in_force(plans)
    held = {forum_id: plan for forum_id, plan in force.items() if forum_id in inside}
    decided = {forum_id: decided_in(plan, forum_id) for forum_id, plan in held.items()}
    present = _present(session, year, forums, inside, [one for some in decided.values() for one in some])
    if draft is not None:
        present |= _drafted(draft, year)
    table = _table(session, year, forums, decided, present, _status(held, draft, named))
    return _Made(table, [plan for plan in plans if set(plan.forums) & inside], draft)


def _present(
    session: Session, year: int, forums: Sequence[Forum], inside: Collection[int], decided: Iterable[Planned]
) -> dict[int, list[Planned]]:
    """Forum → its meetings as they stand, as far as the reader may see them."""
    besides = {one.meeting_id for one in decided if one.meeting_id is not None}
    found = planned_in(session, year, inside, besides=besides)
    who = principal()
    for forum_id, some in found.items():
        if not may(who, "draft.read", forum_ids=[forum_id]):
            found[forum_id] = [one for one in some if one.state != State.PROPOSED or one.meeting_id in besides]
    outside = [forum.id for forum in forums if forum.id not in inside]
    if outside:
        shown = MeetingFilter(public_only=True, forum_ids=outside)
        for meeting in meetings_between(session, date(year, 1, 1), date(year, 12, 31), shown):
            if meeting.kind != Kind.PER_CAPSULAM:
                for forum in meeting.forums:
                    if forum.id in outside:
                        found.setdefault(forum.id, []).append(planned_of(meeting))
    return found


def _draft(session: Session, year: int) -> Draft | None:
    """The draft that the address names; raises NotFound where the reader may read none of its forums' drafts."""
    asked = request.args.get("draft")
    if not asked:
        return None
    from scheduler.drafts.queries import draft_with_meetings  # noqa: PLC0415 - the planner waits until it is asked for

    draft = draft_with_meetings(session, int(asked)) if asked.isdecimal() and len(asked) < 10 else None  # noqa: PLR2004 - an id
    if draft is None or draft.year != year or draft.state != "ready" or not _readable(draft):
        raise NotFound
    return draft


def _readable(draft: Draft) -> set[int]:
    return {row.forum_id for row in draft.forum_rows if may(principal(), "draft.read", forum_ids=[row.forum_id])}


def _drafted(draft: Draft, year: int) -> dict[int, list[Planned]]:
    """Forum → its meetings as the draft would have them."""
    found: dict[int, list[Planned]] = {forum_id: [] for forum_id in _readable(draft)}
    for row in draft.meetings:
        if row.forum_id in found and row.on.year == year:
            start = time(row.start // 60, row.start % 60)
            _end, later = end_of(start, row.duration)
            found[row.forum_id].append(
                Planned(row.meeting_id, row.on, row.on + timedelta(days=later), start, State.PROPOSED)
            )
    return found


def _table(
    session: Session, year: int, forums: Sequence[Forum], decided: Mapping[int, list[Planned]],
    present: Mapping[int, list[Planned]], status: str,
) -> Table:  # fmt: skip
    by_home: dict[tuple[bool, str, str], list[Forum]] = defaultdict(list)
    shown = [forum for forum in forums if decided.get(forum.id) or present.get(forum.id)]
    homes = _homes(session, shown)
    for forum in shown:
        home = homes.get(forum.id)
        by_home[home is None, sort_key(home or ""), home or _("Övriga")].append(forum)
    groups: list[tuple[str, list[Line]]] = []
    rows: list[tuple[Forum, Row]] = []
    number = 1
    own = principal().own_forums
    for key in sorted(by_home):
        lines = []
        for forum in by_home[key]:
            row = row_of(year, forum.id, decided.get(forum.id), present.get(forum.id, []), number)
            number += len(row.notes)
            rows.append((forum, row))
            lines.append(Line(forum.title, forum.slug, row, forum.id in own))
        groups.append((key[2], lines))
    title = _("Sammanträdesplan %(year)s", year=year)
    return Table(year, title, _said(status, rows), groups, _notes(session, year, rows))


def _homes(session: Session, forums: Sequence[Forum]) -> dict[int, str]:
    """Forum → the name of whose it is: its host, else who keeps its secretariat today; a working group its parent's."""
    found = {forum.id: forum.host.name for forum in forums if forum.host is not None}
    without = [forum for forum in forums if forum.id not in found]
    if without:
        keepers = secretariat_of(session, without, today())
        known = organisation_refs(session, {keeper for keeper in keepers.values() if keeper is not None})
        found |= {forum_id: known[keeper].name for forum_id, keeper in keepers.items() if keeper in known}
    for forum in without:
        if forum.id not in found and forum.parent_id in found:
            found[forum.id] = found[forum.parent_id]
    return found


def _notes(session: Session, year: int, rows: Sequence[tuple[Forum, Row]]) -> list[Note]:
    changes = [(forum, number, change) for forum, row in rows for number, change in row.notes.items()]
    ids = {change.meeting_id for _forum, _number, change in changes if change.meeting_id is not None}
    told = told_of(session, ids)
    added = {change.meeting_id for _forum, _number, change in changes if change.kind == "added"}
    titles = titles_of(session, ids & added)
    notes = []
    for forum, number, change in changes:
        entry = told.get((change.meeting_id, change.kind))
        sentence = change_sentence(change, year, titles.get(change.meeting_id or 0, ""))
        notes.append(Note(number, forum.title, sentence, _reason(change, entry), _by(entry)))
    return notes


def _reason(change: Change, entry: HistoryEntry | None) -> str:
    """Why it was changed, as a sentence; of a new meeting the history says why it was booked in spite of something."""
    if entry is None or change.kind == "added" or not entry.reason:
        return ""
    reason = capitalised(entry.reason.strip())
    return reason if reason.endswith((".", "?")) else f"{reason}."


def _by(entry: HistoryEntry | None) -> str:
    """ "14 januari, Elin Marklund"."""
    if entry is None:
        return ""
    on = entry.at.astimezone(ZoneInfo(settings().time_zone)).date()
    return f"{date_text(on, weekday=False, year=on.year != today().year)}, {entry.actor}"


def _status(held: Mapping[int, YearPlan], draft: Draft | None, named: Callable[[str], str]) -> str:
    """ "Beslutad 24 november 2025 av Länsledningen."."""
    if draft is not None:
        return said(mark("Förslag, inte beslutad: %(name)s."), name=draft_name(draft, plain=named is not swedish))
    plans = {plan.id: plan for plan in held.values()}
    if not plans:
        return _("Inte beslutad.")
    latest = max(plans.values(), key=lambda plan: plan.id)
    day = date_text(latest.decided_on, weekday=False, year=True)
    who = named(latest.decided_by)
    if len(plans) == 1:
        return said(mark("Beslutad %(day)s av %(who)s."), day=day, who=who)
    return said(mark("Beslutad i %(n)s omgångar, senast %(day)s av %(who)s."), n=len(plans), day=day, who=who)


def _said(status: str, rows: Sequence[tuple[Forum, Row]]) -> str:
    """The status, and how many changes there are since."""
    count = sum(len(row.notes) for _forum, row in rows)
    if not count:
        return status
    changes = ngettext(
        "En ändring sedan dess.", "%(number)s ändringar sedan dess.", count, number=capitalised(number_word(count))
    )
    return Markup("{} {}").format(status, changes) if isinstance(status, Markup) else f"{status} {changes}"


# ---------------------------------------------------------------- deciding


def _deciding(session: Session) -> list[int]:
    """The forums whose plan the reader may decide: those the reader keeps the secretariat of, an administrator all."""
    who = principal()
    own = None if who.administrator else who.secretariat_forums
    return [forum.id for forum in forums_for_list(session, forum_ids=own) if is_judged(forum)]


@bp.route("/plan/<int:year>/decision", methods=["GET", "POST"])
@policy("secretariat")
def decision(year: int) -> ResponseReturnValue:
    """Deciding the plan of a year: its meetings are kept as they stand, so that changes show from now on."""
    if abs(year - today().year) > REACH:
        raise NotFound
    session = db.session()
    form = DecideForm(request.form if request.method == "POST" else None, meta={"today": today()})
    forum_ids = _deciding(session)
    if request.method == "GET":
        latest = next(iter(plans_about(session, year, forum_ids)), None)
        form.seen.data = "" if latest is None else str(latest.id)
        return _decision_page(session, year, form, forum_ids, 200)
    if not attempt(
        form, lambda: decide(session, actor(), now(), year=year, forum_ids=forum_ids, today=today(), **form.values())
    ):
        return _decision_page(session, year, form, forum_ids, 422)
    session.commit()
    saved(_("Sammanträdesplanen för %(year)s är beslutad. Ändringar märks från och med nu.", year=year))
    return redirect(url_for("year_table.show", year=year), 303)


def _decision_page(
    session: Session, year: int, form: DecideForm, forum_ids: Sequence[int], status: int
) -> ResponseReturnValue:
    found = planned_in(session, year, forum_ids)
    standing = {forum_id: [one for one in some if one.stands] for forum_id, some in found.items()}
    page = render_template(
        "year_table/decision.html",
        year=year,
        form=form,
        meetings=sum(len(some) for some in standing.values()),
        proposed=sum(one.state == State.PROPOSED for some in standing.values() for one in some),
        forums=sum(bool(some) for some in standing.values()),
        plans=plans_about(session, year, forum_ids),
    )
    return page, status


bp.add_app_template_global(days_text, "plan_days")
bp.add_app_template_global(start_text, "plan_start")
