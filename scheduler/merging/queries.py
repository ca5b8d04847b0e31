"""What a merging would move, and what speaks against it; nothing is changed here."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.accounts import merging as accounts
from scheduler.errors import Problem
from scheduler.feeds import merging as feeds
from scheduler.forums import merging as forums
from scheduler.i18n import mark
from scheduler.mail import merging as mail
from scheduler.meetings import merging as meetings
from scheduler.organisations import merging as organisations
from scheduler.organisations.merging import Kind, Pair, Room
from scheduler.places import merging as places
from scheduler.polls import merging as polls
from scheduler.records import merging as records
from scheduler.register import merging as register

#: Every room with people or organisations in its tables, from below.
ROOMS: tuple[Room, ...] = tuple(
    room.ROOM for room in (organisations, places, register, forums, accounts, meetings, polls, records, feeds, mail)
)


def columns_of(kind: Kind) -> frozenset[str]:
    """Every column that names one of the kind, as "table.column"."""
    return frozenset(f"{column.class_.__tablename__}.{column.key}" for room in ROOMS for column in room.columns(kind))


def counts_of(session: Session, kind: Kind, row_id: int) -> dict[str, int]:
    """ "table.column" → how many rows say it is ``row_id``; those without any are left out. A query for each column."""
    found = {}
    for room in ROOMS:
        for column in room.columns(kind):
            query = select(func.count()).select_from(column.class_).where(column == row_id)
            if number := session.scalar(query):
                found[f"{column.class_.__tablename__}.{column.key}"] = number
    return found


def problems_of(session: Session, pair: Pair, *, administrator: bool) -> list[Problem]:
    """Why the two cannot be merged; empty when they can, as far as can be said without doing it.

    ``administrator``: whether an administrator asks, who alone may hand over accounts and roles.
    """
    if pair.kept == pair.gone:
        return [Problem(None, mark("Välj någon annan än den du utgår från"))]
    if not administrator and accounts.hands_over_rights(session, pair):
        text = (
            mark("Någon av dem har ett konto. Be administratören slå ihop dem")
            if pair.kind == "person"
            else mark("Konton har roller för någon av dem. Be administratören slå ihop dem")
        )
        return [Problem(None, text)]
    return [problem for room in ROOMS for problem in room.problems(session, pair)]
