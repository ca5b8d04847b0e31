"""Limits count in the database, in spans that follow each other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.accounts.limits import hit
from scheduler.accounts.models import LimitCount
from scheduler.errors import TooMany

QUARTER = timedelta(minutes=15)


def test_hit_counts_up_to_the_limit_and_then_says_how_long_to_wait(session, now):
    at = now + timedelta(minutes=4)
    assert [hit(session, at, "link", "a@b.se", 3, QUARTER) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(TooMany) as refused:
        hit(session, at, "link", "a@b.se", 3, QUARTER)
    assert refused.value.retry_after == 11 * 60


def test_hit_in_the_next_span_begins_anew(session, now):
    hit(session, now, "link", "a@b.se", 1, QUARTER)
    last = now + QUARTER - timedelta(seconds=1)
    with pytest.raises(TooMany) as refused:
        hit(session, last, "link", "a@b.se", 1, QUARTER)
    assert refused.value.retry_after == 1
    assert hit(session, now + QUARTER, "link", "a@b.se", 1, QUARTER) == 1


def test_hit_keeps_things_and_people_apart(session, now):
    hit(session, now, "link", "a@b.se", 1, QUARTER)
    assert hit(session, now, "link", "c@b.se", 1, QUARTER) == 1
    assert hit(session, now, "code", "a@b.se", 1, QUARTER) == 1


def test_hit_stores_nobody_in_plain(session, now):
    hit(session, now, "link", "a@b.se", 1, QUARTER)
    [row] = session.scalars(select(LimitCount))
    assert "a@b.se" not in row.key
    assert (row.span, row.count) == (int(now.timestamp()), 1)
