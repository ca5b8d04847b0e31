"""The pages of planned mails by kind: own rules, inherited ones, none, at each level; and what follows for meetings."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from scheduler.forums.models import ForumKind
from scheduler.mail.actions import plan_coming
from scheduler.mail.models import Occurrence, ReminderRule
from scheduler.meetings.models import Meeting
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import send, visit

OWN = "/forums/own-forum/reminders"


def planned(house: House, kind: str) -> list[str]:
    """The planned mailings of a kind of the own meeting."""
    with house.looking() as session:
        query = select(Occurrence.offset).where(
            Occurrence.meeting_id == house.world.meetings["own"].id,
            Occurrence.kind == kind,
            Occurrence.state == "planned",
        )
        return sorted(session.scalars(query))


def formality(house: House, value: str) -> None:
    """Sets that of the networks and plans what follows."""
    with house.changing() as session:
        session.get_one(ForumKind, "natverk").formality = value
        session.flush()
        plan_coming(session, NOW)


def test_forum_saves_the_date_by_rules_of_its_own_and_reminders_stay(house_on_both):
    house = house_on_both
    formality(house, "protocol")
    page = visit(house.visitor(), f"{OWN}?mail=save_the_date")
    assert "Inget brev om att spara dagen Ärvt från Nätverk" in page.text
    page = send(house.visitor(), f"{OWN}?mail=save_the_date", "which", which="own", n_1="14", unit_1="calendar_days")
    assert "Brevet om att spara dagen är sparat." in page.text
    assert "14 dagar före kl. 09.00 Eget värde" in page.text
    assert planned(house, "save_the_date") == ["14 calendar_days"]
    assert planned(house, "reminder") == ["2 calendar_days"]
    assert house.latest(1) == [("Own secretariat", "dates.set", "Forumet own")]
    send(house.visitor(), f"{OWN}?mail=save_the_date", "which", which="off")
    assert planned(house, "save_the_date") == []
    with house.looking() as session:
        assert [(row.kind, row.on) for row in session.scalars(select(ReminderRule))] == [("save_the_date", False)]
    send(house.visitor(), f"{OWN}?mail=save_the_date", "which", which="inherit")
    with house.looking() as session:
        assert session.scalars(select(ReminderRule)).all() == []


def test_defaults_follow_the_formality_of_the_kind(house):
    texts = {}
    for value in ("informal", "protocol"):
        formality(house, value)
        texts[value] = [visit(house.visitor(), f"{OWN}?mail={kind}").text for kind in ("save_the_date", "chaser")]
    assert "42 dagar före kl. 09.00 Ärvt från Nätverk" in texts["informal"][0]
    assert "2 dagar före sista svarsdagen kl. 09.00 Ärvt från Nätverk" in texts["informal"][1]
    assert "Inget brev om att spara dagen Ärvt från Nätverk" in texts["protocol"][0]
    assert "Inga svarspåminnelser Ärvt från Nätverk" in texts["protocol"][1]


def test_chaser_of_a_meeting_counts_from_the_last_day_to_answer_and_asks_no_audience(house):
    with house.changing() as session:
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        meeting.state, meeting.called_at, meeting.answer_by_on = "called", NOW, date(2026, 12, 11)
    path = f"/meetings/{house.world.meetings['own'].id}/reminders?mail=chaser"
    page = visit(house.visitor(), path)
    form = page.form("which")
    assert "n_1" in form.values
    assert "audience_1" not in form.options
    send(house.visitor(), path, "which", which="own", n_1="3", unit_1="calendar_days")
    with house.looking() as session:
        [rule] = session.scalars(select(ReminderRule))
        assert (rule.kind, rule.audience, rule.meeting_id) == ("chaser", "unanswered", house.world.meetings["own"].id)
        [row] = session.scalars(select(Occurrence).where(Occurrence.kind == "chaser", Occurrence.state == "planned"))
        assert row.due_at.date() == date(2026, 12, 8)


def test_kinds_of_mail_are_a_link_apart_and_each_is_told_by_its_words(house):
    page = visit(house.visitor(), OWN)
    assert {OWN, f"{OWN}?mail=save_the_date", f"{OWN}?mail=chaser"} <= set(page.links)
    page = send(house.visitor(), f"{OWN}?mail=chaser", "which", which="own", n_1="", n_2="")
    assert (page.status, page.errors) == (422, {"which": "Ange minst ett utskick, eller välj att inga ska gå"})


@pytest.mark.parametrize("path", [f"{OWN}?mail=letter", f"{OWN}?mail=", "/kinds/natverk/reminders?mail=call"])
def test_kind_of_mail_that_no_rule_plans_is_not_found(house, path):
    assert house.visitor("administrator").get(path).status_code == 404


def test_who_saves_rules_of_another_kind_meanwhile_is_not_in_the_way(house):
    opened = visit(house.visitor(), f"{OWN}?mail=chaser").form("which").values
    send(house.visitor(), OWN, "which", which="own", n_1="5")
    answer = house.visitor().post(f"{OWN}?mail=chaser", {**opened, "which": "off"})
    assert answer.status_code == 303


def test_kind_that_is_removed_takes_all_its_rules_along(house):
    administrator = house.visitor("administrator")
    with house.changing() as session:
        kind = session.get_one(ForumKind, "natverk")
        columns = {column.name: getattr(kind, column.name) for column in ForumKind.__table__.columns}
        session.add(ForumKind(**{**columns, "id": "klubb", "sv": "Klubb", "en": "Club"}))
        session.add(ReminderRule(forum_kind_id="klubb", kind="chaser", offset_n=2, audience="unanswered"))
        session.add(ReminderRule(forum_kind_id="klubb", kind="reminder", offset_n=2))
    assert administrator.post("/kinds/klubb/remove").status_code == 303
    with house.looking() as session:
        assert session.get(ForumKind, "klubb") is None
