"""An invented county of any size around the demo's register, for measuring: a hundred forums, five years back.

Seeded: the same arguments give the same county. It is plain values in the shape of a JSON file, with the keys
``organisations``, ``persons``, ``forums`` and ``meetings``. Organisations and forums of the register come first;
everything else is made up, and so is every person, with an example.org address. Not here: bringing it into a
database (``scaled``).
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import yaml

from scheduler.workdays.rules import next_working_day

County = dict[str, Any]

#: The weight and the rule of each sort of cadence.
CADENCES: tuple[tuple[int, dict[str, Any]], ...] = (
    (4, {"kind": "count", "min": 4, "max": 5, "period": "year", "phrase": "4–5 gånger per år"}),
    (2, {"kind": "count", "min": 2, "max": 3, "period": "year", "approximate": True, "phrase": "ett par per år"}),
    (2, {"kind": "count", "min": 4, "target": 5, "period": "year", "phrase": "minst 4–5 gånger per år"}),
    (2, {"kind": "count", "min": 8, "max": 10, "period": "year", "phrase": "åtta till tio gånger per år"}),
    (2, {"kind": "count", "min": 1, "max": 1, "period": "quarter", "phrase": "en gång per kvartal"}),
    (2, {"kind": "count", "min": 2, "max": 2, "period": "term", "phrase": "två gånger per termin"}),
    (2, {"kind": "count", "min": 1, "max": 1, "period": "month", "phrase": "en gång i månaden"}),
    (1, {"kind": "count", "min": 4, "period": "year", "window": "rolling", "phrase": "fyra gånger per år"}),
    (2, {"kind": "interval", "every": 6, "unit": "week", "phrase": "var sjätte vecka"}),
    (1, {"kind": "none", "phrase": "vid behov"}),
)
PER_YEAR = {"year": 1, "term": 2, "quarter": 4, "month": 12}
WEEKS_IN_YEAR = 52

STEMS = (
    "Fjällbygdens", "Älvdalarnas", "Kustlandets", "Malmfältens", "Tornedalens", "Gränslandets", "Norrskenets",
    "Skogslandets", "Skärgårdens", "Lappmarkens", "Polcirkelns", "Myrmarkernas",
)  # fmt: skip
SORTS = (
    ("förening", "civil"), ("företagarförening", "naringsliv"), ("folkhögskola", "bildning"), ("kulturhus", "kultur"),
    ("energi AB", "foretag"), ("bostäder AB", "foretag"), ("fackliga samorganisation", "arbetstagare"),
    ("hembygdskrets", "civil"), ("stiftelse", "civil"), ("servicemyndighet", "myndighet"),
)  # fmt: skip
TOPICS = (
    "vindkraft", "vilt", "bredband", "folkhälsa", "krisberedskap", "minoritetsspråk", "besöksnäring", "gruvor",
    "integration", "jämställdhet", "vattenvård", "kulturmiljö", "livsmedel", "skog", "rennäring", "kompetens",
    "bostäder", "fjällsäkerhet", "klimat",
)  # fmt: skip
FORUM_SORTS = (
    ("nätverk", "natverk"), ("partnerskap", "partnerskap"), ("delegation", "delegation"), ("råd", "rad"),
    ("samverkansforum", "motesplats"), ("arbetsgrupp", "arbetsgrupp"), ("beredning", "beredning"),
)  # fmt: skip
GIVEN = (
    "Åsa", "Östen", "Ánte", "Elle-Máret", "Märta", "Björn", "Inga", "Kaarina", "Juhani", "Sara", "Per-Åke", "Gun",
    "Lars", "Biret", "Tuula", "Einar", "Maja", "Aino", "Jon-Henrik", "Ylva", "Rolf", "Marit", "Göran", "Zoë",
)  # fmt: skip
FIRST_HALF = ("Prov", "Exempel", "Test", "Låtsas", "Övnings", "Påhitts", "Fiktiv", "Mönster")
SECOND_HALF = ("berg", "ström", "lund", "kvist", "näs", "fors", "ås", "mäki", "järvi", "várri")
#: Who hosts the forums that are made up.
HOSTS = ("lst-norrbotten", "region-norrbotten")
VENUES = ("residenset", "lansstyrelsen", "regionhuset", "digitalt", None)
STARTS = ("08:30", "09:00", "10:00", "13:00")


@dataclass(frozen=True)
class Size:
    """How much of everything; ``years`` closed ones before the present one."""

    forums: int = 100
    organisations: int = 200
    persons: int = 2000
    years: int = 5


def grow(size: Size, today: date, seed: int = 1) -> County:
    """A county of ``size`` as it stands on ``today``: meetings held before it, booked to June of next year."""
    draw = random.Random(seed)  # noqa: S311 - invented names, no secrets
    register = yaml.safe_load(files("scheduler.demo").joinpath("norrbotten.yaml").read_text(encoding="utf-8"))
    organisations = _organisations(register, size.organisations, draw)
    persons = _persons(organisations, size.persons, draw)
    forums = _forums(register, organisations, size.forums, draw)
    homes: dict[str, list[str]] = defaultdict(list)
    for person in persons:
        homes[person["org"]].append(person["id"])
    for forum in forums:
        forum["members"] = _members(forum, homes, draw)
    return {
        "today": today.isoformat(),
        "organisations": organisations,
        "persons": persons,
        "forums": forums,
        "meetings": [meeting for forum in forums for meeting in _meetings(forum, size.years, today, draw)],
    }


def some_forums(county: County, count: int) -> County:
    """A county of ``count`` forums out of all, with those who sit in them and their organisations."""
    forums = county["forums"][:: max(1, len(county["forums"]) // count)][:count]
    members = {member for forum in forums for member in forum["members"]}
    persons = [row for row in county["persons"] if row["id"] in members]
    needed = {row["org"] for row in persons} | {seat["org"] for forum in forums for seat in forum["seats"]} | set(HOSTS)
    needed |= {forum["host"] for forum in forums}
    ids = {forum["id"] for forum in forums}
    return {
        "today": county["today"],
        "organisations": [row for row in county["organisations"] if row["id"] in needed],
        "persons": persons,
        "forums": forums,
        "meetings": [row for row in county["meetings"] if row["forum"] in ids],
    }


def _organisations(register: dict[str, Any], count: int, draw: random.Random) -> list[dict[str, Any]]:
    known = [
        {"id": row["id"], "sv": row["sv"], "type": row["type"], "municipality": row.get("municipality")}
        for row in register["organisations"]
    ]
    towns = sorted(row["municipality"] for row in known if row["type"] == "kommun")
    names = [(f"{stem} {word}", kind) for stem in STEMS for word, kind in SORTS]
    draw.shuffle(names)
    made = [
        {
            "id": f"x-org-{n:03d}",
            "sv": name if n < len(names) else f"{name} {n // len(names) + 1}",
            "type": kind,
            "municipality": draw.choice(towns),
        }
        for n, (name, kind) in ((n, names[n % len(names)]) for n in range(max(0, count - len(known))))
    ]
    return (known + made)[:count]


def _persons(organisations: list[dict[str, Any]], count: int, draw: random.Random) -> list[dict[str, Any]]:
    persons = []
    for n in range(count):
        home = organisations[n] if n < len(organisations) else draw.choice(organisations)
        persons.append(
            {
                "id": f"x-p-{n:04d}",
                "name": f"{draw.choice(GIVEN)} {draw.choice(FIRST_HALF)}{draw.choice(SECOND_HALF)}",
                "org": home["id"],
                "email": f"person.{n}@example.org",
                "lang": draw.choices(("sv", "en"), (94, 6))[0],
                "timezone": "Europe/Stockholm",
                "protected": draw.random() < 0.01,
            }
        )
    return persons


def _forums(
    register: dict[str, Any], organisations: list[dict[str, Any]], count: int, draw: random.Random
) -> list[dict[str, Any]]:
    ids = [row["id"] for row in organisations]
    forums = [_registered(row, set(ids)) for row in register["forums"]][:count]
    rules = [rule for weight, rule in CADENCES for _ in range(weight)]
    for n in range(count - len(forums)):
        sort, kind = FORUM_SORTS[n % len(FORUM_SORTS)]
        again = n // (len(FORUM_SORTS) * len(TOPICS))
        forums.append(
            {
                "id": f"x-f-{n:03d}",
                "sv": f"Länets {sort} för {TOPICS[n % len(TOPICS)]}{f' {again + 1}' if again else ''}",
                "kind": kind,
                "host": draw.choices(HOSTS, (7, 3))[0],
                "cadence": dict(rules[n % len(rules)]),
                "venue": draw.choice(VENUES),
                "public": "full" if n % 4 == 0 else None,
                "july_off": n % 3 == 0,
                "seats": [
                    {
                        "org": org,
                        "ordinary": draw.choice((1, 1, 1, 2)),
                        "substitutes": draw.choice((0, 0, 1)),
                        "offered": draw.random() < 0.1,
                    }
                    for org in draw.sample(ids, min(len(ids), draw.randint(5, 40)))
                ],
            }
        )
    return forums


def _registered(row: dict[str, Any], known: set[str]) -> dict[str, Any]:
    seats = [seat for seat in row.get("seats") or () if seat.get("org") in known]
    return {
        "id": row["id"],
        "sv": row["sv"],
        "kind": row["kind"],
        "host": row.get("host"),
        "cadence": row["cadence"],
        "venue": row.get("venue"),
        "seats": [
            {
                "org": seat["org"],
                "ordinary": seat.get("ordinary") or 1,
                "substitutes": seat.get("substitutes") or 0,
                "offered": bool(seat.get("offered")),
            }
            for seat in seats
        ],
    }


def _members(forum: dict[str, Any], homes: dict[str, list[str]], draw: random.Random) -> list[str]:
    """Somebody from each organisation for each of its seats, as far as it has people."""
    found: list[str] = []
    for seat in forum["seats"]:
        people = homes[seat["org"]]
        found += draw.sample(people, min(len(people), seat["ordinary"] + seat["substitutes"]))
    return found


def per_year(cadence: dict[str, Any]) -> int:
    """How many meetings a year the rule asks for; two without a rule."""
    if cadence["kind"] == "none":
        return 2
    if cadence["kind"] == "interval":
        weeks: float = cadence["every"] * {"day": 1 / 7, "week": 1, "month": 4.35}[cadence["unit"]]
        return max(1, round(WEEKS_IN_YEAR / weeks))
    return max(1, int(cadence.get("target") or cadence["min"]) * PER_YEAR[cadence["period"]])


def _meetings(forum: dict[str, Any], years: int, today: date, draw: random.Random) -> list[dict[str, Any]]:
    meetings = []
    for year in range(today.year - years, today.year + 2):
        wanted = max(1, per_year(forum["cadence"]) + draw.choice((-1, 0, 0, 0, 1)))
        for n in range(wanted):
            on = date(year, 1, 10) + timedelta(days=int((n + 0.5) * 338 / wanted) + draw.randint(-6, 6))
            if on.month == 7:  # hardly anybody meets in July
                on += timedelta(days=35)
            on = next_working_day(on)
            if on > date(today.year + 1, 6, 30):
                continue
            chance = draw.random()
            if on < today:
                status = "cancelled" if chance < 0.05 else "held"
            else:
                status = "draft" if chance < 0.15 else "planned"
            meetings.append(
                {
                    "forum": forum["id"],
                    "date": on.isoformat(),
                    "start": draw.choice(STARTS),
                    "minutes": draw.choice((60, 90, 120, 180)),
                    "status": status,
                    "kind": "extra" if draw.random() < 0.04 else "ordinary",
                    "online": draw.random() < 0.4,
                }
            )
    return meetings
