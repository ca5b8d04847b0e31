"""Which kernel runs: compiled when it lies ready, else plain; the results are the same.

Nobody waits for the compiler. ``ready`` looks whether an earlier process has built the machine code for this version
of the kernel, of numba and of the processor; ``build`` builds it, for an installation or an idle moment, and
``build_aside`` starts that in a process of its own. Not here: what is run (``kernel``, ``solver``).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from scheduler.planning import kernel
from scheduler.planning.state import State
from scheduler.planning.tables import Tables
from scheduler.planning.vector import plain

#: What the machine code hangs on, besides numba, the processor and the layout of the arrays.
_SOURCES = ("kernel.py", "compiled.py")


class Engine:
    """The functions of a kernel. ``run`` hands them the tables and the state in the form they take."""

    def __init__(self, functions: Any, *, is_compiled: bool) -> None:
        self.functions = functions
        self.is_compiled = is_compiled

    def run(self, name: str, tables: Tables, state: State, *more: Any) -> Any:
        """Calls the kernel's function of that name."""
        function = getattr(self.functions, name)
        if self.is_compiled:
            return function(tables.flat, state.flat, *more)
        return function(tables, state, *more)


@cache
def plain_engine() -> Engine:
    """The kernel by numpy alone."""
    return Engine(plain(), is_compiled=False)


@cache
def _fingerprint() -> str:
    columns = sorted((name, value) for name, value in vars(kernel).items() if isinstance(value, int))
    layout = f"{Tables._fields} {State._fields} {columns}"
    found = hashlib.sha256(f"{sys.version} {metadata.version('numba')} {layout}".encode())
    for name in _SOURCES:
        found.update(Path(__file__).with_name(name).read_bytes())
    return found.hexdigest()[:24]


def _folder() -> Path | None:
    """Where machine code is kept: beside the package when that can be written, else in the user's cache."""
    for place in (Path(__file__).with_name("__pycache__"), user_cache_path("takt")):
        with suppress(OSError):
            folder = place / "planner"
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return None


def _processor() -> str:
    from llvmlite import binding  # noqa: PLC0415 - comes with numba, which is optional

    return f"{binding.get_host_cpu_name()}\n"


def can_compile() -> bool:
    """Whether numba is installed and there is a place to keep what it makes."""
    return importlib.util.find_spec("numba") is not None and _folder() is not None


def is_built() -> bool:
    """Whether the machine code lies ready; quick, and without importing numba."""
    folder = _folder()
    return folder is not None and can_compile() and (folder / f"{_fingerprint()}.ready").exists()


@cache
def compiled_engine() -> Engine | None:
    """The compiled kernel; None when it does not lie ready for this processor."""
    folder = _folder()
    if folder is None or not is_built():
        return None
    ready = folder / f"{_fingerprint()}.ready"
    try:
        if ready.read_text(encoding="ascii") != _processor():
            return None
        from scheduler.planning.compiled import load  # noqa: PLC0415 - numba takes half a second

        return Engine(load(folder, _fingerprint(), building=False), is_compiled=True)
    except (OSError, ImportError):
        return None


def ready() -> Engine:
    """The compiled kernel when it lies ready, else the plain one."""
    return (compiled_engine() if is_built() else None) or plain_engine()


def build() -> bool:
    """Compiles the kernel and keeps it; True when it lies ready then. Takes a minute or two."""
    folder = _folder()
    if folder is None or not can_compile():
        return False
    if is_built():
        return True
    from scheduler.planning.compiled import load  # noqa: PLC0415 - numba takes half a second

    load(folder, _fingerprint(), building=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="ascii") as file:
        file.write(_processor())
    Path(file.name).replace(folder / f"{_fingerprint()}.ready")  # last, so that half a build is no build
    return True


def build_aside() -> None:
    """Starts ``build`` in a process of its own, at the lowest priority; at most one at a time on a machine."""
    folder = _folder()
    if folder is None or not can_compile() or is_built():
        return
    subprocess.Popen(
        [sys.executable, "-m", "scheduler.planning.building"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def build_once() -> bool:
    """As ``build``, politely, and not when another process builds already."""
    folder = _folder()
    if folder is None:
        return False
    with suppress(AttributeError, OSError):
        os.nice(19)
    lock = (folder / "building").open("w")
    try:
        import fcntl  # noqa: PLC0415 - Windows has none, and there two may build at once

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        pass
    except OSError:
        return False
    with lock:
        return build()
