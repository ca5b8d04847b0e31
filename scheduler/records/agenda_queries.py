"""The agenda of a meeting as it is read: what is written, or what will stand there, and who may see what of it.

Before anybody has written it, an agenda of a meeting to come is derived: the forum's standing items and what waits from
earlier meetings, in order. Writing it copies what is derived (``agenda.open_agenda``), so that both are the same.
Not here: changing anything (``agenda``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from scheduler.clock import civil_date
from scheduler.forums.models import Forum, StandingItem
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.records import agenda_rules as rules
from scheduler.records.models import Agenda, AgendaItem, Minutes

#: How much of an agenda one sees: everybody's part, all but what is secret, all.
Sight = Literal["public", "member", "all"]


@dataclass(frozen=True)
class Point:
    """One item as an agenda shows it."""

    #: None while the agenda is derived.
    id: int | None
    #: None for one that is not treated at the meeting.
    number: int | None
    #: None where the reader may not know it: it is secret.
    title: str | None
    text: str | None
    kind: str
    presenter: str | None
    minutes: int | None
    is_standing: bool
    #: The day of the meeting it comes from.
    carried_on: date | None
    public: bool
    secrecy_ground: str | None
    registry_number: str | None
    state: str = "planned"
    state_reason: str | None = None
    #: The local day it was added, for one that came after the call.
    added_on: date | None = None
    standing_item_id: int | None = None
    carried_from_id: int | None = None


@dataclass(frozen=True)
class Shown:
    """An agenda as somebody sees it."""

    #: Those that are treated, in order.
    points: list[Point]
    #: Those that were moved on or dropped.
    off: list[Point] = field(default_factory=list)
    #: Planned minutes together; 0 where no item has a time.
    minutes: int = 0
    #: The meeting's own length; None for whole days.
    available: int | None = None
    #: Whether somebody has begun to write it.
    is_written: bool = False

    @property
    def numbers(self) -> dict[int, int]:
        """Item → its number."""
        return {point.id: point.number for point in self.points if point.id is not None and point.number is not None}

    @property
    def is_too_long(self) -> bool:
        """Whether it takes longer than the meeting."""
        return self.available is not None and self.minutes > self.available

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.points or self.off)


def is_written(session: Session, meeting_id: int) -> bool:
    """Whether somebody has begun to write the agenda."""
    return session.get(Agenda, meeting_id) is not None


def written_among(session: Session, meeting_ids: Collection[int]) -> set[int]:
    """Those of these meetings whose agenda somebody has begun to write. One query."""
    return set(session.scalars(select(Agenda.meeting_id).where(Agenda.meeting_id.in_(meeting_ids))))


def is_locked(session: Session, meeting_id: int) -> bool:
    """Whether the meeting's protocol is adjusted, so that its agenda stands."""
    found = select(Minutes.id).where(Minutes.meeting_id == meeting_id, Minutes.locked_sha256.is_not(None))
    return session.scalar(found) is not None


def items_of(session: Session, meeting_id: int) -> Sequence[AgendaItem]:
    """The written items in order, with the meetings they come from."""
    before = aliased(AgendaItem)
    query = (
        select(AgendaItem)
        .outerjoin(AgendaItem.carried_from.of_type(before))
        .options(contains_eager(AgendaItem.carried_from.of_type(before)).joinedload(before.meeting))
        .where(AgendaItem.meeting_id == meeting_id)
        .order_by(AgendaItem.position, AgendaItem.id)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def with_public_items(session: Session, meeting_ids: Collection[int]) -> set[int]:
    """Those of the meetings whose written agenda holds something that everybody may read. One query."""
    query = select(AgendaItem.meeting_id).where(
        AgendaItem.meeting_id.in_(meeting_ids),
        AgendaItem.public,
        AgendaItem.secrecy_ground.is_(None),
        AgendaItem.state != rules.ItemState.DROPPED,
    )
    return set(session.scalars(query.distinct()))


def agenda_of(session: Session, meeting: Meeting, sight: Sight = "all") -> Shown:
    """The agenda as one with ``sight`` sees it; empty where there is none. Two queries at most five."""
    items = items_of(session, meeting.id)
    if items or is_written(session, meeting.id):
        found, written = _points(meeting, items), True
    elif meeting.state in rules.AHEAD:
        found, written = derived(session, meeting), False
    else:
        found, written = [], False
    return _seen(meeting, found, sight, written=written)


def _seen(meeting: Meeting, found: Sequence[Point], sight: Sight, *, written: bool) -> Shown:
    seen = [_masked(point) if point.secrecy_ground and sight != "all" else point for point in found]
    if sight == "public":
        seen = [point for point in seen if point.public or point.secrecy_ground]
    length = None if meeting.all_day else int((meeting.end_at - meeting.start_at).total_seconds()) // 60
    return Shown(
        points=[point for point in seen if point.number is not None],
        off=[] if sight == "public" else [point for point in seen if point.number is None],
        minutes=rules.total([(point.minutes, point.state) for point in found]),
        available=length,
        is_written=written,
    )


def _masked(point: Point) -> Point:
    """Of a secret item: that it is there, how long it takes, and by which law it is secret."""
    return replace(point, title=None, text=None, presenter=None, registry_number=None, state_reason=None)


def _points(meeting: Meeting, items: Sequence[AgendaItem]) -> list[Point]:
    shown = rules.numbers([item.state for item in items])
    return [_point(meeting, item, number) for item, number in zip(items, shown, strict=True)]


def _point(meeting: Meeting, item: AgendaItem, number: int | None) -> Point:
    late = rules.is_late(item.added_at, meeting.called_at)
    return Point(
        id=item.id,
        number=number,
        title=item.title,
        text=item.text,
        kind=item.kind,
        presenter=item.presenter,
        minutes=item.minutes,
        is_standing=item.standing_item_id is not None,
        carried_on=item.carried_from.meeting.local_on if item.carried_from else None,
        public=item.public,
        secrecy_ground=item.secrecy_ground,
        registry_number=item.registry_number,
        state=item.state,
        state_reason=item.state_reason,
        added_on=civil_date(item.added_at, meeting.time_zone) if late else None,
        standing_item_id=item.standing_item_id,
        carried_from_id=item.carried_from_id,
    )


# ---------------------------------------------------------------- derived


def derived(session: Session, meeting: Meeting) -> list[Point]:
    """What stands on an agenda nobody has written: standing items, and among them what waits from earlier meetings."""
    standing = standing_items_of(session, meeting)
    points = [_of_standing(item) for item in standing]
    at = rules.place_of_carried([item.title for item in standing])
    points[at:at] = [_of_waiting(item) for item in waiting_for(session, meeting)]
    return [replace(point, number=n) for n, point in enumerate(points, 1)]


def standing_items_of(session: Session, meeting: Meeting) -> list[StandingItem]:
    """The leading forum's standing items that stand on this meeting, in order. Two queries at most."""
    forum: Forum = meeting.forum
    items = list(forum.standing_items)
    earlier: list[int] = []
    if any(item.every_n > 1 for item in items):
        earlier = [day.month for day in session.scalars(_days_before(meeting))]
    return [
        item
        for item in items
        if rules.stands(
            rules.Standing(item.every_n, rules.months_of(item.months)), meeting.local_on.month, earlier
        )
    ]  # fmt: skip


def _days_before(meeting: Meeting) -> Any:
    """The days of the forum's meetings before this one: neither cancelled, proposed, continued nor in writing."""
    return (
        select(Meeting.local_on)
        .join(MeetingForum)
        .where(
            MeetingForum.forum_id == meeting.forum.id, MeetingForum.position == 0,
            Meeting.state.not_in(("proposed", "cancelled")), Meeting.kind.not_in(("per_capsulam", "continuation")),
            or_(Meeting.start_at < meeting.start_at,
                and_(Meeting.start_at == meeting.start_at, Meeting.id < meeting.id)),
        )
        .order_by(Meeting.start_at, Meeting.id)
    )  # fmt: skip


def waiting_for(session: Session, meeting: Meeting) -> Sequence[AgendaItem]:
    """Items of the forum's earlier meetings that go on and stand on no later agenda, oldest first.

    What was carried to a meeting that is then cancelled goes on as well.
    """
    after = aliased(AgendaItem)
    goes_on = or_(
        AgendaItem.state.in_(rules.GOES_ON),
        and_(AgendaItem.state == "planned", AgendaItem.carried_from_id.is_not(None), Meeting.state == "cancelled"),
    )
    query = (
        select(AgendaItem)
        .join(AgendaItem.meeting)
        .join(MeetingForum, and_(MeetingForum.meeting_id == Meeting.id, MeetingForum.position == 0))
        .options(contains_eager(AgendaItem.meeting))
        .where(
            MeetingForum.forum_id == meeting.forum.id, goes_on, Meeting.start_at < meeting.start_at,
            Meeting.id != meeting.id,
            ~select(after.id).where(after.carried_from_id == AgendaItem.id).exists(),
        )
        .order_by(Meeting.start_at, AgendaItem.position, AgendaItem.id)
    )  # fmt: skip
    return session.scalars(query).all()


def next_meeting(session: Session, meeting: Meeting) -> Meeting | None:
    """The forum's next meeting after this one that is booked or called."""
    query = (
        select(Meeting)
        .join(MeetingForum)
        .options(joinedload(Meeting.place))
        .where(
            MeetingForum.forum_id == meeting.forum.id, MeetingForum.position == 0,
            Meeting.state.in_(("confirmed", "called")), Meeting.start_at > meeting.start_at,
        )
        .order_by(Meeting.start_at, Meeting.id)
        .limit(1)
    )  # fmt: skip
    return session.scalars(query).one_or_none()


def _of_standing(item: StandingItem) -> Point:
    return Point(
        id=None,
        number=None,
        title=item.title,
        text=item.text,
        kind=rules.kind_of_title(item.title),
        presenter=item.presenter_role,
        minutes=item.minutes,
        is_standing=True,
        carried_on=None,
        public=True,
        secrecy_ground=None,
        registry_number=None,
        standing_item_id=item.id,
    )


def _of_waiting(item: AgendaItem) -> Point:
    return Point(
        id=None,
        number=None,
        title=item.title,
        text=item.text,
        kind=item.kind,
        presenter=item.presenter,
        minutes=item.minutes,
        is_standing=False,
        carried_on=item.meeting.local_on,
        public=item.public,
        secrecy_ground=item.secrecy_ground,
        registry_number=item.registry_number,
        carried_from_id=item.id,
    )


def added_at(meeting: Meeting, now: datetime) -> datetime:
    """When what is copied came to the agenda: with the call, if that is out already."""
    return min(now, meeting.called_at) if meeting.called_at is not None else now


def titles(items: Iterable[AgendaItem]) -> list[str]:
    """The titles in order."""
    return [item.title for item in items]
