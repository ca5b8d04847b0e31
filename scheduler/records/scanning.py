"""The operator's scan of uploaded files for viruses: a command that says by its exit whether a file is clean.

Not here: which files are taken at all (``document_rules``). The command is the operator's own setting, never a user's.
"""

from __future__ import annotations

import logging
import shlex
import subprocess

from scheduler.errors import Problem
from scheduler.i18n import mark

log = logging.getLogger("takt.scan")
#: A scan that takes longer, in seconds, has failed.
LONGEST = 60
_INFECTED = 1


def scan(command: str, body: bytes) -> Problem | None:
    """What the scan says against ``body``, at the field "file"; None when it is clean, or there is no command.

    The bytes go to the command's standard input. Exit 0 is clean, 1 infected; anything else, and no answer in a
    minute, is a scan that failed: the file is not taken.
    """
    if not command:
        return None
    try:
        done = subprocess.run(
            shlex.split(command), input=body, capture_output=True, timeout=LONGEST, check=False
        )  # fmt: skip
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.exception("the scan of an uploaded file failed: %s", type(error).__name__)
        return _failed()
    if done.returncode == 0:
        return None
    if done.returncode == _INFECTED:
        log.warning("an uploaded file was refused by the scan: %s", done.stdout[:200])
        return Problem("file", mark("Filen innehåller skadlig kod och togs inte emot"))
    log.error("the scan of an uploaded file ended with %s: %s", done.returncode, done.stderr[:200])
    return _failed()


def _failed() -> Problem:
    return Problem("file", mark("Filen kunde inte granskas. Försök igen om en stund"))
