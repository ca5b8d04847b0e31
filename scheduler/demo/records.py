"""What came of the demo's latest meetings: who was there. Not here: the year itself (``year``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.records import agenda, minutes
from scheduler.records.attendance import add_guest, mark
from scheduler.records.attendance_lists import SUBSTITUTE, roll_of
from scheduler.records.minutes_reading import text_of, written_items
from scheduler.records.minutes_text import seen_sha256
from scheduler.records.quorum_rules import Status

#: Forums whose meetings are recorded → how many of the latest.
RECORDED = {"tillvaxtberedningen": 2, "regionalt-forum": 1}
#: Forums of whose earlier meetings it is noted who was there → how many before those. Of the rest nobody has noted it.
NOTED = {"tillvaxtberedningen": 1, "dansradet": 1, "samtal-residenset": 1}


def fill(session: Session, actor: Actor, now: datetime) -> None:
    """Marks who was at the latest held meetings, and writes of them: the latest is a draft, the one before adjusted."""
    for slug, count in RECORDED.items():
        for n, meeting in enumerate(_held(session, slug, count)):
            _attend(session, actor, now, meeting)
            _write(session, actor, now, meeting, adjusted=n > 0)
    for slug, count in NOTED.items():
        for meeting in _held(session, slug, RECORDED.get(slug, 0) + count)[RECORDED.get(slug, 0) :]:
            _attend(session, actor, now, meeting)


def _held(session: Session, slug: str, count: int) -> list[Meeting]:
    query = (
        select(Meeting)
        .join(MeetingForum)
        .join(Forum)
        .where(Forum.slug == slug, Meeting.state == "held")
        .order_by(Meeting.start_at.desc())
    )
    return list(session.scalars(query.limit(count)))


def _attend(session: Session, actor: Actor, now: datetime, meeting: Meeting) -> None:
    """Most are there; every fifth sends a substitute, and one from a distance where that goes."""
    roll = roll_of(session, meeting)
    for n, row in enumerate(roll.counted or roll.rows):
        if n % 5 == 2 and row.substitutes:  # noqa: PLR2004 - every fifth
            mark(session, actor, now, meeting, key=row.key, choice=SUBSTITUTE)
        elif not row.is_vacant:
            choice = Status.ABSENT if n % 7 == 5 else Status.REMOTE if n % 6 == 4 else Status.PRESENT  # noqa: PLR2004 - some of each
            mark(session, actor, now, meeting, key=row.key, choice=choice)
    add_guest(session, actor, now, meeting, name="Prov Gästsson", role="co_opted")


#: What is on a recorded meeting's agenda beside its standing items, the outcome, and what was decided.
ITEMS = (
    ("Mötets öppnande och val av justerare", "formality", "none", None),
    ("Infrastruktur", "decision", "with_change", "Yttrandet antas med ett tillägg om banan."),
    ("Läget i länet", "information", "none", None),
    ("Budget för nästa år", "decision", "as_proposed", "Förslaget till budget antas."),
    ("Översyn av arbetsformerna", "decision", "tabled", "Punkten bordläggs till nästa möte."),
)  # fmt: skip


def _write(session: Session, actor: Actor, now: datetime, meeting: Meeting, *, adjusted: bool) -> None:
    """Minutes of the meeting: a draft with the first items written, or all of it, adjusted and locked."""
    agenda.open_agenda(session, actor, now, meeting)
    known = {item.title for item in written_items(session, meeting.id)}
    few = len(known) < len(ITEMS) - 1
    for title, kind, _outcome, _decision in ITEMS:
        if few and title not in known:
            agenda.add_item(session, actor, now, meeting, title=title, kind=kind, minutes=20)
    begun = minutes.begin(session, actor, now, meeting)
    said = {title: (outcome, decision) for title, _kind, outcome, decision in ITEMS}
    items = written_items(session, meeting.id)
    for item in items if adjusted else items[:3]:
        outcome, decision = said.get(item.title, ("none", None))
        minutes.write_item(
            session, actor, now, begun, item, outcome=outcome if adjusted or outcome != "tabled" else "none",
            decision_text=decision, text="Mötet går igenom underlaget.",
        )  # fmt: skip
    if begun.kind != "protocol":
        return
    there = [row for row in roll_of(session, meeting).counted if row.choice in {Status.PRESENT, Status.REMOTE}]
    chosen = [row.person_id for row in there if row.person_id is not None]
    minutes.choose_adjusters(session, actor, now, begun, chair_id=chosen[0], person_ids=chosen[1:2])
    if adjusted:
        minutes.send_to_adjusting(session, actor, now, begun)
        for adjuster in list(begun.adjusters):
            minutes.adjust(session, actor, now, adjuster, seen=seen_sha256(text_of(session, meeting, begun)))
