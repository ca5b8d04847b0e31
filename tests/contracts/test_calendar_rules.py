"""Every rule of the calendars, F01–F22 for the bytes and H01–H12 for HTTP, has a test that bears its number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
#: Numbers in a test's name, at its beginning: ``test_f05_h09_…`` is of both.
NUMBERS = re.compile(r"test_((?:[fh]\d\d_)+)")


def rules_of(path: Path) -> Iterator[str]:
    """The rules that the tests of a file name; one that is never run is none."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and (found := NUMBERS.match(node.name)) and not is_left_out(node):
            yield from found[1].upper().strip("_").split("_")


def is_left_out(node: ast.FunctionDef) -> bool:
    marks = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
    return bool(marks & {"skip", "xfail", "slow"})


@pytest.mark.parametrize(("letter", "last"), [("F", 22), ("H", 12)])
def test_every_rule_has_a_test_of_its_name(letter, last):
    named = {rule for path in TESTS.rglob("test_*.py") for rule in rules_of(path) if rule.startswith(letter)}
    assert sorted(named) == [f"{letter}{number:02d}" for number in range(1, last + 1)]
