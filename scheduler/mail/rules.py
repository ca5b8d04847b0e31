"""When a mail is due, when it is too old, which rule is nearest, what names a mail. Pure.

Civil days and wall-clock times become instants here and nowhere else in mail: "7 days before at 09:00" stays
09:00 across a change of clocks (spec reminders, When). Not here: what an answer of a mail server means
(``outcomes``), what a mail says (``letters``).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.workdays.rules import is_working_day

#: Says of a day whether it is a working day.
WorkingDay = Callable[[date], bool]

_DAY = timedelta(days=1)
#: A mail about a meeting is of no use later than this before its start.
LAST_CALL = timedelta(hours=2)
#: A reminder that could not leave for so long is no reminder of its day any more.
PATIENCE = timedelta(hours=48)
#: A due time moved to the end of a window leaves so much of it for the queue and for second tries.
ROOM = timedelta(hours=1)

#: Meeting states in which people are reminded: the meeting is booked and has not begun.
REMINDED = ("confirmed", "called")


@dataclass(frozen=True)
class Kind:
    """How one kind of mail behaves; a new kind of mail is a new row of ``KINDS``, a writer and its two templates."""

    #: A mail that may or may not have arrived: send the same bytes again, or leave it as uncertain.
    resend_in_doubt: bool = True
    #: Goes only inside the send window (but see ``ignores_window``).
    keeps_window: bool = False
    #: Somebody sits and waits for it: goes before all others.
    urgent: bool = False
    #: Holds a secret: nothing of its text is kept once it has left or has become too old.
    secret: bool = False
    #: The states a meeting is in when a mail about it may leave; None: it is about no meeting.
    states: tuple[str, ...] | None = None
    #: Speaks of a meeting at a certain time: worthless when that is another.
    of_time: bool = False
    #: Whether the recipient must be among those invited (True) or must not (False); None: does not matter.
    invited: bool | None = None
    #: The recipient may do without it (List-Unsubscribe, "only changes"), have it in a digest, and gets only so many
    #: a day.
    optional: bool = False
    #: The iTIP method of the calendar part; None: it has none.
    method: Literal["REQUEST", "CANCEL"] | None = None


KINDS: dict[str, Kind] = {
    # Planned by their distance to the meeting.
    "save_the_date": Kind(keeps_window=True, states=("confirmed",), of_time=True, invited=True, optional=True),
    "chaser": Kind(keeps_window=True, states=("called",), of_time=True, invited=True, optional=True),
    "reminder": Kind(keeps_window=True, states=REMINDED, of_time=True, invited=True, optional=True),
    # What somebody has done with the meeting.
    "call": Kind(keeps_window=True, states=("called",), invited=True, method="REQUEST"),
    "change": Kind(keeps_window=True, states=REMINDED, invited=True, method="REQUEST"),
    "cancellation": Kind(states=("cancelled",), invited=True, method="CANCEL"),
    "withdrawal": Kind(states=REMINDED, invited=False, method="CANCEL"),
    # Of the substitutes of a called meeting: asked to serve, needed no more.
    "substitute_call": Kind(keeps_window=True, states=("called",), invited=True),
    "substitute_off": Kind(keeps_window=True, states=("called",), invited=True),
    # What the secretariat writes to those called.
    "message": Kind(keeps_window=True, states=REMINDED, invited=True),
    # Of many meetings.
    "personal_digest": Kind(keeps_window=True, optional=True),
    # Of what waits for a secretariat, and of where an organisation stands.
    "secretariat_digest": Kind(keeps_window=True, optional=True),
    "organisation_digest": Kind(keeps_window=True, optional=True),
    # Of what somebody is to do until a day.
    "action_reminder": Kind(keeps_window=True, optional=True),
    "action_overdue": Kind(keeps_window=True, optional=True),
    # Of the dates that a poll asks about, to those it asks.
    "poll": Kind(keeps_window=True),
    "poll_chaser": Kind(keeps_window=True, optional=True),
    "poll_result": Kind(keeps_window=True, states=REMINDED, of_time=True),
    # Of a forum whose chair or secretariat has gone to the next in the order: on the day itself, holiday or not.
    "hand_over": Kind(),
    # Of what is written of a meeting; the first holds a personal link that adjusts.
    "adjusting": Kind(keeps_window=True, secret=True),
    "notes": Kind(keeps_window=True),
    # Of none.
    "login_link": Kind(resend_in_doubt=False, urgent=True, secret=True),
    "invitation": Kind(secret=True),
    "seat_check": Kind(secret=True),
    "test": Kind(urgent=True),
}
#: The kinds a rule plans.
PLANNED = ("save_the_date", "chaser", "reminder")
#: The kinds that follow what is done with a meeting; of a meeting and a mailbox one at most waits to leave.
NOTICES = ("call", "change", "cancellation", "withdrawal")
#: The kinds that follow the chain of a seat's substitutes.
SUBSTITUTES = ("substitute_call", "substitute_off")
#: What somebody has written to those called.
MESSAGE = "message"
#: What happens so soon before the meeting is told at any hour.
SOON = timedelta(hours=48)


def ignores_window(kind: str, start_at: datetime | None, now: datetime) -> bool:
    """Whether a mail of ``kind`` about a meeting that starts at ``start_at`` leaves at any hour."""
    if not KINDS[kind].keeps_window:
        return True
    return kind in {*NOTICES, *SUBSTITUTES, MESSAGE} and start_at is not None and start_at - now <= SOON


# ---------------------------------------------------------------- the send window


@dataclass(frozen=True)
class Window:
    """The hours of a working day in which mail goes out, in wall-clock time; ``closes`` is exclusive."""

    opens: time = time(7, 30)
    closes: time = time(16, 30)


#: Working days 07.30–16.30 (spec reminders, When).
OFFICE_HOURS = Window()


def read_window(text: str) -> Window | None:
    """The window ``TAKT_MAIL_WINDOW`` names; None for "always". Raises Refused for anything else."""
    text = text.strip()
    if not text:
        return OFFICE_HOURS
    if text == "always":
        return None
    clock = r"(\d|[01]\d|2[0-3])[:.]([0-5]\d)"
    found = re.fullmatch(rf"{clock}\s*[-–]\s*{clock}", text)
    if found is not None:
        opens, opens_minute, closes, closes_minute = map(int, found.groups())
        window = Window(time(opens, opens_minute), time(closes, closes_minute))
        if window.opens < window.closes:
            return window
    raise Refused(Problem("TAKT_MAIL_WINDOW", mark("Ange ett fönster som 07:30-16:30, eller always")))


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _last_in(window: Window) -> time:
    """The latest time of day a mail is moved to; never before the window opens."""
    closes = datetime.combine(date(2000, 1, 1), window.closes)
    opens = datetime.combine(date(2000, 1, 1), window.opens)
    return max(closes - ROOM, opens).time()


def moved_earlier(
    day: date, at: time, window: Window | None, is_working: WorkingDay = is_working_day
) -> tuple[date, time]:
    """The day and time a mail wanted on ``day`` at ``at`` goes out: the same, or earlier, never later.

    On a day off it goes at the same time on the working day before; at a time outside the window it goes
    near the end of the last window before it, with ``ROOM`` left.
    """
    if window is None:
        return day, at
    inside = window.opens <= at < window.closes
    if not inside and at < window.opens:
        day -= _DAY
    while not is_working(day):
        day -= _DAY
    return day, at if inside else _last_in(window)


def opens_at(now: datetime, zone: str, window: Window | None, is_working: WorkingDay = is_working_day) -> datetime:
    """``now`` when the window is open, else the instant it opens next, in UTC."""
    if window is None:
        return now
    tz = ZoneInfo(zone)
    local = now.astimezone(tz)
    day = local.date()
    if is_working(day):
        if window.opens <= local.time() < window.closes:
            return now
        if local.time() < window.opens:
            return _instant(day, window.opens, tz)
    day += _DAY
    while not is_working(day):
        day += _DAY
    return _instant(day, window.opens, tz)


# ---------------------------------------------------------------- rules


@dataclass(frozen=True)
class Rule:
    """How long before a meeting a mail goes, in civil or working days, at a wall-clock time."""

    n: int
    #: calendar_days or working_days.
    unit: str = "calendar_days"
    send_at: time = time(9, 0)
    kind: str = "reminder"
    #: all, ordinary or unanswered.
    audience: str = "all"
    on: bool = True

    @property
    def offset(self) -> str:
        """ "2 calendar_days": what tells this mailing of a meeting from another of the same kind."""
        return f"{self.n} {self.unit}"


#: Forums that keep no formal record invite rather than summon: they save the date and ask who comes.
_INVITING = ("informal", "notes")
#: Days before the meeting its date is to be saved, and before the last day to answer one is asked again
#: (spec domain §2).
SAVE_THE_DATE_DAYS, CHASER_DAYS = 42, 2


def default_rules(kind: str, formality: str, reminder_n: int, reminder_unit: str) -> tuple[Rule, ...]:
    """The rules of a planned ``kind`` of mail where no level has any: by what the forum's kind has, and its formality.

    ``formality``: informal, notes, protocol or protocol_notice.
    """
    if kind == "reminder":
        return (Rule(reminder_n, reminder_unit),)
    if formality not in _INVITING:
        return ()
    if kind == "save_the_date":
        return (Rule(SAVE_THE_DATE_DAYS, kind=kind),)
    return (Rule(CHASER_DAYS, kind=kind, audience="unanswered"),)


def nearest(kind: str, *levels: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules in force for a ``kind`` of mail; ``levels``: the meeting's, its forum's, its kind's, the defaults.

    A level that has rows of the kind decides alone; rows that are off give no mail, so that a forum can do without
    what its kind has.
    """
    for level in levels:
        own = [rule for rule in level if rule.kind == kind]
        if own:
            return tuple(sorted((rule for rule in own if rule.on), key=lambda rule: (rule.unit, rule.n)))
    return ()


def in_audience(audience: str, role: str, *, answered: bool = False) -> bool:
    """Whether an invitee of ``role`` is among those a rule's ``audience`` names (all, ordinary or unanswered).

    ``answered``: an answer to the call counts for the invitee. A meeting does not wait for its substitutes' answers.
    """
    if audience == "unanswered":
        return role != "substitute" and not answered
    return role == "ordinary" if audience == "ordinary" else True


# ---------------------------------------------------------------- planning


@dataclass(frozen=True)
class MeetingTimes:
    """What planning needs of a meeting."""

    start_at: datetime
    #: The local day it starts on, in the meeting's own zone.
    on: date
    #: The leading forum's zone: send times are wall-clock times there.
    zone: str
    time_rev: int
    state: str
    #: The last day to answer, included; None: there is none, and nobody is asked again.
    answer_by_on: date | None = None


@dataclass(frozen=True)
class Planned:
    """One mailing as it should be: due and stale in UTC."""

    kind: str
    offset: str
    time_rev: int
    due_at: datetime
    stale_at: datetime

    @property
    def name(self) -> tuple[str, str, int]:
        """What is unique about it within its meeting."""
        return self.kind, self.offset, self.time_rev


def _counted_from(meeting: MeetingTimes, kind: str) -> date | None:
    """The day a rule counts back from: that of the meeting, or the last one to answer; None: there is none."""
    return meeting.answer_by_on if kind == "chaser" else meeting.on


def _due_at(meeting: MeetingTimes, rule: Rule, day: date, window: Window | None, is_working: WorkingDay) -> datetime:
    if rule.unit == "working_days":
        for _ in range(rule.n):
            day -= _DAY
            while not is_working(day):
                day -= _DAY
    else:
        day -= timedelta(days=rule.n)
    day, at = moved_earlier(day, rule.send_at, window, is_working)
    return _instant(day, at, ZoneInfo(meeting.zone))


def wanted(
    meeting: MeetingTimes,
    rules: Sequence[Rule],
    window: Window | None = OFFICE_HOURS,
    is_working: WorkingDay = is_working_day,
) -> tuple[Planned, ...]:
    """Every mailing the rules give the meeting in its present state, past or not, in order of time.

    Each is stale when the next one of its kind is due, two hours before the start, when the last day to answer is over
    (one that asks for answers), or 48 hours after its own time, whichever comes first; one that would be stale when due
    is left out.
    """
    found = []
    for kind in {rule.kind for rule in rules}:
        day = _counted_from(meeting, kind)
        if day is None or meeting.state not in (KINDS[kind].states or ()):
            continue
        timed = sorted(
            ((_due_at(meeting, rule, day, window, is_working), -rule.n, rule) for rule in rules if rule.kind == kind),
            key=lambda row: row[:2],
        )
        for at, (due_at, _, rule) in enumerate(timed):
            stale_at = min(meeting.start_at - LAST_CALL, due_at + PATIENCE)
            if kind == "chaser":
                stale_at = min(stale_at, _instant(day + _DAY, time(), ZoneInfo(meeting.zone)))
            if at + 1 < len(timed):
                stale_at = min(stale_at, timed[at + 1][0])
            if stale_at > due_at:
                found.append(Planned(kind, rule.offset, meeting.time_rev, due_at, stale_at))
    return tuple(sorted(found, key=lambda planned: (planned.due_at, planned.kind)))


def plan(
    meeting: MeetingTimes,
    rules: Sequence[Rule],
    now: datetime,
    window: Window | None = OFFICE_HOURS,
    is_working: WorkingDay = is_working_day,
) -> tuple[Planned, ...]:
    """The mailings still to come of a meeting entered or moved at ``now``: nothing is back-dated."""
    return tuple(planned for planned in wanted(meeting, rules, window, is_working) if planned.due_at > now)


@dataclass(frozen=True)
class Stored:
    """A mailing as the database has it."""

    id: int
    #: planned, fanned_out, skipped or superseded.
    state: str
    planned: Planned


@dataclass(frozen=True)
class Changes:
    """What makes the stored mailings of a meeting agree with its rules."""

    new: tuple[Planned, ...] = ()
    #: Row → what it becomes; its state becomes planned.
    again: tuple[tuple[int, Planned], ...] = ()
    #: Rows that no rule wants any more.
    dropped: tuple[int, ...] = ()


def changes(stored: Sequence[Stored], ideal: Sequence[Planned], now: datetime) -> Changes:
    """How the ``stored`` mailings of one meeting come to agree with ``ideal`` (from ``wanted``).

    What has gone out or was skipped stays as it is. What was dropped comes back (a cancelled meeting is
    reinstated) unless its time has passed; what is planned keeps its place even when it is late.
    """
    by_name = {planned.name: planned for planned in ideal}
    again, dropped = [], []
    for row in stored:
        planned = by_name.pop(row.planned.name, None)
        if row.state == "planned" and planned is None:
            dropped.append(row.id)
        elif (row.state == "planned" and planned is not None and planned != row.planned) or (
            row.state == "superseded" and planned is not None and planned.due_at > now
        ):
            again.append((row.id, planned))
    new = tuple(planned for planned in by_name.values() if planned.due_at > now)
    return Changes(new, tuple(again), tuple(dropped))


def due(
    planned: Planned, now: datetime, zone: str, window: Window | None, is_working: WorkingDay = is_working_day
) -> Literal["wait", "go", "late"]:
    """What to do with a mailing at ``now``: wait for its time or for the window, send it, or skip it as late."""
    if now >= planned.stale_at:
        return "late"
    if now < planned.due_at:
        return "wait"
    if not KINDS[planned.kind].keeps_window or opens_at(now, zone, window, is_working) == now:
        return "go"
    return "wait"


# ---------------------------------------------------------------- names


def mailbox(address: str) -> str:
    """The one way a mailbox is written for comparing: NFC, case folded, no space around it."""
    return unicodedata.normalize("NFC", address).strip().casefold()


def mail_key(subject: str, address: str, kind: str, distinction: str, revision: int) -> str:
    """The name of a mail that makes it unique, 64 hexadecimal digits (spec reminders, The shape).

    ``subject`` is the meeting's uid. By mailbox, not by role: somebody who is both chair and ordinary gets
    one mail. For reminders the distinction is the offset and the revision is ``time_rev``.
    """
    parts = ("v1", subject, mailbox(address), kind, distinction, str(revision))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def thread_root(subject: str, address: str, domain: str) -> str:
    """The Message-ID all mails about one meeting to one mailbox refer to, so that they stand together."""
    name = hashlib.sha256(f"thread\n{subject}\n{mailbox(address)}".encode()).hexdigest()[:32]
    return f"<{name}@{domain}>"


def is_allowed(address: str, domains: Collection[str]) -> bool:
    """Whether mail may go to ``address`` when only ``domains`` (and what lies below them) get any; none: all do."""
    domain = mailbox(address).rpartition("@")[2]
    return not domains or any(domain == one or domain.endswith(f".{one}") for one in map(str.casefold, domains))
