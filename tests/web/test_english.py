"""Every page of the demo in English: no Swedish words of ours, the register's own Swedish marked as such."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from typing import NamedTuple

import pytest
from babel.messages.pofile import read_po
from markupsafe import Markup
from sqlalchemy import select

from scheduler import i18n
from scheduler.db import db
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import Place
from scheduler.records.models import Attendance
from scheduler.web.filters import said, swedish
from tests.browser.sights import MEMBER_PAGES, MISSING, PAGES, PUBLIC_PAGES, DemoSite
from tests.web.visits import Visitor

#: What a page says outside its text.
SPOKEN = ("aria-label", "title", "placeholder", "data-l", "alt", "data-done")
VOID = {"meta", "link", "input", "br", "img", "hr", "source", "wbr", "col"}
#: Christmas in Swedish and July above a column; what the register calls a cadence, and the product.
BOTH = {"jul", "takt"}
#: A text this long is looked for within others too.
LONG = 12
PLACE = re.compile(r"%\(\w+\)[sd]")
#: A count in figures, and one that begins a sentence; "forum" after them is English too, so nothing else may be.
COUNTS = {"%(n)s": r"\d+", "%(number)s": r"\S+"}
#: Forms that are sent empty, to see what they complain of.
FORMS = ("/forums/new", "/meetings/new", "/organisations/new", "/people/new")


class Reader(HTMLParser):
    """Collects what is said in the page's own language, its links and the fields of forms that search."""

    def __init__(self) -> None:
        super().__init__()
        self.language: str | None = None
        self.said: list[str] = []
        self.links: list[str] = []
        self.searches: list[dict[str, str | None]] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang")
        foreign = given.get("lang", self.language) != self.language or (self._foreign and "lang" not in given)
        if not foreign:
            self.said += [given[name] or "" for name in SPOKEN if name in given]
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag == "form" and (given.get("method") or "get") == "get":
            self.searches.append({})
        if tag == "input" and self.searches:
            self.searches[-1][given.get("name") or ""] = given.get("value")
        if tag not in VOID:
            self._open.append((tag, foreign))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        inside = {tag for tag, _foreign in self._open}
        if text and not self._foreign and not inside & {"script", "style", "textarea"}:
            self.said.append(text)

    @property
    def _foreign(self) -> bool:
        return bool(self._open) and self._open[-1][1]


def read(html: str) -> Reader:
    found = Reader()
    found.feed(html)
    return found


@cache
def swedish_texts() -> frozenset[str]:
    """The message ids, both forms of those with a number, that are no English text as well."""
    swedish, english = set(), set(BOTH)
    for path in (i18n.TRANSLATIONS / "en").glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                swedish |= set(_forms(message.id))
                english |= {text.casefold() for text in _forms(message.string)}
    return frozenset(text for text in swedish if text and text.casefold() not in english)


def _forms(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _filled(text: str) -> re.Pattern[str]:
    """What ``text`` is when its places are filled."""
    *before, last = PLACE.split(text)
    filled = zip(before, PLACE.findall(text), strict=True)
    words = (re.escape(part) + COUNTS.get(place, ".+") for part, place in filled)
    return re.compile("".join(words) + re.escape(last), re.IGNORECASE)


class Found(NamedTuple):
    """What is looked for in a page, made ready once: hundreds of pages are read, and most say the same."""

    #: Texts without places, in lower case.
    whole: frozenset[str]
    #: Texts with places, as what they are when those are filled.
    filled: tuple[re.Pattern[str], ...]
    #: Texts long enough to be looked for within others.
    parts: tuple[str, ...]


@cache
def looked_for() -> Found:
    texts = swedish_texts()
    return Found(
        frozenset(text.casefold() for text in texts if not PLACE.search(text)),
        tuple(_filled(text) for text in texts if PLACE.search(text) and re.search(r"[^\W\d]", PLACE.sub("", text))),
        tuple(text for text in texts if len(text) >= LONG and not PLACE.search(text) and text[0].isupper()),
    )


@cache
def is_swedish(text: str) -> bool:
    """Whether ``text`` is a Swedish text of ours, whole or as a part."""
    whole, filled, parts = looked_for()
    return (
        text.casefold() in whole
        or any(part in text for part in parts)
        or any(pattern.fullmatch(text) for pattern in filled)
    )


def swedish_among(said: list[str]) -> set[str]:
    """What of ``said`` is a Swedish text of ours, whole or as a part."""
    return {text for text in said if is_swedish(text)}


@pytest.fixture(scope="module")
def demo(demo_copy: DemoSite) -> DemoSite:
    return demo_copy


@pytest.fixture(scope="module")
def secretary(demo) -> Visitor:
    """The demo's secretary, who has chosen English in the menu."""
    return _in_english(demo, demo.new_link())


@pytest.fixture(scope="module")
def page_of(demo, secretary) -> Callable[[str], str]:
    """A page of the list as the secretary has it, asked for once: reading changes nothing (``test_reading``)."""
    return cache(lambda path: secretary.get(demo.path(path), follow_redirects=True).get_data(as_text=True))


@pytest.fixture(scope="module")
def member(demo) -> Visitor:
    """A person of the register who plans nothing, and has chosen English."""
    return _in_english(demo, demo.new_link(demo.member))


def _in_english(demo: DemoSite, link: str) -> Visitor:
    visitor = Visitor(demo.app)
    visitor.post(link)
    assert visitor.post("/language", {"language": "en", "next": "/"}).status_code == 303
    return visitor


@pytest.fixture(scope="module")
def names(demo) -> list[str]:
    """Names of people and towns, the same in every language; the longest first."""
    with demo.app.app_context():
        session = db.session()
        columns = (
            Person.given_name, Person.family_name, Person.town, Organisation.municipality, Place.town, Place.address,
            Attendance.name,
        )  # fmt: skip
        found = {name for column in columns for name in session.scalars(select(column).distinct()) if name}
    return sorted(found, key=len, reverse=True)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    yield
    i18n.set_language("sv")


def pages(listed) -> list:
    return [pytest.param(path, id=name) for name, path in listed]


@pytest.mark.parametrize("path", pages([*PAGES, MISSING]))
def test_page_says_nothing_of_ours_in_swedish(page_of, path):
    page = read(page_of(path))
    assert page.language == "en"
    assert swedish_among(page.said) == set()


@pytest.mark.parametrize("path", pages(MEMBER_PAGES))
def test_page_of_a_member_says_nothing_of_ours_in_swedish(demo, member, path):
    page = read(member.get(demo.path(path), follow_redirects=True).get_data(as_text=True))
    assert page.language == "en"
    assert swedish_among(page.said) == set()


@pytest.mark.parametrize("path", pages([*PAGES, MISSING]))
def test_page_leads_back_to_swedish(page_of, path):
    found = re.findall(r'<form action="/language".*? value="(\w+)" lang="sv">Svenska</button>', page_of(path))
    assert found == ["sv"]


@pytest.mark.parametrize("path", FORMS)
def test_form_complains_in_english(secretary, path):
    answer = secretary.post(path)
    assert answer.status_code == 422
    assert swedish_among(read(answer.get_data(as_text=True)).said) == set()


@pytest.mark.parametrize("path", pages(PAGES))
def test_words_of_the_register_are_marked_as_swedish(page_of, names, path):
    html = re.sub(r"(?s)<title>.*?</title>|<option.*?</option>", "", page_of(path))  # neither can hold another language
    left = []
    for text in read(html).said:
        for name in names:
            text = text.replace(name, "")  # noqa: PLW2901 - what is left of it
        if re.search("[åäöÅÄÖ]", text):
            left.append(text)
    assert left == []


@pytest.mark.parametrize("path", pages([*PUBLIC_PAGES, MISSING]))
def test_visitor_keeps_english_in_every_link(demo, path):
    visitor = Visitor(demo.app)
    address = demo.path(path)
    answer = visitor.get(f"{address}{'&' if '?' in address else '?'}language=en", follow_redirects=True)
    page = read(answer.get_data(as_text=True))
    assert page.language == "en"
    assert swedish_among(page.said) == set()
    local = [link for link in page.links if link.startswith("/") and not link.split("?")[0].endswith(".ics")]
    assert [link for link in local if "language=en" not in link] == [answer.request.path + "?language=sv"]
    assert [search for search in page.searches if search.get("language") != "en"] == []


def test_name_within_a_sentence_is_marked_as_swedish_and_escaped():
    with i18n.use_language("en"):
        name = swedish("Samråd & <dialog>")
        assert said("Redigera %(name)s", name=name) == Markup('Edit <span lang="sv">Samråd &amp; &lt;dialog&gt;</span>')
    assert said("Redigera %(name)s", name=swedish("Samråd & <dialog>")) == "Redigera Samråd & <dialog>"


def test_text_that_is_left_in_swedish_is_found():
    swedish_page = ["Spara möte", "12 personer", "Redigera Upphandling"]
    english_page = ["Save meeting", "12 people", "Edit Upphandling"]
    assert swedish_among(swedish_page + english_page) == set(swedish_page)
