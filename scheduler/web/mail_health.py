"""The page of health: does mail leave, what waits and why, who cannot be reached, are calendars fetched (D11).

A secretariat sees the state of sending as it is for all, and of people and meetings those of its own forums. Not here:
for machines that watch (``health``, ``metrics``), the mails themselves (``mails``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.models import User
from scheduler.db import db
from scheduler.feeds.clients import FeedUse, feed_use
from scheduler.forums.queries import forums_for_list
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, ngettext, time_text
from scheduler.mail.doctor import mode, queue_test
from scheduler.mail.health import (
    DAYS,
    Inbox,
    Queue,
    Relay,
    bouncing,
    clock,
    inbox,
    job_runs,
    mail_days,
    queue,
    relay,
    unsent,
)
from scheduler.mail.inbox import Trouble, trouble
from scheduler.mail.mailings import Chosen, holds
from scheduler.mail.mending import trust_organisation, trust_person
from scheduler.mail.outcomes import Answer, Stage
from scheduler.mail.queries import MailHealth, health, planned_mails
from scheduler.web import mail_words
from scheduler.web.blocked import days_text
from scheduler.web.filters import day_year, instant_text, local
from scheduler.web.mail_chart import mail_bars
from scheduler.web.security import actor, limit, now, policy, principal, settings, today
from scheduler.web.words import Glyph

bp = Blueprint("mail_health", __name__)

#: So many coming mailings are shown.
PLANNED = 4
#: So many test mails one person may send in an hour.
TESTS = 10
#: Periodic work → what it does.
JOB_WORDS: Mapping[str, str] = {
    "accounts.sweep": mark("Gamla inloggningar gallras"),
    "mail.forget": mark("Gamla brev gallras"),
    "calendars.mend": mark("Kalendrarna ses över"),
    "busy.forget_past": mark("Gamla upptagna tider gallras"),
    "mail.plan_coming": mark("Kommande utskick ses över"),
    "mail.digests": mark("Sammanställningar görs"),
}
#: Why the mailbox of answers is not read (``mail.inbox``).
INBOX_WORDS: Mapping[str, str] = {
    "away": mark("Brevlådan för svar går inte att nå."),
    "certificate": mark("Svarsbrevlådans certifikat godtas inte. Rätta värdnamnet eller ange SSL_CERT_FILE."),
    "unencrypted": mark("Svarsbrevlådan erbjuder ingen kryptering. Använd imaps."),
    "login": mark("Svarsbrevlådan godtar inte inloggningen."),
    "folder": mark("Mappen i TAKT_MAIL_INBOX finns inte."),
    "settings": mark("TAKT_MAIL_INBOX går inte att läsa."),
}
#: Why a mailing reached nobody (``Occurrence.reason``).
UNSENT_WORDS: Mapping[str, str] = {
    "late": mark("Hann inte gå i tid."),
    "nobody to write to": mark("Ingen att skriva till."),
}


@dataclass(frozen=True)
class Service:
    """One line of what keeps mail going."""

    name: str
    glyph: Glyph
    state: str
    last: str
    told: str
    url: str = ""


@bp.get("/health")
@policy("secretariat")
def show() -> ResponseReturnValue:
    """How sending stands, and what of it needs somebody."""
    session = db.session()
    own = None if principal().administrator else principal().secretariat_forums
    forums = forums_for_list(session, forum_ids=own)
    figures = health(session, now())
    line = queue(session, now(), settings().mail_rate)
    server = relay(session, now(), today(), settings().time_zone)
    held = holds(session, Chosen(own))
    bounces = bouncing(session, today(), forums, everything=own is None)
    use = feed_use(session, now(), today())
    days = mail_days(session, today())
    return render_template(
        "mails/health.html",
        services=[
            _sender(session, figures),
            _server(server),
            _answers(inbox(session, now()), trouble(session)),
            _calendars(use),
        ],
        summary=_summary(figures, server, held=len(held), bounces=len(bounces)),
        figures=figures,
        line=line,
        last_out=_last_out(line) if figures.worker_alive else "",
        holds=held,
        bounces=[(row, _bounce_word(row.code, stopped=row.stopped)) for row in bounces],
        unsent=[(row, _(UNSENT_WORDS[row.reason]) if row.reason in UNSENT_WORDS else row.reason)
                for row in unsent(session, now(), own)],
        planned=planned_mails(session, forum_ids=own, limit=PLANNED),
        use=use,
        jobs=sorted((_(JOB_WORDS[name]) if name in JOB_WORDS else name, at) for name, at in job_runs(session).items()),
        days=days,
        bars=mail_bars(days),
        number_of_days=DAYS,
        shown_days=days_text(days[0].on, days[-1].on),
        read_at=local(now(), settings().time_zone),
        here=url_for("mail_health.show"),
    )  # fmt: skip


def _sender(session: Session, figures: MailHealth) -> Service:
    seen = clock(session, now())
    told = _("Inget väntar.")
    if figures.next_due_at is not None:
        told = _("Nästa brev %(at)s.", at=instant_text(figures.next_due_at, settings().time_zone))
    if figures.oldest_due_seconds >= 60:  # noqa: PLR2004 - within a minute nothing is late
        minutes = figures.oldest_due_seconds // 60
        told = ngettext("Det äldsta har väntat 1 minut.", "Det äldsta har väntat %(n)s minuter.", minutes)
    return Service(
        _("Utskickaren"),
        "met" if seen.alive else "behind",
        _("Går") if seen.alive else _("Står still"),
        _clock_text(seen.seen_until if not seen.alive else now()),
        told,
    )


def _server(server: Relay) -> Service:
    mode = settings().mail_mode.partition(":")[0]
    told = ngettext("1 brev i dag.", "%(n)s brev i dag.", server.sent_today)
    last = _clock_text(server.last_sent_at)
    name = _("E-postservern")
    if mode == "log":
        return Service(name, "none", _("Används inte"), last, _("Breven skrivs ned i stället för att skickas."))
    if mode == "hold":
        return Service(name, "none", _("Används inte"), last, _("Breven hålls: inställningen är hold."))
    if server.trouble_since is None:
        return Service(name, "met", _("Svarar"), last, told)
    since = _("Svarar inte sedan %(at)s.", at=instant_text(server.trouble_since, settings().time_zone))
    if server.paused_until is not None:
        since += " " + _("Nästa försök kl. %(time)s.", time=time_text(local(server.paused_until, settings().time_zone)))
    alarming = server.is_alarming(now())
    return Service(name, "behind" if alarming else "risk", _("Svarar inte"), last, since)


def _answers(read: Inbox, trouble: Trouble | None) -> Service:
    name = _("Svarsbrevlådan")
    if not settings().mail_inbox and read.last_at is None:
        return Service(name, "none", _("Läses inte"), "–", _("Ingen brevlåda är inställd."))
    if trouble is not None and settings().mail_inbox:
        known = INBOX_WORDS.get(trouble.reason)
        why = trouble.reason if known is None else _(known)
        return Service(name, "behind", _("Läses inte"), _clock_text(read.last_at), why)
    told = ", ".join((
        ngettext("1 svar", "%(n)s svar", read.answers),
        ngettext("1 studs den senaste veckan", "%(n)s studsar den senaste veckan", read.bounces),
    )) + "."  # fmt: skip
    url = ""
    if read.to_look_at:
        told += " " + ngettext("1 brev att titta på.", "%(n)s brev att titta på.", read.to_look_at)
        url = url_for("incoming.index")
    return Service(name, "risk" if read.to_look_at else "met", _("Läses"), _clock_text(read.last_at), told, url)


def _calendars(use: FeedUse) -> Service:
    told = ngettext("1 kalenderlänk den senaste veckan.", "%(n)s kalenderlänkar den senaste veckan.", use.links)
    fetched = use.last_on is not None
    return Service(
        _("Kalenderflöden"),
        "met" if fetched else "none",
        _("Hämtas") if fetched else _("Hämtas inte"),
        day_year(use.last_on) if use.last_on is not None else "–",
        told,
    )


def _clock_text(at: datetime | None) -> str:
    """ "10.42" for today, "i går 10.42", else with the day; "–" for never."""
    if at is None:
        return "–"
    then = local(at, settings().time_zone)
    days = (today() - then.date()).days
    if days == 0:
        return time_text(then)
    return _("i går %(time)s", time=time_text(then)) if days == 1 else instant_text(at, settings().time_zone)


def _last_out(line: Queue) -> str:
    """When the last of a queue that takes more than a minute will be out; "" where there is none."""
    if not line.due:
        return ""
    if line.rate is None or line.last_out_at is None:
        return _("Ingen vet: inget brev har gått den senaste kvarten.")
    if (line.last_out_at - now()).total_seconds() < 60:  # noqa: PLR2004 - within a minute it is soon enough
        return _("Inom en minut.")
    return _("Ungefär %(at)s.", at=instant_text(line.last_out_at, settings().time_zone))


def _bounce_word(code: str | None, *, stopped: bool) -> mail_words.Why:
    """Why an address bounces, and that it gets no more mail."""
    told = _("Har vägrat ta emot brev, och prövas igen.") if not stopped else _("Får inga brev förrän den rättas.")
    if code is None:
        return mail_words.Why(told)
    number = 550
    known = mail_words.answer_sentence(Answer(Stage.RCPT, number, code))
    return mail_words.Why(f"{known} {told}", code)


def _summary(figures: MailHealth, server: Relay, *, held: int, bounces: int) -> list[str]:
    """What the page begins with: what needs somebody, or that nothing does."""
    said = []
    if not figures.worker_alive:
        said.append(_("Ingen skickar brev just nu."))
    if server.trouble_since is not None:
        said.append(_("E-postservern svarar inte."))
    if held:
        said.append(_("Utskick hålls och väntar på ett ja."))
    if figures.failed:
        said.append(ngettext("1 brev misslyckades den senaste veckan.", "%(n)s brev misslyckades den senaste veckan.",
                             figures.failed))  # fmt: skip
    if bounces:
        said.append(ngettext("1 adress studsar.", "%(n)s adresser studsar.", bounces))
    return said or [_("Utskicken går som de ska.")]


# ---------------------------------------------------------------- trying


@bp.post("/health/test-mail")
@policy("administrator")
def send_test() -> ResponseReturnValue:
    """Sends a test mail to the address one signs in with; where it goes is said."""
    who = principal()
    limit("mail.test", str(who.user_id), times=TESTS, span=timedelta(hours=1))
    session = db.session()
    laid = queue_test(session, now(), session.get_one(User, who.user_id).login)
    session.commit()
    flash(f"{laid.text} {mode(settings()).text}" if laid.ok else laid.text)
    return redirect(url_for("mail_health.show"), 303)


# ---------------------------------------------------------------- mending


@bp.post("/people/<int:person_id>/trust-address")
@policy("person.edit")
def trust(person_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the person it names  # noqa: ARG001 - the gate found the person it names
    """Lets mail go to a person's address again, which has been mended where it is."""
    session = db.session()
    trust_person(session, actor(), now(), g.person)
    session.commit()
    flash(_("Adressen får brev igen."))
    return redirect(url_for("mail_health.show"), 303)


@bp.post("/organisations/<slug>/trust-address")
@policy("organisation.edit")
def trust_office(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - as above, the organisation  # noqa: ARG001 - as above, the organisation
    """The same for an organisation's own address."""
    session = db.session()
    trust_organisation(session, actor(), now(), g.organisation)
    session.commit()
    flash(_("Adressen får brev igen."))
    return redirect(url_for("mail_health.show"), 303)
