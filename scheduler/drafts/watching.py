"""Looks each second for drafts to run and starts a process for one at a time; a thread of any worker.

Not here: who may run what (``queue``), the run (``running``).
"""

from __future__ import annotations

import logging
import os
import subprocess
import threading

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from scheduler.clock import Clock
from scheduler.db import begin_write
from scheduler.drafts import queue

log = logging.getLogger("takt.drafts")

#: Seconds between two looks: what somebody waits at most before their draft begins.
LOOK_SECONDS = 1.0
#: Seconds of rest after a look that failed, so that a lasting fault does not fill the log.
REST_SECONDS = 60.0


class Runs:
    """One process's share of the runs."""

    def __init__(self, engine: Engine, clock: Clock, time_zone: str, stop: threading.Event) -> None:
        self.engine, self.clock, self.time_zone, self.stop = engine, clock, time_zone, stop
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to look, until ``stop`` is set; a run under way ends with this process and is taken up again."""
        self._thread = threading.Thread(target=self._watch, name="takt-drafts", daemon=True)
        self._thread.start()

    def finish(self, seconds: float) -> None:
        """Waits, once ``stop`` is set, until nobody looks any more: no thread reads while its process ends."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _watch(self) -> None:
        rest = LOOK_SECONDS
        while not self.stop.wait(rest):
            try:
                self.look()
                rest = LOOK_SECONDS
            except Exception:
                log.exception("drafts that wait could not be looked for")
                rest = REST_SECONDS

    def look(self) -> subprocess.Popen[bytes] | None:
        """Starts the run that has waited longest, unless one of this process goes on; its process, if one was begun."""
        if self._child is not None and self._child.poll() is None:
            return None
        self._child = None
        with Session(self.engine) as session:
            if not queue.is_any_waiting(session, self.clock()):
                return None
        with Session(self.engine) as session:
            begin_write(session)
            claimed = queue.claim_run(session, self.clock())
            session.commit()
        if claimed is None:
            return None
        url = self.engine.url.render_as_string(hide_password=False)
        self._child = queue.start(*claimed, url, self.time_zone, os.environ)
        return self._child
