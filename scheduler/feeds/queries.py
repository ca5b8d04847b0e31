"""Finding a feed by its address, reading what it is joined from, and listing one's own links.

The address costs one query by an index, which is all that an answer of 304 needs. The fragments come finished from
``meetings.publishing``, a person's holds of date polls from ``polls.holds``. Not here: what the version means for a
client (``rules``, ``web.feeds``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Engine,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session, selectinload

from scheduler.accounts.models import User, UserRole
from scheduler.accounts.principals import principal_of
from scheduler.accounts.rules import digest
from scheduler.db import Prepared
from scheduler.errors import NotFound
from scheduler.feeds.models import FeedToken
from scheduler.feeds.rules import (
    ALL,
    Feed,
    Language,
    Rights,
    Scope,
    Window,
    hangs_on_rights,
    head_of,
    is_token,
    later,
    may_have,
    rights_of,
)
from scheduler.forums.models import Forum, ForumKind, ForumName
from scheduler.forums.queries import is_public
from scheduler.forums.rotation import secretariat_of
from scheduler.history.models import ScopeVersion
from scheduler.ical.writer import assemble, splice_alarm
from scheduler.meetings.models import Fragment, Meeting, MeetingForum, MeetingScope
from scheduler.meetings.publishing import shown_options
from scheduler.organisations.models import Organisation
from scheduler.polls.models import PollHold, PollInvitee, PollOption

#: What a feed is found with: the engine alone costs least, the others see the moment of their transaction.
Reader = Session | Connection | Engine

# The statements of an address are built once: building one costs more than asking it.

#: A forum's first English name; None when it has none.
_ENGLISH = (
    select(ForumName.name)
    .where(ForumName.forum_id == Forum.id, ForumName.language == "en")
    .order_by(ForumName.id)
    .limit(1)
    .correlate(Forum)
    .scalar_subquery()
)
_TITLE = func.coalesce(Forum.short_name, Forum.name)

_TOKEN_ROW = Prepared(
    select(
        FeedToken.id,
        FeedToken.scope,
        FeedToken.scope_id,
        FeedToken.selection,
        FeedToken.user_id,
        FeedToken.label,
        FeedToken.language,
        FeedToken.alarm,
        FeedToken.tentative,
        FeedToken.cancelled,
        FeedToken.fetched_on,
        FeedToken.edited_at,
        User.epoch,
        func.coalesce(_TITLE, Organisation.name).label("name"),
        case((FeedToken.language == "en", _ENGLISH)).label("english"),
        ScopeVersion.version,
        ScopeVersion.modified_at,
    )
    .outerjoin(User, User.id == FeedToken.user_id)
    .outerjoin(ScopeVersion, and_(ScopeVersion.scope == FeedToken.scope, ScopeVersion.scope_id == FeedToken.scope_id))
    .outerjoin(Forum, and_(FeedToken.scope == Scope.FORUM.value, Forum.id == FeedToken.scope_id))
    .outerjoin(
        Organisation,
        and_(
            or_(FeedToken.scope == Scope.ORGANISATION.value, FeedToken.scope == Scope.SECRETARIAT.value),
            Organisation.id == FeedToken.scope_id,
        ),
    )
    .where(
        FeedToken.token_hash == bindparam("token_hash"),
        FeedToken.revoked_at.is_(None),
        or_(FeedToken.user_id.is_(None), User.active),
        # A person's feed ends when the user is no longer that person.
        or_(FeedToken.scope != Scope.PERSON.value, FeedToken.user_id.is_(None), User.person_id == FeedToken.scope_id),
    )
)
_PUBLIC_ROW = Prepared(
    select(ScopeVersion.version, ScopeVersion.modified_at).where(
        ScopeVersion.scope == Scope.PUBLIC.value, ScopeVersion.scope_id == 0
    )
)
_FORUM_ROW = Prepared(
    select(Forum.id, _TITLE.label("name"), _ENGLISH.label("english"), ScopeVersion.version, ScopeVersion.modified_at)
    .join(ForumKind, ForumKind.id == Forum.kind_id)
    .outerjoin(ScopeVersion, and_(ScopeVersion.scope == Scope.FORUM.value, ScopeVersion.scope_id == Forum.id))
    .where(Forum.slug == bindparam("slug"), is_public())
)


def feed_of_token(reader: Reader, token: str, *, alarm: int | None = None) -> Feed | None:
    """The feed of a secret; None for one unknown or revoked, or whose owner is gone. One query by an index.

    ``alarm`` (minutes) goes before the link's own, in a person's feed.
    """
    if not is_token(token):
        return None
    row = _TOKEN_ROW.one_or_none(reader, {"token_hash": digest(token)})
    if row is None:
        return None
    scope = Scope(row.scope)
    feed = Feed(
        scope=scope,
        scope_id=row.scope_id,
        audience="public" if scope == Scope.PUBLIC else "members",
        language=cast("Language", row.language),
        version=row.version or 0,
        modified_at=later(row.modified_at, row.edited_at),
        name=row.label if scope == Scope.SELECTION else row.english or row.name or "",
        alarm=(row.alarm if alarm is None else alarm) if scope == Scope.PERSON else None,
        tentative=row.tentative,
        cancelled=row.cancelled,
        selection=tuple(row.selection or ()),
        token_id=row.id,
        user_id=row.user_id,
        epoch=row.epoch or 0,
        fetched_on=row.fetched_on,
    )
    return _with_sum(reader, feed, row.edited_at) if scope == Scope.SELECTION else feed


def _with_sum(reader: Reader, feed: Feed, edited_at: datetime | None) -> Feed:
    """A selection stands at the sum of its forums' versions."""
    if isinstance(reader, Engine):
        with reader.connect() as connection:
            return _with_sum(connection, feed, edited_at)
    total, latest = reader.execute(
        select(func.sum(ScopeVersion.version), func.max(ScopeVersion.modified_at)).where(
            ScopeVersion.scope == Scope.FORUM.value, ScopeVersion.scope_id.in_(feed.selection)
        )
    ).one()
    return replace(feed, version=int(total or 0), modified_at=later(latest, edited_at))


def public_feed(reader: Reader, language: Language = "sv") -> Feed:
    """The feed of every public meeting. One query."""
    row = _PUBLIC_ROW.one_or_none(reader, {})
    version, modified_at = (0, None) if row is None else (row.version, row.modified_at)
    return Feed(Scope.PUBLIC, 0, "public", language, version, modified_at)


def public_forum_feed(reader: Reader, slug: str, language: Language = "sv") -> Feed | None:
    """The public feed of a forum; None when there is no such forum or nothing of it is public. One query."""
    row = _FORUM_ROW.one_or_none(reader, {"slug": slug})
    if row is None:
        return None
    name = row.english if language == "en" and row.english else row.name
    return Feed(Scope.FORUM, row.id, "public", language, row.version or 0, row.modified_at, name)


# ---------------------------------------------------------------- what it is joined from


def rights_for(reader: Session | Connection, feed: Feed, today: date) -> Rights:
    """What the feed's owner may see today; raises NotFound when that is no longer the feed (SEC-1).

    No query where rights decide nothing (``rules.hangs_on_rights``).
    """
    if not hangs_on_rights(feed):
        return ALL
    if isinstance(reader, Connection):
        with Session(reader) as session:
            return rights_for(session, feed, today)
    session = reader
    owner = session.scalars(select(User).where(User.id == feed.user_id).options(selectinload(User.roles))).one()
    principal = principal_of(session, owner, today)
    if not may_have(principal, feed.scope, feed.scope_id):
        raise NotFound
    return rights_of(principal)


def body_of(reader: Session | Connection, feed: Feed, window: Window, rights: Rights, wordmark: str) -> bytes:
    """The calendar: its head, the zones, the stored fragments in order of time. One query.

    Raises ValueError when it cannot be whole (F05).
    """
    shape, values = _shape_of(feed, window, rights)
    connection = reader if isinstance(reader, Connection) else reader.connection()
    rows: list[Any]
    if shape.has_lists:
        rows = list(connection.execute(_fragments(shape).statement, values).all())
    else:
        rows = _fragments(shape).all(connection, values)
    rows.sort(key=_TIME_AND_NUMBER)
    zones = {zone for some in {row[1] for row in rows} for zone in some.split(",") if zone}
    bodies: Iterable[bytes] = (row[0] for row in rows)
    if feed.alarm is not None:
        minutes = feed.alarm
        bodies = (splice_alarm(body, minutes) for body in bodies)
    return assemble(head_of(feed.scope, feed.name, feed.language, wordmark), zones, bodies)


def meetings_in(session: Session, feed: Feed, window: Window, rights: Rights) -> Sequence[Meeting]:
    """The meetings that ``body_of`` writes, in its order, with all that a fragment shows of them read."""
    shape, values = _shape_of(feed, window, rights)
    query = (
        select(Meeting)
        .join(Fragment, Fragment.meeting_id == Meeting.id)
        .where(*_shown(shape))
        .order_by(Meeting.start_at, Meeting.id)
        .options(*shown_options())
    )
    return session.scalars(query, values).all()


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of a feed decides how its question is written; the rest are the question's parameters."""

    scope: Scope
    cancelled: bool
    #: Of proposals: none, all, or those of the forums ``drafts``.
    proposals: Literal["none", "all", "some"]
    #: Only meetings of the forums ``inside`` are shown.
    limited: bool

    @property
    def has_lists(self) -> bool:
        """Whether a parameter is a list."""
        return self.limited or self.proposals == "some" or self.scope == Scope.SELECTION


def _shape_of(feed: Feed, window: Window, rights: Rights) -> tuple[_Shape, dict[str, Any]]:
    """How a feed is asked for, and with which parameters."""
    proposals: Literal["none", "all", "some"] = "none"
    values: dict[str, Any] = {"audience": feed.audience, "language": feed.language, "since": window.since}
    if feed.tentative:
        proposals = "all" if rights.drafts is None else "some"
        if rights.drafts is not None:
            values["drafts"] = sorted(rights.drafts)
    limited = rights.inside is not None and feed.scope in {Scope.SECRETARIAT, Scope.SELECTION}
    if limited:
        values["inside"] = sorted(rights.inside or ())
    if feed.cancelled:
        values["cancelled_since"] = window.cancelled_since
    if feed.scope == Scope.SELECTION:
        values["selection"] = list(feed.selection)
    elif feed.scope != Scope.PUBLIC:
        values["scope_id"] = feed.scope_id
    return _Shape(feed.scope, feed.cancelled, proposals, limited), values


#: The order of a calendar, by the last two columns of ``_fragments``.
_TIME_AND_NUMBER = itemgetter(2, 3)


@lru_cache(maxsize=64)
def _fragments(shape: _Shape) -> Prepared:
    """The fragments of a feed in no order: a database that sorts them carries their bytes about."""
    # As the database gives it, which is in order of time on both.
    start_at = type_coerce(Meeting.start_at, String())
    meetings = (
        select(Fragment.body, Fragment.zones, start_at.label("start_at"), Meeting.id.label("number"))
        .join(Meeting, Meeting.id == Fragment.meeting_id)
        .where(*_shown(shape))
    )
    return Prepared(meetings.union_all(_holds()) if shape.scope == Scope.PERSON else meetings)


def _holds() -> Select[bytes, str, str, int]:
    """The dates that polls ask the person about and nobody has chosen among (D14).

    Their numbers are below zero, so that none is also a meeting's.
    """
    return (
        select(PollHold.body, PollHold.zones, type_coerce(PollOption.start_at, String()), -PollOption.id)
        .join(PollOption, PollOption.id == PollHold.option_id)
        .join(PollInvitee, PollInvitee.poll_id == PollOption.poll_id)
        .where(
            PollHold.language == bindparam("language", type_=String()),
            PollInvitee.person_id == bindparam("scope_id", type_=Integer()),
            PollOption.local_on >= bindparam("since", type_=Date()),
        )
    )


def _shown(shape: _Shape) -> list[ColumnElement[bool]]:
    """Whether a fragment and its meeting are in the feed."""
    stands: ColumnElement[bool] = Meeting.state != "cancelled"
    if shape.cancelled:  # for a while (F15)
        stands = or_(stands, Meeting.local_on >= bindparam("cancelled_since", type_=Date()))
    found = [
        Fragment.audience == bindparam("audience", type_=String()),
        Fragment.language == bindparam("language", type_=String()),
        Meeting.local_on >= bindparam("since", type_=Date()),
        stands,
        *_belonging(shape),
    ]
    # Whether the meeting was ever more than a proposal, or is one that the owner asked for and may see.
    booked = Meeting.confirmed_at.is_not(None)
    if shape.proposals == "none":
        found.append(booked)
    elif shape.proposals == "some":
        found.append(or_(booked, Meeting.id.in_(_meetings_of("drafts"))))
    if shape.limited:
        found.append(Meeting.id.in_(_meetings_of("inside")))
    return found


def _belonging(shape: _Shape) -> list[ColumnElement[bool]]:
    """Whether the meeting is the feed's, on the meeting's own date."""
    if shape.scope == Scope.PUBLIC:
        return []
    if shape.scope == Scope.SELECTION:
        return [Meeting.id.in_(_meetings_of("selection"))]
    scope_id: BindParameter[int] = bindparam("scope_id", type_=Integer())
    if shape.scope == Scope.FORUM:
        return [Meeting.id.in_(select(MeetingForum.meeting_id).where(MeetingForum.forum_id == scope_id))]
    return [
        MeetingScope.meeting_id == Meeting.id,
        MeetingScope.scope == shape.scope.value,
        MeetingScope.scope_id == scope_id,
    ]


def _meetings_of(name: str) -> Any:
    """The meetings of the forums in the parameter ``name``."""
    return select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(bindparam(name, expanding=True)))


# ---------------------------------------------------------------- one meeting


def fragment_of(session: Session, meeting_id: int, audience: str, language: str) -> Fragment | None:
    """The stored VEVENT of one meeting; None when that audience sees none."""
    return session.get(Fragment, (meeting_id, audience, language))


# ---------------------------------------------------------------- one's own links


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A secret link as its owner's list shows it; the secret itself is not known any more."""

    id: int
    label: str
    scope: Scope
    scope_id: int
    #: The forum's or organisation's name; "" where the scope says it all.
    name: str
    tentative: bool
    cancelled: bool
    alarm: int | None
    language: str
    #: How many forums, of a selection.
    chosen: int
    created_at: datetime
    fetched_on: date | None
    #: A client family (``rules.client_family``).
    client: str | None


def links_of(session: Session, user_id: int) -> list[OwnLink]:
    """The links a user has and has not revoked, the newest first. One query."""
    query = (
        select(FeedToken, func.coalesce(_TITLE, Organisation.name))
        .outerjoin(Forum, and_(FeedToken.scope == Scope.FORUM.value, Forum.id == FeedToken.scope_id))
        .outerjoin(
            Organisation,
            and_(
                FeedToken.scope.in_((Scope.ORGANISATION.value, Scope.SECRETARIAT.value)),
                Organisation.id == FeedToken.scope_id,
            ),
        )
        .where(FeedToken.user_id == user_id, FeedToken.revoked_at.is_(None))
        .order_by(FeedToken.created_at.desc(), FeedToken.id.desc())
    )
    return [_own_link(row, name or "") for row, name in session.execute(query)]


def link_shown(session: Session, token: FeedToken) -> OwnLink:
    """One link as the list shows it."""
    scope = Scope(token.scope)
    row: Forum | Organisation | None = None
    if scope == Scope.FORUM:
        row = session.get(Forum, token.scope_id)
    elif scope in {Scope.ORGANISATION, Scope.SECRETARIAT}:
        row = session.get(Organisation, token.scope_id)
    return _own_link(token, "" if row is None else row.title if isinstance(row, Forum) else row.name)


def _own_link(row: FeedToken, name: str) -> OwnLink:
    return OwnLink(
        id=row.id,
        label=row.label,
        scope=Scope(row.scope),
        scope_id=row.scope_id,
        name=name,
        tentative=row.tentative,
        cancelled=row.cancelled,
        alarm=row.alarm,
        language=row.language,
        chosen=len(row.selection or ()),
        created_at=row.created_at,
        fetched_on=row.fetched_on,
        client=row.client,
    )


def own_link(session: Session, user_id: int, link_id: int) -> FeedToken:
    """The link of the list; raises NotFound for one that is revoked or another's."""
    row = session.get(FeedToken, link_id)
    if row is None or row.user_id != user_id or row.revoked_at is not None:
        raise NotFound
    return row


# ---------------------------------------------------------------- an organisation's links, which no user owns


def of_organisation(organisation_id: int) -> tuple[ColumnElement[bool], ...]:
    """Whether a link was made from the organisation's own page and has not been revoked."""
    return (
        FeedToken.scope == Scope.ORGANISATION.value,
        FeedToken.scope_id == organisation_id,
        FeedToken.user_id.is_(None),
        FeedToken.revoked_at.is_(None),
    )


def links_of_organisation(session: Session, organisation_id: int) -> list[OwnLink]:
    """The links made from the organisation's own page, the newest first. One query."""
    query = select(FeedToken).where(*of_organisation(organisation_id))
    ordered = query.order_by(FeedToken.created_at.desc(), FeedToken.id.desc())
    return [_own_link(row, "") for row in session.scalars(ordered)]


def link_of_organisation(session: Session, organisation_id: int, link_id: int) -> FeedToken:
    """The link of the list; raises NotFound for one that is revoked, another's, or a user's."""
    query = select(FeedToken).where(FeedToken.id == link_id, *of_organisation(organisation_id))
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


# ---------------------------------------------------------------- which feeds one may choose between


def organisations_of(session: Session, ids: Collection[int]) -> Sequence[Organisation]:
    """The organisations of ``ids`` in Swedish order. One query."""
    query = select(Organisation).where(Organisation.id.in_(ids))
    return session.scalars(query.order_by(Organisation.sort_key, Organisation.id)).all()


def secretariats_of(
    session: Session, user_id: int, forum_ids: Collection[int] | None, today: date
) -> Sequence[Organisation]:
    """The organisations whose secretariat the user is: by role, or because they keep one of ``forum_ids`` (None: any).

    In Swedish order. A constant number of queries.
    """
    by_role = session.scalars(
        select(UserRole.organisation_id).where(
            UserRole.user_id == user_id,
            UserRole.role == "secretariat",
            or_(UserRole.from_on.is_(None), UserRole.from_on <= today),
            or_(UserRole.to_on.is_(None), UserRole.to_on >= today),
        )
    )
    kept = select(Forum) if forum_ids is None else select(Forum).where(Forum.id.in_(forum_ids))
    keepers = secretariat_of(session, session.scalars(kept), today)
    return organisations_of(session, {found for found in (*by_role, *keepers.values()) if found is not None})
