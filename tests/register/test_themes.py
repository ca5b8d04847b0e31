"""Themes: entered, put under something else, taken away; on both databases."""

from __future__ import annotations

import pytest

from scheduler.forums.models import ForumTheme
from scheduler.history.queries import history_of
from scheduler.register.models import Activity, Theme
from scheduler.register.queries import themes_for_list
from scheduler.register.strategies import add_focus_area, create_strategy
from scheduler.register.themes import create_theme, edit_theme, remove_theme
from tests.organisations.making import counted, forum, kinds, refused


@pytest.fixture
def plan(session, actor, now):
    kinds(session)
    return create_strategy(session, actor, now, sv="Kulturplanen")


def test_theme_is_kept_with_what_it_stands_under(session, actor, now, plan):
    theme = create_theme(session, actor, now, sv=" Dans ", en="Dance", strategy_id=plan.id)
    assert (theme.slug, theme.sv, theme.strategy_id) == ("dans", "Dans", plan.id)
    area = add_focus_area(session, actor, now, plan, sv="Scener")
    edit_theme(session, actor, now, theme, strategy_id=None, focus_area_id=area.id)
    entry = history_of(session, "theme", theme.id)[0]
    assert (entry.action, entry.before, entry.after) == (
        "theme.edit",
        {"focus_area": None, "strategy": "Kulturplanen"},
        {"focus_area": "Scener", "strategy": None},
    )


def test_theme_says_all_that_is_wrong(session, actor, now, plan):
    with refused(("sv", "Ange temats namn"), ("parent_id", "Välj något i listan")):
        create_theme(session, actor, now, sv=" ", parent_id=9999)
    area = add_focus_area(session, actor, now, plan, sv="Scener")
    with refused(("parent_id", "Välj ett att stå under, inte flera")):
        create_theme(session, actor, now, sv="Dans", strategy_id=plan.id, focus_area_id=area.id)


def test_two_themes_of_one_name_stand_in_different_places(session, actor, now, plan):
    first = create_theme(session, actor, now, sv="Övrigt")
    create_theme(session, actor, now, sv="Övrigt", strategy_id=plan.id)
    with refused(("sv", "Det finns redan ett tema som heter så på samma ställe")):
        create_theme(session, actor, now, sv="övrigt", strategy_id=plan.id)
    edit_theme(session, actor, now, first, sv="Övrigt", en="Other")
    assert first.en == "Other"


def test_theme_cannot_come_to_stand_under_itself(session, actor, now, plan):
    top = create_theme(session, actor, now, sv="Kultur")
    middle = create_theme(session, actor, now, sv="Dans", parent_id=top.id)
    low = create_theme(session, actor, now, sv="Balett", parent_id=middle.id)
    for above in (top, middle, low):
        with refused(("parent_id", "Välj något annat: så skulle det stå under sig självt")):
            edit_theme(session, actor, now, top, parent_id=above.id)
    edit_theme(session, actor, now, low, parent_id=top.id)


def test_theme_in_use_stays_and_says_by_what(session, actor, now, plan):
    theme = create_theme(session, actor, now, sv="Dans")
    under = create_theme(session, actor, now, sv="Balett", parent_id=theme.id)
    session.add(ForumTheme(forum_id=forum(session).id, theme_id=theme.id))
    session.add(Activity(slug="visning", sv="Visning", kind="utstallning", themes=["dans", "film"]))
    with refused((None, "Det går inte att ta bort, för det används av 1 tema, 1 forum, 1 aktivitet")):
        remove_theme(session, actor, now, theme)
    remove_theme(session, actor, now, under)
    assert session.get(Theme, under.id) is None
    assert history_of(session, "theme", under.id)[0].action == "theme.remove"


@pytest.mark.parametrize("count", [1, 3])
def test_list_is_found_in_both_languages_and_asks_alike_for_few_and_many(session, actor, now, plan, count):
    top = create_theme(session, actor, now, sv="Kultur", strategy_id=plan.id)
    for n in range(count):
        create_theme(session, actor, now, sv=f"Hemslöjd {n}", en="Handicraft", parent_id=top.id)
    session.expunge_all()
    with counted(session) as said:
        lines = themes_for_list(session)
    assert [(line.theme.sv, line.depth) for line in lines] == [
        ("Kultur", 0),
        *((f"Hemslöjd {n}", 1) for n in range(count)),
    ]
    assert [line.under.sv for line in lines] == ["Kulturplanen", *["Kultur"] * count]
    assert len(said) == 3
    assert [line.depth for line in themes_for_list(session, text="HANDICRAFT")] == [0] * count
    assert len(themes_for_list(session, text="hemslojd 0")) == 1
