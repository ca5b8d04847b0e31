"""What waits for the secretariat of some forums: one list, for the Monday mail, the page "Att göra" and a hand-over.

``SOURCES`` is the one place where more is added to all three: an agenda that is missing, minutes that are late, action
points. Each source is asked once for all forums, in a constant number of queries. Not here: how a mail or a page lays
the list out (``overview_letters``, ``handovers``, ``web.todo``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.forums.models import Forum
from scheduler.forums.queries import is_judged
from scheduler.forums.seats import SeatHolder, seat_holders
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, ngettext
from scheduler.mail.models import IncomingMail
from scheduler.meetings.cadence import standings
from scheduler.meetings.queries import coming_of, unrecorded_meetings
from scheduler.meetings.substitutes import seats_without_anybody
from scheduler.meetings.todo import tasks
from scheduler.organisations.models import Person, PersonEmail
from scheduler.polls.queries import polls_for_list
from scheduler.polls.rules import UNDECIDED
from scheduler.polls.rules import State as PollState
from scheduler.records.action_points import open_points
from scheduler.records.action_rules import is_overdue
from scheduler.records.agenda_queries import written_among
from scheduler.records.minutes_lists import missing_minutes
from scheduler.records.suggestions import waiting_among
from scheduler.workdays.wording import Wording

#: A mandate that ends within so many days is told of.
ENDING = timedelta(days=60)
#: A meeting that comes within so many days wants an agenda.
AGENDA = timedelta(days=14)
#: A date poll whose last day comes within so many days is told of.
DUE = timedelta(days=7)


@dataclass(frozen=True)
class Item:
    """One thing that waits."""

    text: str
    #: The page where it is seen to, below the installation's address.
    path: str
    #: What it is about, a name of the register; "" for nothing of its own.
    name: str = ""


@dataclass(frozen=True)
class Section:
    """What belongs together."""

    key: str
    #: In the language in use.
    heading: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Desired:
    """For whom the list is made: these forums, as of now."""

    session: Session
    now: datetime
    today: date
    forums: Sequence[Forum]
    #: Whether somebody else takes over: then all that is open counts, not what is late alone.
    all_open: bool = False

    @property
    def ids(self) -> list[int]:
        """The forums."""
        return [forum.id for forum in self.forums]

    @cached_property
    def seats(self) -> dict[int, list[SeatHolder]]:
        """Forum → its own seats today."""
        found = seat_holders(self.session, self.ids, self.today)
        return {forum_id: [seat for seat in rows if seat.via_forum_id is None] for forum_id, rows in found.items()}


def worklist(
    session: Session,
    now: datetime,
    today: date,
    forums: Sequence[Forum],
    *,
    without: Collection[str] = (),
    all_open: bool = False,
) -> list[Section]:
    """What waits for those forums, the most urgent first, in the language in use; empty sections are left out."""
    wanted = Desired(session, now, today, [forum for forum in forums if is_judged(forum)], all_open)
    found = [
        Section(key, _(heading), list(source(wanted)))
        for key, (heading, source) in SOURCES.items()
        if key not in without
    ]
    return [section for section in found if section.items]


# ---------------------------------------------------------------- the sources


def _dates(wanted: Desired) -> Iterator[Item]:
    """Forums that need a date, the worst first."""
    found = standings(wanted.session, wanted.forums, wanted.today)
    by_id = {forum.id: forum for forum in wanted.forums}
    ordered = sorted(wanted.forums, key=lambda forum: found[forum.id].evaluation.sort_key(forum.sort_key))
    for task in tasks([(forum.id, found[forum.id].evaluation) for forum in ordered], ()):
        forum = by_id[task.forum_id]
        yield Item(_reason(found[forum.id].evaluation.reason), f"/forums/{forum.slug}", forum.title)


def _outcomes(wanted: Desired) -> Iterator[Item]:
    """Meetings that have ended and nobody has said of whether they were held."""
    for meeting in unrecorded_meetings(wanted.session, wanted.now, forum_ids=wanted.ids):
        yield Item(i18n.date_text(meeting.local_on, year=True), f"/meetings/{meeting.id}", meeting.forum.title)


def _substitutes(wanted: Desired) -> Iterator[Item]:
    """Called meetings with seats whose holder does not come and for which nobody is asked."""
    meetings = coming_of(wanted.session, wanted.now, wanted.ids, states=("called",))
    open_seats = seats_without_anybody(wanted.session, meetings)
    for meeting in meetings:
        if count := open_seats.get(meeting.id):
            text = ngettext(
                "%(day)s: en plats som ingen kommer på", "%(day)s: %(n)s platser som ingen kommer på", count,
                day=i18n.date_text(meeting.local_on, year=True),
            )  # fmt: skip
            yield Item(text, f"/meetings/{meeting.id}/substitutes", meeting.forum.title)


def _polls(wanted: Desired) -> Iterator[Item]:
    """The polls that wait for a choice, and those whose last day comes within the week."""
    for row in polls_for_list(wanted.session, forum_ids=wanted.ids, states=UNDECIDED):
        poll = row.poll
        day = i18n.date_text(poll.answer_by_on)
        if poll.state == PollState.CLOSED or poll.answer_by_on < wanted.today or row.answered == row.asked:
            text = _("%(n)s av %(all)s har svarat. Välj datum.", n=row.answered, all=row.asked)
        elif poll.answer_by_on <= wanted.today + DUE:
            text = _("%(n)s av %(all)s har svarat, sista dag är %(day)s.", n=row.answered, all=row.asked, day=day)
        else:
            continue
        yield Item(text, f"/polls/{poll.id}", poll.forum.title)


def _agendas(wanted: Desired) -> Iterator[Item]:
    """Meetings that come within two weeks and whose agenda nobody has written."""
    meetings = [
        meeting
        for meeting in coming_of(wanted.session, wanted.now, wanted.ids, states=("confirmed", "called"))
        if meeting.start_at <= wanted.now + AGENDA and meeting.forum.id in wanted.ids
    ]
    written = written_among(wanted.session, [meeting.id for meeting in meetings])
    for meeting in meetings:
        if meeting.id not in written:
            path = f"/meetings/{meeting.id}/agenda"
            yield Item(i18n.date_text(meeting.local_on, year=True), path, meeting.forum.title)


def _suggestions(wanted: Desired) -> Iterator[Item]:
    """Items that those who take part have suggested, each to be taken up or answered with no."""
    found = Counter(row.meeting for row in waiting_among(wanted.session, wanted.ids))
    for meeting, count in found.items():
        text = ngettext(
            "%(day)s: en föreslagen punkt", "%(day)s: %(n)s föreslagna punkter", count,
            day=i18n.date_text(meeting.local_on, year=True),
        )  # fmt: skip
        yield Item(text, f"/meetings/{meeting.id}/agenda", meeting.forum.title)


def _minutes(wanted: Desired) -> Iterator[Item]:
    """Held meetings whose minutes are late."""
    for row in missing_minutes(wanted.session, wanted.ids, wanted.today):
        if row.is_late(wanted.today):
            text = _("%(day)s, skulle varit klart %(due)s", day=i18n.date_text(row.meeting.local_on, weekday=False),
                     due=i18n.date_text(row.due_on, weekday=False))  # fmt: skip
            yield Item(text, f"/meetings/{row.meeting.id}/minutes", row.meeting.forum.title)


def _actions(wanted: Desired) -> Iterator[Item]:
    """Action points that are late; with ``all_open`` all of them."""
    found = open_points(wanted.session, wanted.ids)
    late = Counter(point.forum_id for point in found if is_overdue(point.due_on, wanted.today))
    counted = Counter(point.forum_id for point in found) if wanted.all_open else late
    for forum in wanted.forums:
        if count := counted[forum.id]:
            if wanted.all_open:
                text = ngettext("en öppen åtgärd", "%(n)s öppna åtgärder", count)
            else:
                text = ngettext("en åtgärd är försenad", "%(n)s åtgärder är försenade", count)
            yield Item(text, f"/forums/{forum.slug}/actions", forum.title)


def _vacancies(wanted: Desired) -> Iterator[Item]:
    """Seats nobody fills."""
    for forum in wanted.forums:
        if count := sum(seat.is_vacant for seat in wanted.seats[forum.id]):
            text = ngettext("en plats utan någon på", "%(n)s platser utan någon på", count)
            yield Item(text, f"/forums/{forum.slug}/seats", forum.title)


def _mandates(wanted: Desired) -> Iterator[Item]:
    """Appointments that end within sixty days."""
    last = wanted.today + ENDING
    for forum in wanted.forums:
        days = sorted(
            seat.until_on
            for seat in wanted.seats[forum.id]
            if seat.until_on is not None and wanted.today <= seat.until_on <= last
        )
        if days:
            first = i18n.date_text(days[0], weekday=False, year=True)
            text = ngettext(
                "ett uppdrag går ut %(day)s", "%(n)s uppdrag går ut, det första %(day)s", len(days), day=first
            )
            yield Item(text, f"/forums/{forum.slug}/seats", forum.title)


def _post(wanted: Desired) -> Iterator[Item]:
    """Addresses that bounce, and answers nobody has made anything of."""
    session = wanted.session
    people = {seat.person_id for rows in wanted.seats.values() for seat in rows if seat.person_id is not None}
    bounced = session.scalar(
        select(func.count())
        .select_from(PersonEmail)
        .join(Person, Person.id == PersonEmail.person_id)
        .where(PersonEmail.main, PersonEmail.bounce_state == "hard", Person.id.in_(people))
    )
    if bounced:
        yield Item(ngettext("En adress studsar.", "%(n)s adresser studsar.", bounced), "/health")
    unmatched = session.scalar(select(func.count()).select_from(IncomingMail).where(IncomingMail.state == "look"))
    if unmatched:
        text = ngettext("Ett svar behöver tittas på.", "%(n)s svar behöver tittas på.", unmatched)
        yield Item(text, "/mail/incoming")


def _reason(reason: Wording) -> str:
    """The numbers behind a status, as the overview shows them: with the day by which to call."""
    text = reason["en"] if i18n.language() == "en" else reason["sv"]
    return f"{text[:1].upper()}{text[1:]}."


#: Key of a section → its heading, and what gives its items, in the order in which they stand.
SOURCES: dict[str, tuple[str, Callable[[Desired], Iterator[Item]]]] = {
    "dates": (mark("Behöver ett datum"), _dates),
    "outcomes": (mark("Hölls mötet?"), _outcomes),
    "polls": (mark("Datumförfrågningar"), _polls),
    "substitutes": (mark("Ersättare att fråga"), _substitutes),
    "agendas": (mark("Dagordning att skriva"), _agendas),
    "suggestions": (mark("Föreslagna punkter"), _suggestions),
    "minutes": (mark("Protokoll och anteckningar som saknas"), _minutes),
    "actions": (mark("Åtgärder"), _actions),
    "vacancies": (mark("Tomma platser"), _vacancies),
    "mandates": (mark("Uppdrag som går ut"), _mandates),
    "post": (mark("Att se till"), _post),
}
