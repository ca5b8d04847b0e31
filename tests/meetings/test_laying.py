"""Many meetings laid at once are what each would have been by itself: rows, revisions, history, calendars, scopes."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from scheduler.errors import Refused
from scheduler.history.models import HistoryEntry, ScopeVersion
from scheduler.meetings.booking import book_meeting, move_meeting
from scheduler.meetings.laying import Laying
from scheduler.meetings.models import Meeting, MeetingChange, MeetingScope
from scheduler.meetings.steps import confirm_meeting, undo_last_change
from tests.meetings.county import SITE, County
from tests.organisations.making import counted

DAYS = (date(2027, 2, 11), date(2027, 5, 20), date(2027, 9, 14))
LATER = timedelta(hours=1)
#: What differs between two meetings that are otherwise the same.
_OWN = re.compile(
    rb"(UID|DTSTAMP|LAST-MODIFIED|URL|X-[A-Z-]+|DTSTART|DTEND|SUMMARY|DESCRIPTION)[^\r]*\r\n(?: [^\r]*\r\n)*"
)


@pytest.fixture
def forums(county: County):
    """A public one and a closed one, with seats that change between the meetings."""
    found = [county.forum("Öppna", public="full"), county.forum("Slutna")]
    for forum in found:
        home = county.organisation()
        county.seat(forum, "Anna Ek", organisation_id=home.id)
        county.seat(forum, "Berit Ö", organisation_id=home.id, until=date(2027, 3, 1))
    return found


def when(county: County, on: date, start: int = 13):
    return {"on": on, "start": time(start), "end": time(start + 1), "last_on": on, "place_id": None}


def by_itself(county: County, forum, on: date) -> Meeting:
    given = when(county, on)
    meeting = book_meeting(
        county.session, county.actor, county.now, forums=[forum], site=SITE, state="proposed", check_conflicts=False,
        send=False, **given,
    )  # fmt: skip
    return confirm_meeting(county.session, county.actor, county.now, meeting, version=None, site=SITE)


def laying(county: County, forums, proposed=(), now=None) -> Laying:
    return Laying(county.session, county.actor, now or county.now, site=SITE, forums=forums, proposed=proposed)


def told(county: County, meeting: Meeting):
    """Everything that is kept of a meeting but its number and name."""
    session = county.session
    session.flush()
    changes = session.scalars(select(MeetingChange).where(MeetingChange.meeting_id == meeting.id)).all()
    entries = session.scalars(
        select(HistoryEntry)
        .where(HistoryEntry.subject_kind == "meeting", HistoryEntry.subject_id == meeting.id)
        .order_by(HistoryEntry.id)
    ).all()
    scopes = session.execute(
        select(MeetingScope.scope, MeetingScope.scope_id).where(MeetingScope.meeting_id == meeting.id)
    ).all()
    return {
        "row": {
            column.name: getattr(meeting, column.name)
            for column in Meeting.__table__.columns
            if column.name not in {"id", "uid", "revised_at"}
        },
        "changes": [(one.kind, one.before, one.after, one.send, one.sequence, one.at) for one in changes],
        "history": [(one.action, one.before, one.after, one.subject_label) for one in entries],
        "scopes": sorted(map(tuple, scopes)),
        "bodies": {
            key: _OWN.sub(b"", body) for key, body in county.bodies(meeting).items()
        },
    }  # fmt: skip


def test_laid_together_they_are_what_each_is_by_itself(county: County, forums):
    single = [told(county, by_itself(county, forum, on)) for forum in forums for on in DAYS]
    work = laying(county, forums)
    for forum in forums:
        for on in DAYS:
            work.book(forum, demo=False, **when(county, on))
    laid = [told(county, meeting) for meeting in work.finish()]
    assert laid == single
    assert {key for key, _ in laid[0]["bodies"]} == {"members", "public"}
    assert {key for key, _ in laid[-1]["bodies"]} == {"members"}


def test_what_is_proposed_is_moved_and_booked_as_by_itself(county: County, forums):
    session, actor, now = county.session, county.actor, county.now + LATER

    def proposed(forum):
        return county.meeting(forum, DAYS[0], state="proposed", send=False)

    alone, stays, mine, mine_stays = (proposed(forums[0]) for _ in range(4))
    move_meeting(session, actor, now, alone, version=None, site=SITE, check_conflicts=False, send=False,
                 **when(county, DAYS[1]))  # fmt: skip
    confirm_meeting(session, actor, now, alone, version=None, site=SITE)
    confirm_meeting(session, actor, now, stays, version=None, site=SITE)
    work = laying(county, forums[:1], [mine, mine_stays], now)
    work.move(mine, **when(county, DAYS[1]))
    work.move(mine_stays, on=DAYS[0])
    work.finish()
    assert told(county, mine) == told(county, alone)
    assert told(county, mine_stays) == told(county, stays)
    assert [one[0] for one in told(county, mine)["changes"]] == ["book", "move", "confirm"]
    assert [one[0] for one in told(county, mine_stays)["changes"]] == ["book", "confirm"]


def test_every_calendar_that_holds_one_gets_a_new_version(county: County, forums):
    def versions():
        rows = county.session.scalars(select(ScopeVersion).execution_options(populate_existing=True))
        return {(row.scope, row.scope_id): row.version for row in rows}

    before = versions()
    work = laying(county, forums)
    for forum in forums:
        work.book(forum, demo=False, **when(county, DAYS[0]))
    made = work.finish()
    raised = {scope for scope, version in versions().items() if version > before.get(scope, 0)}
    stored = {
        (scope, scope_id)
        for meeting in made
        for scope, scope_id in told(county, meeting)["scopes"]
    }  # fmt: skip
    assert stored | {("public", 0)} | {("forum", forum.id) for forum in forums} <= raised


def test_each_is_taken_back_by_itself(county: County, forums):
    work = laying(county, forums)
    for on in DAYS:
        work.book(forums[0], demo=False, **when(county, on))
    first, second, _third = work.finish()
    undo_last_change(
        county.session, county.actor, county.now + LATER, second, sent=False, version=None, site=SITE
    )  # fmt: skip
    assert (first.state, second.state) == ("confirmed", "proposed")
    assert b"STATUS:TENTATIVE" in county.bodies(second)["members", "sv"]


def test_refused_as_by_itself(county: County, forums):
    work = laying(county, forums)
    with pytest.raises(Refused, match="som inte har passerat"):
        work.book(forums[0], demo=False, **when(county, date(2020, 1, 7)))


def test_nothing_laid_is_nothing(county: County, forums):
    assert laying(county, forums).finish() == []


def test_the_database_is_asked_alike_for_few_and_many(county: County, forums):
    counts = []
    for days in (DAYS[:1], [DAYS[0] + timedelta(days=7 * n) for n in range(1, 9)]):
        county.session.expire_all()
        with counted(county.session) as sent:
            work = laying(county, forums)
            for forum in forums:
                for on in days:
                    work.book(forum, demo=False, **when(county, on))
            work.finish()
        counts.append([one for one in sent if one.startswith(("SELECT", "DELETE"))])
    assert len(counts[0]) == len(counts[1])
    assert len(sent) - len(counts[1]) < 6 * 8 * len(forums)
