"""A page as its reader has it: its words, its links, its forms with what stands in them, and what they complain of."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.test import TestResponse

from tests.web.visits import Visitor

_VOID = frozenset("input img br hr meta link source col wbr".split())  # noqa: SIM905 - elements read better in a row
_TEXT_INPUTS = frozenset({"text", "hidden", "email", "search", "url", "tel", "date", "time", "number"})


@dataclass
class PageForm:
    """A form's address and what it sends when nothing is touched: name → value, a list where several are chosen."""

    action: str
    values: dict[str, str | list[str]] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Page:
    """A page that came as an answer."""

    status: int
    heading: str
    text: str
    links: list[str]
    #: Forms that post, in order; those that search are left out.
    forms: list[PageForm]
    #: Id of a field → what is said of it.
    errors: dict[str, str]

    def form(self, *names: str) -> PageForm:
        """The one form that has all these fields."""
        [found] = [form for form in self.forms if set(names) <= set(form.values) | set(form.options)]
        return found

    def actions(self) -> set[str]:
        """Where the page's forms post to."""
        return {form.action for form in self.forms}


def read(response: TestResponse) -> Page:
    reader = _Reader()
    reader.feed(response.get_data(as_text=True))
    return Page(
        response.status_code, _plain(reader.heading), _plain(reader.words), reader.links, reader.forms,
        {name: _plain(words).removeprefix("Fel: ") for name, words in reader.errors.items()},
    )  # fmt: skip


def visit(visitor: Visitor, path: str) -> Page:
    return read(visitor.get(path))


def send(visitor: Visitor, path: str, *names: str, headers: dict[str, str] | None = None, **given: object) -> Page:
    """Opens the page, fills in ``given`` in the form with those fields, presses its button and reads the answer.

    The token is the one the page holds. A redirect is followed, as a browser does.
    """
    page = visit(visitor, path)
    form = page.form(*(names or given))
    values = {**form.values, **given}
    target = form.action or path
    response = visitor.post(target, values, token=False, headers=headers)
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def _plain(words: list[str]) -> str:
    return " ".join("".join(words).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.heading: list[str] = []
        self.links: list[str] = []
        self.forms: list[PageForm] = []
        self.errors: dict[str, list[str]] = {}
        self._open: list[tuple[str, str]] = []
        self._form: PageForm | None = None
        self._select: tuple[str, bool, bool] | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append((tag, given.get("id", "")))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._form = PageForm(given.get("action", "")) if given.get("method", "").lower() == "post" else None
            if self._form is not None:
                self.forms.append(self._form)
        elif self._form is not None:
            self._control(self._form, tag, given)
        self.words.append(" ")

    def _control(self, form: PageForm, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in _TEXT_INPUTS:
                form.values[name] = value
            else:
                form.options.setdefault(name, []).append(value)
                if "checked" in given:
                    self._add(form, name, value, several=kind == "checkbox" and name in form.values)
        elif tag == "textarea":
            self._area = name
            form.values[name] = ""
        elif tag == "select":
            self._select = (name, "multiple" in given, False)
            form.options[name] = []
        elif tag == "option" and self._select is not None:
            select, several, chosen = self._select
            form.options[select].append(value)
            if "selected" in given or not (several or form.options[select][1:] or chosen):
                self._add(form, select, value, several=several)
                self._select = (select, several, "selected" in given)

    @staticmethod
    def _add(form: PageForm, name: str, value: str, *, several: bool) -> None:
        before = form.values.get(name)
        if several:
            form.values[name] = [*(before if isinstance(before, list) else [before] if before else []), value]
        else:
            form.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
        self.words.append(" ")

    def handle_data(self, words: str) -> None:
        tags = [tag for tag, _id in self._open]
        if "script" in tags or "style" in tags or "title" in tags:
            return
        if self._area is not None and self._form is not None:
            written = f"{self._form.values[self._area]}{words}".replace("\r\n", "\n")
            self._form.values[self._area] = written.removeprefix("\n")
        self.words.append(words)
        if "h1" in tags:
            self.heading.append(words)
        for _tag, name in self._open:
            if name.endswith("-error"):
                self.errors.setdefault(name.removesuffix("-error"), []).append(words)
