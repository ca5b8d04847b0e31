"""Distances between towns: the shipped table, what is written instead of it, towns that are added."""

from __future__ import annotations

import pytest

from scheduler.history.queries import history_of
from scheduler.places.models import TownDistance
from scheduler.places.town_rules import Road, shipped_roads, table_of
from scheduler.places.towns import (
    add_town,
    all_distances,
    distances,
    own_distance,
    own_distances,
    restore,
    set_distance,
    shipped,
)
from tests.organisations.making import counted, refused

NORRBOTTEN = ("Luleå", "Piteå", "Boden", "Kalix", "Haparanda", "Älvsbyn", "Gällivare", "Kiruna", "Jokkmokk",
              "Arvidsjaur", "Arjeplog", "Överkalix", "Övertorneå", "Pajala")  # fmt: skip
VASTERBOTTEN = ("Umeå", "Skellefteå", "Lycksele", "Storuman", "Vilhelmina", "Dorotea", "Åsele", "Bjurholm", "Vännäs",
                "Vindeln", "Nordmaling", "Robertsfors", "Norsjö", "Malå", "Sorsele")  # fmt: skip


def between(table, one, other):
    """Kilometres and minutes."""
    i, j = table.towns.index(one), table.towns.index(other)
    return table.km[i][j], table.minutes[i][j]


def test_the_shipped_table_has_both_counties_and_where_they_travel():
    table = shipped()
    assert {*NORRBOTTEN, *VASTERBOTTEN, "Stockholm", "Rovaniemi", "Tromsø"} <= set(table.towns)
    n = range(len(table.towns))
    for rows in (table.km, table.minutes):
        assert all(rows[i][j] == rows[j][i] for i in n for j in n)
        assert all((rows[i][j] == 0) == (i == j) for i in n for j in n)


def test_no_shipped_road_is_longer_than_a_way_around_it():
    table = shipped()
    assert {road.pair: between(table, road.one, road.other) for road in shipped_roads()} == {
        road.pair: (road.km, road.minutes) for road in shipped_roads()
    }


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [("Luleå", "Piteå", 54), ("Luleå", "Jokkmokk", 170), ("Umeå", "Skellefteå", 137), ("Umeå", "Stockholm", 640),
     ("Luleå", "Haparanda", 131), ("Kiruna", "Tromsø", 412)],
)  # fmt: skip
def test_roads_are_as_long_as_signs_say(one, other, km):
    """Within a tenth, which is what a planning table needs."""
    assert between(shipped(), one, other)[0] == pytest.approx(km, rel=0.1)


def test_what_is_written_stands_and_ways_along_it_follow():
    assert table_of(()) == shipped()
    far = table_of((Road("Kiruna", "Tromsø", 900, 700), Road("Luleå", "Råneå", 35, 30)))
    # As written, though the way by Narvik is shorter.
    assert between(far, "Tromsø", "Kiruna") == (900, 700)
    assert between(far, "Råneå", "Piteå") == (35 + 54, 30 + between(shipped(), "Luleå", "Piteå")[1])
    near = table_of((Road("Kiruna", "Tromsø", 100, 60),))
    assert between(near, "Gällivare", "Tromsø")[0] == 100 + between(shipped(), "Gällivare", "Kiruna")[0]


def test_distances_come_in_the_order_of_the_table_and_are_nothing_where_a_town_is_unknown(session):
    found = distances(session, ["Nowhere", "Piteå", "Luleå"])
    assert found.towns == ("Luleå", "Piteå", "Nowhere")
    assert found.km == ((0, 54, 0), (54, 0, 0), (0, 0, 0))
    assert found.minutes[0][1] == found.minutes[1][0] > 0


def test_distances_are_read_in_one_query_however_many_are_written(session, actor, now):
    for km in (60, 61):
        set_distance(session, actor, now, one="Luleå", other="Piteå", km=km, minutes=50)
        set_distance(session, actor, now, one="Luleå", other="Boden", km=km, minutes=50)
    with counted(session) as sent:
        distances(session, NORRBOTTEN)
    assert len(sent) == 1


def test_a_distance_is_written_once_for_a_pair_whatever_the_order(session, actor, now):
    first = set_distance(session, actor, now, one="Piteå", other="Luleå", km=57, minutes=50)
    again = set_distance(session, actor, now, one="Luleå", other="Piteå", km=58, minutes=52)
    assert first is again
    assert own_distance(session, "Piteå", "Luleå") is first
    assert distances(session, ["Luleå", "Piteå"]).km == ((0, 58), (58, 0))
    told = history_of(session, "town_distance", first.id)
    assert [(one.action, one.before, one.after) for one in told] == [
        ("town.set", {"km": 57, "minutes": 50}, {"km": 58, "minutes": 52}),
        ("town.set", None, {"km": 57, "minutes": 50}),
    ]


def test_a_distance_goes_back_to_the_shipped_one(session, actor, now):
    row = set_distance(session, actor, now, one="Luleå", other="Piteå", km=57, minutes=50)
    row_id = row.id
    restore(session, actor, now, row)
    assert own_distances(session) == []
    assert distances(session, ["Luleå", "Piteå"]) == shipped().of(["Luleå", "Piteå"])
    assert history_of(session, "town_distance", row_id)[0].action == "town.restore"


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"km": 0, "minutes": None}, [("km", "Ange ett heltal mellan 1 och 3000"),
                                      ("minutes", "Ange ett heltal mellan 1 och 3000")]),
        ({"other": ""}, [("other", "Ange orten")]),
        ({"other": "Luleå"}, [("other", "Välj två olika orter")]),
        ({"one": "Ingenstans", "other": "Någonstans"}, [("other", "Välj en ort som det finns avstånd till")]),
    ],
)  # fmt: skip
def test_a_distance_that_cannot_be_is_refused_at_its_field(session, actor, now, given, problems):
    with refused(*problems):
        set_distance(session, actor, now, **({"one": "Luleå", "other": "Piteå", "km": 54, "minutes": 45} | given))
    assert own_distances(session) == []


def test_a_town_is_added_with_some_distances_and_the_rest_follow(session, actor, now):
    made = add_town(session, actor, now, name="Råneå", roads=[("Luleå", 35, 30), ("Kalix", 48, 40)])
    assert [(row.one, row.other) for row in made] == [("Luleå", "Råneå"), ("Kalix", "Råneå")]
    table = all_distances(session)
    assert table.towns[-1] == "Råneå"
    assert between(table, "Råneå", "Piteå")[0] == 35 + 54
    assert between(table, "Råneå", "Haparanda")[0] == 48 + 50


@pytest.mark.parametrize(
    ("name", "roads", "problems"),
    [
        ("", [("Luleå", 35, 30)], [("name", "Ange orten")]),
        ("Boden", [("Luleå", 35, 30)], [("name", "Orten finns redan. Ändra ett avstånd i stället")]),
        ("Råneå", [], [("roads", "Ange avståndet till minst en ort")]),
        ("Råneå", [("Luleå", 35, 30), ("Nowhere", 1, 1)],
         [("other_2", "Välj olika orter som det finns avstånd till")]),
        ("Råneå", [("Luleå", 35, 30), ("Luleå", 36, 30)],
         [("other_2", "Välj olika orter som det finns avstånd till")]),
        ("Råneå", [("Luleå", None, 30)], [("km_1", "Ange ett heltal mellan 1 och 3000")]),
    ],
)  # fmt: skip
def test_a_town_that_cannot_be_added_is_refused_at_its_field(session, actor, now, name, roads, problems):
    with refused(*problems):
        add_town(session, actor, now, name=name, roads=roads)
    assert own_distances(session) == []


def test_no_town_is_left_without_a_way_to_the_others(session, actor, now):
    (first,) = add_town(session, actor, now, name="Råneå", roads=[("Luleå", 35, 30)])
    (second,) = add_town(session, actor, now, name="Niemisel", roads=[("Råneå", 20, 20)])
    with refused((None, "Niemisel har inget annat avstånd till resten. Ange ett först")):
        restore(session, actor, now, first)
    restore(session, actor, now, second)
    restore(session, actor, now, first)
    assert "Råneå" not in all_distances(session).towns


def test_a_pair_is_there_once_for_the_database_too(session):
    from sqlalchemy.exc import IntegrityError  # noqa: PLC0415

    session.add_all(TownDistance(one="Boden", other="Luleå", km=km, minutes=30) for km in (36, 37))
    with pytest.raises(IntegrityError):
        session.flush()
