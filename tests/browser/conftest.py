"""A browser and a site for the tests of this folder; without a Chromium they are skipped and say why.

With CI or TAKT_REQUIRE_BROWSER=1 in the environment a missing browser is a failure, so that the skip never
hides there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.browser.rig import ARGUMENTS, CHROMIUM, WIDE, complaints_of, served
from tests.browser.sights import DemoSite
from tests.conftest import opened_copy
from tests.web.gallery_app import create_gallery


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, started once."""
    found = shutil.which("chromium") or CHROMIUM
    if not Path(found).exists():
        reason = "no Chromium: install it with `apt-get install -y chromium`"
        if os.environ.get("CI") or os.environ.get("TAKT_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Any], str]]:
    """Serves an application until the end of the run and gives its address: ``serve(app)``."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))


@pytest.fixture(scope="session")
def gallery(serve: Callable[[Any], str]) -> str:
    """The address of the gallery, which shows every part under the product's security policy."""
    return serve(create_gallery())


@pytest.fixture(scope="session")
def demo(filled_demo: tuple[Path, dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    """The product itself with the demo in it; 22 November 2026."""
    with opened_copy(filled_demo, tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="session")
def site(serve: Callable[[Any], str], demo: DemoSite) -> str:
    """The address of ``demo``."""
    return serve(demo.app)


@pytest.fixture(scope="session")
def signed_in(browser: Browser, site: str, demo: DemoSite) -> StorageState:
    """The cookies of the demo's secretary, who has pressed the button of a one-time link."""
    return _cookies(browser, site + demo.new_link(), f"{site}/")


@pytest.fixture(scope="session")
def signed_in_member(browser: Browser, site: str, demo: DemoSite) -> StorageState:
    """The cookies of a person of the register who plans nothing."""
    return _cookies(browser, site + demo.new_link(demo.member), f"{site}/me")


def _cookies(browser: Browser, link: str, leads_to: str) -> StorageState:
    context = browser.new_context(locale="sv-SE")
    page = context.new_page()
    page.goto(link)
    page.locator("main form button").click()
    page.wait_for_url(leads_to)
    state = context.storage_state()
    context.close()
    return state


#: A Swedish visitor in Stockholm, 1440 wide, without motion.
_VISITOR = {"locale": "sv-SE", "timezone_id": "Europe/Stockholm", "viewport": WIDE, "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def looking_as(
    browser: Browser, signed_in: StorageState, signed_in_member: StorageState
) -> Iterator[Callable[[str], Page]]:
    """The page on which the secretary, a member or a visitor reads one address after another, as people do.

    For tests that only read: fonts, scripts and styles are fetched once, not for each of some hundred pages.
    """
    states = {"secretary": {"storage_state": signed_in}, "member": {"storage_state": signed_in_member}, "visitor": {}}
    opened: dict[str, Page] = {}

    def page_of(who: str) -> Page:
        if who not in opened:
            opened[who] = browser.new_context(**_VISITOR, **states[who]).new_page()
        page = opened[who]
        page.goto("about:blank")  # what the page before still asks for ends here
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        return page

    yield page_of
    for page in opened.values():
        page.context.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of a fresh visitor: ``new_page(java_script_enabled=False)`` and the like."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**{**_VISITOR, **options})
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of a Swedish visitor in Stockholm, 1440 wide, without motion."""
    return new_page()


@pytest.fixture
def quiet_page(page: Page) -> Iterator[Page]:
    """As ``page``; the test fails when the console, a script or the network complained."""
    complaints = complaints_of(page)
    yield page
    assert complaints == []
