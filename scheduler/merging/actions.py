"""Merging two rows that are one person, or one organisation, in one change.

::

    one page (web.merging)
      └─ merge                      here: locks the two, asks, moves, looks back, closes, raises the calendars' versions
           ├─ mail, feeds           whom a mail is to, whose calendar a link shows
           ├─ meetings              invitees and their answers
           ├─ polls                 whom a date poll asks, and their answers
           ├─ accounts              the user, roles
           ├─ forums                seats, appointments, turns, leads, principals; what past plans say
           ├─ places, register      closed days, strategies, activities, notices
           └─ organisations         names, addresses, offices, relations, contacts; the two rows themselves

Each room has a ``merging`` module with a ``Room`` of what it knows. The duplicate's row stays, so that its address
leads on and its number is never another's. The change can be taken back when every row it touched is kept in the
history; where mails, answers, links or accounts went over it cannot. Not here: finding the duplicate, the pages.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.forums.merging import forums_of, past_days, past_plans
from scheduler.history.actions import bump
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.merging.queries import ROOMS, problems_of
from scheduler.organisations import fields
from scheduler.organisations.merging import Pair, close_organisation, close_person
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rows import claim


def merge(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    pair: Pair,
    today: date,
    administrator: bool = False,
    reason: str | None = None,
) -> Person | Organisation:
    """Lets the one that goes be the one that is kept, everywhere; gives the one that is kept.

    Apart from the two being one, no seat plan of a day before ``today`` changes. ``administrator``: whether one does
    it, who alone may hand over accounts and roles. Raises Refused, when nothing is stored.
    """
    two: dict[int, Person | Organisation] = {
        row_id: session.get_one(Person, row_id) if pair.kind == "person" else session.get_one(Organisation, row_id)
        for row_id in sorted({pair.kept, pair.gone})
    }
    for row in two.values():
        claim(session, row)
        if row.merged_into_id is not None:
            raise Refused(Problem(None, mark("Någon av dem är redan sammanslagen med en annan")))
    fields.refuse(problems_of(session, pair, administrator=administrator))
    said = fields.read_reason(reason)
    days = past_days(session, forums_of(session, pair), today)
    before = past_plans(session, pair, days)
    for room in ROOMS:
        room.merge(session, pair, room.columns(pair.kind))
    kept, gone = two[pair.kept], two[pair.gone]
    if isinstance(kept, Person) and isinstance(gone, Person):
        close_person(session, actor, now, kept, gone, reason=said)
    elif isinstance(kept, Organisation) and isinstance(gone, Organisation):
        close_organisation(session, actor, now, kept, gone, reason=said)
    session.flush()
    session.expire_all()
    if past_plans(session, pair, days) != before:
        text = mark("Platser på dagar som har varit skulle fyllas av någon annan än då. Rätta befattningarna först")
        raise Refused(Problem(None, text))
    scopes = ("person",) if pair.kind == "person" else ("organisation", "secretariat")
    bump(session, now, [(scope, row_id) for scope in scopes for row_id in (pair.kept, pair.gone)])
    return kept
