"""What a draft answers, through HTTP: what must be decided, how good it is, what differs, why not; and to whom."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from scheduler.db import db
from scheduler.drafts.actions import move_planned
from scheduler.drafts.models import Draft
from scheduler.drafts.queries import draft_with_meetings
from scheduler.drafts.translating import pack, unpack
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.planning import ACTOR, YEAR, county, planned, rows_of, run_next, version_of
from tests.web.reading import read, visit
from tests.web.world import ROLES

#: Of the county's schools, when nobody wants to meet.
BREAK = date(YEAR, 3, 10)


def onto(house: House, draft_id: int, row_id: int, on: date) -> None:
    """Moves a meeting by hand."""
    with house.changing() as session:
        draft = draft_with_meetings(session, draft_id)
        row = next(one for one in draft.meetings if one.id == row_id)
        move_planned(session, ACTOR, NOW, row, on=on, start=row.start, place_id=row.place_id, town=row.town)


def spring(house: House, draft_id: int) -> tuple[int, int, date]:
    """The meeting nearest to the break."""
    return min(rows_of(house, draft_id), key=lambda row: abs((row[2] - BREAK).days))


def contradict(house: House, draft_id: int, forum_id: int) -> None:
    """Lets the problem the draft was solved on ask more of a forum than it allows."""
    with house.changing() as session:
        draft = session.get_one(Draft, draft_id)
        problem = unpack(draft.problem)
        draft.problem = pack(
            problem
            | {
                "forums": [
                    one | {"min_meetings": 9, "target_meetings": 9, "max_meetings": 8}
                    if one["id"] == f"f{forum_id}"
                    else one
                    for one in problem["forums"]
                ]
            }
        )
        draft.version += 1


# ---------------------------------------------------------------- what must be decided


def test_a_clash_is_told_and_moved_to_the_best_day_without(house_on_both):
    house = house_on_both
    draft_id = planned(house, county(house))
    row_id, forum_id, _on = spring(house, draft_id)
    onto(house, draft_id, row_id, BREAK)
    anna = house.visitor()
    page = visit(anna, f"/plan/{YEAR}/conflicts")
    assert page.heading == "Behöver beslut"
    assert "1 möte krockar." in page.text
    assert "Sportlov den dagen." in page.text
    form = page.form("on", "start", "room", "version")
    assert form.action == f"/drafts/{draft_id}/conflicts/{row_id}"
    best = form.values["on"]
    after = read(anna.get(anna.post(form.action, form.values, token=False).headers["Location"]))
    assert "är flyttat till" in after.text
    assert "Inget i förslaget krockar" in after.text
    assert (row_id, forum_id, date.fromisoformat(best)) in rows_of(house, draft_id)
    assert house.latest(1)[0][:2] == ("Own secretariat", "draft.move")


def test_what_was_shown_is_no_longer_so(house):
    draft_id = planned(house, county(house))
    row_id, _forum, _on = spring(house, draft_id)
    onto(house, draft_id, row_id, BREAK)
    anna = house.visitor()
    form = visit(anna, f"/plan/{YEAR}/conflicts").form("on", "room")
    where = f"/drafts/{draft_id}/conflicts/{row_id}"
    # Somebody else has changed the draft meanwhile.
    other = next(row for row in rows_of(house, draft_id) if row[0] != row_id)
    onto(house, draft_id, other[0], date(YEAR, 12, 15))
    before = rows_of(house, draft_id)
    page = read(anna.get(anna.post(where, form.values, token=False).headers["Location"]))
    assert "någon annan har ändrat förslaget" in page.text
    values = {**form.values, "version": str(version_of(house, draft_id))}
    for wrong in ({"on": "2027-12-25"}, {"on": "x"}, {"start": "1"}, {"room": "r999"}):
        page = read(anna.get(anna.post(where, {**values, **wrong}, token=False).headers["Location"]))
        assert "Dagen är inte längre ledig" in page.text
    assert rows_of(house, draft_id) == before


def test_a_forum_whose_rules_contradict_each_other_is_told_with_what_helps(house):
    ids = county(house)
    draft_id = planned(house, ids)
    contradict(house, draft_id, ids[0])
    anna = house.visitor()
    page = visit(anna, f"/plan/{YEAR}/conflicts?draft={draft_id}")
    assert "1 forum saknar möten." in page.text
    assert "Forumets egna krav går inte ihop." in page.text
    assert f"/drafts/{draft_id}/forums/beredningen" in page.links
    page = visit(anna, f"/drafts/{draft_id}/forums/beredningen")
    assert "4 av minst 9 möten har fått plats 2027." in page.text
    assert "Högst 8 möten" in page.text
    assert "Minst 9 möten" in page.text
    assert "Tillåt 9 möten" in page.text
    assert "Nöj dig med 8 möten" in page.text
    with pytest.raises(AssertionError):
        assert "Varför det inte går" in visit(anna, f"/drafts/{draft_id}/forums/styrelsen").text


def test_a_seat_that_is_in_the_way_is_called_by_its_name(house):
    ids = county(house, 1)
    draft_id = planned(house, ids)
    with house.changing() as session:
        draft = session.get_one(Draft, draft_id)
        problem = unpack(draft.problem)
        days = [(date(YEAR, 1, 1) + timedelta(days=n)).isoformat() for n in range(365)]
        chair = next(seat["holder"] for seat in problem["forums"][0]["seats"] if seat["required"])
        for person in problem["persons"]:
            if person["id"] == chair:
                person["busy"] = [[day, 0, 1440] for day in days]
        draft.problem = pack(problem)
        draft.meetings.clear()
        draft.version += 1
    page = visit(house.visitor(), f"/drafts/{draft_id}/forums/beredningen")
    assert "Platsen Plats 1 fylld av Maja Påhittad" in page.text
    assert re.search(r"Plats 1 Maja Påhittad kan inte \d+ av \d+ dagar", page.text)
    assert not re.search(r"\bs\d+\b", page.text)


# ---------------------------------------------------------------- how good it is


def test_quality_is_told_in_words_and_never_as_the_best(house):
    draft_id = planned(house, county(house))
    page = visit(house.visitor(), f"/drafts/{draft_id}/quality")
    assert re.search(r"Högst [\d,]+ % från det bästa möjliga\.", page.text)
    assert "Samordningens pris" in page.text
    assert "optimal" not in page.text.lower()
    row_id, _forum, _on = spring(house, draft_id)
    onto(house, draft_id, row_id, BREAK)
    moved = visit(house.visitor(), f"/drafts/{draft_id}/quality")
    assert "1 möte på lov eller klämdag" in moved.text
    percents = [
        float(re.search(r"Högst ([\d,]+) %", text)[1].replace(",", ".")) for text in (page.text, moved.text)
    ]  # fmt: skip
    assert percents[1] > percents[0]


def test_a_run_that_came_to_nothing_says_so_on_every_page(house):
    draft_id = house.world.parts["own"]["draft_id"]
    anna = house.visitor()
    for path in ("quality", "forums/own-forum"):
        assert "Inget resultat än" in visit(anna, f"/drafts/{draft_id}/{path}").text
    assert "Inga förslag 2027 än" in visit(anna, f"/plan/{YEAR}/conflicts").text
    assert visit(anna, f"/drafts/{draft_id}/forums/foreign-forum").status == 404


# ---------------------------------------------------------------- others beside it


def test_three_alternatives_are_made_at_a_press_and_compared(house):
    draft_id = planned(house, county(house))
    anna = house.visitor()
    press = f"/drafts/{draft_id}/alternatives"
    assert press in visit(anna, f"/drafts/{draft_id}/quality").actions()
    page = visit(anna, anna.post(press).headers["Location"])
    assert "3 alternativ räknas ett i taget." in page.text
    assert page.text.count("Väntar på tur") == 3
    assert "räknas redan" in visit(anna, anna.post(press).headers["Location"]).text
    made = [run_next(house) for _each in range(3)]
    page = visit(anna, f"/drafts/compare?a={draft_id}&b={made[1]}")
    [percent] = re.findall(r"(\d+) % av datumen skiljer sig\.", page.text)
    assert int(percent) >= 20
    assert "Poäng i allt" in page.text
    both = {on for _id, _forum, on in rows_of(house, draft_id)}, {on for _id, _forum, on in rows_of(house, made[1])}
    html = anna.get(f"/drafts/compare?a={draft_id}&b={made[1]}").get_data(as_text=True)
    assert bool(re.findall("<del>", html)) == bool(both[0] - both[1])
    assert bool(re.findall("<ins>", html)) == bool(both[1] - both[0])


def test_what_cannot_be_compared(house):
    ids = county(house)
    draft_id = planned(house, ids)
    later = planned(house, ids, year=YEAR + 1)
    anna = house.visitor()
    assert anna.get(f"/drafts/compare?a={draft_id}&b={later}").status_code == 404
    assert "Det finns inte två förslag" in visit(anna, f"/drafts/compare?year={YEAR + 2}").text
    assert visit(anna, f"/drafts/compare?a={draft_id}&b={draft_id}").status == 200
    assert anna.get("/drafts/compare?a=999999").status_code == 404


# ---------------------------------------------------------------- to whom


@pytest.mark.parametrize("role", ROLES)
def test_a_draft_is_shown_to_those_who_plan_all_its_forums(house, role):
    ids = county(house)
    own = planned(house, ids)
    mixed = planned(house, [*ids, house.world.forums["foreign"].id])
    visitor = house.visitor(role)
    sees = {own: role in {"own secretariat", "administrator"}, mixed: role == "administrator"}
    for draft_id, may in sees.items():
        for path in ("quality", "forums/beredningen"):
            found = visitor.get(f"/drafts/{draft_id}/{path}").status_code
            assert found == 200 if may else found in {403, 404}, (path, found)
        row_id = rows_of(house, draft_id)[0][0]
        for path in (f"conflicts/{row_id}", "alternatives"):
            if not may:
                assert visitor.post(f"/drafts/{draft_id}/{path}").status_code in {403, 404}
    shown = visitor.get(f"/plan/{YEAR}/conflicts?draft={mixed}")
    assert (shown.status_code == 200) == (role == "administrator")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_pages_speak_the_readers_language(house, language):
    draft_id = planned(house, county(house))
    row_id, _forum, _on = spring(house, draft_id)
    onto(house, draft_id, row_id, BREAK)
    anna = house.visitor()
    anna.post("/language", {"language": language})
    page = visit(anna, f"/plan/{YEAR}/conflicts")
    assert page.heading == {"sv": "Behöver beslut", "en": "Needs a decision"}[language]
    page = visit(anna, f"/drafts/{draft_id}/quality")
    assert {"sv": "från det bästa möjliga", "en": "from the best possible"}[language] in page.text


def test_pages_ask_as_many_questions_whatever_the_number_of_forums(house):
    few, many = (planned(house, county_ids) for county_ids in _two_counties(house))
    anna = house.visitor()
    with house.app.app_context():
        engine = db.engine
    for path in ("/drafts/{}/quality", f"/plan/{YEAR}/conflicts?draft={{}}", "/drafts/compare?a={}&b=" + str(few)):
        counts = []
        for draft_id in (few, many):
            anna.get(path.format(draft_id))
            with count_queries(engine) as sent:
                assert anna.get(path.format(draft_id)).status_code == 200
            counts.append(len(sent))
        # Comparing a draft with itself asks for one draft less.
        assert counts[0] <= counts[1] <= counts[0] + (4 if "compare" in path else 0), path


def _two_counties(house: House) -> tuple[list[int], list[int]]:
    ids = county(house, 6)
    return ids[:2], ids
