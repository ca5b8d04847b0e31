"""The shells and macros as markup: order, roles, names, what is posted and what is linked."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser

import pytest
from flask import render_template_string
from flask.testing import FlaskClient

from tests.web.gallery_app import PAGES, create_gallery

VOID = {"meta", "link", "input", "br", "img", "hr", "source"}


class Tree(HTMLParser):
    """Elements in order, and the errors of nesting."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.errors: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.errors.append(f"</{tag}> closes {self.open[-1:]}")

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.elements if t == tag and attributes.items() <= a.items()]


def tree(html: str) -> Tree:
    found = Tree()
    found.feed(html)
    return found


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_gallery().test_client()


@pytest.mark.parametrize("path", [*PAGES, "edit?errors=1", "overview?language=en"])
def test_page_is_well_formed(client, path):
    page = tree(client.get(f"/{path}").get_data(as_text=True))
    assert page.errors == []
    assert page.open == []
    ids = [a["id"] for _tag, a in page.elements if "id" in a]
    assert sorted(i for i in set(ids) if ids.count(i) > 1) == []
    assert len(page.all("h1")) == 1
    described = {i for _tag, a in page.elements for i in (a.get("aria-describedby") or "").split()}
    labelled = {a["aria-labelledby"] for tag, a in page.elements if "aria-labelledby" in a and tag != "dialog"}
    assert (described | labelled) - set(ids) == set()


@pytest.mark.parametrize("path", ["overview", "signin"])
def test_skip_link_is_first_and_the_drawings_come_before_the_page(client, path):
    page = tree(client.get(f"/{path}").get_data(as_text=True))
    body = [tag for tag, _a in page.elements].index("body")
    assert page.elements[body + 1] == ("a", {"class": "skip", "href": "#main"})
    assert page.elements[body + 2][1]["class"] == "defs"


def test_menu_stands_in_the_order_of_the_design(client):
    html = client.get("/overview").get_data(as_text=True)
    nav = html[html.index('<nav class="nav"') : html.index("</nav>")]
    found = re.findall(r">(Översikt|Mina forum|Regionalt forum|Personer|Sök|Min sida|English|Logga ut)<", nav)
    assert found == ["Översikt", "Mina forum", "Regionalt forum", "Personer", "Sök", "Min sida", "English", "Logga ut"]
    assert '<a href="/overview" aria-current="page">' in nav
    assert 'Samtal på residenset</span><span class="vh">, efter</span>' in nav


def test_signing_out_and_language_are_posted_with_a_token(client):
    html = client.get("/overview").get_data(as_text=True)
    for action in ("/out", "/language"):
        form = re.search(rf'<form action="{action}" method="post">.*?</form>', html, flags=re.DOTALL)
        assert '<input type="hidden" name="csrf_token" value="token">' in form[0]
    assert '<button class="linkb" name="language" value="en" lang="en">English</button>' in html
    assert '<input type="hidden" name="next" value="/overview">' in html


def test_visitors_language_stands_in_the_address(client):
    assert '<a href="/public?language=en" lang="en" hreflang="en">English</a>' in client.get("/public").get_data(
        as_text=True
    )
    html = client.get("/public?language=en").get_data(as_text=True)
    assert '<html lang="en">' in html
    assert '<a href="/public?language=sv" lang="sv" hreflang="sv">Svenska</a>' in html
    assert ">Skip to content<" in html


def test_swedish_names_are_marked_as_swedish_on_english_pages(client):
    assert '<span lang="sv">Samtal på residenset</span>' in client.get("/overview?language=en").get_data(as_text=True)


def test_personal_pages_are_not_indexed_and_pass_no_address_on(client):
    page = tree(client.get("/poll").get_data(as_text=True))
    assert page.all("meta", name="robots")[0]["content"] == "noindex"
    assert page.all("meta", name="referrer")[0]["content"] == "no-referrer"
    public = tree(client.get("/public").get_data(as_text=True))
    assert public.all("meta", name="robots") == []
    assert public.all("link", rel="canonical")[0]["href"] == "/public"


def test_chosen_theme_stands_on_the_root(client):
    assert '<html lang="sv" data-theme="dark">' in client.get("/overview?theme=dark").get_data(as_text=True)
    assert '<html lang="sv">' in client.get("/overview").get_data(as_text=True)


def test_notices_are_told_as_status_and_failures_as_alerts(client):
    html = client.get("/states").get_data(as_text=True)
    main = html[html.index("<main") :]
    assert re.findall(r'<div class="notice is-(\w+)" role="(\w+)">', main)[:4] == [
        ("met", "status"), ("behind", "alert"), ("risk", "status"), ("track", "status"),
    ]  # fmt: skip
    assert '<form action="/edit" method="post">' in main


def test_errors_are_summed_up_titled_and_tied_to_their_controls(client):
    html = client.get("/edit?errors=1").get_data(as_text=True)
    page = tree(html)
    assert "<title>Fel: Redigera Statliga myndigheter – Takt</title>" in html
    assert ">Tre uppgifter behöver rättas<" in html
    summary = html[html.index("err-sum") : html.index("</ul>", html.index("err-sum"))]
    assert re.findall(r'<a href="(#[\w-]+)"', summary) == ["#code", "#start", "#often-0"]
    (code,) = page.all("input", name="code")
    assert code["aria-invalid"] == "true"
    assert code["aria-describedby"] == "code-hint code-error"
    (group,) = [a for a in page.all("fieldset") if a.get("aria-invalid")]
    assert group["role"] == "radiogroup"
    assert group["aria-describedby"] == "often-hint often-error"
    before = html.index('id="code-hint"'), html.index('id="code-error"'), html.index('name="code"')
    assert list(before) == sorted(before)


def test_one_error_is_said_in_the_singular(client):
    html = client.post(
        "/edit", data={"name": "", "kind": "natverk", "secretariat": "1", "mode": "both", "often": "yes"}
    )
    assert ">Två uppgifter behöver rättas<" in html.get_data(as_text=True)
    with create_gallery().test_request_context():
        one = render_template_string(
            '{% from "parts/fields.html" import error_summary with context %}{{ error_summary(form) }}', form=Broken()
        )
    assert ">En uppgift behöver rättas<" in one


class Broken:
    """A form with one error that belongs to no field."""

    form_errors = ("Spara igen",)

    def __iter__(self):
        return iter(())


def test_a_form_without_errors_has_neither_summary_nor_prefix(client):
    html = client.get("/edit").get_data(as_text=True)
    assert "<title>Redigera Statliga myndigheter – Takt</title>" in html
    assert "err-sum" not in html
    assert "aria-invalid" not in html


def test_optional_fields_say_so_and_required_ones_are_required(client):
    html = client.get("/edit").get_data(as_text=True)
    assert 'Syfte <span class="optional">(frivilligt)</span></label>' in html
    (name,) = tree(html).all("input", name="name")
    assert "required" in name


def test_buttons_that_need_javascript_are_hidden_without_it(client):
    for path in ("edit", "subscribe", "meeting"):
        page = tree(client.get(f"/{path}").get_data(as_text=True))
        buttons = [a for a in page.all("button") if {"data-copy", "data-pick", "data-print"} & set(a)]
        assert buttons
        assert all("hidden" in a for a in buttons)


def test_htmx_is_sent_only_to_pages_that_use_it(client):
    assert "htmx.min.js" in client.get("/choices").get_data(as_text=True)
    assert "htmx" not in client.get("/overview").get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_page_stays_small(client, path):
    assert len(gzip.compress(client.get(f"/{path}").data)) <= 30 * 1024


def test_a_hundred_forums_stay_small(client):
    assert len(gzip.compress(client.get("/overview?hundred=1").data)) <= 30 * 1024


def test_a_public_page_says_its_whole_address(house):
    html = house.visitor("anonymous").get("/forums?language=en").get_data(as_text=True)
    assert '<link rel="canonical" href="http' in html
    assert re.search(r'rel="canonical" href="https?://[^/"]+/forums"', html)
