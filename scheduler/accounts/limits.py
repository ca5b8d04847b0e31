"""How often something may be done, counted in the database so that every process counts alike (SEC-14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.accounts.models import LimitCount
from scheduler.accounts.rules import digest
from scheduler.errors import TooMany


@dataclass(frozen=True)
class Limit:
    """At most ``times`` in each span of ``span``; ``what`` names the thing counted."""

    what: str
    times: int
    span: timedelta


#: Links asked for: for one address, and from one network (an office's people share one).
LINKS_FOR_ADDRESS = Limit("link.address", 5, timedelta(minutes=15))
LINKS_FROM_NETWORK = Limit("link.network", 30, timedelta(minutes=15))
#: Links and codes tried from one network, whether they were right or not.
SIGN_INS_FROM_NETWORK = Limit("sign_in.network", 60, timedelta(minutes=15))
#: Invitations opened and accepted from one network, whether they were genuine or not.
INVITATIONS_FROM_NETWORK = Limit("invitation.network", 60, timedelta(minutes=15))
#: Codes tried for one account, over all its links.
CODES_FOR_ACCOUNT = Limit("code.account", 10, timedelta(hours=1))
#: Calendars that one person has read, from an address or a file.
CALENDARS_READ = Limit("busy.person", 20, timedelta(hours=1))


def hit(session: Session, now: datetime, what: str, who: str, limit: int, span: timedelta) -> int:
    """Counts one more ``what`` by ``who`` and gives how many there are in the present span.

    Spans follow each other at fixed instants, ``span`` long. Raises TooMany, with the seconds to the next
    span, when there were already ``limit``; the refused one is not counted.
    """
    seconds = int(span.total_seconds())
    at = int(now.timestamp())
    begin = at - at % seconds
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(LimitCount).values(key=digest(f"{what}|{who}"), span=begin, count=1)
    counted = session.execute(
        statement.on_conflict_do_update(
            index_elements=[LimitCount.key, LimitCount.span],
            set_={"count": LimitCount.count + 1},
            where=LimitCount.count < limit,
        ).returning(LimitCount.count)
    ).scalar_one_or_none()
    if counted is None:
        raise TooMany(begin + seconds - at)
    return int(counted)


def count(session: Session, now: datetime, limit: Limit, who: str) -> int:
    """``hit`` for one of the limits above."""
    return hit(session, now, limit.what, who, limit.times, limit.span)
