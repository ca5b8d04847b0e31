"""Runs ``takt worker`` in a process of its own, on the database and relay given; for tests that kill processes."""

from __future__ import annotations

import sys
from pathlib import Path

from scheduler import create_app
from scheduler.jobs import run_worker
from tests.mail.conftest import mail_settings

if __name__ == "__main__":
    url, relay, instance = sys.argv[1:]
    settings = mail_settings(
        Path(instance),
        mail_mode="send",
        mail_relay=relay,
        mail_rate=0,
        worker="none",
        database_url=url,
        secret_key="a secret of the tests, long enough",
    )
    run_worker(create_app(settings))
