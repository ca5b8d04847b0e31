"""Storing a meeting's calendar fragments and raising the versions of the feeds that show it.

``publish`` belongs to every action on a meeting; ``refresh`` is for what a fragment shows but the meeting does not own:
names of forums and places, visibility, seats and nesting. Both render, lint and compare: what looks the same keeps its
bytes, its DTSTAMP and the versions. Not here: what a fragment says (``fragments``), who reads it (``feeds``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import LoaderOption

from scheduler.errors import Problem, Refused
from scheduler.forums.models import Forum
from scheduler.history.actions import bump
from scheduler.i18n import mark
from scheduler.ical import lint
from scheduler.ical.writer import zones_in
from scheduler.meetings.belonging import follow, follow_all
from scheduler.meetings.fragments import LANGUAGES, Site, audiences_of, render
from scheduler.meetings.models import Fragment, Meeting, MeetingForum
from scheduler.meetings.scopes import PUBLIC, Scope, scopes_of

_SECOND = timedelta(seconds=1)
Key = tuple[str, str]


def label_of(meeting: Meeting) -> str:
    """How the history and messages name a meeting: its leading forum and its day."""
    return f"{meeting.forum.title} {meeting.local_on}"


def shown_options() -> tuple[LoaderOption, ...]:
    """How to load meetings with everything a fragment shows, in a constant number of queries."""
    forum = selectinload(Meeting.forum_rows).joinedload(MeetingForum.forum)
    return (
        forum.joinedload(Forum.kind),
        forum.selectinload(Forum.names),
        forum.selectinload(Forum.themes),
        selectinload(Meeting.themes),
        joinedload(Meeting.place),
    )


def publish(
    session: Session,
    meeting: Meeting,
    now: datetime,
    *,
    site: Site,
    before: Iterable[Scope] = (),
    days: Iterable[date],
    invited: bool = False,
) -> None:
    """Stores what ``meeting`` shows now and raises its scopes and those of ``before``.

    ``days`` are the days whose seats count: the meeting's, before and after a move. ``invited``: somebody was called
    or withdrawn, so that people and organisations gain or lose a meeting that looks as it did; their versions rise
    then. Nothing else does when the meeting looks as it did and belongs to the same scopes. Raises Refused at the
    meeting's field.
    """
    stored = _stored(session, [meeting]).get(meeting.id, {})
    was_public = any(audience == "public" for audience, _ in stored)
    scopes = scopes_of(session, [meeting], days=days)
    earlier = set(before)
    try:
        different = _store(session, meeting, stored, now, site)
    except Refused as refused:
        raise Refused(*_at(refused, _OWN_FIELDS)) from None
    raised = follow(session, [meeting])
    if different or scopes != earlier:
        is_public = "public" in audiences_of(meeting)
        raised |= {*scopes, *earlier, *([PUBLIC] if was_public or is_public else [])}
    elif invited:
        raised |= {scope for scope in scopes if scope[0] in {"person", "organisation"}}
    bump(session, now, raised)


def publish_all(
    session: Session,
    meetings: Sequence[Meeting],
    now: datetime,
    *,
    site: Site,
    before: Iterable[Scope] = (),
    days: Iterable[date],
) -> None:
    """As ``publish`` for many meetings that are new or look different, their parts read (``shown_options``).

    A constant number of queries. Everybody with a seat on any day from the first to the last of ``days`` gets a new
    version. Raises Refused naming each meeting that no calendar could show.
    """
    stored = _stored(session, meetings)
    scopes = scopes_of(session, meetings, days=days) | set(before)
    problems: list[Problem] = []
    for meeting in meetings:
        fragments = stored.get(meeting.id, {})
        if fragments.keys() & _PUBLIC_KEYS or "public" in audiences_of(meeting):
            scopes.add(PUBLIC)
        try:
            _bring(session, meeting, fragments, now, site)
        except Refused as refused:
            problems += named(refused, meeting)
    if problems:
        raise Refused(*problems)
    session.flush()
    bump(session, now, scopes | follow(session, meetings))


def refresh(
    session: Session,
    meetings: Iterable[Meeting],
    now: datetime,
    *,
    site: Site,
    seats: bool = False,
    before: Iterable[Scope] = (),
) -> int:
    """Renders ``meetings`` anew where something they show has changed elsewhere; gives how many looked different.

    Call it in the transaction of the change, after it, with the meetings it can reach (``queries.meetings_showing``).
    ``seats``: appointments, offices, seats, nesting or turns have changed, so that people and secretariats may have
    gained or lost the meetings: then everybody's version who ever had a seat or a turn rises. ``before``: the scopes
    as they were (``scopes.scopes_of``), for a change that takes rows away by which they would be found. Raises Refused
    naming each meeting that no calendar could show then, at "summary" or "location", where it would say what it may
    not; the caller takes the whole change back.
    """
    session.flush()
    ids = [meeting.id for meeting in meetings]
    shown = session.scalars(
        select(Meeting)
        .where(Meeting.id.in_(ids))
        .order_by(Meeting.id)
        .options(*shown_options())
        .execution_options(populate_existing=True)
    ).all()
    stored = _stored(session, shown)
    changed: list[Meeting] = []
    public = False
    problems: list[Problem] = []
    for meeting in shown:
        fragments = stored.get(meeting.id, {})
        try:
            different = _store(session, meeting, fragments, now, site)
        except Refused as refused:
            problems += named(refused, meeting)
            continue
        if different:
            changed.append(meeting)
            public = public or bool(fragments.keys() & _PUBLIC_KEYS) or "public" in audiences_of(meeting)
    if problems:
        raise Refused(*problems)
    scopes = (scopes_of(session, shown) if seats else set[Scope]()) | set(before)
    if changed:
        scopes |= scopes_of(session, changed, days=_days(changed))
    if public:
        scopes.add(PUBLIC)
    bump(session, now, scopes | follow(session, shown))
    return len(changed)


def mend(session: Session, now: datetime) -> None:
    """Stores anew whose calendars hold each meeting, for what an entry forgot, and raises those that were wrong."""
    bump(session, now, follow_all(session))


#: Where a person writes what a property says: in the meeting's own form, and anywhere.
_OWN_FIELDS = {"summary": "title", "location": "place_text", "description": "place_text"}
_PROPERTIES = {"summary": "summary", "location": "location", "description": "location"}
_OF_MEETING = mark("Mötet %(meeting)s: %(why)s")


def _at(refused: Refused, fields: Mapping[str, str]) -> list[Problem]:
    """The problems of ``refused``, each once, at the fields of their properties."""
    found = {(fields.get(p.field or ""), p.text): p for p in refused.problems}
    return [Problem(field, text, problem.values) for (field, text), problem in found.items()]


def named(refused: Refused, meeting: Meeting) -> list[Problem]:
    """The problems of ``refused``, each once, at "summary" or "location", saying which meeting it is about."""
    name = label_of(meeting)
    return [Problem(p.field, _OF_MEETING, {"meeting": name, "why": str(p)}) for p in _at(refused, _PROPERTIES)]


_PUBLIC_KEYS: set[Key] = {("public", language) for language in LANGUAGES}


def _days(meetings: Sequence[Meeting]) -> list[date]:
    return [meeting.local_on for meeting in meetings]


def _stored(session: Session, meetings: Sequence[Meeting]) -> dict[int, dict[Key, Fragment]]:
    ids = [meeting.id for meeting in meetings]
    found: dict[int, dict[Key, Fragment]] = {}
    for fragment in session.scalars(select(Fragment).where(Fragment.meeting_id.in_(ids))):
        found.setdefault(fragment.meeting_id, {})[fragment.audience, fragment.language] = fragment
    return found


def _store(session: Session, meeting: Meeting, stored: dict[Key, Fragment], now: datetime, site: Site) -> bool:
    """As ``_bring``, flushed."""
    different = _bring(session, meeting, stored, now, site)
    session.flush()
    return different


def _bring(session: Session, meeting: Meeting, stored: dict[Key, Fragment], now: datetime, site: Site) -> bool:
    """Brings ``stored`` to what ``meeting`` shows; whether anything was different.

    A visible change raises DTSTAMP, by a second at least, since two changes may come in one. Raises Refused when
    the lint finds a fragment that may not be stored.
    """
    unchanged_at = meeting.revised_at
    if stored:
        meeting.revised_at = max(now.replace(microsecond=0), unchanged_at + _SECOND)
    bodies = _bodies(meeting, site)
    if all(key in stored and _is_same(stored[key], body) for key, body in bodies.items()):
        meeting.revised_at = unchanged_at
    else:
        for (audience, language), body in bodies.items():
            fragment = stored.get((audience, language))
            lint.check(body, public=audience == "public", before=fragment.body if fragment else None)
            if fragment is None:
                fragment = Fragment(meeting_id=meeting.id, audience=audience, language=language)
                session.add(fragment)
            fragment.body = body
            fragment.zones = ",".join(zones_in(body))
    gone = [fragment for key, fragment in stored.items() if key not in bodies]
    for fragment in gone:
        session.delete(fragment)
    return bool(gone) or meeting.revised_at != unchanged_at or not stored


#: The lines that say when a fragment was last changed, which alone differ when nothing has.
_STAMPS = re.compile(rb"^(?:DTSTAMP|LAST-MODIFIED):[0-9TZ]+\r\n", re.MULTILINE)


def _is_same(fragment: Fragment, body: bytes) -> bool:
    return _unstamped(fragment.body) == _unstamped(body) and fragment.zones == ",".join(zones_in(body))


def _unstamped(body: bytes) -> bytes:
    return _STAMPS.sub(b"", body)


def _bodies(meeting: Meeting, site: Site) -> dict[Key, bytes]:
    return {
        (audience, language): render(meeting, audience, language, site)
        for audience in audiences_of(meeting)
        for language in LANGUAGES
    }
