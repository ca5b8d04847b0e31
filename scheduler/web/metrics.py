"""Figures for machines that watch, in the text format of Prometheus: /metrics (OPS-3, REL-24).

By its bearer token, or without one from this machine alone. No login, no cookie. Not here: /healthz and /readyz
(``health``), the page for people (``mail_health``).
"""

from __future__ import annotations

from ipaddress import ip_address

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from scheduler.accounts.rules import equal
from scheduler.db import db
from scheduler.mail.health import queue
from scheduler.mail.mailings import Chosen, holds
from scheduler.mail.models import OUTBOX_STATES
from scheduler.mail.queries import count_mails, health
from scheduler.web.security import now, policy, settings

bp = Blueprint("metrics", __name__)

#: What a proxy adds: whoever comes through one is not on this machine, whatever the address says.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


@bp.get("/metrics")
@policy("machine")
def metrics() -> ResponseReturnValue:
    """The figures of mail; 404 for whoever may not read them."""
    if not _may_read():
        abort(404)
    session = db.session()
    figures, by_state, line = health(session, now()), count_mails(session), queue(session, now(), settings().mail_rate)
    lines = [
        *_told(
            "takt_mail_oldest_due_seconds", "How late the oldest due mail or mailing is.", figures.oldest_due_seconds
        ),
        *_told("takt_mail_due", "Mails that are due and have not left.", line.due),
        *_told("takt_mail_clock_alive", "1 while a clock or a worker ticks.", int(figures.worker_alive)),
        *_told(
            "takt_mail_relay_paused", "1 while the relay is left alone.", int(figures.relay_paused_until is not None)
        ),
        *_told("takt_mail_holds", "Kinds of mail that are held.", len(holds(session, Chosen()))),
        "# HELP takt_mail_mails Mails of the outbox by state.",
        "# TYPE takt_mail_mails gauge",
        *(f'takt_mail_mails{{state="{state}"}} {by_state.get(state, 0)}' for state in OUTBOX_STATES),
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


def _told(name: str, meaning: str, value: int) -> tuple[str, str, str]:
    return f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {value}"


def _may_read() -> bool:
    token = settings().metrics_token
    if token:
        given = request.headers.get("Authorization", "")
        return equal(given, f"Bearer {token}")
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
