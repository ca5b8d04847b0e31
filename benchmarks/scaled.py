"""Brings a county of any size into a database through the actions a person uses, and says how long that takes.

``python benchmarks/scaled.py --keep FOLDER`` makes an installation in FOLDER (``takt serve`` with TAKT_INSTANCE shows
it) of an invented county (``county``), or of a JSON file with the same keys given by ``--file``. The other benchmarks
take the same arguments; without ``--keep`` the installation is thrown away. With TAKT_DATABASE_URL they use a
database of their own on that PostgreSQL server.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time as stopwatch
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from county import HOSTS, County, Size, grow
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.accounts.actions import consume_link, make_link
from scheduler.accounts.users import add_user, grant_role
from scheduler.db import begin_write, install_listeners
from scheduler.forums.actions import create_forum
from scheduler.forums.appointments import appoint
from scheduler.forums.cadences import add_pause, set_cadence
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum
from scheduler.forums.seating import add_seats
from scheduler.history.rules import Actor
from scheduler.mail.actions import announce
from scheduler.meetings.actions import Site, book_meeting, cancel_meeting
from scheduler.organisations.actions import create_organisation
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.people import create_person
from scheduler.places.actions import create_place
from scheduler.places.models import Place
from scheduler.settings import Settings, read_settings

ACTOR = Actor("Mätning")
#: The day an invented county is grown for.
TODAY = date(2026, 11, 22)
ZONE = ZoneInfo("Europe/Stockholm")
#: Who signs in when pages are measured: the secretariat of this organisation, and administrator.
SECRETARY = "sekreterare@example.org"
HOME = HOSTS[0]
#: A meeting is entered this long before it is held, so that a past one could be cancelled.
AHEAD = timedelta(days=30)
STATES = {"held": "held", "planned": "confirmed", "draft": "proposed", "cancelled": "confirmed"}


# ---------------------------------------------------------------- the loader


def load(session: Session, now: datetime, county: County, site: Site) -> dict[str, int]:
    """Brings ``county`` in and gives how many of each; the entry commits."""
    seed_kinds(session)
    organisations = {row["id"]: _organisation(session, now, row) for row in county["organisations"]}
    people = {row["id"]: _person(session, now, row, organisations) for row in county["persons"]}
    homes = {row["id"]: row["org"] for row in county["persons"]}
    places = {
        slug: create_place(session, ACTOR, now, name=slug.capitalize(), town="Luleå", online=slug == "digitalt")
        for slug in sorted({row["venue"] for row in county["forums"] if row.get("venue")})
    }
    since = min(date.fromisoformat(row["date"]) for row in county["meetings"]).replace(month=1, day=1)
    forums = {row["id"]: _forum(session, now, row, organisations, places, since) for row in county["forums"]}
    seated = sum(_seat(session, now, row, forums[row["id"]], organisations, people, homes) for row in county["forums"])
    for row in county["meetings"]:
        _book(session, now, row, forums[row["forum"]], site)
    user = add_user(
        session, ACTOR, now, login=SECRETARY, name="Sekreterare", role="secretariat",
        organisation=organisations[HOME].slug,
    )  # fmt: skip
    grant_role(session, ACTOR, now, user=user, role="administrator")
    return {
        "forums": len(forums),
        "organisations": len(organisations),
        "persons": len(people),
        "appointments": seated,
        "meetings": len(county["meetings"]),
    }


def _organisation(session: Session, now: datetime, row: Mapping[str, Any]) -> Organisation:
    return create_organisation(
        session, ACTOR, now, name=row["sv"], kind_id=row["type"], municipality=row.get("municipality"), demo=True
    )


def _person(
    session: Session, now: datetime, row: Mapping[str, Any], organisations: Mapping[str, Organisation]
) -> Person:
    given, _, family = row["name"].partition(" ")
    email = row.get("email") or ""
    return create_person(
        session, ACTOR, now, given_name=given, family_name=family or "–", organisation_id=organisations[row["org"]].id,
        # No address of a real mailbox comes in, whatever a file holds.
        emails=[email] if email.endswith("@example.org") else [],
        locale="en" if row.get("lang") == "en" else "sv", time_zone=row.get("timezone") or "Europe/Stockholm",
        protected=bool(row.get("protected")), demo=True,
    )  # fmt: skip


def _forum(
    session: Session,
    now: datetime,
    row: Mapping[str, Any],
    organisations: Mapping[str, Organisation],
    places: Mapping[str, Place],
    since: date,
) -> Forum:
    host = organisations.get(row.get("host") or "")
    place = places.get(row.get("venue") or "")
    forum = create_forum(
        session, ACTOR, now, name=row["sv"], kind_id=row["kind"], host_id=host.id if host else None,
        secretariat_id=host.id if host else None, default_place_id=place.id if place else None,
        public_level=row.get("public"), tracked_from_on=since, demo=True,
    )  # fmt: skip
    rule = row["cadence"]
    set_cadence(
        session, ACTOR, now, forum, valid_from_on=None, kind=rule["kind"], min=rule.get("min"), max=rule.get("max"),
        target=rule.get("target"), period=rule.get("period"), window=rule.get("window", "calendar"),
        approximate=bool(rule.get("approximate")), every=rule.get("every"), unit=rule.get("unit"),
        phrase=rule.get("phrase"),
    )  # fmt: skip
    if row.get("july_off"):
        july = since.replace(month=7)
        add_pause(session, ACTOR, now, forum, from_on=july, to_on=july.replace(day=31), yearly=True)
    return forum


def _seat(
    session: Session,
    now: datetime,
    row: Mapping[str, Any],
    forum: Forum,
    organisations: Mapping[str, Organisation],
    people: Mapping[str, Person],
    homes: Mapping[str, str],
) -> int:
    """Adds the forum's seats and puts its members on those of their organisations; gives how many sit."""
    waiting: dict[str, deque[str]] = defaultdict(deque)
    for member in row.get("members", ()):
        waiting[homes[member]].append(member)
    seated = 0
    for given in row["seats"]:
        for kind, count in (("ordinary", given["ordinary"]), ("substitute", given["substitutes"])):
            if not count:
                continue
            seats = add_seats(
                session, ACTOR, now, forum, count=count, kind=kind, offered=bool(given.get("offered")),
                organisation_id=organisations[given["org"]].id,
            )  # fmt: skip
            for seat in seats:
                if waiting[given["org"]]:
                    person = people[waiting[given["org"]].popleft()]
                    appoint(session, ACTOR, now, seat, person_id=person.id, from_on=forum.tracked_from_on)
                    seated += 1
    return seated


def _book(session: Session, now: datetime, row: Mapping[str, Any], forum: Forum, site: Site) -> None:
    on, start = date.fromisoformat(row["date"]), time.fromisoformat(row["start"])
    begins = datetime.combine(on, start, ZONE)
    entered = now if row["status"] == "held" else min(now, begins - AHEAD)
    meeting = book_meeting(
        session, ACTOR, entered, forums=[forum], on=on, start=start, site=site, state=STATES[row["status"]],
        end=(begins + timedelta(minutes=row["minutes"])).time(),
        kind=None if row.get("kind") == "ordinary" else row.get("kind"),
        place_id=forum.default_place.id if forum.default_place else None,
        mode="hybrid" if row.get("online") else "on_site", demo=True, check_conflicts=False, send=False,
    )  # fmt: skip
    if row["status"] == "cancelled":
        cancel_meeting(
            session, ACTOR, entered, meeting, version=meeting.version, site=site, send=False, reason="För få kunde.",
        )  # fmt: skip


# ---------------------------------------------------------------- an installation to measure


class Installation(NamedTuple):
    """An installation with a county in it, and the instant its pages are asked at."""

    settings: Settings
    now: datetime


def arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Adds what every benchmark on a county takes."""
    parser.add_argument("--file", type=Path, help="JSON of a county to load in place of the invented one")
    parser.add_argument("--keep", type=Path, help="folder in which the installation stays, and is found again")
    size = Size()
    parser.add_argument("--forums", type=int, default=size.forums)
    parser.add_argument("--organisations", type=int, default=size.organisations)
    parser.add_argument("--persons", type=int, default=size.persons)
    return parser


def county_of(given: argparse.Namespace) -> County:
    """The county that the arguments ask for."""
    if given.file:
        read: County = json.loads(given.file.read_text(encoding="utf-8"))
        return read
    return grow(Size(given.forums, given.organisations, given.persons), TODAY)


@contextmanager
def installed(county: County, folder: Path | None = None) -> Iterator[Installation]:
    """An installation with ``county`` in it; one that is in ``folder`` already is used as it is.

    Prints how many of each it brought in, and how long that took.
    """
    kept = Path(tempfile.mkdtemp(prefix="takt-")) if folder is None else folder
    try:
        with _database(kept, stays=folder is not None) as url:
            settings = read_settings(
                {}, instance=kept, database_url=url, worker="none", mail_mode="log", mail_from="takt@example.org",
                calendar_domain="benchmark.takt.invalid", base_url="http://127.0.0.1:8000",
            )  # fmt: skip
            now = datetime.combine(date.fromisoformat(county["today"]), time(9), UTC)
            _fill(settings, now, county)
            yield Installation(settings, now)
    finally:
        if folder is None:
            shutil.rmtree(kept)


def signed_in(installation: Installation) -> str:
    """The value of the session cookie of somebody who sees and edits everything."""
    engine = create_engine(installation.settings.url)
    install_listeners(engine)
    with Session(engine) as session:
        begin_write(session)
        link = make_link(session, ACTOR, installation.now, login=SECRETARY)
        token = consume_link(session, installation.now, token=link, browser=None, network="benchmark").token
        session.commit()
    engine.dispose()
    return token


@contextmanager
def _database(folder: Path, *, stays: bool) -> Iterator[str]:
    """The URL of a database of our own: a file in ``folder`` (empty), or one on the server of TAKT_DATABASE_URL.

    The latter is named after the folder, and dropped at the end unless it ``stays``.
    """
    server_url = os.environ.get("TAKT_DATABASE_URL", "")
    if not server_url.startswith("postgresql"):
        yield ""
        return
    name = "_".join(("takt_benchmark", *folder.resolve().parts[-2:])).replace("-", "_").lower()
    server = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        there = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if not there:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        if not stays:
            with server.connect() as connection:
                connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        server.dispose()


def _fill(settings: Settings, now: datetime, county: County) -> None:
    engine = create_engine(settings.url)
    install_listeners(engine)
    try:
        schema.upgrade(engine)
        with Session(engine, expire_on_commit=False) as session:
            begin_write(session)
            if session.query(Forum).first() is not None:
                print(f"found           an installation in {settings.instance}")
                return
            begun = stopwatch.perf_counter()
            counts = load(session, now, county, Site(settings.public_url, settings.calendar_domain))
            announce(session, now, settings)
            session.commit()
            taken = stopwatch.perf_counter() - begun
        print(f"loaded in {taken:.0f} s  {', '.join(f'{n} {what}' for what, n in counts.items())}")
    finally:
        engine.dispose()


def main(given: Sequence[str] | None = None) -> None:
    """Makes the installation the command line asks for."""
    parser = arguments(argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None))
    parser.add_argument("--write", type=Path, help="write the county to this file as JSON too")
    asked = parser.parse_args(given)
    county = county_of(asked)
    if asked.write:
        asked.write.write_text(json.dumps(county, ensure_ascii=False), encoding="utf-8")
    with installed(county, asked.keep):
        pass


if __name__ == "__main__":
    main()
