"""How long the overview, the list and the year of a hundred forums take, beside an empty page in the same run.

Prints for each page the median time of a request inside the process (the whole of it: session, queries, rules,
template, compression), how much of it is the process's own work, the ratio of that to an empty Flask page's, its
queries with all forums and with ten, and its size. ``--profile`` says where the time of the overview goes. Goals
(spec product M1, interface "Budget"): 100 ms with 100 forums, 200 organisations, 2 000 persons and 5 years; 30 KB
compressed.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from county import some_forums
from flask import Flask
from scaled import Installation, arguments, county_of, installed, signed_in
from sqlalchemy import event
from werkzeug.test import EnvironBuilder, run_wsgi_app

from scheduler.app import create_app
from scheduler.db import db

FEW = 10
GOAL_MS = 100
GOAL_KB = 30
#: Page, address, and whether it is asked by somebody signed in.
PAGES = (
    ("overview", "/", True),
    ("overview, last year", "/?year=2025", True),
    ("overview, filtered", "/?status=behind", True),
    ("overview, one kind", "/?group=kind-natverk", True),
    ("year of the calendar", "/calendar/2026", True),
    ("forum list", "/forums", True),
    ("yearly plan", "/plan/2026/table", True),
    ("a person's year", "/people/1/load/2026", True),
    ("overview, visitor", "/", False),
    ("year, visitor", "/calendar/2026", False),
)


class Answer(NamedTuple):
    """What came back, and how long it took."""

    seconds: float
    #: Seconds of work of this process, without those in which others had the processor.
    work: float
    body: bytes


class Site:
    """An application to ask pages of, as one browser."""

    def __init__(self, app: Any, cookie: str = "") -> None:
        self.app, self.cookie = app, cookie

    def get(self, path: str, *, signed: bool = True, gzip: bool = True) -> Answer:
        """Asks for a page. Raises RuntimeError for anything but 200."""
        headers = {"Cookie": f"takt={self.cookie}"} if signed and self.cookie else {}
        if gzip:
            headers["Accept-Encoding"] = "gzip"
        environ = EnvironBuilder(path, base_url="http://127.0.0.1:8000", headers=list(headers.items())).get_environ()
        begun, worked = time.perf_counter(), time.process_time()
        body, status, _ = run_wsgi_app(self.app, environ, buffered=True)
        worked, taken = time.process_time() - worked, time.perf_counter() - begun
        if not status.startswith("200"):
            raise RuntimeError(f"{path}: {status}")
        return Answer(taken, worked, b"".join(body))


def empty_site() -> Site:
    """Flask with one page that asks nothing and says nothing."""
    app = Flask("empty")
    app.add_url_rule("/", view_func=lambda: "<!doctype html><title></title>")
    return Site(app)


@contextmanager
def site_of(installation: Installation) -> Iterator[Site]:
    """The application on an installation, its clock standing still."""
    cookie = signed_in(installation)
    app = create_app(installation.settings, clock=lambda: installation.now)
    try:
        yield Site(app, cookie)
    finally:
        with app.app_context():
            db.engine.dispose()


def queries_of(site: Site, path: str, *, signed: bool) -> int:
    """How many statements the second request for a page sends."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    site.get(path, signed=signed)
    with site.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    site.get(path, signed=signed)
    event.remove(engine, "before_cursor_execute", note)
    return len(sent)


def medians(asks: dict[str, Callable[[], Answer]], times: int) -> dict[str, tuple[float, float]]:
    """The median seconds and work of each, asked in turns so that a busy moment falls on all alike."""
    for ask in asks.values():
        ask()
    answers: dict[str, list[Answer]] = {name: [] for name in asks}
    for _ in range(times):
        for name, ask in asks.items():
            answers[name].append(ask())
    return {
        name: (statistics.median(one.seconds for one in found), statistics.median(one.work for one in found))
        for name, found in answers.items()
    }


def measure(site: Site, few: Site, times: int) -> None:
    """Prints a line for each page."""
    empty = empty_site()
    begun = time.perf_counter()
    site.get("/")
    print(f"first page of a process {(time.perf_counter() - begun) * 1000:8.1f} ms\n")
    asks: dict[str, Callable[[], Answer]] = {"empty page": lambda: empty.get("/")}
    for name, path, signed in PAGES:
        asks[name] = lambda path=path, signed=signed: site.get(path, signed=signed)  # type: ignore[misc]  # a lambda's default has no type
    found = medians(asks, times)
    base, base_work = found["empty page"]
    head = f"{'':22} {'median':>10} {'of it work':>11} {'× empty':>8} {'queries':>8} {f'with {FEW}':>8}"
    print(f"{head} {'HTML':>9} {'gzip':>8}\n{'empty page':22} {_ms(base)} {_ms(base_work)} {1:8.0f} {0:8} {0:8}")
    for name, path, signed in PAGES:
        seconds, work = found[name]
        raw, packed = (len(site.get(path, signed=signed, gzip=gzip).body) / 1024 for gzip in (False, True))
        counts = [queries_of(one, path, signed=signed) for one in (site, few)]
        print(
            f"{name:22} {_ms(seconds)} {_ms(work)} {work / base_work:8.0f} {counts[0]:8} {counts[1]:8} "
            f"{raw:6.0f} KB {packed:5.1f} KB"
        )
    print(f"{'goal':22} {GOAL_MS:7} ms {'':11} {'':8} {'the same':>17} {'':9} {GOAL_KB:5} KB")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:7.2f} ms"


def profile(site: Site) -> None:
    """Prints where ten requests for the overview spend their time, by our own functions."""
    site.get("/")
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(10):
        site.get("/")
    profiler.disable()
    print("\nWhere the time goes, ten requests under the profiler (which makes small functions dearer):")
    pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(45)


def main() -> None:
    parser = arguments(argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None))
    parser.add_argument("--times", type=int, default=30, help="requests for each page; the median counts")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    asked = parser.parse_args()
    county = county_of(asked)
    with (
        installed(county, asked.keep) as installation,
        installed(some_forums(county, FEW), asked.keep and asked.keep / "few") as small,
        site_of(installation) as site,
        site_of(small) as few,
    ):
        measure(site, few, asked.times)
        if asked.profile:
            profile(site)


if __name__ == "__main__":
    main()
