"""Which programs fetch the calendar links, and how many links nobody fetches, for the page of health.

What is fetched without a secret link (the public calendars) leaves no trace and is not counted. Not here: a person's
own links (``queries``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from scheduler.feeds.models import FeedToken

#: A link fetched within so many days, today included, is in use.
WEEK = 7
#: A link not fetched for so many days is out of use.
LOST_DAYS = 30


@dataclass(frozen=True)
class ClientUse:
    """How many links programs of one family have fetched in the last week, and on which day last."""

    #: As ``rules.client_family`` names it.
    client: str
    links: int
    last_on: date


@dataclass(frozen=True)
class FeedUse:
    """How calendar links are used."""

    clients: tuple[ClientUse, ...]
    #: Links that nobody has fetched for a month, or ever.
    lost: int

    @property
    def links(self) -> int:
        """How many links were fetched in the last week."""
        return sum(row.links for row in self.clients)

    @property
    def last_on(self) -> date | None:
        """The last day one was fetched."""
        return max((row.last_on for row in self.clients), default=None)


def feed_use(session: Session, now: datetime, today: date) -> FeedUse:
    """How calendar links are used, the most used program first. Two queries."""
    rows = session.execute(
        select(FeedToken.client, func.count(), func.max(FeedToken.fetched_on))
        .where(FeedToken.revoked_at.is_(None), FeedToken.fetched_on > today - timedelta(days=WEEK))
        .group_by(FeedToken.client)
    )
    clients = [ClientUse(client or "other", n, last_on or today) for client, n, last_on in rows]
    lost = session.scalar(
        select(func.count())
        .select_from(FeedToken)
        .where(
            FeedToken.revoked_at.is_(None),
            FeedToken.created_at < now - timedelta(days=LOST_DAYS),
            or_(FeedToken.fetched_on.is_(None), FeedToken.fetched_on < today - timedelta(days=LOST_DAYS)),
        )
    )
    return FeedUse(tuple(sorted(clients, key=lambda row: (-row.links, row.client))), lost or 0)
