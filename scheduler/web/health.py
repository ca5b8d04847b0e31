"""For machines that watch: is the process up (/healthz), can it serve (/readyz). No login, no cookie."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from scheduler import schema
from scheduler.db import db
from scheduler.web.security import policy

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@policy("machine")
def healthz() -> ResponseReturnValue:
    """200 while the process answers; touches nothing else (OPS-3)."""
    return jsonify(status="ok", version=version("takt-scheduler"))


@bp.get("/readyz")
@policy("machine")
def readyz() -> ResponseReturnValue:
    """200 when the database answers and is at the revision the code expects, else 503 with the reason."""
    try:
        current = schema.current(db.session.connection())
    except SQLAlchemyError:
        return jsonify(status="database away"), 503
    if current != schema.head():
        return jsonify(status="migrations pending", current=current, expected=schema.head()), 503
    return jsonify(status="ok")
