"""What calendar links have of people and organisations, for when a duplicate is merged: whose calendar they show.

A link goes on under its own address with the calendar of the one that is kept.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.feeds.models import FeedToken
from scheduler.feeds.rules import Scope
from scheduler.organisations.merging import Columns, Pair, Room, touch


def _merge(session: Session, pair: Pair, _columns: Columns) -> None:
    scopes = [Scope.PERSON] if pair.kind == "person" else [Scope.ORGANISATION, Scope.SECRETARIAT]
    query = select(FeedToken).where(FeedToken.scope.in_([s.value for s in scopes]), FeedToken.scope_id == pair.gone)
    for row in session.scalars(query):
        row.scope_id = pair.kept
        touch(session, row)
    session.flush()


#: Whose a link is stands without a foreign key, since it may be a forum's too.
ROOM = Room(merge=_merge)
