"""Two drafts side by side, and asking for others: imported when somebody asks (``plan_answers``)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.drafts.alternatives import make_alternatives
from scheduler.drafts.comparing import compare
from scheduler.drafts.proving import at_most_percent
from scheduler.drafts.queries import Board
from scheduler.errors import NotFound, Refused
from scheduler.i18n import ngettext
from scheduler.web.plan_access import drafts_of_year, find_draft
from scheduler.web.plan_board import draft_state
from scheduler.web.plan_decisions import board_found, clock
from scheduler.web.security import actor, now, today


def show() -> ResponseReturnValue:
    """The page: two drafts, or the choice of them."""
    asked = [request.args.get(name, type=int) for name in ("a", "b")]
    chosen = [None if number is None else find_draft(number) for number in asked]
    known = [one for one in chosen if one is not None]
    if len({one.year for one in known}) > 1:
        raise NotFound
    year = known[0].year if known else request.args.get("year", today().year + 1, type=int)
    drafts = drafts_of_year(year)
    left, right = (None if one is None else board_found(one) for one in chosen)
    found = None
    if left is not None and right is not None and left.draft.id != right.draft.id:
        found = _compared(left, right)
    return render_template(
        "plan_answers/compare.html", year=year, drafts=drafts, chosen=chosen, found=found, clock=clock,
        draft_state=draft_state, percents=[] if found is None else _percents(left, right),
    )  # fmt: skip


def _compared(left: Board, right: Board) -> object:
    # Of the other draft too: its version is part of the name.
    other = f"compared {right.draft.id} {right.draft.version}"
    return left.judgement.once(other, lambda: compare(left, right))


def _percents(left: Board | None, right: Board | None) -> list[float | None]:
    return [None if one is None else at_most_percent(one.draft.outcome, one.report) for one in (left, right)]


def make(draft_id: int) -> ResponseReturnValue:
    """Asks for three other drafts beside this one, and shows where they will stand."""
    draft = find_draft(draft_id)
    session = db.session()
    try:
        made = make_alternatives(session, actor(), now(), draft)
    except Refused as refused:
        session.rollback()
        flash(str(refused.problems[0]))
    else:
        session.commit()
        flash(
            ngettext(
                "1 alternativ väntar på sin tur. Det kan jämföras när det är färdigt.",
                "%(n)s alternativ räknas ett i taget. De kan jämföras när de är färdiga.",
                len(made),
            )
        )
    return redirect(url_for("plan_answers.compare", a=draft_id), 303)
