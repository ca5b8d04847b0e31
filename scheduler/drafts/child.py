"""What a process begins with that runs one draft (``python -m scheduler.drafts.child``): its task is JSON on its input.

It ends when the process that started it does: another takes the run up then. Not here: the run (``running``).
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time

from sqlalchemy import create_engine

from scheduler.clock import system_clock
from scheduler.db import engine_options, install_listeners
from scheduler.drafts import running

#: How often it looks whether whoever started it is still there.
LOOK_SECONDS = 1.0


def _leave_when_alone(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def main() -> None:
    """Runs the draft of the task; exit 0 when it is stored, 1 when it was another's, 2 when it failed."""
    threading.Thread(target=_leave_when_alone, args=(os.getppid(),), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it decides what an interrupt means
    task = json.loads(sys.stdin.buffer.read())
    engine = create_engine(task["url"], **engine_options(task["url"]))
    install_listeners(engine)
    try:
        done = running.run(engine, system_clock, task["draft"], task["holder"], task["time_zone"])
    except Exception:
        logging.getLogger("takt.drafts").exception("a run failed")
        running.give_up(engine, system_clock, task["draft"], task["holder"])
        sys.exit(2)
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()
