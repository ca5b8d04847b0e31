"""What the letters of one batch are written from: each thing is asked once, for all of them.

A ``Desk`` is laid with the meetings and people of some mails and holds for the transaction it reads in. Not here: what
a letter says (``letters``), whether it is still wanted (``writing``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Seat
from scheduler.mail.choices import choice_of, choice_rows
from scheduler.mail.letter_parts import reply_address
from scheduler.mail.messages import Letterhead
from scheduler.mail.models import MailChoice, OutboxMail
from scheduler.mail.queries import with_forums
from scheduler.mail.rules import mailbox
from scheduler.meetings.invitees import InviteeRow, invitees_of
from scheduler.meetings.models import Invitee, Meeting, SubstituteCall
from scheduler.meetings.replies import standings_of
from scheduler.meetings.reply_rules import UNANSWERED, Standing
from scheduler.meetings.substitute_calls import calls_of, seat_words
from scheduler.organisations.models import Person

T = TypeVar("T")


class Desk:
    """The session, the letterhead, and what has been read for the mails at hand."""

    def __init__(self, session: Session, head: Letterhead) -> None:
        self.session = session
        self.head = head
        self._meetings: dict[int, Meeting] = {}
        self._invited: dict[int, dict[int | str, InviteeRow]] = {}
        self._standings: dict[int, Standing] = {}
        #: Meeting and substitute → the call to serve that counts: the latest.
        self._calls: dict[tuple[int, int], SubstituteCall] = {}
        self._people: dict[int, Person] = {}
        self._choices: dict[int, MailChoice] = {}
        self._once: dict[Hashable, Any] = {}

    def lay(self, meeting_ids: Collection[int | None], person_ids: Collection[int | None]) -> None:
        """Reads what mails to these people about these meetings are written from, None aside. A dozen queries."""
        wanted = {number for number in meeting_ids if number is not None} - self._meetings.keys()
        if wanted:
            query = select(Meeting).where(Meeting.id.in_(wanted)).options(*with_forums())
            found = self.session.scalars(query.execution_options(populate_existing=True)).all()
            self._meetings |= {meeting.id: meeting for meeting in found}
            self._standings |= standings_of(self.session, found)
            calls = calls_of(self.session, wanted)
            self._calls |= {(call.meeting_id, call.person_id): call for call in calls}
            for meeting_id, rows in invitees_of(self.session, found).items():
                self._invited[meeting_id] = _by_recipient(rows)
        people = {number for number in person_ids if number is not None} - self._people.keys()
        if people:
            asked = select(Person).where(Person.id.in_(people)).options(joinedload(Person.organisation))
            persons = self.session.scalars(asked)
            self._people |= {person.id: person for person in persons}
            self._choices |= choice_rows(self.session, people)

    def find_meeting(self, meeting_id: int) -> Meeting | None:
        """The meeting; None when it was removed."""
        if meeting_id not in self._meetings:
            self.lay([meeting_id], [])
        return self._meetings.get(meeting_id)

    def meeting(self, meeting_id: int) -> Meeting:
        """The meeting, which is there."""
        found = self.find_meeting(meeting_id)
        assert found is not None  # noqa: S101 - what a mail is about has been looked up
        return found

    def row_of(self, mail: OutboxMail) -> InviteeRow | None:
        """The recipient among those invited now: the same person, or for a guest the same mailbox."""
        if mail.meeting_id is None or self.find_meeting(mail.meeting_id) is None:
            return None
        invited = self._invited[mail.meeting_id]
        return invited.get(mailbox(mail.recipient) if mail.person_id is None else mail.person_id)

    def invitee(self, invitee_id: int) -> Invitee | None:
        """A place on the list of a called meeting, withdrawn or not."""
        return self.session.get(Invitee, invitee_id)

    def standing(self, invitee: Invitee) -> Standing:
        """What counts as the answer of somebody called."""
        return self._standings.get(invitee.id, UNANSWERED)

    def substitute_call(self, meeting_id: int, person_id: int | None) -> SubstituteCall | None:
        """The latest call of a person to serve as a substitute at the meeting."""
        return None if person_id is None else self._calls.get((meeting_id, person_id))

    def seat_words(self, seat_id: int) -> str:
        """Whose seat it is, as a mail says it: its organisation, else its label or group; "" without any."""
        return self.once(("seat", seat_id), lambda: seat_words(self.session.get_one(Seat, seat_id)))

    def person(self, person_id: int | None) -> Person | None:
        """The person; None for somebody outside the register."""
        if person_id is None:
            return None
        if person_id not in self._people:
            self.lay([], [person_id])
        return self._people.get(person_id)

    def choice(self, person_id: int) -> MailChoice:
        """How the person wants mail; the row is made when it is missing, so that it can be led to."""
        if person_id not in self._choices:
            self.lay([], [person_id])
        if person_id not in self._choices:
            self._choices[person_id] = choice_of(self.session, person_id=person_id)
        return self._choices[person_id]

    def organisation_choice(self, organisation_id: int) -> MailChoice:
        """How the organisation wants mail; the row is made when it is missing."""
        return self.once(("choice", organisation_id), lambda: choice_of(self.session, organisation_id=organisation_id))

    def reply_address(self, forum: Forum, on: date) -> str | None:
        """Where people's answers to mails about a forum go on the day (``letter_parts.reply_address``)."""
        return self.once(("reply", forum.id, on), lambda: reply_address(self.session, forum, on))

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made once for each ``name``."""
        if name not in self._once:
            self._once[name] = make()
        found: T = self._once[name]
        return found


def _by_recipient(rows: Collection[InviteeRow]) -> dict[int | str, InviteeRow]:
    """Person, and for each address its mailbox → the first row of that recipient."""
    found: dict[int | str, InviteeRow] = {}
    for row in rows:
        if row.person_id is not None:
            found.setdefault(row.person_id, row)
        if row.email is not None:
            found.setdefault(mailbox(row.email), row)
    return found
