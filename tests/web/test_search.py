"""Search: what is found by which words, by whom, in which order; and what nobody finds."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum, ForumName
from scheduler.i18n import search_rank, search_words
from scheduler.meetings.models import Meeting, MeetingForum, MeetingTheme
from scheduler.meetings.publishing import publish
from scheduler.organisations.models import Organisation, OrganisationName, Person, PersonEmail
from scheduler.records.models import AgendaItem
from scheduler.register.models import Statement, Theme
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.reading import visit
from tests.web.world import SITE, meeting

READERS = ("reader", "own secretariat", "other secretariat", "administrator")


def hits(house, words: str, role: str = "own secretariat", **more: str) -> list[str]:
    """The addresses that are found, in order, without those of the menu."""
    html = house.visitor(role).get("/search", query_string={"q": words, **more}).get_data(as_text=True)
    main = html[html.index("<main") : html.index("</main>")]
    return re.findall(r'class="strong" href="([^"]+)"', main)


def kinds(found: list[str]) -> set[str]:
    return {address.split("/")[1] for address in found}


def add_meeting(session: Session, forum: Forum, days: int, **values) -> Meeting:
    row = meeting(session, forum, NOW + timedelta(days=days), state=values.pop("state", "confirmed"))
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    publish(session, row, NOW, site=SITE, days=[row.local_on])
    return row


# ---------------------------------------------------------------- the page


def test_empty_search_explains_itself(house):
    for role in ("anonymous", "member", "own secretariat"):
        page = visit(house.visitor(role), "/search?q=%20")
        assert (page.status, page.heading) == (200, "Sök")
        assert "Alla ord ska finnas med" in page.text
    assert "personer" not in visit(house.visitor("member"), "/search").text.split("Alla ord")[0]


def test_no_hits_echo_the_words_and_lead_on(house):
    page = visit(house.visitor(), "/search?q=polarbib")
    assert "Inga träffar på ”polarbib”." in page.text
    assert "/forums" in page.links


def test_words_are_shown_as_text(house):
    html = house.visitor("anonymous").get('/search?q="><script>alert(1)</script>').get_data(as_text=True)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_results_are_for_no_search_engine(house):
    assert house.visitor("anonymous").get("/search?q=forumet").headers["X-Robots-Tag"] == "noindex"


def test_field_stands_in_the_menu_and_a_link_in_the_visitors(house):
    html = house.visitor().get("/forums").get_data(as_text=True)
    assert '<form class="find" action="/search" method="get" role="search"' in html
    assert "/search" in visit(house.visitor("anonymous"), "/forums").links


def test_page_speaks_english(house):
    page = visit(house.visitor("anonymous"), "/search?q=public&language=en")
    assert page.heading == "Search"
    assert "2 matches for" in page.text
    assert "/forums/public-forum?language=en" in page.links
    assert "No matches for" in visit(house.visitor("anonymous"), "/search?q=polarbib&language=en").text


@pytest.mark.parametrize(
    "query", ["?q=forumet", "?q=forumet&only=meetings", "?q=forumet&only=nothing", "?only=meetings"]
)
def test_nothing_is_written_but_the_count(house, query):
    before = house.changes()
    assert house.visitor().get(f"/search{query}").status_code == 200
    assert house.changes() == before


def test_long_and_odd_words_are_no_fault(house):
    for words in ("x" * 5000, "% _ \\", "'; drop table forum", "\x00", "å" * 300, "a " * 300):
        assert house.visitor().get("/search", query_string={"q": words}).status_code == 200


# ---------------------------------------------------------------- who finds what


@pytest.mark.parametrize(
    ("role", "forums"),
    [
        ("anonymous", {"public"}),
        ("member", {"own", "public"}),
        ("organisation contact", {"own", "public"}),
        ("own secretariat", {"own", "public"}),
        ("other secretariat", {"foreign", "public"}),
        ("reader", {"own", "foreign", "public"}),
        ("administrator", {"own", "foreign", "public"}),
    ],
)
def test_forums_and_meetings_one_may_see(house, role, forums):
    found = hits(house, "forumet", role)
    meetings = {f"/meetings/{house.world.meetings[name].id}" for name in forums}
    assert {hit for hit in found if hit.startswith("/forums")} == {f"/forums/{name}-forum" for name in forums}
    assert {hit for hit in found if hit.startswith("/meetings")} == meetings


@pytest.mark.parametrize("role", READERS)
def test_those_who_see_the_register_find_all_of_it(house, role):
    assert "/organisations/foreign-organisation" in hits(house, "kommunen", role)
    assert f"/people/{house.world.people['foreign'].id}" in hits(house, "foreign person", role)


@pytest.mark.parametrize("role", ["anonymous", "member", "chair"])
def test_others_find_no_organisations_and_no_people(house, role):
    found = hits(house, "own", role) + hits(house, "person", role) + hits(house, "kommunen", role)
    assert not kinds(found) & {"organisations", "people"}


def test_organisation_contact_finds_the_own_organisation_and_its_people(house):
    assert hits(house, "kommunen", "organisation contact") == ["/organisations/own-organisation"]
    people = {hit for hit in hits(house, "person", "organisation contact") if hit.startswith("/people")}
    assert f"/people/{house.world.people['own'].id}" in people
    assert f"/people/{house.world.people['foreign'].id}" not in people


@pytest.mark.parametrize("role", ["anonymous", "member", "own secretariat", "other secretariat"])
def test_hidden_forum_is_named_nowhere_in_results(house, role):
    hidden = {"own secretariat": ["foreign"], "other secretariat": ["own"], "member": ["foreign"]}
    for relation in hidden.get(role, ["own", "foreign"]):
        for words in ("forumet", f"Forumet {relation}", "f", "2026-12-22"):
            html = house.visitor(role).get("/search", query_string={"q": words}).get_data(as_text=True)
            found = re.sub(r'value="[^"]*"|<title>.*?</title>|”[^”]*”', "", html)
            assert f"Forumet {relation}" not in found


def test_proposals_are_for_those_who_may_see_drafts(house):
    with house.changing() as session:
        draft = add_meeting(session, session.get_one(Forum, house.world.forums["own"].id), 40, state="proposed")
        draft.confirmed_at = None
        address = f"/meetings/{draft.id}"
    seeing = {role for role in ("member", "chair", *READERS) if address in hits(house, "forumet", role)}
    assert seeing == {"chair", "reader", "own secretariat", "administrator"}


@pytest.mark.parametrize("mark", ["protected", "merged_into_id", "anonymised_at"])
def test_person_who_is_in_no_list_is_not_found(house, mark):
    person_id, other_id = (house.world.people[name].id for name in ("own", "foreign"))
    with house.changing() as session:
        person = session.get_one(Person, person_id)
        setattr(person, mark, {"protected": True, "merged_into_id": other_id, "anonymised_at": NOW}[mark])
    assert f"/people/{person_id}" not in hits(house, "own person", "administrator")


def test_organisation_entered_twice_is_found_once(house):
    own, foreign = (house.world.organisations[name].id for name in ("own", "foreign"))
    with house.changing() as session:
        session.get_one(Organisation, own).merged_into_id = foreign
        session.add(Statement(record="organisations/own", path="note/0", subject_kind="organisation", subject_id=own,
                              key="note", text="Älvdalen", search_key="alvdalen"))  # fmt: skip
    assert hits(house, "kommunen", "administrator") == ["/organisations/foreign-organisation"]
    assert hits(house, "alvdalen", "administrator") == []


def test_nobody_is_found_by_address_or_told_one(house):
    with house.changing() as session:
        person = session.get_one(Person, house.world.people["own"].id)
        person.phone = "0970-12345"
        person.emails.append(PersonEmail(address="hemlig@example.org", main=False))
    for role in ("member", "organisation contact", *READERS):
        for words in ("hemlig", "0970", "register.example"):
            assert not kinds(hits(house, words, role)) & {"people"}
        html = house.visitor(role).get("/search?q=own").get_data(as_text=True)
        assert "register.example" not in html
        assert "0970-12345" not in html


# ---------------------------------------------------------------- by which words


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ÁJTTE", True),
        ("ajtte", True),
        ("älv", True),
        ("alv", True),
        ("ájtte älvsbyn", True),
        ("alvsbyn ajtte", True),
        ("sámi museum", True),
        ("ajtte kiruna", False),
        ("%", False),
    ],
)
def test_case_and_accents_are_forgiven_and_all_words_must_occur(house, words, found):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        forum.name = "Ájtte i Älvsbyn"
        session.add(ForumName(forum_id=forum.id, language="en", name="Sámi Museum"))
    assert ("/forums/own-forum" in hits(house, words)) is found


@pytest.mark.parametrize(
    ("name", "query", "rank"),
    [
        ("Älvsbyns kommun", "älvs", 0),
        ("Älvsbyns kommun", "alvsbyns komm", 0),
        ("Ájtte", "ajt", 0),
        ("Kommunen Älvsbyn", "alv", 1),
        ("Region Norrbotten", "norr reg", 1),
        ("Tjällmora", "mora", 2),
        ("Per-Åke Ås", "ake", 2),
    ],
)
def test_name_that_begins_with_the_words_is_the_better_hit(name, query, rank):
    assert search_rank(name, search_words(query)) == rank


def test_best_hits_stand_first(house):
    with house.changing() as session:
        for n, name in enumerate(["Övre Malmfälten", "Malmfälten", "Anmalmen", "Malms kommun"]):
            session.add(Organisation(slug=f"org-{n}", name=name, kind_id="kommun"))
        session.flush()
        session.add(OrganisationName(organisation_id=session.query(Organisation).filter_by(slug="org-2").one().id,
                                     language=None, name="Malmbolaget"))  # fmt: skip
    assert hits(house, "malm") == [f"/organisations/org-{n}" for n in (1, 3, 0, 2)]


@pytest.mark.parametrize("words", ["rymd", "RYMD försvar", "space", "kompetens", "12 mars 2027", "2027-03-12", "12/3"])
def test_meeting_is_found_by_title_theme_and_date(house, words):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        row = add_meeting(session, forum, 110, title="Rymd och försvar")
        assert row.local_on == date(2027, 3, 12)
        themes = [Theme(slug="space", sv="Rymden", en="Space"), Theme(slug="skills", sv="Kompetens")]
        session.add_all(themes)
        session.flush()
        session.add(MeetingTheme(meeting_id=row.id, theme_id=themes[0].id))
        forum.themes.append(themes[1])
        address = f"/meetings/{row.id}"
    assert address in hits(house, words)
    assert address in hits(house, words, "member")
    assert address not in hits(house, words, "anonymous")


def test_coming_meetings_stand_first_the_next_one_before_the_rest(house):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        rows = [add_meeting(session, forum, days, title="Vargfrågan") for days in (60, -10, 5, -90)]
        order = [f"/meetings/{rows[n].id}" for n in (2, 0, 1, 3)]
    assert hits(house, "vargfrågan") == order


# ---------------------------------------------------------------- what a meeting shows outside


@pytest.fixture
def joint(house) -> int:
    """A meeting that a hidden forum leads and a public one holds with it."""
    with house.changing() as session:
        own, public = (session.get_one(Forum, house.world.forums[name].id) for name in ("own", "public"))
        row = add_meeting(session, own, 50, title="Vargfrågan")
        row.forum_rows.append(MeetingForum(forum_id=public.id, position=1))
        session.flush()
        session.expire(row)
        publish(session, row, NOW, site=SITE, days=[row.local_on])
        return row.id


def test_joint_meeting_goes_by_its_public_forum_outside(house, joint):
    address = f"/meetings/{joint}"
    assert address in hits(house, "forumet public", "anonymous")
    assert address in hits(house, "vargfrågan", "anonymous")
    assert address not in hits(house, "forumet own", "anonymous")
    assert address in hits(house, "forumet own", "member")
    assert "Forumet own" not in visit(house.visitor("anonymous"), "/search?q=vargfr%C3%A5gan").text


@pytest.mark.parametrize("words", ["vargfrågan", "rymden"])
def test_title_and_theme_are_not_found_where_the_forum_shows_its_dates_alone(house, joint, words):
    with house.changing() as session:
        session.get_one(Forum, house.world.forums["public"].id).public_level = "dates"
        theme = Theme(slug="space", sv="Rymden")
        session.add(theme)
        session.flush()
        session.add(MeetingTheme(meeting_id=joint, theme_id=theme.id))
    assert f"/meetings/{joint}" not in hits(house, words, "anonymous")
    assert f"/meetings/{joint}" in hits(house, words, "member")
    assert "Vargfrågan" not in visit(house.visitor("anonymous"), "/search?q=public").text


# ---------------------------------------------------------------- statements


def test_statements_are_found_where_their_pages_show_them(house):
    with house.changing() as session:
        about = {f"forums/{name}": ("forum", forum.id) for name, forum in house.world.forums.items()}
        for record, (kind, subject_id) in {**about, "county": ("county", 0)}.items():
            session.add(
                Statement(
                    record=record,
                    path="tasks/0/sv",
                    subject_kind=kind,
                    subject_id=subject_id,
                    key="tasks",
                    text="Vårda älven",
                    search_key="varda alven",
                )
            )
    assert hits(house, "alven", "anonymous") == []
    assert hits(house, "alven", "member") == ["/forums/own-forum"]
    assert set(hits(house, "alven", "own secretariat")) == {"/forums/own-forum", "/sources"}
    assert len(hits(house, "alven", "administrator")) == 4
    assert "Vårda älven" in visit(house.visitor(), "/search?q=alven").text


# ---------------------------------------------------------------- many


def test_first_ten_and_the_way_to_the_rest(house):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        home = house.world.organisations["own"].id
        for n in range(12):
            session.add(Organisation(slug=f"malm-{n}", name=f"Malm {n}", kind_id="kommun"))
            session.add(Person(given_name="Malm", family_name=f"Nummer {n}", organisation_id=home))
            add_meeting(session, forum, 60 + n, title=f"Malm {n}")
    page = visit(house.visitor(), "/search?q=malm")
    assert page.text.count("Visa alla 12") == 3
    assert {"/organisations?q=malm", "/people?q=malm", "/search?q=malm&only=meetings"} <= set(page.links)
    assert len(hits(house, "malm")) == 30
    assert len(hits(house, "malm", only="meetings")) == 12
    assert len(hits(house, "malm", "organisation contact")) == 10 + 12


@pytest.mark.parametrize(
    ("role", "found"),
    [
        ("anonymous", {"Malmen är öppen"}),
        ("member", {"Malmen är öppen", "Malmen i utkast", "Malmen inom forumet"}),
        ("own secretariat", {"Malmen är öppen", "Malmen i utkast", "Malmen inom forumet", "Malmen är hemlig"}),
        ("other secretariat", {"Malmen är öppen", "Malmen hos andra"}),
        ("reader", {"Malmen är öppen", "Malmen i utkast", "Malmen inom forumet", "Malmen hos andra"}),
        ("administrator", {
            "Malmen är öppen", "Malmen i utkast", "Malmen inom forumet", "Malmen är hemlig", "Malmen hos andra",
        }),
    ],
)  # fmt: skip
def test_items_one_may_read(house, role, found):
    with house.changing() as session:
        own, other = (session.get_one(Forum, house.world.forums[name].id) for name in ("own", "foreign"))
        own.public_level = "full"
        called, drafted, hidden = (
            add_meeting(session, own, 90, state="called"), add_meeting(session, own, 91),
            add_meeting(session, other, 92, state="called"),
        )  # fmt: skip

        def item(meeting: Meeting, title: str, **values: object) -> None:
            session.add(AgendaItem(meeting_id=meeting.id, position=1, title=title, added_at=NOW, **values))

        item(called, "Malmen är öppen")
        item(called, "Malmen inom forumet", public=False)
        item(called, "Malmen är hemlig", public=False, secrecy_ground="21:1")
        item(called, "Malmen är flyttad", state="moved") if role == "anonymous" else None
        item(drafted, "Malmen i utkast")
        item(hidden, "Malmen hos andra")
    page = house.visitor(role).get("/search?q=malmen").get_data(as_text=True)
    assert set(re.findall(r">(Malmen [^<]+)</a>", page)) == found


def test_items_of_a_forum_that_shows_its_dates_alone_are_not_found(house):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        forum.public_level = "dates"
        row = add_meeting(session, forum, 90, state="called")
        session.add(AgendaItem(meeting_id=row.id, position=1, title="Malmen", added_at=NOW))
        path = f"/meetings/{row.id}/agenda"
    assert hits(house, "malmen", "anonymous") == []
    assert hits(house, "malmen", "member") == [path]


def test_questions_do_not_grow_with_the_hits(house):
    def cost() -> int:
        visitor = house.visitor("administrator")
        with house.app.app_context():
            from scheduler.db import db  # noqa: PLC0415 - the engine is the application's

            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get("/search?q=malm").status_code == 200
        return len(sent)

    def add(n: int) -> None:
        with house.changing() as session:
            forum = Forum(slug=f"malm-{n}", name=f"Malm {n}", kind_id="natverk", tracked_from_on=date(2026, 1, 1))
            session.add_all([forum, Organisation(slug=f"malm-{n}", name=f"Malm {n}", kind_id="kommun")])
            session.add(Person(given_name="Malm", family_name=f"Nummer {n}"))
            session.flush()
            add_meeting(session, forum, 60 + n, title=f"Malm {n}")
            row = add_meeting(session, forum, 90 + n, state="called")
            session.add(AgendaItem(meeting_id=row.id, position=1, title=f"Malm {n}", added_at=NOW))
            session.add(Statement(record=f"forums/{n}", path="x", subject_kind="forum", subject_id=forum.id, key="x",
                                  text="Malm", search_key="malm"))  # fmt: skip

    add(1)
    few = cost()
    add(2)
    add(3)
    assert cost() == few


def test_sixty_first_search_of_a_minute_waits(house):
    visitor = house.visitor("anonymous")
    statuses = {visitor.get("/search?q=x").status_code for _ in range(60)}
    assert (statuses, visitor.get("/search?q=x").status_code) == ({200}, 429)
    assert visitor.get("/search").status_code == 200
    assert house.visitor("member").get("/search?q=x").status_code == 200
