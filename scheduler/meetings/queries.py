"""Reading meetings for pages: coming, past, of a month, of a forum; and which of them show what has changed elsewhere.

Every function makes a constant number of queries and gives meetings with their forums, kinds and place read. Not here:
whom a meeting is for (``invitees``), where forums stand (``cadence``), clashes (``conflicts``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, extract, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import LoaderOption

from scheduler import i18n
from scheduler.accounts.rules import Principal
from scheduler.forums.models import Forum, ForumKind, ForumTheme, Rotation, RotationEntry
from scheduler.forums.queries import is_named, is_public
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.meetings.belonging import meeting_ids_of_organisation, meeting_ids_of_person
from scheduler.meetings.fragments import level_of, public_forums, span_of
from scheduler.meetings.invitees import InviteeRow, SeatChanges, invitees_of, seat_changes_since_call
from scheduler.meetings.models import Fragment, Invitee, Meeting, MeetingForum, MeetingTheme
from scheduler.meetings.rules import State
from scheduler.meetings.scopes import included_in
from scheduler.meetings.times import LONGEST_DAYS
from scheduler.organisations.models import OfficeHolding
from scheduler.places.models import Place
from scheduler.register.models import Theme

__all__ = [
    "FoundMeetings",
    "InviteeRow",
    "MeetingFilter",
    "MeetingHit",
    "SeatChanges",
    "YearRow",
    "booked_about_now",
    "coming_meetings",
    "coming_of",
    "counts_of_year",
    "invitees_of",
    "meeting_by_id",
    "meetings_between",
    "meetings_of_forum",
    "meetings_of_month",
    "meetings_showing",
    "next_meetings",
    "past_meetings",
    "search_meetings",
    "seat_changes_since_call",
    "unrecorded_meetings",
    "year_rows",
    "years_of_forum",
]

_BOOKED = (State.CONFIRMED, State.CALLED)


@dataclass(frozen=True)
class MeetingFilter:
    """Which meetings a list holds; None asks nothing."""

    #: Only what this principal may see; None: everything (the entry has judged).
    viewer: Principal | None = None
    #: Only what everybody may see.
    public_only: bool = False
    forum_ids: Collection[int] | None = None
    #: Invited to, by list or seat on the meeting's day.
    person_id: int | None = None
    #: With a seat or somebody on the list on the meeting's day.
    organisation_id: int | None = None
    states: Collection[str] | None = None


ALL = MeetingFilter()


def listed_options() -> tuple[LoaderOption, ...]:
    """How to load meetings with what a list shows of them."""
    forum = selectinload(Meeting.forum_rows).joinedload(MeetingForum.forum)
    return (forum.joinedload(Forum.kind), joinedload(Meeting.place))


def meeting_by_id(session: Session, meeting_id: int) -> Meeting | None:
    """The meeting with its forums and place; None when there is none."""
    query = select(Meeting).where(Meeting.id == meeting_id).options(*listed_options())
    return session.scalars(query).one_or_none()


def coming_meetings(
    session: Session,
    now: datetime,
    *,
    viewer: Principal | None = None,
    forum_id: int | None = None,
    person_id: int | None = None,
    organisation_id: int | None = None,
    public_only: bool = False,
    with_proposals: bool = False,
    limit: int | None = None,
) -> list[Meeting]:
    """The booked meetings that have not ended, the next first; ``with_proposals`` those only proposed too."""
    states = (State.PROPOSED, *_BOOKED) if with_proposals else _BOOKED
    shown = MeetingFilter(
        viewer=viewer,
        public_only=public_only,
        forum_ids=None if forum_id is None else [forum_id],
        person_id=person_id,
        organisation_id=organisation_id,
        states=states,
    )
    since = now.date() - timedelta(days=LONGEST_DAYS + 1)
    query = select(Meeting).where(Meeting.end_at > now).order_by(Meeting.start_at, Meeting.id)
    return _listed(session, query, shown, first=since, limit=limit)


def past_meetings(
    session: Session, now: datetime, shown: MeetingFilter = ALL, *, since: date | None = None, limit: int | None = None
) -> list[Meeting]:
    """The meetings that have ended, the latest first, cancelled ones too; proposals that came to nothing are not."""
    query = (
        select(Meeting)
        .where(Meeting.end_at <= now, Meeting.state != State.PROPOSED)
        .order_by(Meeting.start_at.desc(), Meeting.id.desc())
    )
    return _listed(session, query, shown, first=since or date.min, last=now.date() + timedelta(days=1), limit=limit)


def meetings_between(session: Session, first: date, last: date, shown: MeetingFilter = ALL) -> list[Meeting]:
    """The meetings with a local day in first–last, both included, in order; cancelled ones too."""
    query = select(Meeting).order_by(Meeting.start_at, Meeting.id)
    found = _listed(session, query, shown, first=first - timedelta(days=LONGEST_DAYS), last=last)
    return [meeting for meeting in found if span_of(meeting).last_on >= first]


def public_meetings(session: Session) -> list[Meeting]:
    """All meetings that everybody may see, in order. Three queries."""
    query = select(Meeting).order_by(Meeting.start_at, Meeting.id)
    return _listed(session, query, MeetingFilter(public_only=True), first=date.min, last=date.max)


def meetings_of_month(session: Session, year: int, month: int, shown: MeetingFilter = ALL) -> list[Meeting]:
    """As ``meetings_between`` for a month."""
    after = date(year + month // 12, month % 12 + 1, 1)
    return meetings_between(session, date(year, month, 1), after - timedelta(days=1), shown)


def meetings_of_forum(
    session: Session, forum_id: int, *, year: int | None = None, shown: MeetingFilter = ALL
) -> list[Meeting]:
    """The forum's meetings (of ``year``, by local day) in order, proposed and cancelled ones too."""
    first, last = (date.min, date.max) if year is None else (date(year, 1, 1), date(year, 12, 31))
    query = select(Meeting).where(_of_forums([forum_id])).order_by(Meeting.start_at, Meeting.id)
    return _listed(session, query, shown, first=first, last=last)


def years_of_forum(session: Session, forum_id: int) -> list[int]:
    """The years in which the forum has meetings, the first one first."""
    year = extract("year", Meeting.local_on)
    return [
        int(found) for found in session.scalars(select(year).where(_of_forums([forum_id])).distinct().order_by(year))
    ]


def next_meetings(session: Session, forum_ids: Collection[int], now: datetime) -> dict[int, Meeting]:
    """Forum → its next booked meeting; those without are left out. Two or three queries."""
    earliest = (
        select(MeetingForum.forum_id, func.min(Meeting.start_at).label("start_at"))
        .join(Meeting)
        .where(MeetingForum.forum_id.in_(forum_ids), Meeting.start_at > now, Meeting.state.in_(_BOOKED))
        .group_by(MeetingForum.forum_id)
        .subquery()
    )
    query = (
        select(MeetingForum.forum_id, Meeting)
        .join(Meeting)
        .join(
            earliest,
            and_(earliest.c.forum_id == MeetingForum.forum_id, earliest.c.start_at == Meeting.start_at),
        )
        .where(Meeting.state.in_(_BOOKED))
        .order_by(Meeting.id.desc())
        .options(*listed_options())
    )
    return dict(session.execute(query).all())


def coming_of(
    session: Session, now: datetime, forum_ids: Collection[int], *, states: Collection[str]
) -> Sequence[Meeting]:
    """The meetings of forums, as the leading or another, that have not begun, in these states; the next first."""
    query = select(Meeting).where(Meeting.start_at > now, Meeting.state.in_(states), _of_forums(forum_ids))
    return session.scalars(query.order_by(Meeting.start_at, Meeting.id).options(*listed_options())).all()


def unrecorded_meetings(
    session: Session, now: datetime, *, forum_ids: Collection[int] | None = None
) -> Sequence[Meeting]:
    """The meetings that have ended and are still booked, the oldest first: "Hölls mötet?"."""
    query = (
        select(Meeting)
        .where(Meeting.end_at <= now, Meeting.state.in_(_BOOKED))
        .order_by(Meeting.start_at, Meeting.id)
        .options(*listed_options())
    )
    if forum_ids is not None:
        query = query.where(_of_forums(forum_ids))
    return session.scalars(query).all()


def booked_about_now(
    session: Session, now: datetime, *, viewer: Principal, limit: int
) -> tuple[list[Meeting], list[Meeting]]:
    """The booked meetings that have ended, the oldest first, and the next ``limit`` that ``viewer`` may see.

    As ``unrecorded_meetings`` and ``coming_meetings``, in two queries for both.
    """
    coming = (
        select(Meeting.id)
        .where(
            Meeting.end_at > now,
            Meeting.state.in_(_BOOKED),
            Meeting.local_on >= now.date() - timedelta(days=LONGEST_DAYS + 1),
            visible_to(viewer),
        )
        .order_by(Meeting.start_at, Meeting.id)
        .limit(limit)
        .correlate(None)
    )
    query = (
        select(Meeting)
        .where(Meeting.state.in_(_BOOKED), or_(Meeting.end_at <= now, Meeting.id.in_(coming)))
        .order_by(Meeting.start_at, Meeting.id)
        .options(*listed_options())
    )
    found = session.scalars(query).all()
    return [row for row in found if row.end_at <= now], [row for row in found if row.end_at > now]


class YearRow(NamedTuple):
    """A meeting of a year in one of its forums, as a year is drawn: no more than its day and state."""

    meeting_id: int
    forum_id: int
    #: 0: the leading forum.
    position: int
    #: Whether something of the forum is shown to everybody.
    is_public: bool
    on: date
    state: str


def year_rows(session: Session, year: int, shown: MeetingFilter = ALL) -> list[YearRow]:
    """The meetings whose local day lies in ``year``, in order; a joint one once for each forum. One query.

    Of ``shown`` the viewer and what is public count.
    """
    # Under another name than that by which ``shown`` asks whose the meeting is.
    row = aliased(MeetingForum)
    query = (
        select(Meeting.id, row.forum_id, row.position, is_public(), Meeting.local_on, Meeting.state)
        .join(row, row.meeting_id == Meeting.id)
        .join(Forum, Forum.id == row.forum_id)
        .join(ForumKind, ForumKind.id == Forum.kind_id)
        .where(Meeting.local_on.between(date(year, 1, 1), date(year, 12, 31)), *_seen(shown))
        .order_by(Meeting.start_at, Meeting.id, row.position)
    )
    return [YearRow(*found) for found in session.execute(query)]


def counts_of_year(session: Session, year: int, *, forum_ids: Collection[int] | None = None) -> dict[int, Counter[str]]:
    """Forum → state → number of its meetings in ``year``, joint ones in each forum. One query."""
    query = (
        select(MeetingForum.forum_id, Meeting.state, func.count())
        .join(Meeting)
        .where(Meeting.local_on.between(date(year, 1, 1), date(year, 12, 31)))
        .group_by(MeetingForum.forum_id, Meeting.state)
    )
    if forum_ids is not None:
        query = query.where(MeetingForum.forum_id.in_(forum_ids))
    found: dict[int, Counter[str]] = {}
    for forum_id, state, count in session.execute(query):
        found.setdefault(forum_id, Counter())[state] = count
    return found


def meeting_ids_of_forums(session: Session, forum_ids: Collection[int]) -> set[int]:
    """The meetings of any of the forums, leading or not. One query, none without forums."""
    if not forum_ids:
        return set()
    return set(session.scalars(select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids))))


def meetings_showing(
    session: Session,
    *,
    forum_ids: Collection[int] = (),
    kind_ids: Collection[str] = (),
    theme_ids: Collection[int] = (),
    place_ids: Collection[int] = (),
    seats_of_forums: Collection[int] = (),
    person_ids: Collection[int] = (),
    office_ids: Collection[int] = (),
) -> Sequence[Meeting]:
    """The meetings that a change elsewhere can reach: hand them to ``actions.refresh`` after it.

    A forum, its kind or theme, a meeting's own theme, and a place are shown in a calendar; with ``seats_of_forums``,
    ``person_ids`` and ``office_ids`` the meetings whose invitees follow from the seats concerned, through nesting too
    (call ``refresh`` with ``seats``).
    """
    shown: list[ColumnElement[bool]] = []
    of_forums = set(forum_ids)
    if kind_ids:
        of_forums |= set(session.scalars(select(Forum.id).where(Forum.kind_id.in_(kind_ids))))
    if theme_ids:
        own = select(MeetingTheme.meeting_id).where(MeetingTheme.theme_id.in_(theme_ids))
        shown.append(Meeting.id.in_(own))
        of_forums |= set(session.scalars(select(ForumTheme.forum_id).where(ForumTheme.theme_id.in_(theme_ids))))
    seats = set(seats_of_forums) | _forums_with_seats_of(session, person_ids, office_ids)
    if seats:
        of_forums |= included_in(session, seats)
    if of_forums:
        shown.append(_of_forums(of_forums))
    if place_ids:
        parts = select(Place.id).where(Place.part_of_id.in_(place_ids))
        shown.append(or_(Meeting.place_id.in_(place_ids), Meeting.place_id.in_(parts)))
    if person_ids:
        shown.append(exists().where(Invitee.meeting_id == Meeting.id, Invitee.person_id.in_(person_ids)))
    if not shown:
        return []
    return session.scalars(select(Meeting).where(or_(*shown)).order_by(Meeting.id).options(*listed_options())).all()


def _forums_with_seats_of(session: Session, person_ids: Collection[int], office_ids: Collection[int]) -> set[int]:
    """The forums where they have, or had, a seat or a turn: a person's turn is the home organisation's."""
    if not person_ids and not office_ids:
        return set()
    appointed = select(Appointment.seat_id).where(Appointment.person_id.in_(person_ids))
    held = select(OfficeHolding.office_id).where(OfficeHolding.person_id.in_(person_ids))
    seated = select(Seat.forum_id).where(
        or_(Seat.id.in_(appointed), Seat.office_id.in_(held), Seat.office_id.in_(office_ids))
    )
    turning = select(Rotation.forum_id).join(RotationEntry).where(RotationEntry.person_id.in_(person_ids))
    return set(session.scalars(seated.union(turning)))


# ---------------------------------------------------------------- search


@dataclass(frozen=True)
class MeetingHit:
    """A meeting that a search has found, with as much of it as the reader may see."""

    meeting: Meeting
    forum_title: str
    #: None also where the reader sees no more than the dates.
    title: str | None


@dataclass(frozen=True)
class FoundMeetings:
    """The first meetings a search has found, and how many there are."""

    count: int
    hits: list[MeetingHit]


def search_meetings(
    session: Session, text: str, now: datetime, *, viewer: Principal, on: date | None = None, limit: int
) -> FoundMeetings:
    """The meetings ``viewer`` may see whose title, themes and forums hold every word of ``text``, or that are ``on``.

    Those to come first, the next one first; then the past, the latest first. Nothing is found by what the viewer
    would not see on the meeting's page. None for an empty text. A constant number of queries.
    """
    words = i18n.search_words(text)
    if not words:
        return FoundMeetings(0, [])
    inside = inside_of(viewer)
    themes = _themes_named(session, words)
    has_words = and_(*(_has_word(word, inside, themes[word]) for word in words))
    shown = [visible_to(viewer), has_words if on is None else or_(has_words, Meeting.local_on == on)]
    count = session.scalar(select(func.count()).select_from(Meeting).where(*shown)) or 0
    coming = Meeting.end_at > now
    query = (
        select(Meeting, inside.label("inside"))
        .where(*shown)
        .order_by(
            case((coming, 0), else_=1),
            case((coming, Meeting.start_at)),
            Meeting.start_at.desc(),
            Meeting.id,
        )
        .limit(limit)
        .options(*listed_options())
    )
    return FoundMeetings(count, [_hit(meeting, is_inside) for meeting, is_inside in session.execute(query)])


def _hit(meeting: Meeting, is_inside: bool) -> MeetingHit:  # noqa: FBT001 - a column of the query
    if is_inside:
        return MeetingHit(meeting, meeting.forum.title, meeting.title)
    title = meeting.title if level_of(meeting) == "full" else None
    return MeetingHit(meeting, public_forums(meeting)[0].title, title)


def shown_in_full() -> ColumnElement[bool]:
    """Whether a public meeting's public view holds more than its dates: it or all its public forums say so."""
    only_dates = _with_forums().where(is_public(), func.coalesce(Forum.public_level, ForumKind.public_level) != "full")
    return or_(Meeting.public.is_(True), ~only_dates.exists())


def _with_forums() -> Select[Any]:
    """The forums of a meeting of the query around it, with their kinds."""
    return (
        select(MeetingForum.forum_id)
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .join(ForumKind, ForumKind.id == Forum.kind_id)
        .where(MeetingForum.meeting_id == Meeting.id)
    )


def inside_of(viewer: Principal) -> ColumnElement[bool]:
    """Whether ``viewer`` sees the meeting itself and not only its public view."""
    if viewer.administrator or viewer.reader:
        return true()
    return or_(false(), *_of_own_forums(viewer), *on_list_of(viewer))


def _themes_named(session: Session, words: Collection[str]) -> dict[str, list[int]]:
    """Word → the themes in whose name it is found. One query: there are not many themes."""
    rows = [(theme.id, i18n.search_key(f"{theme.sv} {theme.en or ''}")) for theme in session.scalars(select(Theme))]
    return {word: [theme_id for theme_id, key in rows if word in key] for word in words}


def _has_word(word: str, inside: ColumnElement[bool], theme_ids: Collection[int]) -> ColumnElement[bool]:
    """Whether ``word`` is in something of the meeting that is shown: inside everything, else what is public."""
    of_forums = _with_forums()
    open_to_all = shown_in_full()
    of_meeting = exists().where(MeetingTheme.meeting_id == Meeting.id, MeetingTheme.theme_id.in_(theme_ids))
    of_forum = (
        select(MeetingForum.forum_id)
        .join(ForumTheme, ForumTheme.forum_id == MeetingForum.forum_id)
        .where(MeetingForum.meeting_id == Meeting.id, ForumTheme.theme_id.in_(theme_ids))
    )
    return or_(
        and_(or_(inside, open_to_all), or_(Meeting.search_key.contains(word, autoescape=True), of_meeting)),
        and_(inside, or_(of_forums.where(is_named(word)).exists(), of_forum.exists())),
        of_forums.where(is_public(), is_named(word)).exists(),
    )


# ---------------------------------------------------------------- the parts


def _listed(
    session: Session,
    query: Select[Any],
    shown: MeetingFilter,
    *,
    first: date,
    last: date = date.max,
    limit: int | None = None,
) -> list[Meeting]:
    """The meetings of ``query`` that ``shown`` lets through; the local days limit what is read."""
    query = query.where(Meeting.local_on >= first, Meeting.local_on <= last, *_seen(shown)).options(*listed_options())
    if shown.forum_ids is not None:
        query = query.where(_of_forums(shown.forum_ids))
    if shown.states is not None:
        query = query.where(Meeting.state.in_(shown.states))
    if shown.person_id is not None:
        ids = meeting_ids_of_person(session, shown.person_id, first=first, last=last)
        query = query.where(Meeting.id.in_(ids))
    if shown.organisation_id is not None:
        ids = meeting_ids_of_organisation(session, shown.organisation_id, first=first, last=last)
        query = query.where(Meeting.id.in_(ids))
    return list(session.scalars(query.limit(limit)))


def _seen(shown: MeetingFilter) -> list[ColumnElement[bool]]:
    """What ``shown`` lets through of what one may see."""
    seen = [_is_public()] if shown.public_only else []
    if shown.viewer is not None:
        seen.append(visible_to(shown.viewer))
    return seen


def _of_forums(forum_ids: Collection[int]) -> ColumnElement[bool]:
    return exists().where(MeetingForum.meeting_id == Meeting.id, MeetingForum.forum_id.in_(forum_ids))


def _is_public() -> ColumnElement[bool]:
    """Whether everybody may see it: those meetings have a public fragment, no others."""
    return exists().where(Fragment.meeting_id == Meeting.id, Fragment.audience == "public")


def visible_to(viewer: Principal) -> ColumnElement[bool]:
    """Whether ``viewer`` may see it (product.md "Roles"): proposals are for secretariats, chairs and readers."""
    if viewer.administrator or viewer.reader:
        return Meeting.id.is_not(None)
    planned = viewer.secretariat_forums | viewer.chair_forums
    conditions = [_is_public()]
    conditions += [and_(own, Meeting.state != State.PROPOSED) for own in (*_of_own_forums(viewer), *on_list_of(viewer))]
    if planned:
        conditions.append(_of_forums(planned))
    return or_(*conditions)


def _of_own_forums(viewer: Principal) -> list[ColumnElement[bool]]:
    return [_of_forums(viewer.own_forums)] if viewer.own_forums else []


def on_list_of(viewer: Principal) -> list[ColumnElement[bool]]:
    """Whether ``viewer`` is on the list of those invited; nothing to ask for nobody of the register."""
    if viewer.person_id is None:
        return []
    return [
        exists().where(
            Invitee.meeting_id == Meeting.id, Invitee.person_id == viewer.person_id, Invitee.withdrawn_at.is_(None)
        )
    ]
