"""Which draft is to be run, and starting a process for it: any number of workers may look, one gets it.

A run is held by a name until a time; its process pushes the time on while it lives. Not here: the run itself
(``running``), what the process begins with (``child``).
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from scheduler.drafts.models import Draft

#: How long a run is nobody else's after its process was last heard of.
HOLD = timedelta(seconds=20)
#: A run that ended its process so many times is given up.
TRIES = 3


def _free(now: datetime) -> ColumnElement[bool]:
    other = aliased(Draft)
    of_year = (other.year == Draft.year, other.scope == Draft.scope, other.state.in_(("waiting", "running")))
    return or_(
        Draft.state == "waiting",
        and_(Draft.state == "running", Draft.held_until < now),
        # Its turn comes when no other of the year and the secretariat is under way.
        and_(Draft.state == "queued", ~exists().where(*of_year)),
    )


def is_any_waiting(session: Session, now: datetime) -> bool:
    """Whether some draft is to be run, or was left by a process that died."""
    return session.scalar(select(Draft.id).where(_free(now)).limit(1)) is not None


def claim_run(session: Session, now: datetime) -> tuple[int, str] | None:
    """Takes the draft that has waited longest: its id and the name it is held by; None when there is none.

    A run that killed its process too often fails instead.
    """
    query = select(Draft).where(_free(now)).order_by(Draft.created_at, Draft.id).limit(1)
    draft = session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if draft is None:
        return None
    if draft.tries >= TRIES:
        draft.state, draft.finished_at = "failed", now
        draft.holder = draft.held_until = None
        return None
    draft.tries += 1
    draft.state, draft.progress = "running", None
    draft.holder, draft.held_until = secrets.token_hex(8), now + HOLD
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        # Another worker has taken the next of the same queue meanwhile: one run at a time.
        session.expire(draft)
        return None
    return draft.id, draft.holder


def start(
    draft_id: int, holder: str, url: str, time_zone: str, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A process that runs the draft; what it must know goes by its input, since everybody sees a command line."""
    child = subprocess.Popen(
        [sys.executable, "-m", "scheduler.drafts.child"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        env=dict(environment),
    )  # fmt: skip
    assert child.stdin is not None  # noqa: S101 - a pipe was asked for
    task = {"draft": draft_id, "holder": holder, "url": url, "time_zone": time_zone}
    child.stdin.write(json.dumps(task).encode())
    child.stdin.close()
    return child
