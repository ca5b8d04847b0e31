"""How many questions a page asks the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from scheduler import db


@contextmanager
def count_queries(engine: Engine) -> Iterator[list[str]]:
    """The statements sent inside the block by any connection of ``engine``, without the beginnings of transactions.

    Those sent past SQLAlchemy (``db.Prepared``) are among them, whatever the engine.
    """
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with noted_past_sqlalchemy(sent):
            yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def noted_past_sqlalchemy(sent: list[str]) -> Iterator[None]:
    """Adds to ``sent`` what is asked past SQLAlchemy inside the block, where its events hear nothing."""
    rows = db._rows

    def noted(connection: Any, written: Any, given: Any) -> Any:
        sent.append(written.sql)
        return rows(connection, written, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_rows", noted)
        yield
