"""The sample calendars under tests/ics, which open in any calendar program. ``samples`` says how to renew them."""

import pytest

from scheduler.ical.lint import lint_calendar
from tests.ical.samples import FOLDER, GOLDEN, calendar


@pytest.mark.parametrize("name", GOLDEN)
def test_calendar_is_the_golden_file_byte_for_byte(name: str) -> None:
    assert calendar(GOLDEN[name]).decode() == (FOLDER / f"{name}.ics").read_bytes().decode()


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_file_follows_every_rule(name: str) -> None:
    assert lint_calendar((FOLDER / f"{name}.ics").read_bytes()) == []


def test_every_golden_file_has_its_meetings() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ics")) == sorted(GOLDEN)
