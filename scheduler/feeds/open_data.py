"""The public meetings of a forum as JSON: what its public calendar says, for programs that read no calendars.

Which meetings there are comes from the same conditions as the calendar's, what is said of each from the same
``meetings.fragments.shown_to``. The shape is described in ``docs/calendar-feeds.md``: a field may be added, none
changes its meaning under the same ``VERSION``. Not here: HTTP (``web.feeds``).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.feeds.queries import meetings_in
from scheduler.feeds.rules import ALL, Feed, Language, Window
from scheduler.ical.text import clean_text
from scheduler.meetings.fragments import Shown, Site, event_of, place_parts, shown_to, span_of
from scheduler.meetings.models import Meeting

#: Of the shape: rises when a field goes or means something else.
VERSION = 1
#: Raise it when the same stored meetings are to give other bytes under the same shape.
FORMAT = 1


def form_of(slug: str, site: Site) -> str:
    """What the bytes hang on besides the feed: goes into the ETag (``rules.entity_tag``)."""
    return f"json {VERSION}.{FORMAT} {site.base_url}/{slug}"


def data_of(session: Session, feed: Feed, window: Window, *, slug: str, site: Site) -> bytes:
    """The JSON of a public forum's ``feed``. A constant number of queries."""
    address = f"{site.base_url}/forums/{slug}"
    with i18n.use_language(feed.language):
        data = {
            "version": VERSION,
            "language": feed.language,
            "from": window.since.isoformat(),
            "forum": {
                "name": feed.name,
                "url": address,
                "calendar": f"{address}/calendar.ics{'?language=en' if feed.language == 'en' else ''}",
            },
            "meetings": [meeting_data(row, feed.language, site) for row in meetings_in(session, feed, window, ALL)],
        }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def meeting_data(meeting: Meeting, language: Language, site: Site) -> dict[str, Any]:
    """What everybody may know of one meeting, with texts in the language in use, which is ``language``.

    The last day of whole days is included in them. What is not known or not public is null.
    """
    event = event_of(meeting, "public", language, site)
    place, address = _where(shown := shown_to(meeting, "public"), language)
    span = span_of(meeting)
    return {
        "id": meeting.uid,
        "title": clean_text(event.summary),
        "start": (span.on if span.all_day else span.start).isoformat(),
        "end": (span.last_on if span.all_day else span.end).isoformat(),
        "all_day": span.all_day,
        "timezone": meeting.time_zone,
        "status": event.status,
        "place": place,
        "address": address,
        "mode": shown.mode,
        "description": clean_text(event.description),
        "url": site.meeting_url(meeting.id),
        "updated": _instant(meeting.revised_at),
        "sequence": meeting.sequence,
    }


def _where(shown: Shown, language: Language) -> tuple[str | None, str | None]:
    """The place by name, and its address: together what LOCATION says."""
    name, *address = place_parts(shown.place, language) if shown.place else ("",)
    named = ", ".join(filter(None, [shown.place_text, name]))
    return clean_text(named) or None, clean_text(", ".join(address)) or None


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
