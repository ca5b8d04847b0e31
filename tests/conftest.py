"""What every test may ask for: a database of its own kind, a session, a fixed clock, an actor.

Tests that take ``engine`` or ``session`` run on SQLite and on PostgreSQL. Without a PostgreSQL server the
latter are skipped and say why; with TAKT_REQUIRE_POSTGRES=1 (CI) that is a failure.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from scheduler import i18n, schema
from scheduler.db import begin_write, db, install_listeners
from scheduler.forums.kinds import seed_kinds
from scheduler.history.rules import Actor
from scheduler.outbound import INTERNET, Network
from scheduler.settings import Settings

POSTGRES_URL = os.environ.get("TAKT_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

# How fast examples come tells of the machine and of what else it does, not of the product.
hypothesis_settings.register_profile("takt", suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("takt")


@pytest.fixture(autouse=True)
def _begin_in_swedish() -> None:
    """A request of an earlier test may have left its language in this thread."""
    i18n.set_language("sv")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run's own on the server, dropped at the end."""
    server = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    try:
        connection = server.connect()
    except Exception as error:  # noqa: BLE001 - any reason for no server is a reason to say so
        reason = f"no PostgreSQL server at {make_url(POSTGRES_URL).host} (TAKT_TEST_POSTGRES_URL): {error!r:.120}"
        if os.environ.get("TAKT_REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    name = f"takt_test_{uuid.uuid4().hex[:12]}"
    connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
    connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    connection.close()
    server.dispose()


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path: Path = tmp_path_factory.mktemp("database") / "takt.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    install_listeners(engine)
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url)
    install_listeners(engine)
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated, empty database; tests clean up by rolling back (``session``)."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writer's session on both databases in turn; whatever the test does is rolled back."""
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)
        yield session
        session.rollback()


@pytest.fixture
def now() -> datetime:
    """Sunday 22 November 2026, 10.00 in Stockholm."""
    return NOW


@pytest.fixture
def actor() -> Actor:
    return Actor("Sara Niemi", user_id=None)


# ---------------------------------------------------------------- the whole application


@pytest.fixture(scope="session")
def filled_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A folder with the demo's database, made once by all workers of a run, to copy; what its lists name in braces.

    ``demo_copy`` gives a copy of a test's own.
    """
    from tests.browser.sights import fill_site  # noqa: PLC0415 - tests of one room need not import every page

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "filled-demo"
    names = folder.with_suffix(".json")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not names.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that broke off
            folder.mkdir()
            names.write_text(json.dumps(fill_site(folder)), encoding="utf-8")
    return folder, json.loads(names.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo_copy(filled_demo: tuple[Path, dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The product with the demo in it, a copy of the module's own: a ``sights.DemoSite``."""
    with opened_copy(filled_demo, tmp_path_factory.mktemp("demo")) as made:
        yield made


@contextmanager
def opened_copy(filled: tuple[Path, dict[str, object]], folder: Path) -> Iterator[Any]:
    """The demo copied into ``folder`` and opened: a ``sights.DemoSite``."""
    from tests.browser.sights import open_site  # noqa: PLC0415 - as above

    shutil.copytree(filled[0], folder, dirs_exist_ok=True)
    made = open_site(folder, filled[1])
    made.app.jinja_env.bytecode_cache = COMPILED
    yield made
    with made.app.app_context():
        db.session.remove()
        db.engine.dispose()


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        """On by a span in the words of timedelta: days=1, minutes=5."""
        self.at += timedelta(**span)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """A migrated SQLite file with the kinds in it, to copy."""
    path = tmp_path_factory.mktemp("template") / "takt.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    install_listeners(engine)
    schema.upgrade(engine)
    with Session(engine) as session:
        begin_write(session)
        seed_kinds(session)
        session.commit()
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url) -> Iterator[str]:
    """The name of a migrated PostgreSQL database with the kinds in it, to copy."""
    url = make_url(postgres_url)
    name = f"{url.database}_template"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine = create_engine(url.set(database=name))
    schema.upgrade(engine)
    with Session(engine) as session:
        seed_kinds(session)
        session.commit()
    engine.dispose()
    yield name
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path) -> str:
    """A database of the test's own, migrated, with the kinds in it and nothing else."""
    path = tmp_path / "takt.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@contextmanager
def postgres_copy(template: str, postgres_url: str) -> Iterator[str]:
    """The URL of a copy of the database ``template``, which goes at the end."""
    url = make_url(postgres_url)
    name = f"{url.database}_{uuid.uuid4().hex[:8]}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    yield url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()


@pytest.fixture
def fresh_postgres_url(postgres_url, postgres_template) -> Iterator[str]:
    """As ``sqlite_url``, on PostgreSQL."""
    with postgres_copy(postgres_template, postgres_url) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request) -> str:
    """Both databases in turn, for a test that goes through the whole application."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "fresh_postgres_url")


class CompiledTemplates(BytecodeCache):
    """What templates were compiled to, kept from one application to the next: each test makes its own."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


#: What a rule of the URL map says → its parts, trace, converters, arguments, and how URLs are built of it.
_COMPILED_RULES: dict[tuple[object, ...], tuple[Any, ...]] = {}
_compile_rule = Rule.compile


def _compile_once(rule: Rule) -> None:
    """What werkzeug makes of a rule, once a run: parsing and compiling some hundreds took most of each application."""
    assert rule.map is not None
    key = (rule.rule, rule.host, rule.subdomain, rule.merge_slashes, repr(rule.defaults), rule.map.host_matching)
    if key not in _COMPILED_RULES:
        _compile_rule(rule)
        builders = rule._build.__func__, rule._build_unknown.__func__  # type: ignore[attr-defined]
        _COMPILED_RULES[key] = (rule._parts, rule._trace, rule._converters, frozenset(rule.arguments), *builders)
    rule._parts, rule._trace, rule._converters, arguments, build, build_unknown = _COMPILED_RULES[key]
    rule.arguments = set(arguments)
    rule._build, rule._build_unknown = build.__get__(rule), build_unknown.__get__(rule)


Rule.compile = _compile_once  # type: ignore[method-assign]

#: Database → the dialect and the compiled statements that all applications of a run share: each test makes an engine
#: of its own, and compiling every statement anew took most of the time.
_STATEMENTS: dict[str, tuple[Any, Any]] = {}


def share_statements(engine: Engine) -> None:
    """Lets ``engine`` use what an earlier engine of the same database compiled."""
    dialect, compiled = _STATEMENTS.setdefault(engine.dialect.name, (engine.dialect, engine._compiled_cache))
    engine.dialect, engine._compiled_cache = dialect, compiled


def open_engine(url: str) -> Engine:
    """An engine of a test's own, as the product makes it."""
    engine = create_engine(url)
    install_listeners(engine)
    share_statements(engine)
    return engine


@pytest.fixture
def make_app(tmp_path, clock) -> Iterator[Callable[..., object]]:
    """Makes the application on a database; engines are closed at the end."""
    from scheduler.app import create_app  # noqa: PLC0415 - tests of one room need not import every page

    made = []

    def make(url: str, network: Network = INTERNET, **settings: object):
        values = {
            "instance": tmp_path,
            "database_url": url,
            "secret_key": "a secret of the tests, long enough",
            "worker": "none",
            "calendar_domain": "takt.example.org",
            **settings,
        }
        app = create_app(Settings(**values), clock=clock, network=network)
        app.testing = True
        app.jinja_env.bytecode_cache = COMPILED
        with app.app_context():
            share_statements(db.engine)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app, sqlite_url):
    """The application on SQLite; ``make_app(database_url)`` gives it on both."""
    return make_app(sqlite_url)


@pytest.fixture
def client(app):
    return app.test_client()
