"""The public notice board: announced meetings and adjusted minutes of public forums (product.md M30).

Not here: the register's own notices (``notices``), the text of the minutes (``minutes``).
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.meetings.fragments import level_of, public_forums
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.queries import coming_meetings
from scheduler.meetings.rules import State
from scheduler.records.minutes_lists import posted_on
from scheduler.web.security import now, policy, today

bp = Blueprint("board", __name__)


@bp.get("/notices/board")
@policy("public")
def index() -> ResponseReturnValue:
    """Which meetings are announced, and what is posted today with first and last day and whom to ask."""
    announced = [
        (meeting, public_forums(meeting)[0])
        for meeting in coming_meetings(db.session(), now(), public_only=True)
        if meeting.state == State.CALLED
        and level_of(meeting) == "full"
        and effective_meeting(meeting).formality == "protocol_notice"
    ]
    shown = [
        (minutes, public_forums(minutes.meeting)[0])
        for minutes in posted_on(db.session(), today())
        if level_of(minutes.meeting) == "full"
    ]
    return render_template("minutes/board.html", shown=shown, announced=announced)
