"""Whose a session, an address or a link is. Reads only.

Not here: what somebody may (``rules.may``), which forums are theirs (``principals``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, contains_eager

from scheduler.accounts.models import Invitation, LoginLink, SignInSession, User, UserRole
from scheduler.accounts.rules import IDLE, LinkState, digest, link_state, normalised_address
from scheduler.i18n import LANGUAGES
from scheduler.organisations.models import Person, PersonEmail


@dataclass(frozen=True)
class Account:
    """Who an address signs in: a user, or a person of the register who becomes one."""

    user: User | None
    person: Person | None
    #: The address as the register has it: a mail goes there, never to what was typed.
    address: str
    name: str
    language: str

    @property
    def person_id(self) -> int | None:
        """The person of the register, None for a user outside it."""
        if self.user is not None:
            return self.user.person_id
        return self.person.id if self.person is not None else None


def session_of(session: Session, token: str, now: datetime) -> SignInSession | None:
    """The live session of ``token`` with its user and the user's roles; None when it is over (SEC-13)."""
    found = session.scalars(
        select(SignInSession)
        .join(SignInSession.user)
        .outerjoin(User.roles)
        .options(contains_eager(SignInSession.user).contains_eager(User.roles))
        .where(
            SignInSession.token_hash == digest(token),
            SignInSession.epoch == User.epoch,
            SignInSession.expires_at > now,
            SignInSession.used_at > now - IDLE,
            User.active,
        )
        .execution_options(populate_existing=True)
    ).unique()
    return found.one_or_none()


def sessions_of(session: Session, user_id: int, now: datetime) -> Sequence[SignInSession]:
    """A user's live sessions, the one used last first."""
    return session.scalars(
        select(SignInSession)
        .join(SignInSession.user)
        .where(
            SignInSession.user_id == user_id,
            SignInSession.epoch == User.epoch,
            SignInSession.expires_at > now,
            SignInSession.used_at > now - IDLE,
        )
        .order_by(SignInSession.used_at.desc(), SignInSession.id.desc())
    ).all()


def user_by_login(session: Session, login: str) -> User | None:
    """The user who signs in with ``login``, active or not."""
    return session.scalars(select(User).where(User.login == normalised_address(login))).one_or_none()


def account_of(session: Session, address: str) -> Account | None:
    """Whom ``address`` may sign in; None for strangers, disabled users and people who were made anonymous.

    A user with a role of its own signs in by its login alone: whoever may write another address beside it in the
    register must not come in by that one. Asks the same two questions whatever the answer, so that its time tells
    nothing (SEC-3).
    """
    normalised = normalised_address(address)
    user = user_by_login(session, normalised)
    row = session.execute(
        select(PersonEmail, Person, User, exists().where(UserRole.user_id == User.id))
        .join(PersonEmail.person)
        .outerjoin(User, User.person_id == Person.id)
        .where(PersonEmail.normalised == normalised)
    ).one_or_none()
    if user is not None:
        return Account(user, None, user.login, user.name, user.language) if user.active else None
    if row is None:
        return None
    email, person, known, has_role = row
    if person.anonymised_at is not None or (known is not None and (has_role or not known.active)):
        return None
    language = known.language if known is not None else person.locale
    return Account(known, person, email.address, person.name, language if language in LANGUAGES else "sv")


def link_of(session: Session, token: str) -> LoginLink | None:
    """The sign-in link of ``token``, usable or not."""
    return session.scalars(select(LoginLink).where(LoginLink.token_hash == digest(token))).one_or_none()


def invitation_of(session: Session, token: str) -> Invitation | None:
    """The invitation of ``token``, open or not."""
    return session.scalars(select(Invitation).where(Invitation.token_hash == digest(token))).one_or_none()


def state_of(link: LoginLink, now: datetime, browser: str | None) -> LinkState:
    """How ``link`` stands for the browser that keeps the secret ``browser`` (None: it keeps none)."""
    return link_state(
        now, used_at=link.used_at, expires_at=link.expires_at, browser_hash=link.browser_hash, browser=browser
    )


def live_links_of(session: Session, now: datetime, browser: str) -> Sequence[LoginLink]:
    """The links this browser asked for that can still be used, the latest first."""
    return session.scalars(
        select(LoginLink)
        .where(
            LoginLink.browser_hash == digest(browser),
            LoginLink.used_at.is_(None),
            LoginLink.expires_at > now,
        )
        .order_by(LoginLink.id.desc())
    ).all()
