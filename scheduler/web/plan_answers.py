"""Addresses of what a draft answers: what must be decided, how good it is, what differs from another, why not.

The planner's library and numpy are imported when somebody asks, so the pages themselves are in ``plan_decisions``,
``plan_quality`` and ``plan_compare``. Not here: the board (``plan``), one forum's dates (``forum_dates``).
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from scheduler.web.security import policy

bp = Blueprint("plan_answers", __name__)


@bp.get("/plan/<int:year>/conflicts")
@policy("planner")
def conflicts(year: int) -> ResponseReturnValue:
    """What of the year's draft somebody must decide, the worst first, and the forums without a year."""
    from scheduler.web import plan_decisions  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_decisions.show(year)


@bp.post("/drafts/<int:draft_id>/conflicts/<int:planned_id>")
@policy("planner")
def decide(draft_id: int, planned_id: int) -> ResponseReturnValue:
    """Moves a meeting to the day without clash that was shown."""
    from scheduler.web import plan_decisions  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_decisions.move(draft_id, planned_id)


@bp.get("/drafts/<int:draft_id>/forums/<forum_slug>")
@policy("planner")
def forum(draft_id: int, forum_slug: str) -> ResponseReturnValue:
    """One forum in the draft: its dates, its price, and why it has no year where it has none."""
    from scheduler.web import plan_decisions  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_decisions.forum(draft_id, forum_slug)


@bp.get("/drafts/<int:draft_id>/quality")
@policy("planner")
def quality(draft_id: int) -> ResponseReturnValue:
    """How good the draft is, in words and points."""
    from scheduler.web import plan_quality  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_quality.show(draft_id)


@bp.get("/drafts/compare")
@policy("planner")
def compare() -> ResponseReturnValue:
    """Two drafts of a year side by side."""
    from scheduler.web import plan_compare  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_compare.show()


@bp.post("/drafts/<int:draft_id>/alternatives")
@policy("planner")
def alternatives(draft_id: int) -> ResponseReturnValue:
    """Asks for three other drafts beside this one."""
    from scheduler.web import plan_compare  # noqa: PLC0415 - the planner waits until somebody plans

    return plan_compare.make(draft_id)
