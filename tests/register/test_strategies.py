"""Strategies, focus areas, issues and visions: entered, ordered, taken away; on both databases."""

from __future__ import annotations

from sqlalchemy import func, select

from scheduler.history.queries import history_of
from scheduler.register.models import FocusArea, Issue, Strategy, Vision
from scheduler.register.strategies import (
    add_focus_area,
    create_strategy,
    create_vision,
    edit_focus_area,
    edit_strategy,
    edit_vision,
    move_focus_area,
    remove_focus_area,
    remove_strategy,
    remove_vision,
)
from scheduler.register.themes import create_theme
from tests.organisations.making import kinds, organisation, refused


def names(strategy):
    return [area.sv for area in strategy.focus_areas]


def test_strategy_is_kept_and_edited(session, actor, now):
    kinds(session)
    region = organisation(session)
    plan = create_strategy(session, actor, now, sv="Agenda 2030", kind="programme", horizon=2030, owner_id=region.id)
    assert (plan.slug, plan.kind, plan.owner) == ("agenda-2030", "programme", region)
    edit_strategy(session, actor, now, plan, owner_id=None, text="Mål")
    entry = history_of(session, "strategy", plan.id)[0]
    assert (entry.before, entry.after) == ({"owner": "Region Norrbotten", "text": None}, {"owner": None, "text": "Mål"})


def test_strategy_says_all_that_is_wrong(session, actor, now):
    with refused(
        ("sv", "Ange strategins namn"),
        ("kind", "Välj något i listan"),
        ("horizon", "Ange ett heltal mellan 1900 och 2200"),
        ("owner_id", "Välj något i listan"),
    ):
        create_strategy(session, actor, now, sv="", kind="dröm", horizon=20, owner_id=9999)


def test_focus_areas_stand_in_order_and_their_changes_with_the_strategy(session, actor, now):
    plan = create_strategy(session, actor, now, sv="Planen")
    first, _second, third = (add_focus_area(session, actor, now, plan, sv=name) for name in ("Ett", "Två", "Tre"))
    move_focus_area(session, actor, now, third, up=True)
    move_focus_area(session, actor, now, first, up=False)
    assert names(plan) == ["Tre", "Ett", "Två"]
    before = len(history_of(session, "strategy", plan.id))
    move_focus_area(session, actor, now, third, up=True)
    assert (names(plan), len(history_of(session, "strategy", plan.id))) == (["Tre", "Ett", "Två"], before)
    remove_focus_area(session, actor, now, first)
    assert names(plan) == ["Tre", "Två"]
    assert [entry.action for entry in history_of(session, "strategy", plan.id, limit=3)] == [
        "focus_area.remove", "focus_area.move", "focus_area.move",
    ]  # fmt: skip


def test_issues_keep_their_rows_while_their_text_stays(session, actor, now):
    plan = create_strategy(session, actor, now, sv="Planen")
    area = add_focus_area(session, actor, now, plan, sv="Ett", issues=["a", "b", "", "a"])
    kept = {issue.sv: issue.id for issue in area.issues}
    edit_focus_area(session, actor, now, area, issues=["c", "b"])
    assert [(issue.sv, issue.position) for issue in area.issues] == [("c", 0), ("b", 1)]
    assert area.issues[1].id == kept["b"]
    entry = history_of(session, "strategy", plan.id)[0]
    assert (entry.action, entry.before["issues"], entry.after["issues"]) == ("focus_area.edit", ["a", "b"], ["c", "b"])
    edit_focus_area(session, actor, now, area, sv="Ett igen")
    assert [issue.sv for issue in area.issues] == ["c", "b"]
    with refused(("issues", "Högst 1000 tecken")):
        edit_focus_area(session, actor, now, area, issues=["x" * 1001])


def test_strategy_in_use_stays_with_its_focus_areas(session, actor, now):
    plan = create_strategy(session, actor, now, sv="Planen")
    area = add_focus_area(session, actor, now, plan, sv="Ett", issues=["a"])
    theme = create_theme(session, actor, now, sv="Dans", focus_area_id=area.id)
    create_theme(session, actor, now, sv="Film", strategy_id=plan.id)
    with refused((None, "Det går inte att ta bort, för det används av 2 teman")):
        remove_strategy(session, actor, now, plan)
    with refused((None, "Det går inte att ta bort, för det används av 1 tema")):
        remove_focus_area(session, actor, now, area)
    assert theme.focus_area_id == area.id


def test_strategy_goes_with_its_focus_areas_and_leaves_its_visions(session, actor, now):
    plan = create_strategy(session, actor, now, sv="Planen")
    add_focus_area(session, actor, now, plan, sv="Ett", issues=["a", "b"])
    vision = create_vision(session, actor, now, sv="Alla dansar", strategy_id=plan.id)
    remove_strategy(session, actor, now, plan)
    counts = [session.scalar(select(func.count()).select_from(table)) for table in (Strategy, FocusArea, Issue)]
    assert counts == [0, 0, 0]
    session.refresh(vision)
    assert vision.strategy_id is None


def test_vision_is_kept_edited_and_removed(session, actor, now):
    plan = create_strategy(session, actor, now, sv="Planen")
    with refused(("sv", "Skriv visionen"), ("strategy_id", "Välj något i listan")):
        create_vision(session, actor, now, sv="", strategy_id=9999)
    vision = create_vision(session, actor, now, sv="Alla dansar", horizon=2040)
    edit_vision(session, actor, now, vision, strategy_id=plan.id)
    assert history_of(session, "vision", vision.id)[0].after == {"strategy": "Planen"}
    remove_vision(session, actor, now, vision)
    assert session.get(Vision, vision.id) is None
