"""The overview and the list of forums: what they say and in which order, for whom, and at what price."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle

import pytest
from sqlalchemy import select, update

from scheduler.accounts.models import User, UserRole
from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.rules import CadenceVersion as Rule
from scheduler.cadence.rules import Forum as Ruled
from scheduler.cadence.rules import Kind, Meeting, Status, Unit
from scheduler.db import db
from scheduler.forums.actions import create_forum
from scheduler.forums.cadences import add_pause, set_cadence
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.i18n import use_language
from scheduler.meetings.actions import Site, book_meeting
from scheduler.meetings.cadence import Standing
from scheduler.meetings.models import Meeting as BookedMeeting
from scheduler.meetings.models import MeetingForum
from scheduler.organisations.actions import create_organisation
from scheduler.places.actions import create_place
from scheduler.polls.models import Poll, PollOption
from scheduler.records.models import Minutes
from scheduler.web.overview import TASKS, lead
from scheduler.web.standing_rows import row_of
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.drawings import Drawn
from tests.web.house import House
from tests.web.reading import Page, visit
from tests.web.world import World, sign_in

TODAY = date(2026, 11, 22)
SITE = Site("https://takt.example", "takt.example")
#: Held days of a forum that meets four times a year, by the status they leave it in on 22 November.
OVERDUE = (date(2026, 2, 3), date(2026, 5, 5))
ON_TRACK = (date(2026, 2, 3), date(2026, 5, 5), date(2026, 9, 8))
MET = (*ON_TRACK, date(2026, 10, 6))
#: Every sixth week, last held 20 October: the next is due 1 December.
DUE = {"held": (date(2026, 10, 20),), "kind": "interval", "every": 6, "unit": "week"}


class County(House):
    """An installation that begins empty, kept by an administrator."""

    def __init__(self, app) -> None:
        super().__init__(app, World())
        with self.changing() as session:
            user = User(login="a@login.example", name="Ada", roles=[UserRole(role="administrator")], created_at=NOW)
            session.add(user)
            session.flush()
            sign_in(session, user, NOW, self.world.cookie("administrator"))

    def add(self, actor, name, *, held=(), booked=(), unrecorded=(), kind="count", july_off=False, **given) -> str:
        """A forum with its meetings, four a year unless told otherwise; gives its address."""
        rule = {name: given.pop(name) for name in ("every", "unit", "min", "period") if name in given}
        if kind == "count":
            rule = {"min": 4, "period": "year", **rule}
        since = {"tracked_from_on": date(2025, 1, 1), **given}
        with self.changing() as session:
            forum = create_forum(session, actor, NOW, name=name, **{"kind_id": "natverk", **since})
            set_cadence(session, actor, NOW, forum, valid_from_on=None, kind=kind, **rule)
            if july_off:
                add_pause(session, actor, NOW, forum, from_on=date(2025, 7, 1), to_on=date(2025, 7, 31), yearly=True)
            for days, state, entered in (
                (held, "held", NOW), (booked, "confirmed", NOW), (unrecorded, "confirmed", NOW - timedelta(days=90)),
            ):  # fmt: skip
                for day in days:
                    book_meeting(
                        session, actor, entered, forums=[forum], on=day, start=time(13), end=time(15), site=SITE,
                        state=state, place_id=forum.default_place_id, check_conflicts=False,
                    )  # fmt: skip
            return f"/forums/{forum.slug}"

    def see(self, path="/") -> Page:
        return visit(self.visitor("administrator"), path)

    def drawn(self, path="/") -> Drawn:
        return Drawn(self.visitor("administrator").get(path).get_data(as_text=True))


@pytest.fixture
def county(app) -> County:
    return County(app)


def rows(page: Page) -> list[str]:
    """The forums of the page's table, in order."""
    return [link.removeprefix("/forums/") for link in page.links if re.fullmatch(r"/forums/(?!new$)[^/]+", link)]


# ---------------------------------------------------------------- an empty installation


def test_an_empty_installation_leads_to_the_first_forum(county):
    page = county.see()
    assert (page.status, page.heading) == (200, "Översikt 2026")
    assert "Inga forum än" in page.text
    assert "/forums/new" in page.links
    assert "Att göra" not in page.text


def test_first_steps_lead_from_an_empty_house_to_its_first_year(county, actor):
    page = county.see()
    assert "0 av 4 klara" in page.text
    assert {"/forums/new", "/people/list"} <= set(page.links)
    forum = county.add(actor, "Regionalt forum")
    page = county.see()
    assert "1 av 4 klara" in page.text
    assert "Lägg in det första forumet , klart" in page.text
    # Late in the year it is the next one that is laid.
    assert {f"{forum}/seats", f"{forum}/dates?year=2027"} <= set(page.links)


@pytest.mark.parametrize("when", ["held", "booked"])
def test_first_steps_go_with_the_first_meeting(county, actor, when):
    county.add(actor, "Utan möten")
    assert "Kom i gång" in county.see().text
    county.add(actor, "Med möte", **{when: [date(2026, 2, 3) if when == "held" else date(2027, 2, 3)]})
    assert "Kom i gång" not in county.see().text


def test_an_empty_list_of_forums_leads_to_the_first(county):
    page = county.see("/forums")
    assert "Inga forum än. Lägg in det första, så räknar Takt ut hur ofta det behöver mötas." in page.text
    assert (rows(page), "/forums/new" in page.links) == ([], True)


# ---------------------------------------------------------------- the lead sentence


def row(status: Status):
    """A row of a forum with that status."""
    held = {Status.OVERDUE: OVERDUE, Status.ON_TRACK: ON_TRACK, Status.MET: MET}
    if status is Status.DUE:
        rule, days = Rule(Kind.INTERVAL, every=6, unit=Unit.WEEK), DUE["held"]
    elif status is Status.NO_REQUIREMENT:
        rule, days = Rule(), ()
    else:
        rule, days = Rule(Kind.COUNT, 4), held[status]
    found = evaluate(Ruled((rule,), start=date(2025, 1, 1)), [Meeting(day, "held") for day in days], TODAY)
    assert found.status is status
    return row_of(Forum(name="Forumet"), Standing(1, found, (), {}, ()))


@pytest.mark.parametrize(
    ("overdue", "due", "others", "swedish", "english"),
    [
        (0, 0, [], "Inga forum än.", "No forums yet."),
        (0, 0, [Status.MET], "Ett forum. Alla forum är i fas.", "One forum. All forums are on track."),
        (0, 0, [Status.NO_REQUIREMENT] * 2, "Två forum. Alla forum är i fas.", "Two forums. All forums are on track."),
        (1, 0, [], "Ett forum. Ett ligger efter sin mötestakt.", "One forum. One is behind its meeting cadence."),
        (0, 1, [Status.ON_TRACK], "Två forum. Ett behöver planeras.", "Two forums. One needs a date."),
        (2, 1, [Status.MET], "Fyra forum. Två ligger efter sin mötestakt och ett behöver planeras.",
         "Four forums. Two are behind their meeting cadence and one needs a date."),
        (1, 3, [Status.MET] * 9, "13 forum. Ett ligger efter sin mötestakt och tre behöver planeras.",
         "13 forums. One is behind its meeting cadence and three need a date."),
        (0, 14, [], "14 forum. 14 behöver planeras.", "14 forums. 14 need a date."),
    ],
)  # fmt: skip
def test_the_lead_says_how_many_are_behind_and_how_many_need_a_date(overdue, due, others, swedish, english):
    shown = [row(status) for status in [Status.OVERDUE] * overdue + [Status.DUE] * due + others]
    said = [lead(shown)]
    with use_language("en"):
        said.append(lead(shown))
    assert said == [swedish, english]


# ---------------------------------------------------------------- what to do


def test_what_to_do_is_the_worst_first_then_the_near_then_outcomes_to_record(county, actor):
    county.add(actor, "Bordet", **DUE)
    county.add(actor, "Delegationen", held=MET, unrecorded=[date(2026, 11, 10)])
    county.add(actor, "Rådet", held=OVERDUE)
    county.add(actor, "Alliansen", held=OVERDUE)
    county.add(actor, "Kretsen", held=ON_TRACK)
    page = county.see()
    assert re.findall(r"Bestäm datum för \w+|Boka nästa möte för \w+|Ange om mötet hölls: \w+", page.text) == [
        "Bestäm datum för Alliansen",
        "Bestäm datum för Rådet",
        "Boka nästa möte för Bordet",
        "Ange om mötet hölls: Delegationen",
    ]
    assert "4 saker" in page.text
    assert "Mötet var bokat 10 november och saknar utfall." in page.text
    assert [link for link in page.links if link.startswith("/meetings/new?")] == [
        "/meetings/new?forum=alliansen", "/meetings/new?forum=radet", "/meetings/new?forum=bordet",
    ]  # fmt: skip


def test_more_to_do_than_the_list_holds_is_left_to_the_table(county, actor):
    for n in range(TASKS + 1):
        county.add(actor, f"Forum {n}", held=OVERDUE)
    page = county.see()
    assert page.text.count("Bestäm datum för") == TASKS
    assert "9 saker" in page.text
    assert "Resten står i tabellen nedan." in page.text
    assert len(rows(page)) == TASKS + 1


def test_nothing_to_do_is_said(county, actor):
    county.add(actor, "Rådet", held=MET)
    assert "Inget att göra just nu." in county.see().text


def test_what_to_do_is_todays_whatever_year_is_shown(county, actor):
    county.add(actor, "Rådet", held=OVERDUE, tracked_from_on=date(2026, 1, 1))
    for year in (2025, 2026, 2027):
        assert "Bestäm datum för Rådet" in county.see(f"/?year={year}").text


# ---------------------------------------------------------------- the table


def test_the_table_is_worst_first_then_by_the_day_to_call_and_the_name(county, actor):
    county.add(actor, "Östra rådet", held=MET)
    county.add(actor, "Ådalen", held=MET)
    county.add(actor, "Bordet", **DUE)
    county.add(actor, "Efterrådet", held=OVERDUE)
    county.add(actor, "Utan krav", kind="none")
    county.add(actor, "Bokade", held=ON_TRACK, booked=[date(2026, 12, 8)])
    order = ["efterradet", "bordet", "bokade", "adalen", "ostra-radet", "utan-krav"]
    assert rows(county.see()) == order
    assert rows(county.see("/forums")) == order


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", ["efter", "bordet", "metropolen"]),
        ("/?status=behind", ["efter"]),
        ("/?status=risk", ["bordet"]),
        ("/?status=met", ["efter", "bordet", "metropolen"]),
        ("/?status=%27", ["efter", "bordet", "metropolen"]),
        ("/forums?status=behind", ["efter"]),
        ("/forums?status=risk", ["bordet"]),
        ("/forums?status=met", ["metropolen"]),
        ("/forums?status=track", []),
        ("/forums?q=METRO", ["metropolen"]),
        ("/forums?q=metro&status=behind", []),
        ("/forums?kind=natverk", ["efter", "bordet", "metropolen"]),
        ("/forums?kind=rad", []),
    ],
)
def test_filters_leave_what_they_ask_for(county, actor, path, found):
    county.add(actor, "Efter", held=OVERDUE)
    county.add(actor, "Bordet", **DUE)
    county.add(actor, "Metropolen", held=MET)
    page = county.see(path)
    assert (page.status, rows(page)) == (200, found)
    if path.startswith("/?"):
        assert "Alla 3 Efter 1 Behöver planeras 1" in page.text


def test_a_filter_without_a_hit_says_so(county, actor):
    county.add(actor, "Metropolen", held=MET)
    assert "Inget forum har det läget." in county.see("/?status=behind").text
    assert "Inget forum passar urvalet." in county.see("/forums?status=behind").text
    assert "Inga träffar på ”rymd”." in county.see("/forums?q=rymd").text


def test_the_list_names_the_next_booked_meeting(county, actor):
    county.add(actor, "Rådet", held=ON_TRACK, booked=[date(2027, 1, 12), date(2026, 12, 8)])
    page = county.see("/forums")
    assert "8 dec" in page.text
    assert len([link for link in page.links if re.fullmatch(r"/meetings/\d+", link)]) == 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"state": "active"}, True),
        ({"state": "resting"}, True),
        ({"state": "proposal"}, False),
        ({"state": "ended", "valid_to_on": date(2026, 6, 30)}, False),
        ({"family_count": 12}, False),
    ],
)
def test_the_overview_judges_forums_in_use(county, actor, given, shown):
    county.add(actor, "Rådet")
    with county.changing() as session:
        session.execute(update(Forum).values(**given))
    assert rows(county.see()) == (["radet"] if shown else [])


# ---------------------------------------------------------------- the wheel


@pytest.mark.parametrize("path", ["/", "/?year=2025", "/?year=2027", "/?status=behind", "/?status=risk"])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_wheel_shows_every_meeting_of_the_table_and_no_other(county, actor, path, language):
    county.add(actor, "Rådet", held=[date(2025, 3, 4), *OVERDUE], unrecorded=[date(2026, 11, 10)])
    county.add(actor, "Bordet", booked=[date(2027, 2, 9), TODAY], **DUE)
    county.add(actor, "Kretsen", held=MET, booked=[date(2026, 12, 8)])
    with county.changing() as session:
        session.execute(update(User).values(language=language))
    page = county.drawn(path)
    names = {"radet": "Rådet", "bordet": "Bordet", "kretsen": "Kretsen"}
    told = {forum: Counter() for forum in page.rows}
    for _url, title in page.wheel:
        name, day, state = re.fullmatch(r"(\w+), (\d+) \w+: (.+)", title).groups()
        [forum] = [f"/forums/{slug}" for slug, known in names.items() if known == name]
        told[forum][day, state] += 1
    said = {
        forum: Counter(re.findall(r"(\d+) \w+ ([\w ]+?)(?=[;.])", page.strip(forum).partition(": ")[2]))
        for forum in page.rows
    }
    assert told == said
    assert len(page.codes) == len(page.rows)


def test_a_mark_leads_to_its_meeting(county, actor):
    county.add(actor, "Rådet", held=OVERDUE)
    county_of = county.drawn()
    assert [title for _url, title in county_of.wheel] == ["Rådet, 3 feb: hållet", "Rådet, 5 maj: hållet"]
    for url, _title in county_of.wheel:
        assert county.see(url).status == 200


def test_late_minutes_and_dates_asked_for_are_marked_in_strip_and_wheel(county, actor):
    forum = county.add(actor, "Rådet", held=MET)
    with county.changing() as session:
        row = session.scalars(select(Forum)).one()
        row.formality = "protocol"
        first = session.scalars(select(BookedMeeting).order_by(BookedMeeting.start_at)).first()
        session.add(Minutes(meeting_id=first.id, kind="protocol", state="adjusted", created_at=NOW))
        options = [
            PollOption(uid=f"o{n}", start_at=NOW + timedelta(days=n), end_at=NOW + timedelta(days=n, hours=1),
                       local_on=(NOW + timedelta(days=n)).date())
            for n in (10, 20, 100)
        ]  # fmt: skip
        session.add(
            Poll(uid="p", forum_id=row.id, duration=60, answer_by_on=TODAY, created_at=NOW, revised_at=NOW,
                 state="open", options=options)
        )  # fmt: skip
    page = county.drawn()
    assert page.strip(forum) == (
        "Möten 2026: 3 februari hållet; 5 maj hållet, protokoll saknas; 8 september hållet, protokoll saknas; "
        "6 oktober hållet, protokoll saknas; 2 december datumförfrågan; 12 december datumförfrågan."
    )
    assert [title.partition(": ")[2] for _url, title in page.wheel] == [
        "hållet", *["hållet, protokoll saknas"] * 3, "datumförfrågan", "datumförfrågan",
    ]  # fmt: skip
    assert page.wheel[-1][0].startswith("/polls/")
    assert "4 möten hållna" in page.markup


def test_over_twelve_forums_the_wheel_has_a_ring_for_each_kind_and_leads_to_them(county, actor):
    for n in range(13):
        county.add(actor, f"Forum {n}", held=OVERDUE, kind_id="rad" if n < 5 else "natverk")
    page = county.drawn()
    assert len(page.rows) == 13
    assert page.codes == ["Nät", "Råd"]
    assert {title for _url, title in page.wheel} == {
        f"{kind}, vecka {week}: {count} möten" for kind, count in (("Nätverk", 8), ("Råd", 5)) for week in (6, 19)
    }
    assert "/?year=2026&group=kind-rad" in county.see("/?year=2026").links
    # What somebody else has put into the address is not carried on.
    assert "/?year=2026&group=kind-rad" in county.see("/?year=2026&endpoint=x&_external=1&_anchor=y").links
    chosen = county.drawn("/?group=kind-rad")
    assert (len(chosen.rows), len(chosen.codes), len(chosen.wheel)) == (5, 5, 10)
    assert "Alla 5 Efter 5" in county.see("/?group=kind-rad").text


def test_of_many_forums_a_secretariat_sees_its_own_in_the_wheel(county, actor):
    with county.changing() as session:
        home = create_organisation(session, actor, NOW, name="Regionen", kind_id="kommun")
        secretariat_id, slug = home.id, home.slug
    for n in range(13):
        county.add(actor, f"Forum {n}", held=OVERDUE, secretariat_id=secretariat_id if n < 3 else None)
    with county.changing() as session:
        session.add(UserRole(user_id=session.scalars(select(User.id)).one(), role="secretariat",
                             organisation_id=secretariat_id))  # fmt: skip
    page = county.drawn()
    assert (len(page.rows), page.codes) == (13, ["F0", "F1", "F2"])
    assert "Hjulet visar dina 3 forum. Alla 13 står i tabellen." in county.see().text
    assert len(county.drawn(f"/?group=org-{slug}").rows) == 3


@pytest.mark.parametrize("group", ["nowhere", "kind-", "'", "kind-natverk%00"])
def test_a_group_that_is_none_means_all(county, actor, group):
    county.add(actor, "Rådet", held=OVERDUE)
    county.add(actor, "Bordet", kind_id="rad")
    page = county.see(f"/?group={group}")
    assert (page.status, sorted(rows(page))) == (200, ["bordet", "radet"])


def test_a_hundred_forums_fit_into_the_pages_budget(county, actor):
    """At most 30 KB, compressed as it travels (spec interface "Budget")."""
    with county.changing() as session:
        forums = [
            Forum(slug=f"forum-{n}", name=f"Nätverket för samverkan nummer {n}", kind_id=kind,
                  tracked_from_on=date(2021, 1, 1),
                  cadences=[CadenceVersion(position=0, kind="count", min=4 + n % 3, period="year")])
            for n, kind in zip(range(100), cycle(["natverk", "rad", "beredning", "partnerskap"]), strict=False)
        ]  # fmt: skip
        session.add_all(forums)
        session.flush()
        for n, forum in enumerate(forums):
            for place in range(30):
                start = datetime(2021, 2, 1, 12, tzinfo=UTC) + timedelta(days=70 * place + n)
                session.add(
                    BookedMeeting(uid=f"{n}-{place}", revised_at=NOW, state="held" if start < NOW else "confirmed",
                                  start_at=start, end_at=start + timedelta(hours=2), local_on=start.date(),
                                  forum_rows=[MeetingForum(forum_id=forum.id, position=0)])
                )  # fmt: skip
    for path in ("/", "/calendar/2026"):
        page = county.visitor("administrator").get(path)
        assert len(Drawn(page.get_data(as_text=True)).rows) == 100
        assert len(gzip.compress(page.data)) <= 30 * 1024


# ---------------------------------------------------------------- years


def test_another_year_shows_its_own_requirement_and_meetings(county, actor):
    quarterly = {"min": 1, "period": "quarter"}
    county.add(actor, "Rådet", held=[date(2025, 2, 4), date(2025, 5, 6)], booked=[date(2027, 2, 9)], **quarterly)
    past, coming = county.see("/?year=2025"), county.see("/?year=2027")
    assert [page.heading for page in (past, coming)] == ["Översikt 2025", "Översikt 2027"]
    assert "Missat 2 av 4 hållna, två saknades" in past.text
    assert "0 av 4 hållna, 1 bokat; tre saknas, kalla senast" in coming.text


@pytest.mark.parametrize("year", ["abc", "", "0", "1", "3", "-5", "9999", "99999", "1e3", "2026.0"])
def test_a_year_that_cannot_be_meant_is_this_one(county, actor, year):
    county.add(actor, "Rådet", held=OVERDUE)
    page = county.see(f"/?year={year}")
    assert (page.status, page.heading) == (200, "Översikt 2026")


# ---------------------------------------------------------------- visitors and members


def test_a_visitor_sees_what_is_public_and_nothing_else(house):
    page = visit(house.visitor("anonymous"), "/")
    assert (page.status, page.heading, rows(page)) == (200, "Forum och möten", ["public-forum"])
    assert "1 offentligt forum." in page.text
    assert not {"Forumet own", "Forumet foreign"} & set(re.findall(r"Forumet \w+", page.text))
    assert len({link for link in page.links if link.startswith("/meetings/")}) == 1
    assert rows(visit(house.visitor("anonymous"), "/forums")) == ["public-forum"]


def test_a_visitor_of_an_installation_without_public_forums_is_told(county):
    page = visit(county.visitor("anonymous"), "/")
    assert (page.status, "Inget forum är offentligt här." in page.text) == (200, True)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("administrator", ["foreign-forum", "own-forum", "public-forum"]),
        ("reader", ["foreign-forum", "own-forum", "public-forum"]),
        ("own secretariat", ["own-forum", "public-forum"]),
    ],
)
def test_each_sees_the_forums_that_are_theirs_to_see(house, role, seen):
    page = visit(house.visitor(role), "/")
    assert page.heading == "Översikt 2026"
    assert sorted(set(rows(page))) == seen


# ---------------------------------------------------------------- the price


def fill(county, actor, numbers):
    """Forums that have everything a page shows, each with organisation and place of its own."""
    for n in numbers:
        with county.changing() as session:
            host_id = create_organisation(session, actor, NOW, name=f"Organisation {n}", kind_id="kommun").id
            place_id = create_place(session, actor, NOW, name=f"Plats {n}", town="Luleå").id
        county.add(
            actor, f"Forum {n}", held=[date(2025, 3, 4), *OVERDUE], booked=[date(2026, 12, 8)], july_off=True,
            unrecorded=[date(2026, 11, 10)], host_id=host_id, secretariat_id=host_id, default_place_id=place_id,
            public_level="full",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "role", "questions"),
    [
        ("/", "administrator", 14),
        ("/?year=2025", "administrator", 14),
        ("/?year=2027&status=behind", "administrator", 14),
        ("/forums", "administrator", 9),
        ("/", "anonymous", 6),
        ("/forums", "anonymous", 4),
    ],
)
def test_a_page_asks_as_much_for_one_forum_as_for_thirty(app, actor, path, role, questions):
    county = County(app)
    asked = []
    for numbers in (range(1), range(1, 3), range(3, 30)):
        fill(county, actor, numbers)
        with app.app_context(), count_queries(db.engine) as sent:
            assert county.visitor(role).get(path).status_code == 200
        asked.append(len(sent))
    assert asked == [questions] * 3


@pytest.mark.parametrize(
    ("language", "opens"), [("sv", ("Offentliga ", "Möten i ", "När ")), ("en", ("Public ", "Meetings ", "When "))]
)
def test_a_public_page_says_to_search_engines_what_it_is(house, language, opens):
    world = house.world
    paths = ("/", f"/forums/{world.forums['public'].slug}", f"/meetings/{world.meetings['public'].id}")
    for path, opening in zip(paths, opens, strict=True):
        html = house.visitor("anonymous").get(f"{path}?language={language}").get_data(as_text=True)
        [said] = re.findall(r'<meta name="description" content="([^"]+)">', html)
        assert said.startswith(opening)
