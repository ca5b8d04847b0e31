"""Addresses of the plan board: a year, a draft, what is done with it by hand, accepting.

The planner's library and numpy are imported when somebody plans, not when the application starts; so the pages
themselves are in ``plan_pages`` and what is done on them in ``plan_acts``. Not here: the board's values
(``plan_board``).
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from scheduler.web.draft_words import draft_name
from scheduler.web.security import policy, today

bp = Blueprint("plan", __name__)
bp.add_app_template_global(draft_name)

#: From this month on the year that is planned is the next one.
NEXT_FROM_MONTH = 7


def planned_year(on: date) -> int:
    """The year that is being planned on a day."""
    return on.year + (on.month >= NEXT_FROM_MONTH)


@bp.get("/plan")
@policy("planner")
def index() -> ResponseReturnValue:
    """Leads to the year that is being planned."""
    return redirect(url_for("plan.show_year", year=planned_year(today())), 303)


@bp.get("/plan/<int:year>")
@policy("planner")
def show_year(year: int) -> ResponseReturnValue:
    """The board of the year's latest draft, or the form for a first one."""
    from scheduler.web import plan_pages  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_pages.show_year(year)


@bp.route("/plan/<int:year>/new", methods=["GET", "POST"])
@policy("planner")
def new(year: int) -> ResponseReturnValue:
    """Asks for a draft: which forums, how to weigh, how long to search, what to start from."""
    from scheduler.web import plan_pages  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_pages.new(year)


@bp.get("/drafts/<int:draft_id>")
@policy("planner")
def show(draft_id: int) -> ResponseReturnValue:
    """The board of a draft, or how its run stands."""
    from scheduler.web import plan_pages  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_pages.show(draft_id)


@bp.post("/drafts/<int:draft_id>/stop")
@policy("planner")
def stop(draft_id: int) -> ResponseReturnValue:
    """Ends the run with the best it has."""
    from scheduler.web import plan_pages  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_pages.stop(draft_id)


@bp.route("/drafts/<int:draft_id>/delete", methods=["GET", "POST"])
@policy("planner")
def delete(draft_id: int) -> ResponseReturnValue:
    """Throws a draft away, after it has been said what that means."""
    from scheduler.web import plan_pages  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_pages.delete(draft_id)


@bp.post("/drafts/<int:draft_id>/undo")
@policy("planner")
def undo(draft_id: int) -> ResponseReturnValue:
    """Takes back the latest change made on the board."""
    from scheduler.web import plan_acts  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_acts.undo(draft_id)


@bp.post("/drafts/<int:draft_id>/meetings/<int:planned_id>/<any(move, lock, unlock, accept, drop):act>")
@policy("planner")
def act(draft_id: int, planned_id: int, act: str) -> ResponseReturnValue:
    """Moves, locks, unlocks, books or drops one meeting of the draft."""
    from scheduler.web import plan_acts  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_acts.act(draft_id, planned_id, act)


@bp.route("/drafts/<int:draft_id>/add/<int:forum_id>", methods=["GET", "POST"])
@policy("planner")
def add(draft_id: int, forum_id: int) -> ResponseReturnValue:
    """One more meeting of a forum: the best days, or one's own."""
    from scheduler.web import plan_acts  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_acts.add(draft_id, forum_id)


@bp.route("/drafts/<int:draft_id>/accept", methods=["GET", "POST"])
@policy("planner")
def accept(draft_id: int) -> ResponseReturnValue:
    """Books the meetings without clash, or those of one forum, after it has been said what that means."""
    from scheduler.web import plan_acts  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_acts.accept(draft_id)
