"""The page of whom a forum has invited: never, long ago, lately (thematic talks).

Not here: suggestions for one meeting (``meetings``), the reckoning (``meetings.memory``).
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy import select

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.i18n import date_text, language
from scheduler.i18n import gettext as _
from scheduler.meetings.memory import Remembered, memory_of_forum
from scheduler.meetings.memory_rules import MONTHS, Memory, months_before
from scheduler.organisations.queries import organisation_kinds
from scheduler.register.models import Theme
from scheduler.web.security import policy, today
from scheduler.web.symbols import drawn, drawn_mark, number

bp = Blueprint("memory", __name__)

#: So many organisations that were never invited are listed before one has to ask for the rest.
NEVER_SHOWN = 20
_WIDTH, _HEIGHT = 240, 24


@bp.get("/forums/<slug>/invited")
@policy("forum.edit")
def show(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Every organisation with when the forum last invited it; ``?theme=`` and ``?kind=`` narrow it."""
    forum: Forum = g.forum
    session = db.session()
    theme_id = request.args.get("theme", type=int)
    kind_id = request.args.get("kind") or None
    found = memory_of_forum(session, forum, today(), theme_id=theme_id, kind_id=kind_id)
    own = {theme.id for theme in forum.themes}
    themes = session.scalars(select(Theme).order_by(Theme.sort_key, Theme.id)).all()
    return render_template(
        "forums/invited.html",
        forum=forum,
        never=[row for row in found if row.memory.never],
        invited=[row for row in found if not row.memory.never],
        shown=NEVER_SHOWN,
        themes=sorted(themes, key=lambda theme: theme.id not in own),
        kinds=organisation_kinds(session),
        theme_id=theme_id,
        kind_id=kind_id,
        since=months_before(today(), MONTHS),
        strip=lambda row: memory_strip(row.memory, today()),
        kind_name=organisation_kind_name,
    )


def organisation_kind_name(row: Remembered) -> str:
    """The kind of an organisation in the language in use."""
    kind = row.organisation.kind
    return kind.en if language() == "en" else kind.sv


def memory_strip(memory: Memory, before: date) -> Markup:
    """The 24 months before a day as a line with a mark for each invitation: an image whose label says every date."""
    first = months_before(before, MONTHS)
    scale = _WIDTH / (before - first).days
    parts = ['<path class="axis" d="M0 12H240"/>']
    for month in range(MONTHS, 0, -1):
        start = months_before(before, month).replace(day=1)
        if start.month == 1 and start > first:
            parts.append(f'<path class="axis" d="M{number((start - first).days * scale)} 4V20"/>')
    parts += [drawn_mark(((i.on - first).days + 0.5) * scale, 12, "held", 4.4) for i in memory.recent]
    days = [date_text(invitation.on, weekday=False, year=True) for invitation in reversed(memory.recent)]
    label = _("Inbjuden %(days)s", days="; ".join(days)) if days else _("Inte inbjuden på 24 månader")
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}"'
    return drawn(f'<svg class="strip" {box}>{"".join(parts)}</svg>')
