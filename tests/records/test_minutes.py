"""Minutes from the draft to the archive, on both databases: what is saved, refused, locked, numbered and carried on."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from scheduler.errors import NotFound, Refused, SavedByOther
from scheduler.records import agenda, minutes
from scheduler.records.attendance import mark
from scheduler.records.minutes_reading import text_of, written_items
from scheduler.records.minutes_text import canonical, from_json, public, seen_sha256, sha256, to_json
from scheduler.records.models import AgendaItem, Decision, Minutes
from tests.records.rows import Board


@pytest.fixture
def board(session, actor, now) -> Board:
    """Two of three members are there; the first chairs."""
    board = Board(session, actor, now)
    agenda.open_agenda(session, actor, now, board.meeting)
    for n in range(2):
        mark(session, actor, now, board.meeting, key=board.key(n), choice="present")
    return board


@pytest.fixture
def draft(session, actor, now, board) -> Minutes:
    board.items("Öppnande", "Budget", "Bidrag")
    return minutes.begin(session, actor, now, board.meeting)


def items_of(session, board) -> list[AgendaItem]:
    return list(written_items(session, board.meeting.id))


def decide(session, actor, now, draft, item, outcome="as_proposed", decision="Bifalls.", **given):
    return minutes.write_item(session, actor, now, draft, item, outcome=outcome, decision_text=decision, **given)


def adjusting(session, actor, now, board, draft) -> str:
    """Sends it to both who were there; what they have to read."""
    one, two = board.members[0].id, board.members[1].id
    minutes.choose_adjusters(session, actor, now, draft, chair_id=one, person_ids=[two])
    minutes.send_to_adjusting(session, actor, now, draft)
    return seen_sha256(text_of(session, board.meeting, draft))


def adjust_all(session, actor, now, board, draft) -> None:
    seen = adjusting(session, actor, now, board, draft)
    for adjuster in list(draft.adjusters):
        minutes.adjust(session, actor, now, adjuster, seen=seen)


def test_draft_begins_once_with_its_chair(session, actor, now, board, draft):
    assert (draft.kind, draft.state) == ("protocol", "draft")
    assert [(row.person_id, row.is_chair) for row in draft.adjusters] == [(board.members[0].id, True)]
    assert minutes.begin(session, actor, now, board.meeting) is draft


def test_item_is_saved_and_whoever_comes_second_is_told(session, actor, now, board, draft):
    item = items_of(session, board)[1]
    written = decide(session, actor, now, draft, item, version=0, began=time(9, 5), ended=time(9, 20), text="Talat.")
    assert (written.version, written.outcome, written.text) == (1, "as_proposed", "Talat.")
    with pytest.raises(SavedByOther):
        decide(session, actor, now, draft, item, decision="Avslås.", version=0)
    assert written.decision_text == "Bifalls."
    # Another item is another matter.
    assert decide(session, actor, now, draft, items_of(session, board)[2], version=0).version == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"outcome": "perhaps"}, "outcome"),
        ({"began": time(10), "ended": time(9)}, "ended"),
        ({"outcome": "referred"}, "decision_text"),
        ({"text": "x" * 20_001}, "text"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(session, actor, now, board, draft, given, field):
    item = items_of(session, board)[0]
    with pytest.raises(Refused) as refused:
        minutes.write_item(session, actor, now, draft, item, **given)
    assert refused.value.problems[0].field == field
    assert item.record is None


def test_item_of_another_meeting_is_none_of_these_minutes(session, actor, now, board, draft):
    elsewhere = board.county.meeting(board.forum, now.date(), time(8), state="held")
    other = AgendaItem(meeting_id=elsewhere.id, position=1, title="Annat", added_at=now)
    board.county.add(other)
    with pytest.raises(NotFound):
        minutes.write_item(session, actor, now, draft, other, text="Fel möte")


def test_only_those_who_were_there_adjust(session, actor, now, board, draft):
    absent, there = board.members[2].id, board.members[1].id
    for chosen in ([absent], [], [999_999]):
        with pytest.raises(Refused):
            minutes.choose_adjusters(session, actor, now, draft, chair_id=None, person_ids=chosen)
    minutes.choose_adjusters(session, actor, now, draft, chair_id=None, person_ids=[there])
    assert [row.person_id for row in draft.adjusters] == [there]


def test_sections_are_preliminary_until_all_have_adjusted(session, actor, now, board, draft):
    first, second, third = items_of(session, board)
    decide(session, actor, now, draft, second)
    decide(session, actor, now, draft, third, outcome="rejected")
    before = text_of(session, board.meeting, draft)
    assert [item.paragraph for item in before.items] == [None, 1, 2]
    assert not before.is_final
    seen = adjusting(session, actor, now, board, draft)
    chair, other = draft.adjusters
    minutes.adjust(session, actor, now, chair, seen=seen)
    assert (draft.state, session.scalars(select(Decision)).all()) == ("adjusting", [])
    minutes.adjust(session, actor, now, other, seen=seen)
    assert draft.state == "adjusted"
    drawn = session.scalars(select(Decision).order_by(Decision.paragraph)).all()
    assert [(row.item_id, row.year, row.paragraph, row.outcome) for row in drawn] == [
        (second.id, 2026, 1, "as_proposed"), (third.id, 2026, 2, "rejected"),
    ]  # fmt: skip
    after = text_of(session, board.meeting, draft)
    assert after.is_final
    assert [item.paragraph for item in after.items] == [None, 1, 2]
    assert first.record is None


def test_locked_text_stands_whatever_is_changed_afterwards(session, actor, now, board, draft):
    item = items_of(session, board)[1]
    decide(session, actor, now, draft, item)
    adjust_all(session, actor, now, board, draft)
    assert draft.locked_sha256 == sha256(draft.locked)
    locked = canonical(draft.locked)
    with pytest.raises(Refused):
        decide(session, actor, now, draft, item, decision="Något annat.")
    with pytest.raises(Refused):
        agenda.edit_item(session, actor, now, item, title="En annan rubrik")
    with pytest.raises(Refused):
        minutes.take_back(session, actor, now, draft)
    board.members[0].family_name = "Nytt namn"
    item.title = "Ändrad förbi sidorna"
    session.flush()
    text = text_of(session, board.meeting, draft)
    assert canonical(to_json(text)) == locked
    assert text.attendance.serving[0].name == "Ledamot 00"


def test_change_asks_the_adjusters_again(session, actor, now, board, draft):
    item = items_of(session, board)[1]
    decide(session, actor, now, draft, item)
    seen = adjusting(session, actor, now, board, draft)
    chair, other = draft.adjusters
    minutes.adjust(session, actor, now, chair, seen=seen)
    minutes.object_to(session, actor, now, other, objection="Fel belopp.")
    assert (draft.state, other.objection) == ("adjusting", "Fel belopp.")
    minutes.take_back(session, actor, now, draft, reason="Beloppet rättas")
    decide(session, actor, now, draft, item, decision="Bifalls med 40 000 kr.")
    minutes.send_to_adjusting(session, actor, now, draft)
    assert [row.adjusted_at for row in draft.adjusters] == [None, None]
    with pytest.raises(Refused):
        minutes.adjust(session, actor, now, chair, seen=seen)
    again = seen_sha256(text_of(session, board.meeting, draft))
    for adjuster in (chair, other):
        minutes.adjust(session, actor, now, adjuster, seen=again)
    assert draft.state == "adjusted"


def test_one_section_is_adjusted_at_once_and_the_rest_follow(session, actor, now, board, draft):
    first, second, third = items_of(session, board)
    for item in (first, second, third):
        decide(session, actor, now, draft, item)
    assert minutes.adjust_item(session, actor, now, draft, third) == 1
    assert minutes.adjust_item(session, actor, now, draft, third) == 1
    with pytest.raises(Refused):
        decide(session, actor, now, draft, third, decision="Något annat.")
    assert [item.paragraph for item in text_of(session, board.meeting, draft).items] == [2, 3, 1]
    adjust_all(session, actor, now, board, draft)
    assert [item.paragraph for item in text_of(session, board.meeting, draft).items] == [2, 3, 1]


def test_tabled_item_goes_on_to_the_next_meeting_and_comes_back(session, actor, now, board, draft):
    later = board.county.meeting(board.forum, now.date() + timedelta(days=30))
    agenda.open_agenda(session, actor, now, later)
    item = items_of(session, board)[1]
    decide(session, actor, now, draft, item, outcome="tabled", decision="Mer underlag behövs.")
    assert item.state == "tabled"
    assert [row.carried_from_id for row in written_items(session, later.id)] == [item.id]
    decide(session, actor, now, draft, item)
    assert written_items(session, later.id) == []
    assert item.state == "handled"


def test_protocol_is_posted_for_three_weeks_and_archived(session, actor, now, board, draft):
    with pytest.raises(Refused):
        minutes.post(session, actor, now, draft, on=now.date())
    adjust_all(session, actor, now, board, draft)
    with pytest.raises(Refused):
        minutes.post(session, actor, now, draft, on=now.date() - timedelta(days=1))
    minutes.post(session, actor, now, draft, on=date(2026, 11, 23))
    assert (draft.state, draft.posted_until_on) == ("posted", date(2026, 12, 14))
    minutes.archive(session, actor, now, draft)
    assert (draft.state, draft.archived_at) == ("archived", now)


def test_notes_are_sent_and_approved_without_sections(session, actor, now, board):
    board.meeting.formality = "notes"
    board.items("Läget")
    notes = minutes.begin(session, actor, now, board.meeting)
    assert (notes.kind, notes.adjusters) == ("notes", [])
    decide(session, actor, now, notes, items_of(session, board)[0])
    with pytest.raises(Refused):
        minutes.send_to_adjusting(session, actor, now, notes)
    minutes.send_notes(session, actor, now, notes, object_by_on=None)
    assert (notes.state, notes.object_by_on) == ("sent", date(2026, 12, 6))
    minutes.approve(session, actor, now, notes)
    assert (notes.state, notes.locked_sha256) == ("approved", sha256(notes.locked))
    assert [item.paragraph for item in text_of(session, board.meeting, notes).items] == [None]
    assert session.scalars(select(Decision)).all() == []


def test_secret_item_is_left_out_of_what_the_public_reads(session, actor, now, board, draft):
    item = items_of(session, board)[1]
    item.secrecy_ground = "21:1"
    decide(session, actor, now, draft, item, decision="Hemligt beslut.", text="Hemligt.", reservations="Hemligt.")
    shown = public(text_of(session, board.meeting, draft))
    assert "Hemligt" not in canonical(to_json(shown)).decode()
    assert "Budget" not in canonical(to_json(shown)).decode()
    assert [(row.number, row.is_withheld) for row in shown.items] == [(1, False), (2, True), (3, False)]
    assert from_json(to_json(shown)) == shown
