"""How the register file's YAML is read: what it says is what it seems to say, and what does not is refused."""

from __future__ import annotations

import pytest

from scheduler.errors import Refused
from scheduler.reports.register_file.reading import DEEPEST, LARGEST, Record, read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("004", "004"),
        ("0", 0),
        ("-12", -12),
        ("4.5", 4.5),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2016-09-07", "2016-09-07"),
        ("2021-12", "2021-12"),
        ("2019", 2019),
        ("1990s", "1990s"),
        ('"2019"', "2019"),
        ("'true'", "true"),
        ("", None),
        ("null", None),
        ("~", None),
        ('""', ""),
        ("Ájtte, Svenskt Fjäll- och Samemuseum", "Ájtte, Svenskt Fjäll- och Samemuseum"),
        ("=", "="),
        ("[SE, FI, NO]", ["SE", "FI", "NO"]),
    ],
)
def test_a_value_is_what_it_seems_to_be(written, value):
    assert read(f"key: {written}".encode())["key"] == value


def test_keys_and_items_know_their_lines():
    tree = read(b"# first\nforums:\n  - id: a\n    sv: A\n  - {id: b,\n     sv: B}\n")
    assert tree.lines == {"forums": 2}
    assert tree["forums"].lines == [3, 5]
    first, second = tree["forums"]
    assert (first.line, first.lines) == (3, {"id": 3, "sv": 4})
    assert (second.line, second.lines) == (5, {"id": 5, "sv": 6})


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert read(b"\xef\xbb\xbfschema: 1\n") == {"schema": 1}


def test_a_file_in_another_order_is_the_same_values():
    assert read(b"a: 1\nb: 2\n") == read(b"b: 2\na: 1\n")
    assert isinstance(read(b"a: 1"), Record)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Filen är tom."),
        (b"# only words\n", "Filen är tom."),
        (b"#" * (LARGEST + 1), "Filen är större än 2000 kB."),
        (b"a: 1\nb: \xe5\n", "rad 2: tecknen är inte UTF-8. Spara filen som UTF-8."),
        (b"a: 1\nb: \x01\n", "rad 2: här står ett tecken som inte går att visa."),
        (b'a: 1\nb: "\\0"\n', "rad 2: här står ett tecken som inte går att visa."),
        (b'a: 1\nb: "\\ud800"\n', "rad 2: här står ett tecken som inte går att visa."),
        (b"- a\n- b\n", "rad 1: filen ska bestå av nycklar som organisations och forums."),
        (b"words alone", "rad 1: filen ska bestå av nycklar som organisations och forums."),
        (b"a: {b: 1\nc: 2\n", "rad 2: här går filen inte att läsa som YAML (expected ',' or '}', but got ':')."),
        (b"a:\n\tb: 1\n", ("rad 2: här går filen inte att läsa som YAML "
         "(found character '\\t' that cannot start any token).")),
        (b'a: "never ends\n', "rad 2: här går filen inte att läsa som YAML (found unexpected end of stream)."),
        (b"a: 1\nb: 2\na: 3\n", "rad 3: nyckeln a står två gånger, först på rad 1."),
        (b"a: &x [1]\nb: *x\n", ("rad 1: upprepning med & läses inte. Skriv ut värdet.\n"
         "rad 2: upprepning med * läses inte. Skriv ut värdet.")),
        (b"a: !!python/object/apply:os.system [ls]\n", "rad 1: taggar (!) läses inte. Skriv värdet utan tagg."),
        (b"a: 1\n---\nb: 2\n", "rad 2: filen ska vara ett enda dokument, utan --- mellan delar."),
        (b"? [a, b]\n: 1\n", "rad 1: en nyckel ska vara ett ord."),
        (b"a/b: 1\n", "rad 1: nyckeln a/b går inte att använda."),
        (b"a: " + b"[" * (DEEPEST + 1), f"rad 1: filen har fler nivåer än {DEEPEST}."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_line(content, problem):
    with pytest.raises(Refused) as refused:
        read(content)
    assert str(refused.value) == problem
