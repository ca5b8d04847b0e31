"""A broken register file is refused whole: every problem with its line and its reason, nothing stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from scheduler import schema
from scheduler.errors import Refused
from scheduler.i18n import use_language
from scheduler.reports import register_file
from scheduler.reports.register_file.loading import understand
from tests.reports.conftest import COUNTY

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def broken(old: str, new: str) -> tuple[bytes, int]:
    """The county's file with the first ``old`` replaced, and the line it stood on."""
    assert old.encode() in COUNTY, old
    at = COUNTY.index(old.encode())
    return COUNTY.replace(old.encode(), new.encode(), 1), COUNTY.count(b"\n", 0, at) + 1


def complaints(content: bytes) -> list[str]:
    with pytest.raises(Refused) as refused:
        understand(content, NOW)
    return [str(problem) for problem in refused.value.problems]


UNKNOWN = [
    ("host: lst-norrbotten, src", "host: lansstyrelsen, src", "organisationen lansstyrelsen finns inte i filen."),
    ("venue: residenset", "venue: residenzet", "lokalen residenzet finns inte i filen."),
    ("themes: [hr]", "themes: [hr, hrr]", "ämnet hrr finns inte i filen."),
    ("lead: {role: regionrad}", "lead: {role: kung}", "befattningen kung finns inte i filen."),
    ("all_of_forum: tillvaxtberedningen", "all_of_forum: tillvaxt", "forumet tillvaxt finns inte i filen."),
    ("{kind: subset_of, forum: statliga-myndigheter}", "{kind: subset_of, forum: x}", "forumet x finns inte i filen."),
    ("kind: gemensam_namnd", "kind: namnd2", "forumtypen namnd2 finns inte i filen."),
    ("type: lansstyrelse", "type: lan", "organisationstypen lan finns inte i filen."),
    ("contact: janus-brandin", "contact: janus", "kontakten janus finns inte i filen."),
    ("decisions: [paverkan-2021-12]", "decisions: [paverkan]", "beslutet paverkan finns inte i filen."),
    ("strategy: s3", "strategy: s4", "strategin s4 finns inte i filen."),
    ("parent: kulturplan}", "parent: kulturplanen}", "ämnet kulturplanen finns inte i filen."),
    ("by: [strukturfondspartnerskapet]", "by: [partnerna]", "organisationen partnerna finns inte i filen."),
    ("formal_decision_by: [tillvaxtverket", "formal_decision_by: [verket", "organisationen verket finns inte i filen."),
    ("between: [region-norrbotten", "between: [regionen", "organisationen regionen finns inte i filen."),
    ("also_kind: dialogmote", "also_kind: dialog", "forumtypen dialog finns inte i filen."),
    ("  parent: skellefteregionen", "  parent: skelleftea", "forumet skelleftea finns inte i filen."),
    ('term: "Sammanhållningspolitik", phrase: "Vad menas med sammanhållningspolitik?", definition: null, src: "001"',
     'term: "Sammanhållningspolitik", phrase: "Vad menas med sammanhållningspolitik?", definition: null, src: "009"',
     "källan 009 är okänd."),
]  # fmt: skip
WRONG = [
    ("name_missing: true", "name_missing: yes", "name_missing ska vara true eller false."),
    ('sv: "SMHI"', "sv: 112", "sv ska vara text. Sätt värdet inom citattecken."),
    ('sv: "SMHI", ', "", "sv saknas."),
    ('sv: "SMHI"', f'sv: "{"S" * 201}"', "sv är 201 tecken, högst 200 går in."),
    ('code: "2482"', "code: 2482", "code ska vara text. Sätt värdet inom citattecken."),
    ('aliases: ["Stockholmskontoret"]', "aliases: Stockholmskontoret", "aliases ska vara en lista."),
    ("lead: {role: regionrad}", "lead: regionrad", "lead ska ha nycklar och värden."),
    ("horizon: 2030, strategy", 'horizon: "2030", strategy', "horizon ska vara ett heltal mellan 1900 och 2200."),
    ("{org: sametinget, offered: true, ordinary: 1}", "{org: sametinget, offered: true, ordinary: -1}",
     "ordinary ska vara ett heltal mellan 0 och 1000."),
    ("{org: sametinget, offered: true, ordinary: 1}", "{offered: true, ordinary: 1}",
     "platsen säger inte vems den är: org, role, each_of eller all_of_forum saknas."),
    ("{org: umea, as: financier}", "{org: umea, as: kassör}",
     "as är kassör, ska vara något av ordinary, substitute, co_opted, secretary, observer, owner, financier."),
    ("kind: warning", "kind: varning", "kind är varning, ska vara något av warning, information."),
    ("{kind: within, forum", "{kind: nära, forum", "nära är ingen relation som Takt känner."),
    ("{kind: owns, from: region-norrbotten, to: film", "{kind: äger, from: region-norrbotten, to: film",
     "äger är ingen relation som Takt känner."),
    ("{kind: appoints, from: regionfullmaktige, to: run", "{kind: appoints, to: run",
     "relationen saknar from eller from_group."),
    ("{kind: appoints, from: regionfullmaktige, to: run", "{kind: owns, from: regionfullmaktige, to: run",
     "bara appoints kan gälla ett forum."),
    ("every: {value: 1 year, assumed: true}, phrase", "every: ibland, phrase",
     "ibland går inte att läsa. Skriv 1 year eller 1 meeting."),
    ("    kind: natverk", "    kind: utstallning", "typen utstallning är ingen forumtyp."),
    ("    kind: utstallning", "    kind: natverk", "typen natverk räknas inte som aktivitet."),
    ("assumed_fields: [strategy]", "assumed_fields: [strategin]",
     "assumed_fields nämner strategin, som inte finns i posten."),
    ("assumed_fields: [strategy]", "assumed_fields: strategy", "assumed_fields ska vara en lista."),
    ('en: "Vice chair", assumed: true', 'en: "Vice chair", assumed: ja', "assumed ska vara true eller false."),
    ('src: "003", hours', "src: 3, hours", "src ska vara text. Sätt värdet inom citattecken."),
    ("schema: 1", "schema: 2", "schema 2 är okänt, den här versionen läser 1."),
    ("timezone: Europe/Stockholm", "timezone: Europe/Boden", "tidszonen Europe/Boden är okänd."),
]  # fmt: skip
CADENCES = [
    ('min: 4, max: 5, period: year, phrase: "träffas 4', 'min: 6, max: 5, period: year, phrase: "träffas 4',
     "max: Högsta antalet är lägre än det lägsta"),
    ('min: 4, max: 5, period: year, phrase: "träffas 4', 'max: 5, period: year, phrase: "träffas 4', "min saknas."),
    ('min: 4, max: 5, period: year, phrase: "träffas 4', 'min: 4, max: 5, phrase: "träffas 4', "period saknas."),
    ('min: 4, max: 5, period: year, phrase: "träffas 4', 'min: 40, max: 50, period: month, phrase: "träffas 4',
     "min: Ange ett tal mellan 0 och 31"),
    ('min: 4, max: 5, period: year, phrase: "träffas 4', 'min: 4, max: 5, period: decade, phrase: "träffas 4',
     "period: Ange något av year, term, quarter, month"),
    ('min: 4, max: 5, period: year, phrase: "träffas 4', 'min: fyra, max: 5, period: year, phrase: "träffas 4',
     "min ska vara ett heltal mellan 0 och 100000."),
    ("min: 4, target: 5", "min: 4, target: 3", "target: Målet ska ligga mellan lägsta och högsta antalet"),
    ("{kind: none, phrase: null}", "{kind: none, min: 2, phrase: null}",
     "min kan inte stå när det inte finns något krav (none)."),
    ("{kind: none, phrase: null}", "{kind: interval, unit: week}", "every saknas."),
    ("{kind: none, phrase: null}", "{kind: ibland}", "kind: Ange något av count, interval, none"),
    ("{kind: none, phrase: null}", "4–5 gånger per år", "cadence ska ha nycklar och värden."),
]  # fmt: skip
NO_DATE = "är inget datum. Skriv 2026-03-03, 2026-03, 2026 eller 1990s."
DATES = [
    ('start: "2015-08"', 'start: "2015-13"', f"2015-13 {NO_DATE}"),
    ("start_precision: month", "start_precision: day", "start_precision är day, men datumet har precisionen month."),
    ('start: "1990s"', 'start: "90-talet"', f"90-talet {NO_DATE}"),
    ('since: "2019"', "since: [2019]", f"[2019] {NO_DATE}"),
    ('date: "2021-12"', 'date: "december"', f"december {NO_DATE}"),
    ('reviewed: "2016-09-07"', 'reviewed: "2016-09-31"', f"2016-09-31 {NO_DATE}"),
]
#: What breaks more than one line, with all that is told.
SEVERAL = [
    ("{id: smhi, ", "{id: kulturradet, ", [
        "rad 14: organisationen smhi finns inte i filen.",
        "rad 215: id kulturradet står två gånger, först på rad 214.",
    ]),
    ("{id: smhi, ", "{", [
        "rad 14: organisationen smhi finns inte i filen.",
        "rad 215: en post i organisations saknar id.",
    ]),
    ("{id: smhi, ", '{id: "SM HI", ', [
        "rad 14: organisationen smhi finns inte i filen.",
        "rad 215: SM HI är inget id. Använd a–z, 0–9 och bindestreck, högst 50 tecken.",
    ]),
    ("{id: hr, ", "{id: kultur, ", [
        "rad 146: id kultur står två gånger, först på rad 144.",
        "rad 361: ämnet hr finns inte i filen.",
    ]),
    ("{id: ag-upphandling, ", "{id: run, ", ["rad 627: id run står två gånger, först på rad 392."]),
    ("{id: socialfondsprogrammet, ", "{id: rus2030, ", ["rad 31: id rus2030 står två gånger, först på rad 96."]),
    ("type: organ, part_of: region-norrbotten", "type: organ, part_of: regionfullmaktige", [
        "rad 196: det här går i ring: regionfullmaktige → regionfullmaktige.",
    ]),
    ('en: "Region Norrbotten", type: region', 'en: "Region Norrbotten", part_of: regionfullmaktige, type: region', [
        "rad 196: det här går i ring: region-norrbotten → regionfullmaktige → region-norrbotten.",
    ]),
    ('{id: regionhuset, sv: "Regionhuset"', '{id: regionhuset, part_of: galleri-foajen, sv: "Regionhuset"', [
        "rad 184: det här går i ring: regionhuset → galleri-foajen → regionhuset.",
    ]),
    ('en: "Culture", src: "001", parent: kulturplan', 'en: "Culture", src: "001", parent: dans', [
        "rad 157: det här går i ring: kultur → dans → kultur.",
    ]),
    ("      - {org: norrbottens-kommuner, ordinary: 6",
     "      - {all_of_forum: regionalt-forum}\n      - {org: norrbottens-kommuner, ordinary: 6", [
        "rad 456: det här går i ring: regionalt-forum → tillvaxtberedningen → regionalt-forum.",
    ]),
    ("all_of_forum: tillvaxtberedningen", "all_of_forum: regionalt-forum", [
        "rad 423: det här går i ring: regionalt-forum → regionalt-forum.",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "reason"), [*UNKNOWN, *WRONG, *CADENCES, *DATES])
def test_one_breakage_is_one_problem_at_its_line(old, new, reason):
    content, line = broken(old, new)
    assert complaints(content) == [f"rad {line}: {reason}"]


@pytest.mark.parametrize(("old", "new", "told"), SEVERAL)
def test_a_breakage_of_several_lines_tells_them_all(old, new, told):
    content, _ = broken(old, new)
    assert complaints(content) == told


def test_all_problems_are_told_in_the_order_of_the_file():
    content, first = broken("themes: [hr]", "themes: [hrr]")
    content = content.replace(b"venue: residenset", b"venue: slottet").replace(b'sv: "Film"', b"sv: 5")
    venue = COUNTY.count(b"\n", 0, COUNTY.index(b"venue: residenset")) + 1
    film = COUNTY.count(b"\n", 0, COUNTY.index(b'sv: "Film"')) + 1
    assert complaints(content) == [
        f"rad {film}: sv ska vara text. Sätt värdet inom citattecken.",
        f"rad {first}: ämnet hrr finns inte i filen.",
        f"rad {venue}: lokalen slottet finns inte i filen.",
    ]


def test_problems_are_told_in_english_too():
    content, line = broken("themes: [hr]", "themes: [hrr]")
    with use_language("en"), pytest.raises(Refused) as refused:
        understand(content, NOW)
    with use_language("en"):
        assert str(refused.value) == f"line {line}: the theme hrr is not in the file."


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"title: {sv: A}\n", "rad 1: schema saknas."),
        (b"schema: 1\nforums: {run: 1}\n", "rad 2: forums ska vara en lista."),
        (b"schema: 1\nforums: [run]\n", "rad 2: varje post i forums ska ha nycklar och värden."),
        (
            b"schema: 1\nsources: [{number: 1, title: A}]\n",
            "rad 2: number ska vara text. Sätt värdet inom citattecken.",
        ),
        (b"schema: 1\nglossary: [{phrase: A}]\n", "rad 2: term saknas."),
        (b"schema: 1\nworking_groups: {groups: []}\n", "rad 2: parent saknas."),
        (b"schema: 1\nmeetings: 5\n", "rad 2: meetings ska vara en lista."),
    ],
)
def test_a_family_of_the_wrong_shape_is_refused(content, problem):
    assert complaints(content) == [problem]


def test_a_register_of_nothing_but_its_schema_is_lawful():
    assert [leaf.path for leaf in understand(b"schema: 1\n", NOW).leaves] == ["schema"]


def rows_of_all_tables(session) -> int:
    return sum(
        session.scalar(select(func.count()).select_from(table)) or 0 for table in schema.metadata.tables.values()
    )


def test_a_refused_file_stores_nothing(session, actor, now):
    content, line = broken("themes: [film]" if b"themes: [film]" in COUNTY else "themes: [konst]", "themes: [konsten]")
    before = rows_of_all_tables(session)
    with pytest.raises(Refused, match=f"rad {line}: ämnet konsten"):
        register_file.load(session, actor, now, content, file_name="broken.yaml")
    assert rows_of_all_tables(session) == before
    assert not session.new
    assert not session.dirty


LEAVES = sorted(set(COUNTY.decode().replace("{", " ").replace("}", " ").replace("[", " ").replace(",", " ").split()))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_file_with_any_word_replaced_is_read_or_refused_and_never_fails(data):
    word = data.draw(st.sampled_from(LEAVES))
    other = data.draw(
        st.sampled_from(["", "5", "null", "true", "[]", "{}", "{a: 1}", "[x, {y: z}]", '"', ":", "- ", "run"])
    )
    content = COUNTY.decode().replace(word, other, data.draw(st.integers(1, 3))).encode()
    try:
        understand(content, NOW)
    except Refused as refused:
        told = str(refused)
        assert told
