"""The role table of product.md, row by row and column by column; links, codes, addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.accounts.rules import (
    ANONYMOUS,
    CODE_ALPHABET,
    CODE_LENGTH,
    NEEDS,
    TABLE,
    Principal,
    client_family,
    code_digest,
    digest,
    is_address,
    link_state,
    may,
    network_of,
    normalised_address,
    plain_code,
    shown_code,
)

OWN, FOREIGN = 1, 2
OWN_ORGANISATION, FOREIGN_ORGANISATION = 10, 20
OWN_PERSON, FOREIGN_PERSON = 100, 200

COLUMNS = {
    "visitor": ANONYMOUS,
    "member": Principal(1, OWN_PERSON, member_forums=frozenset({OWN})),
    "chair": Principal(2, OWN_PERSON, member_forums=frozenset({OWN}), chair_forums=frozenset({OWN})),
    "planning": Principal(
        7, OWN_PERSON, member_forums=frozenset({OWN}), chair_forums=frozenset({OWN}), chair_plans=frozenset({OWN})
    ),
    "contact": Principal(3, organisations=frozenset({OWN_ORGANISATION}), organisation_forums=frozenset({OWN})),
    "secretariat": Principal(4, secretariat_forums=frozenset({OWN})),
    "reader": Principal(5, reader=True),
    "administrator": Principal(6, administrator=True),
}
WORDS = {
    "own forum": {"forum_ids": [OWN]},
    "foreign forum": {"forum_ids": [FOREIGN]},
    "public forum": {"forum_ids": [FOREIGN], "public": True},
    "joint meeting": {"forum_ids": [FOREIGN, OWN]},
    "own organisation": {"organisation_ids": [OWN_ORGANISATION]},
    "foreign organisation": {"organisation_ids": [FOREIGN_ORGANISATION]},
    "organisation of an own forum": {"organisation_ids": [FOREIGN_ORGANISATION], "forum_ids": [OWN, FOREIGN]},
    "organisation of a foreign forum": {"organisation_ids": [FOREIGN_ORGANISATION], "forum_ids": [FOREIGN]},
    "oneself": {"person_id": OWN_PERSON},
    "stranger": {"person_id": FOREIGN_PERSON},
    "colleague": {"person_id": FOREIGN_PERSON, "organisation_ids": [OWN_ORGANISATION]},
    "person of an own forum": {"person_id": FOREIGN_PERSON, "forum_ids": [OWN]},
    "person of a foreign forum": {"person_id": FOREIGN_PERSON, "forum_ids": [FOREIGN]},
    "answer in an own forum": {"forum_ids": [OWN], "organisation_ids": [FOREIGN_ORGANISATION]},
    "answer in a foreign forum": {"forum_ids": [FOREIGN], "organisation_ids": [FOREIGN_ORGANISATION]},
    "own organisation's answer": {"forum_ids": [FOREIGN], "organisation_ids": [OWN_ORGANISATION]},
    "nothing": {},
}
# What is asked, of what, and who may: the rows of product.md "Roles". "planning" is the chair of a forum that
# lets its chair plan.
ROWS = """
public            | nothing                         | everybody
machine           | nothing                         | everybody
feed              | nothing                         | everybody
token             | nothing                         | everybody
signed_in         | nothing                         | member chair planning contact secretariat reader administrator
feed.own          | nothing                         | member chair planning contact secretariat reader administrator
secretariat       | nothing                         | secretariat administrator
planner           | nothing                         | planning secretariat administrator
administrator     | nothing                         | administrator
forum.read        | public forum                    | everybody
forum.read        | own forum                       | member chair planning contact secretariat reader administrator
forum.read        | foreign forum                   | reader administrator
forum.edit        | own forum                       | secretariat administrator
forum.edit        | foreign forum                   | administrator
forum.edit        | public forum                    | administrator
meeting.read      | public forum                    | everybody
meeting.read      | own forum                       | member chair planning contact secretariat reader administrator
meeting.read      | joint meeting                   | member chair planning contact secretariat reader administrator
meeting.read      | foreign forum                   | reader administrator
meeting.edit      | own forum                       | planning secretariat administrator
meeting.edit      | public forum                    | administrator
draft.read        | own forum                       | chair planning secretariat reader administrator
draft.read        | foreign forum                   | reader administrator
answer.read       | answer in an own forum          | chair planning secretariat administrator
answer.read       | answer in a foreign forum       | administrator
answer.read       | own organisation's answer       | contact administrator
answer.read       | oneself                         | member chair planning administrator
contact.read      | stranger                        | secretariat administrator
contact.read      | person of an own forum          | chair planning secretariat administrator
contact.read      | person of a foreign forum       | secretariat administrator
contact.read      | colleague                       | contact secretariat administrator
contact.read      | oneself                         | member chair planning secretariat administrator
organisation.read | own organisation                | contact secretariat reader administrator
organisation.read | foreign organisation            | secretariat reader administrator
organisation.edit | own organisation                | secretariat administrator
organisation.edit | organisation of an own forum    | secretariat administrator
organisation.edit | organisation of a foreign forum | administrator
person.read       | stranger                        | secretariat reader administrator
person.read       | colleague                       | contact secretariat reader administrator
person.read       | oneself                         | member chair planning secretariat reader administrator
person.edit       | stranger                        | secretariat administrator
person.edit       | person of an own forum          | secretariat administrator
person.edit       | person of a foreign forum       | administrator
person.edit       | oneself                         | member chair planning secretariat administrator
mail.read         | own forum                       | secretariat administrator
mail.read         | foreign forum                   | administrator
register.read     | nothing                         | secretariat reader administrator
register.edit     | nothing                         | secretariat administrator
"""
TABLE_ROWS = [tuple(part.strip() for part in line.split("|")) for line in ROWS.strip().splitlines()]


@pytest.mark.parametrize(("need", "thing", "allowed"), TABLE_ROWS, ids=[f"{r[0]} {r[1]}" for r in TABLE_ROWS])
def test_role_table_row(need, thing, allowed):
    expected = list(COLUMNS) if allowed == "everybody" else allowed.split()
    assert [who for who, principal in COLUMNS.items() if may(principal, need, **WORDS[thing])] == expected


def test_role_table_has_a_row_for_each_need():
    assert {row[0] for row in TABLE_ROWS} == NEEDS == set(TABLE)


def test_feed_of_another_is_nobodys_not_even_the_administrators():
    assert [who for who, principal in COLUMNS.items() if may(principal, "feed.own", owner_id=3)] == ["contact"]


def test_secretariat_between_two_turns_still_reads_the_register():
    between = Principal(7, secretariat=True)
    assert may(between, "register.read")
    assert not may(between, "forum.edit", forum_ids=[OWN])


def test_person_outside_the_register_is_nobody_in_particular():
    assert not may(Principal(8), "person.read", person_id=None)


NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LINKS = [
    # used, ends in, bound, the browser has
    ("ready", None, 600, "a", "a"),
    ("elsewhere", None, 600, "a", "b"),
    ("elsewhere", None, 600, "a", None),
    ("ready", None, 600, None, None),
    ("ready", None, 600, None, "b"),
    ("ready", None, 1, "a", "a"),
    ("expired", None, 0, "a", "a"),
    ("expired", None, -1, None, "b"),
    ("used", 1, 600, "a", "a"),
    ("used", 1, -1, "a", "b"),
]


@pytest.mark.parametrize(("state", "used", "ends", "bound", "browser"), LINKS)
def test_link_state(state, used, ends, bound, browser):
    assert (
        link_state(
            NOW,
            used_at=NOW - timedelta(minutes=used) if used else None,
            expires_at=NOW + timedelta(seconds=ends),
            browser_hash=digest(bound) if bound else None,
            browser=browser,
        )
        == state
    )


def test_code_is_read_however_it_is_typed():
    assert [plain_code(typed) for typed in ("KTRN-4827", "ktrn4827", " KTRN 4827 ", "k t r n - 4 8 2 7")] == [
        "KTRN4827"
    ] * 4
    assert shown_code("KTRN4827") == "KTRN-4827"


def test_code_has_enough_letters_that_five_tries_find_nothing():
    assert len(set(CODE_ALPHABET)) ** CODE_LENGTH > 2**38
    assert not set(CODE_ALPHABET) & set("0OQ1I5S")


def test_equal_codes_of_two_links_are_stored_differently():
    assert code_digest("link one", "KTRN4827") != code_digest("link two", "KTRN4827")
    assert code_digest("link one", "ktrn-4827") == code_digest("link one", "KTRN4827")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("karin.lundmark@hk.example", True),
        ("å.ä@kommun.se", True),
        ("karin+takt@sub.kommun.se", True),
        ("", False),
        ("karin", False),
        ("karin@kommun", False),
        ("karin@@kommun.se", False),
        ("karin lundmark@kommun.se", False),
        ("karin@kommun.se\nBcc: alla@kommun.se", False),
        ("karin@kommun.se,eva@kommun.se", False),
        ("Karin <karin@kommun.se>", False),
        ("k" * 250 + "@a.se", False),
    ],
)
def test_is_address(text, expected):
    assert is_address(text) is expected


def test_normalised_address_folds_case_and_edges():
    assert normalised_address("  Karin.LUNDMARK@HK.example ") == "karin.lundmark@hk.example"


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/144.0.0.0 Safari/537.36 Edg/144.0", "Edge, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit Version/18.1 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/144.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit Version/18.1 Safari/605.1", "Safari, macOS"),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_client_family(user_agent, family):
    assert client_family(user_agent) == family


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_network_of(address, network):
    assert network_of(address) == network


@given(st.text(max_size=300))
def test_is_address_never_lets_a_line_break_through(text):
    assert not (is_address(text) and set(text) & set("\r\n\t <>,;"))
