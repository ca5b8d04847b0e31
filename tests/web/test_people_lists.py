"""Many people pasted at once: what is shown before anything is saved, what is saved, what is refused and kept."""

from __future__ import annotations

from sqlalchemy import func, select

from scheduler.organisations.models import Organisation, Person
from tests.web.reading import read, send, visit

PATH = "/people/list"
LIST = "Åsa Öberg\tasa@example.org\tKommunen own\nBo Ek\tbo@example.org\tLappfors bibliotek"


def counts(house) -> list[int | None]:
    with house.looking() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in (Person, Organisation)]


def look(visitor, **given):
    return send(visitor, PATH, "lines", step="preview", **given)


def press(visitor, page, step, **given):
    """Presses a button of the preview, and follows where it leads."""
    answer = visitor.post(PATH, {**page.form("lines").values, "step": step, **given}, token=False)
    return visit(visitor, answer.headers["Location"]) if answer.status_code == 303 else read(answer)


def test_effect_is_shown_and_nothing_saved(house):
    before = counts(house)
    page = look(house.visitor(), lines=LIST, kind_id="bibliotek")
    assert page.status == 200
    assert "2 nya personer läggs in i registret." in page.text
    assert "1 ny organisation läggs in: Lappfors bibliotek." in page.text
    assert counts(house) == before


def test_list_is_entered_and_the_same_list_again_changes_nothing(house):
    people, organisations = counts(house)
    visitor = house.visitor()
    page = press(visitor, look(visitor, lines=LIST, kind_id="bibliotek"), "enter")
    assert "2 personer är inlagda. 1 organisation är ny." in page.text
    assert counts(house) == [people + 2, organisations + 1]
    with house.looking() as session:
        row = session.scalars(select(Person).where(Person.family_name == "Öberg")).one()
        assert row.organisation_id == house.world.organisations["own"].id
    again = look(visitor, lines=LIST, kind_id="bibliotek")
    assert "Ingen är ny. Inget ändras." in again.text
    assert "2 finns redan och lämnas som de är." in again.text


def test_whole_list_is_undone_at_once(house):
    before = counts(house)
    visitor = house.visitor()
    page = press(visitor, look(visitor, lines=LIST, kind_id="bibliotek"), "enter")
    [undo] = [action for action in page.actions() if action.endswith("/undo")]
    assert visitor.post(undo).status_code == 303
    assert counts(house) == before


def test_what_cannot_be_is_told_at_the_list_and_the_list_kept(house):
    before = counts(house)
    page = look(house.visitor(), lines="Åsa Öberg\tasa@\nEnsam")
    assert page.status == 422
    assert (
        "Rad 1: asa@ är ingen e-postadress. Rad 2: skriv både förnamn och efternamn för Ensam" in page.errors["lines"]
    )
    assert page.form("lines").values["lines"] == "Åsa Öberg\tasa@\nEnsam"
    assert counts(house) == before


def test_list_that_no_longer_holds_stores_nothing(house):
    visitor = house.visitor()
    page = look(visitor, lines=LIST, kind_id="bibliotek")
    before = counts(house)
    assert press(visitor, page, "enter", kind_id="").status == 422
    assert counts(house) == before


def test_list_can_be_changed_after_the_effect_was_seen(house):
    visitor = house.visitor()
    values = press(visitor, look(visitor, lines=LIST, kind_id="bibliotek"), "edit").form("lines").values
    assert (values["lines"], values["kind_id"]) == (LIST, "bibliotek")


def test_organisation_of_the_address_is_chosen_beforehand(house):
    organisation = str(house.world.organisations["own"].id)
    form = visit(house.visitor(), f"{PATH}?organisation={organisation}").form("lines")
    assert form.values["organisation_id"] == organisation
