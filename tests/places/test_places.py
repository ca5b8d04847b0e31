"""Places, blocked periods and closed days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from scheduler.history.queries import history_of
from scheduler.places.actions import add_blocked, create_place, edit_blocked, edit_place, remove_blocked, remove_place
from scheduler.places.models import Place
from scheduler.places.queries import (
    blocked_by_id,
    blocked_for_list,
    blocked_on,
    closed_days,
    names_of_scopes,
    place_by_slug,
    places_for_list,
    towns,
)
from scheduler.places.rules import days_of, nested
from tests.organisations.making import counted, forum, kinds, organisation, person, refused

MONDAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)


@pytest.fixture(autouse=True)
def _kinds(request):
    if "session" in request.fixturenames:
        kinds(request.getfixturevalue("session"))


def test_create_place_keeps_what_was_written(session, actor, now):
    region = organisation(session)
    house = create_place(
        session, actor, now, name="Regionhuset", address="Robertsviksgatan 7", town="Luleå", organisation_id=region.id
    )
    gallery = create_place(session, actor, now, name="Galleri Foajén", part_of_id=house.id, capacity=40)
    session.expire_all()
    assert place_by_slug(session, "galleri-foajen") is gallery
    assert (gallery.part_of.name, gallery.capacity, gallery.online) == ("Regionhuset", 40, False)
    entry = history_of(session, "place", house.id)[0]
    assert (entry.action, entry.after["organisation"]) == ("place.create", "Region Norrbotten")


def test_create_place_says_all_that_is_wrong(session, actor, now):
    with refused(
        ("name", "Ange platsens namn"),
        ("capacity", "Ange ett heltal mellan 1 och 100000"),
        ("video_url", "Ange en webbadress som börjar med https://"),
        ("part_of_id", "Välj något i listan"),
    ):
        create_place(session, actor, now, name="", capacity=0, video_url="http://teams.example.org", part_of_id=9999)


def test_place_cannot_be_a_part_of_itself(session, actor, now):
    house = create_place(session, actor, now, name="Regionhuset")
    room = create_place(session, actor, now, name="Foajén", part_of_id=house.id)
    with refused(("part_of_id", "Välj något annat: så skulle det stå under sig självt")):
        edit_place(session, actor, now, house, part_of_id=room.id)


def test_edit_place_writes_what_differs(session, actor, now):
    place = create_place(session, actor, now, name="Stadshuset", town="Skellefteå")
    edit_place(session, actor, now, place, name="Stadshuset", hours="Vardagar 07.00–17.30")
    assert history_of(session, "place", place.id)[0].after == {"hours": "Vardagar 07.00–17.30"}


def test_places_are_listed_in_swedish_order_and_found(session, actor, now):
    for name, town in (
        ("Övre salen", "Boden"),
        ("Ájtte", "Jokkmokk"),
        ("Residenset", "Luleå"),
        ("Digitalt möte", None),
    ):
        create_place(session, actor, now, name=name, town=town)
    assert [place.name for place in places_for_list(session)] == ["Ájtte", "Digitalt möte", "Residenset", "Övre salen"]
    assert [place.name for place in places_for_list(session, text="ovre")] == ["Övre salen"]
    assert [place.name for place in places_for_list(session, town="Luleå")] == ["Residenset"]
    assert towns(session) == ["Boden", "Jokkmokk", "Luleå"]


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_places_makes_one_query(session, actor, now, count):
    region = organisation(session)
    for n in range(count):
        create_place(session, actor, now, name=f"Sal {n}", organisation_id=region.id)
    session.expunge_all()
    with counted(session) as said:
        assert [place.organisation.name for place in places_for_list(session)] == ["Region Norrbotten"] * count
    assert len(said) == 1


# ---------------------------------------------------------------- blocked periods


def test_blocked_on_gives_what_concerns_all_or_those_named(session, actor, now):
    region, other = organisation(session), organisation(session, "Luleå kommun", "kommun")
    maria = person(session)
    hall = create_place(session, actor, now, name="Regionhuset")

    def block(name, **given):
        add_blocked(session, actor, now, name=name, kind="break", from_on=MONDAY, **given)

    block("för alla")
    block("regionen", organisation_id=region.id)
    block("kommunen", organisation_id=other.id)
    block("Maria borta", person_id=maria.id, hard=False)
    block("huset stängt", place_id=hall.id)

    def names(**scopes):
        return [row.name for row in blocked_on(session, [(MONDAY, MONDAY)], **scopes)]

    assert names() == ["för alla"]
    assert names(organisation_ids=[region.id], person_ids=[maria.id], place_ids=[hall.id]) == [
        "för alla",
        "regionen",
        "Maria borta",
        "huset stängt",
    ]
    (row,) = (row for row in blocked_on(session, [(MONDAY, MONDAY)], person_ids=[maria.id]) if row.scope == "person")
    assert (row.scope_id, row.hard, row.to_on) == (maria.id, False, MONDAY)


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        ([(date(2026, 11, 1), date(2026, 11, 22))], []),
        ([(date(2026, 11, 1), MONDAY)], ["v. 48"]),
        ([(FRIDAY, FRIDAY)], ["v. 48"]),
        ([(date(2026, 11, 28), date(2026, 12, 31))], []),
        ([(date(2026, 11, 1), date(2026, 11, 2)), (date(2026, 12, 1), date(2026, 12, 2))], []),
        ([], []),
    ],
)
def test_blocked_on_counts_both_ends_of_every_span(session, actor, now, spans, found):
    add_blocked(session, actor, now, name="v. 48", kind="council", from_on=MONDAY, to_on=FRIDAY)
    assert [row.name for row in blocked_on(session, spans)] == found


def test_blocked_on_makes_one_query(session, actor, now):
    for n in range(3):
        add_blocked(session, actor, now, name=f"{n}", kind="council", from_on=MONDAY)
    with counted(session) as said:
        assert len(blocked_on(session, [(MONDAY, MONDAY)], person_ids=range(1, 2001))) == 3
    assert len(said) == 1


def test_closed_days_are_whole_closed_days_within_the_span(session, actor, now):
    region = organisation(session)

    def block(kind, **given):
        add_blocked(session, actor, now, name=kind, kind=kind, **given)

    block("closed", from_on=date(2026, 11, 20), to_on=MONDAY)
    block("closed", from_on=FRIDAY, organisation_id=region.id)
    block(
        "closed",
        from_on=date(2026, 11, 25),
        from_at=datetime(2026, 11, 25, 11, tzinfo=UTC),
        to_at=datetime(2026, 11, 25, 16, tzinfo=UTC),
    )
    block("break", from_on=date(2026, 11, 24))
    assert closed_days(session, date(2026, 11, 22), FRIDAY) == {date(2026, 11, 22), MONDAY}
    assert closed_days(session, MONDAY, FRIDAY, organisation_id=region.id) == {MONDAY, FRIDAY}
    assert closed_days(session, date(2027, 1, 1), date(2027, 12, 31)) == set()


def test_blocked_period_says_all_that_is_wrong(session, actor, now):
    region = organisation(session)
    with refused(("name", "Ange vad det är"), ("kind", "Välj något i listan"), ("from_on", "Ange första dagen")):
        add_blocked(session, actor, now)
    with refused(
        ("person_id", "Välj något i listan"),
        ("to_on", "Sista dagen kan inte ligga före den första"),
        ("person_id", "Välj en organisation, en person eller en plats, inte flera"),
        ("to_at", "Ange en sluttid efter starttiden"),
    ):
        add_blocked(
            session,
            actor,
            now,
            name="x",
            kind="away",
            from_on=FRIDAY,
            to_on=MONDAY,
            organisation_id=region.id,
            person_id=9999,
            from_at=now,
        )


def test_blocked_period_is_edited_listed_and_removed(session, actor, now):
    period = add_blocked(
        session, actor, now, name="Sportlov", kind="break", from_on=date(2027, 3, 8), to_on=date(2027, 3, 12)
    )
    away = add_blocked(session, actor, now, name="Semester", kind="away", from_on=MONDAY, person_id=person(session).id)
    edit_blocked(session, actor, now, period, name="Sportlov v. 10", hard=False)
    assert [(row.name, row.hard) for row in blocked_for_list(session)] == [("Sportlov v. 10", False)]
    assert blocked_for_list(session, from_on=date(2027, 3, 13)) == []
    remove_blocked(session, actor, now, period)
    assert [row.name for row in blocked_on(session, [(MONDAY, date(2027, 12, 31))], person_ids=[away.person_id])] == [
        "Semester"
    ]
    assert [entry.action for entry in history_of(session, "blocked_period", period.id)] == [
        "blocked.remove",
        "blocked.edit",
        "blocked.add",
    ]


def test_days_of_a_span():
    assert days_of(MONDAY, MONDAY) == [MONDAY]
    assert days_of(date(2026, 12, 31), date(2027, 1, 1)) == [date(2026, 12, 31), date(2027, 1, 1)]


def test_unused_place_is_removed_and_a_used_one_says_by_what(session, actor, now):
    house = create_place(session, actor, now, name="Regionhuset")
    room = create_place(session, actor, now, name="Foajén", part_of_id=house.id)
    add_blocked(session, actor, now, name="Stängt", kind="closed", from_on=MONDAY, place_id=house.id)
    forum(session, default_place_id=house.id)
    with refused((None, "Det går inte att ta bort, för det används av 1 lokal, 1 spärrad period, 1 forum")):
        remove_place(session, actor, now, house)
    remove_place(session, actor, now, room)
    assert session.get(Place, room.id) is None
    entry = history_of(session, "place", room.id)[0]
    assert (entry.action, entry.before["part_of"], entry.after) == ("place.remove", "Regionhuset", None)


def test_rooms_stand_right_after_their_place():
    @dataclass(frozen=True)
    class Room:
        id: int
        part_of_id: int | None

    rooms = [Room(4, 9), Room(1, 3), Room(2, 1), Room(3, None)]
    assert [(room.id, depth) for room, depth in nested(rooms)] == [(4, 0), (3, 0), (1, 1), (2, 2)]


def test_rooms_are_in_the_town_of_their_place(session, actor, now):
    house = create_place(session, actor, now, name="Regionhuset", town="Luleå")
    create_place(session, actor, now, name="Foajén", part_of_id=house.id)
    create_place(session, actor, now, name="Filialen", town="Boden", part_of_id=house.id)
    assert [place.name for place in places_for_list(session, town="Luleå")] == ["Foajén", "Regionhuset"]


def test_history_of_days_names_whose_they_are_and_keeps_no_reason_of_a_person(session, actor, now):
    region, maria = organisation(session), person(session)
    ours = add_blocked(
        session, actor, now, name="Stängt", kind="closed", from_on=MONDAY, organisation_id=region.id, note="Flytt"
    )
    away = add_blocked(session, actor, now, name="Borta", kind="away", from_on=MONDAY, person_id=maria.id, note="Sjuk")
    first, second = (history_of(session, "blocked_period", row.id)[0].after for row in (ours, away))
    assert (first["organisation"], first["note"]) == ("Region Norrbotten", "Flytt")
    assert (second["person"], "note" in second) == ("Maria Öhman", False)


def test_list_of_days_leaves_out_persons_and_other_years(session, actor, now):
    region, hall = organisation(session), create_place(session, actor, now, name="Regionhuset")
    own = add_blocked(session, actor, now, name="Stängt", kind="closed", from_on=MONDAY, organisation_id=region.id)
    there = add_blocked(session, actor, now, name="Målning", kind="closed", from_on=FRIDAY, place_id=hall.id)
    everybody = add_blocked(session, actor, now, name="Lov", kind="break", from_on=FRIDAY)
    add_blocked(session, actor, now, name="Sedan", kind="break", from_on=date(2027, 1, 1))
    away = add_blocked(session, actor, now, name="Borta", kind="away", from_on=MONDAY, person_id=person(session).id)
    listed = blocked_for_list(session, from_on=MONDAY, to_on=date(2026, 12, 31))
    assert list(listed) == [own, there, everybody]
    assert names_of_scopes(session, listed) == {own.id: "Region Norrbotten", there.id: "Regionhuset"}
    assert (blocked_by_id(session, own.id), blocked_by_id(session, away.id), blocked_by_id(session, 9999)) == (
        own, None, None,
    )  # fmt: skip
