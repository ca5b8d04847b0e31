"""The whole site to be looked at: the demo on a fixed day, and every page it has, by name.

``tools/screenshots.py`` photographs the same list that the tests of this folder walk through. Not here: what is
looked for on a page (``rig``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.accounts.actions import make_link, new_secret
from scheduler.app import create_app
from scheduler.db import begin_write, db
from scheduler.demo import ACTOR, SECRETARY, fill
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Seat
from scheduler.mail.actions import queue_login_link
from scheduler.mail.models import OutboxMail
from scheduler.meetings.actions import Site, cancel_meeting
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Organisation, Person
from scheduler.settings import Settings

#: Sunday 22 November 2026, 10.00 in Stockholm.
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
#: A forum everybody may read of, with a forum within it; and one whose members sit on seats of its own.
FORUM, SEATED = "regionalt-forum", "kommunal-regionrad"

#: Name and address of every page of a signed-in person; what stands in braces is looked up in the demo.
PAGES = (
    ("overview", "/"),
    ("overview-2025", "/?year=2025"),
    ("overview-behind", "/?status=behind"),
    ("forums", "/forums"),
    ("forums-no-hits", "/forums?q=polarbib"),
    ("forum", f"/forums/{FORUM}"),
    ("forum-behind", "/forums/samtal-residenset"),
    ("forum-seated", f"/forums/{SEATED}"),
    ("forum-unplanned", "/forums/lh-ytterligare"),
    ("forum-family", "/forums/ag-upphandling"),
    ("forum-new", "/forums/new"),
    ("forum-edit", f"/forums/{FORUM}/edit"),
    ("forum-cadence", f"/forums/{FORUM}/cadence"),
    ("forum-seats", f"/forums/{SEATED}/seats"),
    ("forum-seat-new", f"/forums/{SEATED}/seats/new"),
    ("forum-seat", f"/forums/{SEATED}/seats/{{seat}}"),
    ("forum-appoint", f"/forums/{SEATED}/seats/{{seat}}/appoint"),
    ("meeting-new", "/meetings/new"),
    ("meeting-new-preset", f"/meetings/new?forum={FORUM}"),
    ("meeting", "/meetings/{booked}"),
    ("meeting-called", "/meetings/{called}"),
    ("meeting-held", "/meetings/{held}"),
    ("meeting-cancelled", "/meetings/{cancelled}"),
    ("meeting-unrecorded", "/meetings/{unrecorded}"),
    ("meeting-themed", "/meetings/{themed}"),
    ("meeting-edit", "/meetings/{booked}/edit"),
    ("meeting-move", "/meetings/{booked}/move"),
    ("meeting-confirm", "/meetings/{proposed}/confirm"),
    ("meeting-call", "/meetings/{booked}/call"),
    ("meeting-cancel", "/meetings/{booked}/cancel"),
    ("meeting-reinstate", "/meetings/{cancelled}/reinstate"),
    ("meeting-held-step", "/meetings/{unrecorded}/held"),
    ("meeting-correct", "/meetings/{held}/correct"),
    ("meeting-close", "/meetings/{held}/close"),
    ("meeting-invitees", "/meetings/{themed}/invitees"),
    ("calendar", "/calendar"),
    ("calendar-month", "/calendar/2026/12"),
    ("calendar-list", "/calendar/list"),
    ("organisations", "/organisations"),
    ("organisation", "/organisations/lst-norrbotten"),
    ("organisation-edit", "/organisations/lst-norrbotten/edit"),
    ("organisation-new", "/organisations/new"),
    ("people", "/people"),
    ("person", "/people/{person}"),
    ("person-edit", "/people/{person}/edit"),
    ("person-new", "/people/new"),
    ("subscribe", "/subscribe"),
    ("forum-subscribe", f"/forums/{FORUM}/subscribe"),
    ("mails", "/mail"),
    ("mail", "/mail/{mail}"),
    ("sources", "/sources"),
    ("sessions", "/me/sessions"),
)
#: The same of somebody who is not signed in.
PUBLIC_PAGES = (
    ("public-overview", "/"),
    ("public-forums", "/forums"),
    ("public-forum", f"/forums/{FORUM}"),
    ("public-meeting", "/meetings/{booked}"),
    ("public-calendar", "/calendar"),
    ("public-calendar-month", "/calendar/2026/12"),
    ("public-calendar-list", "/calendar/list"),
    ("public-subscribe", "/subscribe"),
    ("public-forum-subscribe", f"/forums/{FORUM}/subscribe"),
    ("login", "/login"),
    ("login-link", "/login/{link}"),
)
#: No such page; it says so and leads on.
MISSING = ("missing", "/nowhere")


@dataclass(frozen=True)
class DemoSite:
    """The demo, filled: the application, what stands in braces in the lists, and a link that signs in once."""

    app: Flask
    found: dict[str, object]
    new_link: Callable[[], str]

    def path(self, pattern: str) -> str:
        """The address that ``pattern`` of the lists means here."""
        return pattern.format_map(self.found)


def demo_site(folder: Path) -> DemoSite:
    """Makes the demo of ``NOW`` in ``folder``; nothing runs beside it and no mail is sent."""
    settings = Settings(
        instance=folder,
        secret_key="a secret of the tests, long enough",
        worker="none",
        demo=True,
        calendar_domain="takt.example.org",
        mail_from="takt@example.org",
        organisation="Länsstyrelsen Norrbotten (demo)",
    )
    app = create_app(settings, lambda: NOW)

    def new_link() -> str:
        with app.app_context():
            begin_write(db.session())
            token = make_link(db.session(), ACTOR, NOW, login=SECRETARY[0])
            db.session.commit()
        return f"/login/{token}"

    with app.app_context():
        schema.upgrade(db.engine)
        session = db.session()
        begin_write(session)
        fill(session, settings, lambda: NOW)
        link = new_secret()
        queue_login_link(
            session, NOW, SECRETARY[0], f"{settings.public_url}/login/{link}", "ABCD-EFGH", "sv",
            expires_at=NOW + timedelta(hours=1),
        )  # fmt: skip
        found = _look_up(session, Site(settings.public_url, settings.calendar_domain))
        session.commit()
    return DemoSite(app, {**found, "link": new_link().rsplit("/", 1)[1]}, new_link)


def _look_up(session: Session, site: Site) -> dict[str, object]:
    """What the lists name in braces; the meeting that is cancelled is cancelled here, for the demo has none ahead."""

    def meeting(state: str, forum: str | None = None, *, behind: bool = False) -> Meeting:
        when = Meeting.start_at < NOW if behind else Meeting.start_at > NOW
        rows = session.scalars(select(Meeting).where(Meeting.state == state, when).order_by(Meeting.start_at.desc()))
        return next(row for row in rows if forum in {None, row.forum.slug})

    cancelled = meeting("confirmed", "dansradet")
    cancel_meeting(
        session, ACTOR, NOW, cancelled, reason="Ordföranden har fått förhinder.", version=cancelled.version, site=site,
        send=False,
    )  # fmt: skip
    seat = select(Seat.id).join(Forum, Seat.forum_id == Forum.id).where(Forum.slug == SEATED).order_by(Seat.id)
    person = (
        select(Person.id).join(Organisation).where(Organisation.slug == "lst-norrbotten").order_by(Person.id).limit(1)
    )
    return {
        "booked": meeting("confirmed", FORUM).id,
        "called": meeting("called").id,
        "held": meeting("held", FORUM, behind=True).id,
        "cancelled": cancelled.id,
        "unrecorded": meeting("confirmed", behind=True).id,
        "proposed": meeting("proposed").id,
        "themed": meeting("confirmed", "samtal-residenset").id,
        "seat": session.scalars(seat.limit(1)).one(),
        "person": session.scalars(person).one(),
        "mail": session.scalars(select(OutboxMail.id).limit(1)).one(),
    }
