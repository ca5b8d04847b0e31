"""The yearly plan: who sees which forum, deciding it, what is marked after that, and the same in files."""

from __future__ import annotations

import csv
import io
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from scheduler.accounts.models import User
from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.forums.models import Forum
from scheduler.history.rules import Actor
from scheduler.meetings.actions import cancel_meeting, move_meeting
from scheduler.meetings.models import Meeting
from scheduler.meetings.year_plan_models import YearPlan
from scheduler.reports.papers import pdf
from tests.conftest import NOW
from tests.queries import count_queries
from tests.reports.papers.reading import needs_pdf, pdf_tags, pdf_text
from tests.web.reading import Page, send, visit
from tests.web.sheets import read_workbook
from tests.web.world import SITE, meeting

ON = (NOW + timedelta(days=30)).date()
TABLE = f"/plan/{ON.year}/table"
DECISION = f"/plan/{ON.year}/decision"
SARA = Actor("Sara Niemi")
MOVED = ON + timedelta(days=2)


def decide(house, role: str = "administrator", **given) -> Page:
    values = {"decided_on": NOW.date().isoformat(), "decided_by": "Länsledningen", "note": ""} | given
    return send(house.visitor(role), DECISION, **values)


def move(house, relation: str = "own", reason: str = "Krockade med regionrådet") -> None:
    with house.changing() as session:
        row = session.get_one(Meeting, house.world.meetings[relation].id)
        move_meeting(
            session, SARA, NOW, row, on=MOVED, start=time(9), version=row.version, site=SITE, check_conflicts=False,
            reason=reason, send=False,
        )  # fmt: skip


def plans(house) -> list[YearPlan]:
    with house.looking() as session:
        return list(session.scalars(select(YearPlan).order_by(YearPlan.id)))


# ---------------------------------------------------------------- who sees what


@pytest.mark.parametrize("ending", ["", ".csv", ".xlsx"])
@pytest.mark.parametrize(("role", "seen"), [
    ("own secretariat", {"own", "public"}), ("other secretariat", {"foreign", "public"}),
    ("reader", {"own", "foreign", "public"}), ("administrator", {"own", "foreign", "public"}),
])  # fmt: skip
def test_forum_stands_in_the_plan_of_whoever_may_read_it(house, role, seen, ending):
    answer = house.visitor(role).get(TABLE + ending)
    assert answer.status_code == 200
    body = answer.get_data()
    text = (
        " ".join(cell for sheet in read_workbook(body) for row in sheet.rows for cell in row)
        if ending == ".xlsx"
        else body.decode()
    )
    assert {relation for relation in ("own", "foreign", "public") if f"Forumet {relation}" in text} == seen


@pytest.mark.parametrize("role", ["anonymous", "member", "chair", "organisation contact"])
@pytest.mark.parametrize("path", [TABLE, f"{TABLE}.csv", f"{TABLE}.pdf", DECISION])
def test_plan_is_for_those_who_plan_or_read(house, role, path):
    assert house.visitor(role).get(path).status_code in {403, 404}


def test_reader_sees_the_plan_and_decides_nothing(house):
    page = visit(house.visitor("reader"), TABLE)
    assert DECISION not in page.links
    assert house.visitor("reader").get(DECISION).status_code == 403


def test_of_a_foreign_public_forum_only_what_is_public_stands_there(house):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["public"].id)
        hidden = meeting(session, forum, NOW + timedelta(days=20))
        hidden.public = False
        hidden.state = "confirmed"
        from scheduler.meetings.publishing import publish  # noqa: PLC0415 - what a change of it would do

        publish(session, hidden, NOW, site=SITE, days=[hidden.local_on])
    own = house.visitor("own secretariat").get(f"{TABLE}.csv").get_data(as_text=True)
    full = house.visitor("other secretariat").get(f"{TABLE}.csv").get_data(as_text=True)
    counts = [
        next(row for row in csv.reader(io.StringIO(text), delimiter=";") if row[1] == "Forumet public")[-2]
        for text in (own, full)
    ]
    assert counts == ["1", "2"]


@pytest.mark.parametrize("path", ["/plan/1900/table", "/plan/9999/table.csv", "/plan/1900/decision"])
def test_no_year_beyond_reach(house, path):
    assert house.visitor("administrator").get(path).status_code == 404


def test_year_without_meetings_says_so(house):
    page = visit(house.visitor(), "/plan/2031/table")
    assert "Inga möten 2031 än." in page.text
    assert "/plan/2031/decision" not in page.links


# ---------------------------------------------------------------- deciding


def test_plan_is_decided_and_changes_are_marked_from_then_on(house):
    assert "Inte beslutad." in visit(house.visitor("administrator"), TABLE).text
    page = decide(house)
    assert "är beslutad" in page.text
    assert "Beslutad" in page.text
    assert "av Länsledningen." in page.text
    move(house)
    page = visit(house.visitor(), TABLE)
    assert "En ändring sedan dess." in page.text
    new, old = f"{MOVED.day} ", f"{ON.day} "
    assert "#note-1" in page.links
    assert "ersätter" in page.text
    assert "ny tid 09.00. Krockade med regionrådet." in page.text
    assert "Sara Niemi" in page.text
    body = house.visitor().get(TABLE).get_data(as_text=True)
    assert f"<del>{old.strip()}</del>" in body
    assert f"<ins>{new.strip()}</ins>" in body


def test_secretariat_decides_its_own_forums_and_no_others(house):
    decide(house, "own secretariat")
    [plan] = plans(house)
    assert plan.forums == [house.world.forums["own"].id]
    assert "Inte beslutad." in visit(house.visitor("other secretariat"), TABLE).text
    assert "av Länsledningen" not in visit(house.visitor("other secretariat"), DECISION).text


def test_wrong_decision_is_told_at_its_fields_and_kept_as_typed(house):
    page = decide(house, decided_on=(NOW + timedelta(days=1)).date().isoformat(), decided_by="")
    assert (page.status, set(page.errors)) == (422, {"decided_on", "decided_by"})
    assert plans(house) == []


def test_two_who_decide_at_once_do_not_decide_over_each_other(house):
    visitor = house.visitor("administrator")
    form = visit(visitor, DECISION).form("decided_on")
    decide(house)
    answer = visitor.post(
        DECISION, form.values | {"decided_on": NOW.date().isoformat(), "decided_by": "Någon"}, token=False
    )
    assert answer.status_code == 422
    assert "Någon annan har just beslutat planen" in answer.get_data(as_text=True)
    assert len(plans(house)) == 1


def test_decision_is_replaced_and_taken_back(house):
    decide(house)
    move(house)
    page = decide(house, decided_by="Regionstyrelsen")
    assert "av Regionstyrelsen." in page.text
    assert "ändring sedan dess" not in page.text
    assert page.text.index("Regionstyrelsen") < page.text.rindex("Länsledningen")
    [undo] = [action for action in page.actions() if action.endswith("/undo")]
    answer = house.visitor("administrator").post(undo)
    assert (answer.status_code, answer.headers["Location"]) == (303, TABLE)
    page = visit(house.visitor("administrator"), TABLE)
    assert "av Länsledningen. En ändring sedan dess." in page.text


def test_history_of_the_decision_is_the_secretariats_whose_forums_it_is_about(house):
    decide(house, "own secretariat")
    assert "Sammanträdesplanen beslutades" in visit(house.visitor(), "/history").text
    assert "Sammanträdesplanen beslutades" not in visit(house.visitor("other secretariat"), "/history").text
    assert TABLE in visit(house.visitor(), "/history").links


# ---------------------------------------------------------------- what is shown


def test_plan_is_narrowed_to_own_and_to_changed_forums(house):
    decide(house)
    move(house)
    visitor = house.visitor()
    assert "Forumet public" not in visit(visitor, f"{TABLE}?show=mine").text
    assert "Forumet own" in visit(visitor, f"{TABLE}?show=mine").text
    changed = visit(house.visitor("administrator"), f"{TABLE}?show=changed").text
    assert "Forumet own" in changed
    assert "Forumet foreign" not in changed
    assert "Ändrade 1" in changed


def test_nothing_changed_says_so(house):
    decide(house)
    assert "Inget är ändrat sedan beslutet." in visit(house.visitor(), f"{TABLE}?show=changed").text


def test_cancelled_meeting_is_struck_with_its_reason(house):
    decide(house)
    with house.changing() as session:
        row = session.get_one(Meeting, house.world.meetings["own"].id)
        cancel_meeting(session, SARA, NOW, row, reason="för få anmälda", version=row.version, site=SITE, send=False)
    assert "utgår. För få anmälda." in visit(house.visitor(), TABLE).text


def test_foreign_forum_shows_no_changes_to_those_outside(house):
    decide(house)
    move(house, "public", reason="En hemlig orsak")
    page = visit(house.visitor("own secretariat"), TABLE)
    assert "hemlig" not in page.text
    assert "Sara Niemi" not in page.text
    assert "hemlig" in visit(house.visitor("other secretariat"), TABLE).text


def test_english_page(house):
    decide(house)
    move(house)
    with house.changing() as session:
        session.get_one(User, house.world.users["own secretariat"].id).language = "en"
    body = house.visitor().get(TABLE).get_data(as_text=True)
    assert f"Yearly plan {ON.year}" in body
    assert "One change since then." in body
    assert "replaces" in body
    assert "new time 09:00" in body
    assert '<span lang="sv">Forumet own</span>' in body


def test_hostile_names_are_text(house):
    with house.changing() as session:
        session.get_one(Forum, house.world.forums["own"].id).name = "<script>alert(1)</script>"
    decide(house, decided_by="<img src=x>")
    body = house.visitor("administrator").get(TABLE).get_data(as_text=True)
    assert "<script>alert" not in body
    assert "<img src=x>" not in body


# ---------------------------------------------------------------- a draft's dates


def drafted(house, relation: str = "own", **values) -> int:
    with house.changing() as session:
        forum_id = house.world.forums[relation].id
        draft = Draft(
            scope="all", name="Höstens förslag", profile="even", seconds=10, created_at=NOW,
            **({"state": "ready", "year": ON.year} | values),
        )  # fmt: skip
        draft.forum_rows = [DraftForum(forum_id=forum_id)]
        draft.meetings = [
            DraftMeeting(forum_id=forum_id, on=date(ON.year, 3, 24), start=13 * 60, duration=120, seats={})
        ]
        session.add(draft)
        session.flush()
        return draft.id


def test_draft_stands_as_the_plan_to_be_and_is_not_decided(house):
    decide(house)
    draft_id = drafted(house)
    page = visit(house.visitor(), f"{TABLE}?draft={draft_id}")
    assert "Förslag, inte beslutad: Höstens förslag." in page.text
    assert "24 mar" in page.text
    assert DECISION not in page.links
    rows = list(
        csv.reader(
            io.StringIO(house.visitor().get(f"{TABLE}.csv?draft={draft_id}").get_data(as_text=True)), delimiter=";"
        )
    )
    assert next(row for row in rows if row[1] == "Forumet own")[5] == "24"
    assert f"{TABLE}.xlsx?draft={draft_id}" in page.links


@pytest.mark.parametrize("values", [{"relation": "foreign"}, {"state": "waiting"}, {"year": 2031}])
def test_draft_of_others_or_of_another_year_is_not_found(house, values):
    draft_id = drafted(house, **values)
    assert house.visitor().get(f"{TABLE}?draft={draft_id}").status_code == 404


@pytest.mark.parametrize("draft", ["0", "x", "999999", "9" * 40, "-1"])
def test_draft_that_is_none_is_not_found(house, draft):
    assert house.visitor().get(f"{TABLE}?draft={draft}").status_code == 404


# ---------------------------------------------------------------- files


@pytest.fixture
def changed(house):
    decide(house)
    move(house)
    return house


def test_csv_says_the_plan_and_its_changes(changed):
    answer = changed.visitor().get(f"{TABLE}.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:4] == ["Organisation", "Forum", "Tid", "jan"]
    own = next(row for row in rows if row[1] == "Forumet own")
    assert (own[2], own[-2]) == ("09.00", "1")
    cells = " ".join(own[3:15])
    assert f"{ON.day}" in cells
    assert "utgår" in cells
    assert f"{MOVED.day}(09.00) ny [1]" in cells
    assert "ersätter" in own[-1]
    assert "Krockade med regionrådet." in own[-1]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "＝1"])
def test_csv_disarms_what_a_sheet_would_reckon(house, name):
    with house.changing() as session:
        session.get_one(Forum, house.world.forums["own"].id).name = name
    rows = list(csv.reader(io.StringIO(house.visitor().get(f"{TABLE}.csv").get_data(as_text=True)), delimiter=";"))
    assert f"'{name}" in [row[1] for row in rows]


def test_workbook_says_the_plan_with_its_changes_struck_and_marked(changed):
    answer = changed.visitor().get(f"{TABLE}.xlsx")
    assert answer.content_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    plan, changes = read_workbook(answer.get_data())
    assert (plan.name, changes.name) == (f"Sammanträdesplan {ON.year}", "Ändringar")
    assert plan.rows[0] == [f"Sammanträdesplan {ON.year}"]
    assert plan.rows[1][0].startswith("Beslutad")
    assert plan.rows[3][:3] == ["Forum", "Tid", "jan"]
    own = next(row for row in plan.rows if row and row[0] == "Forumet own")
    assert own[-1] == "1"
    assert any(text.startswith(f"{ON.day}") for text in plan.struck)
    assert f"{MOVED.day}(09.00) ny [1]" in plan.bold
    assert changes.rows[1][0] == "1"
    assert changes.rows[1][3] == "Krockade med regionrådet."
    assert [sheet.formulas for sheet in (plan, changes)] == [[], []]


def test_pdf_lies_on_its_side_and_is_tagged(changed):
    needs_pdf()
    body = changed.visitor().get(f"{TABLE}.pdf").get_data()
    text = " ".join(pdf_text(body).split())
    assert f"Sammanträdesplan {ON.year}" in text
    assert "Forumet own 09.00" in text
    assert "Ändringar efter beslutet" in text
    assert "Krockade med regionrådet." in text
    tags = pdf_tags(body)
    assert tags.count("Table") == 1
    assert tags.count("TH") >= 14
    from pypdf import PdfReader  # noqa: PLC0415 - where PDF can be made

    box = PdfReader(io.BytesIO(body)).pages[0].mediabox
    assert box.width > box.height


def test_where_pdf_cannot_be_made_excel_is_offered(house, monkeypatch):
    def missing() -> None:
        raise pdf.MissingTool(pdf.NO_PANGO)

    monkeypatch.setattr(pdf, "_weasyprint", missing)
    answer = house.visitor().get(f"{TABLE}.pdf")
    assert answer.status_code == 501
    assert f'href="{TABLE}.xlsx"' in answer.get_data(as_text=True)


def test_questions_do_not_grow_with_forums_and_changes(house):
    from scheduler.db import db  # noqa: PLC0415 - inside the application

    counts = []
    for n in range(3):
        with house.changing() as session:
            for m in range(1 + 5 * n):
                forum = Forum(
                    slug=f"forum-{n}-{m}", name=f"Forum {n} {m}", kind_id="natverk", tracked_from_on=date(2026, 1, 1),
                    secretariat_id=session.get_one(Forum, house.world.forums["own"].id).secretariat_id,
                )  # fmt: skip
                session.add(forum)
                session.flush()
                meeting(session, forum, NOW + timedelta(days=20 + m))
        if n == 0:
            decide(house)
        visitor = house.visitor()
        visitor.get(TABLE)
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get(TABLE).status_code == 200
        counts.append(len(sent))
    assert counts[1] == counts[2]
