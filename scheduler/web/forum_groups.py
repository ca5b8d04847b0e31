"""The forums of one kind or of one secretariat: what ``?group=`` means on the overview and in the year's calendar.

Not here: the list of forums, which has a filter for each (``forums``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scheduler.forums.models import Forum
from scheduler.i18n import language


@dataclass(frozen=True)
class Group:
    """A value of ``?group=`` and its name."""

    key: str
    name: str


@dataclass(frozen=True)
class Groups:
    """What one may choose from: kinds in their own order, secretariats by name; and what is chosen, "" for all."""

    kinds: Sequence[Group]
    secretariats: Sequence[Group]
    chosen: str = ""

    def holds(self, forum: Forum) -> bool:
        """Whether the forum is of the group chosen."""
        return not self.chosen or self.chosen in {_kind_key(forum), _secretariat_key(forum)}


def _kind_key(forum: Forum) -> str:
    return f"kind-{forum.kind_id}"


def _secretariat_key(forum: Forum) -> str:
    return "" if forum.secretariat is None else f"org-{forum.secretariat.slug}"


def groups_of(forums: Iterable[Forum], chosen: str | None) -> Groups:
    """The groups of ``forums``; a choice that is none of them means all."""
    listed = list(forums)
    kinds = sorted({forum.kind for forum in listed}, key=lambda kind: (kind.position, kind.id))
    kept = {forum.secretariat for forum in listed if forum.secretariat is not None}
    secretariats = sorted(kept, key=lambda organisation: organisation.sort_key)
    found = Groups(
        [Group(f"kind-{kind.id}", kind.en if language() == "en" else kind.sv) for kind in kinds],
        [Group(f"org-{organisation.slug}", organisation.name) for organisation in secretariats],
    )
    known = {group.key for group in (*found.kinds, *found.secretariats)}
    return Groups(found.kinds, found.secretariats, chosen) if chosen in known else found
