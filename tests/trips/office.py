"""A secretariat at work: its pages on any day, the worker behind them, and the mails that people get and answer.

Everything here goes through HTTP and real mail: the worker delivers to a relay, and links are followed from the mails
as they came. Not here: what a trip does with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.jobs import Worker
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Person, PersonEmail
from scheduler.records.models import AgendaItem
from tests.conftest import FakeClock
from tests.mail.running import BASE, Running
from tests.mail.sink import Received, Sink
from tests.meetings.county import LONG_AGO
from tests.web.house import SECRETARY
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor
from tests.web.world import sign_in

STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Office:
    """The secretariat of "Nämnden" and the installation it works in."""

    def __init__(self, app: object, clock: FakeClock, sink: Sink, *, base: str = BASE) -> None:
        self.base = base
        self.house = Running.on(app, clock, sink).house
        self.clock = clock
        self.sink = sink
        self._signed_in: set[str] = set()

    # ------------------------------------------------------------ time and mail

    def goes_to(self, local: str) -> None:
        """To "2027-01-25 09:30" in Stockholm."""
        self.clock.at = datetime.fromisoformat(local).replace(tzinfo=STOCKHOLM)

    def lets_the_worker_run(self, *, minutes: int = 15) -> list[Received]:
        """What comes by mail to the board in some minutes, and in as many after for what those mails set going.

        What planners get themselves, lists of what waits, is another matter.
        """
        seen = len(self.sink.mails)
        wiring = self.house.app.extensions["takt"]
        with self.house.app.app_context():
            engine = db.engine
        for _round in range(2):
            self.clock.move(minutes=minutes)
            worker = Worker(engine, wiring.settings, self.clock)
            worker.run_due()
            assert not worker.failed
            worker.leave()
        return [mail for mail in self.sink.mails[seen:] if mail.recipient.endswith("@example.org")]

    # ------------------------------------------------------------ pages

    def signs_in(self) -> str:
        """The cookie of the secretary, who signs in anew on each day that a trip comes to."""
        cookie = f"the-secretary-on-{self.clock.at.date()}"
        with self.house.changing() as session:
            user = session.merge(self.house.world.users[SECRETARY])
            if cookie not in self._signed_in:
                sign_in(session, user, self.clock.at, cookie)
                self._signed_in.add(cookie)
        return cookie

    def secretary(self) -> Visitor:
        """The secretary's browser."""
        return Visitor(self.house.app, self.signs_in(), base_url=self.base)

    def opens(self, path: str) -> Page:
        return visit(self.secretary(), path)

    def fills_in(self, path: str, *names: str, **given: object) -> Page:
        """Opens the page, fills in the form with those fields, and presses its button."""
        page = send(self.secretary(), path, *names, **given)
        assert page.status == 200, (path, page.status, page.errors)
        return page

    def presses(self, path: str, **given: object) -> Page:
        """A button of a page that has nothing to fill in."""
        browser = self.secretary()
        response = browser.post(path, given)
        assert response.status_code == 303, (path, response.status_code, read(response).text)
        return visit(browser, response.headers["Location"])

    def downloads(self, path: str) -> bytes:
        response = self.secretary().get(path)
        assert response.status_code == 200, (path, response.status_code)
        return response.data

    # ------------------------------------------------------------ the board

    def founds(self, name: str, *, members: int, substitutes: int, first: int = 1, **given: object) -> str:
        """A forum of the secretariat with so many of each, in their order; the part of its address.

        They are called by their kind and a number from ``first``: "Ledamot 01".
        """
        slug = name.casefold().replace("ä", "a")
        with self.house.changing() as session:
            own = session.get_one(Forum, self.house.world.forums["own"].id)
            values = {
                "kind_id": "namnd", "duration": 120, "default_time": time(13), "public_level": "full", "notice_n": 5,
                "notice_unit": "calendar_days", "tracked_from_on": LONG_AGO, **given,
            }  # fmt: skip
            forum = Forum(slug=slug, name=name, secretariat_id=own.secretariat_id, **values)
            session.add(forum)
            session.flush()
            for kind, given_name, size in (
                ("ordinary", "Ledamot", members), ("substitute", "Ersättare", substitutes),
            ):  # fmt: skip
                for n in range(first, first + size):
                    person = Person(given_name=given_name, family_name=f"{n:02}")
                    person.emails.append(PersonEmail(address=address_of(given_name, n), main=True))
                    seat = Seat(forum_id=forum.id, kind=kind, label=f"Plats {n}", position=n)
                    function = "chair" if (kind, n) == ("ordinary", first) else "member"
                    seat.appointments.append(Appointment(person=person, function=function, from_on=LONG_AGO))
                    session.add(seat)
        return slug

    def books(self, slug: str, on: date, **given: object) -> int:
        """A meeting by the form; its id."""
        page = self.fills_in(f"/meetings/new?forum={slug}", "forum", on=on.isoformat(), **given)
        return id_of_meeting(page)

    def puts_on_the_agenda(self, meeting_id: int, title: str, **given: object) -> None:
        self.fills_in(f"/meetings/{meeting_id}/agenda/new", "title", title=title, **given)

    def item(self, meeting_id: int, title: str) -> int:
        """The id of a written item."""
        with self.house.looking() as session:
            query = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting_id, AgendaItem.title == title)
            return session.scalars(query).one()

    def person(self, given_name: str, n: int) -> int:
        """The id of "Ledamot 03"."""
        with self.house.looking() as session:
            query = select(Person.id).where(Person.given_name == given_name, Person.family_name == f"{n:02}")
            return session.scalars(query).one()

    def meeting_on(self, slug: str, on: date) -> int:
        """The id of the forum's meeting of a day."""
        with self.house.looking() as session:
            meetings = session.scalars(select(Meeting).where(Meeting.local_on == on))
            return next(meeting.id for meeting in meetings if meeting.forum.slug == slug)


def address_of(given_name: str, n: int) -> str:
    return f"{'ersattare' if given_name == 'Ersättare' else given_name.casefold()}{n:02}@example.org"


def id_of_meeting(page: Page) -> int:
    """The meeting that a page is about, by its links."""
    [found] = {found[1] for link in page.links if (found := re.fullmatch(r"/meetings/(\d+)/call", link))}
    return int(found)


# ---------------------------------------------------------------- mails and their links


def by_recipient(mails: Iterable[Received]) -> dict[str, Received]:
    return {mail.recipient: mail for mail in mails}


def subject_of(mail: Received) -> str:
    return " ".join(str(mail.message["Subject"]).split())


def text_of(mail: Received) -> str:
    part = mail.message.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def link_in(mail: Received, kind: str) -> str:
    """The path of the personal link in a mail: "p" to the dates of a poll, "r" to the reply, "j" to adjusting."""
    found = re.search(rf"https?://[^\s/]+/{kind}/[^\s/]+/", text_of(mail))
    assert found is not None, text_of(mail)
    return urlsplit(found[0]).path


def follows(app: object, path: str) -> Page:
    """The page behind a link, without signing in."""
    return visit(Visitor(app, base_url=BASE), path)


def answers(app: object, path: str, *names: str, **given: object) -> Page:
    """Fills in the form behind a link as whoever has the mail, without signing in."""
    visitor = Visitor(app, base_url=BASE)
    form = visit(visitor, path).form(*names, "form_token")
    response = visitor.post(form.action or path, {**form.values, **given}, token=False)
    assert response.status_code == 303, read(response).text
    return visit(visitor, urljoin(form.action or path, response.headers["Location"]))
