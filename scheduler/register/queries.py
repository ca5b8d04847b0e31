"""Reading the register: statements and where values come from, sources, themes, strategies, notices.

Every function makes a constant number of queries. Not here: who may see a forum's statements (the caller
says which forums), organisations and forums themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler import i18n
from scheduler.db import Base
from scheduler.history.rules import plain
from scheduler.register.models import (
    Activity,
    FocusArea,
    LoadedValue,
    Notice,
    Provenance,
    Source,
    Statement,
    Strategy,
    Theme,
    Vision,
)
from scheduler.register.rules import COUNTY, FactGroup, Origin, Stated, fact_groups

# ---------------------------------------------------------------- statements


def statements_of(session: Session, kind: str, id_: int | str) -> Sequence[Statement]:
    """The statements about one row of the table ``kind``, in the register's order.

    ``id_`` is a text for the tables keyed by one (forum_kind, organisation_kind). One query.
    """
    query = select(Statement).where(Statement.subject_kind == kind)
    if isinstance(id_, str):
        query = query.where(Statement.subject_id == 0, Statement.record.endswith(f"/{id_}", autoescape=True))
    else:
        query = query.where(Statement.subject_id == id_)
    return session.scalars(query.order_by(Statement.record, Statement.position, Statement.id)).all()


def facts_of(session: Session, kind: str, id_: int | str, *, also: Collection[int] = ()) -> list[FactGroup]:
    """``statements_of`` as a page shows them under "Uppgifter ur källan"; ``also`` of rows merged into this one."""
    return fact_groups(_stated(row) for other in (id_, *also) for row in statements_of(session, kind, other))


def county_facts(session: Session) -> list[FactGroup]:
    """What belongs to no single record: facts of the county, laws, words, the file's own title."""
    kind, id_ = COUNTY
    return facts_of(session, kind, id_)


def _stated(row: Statement) -> Stated:
    return Stated(
        record=row.record,
        path=row.path,
        text=row.text,
        missing=row.value is None,
        assumed=row.assumed,
        sources=tuple(row.sources.split(",")) if row.sources else (),
        order=row.position,
    )


def search_statements(
    session: Session,
    text: str,
    *,
    forum_ids: Collection[int] | None = None,
    forums_only: bool = False,
    limit: int | None = 50,
) -> Sequence[Statement]:
    """Statements with every word of ``text``, whatever the case and the accents; none for an empty text.

    ``forum_ids`` are the forums the reader may see: statements about others are left out. None: all. With
    ``forums_only`` (for those who do not see the register) there are none about anything else.
    """
    words = i18n.search_words(text)
    if not words:
        return []
    query = select(Statement).where(*(Statement.search_key.contains(word, autoescape=True) for word in words))
    if forum_ids is not None:
        query = query.where(or_(Statement.subject_kind != "forum", Statement.subject_id.in_(forum_ids)))
    if forums_only:
        query = query.where(Statement.subject_kind == "forum")
    return session.scalars(query.order_by(Statement.record, Statement.position, Statement.id).limit(limit)).all()


# ---------------------------------------------------------------- sources and provenance


def sources(session: Session) -> Sequence[Source]:
    """All sources by number."""
    return session.scalars(select(Source).order_by(Source.number)).all()


def source_by_number(session: Session, number: str) -> Source | None:
    """The source the register cites as ``number``; None when there is none."""
    return session.scalars(select(Source).where(Source.number == number)).one_or_none()


Origins = dict[str | None, Origin]


def provenance_of(session: Session, kind: str, id_: int | str) -> Origins:
    """Column → where its value comes from; None → where the record does. See ``provenance_of_all``."""
    return provenance_of_all(session, kind, [id_]).get(id_, {})


def provenance_of_all(session: Session, kind: str, ids: Collection[int | str]) -> dict[int | str, Origins]:
    """For each row of the table ``kind`` that has any: column → where its value comes from.

    A value somebody has changed since it was loaded is no longer the source's and has no entry. Three queries.
    """
    found: dict[int | str, dict[str | None, list[Provenance]]] = defaultdict(lambda: defaultdict(list))
    for row in session.scalars(
        select(Provenance)
        .where(Provenance.subject_kind == kind, Provenance.subject_id.in_({_number(id_) for id_ in ids}))
        .options(joinedload(Provenance.source))
        .order_by(Provenance.id)
    ):
        id_: int | str = row.subject_id
        column = row.field
        if row.subject_id == 0:
            # A table keyed by text: "natverk.sv".
            key, _, within = (row.field or "").partition(".")
            id_, column = key, within or None
        if id_ in ids:
            found[id_][column].append(row)
    changed = _changed_since(session, kind, {id_ for id_, columns in found.items() if set(columns) - {None}})
    return {
        id_: {column: _origin(rows) for column, rows in columns.items() if (id_, column) not in changed}
        for id_, columns in found.items()
    }


def _number(id_: int | str) -> int:
    return id_ if isinstance(id_, int) else 0


def _origin(rows: Sequence[Provenance]) -> Origin:
    return Origin(
        sources=tuple(dict.fromkeys(row.source.number for row in rows if row.source is not None)),
        phrase=next((row.phrase for row in rows if row.phrase), None),
        assumed=any(row.assumed for row in rows),
    )


def _changed_since(session: Session, kind: str, ids: Collection[int | str]) -> set[tuple[int | str, str | None]]:
    """The (row, column) pairs whose value is another than the register file's."""
    table = Base.metadata.tables.get(kind)
    if not ids or table is None:
        return set()
    rows = {row["id"]: row for row in session.execute(select(table).where(table.c.id.in_(ids))).mappings()}
    loaded = session.scalars(
        select(LoadedValue).where(
            LoadedValue.subject_kind == kind, LoadedValue.subject_id.in_({_number(id_) for id_ in ids})
        )
    )
    changed: set[tuple[int | str, str | None]] = set()
    for value in loaded:
        id_: int | str = value.subject_id or value.record.split("/")[1]
        row = rows.get(id_)
        if row is not None and value.field in table.c and plain(row[value.field]) != value.value:
            changed.add((id_, value.field))
    return changed


# ---------------------------------------------------------------- themes and strategies


@dataclass
class ThemeNode:
    """A theme with the themes under it."""

    theme: Theme
    #: The focus area or the strategy it stands under, when its parent is no theme.
    under: FocusArea | Strategy | None
    children: list[ThemeNode] = field(default_factory=list)


def themes_tree(session: Session) -> list[ThemeNode]:
    """The themes in Swedish order, those without a theme above them first level. Three queries."""
    rows = session.scalars(select(Theme).order_by(Theme.sort_key, Theme.id)).all()
    areas = {area.id: area for area in session.scalars(select(FocusArea))}
    plans = {plan.id: plan for plan in session.scalars(select(Strategy))}
    nodes = {
        theme.id: ThemeNode(theme, areas.get(theme.focus_area_id or 0) or plans.get(theme.strategy_id or 0))
        for theme in rows
    }
    roots: list[ThemeNode] = []
    for theme in rows:
        siblings = nodes[theme.parent_id].children if theme.parent_id in nodes else roots
        siblings.append(nodes[theme.id])
    return roots


@dataclass(frozen=True)
class ThemeLine:
    """A theme of a list, what it stands under, and how deep below the first level it is shown."""

    theme: Theme
    under: Theme | FocusArea | Strategy | None
    depth: int


def themes_for_list(session: Session, *, text: str = "") -> list[ThemeLine]:
    """The themes, each with those under it right after it; with ``text`` those it names, on one level. Three queries.

    ``text`` is found in Swedish and English names, whatever the case and the accents.
    """
    found: list[ThemeLine] = []

    def walk(nodes: Sequence[ThemeNode], above: Theme | None, depth: int) -> None:
        for node in nodes:
            found.append(ThemeLine(node.theme, above or node.under, depth))
            walk(node.children, node.theme, depth + 1)

    walk(themes_tree(session), None, 0)
    words = i18n.search_words(text)
    if not words:
        return found
    return [ThemeLine(line.theme, line.under, 0) for line in found if _is_named(line.theme, words)]


def _is_named(theme: Theme, words: Sequence[str]) -> bool:
    key = i18n.search_key(f"{theme.sv} {theme.en or ''}")
    return all(word in key for word in words)


def theme_by_slug(session: Session, slug: str) -> Theme | None:
    """The theme of an address; None when there is none."""
    return session.scalars(select(Theme).where(Theme.slug == slug)).one_or_none()


def strategies(session: Session) -> Sequence[Strategy]:
    """Strategies and programmes with owner, visions, focus areas and issues, as the register lists them."""
    return session.scalars(
        select(Strategy)
        .options(
            joinedload(Strategy.owner),
            selectinload(Strategy.visions),
            selectinload(Strategy.focus_areas).selectinload(FocusArea.issues),
        )
        .order_by(Strategy.kind.desc(), Strategy.id)
    ).all()


def visions_without_strategy(session: Session) -> Sequence[Vision]:
    """The visions of which no source says whose they are."""
    return session.scalars(select(Vision).where(Vision.strategy_id.is_(None)).order_by(Vision.id)).all()


def activities(session: Session) -> Sequence[Activity]:
    """What recurs and is counted without being a meeting, in Swedish order, with the organisation responsible."""
    rows = session.scalars(select(Activity).options(joinedload(Activity.organisation)).order_by(Activity.id))
    return sorted(rows, key=lambda row: i18n.sort_key(row.sv))


# ---------------------------------------------------------------- notices


def notices_on(session: Session, day: date) -> Sequence[Notice]:
    """The notices shown on ``day``, warnings first."""
    return session.scalars(
        select(Notice)
        .options(joinedload(Notice.organisation))
        .where(
            or_(Notice.from_on.is_(None), Notice.from_on <= day),
            or_(Notice.to_on.is_(None), Notice.to_on >= day),
        )
        .order_by(Notice.kind.desc(), Notice.id)
    ).all()


def notices_for_list(session: Session) -> Sequence[Notice]:
    """All notices, those that begin latest first, with the organisation each is about. One query."""
    return session.scalars(
        select(Notice)
        .options(joinedload(Notice.organisation))
        .order_by(Notice.from_on.is_(None), Notice.from_on.desc(), Notice.id.desc())
    ).all()
