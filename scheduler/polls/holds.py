"""The dates of an undecided poll as TENTATIVE entries in the calendars of those asked (D14).

Each date is an entry of its own with a UID that never changes; a hold that comes back has a higher SEQUENCE. Bytes are
stored when the poll changes, never made when a calendar is fetched. Not here: reading them into a feed (``feeds``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler import i18n
from scheduler.forums.models import Forum
from scheduler.history.actions import bump
from scheduler.i18n import gettext as _
from scheduler.ical import lint
from scheduler.ical.links import link_fault
from scheduler.ical.writer import Event, render_event, zones_in
from scheduler.meetings.fragments import LANGUAGES, Language, Site, forum_name, place_words
from scheduler.polls.models import Poll, PollHold, PollOption
from scheduler.polls.rules import UNDECIDED

_SECOND = timedelta(seconds=1)


def follow_holds(session: Session, now: datetime, poll: Poll, *, site: Site) -> bool:
    """Stores the holds that ``poll`` should have now, none unless it is undecided; whether anything is different.

    The calendars of those asked get another version then. Raises Refused for what a calendar may not say.
    """
    session.flush()
    unchanged_at = poll.revised_at
    poll.revised_at = max(now.replace(microsecond=0), unchanged_at + _SECOND)
    different = False
    for option in poll.options:
        different |= _follow(option, poll, site=site)
    if not different:
        poll.revised_at = unchanged_at
        return False
    session.flush()
    bump(session, now, [("person", invitee.person_id) for invitee in poll.invitees])
    return True


def _follow(option: PollOption, poll: Poll, *, site: Site) -> bool:
    if poll.state not in UNDECIDED:
        gone = bool(option.holds)
        option.holds.clear()
        if gone:
            option.sequence += 1  # should it come back, it is news
        return gone
    stored = {hold.language: hold for hold in option.holds}
    bodies = {language: render_hold(option, poll, language, site) for language in LANGUAGES}
    if all(language in stored and _bare(stored[language].body) == _bare(body) for language, body in bodies.items()):
        return False
    for language, body in bodies.items():
        hold = stored.get(language)
        lint.check(body, public=False, before=hold.body if hold else None)
        if hold is None:
            hold = PollHold(language=language)
            option.holds.append(hold)
        hold.body, hold.zones = body, ",".join(zones_in(body))
    return True


def _bare(body: bytes) -> bytes:
    """A fragment without the lines that say when it was last changed."""
    return b"".join(
        line for line in body.splitlines(keepends=True) if not line.startswith((b"DTSTAMP:", b"LAST-MODIFIED:"))
    )


def render_hold(option: PollOption, poll: Poll, language: Language, site: Site) -> bytes:
    """The finished VEVENT of a date."""
    with i18n.use_language(language):
        zone = ZoneInfo(poll.time_zone)
        name = forum_name(poll.forum, language)
        about = f"{name}: {poll.title}" if poll.title else name
        page = f"{site.base_url}/me"
        description = _("Datumet är ett av flera som det frågas om och inte bestämt.")
        answer = _("Svara senast %(day)s med länken i ditt brev.", day=i18n.date_text(poll.answer_by_on))
        return render_event(
            Event(
                uid=option.uid,
                sequence=option.sequence,
                revised_at=poll.revised_at,
                status="tentative",
                start=option.start_at.astimezone(zone),
                end=option.end_at.astimezone(zone),
                summary=_("Kanske: %(about)s", about=about),
                description=f"{description}\n{answer}",
                location=place_words(poll.place, poll.place_text, language)
                or (_("På distans") if poll.mode == "remote" else ""),
                url=None if link_fault(page) else page,
                language=language,
            )
        )


def mend_holds(session: Session, now: datetime, *, site: Site) -> int:
    """Brings the holds of all undecided polls to what they show elsewhere by now: names of forums and places."""
    query = (
        select(Poll)
        .where(Poll.state.in_(UNDECIDED))
        .options(
            joinedload(Poll.forum).selectinload(Forum.names),
            joinedload(Poll.place),
            selectinload(Poll.options).selectinload(PollOption.holds),
            selectinload(Poll.invitees),
        )
        .order_by(Poll.id)
    )
    return sum(follow_holds(session, now, poll, site=site) for poll in session.scalars(query).all())
