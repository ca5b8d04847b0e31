"""The whole schema: every domain's tables in one metadata, and the migrations that make them.

Not here: the tables themselves (each domain's ``models.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scheduler.accounts import models as accounts
from scheduler.db import Base
from scheduler.drafts import models as drafts
from scheduler.feeds import models as feeds
from scheduler.forums import models as forums
from scheduler.forums import seat_models as seats
from scheduler.history import models as history
from scheduler.mail import models as mail
from scheduler.meetings import models as meetings
from scheduler.meetings import year_plan_models as year_plans
from scheduler.meetings.belonging import follow_all
from scheduler.organisations import models as organisations
from scheduler.places import busy_models as busy
from scheduler.places import models as places
from scheduler.polls import models as polls
from scheduler.records import models as records
from scheduler.register import models as register
from scheduler.settings import CHECKOUT, PACKAGE

if TYPE_CHECKING:
    from alembic.config import Config

#: Imported for their tables.
DOMAINS = (
    accounts, busy, drafts, feeds, forums, seats, history, mail, meetings, organisations, places, polls, records,
    register, year_plans,
)  # fmt: skip

metadata = Base.metadata

#: One migrator at a time on PostgreSQL; any number will do, as long as it is ours.
LOCK = 731_204_988


def migrations_folder() -> Path:
    """The migrations of the checkout, else those in the wheel."""
    if CHECKOUT is not None and (CHECKOUT / "migrations" / "env.py").exists():
        return CHECKOUT / "migrations"
    return PACKAGE / "_migrations"


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - a request never migrates

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("file_template", "%%(rev)s")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """A connection in the transaction of a migration.

    SQLite changes a table by making it anew, and dropping the old one would delete what refers to it: foreign keys
    are off meanwhile, which can only be said outside a transaction, and checked before the commit
    (https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes"). Raises IntegrityError
    when something refers to nothing then.
    """
    with engine.connect().execution_options(takt_write=True) as connection:
        sqlite = engine.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        if sqlite:
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                if not sqlite:  # one migrator at a time, who waits for whoever reads
                    connection.execute(text("SET LOCAL lock_timeout = 0"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                yield connection
                if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                    raise IntegrityError("PRAGMA foreign_key_check", None, ValueError(str(broken[:5])))
        finally:
            if sqlite:
                driver.execute("PRAGMA foreign_keys = ON")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Brings the database to ``revision``; does nothing when it is there. One migrator at a time."""
    from alembic import command  # noqa: PLC0415 - a request never migrates

    with _migrating(engine) as connection:
        command.upgrade(_config(connection), revision)
        if revision == "head":
            _fill(connection)


def _fill(connection: Connection) -> None:
    """Reckons what is kept beside the meetings, for a database whose meetings are older than its table."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        if session.scalar(select(meetings.MeetingScope.meeting_id).limit(1)) is None:
            follow_all(session)
            session.commit()


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Takes the database back to ``revision``; "base" is no tables."""
    from alembic import command  # noqa: PLC0415 - a request never migrates

    with _migrating(engine) as connection:
        command.downgrade(_config(connection), revision)


def head() -> str:
    """The revision the code expects."""
    from alembic.config import Config  # noqa: PLC0415 - a request never migrates
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - a request never migrates

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    found = ScriptDirectory.from_config(config).get_current_head()
    assert found is not None  # noqa: S101 - the folder always holds a first migration
    return found


def current(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def drift(connection: Connection) -> list[object]:
    """Differences between the database and the tables of the code; empty when there are none."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - a request never migrates
    from alembic.migration import MigrationContext  # noqa: PLC0415 - as above

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))
