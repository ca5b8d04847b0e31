"""What users and roles have of people and organisations, for when a duplicate is merged.

An account goes with its person, and a role for an organisation with the organisation: whoever merges gives rights away
by it, so where there are any that is an administrator's (``hands_over_rights``).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.models import Invitation, User, UserRole
from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.organisations.merging import Columns, Pair, Room, move, touch


def _users(session: Session, pair: Pair) -> list[User]:
    if pair.kind != "person":
        return []
    return list(session.scalars(select(User).where(User.person_id.in_([pair.kept, pair.gone]))))


def _problems(session: Session, pair: Pair) -> list[Problem]:
    if sum(user.active for user in _users(session, pair)) > 1:
        return [Problem(None, mark("Båda har ett konto. Be administratören avsluta det ena först"))]
    return []


def _merge(session: Session, pair: Pair, columns: Columns) -> None:
    users = _users(session, pair)
    if len(users) > 1:
        # One of them is ended: it is nobody's any more.
        ended = next((user for user in users if not user.active and user.person_id == pair.gone), None)
        ended = ended or next(user for user in users if not user.active)
        ended.person_id = None
        touch(session, ended)
        session.flush()
    move(session, pair, columns)


ROOM = Room(
    person=(User.person_id,),
    organisation=(Invitation.organisation_id, UserRole.organisation_id),
    problems=_problems,
    merge=_merge,
)


def hands_over_rights(session: Session, pair: Pair) -> bool:
    """Whether somebody's account or roles are one of the two's."""
    both = [pair.kept, pair.gone]
    queries = (
        [select(User.id).where(User.person_id.in_(both))]
        if pair.kind == "person"
        else [
            select(UserRole.id).where(UserRole.organisation_id.in_(both)),
            select(Invitation.id).where(Invitation.organisation_id.in_(both), Invitation.accepted_at.is_(None)),
        ]
    )
    return any(session.scalars(query.limit(1)).first() is not None for query in queries)
