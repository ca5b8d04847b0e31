"""The dates of one forum's year at a press, and the days a date poll may ask about (``forum_days``).

The planner's library and numpy are imported when somebody asks, so the page itself is in ``forum_days``. Not here:
drafts of several forums (``plan``).
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from scheduler.web.security import policy

bp = Blueprint("forum_dates", __name__)


@bp.route("/forums/<slug>/dates", methods=["GET", "POST"])
@policy("forum.edit")
def show(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Suggests the dates of a year, and keeps those that are chosen as proposed meetings."""
    from scheduler.web import forum_days  # noqa: PLC0415 - the planner waits until somebody plans

    return forum_days.show()
