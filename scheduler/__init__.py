"""Takt, the meeting and network scheduler: the version and the door for WSGI servers.

Nothing else stands here, so that ``python3 -m scheduler`` starts with the standard library alone and
``flask --app scheduler`` and ``gunicorn "scheduler:create_app()"`` find what they look for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from scheduler.settings import Settings

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """The wired application; ``settings`` None reads the environment and the instance folder."""
    from scheduler.app import create_app as build  # noqa: PLC0415 - the bootstrap must not import Flask

    return build(settings)
