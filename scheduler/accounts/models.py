"""Tables: users, roles, sessions, one-time links, limits."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, Id, ShortText
from scheduler.organisations.models import Person


class User(Base):
    """Somebody who signs in. A person of the register gets one at the first sign-in; most never do."""

    __tablename__ = "user"
    __table_args__ = (Index("uq_user_login", "login", unique=True),)

    id: Mapped[Id]
    #: The e-mail address that signs in, lower case.
    login: Mapped[str] = mapped_column(String(320))
    name: Mapped[ShortText]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), unique=True)
    language: Mapped[str] = mapped_column(String(5), default="sv")
    active: Mapped[bool] = mapped_column(default=True)
    #: Sessions begun under an earlier epoch are over (SEC-13).
    epoch: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    person: Mapped[Person | None] = relationship()
    roles: Mapped[list[UserRole]] = relationship(back_populates="user", cascade="all, delete-orphan")


class UserRole(Base):
    """A role of a user from–to (both days included): for one forum or organisation, or for all."""

    __tablename__ = "user_role"
    __table_args__ = (CheckConstraint("to_on IS NULL OR from_on IS NULL OR to_on >= from_on", name="order"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    #: administrator, secretariat, organisation_contact or reader; chair and member follow from appointments.
    role: Mapped[str] = mapped_column(String(20))
    #: A secretariat of one forum; None with ``organisation_id``: of every forum that organisation keeps.
    forum_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]

    user: Mapped[User] = relationship(back_populates="roles")


class SignInSession(Base):
    """One signed-in browser; only the hash of its secret is kept."""

    __tablename__ = "sign_in_session"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    epoch: Mapped[int]
    created_at: Mapped[datetime]
    #: Written at most once a minute.
    used_at: Mapped[datetime]
    #: Absolute end, seven days after sign-in.
    expires_at: Mapped[datetime]
    #: Family of the browser ("Firefox, Windows"), for the list of sessions.
    client: Mapped[str] = mapped_column(String(100), default="")

    user: Mapped[User] = relationship()


class LoginLink(Base):
    """A one-time link by mail or command line; hash only, one use (SEC-3)."""

    __tablename__ = "login_link"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: Hash of the code in the mail, for another browser; None for a command-line link.
    code_hash: Mapped[str | None] = mapped_column(String(64))
    #: Hash of the secret kept in the asking browser; None: bound to none (command line).
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    login: Mapped[str] = mapped_column(String(320), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    #: Wrong codes so far; at five the code is dead.
    tries: Mapped[int] = mapped_column(default=0)
    #: Local path to go to afterwards.
    next: Mapped[str] = mapped_column(String(500), default="/")


class Invitation(Base):
    """An invitation to become a user: one use, hash only; it never touches an existing account (SEC-20)."""

    __tablename__ = "invitation"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: The address invited, lower case.
    login: Mapped[str] = mapped_column(String(320), index=True)
    name: Mapped[ShortText]
    language: Mapped[str] = mapped_column(String(5), default="sv")
    #: The role the user begins with, as the columns of ``UserRole`` have it; None: none.
    role: Mapped[str | None] = mapped_column(String(20))
    forum_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    #: The first instant at which it no longer works.
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LimitCount(Base):
    """How often something was done in a span of time (SEC-14)."""

    __tablename__ = "limit_count"

    #: What and who, hashed ("link|<address>").
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    #: Start of the span, seconds since 1970 (past 2038 too).
    span: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    count: Mapped[int]
