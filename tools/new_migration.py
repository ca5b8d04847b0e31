"""Writes a new migration from the difference between the tables of the code and the migrations so far.

Usage: python tools/new_migration.py SLUG "Reason, as a sentence"
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from scheduler import schema
from scheduler.db import install_listeners


def main() -> None:
    """Upgrades an empty SQLite database and lets Alembic write what is missing."""
    slug, reason = sys.argv[1:3]
    day = datetime.now(UTC).strftime("%Y%m%d")  # noqa: TID251 - a developer's tool, named after the day it is used
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'empty.sqlite3'}")
        install_listeners(engine)
        schema.upgrade(engine)
        with engine.connect() as connection:
            made = command.revision(
                schema._config(connection),  # noqa: SLF001 - the same configuration, from a tool of ours
                message=reason,
                autogenerate=True,
                rev_id=f"{day}_{slug}",
            )
        engine.dispose()
    print(made)


if __name__ == "__main__":
    main()
