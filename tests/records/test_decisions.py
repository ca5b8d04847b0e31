"""The § of a forum and year have no gaps and no doubles, however many protocols are adjusted at once (invariant 10)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.db import begin_write
from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting
from scheduler.records import agenda, minutes
from scheduler.records.attendance import mark
from scheduler.records.attendance_lists import roll_of
from scheduler.records.decisions import draw
from scheduler.records.minutes_reading import text_of, written_items
from scheduler.records.minutes_text import seen_sha256
from scheduler.records.models import AgendaItem, Decision, ItemRecord, ParagraphCount
from tests.conftest import NOW
from tests.records import at_once
from tests.records.rows import Board

#: Protocols that are adjusted at once, and decisions in each.
PROTOCOLS, DECISIONS = 6, 3


def protocol(session: Session, actor: Actor, board: Board, meeting: Meeting) -> tuple[int, str]:
    """A protocol whose last adjuster remains: that one, and the text to adjust."""
    agenda.open_agenda(session, actor, NOW, meeting)
    rows = [
        AgendaItem(meeting_id=meeting.id, position=n, title=f"Punkt {n}", kind="decision", added_at=NOW)
        for n in range(DECISIONS)
    ]
    session.add_all(rows)
    session.flush()
    roll = roll_of(session, meeting)
    for row in roll.counted[:2]:
        mark(session, actor, NOW, meeting, key=row.key, choice="present")
    draft = minutes.begin(session, actor, NOW, meeting)
    for item in written_items(session, meeting.id):
        minutes.write_item(session, actor, NOW, draft, item, outcome="as_proposed", decision_text="Bifalls.")
    people = [person.id for person in board.members[:2]]
    minutes.choose_adjusters(session, actor, NOW, draft, chair_id=people[0], person_ids=people[1:])
    minutes.send_to_adjusting(session, actor, NOW, draft)
    seen = seen_sha256(text_of(session, meeting, draft))
    first, last = draft.adjusters
    minutes.adjust(session, actor, NOW, first, seen=seen)
    return last.id, seen


def test_protocols_adjusted_at_once_share_no_number_and_leave_none_out(database_url, actor):
    with at_once.writing(database_url) as session:
        begin_write(session)
        board = Board(session, actor, NOW)
        meetings = [
            board.county.meeting(board.forum, NOW.date() - timedelta(days=n), time(9), state="held")
            for n in range(1, PROTOCOLS + 1)
        ]
        waiting = [protocol(session, actor, board, meeting) for meeting in meetings]
        forum_id = board.forum.id
        session.commit()
    halves = [waiting[: PROTOCOLS // 2], waiting[PROTOCOLS // 2 :]]
    given_ = [
        (database_url, name, [one for one, _text in half], NOW, [text for _one, text in half])
        for name, half in zip(("Sara", "Ola"), halves, strict=True)
    ]
    assert at_once.run(at_once.adjust_last, given_) == [["adjusted"] * (PROTOCOLS // 2)] * 2
    with at_once.writing(database_url) as session:
        drawn = session.scalars(select(Decision).order_by(Decision.paragraph)).all()
        assert [row.paragraph for row in drawn] == list(range(1, PROTOCOLS * DECISIONS + 1))
        assert {(row.forum_id, row.year) for row in drawn} == {(forum_id, 2026)}
        # Those of one protocol stand together.
        for n in range(0, len(drawn), DECISIONS):
            assert len({row.item.meeting_id for row in drawn[n : n + DECISIONS]}) == 1


def test_of_two_who_write_of_one_item_at_once_one_is_told(database_url, actor):
    with at_once.writing(database_url) as session:
        begin_write(session)
        board = Board(session, actor, NOW)
        agenda.open_agenda(session, actor, NOW, board.meeting)
        item_id = board.items("Budget")[0].id
        minutes.begin(session, actor, NOW, board.meeting)
        session.commit()
    given_ = [(database_url, name, item_id, NOW, f"{name} skrev.") for name in ("Sara", "Ola")]
    said = at_once.run(at_once.write_one, given_)
    assert sorted(said) == ["saved", "saved by other"]
    with at_once.writing(database_url) as session:
        assert session.get_one(ItemRecord, item_id).text == f"{('Sara', 'Ola')[said.index('saved')]} skrev."


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from([2025, 2026]), st.integers(0, 3), st.booleans()), max_size=8)
)
def test_any_order_of_drawing_and_taking_back_leaves_no_gap(session, actor, now, drawings):
    """Forum, year, how many at once, and whether the transaction is taken back."""
    outer = session.begin_nested()
    board = Board(session, actor, now)
    forums = [board.forum, board.county.forum("Rådet", kind="beredning", formality="protocol")]
    for n, (which, year, number, is_taken_back) in enumerate(drawings):
        day = datetime(year, 3, 1 + n, tzinfo=now.tzinfo).date()
        meeting = board.county.meeting(forums[which], day, time(9), state="held")
        items = [AgendaItem(meeting_id=meeting.id, position=k, title=f"{k}", added_at=now) for k in range(number)]
        session.add_all(items)
        session.flush()
        session.add_all(ItemRecord(item_id=item.id, outcome="as_proposed", decision_text="Ja") for item in items)
        session.flush()
        session.expire_all()
        step = session.begin_nested()
        draw(session, now, meeting, items)
        step.rollback() if is_taken_back else step.commit()
    session.expire_all()
    found: dict[tuple[int, int], list[int]] = {}
    for row in session.scalars(select(Decision).order_by(Decision.paragraph)):
        found.setdefault((row.forum_id, row.year), []).append(row.paragraph)
    for numbers in found.values():
        assert numbers == list(range(1, len(numbers) + 1))
    kept = {(row.forum_id, row.year): row.last for row in session.scalars(select(ParagraphCount)) if row.last}
    assert kept == {key: len(numbers) for key, numbers in found.items()}
    outer.rollback()
