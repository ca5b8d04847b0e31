"""What a user is today and why: whose secretariat, where in the chair, where a member, and until when. Reads only.

The forums are those of ``principals.principal_of``; here are the reasons and the days beside them. Not here: what
follows (``rules.may``), the words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.models import User
from scheduler.accounts.principals import principal_of
from scheduler.accounts.rules import Principal
from scheduler.forums.models import Forum
from scheduler.forums.rotation import next_turns, rotations_of
from scheduler.forums.seats import seats_of_person
from scheduler.organisations.models import Organisation

Kind = Literal["secretariat", "chair", "member", "represented"]
#: Why, and the last day as far as it is known; None: until further notice. ``role``: given by name; ``organisation``:
#: the user's organisation keeps it, or has a seat; ``rotation``: its turn; ``seat``: a seat or office; ``lead``: leads.
Reason = tuple[Literal["role", "organisation", "rotation", "seat", "lead"], date | None]


@dataclass(frozen=True, slots=True)
class ForumRight:
    """A forum that is a user's today."""

    forum_id: int
    slug: str
    title: str
    kind: Kind
    by: str
    until_on: date | None


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user is on a day, as the role table sees it, and where it comes from."""

    principal: Principal
    forums: Sequence[ForumRight]
    #: Names of the organisations the user is the contact of.
    organisations: Sequence[str]

    def of(self, kind: str) -> list[ForumRight]:
        """The forums that are the user's in this way."""
        return [row for row in self.forums if row.kind == kind]


def rights_of(session: Session, user: User, today: date) -> Rights:
    """What ``user`` is on ``today``, by forum in Swedish order; where in the chair, not told a member once more.

    A constant number of queries.
    """
    who = principal_of(session, user, today)
    seats = {} if user.person_id is None else _seats(session, user.person_id, today)
    reasons: dict[Kind, Mapping[int, Reason]] = {
        "secretariat": _secretariats(session, user, who, today),
        "chair": {forum_id: seats.get((forum_id, "chair"), ("lead", None)) for forum_id in who.chair_forums},
        "member": {
            forum_id: seats.get((forum_id, "member"), ("seat", None))
            for forum_id in who.member_forums - who.chair_forums
        },
        "represented": dict.fromkeys(who.organisation_forums, ("organisation", None)),
    }
    forums = session.scalars(select(Forum).where(Forum.id.in_(who.own_forums)).order_by(Forum.sort_key, Forum.id)).all()
    found = [
        ForumRight(forum.id, forum.slug, forum.title, kind, *why[forum.id])
        for kind, why in reasons.items()
        for forum in forums
        if forum.id in why
    ]
    names = select(Organisation.name).where(Organisation.id.in_(who.organisations)).order_by(Organisation.sort_key)
    return Rights(who, found, session.scalars(names).all())


def _seats(session: Session, person_id: int, today: date) -> dict[tuple[int, str], Reason]:
    """(Forum, "chair" or "member") → until when the person sits there; of several seats the longest."""
    found: dict[tuple[int, str], Reason] = {}
    for row in seats_of_person(session, person_id, today):
        key = (row.forum_id, "chair" if row.seat.function == "chair" else "member")
        _why, earlier = found.get(key, ("seat", date.min))
        until = row.seat.until_on
        found[key] = ("seat", None if until is None or earlier is None else max(until, earlier))
    return found


def _secretariats(session: Session, user: User, who: Principal, today: date) -> dict[int, Reason]:
    """Forum → why it is the user's secretariat, and until when."""
    roles = [role for role in user.roles if role.role == "secretariat"]
    roles = [role for role in roles if (role.from_on or today) <= today <= (role.to_on or today)]
    named = {role.forum_id: role.to_on for role in roles if role.forum_id is not None}
    keeping = [role.to_on for role in roles if role.organisation_id is not None]
    last = None if None in keeping else max((day for day in keeping if day is not None), default=None)
    turning = rotations_of(session, who.secretariat_forums - set(named), "secretariat")
    found: dict[int, Reason] = {}
    for forum_id in who.secretariat_forums:
        turn = next((turn for row in turning.get(forum_id, ()) for turn in next_turns(row, today, 1)), None)
        if forum_id in named:
            found[forum_id] = ("role", named[forum_id])
        elif turn is None:
            found[forum_id] = ("organisation", last)
        elif turn.from_on is not None and turn.from_on > today:  # the forum's own secretariat, until the first turn
            found[forum_id] = ("organisation", _earlier(turn.from_on - timedelta(days=1), last))
        else:
            found[forum_id] = ("rotation", _earlier(turn.to_on, last))
    return found


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)
