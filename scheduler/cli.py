"""The commands of ``takt``. Each parses, calls a query or an action, commits, prints.

Exit codes are those of ``errors.ERROR_MAP``; a refusal is printed, never a trace. Not here: any rule.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scheduler import __version__, i18n
from scheduler.errors import Problem, Refused, TaktError, status_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session


def _app(**given: Any) -> Flask:
    from scheduler.app import create_app
    from scheduler.settings import read_settings

    return create_app(read_settings(**given))


@contextmanager
def writing(app: Flask) -> Iterator[Session]:
    """A writer's session that commits at the end of the block and rolls back on any error."""
    from scheduler.db import begin_write, db
    from scheduler.mail.actions import announce

    with app.app_context():
        session = db.session()
        begin_write(session)
        try:
            yield session
            announce(session, app.extensions["takt"].clock(), app.extensions["takt"].settings)
            session.commit()
        except BaseException:
            session.rollback()
            raise


def _migrated(app: Flask) -> None:
    from scheduler import schema
    from scheduler.db import db

    with app.app_context():
        schema.upgrade(db.engine)


def _read_json(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise Refused(Problem(path, "Filen är inte UTF-8 (byte %(at)s)", {"at": error.start})) from None
    except json.JSONDecodeError as error:
        raise Refused(
            Problem(path, "Filen är inte JSON: rad %(line)s, %(why)s", {"line": error.lineno, "why": error.msg})
        ) from None


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="takt")
@click.option("--language", type=click.Choice(i18n.LANGUAGES), envvar="TAKT_LANGUAGE", help="Language of messages.")
def takt(language: str | None) -> None:
    """Takt: meetings, cadence, calendars and reminders for public secretariats."""
    i18n.set_language(language or "sv")


# ---------------------------------------------------------------- running


@takt.command()
def init() -> None:
    """Make or upgrade the database and fill in the kinds every installation starts from."""
    app = _app()
    _migrated(app)
    from scheduler.forums.kinds import seed_kinds

    with writing(app) as session:
        seed_kinds(session)
    click.echo(f"{app.extensions['takt'].settings.url.split('@')[-1]}")


@takt.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Upgrade the database and serve the pages with gunicorn (docs/operating.md)."""
    app = _app()
    _migrated(app)
    from scheduler.forums.kinds import seed_kinds

    with writing(app) as session:
        seed_kinds(session)
    arguments = [
        sys.executable, "-m", "gunicorn", "scheduler:create_app()", "--bind", f"{host}:{port}",
        "--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads),
    ]  # fmt: skip
    os.execv(sys.executable, arguments)  # noqa: S606 - a fixed program with checked numbers


@takt.command()
def worker() -> None:
    """Send what is due until stopped; any number may run beside each other."""
    from scheduler import jobs

    jobs.run_worker(_app(worker="none"))


@takt.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Prepare everything, print the link, do not serve.")
@click.option("--fresh", is_flag=True, help="Throw the demo's data away and start over.")
def demo(port: int, no_serve: bool, fresh: bool) -> None:
    """Load the demo county, print a sign-in link and where the data is, and serve."""
    from scheduler.demo import run

    run(port=port, serve=not no_serve, fresh=fresh)


@takt.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Run the tests of a checkout; arguments go to pytest."""
    import pytest

    from scheduler.settings import CHECKOUT

    if CHECKOUT is None:
        raise click.ClickException(
            "The tests are in the source tree; clone it and run python3 -m scheduler test there."
        )
    os.chdir(CHECKOUT)
    sys.exit(pytest.main(list(arguments)))


# ---------------------------------------------------------------- the register


@takt.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """Load a register file; a value changed by hand since is kept and listed."""
    from scheduler.history.rules import Actor
    from scheduler.meetings.actions import Site, refresh
    from scheduler.meetings.queries import meetings_showing
    from scheduler.reports import register_file

    app = _app()
    _migrated(app)
    wiring = app.extensions["takt"]
    now = wiring.clock()
    with writing(app) as session:
        report = register_file.load(session, Actor("takt load"), now, file.read_bytes(), file_name=file.name)
        forums = report.touched_ids("forum")
        reached = meetings_showing(
            session, forum_ids=forums, seats_of_forums=forums, place_ids=report.touched_ids("place")
        )
        site = Site(wiring.settings.public_url, wiring.settings.calendar_domain)
        refresh(session, reached, now, site=site, seats=True)
        click.echo(str(report))


@takt.group()
def user() -> None:
    """Accounts."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["administrator", "secretariat", "reader", "organisation_contact"]))
@click.option("--organisation", help="Slug of the organisation the role is for.")
@click.option("--forum", help="Slug of the forum the role is for.")
def user_add(email: str, name: str, role: str | None, organisation: str | None, forum: str | None) -> None:
    """Add an account and print a one-time link that signs it in."""
    from scheduler.accounts import actions, users
    from scheduler.history.rules import Actor

    app = _app()
    _migrated(app)
    wiring = app.extensions["takt"]
    with writing(app) as session:
        users.add_user(
            session, Actor("takt user add"), wiring.clock(), login=email, name=name, role=role,
            organisation=organisation, forum=forum,
        )  # fmt: skip
        link = actions.make_link(session, Actor("takt user add"), wiring.clock(), login=email)
    click.echo(f"{wiring.settings.public_url}/login/{link}")


@user.command("link")
@click.argument("email")
def user_link(email: str) -> None:
    """Print a one-time link (one use, one hour) that signs an account in."""
    from scheduler.accounts import actions
    from scheduler.history.rules import Actor

    app = _app()
    wiring = app.extensions["takt"]
    with writing(app) as session:
        link = actions.make_link(session, Actor("takt user link"), wiring.clock(), login=email)
    click.echo(f"{wiring.settings.public_url}/login/{link}")


# ---------------------------------------------------------------- cadence and deadlines


@takt.group()
def cadence() -> None:
    """What a cadence requires: reading phrases, judging cases."""


@cadence.command("read")
@click.argument("phrase")
def cadence_read(phrase: str) -> None:
    """Print what PHRASE requires, as JSON."""
    from scheduler.cadence.phrases import read_phrase

    _print_json(read_phrase(phrase))


@cadence.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def cadence_evaluate(file: str) -> None:
    """Judge the cases of FILE and print their results as JSON."""
    from scheduler.cadence.cases import evaluate_cases

    _print_json(evaluate_cases(_read_json(file)))


@takt.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def deadlines(file: str) -> None:
    """Count the deadlines of FILE and print them as JSON."""
    from scheduler.workdays.cases import evaluate_deadlines

    _print_json(evaluate_deadlines(_read_json(file)))


# ---------------------------------------------------------------- looking


@takt.command()
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day to judge on; default today.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(on: Any, as_json: bool) -> None:
    """Print where each forum stands, worst first."""
    from scheduler.clock import civil_date
    from scheduler.db import db
    from scheduler.meetings.cadence import status_rows

    app = _app()
    wiring = app.extensions["takt"]
    today: date = on.date() if on else civil_date(wiring.clock(), wiring.settings.time_zone)
    with app.app_context():
        rows = status_rows(db.session(), today)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        call_by = f"  {row['call_by']}" if row["call_by"] else ""
        required = "–" if row["required"] is None else row["required"]
        counts = f"{row['held']}+{row['planned']}/{required}"
        click.echo(f"{row['status']:<15} {counts:>8}  {row['name']}: {row['reason'][i18n.language()]}{call_by}")


@takt.command()
def check() -> None:
    """Look for what is wrong with this installation; exit 1 when something is."""
    from scheduler.checks import findings

    found = findings(_app())
    for line in found:
        click.echo(line)
    click.echo(i18n.gettext("Inga fel.") if not found else i18n.ngettext("1 fel.", "%(n)s fel.", len(found)))
    sys.exit(1 if found else 0)


def main() -> None:
    """Runs the command line; a refusal is printed and becomes its exit code."""
    try:
        takt(standalone_mode=True, prog_name="takt")
    except TaktError as error:
        click.echo(str(error), err=True)
        sys.exit(status_of(error)[1])


if __name__ == "__main__":
    main()
