"""The demo: the county's register, a fictional year around it, and a secretary signed in by a link.

Its data stand in a folder of their own (``instance/demo``). Persons are invented, with example.org addresses; no
mail leaves the machine. Not here: the invented year itself (``year``).
"""

from __future__ import annotations

import os
import shutil
import socket
from importlib.resources import files
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.accounts.actions import make_link
from scheduler.accounts.models import User
from scheduler.accounts.users import add_user, grant_role
from scheduler.app import create_app
from scheduler.clock import Clock, system_clock
from scheduler.db import begin_write, db
from scheduler.demo import papers, plans, records, year
from scheduler.forums.kinds import seed_kinds
from scheduler.history.rules import Actor
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce
from scheduler.meetings.actions import Site
from scheduler.reports import register_file
from scheduler.settings import Settings, default_instance, read_settings

ACTOR = Actor("takt demo")
#: Who the printed link signs in.
SECRETARY = ("elin.marklund@example.org", "Elin Marklund")
#: The organisation whose forums the secretary keeps.
HOME = "lst-norrbotten"
REGISTER = "norrbotten.yaml"
#: So many ports are tried from the one asked for.
PORTS = 50


def demo_settings(port: int) -> Settings:
    """The demo's settings: its own folder, mail shown and never sent, this machine's address."""
    folder = os.environ.get("TAKT_INSTANCE")
    return read_settings(
        {name: value for name, value in os.environ.items() if name in {"TAKT_LOG_FORMAT", "TAKT_DATABASE_URL"}},
        instance=(Path(folder) if folder else default_instance()) / "demo",
        demo=True,
        mail_mode="log",
        mail_from="takt@example.org",
        mail_allow=("example.org",),
        base_url=f"http://127.0.0.1:{port}",
        calendar_domain="demo.takt.invalid",
        organisation="Länsstyrelsen Norrbotten (demo)",
        production=False,
    )


def free_port(asked: int) -> int:
    """``asked``, or the first free port after it."""
    for port in range(asked, min(asked + PORTS, 65536)):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise click.ClickException(_("Ingen ledig port mellan %(first)s och %(last)s.", first=asked, last=asked + PORTS))


def fill(session: Session, settings: Settings, clock: Clock) -> bool:
    """Loads the register and makes the fictional year, once; False when it was there already."""
    now = clock()
    seed_kinds(session)
    text = files("scheduler.demo").joinpath(REGISTER).read_bytes()
    first = session.scalars(select(User).where(User.login == SECRETARY[0])).one_or_none() is None
    register_file.load(session, ACTOR, now, text, file_name=REGISTER, tracked_from_on=year.tracked_from(now))
    if not first:
        return False
    year.fill(session, ACTOR, now, site=Site(settings.public_url, settings.calendar_domain))
    papers.fill(session, ACTOR, now)
    records.fill(session, ACTOR, now)
    plans.fill(session, ACTOR, now)
    user = add_user(session, ACTOR, now, login=SECRETARY[0], name=SECRETARY[1], role="secretariat", organisation=HOME)
    grant_role(session, ACTOR, now, user=user, role="administrator")
    announce(session, now, settings)
    return True


def run(*, port: int, serve: bool, fresh: bool, clock: Clock = system_clock) -> str:
    """Prepares the demo, prints where it is and how to sign in, and serves; gives the link."""
    chosen = free_port(port) if serve else port
    settings = demo_settings(chosen)
    if fresh and settings.instance.exists():
        shutil.rmtree(settings.instance)
        settings = demo_settings(chosen)
    app = create_app(settings, clock)
    with app.app_context():
        schema.upgrade(db.engine)
        session = db.session()
        begin_write(session)
        made = fill(session, settings, clock)
        link = make_link(session, ACTOR, clock(), login=SECRETARY[0])
        session.commit()
        made_on = year.made_on(session)
    url = f"{settings.public_url}/login/{link}"
    click.echo(_("Data: %(folder)s", folder=settings.instance))
    if not made and made_on is not None:
        click.echo(_("Demoåret gjordes %(day)s; --fresh börjar om.", day=date_text(made_on, weekday=False, year=True)))
    if chosen != port:
        click.echo(_("Port %(asked)s är upptagen, jag använder %(port)s.", asked=port, port=chosen))
    click.echo(_("Adress: %(url)s", url=settings.public_url))
    click.echo(_("Logga in som sekreterare (en gång, inom en timme): %(url)s", url=url))
    if serve:
        from werkzeug.serving import run_simple  # noqa: PLC0415 - only to serve

        click.echo(_("Avsluta med Ctrl+C."))
        run_simple("127.0.0.1", chosen, app, threaded=True)
    return url
