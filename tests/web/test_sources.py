"""The page of sources: who sees it, and what it says of a register made by hand and of one with sources."""

from __future__ import annotations

import pytest

from scheduler.register.models import Source
from tests.web.reading import visit


@pytest.mark.parametrize(("role", "status"), [("own secretariat", 200), ("reader", 200), ("anonymous", 404)])
def test_sources_open_for_those_who_read_the_register(house, role, status):
    assert house.visitor(role).get("/sources").status_code == status


def test_register_made_by_hand_says_so(house):
    assert "Registret är inlagt för hand." in visit(house.visitor(), "/sources").text


def test_sources_stand_with_number_publisher_and_headings(house):
    with house.changing() as session:
        session.add_all(
            [
                Source(number="002", title="Nätverk", publisher="Region Norrbotten", headings=["Om oss", "Möten"]),
                Source(number="001", title="Råd <b>", headings=None),
            ]
        )
    page = visit(house.visitor(), "/sources")
    assert "Registret bygger på 2 sidor." in page.text
    assert "001 Råd <b> 002 Nätverk Region Norrbotten Om oss · Möten" in page.text
