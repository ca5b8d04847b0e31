"""What waits for the secretariat, on a page: the same list as the Monday mail's, always of now.

Not here: the list itself (``mail.worklist``, where more is added).
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.forums.queries import forums_for_list
from scheduler.mail.worklist import worklist
from scheduler.web.security import now, policy, principal, today

bp = Blueprint("todo", __name__)


@bp.get("/todo")
@policy("secretariat")
def index() -> ResponseReturnValue:
    """Everything that waits for the forums one keeps; an administrator sees that of all."""
    session, who = db.session(), principal()
    own = None if who.administrator else who.secretariat_forums
    sections = worklist(session, now(), today(), forums_for_list(session, forum_ids=own))
    count = sum(len(section.items) for section in sections)
    return render_template("overview/todo.html", sections=sections, count=count)
