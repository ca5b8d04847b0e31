"""What only shows once the whole file is read: records told twice, rings.

Not here: the values of one record (``entries``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from scheduler.db import Base
from scheduler.forums.models import Forum, ForumInclusion
from scheduler.i18n import mark
from scheduler.organisations.models import Relation
from scheduler.places.models import Place
from scheduler.register.models import Theme
from scheduler.reports.register_file.book import Book
from scheduler.reports.register_file.values import Ref, Row

#: Table → columns from and to; None: the row itself.
_EDGES: dict[type[Base], tuple[str | None, str]] = {
    Forum: (None, "parent_id"),
    ForumInclusion: ("forum_id", "included_id"),
    Place: (None, "part_of_id"),
    Relation: ("from_id", "to_id"),
    Theme: (None, "parent_id"),
}


def check(book: Book) -> None:
    """Notes every record that stands twice, every statement that does, and every ring."""
    seen: dict[str, Row] = {}
    for row in book.register.rows:
        first = seen.setdefault(row.record, row)
        if first is not row:
            book.note(
                row.line,
                mark("%(record)s står två gånger, först på rad %(first)s."),
                record=row.label,
                first=first.line,
            )
        if len(row.record) > 200:  # noqa: PLR2004 - the length of loaded_value.record
            book.note(row.line, mark("%(key)s är för långt."), key=row.record[:40])
    paths: dict[tuple[str, str], int] = {}
    for leaf in book.register.leaves:
        line = paths.setdefault((leaf.record, leaf.path), leaf.line)
        if line != leaf.line:
            book.note(
                leaf.line, mark("%(record)s står två gånger, först på rad %(first)s."), record=leaf.path, first=line
            )
    for model in _EDGES:
        _check_rings(book, model)


def _check_rings(book: Book, model: type[Base]) -> None:
    edges: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    for row in book.register.rows:
        if row.model is not model or (model is Relation and row.fields.get("kind") != "part_of"):
            continue
        start, end = _EDGES[model]
        source = row.fields.get(start) if start else row.ref
        target = row.fields.get(end)
        if isinstance(source, Ref) and isinstance(target, Ref):
            edges[source.record].append((target.record, row))
    for ring, row in _rings(edges):
        path = " → ".join(record.split("/")[1] for record in ring)
        book.note(row.lines.get(_EDGES[model][1], row.line), mark("det här går i ring: %(path)s."), path=path)


def _rings(edges: dict[str, list[tuple[str, Row]]]) -> Iterator[tuple[list[str], Row]]:
    """Each ring once, as the records along it (the first again at the end) and the row that closes it."""
    done: set[str] = set()
    for start in list(edges):
        if start in done:
            continue
        # A walk without recursion: the trail, and for each record on it the edges still to follow.
        trail = [start]
        waiting = [iter(edges.get(start, ()))]
        while trail:
            for target, row in waiting[-1]:
                if target in trail:
                    yield [*trail[trail.index(target) :], target], row
                elif target not in done:
                    trail.append(target)
                    waiting.append(iter(edges.get(target, ())))
                    break
            else:
                done.add(trail.pop())
                waiting.pop()
