"""What a feed is: its kind, its window of time, its ETag, whose it may be, who fetches it. Pure.

Not here: which meetings belong to a person or an organisation (``queries``), the bytes of a meeting
(``meetings.fragments``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from scheduler import i18n
from scheduler.accounts.rules import Principal, may
from scheduler.i18n import gettext as _
from scheduler.ical.writer import calendar_head
from scheduler.ical.zones import rules_mark

#: Raise it whenever the same stored meetings are to give other bytes: every client then fetches anew.
FORMAT = 1

Audience = Literal["public", "members"]
Language = Literal["sv", "en"]

#: The most minutes before a meeting that an alarm may sound: four weeks.
ALARM_LIMIT = 28 * 24 * 60
#: What ``secrets.token_urlsafe(32)`` makes.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Scope(StrEnum):
    """What a feed is about. But for a selection each has one version, kept by ``history``."""

    PUBLIC = "public"
    FORUM = "forum"
    ORGANISATION = "organisation"
    PERSON = "person"
    SECRETARIAT = "secretariat"
    SELECTION = "selection"


@dataclass(frozen=True, slots=True)
class Feed:
    """One calendar as an address names it, with the version it now stands at."""

    scope: Scope
    #: The forum, organisation or person; for a secretariat the organisation that keeps it; 0 for the others.
    scope_id: int
    audience: Audience
    language: Language
    #: Rises with each change the feed could show; 0 when there never was one.
    version: int
    #: When that was (aware, UTC).
    modified_at: datetime | None
    #: What the feed is of, in its language: a forum's or organisation's name, the label of a selection, else "".
    name: str = ""
    #: Minutes before the start; None: no alarm. On a person's own feed alone (F18).
    alarm: int | None = None
    #: Proposals are shown, as far as the owner may see them.
    tentative: bool = False
    #: Cancelled meetings are shown for a while (F15).
    cancelled: bool = True
    #: Forum ids, of a selection.
    selection: tuple[int, ...] = ()
    #: None: an address without a secret.
    token_id: int | None = None
    #: Whose rights it is read with; None: nobody's, which are those of the public, or of whoever runs the house.
    user_id: int | None = None
    #: Rises when the owner's roles change (accounts), so that what a client holds is judged again.
    epoch: int = 0
    #: The last day it was fetched.
    fetched_on: date | None = None


def is_token(text: str) -> bool:
    """Whether ``text`` has the shape of a secret of ours, so that it is worth looking up."""
    return _TOKEN.fullmatch(text) is not None


# ---------------------------------------------------------------- the window of time


@dataclass(frozen=True, slots=True)
class Window:
    """Which days a feed shows. It moves on at the first of a month only, so that the ETag can hold it (F15, F22)."""

    #: The first of the present month.
    month: date
    #: The first day shown.
    since: date
    #: The first day of which a cancelled meeting is shown.
    cancelled_since: date


def window_on(today: date, from_on: date | None = None) -> Window:
    """The window of a fetch on ``today``: from the first of the month one year back, or from ``from_on`` (F22).

    Without an end. A cancelled meeting stays to the end of the month after its own (F15).
    """
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    return Window(month, from_on or month.replace(year=month.year - 1), last_month)


# ---------------------------------------------------------------- what a client compares


def entity_tag(feed: Feed, window: Window, wordmark: str, form: str = "") -> str:
    """The ETag but for its quotes: another one whenever the bytes could be others (H03).

    ``form`` names what the meetings are written as, and all that those bytes hang on besides; "" for a calendar.

    It holds what the address says, the version with its instant (a version restored from a backup comes a second
    time), the window's month, ``FORMAT``, the rules of time zones and what the installation calls itself; never the
    secret.
    """
    parts = (
        FORMAT, rules_mark(), feed.scope, feed.scope_id, feed.audience, feed.language, feed.name, feed.alarm,
        feed.tentative, feed.cancelled, feed.selection, feed.user_id, feed.epoch, feed.version, feed.modified_at,
        window.month, window.since, wordmark, *filter(None, [form]),
    )  # fmt: skip
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


@lru_cache(maxsize=8)
def _begins_at(month: date, time_zone: str) -> datetime:
    return datetime.combine(month, time(), ZoneInfo(time_zone)).astimezone(UTC)


def last_modified(feed: Feed, window: Window, time_zone: str) -> datetime:
    """When the bytes last became others: the version's instant or the start of the month, whichever is later.

    In whole seconds, as HTTP says it; ``time_zone`` is where the month begins.
    """
    began = _begins_at(window.month, time_zone)
    latest = began if feed.modified_at is None else max(began, feed.modified_at)
    return latest.replace(microsecond=0)


def is_held_since(feed: Feed, since: datetime, modified_at: datetime, now: datetime) -> bool:
    """Whether a client that knows the bytes by a date alone (``since``) has the present ones.

    Yes for the very date we sent, of which no two versions have the same, and for one from after a change was surely
    saved. No where a date cannot tell: several versions added up, names of organisations, the owner's rights.
    """
    dated = feed.scope in {Scope.PUBLIC, Scope.FORUM, Scope.PERSON} and not (feed.tentative and hangs_on_rights(feed))
    return dated and (since == modified_at or modified_at + _SAVED <= since <= now)


#: No saving takes so long, from the instant that it says to the moment when others see it.
_SAVED = timedelta(minutes=1)


def later(changed_at: datetime | None, edited_at: datetime | None) -> datetime | None:
    """When a link's bytes became others: by a change of what it shows, or of what its owner chose.

    Where both fell in one second it is the next one, so that no two states of the bytes have the same date.
    """
    if changed_at is None or edited_at is None:
        return changed_at or edited_at
    latest = max(changed_at, edited_at).replace(microsecond=0)
    same = changed_at.replace(microsecond=0) == edited_at.replace(microsecond=0)
    return latest + timedelta(seconds=1) if same else max(changed_at, edited_at)


@lru_cache(maxsize=1024)
def head_of(scope: Scope, name: str, language: Language, wordmark: str) -> bytes:
    """The calendar's first lines: its name and what it holds, in ``language``; kept, since few differ.

    ``name`` as in ``Feed``, ``wordmark`` what the installation calls itself.
    """
    with i18n.use_language(language):
        title, words = {
            Scope.PUBLIC: (_("Offentliga möten, %(name)s", name=wordmark), _("Alla möten som är offentliga.")),
            Scope.FORUM: (name, _("Möten i %(name)s.", name=name)),
            Scope.ORGANISATION: (name, _("Möten där %(name)s har en plats.", name=name)),
            Scope.PERSON: (_("Mina möten, %(name)s", name=wordmark), _("Möten som du är inbjuden till.")),
            Scope.SECRETARIAT: (
                _("Sekretariatet, %(name)s", name=name),
                _("Möten i forum vars sekretariat är %(name)s.", name=name),
            ),
            Scope.SELECTION: (name, _("Möten i valda forum.")),
        }[scope]
        follows = _("Uppdateras när något ändras.")
        return calendar_head(title, f"{words} {follows}", language=language)


@lru_cache(maxsize=1024)
def head_of_file(name: str, language: Language) -> bytes:
    """The first lines of one meeting as a file, which nothing follows up; ``name`` is the forum's."""
    return calendar_head(name, language=language)


# ---------------------------------------------------------------- whose a feed may be


@dataclass(frozen=True, slots=True)
class Rights:
    """What the owner of a feed may see today; None: everything."""

    #: Forums whose inside is shown.
    inside: frozenset[int] | None
    #: Forums whose proposals are shown.
    drafts: frozenset[int] | None

    def may_see_drafts(self, forum_ids: Collection[int]) -> bool:
        """Whether a proposal for these forums is shown."""
        return self.drafts is None or not self.drafts.isdisjoint(forum_ids)


#: Of an address that nobody owns: the public's, which shows nothing else, or one of whoever runs the house.
ALL = Rights(None, None)


def rights_of(principal: Principal) -> Rights:
    """The forums whose inside and whose drafts ``principal`` sees, as sets: ``accounts.rules.may`` for all at once."""
    own = principal.own_forums
    return Rights(
        None if may(principal, "forum.read") else own,
        None
        if may(principal, "draft.read")
        else frozenset(f for f in own if may(principal, "draft.read", forum_ids=[f])),
    )


def hangs_on_rights(feed: Feed) -> bool:
    """Whether the owner's rights of the day decide what is sent: not where it is public, or the owner's own."""
    own = feed.scope == Scope.PERSON and not feed.tentative
    return feed.user_id is not None and feed.audience == "members" and not own


def is_judged_daily(feed: Feed) -> bool:
    """Whether the owner's rights of the day choose among the meetings: then each day's bytes have an ETag of their own.

    A right begins and ends on a day, without any change that a version could count.
    """
    chosen = feed.tentative or feed.scope in {Scope.SECRETARIAT, Scope.SELECTION}
    return chosen and hangs_on_rights(feed)


def rights_mark(feed: Feed, rights: Rights) -> str:
    """What stands behind the ETag because the bytes hang on the owner's rights of the day; "" where they do not.

    An answer of 304 does not ask for it: within a day it says only that nothing was stored since.
    """
    parts: list[frozenset[int] | None] = []
    if feed.tentative:
        parts.append(rights.drafts)
    if feed.scope in {Scope.SECRETARIAT, Scope.SELECTION}:
        parts.append(rights.inside)
    if not parts:
        return ""
    said = "\n".join("all" if part is None else repr(sorted(part)) for part in parts)
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def may_have(principal: Principal, scope: Scope, scope_id: int) -> bool:
    """Whether ``principal`` may read such a feed, today.

    An organisation's is for its contact and for those who read everything: it shows the inside of forums that
    another secretariat keeps. A secretariat's and a selection show only forums whose inside the owner sees, so
    anybody signed in may have one.
    """
    if not principal.signed_in:
        return False
    if scope == Scope.FORUM:
        return may(principal, "forum.read", forum_ids=[scope_id])
    if scope == Scope.PERSON:
        return principal.person_id == scope_id
    if scope == Scope.ORGANISATION:
        return may(principal, "forum.read") or scope_id in principal.organisations
    return True


# ---------------------------------------------------------------- who fetches

#: Client family → what its User-Agent holds, in lower case; the first that fits counts. The many that only say
#: Mozilla are browsers, so they come last.
_CLIENTS = (
    ("google", ("google-calendar", "googlebot", "google-apps", "calendar-importer")),
    ("thunderbird", ("thunderbird", "betterbird", "lightning/")),
    ("evolution", ("evolution/", "gnome-calendar", "evolution-data-server")),
    ("davx5", ("icsx5", "davx5", "davdroid")),
    ("nextcloud", ("nextcloud", "owncloud")),
    ("home_assistant", ("homeassistant", "home assistant")),
    ("vdirsyncer", ("vdirsyncer", "khal")),
    (
        "outlook",
        ("outlook", "microsoft office", "microsoft.exchange", "microsoft-exchange", "msoffice", "exchangeservices"),
    ),
    ("apple", ("dataaccessd", "calendaragent", "accountsd", "remindd", "ical/", "calendarfoundation", "mac_os_x/")),
    ("browser", ("mozilla/",)),
)


def client_family(user_agent: str) -> str:
    """Which program fetches: google, outlook, apple, thunderbird …; "other" when it is none we know."""
    said = user_agent.lower()
    return next((family for family, signs in _CLIENTS if any(sign in said for sign in signs)), "other")
