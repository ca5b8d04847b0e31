"""The database: our own declarative Base, column types, and how a writer begins.

SQLite runs with WAL and foreign keys; a writer begins with BEGIN IMMEDIATE (``begin_write``), so that two
writers wait for each other instead of failing half-way. PostgreSQL needs none of it. Not here: tables
(each domain's ``models.py``), migrations (``migrations/``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, String, event
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
#: Seconds a writer waits for another one on SQLite.
BUSY_SECONDS = 15


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; a naive one is refused. Comes back aware on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a column of this type holds: by it the history's rows are read back."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """``value`` in UTC; raises ValueError when it has no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """``value`` aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Columns that look alike everywhere; a model says ``name: Mapped[LongText]``.
Id = Annotated[int, mapped_column(primary_key=True)]
ShortText = Annotated[str, mapped_column(String(200))]
Code = Annotated[str, mapped_column(String(40))]
LongText = Annotated[str, mapped_column(String(20_000))]


class Base(DeclarativeBase):
    """The one base of all tables."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: Instant(),
            dict[str, Any]: JSON(none_as_null=True),
            list[Any]: JSON(none_as_null=True),
        },
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def install_listeners(engine: Engine) -> None:
    """Sets up ``engine`` for SQLite as the module says; does nothing for other databases."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy, not the driver, says BEGIN
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("takt_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def begin_write(session: Session) -> None:
    """Begins the transaction of a writer; call it before the first read.

    On SQLite this takes the write lock at once (and waits for it); a reader that turned writer half-way
    would fail instead of waiting. Raises InvalidRequestError in an open transaction.
    """
    session.connection(execution_options={"takt_write": True})


def begin_read(session: Session) -> None:
    """Begins a transaction that reads of one moment only, so that what is read twice fits together.

    SQLite does so by itself. Call it before the first read; raises InvalidRequestError in an open transaction.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
