"""A forum's year as dates to choose from, each with why that day: imported when somebody asks (``forum_dates``).

Not here: the reckoning (``drafts.one_forum``).
"""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.cadence.rules import CadenceVersion, Kind
from scheduler.cadence.sentences import describe, sum_sentence
from scheduler.db import db
from scheduler.drafts.one_forum import MOST, OneYear, save_dates, year_of
from scheduler.errors import NotFound, Problem, Refused
from scheduler.forums.models import Forum
from scheduler.i18n import ngettext
from scheduler.meetings.cadence import standings
from scheduler.web.access import site
from scheduler.web.attempt import commit_announced
from scheduler.web.plan import planned_year
from scheduler.web.plan_decisions import clock, why_of
from scheduler.web.security import actor, now, settings, today
from scheduler.web.standing_rows import said


def show() -> ResponseReturnValue:
    """The page, and what is sent from it."""
    forum: Forum = g.forum
    on = today()
    year = request.values.get("year", planned_year(on), type=int)
    if not on.year <= year <= on.year + 2:
        raise NotFound
    count = request.values.get("count", type=int)
    if count is not None and not 1 <= count <= MOST:
        count = None
    session = db.session()
    found = year_of(session, forum, year, on, time_zone=settings().time_zone, count=count)
    if request.method == "GET" or found is None:
        return _page(forum, year, found, count, {}, (), 200)
    chosen = {slot.name: request.form.get(slot.name, "") for slot in found.slots}
    try:
        made = save_dates(session, actor(), now(), forum, found, chosen=chosen, site=site())
    except Refused as refused:
        session.rollback()
        return _page(forum, year, found, count, chosen, refused.problems, 422)
    commit_announced(session)
    flash(
        ngettext(
            "1 möte är föreslaget. Inget är skickat. Boka det när det är bestämt.",
            "%(n)s möten är föreslagna. Inget är skickat. Boka dem när de är bestämda.", len(made),
        )
    )  # fmt: skip
    return redirect(url_for("forums.show", slug=forum.slug, year=year, _anchor="h-meetings"), 303)


def _rule(version: CadenceVersion) -> str:
    """The requirement in words; "" without one."""
    return "" if version.kind is Kind.NONE else said(describe(version))


def _page(
    forum: Forum, year: int, found: OneYear | None, count: int | None, chosen: dict[str, str],
    problems: tuple[Problem, ...], status: int,
) -> ResponseReturnValue:  # fmt: skip
    session = db.session()
    standing = standings(session, [forum], today(), year=today().year)[forum.id]
    total = sum_sentence(standing.evaluation) if year == today().year else None
    explanation = None if found is None else found.explanation
    page = render_template(
        "forum_dates/show.html", forum=forum, year=year, years=range(today().year, today().year + 3), found=found,
        count=count, chosen=chosen, problems=problems, clock=clock, most=MOST,
        requirement=_rule(standing.evaluation.version), call_sum=said(total) if total else None,
        why=None if explanation is None else why_of(session, forum.id, explanation),
    )  # fmt: skip
    return page, status
