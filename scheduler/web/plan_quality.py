"""How good a draft is, in words: imported when somebody asks (``plan_answers``)."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from scheduler.drafts.proving import sentence
from scheduler.web.plan_access import find_draft
from scheduler.web.plan_decisions import board_found, quality_of

#: Rows of a table before the rest is folded away.
WORST = 10


def show(draft_id: int) -> ResponseReturnValue:
    """The page."""
    draft = find_draft(draft_id)
    board = board_found(draft)
    if board is None:
        return render_template("plan_answers/quality.html", draft=draft, found=None)
    found = quality_of(board)
    return render_template(
        "plan_answers/quality.html", draft=board.draft, found=found, sentence=sentence(draft.outcome, found.report),
        forums=found.forums, persons=found.persons[:WORST], worst=WORST, lacking=len(board.lacking),
        slugs={row.forum_id: row.forum.slug for row in board.draft.forum_rows},
    )  # fmt: skip
