"""``python3 -m scheduler``: makes a checkout ready to run, then hands over to the command line.

Only the standard library, since it runs before anything is installed. Not here: the commands (``cli.py``).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENT = CHECKOUT / ".venv"
#: What must be importable to run, and to run the tests (a test compares them with pyproject.toml).
RUNTIME = (
    "alembic", "apscheduler", "babel", "click", "docx", "email_validator", "flask", "flask_sqlalchemy",
    "flask_wtf", "gunicorn", "holidays", "icalendar", "jinja2", "markupsafe", "numba", "numpy", "platformdirs",
    "segno", "sqlalchemy", "tzdata", "urllib3", "werkzeug", "wtforms", "yaml",
)  # fmt: skip
DEVELOPMENT = ("hypothesis", "playwright", "psycopg", "pypdf", "pytest", "weasyprint", "xdist")


def missing(names: tuple[str, ...]) -> list[str]:
    """Those of ``names`` that this interpreter cannot import."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def fingerprint(lock: Path) -> str:
    """Changes when what must be installed changes."""
    return hashlib.sha256((CHECKOUT / "pyproject.toml").read_bytes() + lock.read_bytes()).hexdigest()


def environment_python() -> Path:
    """The interpreter of the checkout's own environment."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare(*, development: bool) -> Path:
    """Makes ``.venv`` hold what the lock names, and gives its interpreter; quick when it does already.

    The marker is written last, so that a half-made environment is made again.
    """
    lock = CHECKOUT / ("requirements-dev.lock" if development else "requirements.lock")
    python = environment_python()
    for name in (lock.stem, "requirements-dev"):  # the development environment holds all that running needs
        marker = ENVIRONMENT / f"takt-{name}"
        if marker.exists() and marker.read_text(encoding="ascii") == fingerprint(CHECKOUT / f"{name}.lock"):
            return python
    print(f"Installing into {ENVIRONMENT} (once) …", flush=True)
    if not python.exists():
        try:
            venv.create(ENVIRONMENT, with_pip=True, clear=ENVIRONMENT.exists())
        except (subprocess.CalledProcessError, ImportError):
            sys.exit("Python's venv module is incomplete. Install it first (Debian, Ubuntu: apt install python3-venv).")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for arguments in (
        ["--require-hashes", "--requirement", str(lock)],
        ["--no-deps", "--no-build-isolation", "--editable", str(CHECKOUT)],
    ):
        if subprocess.run([*pip, *arguments], check=False).returncode:
            sys.exit("Could not install what Takt needs; the reason stands above.")
    (ENVIRONMENT / f"takt-{lock.stem}").write_text(fingerprint(lock), encoding="ascii")
    compile_planner(python)
    return python


def compile_planner(python: Path) -> None:
    """Has the year planner compiled beside what comes next, at the lowest priority: nobody waits for it."""
    subprocess.Popen(
        [str(python), "-m", "scheduler.planning.building"], cwd=CHECKOUT, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def main() -> None:
    """Runs the command here when all is importable, else in the checkout's environment."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said in words before anything fails on older syntax
        sys.exit("Takt needs Python 3.11 or newer.")
    development = sys.argv[1:2] == ["test"]
    absent = missing(RUNTIME + (DEVELOPMENT if development else ()))
    inside = Path(sys.prefix).resolve() == ENVIRONMENT.resolve()
    checkout = (CHECKOUT / "pyproject.toml").exists()
    if checkout and (absent or inside):
        python = prepare(development=development)
        if not inside:
            arguments = [str(python), "-m", "scheduler", *sys.argv[1:]]
            if os.name == "nt":
                sys.exit(subprocess.run(arguments, check=False).returncode)
            os.execv(python, arguments)  # noqa: S606 - the same command in the environment just made
    elif absent:
        sys.exit(f"Missing: {', '.join(absent)}. Install Takt with: python3 -m pip install takt-scheduler")
    from scheduler.cli import main as run  # noqa: PLC0415 - only now is it importable

    run()


if __name__ == "__main__":
    main()
