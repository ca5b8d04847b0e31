"""Pages of what a forum is to others: its principals, relations to forums and organisations, chains of meetings.

Not here: nesting (``nesting_forms``), the forum it belongs to (``forum_forms``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums import actions, chains
from scheduler.forums.models import Forum, ForumLink, ForumRelation
from scheduler.forums.queries import chains_of, forums_for_list, surroundings
from scheduler.forums.seats import seat_plan
from scheduler.i18n import gettext as _
from scheduler.organisations import rows
from scheduler.organisations.models import Organisation
from scheduler.organisations.queries import organisations_for_list
from scheduler.web.access import seen_forums
from scheduler.web.fields import PageForm, form_errors, show_problems
from scheduler.web.forms.relations import ChainForm, NewChainForm, PrincipalsForm, RelationForm
from scheduler.web.forums import RELATIONS, RelationLine, chain_line, incoming_relations, said_relation
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("relation_forms", __name__)

#: So many organisations a search offers.
MOST_FOUND = 40


@bp.get("/forums/<slug>/relations")
@policy("forum.edit")
def index(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Principals, relations and chains; ``?chain=`` opens one of these."""
    return _render(db.session(), g.forum, {}, 200)


def _back(session: Session, message: str) -> ResponseReturnValue:
    session.commit()
    saved(message)
    return redirect(url_for("relation_forms.index", slug=g.forum.slug), 303)


# ---------------------------------------------------------------- principals


@bp.post("/forums/<slug>/relations/principals")
@policy("forum.edit")
def principals(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Says which organisations are the principals; the search button only offers more of them."""
    forum: Forum = g.forum
    session = db.session()
    form = PrincipalsForm(request.form, prefix="principals-")
    if "search" in request.form:
        _offer(session, forum, form)
        return _render(session, forum, {"principals": form}, 200)
    rows.claim(session, forum)
    fresh = _opened(session, forum)
    everybody = sorted({*form.chosen, *fresh.chosen})  # the words of a difference come from the choices of both
    for each in (form, fresh):
        _offer(session, forum, each, besides=everybody)
    clash = clash_with(session, form, fresh, "forum", forum.id)
    if clash is not None:
        return _render(session, forum, {"principals": form}, 409, clash=clash)
    try:
        actions.set_principals(session, actor(), now(), forum, organisation_ids=form.chosen)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render(session, forum, {"principals": form}, 422)
    return _back(session, _("Huvudmännen är sparade."))


def _opened(session: Session, forum: Forum) -> PrincipalsForm:
    """The form as it is opened on what is saved."""
    ids = [str(row.id) for row in sorted(forum.principals, key=lambda row: row.id)]
    form = PrincipalsForm(None, data={"organisation_ids": ids}, prefix="principals-")
    _offer(session, forum, form)
    form.stamp()
    return form


def _offer(session: Session, forum: Forum, form: PrincipalsForm, *, besides: Sequence[int] = ()) -> None:
    """Offers those ticked (and ``besides``), then those found by the words, or without words those with seats."""
    everybody = organisations_for_list(session)
    ticked = [row for row in everybody if row.id in form.chosen or row.id in besides]
    words = (form.find.data or "").strip()
    more: Sequence[Organisation]
    if words:
        more = organisations_for_list(session, text=words, limit=MOST_FOUND)
    else:
        seated = {seat.organisation_id for seat in seat_plan(session, [forum.id], today())[forum.id]}
        more = [row for row in everybody if row.id in seated]
    form.offer([*ticked, *(row for row in more if row not in ticked)])


# ---------------------------------------------------------------- relations


@bp.post("/forums/<slug>/relations")
@policy("forum.edit")
def add(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Says what the forum is to another, to an organisation, or to something only named."""
    forum: Forum = g.forum
    session = db.session()
    form = RelationForm(request.form, prefix="relation-")
    form.offer(RELATIONS, _forums_to_choose(session, forum), organisations_for_list(session))
    if form.validate():
        try:
            actions.add_relation(session, actor(), now(), forum, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            return _back(session, _("Sambandet är tillagt."))
    return _render(session, forum, {"relation": form}, 422)


@bp.post("/forums/<slug>/relations/<int:forum_relation_id>/remove")
@policy("forum.edit")
def remove(slug: str, forum_relation_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Takes away what was said of the forum and another."""
    session = db.session()
    relation = session.get(ForumRelation, forum_relation_id)
    if relation is None or relation.forum_id != g.forum.id:
        raise NotFound
    actions.remove_relation(session, actor(), now(), g.forum, relation)
    return _back(session, _("Sambandet är borttaget."))


def _forums_to_choose(session: Session, forum: Forum) -> list[Forum]:
    own, public = seen_forums()
    return [row for row in forums_for_list(session, forum_ids=own, public_only=public) if row.id != forum.id]


# ---------------------------------------------------------------- chains


@bp.post("/forums/<slug>/relations/chains")
@policy("forum.edit")
def add_chain(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Says that the forum meets so many days before or after another."""
    forum: Forum = g.forum
    session = db.session()
    form = NewChainForm(request.form, prefix="chain-")
    form.offer(_forums_to_choose(session, forum))
    if form.validate():
        try:
            chains.add_chain(session, actor(), now(), forum, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            return _back(session, _("Mötesföljden är tillagd."))
    return _render(session, forum, {"chain": form}, 422)


@bp.post("/forums/<slug>/relations/chains/<int:chain_id>")
@policy("forum.edit")
def edit_chain(slug: str, chain_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Changes how many days lie between the two."""
    forum: Forum = g.forum
    session = db.session()
    link = _chain(session, forum, chain_id)
    rows.claim(session, link)
    form = ChainForm(request.form, prefix="edit-")
    fresh = ChainForm(None, prefix="edit-")
    fresh.show(link)
    clash = clash_with(session, form, fresh, "forum", forum.id)
    if clash is not None:
        return _render(session, forum, {"edit": form}, 409, clash=clash, chosen_id=chain_id)
    if form.validate():
        try:
            chains.edit_chain(session, actor(), now(), link, **form.days())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            return _back(session, _("Mötesföljden är sparad."))
    return _render(session, forum, {"edit": form}, 422, chosen_id=chain_id)


@bp.post("/forums/<slug>/relations/chains/<int:chain_id>/remove")
@policy("forum.edit")
def remove_chain(slug: str, chain_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Lets the two meet without regard to each other."""
    session = db.session()
    chains.remove_chain(session, actor(), now(), _chain(session, g.forum, chain_id))
    return _back(session, _("Mötesföljden är borttagen."))


def _chain(session: Session, forum: Forum, chain_id: int) -> ForumLink:
    """A chain that the forum in the address stands in; raises NotFound for another's."""
    link = session.get(ForumLink, chain_id)
    if link is None or forum.id not in {link.before_id, link.after_id}:
        raise NotFound
    return link


@dataclass(frozen=True)
class ChainRow:
    """One chain, as the page lists it."""

    row: ForumLink
    other: Forum
    line: RelationLine


# ---------------------------------------------------------------- the page


def _render(
    session: Session,
    forum: Forum,
    forms: Mapping[str, PageForm],
    status: int,
    *,
    clash: Clash | None = None,
    chosen_id: int = 0,
) -> ResponseReturnValue:
    """The page; ``forms`` are those that came back with something to put right."""
    to_choose = _forums_to_choose(session, forum)
    relation = RelationForm(None, prefix="relation-")
    relation.offer(RELATIONS, to_choose, organisations_for_list(session))
    chain = NewChainForm(None, prefix="chain-")
    chain.offer(to_choose)
    links = [
        ChainRow(link, link.after if link.before_id == forum.id else link.before, chain_line(forum, link))
        for link in chains_of(session, forum)
    ]
    chosen_id = chosen_id or request.args.get("chain", 0, type=int)
    chosen = next((link for link in links if link.row.id == chosen_id), None)
    edit = ChainForm(None, prefix="edit-")
    if chosen is not None:
        edit.show(chosen.row)
    own, public = seen_forums()
    incoming = surroundings(session, forum, forum_ids=own, public_only=public)
    page = render_template(
        "forums/relations.html",
        forum=forum,
        form=next((wrong for wrong in forms.values() if form_errors(wrong)), relation),
        principals=forms.get("principals") or _opened(session, forum),
        relation=forms.get("relation") or relation,
        # Its own are shown whoever may see the other: they are this forum's to take away.
        relations=[(row, said_relation(row)) for row in surroundings(session, forum).relations],
        incoming=incoming_relations(incoming),
        chain=forms.get("chain") or chain,
        chains=links,
        chosen=chosen,
        edit=forms.get("edit") or edit,
        clash=clash,
    )
    return page, status
