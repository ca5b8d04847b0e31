"""Alembic's entry: runs on the connection that ``scheduler.schema`` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from scheduler.db import Instant
from scheduler.schema import metadata


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Our instants as the plain column type they are, so that migrations need none of our code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    render_item=render_item,
    transactional_ddl=True,
)
context.run_migrations()
