"""The almanac against frozen facts: an update of the ``holidays`` package must not move a working day unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from scheduler.workdays import almanac, observances, rules
from scheduler.workdays.observances import MarkKind
from scheduler.workdays.wording import Wording

FACTS = json.loads(Path(__file__).with_name("calendar_facts.json").read_text(encoding="utf-8"))
YEARS = [pytest.param(int(year), facts, id=year) for year, facts in FACTS["years"].items()]


def iso_names(days: Mapping[date, Wording]) -> dict[str, str]:
    return {day.isoformat(): name["sv"] for day, name in days.items()}


def test_package_is_the_one_the_facts_were_taken_from() -> None:
    assert version("holidays") == FACTS["holidays_lib"]


@pytest.mark.parametrize(("year", "facts"), YEARS)
def test_almanac_has_the_frozen_holidays_and_eves(year: int, facts: dict[str, dict[str, str]]) -> None:
    found = almanac.swedish_year(year)
    assert iso_names(found.public) == facts["public"]
    assert iso_names(found.eves) == facts["de_facto"]
    assert iso_names(found.other_eves) == facts["other_eves"]


@pytest.mark.parametrize(("year", "facts"), YEARS)
def test_almanac_has_the_frozen_half_days(year: int, facts: dict[str, list[str]]) -> None:
    assert [day.isoformat() for day in almanac.swedish_year(year).half_days] == facts["half_days_from_14"]
    assert all(rules.is_half_day(date.fromisoformat(day)) for day in facts["half_days_from_14"])


@pytest.mark.parametrize(("year", "facts"), YEARS)
def test_squeeze_days_are_the_frozen_ones_by_rule(year: int, facts: dict[str, list[str]]) -> None:
    assert [day.isoformat() for day in rules.squeeze_days(year)] == facts["squeeze_days_by_rule"]
    assert set(facts["squeeze_days_in_lib"]) <= set(facts["squeeze_days_by_rule"])


@pytest.mark.parametrize(("year", "facts"), YEARS)
def test_squeeze_days_are_those_a_walk_through_the_year_finds(year: int, facts: object) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    assert list(rules.squeeze_days(year)) == [day for day in days if day.year == year and rules.is_squeeze_day(day)]


@pytest.mark.parametrize(("year", "facts"), YEARS)
def test_school_breaks_are_the_frozen_ones(year: int, facts: dict[str, list[str]]) -> None:
    found = [[first.isoformat(), last.isoformat()] for first, last, _ in observances.school_breaks(year)]
    assert found == [facts["sportlov_v10"], facts["hostlov_v44"]]


@pytest.mark.parametrize(("year", "facts"), YEARS)
def test_sami_national_day_is_an_observance_and_no_holiday(year: int, facts: dict[str, str]) -> None:
    day = date.fromisoformat(facts["sami_national_day"])
    observed = [mark.name["sv"] for mark in observances.day_marks(day) if mark.kind is MarkKind.OBSERVANCE]
    assert "Samernas nationaldag" in observed
    assert rules.is_working_day(day) is (day.weekday() < 5)


@pytest.mark.parametrize(("year", "facts"), YEARS)
def test_days_off_only_in_finland_or_norway_are_swedish_working_days(
    year: int, facts: dict[str, dict[str, str]]
) -> None:
    foreign = {**facts["finland_only_weekdays"], **facts["norway_only_weekdays"]}
    assert [day for day in foreign if not rules.is_working_day(date.fromisoformat(day))] == []
    swedish = facts["sweden_only_weekdays"]
    assert [day for day in swedish if rules.is_working_day(date.fromisoformat(day))] == []


@pytest.mark.parametrize(("year", "facts"), YEARS)
def test_year_has_the_frozen_number_of_weeks(year: int, facts: dict[str, bool]) -> None:
    assert (date(year, 12, 28).isocalendar().week == 53) is facts["days_with_iso_week_53"]


def test_facts_run_out_after_2028() -> None:
    """Before 2029 is planned, its facts belong in the file; until then the package alone is trusted."""
    assert max(FACTS["years"]) == "2028"
    assert date(2029, 6, 22) in almanac.swedish_year(2029).eves
    assert len(almanac.swedish_year(2029).public) == 13


@pytest.mark.parametrize("year", [almanac.FIRST_YEAR - 1, almanac.LAST_YEAR + 1])
def test_almanac_is_empty_outside_the_years_the_package_knows(year: int) -> None:
    assert almanac.swedish_year(year) == almanac.SwedishYear({}, {}, {}, {})
    assert rules.is_working_day(date(year, 12, 25)) is (date(year, 12, 25).weekday() < 5)


@pytest.mark.parametrize("year", [almanac.FIRST_YEAR, almanac.LAST_YEAR])
def test_almanac_is_whole_in_the_first_and_last_year_of_the_package(year: int) -> None:
    assert date(year, 12, 25) in almanac.swedish_year(year).public
    assert date(year, 12, 24) in almanac.swedish_year(year).eves


def test_names_are_in_both_languages_and_without_the_hour() -> None:
    year = almanac.swedish_year(2026)
    assert year.public[date(2026, 5, 14)] == {"sv": "Kristi himmelsfärdsdag", "en": "Ascension Day"}
    assert year.eves[date(2026, 6, 19)] == {"sv": "Midsommarafton", "en": "Midsummer Eve"}
    assert list(year.half_days.values()) == [
        {"sv": "Trettondagsafton", "en": "Twelfth Night"},
        {"sv": "Skärtorsdagen", "en": "Maundy Thursday"},
        {"sv": "Valborgsmässoafton", "en": "Walpurgis Night"},
        {"sv": "Allhelgonaafton", "en": "All Saints' Eve"},
    ]


def test_importing_the_rules_does_not_read_the_package() -> None:
    """A start without a single working day should not pay for it."""
    code = "import sys, scheduler.workdays.rules, scheduler.cadence.evaluation; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reading_a_year_leaves_other_countries_out_and_importable() -> None:
    code = (
        "import sys\n"
        "from scheduler.workdays.almanac import swedish_year\n"
        "swedish_year(2026)\n"
        "unasked = [name for name in sys.modules if name.startswith('holidays.countries') and 'sweden' not in name]\n"
        "from holidays.countries import Norway, Sweden\n"
        "sys.exit(f'{unasked} {Norway.country} {Sweden.country}')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stderr.strip() == "[] NO SE"
