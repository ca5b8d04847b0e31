"""Public pages say their meetings to search engines too: schema.org events, as JSON-LD in a data block.

Only what everybody may know (``meetings.fragments.shown_to``), whoever reads the page. A data block is not executed, so
the site's policy lets it stand; what could end it is escaped. Not here: open data (``feeds.open_data``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from scheduler.i18n import language
from scheduler.meetings.changes import previous_start
from scheduler.meetings.fragments import Language, Shown, level_of, place_parts, shown_to, span_of, summary_of
from scheduler.meetings.models import Meeting
from scheduler.web.access import site

ORG = "https://schema.org/"
#: How one takes part → the name it has there.
MODES = {
    "on_site": f"{ORG}OfflineEventAttendanceMode",
    "remote": f"{ORG}OnlineEventAttendanceMode",
    "hybrid": f"{ORG}MixedEventAttendanceMode",
}


def event_block(meetings: Iterable[Meeting]) -> Markup:
    """The data block of those of ``meetings`` that are public, for the head of a page; empty without any."""
    events = [event_data(meeting) for meeting in meetings if level_of(meeting) != "none"]
    if not events:
        return Markup()
    data = {"@context": "https://schema.org", "@graph": events}
    return Markup('<script type="application/ld+json">{}</script>').format(htmlsafe_json_dumps(data))


def event_data(meeting: Meeting) -> dict[str, Any]:
    """One public meeting as an Event; what is not known or not public is left out."""
    code: Language = "en" if language() == "en" else "sv"
    shown = shown_to(meeting, "public")
    span = span_of(meeting)
    forum = shown.forums[0]
    data = {
        "@type": "Event",
        "name": summary_of(shown.forums, shown.title, code),
        "startDate": (span.on if span.all_day else span.start).isoformat(),
        "endDate": (span.last_on if span.all_day else span.end).isoformat(),
        **_status(meeting),
        "eventAttendanceMode": MODES.get(shown.mode or ""),
        "location": _location(shown, code),
        "organizer": {"@type": "Organization", "name": forum.name, "url": f"{site().base_url}/forums/{forum.slug}"},
        "url": site().meeting_url(meeting.id),
    }
    return {name: value for name, value in data.items() if value is not None}


def _status(meeting: Meeting) -> dict[str, str]:
    """Whether it stands, and since when it does not begin as it was said at first."""
    if meeting.state == "cancelled":
        return {"eventStatus": f"{ORG}EventCancelled"}
    earlier = previous_start(meeting.last_change)
    if earlier is None:
        return {"eventStatus": f"{ORG}EventScheduled"}
    if "T" in earlier:
        earlier = datetime.fromisoformat(earlier).replace(tzinfo=ZoneInfo(meeting.time_zone)).isoformat()
    return {"eventStatus": f"{ORG}EventRescheduled", "previousStartDate": earlier}


def _location(shown: Shown, code: Language) -> dict[str, Any] | None:
    """The place; None where none is known. How to take part remotely is never public."""
    place = None if shown.place is None or shown.place.online else shown.place
    names = [shown.place_text, place_parts(place, code)[0] if place else None]
    name = ", ".join(part for part in names if part)
    if not name:
        return None
    address = {"streetAddress": place.address, "addressLocality": place.town} if place else {}
    known = {key: value for key, value in address.items() if value}
    said = {"address": {"@type": "PostalAddress", **known}} if known else {}
    return {"@type": "Place", "name": name, **said}
