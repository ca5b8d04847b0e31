"""Notices: entered, edited, taken away; when they are shown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduler.history.queries import history_of
from scheduler.register.models import Notice
from scheduler.register.notices import create_notice, edit_notice, remove_notice
from scheduler.register.queries import notices_for_list, notices_on
from scheduler.register.rules import notice_time
from tests.organisations.making import kinds, organisation, refused

DAY = date(2026, 11, 22)


def test_notice_is_kept_edited_and_removed(session, actor, now):
    kinds(session)
    smhi = organisation(session, "SMHI", "myndighet")
    notice = create_notice(session, actor, now, text="Varning för snö", kind="warning", link="smhi.se")
    assert (notice.slug, notice.link, notice.dismissible) == ("varning-for-sno", "https://smhi.se", True)
    edit_notice(session, actor, now, notice, organisation_id=smhi.id, to_on=DAY)
    entry = history_of(session, "notice", notice.id)[0]
    assert (entry.subject_label, entry.after) == (
        "Varning för snö", {"organisation": "SMHI", "to_on": "2026-11-22"},
    )  # fmt: skip
    assert list(notices_on(session, DAY)) == [notice]
    remove_notice(session, actor, now, notice)
    assert session.get(Notice, notice.id) is None


def test_notice_says_all_that_is_wrong(session, actor, now):
    with refused(
        ("kind", "Välj något i listan"),
        ("text", "Skriv meddelandet"),
        ("link", "Ange en webbadress som börjar med https://"),
        ("organisation_id", "Välj något i listan"),
        ("to_on", "Sista dagen kan inte ligga före den första"),
    ):
        create_notice(
            session, actor, now, kind="skrik", text=" ", link="http://smhi.se", organisation_id=9999, from_on=DAY,
            to_on=DAY - timedelta(days=1),
        )  # fmt: skip


def test_list_has_those_that_begin_latest_first(session, actor, now):
    for name, from_on in (("utan dag", None), ("i dag", DAY), ("sedan", DAY + timedelta(days=9))):
        create_notice(session, actor, now, text=name, from_on=from_on)
    assert [notice.text for notice in notices_for_list(session)] == ["sedan", "i dag", "utan dag"]


@pytest.mark.parametrize(
    ("from_on", "to_on", "found"),
    [
        (None, None, "present"),
        (DAY, DAY, "present"),
        (None, DAY - timedelta(days=1), "past"),
        (DAY + timedelta(days=1), None, "coming"),
    ],
)
def test_both_days_count(from_on, to_on, found):
    assert notice_time(from_on, to_on, DAY) == found
