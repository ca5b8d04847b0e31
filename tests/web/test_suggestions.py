"""Suggesting an item as those who take part do it, and what the secretariat makes of it."""

from __future__ import annotations

from sqlalchemy import select

from scheduler.records.models import AgendaItem, ItemSuggestion
from tests.web.house import House
from tests.web.reading import send, visit


def own(house: House, end: str = "/agenda/suggest") -> str:
    return f"/meetings/{house.world.meetings['own'].id}{end}"


def suggested(house: House, title: str = "Bussarna") -> int:
    page = send(house.visitor("member"), own(house), "title", title=title, text="De är för få i inlandet")
    assert page.status == 200, page.errors
    assert "Förslaget är skickat till sekretariatet." in page.text
    with house.looking() as session:
        return session.scalars(select(ItemSuggestion.id).where(ItemSuggestion.title == title)).one()


def state_of(house: House, suggestion_id: int) -> str:
    with house.looking() as session:
        return session.get_one(ItemSuggestion, suggestion_id).state


def test_from_a_member_to_the_agenda(house_on_both):
    house = house_on_both
    member, secretary = house.visitor("member"), house.visitor()
    assert own(house) in visit(member, own(house, "")).links
    found = suggested(house)
    for page in (own(house), "/me"):
        assert "Bussarna" in visit(member, page).text
        assert "Väntar på sekretariatet" in visit(member, page).text
    here = own(house, f"/agenda/suggestions/{found}")
    assert "en föreslagen punkt" in visit(secretary, "/todo").text
    assert here in visit(secretary, own(house, "/agenda")).links
    page = visit(secretary, here)
    assert "De är för få i inlandet" in page.text
    assert page.form("title").values["title"] == "Bussarna"
    page = send(secretary, here, "title", title="Kollektivtrafiken", answer="Tack")
    assert page.heading.startswith("Dagordning")
    assert "Kollektivtrafiken" in page.text
    assert "Bussarna" not in page.text
    told = visit(member, own(house)).text
    assert "Står på dagordningen" in told
    assert "Svar: Tack" in told
    assert house.latest(1)[0][1] == "suggestion.take_up"


def test_no_with_a_reason_that_the_member_reads(house):
    found = suggested(house)
    here = own(house, f"/agenda/suggestions/{found}")
    secretary = house.visitor()
    page = send(secretary, here, "no-answer")
    assert page.status == 422
    assert page.errors == {"no-answer": "Skriv varför, så att den som föreslog vet"}
    assert state_of(house, found) == "waiting"
    send(secretary, here, "no-answer", **{"no-answer": "Hör till regionen"})
    assert state_of(house, found) == "declined"
    assert "Togs inte upp. Svar: Hör till regionen" in visit(house.visitor("member"), own(house)).text


def test_nothing_typed_is_lost_when_something_is_missing(house):
    member = house.visitor("member")
    page = send(member, own(house), "title", title=" ", text="Det här vill jag inte skriva en gång till")
    assert page.status == 422
    assert page.errors == {"title": "Ange punktens rubrik"}
    assert page.form("title").values["text"] == "Det här vill jag inte skriva en gång till"
    here = own(house, f"/agenda/suggestions/{suggested(house)}")
    page = send(house.visitor(), here, "title", title="", text="Omskriven", minutes="tusen")
    assert page.status == 422
    assert set(page.errors) == {"minutes"}
    assert page.form("title").values["text"] == "Omskriven"


def test_one_takes_ones_own_back_and_nobody_elses(house):
    found = suggested(house)
    path = own(house, f"/agenda/suggestions/{found}/withdraw")
    for other in ("chair", "own secretariat", "administrator"):
        assert house.visitor(other).post(path).status_code == 404
    assert state_of(house, found) == "waiting"
    assert house.visitor("member").post(path).status_code == 303
    assert state_of(house, found) == "withdrawn"
    assert "Bussarna" not in visit(house.visitor("member"), own(house)).text


def test_others_neither_suggest_nor_see(house):
    found = suggested(house)
    for role in ("reader", "organisation contact", "own secretariat", "administrator"):
        visitor = house.visitor(role)
        assert own(house) not in visit(visitor, own(house, "")).links
        assert visitor.get(own(house)).status_code == 303
        assert visitor.post(own(house), {"title": "Min punkt"}).status_code == 404
    for role in ("chair", "reader", "organisation contact"):
        for path in (own(house, ""), own(house, "/agenda"), own(house, "/agenda/suggest")):
            assert "Bussarna" not in visit(house.visitor(role), path).text
        assert house.visitor(role).get(own(house, f"/agenda/suggestions/{found}")).status_code == 403
    with house.looking() as session:
        assert session.scalars(select(AgendaItem.title).where(AgendaItem.title == "Min punkt")).all() == []


def test_two_who_decide_at_once_are_told(house):
    found = suggested(house)
    here = own(house, f"/agenda/suggestions/{found}")
    secretary, other = house.visitor(), house.visitor("administrator")
    token_page = visit(secretary, here).form("title")
    send(other, here, "no-answer", **{"no-answer": "Nej"})
    response = secretary.post(here, token_page.values, token=False)
    assert response.status_code == 422
    assert "Någon har redan tagit ställning till förslaget." in response.get_data(as_text=True)


def test_the_secretariat_says_at_once_whether_the_public_reads_the_item(house):
    found = suggested(house)
    page = send(
        house.visitor(), own(house, f"/agenda/suggestions/{found}"), "title", title="Bussarna", secrecy_ground="21:1"
    )
    assert page.status == 200
    with house.looking() as session:
        item = session.scalars(select(AgendaItem).where(AgendaItem.title == "Bussarna")).one()
        assert (item.public, item.secrecy_ground, item.kind) == (False, "21 kap. 1 § OSL", "discussion")
