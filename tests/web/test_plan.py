"""The plan board through HTTP: asking for a draft, its board, what is done on it, booking, and each refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scheduler.accounts.models import User
from scheduler.db import db
from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.drafts.problem import problem_of
from scheduler.drafts.translating import pack
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.i18n import date_text
from scheduler.mail.models import OutboxMail
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Person
from scheduler.places.models import BlockedPeriod
from tests.conftest import NOW
from tests.meetings.county import LONG_AGO
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, send, visit

#: Tuesdays of 2027, clear of holidays and breaks.
DAYS = ("2027-02-02", "2027-05-04", "2027-09-07", "2027-11-23")
HTMX = {"HX-Request": "true"}


def forums(house: House, count: int) -> list[int]:
    """So many forums of the own secretariat that must meet four times, with a chair and a member they share."""
    with house.changing() as session:
        keeper = session.get_one(Forum, house.world.forums["own"].id).secretariat_id
        chair, member = (Person(given_name=name, family_name="Påhittad") for name in ("Maja", "Rolf"))
        session.add_all([chair, member])
        session.flush()
        made = []
        for n in range(count):
            forum = Forum(
                slug=f"rad-{n}", name=f"Rådet {n}", kind_id="natverk", secretariat_id=keeper, tracked_from_on=LONG_AGO,
                duration=90,
            )  # fmt: skip
            forum.cadences.append(CadenceVersion(kind="count", min=4, max=5, target=4, period="year"))
            session.add(forum)
            session.flush()
            for position, (who, function) in enumerate([(chair, "chair"), (member, "member")]):
                seat = Seat(forum_id=forum.id, kind="ordinary", position=position, label=f"Plats {position + 1}")
                seat.appointments.append(Appointment(person_id=who.id, from_on=LONG_AGO, function=function))
                session.add(seat)
            made.append(forum.id)
        return made


def lay(house: House, days: Mapping[int, Sequence[str]], *, scope: str | None = None) -> int:
    """A draft that is ready, with these days of each forum at ten."""
    with house.changing() as session:
        keeper = session.get_one(Forum, house.world.forums["own"].id).secretariat_id
        problem = problem_of(session, 2027, NOW.date(), time_zone="Europe/Stockholm", forum_ids=list(days))
        draft = Draft(
            year=2027, scope=scope or f"o{keeper}", name="Balanserad", profile="balanced", seconds=2, state="ready",
            created_at=NOW, finished_at=NOW, problem=pack(problem), outcome={"cost": 1, "terms": {}},
            forum_rows=[DraftForum(forum_id=forum_id) for forum_id in days],
        )  # fmt: skip
        for forum_id, own in days.items():
            seats = session.scalars(select(Seat).where(Seat.forum_id == forum_id).order_by(Seat.position)).all()
            for day in own:
                draft.meetings.append(
                    DraftMeeting(
                        forum_id=forum_id, on=date.fromisoformat(day), start=600, duration=90, town="Luleå",
                        seats={str(seat.id): seat.appointments[0].person_id for seat in seats},
                    )
                )  # fmt: skip
        session.add(draft)
        session.flush()
        return draft.id


def stored(house: House, draft_id: int) -> list[tuple[str, bool, bool]]:
    """The draft's meetings in order: day, whether locked, whether booked."""
    with house.looking() as session:
        draft = session.get_one(Draft, draft_id)
        rows = sorted(draft.meetings, key=lambda row: (row.on, row.forum_id))
        return [
            (row.on.isoformat(), row.locked, row.meeting is not None and row.meeting.state == "confirmed")
            for row in rows
        ]


def ids(house: House, draft_id: int) -> list[int]:
    with house.looking() as session:
        return [row.id for row in sorted(session.get_one(Draft, draft_id).meetings, key=lambda row: row.on)]


@pytest.fixture
def laid(house: House) -> tuple[int, list[int]]:
    """A draft of one forum on ``DAYS``, and its meetings."""
    [forum_id] = forums(house, 1)
    draft_id = lay(house, {forum_id: DAYS})
    return draft_id, ids(house, draft_id)


# ---------------------------------------------------------------- asking for one


def test_year_that_is_planned_is_empty_and_offers_ones_own_forums_alone(house):
    forums(house, 2)
    response = house.visitor().get("/plan")
    assert response.headers["Location"] == "/plan/2027"
    page = visit(house.visitor(), "/plan/2027")
    assert page.heading == "Planera 2027"
    assert "Inga möten 2027 än. Låt Takt föreslå datum, eller boka det första själv." in page.text
    form = page.form("forum_ids", "profile")
    assert "Rådet 1" in page.text
    assert "Forumet foreign" not in page.text
    # All are chosen to begin with.
    assert form.values["forum_ids"] == form.options["forum_ids"]


def test_draft_is_asked_for_and_its_run_can_be_stopped(house):
    forums(house, 1)
    page = send(house.visitor(), "/plan/2027/new", "forum_ids", seconds="2", name="Höstens")
    assert (page.status, page.heading) == (200, "Planera 2027")
    assert "Börjar strax" in page.text
    with house.looking() as session:
        draft = session.scalars(select(Draft).where(Draft.year == 2027)).one()
        keeper = session.get_one(Forum, house.world.forums["own"].id).secretariat_id
        assert (draft.state, draft.scope, draft.name, draft.seconds) == ("waiting", f"o{keeper}", "Höstens", 2)
    body = house.visitor().get(f"/drafts/{draft.id}").get_data(as_text=True)
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in body
    part = house.visitor().get(f"/drafts/{draft.id}?part=progress", headers=HTMX)
    assert 'hx-trigger="every 1s"' in part.get_data(as_text=True)
    assert "<h1>" not in part.get_data(as_text=True)
    again = send(house.visitor(), "/plan/2027/new", "forum_ids")
    assert (again.status, "räknas redan" in again.text) == (422, True)
    assert house.visitor().post(f"/drafts/{draft.id}/stop").status_code == 303
    assert "blev inte klart" in visit(house.visitor(), f"/drafts/{draft.id}").text
    done = house.visitor().get(f"/drafts/{draft.id}?part=progress", headers=HTMX)
    assert done.headers["HX-Refresh"] == "true"


def test_run_says_how_it_stands(house):
    draft_id = lay(house, dict.fromkeys(forums(house, 1), ()))
    with house.changing() as session:
        draft = session.get_one(Draft, draft_id)
        draft.state, draft.progress, draft.seconds = "running", {"seconds": 3.4, "cost": None, "unplaced": 2}, 10
    text = visit(house.visitor(), f"/drafts/{draft_id}").text
    assert "3 av 10 sekunder. 2 forum saknar plats än så länge." in text
    assert "Avbryt och behåll det bästa hittills" in text


def test_forum_of_another_is_not_planned(house):
    own = forums(house, 1)
    foreign = house.world.forums["foreign"].id
    page = send(house.visitor(), "/plan/2027/new", "forum_ids", forum_ids=[str(own[0]), str(foreign)])
    assert page.status == 422
    with house.looking() as session:
        assert session.scalars(select(Draft).where(Draft.year == 2027)).all() == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"forum_ids": []}, "Välj minst ett forum"),
        ({"name": "x" * 201}, "Högst 200"),
        ({"seconds": "7"}, "Välj ett av"),
    ],
)
def test_wrong_form_comes_back_with_its_errors(house, given, said):
    forums(house, 1)
    page = send(house.visitor(), "/plan/2027/new", "forum_ids", **given)
    assert page.status == 422
    assert said in page.text


def test_reckoning_anew_starts_from_a_draft(house, laid):
    draft_id, _rows = laid
    page = visit(house.visitor(), f"/plan/2027/new?from={draft_id}&task=mend")
    form = page.form("made_from", "task")
    assert (form.values["made_from"], form.values["task"]) == (str(draft_id), "mend")
    send(house.visitor(), f"/plan/2027/new?from={draft_id}&task=mend", "made_from")
    with house.looking() as session:
        made = session.scalars(select(Draft).order_by(Draft.id.desc()).limit(1)).one()
        assert (made.made_from_id, made.task) == (draft_id, "mend")


# ---------------------------------------------------------------- the board


def test_board_shows_each_meeting_by_week_and_says_the_situation(house, laid):
    draft_id, rows = laid
    page = visit(house.visitor(), "/plan/2027")
    assert "Förslag på 4 möten för ett forum. Inget krockar." in page.text
    assert "4 av 4–5" in page.text
    assert "v. 5 , tis 2 februari, förslag" in page.text
    assert f"?meeting={rows[0]}#inspect" in page.links
    assert f"/drafts/{draft_id}/accept" in page.links
    chosen = visit(house.visitor(), f"/drafts/{draft_id}?meeting={rows[1]}")
    assert "tisdag 4 maj 2027, v. 18" in chosen.text
    assert "Maja Påhittad, som måste vara med, är ledig." in chosen.text
    assert "Plats 1" in chosen.text


def test_board_speaks_english(house, laid):
    draft_id, rows = laid
    with house.changing() as session:
        session.get_one(User, house.world.users["own secretariat"].id).language = "en"
    page = visit(house.visitor(), f"/drafts/{draft_id}?meeting={rows[0]}")
    assert page.heading == "Plan 2027"
    assert "Nothing clashes." in page.text
    body = house.visitor().get(f"/drafts/{draft_id}").get_data(as_text=True)
    assert "<span lang=sv>Rådet 0</span>" in body


def test_draft_of_another_secretariat_looks_like_a_missing_one(house, laid):
    draft_id, rows = laid
    other = house.visitor("other secretariat")
    missing = other.get("/drafts/999999")
    for path in (f"/drafts/{draft_id}", f"/drafts/{draft_id}/accept", f"/drafts/{draft_id}/delete"):
        assert other.get(path).status_code == missing.status_code == 404
    assert other.post(f"/drafts/{draft_id}/meetings/{rows[0]}/lock").status_code == 404
    assert f"/drafts/{draft_id}" not in visit(other, "/plan/2027").links
    assert house.visitor("member").get("/plan/2027").status_code == 403
    assert [locked for _day, locked, _booked in stored(house, draft_id)] == [False] * 4


def test_search_and_choices_narrow_the_board(house):
    first, second = forums(house, 2)
    draft_id = lay(house, {first: DAYS, second: ["2027-03-10", "2027-06-08", "2027-08-31", "2027-11-30"]})
    visitor = house.visitor()
    found = visit(visitor, f"/drafts/{draft_id}?q=rådet 0")
    assert "tis 2 februari" in found.text
    assert "ons 10 mars" not in found.text
    clashes = visit(visitor, f"/drafts/{draft_id}?only=clashes")
    # 10 March is in the winter break.
    assert "ons 10 mars, krock" in clashes.text
    # What must be decided is chosen by itself.
    assert "onsdag 10 mars 2027, v. 10" in clashes.text
    assert "onsdag 10 mars 2027, v. 10" in clashes.text  # what must be decided is chosen by itself
    assert "tis 2 februari" not in clashes.text
    assert "Inga träffar på ”polarbib”." in visit(visitor, f"/drafts/{draft_id}?q=polarbib").text


def test_board_asks_the_database_as_often_for_two_forums_as_for_eight(house):
    made = forums(house, 8)
    few = lay(house, dict.fromkeys(made[:2], DAYS))
    many = lay(house, {forum_id: [(date.fromisoformat(day) + timedelta(days=n)).isoformat() for day in DAYS]
                       for n, forum_id in enumerate(made)})  # fmt: skip
    counts = []
    for draft_id in (few, many):
        row = ids(house, draft_id)[0]
        visitor = house.visitor()
        visitor.get(f"/drafts/{draft_id}?meeting={row}")
        with house.app.app_context(), count_queries(db.engine) as sent:
            assert visitor.get(f"/drafts/{draft_id}?meeting={row}").status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_name_that_is_protected_meanwhile_is_told_no_more(house, laid):
    draft_id, rows = laid
    path = f"/drafts/{draft_id}?meeting={rows[0]}"
    assert "Rolf Påhittad" in visit(house.visitor(), path).text
    with house.changing() as session:
        session.scalars(select(Person).where(Person.given_name == "Rolf")).one().protected = True
    assert "Rolf Påhittad" not in visit(house.visitor(), path).text


# ---------------------------------------------------------------- what is done on it


def press(house: House, draft_id: int, row: int, act: str, **given: object):
    """The act as its form on the page sends it."""
    visitor = house.visitor()
    page = visit(visitor, f"/drafts/{draft_id}?meeting={row}")
    [form] = [form for form in page.forms if form.action.endswith(f"/meetings/{row}/{act}")][:1]
    response = visitor.post(form.action, {**form.values, **given}, token=False)
    return visit(visitor, response.headers["Location"]) if response.status_code == 303 else read(response)


def test_acts_on_the_board_and_each_taken_back(house_on_both):
    house = house_on_both
    [forum_id] = forums(house, 1)
    draft_id = lay(house, {forum_id: DAYS})
    rows = ids(house, draft_id)
    before = stored(house, draft_id)

    def take_back() -> str:
        visitor = house.visitor()
        page = visit(visitor, f"/drafts/{draft_id}")
        [form] = [form for form in page.forms if form.action.endswith("/undo")]
        return visit(visitor, visitor.post(form.action, form.values, token=False).headers["Location"]).text

    assert "är låst" in press(house, draft_id, rows[0], "lock").text
    assert stored(house, draft_id)[0] == ("2027-02-02", True, False)
    page = press(house, draft_id, rows[1], "move", week="19")
    moved = stored(house, draft_id)[1][0]
    assert date.fromisoformat(moved).isocalendar().week == 19
    assert f"Rådet 0 är flyttat till {date_text(date.fromisoformat(moved))}." in page.text
    press(house, draft_id, rows[2], "drop")
    assert len(stored(house, draft_id)) == 3
    assert "är bokat" in press(house, draft_id, rows[3], "accept").text
    assert stored(house, draft_id)[-1] == ("2027-11-23", False, True)
    send(house.visitor(), f"/drafts/{draft_id}/add/{forum_id}", "to", on="2027-06-15")
    assert [day for day, *_rest in stored(house, draft_id)] == ["2027-02-02", moved, "2027-06-15", "2027-11-23"]
    for _step in range(5):
        assert "Ändringen är ångrad." in take_back()
    assert stored(house, draft_id) == before
    assert house.latest(1)[0][1] == "draft.undo"
    nothing = house.visitor().post(f"/drafts/{draft_id}/undo")
    assert nothing.status_code == 422
    assert "Det finns inget att ångra." in nothing.get_data(as_text=True)


def test_alternative_is_taken_with_who_comes_then(house, laid):
    draft_id, rows = laid
    page = visit(house.visitor(), f"/drafts/{draft_id}?meeting={rows[1]}")
    [form] = [form for form in page.forms if "to" in form.options]
    chosen = form.options["to"][0]
    press(house, draft_id, rows[1], "move", to=chosen, week="")
    with house.looking() as session:
        row = session.get_one(DraftMeeting, rows[1])
        assert row.on.isoformat() == chosen
        assert len([who for who in row.seats.values() if who is not None]) == 2


def test_week_without_a_day_is_refused_with_the_reason(house, laid):
    draft_id, rows = laid
    page = press(house, draft_id, rows[1], "move", week="29")
    assert page.status == 422
    assert "Ingen dag i v. 29 går: stängd dag: semester" in page.text
    assert stored(house, draft_id)[1][0] == "2027-05-04"


def test_why_not_a_day_names_who_is_away_and_it_can_be_taken_in_spite(house, laid):
    draft_id, rows = laid
    with house.changing() as session:
        chair = session.scalars(select(Person).where(Person.given_name == "Maja")).one()
        session.add(
            BlockedPeriod(person_id=chair.id, kind="away", name="Borta", from_on=date(2027, 5, 12),
                          to_on=date(2027, 5, 12))
        )  # fmt: skip
        draft = session.get_one(Draft, draft_id)
        ids_ = [row.forum_id for row in draft.forum_rows]
        draft.problem = pack(problem_of(session, 2027, NOW.date(), time_zone="Europe/Stockholm", forum_ids=ids_))
        draft.finished_at = NOW + timedelta(minutes=1)
    visitor = house.visitor()
    page = visit(visitor, f"/drafts/{draft_id}?meeting={rows[1]}&day=2027-05-12")
    assert "Ons 12 maj går inte: Maja Påhittad är upptagen" in page.text
    [form] = [form for form in page.forms if form.values.get("on") == "2027-05-12"]
    visitor.post(form.action, form.values, token=False)
    assert stored(house, draft_id)[1][0] == "2027-05-12"
    assert "ons 12 maj, krock" in visit(visitor, f"/drafts/{draft_id}").text


def test_two_at_once_the_second_is_told_who_was_first(house, laid):
    draft_id, rows = laid
    visitor = house.visitor()
    seen = visit(visitor, f"/drafts/{draft_id}?meeting={rows[0]}")
    [form] = [form for form in seen.forms if form.action.endswith("/lock")]
    press(house, draft_id, rows[1], "lock")
    answer = visitor.post(form.action, form.values, token=False)
    assert answer.status_code == 409
    name = house.world.users["own secretariat"].name
    assert f"Ändringen sparades inte. {name} ändrade planen 10.00." in read(answer).text
    assert [locked for _day, locked, _booked in stored(house, draft_id)] == [False, True, False, False]


def test_of_two_at_the_same_moment_one_is_saved(house_on_both):
    house = house_on_both
    [forum_id] = forums(house, 1)
    draft_id = lay(house, {forum_id: DAYS})
    rows = ids(house, draft_id)
    forms = []
    for row in rows[:2]:
        visitor = house.visitor()
        page = visit(visitor, f"/drafts/{draft_id}?meeting={row}")
        forms.append((visitor, next(form for form in page.forms if form.action.endswith("/lock"))))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: one[0].post(one[1].action, one[1].values, token=False), forms))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert sum(locked for _day, locked, _booked in stored(house, draft_id)) == 1


def test_script_gets_the_board_alone(house, laid):
    draft_id, rows = laid
    answer = house.visitor().post(f"/drafts/{draft_id}/meetings/{rows[0]}/lock", headers=HTMX)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert body.lstrip().startswith('<div id="plan"')
    assert "är låst" in re.search(r'role="status" id="said">(.*?)</p>', body)[1]
    part = house.visitor().get(f"/drafts/{draft_id}?meeting={rows[0]}&part=inspect", headers=HTMX)
    assert part.get_data(as_text=True).lstrip().startswith('<section class="card inspect"')


# ---------------------------------------------------------------- booking


def test_everything_without_clash_is_booked_after_it_was_said_what_that_means(house):
    first, second = forums(house, 2)
    draft_id = lay(house, {first: DAYS, second: ["2027-03-10", "2027-06-08", "2027-08-31", "2027-11-30"]})
    page = visit(house.visitor(), f"/drafts/{draft_id}/accept")
    assert "7 möten blir bokade." in page.text
    assert "Rådet 1 8 juni, 31 augusti, 30 november" in page.text
    assert "Inget brev går ut nu" in page.text
    assert "Påminnelse: 7 möten, det första brevet" in page.text
    done = send(house.visitor(), f"/drafts/{draft_id}/accept", "version")
    assert "7 möten är bokade." in done.text
    assert sum(booked for *_rest, booked in stored(house, draft_id)) == 7
    assert "ons 10 mars, krock" in done.text
    again = house.visitor().post(f"/drafts/{draft_id}/accept")
    assert (again.status_code, "Det finns inget att boka" in again.get_data(as_text=True)) == (422, True)
    forum = send(house.visitor(), f"/drafts/{draft_id}/accept?forum={second}", "version")
    assert "1 möte är bokat." in forum.text
    assert all(booked for *_rest, booked in stored(house, draft_id))
    with house.looking() as session:
        meetings = session.scalars(select(Meeting).where(Meeting.local_on >= date(2027, 1, 1))).all()
        assert {meeting.state for meeting in meetings} == {"confirmed"}


def test_what_somebody_was_told_of_stays_booked(house, laid):
    draft_id, rows = laid
    press(house, draft_id, rows[0], "accept")
    with house.changing() as session:
        meeting_id = session.get_one(DraftMeeting, rows[0]).meeting_id
        session.add(
            OutboxMail(key="x" * 64, kind="save_the_date", recipient="a@example.org", meeting_id=meeting_id, time_rev=0,
                       state="sent", sends=1, created_at=NOW, next_at=NOW, dated_at=NOW, stale_at=NOW)
        )  # fmt: skip
    answer = house.visitor().post(f"/drafts/{draft_id}/undo")
    assert answer.status_code == 422
    assert "Beskedet har redan gått ut." in answer.get_data(as_text=True)
    assert stored(house, draft_id)[0][2]
    page = visit(house.visitor(), f"/drafts/{draft_id}?meeting={rows[0]}")
    assert f"/meetings/{meeting_id}" in page.links


def test_one_more_meeting_on_the_best_day_or_ones_own(house, laid):
    draft_id, _rows = laid
    with house.looking() as session:
        forum_id = session.get_one(Draft, draft_id).forum_rows[0].forum_id
    path = f"/drafts/{draft_id}/add/{forum_id}"
    page = visit(house.visitor(), path)
    form = page.form("to", "on")
    assert form.values["to"] == form.options["to"][0]
    taken = send(house.visitor(), path, "to", on=DAYS[0])
    assert (taken.status, taken.errors["on"]) == (422, "Forumet har redan ett möte den dagen")
    other = send(house.visitor(), path, "to", on="2028-01-04")
    assert (other.status, other.errors["on"]) == (422, "Välj en dag i 2027")
    send(house.visitor(), path, "to")
    assert len(stored(house, draft_id)) == 5
    assert house.visitor().get(f"/drafts/{draft_id}/add/999999").status_code == 404


def test_draft_is_thrown_away_and_what_was_booked_of_it_stays(house, laid):
    draft_id, rows = laid
    press(house, draft_id, rows[0], "accept")
    page = visit(house.visitor(), f"/drafts/{draft_id}/delete")
    assert "1 möte som är bokat ur förslaget är kvar." in page.text
    done = read(house.visitor().post(f"/drafts/{draft_id}/delete", follow_redirects=True))
    assert "Förslaget Balanserad är borttaget." in done.text
    with house.looking() as session:
        assert session.get(Draft, draft_id) is None
        kept = session.scalars(select(Meeting).where(Meeting.local_on == date(2027, 2, 2))).one()
        assert kept.state == "confirmed"


def test_administrators_see_every_draft_of_the_year(house, laid):
    draft_id, _rows = laid
    assert house.visitor("administrator").get(f"/drafts/{draft_id}").status_code == 200
    assert "Förslag på 4 möten" in visit(house.visitor("administrator"), "/plan/2027").text
