"""Rows as values, to compare them before and after."""

from __future__ import annotations

from sqlalchemy import inspect


def columns(row) -> dict[str, object]:
    """What the row holds, column by column."""
    return {column.key: getattr(row, column.key) for column in inspect(row).mapper.column_attrs}
