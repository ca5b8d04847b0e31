"""Pages of a forum's calling-in order: who is called in for whom, and the orders that have been decided.

Not here: the substitutes' seats (``seat_forms``), who serves at a meeting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums import seating
from scheduler.forums.models import Forum
from scheduler.forums.rules import OrderEntry
from scheduler.forums.seat_models import Seat
from scheduler.forums.seats import Calling, calling_of_all, decided_orders, substitutes_for
from scheduler.i18n import gettext as _
from scheduler.organisations import rows
from scheduler.web.attempt import attempt
from scheduler.web.fields import PageForm, form_errors
from scheduler.web.forms.substitutes import Item, OrderForm, order_form, value_of
from scheduler.web.saved_by_other import Clash
from scheduler.web.seat_forms import forum_seats, seat_title
from scheduler.web.security import actor, now, policy, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("substitute_forms", __name__)

#: In the address, whose order it is: the whole forum's, a group's, a seat's.
ALL, GROUP, SEAT = "all", "group-", "seat-"


@dataclass(frozen=True)
class Whose:
    """What an order is decided for: a seat, a group, or (neither) the whole forum."""

    seat_id: int | None = None
    group: str | None = None

    @property
    def value(self) -> str:
        """As it stands in addresses."""
        if self.seat_id is not None:
            return f"{SEAT}{self.seat_id}"
        return ALL if self.group is None else f"{GROUP}{self.group}"


@dataclass(frozen=True)
class Decided:
    """One decided order as the page lists it."""

    whose: Whose
    title: str
    names: tuple[str, ...]


class Board:
    """What the pages need of a forum's seats: what they are called and what may be decided for them."""

    def __init__(self, session: Session, forum: Forum) -> None:
        there = [seat for seat in forum_seats(session, forum) if seat.to_on is None or seat.to_on >= today()]
        self.seats: Mapping[int, Seat] = {seat.id: seat for seat in there}
        self.callings: Sequence[Calling] = calling_of_all(session, forum.id, today())
        self.entries: Sequence[OrderEntry] = decided_orders(session, forum.id)
        #: Seat of a substitute → who sits on it today.
        self.sitting = {
            row.seat_id: row.person_name for calling in self.callings for row in calling.substitutes if row.person_name
        }

    def offered(self) -> list[tuple[Item, str]]:
        """What may stand in an order, and what it is called: each substitute's seat, each of their groups."""
        substitutes = [seat for seat in self.seats.values() if seat.kind == "substitute"]
        groups = dict.fromkeys(seat.group for seat in substitutes if seat.group)
        return [
            *((seat.id, self.called(seat.id)) for seat in substitutes),
            *((group, self.called(group)) for group in groups),
        ]

    def called(self, item: Item) -> str:
        """ "Anna Berg (Luleå kommun)", "Luleå kommun (vakant)", "alla ersättare för S"."""
        if isinstance(item, str):
            return _("alla ersättare i gruppen %(group)s", group=item)
        title = seat_title(self.seats[item]) if item in self.seats else _("en plats som inte finns kvar")
        name = self.sitting.get(item)
        vacant = _("vakant")
        return f"{title} ({vacant})" if name is None else f"{name} ({title})"

    def title(self, whose: Whose) -> str:
        """What an order is decided for, in words."""
        if whose.seat_id is not None:
            return seat_title(self.seats[whose.seat_id]) if whose.seat_id in self.seats else _("En borttagen plats")
        return _("Hela forumet") if whose.group is None else _("Gruppen %(group)s", group=whose.group)

    def order(self, whose: Whose) -> list[Item]:
        """The decided order; empty when none is."""
        mine = [entry for entry in self.entries if (entry.seat_id, entry.group) == (whose.seat_id, whose.group)]
        return [item for entry in mine if (item := entry.substitute_seat_id or entry.substitute_group) is not None]

    def decided(self) -> list[Decided]:
        """Every decided order: the forum's, those of groups, those of seats."""
        found = dict.fromkeys(Whose(entry.seat_id, entry.group) for entry in self.entries)
        ordered = sorted(found, key=lambda whose: (whose.seat_id is not None, whose.group or "", whose.seat_id or 0))
        return [
            Decided(whose, self.title(whose), tuple(self.called(item) for item in self.order(whose)))
            for whose in ordered
        ]

    def choices(self) -> list[tuple[str, str]]:
        """What an order may be decided for: (in addresses, in words)."""
        groups = dict.fromkeys(seat.group for seat in self.seats.values() if seat.kind != "substitute" and seat.group)
        seats = [seat for seat in self.seats.values() if seat.kind == "ordinary"]
        whose = [Whose(), *(Whose(group=group) for group in groups), *(Whose(seat_id=seat.id) for seat in seats)]
        titles = [self.title(one) for one in whose]
        return [
            (one.value, f"{title} {titles[: n + 1].count(title)}" if titles.count(title) > 1 else title)
            for n, (one, title) in enumerate(zip(whose, titles, strict=True))
        ]

    def whose(self, value: str) -> Whose:
        """What an address names; raises NotFound for what the forum has not."""
        if value == ALL:
            return Whose()
        known = {choice for choice, _title in self.choices()} | {one.whose.value for one in self.decided()}
        if value not in known:
            raise NotFound
        if value.startswith(SEAT):
            return Whose(seat_id=int(value.removeprefix(SEAT)))
        return Whose(group=value.removeprefix(GROUP))


@bp.get("/forums/<slug>/substitutes")
@policy("forum.edit")
def index(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Who is called in for each ordinary seat, and the orders that have been decided."""
    forum: Forum = g.forum
    board = Board(db.session(), forum)
    return render_template("forums/substitutes.html", forum=forum, board=board, seats=board.seats)


@bp.route("/forums/<slug>/substitutes/order", methods=["GET", "POST"])
@policy("forum.edit")
def order(slug: str) -> ResponseReturnValue:
    """Deciding an order; ``?for=`` says for whom: ``all``, ``group-S`` or ``seat-7``."""
    forum: Forum = g.forum
    session = db.session()
    if request.method == "POST":
        rows.claim(session, forum)
    board = Board(session, forum)
    whose = board.whose(request.args.get("for", ALL))
    if request.method == "GET":
        return _render(board, whose, _opened(session, board, whose), 200)
    form = order_form(board.offered())(request.form)
    if clash := clash_with(session, form, _opened(session, board, whose), "forum", forum.id):
        return _render(board, whose, form, 409, clash)

    def decide() -> None:
        seating.set_substitute_order(
            session, actor(), now(), forum, order=form.order(), seat_id=whose.seat_id, group=whose.group
        )

    if not attempt(form, decide, {"order": "place-1"}):
        return _render(Board(session, forum), whose, form, 422)
    session.commit()
    saved(_("Inkallelseordningen är sparad."))
    return redirect(url_for("substitute_forms.index", slug=slug), 303)


@bp.post("/forums/<slug>/substitutes/remove")
@policy("forum.edit")
def remove(slug: str) -> ResponseReturnValue:
    """Takes a decided order away; what follows without one then holds."""
    forum: Forum = g.forum
    session = db.session()
    whose = Board(session, forum).whose(request.form.get("for", ""))
    form = PageForm(request.form)
    if not attempt(
        form,
        lambda: seating.set_substitute_order(
            session, actor(), now(), forum, order=[], seat_id=whose.seat_id, group=whose.group
        ),
    ):
        raise NotFound
    session.commit()
    saved(_("Den beslutade ordningen är borttagen."))
    return redirect(url_for("substitute_forms.index", slug=slug), 303)


def _opened(session: Session, board: Board, whose: Whose) -> OrderForm:
    """The form with the decided order, or where none is, with what follows without one for the seat."""
    shown = board.order(whose)
    if not shown and whose.seat_id is not None:
        shown = [row.seat_id for row in substitutes_for(session, g.forum.id, whose.seat_id, today())]
    offered = board.offered()
    known = {value_of(item) for item, _name in offered}
    values = [value for item in shown if (value := value_of(item)) in known]
    form = order_form(offered)(None, data={f"place-{n}": value for n, value in enumerate(values, 1)})
    form.stamp()
    return form


def _render(
    board: Board, whose: Whose, form: OrderForm, status: int, clash: Clash | None = None
) -> ResponseReturnValue:
    page = render_template(
        "forums/substitute_order.html",
        forum=g.forum,
        form=form,
        title=board.title(whose),
        whose=whose,
        is_decided=bool(board.order(whose)),
        offered=board.offered(),
        clash=clash,
        wrong=bool(form_errors(form)),
    )
    return page, status
