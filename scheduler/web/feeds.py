"""Calendars over HTTP: the public feeds, those behind a secret, one meeting as a file; and open data by the same rules.

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from flask import Blueprint, Response, abort, current_app, g, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.http import http_date

from scheduler import i18n
from scheduler.db import READ_SECONDS, begin_write, db, reading
from scheduler.errors import NotFound, TooMany
from scheduler.feeds import open_data, queries
from scheduler.feeds.actions import mark_fetched
from scheduler.feeds.rules import (
    ALARM_LIMIT,
    Feed,
    Language,
    Rights,
    Window,
    client_family,
    entity_tag,
    hangs_on_rights,
    head_of_file,
    is_held_since,
    is_judged_daily,
    last_modified,
    rights_mark,
    window_on,
)
from scheduler.ical.writer import assemble
from scheduler.meetings.fragments import forum_name, public_forums
from scheduler.meetings.models import Meeting
from scheduler.web.access import site
from scheduler.web.security import network, now, policy, settings, today

bp = Blueprint("feeds", __name__)
log = logging.getLogger("takt.feeds")

CALENDAR = "text/calendar; charset=utf-8"
JSON = "application/json"
#: Seconds a client or a proxy may go on using an answer (H04).
MAX_AGE = 300
#: Seconds after which one asks again when the house is in trouble.
RETRY_AFTER = 60
#: Seconds that noting a fetch waits for another writer: there will be a next one.
NOTE_SECONDS = 0.5
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


class Turns:
    """Lets the threads of a process build one calendar after the other.

    Whoever has waited for the same calendar finds it on the shelf; and SQLite hands over the interpreter with each row,
    which threads that read at once pay for with twice the work.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        """A turn; one that does not come in the time a reader waits is taken all the same."""
        came = self._lock.acquire(timeout=READ_SECONDS)
        try:
            yield
        finally:
            if came:
                self._lock.release()


@dataclass(frozen=True)
class Kept:
    """What one application keeps of its feeds."""

    shelf: Shelf
    wrong: WrongSecrets
    turns: Turns


@bp.record
def _install(state: BlueprintSetupState) -> None:
    state.app.extensions["takt.feeds"] = Kept(Shelf(KEPT_BYTES), WrongSecrets(), Turns())


def _kept() -> Kept:
    found: Kept = current_app.extensions["takt.feeds"]
    return found


# ---------------------------------------------------------------- the addresses

#: Finds the feed of an address; None when there is none.
Find = Callable[[queries.Reader], Feed | None]


@dataclass(frozen=True)
class Form:
    """What the meetings of a feed are written as."""

    content_type: str
    write: Callable[[Connection, Feed, Window, Rights], bytes]
    #: Its part of the ETag.
    mark: str = ""


def _calendar(connection: Connection, feed: Feed, window: Window, rights: Rights) -> bytes:
    return queries.body_of(connection, feed, window, rights, _wordmark())


ICALENDAR = Form(CALENDAR, _calendar)


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


@bp.get("/forums/<slug>/meetings.json")
@policy("feed")
def open_meetings(slug: str) -> ResponseReturnValue:
    """The same meetings for programs that read no calendars: any web page may show them."""

    def write(connection: Connection, feed: Feed, window: Window, _rights: Rights) -> bytes:
        with Session(connection) as session:
            return open_data.data_of(session, feed, window, slug=slug, site=site())

    form = Form(JSON, write, open_data.form_of(slug, site()))
    return _answer(partial(queries.public_forum_feed, slug=slug, language=_asked_language()), form)


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
    minutes = request.args.get("alarm") if request.query_string else None
    if minutes is None:
        return None
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 6 and int(minutes) <= ALARM_LIMIT):  # noqa: PLR2004 - figures of the limit
        abort(400)
    return int(minutes)


def _asked_from() -> date | None:
    """The first day of the archive asked for, by ``?from=2020-01-01``; 400 for what is no day (F22)."""
    day = request.args.get("from") if request.query_string else None
    try:
        return date.fromisoformat(day) if day is not None else None
    except ValueError:
        abort(400)


# ---------------------------------------------------------------- the answer


def _answer(find: Find, form: Form = ICALENDAR) -> Response:
    """304 when the client has what there is, else the meetings; raises NotFound where there is no such feed."""
    feed = find(db.engine)
    if feed is None:
        raise NotFound
    from_on, on = _asked_from(), today()
    window = window_on(on, from_on)
    tag = _tag(feed, window, form)
    modified_at = last_modified(feed, window, settings().time_zone)
    squeezed = "HTTP_ACCEPT_ENCODING" in request.environ and request.accept_encodings.quality("gzip") > 0
    held = _held_tag(feed, tag, modified_at)
    if held is not None:
        response = Response(status=304)
        tag = held or (tag + GZ if squeezed else tag)
    else:
        body = None if hangs_on_rights(feed) else _kept().shelf.get(tag)
        if body is None:
            body, feed, tag = _build(find, window, form, keep=from_on is None)
            modified_at = last_modified(feed, window, settings().time_zone)
        response = Response(body.gzipped() if squeezed else body.plain, content_type=form.content_type)
        if squeezed:
            tag += GZ
            response.headers.add("Content-Encoding", "gzip")
    # Written as they are: the properties of a response read each header again before they set it. Two changes in one
    # second: the later counts as the next second's, which is not over. It is never said too early.
    told = (
        ("ETag", f'"{tag}"'),
        ("Last-Modified", http_date(min(modified_at, now().replace(microsecond=0)))),
        ("Vary", "Accept-Encoding"),
        ("Cache-Control", f"{'private' if feed.token_id is not None else 'public'}, max-age={MAX_AGE}"),
    )
    for name, value in told:
        response.headers.add(name, value)
    if feed.token_id is not None and feed.fetched_on != on:
        family = client_family(request.user_agent.string)
        # After the client has its answer: whoever writes for long keeps nobody waiting.
        response.call_on_close(partial(_note_fetch, db.engine, feed.token_id, on, family))
    return response


def _build(find: Find, window: Window, form: Form, *, keep: bool) -> tuple[Body, Feed, str]:
    """The bytes, found anew in a transaction of one moment, so that the version fits the bytes; and its ETag.

    ``keep`` False for an archive: somebody may write any day into the address.
    """
    with _kept().turns.one(), reading(db.engine) as connection:
        feed = find(connection)
        if feed is None:
            raise NotFound
        rights = queries.rights_for(connection, feed, today())
        tag = _tag(feed, window, form)
        if mark := rights_mark(feed, rights):
            tag = f"{tag}.{mark}"
        shelf = _kept().shelf
        body = shelf.get(tag)
        if body is None:
            body = Body(form.write(connection, feed, window, rights))
            if keep:
                shelf.put(tag, body)
    return body, feed, tag


def _tag(feed: Feed, window: Window, form: Form) -> str:
    day = f" {today()}" if is_judged_daily(feed) else ""
    return entity_tag(feed, window, _wordmark(), form.mark + day)


def _wordmark() -> str:
    return settings().organisation or settings().name


def _held_tag(feed: Feed, tag: str, modified_at: datetime) -> str | None:
    """The ETag by which the client has the present bytes, "" when it knows them by date; None when it has not.

    A list and weak tags are understood, either encoding will do (H03, H05), and what stands behind the point is
    the owner's rights, which a 304 does not ask for (``rights_mark``).
    """
    if (as_sent := request.environ.get("HTTP_IF_NONE_MATCH")) is not None:
        if as_sent in {f'"{tag}"', f'"{tag}{GZ}"'}:  # as nearly all send it
            return str(as_sent[1:-1])
        sent = request.if_none_match
        if sent.star_tag:
            return ""
        candidates = (*sent.as_set(include_weak=True),)
        return next((each for each in candidates if each.removesuffix(GZ).partition(".")[0] == tag), None)
    since = request.if_modified_since
    return "" if since is not None and is_held_since(feed, since, modified_at, now()) else None


def _note_fetch(engine: Engine, token_id: int, on: date, client: str) -> None:
    """In a write of its own, once a day; a fetch never fails for it."""
    try:
        with Session(engine) as session:
            begin_write(session, patience=NOTE_SECONDS)
            mark_fetched(session, token_id=token_id, on=on, client=client)
            session.commit()
    except SQLAlchemyError as error:
        log.warning("a fetch could not be noted: %s", type(error).__name__)


# ---------------------------------------------------------------- trouble


@bp.errorhandler(SQLAlchemyError)
@bp.errorhandler(ValueError)
@bp.errorhandler(TypeError)
def _away(error: Exception) -> ResponseReturnValue:
    """No calendar at all rather than half of one, which a client would take for the whole (F05)."""
    log.error("a calendar could not be built", exc_info=error)
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    return Response("Kalendern är inte tillgänglig just nu\n", 503, headers, mimetype="text/plain")


@bp.after_request
def _keep_out(response: Response) -> Response:
    """Found by no search engine (H11); that no address leaks by a referrer is said of every answer.

    Open data may be read by the scripts of any site, an error as well as an answer.
    """
    response.headers["X-Robots-Tag"] = "noindex"
    if request.endpoint == "feeds.open_meetings":
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response
