"""Pages of closed and blocked days: a year of them, entering, editing, taking away.

What all calendars say of the year already stands beside, so that nobody enters it. Not here: the absences of a
person, which are that person's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.i18n import date_text, language, lazy, month_name, ngettext, span_text
from scheduler.i18n import gettext as _
from scheduler.meetings.blocked import meetings_in_the_way
from scheduler.organisations import rows
from scheduler.organisations.queries import organisations_for_list
from scheduler.places import actions
from scheduler.places.models import BlockedPeriod
from scheduler.places.queries import (
    blocked_by_id,
    blocked_for_list,
    blocked_of,
    names_of_scopes,
    places_for_list,
)
from scheduler.web.attempt import attempt
from scheduler.web.fields import form_errors
from scheduler.web.forms.places import BLOCKED_KIND_WORDS, BlockedForm, RemoveForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal, settings, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved
from scheduler.workdays.observances import MarkKind, named_spans

bp = Blueprint("blocked", __name__)

#: Years offered on both sides of the present one, and how far the address may reach.
YEARS_AROUND = 1
REACH = 50
#: What a day of the almanac is, where its name does not say it.
MARK_WORDS = {
    MarkKind.PUBLIC: lazy("Röd dag"),
    MarkKind.EVE: lazy("Afton"),
    MarkKind.CLOSED: lazy("Stängt"),
    MarkKind.HALF_DAY: lazy("Halvdag"),
    MarkKind.OTHER_EVE: lazy("Afton"),
    MarkKind.SQUEEZE: lazy("Klämdag"),
    MarkKind.SCHOOL_BREAK: lazy("Skollov"),
    MarkKind.OBSERVANCE: lazy("Att tänka på"),
}


@dataclass(frozen=True)
class Line:
    """One period of the list."""

    period: BlockedPeriod
    days: str
    kind: str
    #: Whose days they are: "Alla", or the name of the organisation or place.
    whose: str
    source: str


@bp.get("/blocked")
@policy("register.read")
def index() -> ResponseReturnValue:
    """The closed and blocked days of a year, month by month, and what the almanac says of it."""
    session = db.session()
    year = request.args.get("year", today().year, type=int)
    if abs(year - today().year) > REACH:
        year = today().year
    first, last = date(year, 1, 1), date(year, 12, 31)
    periods = blocked_for_list(session, from_on=first, to_on=last)
    english = language() == "en"
    return render_template(
        "blocked/index.html",
        year=year,
        years=range(today().year - YEARS_AROUND, today().year + YEARS_AROUND + 2),
        months=_by_month(_lines(session, periods), first),
        count=len(periods),
        almanac=[
            (days_text(*span), mark.name["en"] if english else mark.name["sv"], MARK_WORDS[mark.kind], mark.closes)
            for *span, mark in named_spans(year)
        ],
        may_edit=may(principal(), "register.edit"),
    )


@bp.route("/blocked/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering closed or blocked days, ``?place=`` where."""
    session = db.session()
    form = BlockedForm(request.form if request.method == "POST" else None, meta={"today": today()})
    _offer(session, form, None)
    if request.method == "GET":
        if place := request.args.get("place"):
            form.scope.data, form.place_id.data = "place", place
        return _render(form, None, 200)
    made: list[BlockedPeriod] = []
    if not attempt(form, lambda: made.append(actions.add_blocked(session, actor(), now(), **form.values(_zone())))):
        return _render(form, None, 422)
    return _saved(session, made[0])


@bp.route("/blocked/<int:blocked_id>", methods=["GET", "POST"])
@policy("register.edit")
def edit(blocked_id: int) -> ResponseReturnValue:
    """Editing closed or blocked days; the booked meetings they speak against stand beside."""
    session = db.session()
    period = _find(session, blocked_id)
    if request.method == "GET":
        return _render(_opened(session, period), period, 200)
    form = BlockedForm(request.form, meta={"today": today()})
    _offer(session, form, period)
    rows.claim(session, period)
    if clash := clash_with(session, form, _opened(session, period), "blocked_period", blocked_id):
        return _render(form, period, 409, clash=clash)
    if not attempt(form, lambda: actions.edit_blocked(session, actor(), now(), period, **form.values(_zone()))):
        return _render(form, period, 422)
    return _saved(session, period)


@bp.post("/blocked/<int:blocked_id>/remove")
@policy("register.edit")
def remove(blocked_id: int) -> ResponseReturnValue:
    """Takes closed or blocked days away."""
    session = db.session()
    period = _find(session, blocked_id)
    name, year, form = period.name, period.from_on.year, RemoveForm(request.form)
    if not attempt(form, lambda: actions.remove_blocked(session, actor(), now(), period)):
        return _render(_opened(session, period), period, 422, remove=form)
    session.commit()
    saved(_("%(name)s är borttagen.", name=name))
    return redirect(url_for("blocked.index", year=year), 303)


def _saved(session: Session, period: BlockedPeriod) -> ResponseReturnValue:
    """Saves, and shows the meetings it speaks against where there are any."""
    session.commit()
    count = len(meetings_in_the_way(session, blocked_of(period), principal()))
    if not count:
        saved(_("%(name)s är sparad.", name=period.name))
        return redirect(url_for("blocked.index", year=period.from_on.year), 303)
    booked = ngettext("1 möte är redan inlagt de dagarna.", "%(n)s möten är redan inlagda de dagarna.", count)
    saved(_("%(name)s är sparad. %(booked)s", name=period.name, booked=booked))
    return redirect(url_for("blocked.edit", blocked_id=period.id), 303)


# ---------------------------------------------------------------- words


def days_text(from_on: date, to_on: date) -> str:
    """ "24 december", "24 december–6 januari 2027": the year where the last day is in another one."""
    first = date_text(from_on, weekday=False)
    if from_on == to_on:
        return first
    if (from_on.year, from_on.month) == (to_on.year, to_on.month):
        return f"{from_on.day}–{date_text(to_on, weekday=False)}"
    return f"{first}–{date_text(to_on, weekday=False, year=from_on.year != to_on.year)}"


def _lines(session: Session, periods: Sequence[BlockedPeriod]) -> list[Line]:
    names = names_of_scopes(session, periods)
    return [
        Line(period, _days(period), str(BLOCKED_KIND_WORDS[period.kind]), names.get(period.id, ""), _source(period))
        for period in periods
    ]


def _days(period: BlockedPeriod) -> str:
    days = days_text(period.from_on, period.to_on)
    if period.from_at is None or period.to_at is None:
        return days
    times = span_text(period.from_at.astimezone(_zone()), period.to_at.astimezone(_zone()))
    return _("%(days)s, %(times)s", days=days, times=times)


def _source(period: BlockedPeriod) -> str:
    known = {"manual": _("Inlagd för hand"), "register": _("Registret"), "demo": _("Demo")}
    return known.get(period.source) or urlsplit(period.source).hostname or period.source


def _by_month(lines: Sequence[Line], first: date) -> list[tuple[str, list[Line]]]:
    """The lines under the month they begin in; what began before the year is under its first month."""
    months: dict[int, list[Line]] = {}
    for line in lines:
        months.setdefault(max(line.period.from_on, first).month, []).append(line)
    return [(month_name(number), months[number]) for number in sorted(months)]


# ---------------------------------------------------------------- the parts


def _zone() -> ZoneInfo:
    return ZoneInfo(settings().time_zone)


def _find(session: Session, blocked_id: int) -> BlockedPeriod:
    period = blocked_by_id(session, blocked_id)
    if period is None:
        raise NotFound
    return period


def _offer(session: Session, form: BlockedForm, period: BlockedPeriod | None) -> None:
    form.offer(organisations_for_list(session), places_for_list(session), period)


def _opened(session: Session, period: BlockedPeriod) -> BlockedForm:
    form = BlockedForm(None, obj=period, meta={"today": today()})
    _offer(session, form, period)
    form.show(period, _zone())
    form.stamp()
    return form


def _render(
    form: BlockedForm,
    period: BlockedPeriod | None,
    status: int,
    *,
    clash: Clash | None = None,
    remove: RemoveForm | None = None,
) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "blocked/edit.html",
        form=remove if remove is not None and form_errors(remove) else form,
        blocked_form=form,
        period=period,
        days=_days(period) if period else "",
        source=_source(period) if period else "",
        meetings=meetings_in_the_way(session, blocked_of(period), principal()) if period else (),
        clash=clash,
    )
    return page, status
