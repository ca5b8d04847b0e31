"""Names are put in Swedish order by ``i18n.sort_key``, on both databases alike: their own collation is never asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from scheduler.i18n import search_key, sort_key

PACKAGE = Path(__file__).parents[2] / "scheduler"
#: Columns that hold names as people write them.
NAMES = {"name", "sv", "en", "title", "label", "given_name", "family_name", "town", "short_name", "subject_label"}
#: Rows that are named by the code: their order is no alphabet's.
OF_CODE = {"Lease", "JobRun"}


def ordered_by_names() -> Iterator[str]:
    """Every ``order_by`` of a name column in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "order_by"):
                continue
            for part in (piece for argument in node.args for piece in ast.walk(argument)):
                if (
                    isinstance(part, ast.Attribute)
                    and part.attr in NAMES
                    and getattr(part.value, "id", "") not in OF_CODE
                ):
                    yield f"{path.relative_to(PACKAGE)}:{part.lineno}: {ast.unparse(part)}"


def test_no_query_leaves_the_order_of_names_to_the_database():
    assert list(ordered_by_names()) == []


def test_swedish_order_holds_the_sami_letters_at_their_own():
    ordered = [
        "Ájtte", "Arjeplog", "Cederlund", "Čohkkiras", "Dahl", "Đorvu", "Nilsson", "Ŋurgu", "Sundsvall", "Šuoššjávri",
        "Tornedalen", "Ŧuoddar", "vuollerim", "Wiklund", "Zetterström", "Žilin", "Åsele", "Ängeså", "Övertorneå",
    ]  # fmt: skip
    assert sorted(sorted(ordered, key=len), key=sort_key) == ordered


def test_sami_names_are_found_by_plain_letters():
    for name, typed in (("Čohkkiras", "cohkkiras"), ("Đorvu", "dorvu"), ("Ŋurgu", "nurgu"), ("Ŧuoddar", "tuoddar"),
                        ("Šuoššjávri", "SUOSSJAVRI"), ("Žilin", "zilin"), ("Övertorneå", "overtornea")):  # fmt: skip
        assert typed.casefold() in search_key(name)
