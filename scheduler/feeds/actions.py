"""Making, changing, renewing and revoking secret calendar links, and noting that one was fetched.

A secret is made here, handed back once and stored as a hash (SEC-4); the history never holds it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from scheduler.accounts.rules import Principal, digest
from scheduler.errors import NotFound, Problem, Refused
from scheduler.feeds.models import FeedToken
from scheduler.feeds.queries import of_organisation
from scheduler.feeds.rules import ALARM_LIMIT, Scope, may_have
from scheduler.forums.models import Forum
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import LANGUAGES, mark
from scheduler.organisations import fields
from scheduler.organisations.fields import Choice, Flag, Number, Text

_FIELDS: Mapping[str, fields.Field] = {
    "label": Text(200, missing=mark("Ge länken ett namn, till exempel Telefon")),
    "language": Choice(LANGUAGES),
    "alarm": Number(0, ALARM_LIMIT, optional=True),
    "tentative": Flag(),
    "cancelled": Flag(),
}
#: So many links an organisation may have that no user owns.
MOST_OF_ORGANISATION = 30
#: What the history keeps of a link.
_FACTS = ("label", "scope", "scope_id", "selection", "language", "alarm", "tentative", "cancelled")


class LinkFields(TypedDict, total=False):
    """What a link's owner may choose."""

    label: str
    language: str
    #: In minutes, only in a person's own feed.
    alarm: int | None
    tentative: bool
    cancelled: bool
    #: Forum ids, of a selection alone.
    selection: Collection[int]


@dataclass(frozen=True)
class Made:
    """A link just made: ``secret`` goes into its address, is shown once and stored nowhere."""

    token: FeedToken
    secret: str


def make_token(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    principal: Principal,
    scope: Scope,
    scope_id: int = 0,
    label: str,
    language: str = "sv",
    alarm: int | None = None,
    tentative: bool = False,
    cancelled: bool = True,
    selection: Collection[int] = (),
) -> Made:
    """A new secret link of ``principal``, named ``label`` ("Telefon").

    ``scope_id``: the forum, organisation or person; for a secretariat the organisation. ``selection``: forum ids, of
    that scope alone. ``alarm`` in minutes, only in a person's own feed. Raises NotFound when the principal may not
    have such a feed, Refused at the field for what cannot be.
    """
    if not may_have(principal, scope, scope_id):
        raise NotFound
    given: LinkFields = {
        "label": label, "language": language, "alarm": alarm, "tentative": tentative, "cancelled": cancelled,
        "selection": selection,
    }  # fmt: skip
    values = _read(session, scope, given)
    row = FeedToken(scope=scope.value, scope_id=scope_id, user_id=principal.user_id, created_at=now, **values)
    secret = _store(session, row)
    _record(session, actor, now, "feed.create", row, after=_facts(row))
    return Made(row, secret)


def make_organisation_token(
    session: Session, actor: Actor, now: datetime, *, organisation_id: int, label: str, language: str = "sv"
) -> Made:
    """A new link to the meetings where the organisation has a seat, made from its own page and owned by no user.

    The entry has judged that it is that organisation. Raises Refused at the field, and when it has too many.
    """
    values, problems = fields.read(_FIELDS, {"label": label, "language": language})
    there = select(func.count()).select_from(FeedToken).where(*of_organisation(organisation_id))
    if (session.scalar(there) or 0) >= MOST_OF_ORGANISATION:
        problems.append(Problem(None, mark("Ni har redan många länkar. Ta bort någon som inte används")))
    fields.refuse(problems)
    row = FeedToken(
        scope=Scope.ORGANISATION.value, scope_id=organisation_id, user_id=None, created_at=now, tentative=False,
        cancelled=True, **values,
    )  # fmt: skip
    secret = _store(session, row)
    _record(session, actor, now, "feed.create", row, after=_facts(row))
    return Made(row, secret)


def edit_token(
    session: Session, actor: Actor, now: datetime, token: FeedToken, **given: Unpack[LinkFields]
) -> FeedToken:
    """Changes what is given of a link; its address lives on, and its calendar is fetched anew.

    Raises Refused at the field for what cannot be, and for a link revoked.
    """
    _refuse_revoked(token)
    before = _facts(token)
    for name, value in _read(session, Scope(token.scope), given).items():
        setattr(token, name, value)
    if _facts(token) != before:
        # Each change has a second of its own, which is all that a date in HTTP can tell.
        token.edited_at = now if token.edited_at is None else max(now, token.edited_at + timedelta(seconds=1))
    session.flush()
    _record(session, actor, now, "feed.edit", token, before=before, after=_facts(token))
    return token


def renew_token(session: Session, actor: Actor, now: datetime, token: FeedToken) -> Made:
    """The same feed at a new address; the old one answers 404 from now on. Raises Refused for one revoked."""
    _refuse_revoked(token)
    row = FeedToken(user_id=token.user_id, created_at=now, **{name: getattr(token, name) for name in _FACTS})
    token.revoked_at = now
    secret = _store(session, row)
    _record(session, actor, now, "feed.renew", row, after=_facts(row))
    return Made(row, secret)


def revoke_token(session: Session, actor: Actor, now: datetime, token: FeedToken) -> None:
    """Ends a link at once. Raises Refused for one that has ended."""
    _refuse_revoked(token)
    token.revoked_at = now
    session.flush()
    _record(session, actor, now, "feed.revoke", token, before=_facts(token))


def mark_fetched(session: Session, *, token_id: int, on: date, client: str) -> None:
    """Notes the day of a fetch and the family of the client; writes nothing when that day is noted already."""
    session.execute(
        update(FeedToken)
        .where(FeedToken.id == token_id, or_(FeedToken.fetched_on.is_(None), FeedToken.fetched_on != on))
        .values(fetched_on=on, client=client)
        .execution_options(synchronize_session=False)
    )


def _read(session: Session, scope: Scope, given: LinkFields) -> dict[str, Any]:
    """The values as they are stored; raises Refused with every problem at its field."""
    values, problems = fields.read(_FIELDS, {name: value for name, value in given.items() if name in _FIELDS})
    if given.get("alarm") is not None and scope != Scope.PERSON:
        problems.append(Problem("alarm", mark("En påminnelse kan bara stå i din egen kalender.")))
    if scope == Scope.SELECTION and "selection" in given:
        values["selection"] = chosen = sorted(set(given["selection"]))
        if not (chosen and _are_forums(session, chosen)):
            problems.append(Problem("selection", mark("Välj minst ett forum.")))
    fields.refuse(problems)
    return values


def _store(session: Session, row: FeedToken) -> str:
    secret = secrets.token_urlsafe(32)
    row.token_hash = digest(secret)
    session.add(row)
    session.flush()
    return secret


def _are_forums(session: Session, forum_ids: Collection[int]) -> bool:
    return len(session.scalars(select(Forum.id).where(Forum.id.in_(forum_ids))).all()) == len(forum_ids)


def _refuse_revoked(token: FeedToken) -> None:
    if token.revoked_at is not None:
        raise Refused(Problem(None, mark("Länken har redan slutat gälla.")))


def _facts(row: FeedToken) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FACTS}


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    action: str,
    row: FeedToken,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        session, actor, now, action=action, kind="feed_token", subject_id=row.id, label=row.label, before=before,
        after=after,
    )  # fmt: skip
