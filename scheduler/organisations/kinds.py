"""The kinds of organisations an installation begins with, by the ids a register file uses.

Not here: kinds of forums (``forums.kinds``).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.history.keyed import is_removed
from scheduler.organisations.models import OrganisationKind

#: id, Swedish, English; in the order they are offered.
ORGANISATION_KINDS: tuple[tuple[str, str, str], ...] = (
    ("lansstyrelse", "Länsstyrelse", "County administrative board"),
    ("region", "Region", "Region"),
    ("kommun", "Kommun", "Municipality"),
    ("kommunforbund", "Kommunförbund/förening av kommuner", "Association of municipalities"),
    ("myndighet", "Statlig myndighet", "State agency"),
    ("larosate", "Universitet/högskola", "University"),
    ("foretag", "Företag/bolag", "Company"),
    ("naringsliv", "Näringslivsorganisation", "Business organisation"),
    ("arbetstagare", "Arbetstagarorganisation", "Trade union organisation"),
    ("bildning", "Bildningsorganisation/folkhögskola", "Adult education body"),
    ("kultur", "Kulturinstitution", "Cultural institution"),
    ("bibliotek", "Bibliotek", "Library"),
    ("civil", "Organisation/förening", "Association"),
    ("enhet", "Enhet/verksamhet", "Unit"),
    ("kontor", "Kontor", "Office"),
    ("organ", "Politiskt organ", "Political body"),
    ("grupp", "Grupp/rörelse (ej organisation)", "Group or movement (not an organisation)"),
)


def seed_organisation_kinds(session: Session) -> None:
    """Adds the kinds that are missing and that nobody has removed; leaves those that are there as they are."""
    present = set(session.scalars(select(OrganisationKind.id)))
    for position, (kind_id, sv, en) in enumerate(ORGANISATION_KINDS):
        if kind_id not in present and not is_removed(session, "organisation_kind", kind_id):
            session.add(OrganisationKind(id=kind_id, sv=sv, en=en, position=position))
    session.flush()
