"""An organisation's own page, by a link that is itself the permission: its seats, its answers, its calendar (D10).

Opened without signing in and without a cookie: each form carries a seal that only the page behind the link has
(SEC-12), and an answer leads back to the page by an address relative to it, so that the secret stands in no header
(SEC-4). A GET changes nothing, since mail programs open links to look at them. Not here: handing the link out
(``organisation_links``), what the secretariat does with a report (``representatives``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts import personal_links
from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.feeds import actions as feeds
from scheduler.feeds.queries import link_of_organisation, links_of_organisation
from scheduler.forums import representatives, seat_checks, seating
from scheduler.forums.contact_points import contact_points
from scheduler.forums.models import Forum
from scheduler.forums.own_seats import offered_seats, reportable_seats, seats_with_offices
from scheduler.forums.seat_models import Seat
from scheduler.forums.seats import ForumSeat, SeatHolder, seats_of_organisation
from scheduler.history.rules import Actor
from scheduler.i18n import gettext as _
from scheduler.i18n import language, ngettext, number_word
from scheduler.mail.overview_letters import PURPOSE
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import coming_meetings
from scheduler.organisations.models import Organisation
from scheduler.web import words
from scheduler.web.clocks import read_by
from scheduler.web.fields import PageForm, form_errors, show_problems
from scheduler.web.forms.organisation_page import CalendarForm, ConfirmForm, RepresentativeForm, id_of
from scheduler.web.parts import Notice
from scheduler.web.seat_forms import commit_seats
from scheduler.web.security import (
    forum_is_public,
    in_language,
    limit,
    meeting_is_public,
    network,
    now,
    policy,
    settings,
    today,
)
from scheduler.web.shell import about_links
from scheduler.web.subscribe import webcal

bp = Blueprint("organisation_page", __name__)

#: So many unknown links one network may try in a span, and so many answers one organisation may send.
WRONG, ANSWERS = 60, 60
SPAN = timedelta(minutes=10)
#: So many coming meetings are listed.
COMING = 8
#: How long a settled report stands on the page.
SETTLED = timedelta(days=60)


# ---------------------------------------------------------------- the link


def organisation_path(organisation: Organisation) -> str:
    """The address of the organisation's own page; whoever has it may answer for the organisation."""
    secret = personal_links.derive(settings().secret_key, PURPOSE, organisation.id, organisation.link_epoch)
    return f"/o/{secret}"


def organisation_link(organisation: Organisation) -> str:
    """The same as a whole address, to be sent or copied."""
    return f"{settings().public_url}{organisation_path(organisation)}"


def _find(token: str) -> Organisation:
    """The organisation of a link; raises NotFound for an unknown or revoked one, which counts against the network."""
    key = settings().secret_key
    row_id = personal_links.read(key, PURPOSE, token)
    found = None if row_id is None else db.session.get(Organisation, row_id)
    if (
        found is None
        or found.merged_into_id is not None
        or not personal_links.verify(key, PURPOSE, token, found.id, found.link_epoch)
    ):
        limit("organisation.wrong", network(), times=WRONG, span=SPAN)
        db.session.commit()  # the wrong try
        raise NotFound
    read_by(None, found)
    return found


def _answering(token: str) -> tuple[Organisation, Actor]:
    """Whose form came back, and who acts; 400 for a form that was not on the page."""
    organisation = _find(token)
    given = request.form.get("form_token")
    if not personal_links.form_token_fits(settings().secret_key, PURPOSE, token, given):
        abort(400)
    limit("organisation.answer", str(organisation.id), times=ANSWERS, span=SPAN)
    return organisation, Actor(f"{organisation.name} (länk)")


def _back(done: str) -> ResponseReturnValue:
    """To the page, whose address stands in no header: the browser works it out from the one it has."""
    return redirect(in_language(f"./?done={done}"), 303)


# ---------------------------------------------------------------- the page


@bp.get("/o/<token>/", strict_slashes=False)
@policy("token")
def show(token: str) -> ResponseReturnValue:
    """The organisation's page."""
    return _page(token, _find(token), {})


@bp.post("/o/<token>/answer")
@policy("token")
def answer(token: str) -> ResponseReturnValue:
    """Takes an offered seat, or turns it down."""
    organisation, actor = _answering(token)
    session = db.session()
    seat = session.get(Seat, id_of(request.form.get("seat_id")) or 0)
    if seat is None or seat.organisation_id != organisation.id:
        raise NotFound
    if seat.offer != "offered":
        return _back("late")
    accepted = request.form.get("answer") == "accepted"
    seating.answer_offer(session, actor, now(), seat, accepted=accepted)
    commit_seats(session, seat.forum)
    return _back("accepted" if accepted else "declined")


@bp.post("/o/<token>/report")
@policy("token")
def report(token: str) -> ResponseReturnValue:
    """Reports whom the organisation sends to a seat; the secretariat confirms it."""
    organisation, actor = _answering(token)
    session = db.session()
    form = RepresentativeForm(request.form, prefix="report-", meta={"today": today()})
    if form.validate():
        try:
            representatives.report_representative(session, actor, now(), organisation, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            return _back("reported")
    return _page(token, organisation, {"report": form}, status=422)


@bp.post("/o/<token>/confirm")
@policy("token")
def confirm(token: str) -> ResponseReturnValue:
    """Says that the seats are right."""
    organisation, actor = _answering(token)
    session = db.session()
    form = ConfirmForm(request.form, prefix="confirm-")
    try:
        seat_checks.confirm_seats(session, actor, now(), organisation, name=form.name.data, today=today())
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _page(token, organisation, {"confirm": form}, status=422)
    session.commit()
    return _back("confirmed")


@bp.post("/o/<token>/calendar")
@policy("token")
def make_link(token: str) -> ResponseReturnValue:
    """Makes a calendar link and shows it, on the answer itself: without a cookie it can wait nowhere."""
    organisation, actor = _answering(token)
    session = db.session()
    form = CalendarForm(request.form, prefix="calendar-")
    if form.validate():
        try:
            made = feeds.make_organisation_token(
                session, actor, now(), organisation_id=organisation.id, **form.values()
            )
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            return _page(token, organisation, {}, made=made)
    return _page(token, organisation, {"calendar": form}, status=422)


@bp.post("/o/<token>/calendar/renew")
@policy("token")
def renew_link(token: str) -> ResponseReturnValue:
    """A new address for one of the organisation's calendar links, shown as a new one is."""
    organisation, actor = _answering(token)
    session = db.session()
    link = link_of_organisation(session, organisation.id, id_of(request.form.get("link_id")) or 0)
    made = feeds.renew_token(session, actor, now(), link)
    session.commit()
    return _page(token, organisation, {}, made=made)


@bp.post("/o/<token>/revoke")
@policy("token")
def revoke_link(token: str) -> ResponseReturnValue:
    """Ends one of the organisation's calendar links."""
    organisation, actor = _answering(token)
    session = db.session()
    link = link_of_organisation(session, organisation.id, id_of(request.form.get("link_id")) or 0)
    feeds.revoke_token(session, actor, now(), link)
    session.commit()
    return _back("revoked")


# ---------------------------------------------------------------- what it shows


@dataclass(frozen=True)
class Line:
    """One seat of the table."""

    holder: SeatHolder
    #: Its own name or its office; "" when its kind says it all.
    title: str
    #: The day of the forum's next meeting where the organisation has a seat.
    next_on: date | None


@dataclass(frozen=True)
class ForumLines:
    """The organisation's seats in one forum."""

    slug: str
    title: str
    is_public: bool
    lines: list[Line]


def _page(
    token: str,
    organisation: Organisation,
    forms: Mapping[str, PageForm],
    *,
    made: feeds.Made | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    session = db.session()
    seats = seats_of_organisation(session, organisation.id, today())
    offers = offered_seats(session, organisation.id, today())
    meetings = coming_meetings(session, now(), organisation_id=organisation.id)
    report_form = forms.get("report") or RepresentativeForm(None, prefix="report-", data={"from_on": today()})
    assert isinstance(report_form, RepresentativeForm)  # noqa: S101 - as the view of that name makes it
    choices = _offer(session, organisation)
    report_form.offer(choices)
    url = None if made is None else f"{settings().public_url}/feeds/{made.secret}.ics"
    page = render_template(
        "organisation_page/show.html",
        wide=True,
        personal=True,
        menu=(),
        links=about_links(),
        notices=_notices(request.args.get("done", ""), made),
        token=token,
        form_token=personal_links.form_token(settings().secret_key, PURPOSE, token),
        organisation=organisation,
        lead=lead(seats, len(offers)),
        offers=offers,
        forums=_forum_lines(session, seats, meetings),
        meetings=meetings[:COMING],
        reports=representatives.reports_of_organisation(session, organisation.id, since=now() - SETTLED),
        form=next((wrong for wrong in forms.values() if form_errors(wrong)), None),
        report_form=report_form,
        confirm_form=forms.get("confirm") or ConfirmForm(None, prefix="confirm-"),
        calendar_form=forms.get("calendar") or CalendarForm(None, prefix="calendar-"),
        seat_choices=choices,
        check=seat_checks.latest_checks(session, [organisation.id], year=today().year).get(organisation.id),
        confirmed=seat_checks.last_confirmed(session, organisation.id),
        points=contact_points(session, {row.forum_id for row in seats} | {seat.forum_id for seat in offers}, today()),
        calendar_links=links_of_organisation(session, organisation.id),
        made=None if made is None else (url, made.token),
        webcal=webcal(url),
        forum_is_public=forum_is_public,
        meeting_is_public=meeting_is_public,
        seat_name=seat_name,
        replaced=representatives.REPLACED,
    )
    return page, status


def _notices(done: str, made: feeds.Made | None) -> list[Notice]:
    """What has just happened, by the word in the address."""
    if made is not None:
        return [Notice("met", _("Länken %(name)s är skapad.", name=made.token.label))]
    known = {
        "accepted": _("Ni har tackat ja till platsen."),
        "declined": _("Ni har tackat nej till platsen."),
        "late": _("Platsen är redan besvarad."),
        "reported": _("Anmälan är skickad. Sekretariatet bekräftar innan bytet gäller."),
        "confirmed": _("Tack. Platserna är bekräftade."),
        "revoked": _("Kalenderlänken är borttagen. Kalendern slutar uppdateras."),
    }
    return [Notice("track" if done == "late" else "met", known[done])] if done in known else []


def _offer(session: Session, organisation: Organisation) -> list[tuple[int, str]]:
    """The seats somebody may be reported for, in words."""
    return [
        (seat.id, f"{seat.forum.title}, {_seat_words(seat)}")
        for seat in reportable_seats(session, organisation.id, today())
    ]


def _seat_words(seat: Seat) -> str:
    kind = words.seat_kind_word(seat.kind).lower()
    name = seat_name(seat)
    return f"{kind} ({name})" if name else kind


def seat_name(seat: Seat) -> str:
    """What tells a seat from the organisation's others: its own name, else its office; "" without either."""
    if seat.label or seat.office is None:
        return seat.label or ""
    return (seat.office.en if language() == "en" else None) or seat.office.sv


def _forum_lines(session: Session, seats: Sequence[ForumSeat], meetings: Sequence[Meeting]) -> list[ForumLines]:
    """The seats by forum, as they come."""
    next_on: dict[int, date] = {}
    for meeting in meetings:
        for row in meeting.forums:
            next_on.setdefault(row.id, meeting.local_on)
    stored = seats_with_offices(session, {row.seat.seat_id for row in seats})
    found = []
    for forum_id, rows in groupby(seats, key=lambda row: row.forum_id):
        lines = [Line(row.seat, seat_name(stored[row.seat.seat_id]), next_on.get(forum_id)) for row in rows]
        forum: Forum = stored[lines[0].holder.seat_id].forum
        found.append(ForumLines(forum.slug, forum.title, forum_is_public(forum), lines))
    return found


def lead(seats: Sequence[ForumSeat], offered: int) -> str:
    """ "Ni har 8 platser i 5 forum. En är vakant, och ni erbjuds en till."."""
    own = [row for row in seats if row.seat.offer not in {"offered", "declined"}]
    count = len({row.seat.seat_id for row in own})
    forums = len({row.forum_id for row in own})
    vacant = sum(row.seat.is_vacant for row in own)
    said = [_("Ni har ingen plats i något forum i dag.")]
    if count:
        where = ngettext("1 forum", "%(n)s forum", forums)
        said = [ngettext("Ni har 1 plats i %(where)s.", "Ni har %(n)s platser i %(where)s.", count, where=where)]
    empty = ngettext("en är vakant", "%(number)s är vakanta", vacant, number=number_word(vacant))
    more = ngettext("ni erbjuds en plats", "ni erbjuds %(number)s platser", offered, number=number_word(offered))
    if vacant and offered:
        said.append(_capital(_("%(empty)s, och %(more)s.", empty=empty, more=more)))
    elif vacant or offered:
        said.append(f"{_capital(empty if vacant else more)}.")
    return " ".join(said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


bp.add_app_template_global(organisation_path)
