"""What is wrong with this installation, in sentences: settings, database, migrations, time zones, demo mail.

Not here: mending any of it.
"""

from __future__ import annotations

import os
from datetime import date

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from scheduler import schema
from scheduler.accounts.models import User, UserRole
from scheduler.db import db
from scheduler.forums.models import ForumKind
from scheduler.i18n import gettext as _
from scheduler.meetings.retiming import faulty, is_drifting
from scheduler.reports.papers.pdf import missing
from scheduler.settings import Settings, problems_in_production

#: The holiday table is frozen to this year by tests/workdays.
HOLIDAYS_KNOWN_TO = date(2028, 12, 31)


def findings(app: Flask) -> list[str]:
    """Each fault as one sentence that says what to do; empty when there is none."""
    wiring = app.extensions["takt"]
    settings: Settings = wiring.settings
    found = [
        f"{problem.field}: {problem}"
        for problem in (problems_in_production(settings, debug=app.debug) if settings.production else [])
    ]
    if not os.access(settings.instance, os.W_OK):
        found.append(_("Mappen %(folder)s går inte att skriva i.", folder=settings.instance))
    if settings.mail_mode == "send" and not (settings.mail_relay and settings.mail_from):
        found.append(_("TAKT_MAIL_MODE är send, men TAKT_MAIL_RELAY eller TAKT_MAIL_FROM saknas."))
    if settings.calendar_domain == "takt.invalid" and settings.production:
        found.append(_("Ange TAKT_CALENDAR_DOMAIN innan någon prenumererar; den får inte ändras sedan."))
    if wiring.clock().date() > HOLIDAYS_KNOWN_TO:
        found.append(_("Helgdagarna är granskade till och med %(day)s.", day=HOLIDAYS_KNOWN_TO))
    with app.app_context():
        found += _database_findings()
    return found


def remarks() -> list[str]:
    """What this installation does without, each as one sentence with how to get it; no fault."""
    what = missing()
    return [_("PDF kan inte skrivas här. %(how)s.", how=_(what))] if what else []


def _database_findings() -> list[str]:
    session = db.session()
    try:
        current = schema.current(session.connection())
    except SQLAlchemyError as error:
        return [_("Databasen svarar inte: %(why)s", why=str(error.__cause__ or error))]
    if current is None:
        return [_("Databasen är tom. Kör takt init.")]
    if current != schema.head():
        return [
            _("Databasen är på %(current)s, koden på %(head)s. Kör takt init.", current=current, head=schema.head())
        ]
    found = []
    if drift := schema.drift(session.connection()):
        found.append(_("Databasen skiljer sig från koden på %(n)s ställen.", n=len(drift)))
    if session.get_bind().dialect.name == "sqlite":
        broken = session.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            found.append(_("%(n)s rader pekar på något som inte finns.", n=len(broken)))
    if not session.scalar(select(func.count()).select_from(ForumKind)):
        found.append(_("Forumtyperna saknas. Kör takt init."))
    found += [_("%(meeting)s. Kör takt calendars refresh.", meeting=line) for line in faulty(session)]
    if is_drifting(session):
        found.append(_("En tidszon har fått nya regler, och möten står på fel tid. Kör takt calendars refresh."))
    administrators = session.scalar(
        select(func.count()).select_from(UserRole).join(User).where(UserRole.role == "administrator", User.active)
    )
    if not administrators:
        found.append(_("Ingen administratör finns. Kör takt user add ADRESS --name NAMN --role administrator."))
    return found
