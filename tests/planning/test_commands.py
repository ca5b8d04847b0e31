"""``takt plan``: exit codes, files written, messages for people."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from scheduler.cli import takt
from scheduler.errors import Refused
from scheduler.planning import commands, engine
from scheduler.planning.solver import Progress
from tests.planning.making import forum, instance, meeting, plan


@pytest.fixture(autouse=True)
def nothing_is_compiled(monkeypatch):
    """Commands start the compiler beside them; tests do not want it."""
    monkeypatch.setattr(engine, "build_aside", lambda: None)


def run(*arguments, catch=True):
    return CliRunner().invoke(takt, ["plan", *map(str, arguments)], catch_exceptions=catch)


@pytest.fixture
def file(tmp_path):
    def write(name, value):
        path = tmp_path / name
        path.write_text(json.dumps(value), encoding="utf-8")
        return path

    return write


def test_solve_then_check(file, tmp_path):
    problem, out = file("i.json", instance()), tmp_path / "p.json"
    solved = run("solve", problem, "--out", out, "--iterations", 2, "--progress")
    assert solved.exit_code == 0
    assert "varv" in solved.stderr
    report = json.loads(solved.stdout)
    assert (report["feasible"], report["unplaced"]) == (True, [])
    checked = run("check", problem, out)
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["cost"] == report["cost"]


def test_an_incomplete_plan_says_which_forums_lack_a_year_and_why(file, tmp_path):
    problem = file("i.json", instance(forums=[forum("f1"), forum("f2", max_gap=10)]))
    solved = run("solve", problem, "--out", tmp_path / "p.json", "--iterations", 1)
    assert solved.exit_code == 1
    (unplaced,) = json.loads(solved.stdout)["unplaced"]
    assert unplaced["forum"] == "f2"
    assert unplaced["conflict"]
    assert run("check", problem, tmp_path / "p.json").exit_code == 1


def test_explain(file):
    problem = file("i.json", instance(forums=[forum("f1"), forum("f2", max_gap=10)]))
    assert run("explain", problem, "f1").exit_code == 0
    assert run("explain", problem, "f2").exit_code == 1
    with_plan = file("p.json", plan(meeting("f1", 0, "2027-02-01")))
    assert run("explain", problem, "f1", "--plan", with_plan).exit_code == 0
    bad = file("q.json", plan(meeting("f9", 0, "2027-02-01")))
    with pytest.raises(Refused, match="Planen nämner"):
        run("explain", problem, "f1", "--plan", bad, catch=False)


def test_what_cannot_be_read_is_refused_with_its_place(file, tmp_path):
    with pytest.raises(Refused, match="format: Saknas"):
        run("check", file("i.json", {}), file("p.json", {}), catch=False)
    with pytest.raises(Refused, match="FORUM: f9 finns inte"):
        run("explain", file("j.json", instance()), "f9", catch=False)
    both = run("solve", file("k.json", instance()), "--out", tmp_path / "o", "--iterations", 1, "--seconds", 1)
    assert both.exit_code == 2


def test_progress_is_told_at_most_once_a_second():
    said = []
    telling = commands.Telling(said.append)
    for seconds in (0.1, 0.2, 0.95, 1.1, 1.3, 2.5):
        telling(Progress(1, 2, seconds, 7, 0))
    assert len(said) == 3
