"""Principals, relations and chains of a forum, changed as a browser does."""

from __future__ import annotations

import pytest

from scheduler.db import db
from scheduler.forums.models import Forum, ForumLink, ForumRelation
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor

RELATIONS = "/forums/own-forum/relations"
TICKS = "principals-organisation_ids"


def post(visitor: Visitor, path: str, values: dict[str, object] | None = None) -> Page:
    response = visitor.post(path, values or {})
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def organisation(house: House, relation: str = "own") -> str:
    return str(house.world.organisations[relation].id)


def forum(house: House, relation: str = "public") -> str:
    return str(house.world.forums[relation].id)


def principals(house: House) -> list[str]:
    with house.looking() as session:
        return [row.name for row in session.get(Forum, house.world.forums["own"].id).principals]


def said(house: House) -> list[tuple[str, int | None, int | None, str | None]]:
    """The own forum's relations but the one it begins with."""
    with house.looking() as session:
        rows = session.query(ForumRelation).filter_by(forum_id=house.world.forums["own"].id)
        first = house.world.parts["own"]["forum_relation_id"]
        return [(row.kind, row.to_forum_id, row.to_organisation_id, row.to_text) for row in rows if row.id != first]


def chains(house: House) -> list[tuple[str, str, int, int]]:
    """Every chain but those the world begins with."""
    first = {parts["chain_id"] for parts in house.world.parts.values()}
    with house.looking() as session:
        return [
            (row.before.slug, row.after.slug, row.min_days, row.max_days)
            for row in session.query(ForumLink).order_by(ForumLink.id)
            if row.id not in first
        ]


# ---------------------------------------------------------------- principals


def test_principals_are_found_ticked_and_kept(house_on_both):
    house = house_on_both
    page = visit(house.visitor(), RELATIONS)
    assert (page.status, page.heading) == (200, "Samband för Forumet own")
    assert page.form(TICKS).options[TICKS] == [organisation(house)]  # it has a seat
    found = send(
        house.visitor(), RELATIONS, TICKS, **{TICKS: [organisation(house)], "principals-find": "foreign", "search": "1"}
    )
    form = found.form(TICKS)
    assert form.options[TICKS] == [organisation(house), organisation(house, "foreign")]
    assert form.values[TICKS] == organisation(house)
    assert principals(house) == []
    ticked = [organisation(house), organisation(house, "foreign")]
    page = post(house.visitor(), f"{RELATIONS}/principals", {**form.values, TICKS: ticked})
    assert "Huvudmännen är sparade." in page.text
    assert "2 huvudmän" in page.text
    assert principals(house) == ["Kommunen own", "Kommunen foreign"]
    assert house.latest(1) == [("Own secretariat", "forum.principals", "Forumet own")]


def test_principal_that_is_none_is_refused(house):
    before = house.changes()
    page = send(house.visitor(), RELATIONS, TICKS, **{TICKS: ["99999"]})
    assert (page.status, page.errors) == (422, {TICKS: "Välj något i listan"})
    assert (principals(house), house.changes()) == ([], before)


def test_search_without_hits_says_so_and_keeps_the_ticks(house):
    page = send(
        house.visitor(), RELATIONS, TICKS, **{TICKS: [organisation(house)], "principals-find": "qq", "search": "1"}
    )
    assert page.form(TICKS).values[TICKS] == organisation(house)
    page = send(house.visitor(), RELATIONS, TICKS, **{"principals-find": "qq", "search": "1"})
    assert "Inga träffar på ”qq”." in page.text


def test_somebody_else_saved_the_principals_first(house):
    mine, theirs = house.visitor(), house.visitor("administrator")
    form = visit(mine, RELATIONS).form(TICKS)
    send(theirs, RELATIONS, TICKS, **{TICKS: [organisation(house)]})
    path = f"{RELATIONS}/principals"
    page = read(mine.post(path, {**form.values, TICKS: [organisation(house, "foreign")]}, token=False))
    assert page.status == 409
    assert "Administrator ändrade forumet" in page.text
    assert "Huvudmän: sparat är ”Kommunen own”, du skrev ”Kommunen foreign”" in page.text
    assert principals(house) == ["Kommunen own"]
    assert mine.post(path, page.form(TICKS).values, token=False).status_code == 303
    assert principals(house) == ["Kommunen foreign"]


# ---------------------------------------------------------------- relations


def test_relation_is_said_and_taken_away(house_on_both):
    house = house_on_both
    page = send(
        house.visitor(), RELATIONS, "relation-kind",
        **{"relation-kind": "positions_feed", "relation-to_forum_id": forum(house)},
    )  # fmt: skip
    assert "Sambandet är tillagt." in page.text
    assert "Ställningstaganden går till Forumet public" in page.text
    assert said(house) == [("positions_feed", int(forum(house)), None, None)]
    assert house.latest(1) == [("Own secretariat", "relation.add", "Forumet own")]
    assert "Ställningstaganden går till Forumet public" in visit(house.visitor(), "/forums/own-forum").text
    with house.looking() as session:
        newest = session.query(ForumRelation).order_by(ForumRelation.id.desc()).first().id
    path = f"{RELATIONS}/{newest}/remove"
    assert path in page.actions()
    page = post(house.visitor(), path)
    assert "Sambandet är borttaget." in page.text
    assert said(house) == []
    assert post(house.visitor(), path).status == 404


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"relation-to_organisation_id": "own"}, "organisation"),
        ({"relation-to_text": "EU:s fonder"}, "EU:s fonder"),
    ],
)
def test_relation_to_an_organisation_or_to_something_named(house, given, stored):
    given = {name: organisation(house) if text == "own" else text for name, text in given.items()}
    send(house.visitor(), RELATIONS, "relation-kind", **{"relation-kind": "responsible", **given})
    [(kind, to_forum, to_organisation, text)] = said(house)
    assert (kind, to_forum) == ("responsible", None)
    assert (text or "organisation") == stored
    assert (to_organisation is None) == (text is not None)


CHOOSE_ONE = "Välj ett forum eller en organisation, eller skriv vad det är"


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, {"relation-to_forum_id": CHOOSE_ONE}),
        ({"relation-to_forum_id": "public", "relation-to_text": "Också"}, {"relation-to_forum_id": CHOOSE_ONE}),
        ({"relation-kind": "principal"}, {"relation-kind": "Välj ett av alternativen"}),
        ({"relation-to_forum_id": "99999"}, {"relation-to_forum_id": "Välj ett av alternativen"}),
        ({"relation-to_text": "x" * 201}, {"relation-to_text": "Högst 200 tecken"}),
    ],
)
def test_relation_that_cannot_be_is_refused_at_its_field(house, given, problems):
    before = house.changes()
    given = {name: forum(house) if text == "public" else text for name, text in given.items()}
    page = send(house.visitor(), RELATIONS, "relation-kind", **given)
    assert (page.status, page.errors) == (422, problems)
    assert (said(house), house.changes()) == ([], before)


def test_forum_itself_and_foreign_ones_are_not_offered(house):
    page = visit(house.visitor(), RELATIONS)
    for name in ("relation-to_forum_id", "chain-other_id"):
        assert page.form(name).options[name][1:] == [forum(house)]


def test_what_others_say_is_shown_where_one_may_see_them(house):
    with house.changing() as session:
        own = house.world.forums["own"].id
        for relation in ("public", "foreign"):
            session.add(ForumRelation(kind="subset_of", forum_id=house.world.forums[relation].id, to_forum_id=own))
    text = visit(house.visitor(), RELATIONS).text
    assert "Vad andra är till forumet Forumet public Har delmängden" in text
    assert "Forumet foreign" not in text


# ---------------------------------------------------------------- chains


def test_chain_is_added_edited_and_removed(house_on_both):
    house = house_on_both
    given = {"chain-place": "after", "chain-other_id": forum(house), "chain-min_days": "6", "chain-max_days": "28"}
    page = send(house.visitor(), RELATIONS, "chain-place", **given)
    assert "Mötesföljden är tillagd." in page.text
    assert "Möts efter Forumet public 6–28 dagar emellan" in page.text
    assert chains(house) == [("public-forum", "own-forum", 6, 28)]
    assert [row[1:] for row in house.latest(2)] == [("chain.add", "Forumet public"), ("chain.add", "Forumet own")]
    assert "Möts efter Forumet public 6–28 dagar emellan" in visit(house.visitor(), "/forums/own-forum").text
    with house.looking() as session:
        chain_id = session.query(ForumLink).order_by(ForumLink.id.desc()).first().id
    path = f"{RELATIONS}?chain={chain_id}"
    page = send(house.visitor(), path, "edit-min_days", **{"edit-min_days": "14", "edit-max_days": "14"})
    assert "Mötesföljden är sparad." in page.text
    assert "14 dagar emellan" in page.text
    assert [row[1] for row in house.latest(2)] == ["chain.edit"] * 2
    page = post(house.visitor(), f"{RELATIONS}/chains/{chain_id}/remove")
    assert "Mötesföljden är borttagen." in page.text
    assert chains(house) == []
    assert [row[1] for row in house.latest(2)] == ["chain.remove"] * 2


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"chain-other_id": ""}, {"chain-other_id": "Välj ett forum"}),
        ({"chain-min_days": ""}, {"chain-min_days": "Ange ett heltal mellan 0 och 366"}),
        ({"chain-max_days": "400"}, {"chain-max_days": "Ange ett heltal mellan 0 och 366"}),
        ({"chain-max_days": "flera"}, {"chain-max_days": "Ange ett heltal"}),
        ({"chain-min_days": "29"}, {"chain-max_days": "Det högsta antalet kan inte vara lägre än det minsta"}),
        ({"chain-place": "beside"}, {"chain-place": "Välj ett av alternativen"}),
    ],
)
def test_chain_that_cannot_be_is_refused_at_its_field(house, given, problems):
    before = house.changes()
    whole = {"chain-place": "after", "chain-other_id": forum(house), "chain-min_days": "6", "chain-max_days": "28"}
    page = send(house.visitor(), RELATIONS, "chain-place", **{**whole, **given})
    assert (page.status, page.errors) == (422, problems)
    assert (chains(house), house.changes()) == ([], before)


def test_chain_that_is_there_already_is_refused(house):
    whole = {"chain-place": "before", "chain-other_id": forum(house), "chain-min_days": "6", "chain-max_days": "28"}
    send(house.visitor(), RELATIONS, "chain-place", **whole)
    before = house.changes()
    page = send(house.visitor(), RELATIONS, "chain-place", **whole)
    chain = {"chain-other_id": "Forumet own ska redan mötas före Forumet public"}
    assert (page.errors, house.changes()) == (chain, before)


def test_somebody_else_saved_the_chain_first(house):
    chain_id = house.world.parts["own"]["chain_id"]
    path = f"{RELATIONS}?chain={chain_id}"
    mine, theirs = house.visitor(), house.visitor("administrator")
    form = visit(mine, path).form("edit-min_days")
    send(theirs, path, "edit-min_days", **{"edit-min_days": "7"})
    page = read(mine.post(form.action, {**form.values, "edit-max_days": "30"}, token=False))
    assert page.status == 409
    assert "Minst så många dagar emellan: sparat är ”7”, du skrev ”6”" in page.text
    assert mine.post(form.action, page.form("edit-min_days").values, token=False).status_code == 303


def test_chain_belongs_to_both_forums_and_to_no_third(house):
    chain_id, foreign = (house.world.parts[relation]["chain_id"] for relation in ("own", "foreign"))
    path = "/forums/public-forum/relations/chains"
    assert post(house.visitor("other secretariat"), f"{path}/{chain_id}/remove").status == 200
    assert post(house.visitor(), f"{RELATIONS}/chains/{foreign}/remove").status == 404


def test_page_asks_the_database_alike_for_few_and_many(house):
    counts = []
    for n in range(2):
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            house.visitor("administrator").get(RELATIONS)
        counts.append(len(sent))
        for each in range(3):
            with house.changing() as session:
                row = Forum(slug=f"f{n}{each}", name=f"Forum {n}{each}", kind_id="natverk")
                row.tracked_from_on = house.world.forums["own"].tracked_from_on
                session.add(row)
                session.flush()
                own = house.world.forums["own"].id
                session.add(ForumRelation(kind="within", forum_id=own, to_forum_id=row.id))
                session.add(ForumRelation(kind="within", forum_id=row.id, to_forum_id=own))
                session.add(ForumLink(before_id=row.id, after_id=own, min_days=1, max_days=9))
    assert counts[0] == counts[1]


def test_page_in_english(house):
    with house.changing() as session:
        session.merge(house.world.users["own secretariat"]).language = "en"
    page = visit(house.visitor(), RELATIONS)
    assert page.heading == "Ties of Forumet own"
