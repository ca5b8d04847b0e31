"""Boards that are judged once in a process, as long as their draft and the names of its people stay as they are.

Unpacking a problem, checking its plan and laying it out for other days takes longer than a page may. Not here: the
board itself (``queries``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from scheduler.drafts.models import Draft
from scheduler.drafts.queries import Board, board_of
from scheduler.i18n import language

#: Boards kept at once.
MOST = 8
#: What is reckoned of a board: it hangs on the plan alone, never on the rows of one request.
_RECKONED = ("report", "standing", "remarks")

T = TypeVar("T")

_kept: OrderedDict[tuple[object, ...], dict[str, Any]] = OrderedDict()
_lock = threading.Lock()


def kept_board(session: Session, draft: Draft) -> Board | None:
    """As ``board_of``, what was reckoned for the same version of the draft taken over."""
    board = board_of(session, draft)
    if board is None:
        return None
    names = hash(tuple(person.name for person in board.instance.persons))
    # The moment tells drafts of one number apart: SQLite gives the number of a deleted one again.
    key = (str(session.get_bind().engine.url), draft.id, draft.created_at, draft.version, language(), names)
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
    if found is None:
        found = {name: getattr(board, name) for name in _RECKONED}
        with _lock:
            _kept[key] = found
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    vars(board).update({name: found[name] for name in _RECKONED}, _kept=found)
    return board


def kept_of(board: Board, name: str, make: Callable[[], T]) -> T:
    """What ``make`` gives of a kept board, made once under ``name``: values alone, of no session."""
    found: dict[str, Any] = vars(board).get("_kept", {})
    if name not in found:
        found[name] = make()
    made: T = found[name]
    return made
