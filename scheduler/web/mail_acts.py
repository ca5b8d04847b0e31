"""What is done with mails that wait, failed or are held: again, never, not yet, now; one, many, or a whole mailing.

Not here: the pages that offer it (``mails``, ``mailings``, ``mail_health``), what is lawful (``mail.handling``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.history.rules import Actor
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, ngettext
from scheduler.mail.handling import abort_batch, abort_mail, hold_mail, release_hold, release_mail, retry_mail
from scheduler.mail.mailings import row_of
from scheduler.mail.models import MailHold, OutboxMail
from scheduler.web.mails import PAGE, find_mail, may_act
from scheduler.web.security import actor, now, policy, require, safe_next

bp = Blueprint("mail_acts", __name__)


@dataclass(frozen=True)
class Act:
    """One thing done with a mail."""

    word: str
    #: In which states it is offered; the action itself has the last word.
    states: tuple[str, ...]
    do: Callable[[Session, Actor, datetime, OutboxMail], object]
    #: What is said of so many mails.
    done: Callable[[int], str]


#: What may be done with a mail, in the order its buttons stand.
ACTS: Mapping[str, Act] = {
    "retry": Act(
        mark("Försök igen"),
        ("failed", "uncertain", "expired"),
        retry_mail,
        lambda n: ngettext("1 brev skickas igen.", "%(n)s brev skickas igen.", n),
    ),
    "release": Act(
        mark("Släpp"), ("held",), release_mail, lambda n: ngettext("1 brev är släppt.", "%(n)s brev är släppta.", n)
    ),
    "hold": Act(
        mark("Håll"), ("pending", "deferred"), hold_mail, lambda n: ngettext("1 brev hålls.", "%(n)s brev hålls.", n)
    ),
    "abort": Act(
        mark("Avbryt"),
        ("pending", "deferred", "held"),
        abort_mail,
        lambda n: ngettext("1 brev är avbrutet.", "%(n)s brev är avbrutna.", n),
    ),
}


def acts_of(mail: OutboxMail) -> list[tuple[str, str]]:
    """What may be done with a mail in its state: name and word."""
    lawful = [(name, _(act.word)) for name, act in ACTS.items() if mail.state in act.states]
    # What nobody can use any more is not sent again.
    return [one for one in lawful if one[0] != "retry" or mail.stale_at > now()]


def _back() -> ResponseReturnValue:
    return redirect(safe_next(request.form.get("next") or url_for("mails.index")), 303)


@bp.post("/mail/<int:mail_id>/<any(retry, release, hold, abort):mail_step>")
@policy("secretariat")
def act(mail_id: int, mail_step: str) -> ResponseReturnValue:
    """Does one thing with one mail."""
    mail = find_mail(mail_id)
    if not may_act(mail):
        require("administrator")
    return _do(mail_step, [mail])


@bp.post("/mail/many")
@policy("secretariat")
def act_on_many() -> ResponseReturnValue:
    """Does one thing with each of the chosen mails the person answers for; says how many it could not be done with."""
    step = request.form.get("do", "")
    if step not in ACTS:
        abort(400)
    numbers = dict.fromkeys(
        value for value in request.form.getlist("mail")[:PAGE] if re.fullmatch(r"[0-9]{1,18}", value)
    )
    found = [mail for number in numbers if (mail := db.session.get(OutboxMail, int(number))) is not None]
    mine = [mail for mail in found if may_act(mail)]
    if not mine:
        flash(_("Välj minst ett brev."))
        return _back()
    return _do(step, mine)


def _do(name: str, chosen: list[OutboxMail]) -> ResponseReturnValue:
    """Does it, commits, and says on the next page how it went; asks before a mail may come twice."""
    doubtful = [mail for mail in chosen if mail.state == "uncertain"]
    if name == "retry" and doubtful and "sure" not in request.form:
        return _ask(chosen, doubtful)
    step, session = ACTS[name], db.session()
    done, refused = 0, list[str]()
    for mail in chosen:
        try:
            step.do(session, actor(), now(), mail)
        except Refused as error:
            refused.append(str(error))
        else:
            done += 1
    session.commit()
    if done:
        flash(step.done(done))
    for said in dict.fromkeys(refused):
        flash(ngettext("1 brev: %(said)s", "%(n)s brev: %(said)s", refused.count(said), said=said))
    return _back()


def _ask(chosen: list[OutboxMail], doubtful: list[OutboxMail]) -> ResponseReturnValue:
    """The page between: of these mails nobody knows whether they have arrived."""
    session = db.session()
    return render_template(
        "mails/again.html",
        chosen=chosen,
        rows=[row_of(session, mail) for mail in doubtful],
        back=safe_next(request.form.get("next") or url_for("mails.index")),
    )


@bp.post("/mail/holds/release")
@policy("administrator")
def release() -> ResponseReturnValue:
    """Lets a kind of mail go on, or all kinds."""
    session = db.session()
    kind = request.form.get("kind", "")
    if session.get(MailHold, kind) is not None:
        release_hold(session, actor(), now(), kind)
        session.commit()
    flash(_("Breven är släppta."))
    return _back()


@bp.post("/meetings/<int:meeting_id>/mailings/undo")
@policy("meeting.edit")
def undo(meeting_id: int) -> ResponseReturnValue:
    """Takes back a whole mailing of which nothing has left."""
    session = db.session()
    batch = request.form.get("batch", "")
    meetings = set(session.scalars(select(OutboxMail.meeting_id).where(OutboxMail.batch == batch)))
    if not batch or meetings != {meeting_id}:
        raise NotFound
    try:
        taken_back = abort_batch(session, actor(), now(), batch)
    except Refused as error:
        session.rollback()
        flash(str(error))
    else:
        session.commit()
        flash(ngettext("1 brev är avbrutet.", "%(n)s brev är avbrutna.", taken_back))
    return redirect(url_for("mailings.show", meeting_id=meeting_id), 303)


def act_words() -> list[tuple[str, str]]:
    """Everything that may be done with mails: name and word."""
    return [(name, _(act.word)) for name, act in ACTS.items()]


bp.add_app_template_global(acts_of, "mail_acts")
bp.add_app_template_global(act_words, "mail_act_words")
