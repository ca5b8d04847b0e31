"""Kinds of forums and of organisations, and what forums and meetings have of their own, changed as a browser does."""

from __future__ import annotations

from datetime import time

import pytest
from sqlalchemy import func, select

from scheduler.db import db
from scheduler.forums.models import Forum, ForumKind
from scheduler.mail.actions import announce, plan_coming
from scheduler.mail.models import Occurrence, ReminderRule
from scheduler.meetings.models import Fragment, Meeting
from scheduler.organisations.models import OrganisationKind
from scheduler.register.models import Theme
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor

KIND = "/kinds/natverk"


def admin(house: House) -> Visitor:
    return house.visitor("administrator")


def post(visitor: Visitor, path: str, values: dict[str, object]) -> Page:
    response = visitor.post(path, values)
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def kind(house: House, kind_id: str = "natverk") -> ForumKind | None:
    with house.looking() as session:
        return session.get(ForumKind, kind_id)


def planned(house: House, relation: str = "own") -> list[str]:
    """The offsets of the mailings that are planned of the meeting."""
    with house.looking() as session:
        query = select(Occurrence.offset).where(
            Occurrence.meeting_id == house.world.meetings[relation].id, Occurrence.state == "planned"
        )
        return sorted(session.scalars(query))


def plan_all(house: House) -> None:
    with house.changing() as session:
        announce(session, NOW)
        plan_coming(session, NOW)


# ---------------------------------------------------------------- kinds of forums


def test_list_of_kinds_says_what_each_gives_and_who_differs(house):
    with house.changing() as session:
        session.get(Forum, house.world.forums["own"].id).minutes_days = 3
    page = visit(house.visitor(), "/kinds")
    assert page.heading == "Typer av forum"
    assert (
        "Nätverk 21 dagar före 2 dagar före Minnesanteckningar inom 14 dagar Gäller inte Inte offentligt" in page.text
    )
    assert "forum av typen Nätverk 3 med egna värden" in page.text  # each of the world has a public level of its own
    assert KIND not in page.links
    assert KIND in visit(admin(house), "/kinds").links


def test_kind_is_changed_for_its_forums_and_reminders_follow(house_on_both):
    house = house_on_both
    plan_all(house)
    page = send(
        admin(house), KIND, "sv", sv="Nät", en="Net", notice_n="10", notice_unit="working_days", reminder_n="3",
        formality="protocol", quorum_rule="more_than_half", requires_quorum="y", minutes_days="7",
    )  # fmt: skip
    assert (page.status, page.heading) == (200, "Typen Nät")
    assert "Typen Nät är sparad." in page.text
    stored = kind(house)
    assert (stored.sv, stored.en, stored.notice_n, stored.notice_unit, stored.reminder_n, stored.formality) == (
        "Nät", "Net", 10, "working_days", 3, "protocol",
    )  # fmt: skip
    assert (stored.quorum_rule, stored.requires_quorum, stored.minutes_days) == ("more_than_half", True, 7)
    assert planned(house) == ["3 calendar_days"]
    with house.looking() as session:
        bodies = session.scalars(select(Fragment.body).where(Fragment.language == "sv")).all()
        assert all(b"CATEGORIES:N\xc3\xa4t\r\n" in body for body in bodies)
    assert house.latest(1) == [("Administrator", "forum_kind.edit", "Nät")]


def test_kind_that_is_no_longer_public_takes_its_meetings_out_of_public_calendars_at_once(house):
    with house.changing() as session:
        session.get(Forum, house.world.forums["public"].id).public_level = None
        session.get(ForumKind, "natverk").public_level = "dates"
    everybody, slug = Visitor(house.app), "/forums/public-forum"
    meeting = f"/meetings/{house.world.meetings['public'].id}"

    def shown() -> list[object]:
        calendar = everybody.get("/calendar/public.ics").get_data(as_text=True)
        return [everybody.get(slug).status_code, everybody.get(meeting).status_code, calendar.count("BEGIN:VEVENT")]

    before = shown()
    assert before[:2] == [200, 200]
    send(admin(house), KIND, "public_level", public_level="none")
    with house.looking() as session:
        count = select(func.count()).where(Fragment.audience == "public")
        assert session.scalar(count) == 0
    assert shown()[:2] == [404, 404]
    assert shown()[2] == 0


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"sv": ""}, {"sv": "Ange namnet på svenska"}),
        ({"en": "Council"}, {"en": "Council finns redan"}),
        ({"notice_n": "snart"}, {"notice_n": "Ange ett heltal"}),
        ({"reminder_n": ""}, {"reminder_n": "Ange ett heltal mellan 0 och 365"}),
        ({"public_level": "loud"}, {"public_level": "Välj ett av alternativen"}),
    ],
)
def test_kind_that_cannot_be_is_refused_at_its_field(house, given, problems):
    changes = house.changes()
    page = send(admin(house), KIND, "sv", minutes_days="5", **given)
    assert (page.status, page.errors) == (422, problems)
    assert page.form("sv").values["minutes_days"] == "5"
    assert (house.changes(), kind(house).minutes_days) == (changes, 14)


def test_who_saves_a_kind_second_is_told(house):
    visitor = admin(house)
    opened = visit(visitor, KIND).form("sv").values
    send(visitor, KIND, "sv", notice_n="10")
    page = post(visitor, KIND, {**opened, "notice_n": "12"})
    assert page.status == 409
    assert "Administrator sparade 22 november 2026 kl. 10.00." in page.text
    assert "Kallelse före mötet: sparat är ”10”, du skrev ”12”" in page.text
    assert kind(house).notice_n == 10
    assert post(visitor, KIND, dict(page.form("sv").values)).status == 200
    assert kind(house).notice_n == 12


def test_kind_is_entered_and_removed_while_no_forum_is_of_it(house):
    visitor = admin(house)
    page = send(visitor, "/kinds/new", "sv", sv="Rundabord", en="Round table", notice_n="14", place="1")
    assert "Typen Rundabord är sparad." in page.text
    assert kind(house, "rundabord").notice_n == 14
    assert kind(house, "rundabord").position == 0
    with house.changing() as session:
        session.add(ReminderRule(forum_kind_id="rundabord", offset_n=3, send_at=time(9)))
    assert "Typen Rundabord är borttagen." in post(visitor, "/kinds/rundabord/remove", {}).text
    assert kind(house, "rundabord") is None
    assert visitor.get("/kinds/rundabord").status_code == 404


def test_kind_in_use_is_not_removed(house):
    page = post(admin(house), f"{KIND}/remove", {})
    assert page.status == 422
    assert "3 forum är av den här typen. Ge dem en annan först." in page.text
    assert kind(house) is not None


def test_kinds_are_changed_by_administrators_alone(house):
    visitor = house.visitor()
    assert [visitor.get(path).status_code for path in ("/kinds", KIND, "/kinds/new", f"{KIND}/reminders")] == [
        200, 403, 403, 403,
    ]  # fmt: skip


def test_list_of_kinds_asks_the_database_alike_for_few_and_many(house):
    counts = []
    for n in range(2):
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            admin(house).get("/kinds")
        counts.append(len(sent))
        with house.changing() as session:
            session.add_all(ForumKind(id=f"kind{n}-{i}", sv=f"Typ {n} {i}", en=f"Kind {n} {i}") for i in range(3))
    assert counts[0] == counts[1]


def test_kinds_in_english(house):
    page = visit(Visitor(house.app, house.world.cookie("administrator")), "/kinds")
    assert page.status == 200
    with house.changing() as session:
        session.get(type(house.world.users["administrator"]), house.world.users["administrator"].id).language = "en"
    page = visit(admin(house), KIND)
    assert page.heading == "The kind Network"
    assert "Save kind" in page.text


# ---------------------------------------------------------------- kinds of organisations


def test_kinds_of_organisations_are_entered_renamed_and_removed(house):
    visitor = admin(house)
    page = send(visitor, "/kinds/organisations/new", "sv", sv="Stiftelse", en="Foundation", place="1")
    assert "Typen Stiftelse är sparad." in page.text
    page = send(visitor, "/kinds/organisations/stiftelse", "sv", en="Trust")
    assert "Stiftelse Trust" in page.text
    page = send(visitor, "/kinds/organisations/stiftelse", "sv", en="")
    assert (page.status, page.errors) == (422, {"en": "Ange namnet på engelska"})
    assert "Typen Stiftelse är borttagen." in post(visitor, "/kinds/organisations/stiftelse/remove", {}).text
    page = post(visitor, "/kinds/organisations/kommun/remove", {})
    assert page.status == 422
    with house.looking() as session:
        assert session.get(OrganisationKind, "kommun") is not None


# ---------------------------------------------------------------- reminders

REMINDERS = "/forums/own-forum/reminders"


def test_forum_gets_reminders_of_its_own_and_inherits_again(house_on_both):
    house = house_on_both
    plan_all(house)
    visitor = house.visitor()
    page = visit(visitor, REMINDERS)
    assert "2 dagar före kl. 09.00 Ärvt från Nätverk" in page.text
    assert "20 december 2026 kl. 09.00" not in page.text  # a Sunday: moved to the working day before
    page = send(
        visitor, REMINDERS, "which", which="own", n_1="7", send_at_1="8.30", audience_1="ordinary", n_2="1",
        unit_2="working_days",
    )  # fmt: skip
    assert "Påminnelserna är sparade." in page.text
    assert "7 dagar före kl. 08.30, bara ordinarie" in page.text
    assert "Eget värde Nätverk har: 2 dagar före kl. 09.00" in page.text
    assert planned(house) == ["1 working_days", "7 calendar_days"]
    assert house.latest(1) == [("Own secretariat", "reminders.set", "Forumet own")]
    assert "Eget värde" in visit(visitor, "/forums/own-forum/edit").text
    send(visitor, REMINDERS, "which", which="off")
    assert planned(house) == []
    send(visitor, REMINDERS, "which", which="inherit")
    assert planned(house) == ["2 calendar_days"]
    with house.looking() as session:
        assert session.scalar(select(func.count()).select_from(ReminderRule)) == 0


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"n_1": "", "n_2": ""}, {"which": "Ange minst ett utskick, eller välj att inga ska gå"}),
        ({"n_1": "400"}, {"n_1": "Ange ett heltal mellan 0 och 365"}),
        ({"n_1": "två"}, {"n_1": "Ange ett heltal"}),
        ({"n_1": "2", "n_3": "2"}, {"n_3": "Det utskicket finns redan i listan"}),
        ({"n_1": "2", "send_at_1": "25.00"}, {"send_at_1": "Ange en tid, till exempel 13.00"}),
    ],
)
def test_reminders_that_cannot_be_are_refused_at_their_field(house, given, problems):
    changes = house.changes()
    page = send(house.visitor(), REMINDERS, "which", which="own", **given)
    assert (page.status, page.errors) == (422, problems)
    assert house.changes() == changes


def test_who_saves_reminders_second_is_told(house):
    visitor = house.visitor()
    opened = visit(visitor, REMINDERS).form("which").values
    send(visitor, REMINDERS, "which", which="own", n_1="5")
    page = post(visitor, REMINDERS, {**opened, "which": "off"})
    assert page.status == 409
    assert "Own secretariat sparade 22 november 2026 kl. 10.00." in page.text


def test_kind_and_meeting_have_reminders_of_their_own_too(house):
    plan_all(house)
    send(admin(house), f"{KIND}/reminders", "which", which="own", n_1="5", n_2="")
    assert planned(house) == ["5 calendar_days"]
    assert planned(house, "foreign") == ["5 calendar_days"]
    path = f"/meetings/{house.world.meetings['own'].id}/reminders"
    assert "5 dagar före kl. 09.00 Ärvt från Nätverk" in visit(house.visitor(), path).text
    send(house.visitor(), path, "which", which="own", n_1="1")
    assert planned(house) == ["1 calendar_days"]
    assert planned(house, "foreign") == ["5 calendar_days"]


# ---------------------------------------------------------------- a meeting's own rules and themes


def test_meeting_gets_rules_and_themes_of_its_own_and_gives_them_back(house):
    with house.changing() as session:
        session.add_all([Theme(slug="rymd", sv="Rymd", en="Space"), Theme(slug="kultur-2", sv="Kulturen")])
    with house.looking() as session:
        rymd = str(session.scalars(select(Theme.id).where(Theme.slug == "rymd")).one())
    path = f"/meetings/{house.world.meetings['own'].id}"
    page = visit(house.visitor(), path)
    assert "Kallelse 21 dagar före, senast" in page.text
    assert "Ärvt från Nätverk" in page.text
    assert "Eget värde" not in page.text
    page = send(
        house.visitor(), f"{path}/edit", "formality", formality="protocol", notice_n="5", notice_unit="working_days",
        quorum_rule="number", quorum_number="3", theme_ids=[rymd],
    )  # fmt: skip
    assert "Kallelse 5 arbetsdagar före" in page.text
    assert "Eget värde Nätverk har: 21 dagar före" in page.text
    assert "Beslutsförhet Minst 3" in page.text
    assert "Teman Rymd" in page.text
    with house.looking() as session:
        meeting = session.get(Meeting, house.world.meetings["own"].id)
        assert (meeting.version, meeting.sequence) == (2, 0)
    send(house.visitor(), f"{path}/edit", "formality", formality="", notice_n="", quorum_rule="", theme_ids=[])
    assert "Eget värde" not in visit(house.visitor(), path).text


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"quorum_rule": "number"}, {"quorum_number": "Ange hur många som krävs"}),
        ({"notice_n": "999"}, {"notice_n": "Ange ett heltal mellan 0 och 365"}),
        ({"theme_ids": ["99999"]}, {"theme_ids": "Välj bland alternativen"}),
    ],
)
def test_rules_of_a_meeting_that_cannot_be_are_refused_at_their_field(house, given, problems):
    with house.changing() as session:
        session.add(Theme(slug="rymd", sv="Rymd"))
    changes = house.changes()
    path = f"/meetings/{house.world.meetings['own'].id}/edit"
    page = send(house.visitor(), path, "formality", title="Rymden", **given)
    assert (page.status, page.errors) == (422, problems)
    assert page.form("formality").values["title"] == "Rymden"
    assert house.changes() == changes


def test_new_meeting_is_booked_with_its_themes(house):
    with house.changing() as session:
        session.add(Theme(slug="rymd", sv="Rymd"))
    with house.looking() as session:
        rymd = str(session.scalars(select(Theme.id).where(Theme.slug == "rymd")).one())
    page = send(
        house.visitor(), "/meetings/new?forum=own-forum", "on", on="2026-12-15", start="13.00", theme_ids=[rymd]
    )
    assert "Teman Rymd" in page.text


# ---------------------------------------------------------------- whom talks have invited


def test_suggested_organisation_is_invited_by_its_button_and_remembered(house):
    with house.changing() as session:
        session.get(Forum, house.world.forums["own"].id).invitees_per_meeting = True
    meeting_id = house.world.meetings["own"].id
    path = f"/meetings/{meeting_id}/invitees"
    page = visit(house.visitor(), path)
    assert "Kommunen foreign Kommun. Aldrig inbjuden" in page.text
    foreign = str(house.world.organisations["foreign"].id)
    page = send(house.visitor(), path, "guests", guests="Astronauten", add=foreign)
    assert page.heading == "Välj inbjudna"
    assert page.form("guests").values["organisations"] == foreign
    assert page.form("guests").values["guests"] == "Astronauten"
    page = visit(house.visitor(), "/forums/own-forum/invited")
    assert page.heading == "Inbjudna till Forumet own"
    assert "Kommunen foreign Kommun inbjuden till 22 december 2026" in page.text
    assert f"/meetings/{meeting_id}" in page.links
    never = page.text.partition("Aldrig inbjuden")[2].partition("24 månader, från")[0]
    assert ("Kommunen own" in never, "Kommunen foreign" in never) == (True, False)
    page = visit(house.visitor(), "/forums/own-forum/invited?kind=region")
    assert "Kommunen own" not in page.text
