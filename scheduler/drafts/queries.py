"""Drafts as pages ask for them: which there are, a draft's board with its remarks, other days for one meeting.

The problem a draft was solved on is read once in a process and kept while it is asked for. Not here: changing a draft
(``actions``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.drafts.remarks import Key, Remark, remarks_of
from scheduler.drafts.translating import forum_key, instance_of, number, plan_of, unpack
from scheduler.i18n import gettext
from scheduler.organisations.models import Person
from scheduler.planning.cells import Standing
from scheduler.planning.checker import Report, check
from scheduler.planning.dates import DateTable
from scheduler.planning.explaining import Explanation, explain
from scheduler.planning.instance import Forum, Instance
from scheduler.planning.plan import Plan


def drafts_of(session: Session, year: int, scope: str | None = None) -> list[Draft]:
    """The drafts of a year (of one secretariat's, None: all), the latest first, without their meetings."""
    query = select(Draft).where(Draft.year == year).order_by(Draft.created_at.desc(), Draft.id.desc())
    if scope is not None:
        query = query.where(Draft.scope == scope)
    return list(session.scalars(query))


def draft_with_meetings(session: Session, draft_id: int) -> Draft | None:
    """A draft with its forums and meetings; None when there is none."""
    query = (
        select(Draft)
        .where(Draft.id == draft_id)
        .options(
            selectinload(Draft.forum_rows).joinedload(DraftForum.forum),
            selectinload(Draft.meetings).options(
                joinedload(DraftMeeting.forum), joinedload(DraftMeeting.place), joinedload(DraftMeeting.meeting)
            ),
        )
    )
    return session.scalars(query).unique().one_or_none()


@lru_cache(maxsize=8)
def _instance(packed: bytes, profile: str) -> Instance:
    return instance_of(unpack(packed), profile)


@dataclass(frozen=True)
class Board:
    """A draft as it stands, judged: everything a page says of it."""

    draft: Draft
    instance: Instance
    plan: Plan
    #: The row of each meeting of the plan.
    rows: Mapping[Key, DraftMeeting]

    @cached_property
    def report(self) -> Report:
        """What the checker finds now."""
        return check(self.instance, self.plan)

    @cached_property
    def standing(self) -> Standing:
        """The plan, ready to be asked for other days."""
        return Standing(self.instance, self.plan)

    @cached_property
    def remarks(self) -> dict[Key, list[Remark]]:
        """What is for and against each meeting."""
        return remarks_of(self.instance, self.plan, self.report.violations)

    @cached_property
    def keys(self) -> dict[int, Key]:
        """The row's id → its meeting in the plan."""
        return {row.id: key for key, row in self.rows.items()}

    def forum(self, forum_id: int) -> Forum | None:
        """What is asked of the forum's year; None when it was not in the problem."""
        return next((one for one in self.instance.forums if one.id == forum_key(forum_id)), None)

    def dates(self, row: DraftMeeting) -> DateTable:
        """The other days of a meeting, everything else standing."""
        forum, index = self.keys[row.id]
        return DateTable(self.standing, forum, index)

    def explanation(self, forum_id: int) -> Explanation | None:
        """Why the forum has no year beside the others', and what would help; None when it was not in the problem."""
        forum = self.forum(forum_id)
        if forum is None:
            return None
        others = Plan(tuple(one for one in self.plan.meetings if one.forum != forum.id))
        return explain(self.instance, forum, others)

    @cached_property
    def lacking(self) -> tuple[int, ...]:
        """The forums without enough meetings, by number."""
        had: dict[str, int] = {}
        for meeting in self.plan.meetings:
            had[meeting.forum] = had.get(meeting.forum, 0) + 1
        return tuple(number(one.id) for one in self.instance.forums if had.get(one.id, 0) < one.min_meetings)


def board_of(session: Session, draft: Draft) -> Board | None:
    """The draft judged, people by their names; None before it has been run."""
    packed = draft.problem
    if packed is None:
        return None
    bare = _instance(packed, draft.profile)
    names = _names(session, [number(person.id) for person in bare.persons])
    instance = replace(
        bare, persons=tuple(replace(one, name=names.get(number(one.id), one.name)) for one in bare.persons)
    )
    plan = plan_of(instance, draft.meetings)
    rows = {(row.forum_id, row.on): row for row in draft.meetings}
    return Board(
        draft, instance, plan, {(one.forum, one.index): rows[number(one.forum), one.on] for one in plan.meetings}
    )


def _names(session: Session, person_ids: Sequence[int]) -> dict[int, str]:
    query = select(Person.id, Person.given_name, Person.family_name, Person.protected).where(Person.id.in_(person_ids))
    return {
        row.id: gettext("en ledamot") if row.protected else f"{row.given_name} {row.family_name}".strip()
        for row in session.execute(query)
    }
