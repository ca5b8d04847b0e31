"""Drafts as pages ask for them: which there are, a draft's board with its remarks, other days for one meeting.

The problem a draft was solved on is read once in a process, and judged once wherever its meetings lie; both are kept
while they are asked for. Not here: changing a draft (``actions``), other days for a meeting (``choosing``).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.drafts.remarks import Around, Key, Remark, remarks_of
from scheduler.drafts.translating import forum_key, instance_of, number, plan_of, unpack
from scheduler.forums.models import Forum as ForumRow
from scheduler.i18n import gettext, language
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


def forums_of_drafts(session: Session, draft_ids: Collection[int]) -> dict[int, set[int]]:
    """Draft → the forums whose year it lays, by number. One query."""
    found: dict[int, set[int]] = {number_: set() for number_ in draft_ids}
    query = select(DraftForum.draft_id, DraftForum.forum_id).where(DraftForum.draft_id.in_(draft_ids))
    for draft_id, forum_id in session.execute(query):
        found[draft_id].add(forum_id)
    return found


def draft_with_meetings(session: Session, draft_id: int) -> Draft | None:
    """A draft with its forums and meetings; None when there is none."""
    query = (
        select(Draft)
        .where(Draft.id == draft_id)
        .options(
            selectinload(Draft.forum_rows)
            .joinedload(DraftForum.forum)
            .options(joinedload(ForumRow.kind), joinedload(ForumRow.secretariat)),
            selectinload(Draft.meetings).options(
                joinedload(DraftMeeting.forum), joinedload(DraftMeeting.place), joinedload(DraftMeeting.meeting)
            ),
        )
    )
    return session.scalars(query).unique().one_or_none()


K = TypeVar("K")
V = TypeVar("V")


class _Kept(Generic[K, V]):
    """The values asked for most lately, by key; threads of a process share them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._found: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        value = make()
        with self._lock:
            self._found[key] = value
            while len(self._found) > self.most:
                self._found.popitem(last=False)
        return value


#: The database, the draft and when its run ended: its problem is written once.
_Problem = tuple[str, int, datetime | None, str]
_problems: _Kept[_Problem, Instance] = _Kept(8)


@dataclass(frozen=True)
class Judgement:
    """A draft's plan on its problem, people by their names, and what can be said of it: values alone, of no session."""

    instance: Instance
    plan: Plan
    #: What ``once`` has made, by name and language.
    made: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: str, make: Callable[[], V]) -> V:
        """What ``make`` gives, made once under ``name`` in a language: values alone, of no session."""
        key = (name, language())
        if key not in self.made:
            self.made[key] = make()
        found: V = self.made[key]
        return found

    @cached_property
    def report(self) -> Report:
        """What the checker finds."""
        return check(self.instance, self.plan)

    @cached_property
    def standing(self) -> Standing:
        """The plan, ready to be asked for other days."""
        return Standing(self.instance, self.plan)

    @cached_property
    def around(self) -> Around:
        """The plan, ready to be asked what speaks for and against a meeting."""
        return Around(self.instance, self.plan)

    @cached_property
    def remarks(self) -> dict[Key, list[Remark]]:
        """What is for and against each meeting."""
        return remarks_of(self.instance, self.plan, self.report.violations)

    @cached_property
    def lacking(self) -> tuple[int, ...]:
        """The forums without enough meetings, by number."""
        had: dict[str, int] = {}
        for meeting in self.plan.meetings:
            had[meeting.forum] = had.get(meeting.forum, 0) + 1
        return tuple(number(one.id) for one in self.instance.forums if had.get(one.id, 0) < one.min_meetings)


_Places = tuple[tuple[Any, ...], ...]
#: By the problem, the meetings where they lie, and the people's names, which change by themselves. Not by the draft's
#: version: it rises when a meeting is locked or booked too, of which no judgement speaks.
_judgements: _Kept[tuple[_Problem, _Places, tuple[tuple[int, str], ...]], Judgement] = _Kept(8)


@dataclass(frozen=True)
class Board:
    """A draft as it stands, judged: everything a page says of it."""

    draft: Draft
    judgement: Judgement
    #: The row of each meeting of the plan.
    rows: Mapping[Key, DraftMeeting]

    @property
    def instance(self) -> Instance:
        """The problem."""
        return self.judgement.instance

    @property
    def plan(self) -> Plan:
        """The draft's meetings as a plan of it."""
        return self.judgement.plan

    @property
    def report(self) -> Report:
        """What the checker finds now."""
        return self.judgement.report

    @property
    def standing(self) -> Standing:
        """The plan, ready to be asked for other days."""
        return self.judgement.standing

    @property
    def remarks(self) -> dict[Key, list[Remark]]:
        """What is for and against each meeting."""
        return self.judgement.remarks

    @property
    def lacking(self) -> tuple[int, ...]:
        """The forums without enough meetings, by number."""
        return self.judgement.lacking

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


def board_of(session: Session, draft: Draft) -> Board | None:
    """The draft judged, people by their names; None before it has been run."""
    if draft.finished_at is None:
        return None
    of_run = (str(session.get_bind().engine.url), draft.id, draft.finished_at, draft.profile)
    try:
        bare = _problems.get(of_run, lambda: _read_problem(draft))
    except _NotRun:
        return None
    names = _names(session, [number(person.id) for person in bare.persons])
    judgement = _judgements.get(
        (of_run, _places(draft.meetings), tuple(sorted(names.items()))), lambda: _judged(bare, names, draft.meetings)
    )
    rows = {(row.forum_id, row.on): row for row in draft.meetings}
    found = {
        (one.forum, one.index): rows[number(one.forum), one.on]
        for one in judgement.plan.meetings
        if (number(one.forum), one.on) in rows
    }
    return Board(draft, judgement, found)


def _places(rows: Iterable[DraftMeeting]) -> _Places:
    return tuple(
        (row.forum_id, row.on, row.start, row.place_id, tuple(sorted(row.seats.items()))) for row in rows
    )  # fmt: skip


class _NotRun(Exception):
    """The draft has no problem: its run failed."""


def _read_problem(draft: Draft) -> Instance:
    if draft.problem is None:
        raise _NotRun
    return instance_of(unpack(draft.problem), draft.profile)


def _judged(bare: Instance, names: Mapping[int, str], rows: Iterable[DraftMeeting]) -> Judgement:
    persons = tuple(replace(one, name=names.get(number(one.id), one.name)) for one in bare.persons)
    instance = replace(bare, persons=persons)
    return Judgement(instance, plan_of(instance, rows))


def _names(session: Session, person_ids: Sequence[int]) -> dict[int, str]:
    query = select(Person.id, Person.given_name, Person.family_name, Person.protected).where(Person.id.in_(person_ids))
    return {
        row.id: gettext("en ledamot") if row.protected else f"{row.given_name} {row.family_name}".strip()
        for row in session.execute(query)
    }
