"""Entering a forum and changing its settings, as a browser does."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from scheduler.accounts.models import User, UserRole
from scheduler.forums.models import CadenceVersion, Forum, ForumTheme
from scheduler.history.models import HistoryEntry, ScopeVersion
from scheduler.meetings.models import Fragment
from scheduler.organisations.models import Office, Organisation
from scheduler.places.models import Place
from scheduler.register.models import Theme
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor
from tests.web.world import sign_in

NEW = {"name": "Länets kompetensråd", "kind_id": "natverk", "phrase": "träffas 4-5 gånger per år"}
EDIT = "/forums/own-forum/edit"


def forum_named(house: House, slug: str) -> Forum | None:
    with house.looking() as session:
        return session.scalars(select(Forum).where(Forum.slug == slug)).one_or_none()


def stored(house: House) -> tuple[int, int, int]:
    """How many forums, requirements and changes there are."""
    with house.looking() as session:
        forums, versions = (session.scalar(select(func.count()).select_from(t)) for t in (Forum, CadenceVersion))
    return forums or 0, versions or 0, house.changes()


def requirements(house: House, slug: str) -> list[dict[str, object]]:
    """What each version of the forum's requirement says, without what is not set."""
    names = ("valid_from_on", "kind", "min", "max", "target", "period", "approximate", "every", "unit", "phrase")
    with house.looking() as session:
        query = select(CadenceVersion).join(Forum).where(Forum.slug == slug).order_by(CadenceVersion.position)
        rows = session.scalars(query).all()
        return [{name: value for name in names if (value := getattr(row, name))} for row in rows]


# ---------------------------------------------------------------- a new one


def test_new_forum_is_stored_with_what_its_sentence_requires(house_on_both):
    house = house_on_both
    page = send(house.visitor(), "/forums/new", **NEW)
    assert (page.status, page.heading) == (200, "Länets kompetensråd")
    assert "Länets kompetensråd är sparat. Kravet är 4–5 gånger per år." in page.text
    forum = forum_named(house, "lanets-kompetensrad")
    assert (forum.name, forum.kind_id, forum.state, forum.tracked_from_on) == (
        "Länets kompetensråd", "natverk", "active", NOW.date(),
    )  # fmt: skip
    assert requirements(house, forum.slug) == [
        {"kind": "count", "min": 4, "max": 5, "period": "year", "phrase": "träffas 4-5 gånger per år"}
    ]
    assert house.latest(2) == [
        ("Own secretariat", "forum.create", "Länets kompetensråd"),
        ("Own secretariat", "cadence.set", "Länets kompetensråd"),
    ]


def test_forum_and_its_first_meeting_take_less_than_ten_fields(house):
    visitor = house.visitor()
    form = visit(visitor, "/forums/new").form("name")
    asked = (set(form.values) | set(form.options)) - {"csrf_token", "asked"}
    assert asked == {"name", "kind_id", "secretariat_id", "phrase"}
    page = send(visitor, "/forums/new", **NEW)
    first = "/meetings/new?forum=lanets-kompetensrad"
    assert first in page.links
    meeting = {"on": "2026-12-15", "start": "13.00"}
    assert visit(visitor, first).form("on").values["forum"] == "lanets-kompetensrad"
    assert send(visitor, first, "on", **meeting).heading == "Tisdag 15 december 2026"
    assert len(asked) + len({"forum", *meeting}) == 7


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("träffas ett par gånger per år", "Kravet är cirka 2–3 gånger per år."),
        ("minst 4-5 gånger per år", "Kravet är minst 4, gärna 5, gånger per år."),
        ("varannan månad", "Kravet är varannan månad."),
        ("träffas regelbundet", "Kravet är inget krav."),
        ("", "Länets kompetensråd är sparat."),
    ],
)
def test_sentence_that_is_clear_is_stored_at_once_and_said_back(house, phrase, said):
    page = send(house.visitor(), "/forums/new", **{**NEW, "phrase": phrase})
    assert page.heading == "Länets kompetensråd"
    assert said in page.text


ALL, OWN_ONLY = ["read", "count", "none"], ["count", "none"]


@pytest.mark.parametrize(
    ("phrase", "question", "answers"),
    [
        ("4 gånger per år, utom juli", "Menas 4 gånger per år?", ALL),
        ("2 gånger per år, vid behov fler", "Menas minst 2 gånger per år?", ALL),
        ("några gånger per år", "Hur ofta ska forumet mötas?", OWN_ONLY),
        ("4 gånger per år och 2 gånger per termin", "Hur ofta ska forumet mötas?", OWN_ONLY),
        ("80–90 gånger per månad", "Hur ofta ska forumet mötas?", OWN_ONLY),
    ],
)
def test_sentence_that_is_not_clear_comes_back_as_a_question(house, phrase, question, answers):
    before = stored(house)
    page = send(house.visitor(), "/forums/new", **{**NEW, "phrase": phrase})
    form = page.form("name")
    assert (page.status, page.errors) == (200, {})
    assert question in page.text
    assert form.options["answer"] == answers
    assert "answer" not in form.values  # none is chosen for anybody
    assert (form.values["name"], form.values["phrase"]) == (NEW["name"], phrase)
    assert stored(house) == before


def asked(visitor: Visitor, phrase: str) -> dict[str, object]:
    """The form that came back with a question about ``phrase``."""
    page = send(visitor, "/forums/new", **{**NEW, "phrase": phrase})
    return dict(page.form("answer").values)


def post(visitor: Visitor, path: str, values: dict[str, object]) -> Page:
    response = visitor.post(path, values)
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def test_question_must_be_answered(house):
    visitor, before = house.visitor(), stored(house)
    page = post(visitor, "/forums/new", asked(visitor, "några gånger per år"))
    assert (page.status, page.errors) == (422, {"answer": "Svara på hur ofta forumet ska mötas"})
    assert stored(house) == before


@pytest.mark.parametrize(
    ("phrase", "answer", "kept"),
    [
        ("4 gånger per år, vid behov", {"answer": "read"}, {"kind": "count", "min": 4, "period": "year"}),
        (
            "några gånger per år",
            {"answer": "count", "min": "2", "max": "3", "period": "year"},
            {"kind": "count", "min": 2, "max": 3, "period": "year"},
        ),
        (
            "några gånger per termin",
            {"answer": "count", "min": "1", "max": "", "period": "term"},
            {"kind": "count", "min": 1, "period": "term"},
        ),
        ("några gånger per år", {"answer": "none", "min": "x"}, {"kind": "none"}),
    ],
)
def test_answer_is_stored_with_the_sentence(house, phrase, answer, kept):
    visitor = house.visitor()
    assert post(visitor, "/forums/new", asked(visitor, phrase) | answer).heading == "Länets kompetensråd"
    assert requirements(house, "lanets-kompetensrad") == [{**kept, "phrase": phrase}]


def test_sentence_that_speaks_of_a_pause_leads_on_to_entering_it(house):
    visitor = house.visitor()
    page = post(visitor, "/forums/new", asked(visitor, "4 gånger per år, utom juli") | {"answer": "read"})
    assert page.heading == "Mötestakt för Länets kompetensråd"
    assert "Lägg in uppehållet som meningen nämner." in page.text


@pytest.mark.parametrize(
    ("answer", "problems"),
    [
        ({"answer": "read"}, {"answer": "Svara på hur ofta forumet ska mötas"}),  # nothing was read
        ({"answer": "always"}, {"answer": "Välj ett av alternativen"}),
        ({"answer": "count", "min": ""}, {"min": "Ange hur många möten som minst krävs"}),
        ({"answer": "count", "min": "två"}, {"min": "Ange ett heltal"}),
        ({"answer": "count", "min": "4", "max": "2"}, {"max": "Högsta antalet är lägre än det lägsta"}),
        ({"answer": "count", "min": "400"}, {"min": "Ange ett tal mellan 0 och 366"}),
    ],
)
def test_answer_that_cannot_be_is_refused_at_its_field(house, answer, problems):
    visitor, before = house.visitor(), stored(house)
    page = post(visitor, "/forums/new", asked(visitor, "några gånger per år") | answer)
    assert (page.status, page.errors) == (422, problems)
    assert page.form("name").options["answer"] == OWN_ONLY  # the question stands
    assert stored(house) == before


def test_answer_about_another_sentence_is_none(house):
    visitor, before = house.visitor(), stored(house)
    given = asked(visitor, "några gånger per år") | {"answer": "none", "phrase": "4 gånger per år, utom juli"}
    page = post(visitor, "/forums/new", given)
    assert (page.status, page.errors) == (200, {})
    assert "Menas 4 gånger per år?" in page.text
    assert "answer" not in page.form("name").values
    assert stored(house) == before


def test_sentence_can_be_read_before_anything_is_stored(house):
    before = stored(house)
    page = send(house.visitor(), "/forums/new", "name", **NEW, read="1")
    assert page.status == 200
    assert "Vi läser 4-5 gånger per år som 4–5 gånger per år Räknas som minst 4, högst 5" in page.text
    assert stored(house) == before


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"name": "  "}, {"name": "Ange forumets namn"}),
        ({"kind_id": ""}, {"kind_id": "Välj en typ"}),
        ({"kind_id": "nothing"}, {"kind_id": "Välj ett av alternativen"}),
        ({"secretariat_id": "99999"}, {"secretariat_id": "Välj ett av alternativen"}),
        ({"name": "", "kind_id": ""}, {"name": "Ange forumets namn", "kind_id": "Välj en typ"}),
        ({"name": "x" * 301}, {"name": "Högst 300 tecken"}),
    ],
)
def test_new_forum_that_cannot_be_is_refused_at_its_field(house, given, problems):
    before = stored(house)
    page = send(house.visitor(), "/forums/new", **{**NEW, **given})
    assert (page.status, page.errors) == (422, problems)
    assert stored(house) == before


def test_what_is_missing_is_told_together_with_the_question(house):
    page = send(house.visitor(), "/forums/new", **{**NEW, "name": "", "phrase": "några gånger per år"})
    assert (page.status, page.errors) == (422, {"name": "Ange forumets namn"})
    assert "answer" in page.form("name").options


def test_secretary_enters_forums_for_the_own_organisation_alone(house):
    choices = {
        role: visit(house.visitor(role), "/forums/new").form("name").options["secretariat_id"]
        for role in ("own secretariat", "administrator")
    }
    with house.looking() as session:
        every = session.scalars(select(Organisation.id).order_by(Organisation.sort_key)).all()
        [own] = session.scalars(select(Organisation.id).where(Organisation.slug == "own-secretariat")).all()
    assert choices == {
        "own secretariat": [str(own)],
        "administrator": ["", *(str(id_) for id_ in every)],
    }
    assert visit(house.visitor(), "/forums/new").form("name").values["secretariat_id"] == str(own)


def test_secretary_of_named_forums_alone_enters_none(house):
    with house.changing() as session:
        role = UserRole(role="secretariat", forum_id=house.world.forums["own"].id)
        user = User(login="named@login.example", name="Named", roles=[role], created_at=NOW)
        session.add(user)
        session.flush()
        sign_in(session, user, NOW, "the session of named")
    visitor = Visitor(house.app, "the session of named")
    assert [visitor.get("/forums/new").status_code, visitor.post("/forums/new", NEW).status_code] == [403, 403]


# ---------------------------------------------------------------- its settings


def test_settings_are_stored_and_shown_and_calendars_follow(house_on_both):
    house = house_on_both
    with house.changing() as session:
        session.add(Place(slug="residenset", name="Residenset", town="Luleå"))
        session.add(Office(slug="landshovding", sv="Landshövdingen"))
        session.add(Theme(slug="klimat", sv="Klimat"))
    with house.looking() as session:
        made = {Place: "residenset", Office: "landshovding", Theme: "klimat"}
        place, office, theme = (session.scalars(select(t.id).where(t.slug == s)).one() for t, s in made.items())
        meeting_id = house.world.meetings["own"].id
        versions = scope_versions(session)
    page = send(
        house.visitor(), EDIT, "short_name", name="Rådet för kompetens", short_name="Kompetensrådet", code="kr",
        lead=f"office-{office}", lead_relation="takes_part", purpose="Mer kompetens.", default_place_id=str(place),
        default_time="13.30", duration="90", min_gap_days="14", secretariat_email="rad@lst.example",
        names="en: The Skills Council", aliases="Kompetensforum\nRådet", theme_ids=[str(theme)],
    )  # fmt: skip
    assert (page.status, page.heading) == (200, "Rådet för kompetens")
    assert "Kompetensrådet är sparat." in page.text
    with house.looking() as session:
        forum = session.get(Forum, house.world.forums["own"].id)
        kept = {
            "code": forum.code, "lead": forum.lead_office_id, "relation": forum.lead_relation,
            "place": forum.default_place_id, "time": forum.default_time, "duration": forum.duration,
            "gap": forum.min_gap_days, "mail": forum.secretariat_email, "version": forum.version,
            "names": {(row.language, row.name) for row in forum.names}, "themes": [row.slug for row in forum.themes],
        }  # fmt: skip
        assert kept == {
            "code": "KR", "lead": office, "relation": "takes_part", "place": place, "time": time(13, 30),
            "duration": 90, "gap": 14, "mail": "rad@lst.example", "version": 2,
            "names": {("en", "The Skills Council"), (None, "Kompetensforum"), (None, "Rådet")},
            "themes": ["klimat"],
        }  # fmt: skip
        shown = session.scalars(
            select(Fragment.body).where(Fragment.meeting_id == meeting_id, Fragment.language == "sv")
        ).all()
        assert [b"Kompetensr\xc3\xa5det" in body for body in shown] == [True]
        raised = scope_versions(session)
        key = ("forum", house.world.forums["own"].id)
        assert raised[key] == versions[key] + 1
    assert house.latest(2) == [
        ("Own secretariat", "forum.edit", "Rådet för kompetens"),
        ("Own secretariat", "forum.themes", "Rådet för kompetens"),
    ]


def scope_versions(session) -> dict[tuple[str, int], int]:
    return {(row.scope, row.scope_id): row.version for row in session.scalars(select(ScopeVersion))}


def test_form_that_is_not_touched_changes_nothing(house):
    send(house.visitor(), EDIT, "short_name", short_name="Rådet")
    with house.looking() as session:
        before = scope_versions(session)
    changes = house.changes()
    assert send(house.visitor(), EDIT, "short_name").heading == "Forumet own"
    assert house.changes() == changes
    assert forum_named(house, "own-forum").version == 2
    with house.looking() as session:
        assert scope_versions(session) == before


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"name": ""}, {"name": "Ange forumets namn"}),
        ({"short_name": "x" * 25}, {"short_name": "Högst 24 tecken"}),
        ({"code": "A"}, {"code": "Koden ska ha 2–4 bokstäver"}),
        ({"code": "ff"}, {"code": "Koden FF används redan av Forumet foreign"}),
        ({"kind_id": ""}, {"kind_id": "Välj ett av alternativen"}),
        ({"secretariat_email": "sekretariatet"}, {"secretariat_email": "sekretariatet är ingen e-postadress"}),
        ({"host_id": "99999"}, {"host_id": "Välj ett av alternativen"}),
        ({"lead": "person-99999"}, {"lead": "Välj ett av alternativen"}),
        ({"lead": "person-me", "host_id": "us"}, dict.fromkeys(("host_id", "lead"), "Välj ett av alternativen")),
        ({"theme_ids": ["all"]}, {"theme_ids": "Välj bland alternativen"}),
        ({"state": "proposal"}, {"state": "Välj ett av alternativen"}),
        ({"default_time": "25.00"}, {"default_time": "Ange en tid, till exempel 13.00"}),
        ({"default_time": ""}, {"default_time": "Ange ett klockslag"}),
        ({"duration": "en timme"}, {"duration": "Ange ett heltal"}),
        ({"duration": ""}, {"duration": "Ange ett heltal mellan 5 och 14400"}),
        ({"min_gap_days": "400"}, {"min_gap_days": "Ange ett heltal mellan 0 och 366"}),
        ({"quorum_rule": "number"}, {"quorum_number": "Ange hur många som krävs"}),
        ({"notice_n": "9999"}, {"notice_n": "Ange ett heltal mellan 0 och 365"}),
        ({"tracked_from_on": ""}, {"tracked_from_on": "Ange från vilken dag mötena finns här"}),
        ({"valid_to_on": "i höst"}, {"valid_to_on": "Ange ett datum, till exempel 2026-09-29"}),
        ({"names": "The Council"}, {"names": "Skriv språkets kod och kolon före namnet: The Council"}),
        (
            {"name": "", "duration": "x", "code": "ff"},
            {
                "name": "Ange forumets namn",
                "duration": "Ange ett heltal",
                "code": "Koden FF används redan av Forumet foreign",
            },
        ),
        ({"theme_ids": ["99999"]}, {"theme_ids": "Välj bland alternativen"}),
    ],
)
def test_settings_that_cannot_be_are_refused_at_their_field(house, given, problems):
    with house.changing() as session:
        session.get(Forum, house.world.forums["foreign"].id).code = "FF"
        session.add(Theme(slug="klimat", sv="Klimat"))
    changes = house.changes()
    page = send(house.visitor(), EDIT, "short_name", **given)
    assert (page.status, page.errors) == (422, problems)
    assert house.changes() == changes
    forum = forum_named(house, "own-forum")
    assert (forum.name, forum.version, forum.code) == ("Forumet own", 1, None)


def test_who_saves_second_is_told_who_was_first_and_where_they_differ(house, clock):
    first, second = house.visitor(), house.visitor("administrator")
    open_form = visit(second, EDIT).form("short_name").values
    send(first, EDIT, "short_name", short_name="Rådet", duration="90")
    clock.move(minutes=5)
    changes = house.changes()
    page = post(second, EDIT, {**open_form, "short_name": "Forumrådet", "duration": "90"})
    assert page.status == 409
    assert (
        "Ändringen sparades inte. Own secretariat ändrade forumet 22 november 2026 kl. 10.00. "
        "Det du skrev står kvar här nedanför. Sparar du igen gäller det. "
        "Kortnamn: sparat är ”Rådet”, du skrev ”Forumrådet” Börja om från det som är sparat"
    ) in page.text
    assert (house.changes(), forum_named(house, "own-forum").short_name) == (changes, "Rådet")
    again = page.form("short_name").values
    assert (again["short_name"], again["version"]) == ("Forumrådet", "2")
    assert post(second, EDIT, dict(again)).status == 200
    assert forum_named(house, "own-forum").short_name == "Forumrådet"
    assert house.latest(1) == [("Administrator", "forum.edit", "Forumet own")]


def test_values_of_the_kind_are_told_from_own_ones(house):
    visitor = house.visitor()
    page = visit(visitor, EDIT)
    assert (page.text.count("Ärvt från Nätverk"), page.text.count("Eget värde")) == (6, 1)  # it is never public
    assert "21 dagar före Ärvt från Nätverk" in page.text
    own = {"notice_n": "5", "notice_unit": "working_days", "formality": "protocol", "requires_quorum": "yes"}
    send(visitor, EDIT, "notice_n", **own, minutes_days="10", quorum_rule="number", quorum_number="7")
    page = visit(visitor, EDIT)
    assert (page.text.count("Ärvt från Nätverk"), page.text.count("Eget värde")) == (1, 6)  # its reminders
    assert "Eget värde Nätverk har: 21 dagar före" in page.text
    assert "Minst 7" in page.text
    forum = forum_named(house, "own-forum")
    assert (forum.notice_n, forum.notice_unit, forum.requires_quorum, forum.minutes_days) == (
        5, "working_days", True, 10,
    )  # fmt: skip
    restored = post(visitor, EDIT, {**page.form("notice_n").values, "restore": "notice_n"})
    assert "21 dagar före Ärvt från Nätverk" in restored.text  # shown, and not yet saved
    assert forum_named(house, "own-forum").notice_n == 5
    send(visitor, EDIT, "notice_n", notice_n="", formality="", requires_quorum="", minutes_days="", quorum_rule="")
    forum = forum_named(house, "own-forum")
    assert (forum.notice_n, forum.notice_unit, forum.formality, forum.requires_quorum, forum.minutes_days) == (
        None, None, None, None, None,
    )  # fmt: skip


def test_forum_can_be_led_by_somebody_with_a_seat_and_by_nobody(house):
    visitor = house.visitor()
    chair = house.world.users["chair"].person_id
    assert f"person-{chair}" in visit(visitor, EDIT).form("lead").options["lead"]
    send(visitor, EDIT, "lead", lead=f"person-{chair}")
    assert forum_named(house, "own-forum").lead_person_id == chair
    assert visit(visitor, EDIT).form("lead").values["lead"] == f"person-{chair}"
    send(visitor, EDIT, "lead", lead="")
    assert forum_named(house, "own-forum").lead_person_id is None


def test_secretary_who_hands_a_forum_over_comes_back_to_the_list(house):
    with house.looking() as session:
        other = session.scalars(select(Organisation.id).where(Organisation.slug == "other-secretariat")).one()
    page = send(house.visitor(), EDIT, "secretariat_id", secretariat_id=str(other))
    assert page.heading == "Forum och nätverk"
    assert "Forumet own är sparat." in page.text
    assert house.visitor("other secretariat").get(EDIT).status_code == 200


def test_state_goes_only_where_it_may(house):
    assert visit(house.visitor(), EDIT).form("state").options["state"] == ["active", "resting", "ended"]
    send(house.visitor(), EDIT, "state", state="resting")
    assert forum_named(house, "own-forum").state == "resting"
    assert visit(house.visitor(), EDIT).form("state").options["state"] == ["resting", "active", "ended"]


def test_number_of_coming_meetings_stands_before_the_button(house):
    assert "1 kommande möte visar forumets namn och typ." in visit(house.visitor(), EDIT).text
    house.app.extensions["takt"].clock.move(days=60)
    with house.changing() as session:
        sign_in(session, session.merge(house.world.users["own secretariat"]), NOW + timedelta(days=60), "later")
    assert "Inga kommande möten berörs." in visit(Visitor(house.app, "later"), EDIT).text


def test_theme_is_taken_away(house):
    with house.changing() as session:
        theme = Theme(slug="klimat", sv="Klimat")
        session.add(theme)
        session.flush()
        theme_id = theme.id
        session.add(ForumTheme(forum_id=house.world.forums["own"].id, theme_id=theme_id))
    page = visit(house.visitor(), EDIT)
    values = {**page.form("short_name").values, "theme_ids": []}
    assert page.form("short_name").values["theme_ids"] == str(theme_id)
    assert post(house.visitor(), EDIT, values).status == 200
    with house.looking() as session:
        assert session.get(Forum, house.world.forums["own"].id).themes == []
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "forum.themes")).one()
        assert (entry.before, entry.after) == ({"themes": ["Klimat"]}, {"themes": []})


# ---------------------------------------------------------------- its requirement over time

CADENCE = "/forums/own-forum/cadence"
DAY = date(2027, 1, 1)


@pytest.fixture
def cadence_house(house) -> House:
    """The own forum has two pages of cadence behind it: none, then four to five a year."""
    with house.changing() as session:
        forum = session.get(Forum, house.world.forums["own"].id)
        forum.cadences.clear()
        forum.pauses.clear()
        session.flush()
        forum.cadences = [
            CadenceVersion(position=0, kind="none", phrase="träffas vid behov"),
            CadenceVersion(
                position=1, valid_from_on=date(2026, 1, 1), kind="count", min=4, max=5, period="year",
                phrase="4-5 gånger per år", source_url="https://lst.example/kalla",
            ),
        ]  # fmt: skip
    return house


def test_requirement_from_a_day_on_leaves_what_has_been(cadence_house):
    house = cadence_house
    page = send(
        house.visitor(), CADENCE, "phrase", valid_from_on="2027-01-01", phrase="minst två gånger per termin",
        source_url="lst.example/ny",
    )  # fmt: skip
    assert page.status == 200
    assert "Kravet är minst 2 gånger per termin." in page.text
    assert requirements(house, "own-forum") == [
        {"kind": "none", "phrase": "träffas vid behov"},
        {
            "valid_from_on": date(2026, 1, 1), "kind": "count", "min": 4, "max": 5, "period": "year",
            "phrase": "4-5 gånger per år",
        },
        {
            "valid_from_on": DAY, "kind": "count", "min": 2, "period": "term",
            "phrase": "minst två gånger per termin",
        },
    ]  # fmt: skip
    assert (
        "Minst 2 gånger per termin Från 1 januari 2027 ”minst två gånger per termin”" in page.text,
        "4–5 gånger per år 1 januari 2026–31 december 2026 ”4-5 gånger per år”" in page.text,
        "Inget krav Till och med 31 december 2025 ”träffas vid behov”" in page.text,
    ) == (True, True, True)
    assert "https://lst.example/ny" in page.links
    assert house.latest(1) == [("Own secretariat", "cadence.set", "Forumet own")]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            {"answer": "count", "min": "4", "max": "6", "target": "5", "period": "year", "window": "rolling"},
            {"kind": "count", "min": 4, "max": 6, "target": 5, "period": "year"},
        ),
        ({"answer": "interval", "every": "6", "unit": "week"}, {"kind": "interval", "every": 6, "unit": "week"}),
        ({"answer": "none", "phrase": "ses ibland"}, {"kind": "none", "phrase": "ses ibland"}),
    ],
)
def test_requirement_by_hand(cadence_house, given, kept):
    send(cadence_house.visitor(), CADENCE, "phrase", valid_from_on="2027-01-01", **given)
    assert requirements(cadence_house, "own-forum")[2:] == [{"valid_from_on": DAY, **kept}]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, {"phrase": "Klistra in meningen, eller ange kravet själv"}),
        ({"valid_from_on": "nyår"}, {
            "valid_from_on": "Ange ett datum, till exempel 2026-09-29",
            "phrase": "Klistra in meningen, eller ange kravet själv",
        }),
        ({"answer": "count"}, {"min": "Ange hur många möten som minst krävs"}),
        ({"answer": "count", "min": "4", "max": "3"}, {"max": "Högsta antalet är lägre än det lägsta"}),
        (
            {"answer": "count", "min": "4", "target": "3"},
            {"target": "Målet ska ligga mellan lägsta och högsta antalet"},
        ),
        (
            {"answer": "count", "min": "4", "period": "month", "window": "rolling"},
            {"window": "Bara ett år kan vara rullande"},
        ),
        ({"answer": "interval"}, {"every": "Ange hur långt det är mellan mötena"}),
        ({"answer": "interval", "every": "0"}, {"every": "Ange ett tal mellan 1 och 5200"}),
        ({"answer": "none", "source_url": "ftp://lst"}, {
            "source_url": "Ange en webbadress som börjar med https://"
        }),
    ],
)  # fmt: skip
def test_requirement_that_cannot_be_is_refused_at_its_field(cadence_house, given, problems):
    before, rows = stored(cadence_house), requirements(cadence_house, "own-forum")
    for button in ({}, {"preview": "1"}):
        page = send(cadence_house.visitor(), CADENCE, "phrase", **given, **button)
        assert (page.status, page.errors) == (422, problems)
    assert (stored(cadence_house), requirements(cadence_house, "own-forum")) == (before, rows)


def test_unclear_requirement_is_asked_about_with_what_yes_leads_to(cadence_house):
    visitor, before = cadence_house.visitor(), stored(cadence_house)
    page = send(visitor, CADENCE, "phrase", valid_from_on="2026-01-01", phrase="1 gång per år, vid behov fler")
    assert (page.status, page.errors) == (200, {})
    assert "Menas minst 1 gång per år?" in page.text
    assert "Ja, minst 1 gång per år Bokat: 0 av 1 hållet, 1 bokat, räcker till 1." in page.text
    form = page.form("phrase")
    assert (form.options["answer"], "answer" in form.values) == (["read", "count", "interval", "none"], False)
    assert stored(cadence_house) == before
    page = post(visitor, CADENCE, dict(form.values))
    assert (page.status, page.errors) == (422, {"answer": "Svara på hur ofta forumet ska mötas"})
    assert stored(cadence_house) == before
    post(visitor, CADENCE, form.values | {"answer": "read"})
    assert requirements(cadence_house, "own-forum")[1:] == [
        {
            "valid_from_on": date(2026, 1, 1), "kind": "count", "min": 1, "period": "year",
            "phrase": "1 gång per år, vid behov fler",
        }
    ]  # fmt: skip


def test_effect_is_shown_before_anything_is_stored(cadence_house):
    visitor, before = cadence_house.visitor(), stored(cadence_house)
    assert "När du sparar Läget är nu riskerar missas." in visit(visitor, CADENCE).text
    given = {"valid_from_on": "2026-01-01", "phrase": "1 gång per år", "preview": "1"}
    page = send(visitor, CADENCE, "phrase", **given)
    assert page.status == 200
    assert "När du sparar Läget blir bokat. 0 av 1 hållet, 1 bokat, räcker till 1." in page.text
    assert stored(cadence_house) == before
    form = page.form("phrase").values
    assert (form["valid_from_on"], form["phrase"], form["answer"]) == ("2026-01-01", "1 gång per år", "read")


def test_requirement_saved_second_is_not_stored(cadence_house):
    first, second = cadence_house.visitor(), cadence_house.visitor("administrator")
    open_form = visit(second, CADENCE).form("phrase").values
    send(first, CADENCE, "phrase", valid_from_on="2027-01-01", phrase="2 gånger per år")
    before = stored(cadence_house)
    page = post(second, CADENCE, open_form | {"phrase": "3 gånger per år"})
    assert page.status == 409
    assert "Ändringen sparades inte. Own secretariat ändrade forumet 22 november 2026 kl. 10.00." in page.text
    assert stored(cadence_house) == before
    assert post(second, CADENCE, dict(page.form("phrase").values)).status == 200
    assert [row["min"] for row in requirements(cadence_house, "own-forum")[1:]] == [4, 3, 2]


def test_requirement_is_removed_after_its_effect_was_shown(cadence_house):
    visitor, before = cadence_house.visitor(), stored(cadence_house)
    last = visit(visitor, CADENCE)
    [remove] = sorted(path for path in last.actions() if path.endswith("/remove"))[-1:]
    page = post(visitor, remove, {})
    assert (page.status, page.heading) == (200, "Ta bort krav")
    assert "Läget blir inget krav." in page.text
    assert stored(cadence_house) == before
    page = post(visitor, remove, {"confirmed": "1"})
    assert "Kravet är borttaget." in page.text
    assert requirements(cadence_house, "own-forum") == [{"kind": "none", "phrase": "träffas vid behov"}]
    assert cadence_house.latest(1) == [("Own secretariat", "cadence.remove", "Forumet own")]
    assert post(visitor, remove, {"confirmed": "1"}).status == 404


# ---------------------------------------------------------------- pauses


def test_pause_is_added_shown_and_removed(cadence_house):
    house, visitor = cadence_house, cadence_house.visitor()
    given = {"pause-from_on": "2026-07-01", "pause-to_on": "2026-08-15", "pause-yearly": "y", "pause-reason": "Sommar"}
    page = send(visitor, CADENCE, "pause-from_on", **given)
    assert "Uppehållet är sparat. Läget är nu: efter." in page.text
    assert "1 juli–15 augusti varje år Sommar" in page.text
    assert house.latest(1) == [("Own secretariat", "pause.add", "Forumet own")]
    page = send(visitor, CADENCE, "pause-from_on", **{"pause-from_on": "2027-03-01"})
    assert "Från 1 mars 2027 tills vidare" in page.text
    [path, _open] = sorted(path for path in page.actions() if "/pauses/" in path)
    page = post(visitor, path, {})
    assert "Uppehållet är borttaget." in page.text
    assert "1 juli–15 augusti" not in page.text
    assert post(visitor, path, {}).status == 404


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"pause-from_on": ""}, {"pause-from_on": "Ange första dagen"}),
        (
            {"pause-from_on": "2027-03-01", "pause-to_on": "2027-02-01"},
            {"pause-to_on": "Sista dagen kan inte ligga före den första"},
        ),
        (
            {"pause-from_on": "2027-03-01", "pause-yearly": "y"},
            {"pause-to_on": "Ange sista dagen i en paus som återkommer varje år"},
        ),
        ({"pause-from_on": "snart"}, {"pause-from_on": "Ange ett datum, till exempel 2026-09-29"}),
    ],
)
def test_pause_that_cannot_be_is_refused_at_its_field(cadence_house, given, problems):
    changes = cadence_house.changes()
    page = send(cadence_house.visitor(), CADENCE, "pause-from_on", **given)
    assert (page.status, page.errors) == (422, problems)
    assert cadence_house.changes() == changes
