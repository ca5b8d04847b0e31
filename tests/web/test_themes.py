"""Themes, entered, put under something else and taken away as a browser does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.forums.models import ForumTheme
from scheduler.register.models import Theme
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, send, visit


def stored(house: House, name: str) -> Theme | None:
    with house.looking() as session:
        return session.scalars(select(Theme).where(Theme.sv == name)).one_or_none()


def entered(house: House, name: str, **columns: object) -> int:
    with house.changing() as session:
        row = Theme(slug=name.lower(), sv=name, **columns)
        session.add(row)
        session.flush()
        return row.id


def tied(house: House, theme_id: int, *relations: str) -> None:
    with house.changing() as session:
        session.add_all(ForumTheme(forum_id=house.world.forums[name].id, theme_id=theme_id) for name in relations)


def test_tree_tells_what_is_under_what_and_how_many_forums_have_it(house):
    culture = entered(house, "Kultur", strategy_id=house.world.shared["strategy_id"])
    tied(house, entered(house, "Årsrik", parent_id=culture), "own", "public")
    entered(house, "Zon")
    page = visit(house.visitor(), "/themes")
    assert "Dans – 0 Kultur Kulturplanen 0 – Årsrik Kultur 2 Zon – 0" in page.text
    hits = visit(house.visitor("reader"), "/themes?q=arsrik")
    assert ("Årsrik Kultur 2" in hits.text, "Zon" in hits.text, "Nytt tema" in hits.text) == (True, False, False)
    assert "Inga träffar på ”polarbib”." in visit(house.visitor(), "/themes?q=polarbib").text


def test_list_asks_the_database_alike_for_few_and_many_themes(house):
    counts = []
    for n in range(2):
        for k in range(1 + 2 * n):
            tied(house, entered(house, f"T{n}{k}", parent_id=house.world.shared["theme_id"]), "own")
        with house.app.app_context(), count_queries(db.engine) as sent:
            house.visitor().get("/themes")
        counts.append(len(sent))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("under", "column", "argument"),
    [
        ("theme", "parent_id", "theme_id"),
        ("area", "focus_area_id", "area_id"),
        ("strategy", "strategy_id", "strategy_id"),
    ],
)
def test_theme_is_entered_under_a_theme_a_focus_area_or_a_strategy(house, under, column, argument):
    id_ = house.world.shared[argument]
    page = send(house.visitor(), "/themes/new", sv="Hemslöjd", en="Handicraft", under=f"{under}:{id_}")
    assert (page.heading, "Hemslöjd är sparat." in page.text) == ("Teman", True)
    theme = stored(house, "Hemslöjd")
    above = {name: getattr(theme, name) for name in ("parent_id", "focus_area_id", "strategy_id")}
    assert above == {"parent_id": None, "focus_area_id": None, "strategy_id": None} | {column: id_}
    assert house.latest(1) == [("Own secretariat", "theme.create", "Hemslöjd")]


def test_refused_theme_keeps_what_was_typed(house):
    before = house.changes()
    page = send(house.visitor(), "/themes/new", sv="", en="Dance")
    assert (page.status, page.errors) == (422, {"sv": "Ange temats namn"})
    assert page.form("en").values["en"] == "Dance"
    page = send(house.visitor(), "/themes/new", sv="DANS")
    assert page.errors == {"sv": "Det finns redan ett tema som heter så på samma ställe"}
    assert house.changes() == before


def test_renamed_theme_is_saved_and_its_page_names_the_forums_one_may_see(house):
    dance = house.world.shared["theme_id"]
    tied(house, dance, "own", "foreign")
    page = visit(house.visitor(), f"/themes/{dance}")
    assert [name for name in ("own", "foreign") if f"Forumet {name}" in page.text.split("Forum med temat")[1]] == [
        "own"
    ]
    page = send(house.visitor(), f"/themes/{dance}", sv="Dans och rörelse")
    assert "Dans och rörelse är sparat." in page.text
    assert stored(house, "Dans och rörelse").id == dance


def test_theme_cannot_stand_under_itself(house):
    dance = house.world.shared["theme_id"]
    ballet = entered(house, "Balett", parent_id=dance)
    offered = visit(house.visitor(), f"/themes/{dance}").form("under").options["under"]
    assert {f"theme:{dance}", f"theme:{ballet}"} & set(offered) == set()
    page = send(house.visitor(), f"/themes/{dance}", under=f"theme:{ballet}")
    assert (page.status, page.errors) == (422, {"under": "Välj ett av alternativen"})


def test_who_saves_second_sees_what_was_saved(house):
    dance = house.world.shared["theme_id"]
    visitor = house.visitor()
    opened = visit(visitor, f"/themes/{dance}").form("sv")
    send(house.visitor("other secretariat"), f"/themes/{dance}", sv="Dansen")
    page = read(visitor.post(f"/themes/{dance}", {**opened.values, "en": "Dancing"}, token=False))
    assert (page.status, "sparat är ”Dansen”, du skrev ”Dans”" in page.text) == (409, True)
    assert page.form("sv").values["en"] == "Dancing"


def test_unused_theme_is_removed_and_a_used_one_says_by_what(house):
    dance = house.world.shared["theme_id"]
    tied(house, dance, "own")
    entered(house, "Balett", parent_id=dance)
    page = read(house.visitor().post(f"/themes/{dance}/remove"))
    assert page.status == 422
    assert "Det går inte att ta bort, för det används av 1 tema, 1 forum" in page.text
    assert house.visitor().post(f"/themes/{stored(house, 'Balett').id}/remove").status_code == 303
    assert stored(house, "Balett") is None
    assert house.visitor().post("/themes/999999/remove").status_code == 404


def test_english_page_shows_english_names(house):
    with house.changing() as session:
        session.get(type(house.world.users["own secretariat"]), house.world.users["own secretariat"].id).language = "en"
        session.get(Theme, house.world.shared["theme_id"]).en = "Dance"
    page = visit(house.visitor(), "/themes")
    assert (page.heading, "1 theme." in page.text, "Dance – 0" in page.text) == ("Themes", True, True)
