"""The accessibility statement and the page about personal data: what the law asks for, for this installation."""

from __future__ import annotations

import pytest

from scheduler.app import create_app
from scheduler.settings import Settings
from tests.conftest import NOW
from tests.web.reading import visit
from tests.web.visits import Visitor


@pytest.fixture
def own(tmp_path):
    """A visitor of an installation; takes settings."""

    def opened(**given: str) -> Visitor:
        settings = Settings(instance=tmp_path, secret_key="a secret of the tests, long enough", worker="none", **given)
        return Visitor(create_app(settings, lambda: NOW))

    return opened


def test_statement_holds_what_the_act_demands(own):
    page = visit(own(organisation="Region Norrbotten", contact_email="takt@example.org"), "/accessibility")
    assert (page.status, page.heading) == (200, "Tillgänglighet")
    for part in (
        "Region Norrbotten står bakom webbplatsen", "delvis förenlig med lagen", "Innehåll som inte är tillgängligt",
        "takt@example.org", "Digg, har tillsyn", "Tillverkarens bedömning gjordes 30 november 2026",
        "Region Norrbotten har inte gjort någon egen bedömning än",
    ):  # fmt: skip
        assert part in page.text
    assert {"mailto:takt@example.org", "https://www.digg.se/tdosanmalan"} <= set(page.links)


def test_statement_tells_the_day_of_the_organisations_own_assessment(own):
    page = visit(own(organisation="Region Norrbotten", accessibility_assessed="2027-02-01"), "/accessibility")
    assert "Region Norrbotten gjorde sin senaste bedömning 1 februari 2027." in page.text
    assert "Redogörelsen uppdaterades 1 februari 2027." in page.text


def test_without_an_address_it_says_whom_to_turn_to(own):
    page = visit(own(organisation="Region Norrbotten"), "/accessibility")
    assert "ring växeln hos Region Norrbotten" in page.text


def test_days_that_data_are_kept_are_those_of_the_settings(own):
    page = visit(own(organisation="Region Norrbotten", privacy_email="dso@example.org"), "/privacy")
    assert "Texten 30 dagar, att brevet skickades 180 dagar" in page.text
    assert "7 dagar efter mötet" in page.text
    assert "mailto:dso@example.org" in page.links


def test_every_page_leads_to_both(own):
    visitor = own()
    for path in ("/login", "/accessibility"):
        assert {"/accessibility", "/privacy"} <= set(visit(visitor, path).links)
