"""Pages of forums: the list, one forum with its cadence, meetings and seats.

Visitors see what is public. Not here: the forms (``forum_forms``, ``seat_forms``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.cadence.bands import YearSum
from scheduler.cadence.sentences import counted_as, notice_words, sum_sentence
from scheduler.db import db
from scheduler.forums import queries
from scheduler.forums.inherited import effective
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list
from scheduler.forums.rotation import next_turns, rotations_of
from scheduler.forums.seats import SeatHolder, seat_plan
from scheduler.history.queries import history_of
from scheduler.meetings.cadence import standings
from scheduler.meetings.queries import meetings_of_forum
from scheduler.register.queries import provenance_of, statements_of
from scheduler.web import words
from scheduler.web.security import may_edit_forum, now, policy, principal, today
from scheduler.web.standing_rows import closed_spans, five_years_of, row_of, said, strip_of, worst_first

bp = Blueprint("forums", __name__)

#: Seat kinds that fill a seat of a party: the columns of the seat table.
SEATED = ("ordinary", "substitute")


@dataclass(frozen=True)
class Party:
    """One row of the seat table: an organisation, an office or an included forum, and who sits for it."""

    name: str
    url: str | None
    ordinary: tuple[SeatHolder, ...]
    substitutes: tuple[SeatHolder, ...]
    others: tuple[SeatHolder, ...]
    #: Seats an included forum brings: shown as a number, since its own page names them.
    included: int = 0


@bp.get("/forums")
@policy("public")
def index() -> ResponseReturnValue:
    """All forums one may see, filtered by words, kind, secretariat and status."""
    who = principal()
    session = db.session()
    text = request.args.get("q", "").strip()
    kind = request.args.get("kind") or None
    status = request.args.get("status") or None
    whole = who.administrator or who.reader or bool(who.secretariat_forums)
    mine = who.chair_forums | who.member_forums
    forums = list(
        forums_for_list(session, text=text, kind_id=kind, public_only=not whole, or_ids=() if whole else mine)
    )
    kinds = queries.forum_kinds(session)
    if not whole:
        return render_template("forums/public_index.html", forums=forums, text=text, kind=kind, kinds=kinds)
    on = today()
    found = standings(session, forums, on, history=True)
    rows = worst_first(forums, found)
    if status:
        rows = [row for row in rows if words.status_glyph(row.standing.evaluation.status) == status]
    closed = closed_spans(on.year)
    return render_template(
        "forums/index.html",
        rows=rows,
        text=text,
        kind=kind,
        kinds=kinds,
        status=status,
        year=on.year,
        strip=lambda row: strip_of(row.standing, on.year, on, closed),
        next_of=lambda row: next(
            (m for m in row.standing.meetings if m.on >= on and m.state in {"confirmed", "called"}), None
        ),
    )


@bp.get("/forums/<slug>")
@policy("forum.read")
def show(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """One forum; a visitor gets its public view."""
    forum: Forum = g.forum
    return _inside(forum) if g.inside else _outside(forum)


def _inside(forum: Forum) -> ResponseReturnValue:
    session = db.session()
    on = today()
    year = request.args.get("year", on.year, type=int)
    year = year if on.year - 50 < year < on.year + 50 else on.year  # noqa: PLR2004 - no forum plans further
    standing = standings(session, [forum], on, year=year, history=True)[forum.id]
    row = row_of(forum, standing)
    plan = seat_plan(session, [forum.id], on)[forum.id]
    children = [child for child in forums_for_list(session) if child.parent_id == forum.id]
    settings = effective(forum)
    total = sum_sentence(standing.evaluation)
    return render_template(
        "forums/show.html",
        forum=forum,
        row=row,
        year=year,
        meetings=meetings_of_forum(session, forum.id, year=year),
        strip=strip_of(standing, year, on, closed_spans(year)),
        bars=five_years_of(standing),
        years=sorted(((y, total) for y, total in standing.years.items()), reverse=True),
        counted=said(counted_as(standing.evaluation.version)),
        call_sum=said(total) if total else None,
        settings=settings,
        notice=said(notice_words(settings.notice)),
        parties=parties_of(session, forum, plan),
        seats=sum(seat.kind == "ordinary" and not seat.number_unknown for seat in plan),
        children=children,
        rotations=[(rotation, next_turns(rotation, on, 4)) for rotation in rotations_of(session, forum)],
        lead=queries.lead_of(session, forum, on),
        secretariat=queries.secretariat_name(session, forum, on),
        relations=queries.relations_of(session, forum),
        statements=statements_of(session, "forum", forum.id),
        provenance=provenance_of(session, "forum", forum.id),
        changes=history_of(session, "forum", forum.id, limit=5),
        may_edit=may_edit_forum(forum),
    )


def parties_of(session: Any, forum: Forum, plan: Sequence[SeatHolder]) -> list[Party]:
    """The seat table: one row a party, in the order of the seats; an included forum is one row."""
    included = [seat for seat in plan if seat.via_forum_id is not None]
    rows = []
    names = queries.forums_by_id(session, {seat.via_forum_id for seat in included if seat.via_forum_id})
    for forum_id, seats in groupby(
        sorted(included, key=lambda seat: seat.via_forum_id or 0), lambda seat: seat.via_forum_id
    ):
        other = names[forum_id or 0]
        rows.append(Party(other.title, f"/forums/{other.slug}", (), (), (), included=len(list(seats))))
    parties: dict[tuple[str, str | None], list[SeatHolder]] = {}
    slugs = queries.organisation_slugs(session, {seat.organisation_id for seat in plan if seat.organisation_id})
    for seat in plan:
        if seat.via_forum_id is not None:
            continue
        name = seat.organisation_name or seat.label or ""
        url = f"/organisations/{slugs[seat.organisation_id]}" if seat.organisation_id in slugs else None
        parties.setdefault((name, url), []).append(seat)
    for (name, url), seats_of_party in parties.items():
        rows.append(
            Party(
                name,
                url,
                tuple(seat for seat in seats_of_party if seat.kind == "ordinary"),
                tuple(seat for seat in seats_of_party if seat.kind == "substitute"),
                tuple(seat for seat in seats_of_party if seat.kind not in SEATED),
            )
        )
    return rows


def _outside(forum: Forum) -> ResponseReturnValue:
    session = db.session()
    on = today()
    settings = effective(forum)
    plan = seat_plan(session, [forum.id], on)[forum.id] if settings.public_level == "full" else []
    standing = standings(session, [forum], on)[forum.id]
    meetings = [
        meeting
        for year in (on.year, on.year + 1)
        for meeting in meetings_of_forum(session, forum.id, year=year)
        if meeting.state != "proposed" and meeting.public is not False
    ]
    return render_template(
        "forums/public.html",
        forum=forum,
        row=row_of(forum, standing),
        parties=parties_of(session, forum, plan),
        coming=[m for m in meetings if m.end_at > now()],
        past=[m for m in meetings if m.end_at <= now()],
        settings=settings,
        secretariat=queries.secretariat_name(session, forum, on),
    )


def year_word(total: YearSum | None) -> tuple[str, str] | None:
    """Held of required in a closed year, and its status; None without records."""
    if total is None:
        return None
    numbers = str(total.held) if total.required is None else f"{total.held}/{total.required}"
    return numbers, total.status.value if total.status else "no_requirement"


bp.add_app_template_global(year_word)
