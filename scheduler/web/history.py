"""Pages of the history: what changed, by whom, before and after; and taking a change back."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from scheduler.errors import NotFound
from scheduler.web.security import policy

bp = Blueprint("history", __name__)


@bp.post("/history/<int:change_id>/undo")
@policy("signed_in")
def undo(change_id: int) -> ResponseReturnValue:
    """Takes a change back."""
    raise NotFound
