"""The sources of the register, and what belongs to no single record: facts of the county, strategies, themes."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.register.queries import county_facts, facts_of, sources, strategies, themes_tree
from scheduler.web.security import policy

bp = Blueprint("sources", __name__)


@bp.get("/sources")
@policy("register.read")
def index() -> ResponseReturnValue:
    """The pages the register was made from, with their headings; strategies, themes and facts of the county."""
    session = db.session()
    plans = strategies(session)
    return render_template(
        "sources/index.html",
        sources=sources(session),
        strategies=[(plan, facts_of(session, "strategy", plan.id)) for plan in plans],
        themes=themes_tree(session),
        facts=county_facts(session),
    )
