"""The finished text goes to JSON and back without loss, and its hash is that of one form only."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from scheduler.records.minutes_text import (
    ActionText,
    AttendanceText,
    Attendee,
    ItemText,
    MinutesText,
    Signature,
    canonical,
    from_json,
    public,
    seen_sha256,
    sha256,
    to_json,
)

words = st.text(max_size=20)
maybe = st.none() | words
numbers = st.none() | st.integers(1, 99)
attendees = st.builds(
    Attendee, words, maybe, st.sampled_from(["chair", "member", "guest"]), st.sampled_from(["present", "absent"]),
    st.lists(words, max_size=2).map(tuple), numbers, numbers, st.lists(st.integers(1, 9), max_size=3).map(tuple),
)  # fmt: skip
people = st.lists(attendees, max_size=3).map(tuple)
items = st.builds(
    ItemText, number=st.integers(1, 99), item_id=st.integers(1, 999), title=words, kind=st.just("decision"), text=maybe,
    paragraph=numbers, decision=maybe, secrecy_ground=st.none() | st.just("21:1"), is_adjusted=st.booleans(),
    actions=st.lists(st.builds(ActionText, words, maybe, maybe), max_size=2).map(tuple),
)  # fmt: skip
texts = st.builds(
    MinutesText, kind=st.sampled_from(["notes", "protocol"]), forum=words, forum_en=maybe, organisation=maybe,
    title=maybe, meeting_id=st.integers(1, 99), on=st.just("2026-09-15"), starts=maybe, ends=maybe,
    time_zone=st.just("Europe/Stockholm"), place=maybe, mode=st.just("hybrid"),
    attendance=st.builds(
        AttendanceText, people, people, people, st.integers(0, 99), st.integers(0, 99), numbers,
        st.none() | st.booleans(), st.lists(st.integers(1, 9), max_size=3).map(tuple),
    ),
    items=st.lists(items, max_size=4).map(tuple),
    signatures=st.lists(st.builds(Signature, words, st.just("adjuster"), maybe), max_size=3).map(tuple),
    opening=maybe, is_final=st.booleans(),
)  # fmt: skip


@given(texts)
def test_nothing_is_lost_in_json(text):
    assert from_json(json.loads(canonical(to_json(text)))) == text


@given(texts)
def test_order_of_keys_changes_no_hash(text):
    given = to_json(text)
    turned = dict(reversed(list(given.items())))
    assert list(turned) != list(given)
    assert sha256(turned) == sha256(given)


@given(texts)
def test_what_adjusting_adds_changes_nothing_that_was_read(text):
    drawn = [{**item, "paragraph": n, "is_adjusted": True} for n, item in enumerate(to_json(text)["items"], 1)]
    signed = [{**one, "signed_on": "2026-09-29"} for one in to_json(text)["signatures"]]
    after = from_json({**to_json(text), "items": drawn, "signatures": signed, "is_final": True})
    assert seen_sha256(after) == seen_sha256(text)


@given(texts, words)
def test_a_changed_word_is_another_text(text, added):
    changed = from_json({**to_json(text), "closing": f"{text.closing or ''}{added}."})
    assert seen_sha256(changed) != seen_sha256(text)


@given(texts)
def test_public_text_has_of_secret_items_their_number_alone(text):
    for before, after in zip(text.items, public(text).items, strict=True):
        if before.secrecy_ground is None:
            assert after == before
        else:
            assert (after.number, after.paragraph, after.is_withheld) == (before.number, before.paragraph, True)
            assert not any((after.title, after.text, after.decision, after.actions, after.presenter))
