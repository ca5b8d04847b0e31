"""Standing items: added, edited, moved, removed."""

from __future__ import annotations

import pytest

from scheduler.forums.standing import add_standing_item, edit_standing_item, move_standing_item, remove_standing_item
from scheduler.history.queries import history_of
from scheduler.register.models import Strategy
from tests.organisations.making import forum, kinds, refused


@pytest.fixture(autouse=True)
def _kinds(session):
    kinds(session)


def items(session, row):
    session.expire_all()
    return [(item.position, item.title) for item in row.standing_items]


def three(session, actor, now):
    row = forum(session)
    return row, [add_standing_item(session, actor, now, row, title=title) for title in ("Ett", "Två", "Tre")]


def test_items_are_added_last(session, actor, now):
    row, _items = three(session, actor, now)
    assert items(session, row) == [(0, "Ett"), (1, "Två"), (2, "Tre")]


def test_item_keeps_what_was_written(session, actor, now):
    strategy = Strategy(slug="rus2030", sv="Regionala utvecklingsstrategin 2030")
    session.add(strategy)
    session.flush()
    row = forum(session)
    item = add_standing_item(
        session, actor, now, row, title="RUS", minutes=30, every_n=2, months=" 9,3, 9", strategy_id=strategy.id
    )
    edit_standing_item(session, actor, now, row, item, text="Läget i arbetet")
    session.expire_all()
    assert (item.title, item.text, item.minutes, item.every_n, item.months, item.strategy.sv) == (
        "RUS",
        "Läget i arbetet",
        30,
        2,
        "3,9",
        "Regionala utvecklingsstrategin 2030",
    )
    assert history_of(session, "forum", row.id)[0].after == {"item": "RUS", "text": "Läget i arbetet"}


def test_item_says_what_is_wrong(session, actor, now):
    with refused(
        ("title", "Ange punktens rubrik"),
        ("months", "Ange månader som tal från 1 till 12"),
        ("every_n", "Ange ett heltal mellan 1 och 100"),
        ("strategy_id", "Välj något i listan"),
    ):
        add_standing_item(session, actor, now, forum(session), title="", months="13", every_n=0, strategy_id=9999)


@pytest.mark.parametrize(
    ("which", "position", "order"),
    [
        (2, 0, ["Tre", "Ett", "Två"]),
        (0, 1, ["Två", "Ett", "Tre"]),
        (0, 99, ["Två", "Tre", "Ett"]),
        (1, -5, ["Två", "Ett", "Tre"]),
    ],
)
def test_item_is_moved(session, actor, now, which, position, order):
    row, rows = three(session, actor, now)
    move_standing_item(session, actor, now, row, rows[which], position=position)
    assert items(session, row) == list(enumerate(order))


def test_item_of_another_forum_is_not_moved(session, actor, now):
    _row, rows = three(session, actor, now)
    with refused((None, "Välj något i listan")):
        move_standing_item(session, actor, now, forum(session, "Ett annat"), rows[0], position=0)


def test_item_is_removed_and_the_rest_numbered(session, actor, now):
    row, rows = three(session, actor, now)
    remove_standing_item(session, actor, now, row, rows[0])
    assert items(session, row) == [(0, "Två"), (1, "Tre")]
    assert history_of(session, "forum", row.id)[0].before["title"] == "Ett"
