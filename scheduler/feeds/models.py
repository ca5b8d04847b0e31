"""Table: feed tokens."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, Id, ShortText


class FeedToken(Base):
    """A secret calendar address; only the hash of its secret is kept (SEC-4)."""

    __tablename__ = "feed_token"
    __table_args__ = (
        CheckConstraint(
            "scope IN ('public', 'forum', 'organisation', 'person', 'secretariat', 'selection')", name="scope"
        ),
    )

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(20))
    #: The forum, organisation or person; 0 for public and selection.
    scope_id: Mapped[int] = mapped_column(default=0)
    #: Forum ids of a selection.
    selection: Mapped[list[Any] | None]
    #: Who owns the address and may renew it; None for one made at the command line.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    #: "Telefon", "Outlook på jobbet".
    label: Mapped[ShortText]
    language: Mapped[str] = mapped_column(String(5), default="sv")
    #: Minutes before; None: no alarm.
    alarm: Mapped[int | None]
    tentative: Mapped[bool] = mapped_column(default=False)
    cancelled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    #: When its choices were last changed; None: never.
    edited_at: Mapped[datetime | None]
    #: Written at most once a day.
    fetched_on: Mapped[date | None]
    client: Mapped[str | None] = mapped_column(String(40))
    revoked_at: Mapped[datetime | None]
