import subprocess
import sys
from time import perf_counter

from scheduler.ical.lint import check
from scheduler.ical.writer import render_event
from tests.ical.samples import FULL


def test_saving_a_meeting_renders_and_lints_in_under_two_milliseconds() -> None:
    times = []
    for _ in range(40):
        start = perf_counter()
        check(render_event(FULL))
        times.append(perf_counter() - start)
    assert min(times) < 0.002


def test_icalendar_is_imported_by_the_first_event_alone() -> None:
    code = "import sys, scheduler.ical.writer, scheduler.ical.lint; print('icalendar' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert run.stdout == "False\n"
