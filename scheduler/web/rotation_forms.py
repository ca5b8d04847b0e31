"""Pages of rotations: in which order chair and secretariat move, the coming turns, passing, swapping, handing over.

Every page says what moves with a turn. Not here: a forum's own lead and secretariat (``forum_forms``), whose turn it
is (``forums.rotation``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.principals import principal_of
from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound, Problem, Refused
from scheduler.forums import rotating
from scheduler.forums.models import Forum, Rotation
from scheduler.forums.rotation import PlannedTurn, kept_by, lead_of, next_turns, rotations_of
from scheduler.forums.seats import seat_plan
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.mail.letter_parts import reply_address
from scheduler.meetings.queries import MeetingFilter, past_meetings
from scheduler.organisations.fields import CHOOSE
from scheduler.organisations.models import Organisation
from scheduler.organisations.queries import organisations_for_list, persons_by_id
from scheduler.organisations.rules import shown_name
from scheduler.web.fields import PageForm, choice, form_errors, show_problems
from scheduler.web.forms.rotation import (
    HandOverForm,
    OrderForm,
    TurnForm,
    entry_name,
    entry_value,
    order_of,
)
from scheduler.web.forums import lead_text
from scheduler.web.nesting_forms import commit_members, scopes_before
from scheduler.web.saved_by_other import Clash
from scheduler.web.seat_forms import day_words
from scheduler.web.security import actor, now, policy, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved
from scheduler.web.words import Glyph

bp = Blueprint("rotation_forms", __name__)

#: Task → what it is called.
TASK_WORDS = {"chair": mark("Ordförande"), "secretariat": mark("Sekretariat")}
#: A turn departed from the order: how.
STATUS_WORDS = {"skipped": mark("Någon hoppades över"), "swapped": mark("Bytt")}
#: So many of the last held meetings are offered to hand over after.
HELD_MEETINGS = 5
#: Buttons of the order's form that only rearrange what is typed.
_REARRANGING = ("up", "down", "more")


def task_word(task: str) -> str:
    """What a task is called: "Ordförande"."""
    return _(TASK_WORDS[task])


# ---------------------------------------------------------------- what a turn moves


@dataclass(frozen=True)
class TurnRow:
    """One of the coming turns, as a page lists it."""

    name: str
    days: str
    #: Whether it is the one being served.
    is_on: bool
    #: How it departed from the order, in words; "" where it did not.
    departure: str
    #: Where answers to mails go then, and whether that is somebody else's mailbox; "" where no day says.
    reply: str
    reply_glyph: Glyph
    #: The form that passes or swaps it, None where it cannot be; which of the two can be.
    form: TurnForm | None = None
    may_swap: bool = False


@dataclass(frozen=True)
class TaskCard:
    """One task with its rotation, if it has one, as the page shows it."""

    task: str
    rotation: Rotation | None
    #: Who turns, in order.
    order: tuple[str, ...]
    turns: tuple[TurnRow, ...]
    moves: tuple[tuple[Glyph, str], ...]
    #: Who has the task when no turn says it.
    own: str | None
    hand_over: HandOverForm | None


def _covers(turn: PlannedTurn, day: date) -> bool:
    return (turn.from_on is None or turn.from_on <= day) and (turn.to_on is None or turn.to_on >= day)


def _days(turn: PlannedTurn, *, is_on: bool) -> str:
    if turn.from_on is None:
        return _("Tills turen lämnas över") if is_on else _("När turen före lämnas över")
    if turn.to_on is None:
        return _("Från %(day)s", day=day_words(turn.from_on))
    return f"{day_words(turn.from_on)}–{day_words(turn.to_on)}"


def _turn_rows(session: Session, forum: Forum, rotation: Rotation) -> list[TurnRow]:
    rows = []
    for n, turn in enumerate(next_turns(rotation, today())):
        is_on = n == 0 and _covers(turn, today())
        day = today() if is_on else turn.from_on
        glyph, reply = _reply(session, forum, turn, day) if rotation.task == "secretariat" else ("none", "")
        departure = STATUS_WORDS.get(turn.status)
        rows.append(
            TurnRow(
                entry_name(turn.entry), _days(turn, is_on=is_on), is_on, _(departure) if departure else "", reply, glyph
            )
        )
    return rows


def _reply(session: Session, forum: Forum, turn: PlannedTurn, day: date | None) -> tuple[Glyph, str]:
    """Where answers to mails go in the turn; "" where its days are not known."""
    if day is None:
        return "none", ""
    address = reply_address(session, forum, day)
    keeper_id = kept_by(turn.entry)
    keeper = None if keeper_id is None else session.get(Organisation, keeper_id)
    is_own = keeper_id == forum.secretariat_id or (keeper is not None and keeper.contact_email is not None)
    if address is None:
        return "risk", _("Ingen brevlåda i registret. Svar går till avsändaren")
    if not is_own:
        return "risk", _("Ingen egen brevlåda i registret. Svar går till %(mail)s", mail=address)
    return "none", _("Svar går till %(mail)s", mail=address)


def moves_of(forum: Forum, rotation: Rotation) -> list[tuple[Glyph, str]]:
    """What the rotation moves, and when, in sentences."""
    turns = next_turns(rotation, today(), 2)
    found: list[tuple[Glyph, str]] = []
    if turns and _covers(turns[0], today()):
        found.append(("none", _NOW[rotation.task](entry_name(turns[0].entry))))
        turns = turns[1:]
    elif turns:
        found.append(("none", _BEFORE[rotation.task]()))
    for turn in turns[:1]:
        who = entry_name(turn.entry)
        if turn.from_on is None:
            found.append(("none", _AFTER_MEETING[rotation.task](who)))
        else:
            found.append(("none", _ON_DAY[rotation.task](who, day_words(turn.from_on))))
    if rotation.task == "chair" and forum.chair_plans:
        found.append(("none", _("Den som är ordförande får planera forumets möten.")))
    return found


_NOW: Mapping[str, Callable[[str], str]] = {
    "chair": lambda who: _("%(who)s leder forumet nu.", who=who),
    "secretariat": lambda who: _("%(who)s har sekretariatet nu.", who=who),
}
_BEFORE: Mapping[str, Callable[[], str]] = {
    "chair": lambda: _("Till dess leder den som står i forumets inställningar."),
    "secretariat": lambda: _("Till dess har det sekretariat som står i forumets inställningar hand om forumet."),
}
_ON_DAY: Mapping[str, Callable[[str, str], str]] = {
    "chair": lambda who, day: _("Ordförandeskapet flyttar den %(day)s till %(who)s.", who=who, day=day),
    "secretariat": lambda who, day: _(
        "Sekretariat, rätt att redigera och svarsadress flyttar den %(day)s till %(who)s.", who=who, day=day
    ),
}
_AFTER_MEETING: Mapping[str, Callable[[str], str]] = {
    "chair": lambda who: _("Ordförandeskapet flyttar till %(who)s dagen efter nästa möte som hålls.", who=who),
    "secretariat": lambda who: _(
        "Sekretariat, rätt att redigera och svarsadress flyttar till %(who)s dagen efter nästa möte som hålls.",
        who=who,
    ),
}


def _may_still_edit(session: Session, forum: Forum) -> bool:
    """Whether whoever asks may edit the forum as things are stored now."""
    return may(principal_of(session, g.sign_in.user, today()), "forum.edit", forum_ids=[forum.id])


def _commit(session: Session, forum: Forum, before: set[Any], message: str) -> ResponseReturnValue:
    """Saves, says so, and goes on where the person still may be."""
    commit_members(session, forum, before)
    saved(message)
    if not _may_still_edit(session, forum):
        return redirect(url_for("forums.index"), 303)  # it has been handed over to another secretariat
    return redirect(url_for("rotation_forms.index", slug=forum.slug), 303)


# ---------------------------------------------------------------- the page


@bp.get("/forums/<slug>/rotation")
@policy("forum.edit")
def index(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Both tasks with their coming turns."""
    return _render_index(db.session(), g.forum, None, "", 200)


def _render_index(
    session: Session,
    forum: Forum,
    wrong: PageForm | None,
    task: str,
    status: int,
    *,
    clash: Clash | None = None,
) -> ResponseReturnValue:
    """The page; ``wrong`` is a form of ``task`` that came back with something to put right."""
    rotations = {row.task: row for row in rotations_of(session, [forum.id]).get(forum.id, ())}
    cards = [
        _card(session, forum, each, rotations.get(each), wrong if each == task else None) for each in rotating.TASKS
    ]
    page = render_template(
        "forums/rotation.html", forum=forum, form=wrong or PageForm(), cards=cards, clash=clash, task_word=task_word
    )
    return page, status


def _card(session: Session, forum: Forum, task: str, rotation: Rotation | None, wrong: PageForm | None) -> TaskCard:
    if rotation is None:
        return TaskCard(task, None, (), (), (), _own(session, forum, task), None)
    hand_over = None
    if rotation.unit == "meeting":
        hand_over = wrong if isinstance(wrong, HandOverForm) else HandOverForm(None, prefix=f"{task}-")
        hand_over.offer((id_, day_words(on)) for id_, on in _held(session, forum, rotation).items())
    return TaskCard(
        task,
        rotation,
        tuple(entry_name(entry) for entry in order_of(rotation)),
        tuple(_with_forms(session, forum, rotation, wrong)),
        tuple(moves_of(forum, rotation)),
        None,
        hand_over,
    )


def _own(session: Session, forum: Forum, task: str) -> str | None:
    """Who has a task that does not rotate."""
    if task == "secretariat":
        return None if forum.secretariat is None else forum.secretariat.name
    return lead_text(lead_of(session, forum, today()))


def _with_forms(session: Session, forum: Forum, rotation: Rotation, wrong: PageForm | None) -> list[TurnRow]:
    """The coming turns, each with the form that passes or swaps it."""
    alone = len(order_of(rotation)) < 2  # noqa: PLR2004 - nobody is next in an order of one
    rows = []
    turns = next_turns(rotation, today())
    for n, (row, turn) in enumerate(zip(_turn_rows(session, forum, rotation), turns, strict=True)):
        if alone or (turn.from_on is None and n > 0):
            rows.append(row)
            continue
        on = max(turn.from_on or today(), today())
        form = TurnForm(None, data={"on": on.isoformat()})
        form.offer(rotation, of=turn.entry, number=n)
        form.stamp()
        if isinstance(wrong, TurnForm) and wrong.on.data == form.on.data:
            form = wrong
            form.offer(rotation, of=turn.entry, number=n)
        begun = rotation.unit == "year" and turn.from_on is not None and turn.from_on < today()
        rows.append(replace(row, form=form, may_swap=not begun))
    return rows


def _held(session: Session, forum: Forum, rotation: Rotation) -> dict[str, date]:
    """The last held meetings with which the open turn may end, by id, and their days; the latest first."""
    since = rotating.open_turn_since(rotation)
    shown = MeetingFilter(forum_ids=[forum.id], states=("held", "closed"))
    found = past_meetings(session, now(), shown, since=since, limit=HELD_MEETINGS)
    return {str(meeting.id): meeting.local_on for meeting in found}


def _rotation(session: Session, forum: Forum, task: str) -> Rotation:
    """The rotation of a task, taken for writing; raises NotFound for a task that has none."""
    rotation = rotating.claim_rotation(session, forum, task) if task in rotating.TASKS else None
    if rotation is None:
        raise NotFound
    return rotation


# ---------------------------------------------------------------- one turn


@bp.post("/forums/<slug>/rotation/<task>/skip")
@policy("forum.edit")
def skip(slug: str, task: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Lets whose turn it is pass."""

    def pass_on(session: Session, rotation: Rotation, form: TurnForm, on: date) -> list[PlannedTurn]:  # noqa: ARG001 - as swap
        return rotating.skip_turn(session, actor(), now(), g.forum, rotation, on=on)

    return _depart(task, pass_on)


@bp.post("/forums/<slug>/rotation/<task>/swap")
@policy("forum.edit")
def swap(slug: str, task: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Lets two change places."""

    def change(session: Session, rotation: Rotation, form: TurnForm, on: date) -> list[PlannedTurn]:
        return rotating.swap_turns(session, actor(), now(), g.forum, rotation, on=on, entry_id=form.taker)

    return _depart(task, change)


def _depart(
    task: str, change: Callable[[Session, Rotation, TurnForm, date], Sequence[PlannedTurn]]
) -> ResponseReturnValue:
    forum: Forum = g.forum
    session = db.session()
    rotation = _rotation(session, forum, task)
    form = TurnForm(request.form)
    on = form.day
    turn = None if on is None else next(iter(next_turns(rotation, on, 1)), None)
    fresh = TurnForm(None, data={"on": form.on.data})
    for each in (form, fresh):
        each.offer(rotation, of=None if turn is None else turn.entry, number=0)
    fresh.stamp()
    clash = clash_with(session, form, fresh, "forum", forum.id)
    if clash is not None:
        return _render_index(session, forum, form, task, 409, clash=clash)
    if on is None:
        form.form_errors.append(_(CHOOSE))
        return _render_index(session, forum, form, task, 422)
    before = scopes_before(session, forum)
    try:
        turns = change(session, rotation, form, on)
    except Refused as refused:
        session.rollback()
        # A turn's day is no control of the page: what is wrong with it is said of the whole.
        show_problems(form, Refused(*(Problem(_at(p.field), p.text, p.values) for p in refused.problems)))
        return _render_index(session, forum, form, task, 422)
    who = entry_name(turns[0].entry)
    return _commit(session, forum, before, _("%(who)s har turen från och med %(day)s.", who=who, day=day_words(on)))


def _at(field: str | None) -> str | None:
    return None if field == "on" else field


@bp.post("/forums/<slug>/rotation/<task>/hand-over")
@policy("forum.edit")
def hand_over(slug: str, task: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Ends a turn by the meeting with one of the last meetings."""
    forum: Forum = g.forum
    session = db.session()
    rotation = _rotation(session, forum, task)
    form = HandOverForm(request.form, prefix=f"{task}-")
    held = _held(session, forum, rotation)
    form.offer((id_, day_words(on)) for id_, on in held.items())
    on = held.get(form.meeting_id.data)
    before = scopes_before(session, forum)
    if on is not None and rotating.hand_over(session, actor(), now(), forum, rotation, on=on):
        who = entry_name(next_turns(rotation, today(), 1)[0].entry)
        return _commit(session, forum, before, _("Turen är överlämnad. %(who)s står på tur.", who=who))
    # Where no meeting is left to choose the page has no control to say it at.
    at = "meeting_id" if held else None
    show_problems(form, Refused(Problem(at, mark("Välj ett möte som turen inte har lämnats över efter"))))
    return _render_index(session, forum, form, task, 422)


# ---------------------------------------------------------------- the order


@dataclass(frozen=True)
class Outcome:
    """What an order would lead to."""

    #: The coming turns, each with its days.
    turns: str
    moves: Sequence[tuple[Glyph, str]]


@bp.route("/forums/<slug>/rotation/<task>", methods=["GET", "POST"])
@policy("forum.edit")
def edit(slug: str, task: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """The order in which a task moves: who, how long, from when."""
    forum: Forum = g.forum
    session = db.session()
    if task not in rotating.TASKS:
        raise NotFound
    if request.method == "GET":
        rotation = next(iter(rotations_of(session, [forum.id], task).get(forum.id, ())), None)
        return _render_order(session, forum, task, _opened(session, forum, rotation), 200)
    form = OrderForm(request.form, meta={"today": today()})
    if any(name in request.form for name in _REARRANGING):
        form.rearrange(up=request.form.get("up"), down=request.form.get("down"))
        form.offer(_choices(session, forum, rotating.claim_rotation(session, forum, task)))
        return _render_order(session, forum, task, form, 200)
    rotation = rotating.claim_rotation(session, forum, task)
    form.offer(_choices(session, forum, rotation))
    fine = form.validate()
    clash = clash_with(session, form, _opened(session, forum, rotation), "forum", forum.id)
    if clash is not None or not fine:
        return _render_order(session, forum, task, form, 422 if clash is None else 409, clash=clash)
    before = scopes_before(session, forum)
    try:
        rotation = rotating.set_rotation(session, actor(), now(), forum, task=task, **form.values())
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render_order(session, forum, task, form, 422)
    if "preview" in request.form:
        outcome = _outcome(session, forum, rotation)
        session.rollback()
        return _render_order(session, forum, task, form, 200, outcome=outcome)
    return _commit(session, forum, before, _("%(task)s: ordningen är sparad.", task=task_word(task)))


def _outcome(session: Session, forum: Forum, rotation: Rotation) -> Outcome:
    moves = moves_of(forum, rotation)
    if not _may_still_edit(session, forum):
        moves.append(("risk", _("Du får inte längre redigera forumet när du har sparat.")))
    rows = _turn_rows(session, forum, rotation)
    moves += [(row.reply_glyph, f"{row.name}: {row.reply}.") for row in rows[:2] if row.reply]
    return Outcome("; ".join(f"{row.name} ({row.days})" for row in rows), moves)


def _opened(session: Session, forum: Forum, rotation: Rotation | None) -> OrderForm:
    """The form as it is opened on what is saved."""
    form = OrderForm(None, meta={"today": today()})
    form.show(rotation, date(today().year + 1, 1, 1))
    form.offer(_choices(session, forum, rotation))
    form.stamp()
    return form


def _choices(session: Session, forum: Forum, rotation: Rotation | None) -> list[Any]:
    """Whom an order may name: the principals and those with seats first, then every organisation."""
    plan = seat_plan(session, [forum.id], today())[forum.id]
    seated = {seat.organisation_id for seat in plan}
    principals = {row.id for row in forum.principals}
    groups: dict[str, list[tuple[str, str]]] = {
        _("Huvudmän"): [], _("Har plats i forumet"): [], _("Personer med plats"): [], _("Alla organisationer"): [],
    }  # fmt: skip
    first, second, people, rest = groups.values()
    for row in organisations_for_list(session):
        group = first if row.id in principals else second if row.id in seated else rest
        group.append((entry_value(row), row.name))
    known = {seat.person_id for seat in plan if seat.person_id is not None and not seat.protected}
    known |= {entry.person_id for entry in rotation.entries if entry.person_id is not None} if rotation else set()
    for person in persons_by_id(session, sorted(known)).values():
        people.append((entry_value(person), shown_name(person)))
    return [choice(value, label, group) for group, rows in groups.items() for value, label in rows]


def _render_order(
    session: Session,
    forum: Forum,
    task: str,
    form: OrderForm,
    status: int,
    *,
    outcome: Outcome | None = None,
    clash: Clash | None = None,
) -> ResponseReturnValue:
    rotation = next(iter(rotations_of(session, [forum.id], task).get(forum.id, ())), None)
    page = render_template(
        "forums/rotation_edit.html",
        forum=forum,
        task=task,
        task_word=task_word,
        form=form,
        rotation=rotation,
        own=_own(session, forum, task) if rotation is None else None,
        moves=[] if rotation is None else moves_of(forum, rotation),
        outcome=outcome,
        clash=clash,
        wrong=bool(form_errors(form)),
    )
    return page, status


@bp.post("/forums/<slug>/rotation/<task>/remove")
@policy("forum.edit")
def remove(slug: str, task: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Takes a rotation away: asks first, saying who then has the task."""
    forum: Forum = g.forum
    session = db.session()
    rotation = _rotation(session, forum, task)
    before = scopes_before(session, forum)
    rotating.remove_rotation(session, actor(), now(), forum, rotation)
    if "confirmed" in request.form:
        return _commit(session, forum, before, _("%(task)s: rotationen är borttagen.", task=task_word(task)))
    then = _own(session, forum, task)
    stays = _may_still_edit(session, forum)
    session.rollback()
    return render_template(
        "forums/rotation_remove.html", forum=forum, task=task, task_word=task_word, then=then, stays=stays
    )


bp.add_app_template_global(entry_name)
