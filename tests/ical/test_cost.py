import subprocess
import sys


def test_icalendar_is_imported_by_the_first_event_alone() -> None:
    code = "import sys, scheduler.ical.writer, scheduler.ical.lint; print('icalendar' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert run.stdout == "False\n"
