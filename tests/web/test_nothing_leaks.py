"""Whatever is not public changes no byte of what the public can get, and no word of it stands there (invariant 11).

Every free text that is stored is a mark here, of every table, but for the few that ``PUBLIC`` names: a table or a
column that comes tomorrow is marked with the rest. A visitor then walks every address of the application and every
link on the way, in both languages; and walks once more after all that is hidden has been renamed, moved, added to and
taken away. Not here: who may do what (``test_route_matrix``), what a calendar says (``test_feeds``).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from difflib import ndiff
from html import unescape
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

import pytest
from sqlalchemy import String, inspect, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from scheduler.db import Base
from scheduler.forums.models import Forum, ForumInclusion, ForumLink, ForumName, ForumRelation, ForumTheme, StandingItem
from scheduler.forums.seat_models import Seat
from scheduler.i18n import search_key
from scheduler.meetings.fragments import level_of, public_forums
from scheduler.meetings.models import Meeting, MeetingForum, MeetingTheme
from scheduler.meetings.publishing import publish
from scheduler.organisations.models import Organisation
from scheduler.places.models import Place
from scheduler.records.models import AgendaItem, Document, DocumentVersion, Minutes
from scheduler.register.models import Provenance, Statement, Theme
from tests.conftest import NOW
from tests.reports.papers.reading import docx_lines, pdf_text
from tests.web.house import House
from tests.web.test_route_matrix import MISSING, arguments, object_name, requests_of
from tests.web.visits import Visitor
from tests.web.world import SITE, World, meeting, seat

#: Begins every mark; the second walk has other ones.
MARKS = ("vargspår", "järvspår")
#: Texts that are no free words: names of things in code, and what says which bytes they are.
CODES = re.compile(
    r"(_|^)(kind|state|zone|hash|sha256|key|id|uid|action|task|profile|scope|client|media_type|domain|next|months|sources|path|record)s?$"
)
#: Tables whose words everybody may read: kinds, county-wide notices, and what the demo of a world is signed in with.
OPEN_TABLES = {
    "forum_kind",
    "organisation_kind",
    "notice",
    "fragment",
    "sign_in_session",
    "limit_count",
    "alembic_version",
}
#: Empty where something else is filled in: constraints of the tables.
EITHER = {
    ("busy_source", "url"), ("busy_source", "failure"), ("document_version", "filename"),
    # The law that keeps something secret is said aloud, and what has none is not secret.
    ("agenda_item", "secrecy_ground"), ("document", "secrecy_ground"),
}  # fmt: skip
#: Those of the public forum's and its meetings' columns that everybody may read.
PUBLIC = {
    "forum": {"slug", "name", "short_name", "purpose", "secretariat_email", "sort_key", "search_key", "time_zone"},
    "forum_name": {"name", "search_key"},
    "meeting": {"title", "place_text", "search_key", "time_zone"},
    "meeting of dates": {"time_zone"},
    "agenda_item": {"title", "text", "presenter", "state_reason", "registry_number"},
    "minutes": {"opening", "closing", "adjusting_note"},
    "seat": {"label"},
    "document": {"title"},
    "document_version": {"filename", "link"},
    "organisation": {"slug", "name", "short_name", "sort_key", "search_key"},
    "place": {"slug", "name", "name_en", "address", "town", "sort_key", "search_key", "hours"},
    "theme": {"slug", "sv", "en", "sort_key"},
}


def free_texts(row: Base) -> list[str]:
    """The columns of ``row`` that hold what somebody wrote."""
    return [
        column.key
        for column in inspect(type(row)).columns
        if isinstance(column.type, String)
        and (column.type.length or 999) >= 24
        and not column.foreign_keys
        and not CODES.search(column.key)
        and not column.primary_key
        and (row.__tablename__, column.key) not in EITHER
    ]


def open_columns(session: Session, row: Base) -> set[str]:
    """What of ``row`` everybody may read, as ``PUBLIC`` says."""
    table = row.__tablename__
    if table in OPEN_TABLES:
        return set(free_texts(row))
    if isinstance(row, Meeting):
        return PUBLIC["meeting" if level_of(row) == "full" else "meeting of dates"]
    owner = getattr(row, "meeting", None) or getattr(getattr(row, "document", None), "meeting", None)
    forum = getattr(row, "forum", None) or getattr(getattr(row, "document", None), "forum", None)
    if isinstance(row, (Forum, ForumName)):
        named = row if isinstance(row, Forum) else session.get_one(Forum, row.forum_id)
        return PUBLIC[table] if named.public_level != "none" else set()
    if isinstance(row, (AgendaItem, Document, DocumentVersion)):
        document = row.document if isinstance(row, DocumentVersion) else row
        if isinstance(document, Document) and document.visibility != "public":
            return set()
        if isinstance(row, AgendaItem) and (row.secrecy_ground or not (row.public or is_posted(session, row.meeting))):
            return set()
        shown = level_of(owner) == "full" if owner else forum is not None and forum.public_level == "full"
        return PUBLIC[table] if shown else set()
    if isinstance(row, Minutes):
        return PUBLIC[table] if is_posted(session, owner) else set()
    if isinstance(row, Seat):
        return PUBLIC[table] if forum.public_level == "full" else set()
    if isinstance(row, (Organisation, Place, Theme)):
        return PUBLIC[table] if row.slug.startswith("open-") else set()
    return set()


def is_posted(session: Session, row: Meeting) -> bool:
    """Whether everybody may read its protocol, which leaves out only what a law keeps secret."""
    posted = session.scalar(select(Minutes.id).where(Minutes.meeting_id == row.id, Minutes.state == "posted"))
    return posted is not None and level_of(row) == "full" and row.forum in public_forums(row)


def mark_all(session: Session, mark: str) -> int:
    """Marks every text but those that are public; gives how many."""
    count = 0
    for mapper in Base.registry.mappers:
        for row in session.scalars(select(mapper.class_)).unique():
            for name in set(free_texts(row)) - open_columns(session, row):
                length = inspect(type(row)).columns[name].type.length or 200
                number = "-".join(str(part) for part in inspect(row).identity)
                text = f"{mark} {name} {number}" if length > 24 else f"{mark}{number}"
                if name in {"slug", "sort_key"} or name.endswith(("login", "normalised", "mailbox")):
                    text = f"{mark.replace('å', 'a').replace('ä', 'a')}-{name}-{number}"
                elif name in {"address", "email", "contact_email", "secretariat_email", "recipient", "sender"}:
                    text = f"{mark}-{name}-{number}@example.org"
                elif name in {"link", "url", "web", "video_url", "source_url"}:
                    text = f"https://example.org/{mark}/{name}/{number}"
                elif name == "search_key":
                    text = search_key(f"{mark} {number}")
                setattr(row, name, text[:length])
                count += 1
        session.flush()
    return count


# ---------------------------------------------------------------- the world


@pytest.fixture
def marked(house: House) -> House:
    """The small world with a forum of each level, tied together in every way, and a mark in every text."""
    with house.changing() as session:
        world = _tie(session, house.world)
        mark_all(session, MARKS[0])
        _publish_all(session)
        return House(house.app, _detached(session, world))


def _detached(session: Session, world: World) -> World:
    """The world as addresses name it now, for when the session is gone."""
    session.flush()
    return replace(
        world,
        forums={name: Forum(id=row.id, slug=session.get_one(Forum, row.id).slug) for name, row in world.forums.items()},
        organisations={
            name: Organisation(id=row.id, slug=session.get_one(Organisation, row.id).slug)
            for name, row in world.organisations.items()
        },
        meetings={name: Meeting(id=row.id) for name, row in world.meetings.items()},
    )


def _tie(session: Session, world: World) -> World:
    """A forum that shows its dates alone, and what ties the public ones to those that are not."""
    forums = {name: session.get_one(Forum, row.id) for name, row in world.forums.items()}
    open_party = Organisation(slug="open-party", name="Öppna kommunen", kind_id="kommun")
    shy_party = Organisation(slug="shy-party", name="Blyga bolaget", kind_id="kommun", public=False)
    hall = Place(slug="open-hall", name="Kulturens hus", town="Luleå")
    theme, secret_theme = Theme(slug="open-theme", sv="Kultur", en="Culture"), Theme(slug="shy-theme", sv="Försvar")
    dates = Forum(
        slug="dates-forum", name="Datumforumet", kind_id="natverk", secretariat_id=forums["public"].secretariat_id,
        public_level="dates", purpose="Att synas lite", tracked_from_on=date(2026, 1, 1),
    )  # fmt: skip
    session.add_all([open_party, shy_party, hall, theme, secret_theme, dates])
    session.flush()
    public, own, foreign = forums["public"], forums["own"], forums["foreign"]
    public.purpose, public.secretariat_id = "Att synas", open_party.id
    dates.secretariat_id = open_party.id
    own.parent_id = public.id
    public.parent_id = foreign.id
    for forum in (own, foreign, public):
        forum.names.append(ForumName(language="en", name="In English"))
        forum.names.append(ForumName(language="se", name="Davvisámegillii"))
    person = world.people["own"]
    session.query(Seat).filter(Seat.forum_id == public.id).delete()
    for organisation in (open_party, shy_party):
        seat(session, public, organisation, person)
    seat(session, dates, open_party, person)
    session.add_all([
        ForumInclusion(forum_id=public.id, included_id=own.id, seat_kinds="ordinary"),
        ForumInclusion(forum_id=foreign.id, included_id=public.id, seat_kinds="ordinary"),
        ForumRelation(kind="within", forum_id=public.id, to_forum_id=own.id),
        ForumRelation(kind="principal", forum_id=public.id, to_organisation_id=world.organisations["own"].id),
        ForumRelation(kind="subset_of", forum_id=foreign.id, to_forum_id=public.id),
        ForumLink(before_id=public.id, after_id=own.id, min_days=3, max_days=9),
        ForumTheme(forum_id=public.id, theme_id=theme.id), ForumTheme(forum_id=own.id, theme_id=secret_theme.id),
    ])  # fmt: skip
    for kind, row in (("forum", own), ("forum", public), ("organisation", world.organisations["own"])):
        session.add(Statement(record=f"forums/{row.slug}", path=f"tasks/{kind}", subject_kind=kind, subject_id=row.id,
                              key="tasks", text="En uppgift"))  # fmt: skip
        session.add(Provenance(subject_kind=kind, subject_id=row.id, field="purpose", phrase="Ordagrant"))
    meetings = {}
    days = iter(range(41, 200, 3))
    sets = {"dates": [dates], "own and public": [own, public], "public and own": [public, own],
            "dates and own": [dates, own], "own and foreign": [own, foreign], "only for us": [public],
            "a draft": [public], "own in the past": [own], "public in the past": [public]}  # fmt: skip
    for name, several in sets.items():
        at = NOW + timedelta(days=-next(days) if name.endswith("past") else next(days))
        state = {"a draft": "proposed"}.get(name, "held" if name.endswith("past") else "called")
        row = meeting(session, several[0], at, state=state)
        for position, forum in enumerate(several[1:], 1):
            row.forum_rows.append(MeetingForum(forum_id=forum.id, position=position))
        row.public = False if name == "only for us" else None
        row.title, row.note, row.place_id, row.place_text = "Om något", "Ta med kaffe", hall.id, "Sal 3"
        row.video_url, row.mode = "https://video.example.org/3", "hybrid"
        session.flush()
        session.add_all([
            AgendaItem(meeting_id=row.id, position=1, title="Öppen punkt", text="Läs gärna", added_at=NOW),
            AgendaItem(meeting_id=row.id, position=2, title="Sluten punkt", public=False, added_at=NOW),
            AgendaItem(meeting_id=row.id, position=3, title="Hemlig punkt", secrecy_ground="OSL 21:1", added_at=NOW),
            _document(meeting_id=row.id), _document(meeting_id=row.id, visibility="participants"),
            MeetingTheme(meeting_id=row.id, theme_id=theme.id if {public, dates} & set(several) else secret_theme.id),
        ])  # fmt: skip
        if state == "held" or name in {"own and public", "dates and own"}:
            _minutes(session, row)
        meetings[name] = row
    for forum in (own, foreign, dates, public):
        session.add_all([_document(forum_id=forum.id), _document(forum_id=forum.id, visibility="secretariat")])
        session.add(StandingItem(forum_id=forum.id, position=1, title="Övriga frågor"))
    session.flush()
    return replace(
        world, forums={**world.forums, "dates": dates}, meetings={**world.meetings, **meetings},
    )  # fmt: skip


def _document(visibility: str = "public", **owner: int) -> Document:
    version = DocumentVersion(number=1, link="https://example.org/underlag", at=NOW)
    return Document(title="Underlag", visibility=visibility, position=2, versions=[version], **owner)


def _minutes(session: Session, row: Meeting) -> None:
    session.flush()
    minutes = Minutes(meeting_id=row.id, kind="protocol", state="posted", created_at=NOW, adjusted_at=NOW,
                      posted_on=NOW.date(), posted_until_on=NOW.date() + timedelta(days=21))  # fmt: skip
    session.add(minutes)
    session.flush()


def _publish_all(session: Session) -> None:
    session.flush()
    session.expire_all()
    for row in session.scalars(select(Meeting)).unique().all():
        publish(session, row, NOW, site=SITE, days=[row.local_on])


# ---------------------------------------------------------------- the walk


def addresses(house: House) -> Iterator[str]:
    """Every address that something can be got from, of everything in the world, and searches for what is hidden."""
    bind = house.app.url_map.bind("localhost")
    for mark in MARKS:
        yield f"/search?q={mark}"
        yield f"/forums?q={mark}"
        yield f"/search?q={mark[:4]}&only=statements"
        yield f"/search?q={mark}&only=meetings"
    yield from ("/nowhere", "/forums/nowhere", "/meetings/999999")
    for rule, method, need in requests_of(house.app):
        if method != "GET" or rule.rule.endswith(".pdf"):  # of the same text as the docx, and slow
            continue
        for relation in _relations(house.world, need):
            parts = relation if relation in house.world.parts else "own"
            given = arguments(house.world, need, relation, parts=parts)
            if "slug" in rule.arguments and not need.startswith("organisation") and relation in house.world.forums:
                given["slug"] = house.world.forums[relation].slug
            yield bind.build(rule.endpoint, {name: given[name] for name in rule.arguments})


def _relations(world: World, need: str) -> list[str]:
    """What an address may be about: every meeting, every forum, and what there is none of."""
    if need.endswith(".edit"):
        return ["own", "public"]  # what a visitor may do nothing with answers alike, as the matrix shows
    if need == "feed" or need.startswith("forum"):
        return [*world.forums, MISSING]
    if need.startswith("meeting"):
        return [*world.meetings, MISSING]
    return ["own", MISSING] if object_name(need) else ["own"]


LINKS = re.compile(
    r"""(?:href|src|action)="([^"]+)"|"(?:url|calendar)":\s*"([^"]+)"|<loc>([^<]+)</loc>|^URL.*:(http\S+)""",
    re.MULTILINE,
)


def words_of(response: TestResponse) -> str:
    """What somebody reads in an answer, whatever it is packed in."""
    kind, data = response.content_type or "", response.data
    if "wordprocessingml" in kind:
        return "\n".join(docx_lines(data))
    if kind.startswith("application/pdf"):
        return pdf_text(data)
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(f"{name}\n{archive.read(name).decode('utf-8', 'replace')}" for name in archive.namelist())
    return unescape(data.decode("utf-8", "replace").replace("\r\n ", ""))


def walk(house: House, *, only: Iterable[str] | None = None) -> dict[str, tuple[int, str]]:
    """Path → status and all that it says, headers too, of every address a stranger can think of or come to."""
    stranger = Visitor(house.app)
    waiting = sorted(set(addresses(house))) if only is None else list(only)
    found: dict[str, tuple[int, str]] = {}
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        response = stranger.get(path)
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers if name not in UNSTEADY)
        text = f"{headers}\n{words_of(response)}"
        found[path] = response.status_code, _steady(text.replace(urlsplit(path).path, "PATH"))
        if only is not None:
            continue
        for hit in LINKS.finditer(text):
            link = urlsplit(next(filter(None, hit.groups())))
            if link.path.startswith("/") and link.hostname in {None, "localhost", "takt.example.org"}:
                on = f"{link.path}{'?' if link.query else ''}{link.query}"
                if not on.startswith("/static/") and ".pdf" not in on:
                    waiting.append(on)
        if response.status_code == HTTPStatus.OK and "language=" not in path:
            waiting.append(f"{path}{'&' if '?' in path else '?'}language=en")
    return found


#: A meeting has one stamp for all its audiences (F14): when it last changed may show, what changed may not.
UNSTEADY = {"X-Request-Id", "Set-Cookie", "Date", "Content-Length", "ETag", "Last-Modified"}
STAMPS = re.compile(
    r'^(DTSTAMP|LAST-MODIFIED):.*$|"updated":"[^"]*"|<lastmod>[^<]*</lastmod>|name="csrf_token" value="[^"]*"',
    re.MULTILINE,
)


def _steady(text: str) -> str:
    """An answer without what differs from one request to the next by itself."""
    return STAMPS.sub("STAMP", text)


#: A mark as ``mark_all`` writes it: with its column and its row behind, which nobody who searches for one types.
PLAIN = tuple(mark.replace("å", "a").replace("ä", "a") for mark in MARKS)
MARK = re.compile(rf"({'|'.join((*MARKS, *PLAIN))})[ /-]?\w*[ /-]?\d", re.IGNORECASE)


def leaks(text: str) -> list[str]:
    """The marks in an answer, with what stands around them."""
    return [text[max(hit.start() - 30, 0) : hit.end() + 30] for hit in MARK.finditer(unquote(text))]


# ---------------------------------------------------------------- the tests


def test_invariant_11_nothing_that_is_hidden_shows_in_anything_the_public_can_get(marked: House):
    before = walk(marked)
    wrong = {path: leaks(text) for path, (_status, text) in before.items() if leaks(text)}
    assert not wrong, "\n".join(f"{path}: {hits}" for path, hits in sorted(wrong.items()))
    opened = [path for path, (status, _text) in before.items() if status == HTTPStatus.OK]
    assert len(opened) > 60
    assert {status for status, _text in before.values()} <= {200, 303, 308, 404, 400}
    # The marks are where they should be: whoever reads everything meets them.
    assert leaks(marked.visitor("reader").get("/forums").get_data(as_text=True))

    with marked.changing() as session:
        _change_what_is_hidden(session, marked.world)
    after = walk(marked, only=opened)
    changed = {path: _difference(before[path][1], after[path][1]) for path in opened if after[path] != before[path]}
    assert not changed, "\n".join(f"{path}: {lines}" for path, lines in sorted(changed.items()))


def test_invariant_11_a_closed_forum_answers_as_one_that_is_not_there(marked: House):
    stranger = Visitor(marked.app)
    bind = marked.app.url_map.bind("localhost")
    different = []
    for rule, method, need in requests_of(marked.app):
        if method != "GET" or not (need == "feed" or object_name(need)) or "token" in rule.arguments:
            continue
        answers = []
        for relation in ("own", MISSING):
            given = arguments(marked.world, need, relation, parts="own")
            if need == "feed" and relation == MISSING:
                given["slug"] = "nowhere"
            path = bind.build(rule.endpoint, {name: given[name] for name in rule.arguments})
            response = stranger.get(path)
            headers = {name: value for name, value in response.headers if name not in UNSTEADY}
            answers.append((response.status_code, headers, response.get_data(as_text=True).replace(path, "PATH")))
        if rule.arguments and (answers[0] != answers[1] or answers[0][0] != HTTPStatus.NOT_FOUND):
            different.append(rule.rule)
    assert different == []


def _difference(before: str, after: str) -> list[str]:
    """The lines that one of two answers has alone."""
    return [line for line in ndiff(before.splitlines(), after.splitlines()) if line[:2] in {"- ", "+ "}][:6]


def _change_what_is_hidden(session: Session, world: World) -> None:
    """Other words everywhere, one forum more and one less, meetings moved, held, added, a seat more."""
    mark_all(session, MARKS[1])
    own, foreign = (session.get_one(Forum, world.forums[name].id) for name in ("own", "foreign"))
    own.state, foreign.code = "resting", "JÄRV"
    new = Forum(slug="new-closed", name="Ett till", kind_id="natverk", public_level="none", parent_id=own.id,
                tracked_from_on=date(2026, 1, 1), secretariat_id=own.secretariat_id)  # fmt: skip
    session.add(new)
    session.flush()
    for forum, days in ((own, 3), (own, 33), (new, 5), (foreign, -4)):
        _minutes(session, meeting(session, forum, NOW + timedelta(days=days), state="held" if days < 0 else "called"))
    seat(session, own, session.get_one(Organisation, world.organisations["own"].id), world.people["own"])
    for name in ("own and foreign", "a draft"):
        row = session.get_one(Meeting, world.meetings[name].id)
        row.start_at, row.end_at = row.start_at + timedelta(days=2), row.end_at + timedelta(days=2)
        row.local_on += timedelta(days=2)
        row.sequence += 1
        row.revised_at = NOW
    _publish_all(session)
