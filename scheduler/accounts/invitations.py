"""Inviting somebody to become a user: one address, one use, seven days; a new one kills the one before.

The secret is handed back once and stored as a hash. An invitation never touches an account that is there (SEC-20),
neither when it is made nor when it is accepted, whatever has happened in between. Not here: the mail
(``mail.actions.queue_invitation``), the page behind the link.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from scheduler.accounts.models import Invitation, User
from scheduler.accounts.queries import invitation_of
from scheduler.accounts.rules import (
    INVITATION_LIFE,
    InvitationState,
    digest,
    invitation_state,
    normalised_address,
)
from scheduler.accounts.users import (
    grant_role,
    login_problems,
    name_problems,
    new_user,
    reach_names,
    reach_problems,
)
from scheduler.errors import Gone, NotFound, Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import SYSTEM, Actor
from scheduler.i18n import mark
from scheduler.ical.text import one_line


@dataclass(frozen=True)
class Invited:
    """An invitation just made: ``token`` goes into its link and nowhere else."""

    invitation: Invitation
    token: str


def _fields(session: Session, row: Invitation) -> dict[str, object]:
    return {
        "name": row.name,
        "language": row.language,
        "role": row.role,
        "forum_id": row.forum_id,
        "organisation_id": row.organisation_id,
        **reach_names(session, row.forum_id, row.organisation_id),
    }


def state_of_invitation(row: Invitation, now: datetime) -> InvitationState:
    """How an invitation stands."""
    return invitation_state(now, accepted_at=row.accepted_at, revoked_at=row.revoked_at, expires_at=row.expires_at)


def invite(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    login: str,
    name: str,
    language: str = "sv",
    role: str | None = None,
    forum_id: int | None = None,
    organisation_id: int | None = None,
) -> Invited:
    """Makes an invitation with the role its user is to begin with (None: none).

    Raises Refused, at the field it concerns, for an address that has an account or an open invitation, and for a
    role without its reach.
    """
    login = normalised_address(login)
    problems = login_problems(session, login) + name_problems(name, language)
    if not problems and _open_invitation(session, now, login) is not None:
        problems.append(
            Problem("login", mark("%(login)s har redan en inbjudan. Skicka den igen i listan."), {"login": login})
        )
    if role is not None:
        problems += reach_problems(session, role, forum_id, organisation_id)
    elif forum_id is not None or organisation_id is not None:
        problems.append(Problem("role", mark("Ange vilken roll det gäller")))
    if problems:
        raise Refused(*problems)
    return _make(
        session, actor, now, "invitation.create", login=login, name=one_line(name), language=language, role=role,
        forum_id=forum_id, organisation_id=organisation_id,
    )  # fmt: skip


def _open_invitation(session: Session, now: datetime, login: str) -> Invitation | None:
    return session.scalars(
        select(Invitation).where(
            Invitation.login == login,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
    ).first()


def _make(session: Session, actor: Actor, now: datetime, action: str, **given: object) -> Invited:
    token = secrets.token_urlsafe(32)
    row = Invitation(
        token_hash=digest(token), invited_by_id=actor.user_id, created_at=now, expires_at=now + INVITATION_LIFE, **given
    )
    session.add(row)
    session.flush()
    record(
        session, actor, now, action=action, kind="invitation", subject_id=row.id, label=row.login, before=None,
        after=_fields(session, row),
    )  # fmt: skip
    session.flush()
    return Invited(row, token)


def renew_invitation(session: Session, actor: Actor, now: datetime, *, invitation: Invitation) -> Invited:
    """A new link for an invitation that nobody has accepted, past its time or not; the old link is dead at once.

    Raises Gone for one that was accepted or taken back, Refused when the address has an account by now.
    """
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise Gone
    if problems := login_problems(session, invitation.login):
        raise Refused(*problems)
    invitation.revoked_at = now
    return _make(
        session, actor, now, "invitation.renew", login=invitation.login, name=invitation.name,
        language=invitation.language, role=invitation.role, forum_id=invitation.forum_id,
        organisation_id=invitation.organisation_id,
    )  # fmt: skip


def revoke_invitation(session: Session, actor: Actor, now: datetime, *, invitation: Invitation) -> None:
    """Takes an invitation back; its link is dead at once. Raises Gone when it was accepted or taken back already."""
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise Gone
    invitation.revoked_at = now
    record(
        session, actor, now, action="invitation.revoke", kind="invitation", subject_id=invitation.id,
        label=invitation.login,
    )  # fmt: skip
    session.flush()


def accept_invitation(session: Session, now: datetime, *, token: str) -> User | None:
    """Makes the user an invitation is for, with its role, and uses the invitation up; signs nobody in.

    The history names who invited as giver of the role. None when an account of that address, or of the person who
    has it, has come to be since: that one stays as it is and the invitation is dead. Raises NotFound for an unknown
    link, Gone for one that is over.
    """
    row = invitation_of(session, token)
    if row is None:
        raise NotFound
    if state_of_invitation(row, now) != "open" or not _use_up(session, now, row):
        raise Gone
    if login_problems(session, row.login):
        row.accepted_at, row.revoked_at = None, now
        record(
            session, Actor(row.name), now, action="invitation.needless", kind="invitation", subject_id=row.id,
            label=row.login,
        )  # fmt: skip
        session.flush()
        return None
    inviter = session.get(User, row.invited_by_id) if row.invited_by_id is not None else None
    granting = SYSTEM if inviter is None else Actor(inviter.name, inviter.id, inviter.person_id)
    user = new_user(session, granting, now, login=row.login, name=row.name, language=row.language)
    if row.role is not None:
        grant_role(
            session, granting, now, user=user, role=row.role, forum_id=row.forum_id,
            organisation_id=row.organisation_id,
        )  # fmt: skip
    record(
        session, Actor(user.name, user.id, user.person_id), now, action="invitation.accept", kind="invitation",
        subject_id=row.id, label=row.login,
    )  # fmt: skip
    session.flush()
    return user


def _use_up(session: Session, now: datetime, row: Invitation) -> bool:
    """Whether it is this request that uses the invitation up: of two at once one alone does."""
    used = session.scalars(
        update(Invitation)
        .where(Invitation.id == row.id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(accepted_at=now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.refresh(row)
    return used is not None
