"""The kinds of forums an installation begins with, and what a forum of each starts from (spec domain §2).

Boards are called five working days ahead and reminded the working day before; an assembly gives public notice a
week ahead; networks are invited three weeks ahead and reminded two days before. A preparatory body and a
steering committee keep minutes and have a quorum as boards do. Not here: what a forum has of its own
(``inherited``), rules of mails (mail).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.forums.models import ForumKind
from scheduler.history.keyed import is_removed
from scheduler.organisations.kinds import seed_organisation_kinds


@dataclass(frozen=True)
class KindDefaults:
    """One kind; the names are those of the columns of ``ForumKind``."""

    id: str
    sv: str
    en: str
    decides: bool = False
    meets: bool = True
    formality: str = "notes"
    quorum_rule: str = "none"
    requires_quorum: bool = False
    notice_n: int = 21
    notice_unit: str = "calendar_days"
    reminder_n: int = 2
    reminder_unit: str = "calendar_days"
    minutes_days: int = 14
    public_level: str = "none"


def _board(kind_id: str, sv: str, en: str, *, decides: bool) -> KindDefaults:
    return KindDefaults(
        kind_id,
        sv,
        en,
        decides=decides,
        formality="protocol",
        quorum_rule="more_than_half",
        requires_quorum=True,
        notice_n=5,
        notice_unit="working_days",
        reminder_n=1,
        reminder_unit="working_days",
    )


#: In the order they are offered.
FORUM_KINDS: tuple[KindDefaults, ...] = (
    KindDefaults("partnerskap", "Partnerskap", "Partnership"),
    KindDefaults("delegation", "Delegation", "Delegation"),
    KindDefaults("natverk", "Nätverk", "Network"),
    KindDefaults("samtal", "Samtal", "Talks"),
    _board("namnd", "Nämnd", "Board/committee", decides=True),
    _board("gemensam_namnd", "Gemensam nämnd", "Joint board", decides=True),
    KindDefaults(
        "fullmaktige",
        "Fullmäktige",
        "Assembly",
        decides=True,
        formality="protocol_notice",
        quorum_rule="more_than_half",
        requires_quorum=True,
        notice_n=7,
        reminder_n=1,
        reminder_unit="working_days",
        public_level="dates",
    ),
    _board("styrelse", "Styrelse", "Executive board", decides=True),
    KindDefaults("motesplats", "Mötesplats/forum", "Meeting place/forum"),
    _board("beredning", "Beredning", "Preparatory body", decides=False),
    KindDefaults("rad", "Råd", "Council"),
    _board("styrkommitte", "Styrkommitté", "Steering committee", decides=True),
    KindDefaults("kommunsamarbete", "Kommunsamarbete", "Municipal cooperation"),
    KindDefaults("arbetsgrupp", "Arbetsgrupp", "Working group"),
    KindDefaults("samrad", "Samråd", "Consultation"),
    KindDefaults("dialogmote", "Dialogmöte", "Dialogue meeting"),
    KindDefaults("utstallning", "Utställningsserie (ej möten)", "Exhibition series (not meetings)", meets=False),
)


def seed_kinds(session: Session) -> None:
    """Adds the kinds of forums and of organisations that are missing; leaves those that are there as they are.

    A kind that somebody has removed stays away.
    """
    seed_organisation_kinds(session)
    present = set(session.scalars(select(ForumKind.id)))
    for position, kind in enumerate(FORUM_KINDS):
        if kind.id not in present and not is_removed(session, "forum_kind", kind.id):
            session.add(ForumKind(position=position, **vars(kind)))
    session.flush()
