"""What the documents say holds: the bootstrap's names, the commands, the architecture's rooms."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import click
import pytest

from scheduler import __main__ as bootstrap
from scheduler.cli import takt

TOP = Path(__file__).parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))


def test_bootstrap_knows_every_dependency_by_its_import_name():
    distributions = {re.split(r"[<>=\[; ]", line)[0].lower() for line in PROJECT["project"]["dependencies"]}
    owners = importlib.metadata.packages_distributions()
    named = {name for module in bootstrap.RUNTIME for name in map(str.lower, owners[module])}
    assert distributions - named == set()
    assert len(bootstrap.RUNTIME) == len(distributions)


def test_readme_holds_the_two_commands_on_its_first_screen():
    first_screen = "\n".join((TOP / "README.md").read_text(encoding="utf-8").splitlines()[:25])
    assert "python3 -m scheduler demo" in first_screen
    assert "python3 -m scheduler test" in first_screen


def commands(group: click.Group, prefix: str = "takt") -> list[str]:
    found = []
    for name, command in group.commands.items():
        path = f"{prefix} {name}"
        found += commands(command, path) if isinstance(command, click.Group) else [path]
    return found


@pytest.mark.parametrize("command", commands(takt))
def test_every_command_is_documented(command):
    documents = (TOP / "README.md").read_text(encoding="utf-8") + (TOP / "docs/operating.md").read_text(
        encoding="utf-8"
    )
    assert command in documents or command.replace("takt", "python3 -m scheduler") in documents


def test_every_command_says_what_it_does():
    context = click.Context(takt)
    silent = []

    def walk(group: click.Group) -> None:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if not command.get_short_help_str():
                silent.append(name)
            if isinstance(command, click.Group):
                walk(command)

    walk(takt)
    assert silent == []


def test_architecture_names_every_room():
    text = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {p.stem for p in (TOP / "scheduler").glob("*") if p.is_dir() and (p / "__init__.py").exists()}
    assert [room for room in sorted(rooms) if not re.search(rf"\b{room}\b", text)] == []


def test_no_tracked_text_knows_this_machine():
    strange = re.compile(r"(^|[^A-Za-z0-9_.])/(work|root|farm)/[a-z]")
    texts = [
        p for d in ("scheduler", "tests", "docs", "benchmarks", "tools", "migrations") for p in (TOP / d).rglob("*")
    ]
    found = [
        str(path.relative_to(TOP))
        for path in [*texts, *TOP.glob("*.md"), TOP / ".ci" / "run"]
        if path.suffix in {".py", ".md", ".html", ".css", ".js", ".yaml", ".json", ".po", ".toml", ""}
        and path.is_file()
        and strange.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
