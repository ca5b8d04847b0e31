"""How the seats of a called meeting are covered, and its chains of substitutes: the card, the page, asking, passing on.

Also the list of what those called need. Not here: the calling-in order of a forum (``substitute_forms``), answers
(``replies``, ``reply_page``), who is next (``meetings.substitutes``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from scheduler.accounts.rules import may
from scheduler.clock import civil_date
from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.i18n import date_text, mark, ngettext
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce
from scheduler.meetings import substitutes
from scheduler.meetings.models import Meeting, SubstituteCall
from scheduler.meetings.needs import asks_needs, needs_list
from scheduler.meetings.rules import State
from scheduler.meetings.substitute_rules import CallState, Cover, Skip
from scheduler.meetings.substitutes import SeatLine, seat_lines, seats_covered
from scheduler.organisations.rules import shown_name
from scheduler.web.security import actor, may_meeting, now, policy, principal, settings
from scheduler.web.symbols import pill
from scheduler.web.words import Glyph

bp = Blueprint("substitutes", __name__)

#: Why a substitute is passed over, in a word or two.
SKIPS: Mapping[Skip, str] = {
    Skip.NOT_CALLED: mark("inte kallad till mötet"),
    Skip.OWN_SEAT: mark("har en egen plats"),
    Skip.AWAY: mark("borta den dagen"),
    Skip.SAID_NO: mark("har svarat nej"),
    Skip.SERVES_ELSEWHERE: mark("tjänstgör på en annan plats"),
    Skip.ASKED_ELSEWHERE: mark("frågad för en annan plats"),
    Skip.NO_ANSWER: mark("svarade inte"),
}
#: How a call of a substitute stands, in a link of its chain.
CALLS: Mapping[CallState, str] = {
    CallState.WAITING: mark("%(name)s: frågad %(day)s, väntar"),
    CallState.ACCEPTED: mark("%(name)s: ja"),
    CallState.DECLINED: mark("%(name)s: nej"),
    CallState.EXPIRED: mark("%(name)s: frågad %(day)s, svarade inte"),
    CallState.WITHDRAWN: mark("%(name)s: behövs inte"),
}


@dataclass(frozen=True)
class Seats:
    """What a reader sees of how the seats are covered."""

    #: "11 av 13 platser är täckta, 2 genom ersättare."; "" before the call.
    sentence: str = ""
    #: The seats the reader sees with a chain, or in need of one.
    lines: Sequence[SeatLine] = ()
    #: Row of the list → what stands beside its answer: who covers the seat, whose seat one serves on.
    beside: Mapping[int, str] = field(default_factory=dict)
    #: Whether the reader asks substitutes now.
    may_ask: bool = False
    may_edit: bool = False
    asks_needs: bool = False


def seats_on(meeting: Meeting) -> Seats:
    """How the seats of ``meeting`` are covered, for the reader."""
    lines = seat_lines(db.session(), meeting)
    if not lines:
        return Seats()
    seen = [line for line in lines if _may_see(meeting, line)]
    may_edit = may_meeting("meeting.edit", meeting)
    return Seats(
        sentence=covered_sentence(lines),
        lines=[line for line in seen if line.chain or line.cover in {Cover.OPEN, Cover.EMPTY}],
        beside=_beside(meeting, seen),
        may_ask=may_edit and meeting.state == State.CALLED and meeting.start_at > now(),
        may_edit=may_edit,
        asks_needs=may_edit and asks_needs(meeting),
    )


def covered_sentence(lines: Sequence[SeatLine]) -> str:
    """ "11 av 13 platser är täckta, 2 genom ersättare."."""
    covered, by_substitutes = seats_covered(lines)
    n = len(lines)
    if by_substitutes:
        text = ngettext(
            "%(covered)s av %(n)s plats är täckt, %(by)s genom ersättare.",
            "%(covered)s av %(n)s platser är täckta, %(by)s genom ersättare.",
            n,
            covered=covered,
            by=by_substitutes,
        )
    else:
        text = ngettext(
            "%(covered)s av %(n)s plats är täckt.", "%(covered)s av %(n)s platser är täckta.", n, covered=covered
        )
    return text


def _may_see(meeting: Meeting, line: SeatLine) -> bool:
    return may(
        principal(),
        "answer.read",
        forum_ids=[forum.id for forum in meeting.forums],
        organisation_ids=[] if line.seat.organisation_id is None else [line.seat.organisation_id],
    )


def _beside(meeting: Meeting, lines: Sequence[SeatLine]) -> dict[int, str]:
    rows = {row.person_id: row.id for row in meeting.invitees if row.withdrawn_at is None}
    found = {}
    for line in lines:
        live = line.live
        if live is None or live.state != CallState.ACCEPTED:
            continue
        if line.invitee is not None:
            found[line.invitee.id] = _("Täckt av %(name)s", name=shown_name(live.person))
        if (row_id := rows.get(live.person_id)) is not None:
            seat = line.title or line.holder
            found[row_id] = _("Tjänstgör för %(seat)s", seat=seat) if seat else _("Tjänstgör")
    return found


def cover_pill(line: SeatLine) -> Markup:
    """How a seat stands, as a pill: "Täckt av Pär Lidström"."""
    live = line.live
    name = "" if live is None else shown_name(live.person)
    words: dict[Cover, tuple[Glyph, str]] = {
        Cover.HOLDER: ("met", _("Kommer")),
        Cover.SUBSTITUTE: ("met", _("Täckt av %(name)s", name=name)),
        Cover.ASKED: ("track", _("%(name)s är frågad", name=name)),
        Cover.OPEN: ("risk", _("Ingen kommer")),
        Cover.EMPTY: ("behind", _("Ingen kvar att fråga")),
        Cover.UNANSWERED: ("none", _("Inget svar")),
    }
    return pill(*words[line.cover])


def step_words(call: SubstituteCall) -> str:
    """A call in a chain: "Pär Lidström: frågad 8 september, väntar"."""
    day = date_text(civil_date(call.asked_at, settings().time_zone), weekday=False)
    return _(CALLS[CallState(call.state)]) % {"name": shown_name(call.person), "day": day}


def holder_words(line: SeatLine) -> str:
    """The beginning of a chain: "Gun-Britt Hedqvist: nej"."""
    if line.standing is None:
        return _("Vakant")
    name = line.holder or ""
    answer = line.standing.answer
    if answer is None:
        return _("%(name)s: har inte svarat", name=name)
    words = {
        "yes": mark("%(name)s: ja"),
        "remote": mark("%(name)s: på distans"),
        "no": mark("%(name)s: borta") if line.standing.is_away else mark("%(name)s: nej"),
        "maybe": mark("%(name)s: kanske"),
    }
    return _(words[answer.value]) % {"name": name}


def skip_words(line: SeatLine) -> str:
    """Who is passed over and why: "Eva Ek (borta den dagen), …"; "" for nobody."""
    return ", ".join(f"{candidate.name} ({_(SKIPS[why])})" for candidate, why in line.line.skipped)


# ---------------------------------------------------------------- the page and what is done from it


@bp.get("/meetings/<int:meeting_id>/substitutes")
@policy("meeting.edit")
def index(meeting_id: int) -> ResponseReturnValue:
    """Every seat of the meeting, how it is covered, and its chain."""
    meeting: Meeting = g.meeting
    if meeting.called_at is None:
        return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
    lines = seat_lines(db.session(), meeting)
    return render_template(
        "substitutes/index.html",
        meeting=meeting,
        lines=lines,
        sentence=covered_sentence(lines) if lines else "",
        may_ask=meeting.state == State.CALLED and meeting.start_at > now(),
        automatic=meeting.forum.substitutes_automatic,
    )


@bp.post("/meetings/<int:meeting_id>/substitutes/ask")
@policy("meeting.edit")
def ask(meeting_id: int) -> ResponseReturnValue:
    """Asks the substitute the form names, or whoever is next, for the seat it names."""
    seat_id = request.form.get("seat_id", type=int)
    person_id = request.form.get("person_id", type=int)
    if seat_id is None:
        raise NotFound

    def act(meeting: Meeting) -> str:
        call = substitutes.ask_substitute(db.session(), actor(), now(), meeting, seat_id=seat_id, person_id=person_id)
        return _("%(name)s är frågad och får ett brev.", name=shown_name(call.person))

    return _do(meeting_id, act)


@bp.post("/meetings/<int:meeting_id>/substitutes/<int:call_id>/pass-on")
@policy("meeting.edit")
def pass_on(meeting_id: int, call_id: int) -> ResponseReturnValue:
    """Waits no longer for one and asks the next."""

    def act(meeting: Meeting) -> str:
        call = substitutes.pass_on(db.session(), actor(), now(), meeting, _call(meeting, call_id))
        if call is None:
            return _("Ingen är kvar att fråga för platsen.")
        return _("%(name)s är frågad och får ett brev.", name=shown_name(call.person))

    return _do(meeting_id, act)


@bp.post("/meetings/<int:meeting_id>/substitutes/<int:call_id>/withdraw")
@policy("meeting.edit")
def withdraw(meeting_id: int, call_id: int) -> ResponseReturnValue:
    """Takes the call of a substitute back."""

    def act(meeting: Meeting) -> str:
        call = _call(meeting, call_id)
        substitutes.withdraw_call(db.session(), actor(), now(), meeting, call)
        return _("Frågan till %(name)s är återkallad.", name=shown_name(call.person))

    return _do(meeting_id, act)


def _call(meeting: Meeting, call_id: int) -> SubstituteCall:
    call = db.session().get(SubstituteCall, call_id)
    if call is None or call.meeting_id != meeting.id:
        raise NotFound
    return call


def _do(meeting_id: int, act: Callable[[Meeting], str]) -> ResponseReturnValue:
    """Does ``act`` and says what came of it, on the page it was asked from; a refusal is said there too."""
    meeting: Meeting = g.meeting
    session = db.session()
    try:
        message = act(meeting)
    except Refused as refused:
        session.rollback()
        flash(str(refused.problems[0]))
    else:
        announce(session, now(), settings())
        session.commit()
        flash(message)
    back = "substitutes.index" if request.form.get("back") == "seats" else "meetings.show"
    return redirect(url_for(back, meeting_id=meeting_id), 303)


# ---------------------------------------------------------------- what people need


@bp.get("/meetings/<int:meeting_id>/needs")
@policy("meeting.edit")
def needs(meeting_id: int) -> ResponseReturnValue:
    """What those called need: for whoever orders the food and sees to the room."""
    meeting: Meeting = g.meeting
    if not asks_needs(meeting):
        return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
    return render_template("substitutes/needs.html", meeting=meeting, rows=needs_list(db.session(), meeting))


bp.add_app_template_global(cover_pill)
bp.add_app_template_global(step_words)
bp.add_app_template_global(holder_words)
bp.add_app_template_global(skip_words)
