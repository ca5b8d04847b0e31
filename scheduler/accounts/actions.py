"""Signing in and out, sessions. Each is recorded in the history, without secrets.

A secret (link, code, browser, session) is made here, handed back once and stored as a hash. Nothing here
sends mail: ``request_link`` says what the entry has to put into the outbox. Not here: users and their roles
(``users``), inviting somebody (``invitations``).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from scheduler.accounts import limits
from scheduler.accounts.models import Invitation, LimitCount, LoginLink, SignInSession, User
from scheduler.accounts.queries import account_of, link_of, live_links_of, state_of
from scheduler.accounts.rules import (
    ABSOLUTE,
    CODE_ALPHABET,
    CODE_LENGTH,
    CODE_TRIES,
    COMMAND_LINE_LIFE,
    IDLE,
    INVITATION_KEPT,
    LINK_LIFE,
    TOUCH,
    code_digest,
    digest,
    equal,
    is_address,
    normalised_address,
)
from scheduler.accounts.users import user_fields
from scheduler.errors import Gone, NotFound, Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark

#: Whom the history names when an address belongs to nobody; the address itself is not kept.
STRANGER = mark("okänd adress")


def new_secret() -> str:
    """256 random bits, as they go into a link or a cookie."""
    return secrets.token_urlsafe(32)


# ---------------------------------------------------------------- asking for a link


@dataclass(frozen=True)
class LinkRequest:
    """A link that was asked for. ``known`` False: nobody's address, and no mail may leave."""

    known: bool
    #: Where the mail goes: the address as the register has it (what was typed, when it is nobody's).
    address: str
    name: str
    language: str
    person_id: int | None
    token: str
    code: str
    expires_at: datetime


def request_link(
    session: Session, actor: Actor, now: datetime, *, address: str, browser: str, network: str, next_path: str = "/"
) -> LinkRequest:
    """Makes a link that signs the owner of ``address`` in, and a code for another browser (SEC-3).

    ``browser`` is the secret the asking browser keeps, ``network`` what limits count as one client. Reads
    and writes the same for a stranger's address, so that neither answer nor time tells who is known.
    Raises Refused for what is no address, TooMany above the limits.
    """
    login = normalised_address(address)
    if not is_address(login):
        raise Refused(Problem("email", mark("Ange en e-postadress, till exempel namn@exempel.se")))
    limits.count(session, now, limits.LINKS_FROM_NETWORK, network)
    limits.count(session, now, limits.LINKS_FOR_ADDRESS, login)
    account = account_of(session, login)
    token = new_secret()
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    link = LoginLink(
        token_hash=digest(token),
        code_hash=code_digest(digest(token), code),
        browser_hash=digest(browser),
        login=login,
        created_at=now,
        expires_at=now + LINK_LIFE,
        next=next_path,
    )
    session.add(link)
    user = account.user if account else None
    record(
        session, actor, now, action="login.request", kind="user", subject_id=user.id if user else None,
        label=login if account else STRANGER,
    )  # fmt: skip
    session.flush()
    return LinkRequest(
        known=account is not None,
        address=account.address if account else login,
        name=account.name if account else "",
        language=account.language if account else "sv",
        person_id=account.person_id if account else None,
        token=token,
        code=code,
        expires_at=link.expires_at,
    )


def make_link(session: Session, actor: Actor, now: datetime, *, login: str) -> str:
    """The token of a link for the command line: bound to no browser, one use, one hour.

    Raises Refused when ``login`` may not sign in.
    """
    account = account_of(session, login)
    if account is None:
        raise Refused(Problem("login", mark("%(login)s har inget konto som får logga in"), {"login": login}))
    token = new_secret()
    session.add(
        LoginLink(
            token_hash=digest(token),
            login=normalised_address(login),
            created_at=now,
            expires_at=now + COMMAND_LINE_LIFE,
        )
    )
    record(
        session, actor, now, action="login.link", kind="user", subject_id=account.user.id if account.user else None,
        label=normalised_address(login),
    )  # fmt: skip
    session.flush()
    return token


# ---------------------------------------------------------------- signing in


@dataclass(frozen=True)
class SignedIn:
    """A session just begun: ``token`` goes into the cookie and nowhere else."""

    token: str
    user: User
    #: The local path to go to.
    next_path: str


def _user_for(session: Session, now: datetime, login: str) -> User:
    """The user ``login`` signs in, made now for a person of the register; raises Gone when it may no longer."""
    account = account_of(session, login)
    if account is None:
        raise Gone
    if account.user is not None:
        return account.user
    user = User(login=login, name=account.name, person_id=account.person_id, language=account.language, created_at=now)
    session.add(user)
    session.flush()
    record(
        session, Actor(user.name, user.id, user.person_id), now, action="user.create", kind="user",
        subject_id=user.id, label=user.login, before=None, after=user_fields(user),
    )  # fmt: skip
    return user


def _begin(session: Session, now: datetime, link: LoginLink, client: str) -> SignedIn:
    """Uses the link up and begins a session; raises Gone when somebody was quicker."""
    used = session.scalars(
        update(LoginLink)
        .where(LoginLink.id == link.id, LoginLink.used_at.is_(None))
        .values(used_at=now)
        .returning(LoginLink.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if used is None:
        raise Gone
    session.expire(link, ["used_at"])
    user = _user_for(session, now, link.login)
    token = new_secret()
    begun = SignInSession(
        token_hash=digest(token), user_id=user.id, epoch=user.epoch, created_at=now, used_at=now,
        expires_at=now + ABSOLUTE, client=client[:100],
    )  # fmt: skip
    session.add(begun)
    record(
        session, Actor(user.name, user.id, user.person_id), now, action="login.success", kind="user",
        subject_id=user.id, label=user.login,
    )  # fmt: skip
    session.flush()
    return SignedIn(token, user, link.next)


def consume_link(
    session: Session, now: datetime, *, token: str, browser: str | None, network: str, client: str = ""
) -> SignedIn:
    """Signs in by the link's own address, in the browser that asked for it (SEC-3).

    ``client`` is the browser's family for the list of sessions. Raises NotFound for an unknown link, Gone for
    one used or past its time, Refused in another browser, TooMany above the limit.
    """
    limits.count(session, now, limits.SIGN_INS_FROM_NETWORK, network)
    link = link_of(session, token)
    if link is None:
        raise NotFound
    state = state_of(link, now, browser)
    if state == "elsewhere":
        raise Refused(Problem("code", mark("Skriv koden i brevet")))
    if state != "ready":
        raise Gone
    return _begin(session, now, link, client)


def consume_code(
    session: Session,
    now: datetime,
    *,
    code: str,
    browser: str | None = None,
    token: str | None = None,
    network: str,
    client: str = "",
) -> SignedIn | None:
    """Signs in by the code of a mail; None for a wrong one, whose try is then counted: the entry commits it.

    The code belongs to a link this ``browser`` asked for, or to the link of ``token`` opened in another
    browser. Raises TooMany above the limits. A link with five wrong tries takes no code any more.
    """
    limits.count(session, now, limits.SIGN_INS_FROM_NETWORK, network)
    links = list(live_links_of(session, now, browser)) if browser else []
    opened = link_of(session, token) if token else None
    if opened is not None and opened.used_at is None and now < opened.expires_at and opened not in links:
        links.append(opened)
    links = [link for link in links if link.code_hash is not None and link.tries < CODE_TRIES]
    for login in sorted({link.login for link in links}):
        limits.count(session, now, limits.CODES_FOR_ACCOUNT, login)
    for link in links:
        if link.code_hash is not None and equal(code_digest(link.token_hash, code), link.code_hash):
            return _begin(session, now, link, client)
    for login in sorted({link.login for link in links}):
        known = account_of(session, login) is not None
        record(
            session, Actor(login if known else STRANGER), now, action="login.refused", kind="user", subject_id=None,
            label=login if known else STRANGER,
        )  # fmt: skip
    for link in links:
        link.tries += 1
    session.flush()
    return None


# ---------------------------------------------------------------- sessions


def touch(session: Session, now: datetime, sign_in_id: int) -> None:
    """Notes that a session is in use; writes at most once a minute."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == sign_in_id, SignInSession.used_at <= now - TOUCH)
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


def sign_out(session: Session, actor: Actor, now: datetime, *, sign_in: SignInSession) -> None:
    """Ends a session; its cookie is dead from now on."""
    record(
        session, actor, now, action="login.end", kind="user", subject_id=sign_in.user_id, label=sign_in.user.login
    )  # fmt: skip
    session.delete(sign_in)
    session.flush()


def end_session(session: Session, actor: Actor, now: datetime, *, user: User, sign_in_id: int) -> None:
    """Ends one of the user's own sessions, from the list; raises NotFound for anybody else's."""
    sign_in = session.get(SignInSession, sign_in_id)
    if sign_in is None or sign_in.user_id != user.id:
        raise NotFound
    sign_out(session, actor, now, sign_in=sign_in)


def end_sessions(session: Session, actor: Actor, now: datetime, *, user: User) -> None:
    """Ends all sessions of a user at once, everywhere."""
    user.epoch += 1
    record(session, actor, now, action="login.end_all", kind="user", subject_id=user.id, label=user.login)
    session.flush()


def sweep(session: Session, now: datetime) -> None:
    """Forgets links, sessions, invitations and counts that are over; the history keeps that they were."""
    day = timedelta(days=1)
    session.execute(delete(LoginLink).where(LoginLink.expires_at < now - day))
    session.execute(
        delete(SignInSession).where(or_(SignInSession.expires_at <= now, SignInSession.used_at <= now - IDLE))
    )
    session.execute(delete(Invitation).where(Invitation.expires_at < now - INVITATION_KEPT))
    session.execute(delete(LimitCount).where(LimitCount.span < int((now - day).timestamp())))
