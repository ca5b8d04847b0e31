"""Chains: one forum meets so many days before another, kept with both."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from scheduler.forums.chains import add_chain, edit_chain, remove_chain
from scheduler.forums.models import ForumLink
from scheduler.forums.queries import chains_of, surroundings
from scheduler.history.queries import history_of
from tests.organisations.making import forum, kinds, refused


@pytest.fixture
def boards(session):
    kinds(session)
    return forum(session, "Regionstyrelsen", "natverk"), forum(session, "Regionfullmäktige", "natverk")


def chain(session, actor, now, of, other, **given):
    values = {"place": "before", "min_days": 6, "max_days": 28, "other_id": other and other.id, **given}
    return add_chain(session, actor, now, of, **values)


def test_chain_is_kept_with_both_forums(session, actor, now, boards):
    board, assembly = boards
    link = chain(session, actor, now, assembly, board, place="after")
    assert (link.before, link.after, link.min_days, link.max_days) == (board, assembly, 6, 28)
    edit_chain(session, actor, now, link, min_days=14, max_days=28)
    edit_chain(session, actor, now, link, min_days=14, max_days=28)
    for row in boards:
        assert list(chains_of(session, row)) == [link]
        assert [entry.action for entry in history_of(session, "forum", row.id)] == ["chain.edit", "chain.add"]
    edited = history_of(session, "forum", board.id)[0]
    assert (edited.before["min_days"], edited.after["min_days"]) == (6, 14)
    assert (edited.after["before"], edited.after["after"]) == ("Regionstyrelsen", "Regionfullmäktige")
    remove_chain(session, actor, now, link)
    for row in boards:
        assert list(chains_of(session, row)) == []
        assert history_of(session, "forum", row.id)[0].action == "chain.remove"


def test_chain_says_what_is_wrong(session, actor, now, boards):
    board, assembly = boards
    with refused(
        ("place", "Välj något i listan"),
        ("min_days", "Ange ett heltal mellan 0 och 366"),
        ("max_days", "Ange ett heltal mellan 0 och 366"),
        ("other_id", "Välj ett forum"),
    ):
        chain(session, actor, now, board, None, place="beside", min_days=None, max_days=367)
    with refused(
        ("other_id", "Välj ett annat forum än det här"),
        ("max_days", "Det högsta antalet kan inte vara lägre än det minsta"),
    ):
        chain(session, actor, now, board, board, min_days=29)
    link = chain(session, actor, now, board, assembly)
    for of, other, place in ((board, assembly, "before"), (assembly, board, "after")):
        with refused(("other_id", "Regionstyrelsen ska redan mötas före Regionfullmäktige")):
            chain(session, actor, now, of, other, place=place)
    with refused(("max_days", "Det högsta antalet kan inte vara lägre än det minsta")):
        edit_chain(session, actor, now, link, min_days=30, max_days=20)
    assert session.scalar(select(func.count()).select_from(ForumLink)) == 1


def test_forum_may_meet_both_before_and_after_another(session, actor, now, boards):
    board, assembly = boards
    chain(session, actor, now, board, assembly)
    chain(session, actor, now, board, assembly, place="after", min_days=0, max_days=0)
    assert len(surroundings(session, board).chains) == 2


def test_chain_with_a_forum_one_may_not_see_is_left_out(session, actor, now, boards):
    board, assembly = boards
    chain(session, actor, now, board, assembly)
    assert surroundings(session, board, forum_ids=[board.id], public_only=True).chains == ()
    assert len(surroundings(session, board, forum_ids=[board.id, assembly.id]).chains) == 1
