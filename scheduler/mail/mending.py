"""Trusting an address again that has bounced: its mailbox gets mail as before.

Not here: noting that an address bounces (``outbox``), changing it (``organisations``).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.mail.models import Suppression
from scheduler.mail.rules import mailbox
from scheduler.organisations.models import Organisation, Person, PersonEmail
from scheduler.organisations.rules import shown_name


def trust_person(session: Session, actor: Actor, now: datetime, person: Person) -> bool:
    """Lets mail go to the person's addresses again; False when none of them bounced."""
    changed = False
    rows = session.scalars(select(PersonEmail).where(PersonEmail.person_id == person.id).with_for_update()).all()
    for mail in rows:
        stopped = _lift(session, mailbox(mail.address))
        if not stopped and mail.bounce_state == "ok":
            continue
        record(
            session, actor, now, action="person.trust", kind="person", subject_id=person.id, label=shown_name(person),
            before={"bounce_state": mail.bounce_state}, after={"bounce_state": "ok"},
        )  # fmt: skip
        mail.bounce_state = "ok"
        changed = True
    session.flush()
    return changed


def trust_organisation(session: Session, actor: Actor, now: datetime, organisation: Organisation) -> bool:
    """Lets mail go to the organisation's own address again; False when it did not bounce."""
    if not organisation.contact_email or not _lift(session, mailbox(organisation.contact_email)):
        return False
    record(
        session, actor, now, action="organisation.trust", kind="organisation", subject_id=organisation.id,
        label=organisation.name, before={"bounce_state": "hard"}, after={"bounce_state": "ok"},
    )  # fmt: skip
    session.flush()
    return True


def _lift(session: Session, box: str) -> bool:
    """Takes the mailbox from those that get no mail; False when it is not among them."""
    row = session.get(Suppression, box, with_for_update=True)
    if row is None:
        return False
    session.delete(row)
    return True
