"""Pages of a meeting's agenda: the page alone, its items, their order, what goes on at the next meeting.

Members read it; those who plan the meeting write it; what is secret is shown to those who take part alone. The
meeting's own page shows ``shown_agenda`` too (``meetings``). Not here: minutes, which are written from the agenda.
"""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.meetings.fragments import level_of, shown_to
from scheduler.meetings.models import Meeting
from scheduler.records import agenda as acts
from scheduler.records import agenda_rules as rules
from scheduler.records.action_points import points_for
from scheduler.records.agenda_queries import Shown, Sight, agenda_of, is_locked, next_meeting
from scheduler.records.agenda_rules import PUBLISHED, WRITABLE
from scheduler.records.models import AgendaItem
from scheduler.web.action_points import lines_of
from scheduler.web.attempt import attempt
from scheduler.web.forms.agenda import ITEM_KINDS, ITEM_STATES, HandOnForm, ItemForm
from scheduler.web.meeting_words import title_of
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, is_invited, may_meeting, now, policy
from scheduler.web.seen import clash_with
from scheduler.web.suggestions import may_suggest, waiting_lines

bp = Blueprint("agenda", __name__)


def sight_of(meeting: Meeting) -> Sight:
    """How much of the agenda the reader sees."""
    if may_meeting("meeting.edit", meeting) or is_invited(meeting):
        return "all"
    return "member" if g.inside else "public"


def shown_agenda(meeting: Meeting) -> Shown:
    """The agenda as the reader sees it; empty for the public before the call, and where only dates are public."""
    sight = sight_of(meeting)
    if sight == "public" and (level_of(meeting) != "full" or meeting.state not in PUBLISHED):
        return Shown([])
    return agenda_of(db.session(), meeting, sight)


def may_write(meeting: Meeting) -> bool:
    """Whether the reader may change the agenda now."""
    locked = is_locked(db.session(), meeting.id)
    return may_meeting("meeting.edit", meeting) and rules.may_write(meeting.state, locked=locked) is None


# ---------------------------------------------------------------- the page alone


@bp.get("/meetings/<int:meeting_id>/agenda")
@policy("meeting.read")
def show(meeting_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate has found the meeting
    """The agenda on a page of its own, for a telephone and for print; those who write it have their tools here."""
    meeting: Meeting = g.meeting
    return render_template(
        "agenda/show.html", meeting=meeting, title=title_of(meeting) if g.inside else "", shown=shown_agenda(meeting),
        writes=may_write(meeting), suggests=may_suggest(meeting), suggestions=waiting_lines(meeting),
        forum=meeting.forum.title if g.inside else shown_to(meeting, "public").forums[0].title,
        open_actions=lines_of(points_for(db.session(), meeting)) if g.inside and meeting.state in WRITABLE else [],
    )  # fmt: skip


@bp.post("/meetings/<int:meeting_id>/agenda/open")
@policy("meeting.edit")
def open_it(meeting_id: int) -> ResponseReturnValue:
    """Begins to write the agenda: what is shown so far becomes the meeting's own."""
    session = db.session()
    acts.open_agenda(session, actor(), now(), g.meeting)
    session.commit()
    flash(_("Dagordningen kan nu ändras för det här mötet."))
    return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)


# ---------------------------------------------------------------- items


@bp.route("/meetings/<int:meeting_id>/agenda/new", methods=["GET", "POST"])
@policy("meeting.edit")
def new(meeting_id: int) -> ResponseReturnValue:
    """One more item."""
    meeting: Meeting = g.meeting
    session = db.session()
    form = ItemForm(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if attempt(form, lambda: acts.add_item(session, actor(), now(), meeting, **form.values())):
            session.commit()
            flash(_("Punkten är tillagd."))
            return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)
        status = 422
    return render_template(
        "agenda/item.html", meeting=meeting, title=title_of(meeting), form=form, item=None, clash=None
    ), status


@bp.route("/meetings/<int:meeting_id>/agenda/<int:point_id>", methods=["GET", "POST"])
@policy("meeting.edit")
def edit(meeting_id: int, point_id: int) -> ResponseReturnValue:
    """One item, and what may happen with it."""
    item = _item(point_id)
    session = db.session()
    if request.method == "GET":
        return _item_page(_opened(item), item, 200)
    form = ItemForm(request.form)
    session.refresh(item, with_for_update={"of": AgendaItem})
    if clash := clash_with(session, form, _opened(item), "meeting", meeting_id):
        return _item_page(form, item, 409, clash)
    if not attempt(form, lambda: acts.edit_item(session, actor(), now(), item, **form.values())):
        return _item_page(form, item, 422)
    session.commit()
    flash(_("Punkten är sparad."))
    return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)


def _opened(item: AgendaItem) -> ItemForm:
    form = ItemForm(None, obj=item)
    form.stamp()
    return form


def _item_page(form: ItemForm, item: AgendaItem, status: int, clash: Clash | None = None) -> ResponseReturnValue:
    return render_template(
        "agenda/item.html", meeting=g.meeting, title=title_of(g.meeting), form=form, item=item, clash=clash,
        writes=may_write(g.meeting),
    ), status  # fmt: skip


@bp.post("/meetings/<int:meeting_id>/agenda/<int:point_id>/move")
@policy("meeting.edit")
def move(meeting_id: int, point_id: int) -> ResponseReturnValue:
    """Puts an item one step up, or down; focus comes back to its button."""
    session = db.session()
    item = _item(point_id)
    acts.move_item(session, actor(), now(), item, step=-1 if request.form.get("to") == "up" else 1)
    session.commit()
    flash(_("Punkten är flyttad."))
    return redirect(url_for("agenda.show", meeting_id=meeting_id, _anchor=f"point-{point_id}"), 303)


@bp.post("/meetings/<int:meeting_id>/agenda/<int:point_id>/remove")
@policy("meeting.edit")
def remove(meeting_id: int, point_id: int) -> ResponseReturnValue:
    """Takes an item off the agenda, as if it had never stood there."""
    session = db.session()
    acts.remove_item(session, actor(), now(), _item(point_id))
    session.commit()
    flash(_("Punkten är borttagen."))
    return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)


@bp.route("/meetings/<int:meeting_id>/agenda/<int:point_id>/hand-on", methods=["GET", "POST"])
@policy("meeting.edit")
def hand_on(meeting_id: int, point_id: int) -> ResponseReturnValue:
    """Moves an item to the next meeting, tables it, refers it back or drops it."""
    session = db.session()
    item = _item(point_id)
    posted = request.method == "POST"
    form = HandOnForm(request.form if posted else None)
    if posted and attempt(
        form, lambda: acts.hand_on(session, actor(), now(), item, to=form.to.data or "", reason=form.reason.data)
    ):
        session.commit()
        flash(_handed_on(session, item))
        return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)
    page = render_template(
        "agenda/hand_on.html", meeting=g.meeting, title=title_of(g.meeting), form=form, item=item,
        later=next_meeting(session, g.meeting),
    )  # fmt: skip
    return page, 422 if posted else 200


def _handed_on(session: Session, item: AgendaItem) -> str:
    if item.state == "dropped":
        return _("Punkten är struken.")
    later = next_meeting(session, item.meeting)
    if later is None:
        return _("Punkten väntar på nästa möte. Den kommer med när mötet bokas.")
    return _("Punkten står på dagordningen %(day)s.", day=date_text(later.local_on))


@bp.post("/meetings/<int:meeting_id>/agenda/<int:point_id>/take-back")
@policy("meeting.edit")
def take_back(meeting_id: int, point_id: int) -> ResponseReturnValue:
    """Puts an item that was handed on, or dropped, back."""
    session = db.session()
    try:
        acts.take_back(session, actor(), now(), _item(point_id))
    except Refused as refused:
        session.rollback()
        flash(str(refused))
        return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)
    session.commit()
    flash(_("Punkten är tillbaka på dagordningen."))
    return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)


def _item(point_id: int) -> AgendaItem:
    """An item of the meeting in the address; raises NotFound for another's."""
    found = db.session.get(AgendaItem, point_id)
    if found is None or found.meeting_id != g.meeting.id:
        raise NotFound
    return found


# ---------------------------------------------------------------- words


def item_kind_word(kind: str) -> str:
    """What an item asks of the meeting, in a word."""
    return _(ITEM_KINDS[kind])


def item_state_word(state: str) -> str:
    """What became of an item, in a word; "" for one that is planned."""
    return _(ITEM_STATES[state]) if state in ITEM_STATES else ""


def length_words(minutes: int) -> str:
    """ "2 h 40 min"."""
    hours, rest = divmod(minutes, 60)
    parts = [_("%(n)s h", n=hours)] if hours else []
    if rest or not hours:
        parts.append(_("%(n)s min", n=rest))
    return " ".join(parts)


def time_words(shown: Shown) -> str:
    """ "2 h 40 min av 3 h"; "" where no item has a time."""
    if not shown.minutes:
        return ""
    if shown.available is None:
        return length_words(shown.minutes)
    return _("%(time)s av %(all)s", time=length_words(shown.minutes), all=length_words(shown.available))


bp.add_app_template_global(item_kind_word)
bp.add_app_template_global(item_state_word)
bp.add_app_template_global(length_words)
bp.add_app_template_global(time_words, "agenda_time")
