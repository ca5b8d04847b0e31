"""The one place that wires: settings, database, pages, errors, the embedded clock.

Not here: what any of them does.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from scheduler import jobs, logs
from scheduler.clock import Clock, system_clock
from scheduler.db import db, engine_options, install_listeners
from scheduler.errors import Refused
from scheduler.outbound import INTERNET, Network
from scheduler.settings import Settings, problems_in_production, read_settings
from scheduler.web import assets, clocks, compression, errors, filters, pages, parts, security, shell

#: Largest request body: forms only; a view that takes a file says how much more (``security.policy``).
MAX_BODY = 2_000_000


@dataclass(frozen=True)
class Wiring:
    """What the application was made with; found at ``app.extensions["takt"]``."""

    settings: Settings
    clock: Clock
    network: Network = INTERNET


def create_app(settings: Settings | None = None, clock: Clock = system_clock, network: Network = INTERNET) -> Flask:
    """The application. Raises Refused when production settings are unsafe (SEC-19)."""
    settings = settings or read_settings()
    app = Flask(__name__, instance_path=str(settings.instance.resolve()))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.url),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        # Pages opened by a personal link send no Referer, and flask-wtf would refuse them on https alone.
        WTF_CSRF_SSL_STRICT=False,
    )
    if settings.production and (problems := problems_in_production(settings, debug=app.debug)):
        raise Refused(*problems)
    app.extensions["takt"] = Wiring(settings, clock, network)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    logs.install(settings.log_format)
    db.init_app(app)
    with app.app_context():
        install_listeners(db.engine)
    assets.install(app)
    filters.install(app)
    parts.install(app)
    security.install(app)
    shell.install(app)
    clocks.install(app)
    errors.install(app)
    compression.install(app)
    for blueprint in pages.BLUEPRINTS:
        app.register_blueprint(blueprint)
    security.check_policies(app)
    jobs.install(app)
    return app
