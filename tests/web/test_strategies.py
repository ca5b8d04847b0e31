"""Strategies with focus areas, issues and visions, entered and changed as a browser does."""

from __future__ import annotations

from sqlalchemy import select

from scheduler.register.models import FocusArea, Issue, Strategy, Theme, Vision
from tests.web.house import House
from tests.web.reading import read, send, visit


def plan(house: House) -> str:
    return f"/strategies/{house.world.shared['strategy_id']}"


def area(house: House) -> str:
    return f"{plan(house)}/areas/{house.world.shared['area_id']}"


def areas(house: House) -> list[tuple[str, list[str]]]:
    """The focus areas in order, with their issues."""
    with house.looking() as session:
        rows = session.scalars(select(FocusArea).order_by(FocusArea.position))
        return [(row.sv, [issue.sv for issue in row.issues]) for row in rows]


def test_strategy_is_entered_edited_and_listed(house):
    owner = house.world.organisations["own"]
    page = send(
        house.visitor(), "/strategies/new", sv="Agenda 2030", kind="programme", horizon="2030", owner_id=str(owner.id),
        text="Rad ett",
    )  # fmt: skip
    assert (page.heading, "Agenda 2030 är sparad." in page.text) == ("Agenda 2030", True)
    with house.looking() as session:
        row = session.scalars(select(Strategy).where(Strategy.sv == "Agenda 2030")).one()
        assert (row.slug, row.kind, row.horizon, row.owner.name, row.text) == (
            "agenda-2030", "programme", 2030, "Kommunen own", "Rad ett",
        )  # fmt: skip
    page = send(house.visitor(), f"/strategies/{row.id}", sv="Agendan", horizon="")
    assert page.heading == "Agendan"
    page = visit(house.visitor("reader"), "/strategies")
    assert "Kulturplanen ”Alla dansar” Strategi – – Scener Agendan Program – Kommunen own –" in page.text
    assert house.latest(2) == [
        ("Own secretariat", "strategy.create", "Agenda 2030"),
        ("Own secretariat", "strategy.edit", "Agendan"),
    ]


def test_refused_strategy_keeps_what_was_typed(house):
    before = house.changes()
    page = send(house.visitor(), "/strategies/new", sv="", horizon="1", text="Rad ett")
    assert (page.status, page.errors) == (
        422,
        {"sv": "Ange strategins namn", "horizon": "Ange ett heltal mellan 1900 och 2200"},
    )
    assert (page.form("text").values["text"].strip(), house.changes()) == ("Rad ett", before)


def test_who_saves_second_sees_what_was_saved(house):
    visitor = house.visitor()
    opened = [(path, visit(visitor, path).form("sv")) for path in (plan(house), area(house))]
    for path, _form in opened:
        send(house.visitor("other secretariat"), path, sv="Ändrad")
    answers = [visitor.post(path, form.values, token=False) for path, form in opened]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert all("Other secretariat" in answer.get_data(as_text=True) for answer in answers)


def test_focus_areas_are_added_with_issues_edited_and_moved(house):
    page = send(
        house.visitor(), f"{plan(house)}/areas/new", sv="Publik", issues="Fler besök\n\n Kortare köer \nFler besök"
    )
    assert (page.heading, "Publik är sparat." in page.text) == ("Kulturplanen", True)
    assert areas(house) == [("Scener", []), ("Publik", ["Fler besök", "Kortare köer"])]
    with house.looking() as session:
        kept = session.scalars(select(Issue.id).where(Issue.sv == "Kortare köer")).one()
        publik = session.scalars(select(FocusArea.id).where(FocusArea.sv == "Publik")).one()
    send(house.visitor(), f"{plan(house)}/areas/{publik}", issues="Kortare köer\nBättre ljud")
    assert areas(house)[1] == ("Publik", ["Kortare köer", "Bättre ljud"])
    with house.looking() as session:
        assert session.scalars(select(Issue.id).where(Issue.sv == "Kortare köer")).one() == kept
    response = house.visitor().post(f"{plan(house)}/areas/{publik}/move", {"to": "up"})
    assert (response.status_code, [name for name, _ in areas(house)]) == (303, ["Publik", "Scener"])
    house.visitor().post(f"{plan(house)}/areas/{publik}/move", {"to": "up"})
    assert [name for name, _ in areas(house)] == ["Publik", "Scener"]
    assert [action for _, action, _ in house.latest(3)] == ["focus_area.add", "focus_area.edit", "focus_area.move"]
    page = send(house.visitor(), f"{plan(house)}/areas/{publik}", sv="")
    assert (page.status, page.errors) == (422, {"sv": "Ange insatsområdets namn"})


def test_focus_area_is_removed_with_its_issues_unless_a_theme_is_under_it(house):
    send(house.visitor(), area(house), issues="Fler scener")
    with house.changing() as session:
        theme = session.get(Theme, house.world.shared["theme_id"])
        theme.focus_area_id = house.world.shared["area_id"]
    page = read(house.visitor().post(f"{area(house)}/remove"))
    assert (page.status, "används av 1 tema" in page.text) == (422, True)
    page = read(house.visitor().post(f"{plan(house)}/remove"))
    assert (page.status, "används av 1 tema" in page.text) == (422, True)
    with house.changing() as session:
        session.get(Theme, house.world.shared["theme_id"]).focus_area_id = None
    assert house.visitor().post(f"{area(house)}/remove").status_code == 303
    assert areas(house) == []


def test_strategy_is_removed_with_its_focus_areas_and_leaves_its_visions(house):
    send(house.visitor(), area(house), issues="Fler scener")
    page = visit(house.visitor(), house.visitor().post(f"{plan(house)}/remove").headers["Location"])
    assert page.heading == "Strategier och program"
    assert "Visioner utan strategi ”Alla dansar”" in page.text
    with house.looking() as session:
        assert [session.scalars(select(table)).all() for table in (Strategy, FocusArea, Issue)] == [[], [], []]


def test_visions_are_entered_edited_and_removed(house):
    strategy_id = house.world.shared["strategy_id"]
    page = send(house.visitor(), f"/visions/new?strategy={strategy_id}", sv="Alla sjunger", horizon="2040")
    assert (page.heading, "Alla sjunger Till år 2040" in page.text) == ("Kulturplanen", True)
    with house.looking() as session:
        vision = session.scalars(select(Vision).where(Vision.sv == "Alla sjunger")).one()
    page = send(house.visitor(), f"/visions/{vision.id}", sv="", strategy_id="")
    assert (page.status, page.errors) == (422, {"sv": "Skriv visionen"})
    page = send(house.visitor(), f"/visions/{vision.id}", strategy_id="")
    assert "Visioner utan strategi ”Alla sjunger”" in page.text
    house.visitor().post(f"/visions/{vision.id}/remove")
    with house.looking() as session:
        assert session.get(Vision, vision.id) is None


def test_focus_area_of_another_strategy_is_not_found(house):
    with house.changing() as session:
        other = Strategy(slug="annan", sv="En annan")
        session.add(other)
        session.flush()
        path = f"/strategies/{other.id}/areas/{house.world.shared['area_id']}"
    visitor = house.visitor()
    answers = [visitor.get(path), *(visitor.post(f"{path}/{step}") for step in ("move", "remove"))]
    missing = [visitor.get(p) for p in ("/strategies/999999", "/strategies/999999/areas/new", "/visions/999999")]
    assert [answer.status_code for answer in answers + missing] == [404] * 6


def test_english_page(house):
    with house.changing() as session:
        session.get(type(house.world.users["own secretariat"]), house.world.users["own secretariat"].id).language = "en"
    assert visit(house.visitor(), "/strategies").heading == "Strategies and programmes"
    assert "Focus areas" in visit(house.visitor(), plan(house)).text


def test_removed_strategy_comes_back_whole(house):
    send(house.visitor(), area(house), issues="Fler scener\nFler salar")
    visitor = house.visitor()
    page = visit(visitor, visitor.post(f"{plan(house)}/remove").headers["Location"])
    [undo] = [action for action in page.actions() if action.endswith("/undo")]
    visitor.post(undo)
    assert areas(house) == [("Scener", ["Fler scener", "Fler salar"])]
    assert "Alla dansar" in visit(house.visitor(), plan(house)).text
