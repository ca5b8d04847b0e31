"""What every page may cost: 30 KB as it travels with a hundred forums more, and no more questions than with fifty.

Server time is measured (``benchmarks/``), never asserted. Style sheet and scripts: ``test_vendored``.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice

import pytest

from scheduler.db import begin_write, db
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.meetings.belonging import follow_all
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations.models import Organisation, Person
from tests.browser.sights import MEMBER_PAGES, NOW, PAGES, PUBLIC_PAGES, DemoSite
from tests.queries import count_queries
from tests.web.visits import Visitor

FORUMS, ORGANISATIONS, PERSONS = 50, 100, 200
MOST = 30 * 1024
#: SQLAlchemy reads what belongs to more than 500 rows in pieces of 500: so many more questions are no sign of a loop,
#: which would ask at least as many as there are new forums.
PIECES = 1


def grow(demo: DemoSite, name: str) -> None:
    """Fifty more forums, named so, with seats and five years of meetings beside those there are."""
    with demo.app.app_context():
        session = db.session()
        begin_write(session)
        organisations = [
            Organisation(slug=f"{name}-{n}", name=f"Föreningen {name} för samverkan nummer {n}", kind_id="naringsliv")
            for n in range(ORGANISATIONS)
        ]
        session.add_all(organisations)
        session.flush()
        people = [
            Person(given_name=f"Maja{n}", family_name="Påhittad", organisation_id=organisation.id)
            for n, organisation in zip(range(PERSONS), cycle(organisations))
        ]  # fmt: skip
        kinds = islice(cycle(["natverk", "rad", "beredning", "partnerskap"]), FORUMS)
        forums = [
            Forum(
                slug=f"{name}-{n}", name=f"Nätverket {name} för samverkan nummer {n}", kind_id=kind,
                tracked_from_on=date(2021, 1, 1),
                cadences=[CadenceVersion(position=0, kind="count", min=4 + n % 3, period="year")],
            )
            for n, kind in enumerate(kinds)
        ]  # fmt: skip
        session.add_all([*people, *forums])
        session.flush()
        for n, forum in enumerate(forums):
            for place, person in enumerate(people[n : n + 8]):
                seat = Seat(forum_id=forum.id, kind="ordinary", position=place, organisation_id=person.organisation_id)
                seat.appointments.append(Appointment(person_id=person.id, from_on=date(2026, 1, 1)))
                session.add(seat)
            for place in range(30):
                start = datetime(2021, 2, 1, 12, tzinfo=UTC) + timedelta(days=75 * place + n)
                session.add(
                    Meeting(
                        uid=f"{name}-{n}-{place}", revised_at=NOW, state="held" if start < NOW else "confirmed",
                        start_at=start, end_at=start + timedelta(hours=2), local_on=start.date(),
                        forum_rows=[MeetingForum(forum_id=forum.id, position=0)],
                    )
                )  # fmt: skip
        session.flush()
        follow_all(session)
        session.commit()


@dataclass(frozen=True)
class Look:
    """What one page cost: bytes as it travels, and how many questions it asked."""

    size: int
    questions: int


class Reader:
    """Whoever opens the pages of the lists: signed in as the secretary, as a member, and not at all."""

    def __init__(self, demo: DemoSite) -> None:
        self.demo = demo
        secretary, member = Visitor(demo.app), Visitor(demo.app)
        secretary.post(demo.new_link())
        member.post(demo.new_link(demo.member))
        self.pages = {
            name: (visitor, demo.path(pattern))
            for visitor, pages in ((secretary, PAGES), (member, MEMBER_PAGES), (Visitor(demo.app), PUBLIC_PAGES))
            for name, pattern in pages
        }
        with demo.app.app_context():
            self.engine = db.engine

    def look(self, name: str) -> Look:
        visitor, path = self.pages[name]
        with count_queries(self.engine) as sent:
            answer = visitor.get(path, follow_redirects=True)
        assert answer.status_code == 200, name
        return Look(len(gzip.compress(answer.data)), len(sent))


@pytest.fixture(scope="module")
def seen(demo_copy: DemoSite) -> dict[str, tuple[Look, Look]]:
    """Page → what it cost with fifty forums beside the demo's, and with a hundred.

    Fifty first, since a page may ask once more where there is anything at all. What it asks once in a process (what is
    kept until the register changes) counts neither time.
    """
    reader = Reader(demo_copy)
    grow(demo_copy, "norr")
    before = {name: reader.look(name) for name in reader.pages}
    grow(demo_copy, "syd")
    after = {}
    for name in reader.pages:
        after[name] = reader.look(name)
        if after[name].questions > before[name].questions:
            after[name] = reader.look(name)
    return {name: (before[name], after[name]) for name in reader.pages}


def test_every_page_fits_into_thirty_kilobytes(seen) -> None:
    assert {name: after.size for name, (_before, after) in seen.items() if after.size > MOST} == {}


def test_no_page_asks_more_when_there_is_more(seen) -> None:
    more = {
        name: (before.questions, after.questions)
        for name, (before, after) in seen.items()
        if after.questions > before.questions + PIECES
    }
    assert more == {}
