"""The link to an organisation's own page: revoking it, which makes the next one. Not here: deriving it (accounts)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.organisations import rows
from scheduler.organisations.models import Organisation


def renew_link(session: Session, actor: Actor, now: datetime, organisation: Organisation) -> Organisation:
    """The link that was handed out is dead at once; the organisation has another one from now on."""
    rows.claim(session, organisation)
    # Past the unit of work: a change that could be taken back would bring the revoked link to life.
    session.execute(
        update(Organisation)
        .where(Organisation.id == organisation.id)
        .values(link_epoch=Organisation.link_epoch + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(organisation, ["link_epoch"])
    record(
        session, actor, now, action="organisation.link", kind="organisation", subject_id=organisation.id,
        label=organisation.name,
    )  # fmt: skip
    return organisation
