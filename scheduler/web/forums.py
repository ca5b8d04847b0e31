"""Pages of forums: the list, one forum with its cadence, meetings and seats.

Visitors see what is public. Not here: the forms (``forum_forms``, ``seat_forms``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.cadence.sentences import counted_as, forecast, notice_words, sum_sentence
from scheduler.cadence.years import YearSum
from scheduler.db import db
from scheduler.forums import queries
from scheduler.forums.inherited import effective
from scheduler.forums.models import Forum, ForumLink, ForumRelation
from scheduler.forums.queries import ForumSurroundings, forums_for_list
from scheduler.forums.rotation import Lead, lead_of, next_turns, rotations_of, secretariat_of
from scheduler.forums.seats import SeatHolder, seat_plan
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, ngettext
from scheduler.mail.reminder_rules import reminders_of
from scheduler.meetings.cadence import standings
from scheduler.meetings.queries import meetings_of_forum
from scheduler.organisations.models import Organisation
from scheduler.records.action_points import open_points
from scheduler.register.queries import facts_of, provenance_of
from scheduler.web import public_forum, words
from scheduler.web.access import may_edit_forum, may_plan, seen_forums, sees_all
from scheduler.web.action_points import lines_of
from scheduler.web.documents import shown_forum_papers
from scheduler.web.forum_meetings import notes_of
from scheduler.web.security import forum_is_public, now, policy, today
from scheduler.web.standing_rows import (
    closed_spans,
    five_years_of,
    remember,
    row_of,
    said,
    strip_of,
    worst_first,
)

bp = Blueprint("forums", __name__)

#: Seat kinds that fill a seat of a party: the columns of the seat table.
SEATED = ("ordinary", "substitute")


#: Relation kind → what the forum is to the other, and what the other is to it.
RELATIONS = {
    "subset_of": (mark("Delmängd av"), mark("Har delmängden")),
    "within": (mark("Inom"), mark("Omfattar")),
    "positions_feed": (mark("Ställningstaganden går till"), mark("Får ställningstaganden från")),
    "principal": (mark("Huvudman"), mark("Huvudman för")),
    "responsible": (mark("Ansvarig"), mark("Ansvarar för")),
    "family": (mark("Ett av flera"), mark("Hör ihop med")),
    "appointed_by": (mark("Utses av"), mark("Utser")),
}
#: Function of an appointment → its word.
FUNCTIONS = {
    "member": mark("Ledamot"),
    "chair": mark("Ordförande"),
    "first_vice_chair": mark("1:e vice ordförande"),
    "second_vice_chair": mark("2:e vice ordförande"),
}


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
    organisation_id: int | None = None


@bp.get("/forums")
@policy("public")
def index() -> ResponseReturnValue:
    """All forums one may see, filtered by words, kind, secretariat and status."""
    session = db.session()
    text = request.args.get("q", "").strip()
    kind = request.args.get("kind") or None
    status = request.args.get("status") or None
    own, public = seen_forums()
    forums = forums_for_list(session, text=text, kind_id=kind, forum_ids=own, public_only=public)
    kinds = queries.forum_kinds(session)
    if not sees_all():
        return render_template("forums/public_index.html", forums=forums, text=text, kind=kind, kinds=kinds)
    on = today()
    found = standings(session, forums, on)
    remember(found)
    rows = worst_first(forums, found)
    if status:
        rows = [row for row in rows if words.status_glyph(row.standing.evaluation.status) == status]
    closed = closed_spans(on.year)
    return render_template(
        "forums/index.html",
        rows=rows,
        all_count=len(rows) if rows else len(forums_for_list(session, forum_ids=own, public_only=public)),
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
    return _inside(forum) if g.inside else public_forum.page_of(forum)


def _inside(forum: Forum) -> ResponseReturnValue:
    session = db.session()
    on = today()
    year = request.args.get("year", on.year, type=int)
    year = year if on.year - 50 < year < on.year + 50 else on.year
    standing = standings(session, [forum], on, year=year, history=True)[forum.id]
    row = row_of(forum, standing)
    plan = seat_plan(session, [forum.id], on)[forum.id]
    own, public = seen_forums()
    around = queries.surroundings(session, forum, forum_ids=own, public_only=public)
    settings = effective(forum)
    total = sum_sentence(standing.evaluation)
    coming = forecast(standing.evaluation)
    meetings = meetings_of_forum(session, forum.id, year=year)
    return render_template(
        "forums/show.html",
        notes=notes_of(session, forum, meetings, now(), edits=may_edit_forum(forum)),
        forum=forum,
        row=row,
        year=year,
        meetings=meetings,
        strip=strip_of(standing, year, on, closed_spans(year)),
        bars=five_years_of(standing),
        years=sorted(((y, total) for y, total in standing.years.items()), reverse=True),
        counted=said(counted_as(standing.evaluation.version)),
        call_sum=said(total) if total else None,
        forecast=said(coming) if coming else None,
        settings=settings,
        reminders=reminders_of(session, forum).in_force,
        notice=said(notice_words(settings.notice)),
        parties=parties_of(session, plan),
        seats=sum(seat.kind == "ordinary" and not seat.number_unknown for seat in plan),
        children=around.children,
        rotations=[
            (rotation, next_turns(rotation, on)) for rotation in rotations_of(session, [forum.id]).get(forum.id, [])
        ],
        lead=lead_text(lead_of(session, forum, on)),
        secretariat=_secretariat(session, forum),
        relations=relations_of(forum, around),
        facts=facts_of(session, "forum", forum.id),
        provenance=provenance_of(session, "forum", forum.id),
        changes=history_of(session, "forum", forum.id, limit=5),
        may_edit=may_edit_forum(forum),
        papers=shown_forum_papers(forum),
        actions=lines_of(open_points(session, [forum.id])),
        may_plan=may_plan(forum),
        is_public=forum_is_public(forum),
    )


def _secretariat(session: Session, forum: Forum) -> str | None:
    organisation_id = secretariat_of(session, [forum], today())[forum.id]
    if organisation_id is None:
        return None
    return session.scalar(select(Organisation.name).where(Organisation.id == organisation_id))


def lead_text(lead: Lead | None) -> str | None:
    """ "Landshövdingen, Lotta Prov": the office or organisation, and who it is, where either is known."""
    if lead is None:
        return None
    return ", ".join(part for part in (lead.office_name or lead.organisation_name, lead.person_name) if part) or None


@dataclass(frozen=True)
class RelationLine:
    """What the forum is to another, in words."""

    word: str
    name: str
    url: str | None
    #: What more there is to say of it.
    note: str = ""


def relations_of(forum: Forum, around: ForumSurroundings) -> list[RelationLine]:
    """The relations of a forum, those of others to it and the chains it stands in included."""
    lines = [
        *(said_relation(relation) for relation in around.relations),
        *incoming_relations(around),
        *(chain_line(forum, link) for link in around.chains),
    ]
    lines += [
        RelationLine(_("Ingår i"), row.forum.title, url_for("forums.show", slug=row.forum.slug))
        for row in around.included_in
        if row.forum_id != forum.id
    ]
    return lines


def said_relation(relation: ForumRelation) -> RelationLine:
    """What a forum says it is to another."""
    word = _(RELATIONS[relation.kind][0])
    if relation.to_forum is not None:
        return RelationLine(word, relation.to_forum.title, url_for("forums.show", slug=relation.to_forum.slug))
    if relation.to_organisation is not None:
        url = url_for("organisations.show", slug=relation.to_organisation.slug)
        return RelationLine(word, relation.to_organisation.name, url)
    return RelationLine(word, relation.to_text or "", None)


def incoming_relations(around: ForumSurroundings) -> list[RelationLine]:
    """What others say they are to the forum."""
    lines = []
    for relation in around.incoming:
        other = next(
            (child for child in (*around.children, around.parent) if child and child.id == relation.forum_id), None
        )
        other = other or db.session.get(Forum, relation.forum_id)
        if other is not None:
            lines.append(
                RelationLine(_(RELATIONS[relation.kind][1]), other.title, url_for("forums.show", slug=other.slug))
            )
    return lines


def chain_line(forum: Forum, link: ForumLink) -> RelationLine:
    """A chain as seen from the forum: "Möts före Regionfullmäktige, 6–28 dagar emellan"."""
    word, other = (_("Möts före"), link.after) if link.before_id == forum.id else (_("Möts efter"), link.before)
    if link.min_days == link.max_days:
        days = ngettext("1 dag emellan", "%(n)s dagar emellan", link.max_days)
    else:
        days = _("%(min)s–%(max)s dagar emellan", min=link.min_days, max=link.max_days)
    return RelationLine(word, other.title, url_for("forums.show", slug=other.slug), days)


def parties_of(session: Session, plan: Sequence[SeatHolder]) -> list[Party]:
    """The seat table: one row a party, in the order of the seats; an included forum is one row."""
    through: dict[int, list[SeatHolder]] = {}
    own: dict[tuple[str, int | None], list[SeatHolder]] = {}
    for seat in plan:
        if seat.via_forum_id is not None:
            through.setdefault(seat.via_forum_id, []).append(seat)
        else:
            own.setdefault((seat.organisation_name or seat.label or "", seat.organisation_id), []).append(seat)
    forums = session.scalars(select(Forum).where(Forum.id.in_(through)).order_by(Forum.sort_key))
    rows = [
        Party(forum.title, url_for("forums.show", slug=forum.slug), (), (), (), included=len(through[forum.id]))
        for forum in forums
    ]
    ids = {organisation_id for _name, organisation_id in own if organisation_id is not None}
    of_rows = session.scalars(select(Organisation).where(Organisation.id.in_(ids)))
    slugs = {organisation.id: organisation.slug for organisation in of_rows}
    for (name, organisation_id), seats in own.items():
        rows.append(
            Party(
                name,
                url_for("organisations.show", slug=slugs[organisation_id]) if organisation_id in slugs else None,
                tuple(seat for seat in seats if seat.kind == "ordinary"),
                tuple(seat for seat in seats if seat.kind == "substitute"),
                tuple(seat for seat in seats if seat.kind not in SEATED),
                organisation_id=organisation_id,
            )
        )
    return rows


def year_word(total: YearSum | None) -> tuple[str, str] | None:
    """Held of required in a closed year, and its status; None without records."""
    if total is None:
        return None
    numbers = str(total.held) if total.required is None else f"{total.held}/{total.required}"
    return numbers, total.status.value if total.status else "no_requirement"


def function_word(function: str) -> str:
    """What somebody is on a seat, in a word: "Ordförande"."""
    return _(FUNCTIONS[function])


bp.add_app_template_global(year_word)
bp.add_app_template_global(function_word)
