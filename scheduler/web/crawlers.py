"""For search engines: /robots.txt, which keeps them from personal links, and /sitemap.xml with the public pages.

The sitemap is made of the same conditions as the public lists, and says when a page last changed by what the public
sees of it: a change of what is hidden changes no byte (invariant 11). Not here: what a page itself tells them
(``structured``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, url_for
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.forums.queries import forums_for_list
from scheduler.meetings.fragments import public_forums
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import public_meetings
from scheduler.web.access import site
from scheduler.web.security import policy

bp = Blueprint("crawlers", __name__)

#: Seconds an answer may be kept.
MAX_AGE = 3600
#: What there is to find for nobody, besides personal links: results, signing in, calendars as files, open data.
NOT_FOR_CRAWLERS = ("/search", "/login", "/*.ics", "/*.json")


@bp.get("/robots.txt")
@policy("machine")
def robots() -> ResponseReturnValue:
    """What a search engine leaves alone, and where the list of pages is."""
    kept_out = sorted({*_secret_addresses(), *NOT_FOR_CRAWLERS} - {"/login/"})
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in kept_out), f"Sitemap: {site().base_url}/sitemap.xml"]
    return _kept(Response("".join(f"{line}\n" for line in lines), mimetype="text/plain"))


def _secret_addresses() -> Iterator[str]:
    """The beginnings of addresses that are themselves the permission, from the application's own map."""
    for rule in current_app.url_map.iter_rules():
        if "token" in rule.arguments:
            yield rule.rule.partition("<")[0]


@bp.get("/sitemap.xml")
@policy("machine")
def sitemap() -> ResponseReturnValue:
    """Every page that everybody may read, with the day of its last change where one is known."""
    forums = forums_for_list(db.session(), public_only=True)
    meetings = public_meetings(db.session())
    changed = _changed(meetings)
    pages: dict[str, datetime | None] = {
        url_for(endpoint): None for endpoint in ("overview.index", "forums.index", "calendar.listed", "board.index")
    }
    pages |= {url_for("forums.show", slug=forum.slug): changed.get(forum.id) for forum in forums}
    pages |= {url_for("meetings.show", meeting_id=meeting.id): meeting.revised_at for meeting in meetings}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *(_entry(path, at) for path, at in pages.items()),
        "</urlset>",
    ]
    return _kept(Response("\n".join(lines) + "\n", mimetype="application/xml"))


def _changed(meetings: Iterable[Meeting]) -> Mapping[int, datetime]:
    """Forum → when the latest change of its public meetings was."""
    found: dict[int, datetime] = {}
    for meeting in meetings:
        for forum in public_forums(meeting):
            found[forum.id] = max(meeting.revised_at, found.get(forum.id, meeting.revised_at))
    return found


def _entry(path: str, at: datetime | None) -> str:
    last = f"<lastmod>{at.astimezone(UTC).date()}</lastmod>" if at else ""
    return f"<url><loc>{escape(site().base_url + path)}</loc>{last}</url>"


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    return response
