"""The commands of ``takt``. Each parses, calls a query or an action, commits, prints.

Exit codes are those of ``errors.ERROR_MAP``; a refusal is printed, never a trace. Not here: any rule.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

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
    from scheduler.db import begin_change, db
    from scheduler.mail.actions import announce

    with app.app_context():
        session = db.session()
        begin_change(session)
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


def _prepared(app: Flask) -> None:
    """Brings the database to this version of the code, and calendars to the rules that time zones have here."""
    from scheduler.forums.kinds import seed_kinds
    from scheduler.history.rules import Actor
    from scheduler.meetings.actions import Site, retime

    _migrated(app)
    wiring = app.extensions["takt"]
    with writing(app) as session:
        seed_kinds(session)
        site = Site(wiring.settings.public_url, wiring.settings.calendar_domain)
        done = retime(session, Actor("takt"), wiring.clock(), site=site)
    for problem in done.problems:
        click.echo(str(problem), err=True)


@takt.command()
def init() -> None:
    """Make or upgrade the database and fill in the kinds every installation starts from."""
    app = _app()
    _prepared(app)
    click.echo(f"{app.extensions['takt'].settings.url.split('@')[-1]}")


@takt.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Upgrade the database and serve the pages with gunicorn (docs/operating.md)."""
    _prepared(_app())
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
    """Run the tests of a checkout, on all processors; arguments go to pytest, which then runs as they say."""
    import pytest

    from scheduler.settings import CHECKOUT

    if CHECKOUT is None:
        raise click.ClickException(
            "The tests are in the source tree; clone it and run python3 -m scheduler test there."
        )
    os.chdir(CHECKOUT)
    # Tests share nothing but the server of PostgreSQL, where each process makes databases of its own.
    sys.exit(pytest.main(list(arguments) or ["-n", "auto", "--dist", "worksteal"]))


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
            session, forum_ids=forums, seats_of_forums=forums, place_ids=report.touched_ids("place"),
            office_ids=report.touched_ids("office"), theme_ids=report.touched_ids("theme"),
        )  # fmt: skip
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


# ---------------------------------------------------------------- calendars


@takt.group()
def calendars() -> None:
    """Calendar feeds."""


@calendars.command("refresh")
def calendars_refresh() -> None:
    """Write every meeting's calendar entry anew; clients fetch only what has become different."""
    from scheduler.history.rules import Actor
    from scheduler.meetings.actions import Site, refresh_all

    app = _app()
    _migrated(app)
    wiring = app.extensions["takt"]
    site = Site(wiring.settings.public_url, wiring.settings.calendar_domain)
    with writing(app) as session:
        done = refresh_all(session, Actor("takt calendars refresh"), wiring.clock(), site=site)
    click.echo(
        i18n.gettext(
            "Möten med ny kalenderpost: %(changed)s. Möten vars tidszon fått nya regler: %(retimed)s.",
            changed=done.changed,
            retimed=done.retimed,
        )
    )
    for problem in done.problems:
        click.echo(str(problem), err=True)
    sys.exit(2 if done.problems else 0)


# ---------------------------------------------------------------- mail


@takt.group()
def mail() -> None:
    """Mail: what waits, what is held."""


@mail.command("due")
@click.option("--at", "at", metavar="ISO", help="Until when, such as 2026-12-01T09:00; default now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mail_due(at: str | None, as_json: bool) -> None:
    """Print the mails that would go out until an instant, without sending; exit 1 when a kind is held."""
    from scheduler.db import db
    from scheduler.mail.forecast import forecast
    from scheduler.mail.holds import held_kinds

    app = _app()
    wiring = app.extensions["takt"]
    now = wiring.clock()
    until = now if at is None else _instant(at, wiring.settings.time_zone)
    with app.app_context():
        found = forecast(db.session(), now, until)
        held = held_kinds(db.session())
    if as_json:
        _print_json([{**vars(one), "at": one.at.isoformat()} for one in found])
    else:
        zone = ZoneInfo(wiring.settings.time_zone)
        for one in found:
            click.echo(f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}  {one.kind:<16}  {one.state:<8}  {one.to}")
        click.echo(i18n.ngettext("1 brev.", "%(n)s brev.", len(found)))
        for kind, reason in held.items():
            click.echo(i18n.gettext("%(kind)s hålls: %(reason)s", kind=kind, reason=reason))
    sys.exit(1 if held else 0)


def _instant(text: str, time_zone: str) -> datetime:
    """An instant as ISO text, on the installation's wall clock where it names no zone. Raises Refused."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(Problem("--at", i18n.mark("Ange en tid som 2026-12-01T09:00"))) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(time_zone))


@mail.command("release")
@click.argument("kind", default="*")
def mail_release(kind: str) -> None:
    """Let the mails of a held KIND go; without KIND those of the hold of all, as after a restore."""
    from scheduler.errors import NotFound
    from scheduler.history.rules import Actor
    from scheduler.mail.handling import release_hold

    app = _app()
    try:
        with writing(app) as session:
            n = release_hold(session, Actor("takt mail release"), app.extensions["takt"].clock(), kind)
    except NotFound:
        raise Refused(Problem(None, i18n.mark("Brev av sorten %(kind)s hålls inte kvar"), {"kind": kind})) from None
    click.echo(i18n.ngettext("1 brev släpptes.", "%(n)s brev släpptes.", n))


@mail.command("bounce")
@click.option("--recipient", default="", help="The address it was sent to, where the mail server knows it.")
def mail_bounce(recipient: str) -> None:
    """Read a mail that came back, or an answer, on standard input."""
    from scheduler.mail.inbox import MOST_BYTES
    from scheduler.mail.incoming import receive

    raw = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        click.echo(i18n.gettext("Brevet är för stort och lästes inte."))
        return
    app = _app()
    wiring = app.extensions["takt"]
    with writing(app) as session:
        row = receive(session, wiring.clock(), raw, wiring.settings, recipient=recipient)
        said = None if row is None else (row.kind, row.state, row.mail_id)
    # What a mail server is told ends here: an error would come back to it as a mail of its own.
    click.echo(_taken(said))


def _taken(said: tuple[str, str, int | None] | None) -> str:
    if said is None:
        return i18n.gettext("Brevet är redan läst.")
    kind, state, mail_id = said
    if kind == "bounce" and mail_id is not None:
        return i18n.gettext("En studs är noterad.")
    if kind == "reply" and state == "done":
        return i18n.gettext("Ett svar är noterat.")
    return i18n.gettext("Brevet behöver tittas på.") if state == "look" else i18n.gettext("Inget att göra.")


@mail.command("doctor")
@click.option("--send", metavar="ADDRESS", help="Also lay a test mail to ADDRESS in the outbox.")
def mail_doctor(send: str | None) -> None:
    """Look for what keeps mails from leaving or answers from coming in; exit 1 when something does."""
    from scheduler.mail.doctor import examine, queue_test

    app = _app()
    wiring = app.extensions["takt"]
    found = examine(wiring.settings)
    if send is not None:
        with writing(app) as session:
            found.append(queue_test(session, wiring.clock(), send))
    for finding in found:
        click.echo(f"{'ok' if finding.ok else '!!'}  {finding.text}")
    wrong = sum(not finding.ok for finding in found)
    click.echo(i18n.ngettext("1 fel.", "%(n)s fel.", wrong) if wrong else i18n.gettext("Inga fel."))
    sys.exit(1 if wrong else 0)


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


# ---------------------------------------------------------------- the year planner


@takt.group()
def plan() -> None:
    """The year planner, on files of the exchange format nmsplan-1."""


@plan.command("solve")
@click.argument("instance", type=click.Path(exists=True, dir_okay=False))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where the plan goes.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--iterations", type=click.IntRange(0), help="How many; the same seed and number give the same bytes.")
@click.option("--seconds", type=click.FloatRange(0), help="How long instead; default ten.")
@click.option("--progress", is_flag=True, help="Say each second on standard error how it stands.")
def plan_solve(
    instance: str, out: Path, seed: int, iterations: int | None, seconds: float | None, progress: bool
) -> None:
    """Lay a year for the forums of INSTANCE; exit 1 when some forum found no place."""
    from scheduler.planning import commands

    if iterations is not None and seconds is not None:
        raise click.UsageError("--iterations and --seconds exclude each other.")
    if iterations is None and seconds is None:
        seconds = 10.0
    told = commands.Telling(lambda line: click.echo(line, err=True)) if progress else None
    found, code = commands.solve(
        _read_json(instance), out, seed=seed, iterations=iterations, seconds=seconds, progress=told
    )
    _print_json(found)
    sys.exit(code)


@plan.command("check")
@click.argument("instance", type=click.Path(exists=True, dir_okay=False))
@click.argument("file", metavar="PLAN", type=click.Path(exists=True, dir_okay=False))
def plan_check(instance: str, file: str) -> None:
    """Judge PLAN by every rule and term of INSTANCE, as JSON; exit 1 when a rule is broken."""
    from scheduler.planning import commands

    found, code = commands.judge(_read_json(instance), _read_json(file))
    _print_json(found)
    sys.exit(code)


@plan.command("explain")
@click.argument("instance", type=click.Path(exists=True, dir_okay=False))
@click.argument("forum")
@click.option("--plan", "file", type=click.Path(exists=True, dir_okay=False), help="A plan whose other meetings stand.")
def plan_explain(instance: str, forum: str, file: str | None) -> None:
    """Say whether FORUM can have a year, as JSON: what stands against it, what would help; exit 1 when it cannot."""
    from scheduler.planning import commands

    found, code = commands.explain(_read_json(instance), forum, None if file is None else _read_json(file))
    _print_json(found)
    sys.exit(code)


@plan.command("export")
@click.option("--year", required=True, type=click.IntRange(2000, 2100))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where it goes; without it, printed.")
def plan_export(year: int, out: Path | None) -> None:
    """Write the year of this installation's forums as a planning problem; people stand in it by number alone."""
    from scheduler.clock import civil_date
    from scheduler.drafts.problem import MEETINGS, problem_of

    app = _app()
    _migrated(app)
    wiring = app.extensions["takt"]
    zone = wiring.settings.time_zone
    with app.app_context():
        from scheduler.db import db

        found = problem_of(db.session(), year, civil_date(wiring.clock(), zone), time_zone=zone)
        del found[MEETINGS]
    if out is None:
        _print_json(found)
    else:
        out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@plan.command("compile")
def plan_compile() -> None:
    """Make the planner fast on this machine, once for each version; takes a minute or two. Exit 1 without numba."""
    from scheduler.planning.engine import build

    sys.exit(0 if build() else 1)


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
    from scheduler.checks import findings, remarks

    found = findings(_app())
    for line in found + remarks():
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
