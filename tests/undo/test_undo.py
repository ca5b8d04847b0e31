"""Taking changes of the register back, on both databases: every action leads to where it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.db import Base, begin_write
from scheduler.errors import Refused
from scheduler.forums import actions, appointments, cadences, nesting, rotating, seating, standing
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seats import seat_plan
from scheduler.history.journal import LAST_CHANGE
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.mail.models import OutboxMail
from scheduler.meetings.actions import book_meeting, refresh
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Fragment, Meeting, MeetingForum
from scheduler.meetings.queries import meetings_showing
from scheduler.organisations import actions as organisations
from scheduler.organisations import offices, people
from scheduler.organisations.models import Organisation, Person
from scheduler.places import actions as places
from scheduler.register.models import Theme
from scheduler.undo.actions import undo_change
from scheduler.undo.queries import entries_of, meetings_reached, rows_of
from tests.conftest import NOW, open_engine

ZONE = "Europe/Stockholm"
SARA = Actor("Sara Niemi")
SITE = Site("https://takt.example.org", "takt.example.org")


class Desk:
    """A secretary's desk: does something and saves, and takes the last thing back."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = NOW

    def save(self) -> int | None:
        self.session.commit()
        change_id = self.session.info[LAST_CHANGE]
        begin_write(self.session)
        return change_id

    def do(self, act: Callable[..., object], *args, **given) -> int:
        act(self.session, SARA, self.now, *args, **given)
        change_id = self.save()
        assert change_id is not None, "nothing was written to the history"
        return change_id

    def undo(self, change_id: int, reason: str | None = None) -> int:
        change = self.session.get_one(HistoryEntry, change_id)
        undo_change(self.session, SARA, self.now, change, time_zone=ZONE, reason=reason)
        saved = self.save()
        assert saved is not None
        return saved

    def refusal(self, change_id: int, reason: str | None = None) -> str:
        change = self.session.get_one(HistoryEntry, change_id)
        with pytest.raises(Refused) as caught:
            undo_change(self.session, SARA, self.now, change, time_zone=ZONE, reason=reason)
        self.session.rollback()
        begin_write(self.session)
        return str(caught.value)

    def stored(self) -> dict[str, list[dict]]:
        """Every row of the register as it stands, without what only rises."""
        found = {}
        for table in Base.metadata.sorted_tables:
            if table.name in {"history_entry", "scope_version"}:
                continue
            rows = [dict(row) for row in self.session.execute(select(table)).mappings()]
            for row in rows:
                row.pop("version", None)
            found[table.name] = sorted(rows, key=repr)
        return found


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    engine = open_engine(database_url)
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)
        yield Desk(session)
        session.rollback()
    engine.dispose()


@pytest.fixture
def county(desk: Desk) -> Desk:
    """Two organisations, two forums, two seats, three people, a theme and an office."""
    session = desk.session
    for name in ("Region Norrbotten", "Norrbottens Kommuner"):
        organisations.create_organisation(session, SARA, NOW, name=name, kind_id="region")
    for n, name in enumerate(("Anna", "Bengt", "Cecilia")):
        people.create_person(session, SARA, NOW, given_name=name, family_name="Prov", emails=[f"p{n}@example.org"])
    session.add_all([Theme(slug="klimat", sv="Klimat"), Theme(slug="vatten", sv="Vatten")])
    for name in ("Beredningen", "Forumet"):
        actions.create_forum(session, SARA, NOW, name=name, kind_id="beredning")
    session.flush()
    seating.add_seats(session, SARA, NOW, forum(desk), count=2, organisation_id=organisation(desk).id)
    offices.create_office(session, SARA, NOW, sv="Landshövding")
    desk.save()
    return desk


def forum(desk: Desk, name: str = "Beredningen") -> Forum:
    return desk.session.scalars(select(Forum).where(Forum.name == name)).one()


def organisation(desk: Desk, name: str = "Region Norrbotten") -> Organisation:
    return desk.session.scalars(select(Organisation).where(Organisation.name == name)).one()


def person(desk: Desk, given_name: str = "Anna") -> Person:
    return desk.session.scalars(select(Person).where(Person.given_name == given_name)).one()


def seat(desk: Desk, n: int = 0) -> Seat:
    return desk.session.scalars(select(Seat).order_by(Seat.id)).all()[n]


def test_every_kind_of_change_leads_back_and_forth(county):
    """Each in turn upon the ones before: done, undone (as it was), done again by undoing the undoing."""
    session = county.session

    def office():
        return session.scalars(select(offices.Office)).one()

    def rotation():
        return session.scalars(select(rotating.Rotation)).one()

    both = [
        ("organisation", organisation(county).id),
        ("organisation", organisation(county, "Norrbottens Kommuner").id),
    ]
    doings: list[tuple[Callable[..., object], Callable[[], tuple], Callable[[], dict]]] = [
        (
            actions.edit_forum,
            lambda: (forum(county),),
            lambda: {"short_name": "TB", "host_id": both[0][1], "aliases": ["Tillväxt"]},
        ),
        (actions.edit_forum, lambda: (forum(county),), lambda: {"aliases": ["Annat"], "purpose": "Ny"}),
        (actions.set_themes, lambda: (forum(county),), lambda: {"theme_ids": [1, 2]}),
        (actions.set_themes, lambda: (forum(county),), lambda: {"theme_ids": [2]}),
        (actions.set_principals, lambda: (forum(county),), lambda: {"organisation_ids": [id_ for _kind, id_ in both]}),
        (actions.end_forum, lambda: (forum(county, "Forumet"),), lambda: {"on": date(2027, 6, 30)}),
        (
            cadences.set_cadence,
            lambda: (forum(county),),
            lambda: {"valid_from_on": None, "kind": "count", "min": 4, "period": "year"},
        ),
        (cadences.set_cadence, lambda: (forum(county),), lambda: {"valid_from_on": date(2027, 1, 1), "kind": "none"}),
        (
            cadences.add_pause,
            lambda: (forum(county),),
            lambda: {"from_on": date(2027, 7, 1), "to_on": date(2027, 7, 31)},
        ),
        (nesting.include_forum, lambda: (forum(county, "Forumet"),), lambda: {"included_id": forum(county).id}),
        (
            rotating.set_rotation,
            lambda: (forum(county),),
            lambda: {"task": "chair", "entries": both, "start_on": date(2027, 1, 1)},
        ),
        (
            rotating.set_rotation,
            lambda: (forum(county),),
            lambda: {"task": "chair", "entries": both[::-1], "start_on": date(2027, 1, 1)},
        ),
        (rotating.swap_turns, lambda: (forum(county), rotation()), lambda: {"on": date(2027, 5, 1), "entry_id": 1}),
        (standing.add_standing_item, lambda: (forum(county),), lambda: {"title": "RUS"}),
        (standing.add_standing_item, lambda: (forum(county),), lambda: {"title": "Övrigt"}),
        (
            standing.move_standing_item,
            lambda: (forum(county), forum(county).standing_items[1]),
            lambda: {"position": 0},
        ),
        (standing.remove_standing_item, lambda: (forum(county), forum(county).standing_items[0]), dict),
        (seating.add_seats, lambda: (forum(county),), lambda: {"count": 3, "kind": "substitute", "label": "Ersättare"}),
        (seating.edit_seat, lambda: (seat(county),), lambda: {"label": "Plats 1", "group": "S"}),
        (seating.move_seat, lambda: (seat(county, 1),), lambda: {"position": 0}),
        (
            seating.set_substitute_order,
            lambda: (forum(county),),
            lambda: {"order": [seat(county, 3).id, seat(county, 2).id]},
        ),
        (
            appointments.appoint,
            lambda: (seat(county),),
            lambda: {"person_id": person(county).id, "from_on": date(2026, 11, 22)},
        ),
        (
            appointments.replace,
            lambda: (seat(county),),
            lambda: {"person_id": person(county, "Bengt").id, "from_on": date(2027, 1, 1)},
        ),
        (
            people.edit_person,
            lambda: (person(county),),
            lambda: {"emails": ["ny@example.org", "p0@example.org"], "phone": "0920"},
        ),
        (
            offices.begin_holding,
            lambda: (office(),),
            lambda: {"person_id": person(county).id, "from_on": date(2026, 11, 22)},
        ),
        (
            offices.begin_holding,
            lambda: (office(),),
            lambda: {"person_id": person(county, "Cecilia").id, "from_on": date(2027, 1, 1), "replace": True},
        ),
        (places.create_place, lambda: (), lambda: {"name": "Residenset", "town": "Luleå"}),
        (
            organisations.edit_organisation,
            lambda: (organisation(county),),
            lambda: {"short_name": "RN", "aliases": ["Regionen"]},
        ),
    ]
    for act, args, given in doings:
        before = county.stored()
        change_id = county.do(act, *args(), **given())
        after = county.stored()
        assert after != before, act.__name__
        undone = county.undo(change_id)
        assert county.stored() == before, act.__name__
        county.undo(undone)
        assert county.stored() == after, act.__name__


def test_several_records_saved_together_go_back_together(county):
    session = county.session
    before = county.stored()
    made = people.create_person(session, SARA, NOW, given_name="Dag", family_name="Ny", emails=["dag@example.org"])
    appointments.appoint(session, SARA, NOW, seat(county), person_id=made.id, from_on=date(2026, 11, 22))
    change_id = county.save()
    entries = entries_of(session, change_id)
    assert [entry.action for entry in entries] == ["person.create", "appointment.add"]
    county.undo(change_id)
    assert county.stored() == before
    last = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc()).limit(2)).all()
    assert [(entry.action, entry.subject_kind) for entry in reversed(last)] == [
        ("change.undo", "person"),
        ("change.undo", "forum"),
    ]


def test_change_is_undone_once(county):
    change_id = county.do(actions.edit_forum, forum(county), purpose="Ny")
    county.undo(change_id)
    assert county.refusal(change_id) == "Ändringen är redan ångrad"


def test_change_that_was_built_upon_is_not_undone_first(county):
    first = county.do(actions.edit_forum, forum(county), purpose="Ett")
    second = county.do(actions.edit_forum, forum(county), purpose="Två")
    assert "ändrats igen" in county.refusal(first)
    county.undo(second)
    county.undo(first)
    assert forum(county).purpose is None


def test_what_others_refer_to_does_not_vanish(county):
    """The database would delete the appointment with its seat, without a word."""
    added = county.do(seating.add_seats, forum(county), count=1, label="Ny plats")
    county.do(appointments.appoint, seat(county, 2), person_id=person(county).id, from_on=date(2026, 11, 22))
    assert "bygger på" in county.refusal(added)
    assert county.session.scalar(select(Appointment.id)) is not None


def test_nobody_comes_to_sit_where_somebody_sits(county):
    county.do(appointments.appoint, seat(county), person_id=person(county).id, from_on=date(2026, 1, 1))
    sitting = county.session.scalars(select(Appointment)).one()
    ended = county.do(appointments.end_appointment, sitting, on=date(2026, 12, 31))
    county.do(appointments.appoint, seat(county), person_id=person(county, "Bengt").id, from_on=date(2027, 1, 1))
    assert "samma plats samtidigt" in county.refusal(ended)


def test_undoing_closes_no_ring_of_forums(county):
    one, other = forum(county), forum(county, "Forumet")
    county.do(nesting.include_forum, other, included_id=one.id, from_on=date(2026, 1, 1))
    inclusion = county.session.scalars(select(nesting.ForumInclusion)).one()
    ended = county.do(nesting.end_inclusion, inclusion, on=date(2026, 12, 31))
    county.do(nesting.include_forum, one, included_id=other.id, from_on=date(2027, 1, 1))
    assert "i en ring" in county.refusal(ended)


def test_undoing_puts_nothing_under_itself(county):
    one, other = forum(county), forum(county, "Forumet")
    county.do(actions.edit_forum, one, parent_id=other.id)
    freed = county.do(actions.edit_forum, one, parent_id=None)
    county.do(actions.edit_forum, other, parent_id=one.id)
    assert "under sig självt" in county.refusal(freed)


def test_earlier_day_asks_for_a_reason_which_is_kept(county):
    change_id = county.do(actions.edit_forum, forum(county), purpose="Ny")
    county.now += timedelta(days=1)
    assert "Skriv varför" in county.refusal(change_id)
    undone = county.undo(change_id, "Fel forum")
    assert county.session.get_one(HistoryEntry, undone).reason == "Fel forum"


def test_what_was_told_in_a_mail_stands(county):
    session = county.session
    start = datetime(2027, 3, 1, 9, tzinfo=UTC)
    meeting = Meeting(
        uid="meeting-1@takt.example.org", revised_at=NOW, start_at=start, end_at=start + timedelta(hours=2),
        local_on=date(2027, 3, 1), confirmed_at=NOW, forum_rows=[MeetingForum(forum_id=forum(county).id)],
    )  # fmt: skip
    session.add(meeting)
    county.save()
    change_id = county.do(actions.edit_forum, forum(county), name="Nya namnet")
    mail = OutboxMail(
        key="x" * 64, kind="reminder", recipient="a@example.org", meeting_id=meeting.id, time_rev=0, state="sent",
        created_at=NOW, dated_at=NOW + timedelta(hours=1), next_at=NOW, stale_at=NOW + timedelta(days=1),
    )  # fmt: skip
    session.add(mail)
    county.save()
    assert "Brev om Nya namnet har gått ut" in county.refusal(change_id)


def test_protected_identity_leaves_no_rows(county):
    change_id = county.do(people.create_person, given_name="Elsa", family_name="Hemlig", protected=True)
    entry = county.session.get_one(HistoryEntry, change_id)
    assert entry.rows is None
    assert "kan inte ångras" in county.refusal(change_id)


def test_person_who_becomes_protected_leaves_no_name_in_the_rows(county):
    change_id = county.do(people.edit_person, person(county), protected=True)
    assert county.session.get_one(HistoryEntry, change_id).rows is None


def test_taking_back_a_savepoint_takes_its_rows_back(county):
    session = county.session
    row = forum(county)
    savepoint = session.begin_nested()
    actions.edit_forum(session, SARA, NOW, row, purpose="Inte sparat")
    savepoint.rollback()
    session.refresh(row)
    change_id = county.do(actions.edit_forum, row, note="Sparat")
    stored = county.session.get_one(HistoryEntry, change_id).rows
    assert [list(change["after"]) for change in stored] == [["note"], ["version"]]


def test_meetings_reached_are_those_of_the_seats_and_the_names(county):
    session = county.session
    start = datetime(2027, 3, 1, 9, tzinfo=UTC)
    for n, name in enumerate(("Beredningen", "Forumet")):
        session.add(
            Meeting(
                uid=f"meeting-{n}@takt.example.org", revised_at=NOW, start_at=start, end_at=start + timedelta(hours=2),
                local_on=date(2027, 3, 1), confirmed_at=NOW, forum_rows=[MeetingForum(forum_id=forum(county, name).id)],
            )
        )  # fmt: skip
    county.do(nesting.include_forum, forum(county, "Forumet"), included_id=forum(county).id)

    def reached(change_id: int) -> list[str]:
        rows = rows_of(session.get_one(HistoryEntry, change_id))
        return [meeting.forum.name for meeting in meetings_reached(session, rows)]

    appointed = county.do(appointments.appoint, seat(county), person_id=person(county).id, from_on=date(2026, 11, 22))
    assert reached(appointed) == ["Beredningen", "Forumet"]
    assert reached(county.do(actions.edit_forum, forum(county, "Forumet"), short_name="F")) == ["Forumet"]
    assert reached(county.do(standing.add_standing_item, forum(county), title="RUS")) == []


def test_f14_undoing_a_name_gives_the_calendar_its_words_back_and_lowers_nothing(county):
    session = county.session
    place = places.create_place(session, SARA, NOW, name="Regionhuset")
    meeting = book_meeting(
        session, SARA, NOW, forums=[forum(county)], on=date(2027, 3, 1), start=time(9), place_id=place.id, site=SITE,
        check_conflicts=False,
    )  # fmt: skip
    county.save()

    def follow() -> tuple[int, datetime, bytes]:
        """What the calendar says once it has followed, an hour after the change before."""
        county.now += timedelta(hours=1)
        reached = meetings_showing(session, place_ids=[place.id], forum_ids=[forum_id])
        refresh(session, reached, county.now, site=SITE)
        county.save()
        body = session.get_one(Fragment, (meeting.id, "members", "sv")).body
        return meeting.sequence, meeting.revised_at, re.sub(rb"(DTSTAMP|LAST-MODIFIED):.*", b"", body)

    forum_id = forum(county).id
    before = follow()
    for act in (
        lambda: county.do(places.edit_place, place, name="Länshuset", town="Luleå"),
        lambda: county.do(actions.edit_forum, session.get_one(Forum, forum_id), name="Länsrådet"),
    ):
        change_id = act()
        changed = follow()
        undone = county.undo(change_id)
        back = follow()
        county.undo(undone)
        again = follow()
        assert [each[0] for each in (before, changed, back, again)] == [0] * 4
        assert before[1] < changed[1] < back[1] < again[1]
        assert (back[2], again[2]) == (before[2], changed[2])
        assert before[2] != changed[2]
        before = again


def test_undone_appointment_leaves_the_plan_as_it_was(county):
    on = date(2027, 1, 15)

    def plan():
        return [row.person_name for row in seat_plan(county.session, [forum(county).id], on)[forum(county).id]]

    before = plan()
    change_id = county.do(appointments.appoint, seat(county), person_id=person(county).id, from_on=date(2027, 1, 1))
    assert plan() == ["Anna Prov", None]
    county.undo(change_id)
    assert plan() == before == [None, None]
