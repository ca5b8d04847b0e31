"""An installation that runs: its pages, the clock behind them, a relay that keeps what is sent, a mailbox that is read.

Everything is done through pages, mails and rounds of the clock, as people and servers do it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session

from scheduler.db import begin_write, db
from scheduler.jobs import Worker
from scheduler.mail.delivery import Tally
from tests.conftest import NOW, FakeClock
from tests.mail.sink import Received, Sink
from tests.web import world as worlds
from tests.web.house import SECRETARY, House
from tests.web.reading import Page, send, visit
from tests.web.visits import Visitor

BASE = "https://takt.example.org"
REPLY = "svar@takt.example.org"
#: Settings of an installation that sends and reads what comes back; the relay and the mailbox are the test's.
SETTINGS = {
    "base_url": BASE,
    "mail_mode": "send",
    "mail_rate": 0,
    "mail_window": "always",
    "mail_from": "takt@takt.example.org",
    "mail_reply": REPLY,
    "organisation": "Länsstyrelsen own",
}


@dataclass
class Running:
    house: House
    clock: FakeClock
    sink: Sink

    @classmethod
    def on(cls, app: object, clock: FakeClock, sink: Sink) -> Running:
        """The installation with the small world of pages in it."""
        with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            begin_write(session)
            world = worlds.build(session, NOW)
            session.commit()
        return cls(House(app, world), clock, sink)

    def visitor(self, role: str = SECRETARY) -> Visitor:
        return Visitor(self.house.app, self.house.world.cookie(role), base_url=BASE)

    def round(self) -> Tally:
        """What the clock does when it ticks; nothing of it fails."""
        wiring = self.house.app.extensions["takt"]
        with self.house.app.app_context():
            engine = db.engine
        worker = Worker(engine, wiring.settings, self.clock, periodic=())
        tally = worker.run_due()
        assert not worker.failed
        worker.leave()
        return tally

    def book(self, **given: object) -> int:
        """A meeting of the secretariat's own forum, by its page; its id."""
        values = {"on": "2026-12-15", "start": "13.00", "end": "15.00", **given}
        page = send(self.visitor(), "/meetings/new?forum=own-forum", "forum", **values)
        assert page.status == 200, page.errors
        [found] = {found[1] for link in page.links if (found := re.fullmatch(r"/meetings/(\d+)/call", link))}
        return int(found)

    def call(self, meeting_id: int) -> Page:
        """Calls to it by its page, and lets the minutes pass in which that could be undone."""
        page = send(self.visitor(), f"/meetings/{meeting_id}/call", "quiet")
        assert page.status == 200, page.errors
        self.clock.move(minutes=3)
        return page

    def summons(self, **given: object) -> tuple[int, dict[str, Received]]:
        """A meeting that is called: its id, and the mail that each was sent, by address."""
        meeting_id = self.book(**given)
        self.call(meeting_id)
        before = len(self.sink.mails)
        self.round()
        return meeting_id, {mail.recipient: mail for mail in self.sink.mails[before:]}

    def page(self, path: str, role: str = SECRETARY) -> Page:
        return visit(self.visitor(role), path)
