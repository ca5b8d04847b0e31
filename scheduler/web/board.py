"""The public notice board: adjusted minutes of public forums while they are posted (product.md M30).

Not here: the register's own notices (``notices``), the text of the minutes (``minutes``).
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.meetings.fragments import level_of, public_forums
from scheduler.records.minutes_lists import posted_on
from scheduler.web.security import policy, today

bp = Blueprint("board", __name__)


@bp.get("/notices/board")
@policy("public")
def index() -> ResponseReturnValue:
    """What is posted today, with first and last day and whom to ask."""
    shown = [
        (minutes, public_forums(minutes.meeting)[0])
        for minutes in posted_on(db.session(), today())
        if level_of(minutes.meeting) == "full"
    ]
    return render_template("minutes/board.html", shown=shown)
