"""Reading forums: lists, one by its address, what the cadence room needs, relations of a forum's page.

Each function makes a constant number of queries. Not here: seats (``seats``), turns and leads (``rotation``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, inspect, not_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler import i18n
from scheduler.cadence import rules as cadence
from scheduler.forums.inherited import effective
from scheduler.forums.models import (
    CadenceVersion,
    Forum,
    ForumInclusion,
    ForumKind,
    ForumLink,
    ForumName,
    ForumRelation,
    ForumTheme,
    Pause,
)
from scheduler.forums.rotation import secretariat_of
from scheduler.forums.rules import CADENCE_NUMBERS
from scheduler.register.models import Theme

#: So many years of a yearly pause are laid out, from the year the forum is tracked from.
YEARS_OF_PAUSES = 50


def forum_kinds(session: Session, *, meets: bool = True) -> Sequence[ForumKind]:
    """The kinds a forum can be of, in their own order; ``meets`` False gives those that are counted activities."""
    query = select(ForumKind).where(ForumKind.meets.is_(meets))
    return session.scalars(query.order_by(ForumKind.position, ForumKind.id)).all()


def forum_by_slug(session: Session, slug: str) -> Forum | None:
    """The forum of an address; None when there is none."""
    return session.scalars(select(Forum).where(Forum.slug == slug).options(joinedload(Forum.kind))).one_or_none()


def forum_slugs(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Forum → the last part of its page's address. One query, none without ids."""
    return dict(session.execute(select(Forum.id, Forum.slug).where(Forum.id.in_(ids))).all()) if ids else {}


def is_public() -> ColumnElement[bool]:
    """SQL for: something of the forum is shown to everybody; ``forum`` and ``forum_kind`` must be joined.

    A proposal is never public.
    """
    level = func.coalesce(Forum.public_level, ForumKind.public_level)
    return and_(level != "none", Forum.state != "proposal")


def forums_for_list(
    session: Session,
    *,
    forum_ids: Collection[int] | None = None,
    public_only: bool = False,
    text: str = "",
    kind_id: str | None = None,
    state: str | None = None,
    host_id: int | None = None,
    parent_id: int | None = None,
    theme_id: int | None = None,
    lead_office_id: int | None = None,
    secretariat_id: int | None = None,
    on: date | None = None,
) -> list[Forum]:
    """Forums in Swedish order, with all that a list shows of them read. Three queries, a few more with a filter.

    ``forum_ids`` and ``public_only`` say what the viewer may see: neither all, one of them what it says, both
    together those forums and the public ones. ``text`` is found in names, short names, codes and names in other
    languages, whatever the case and the accents. ``on`` is the day on which ``state`` (a forum whose last day has
    passed is ended) and ``secretariat_id`` (which may rotate) hold; without it they hold as stored.
    """
    query = (
        select(Forum)
        .join(Forum.kind)
        .options(
            joinedload(Forum.kind),
            joinedload(Forum.host),
            joinedload(Forum.secretariat),
            joinedload(Forum.lead_office),
            joinedload(Forum.lead_person),
            joinedload(Forum.default_place),
            selectinload(Forum.cadences),
            selectinload(Forum.pauses),
        )
        .where(*(is_named(word) for word in i18n.search_words(text)))
    )
    query = query.where(*_seen(forum_ids, public_only=public_only))
    equal = {
        Forum.kind_id: kind_id,
        Forum.host_id: host_id,
        Forum.parent_id: parent_id,
        Forum.lead_office_id: lead_office_id,
    }
    query = query.where(*(column == value for column, value in equal.items() if value is not None))
    if theme_id is not None:
        query = query.where(exists().where(ForumTheme.forum_id == Forum.id, ForumTheme.theme_id == theme_id))
    if state is not None:
        query = query.where(_is_in(state, on))
    if secretariat_id is not None and on is None:
        query = query.where(Forum.secretariat_id == secretariat_id)
    forums = list(session.scalars(query.order_by(Forum.sort_key, Forum.id)))
    if secretariat_id is not None and on is not None:
        keepers = secretariat_of(session, forums, on)
        forums = [forum for forum in forums if keepers[forum.id] == secretariat_id]
    return forums


def _seen(forum_ids: Collection[int] | None, *, public_only: bool) -> list[ColumnElement[bool]]:
    """What the viewer may see, as ``forums_for_list`` says it."""
    seen: list[ColumnElement[bool]] = [] if forum_ids is None else [Forum.id.in_(forum_ids)]
    if public_only:
        seen.append(is_public())
    return [or_(*seen)] if seen else []


def is_named(word: str) -> ColumnElement[bool]:
    """SQL for: a word as ``i18n.search_words`` gives it is found in one of the forum's names; ``forum`` is joined."""
    named = exists().where(ForumName.forum_id == Forum.id, ForumName.search_key.contains(word, autoescape=True))
    return or_(Forum.search_key.contains(word, autoescape=True), named)


@dataclass(frozen=True, slots=True)
class ForumHit:
    """A forum that a search has found."""

    id: int
    slug: str
    #: The short name where there is one.
    title: str
    kind_sv: str
    kind_en: str


def search_forums(
    session: Session, text: str, *, forum_ids: Collection[int] | None = None, public_only: bool = False
) -> list[ForumHit]:
    """The forums in whose names every word of ``text`` is found, the best first; none for an empty text. One query.

    ``forum_ids`` and ``public_only`` say what the reader may see, as in ``forums_for_list``.
    """
    words = i18n.search_words(text)
    if not words:
        return []
    query = select(Forum.id, Forum.slug, Forum.name, Forum.short_name, ForumKind.sv, ForumKind.en).join(Forum.kind)
    query = query.where(*(is_named(word) for word in words), *_seen(forum_ids, public_only=public_only))
    rows = session.execute(query.order_by(Forum.sort_key, Forum.id)).all()
    best = sorted(rows, key=lambda row: i18n.search_rank(row.name, words))
    return [ForumHit(row.id, row.slug, row.short_name or row.name, row.sv, row.en) for row in best]


@dataclass(frozen=True, slots=True)
class ForumRef:
    """A forum as a link."""

    slug: str
    title: str


def is_judged(forum: Forum) -> bool:
    """Whether an overview judges the forum: one in use, neither a family nor a working group of unknown name."""
    return (
        forum.family_count is None
        and forum.state in {"active", "resting"}
        and not (forum.parent_id and forum.name_missing)
    )


def forum_refs(session: Session, forum_ids: Collection[int]) -> dict[int, ForumRef]:
    """Each of ``forum_ids`` that there is. One query, none without ids."""
    if not forum_ids:
        return {}
    rows = session.execute(select(Forum.id, Forum.slug, Forum.name, Forum.short_name).where(Forum.id.in_(forum_ids)))
    return {id_: ForumRef(slug, short_name or name) for id_, slug, name, short_name in rows}


def _is_in(state: str, on: date | None) -> ColumnElement[bool]:
    stored = Forum.state == state
    if on is None:
        return stored
    over = and_(Forum.valid_to_on.is_not(None), Forum.valid_to_on < on)
    return or_(stored, over) if state == "ended" else and_(stored, not_(over))


def themes_for_choice(session: Session, *, forum_ids: Collection[int] = ()) -> list[Theme]:
    """All themes in Swedish order, those of the forums first. Two queries."""
    query = select(ForumTheme.theme_id).where(ForumTheme.forum_id.in_(forum_ids))
    first = set(session.scalars(query)) if forum_ids else set()
    themes = session.scalars(select(Theme).order_by(Theme.sort_key, Theme.id)).all()
    return sorted(themes, key=lambda theme: theme.id not in first)


# ---------------------------------------------------------------- for the cadence room


def cadence_input(session: Session, forum_ids: Collection[int]) -> dict[int, cadence.Forum]:
    """What ``cadence.evaluation.evaluate`` needs of each forum, but for its meetings. Three queries at most."""
    query = (
        select(Forum)
        .where(Forum.id.in_(forum_ids))
        .options(joinedload(Forum.kind), selectinload(Forum.cadences), selectinload(Forum.pauses))
    )
    return {forum.id: cadence_forum(forum) for forum in session.scalars(query)}


#: What of a forum its rule is made of, beside its own columns.
_RULE = frozenset({"kind", "cadences", "pauses"})


def cadence_of(session: Session, forums: Iterable[Forum]) -> dict[int, cadence.Forum]:
    """As ``cadence_input``, for forums at hand: no query when their kinds, requirements and pauses have been read."""
    known = list(forums)
    unread = [forum.id for forum in known if _RULE & inspect(forum).unloaded]
    found = cadence_input(session, unread) if unread else {}
    return found | {forum.id: cadence_forum(forum) for forum in known if forum.id not in found}


def cadence_forum(forum: Forum) -> cadence.Forum:
    """As ``cadence_input``, for one forum; asks the database only for what is not yet read of it.

    It starts on the later of its first day (at its precision) and the day it is tracked from: earlier years are
    "inga uppgifter", never missed.
    """
    settings = effective(forum)
    start = max(day for day in (forum.valid_from_on, forum.tracked_from_on) if day is not None)
    return cadence.Forum(
        versions=tuple(_version(row) for row in sorted(forum.cadences, key=lambda row: row.valid_from_on or date.min)),
        start=start,
        end=forum.valid_to_on,
        pauses=pause_spans(forum.pauses, range(start.year - 1, start.year + YEARS_OF_PAUSES)),
        time_zone=forum.time_zone,
        requires_quorum=settings.requires_quorum,
        extra_counts=forum.extra_counts,
        notice=settings.notice,
    )


def _version(row: CadenceVersion) -> cadence.CadenceVersion:
    keys = {name: getattr(row, name) for name in CADENCE_NUMBERS[row.kind]}
    return cadence.version_from({"kind": row.kind, **keys}, row.valid_from_on)


def pause_spans(pauses: Iterable[Pause], years: range) -> tuple[tuple[date, date | None], ...]:
    """The pauses as spans (both days included, None is open) by first day; yearly ones once in each of ``years``.

    A yearly pause begins in the year of its own first day, not before.
    """
    spans: list[tuple[date, date | None]] = []
    for pause in pauses:
        if pause.yearly and pause.to_on is not None:
            since = range(max(years.start, pause.from_on.year), years.stop)
            spans += cadence.yearly_pauses(pause.from_on, pause.to_on, since)
        else:
            spans.append((pause.from_on, pause.to_on))
    return tuple(sorted(spans, key=lambda span: span[0]))


# ---------------------------------------------------------------- beside other forums


@dataclass(frozen=True)
class ForumSurroundings:
    """What a forum is to others; forums the viewer may not see are left out."""

    parent: Forum | None
    #: Its own groups, in Swedish order.
    children: tuple[Forum, ...]
    #: The forums whose seats it has, and those that have its; past and coming ones too, as entered.
    inclusions: tuple[ForumInclusion, ...]
    included_in: tuple[ForumInclusion, ...]
    #: What it says it is to others, and what others say they are to it.
    relations: tuple[ForumRelation, ...]
    incoming: tuple[ForumRelation, ...]
    #: The chains it stands in, before or after another.
    chains: tuple[ForumLink, ...]


def surroundings(
    session: Session, forum: Forum, *, forum_ids: Collection[int] | None = None, public_only: bool = False
) -> ForumSurroundings:
    """The forum's parent, groups, nesting, relations, chains; the viewer as in ``forums_for_list``. Four queries."""
    inclusions = session.scalars(
        select(ForumInclusion)
        .where(or_(ForumInclusion.forum_id == forum.id, ForumInclusion.included_id == forum.id))
        .order_by(ForumInclusion.id)
    ).all()
    relations = session.scalars(
        select(ForumRelation)
        .where(or_(ForumRelation.forum_id == forum.id, ForumRelation.to_forum_id == forum.id))
        .options(joinedload(ForumRelation.to_organisation))
        .order_by(ForumRelation.id)
    ).all()
    chains = chains_of(session, forum)
    near = {row.forum_id for row in inclusions} | {row.included_id for row in inclusions}
    near |= {row.before_id for row in chains} | {row.after_id for row in chains}
    near |= {row.forum_id for row in relations} | {row.to_forum_id for row in relations if row.to_forum_id}
    query = (
        select(Forum)
        .join(Forum.kind)
        .where(or_(Forum.id.in_(near), Forum.parent_id == forum.id, Forum.id == forum.parent_id))
        .order_by(Forum.sort_key, Forum.id)
    )
    allowed: list[ColumnElement[bool]] = [] if forum_ids is None else [Forum.id.in_(forum_ids)]
    if public_only:
        allowed.append(is_public())
    if allowed:
        query = query.where(or_(*allowed))
    seen = {row.id: row for row in session.scalars(query)}
    seen[forum.id] = forum
    return ForumSurroundings(
        parent=None if forum.parent_id is None else seen.get(forum.parent_id),
        children=tuple(row for row in seen.values() if row.parent_id == forum.id),
        inclusions=tuple(row for row in inclusions if row.forum_id == forum.id and row.included_id in seen),
        included_in=tuple(row for row in inclusions if row.included_id == forum.id and row.forum_id in seen),
        relations=tuple(
            row
            for row in relations
            if row.forum_id == forum.id and (row.to_forum_id is None or row.to_forum_id in seen)
        ),
        incoming=tuple(row for row in relations if row.to_forum_id == forum.id and row.forum_id in seen),
        chains=tuple(row for row in chains if row.before_id in seen and row.after_id in seen),
    )


def inclusions_of(session: Session, forum: Forum) -> Sequence[ForumInclusion]:
    """The forums whose seats it has, past and coming ones too, as entered. One query."""
    query = (
        select(ForumInclusion)
        .where(ForumInclusion.forum_id == forum.id)
        .options(joinedload(ForumInclusion.included))
        .order_by(ForumInclusion.id)
    )
    return session.scalars(query).all()


def chains_of(session: Session, forum: Forum) -> Sequence[ForumLink]:
    """The chains of the forum, whoever may see the other, in the order they were entered. One query."""
    query = (
        select(ForumLink)
        .where(or_(ForumLink.before_id == forum.id, ForumLink.after_id == forum.id))
        .options(joinedload(ForumLink.before), joinedload(ForumLink.after))
        .order_by(ForumLink.id)
    )
    return session.scalars(query).all()


def forums_per_theme(session: Session) -> dict[int, int]:
    """Theme → how many forums have it; those no forum has are left out. One query."""
    query = select(ForumTheme.theme_id, func.count()).group_by(ForumTheme.theme_id)
    return dict(session.execute(query).all())
