"""The gate every request passes: who asks, what the page demands, which object the address means.

A view says what it needs with ``@policy("forum.edit")``; a route without a policy stops the application. The
gate begins the transaction of a writer, finds the forum, meeting, organisation or person named in the address
into ``g`` and answers 404 when the principal may not see it: a foreign object looks like a missing one (SEC-1).
Cookies, CSRF, the checks of origin and host, and the headers of every answer are here too. Not here: the role
table (``accounts.rules``), signing in (``sign_in``), what an error looks like (``errors``).

Language: a signed-in person's own; a visitor's stands in the address (``?language=en``) and is kept in every
address made with ``url_for`` or ``in_language``, so that no cookie is needed to read. A page behind a personal link
begins in the language of whoever the link is for (``speak``).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote, urlencode, urlsplit

from flask import Flask, Request, Response, abort, current_app, g, has_request_context, redirect, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound as NoRoute
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from scheduler import i18n, logs
from scheduler.accounts import limits
from scheduler.accounts.actions import touch
from scheduler.accounts.models import SignInSession
from scheduler.accounts.principals import forums_using_organisation, forums_using_person, principal_of
from scheduler.accounts.queries import session_of
from scheduler.accounts.rules import ABSOLUTE, ANONYMOUS, TOUCH, Need, Principal, client_family, may, network_of
from scheduler.clock import civil_date
from scheduler.db import begin_change, begin_write, db
from scheduler.errors import Forbidden, NotFound
from scheduler.forums.models import Forum
from scheduler.forums.queries import forum_by_slug
from scheduler.history.rules import Actor
from scheduler.meetings.fragments import forum_level, level_of
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import invitees_of, meeting_by_id
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.queries import organisation_by_slug
from scheduler.settings import Settings

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
#: Needs of programs that carry no cookie: nobody is looked up and nothing is remembered for them.
UNATTENDED = frozenset({"machine", "feed"})
#: Needs that no address can be about alone; a view asks ``may`` for them.
WITHIN_PAGES = frozenset({"contact.read", "answer.read", "draft.read", "mail.read"})
#: First part of a need → the name its object has in a route.
OBJECTS: Mapping[str, str] = {
    "forum": "slug",
    "meeting": "meeting_id",
    "organisation": "slug",
    "person": "person_id",
}
#: One year, in seconds.
HSTS = "max-age=31536000"
#: Hosts answered when neither a base URL nor hosts are set: this machine, as the demo is opened.
LOCAL_HOSTS = ("localhost", "127.0.0.1")

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
csrf = CSRFProtect()


def policy(need: Need, *, most_bytes: int | Callable[[Settings], int] | None = None) -> Callable[[View], View]:
    """Declares what a view needs; stands directly under the route decorator.

    ``most_bytes``: how large a request it takes, where that is more than a form, as a number or by the settings.
    """

    def declare(view: View) -> View:
        view.need = need  # type: ignore[attr-defined]  # a function carries its policy with it
        view.most_bytes = most_bytes  # type: ignore[attr-defined]  # as above
        return view

    return declare


def need_of(app: Flask, endpoint: str) -> Need:
    """The declared need of an endpoint; raises RuntimeError without one (SEC-1)."""
    if endpoint == "static":
        return "machine"
    need: Need | None = getattr(app.view_functions[endpoint], "need", None)
    if need is None:
        raise RuntimeError(f"{endpoint} declares no policy")
    return need


def object_name(need: Need) -> str | None:
    """The argument of a route that names the object of ``need``; None for a need without one."""
    return OBJECTS.get(need.partition(".")[0])


def check_policies(app: Flask) -> None:
    """Raises RuntimeError, a line for each route without a policy or with one its address cannot answer."""
    problems = []
    for rule in app.url_map.iter_rules():
        try:
            need = need_of(app, rule.endpoint)
        except RuntimeError as error:
            problems.append(f"{rule.rule}: {error}")
            continue
        name = object_name(need)
        if need in WITHIN_PAGES or (name is not None and name not in rule.arguments):
            problems.append(f"{rule.rule}: {need} needs an object in the address ({name or 'none can be'})")
    if problems:
        raise RuntimeError("\n".join(problems))


# ---------------------------------------------------------------- what a view may ask


def now() -> datetime:
    """The instant of this request, aware, in UTC: one for all of it."""
    instant: datetime = g.now
    return instant


def today() -> date:
    """The day of this request in the installation's own zone."""
    return civil_date(now(), settings().time_zone)


def principal() -> Principal:
    """Who asks; ``ANONYMOUS`` for a visitor."""
    who: Principal = g.get("principal", ANONYMOUS)
    return who


def actor() -> Actor:
    """Who asks, as actions and the history want it."""
    who = principal()
    return Actor(who.name or "Besökare", who.user_id, who.person_id)


def sign_in_row() -> SignInSession | None:
    """The session of this request, None for a visitor."""
    row: SignInSession | None = g.get("sign_in")
    return row


def client() -> str:
    """The family of the browser: "Firefox, Windows"."""
    return client_family(request.user_agent.string)


def network() -> str:
    """What counts as one client for limits."""
    return network_of(request.remote_addr or "")


def limit(what: str, who: str, *, times: int, span: timedelta) -> None:
    """Counts one more ``what`` by ``who``; raises TooMany above ``times`` in ``span`` (SEC-14).

    A page that only reads counts in a transaction of its own, which is committed at once.
    """
    if request.method not in SAFE_METHODS:
        limits.hit(db.session(), now(), what, who, times, span)
        return
    with Session(db.engine) as session:
        begin_write(session)
        limits.hit(session, now(), what, who, times, span)
        session.commit()


def require(need: Need, **about: Any) -> None:
    """Raises when the principal may not: Forbidden for somebody signed in, NotFound for a visitor.

    ``about`` as ``accounts.rules.may`` takes it. For the inside of pages; what the address names is the
    gate's work.
    """
    if not may(principal(), need, **about):
        _refuse(visible=True)


def _refuse(*, visible: bool) -> None:
    """Forbidden when the thing is known to be there, else as if there were none."""
    raise Forbidden if visible and principal().signed_in else NotFound


def find_forum(slug: str, need: Need) -> Forum:
    """The forum, when the principal may ``need`` with it; raises NotFound, or Forbidden when it may only be read."""
    forum = forum_by_slug(db.session(), slug)
    if forum is None:
        raise NotFound
    if not may_forum(need, forum):
        _refuse(visible=may_forum("forum.read", forum))
    return forum


def may_forum(need: Need, forum: Forum) -> bool:
    """Whether the principal may ``need`` with a forum; to read it its public view is enough."""
    public = need == "forum.read" and forum_is_public(forum)
    return may(principal(), need, forum_ids=[forum.id], public=public)


def find_meeting(meeting_id: int, need: Need) -> Meeting:
    """The meeting, when the principal may ``need`` with it; raises as ``find_forum`` does."""
    meeting = meeting_by_id(db.session(), meeting_id)
    if meeting is None:
        raise NotFound
    if not may_meeting(need, meeting):
        _refuse(visible=may_meeting("meeting.read", meeting))
    return meeting


def may_meeting(need: Need, meeting: Meeting) -> bool:
    """Whether the principal may ``need`` with a meeting; to read it its public view is enough.

    A proposed one is a draft (product.md "Roles"). An edit is the leading forum's alone. Whoever is invited
    reads it, member or not.
    """
    who = principal()
    forum_ids = [forum.id for forum in meeting.forums]
    if need == "meeting.edit":
        return may(who, need, forum_ids=forum_ids[:1])
    if need != "meeting.read":
        return may(who, need, forum_ids=forum_ids)
    if meeting.state == "proposed":
        return may(who, "draft.read", forum_ids=forum_ids)
    return may(who, need, forum_ids=forum_ids, public=meeting_is_public(meeting)) or is_invited(meeting)


def is_invited(meeting: Meeting) -> bool:
    """Whether the principal is among those invited, by seat or by hand."""
    person_id = principal().person_id
    if person_id is None:
        return False
    rows = invitees_of(db.session(), [meeting]).get(meeting.id, [])
    return any(row.person_id == person_id for row in rows)


def find_organisation(slug: str, need: Need) -> Organisation:
    """The organisation, when the principal may ``need`` with it; raises as ``find_forum`` does."""
    organisation = organisation_by_slug(db.session(), slug)
    if organisation is None or organisation.merged_into_id is not None:
        raise NotFound
    if not may_organisation(need, organisation):
        _refuse(visible=may_organisation("organisation.read", organisation))
    return organisation


def may_organisation(need: Need, organisation: Organisation) -> bool:
    """Whether the principal may ``need`` with an organisation; an edit asks which forums use it."""
    using: Iterable[int] = ()
    if need == "organisation.edit":
        using = forums_using_organisation(db.session(), organisation.id, today())
    return may(principal(), need, organisation_ids=[organisation.id], forum_ids=using)


def find_person(person_id: int, need: Need) -> Person:
    """The person, when the principal may ``need`` with it; raises as ``find_forum`` does."""
    person = db.session.get(Person, person_id)
    if person is None or person.merged_into_id is not None:
        raise NotFound
    if not may_person(need, person):
        _refuse(visible=may_person("person.read", person))
    return person


def may_person(need: Need, person: Person) -> bool:
    """Whether the principal may ``need`` with a person; but for reading, the forums that use the person count."""
    organisations = [person.organisation_id] if person.organisation_id is not None else []
    using: Iterable[int] = ()
    if need != "person.read":
        using = forums_using_person(db.session(), person.id, today())
    return may(principal(), need, person_id=person.id, organisation_ids=organisations, forum_ids=using)


def forum_is_public(forum: Forum) -> bool:
    """Whether a forum has a public view."""
    return forum_level(forum) != "none"


def meeting_is_public(meeting: Meeting) -> bool:
    """Whether a meeting has a public view."""
    return level_of(meeting) != "none"


# ---------------------------------------------------------------- addresses and languages


def safe_next(path: str | None) -> str:
    """``path`` when it is a local path, else "/" (SEC-15): no host, no scheme, no backslash, no line break.

    However often it is percent-encoded: a proxy on the way may decode it once more.
    """
    if not path or len(path) > 500:  # noqa: PLR2004 - as long as login_link.next holds
        return "/"
    decoded = path
    while True:
        if not decoded.startswith("/") or decoded.startswith("//") or re.search(r"[\\\x00-\x1f\x7f]", decoded):
            return "/"
        further = unquote(decoded)
        if further == decoded:
            break
        decoded = further
    parts = urlsplit(path)
    return "/" if parts.scheme or parts.netloc else path


def in_language(path: str) -> str:
    """A local path as a visitor's links keep it: with ``?language=`` when that is not Swedish."""
    code = g.get("link_language")
    if code is None:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'language': code})}"


def _keep_language(endpoint: str, values: dict[str, Any]) -> None:
    if not has_request_context() or (code := g.get("link_language")) is None:
        return
    if endpoint not in current_app.view_functions or need_of(current_app, endpoint) in UNATTENDED:
        return
    values.setdefault("language", code)


def _choose_language() -> None:
    who = principal()
    asked = request.args.get("language", "sv")
    i18n.set_language(who.language if who.signed_in else asked)
    g.link_language = i18n.language() if not who.signed_in and i18n.language() != "sv" else None


def speak(own: str) -> None:
    """Speaks ``own``, the language of whoever a personal link is for, unless the address asks for another."""
    if "language" not in request.args:
        i18n.set_language(own)
    chosen = i18n.language()
    # Also back in Swedish, where somebody's own language is another.
    g.link_language = None if chosen == own == "sv" else chosen


# ---------------------------------------------------------------- cookies


@dataclass(frozen=True)
class Cookie:
    """How the session's cookie is called and guarded, by the base URL."""

    name: str
    secure: bool


def settings() -> Settings:
    """The settings of this installation."""
    found: Settings = current_app.extensions["takt"].settings
    return found


def cookie_of(given: Settings) -> Cookie:
    """``__Host-takt`` over https; without TLS (the demo on one's own machine) a browser would refuse the prefix."""
    secure = given.public_url.startswith("https://")
    return Cookie("__Host-takt" if secure else "takt", secure)


class FormCookie(SecureCookieSessionInterface):
    """Flask's own signed cookie, which is not even read where a program fetches a calendar."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; for a calendar and open data a session that nobody can write to."""
        if request.path.endswith((".ics", ".json")):
            return self.make_null_session(app)
        return super().open_session(app, request)


def set_cookie(response: AnyResponse, token: str) -> None:
    """Signs the browser in: from now on it carries ``token``."""
    cookie = cookie_of(settings())
    response.set_cookie(
        cookie.name, token, max_age=ABSOLUTE, path="/", secure=cookie.secure, httponly=True, samesite="Lax"
    )


def drop_cookie(response: AnyResponse) -> None:
    """Takes the session's cookie from the browser."""
    cookie = cookie_of(settings())
    response.delete_cookie(cookie.name, path="/", secure=cookie.secure, httponly=True, samesite="Lax")


# ---------------------------------------------------------------- the gate


def _same_origin() -> bool:
    """Whether the browser says that an unsafe request comes from our own pages (SEC-12).

    Pages without referrer post with ``Origin: null``, and old browsers send nothing: then the form's token
    alone decides.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    own = urlsplit(settings().public_url)
    return origin in {"null", request.host_url.rstrip("/"), f"{own.scheme}://{own.netloc}"}


def _load_principal() -> None:
    token = request.cookies.get(cookie_of(settings()).name)
    if not token:
        return
    row = session_of(db.session(), token, now())
    if row is None:
        return
    g.sign_in = row
    g.principal = principal_of(db.session(), row.user, today())
    if now() - row.used_at >= TOUCH:
        _touch(row)


def _touch(row: SignInSession) -> None:
    if request.method not in SAFE_METHODS:
        touch(db.session(), now(), row.id)
        return
    try:
        with Session(db.engine) as session:
            begin_write(session)
            touch(session, now(), row.id)
            session.commit()
    except OperationalError:
        # Somebody writes for long: a page that only reads does not fail for it, the next one notes the use.
        return


def _merged(kind: str, arguments: Mapping[str, Any]) -> ResponseReturnValue | None:
    """The way on from the address of an organisation or a person that was merged into another, if that may be read."""
    session = db.session()
    if kind == "organisation":
        known = organisation_by_slug(session, arguments["slug"])
        if known is not None and known.merged_into_id is not None:
            kept = session.get_one(Organisation, known.merged_into_id)
            if may_organisation("organisation.read", kept):
                return redirect(url_for("organisations.show", slug=kept.slug), 303)
    elif kind == "person":
        entered_twice = session.get(Person, arguments["person_id"])
        if entered_twice is not None and entered_twice.merged_into_id is not None:
            goes_on = session.get_one(Person, entered_twice.merged_into_id)
            if may_person("person.read", goes_on):
                return redirect(url_for("people.show", person_id=goes_on.id), 303)
    return None


def _find(need: Need, arguments: Mapping[str, Any]) -> None:
    """Puts what the address names into ``g``, or refuses."""
    kind = need.partition(".")[0]
    if kind == "forum":
        g.forum = find_forum(arguments["slug"], need)
        g.inside = may(principal(), "forum.read", forum_ids=[g.forum.id])
    elif kind == "meeting":
        g.meeting = find_meeting(arguments["meeting_id"], need)
        g.forum = g.meeting.forum
        forum_ids = [forum.id for forum in g.meeting.forums]
        g.inside = may(principal(), "meeting.read", forum_ids=forum_ids) or is_invited(g.meeting)
    elif kind == "organisation":
        g.organisation = find_organisation(arguments["slug"], need)
    elif kind == "person":
        g.person = find_person(arguments["person_id"], need)
    else:
        require(need)


def _open() -> ResponseReturnValue | None:
    """Before each request: see the module."""
    if request.method == "HEAD":
        # A view answers as to GET, and the server leaves the body out; to a view it must never look like a POST.
        request.method = "GET"
    wiring = current_app.extensions["takt"]
    logs.request_id.set(secrets.token_hex(8))
    i18n.set_language("sv")
    g.now = wiring.clock()
    g.principal = ANONYMOUS
    g.inside = False
    if "\0" in request.path:
        abort(404)  # no name has it, and PostgreSQL cannot be asked for it
    if isinstance(request.routing_exception, SecurityError):
        return Response("Okänd värd\n", 400, mimetype="text/plain")  # no page can be built for a host unknown
    if request.endpoint is None:
        if isinstance(request.routing_exception, NoRoute):
            _load_principal_of_reader()
        _choose_language()
        return None
    need = need_of(current_app, request.endpoint)
    g.need = need
    if need in UNATTENDED:
        return None
    if request.method not in SAFE_METHODS:
        if not _same_origin():
            abort(400)
        most_bytes = getattr(current_app.view_functions[request.endpoint], "most_bytes", None)
        if most_bytes is not None:
            request.max_content_length = most_bytes(settings()) if callable(most_bytes) else most_bytes
        # The whole of what is sent is read before anybody has to wait for this change: it may come slowly.
        _ = request.form
        if need != "token":
            csrf.protect()
        begin_change(db.session())
    if need != "token":
        _load_principal()
    _choose_language()
    arguments = request.view_args or {}
    if (way_on := _merged(need.partition(".")[0], arguments)) is not None:
        return way_on
    _find(need, arguments)
    return None


def _load_principal_of_reader() -> None:
    """For an address that does not exist: its page keeps the menu of whoever mistyped it."""
    if request.method in SAFE_METHODS:
        _load_principal()


def _seal(response: Response) -> Response:
    """After each request: the headers of every answer (SEC-4, SEC-8)."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Request-Id"] = logs.request_id.get()
    if cookie_of(settings()).secure:
        headers["Strict-Transport-Security"] = HSTS
    need = g.get("need")
    if principal().signed_in or need == "token":
        headers["Cache-Control"] = "private, no-store"
    elif need not in UNATTENDED:
        # A visitor's page may be kept but not shown unasked: the same address shows more to who signs in.
        headers.setdefault("Cache-Control", "private, no-cache")
    if need == "token":
        headers["X-Robots-Tag"] = "noindex"
    return response


def install(app: Flask) -> None:
    """Puts the gate before and the headers behind every request of ``app``."""
    given: Settings = app.extensions["takt"].settings
    secure = cookie_of(given).secure
    hosts = given.trusted_hosts or ((urlsplit(given.base_url).hostname or "",) if given.base_url else ())
    app.config.update(
        TRUSTED_HOSTS=list(hosts or LOCAL_HOSTS),
        PREFERRED_URL_SCHEME="https" if secure else "http",
        # Flask's own signed cookie: set only where a form needs its CSRF token, or a sign-in is under way.
        SESSION_COOKIE_NAME="__Host-takt-form" if secure else "takt-form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # The gate itself calls csrf.protect(), after it has read the policy.
        WTF_CSRF_CHECK_DEFAULT=False,
        # Pages that send no Referer (ours never do) would be refused over https alone; the origin is checked instead.
        WTF_CSRF_SSL_STRICT=False,
        # A token lives as long as its cookie: a form left open over lunch must still be saved.
        WTF_CSRF_TIME_LIMIT=None,
    )
    if given.proxy_hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way to wrap itself
            app.wsgi_app, x_for=given.proxy_hops, x_proto=given.proxy_hops, x_host=0, x_port=0, x_prefix=0
        )
    app.session_interface = FormCookie()
    csrf.init_app(app)
    app.url_defaults(_keep_language)
    app.jinja_env.globals.update(
        in_language=in_language, may_forum=may_forum, may_meeting=may_meeting, may_organisation=may_organisation,
        may_person=may_person,
    )  # fmt: skip
    app.before_request(_open)
    app.after_request(_seal)
