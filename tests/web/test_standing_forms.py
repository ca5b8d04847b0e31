"""A forum's standing items, listed and changed as a browser does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.accounts.models import User
from scheduler.db import db
from scheduler.forums.models import StandingItem
from scheduler.register.models import Strategy
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, send, visit

AGENDA = "/forums/own-forum/agenda"


@pytest.fixture
def empty(house) -> House:
    """The own forum without the item of the small world."""
    with house.changing() as session:
        session.delete(session.get(StandingItem, house.world.parts["own"]["item_id"]))
    return house


def added(house: House, *titles: str, **given: object) -> list[int]:
    ids = []
    for title in titles:
        send(house.visitor(), AGENDA, "title", title=title, **given)
        with house.looking() as session:
            ids.append(session.scalars(select(StandingItem.id).order_by(StandingItem.id.desc())).first())
    return ids


def titles(house: House) -> list[str]:
    with house.looking() as session:
        query = select(StandingItem).where(StandingItem.forum_id == house.world.forums["own"].id)
        return [row.title for row in session.scalars(query.order_by(StandingItem.position))]


def test_forum_without_items_says_what_that_means(empty):
    page = visit(empty.visitor(), AGENDA)
    assert page.heading == "Stående punkter i Forumet own"
    assert "Inga stående punkter. Varje dagordning börjar tom." in page.text


def test_item_is_added_and_listed_in_words(empty):
    with empty.changing() as session:
        session.add(Strategy(slug="rus", sv="Regionala utvecklingsstrategin", en="Regional Development Strategy"))
    with empty.looking() as session:
        strategy = session.scalars(select(Strategy.id).where(Strategy.slug == "rus")).one()
    page = send(
        empty.visitor(), AGENDA, "title", title="Läget i länet", minutes="80", presenter_role="landshövdingen",
        every_n="2", months=["9", "3"], strategy_id=str(strategy), text="Kort",
    )  # fmt: skip
    assert (page.status, page.heading) == (200, "Stående punkter i Forumet own")
    assert "Punkten är tillagd." in page.text
    assert (
        "1. Läget i länet Kort Regionala utvecklingsstrategin Vartannat möte, bara i mars och september landshövdingen "
        "1 tim 20 min" in page.text
    )
    assert "1 tim 20 min tillsammans" in page.text
    assert empty.latest(1) == [("Own secretariat", "standing.add", "Forumet own")]


@pytest.mark.parametrize(
    ("every_n", "months", "words"),
    [
        ("1", [], "Varje möte"),
        ("3", [], "Vart tredje möte"),
        ("5", [], "Vart 5:e möte"),
        ("1", ["1"], "Varje möte, bara i januari"),
    ],
)  # fmt: skip
def test_how_often_is_told_in_words(empty, every_n, months, words):
    added(empty, "Punkt", every_n=every_n, months=months)
    assert f"Punkt {words} –" in visit(empty.visitor(), AGENDA).text


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"title": " "}, {"title": "Ange punktens rubrik"}),
        ({"title": "X", "every_n": "0"}, {"every_n": "Ange ett heltal mellan 1 och 100"}),
        ({"title": "X", "every_n": "ofta"}, {"every_n": "Ange ett heltal"}),
        ({"title": "X", "minutes": "5000"}, {"minutes": "Ange ett heltal mellan 1 och 1440"}),
        ({"title": "X", "months": ["13"]}, {"months": "Välj bland alternativen"}),
        ({"title": "X", "strategy_id": "99"}, {"strategy_id": "Välj ett av alternativen"}),
    ],
)
def test_item_that_cannot_be_is_refused_at_its_field(empty, given, problems):
    before = empty.changes()
    page = send(empty.visitor(), AGENDA, "title", text="Det jag skrev", **given)
    assert (page.status, page.errors) == (422, problems)
    assert page.form("title").values["text"] == "Det jag skrev"
    assert (titles(empty), empty.changes()) == ([], before)


def test_item_is_edited_with_what_it_held_filled_in(empty):
    [item_id] = added(empty, "Punkt", months=["3", "9"], minutes="10")
    path = f"{AGENDA}/{item_id}"
    form = visit(empty.visitor(), path).form("title")
    assert (form.values["title"], form.values["months"], form.values["minutes"]) == ("Punkt", ["3", "9"], "10")
    page = send(empty.visitor(), path, "title", title="Ny rubrik", months=[])
    assert "Punkten är sparad." in page.text
    assert "Ny rubrik Varje möte –" in page.text
    page = send(empty.visitor(), path, "title", title="")
    assert (page.status, page.errors) == (422, {"title": "Ange punktens rubrik"})


def test_somebody_else_saved_first(empty):
    [item_id] = added(empty, "Punkt")
    path = f"{AGENDA}/{item_id}"
    visitor = empty.visitor()
    opened = visit(visitor, path).form("title").values
    send(empty.visitor("administrator"), path, "title", title="Någon annans")
    page = read(visitor.post(path, {**opened, "title": "Min"}, token=False))
    assert page.status == 409
    assert "sparat är ”Någon annans”, du skrev ”Min”" in page.text
    assert titles(empty) == ["Någon annans"]
    page = read(visitor.post(path, page.form("title").values, token=False))
    assert (page.status, titles(empty)) == (303, ["Min"])


def test_items_are_moved_and_removed(empty):
    _one, two, three = added(empty, "Ett", "Två", "Tre")
    visitor = empty.visitor()
    assert visitor.post(f"{AGENDA}/{three}/move", {"to": "up"}).status_code == 303
    assert titles(empty) == ["Ett", "Tre", "Två"]
    visitor.post(f"{AGENDA}/{three}/move", {"to": "down"})
    visitor.post(f"{AGENDA}/{three}/move", {"to": "down"})
    assert titles(empty) == ["Ett", "Två", "Tre"]
    visitor.post(f"{AGENDA}/{two}/remove", {})
    assert titles(empty) == ["Ett", "Tre"]
    page = visit(visitor, AGENDA)
    assert "Punkten är borttagen. Ångra" in page.text


@pytest.mark.parametrize("path", ["", "/move", "/remove"])
def test_item_of_another_forum_is_not_found(house, path):
    foreign = house.world.parts["foreign"]["item_id"]
    assert house.visitor().post(f"{AGENDA}/{foreign}{path}", {}).status_code == 404


def test_list_asks_the_database_alike_for_few_and_many(house):
    counts = []
    for _ in range(2):
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            house.visitor().get(AGENDA)
        counts.append(len(sent))
        added(house, "Ett", "Två", "Tre")
        visit(house.visitor(), AGENDA)
    assert counts[0] == counts[1]


def test_english_page_speaks_english(empty):
    added(empty, "Punkt", every_n="2", months=["3", "9"], minutes="80")
    with empty.changing() as session:
        session.get(User, empty.world.users["own secretariat"].id).language = "en"
    page = visit(empty.visitor(), AGENDA)
    assert page.heading == "Standing items of Forumet own"
    assert "Every other meeting, only in March and September" in page.text
