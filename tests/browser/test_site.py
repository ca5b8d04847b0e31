"""Every page of the product, filled with the demo: accessible, whole on a small screen, silent, usable by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import rig
from tests.browser.sights import MEMBER_PAGES, MISSING, PAGES, PUBLIC_PAGES, DemoSite

#: What answers a GET with something else than a page.
NOT_PAGES = {
    "static": "files",
    "health.healthz": "for machines",
    "health.readyz": "for machines",
    "metrics.metrics": "for machines",
    "crawlers.robots": "for search engines",
    "crawlers.sitemap": "for search engines",
    "feeds.public": "a calendar",
    "feeds.public_forum": "a calendar",
    "feeds.open_meetings": "open data",
    "feeds.secret": "a calendar",
    "feeds.meeting_file": "a calendar",
    "reply_page.meeting_file": "a calendar",
    "documents.meeting_file": "a file",
    "reply_page.document": "a file",
    "documents.forum_file": "a file",
    "papers.minutes_file": "a file",
    "papers.summons_file": "a file",
    "year_table.file": "a file",
    "reports.cadence_now": "a redirect",
    "reports.cadence_file": "a file",
    "reports.attendance_file": "a file",
    "reports.load_file": "a file",
    "reports.mail_file": "a file",
    "plan.index": "leads to the board of the year that is planned",
    "minutes.locked": "the locked text, for programs",
    "mails.document": "a mail's own text, shown within the page of the mail",
}
#: Reached by sending a form alone; looked at in a test of its own.
BEHIND_A_FORM = {"sign_in.sent"}

SIGNED_IN = [pytest.param("secretary", path, id=name) for name, path in (*PAGES, MISSING)]
MEMBERS = [pytest.param("member", path, id=name) for name, path in MEMBER_PAGES]
VISITING = [pytest.param("visitor", path, id=name) for name, path in PUBLIC_PAGES]
EVERY_PAGE = pytest.mark.parametrize(("who", "path"), [*SIGNED_IN, *MEMBERS, *VISITING])


# One load serves all these looks: to open a page costs as much as to look at it.
@EVERY_PAGE
def test_page_is_accessible_whole_on_a_narrow_screen_and_silent(
    looking_as: Callable[[str], Page], site: str, demo: DemoSite, who: str, path: str
) -> None:
    page = looking_as(who)
    expected = 404 if path == MISSING[1] else 200
    with rig.listening(page) as complaints:
        answer = page.goto(site + demo.path(path))
        assert answer is not None
        assert answer.status == expected
        if who != "visitor" and expected == 200:  # a page that names a value of its own as the shell does loses these
            assert page.locator('.who form[action="/logout"]').count() == 1
            assert page.locator("form.find").count() == 1
        rig.check_controls(page)
        rig.check_axe_in_one_load(page)
        rig.check_reflow(page)
        # A browser reports the page that is missing as well as the test asks for it.
        assert [line for line in complaints if expected == 200 or "404" not in line] == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/forums/regionalt-forum",
        "/meetings/new",
        "/meetings/{booked}",
        "/people",
        "/forums/regionalt-forum/seats",
        "/forums/tillvaxtberedningen/mandates",
        "/forums/tillvaxtberedningen/rotation/chair",
        "/history",
        "/calendar/2026",
        "/me",
        "/drafts/{draft}?meeting={planned}",
    ],
)
def test_tab_stops_are_visible_and_uncovered(
    looking_as: Callable[[str], Page], site: str, demo: DemoSite, path: str
) -> None:
    rig.check_tab_stops(looking_as("secretary"), site + demo.path(path))


def test_page_after_asking_for_a_link_is_accessible(page: Page, site: str) -> None:
    page.goto(f"{site}/login")
    page.get_by_label("E-postadress").fill("ingen@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/login/sent")
    rig.check_axe_in_one_load(page)


def test_every_page_of_the_product_is_looked_at(demo: DemoSite) -> None:
    """A new page joins ``sights.PAGES`` or ``PUBLIC_PAGES``; what is no page joins ``NOT_PAGES``."""
    match = demo.app.url_map.bind("localhost").match
    seen = {match(demo.path(path).split("?")[0])[0] for _, path in (*PAGES, *MEMBER_PAGES, *PUBLIC_PAGES)}
    shown = {rule.endpoint for rule in demo.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert seen | BEHIND_A_FORM | set(NOT_PAGES) == shown
