"""Users and open invitations as an administrator sees them in lists. Reads only.

Each list makes a constant number of queries. Not here: what one user is today (``rights``), the words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler import i18n
from scheduler.accounts.models import Invitation, SignInSession, User, UserRole
from scheduler.accounts.rules import InvitationState, invitation_state
from scheduler.forums.models import Forum
from scheduler.history.models import HistoryEntry
from scheduler.organisations.models import Organisation
from scheduler.organisations.rules import shown_name

#: What the list may be filtered by beside the roles: users who have none.
WITHOUT = "none"


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role with the names of what it reaches over."""

    #: None for the role of an invitation.
    id: int | None
    role: str
    forum_id: int | None
    forum_title: str | None
    forum_slug: str | None
    organisation_id: int | None
    organisation_name: str | None
    organisation_slug: str | None
    from_on: date | None
    to_on: date | None

    def standing(self, day: date) -> Literal["coming", "now", "over"]:
        """Whether the role holds on the day."""
        if self.from_on is not None and self.from_on > day:
            return "coming"
        return "over" if self.to_on is not None and self.to_on < day else "now"


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user in the list."""

    id: int
    login: str
    name: str
    active: bool
    person_id: int | None
    #: As shown.
    person_name: str | None
    roles: Sequence[RoleRow]
    #: The latest use of any session, or the latest sign-in when all sessions are forgotten; None: never.
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class UserList:
    """Some of the users, and how many there are in all."""

    rows: Sequence[UserRow]
    count: int


def users_for_list(
    session: Session, today: date, *, text: str = "", role: str = "", limit: int, offset: int = 0
) -> UserList:
    """Users by name in Swedish order; at most seven queries.

    ``text`` is found in names and addresses, whatever the case and the accents. ``role``: those who have it today or
    later, ``WITHOUT``: those who have none.
    """
    query = select(User.id, User.name, User.login)
    if role:
        holding = select(UserRole.user_id).where((UserRole.to_on.is_(None)) | (UserRole.to_on >= today))
        if role != WITHOUT:
            holding = holding.where(UserRole.role == role)
        query = query.where(User.id.not_in(holding) if role == WITHOUT else User.id.in_(holding))
    words = i18n.search_words(text)
    found = [
        row for row in session.execute(query) if all(word in i18n.search_key(f"{row[1]} {row[2]}") for word in words)
    ]
    found.sort(key=lambda row: (i18n.sort_key(row[1]), row[2]))
    ids = [row[0] for row in found[offset : offset + limit]]
    return UserList(_rows(session, ids), len(found))


def _rows(session: Session, ids: Sequence[int]) -> list[UserRow]:
    users = {
        user.id: user
        for user in session.scalars(
            select(User).where(User.id.in_(ids)).options(joinedload(User.person), selectinload(User.roles))
        )
    }
    named = role_rows(session, (role for user in users.values() for role in user.roles))
    used = last_uses(session, ids)
    return [
        UserRow(
            id=user.id,
            login=user.login,
            name=user.name,
            active=user.active,
            person_id=user.person_id,
            person_name=None if user.person is None else shown_name(user.person),
            roles=[named[role.id] for role in sorted(user.roles, key=_order)],
            used_at=used.get(user.id),
        )
        for user in (users[user_id] for user_id in ids)
    ]


def _order(role: UserRole) -> tuple[str, date, int]:
    return role.role, role.from_on or date.min, role.id


def roles_of_user(session: Session, user: User) -> list[RoleRow]:
    """The user's roles, over ones too, in order."""
    named = role_rows(session, user.roles)
    return [named[role.id] for role in sorted(user.roles, key=_order)]


def role_rows(session: Session, roles: Iterable[UserRole]) -> dict[int, RoleRow]:
    """Role → the role with names. Two queries at most."""
    roles = list(roles)
    names = _Names(session, {role.forum_id for role in roles}, {role.organisation_id for role in roles})
    return {
        role.id: names.row(
            role.id, role.role, role.forum_id, role.organisation_id, from_on=role.from_on, to_on=role.to_on
        )
        for role in roles
    }


class _Names:
    """What forums and organisations are called."""

    def __init__(
        self, session: Session, forum_ids: Collection[int | None], organisation_ids: Collection[int | None]
    ) -> None:
        forums, organisations = forum_ids - {None}, organisation_ids - {None}  # type: ignore[operator]  # sets
        self.forums = {}
        self.organisations = {}
        if forums:
            self.forums = {row.id: row for row in session.scalars(select(Forum).where(Forum.id.in_(forums)))}
        if organisations:
            rows = session.scalars(select(Organisation).where(Organisation.id.in_(organisations)))
            self.organisations = {row.id: row for row in rows}

    def row(
        self,
        role_id: int | None,
        role: str,
        forum_id: int | None,
        organisation_id: int | None,
        *,
        from_on: date | None = None,
        to_on: date | None = None,
    ) -> RoleRow:
        forum = self.forums.get(forum_id) if forum_id is not None else None
        organisation = self.organisations.get(organisation_id) if organisation_id is not None else None
        return RoleRow(
            id=role_id,
            role=role,
            forum_id=forum_id,
            forum_title=None if forum is None else forum.title,
            forum_slug=None if forum is None else forum.slug,
            organisation_id=organisation_id,
            organisation_name=None if organisation is None else organisation.name,
            organisation_slug=None if organisation is None else organisation.slug,
            from_on=from_on,
            to_on=to_on,
        )


def last_uses(session: Session, user_ids: Collection[int]) -> dict[int, datetime]:
    """User → when a session of the user was last in use. Two queries.

    Sessions are forgotten when they are over; then the latest sign-in of the history is the best there is.
    """
    used: dict[int, datetime] = {}
    sessions = (
        select(SignInSession.user_id, func.max(SignInSession.used_at))
        .where(SignInSession.user_id.in_(user_ids))
        .group_by(SignInSession.user_id)
    )
    sign_ins = (
        select(HistoryEntry.subject_id, func.max(HistoryEntry.at))
        .where(
            HistoryEntry.subject_kind == "user",
            HistoryEntry.subject_id.in_(user_ids),
            HistoryEntry.action == "login.success",
        )
        .group_by(HistoryEntry.subject_id)
    )
    for query in (sessions, sign_ins):
        for user_id, at in session.execute(query):
            if user_id is not None:
                used[user_id] = max(at, used.get(user_id, at))
    return used


# ---------------------------------------------------------------- invitations


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation nobody has accepted."""

    id: int
    login: str
    name: str
    role: RoleRow | None
    #: As shown; None when it is not known.
    invited_by: str | None
    created_at: datetime
    expires_at: datetime
    state: InvitationState


def waiting_invitations(session: Session, now: datetime) -> list[InvitationRow]:
    """Those that were neither accepted nor taken back, the newest first; past their time too. Four queries at most."""
    rows = session.scalars(
        select(Invitation)
        .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .order_by(Invitation.id.desc())
    ).all()
    return _invitations(session, now, rows)


def invitation_row(session: Session, now: datetime, invitation: Invitation) -> InvitationRow:
    """One invitation with the names on it."""
    return _invitations(session, now, [invitation])[0]


def _invitations(session: Session, now: datetime, rows: Sequence[Invitation]) -> list[InvitationRow]:
    names = _Names(session, {row.forum_id for row in rows}, {row.organisation_id for row in rows})
    by = {
        user.id: user.name if user.person is None else shown_name(user.person) if user.person.protected else user.name
        for user in session.scalars(
            select(User).where(User.id.in_({row.invited_by_id for row in rows})).options(joinedload(User.person))
        )
    }
    return [
        InvitationRow(
            id=row.id,
            login=row.login,
            name=row.name,
            role=None if row.role is None else names.row(None, row.role, row.forum_id, row.organisation_id),
            invited_by=by.get(row.invited_by_id or 0),
            created_at=row.created_at,
            expires_at=row.expires_at,
            state=invitation_state(
                now, accepted_at=row.accepted_at, revoked_at=row.revoked_at, expires_at=row.expires_at
            ),
        )
        for row in rows
    ]
