"""Pages of a meeting's minutes: writing item by item, who adjusts, the steps, the finished text.

Each item is a form of its own. With scripts it is sent while one writes; without, by its button. Somebody who writes
of an item that another has changed meanwhile sees both texts and chooses; what was typed is never lost. Not here: the
page behind an adjuster's link (``adjusting_page``), the words (``minutes_words``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.personal_links import derive
from scheduler.clock import civil_date
from scheduler.db import db
from scheduler.errors import NotFound, SavedByOther
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, time_text
from scheduler.mail.minutes_mails import PURPOSE, tell_adjusters, tell_participants
from scheduler.meetings.fragments import level_of, public_forums
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.models import Meeting
from scheduler.organisations import rows
from scheduler.organisations.rules import shown_name
from scheduler.records import minutes as actions
from scheduler.records import minutes_rules as rules
from scheduler.records import minutes_words as words
from scheduler.records.action_points import points_for, points_from
from scheduler.records.attendance import may_mark
from scheduler.records.attendance_lists import Roll, roll_of
from scheduler.records.minutes_reading import kind_of, minutes_of, text_of, written_items
from scheduler.records.minutes_text import MinutesText, canonical, public, seen_sha256, sha256
from scheduler.records.models import Adjuster, AgendaItem, ItemRecord, Minutes
from scheduler.web.action_points import lines_of
from scheduler.web.attempt import attempt, commit_announced
from scheduler.web.documents import shown_papers
from scheduler.web.filters import local
from scheduler.web.forms.minutes import AdjustersForm, AroundForm, ItemForm, ObjectionForm, StepForm
from scheduler.web.meeting_words import title_of
from scheduler.web.saved_by_other import Clash, clash_of
from scheduler.web.security import actor, may_meeting, now, policy, principal, settings, today

bp = Blueprint("minutes", __name__)

#: Minutes of a day.
_DAY = 24 * 60


# ---------------------------------------------------------------- reading


@bp.get("/meetings/<int:meeting_id>/minutes")
@policy("meeting.read")
def show(meeting_id: int) -> ResponseReturnValue:
    """The minutes: to write for those who keep them, else to read once they are sent, adjusted or posted."""
    meeting: Meeting = g.meeting
    session = db.session()
    minutes = minutes_of(session, meeting_id)
    if may_meeting("meeting.edit", meeting):
        if minutes is None:
            if may_mark(meeting, now()) is not None:
                return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
            return render_template(
                "minutes/begin.html", meeting=meeting, title=title_of(meeting), kind=kind_of(meeting),
                due=rules.due_on(meeting.local_on, effective_meeting(meeting).minutes_days),
            )  # fmt: skip
        return _write(meeting, minutes)
    text = None if minutes is None else readable(meeting, minutes)
    if text is None or minutes is None:
        return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
    return _read(meeting, minutes, text)


def readable(meeting: Meeting, minutes: Minutes) -> MinutesText | None:
    """The text as the reader may see it, who does not write it; None: not yet, or not at all."""
    session = db.session()
    if g.inside:
        adjuster = minutes.state == "adjusting" and _own(minutes) is not None
        finished = minutes.state in rules.LOCKED or minutes.state in {"sent", "approved"}
        return text_of(session, meeting, minutes) if finished or adjuster else None
    # Where the dates alone are public there is nothing to read; and the text names the leading forum.
    open_to_all = level_of(meeting) == "full" and meeting.forum in public_forums(meeting)
    if open_to_all and is_posted(minutes, today()):
        return public(text_of(session, meeting, minutes))
    return None


@dataclass(frozen=True)
class Card:
    """What a meeting's page says of its minutes."""

    kind: str
    #: None: not begun.
    state: str | None
    #: Who adjusts, as shown.
    adjusters: Sequence[str] = ()
    #: The last day; None once they are done.
    due: date | None = None
    is_late: bool = False
    #: Whether the reader may open them, and writes in them.
    leads: bool = False
    writes: bool = False


def minutes_on(meeting: Meeting) -> Card | None:
    """What to say of a meeting's minutes; None before its day, and where the reader may know nothing of them."""
    minutes = minutes_of(db.session(), meeting.id)
    editor = g.inside and may_meeting("meeting.edit", meeting)
    if minutes is None:
        if not editor or may_mark(meeting, now()) is not None:
            return None
        last = rules.due_on(meeting.local_on, effective_meeting(meeting).minutes_days)
        return Card(kind_of(meeting), None, due=last, is_late=today() > last, leads=True, writes=True)
    state = _state(minutes)
    leads = editor or readable(meeting, minutes) is not None
    if not g.inside:
        return Card(minutes.kind, state, leads=leads) if leads else None
    due: date | None = None
    if not rules.is_done(state, minutes.object_by_on, today()):
        due = rules.due_on(meeting.local_on, effective_meeting(meeting).minutes_days)
    return Card(
        minutes.kind, state, [shown_name(one.person) for one in minutes.adjusters], due,
        is_late=due is not None and today() > due, leads=leads, writes=editor and minutes.state == "draft",
    )  # fmt: skip


def lacks_minutes(meeting: Meeting) -> str | None:
    """What is asked before a meeting is closed whose formality wants minutes that are not done; None: they are."""
    minutes = minutes_of(db.session(), meeting.id)
    if effective_meeting(meeting).formality == "informal":
        return None
    if rules.is_done(None if minutes is None else minutes.state, minutes.object_by_on if minutes else None, today()):
        return None
    return mark("Skriv varför mötet avslutas utan färdigt protokoll eller färdiga anteckningar")


def is_posted(minutes: Minutes, day: date) -> bool:
    """Whether the protocol stands on the notice board on a day."""
    first, last = minutes.posted_on, minutes.posted_until_on
    return first is not None and last is not None and first <= day <= last


def _own(minutes: Minutes) -> Adjuster | None:
    person_id = principal().person_id
    return next((one for one in minutes.adjusters if person_id is not None and one.person_id == person_id), None)


def _read(meeting: Meeting, minutes: Minutes, text: MinutesText, **more: Any) -> ResponseReturnValue:
    return render_template(
        "minutes/read.html", meeting=meeting, title=title_of(meeting) if g.inside else text.forum, minutes=minutes,
        text=text, state=_state(minutes), own=_own(minutes) if minutes.state == "adjusting" else None,
        seen=seen_sha256(text), form=more.pop("form", ObjectionForm(None)),
        intact=minutes.locked is not None and sha256(minutes.locked) == minutes.locked_sha256, **more,
    )  # fmt: skip


@bp.get("/meetings/<int:meeting_id>/minutes/preview")
@policy("meeting.edit")
def preview(meeting_id: int) -> ResponseReturnValue:
    """The finished text as it would be read."""
    minutes = minutes_of(db.session(), meeting_id)
    if minutes is None:
        return _back(meeting_id)
    return _read(g.meeting, minutes, text_of(db.session(), g.meeting, minutes))


@bp.get("/meetings/<int:meeting_id>/minutes/locked.json")
@policy("meeting.edit")
def locked(meeting_id: int) -> ResponseReturnValue:
    """The locked text in the one form whose hash is kept."""
    minutes = minutes_of(db.session(), meeting_id)
    if minutes is None or minutes.locked is None:
        return _back(meeting_id)
    return Response(canonical(minutes.locked), content_type="application/json; charset=utf-8")


def _found(meeting_id: int) -> Minutes:
    minutes = minutes_of(db.session(), meeting_id)
    if minutes is None:
        raise NotFound
    return minutes


def _state(minutes: Minutes) -> str:
    return rules.state_on(minutes.state, minutes.object_by_on, today())


# ---------------------------------------------------------------- writing


def _write(
    meeting: Meeting,
    minutes: Minutes,
    *,
    status: int = 200,
    item_form: ItemForm | None = None,
    item: AgendaItem | None = None,
    around: AroundForm | None = None,
    adjusters: AdjustersForm | None = None,
    clash: Clash | None = None,
    step: StepForm | None = None,
) -> ResponseReturnValue:
    session = db.session()
    items = written_items(session, meeting.id)
    text = text_of(session, meeting, minutes)
    open_item = item or _chosen(items)
    if item_form is None and open_item is not None:
        item_form = ItemForm(None)
        item_form.show(open_item)
    roll = roll_of(session, meeting)
    settings_ = effective_meeting(meeting)
    page = render_template(
        "minutes/write.html",
        meeting=meeting,
        title=title_of(meeting),
        minutes=minutes,
        state=_state(minutes),
        steps=rules.steps_of(minutes.kind, posts=settings_.formality == "protocol_notice"),
        text=text,
        numbers={one.item_id: one for one in text.items},
        items=items,
        open_item=open_item,
        item_form=item_form,
        form=_with_errors(item_form, around, adjusters, step),
        around=around or _around(roll, minutes),
        adjusters=adjusters or _adjusters(roll, minutes),
        step_form=step or _step(),
        roll=roll,
        due=rules.due_on(meeting.local_on, settings_.minutes_days),
        writes=minutes.state == "draft",
        clash=clash,
        adjusting_links={one.id: _link(one) for one in minutes.adjusters} if minutes.state == "adjusting" else {},
        post_by=rules.post_by(civil_date(minutes.adjusted_at, meeting.time_zone)) if minutes.adjusted_at else None,
        own_actions=lines_of(points_from(session, meeting.id)),
        open_actions=lines_of(points_for(session, meeting)) if minutes.state == "draft" else [],
        papers=shown_papers(meeting),
        places={one.id: place for place, one in enumerate(items, 1)},
        length=None if meeting.all_day else round((meeting.end_at - meeting.start_at).total_seconds() / 60),
        spent=spent_of([(one.minutes, one.record) for one in items]),
        today_on=today(),
        intact=minutes.locked is not None and sha256(minutes.locked) == minutes.locked_sha256,
    )
    return page, status


@dataclass(frozen=True)
class Spent:
    """How long a meeting has taken, by what is noted of its items. Minutes."""

    planned: int
    #: Of the items whose beginning and end are noted; over plan when positive.
    taken: int
    over: int
    #: When it ends if the rest takes as long as planned; None: nothing is noted, or nothing is left.
    ends: time | None


def spent_of(items: Sequence[tuple[int | None, ItemRecord | None]]) -> Spent:
    """The time of items in order: planned minutes, and what is written of each."""
    planned = taken = over = left = 0
    last: time | None = None
    for minutes, record in items:
        planned += minutes or 0
        if record is None or record.began is None or record.ended is None:
            left += minutes or 0
            continue
        length = _minute(record.ended) - _minute(record.began)
        taken += length
        over += length - (minutes or length)
        last = record.ended
    ends = None if last is None or not left else _minute(last) + left
    return Spent(planned, taken, over, None if ends is None or ends >= _DAY else time(*divmod(ends, 60)))


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _with_errors(*forms: Any) -> Any:
    return next((form for form in forms if form is not None and (form.errors or form.form_errors)), None)


def _link(adjuster: Adjuster) -> str:
    key = settings().secret_key
    return f"{settings().public_url}/j/{derive(key, PURPOSE, adjuster.id, adjuster.epoch)}/"


def _chosen(items: Sequence[AgendaItem]) -> AgendaItem | None:
    """The item asked for, else the first of which nothing is written, else the first."""
    wanted = request.args.get("item", type=int)
    found = [one for one in items if one.id == wanted] or [one for one in items if one.record is None]
    return next(iter([*found, *items]), None)


def _around(roll: Roll, minutes: Minutes) -> AroundForm:
    form = AroundForm(None)
    form.offer(roll, minutes)
    form.show(minutes)
    return form


def _adjusters(roll: Roll, minutes: Minutes) -> AdjustersForm:
    form = AdjustersForm(None)
    form.offer(roll)
    form.show(minutes)
    return form


def _step() -> StepForm:
    form = StepForm(None)
    form.on.data = today()
    return form


@bp.post("/meetings/<int:meeting_id>/minutes/begin")
@policy("meeting.edit")
def begin(meeting_id: int) -> ResponseReturnValue:
    """Begins the minutes."""
    session = db.session()
    actions.begin(session, actor(), now(), g.meeting)
    session.commit()
    return _back(meeting_id)


@bp.post("/meetings/<int:meeting_id>/minutes")
@policy("meeting.edit")
def save(meeting_id: int) -> ResponseReturnValue:
    """Saves what stands around the items."""
    session = db.session()
    minutes = _found(meeting_id)
    form = AroundForm(request.form)
    form.offer(roll_of(session, g.meeting), minutes)
    try:
        if not attempt(form, lambda: actions.edit(session, actor(), now(), minutes, **form.values())):
            return _write(g.meeting, _found(meeting_id), status=422, around=form)
    except SavedByOther as other:
        session.rollback()
        minutes = _found(meeting_id)
        fresh = _around(roll_of(session, g.meeting), minutes)
        clash = clash_of(other, form, fresh, settings().time_zone)
        form.version.data = fresh.version.data
        return _write(g.meeting, minutes, status=409, around=form, clash=clash)
    session.commit()
    flash(_("Sparat."))
    return _back(meeting_id)


@bp.post("/meetings/<int:meeting_id>/minutes/items/<int:point_id>")
@policy("meeting.edit")
def save_item(meeting_id: int, point_id: int) -> ResponseReturnValue:
    """Saves what is written of one item; to a script it answers with when that was, else it leads on."""
    session = db.session()
    minutes = _found(meeting_id)
    item = _item(session, meeting_id, point_id)
    scripted = bool(request.headers.get("HX-Request"))
    form = ItemForm(request.form)
    try:
        done = attempt(form, lambda: actions.write_item(session, actor(), now(), minutes, item, **form.values()))
    except SavedByOther as other:
        session.rollback()
        item = _item(session, meeting_id, point_id)
        fresh = ItemForm(None)
        fresh.show(item)
        clash = clash_of(other, form, fresh, settings().time_zone)
        if scripted:
            return render_template(
                "minutes/saved.html", clash=clash, version=form.version.data, at=None, form=form
            ), 409
        form.version.data = fresh.version.data
        return _write(g.meeting, _found(meeting_id), status=409, item_form=form, item=item, clash=clash)
    if not done:
        if scripted:
            return _said(form), 422
        item = session.get_one(AgendaItem, point_id)
        return _write(g.meeting, _found(meeting_id), status=422, item_form=form, item=item)
    commit_announced(session)
    if scripted:
        item = session.get_one(AgendaItem, point_id)
        version = item.record.version if item.record else 0
        return _said(form, version=version, at=time_text(local(now(), settings().time_zone)))
    flash(_("Punkten är sparad."))
    following = _after(written_items(session, meeting_id), point_id) if "next" in request.form else point_id
    return _back(meeting_id, item=following)


def _item(session: Session, meeting_id: int, point_id: int) -> AgendaItem:
    item = session.get(AgendaItem, point_id)
    if item is None or item.meeting_id != meeting_id:
        raise NotFound
    return item


def _said(form: ItemForm, *, clash: Clash | None = None, version: int | None = None, at: str | None = None) -> str:
    """What a script is answered; ``at``: when it was saved, None: it was not."""
    return render_template("minutes/saved.html", clash=clash, version=version, at=at, form=form)


def _after(items: Any, item_id: int) -> int:
    ids = [one.id for one in items]
    here = ids.index(item_id) if item_id in ids else -1
    return ids[here + 1] if here + 1 < len(ids) else item_id


@bp.post("/meetings/<int:meeting_id>/minutes/items/<int:point_id>/adjust")
@policy("meeting.edit")
def adjust_item(meeting_id: int, point_id: int) -> ResponseReturnValue:
    """Adjusts one item before the rest; its § is drawn."""
    session = db.session()
    minutes = _found(meeting_id)
    item = _item(session, meeting_id, point_id)
    number = actions.adjust_item(session, actor(), now(), minutes, item)
    session.commit()
    flash(_("§ %(number)s är omedelbart justerad.", number=number))
    return _back(meeting_id, item=point_id)


@bp.post("/meetings/<int:meeting_id>/minutes/adjusters")
@policy("meeting.edit")
def adjusters(meeting_id: int) -> ResponseReturnValue:
    """Chooses who adjusts."""
    session = db.session()
    minutes = _found(meeting_id)
    form = AdjustersForm(request.form)
    form.offer(roll_of(session, g.meeting))

    def choose() -> None:
        chair, others = form.chosen()
        actions.choose_adjusters(session, actor(), now(), minutes, chair_id=chair, person_ids=others)

    if not attempt(form, choose):
        return _write(g.meeting, _found(meeting_id), status=422, adjusters=form)
    session.commit()
    flash(_("Justerarna är sparade."))
    return _back(meeting_id)


#: Step in the address → what is said when it is done.
STEPS = {
    "send": mark("Protokollet är på justering."),
    "send-notes": mark("Anteckningarna är utskickade."),
    "take-back": mark("Utkastet går att ändra igen."),
    "post": mark("Protokollet är anslaget."),
    "archive": mark("Protokollet är arkiverat."),
    "approve": mark("Anteckningarna är godkända."),
}


@bp.post("/meetings/<int:meeting_id>/minutes/<any('send', 'send-notes', 'take-back', 'post', 'archive', 'approve'):to>")
@policy("meeting.edit")
def step(meeting_id: int, to: str) -> ResponseReturnValue:
    """One step of the minutes' life."""
    session = db.session()
    minutes = _found(meeting_id)
    form = StepForm(request.form, meta={"today": today()})
    who = (session, actor(), now(), minutes)
    does = {
        "send": lambda: tell_adjusters(session, now(), actions.send_to_adjusting(*who)),
        "send-notes": lambda: tell_participants(
            session, now(), actions.send_notes(*who, object_by_on=form.object_by_on.data)
        ),
        "take-back": lambda: actions.take_back(*who, reason=form.reason.data),
        "post": lambda: actions.post(*who, on=form.on.data or today()),
        "archive": lambda: actions.archive(*who),
        "approve": lambda: actions.approve(*who),
    }
    if not attempt(form, does[to]):
        return _write(g.meeting, _found(meeting_id), status=422, step=form)
    commit_announced(session)
    flash(_(STEPS[to]))
    return _back(meeting_id)


@bp.post("/meetings/<int:meeting_id>/minutes/adjusters/<int:adjuster_id>/sign")
@policy("meeting.edit")
def sign(meeting_id: int, adjuster_id: int) -> ResponseReturnValue:
    """Enters that an adjuster has signed a copy on paper or elsewhere."""
    session = db.session()
    minutes = _found(meeting_id)
    adjuster = next((one for one in minutes.adjusters if one.id == adjuster_id), None)
    if adjuster is None:
        raise NotFound
    rows.claim(session, minutes)
    actions.adjust(session, actor(), now(), adjuster, seen=seen_sha256(text_of(session, g.meeting, minutes)))
    session.commit()
    flash(_("Underskriften är noterad."))
    return _back(meeting_id)


@bp.post("/meetings/<int:meeting_id>/minutes/own")
@policy("meeting.read")
def own(meeting_id: int) -> ResponseReturnValue:
    """A signed-in adjuster adjusts the protocol, or objects."""
    session = db.session()
    minutes = minutes_of(session, meeting_id)
    adjuster = None if minutes is None else _own(minutes)
    if minutes is None or adjuster is None:
        raise NotFound
    form = ObjectionForm(request.form)
    done = attempt(form, lambda: answer(session, adjuster, form))
    if not done:
        minutes = _found(meeting_id)
        text = text_of(session, g.meeting, minutes)
        return _read(g.meeting, minutes, text, form=form), 422  # type: ignore[return-value]  # a page and its status
    session.commit()
    flash(_("Invändningen är sparad.") if "object" in request.form else _("Du har justerat protokollet."))
    return redirect(url_for("minutes.show", meeting_id=meeting_id), 303)


def answer(session: Session, adjuster: Adjuster, form: ObjectionForm) -> None:
    """What the form of an adjuster asks: an objection, or that the text is adjusted."""
    if "object" in request.form:
        actions.object_to(session, actor(), now(), adjuster, objection=form.objection.data)
    else:
        actions.adjust(session, actor(), now(), adjuster, seen=form.seen.data or "")


def _back(meeting_id: int, **args: Any) -> ResponseReturnValue:
    return redirect(url_for("minutes.show", meeting_id=meeting_id, **args), 303)


bp.record_once(lambda state: state.app.jinja_env.globals.update(minutes_words=words))
