"""Calendars over HTTP: the public feeds, those behind a secret, and one meeting as a file (spec calendar H01–H11).

A feed is fetched by a program, often, and mostly for nothing: nobody is looked up, an answer of 304 costs one query,
and what is sent is kept in this process by its ETag. A secret that is unknown or revoked gets the same short 404.
Not here: which meetings a feed shows (``feeds.queries``), the page that hands out links (``subscribe``).
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from flask import Blueprint, Response, abort, current_app, g, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.db import begin_read, begin_write, db
from scheduler.errors import NotFound, TooMany
from scheduler.feeds import queries
from scheduler.feeds.actions import mark_fetched
from scheduler.feeds.rules import (
    ALARM_LIMIT,
    Feed,
    Language,
    Window,
    client_family,
    entity_tag,
    hangs_on_rights,
    head_of_file,
    last_modified,
    rights_mark,
    window_on,
)
from scheduler.ical.writer import assemble
from scheduler.meetings.fragments import forum_name, public_forums
from scheduler.meetings.models import Meeting
from scheduler.web.security import network, now, policy, settings, today

bp = Blueprint("feeds", __name__)
log = logging.getLogger("takt.feeds")

CALENDAR = "text/calendar; charset=utf-8"
#: Seconds a client or a proxy may go on using an answer (H04).
MAX_AGE = 300
#: Seconds after which one asks again when the house is in trouble.
RETRY_AFTER = 60
#: Behind the ETag of the compressed bytes.
GZ = "-gz"

#: So many wrong secrets may come from one network in a span; real ones are never refused for it (SEC-5).
WRONG_SECRETS = 60
WRONG_SPAN = timedelta(minutes=10)
#: So many networks are counted at once, and so many bytes of calendars kept, in each process.
NETWORKS = 10_000
KEPT_BYTES = 64_000_000


# ---------------------------------------------------------------- what a process keeps


@dataclass(slots=True)
class Body:
    """The bytes of a feed, and the same compressed once somebody has asked for that."""

    plain: bytes
    compressed: bytes | None = None

    def gzipped(self) -> bytes:
        """The same bytes each time they are made: no clock, no name in them (H05)."""
        if self.compressed is None:
            self.compressed = gzip.compress(self.plain, compresslevel=6, mtime=0)
        return self.compressed


class Shelf:
    """The bodies sent last, by ETag; the one not asked for longest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._bodies: OrderedDict[str, Body] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tag: str) -> Body | None:
        """The body of ``tag``, None when it is not there."""
        with self._lock:
            body = self._bodies.get(tag)
            if body is not None:
                self._bodies.move_to_end(tag)
            return body

    def put(self, tag: str, body: Body) -> None:
        """Keeps ``body``, unless it alone is too large."""
        with self._lock:
            if tag in self._bodies or len(body.plain) > self._limit:
                return
            self._bodies[tag] = body
            self._size += len(body.plain)
            while self._size > self._limit:
                self._size -= len(self._bodies.popitem(last=False)[1].plain)


class WrongSecrets:
    """How many wrong secrets have come from each network lately, in this process."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._span = 0
        self._lock = threading.Lock()

    def count(self, who: str, at: datetime) -> None:
        """One more from ``who``; raises TooMany above the limit."""
        seconds = int(WRONG_SPAN.total_seconds())
        span, passed = divmod(int(at.timestamp()), seconds)
        with self._lock:
            if span != self._span or len(self._counts) > NETWORKS:
                self._span = span
                self._counts.clear()
            found = self._counts[who] = self._counts.get(who, 0) + 1
        if found > WRONG_SECRETS:
            raise TooMany(seconds - passed)


@dataclass(frozen=True)
class Kept:
    """What one application keeps of its feeds."""

    shelf: Shelf
    wrong: WrongSecrets


@bp.record
def _install(state: BlueprintSetupState) -> None:
    state.app.extensions["takt.feeds"] = Kept(Shelf(KEPT_BYTES), WrongSecrets())


def _kept() -> Kept:
    found: Kept = current_app.extensions["takt.feeds"]
    return found


# ---------------------------------------------------------------- the addresses

#: Finds the feed of an address; None when there is none.
Find = Callable[[queries.Reader], Feed | None]


@bp.get("/calendar.ics")
@policy("feed")
def public() -> ResponseReturnValue:
    """Every public meeting."""
    return _answer(partial(queries.public_feed, language=_asked_language()))


@bp.get("/forums/<slug>/calendar.ics")
@policy("feed")
def public_forum(slug: str) -> ResponseReturnValue:
    """The public meetings of a public forum; any other forum is none (invariant 11)."""
    return _answer(partial(queries.public_forum_feed, slug=slug, language=_asked_language()))


@bp.get("/feeds/<token>.ics")
@policy("feed")
def secret(token: str) -> ResponseReturnValue:
    """The calendar behind a secret (H10)."""
    try:
        return _answer(partial(queries.feed_of_token, token=token, alarm=_asked_alarm()))
    except NotFound:
        _kept().wrong.count(network(), now())
        raise


@bp.get("/meetings/<int:meeting_id>/meeting.ics")
@policy("meeting.read")
def meeting_file(meeting_id: int) -> ResponseReturnValue:
    """One meeting as a file, as far as the reader may see it."""
    meeting: Meeting = g.meeting
    language: Language = "en" if i18n.language() == "en" else "sv"
    audience = "members" if g.inside else "public"
    fragment = queries.fragment_of(db.session(), meeting_id, audience, language)
    if fragment is None:
        raise NotFound
    forum = meeting.forum if g.inside else public_forums(meeting)[0]
    head = head_of_file(forum_name(forum, language), language)
    body = assemble(head, filter(None, fragment.zones.split(",")), [fragment.body])
    response = Response(body, content_type=CALENDAR)
    response.headers["Content-Disposition"] = f'attachment; filename="{forum.slug}-{meeting.local_on}.ics"'
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _asked_language() -> Language:
    """Of a public feed; a secret one has its own."""
    return "en" if request.args.get("language") == "en" else "sv"


def _asked_alarm() -> int | None:
    """Minutes, by ``?alarm=60``; 400 for what is no such number (F18)."""
    minutes = request.args.get("alarm")
    if minutes is None:
        return None
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 6 and int(minutes) <= ALARM_LIMIT):  # noqa: PLR2004 - figures of the limit
        abort(400)
    return int(minutes)


def _asked_from() -> date | None:
    """The first day of the archive asked for, by ``?from=2020-01-01``; 400 for what is no day (F22)."""
    day = request.args.get("from")
    try:
        return date.fromisoformat(day) if day is not None else None
    except ValueError:
        abort(400)


# ---------------------------------------------------------------- the answer


def _answer(find: Find) -> Response:
    """304 when the client has what there is, else the calendar; raises NotFound where there is none."""
    with db.engine.connect() as connection:
        feed = find(connection)
    if feed is None:
        raise NotFound
    from_on = _asked_from()
    window = window_on(today(), from_on)
    tag = entity_tag(feed, window, _wordmark())
    modified_at = last_modified(feed, window, settings().time_zone)
    squeezed = request.accept_encodings.quality("gzip") > 0
    held = _held_tag(tag, modified_at)
    if held is not None:
        response = Response(status=304)
        response.set_etag(held or (tag + GZ if squeezed else tag))
    else:
        body = None if hangs_on_rights(feed) else _kept().shelf.get(tag)
        if body is None:
            body, feed, tag = _build(find, window, keep=from_on is None)
            modified_at = last_modified(feed, window, settings().time_zone)
        response = Response(body.gzipped() if squeezed else body.plain, content_type=CALENDAR)
        if squeezed:
            response.content_encoding = "gzip"
        response.set_etag(tag + GZ if squeezed else tag)
    response.last_modified = modified_at
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = f"{'private' if feed.token_id is not None else 'public'}, max-age={MAX_AGE}"
    if feed.token_id is not None and feed.fetched_on != today():
        family = client_family(request.user_agent.string)
        # After the client has its answer: whoever writes for long keeps nobody waiting.
        response.call_on_close(partial(_note_fetch, db.engine, feed.token_id, today(), family))
    return response


def _build(find: Find, window: Window, *, keep: bool) -> tuple[Body, Feed, str]:
    """The calendar, found anew in a transaction of one moment, so that the version fits the bytes; and its ETag.

    ``keep`` False for an archive: somebody may write any day into the address.
    """
    session = db.session()
    begin_read(session)
    feed = find(session)
    if feed is None:
        raise NotFound
    rights = queries.rights_for(session, feed, today())
    tag = entity_tag(feed, window, _wordmark())
    if mark := rights_mark(feed, rights):
        tag = f"{tag}.{mark}"
    shelf = _kept().shelf
    body = shelf.get(tag)
    if body is None:
        body = Body(queries.body_of(session, feed, window, rights, _wordmark()))
        if keep:
            shelf.put(tag, body)
    return body, feed, tag


def _wordmark() -> str:
    return settings().organisation or settings().name


def _held_tag(tag: str, modified_at: datetime) -> str | None:
    """The ETag by which the client has the present bytes, "" when it knows them by date; None when it has not.

    A list and weak tags are understood, either encoding will do (H03, H05), and what stands behind the point is
    the owner's rights, which a 304 does not ask for (``rights_mark``).
    """
    if "If-None-Match" in request.headers:
        sent = request.if_none_match
        if sent.star_tag:
            return ""
        candidates = (*sent.as_set(include_weak=True),)
        return next((each for each in candidates if each.removesuffix(GZ).partition(".")[0] == tag), None)
    since = request.if_modified_since
    return "" if since is not None and since >= modified_at else None


def _note_fetch(engine: Engine, token_id: int, on: date, client: str) -> None:
    """In a write of its own, once a day; a fetch never fails for it."""
    try:
        with Session(engine) as session:
            begin_write(session)
            mark_fetched(session, token_id=token_id, on=on, client=client)
            session.commit()
    except SQLAlchemyError as error:
        log.warning("a fetch could not be noted: %s", type(error).__name__)


# ---------------------------------------------------------------- trouble


@bp.errorhandler(SQLAlchemyError)
@bp.errorhandler(ValueError)
def _away(error: Exception) -> ResponseReturnValue:
    """No calendar at all rather than half of one, which a client would take for the whole (F05)."""
    log.error("a calendar could not be built", exc_info=error)
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    return Response("Kalendern är inte tillgänglig just nu\n", 503, headers, mimetype="text/plain")


@bp.after_request
def _keep_out(response: Response) -> Response:
    """Found by no search engine (H11); that no address leaks by a referrer is said of every answer."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response
