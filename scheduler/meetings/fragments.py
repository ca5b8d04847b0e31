"""A meeting as calendar bytes: one VEVENT for each audience and language (spec calendar, decision 4).

What an audience sees is decided here (``shown_to``), for calendars, open data and public pages alike; how it is
written, in ``ical``. The public sees no video link, no forum that is not public, no reason for a cancellation, and the
dates alone where the forum shows no more (F17, invariant 11).
Nothing here reads the clock. Not here: storing the bytes and raising versions (``publishing``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast

from scheduler import i18n
from scheduler.forums.inherited import public_level_of
from scheduler.forums.models import Forum
from scheduler.i18n import gettext as _
from scheduler.ical.links import link_fault, names_video_host
from scheduler.ical.writer import Event, render_event
from scheduler.meetings import changes
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import PublicLevel, calendar_status, public_level
from scheduler.meetings.times import Span
from scheduler.places.models import Place
from scheduler.register.models import Theme

Audience = Literal["public", "members"]
Language = Literal["sv", "en"]
AUDIENCES: tuple[Audience, ...] = ("members", "public")
LANGUAGES: tuple[Language, ...] = ("sv", "en")


@dataclass(frozen=True)
class Site:
    """Where the installation lives, as far as a calendar says it."""

    #: https://… under which people reach the pages, without a slash at its end.
    base_url: str
    #: The part after @ of UIDs; never changes (F13).
    calendar_domain: str

    def meeting_url(self, meeting_id: int) -> str:
        """The address of the meeting's page."""
        return f"{self.base_url}/meetings/{meeting_id}"


def forum_level(forum: Forum) -> PublicLevel:
    """What everybody may see of ``forum``, its kind's level where it has none of its own."""
    if forum.state == "proposal":
        return "none"
    return cast("PublicLevel", public_level_of(forum))


def public_forums(meeting: Meeting) -> list[Forum]:
    """The forums of ``meeting`` that everybody may know of, in its order."""
    return [forum for forum in meeting.forums if forum_level(forum) != "none"]


def level_of(meeting: Meeting) -> PublicLevel:
    """What everybody may see of ``meeting``: as its first public forum says, or nothing."""
    forums = public_forums(meeting)
    level = forum_level(forums[0]) if forums else "none"
    return public_level(level, meeting.state, own=meeting.public, booked=meeting.confirmed_at is not None)


def audiences_of(meeting: Meeting) -> tuple[Audience, ...]:
    """Who gets the meeting in a calendar."""
    return AUDIENCES if level_of(meeting) != "none" else ("members",)


@dataclass(frozen=True)
class Shown:
    """What one audience may know of a meeting besides its times and its state; what is None it may not, or is not."""

    #: Those the audience may know of, the leading one first.
    forums: list[Forum]
    #: Whether there is more to it than the dates.
    full: bool
    title: str | None
    place: Place | None
    #: A room in the place, or one that is not in the register.
    place_text: str | None
    mode: str | None
    video_link: str | None
    cancel_reason: str | None


def shown_to(meeting: Meeting, audience: Audience) -> Shown:
    """What ``audience`` sees of ``meeting``, which it may see at all (``audiences_of``)."""
    public = audience == "public"
    full = not public or level_of(meeting) == "full"
    return Shown(
        forums=public_forums(meeting) if public else meeting.forums,
        full=full,
        title=meeting.title if full else None,
        place=meeting.place if full else None,
        place_text=meeting.place_text if full else None,
        mode=meeting.mode if full else None,
        video_link=None if public else video_link(meeting),
        cancel_reason=None if public else meeting.cancel_reason,
    )


def render(meeting: Meeting, audience: Audience, language: Language, site: Site) -> bytes:
    """The finished VEVENT of ``meeting`` for one audience in one language.

    Its forums (with kind, themes and names), its own themes and its place are read; load them before in a loop.
    Raises Refused as ``render_event`` does.
    """
    with i18n.use_language(language):
        return render_event(event_of(meeting, audience, language, site))


def event_of(meeting: Meeting, audience: Audience, language: Language, site: Site) -> Event:
    """What a calendar shows of ``meeting``, with texts in the language in use, which is ``language``."""
    shown = shown_to(meeting, audience)
    start, end = _calendar_times(span_of(meeting))
    page = site.meeting_url(meeting.id)
    return Event(
        uid=meeting.uid,
        sequence=meeting.sequence,
        revised_at=meeting.revised_at,
        status=calendar_status(meeting.state),
        start=start,
        end=end,
        summary=summary_of(shown.forums, shown.title, language),
        description="\n\n".join(_paragraphs(meeting, shown, page, public=audience == "public")),
        location=location_of(shown, language),
        url=None if link_fault(page) else page,
        categories=_categories(shown.forums, meeting.themes, language) if shown.full else (),
        conference=shown.video_link,
        language=language,
    )


def span_of(meeting: Meeting) -> Span:
    """When ``meeting`` is."""
    return Span(meeting.start_at, meeting.end_at, meeting.all_day, meeting.time_zone)


def _calendar_times(span: Span) -> tuple[datetime | date, datetime | date]:
    if span.all_day:
        return span.on, span.last_on + timedelta(days=1)
    return span.start, span.end


def forum_name(forum: Forum, language: Language) -> str:
    """The forum's short name, or its name in ``language`` where it has one."""
    if language != "sv":
        for name in forum.names:
            if name.language == language:
                return name.name
    return forum.title


def summary_of(forums: list[Forum], title: str | None, language: Language) -> str:
    """ "Regionalt forum: Kompetensförsörjning"; a joint meeting names all its forums, the leading one first."""
    names = ", ".join(forum_name(forum, language) for forum in forums)
    return f"{names}: {title}" if title else names


def place_parts(place: Place, language: Language) -> tuple[str, ...]:
    """The place's name in ``language``, its address and its town, each where it says something new."""
    parts = [place.name_en if language == "en" and place.name_en else place.name]
    for part in (place.address, place.town):
        if part and part not in ", ".join(parts):
            parts.append(part)
    return tuple(parts)


def place_words(place: Place | None, place_text: str | None, language: Language) -> str | None:
    """Where a meeting is held, "Sal 3, Regionhuset, Robertsviksgatan 7, Luleå": the room or free text, then the place.

    None when neither is known.
    """
    return ", ".join([*([place_text] if place_text else []), *(place_parts(place, language) if place else ())]) or None


def location_of(where: Shown | Meeting, language: Language) -> str:
    """What LOCATION says: the place, or that one takes part remotely."""
    place = place_words(where.place, where.place_text, language)
    if where.mode == "remote" and not place:
        return _("På distans")
    return place or ""


def video_link(meeting: Meeting) -> str | None:
    """The link to take part by, for those invited; None for a meeting on site, or when a link cannot be shown."""
    if meeting.mode == "on_site":
        return None
    link = meeting.video_url or (meeting.place.video_url if meeting.place else None)
    return link if link and link_fault(link) is None else None


def _categories(forums: list[Forum], themes: list[Theme], language: Language) -> tuple[str, ...]:
    """The forums' kinds, then the meeting's own ``themes``, then those of its forums, each once."""
    found = [forum.kind.en if language == "en" else forum.kind.sv for forum in forums]
    for own in (themes, *(forum.themes for forum in forums)):
        found += [theme.en if language == "en" and theme.en else theme.sv for theme in own]
    return tuple(dict.fromkeys(found))


def _paragraphs(meeting: Meeting, shown: Shown, page: str, *, public: bool) -> Iterator[str]:
    """The description, what changed first (D12, F15), the link to the page last (F20).

    The public is not told of a place that was a video link: nobody could put the past right (F17).
    """
    said = changes.sentences(meeting.last_change, show_place=shown.full, reason=shown.cancel_reason)
    if said := [sentence for sentence in said if not (public and names_video_host(sentence))]:
        yield "\n".join(said)
    if meeting.state == "proposed":
        yield _("Datumet är ett förslag och inte bestämt.")
    if shown.full and meeting.kind in {"extra", "per_capsulam", "continuation"}:
        yield {
            "extra": _("Extra möte"),
            "per_capsulam": _("Per capsulam: beslut utan möte"),
            "continuation": _("Fortsättning på ett ajournerat möte"),
        }[meeting.kind]
    if shown.mode == "remote":
        yield _("Mötet hålls på distans.")
    if shown.mode == "hybrid":
        yield _("Det går att delta på plats eller på distans.")
    if meeting.note and not public:
        yield meeting.note
    yield _("Mötets sida: %(url)s", url=page)
