"""How long an installed Takt takes to its first answer, what a worker weighs, what a first visit fetches.

Starts gunicorn with one worker on an installation of a hundred forums, several times, and asks for the first page of a
visitor. Prints the median time, the work of all its processes, and the worker's share of memory (PSS) after the
first answer and after a round through the pages; then what Chromium fetches on a first visit of the overview, with
nothing kept. Python's own bytecode is written before, as an installation has it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import sync_playwright
from scaled import Installation, arguments, county_of, installed, signed_in

from scheduler.clock import system_clock

GOAL_SECONDS, GOAL_MB, GOAL_KB, GOAL_REQUESTS = 1.5, 100, 100, 10
#: A round through the pages of somebody who plans, with a month of the calendar.
ROUND = (
    "/", "/forums", "/?year=2025", "/calendar/2026/11", "/organisations", "/people", "/subscribe", "/forums?q=klimat",
)  # fmt: skip
PATIENCE = 60.0
TICKS = os.sysconf("SC_CLK_TCK")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class Start(NamedTuple):
    """One start, from the command to the first answer."""

    seconds: float
    #: Seconds of work of all its processes.
    work: float
    pss_mb: float


class Server(NamedTuple):
    """A running gunicorn with one worker."""

    process: subprocess.Popen[bytes]
    url: str

    def processes(self) -> list[int]:
        """The master and its worker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [self.process.pid, *map(int, children.split())]

    def work(self) -> float:
        """Seconds that its processes have worked, children they have waited for included."""
        total = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
        return total / TICKS

    def pss_mb(self) -> float:
        """The worker's memory in MB, what it shares with others divided among them."""
        worker = self.processes()[-1]
        lines = Path(f"/proc/{worker}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    def answers(self) -> bool:
        """Whether a visitor gets the first page yet; raises HTTPError when it is an error."""
        try:
            return self.get("/") == 200
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, path: str, cookie: str = "") -> int:
        """Asks for a page and gives the status."""
        request = urllib.request.Request(f"{self.url}{path}", headers={"Cookie": f"takt={cookie}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            response.read()
            return int(response.status)


@contextmanager
def running(installation: Installation, bytecode: Path) -> Iterator[tuple[Server, Start]]:
    """Starts gunicorn, waits for its first answer and stops it at the end. Raises TimeoutError without an answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = installation.settings
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TAKT_", "PYTHON"))}
    environ |= {
        "PYTHONPYCACHEPREFIX": str(bytecode),
        "TAKT_INSTANCE": str(settings.instance),
        "TAKT_DATABASE_URL": settings.database_url,
        "TAKT_BASE_URL": f"http://127.0.0.1:{port}",
        "TAKT_MAIL_MODE": "log",
        "TAKT_MAIL_FROM": settings.mail_from,
    }
    command = [
        sys.executable, "-m", "gunicorn", "scheduler:create_app()", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", "1", "--threads", "4", "--log-level", "warning",
    ]  # fmt: skip
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environ, cwd=settings.instance)
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        while not server.answers():
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise TimeoutError("gunicorn gave no answer")
            time.sleep(0.005)
        taken = time.perf_counter() - begun
        yield server, Start(taken, server.work(), server.pss_mb())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


class Fetched(NamedTuple):
    """One request of a visit and the bytes that came over the wire for it, headers included."""

    path: str
    size: int


def visit(url: str, cookie: str) -> list[Fetched]:
    """What a browser that has kept nothing fetches for the overview."""
    browser_path = shutil.which("chromium")
    if browser_path is None:
        print("no Chromium: the first visit is not measured")
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.context.add_cookies([{"name": "takt", "value": cookie, "url": url}])
        wire = page.context.new_cdp_session(page)
        asked: dict[str, str] = {}
        sizes: dict[str, int] = {}
        wire.on("Network.requestWillBeSent", lambda told: _note_request(asked, told))
        wire.on("Network.loadingFinished", lambda told: sizes.__setitem__(told["requestId"], told["encodedDataLength"]))
        wire.send("Network.enable")
        page.goto(url, wait_until="networkidle")
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(500)
        browser.close()
    return [Fetched(path.removeprefix(url), int(sizes.get(request, 0))) for request, path in asked.items()]


def _note_request(asked: dict[str, str], told: dict[str, Any]) -> None:
    address = told["request"]["url"]
    if address.startswith("http"):  # what stands in the page itself (data:) is not fetched
        asked[told["requestId"]] = address


def main() -> None:
    parser = arguments(argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None))
    parser.add_argument("--times", type=int, default=5, help="starts; the median counts")
    asked = parser.parse_args()
    bytecode = Path(tempfile.mkdtemp(prefix="takt-bytecode-"))
    try:
        with installed(county_of(asked), asked.keep) as installation:
            measure(installation, bytecode, asked.times)
    finally:
        shutil.rmtree(bytecode)


def measure(installation: Installation, bytecode: Path, times: int) -> None:
    """Prints a line for each figure, beside its goal."""
    cookie = signed_in(installation._replace(now=system_clock()))
    with running(installation, bytecode):
        pass  # writes the bytecode
    starts = []
    for _ in range(times):
        with running(installation, bytecode) as (_server, start):
            starts.append(start)
    with running(installation, bytecode) as (server, _start):
        for path in ROUND * 2:
            server.get(path, cookie)
        pss_after = server.pss_mb()
        fetched = visit(server.url, cookie)
    seconds, work, pss = (statistics.median(column) for column in zip(*starts, strict=True))
    print(f"{'':34} {'measured':>9}   goal")
    print(f"{'command to first answer':34} {seconds:7.2f} s  {GOAL_SECONDS:5} s")
    print(f"{'  of it work of its processes':34} {work:7.2f} s")
    print(f"{'a worker after its first answer':34} {pss:6.0f} MB  {GOAL_MB:4} MB")
    print(f"{'a worker after a round of pages':34} {pss_after:6.0f} MB  {GOAL_MB:4} MB")
    if fetched:
        print(f"{'first visit of the overview':34} {sum(one.size for one in fetched) / 1024:6.1f} KB  {GOAL_KB:4} KB")
        print(f"{'  requests':34} {len(fetched):6}     {GOAL_REQUESTS:4}")
        for one in fetched:
            print(f"    {one.path or '/':56.56} {one.size / 1024:6.1f} KB")


if __name__ == "__main__":
    main()
