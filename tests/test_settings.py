"""Settings: read from the environment, refused by name, documented each one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from scheduler.errors import Refused
from scheduler.ical.lint import lint_fragment
from scheduler.ical.writer import render_event
from scheduler.settings import Settings, described, problems_in_production, read_settings
from tests.ical.samples import event

DOCUMENT = Path(__file__).parent.parent / "docs" / "operating.md"


def test_values_come_from_the_environment(tmp_path):
    settings = read_settings(
        {
            "TAKT_INSTANCE": str(tmp_path),
            "TAKT_BASE_URL": "https://takt.example.org/",
            "TAKT_TRUSTED_HOSTS": "a.example.org, b.example.org",
            "TAKT_PROXY_HOPS": "1",
            "TAKT_PRODUCTION": "yes",
        }
    )
    assert settings.public_url == "https://takt.example.org"
    assert settings.trusted_hosts == ("a.example.org", "b.example.org")
    assert settings.proxy_hops == 1
    assert settings.production is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TAKT_PROXY_HOPS", "many"),
        ("TAKT_PRODUCTION", "perhaps"),
        ("TAKT_CALENDAR_DOMAIN", "länet.example.se"),
        ("TAKT_CALENDAR_DOMAIN", "https://takt.example.se/"),
        ("TAKT_CALENDAR_DOMAIN", ""),
        ("TAKT_CALENDAR_DOMAIN", "x" * 160),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(Refused) as caught:
        read_settings({"TAKT_INSTANCE": str(tmp_path), name: value})
    assert [problem.field for problem in caught.value.problems] == [name]


@pytest.mark.parametrize("domain", ["takt.example.se", "xn--lnet-loa.example.se", "a"])
def test_every_calendar_domain_that_is_accepted_makes_a_uid_that_the_lint_accepts(tmp_path, domain):
    settings = read_settings({"TAKT_INSTANCE": str(tmp_path), "TAKT_CALENDAR_DOMAIN": domain})
    uid = f"meeting-00000000-0000-4000-8000-000000000001@{settings.calendar_domain}"
    assert lint_fragment(render_event(event(uid=uid))) == []


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = read_settings({"TAKT_INSTANCE": str(tmp_path)})
    second = read_settings({"TAKT_INSTANCE": str(tmp_path)})
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_production_refuses_what_is_unsafe(tmp_path):
    settings = Settings(instance=tmp_path, secret_key="short", production=True)
    fields = [problem.field for problem in problems_in_production(settings, debug=True)]
    assert fields == ["debug", "TAKT_SECRET_KEY", "TAKT_BASE_URL", "TAKT_TRUSTED_HOSTS"]


def test_production_accepts_what_is_safe(tmp_path):
    settings = Settings(instance=tmp_path, secret_key="x" * 32, production=True, base_url="https://takt.example.org")
    assert problems_in_production(settings, debug=False) == []


def test_every_setting_is_documented_with_its_default():
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = {line for line in text.splitlines() if line.startswith("| `TAKT_")}
    assert rows == {f"| `{name}` | {default or '–'} | {meaning} |" for name, _type, default, meaning in described()}
