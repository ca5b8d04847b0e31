"""Two processes with different seeds, the better plan kept; and what the second one runs (``python3 -m``).

The partner is a fresh interpreter, never a fork of a process that may have threads. Seeds 2n and 2n + 1 belong to seed
n, so that the result hangs on seed and iterations alone: of two equal plans the first process's is taken.
Not here: how a plan is made (``solver``).
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from scheduler.planning.engine import Engine
from scheduler.planning.instance import Instance
from scheduler.planning.solver import Outcome, Progress, search

#: Seconds that a cancelled partner may take to hand over its plan.
PATIENCE = 0.4
#: How often the second process looks whether the first is still there.
LOOK_SECONDS = 1.0


class _Partner:
    """The second process. It is told to stop by SIGTERM, and answers with what it has."""

    def __init__(self, instance: Instance, seed: int, iterations: int | None, seconds: float | None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scheduler.planning.pair"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._task = pickle.dumps((instance, seed, iterations, seconds))
        self._answer = b""
        # A thread, so that neither side waits for a pipe that is full.
        self._talk = threading.Thread(target=self._exchange, daemon=True)
        self._talk.start()

    def _exchange(self) -> None:
        self._answer, _ = self._process.communicate(self._task)

    def stop(self) -> None:
        """Asks for the best so far."""
        self._process.terminate()

    def outcome(self, patience: float | None) -> Outcome | None:
        """What it found, waited for ``patience`` seconds at most; None when it came to nothing."""
        self._talk.join(patience)
        if self._talk.is_alive():
            self._process.kill()
            self._talk.join()
            return None
        return None if self._process.returncode or not self._answer else _outcome(self._answer)


def _outcome(answer: bytes) -> Outcome:
    found: Outcome = pickle.loads(answer)  # noqa: S301 - from the process started here
    return found


def _rank(outcome: Outcome) -> tuple[int, int, int]:
    report = outcome.report
    return len(outcome.unplaced), len(report.violations), report.cost


def solve(
    instance: Instance,
    *,
    seed: int = 0,
    iterations: int | None = None,
    seconds: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
    processes: int | None = None,
    engine: Engine | None = None,
) -> Outcome:
    """The better of two processes' plans; one process does when there is but one processor.

    With ``iterations`` both do so many and the result is the same wherever it runs. ``seconds`` counts from here.
    """
    wanted = processes or (2 if iterations is not None else min(2, os.cpu_count() or 1))
    options: dict[str, Any] = {"progress": progress, "is_cancelled": is_cancelled, "engine": engine}
    if wanted < 2 or not instance.forums:  # noqa: PLR2004 - a pair
        return search(instance, seed=2 * seed, iterations=iterations, seconds=seconds, **options)
    begun = time.perf_counter()
    partner = _Partner(instance, 2 * seed + 1, iterations, seconds)
    try:
        mine = search(instance, seed=2 * seed, iterations=iterations, seconds=seconds, **options)
        if is_cancelled():
            partner.stop()
            other = partner.outcome(PATIENCE)
        else:
            left = None if seconds is None else max(1.0, begun + seconds + 5 - time.perf_counter())
            other = partner.outcome(left)
    except BaseException:
        partner.stop()
        raise
    if other is None:
        # It never got so far, or died: the same work is done here when the result must not hang on that.
        if iterations is None or is_cancelled():
            return mine
        other = search(instance, seed=2 * seed + 1, iterations=iterations, **options)
    return min(mine, other, key=_rank)


def _leave_when_alone(parent: int) -> None:
    """Ends the process when the first one is gone: nobody is left to hear what it finds."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _main() -> None:
    threading.Thread(target=_leave_when_alone, args=(os.getppid(),), daemon=True).start()
    cancelled = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: cancelled.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides what an interrupt means
    begun = time.perf_counter()
    instance, seed, iterations, seconds = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - from the first process
    left = None if seconds is None else max(0.1, seconds - (time.perf_counter() - begun) - 0.3)
    found = search(instance, seed=seed, iterations=iterations, seconds=left, is_cancelled=cancelled.is_set)
    sys.stdout.buffer.write(pickle.dumps(found))


if __name__ == "__main__":
    _main()
