"""Forums, people on seats and meetings, in one line each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.mail.models import OutboxMail
from scheduler.meetings.models import Meeting, MeetingChange, MeetingForum
from scheduler.organisations.models import Organisation, Person, PersonEmail

#: Tuesday 29 September 2026, 09.00 in Stockholm: two days before the meetings of these tests.
DUE = datetime(2026, 9, 29, 7, 0, tzinfo=UTC)
FOUND = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def at(text: str, zone: str = "Europe/Stockholm") -> datetime:
    """ "2026-10-01 09:30" in a zone, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def make_organisation(session: Session, name: str = "Norrbottens Handelskammare", **given: object) -> Organisation:
    slug = name.casefold().replace(" ", "-")
    found = Organisation(slug=slug, name=name, kind_id="naringsliv", **given)
    session.add(found)
    session.flush()
    return found


def make_forum(session: Session, name: str = "Regionalt forum", **given: object) -> Forum:
    values = {"kind_id": "natverk", "tracked_from_on": date(2020, 1, 1), **given}
    forum = Forum(slug=name.casefold().replace(" ", "-"), name=name, **values)
    session.add(forum)
    session.flush()
    return forum


def make_person(session: Session, address: str | None = "karin.lundmark@hk.example.org", **given: object) -> Person:
    names = (address or "karin.lundmark@").partition("@")[0].split(".")
    values = {"given_name": names[0].title(), "family_name": names[-1].title(), **given}
    person = Person(**values)
    if address is not None:
        person.emails.append(PersonEmail(address=address, main=True))
    session.add(person)
    session.flush()
    return person


def seat(
    session: Session, forum: Forum, person: Person, kind: str = "ordinary", organisation: Organisation | None = None
) -> Seat:
    found = Seat(forum_id=forum.id, kind=kind, organisation_id=organisation.id if organisation else None)
    found.appointments.append(Appointment(person_id=person.id, from_on=date(2026, 1, 1)))
    session.add(found)
    session.flush()
    return found


def make_meeting(
    session: Session, forum: Forum, start: str = "2026-10-01 09:30", *, minutes: int = 330, **given: object
) -> Meeting:
    zone = str(given.get("time_zone", "Europe/Stockholm"))
    start_at = at(start, zone)
    values = {
        "uid": f"{forum.slug}-{start}@takt.example.org",
        "revised_at": FOUND,
        "start_at": start_at,
        "end_at": start_at + timedelta(minutes=minutes),
        "local_on": date.fromisoformat(start[:10]),
        **given,
    }
    meeting = Meeting(**values)
    meeting.forum_rows.append(MeetingForum(forum=forum, position=0))
    session.add(meeting)
    session.flush()
    changed(session, meeting, "book")
    return meeting


def changed(session: Session, meeting: Meeting, kind: str, when: datetime = FOUND) -> None:
    """Leaves the row a change of a meeting leaves."""
    session.add(MeetingChange(meeting_id=meeting.id, at=when, kind=kind, sequence=meeting.sequence))
    session.flush()


def move(session: Session, meeting: Meeting, start: str) -> None:
    """To another time, as the meetings room does it."""
    length = meeting.end_at - meeting.start_at
    meeting.start_at = at(start)
    meeting.end_at = meeting.start_at + length
    meeting.local_on = date.fromisoformat(start[:10])
    meeting.time_rev += 1
    meeting.sequence += 1
    changed(session, meeting, "move")


def cancel(session: Session, meeting: Meeting) -> None:
    meeting.state = "cancelled"
    meeting.sequence += 1
    changed(session, meeting, "cancel")


def reinstate(session: Session, meeting: Meeting) -> None:
    meeting.state = "confirmed"
    meeting.sequence += 1
    changed(session, meeting, "reinstate")


def waiting_mail(session: Session, n: int = 1, **given: object) -> list[OutboxMail]:
    """Sign-in mails, the plainest kind: no meeting, no window."""
    values = {
        "kind": "login_link",
        "created_at": DUE,
        "next_at": DUE,
        "stale_at": DUE + timedelta(minutes=10),
        "values": {"link": "https://takt.example.org/login/abc", "code": "KTRN-4827"},
        **given,
    }
    mails = [OutboxMail(**{"key": f"{i:064x}", "recipient": f"person{i}@example.org", **values}) for i in range(n)]
    session.add_all(mails)
    session.flush()
    return mails
