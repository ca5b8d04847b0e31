"""What a person types, through the whole product, as far as the programs that read calendars.

Action or form → stored → calendar entry → feed over HTTP → four programs read exactly what is stored. What cannot be
stored is refused at its field, in Swedish, with nothing stored.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, func, inspect, select
from sqlalchemy.orm import Session

from scheduler.accounts.models import UserRole
from scheduler.db import Base, begin_write, db
from scheduler.errors import Refused
from scheduler.feeds.actions import make_token
from scheduler.feeds.models import FeedToken
from scheduler.feeds.rules import Scope
from scheduler.forums import actions as forums
from scheduler.forums import kind_actions as kinds
from scheduler.forums.models import ForumName, ForumTheme
from scheduler.history.rules import Actor
from scheduler.ical.lint import lint_calendar
from scheduler.ical.text import clean_text, one_line
from scheduler.meetings.actions import book_meeting, cancel_meeting, edit_meeting, refresh, reinstate_meeting
from scheduler.meetings.fragments import AUDIENCES, LANGUAGES, render
from scheduler.meetings.models import Meeting, MeetingChange
from scheduler.organisations import actions as organisations
from scheduler.places import actions as places
from scheduler.register import themes
from scheduler.register.models import Theme
from tests.conftest import NOW
from tests.feeds.subscribers import link, principal, user_of
from tests.ical.test_clients import HARD, READERS, TYPED
from tests.ical_clients import read_with_recurring
from tests.meetings.county import DAY, SITE, County
from tests.web.reading import send
from tests.web.visits import Visitor
from tests.web.world import sign_in

ACTOR = Actor("Sara Niemi")


def stored(typed: str, *, lines: bool) -> str | None:
    """What is kept of a text: the words without the space around them, None when nothing is left."""
    return (clean_text(typed).strip() if lines else one_line(typed)) or None


# ---------------------------------------------------------------- every column that calendars show


@dataclass
class Desk:
    """What the actions below work on: a public forum with a theme, a kind of its own, and a meeting at a place."""

    county: County
    numbers: Any

    def __post_init__(self) -> None:
        self.session = self.county.session
        self.user = user_of(self.county, None, UserRole(role="reader"))
        self.forum = forums.create_forum(self.session, ACTOR, NOW, name="Rådet", kind_id="natverk", public_level="full")
        self.theme = themes.create_theme(self.session, ACTOR, NOW, sv="Vägar")
        self.place = places.create_place(self.session, ACTOR, NOW, name="Regionhuset")
        self.organisation = organisations.create_organisation(
            self.session, ACTOR, NOW, name="Länsstyrelsen", kind_id="myndighet"
        )
        forums.set_themes(self.session, ACTOR, NOW, self.forum, theme_ids=[self.theme.id])
        self.meeting = self.book()

    def book(self, **given: Any) -> Meeting:
        on = DAY + timedelta(days=next(self.numbers))
        return book_meeting(
            self.session, ACTOR, NOW, forums=[self.forum], on=on, start=time(9), end=time(10), site=SITE,
            check_conflicts=False, **{"place_id": self.place.id, "mode": "hybrid", **given},
        )  # fmt: skip

    def edit(self, **given: Any) -> Meeting:
        return edit_meeting(
            self.session, ACTOR, NOW, self.meeting, version=None, site=SITE, check_conflicts=False, **given
        )

    def cancel(self, reason: str) -> str | None:
        """Calls the meeting off and takes it up again; gives the reason as it was kept."""
        ask = {"version": None, "site": SITE}
        kept = cancel_meeting(self.session, ACTOR, NOW, self.meeting, reason=reason, **ask).cancel_reason
        reinstate_meeting(self.session, ACTOR, NOW, self.meeting, **ask)
        return kept

    def english(self, name: str) -> str | None:
        forums.edit_forum(self.session, ACTOR, NOW, self.forum, names={"en": name})
        return next((row.name for row in self.forum.names if row.language == "en"), None)

    def link(self, label: str) -> FeedToken:
        return make_token(
            self.session, ACTOR, NOW, principal=principal(self.county, self.user), scope=Scope.SELECTION,
            selection=[self.forum.id], label=label,
        ).token  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A text column that calendars show: how it is typed, giving what is stored."""

    type: Callable[[Desk, str], str | None]
    limit: int
    required: bool = False
    lines: bool = False
    #: The keyword of the action, where it is not the column's name.
    field: str = ""


def theme(desk: Desk, **given: str) -> Theme:
    return themes.edit_theme(desk.session, ACTOR, NOW, desk.theme, **given)


def place(desk: Desk, **given: str) -> Any:
    return places.edit_place(desk.session, ACTOR, NOW, desk.place, **given)


def forum(desk: Desk, **given: str) -> Any:
    return forums.edit_forum(desk.session, ACTOR, NOW, desk.forum, **given)


def kind(desk: Desk, **given: str) -> Any:
    return kinds.edit_kind(desk.session, ACTOR, NOW, desk.forum.kind, **given)


COLUMNS = {
    "forum.name": Column(lambda desk, typed: forum(desk, name=typed).name, 300, required=True),
    "forum.short_name": Column(lambda desk, typed: forum(desk, short_name=typed).short_name, 24),
    "forum_name.name": Column(Desk.english, 300, field="names"),
    "forum_kind.sv": Column(lambda desk, typed: kind(desk, sv=typed).sv, 200, required=True),
    "forum_kind.en": Column(lambda desk, typed: kind(desk, en=typed).en, 200, required=True),
    "theme.sv": Column(lambda desk, typed: theme(desk, sv=typed).sv, 200, required=True),
    "theme.en": Column(lambda desk, typed: theme(desk, en=typed).en, 200),
    "place.name": Column(lambda desk, typed: place(desk, name=typed).name, 200, required=True),
    "place.name_en": Column(lambda desk, typed: place(desk, name_en=typed).name_en, 200),
    "place.address": Column(lambda desk, typed: place(desk, address=typed).address, 200),
    "place.town": Column(lambda desk, typed: place(desk, town=typed).town, 100),
    "meeting.title": Column(lambda desk, typed: desk.edit(title=typed).title, 300),
    "meeting.note": Column(lambda desk, typed: desk.edit(note=typed).note, 20_000, lines=True),
    "meeting.place_text": Column(lambda desk, typed: desk.edit(place_text=typed).place_text, 200),
    "meeting.cancel_reason": Column(
        lambda desk, typed: desk.cancel(typed), 2000, required=True, lines=True, field="reason"
    ),
    "organisation.name": Column(
        lambda desk, typed: (
            organisations.edit_organisation(
                desk.session, ACTOR, NOW, desk.organisation, name=typed, keep_old_name=False
            ).name
        ),
        200,
        required=True,
    ),
    "feed_token.label": Column(lambda desk, typed: desk.link(typed).label, 200, required=True),
}
#: Shown too, but an address, read by ``fields.Web``, or a code that nobody types.
ADDRESSES = {"meeting.video_url", "place.video_url"}
CODES = {"meeting.uid"}
#: The first lines of a calendar, not a meeting's.
OF_HEADS = {"organisation.name", "feed_token.label"}


@pytest.fixture
def desk(session, actor, now) -> Desk:
    return Desk(County(session, actor, now), count())


def test_every_text_column_that_a_calendar_shows_is_tried_below(desk):
    """A word of its own in each text column of each table of a meeting, one at a time: which come out in the bytes."""
    meeting = desk.meeting
    english = ForumName(language="en", name="Council")
    desk.forum.names = [english]
    rows = [meeting, desk.forum, english, desk.forum.kind, desk.theme, desk.place]
    desk.session.flush()
    shown = set()
    with desk.session.no_autoflush:
        for cancelled in (False, True):
            meeting.state = "cancelled" if cancelled else "confirmed"
            meeting.last_change = {"changes": [{"field": "state", "before": "confirmed", "after": "cancelled"}]}
            for row in rows:
                for column in inspect(type(row)).columns:
                    if not isinstance(column.type, String) or column.primary_key:
                        continue
                    before = getattr(row, column.key)
                    word = "https://zq7x.example/rum" if column.key.endswith("_url") else "Zq7x"
                    setattr(row, column.key, word)
                    if any(b"q7x" in body for body in bodies(meeting)):
                        shown.add(f"{column.table.name}.{column.key}")
                    setattr(row, column.key, before)
    assert shown == COLUMNS.keys() - OF_HEADS | ADDRESSES | CODES


def bodies(meeting: Meeting) -> list[bytes]:
    """What each audience would see in each language; nothing where a code means nothing."""
    try:
        return [render(meeting, audience, language, SITE) for audience in AUDIENCES for language in LANGUAGES]
    except (KeyError, ValueError, TypeError, AttributeError):
        return []


#: What people type and paste, short enough for every column but where the column's limit is tried.
PASTED = (
    " Ra\u030ad\u0308et\x00\x1b\x85\u2028\u2029\ud800 A\u030a ",
    "ett\r\ntvå\rtre",
    "👨‍👩‍👧 שלום",
    "x, y; z\\n",
    "a" + " " * 90 + "b",
    "\ufdd0\U0010ffff",
)
#: Of which nothing is left.
NOTHING = ("", " \t ", "\x00\x07", "\u2028\u2029", "\x85\x9f\r\n", "\ud800", "\u3000\xa0")


def test_text_is_cleaned_where_it_is_stored(desk):
    for name, column in COLUMNS.items():
        for typed in (*PASTED, "ﷺ" * column.limit):
            wanted = stored(typed, lines=column.lines)
            if len(wanted) > column.limit:
                continue
            kept = column.type(desk, typed)
            desk.session.flush()
            assert (name, kept) == (name, wanted)
            assert unicodedata.is_normalized("NFC", kept)
            assert kept.encode().decode() == kept


def test_text_of_which_nothing_is_left_is_none_or_refused_at_its_field(desk):
    for name, column in COLUMNS.items():
        for typed in NOTHING:
            if column.required:
                assert_refused(desk, name, typed, said=None)
            else:
                assert (name, column.type(desk, typed)) == (name, None)


def test_text_that_is_too_long_is_refused_at_its_field(desk):
    for name, column in COLUMNS.items():
        assert_refused(desk, name, "å" * (column.limit + 1), said=f"Högst {column.limit} tecken")
        assert column.type(desk, "å" * column.limit) == "å" * column.limit


def assert_refused(desk: Desk, name: str, typed: str, *, said: str | None) -> None:
    """Refused at the field, in Swedish, with nothing stored; ``said`` None: that it is missing."""
    column = COLUMNS[name]
    before = everything(desk.session)
    with pytest.raises(Refused) as refused:
        column.type(desk, typed)
    [problem] = refused.value.problems
    assert (name, problem.field) == (name, column.field or name.partition(".")[2])
    assert str(problem) == said or (said is None and str(problem).split()[0] in {"Ange", "Skriv", "Ge"})
    assert everything(desk.session) == before


def everything(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    session.flush()
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
    }


# ---------------------------------------------------------------- as far as four programs


@dataclass
class House:
    """The application, a reader's link to each forum made, and who may enter things on its pages."""

    app: Any
    numbers: Any

    def booked(self, texts: list[tuple[str, ...]]) -> tuple[list[str], list[tuple[str | None, ...]]]:
        """Meetings with these texts in all their fields, each in a forum of its own: their links, and what is kept."""
        secrets, kept = [], []
        with self.app.app_context(), Session(db.engine) as session:
            begin_write(session)
            county = County(session, ACTOR, NOW)
            user = user_of(county, None, UserRole(role="reader"))
            for name, title, words, note, reason, town, topic in texts:
                n = next(self.numbers)
                made = forums.create_forum(session, ACTOR, NOW, name=name + f" {n}", kind_id="natverk")
                about = themes.create_theme(session, ACTOR, NOW, sv=topic + f" {n}")
                session.add(ForumTheme(forum_id=made.id, theme_id=about.id))
                session.flush()
                session.refresh(made)
                at = places.create_place(session, ACTOR, NOW, name=town + f" {n}", town=town)
                meeting = book_meeting(
                    session, ACTOR, NOW, forums=[made], on=DAY + timedelta(days=n % 300), start=time(9), site=SITE,
                    title=title, place_text=words, note=note, place_id=at.id, check_conflicts=False,
                )  # fmt: skip
                cancel_meeting(session, ACTOR, NOW, meeting, reason=reason + f" {n}", version=None, site=SITE)
                secrets.append(link(county, user, Scope.FORUM, made.id).secret)
                kept.append(
                    (made.name, meeting.title, meeting.place_text, meeting.note, meeting.cancel_reason, at.name,
                     at.town, about.sv, meeting.id)
                )  # fmt: skip
            session.commit()
        return secrets, kept


@pytest.fixture(scope="module")
def house(tmp_path_factory, sqlite_template) -> House:
    import shutil  # noqa: PLC0415 - of this fixture alone

    from scheduler.app import create_app  # noqa: PLC0415 - tests of one room need not import every page
    from scheduler.settings import Settings  # noqa: PLC0415 - as above

    folder = tmp_path_factory.mktemp("typed")
    shutil.copy(sqlite_template, folder / "takt.sqlite3")
    app = create_app(
        Settings(
            instance=folder, database_url=f"sqlite:///{folder / 'takt.sqlite3'}", worker="none",
            secret_key="a secret of the tests, long enough",
        ),
        clock=lambda: NOW,
    )  # fmt: skip
    app.testing = True
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        county = County(session, ACTOR, NOW)
        sign_in(session, user_of(county, None, UserRole(role="administrator")), NOW, "a cookie")
        session.commit()
    yield House(app, count(1))
    with app.app_context():
        db.engine.dispose()


def check(house: House, secret: str, kept: tuple[Any, ...]) -> None:
    name, title, words, note, reason, at, town, topic, meeting_id = kept
    body = house.app.test_client().get(f"/feeds/{secret}.ics").get_data()
    assert [finding for finding in lint_calendar(body) if finding.fatal] == []
    summary = f"INSTÄLLT: {name}: {title}" if title else f"INSTÄLLT: {name}"
    where = [part for part in (words, at) if part]
    if town and town not in at:
        where.append(town)
    described = [
        f"Inställt: {reason}",
        *([note] if note else []),
        f"Mötets sida: https://takt.example/meetings/{meeting_id}",
    ]
    for reader in PROGRAMS:
        [event] = reader(body)
        assert event["summary"] == clean_text(summary)
        assert event["location"] == clean_text(", ".join(where))
        assert event["categories"] == ["Nätverk", topic]
        assert event["description"] == clean_text("\n\n".join(described))


#: The readers, over the days of the meetings here.
PROGRAMS = [
    *(reader for name, reader in READERS.items() if name != "recurring-ical-events"),
    lambda content: read_with_recurring(content, date(2027, 1, 1), date(2029, 1, 1)),
]
#: One value for each field of a meeting; without what mail programs take for code, which is refused.
SEVEN = st.tuples(*[TYPED.map(lambda text: text.replace("=", ":"))] * 7)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(st.lists(SEVEN, min_size=2, max_size=3))
def test_what_is_typed_into_the_actions_is_read_by_four_programs_as_stored(house, texts):
    typed = [
        (name, title, words, note, reason, town[:90], topic) for name, title, words, note, reason, town, topic in texts
    ]
    secrets, kept = house.booked(typed)
    for secret, row, given_texts in zip(secrets, kept, typed, strict=True):
        name, title, words, note, reason, town, topic = given_texts
        assert row[1:4] == (stored(title, lines=False), stored(words, lines=False), stored(note, lines=True))
        assert row[6] == stored(town, lines=False)
        for value, text in ((row[0], name), (row[5], town), (row[7], topic)):
            assert value.startswith(one_line(text))
        assert row[4].startswith(clean_text(reason).lstrip())
        check(house, secret, row)


def test_what_programs_stumble_over_goes_through_the_whole_product(house):
    typed = [(text[:100], text[:290], text[:190], text[:15_000], text[:1_900], text[:80], text[:190]) for text in HARD]
    secrets, kept = house.booked(typed)
    for secret in secrets:
        body = house.app.test_client().get(f"/feeds/{secret}.ics").get_data()
        assert [finding for finding in lint_calendar(body) if finding.fatal] == []
    check(house, secrets[7], kept[7])  # ten thousand letters


# ---------------------------------------------------------------- by the forms of the pages


def test_what_is_typed_into_the_form_is_stored_and_read_so(house):
    visitor = Visitor(house.app, "a cookie")
    n = next(house.numbers)
    with house.app.app_context(), Session(db.engine) as session:
        begin_write(session)
        made = forums.create_forum(session, ACTOR, NOW, name=f"Formulärets forum {n}", kind_id="natverk", notice_n=0)
        county = County(session, ACTOR, NOW)
        secret = link(county, user_of(county, None, UserRole(role="reader")), Scope.FORUM, made.id).secret
        slug = made.slug
        session.commit()
    typed = [text for text in PASTED if "\ud800" not in text]  # which no browser can send
    kept = []
    for day, text in enumerate(typed, 1):
        page = send(
            visitor, f"/meetings/new?forum={slug}", "forum", on=f"2027-03-{day:02}", start="9.00", end="10.00",
            title=text, place_text=text, override_reason="Provet",
        )  # fmt: skip
        assert (page.status, page.errors) == (200, {})
        with house.app.app_context(), Session(db.engine) as session:
            meeting = session.scalars(select(Meeting).order_by(Meeting.id.desc()).limit(1)).one()
            kept.append((meeting.title, meeting.place_text))
            path = f"/meetings/{meeting.id}/edit"
        page = send(visitor, path, "note", note=f"{text}\r\n{text}")
        assert (page.status, page.errors) == (200, {})
    assert kept == [(one_line(text), one_line(text)) for text in typed]
    body = house.app.test_client().get(f"/feeds/{secret}.ics").get_data()
    for reader in PROGRAMS:
        events = reader(body)
        assert len(events) == len(typed)
        for event, text in zip(sorted(events, key=lambda event: event["start"]), typed, strict=True):
            words = one_line(text)
            assert (event["summary"], event["location"]) == (f"Formulärets forum {n}: {words}", words)
            assert event["description"].startswith(clean_text(f"{text}\n{text}").strip() + "\n\nMötets sida: ")


def test_nothing_left_in_a_form_is_refused_at_its_field_with_nothing_stored(house):
    visitor = Visitor(house.app, "a cookie")
    with house.app.app_context(), Session(db.engine) as session:
        before = everything(session)
    for path, field, form, said in (
        ("/forums/new", "name", {"kind_id": "natverk"}, "Ange forumets namn"),
        ("/places/new", "name", {}, "Ange platsens namn"),
        ("/themes/new", "sv", {}, "Ange temats namn"),
    ):
        for typed in ("\u2028\u2029", "\x00\x07", " \u3000 ", "\x85"):
            page = send(visitor, path, field, **{**form, field: typed})
            assert (page.status, page.errors) == (422, {field: said})
    with house.app.app_context(), Session(db.engine) as session:
        assert everything(session) == before


def test_a_refused_meeting_leaves_no_change_behind(desk):
    """The row of the change is what mails are made of."""
    count_before = desk.session.scalar(select(func.count()).select_from(MeetingChange))
    with pytest.raises(Refused):
        desk.edit(title="x" * 301, on=date(2027, 5, 5))
    with pytest.raises(Refused):
        desk.book(title="x" * 301)
    refresh(desk.session, [desk.meeting], NOW, site=SITE)
    assert desk.session.scalar(select(func.count()).select_from(MeetingChange)) == count_before
