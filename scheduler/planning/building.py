"""``python3 -m scheduler.planning.building``: compiles the planner's kernel, once for a version and a machine."""

from __future__ import annotations

import sys

from scheduler.planning.engine import build_once

if __name__ == "__main__":
    sys.exit(0 if build_once() else 1)
