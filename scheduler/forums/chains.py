"""What a person does with chains: one forum meets so many days before another, as preparing bodies do.

A chain is a window, never a fixed offset (spec cadence, chains), and belongs to both forums: each keeps it in its
history. Not here: reading chains (``queries``), planning by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.forums.models import Forum, ForumLink
from scheduler.forums.trace import record_change
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Field, Number

#: Where a forum stands in the chain: it meets before the other, or after it.
PLACES = ("before", "after")
#: The widest window, in days.
LONGEST = 366

_DAYS: Mapping[str, Field] = {"min_days": Number(0, LONGEST), "max_days": Number(0, LONGEST)}
_FIELDS: Mapping[str, Field] = {"place": Choice(PLACES), **_DAYS}


def add_chain(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    place: str,
    other_id: int | None,
    min_days: int | None,
    max_days: int | None,
) -> ForumLink:
    """``forum`` meets before or after (``place``) the other, with so many days between them.

    Raises Refused with problems at the fields: the forum itself, a chain that is there already, a range upside down.
    """
    _take_all(session)
    values, problems = fields.read(_FIELDS, {"place": place, "min_days": min_days, "max_days": max_days})
    other = None if other_id is None else session.get(Forum, other_id)
    if other is None:
        problems.append(Problem("other_id", mark("Välj ett forum")))
    elif other is forum:
        problems.append(Problem("other_id", mark("Välj ett annat forum än det här")))
    fields.refuse(problems + _range_problems(values))
    assert other is not None  # noqa: S101 - refused above
    before, after = (forum, other) if place == "before" else (other, forum)
    there = select(ForumLink.id).where(ForumLink.before_id == before.id, ForumLink.after_id == after.id)
    if session.scalar(there.limit(1)) is not None:
        text = mark("%(before)s ska redan mötas före %(after)s")
        fields.refuse([Problem("other_id", text, {"before": before.title, "after": after.title})])
    link = ForumLink(before=before, after=after, **{name: values[name] for name in _DAYS})
    session.add(link)
    session.flush()
    _record(session, actor, now, link, "chain.add", after=_facts(link))
    return link


def edit_chain(
    session: Session, actor: Actor, now: datetime, link: ForumLink, *, min_days: int | None, max_days: int | None
) -> ForumLink:
    """So many days lie between the two from now on. Raises Refused with problems at the fields."""
    values, problems = fields.read(_DAYS, {"min_days": min_days, "max_days": max_days})
    fields.refuse(problems + _range_problems(values))
    before = _facts(link)
    rows.assign(link, values)
    session.flush()
    _record(session, actor, now, link, "chain.edit", before=before, after=_facts(link))
    return link


def remove_chain(session: Session, actor: Actor, now: datetime, link: ForumLink) -> None:
    """The two meet without regard to each other again."""
    _record(session, actor, now, link, "chain.remove", before=_facts(link))
    session.delete(link)
    session.flush()


def _take_all(session: Session) -> None:
    """Two writers must not add the same chain together; on SQLite a writer is alone anyway."""
    session.scalars(select(Forum.id).order_by(Forum.id).with_for_update()).all()


def _range_problems(values: Mapping[str, Any]) -> list[Problem]:
    low, high = values.get("min_days"), values.get("max_days")
    if low is None or high is None or low <= high:
        return []
    return [Problem("max_days", mark("Det högsta antalet kan inte vara lägre än det minsta"))]


def _facts(link: ForumLink) -> dict[str, Any]:
    return rows.facts(link, ("min_days", "max_days"))


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    link: ForumLink,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Keeps it with both forums, each naming the two."""
    about = {"before": link.before.name, "after": link.after.name}
    for forum in (link.before, link.after):
        record_change(session, actor, now, forum, action, before=before, after=after, about=about)
