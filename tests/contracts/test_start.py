"""What a process does not pay for at its start: heavy packages are imported where they are used."""

from __future__ import annotations

import subprocess
import sys

#: What only some requests, commands or nobody at all needs.
LATER = (
    "alembic", "babel.messages", "holidays", "icalendar", "numba", "numpy", "pytest", "scheduler.demo",
    "scheduler.planning", "scheduler.reports", "yaml",
)  # fmt: skip


def test_starting_the_application_imports_nothing_that_can_wait():
    code = f"import sys, scheduler.app; print([name for name in {LATER!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
