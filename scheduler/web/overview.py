"""The overview of the year: one sentence, what to do, what comes next, where every forum stands.

The wheel and the table below it show the same forums and the same year. A visitor sees what is public and coming.
Not here: the drawings (``wheel``, ``charts``), which rings there are (``rings``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list, is_judged
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext, number_word
from scheduler.meetings.beginnings import beginnings_of
from scheduler.meetings.cadence import Reckoning
from scheduler.meetings.fragments import public_forums
from scheduler.meetings.queries import booked_about_now, coming_meetings
from scheduler.meetings.todo import tasks
from scheduler.web import words
from scheduler.web.access import polled_forums, seen_forums, sees_all
from scheduler.web.first_steps import Step, first_steps
from scheduler.web.forum_groups import groups_of
from scheduler.web.notices import notices_to_show
from scheduler.web.plan import planned_year
from scheduler.web.rings import shown_wheel
from scheduler.web.security import in_language, may_meeting, now, policy, principal, today
from scheduler.web.standing_rows import Row, closed_spans, five_years_of, remember, row_of, worst_first
from scheduler.web.wheel import RINGS
from scheduler.web.years import beside, year_of

bp = Blueprint("overview", __name__)

#: Statuses by which the table is filtered: the value in the address → which glyphs it takes.
FILTERS = {"behind": ("behind",), "risk": ("risk",)}
NEXT = 5
#: So many things to do are listed; the table below holds the rest.
TASKS = 8
#: Years offered on both sides of the present one.
YEARS_AROUND = 1
#: A year in the address that lies further off is a slip; the present one is shown.
FURTHEST_YEAR = 50


def lead(rows: Sequence[Row]) -> str:
    """The situation in words: "Tio forum. Ett ligger efter sin mötestakt och två behöver planeras."."""
    glyphs = Counter(_glyph(row) for row in rows)
    count = len(rows)
    opening = ngettext("Ett forum.", "%(number)s forum.", count, number=_capital(number_word(count)))
    behind, risk = glyphs["behind"], glyphs["risk"]
    late = ngettext(
        "ett ligger efter sin mötestakt", "%(number)s ligger efter sin mötestakt", behind, number=number_word(behind)
    )
    soon = ngettext("ett behöver planeras", "%(number)s behöver planeras", risk, number=number_word(risk))
    if behind and risk:
        both = _("%(late)s och %(soon)s.", late=late, soon=soon)
        return f"{opening} {_capital(both)}"
    if behind or risk:
        return f"{opening} {_capital(late if behind else soon)}."
    well = _("Alla forum är i fas.")
    return f"{opening} {well}" if count else _("Inga forum än.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@bp.get("/")
@policy("public")
def index() -> ResponseReturnValue:
    """The overview of those who plan or read the register; others see what is public and coming."""
    if not sees_all():
        return _public()
    session = db.session()
    on = today()
    year = request.args.get("year", on.year, type=int)
    year = year if abs(year - on.year) < FURTHEST_YEAR else on.year
    forums = _planned_forums()
    reckoning = Reckoning(session, forums, on)
    found = reckoning.standings(year, history=True)
    present = found if year == on.year else reckoning.standings()
    remember(present)
    rows = worst_first(forums, found)
    groups = groups_of(forums, request.args.get("group"))
    grouped = [row for row in rows if groups.holds(row.forum)]
    chosen = request.args.get("status")
    chosen = chosen if chosen in FILTERS else None
    shown = [row for row in grouped if chosen is None or _glyph(row) in FILTERS[chosen]]
    by_id = {forum.id: forum for forum in forums}
    who = principal()
    ended, meetings = booked_about_now(session, now(), viewer=who, limit=NEXT)
    unrecorded = [
        (meeting.forum.id, meeting.id, meeting.local_on) for meeting in ended if may_meeting("meeting.edit", meeting)
    ]
    ordered = sorted(forums, key=lambda forum: present[forum.id].evaluation.sort_key(forum.sort_key))
    todo = tasks(
        [(forum.id, present[forum.id].evaluation) for forum in ordered],
        unrecorded,
    )
    about = {forum.id: forum for forum in (*forums, *(meeting.forum for meeting in ended))}
    closed = closed_spans(year)
    near = beside(session, year, on, poll_forums=polled_forums(who))
    years = {
        row.forum.id: year_of(
            row.forum, row.standing, on, near, inside=may(who, "meeting.read", forum_ids=[row.forum.id])
        )
        for row in shown
    }
    return render_template(
        "overview/index.html",
        year=year,
        years=range(on.year - YEARS_AROUND, on.year + YEARS_AROUND + 1),
        lead=lead(rows),
        todo=[
            (
                task,
                about[task.forum_id],
                "" if task.kind == "record" else row_of(by_id[task.forum_id], present[task.forum_id]).reason,
            )
            for task in todo[:TASKS]
        ],
        todo_count=len(todo),
        may_todo=may(who, "secretariat"),
        meetings=meetings,
        rows=shown,
        chosen=chosen,
        counts={key: sum(_glyph(row) in glyphs for row in grouped) for key, glyphs in FILTERS.items()},
        count=len(rows),
        grouped_count=len(grouped),
        groups=groups,
        wheel=shown_wheel(list(years.values()), year, on, closed, own=who.own_forums),
        strip=lambda row: years[row.forum.id].strip(year, on, closed),
        years_of=lambda row: five_years_of(row.standing),
        path_of=lambda row: in_language(f"/forums/{row.forum.slug}"),
        STATES=list(words.MARKS),
        RINGS=RINGS,
        messages=notices_to_show(session, on),
        steps=[] if meetings or ended or not may(who, "register.edit") else _steps(forums),
    )


def _steps(forums: Sequence[Forum]) -> list[Step]:
    """What a new secretariat does first; nothing once there is a meeting."""
    there = beginnings_of(db.session(), without_person=principal().person_id)
    return [] if there.meetings else first_steps(there, forums, planned_year(today()))


def _glyph(row: Row) -> str:
    return words.status_glyph(row.standing.evaluation.status)


def _planned_forums() -> list[Forum]:
    """The forums an overview judges, of those the viewer sees."""
    own, public = seen_forums()
    return [forum for forum in forums_for_list(db.session(), forum_ids=own, public_only=public) if is_judged(forum)]


def _public() -> ResponseReturnValue:
    session = db.session()
    meetings = coming_meetings(session, now(), public_only=True, limit=12)
    return render_template(
        "overview/public.html",
        forums=forums_for_list(session, public_only=True),
        meetings=[(meeting, public_forums(meeting)[0]) for meeting in meetings],
        messages=notices_to_show(session, today()),
    )
