"""The database: our own declarative Base, column types, and how a writer begins.

SQLite runs with WAL and foreign keys; a writer begins with BEGIN IMMEDIATE (``begin_write``), so that two
writers wait for each other instead of failing half-way. PostgreSQL needs that only where a change decides by what it
reads which calendars it reaches (``begin_change``). A reader waits for a lock much shorter than a writer, on both. Not
here: tables (each domain's ``models.py``), migrations (``migrations/``).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    CompoundSelect,
    Connection,
    DateTime,
    Delete,
    Dialect,
    Engine,
    Insert,
    MetaData,
    Select,
    String,
    Update,
    event,
    make_url,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
#: Seconds a writer waits for another one.
BUSY_SECONDS = 15
#: Seconds a reader waits for a database that is locked or away: whoever fetches a calendar asks again later.
READ_SECONDS = 2
#: Two changes at once on PostgreSQL take turns by this; any number will do, as long as it is ours.
_CHANGE_LOCK = 731_204_989


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


def engine_options(url: str) -> dict[str, Any]:
    """How the pool of an engine for ``url`` is made: a connection that died is found out before it is used.

    A server that does not answer is given up after a moment, unless the URL says how long to wait. What a statement
    was given is told by no error: a row may hold a link or a whole mail, and traces go to the log.
    """
    if url.startswith("sqlite"):
        return {"hide_parameters": True}
    waits = {} if "connect_timeout" in make_url(url).query else {"connect_timeout": READ_SECONDS}
    return {"hide_parameters": True, "pool_pre_ping": True, "connect_args": waits}


def install_listeners(engine: Engine) -> None:
    """Sets up ``engine`` as the module says; does nothing for other databases than SQLite and PostgreSQL."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _set_up_postgres)


def _set_up_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says BEGIN
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {READ_SECONDS * 1000}")
    record.info[_PATIENCE] = READ_SECONDS
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes = options.get("takt_write", False)
    seconds = options.get(_PATIENCE, BUSY_SECONDS) if writes else READ_SECONDS
    if connection.info[_PATIENCE] != seconds:
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        connection.info[_PATIENCE] = seconds
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_postgres(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{READ_SECONDS}s'")
    connection.commit()


_PATIENCE = "takt_patience"


def begin_write(session: Session, *, patience: float | None = None) -> None:
    """Begins the transaction of a writer; call it before the first read.

    On SQLite this takes the write lock at once (and waits for it); a reader that turned writer half-way
    would fail instead of waiting. ``patience`` is how many seconds it waits for a lock, when not BUSY_SECONDS. Raises
    InvalidRequestError in an open transaction.
    """
    seconds = BUSY_SECONDS if patience is None else patience
    connection = session.connection(execution_options={"takt_write": True, _PATIENCE: seconds})
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection
        with driver.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {int(seconds * 1000)}")


def begin_change(session: Session) -> None:
    """``begin_write`` for whatever may change a calendar: one at a time on PostgreSQL too.

    Two that do not see each other would each raise the versions of the calendars they know of, and of none that only
    both together have changed: a meeting booked while a seat is filled.
    """
    begin_write(session)
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({_CHANGE_LOCK})")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that reads of one moment only, so that what is read twice fits together.

    SQLite does so by itself.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


# ---------------------------------------------------------------- what is asked all day


@dataclass(frozen=True)
class _Written:
    """A statement as one kind of database is asked it."""

    sql: str
    #: The names of the parameters in their order; None for a driver that takes them by name.
    order: Sequence[str] | None
    #: The parameters that are always the same, as the driver takes them.
    given: dict[str, Any]
    #: What makes of a parameter what the driver takes, for those that need it.
    writers: dict[str, Callable[[Any], Any]]
    #: What makes a column's value of what the driver gives; None: nothing does. None for all: for every column.
    readers: Sequence[Callable[[Any], Any] | None] | None


class Prepared:
    """A SELECT that is asked all day: written once, and asked past SQLAlchemy.

    That way to a row costs more than the row itself. No parameter is a list.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> None:
        self.statement = statement
        # Its fields are the columns, which only the statement knows.
        self._row: Any = namedtuple("_row", statement.selected_columns.keys())  # type: ignore[misc]  # noqa: PYI024
        self._written: dict[str, _Written] = {}

    def one_or_none(self, reader: Session | Connection | Engine, values: dict[str, Any]) -> Any:
        """The first row with its columns as attributes, None when there is none.

        In a session or on a connection it is asked in the transaction that is open there. Raises DBAPIError as any
        question does.
        """
        if isinstance(reader, Session):
            reader.flush()
            reader = reader.connection()
        if isinstance(reader, Connection):
            rows = self.all(reader, values)
            return self._row(*rows[0]) if rows else None
        dialect = reader.dialect
        connection = None
        try:
            connection = reader.raw_connection()
            rows = self._ask(connection, dialect, values)
        except dialect.loaded_dbapi.Error as error:
            if connection is not None and dialect.is_disconnect(error, connection.dbapi_connection, None):
                connection.invalidate(error)
            raise OperationalError(str(self.statement), None, error) from error
        finally:
            if connection is not None:
                connection.close()
        return self._row(*rows[0]) if rows else None

    def all(self, connection: Connection, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """All rows, in the transaction that is open on ``connection``. Raises DBAPIError as any question does."""
        dialect = connection.dialect
        try:
            return self._ask(connection.connection, dialect, values)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection.connection.dbapi_connection, None):
                connection.invalidate(error)
            raise OperationalError(str(self.statement), None, error) from error

    def _ask(self, connection: Any, dialect: Dialect, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        written = self._written.get(dialect.name)
        if written is None:
            written = self._written[dialect.name] = _write(self.statement, self.statement.selected_columns, dialect)
        return _rows(connection, written, _given(written, values))


class PreparedChange:
    """An INSERT, UPDATE or DELETE that is made all day: as ``Prepared``, in the writer's open transaction.

    Objects of the session that show what it changes are to be read anew.
    """

    def __init__(self, statement: Insert | Update | Delete) -> None:
        self.statement = statement
        self._written: dict[str, _Written] = {}

    def run(self, session: Session, values: dict[str, Any]) -> int:
        """How many rows it changed. Raises DBAPIError as any statement does."""
        session.flush()
        connection = session.connection()
        dialect = connection.dialect
        written = self._written.get(dialect.name)
        if written is None:
            written = self._written[dialect.name] = _write(self.statement, (), dialect)
        try:
            cursor: Any = connection.connection.cursor()
            cursor.execute(written.sql, _given(written, values))
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection.connection.dbapi_connection, None):
                connection.invalidate(error)
            raise OperationalError(str(self.statement), None, error) from error
        changed: int = cursor.rowcount
        cursor.close()
        return changed


def _given(written: _Written, values: dict[str, Any]) -> dict[str, Any] | list[Any]:
    given = written.given | values
    for name, write in written.writers.items():
        given[name] = write(given[name])
    return given if written.order is None else [given[name] for name in written.order]


def _write(
    statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | Insert | Update | Delete,
    columns: Iterable[Any],
    dialect: Dialect,
) -> _Written:
    compiled: Any = statement.compile(dialect=dialect)
    writers = {
        name: write
        for name, bind in compiled.binds.items()
        if (write := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    always = {name: value for name, value in compiled.params.items() if value is not None}
    readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return _Written(
        sql=str(compiled),
        order=compiled.positiontup if compiled.positional else None,
        given={name: writers.pop(name)(value) if name in writers else value for name, value in always.items()},
        writers=writers,
        readers=readers if any(readers) else None,
    )


def _rows(connection: Any, written: _Written, given: Any) -> list[tuple[Any, ...]]:
    """What the driver gives, in a transaction that somebody else ends."""
    cursor = connection.cursor()
    if connection.info.get(_PATIENCE, READ_SECONDS) != READ_SECONDS:  # a writer had it before
        cursor.execute(f"PRAGMA busy_timeout = {READ_SECONDS * 1000}")
        connection.info[_PATIENCE] = READ_SECONDS
    cursor.execute(written.sql, given)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    readers = written.readers
    if readers is None:
        return rows
    return [
        tuple(value if read is None else read(value) for value, read in zip(row, readers, strict=True)) for row in rows
    ]
