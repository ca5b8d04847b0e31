"""A process that changes meetings until it is told to stop: ``python -m tests.feeds.changing NAME PAIR…``.

Each change takes both meetings of a pair ("4,5") in one transaction and leaves them with the same title.
TAKT_DATABASE_URL says where. It prints a line when it begins, and at the end how many changes it saved.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Sequence
from datetime import time

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from scheduler.clock import system_clock
from scheduler.db import begin_change, install_listeners
from scheduler.history.rules import Actor
from scheduler.meetings.actions import Site, cancel_meeting, edit_meeting, reinstate_meeting
from scheduler.meetings.models import Meeting

SITE = Site("https://takt.example", "takt.example")


def change_pair(session: Session, name: str, pair: Sequence[int], word: str, chance: random.Random) -> None:
    """The same for both meetings: another title, and now and then another time, or called off or taken up again."""
    actor, now = Actor(name), system_clock()
    meetings = [session.get_one(Meeting, meeting_id) for meeting_id in sorted(pair)]
    ask = {"version": None, "site": SITE, "send": False}
    what = chance.choice(["title", "title", "move", "state"])
    if what == "state" and meetings[0].state == meetings[1].state:
        for meeting in meetings:
            if meeting.state == "cancelled":
                reinstate_meeting(session, actor, now, meeting, **ask)
            else:
                cancel_meeting(session, actor, now, meeting, reason=word, **ask)
    given = {"start": time(chance.randrange(8, 17), chance.choice([0, 30]))} if what == "move" else {}
    for meeting in meetings:
        if meeting.state == "cancelled":
            reinstate_meeting(session, actor, now, meeting, **ask)
        edit_meeting(session, actor, now, meeting, check_conflicts=False, title=word, **given, **ask)


def run(engine: Engine, name: str, pairs: Sequence[Sequence[int]], stop: threading.Event) -> int:
    """Changes one pair after another; gives how many changes were saved."""
    chance = random.Random(name)  # noqa: S311 - which meeting comes next is no secret
    saved = 0
    while not stop.is_set():
        with Session(engine) as session:
            begin_change(session)
            change_pair(session, name, chance.choice(pairs), f"{name} {saved}", chance)
            session.commit()
        saved += 1
        stop.wait(0.1 + chance.random() / 5)  # SQLite gives no turns: whoever waits looks again ten times a second
    return saved


if __name__ == "__main__":
    told = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), told.set()), daemon=True).start()
    chosen = [[int(number) for number in pair.split(",")] for pair in sys.argv[2:]]
    there = create_engine(os.environ["TAKT_DATABASE_URL"])
    install_listeners(there)
    print("begins", flush=True)
    print(run(there, sys.argv[1], chosen, told))
