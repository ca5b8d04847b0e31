"""Pages that change what a forum requires over time: its cadence versions and its pauses.

Not here: the first requirement of a new forum (``forum_forms``), reading a sentence (``forms.requirement``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.cadence.rules import CadenceVersion as Version
from scheduler.cadence.sentences import describe
from scheduler.db import db
from scheduler.errors import NotFound, Refused, SavedByOther
from scheduler.forums import cadences, queries
from scheduler.forums.models import CadenceVersion, Forum, Pause
from scheduler.i18n import date_text, language
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce
from scheduler.meetings.cadence import standings
from scheduler.web.fields import show_problems
from scheduler.web.forms.forums import CadenceForm, PauseForm
from scheduler.web.forms.requirement import READ
from scheduler.web.saved_by_other import Clash, clash_of
from scheduler.web.security import actor, now, policy, settings, today
from scheduler.web.shell import saved
from scheduler.web.standing_rows import Row, row_of, said
from scheduler.web.words import status_word

bp = Blueprint("cadence_forms", __name__)


def saved_words(forum: Forum) -> str:
    """What was stored, the requirement as it was read: nothing is read in silence."""
    versions = queries.cadence_forum(forum).versions
    if not versions:
        return _("%(name)s är sparat.", name=forum.title)
    return _("%(name)s är sparat. Kravet är %(rule)s.", name=forum.title, rule=rule_words(versions[-1]))


def rule_words(version: Version) -> str:
    """A requirement inside a sentence: "cirka 2–3 gånger per år"."""
    words = describe(version)
    return words["en"] if language() == "en" else words["sv"]


# ---------------------------------------------------------------- its requirement over time


@dataclass(frozen=True)
class Earlier:
    """One version of a requirement as a page lists it."""

    row: CadenceVersion
    words: str
    #: The first day (None: from the beginning) and the last one (None: until further notice).
    from_on: date | None
    to_on: date | None


def versions_of(forum: Forum) -> list[Earlier]:
    """The versions of a forum's requirement, the latest first."""
    rows = sorted(forum.cadences, key=lambda row: row.valid_from_on or date.min)
    ends = [row.valid_from_on for row in rows[1:]]
    lasts = [None if day is None else day - timedelta(days=1) for day in ends]
    words = [said(describe(version)) for version in queries.cadence_forum(forum).versions]
    return [
        Earlier(row, text, row.valid_from_on, last) for row, text, last in zip(rows, words, [*lasts, None], strict=True)
    ][::-1]


@bp.route("/forums/<slug>/cadence", methods=["GET", "POST"])
@policy("forum.edit")
def cadence(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """What a forum has required, and from which day it is to require something else."""
    forum: Forum = g.forum
    session = db.session()
    if request.method == "GET":
        return _render_cadence(_opened_cadence(forum), forum, 200)
    form = CadenceForm(request.form, meta={"today": today()})
    form.offer()
    fine = form.validate()
    if form.must_ask:
        asked_before = form.was_asked
        form.ask()
        yes = _row_with(session, forum, form, answer=READ) if form.words_read else None
        return _render_cadence(form, forum, 422 if asked_before or not fine else 200, yes=yes)
    if not fine:
        return _render_cadence(form, forum, 422)
    try:
        if "preview" in request.form:
            return _render_cadence(form, forum, 200, outcome=_outcome(session, forum, form))
        _set(session, forum, form)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render_cadence(form, forum, 422)
    except SavedByOther as error:
        session.rollback()
        form.version.data = str(forum.version)
        clash = clash_of(error, form, form, forum.time_zone)
        return _render_cadence(form, forum, 409, clash=clash)
    announce(session, now(), settings())
    session.commit()
    saved(saved_words(forum))
    return redirect(url_for("cadence_forms.cadence", slug=forum.slug), 303)


def _opened_cadence(forum: Forum) -> CadenceForm:
    first_on = today() if forum.cadences else None
    form = CadenceForm(None, data={"answer": READ, "valid_from_on": first_on, "version": str(forum.version)})
    form.offer()
    return form


def _set(session: Session, forum: Forum, form: CadenceForm) -> None:
    cadences.set_cadence(
        session, actor(), now(), forum, valid_from_on=form.valid_from_on.data, version=form.known_version,
        **form.requirement(),
    )  # fmt: skip


def _outcome(session: Session, forum: Forum, form: CadenceForm) -> Row:
    """Where the forum would stand: saved, judged, and taken back. Raises as saving does."""
    _set(session, forum, form)
    row = row_of(forum, standings(session, [forum], today())[forum.id])
    session.rollback()
    return row


def _row_with(session: Session, forum: Forum, form: CadenceForm, *, answer: str) -> Row | None:
    """Where the forum would stand with an answer that is not given yet; None where it cannot be saved."""
    form.answer.data = answer
    try:
        return _outcome(session, forum, form)
    except (Refused, SavedByOther):
        session.rollback()
        return None
    finally:
        form.answer.data = None


def _render_cadence(
    form: CadenceForm,
    forum: Forum,
    status: int,
    *,
    outcome: Row | None = None,
    yes: Row | None = None,
    clash: Clash | None = None,
    pause: PauseForm | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "forums/cadence.html",
        form=form if pause is None or not pause.errors else pause,
        requirement=form,
        pause=pause or PauseForm(None, prefix="pause-", meta={"today": today()}),
        forum=forum,
        versions=versions_of(forum),
        row=row_of(forum, standings(db.session(), [forum], today())[forum.id]),
        outcome=outcome,
        yes=yes,
        clash=clash,
    )
    return page, status


@bp.post("/forums/<slug>/cadence/<int:cadence_id>/remove")
@policy("forum.edit")
def remove_cadence(slug: str, cadence_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum
    """Takes a version away: asks first, saying where the forum will stand."""
    forum: Forum = g.forum
    session = db.session()
    version = next((found for found in versions_of(forum) if found.row.id == cadence_id), None)
    if version is None:
        raise NotFound
    cadences.remove_cadence(session, actor(), now(), forum, version.row)
    if "confirmed" not in request.form:
        outcome = row_of(forum, standings(session, [forum], today())[forum.id])
        session.rollback()
        version = next(found for found in versions_of(forum) if found.row.id == cadence_id)
        return render_template("forums/cadence_remove.html", forum=forum, version=version, outcome=outcome)
    announce(session, now(), settings())
    session.commit()
    saved(_("Kravet är borttaget."))
    return redirect(url_for("cadence_forms.cadence", slug=forum.slug), 303)


# ---------------------------------------------------------------- pauses


@bp.post("/forums/<slug>/pauses")
@policy("forum.edit")
def add_pause(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Days on which the forum need not meet."""
    forum: Forum = g.forum
    session = db.session()
    pause = PauseForm(request.form, prefix="pause-", meta={"today": today()})
    if pause.validate():
        try:
            cadences.add_pause(session, actor(), now(), forum, **pause.values())
        except Refused as refused:
            session.rollback()
            show_problems(pause, refused)
        else:
            return _paused(session, forum, _("Uppehållet är sparat."))
    return _render_cadence(_opened_cadence(forum), forum, 422, pause=pause)


@bp.post("/forums/<slug>/pauses/<int:pause_id>/remove")
@policy("forum.edit")
def remove_pause(slug: str, pause_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum
    """Takes a pause away."""
    forum: Forum = g.forum
    session = db.session()
    pause = session.get(Pause, pause_id)
    if pause is None or pause.forum_id != forum.id:
        raise NotFound
    cadences.remove_pause(session, actor(), now(), forum, pause)
    return _paused(session, forum, _("Uppehållet är borttaget."))


def _paused(session: Session, forum: Forum, words: str) -> ResponseReturnValue:
    announce(session, now(), settings())
    session.commit()
    status = standings(session, [forum], today())[forum.id].evaluation.status
    saved(_("%(what)s Läget är nu: %(status)s.", what=words, status=status_word(status).lower()))
    return redirect(url_for("cadence_forms.cadence", slug=forum.slug), 303)


def pause_words(pause: Pause) -> str:
    """ "1 juli–15 augusti varje år", "från 1 mars 2027 tills vidare"."""
    first, year = pause.from_on, not pause.yearly
    if pause.to_on is None:
        return _("Från %(day)s tills vidare", day=date_text(first, weekday=False, year=True))
    last = date_text(pause.to_on, weekday=False, year=year)
    span = f"{date_text(first, weekday=False, year=year)}–{last}"
    return _("%(span)s varje år", span=span) if pause.yearly else span


bp.add_app_template_global(pause_words)
