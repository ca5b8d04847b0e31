"""A small world for tests of who may what: an own, a foreign and a public forum, and one user of each role.

"Own" is what the member, the chair, the contact and the own secretariat have to do with; the foreign and the
public forum are kept by the other secretariat.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy.orm import Session

from scheduler.accounts.models import SignInSession, User, UserRole
from scheduler.accounts.rules import ABSOLUTE, digest
from scheduler.db import Base
from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.feeds.models import FeedToken
from scheduler.forums.models import CadenceVersion, Forum, ForumInclusion, ForumLink, ForumRelation, Pause, StandingItem
from scheduler.forums.seat_models import Appointment, RepresentativeReport, Seat, SeatCheck
from scheduler.history.models import HistoryEntry
from scheduler.mail.models import IncomingMail, OutboxMail
from scheduler.meetings.belonging import follow_all
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Invitee, Meeting, MeetingForum, SubstituteCall
from scheduler.meetings.publishing import publish
from scheduler.organisations.models import Contact, Office, OfficeHolding, Organisation, Person, PersonEmail, Relation
from scheduler.places.busy_models import BusySource
from scheduler.places.models import BlockedPeriod, Place, TownDistance
from scheduler.polls.models import Poll, PollInvitee, PollOption
from scheduler.records.models import (
    ActionPoint,
    Adjuster,
    AgendaItem,
    Document,
    DocumentVersion,
    ItemSuggestion,
    Minutes,
)
from scheduler.register.models import Activity, FocusArea, Notice, Strategy, Theme, Vision

VISITOR = "anonymous"
ROLES = (
    VISITOR,
    "member",
    "chair",
    "organisation contact",
    "reader",
    "other secretariat",
    "own secretariat",
    "administrator",
)
RELATIONS = ("own", "foreign", "public")
NOW_OF_PAPERS = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
SITE = Site("https://takt.example.org", "takt.example.org")


@dataclass
class World:
    """Ids by relation ("own", "foreign", "public"), and the cookie of each role."""

    forums: dict[str, Forum] = field(default_factory=dict)
    meetings: dict[str, Meeting] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    #: Relation → argument of a route → id of a part: of that forum, that meeting, or that secretariat's user.
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Argument of a route → id of a row of the register, which is everybody's.
    shared: dict[str, int] = field(default_factory=dict)

    def cookie(self, role: str) -> str | None:
        """The secret of the role's session, as ``build`` stored it; None for a visitor."""
        return None if role == VISITOR else f"the session of {role}"


def build(session: Session, now: datetime) -> World:
    """Stores the world; the entry commits."""
    world = World()
    keepers = {
        which: _organisation(session, f"{which}-secretariat", f"Länsstyrelsen {which}") for which in ("own", "other")
    }
    for relation in ("own", "foreign"):
        world.organisations[relation] = _organisation(session, f"{relation}-organisation", f"Kommunen {relation}")
    for relation in RELATIONS:
        world.forums[relation] = forum = Forum(
            slug=f"{relation}-forum",
            name=f"Forumet {relation}",
            kind_id="natverk",
            secretariat_id=keepers["own" if relation == "own" else "other"].id,
            public_level="full" if relation == "public" else "none",
            tracked_from_on=date(2026, 1, 1),
        )
        session.add(forum)
        session.flush()
        world.meetings[relation] = meeting(session, forum, now + timedelta(days=30))
    for relation in RELATIONS:
        organisation = world.organisations["own" if relation == "own" else "foreign"]
        person = _person(session, relation, organisation)
        if relation in world.organisations:
            world.people[relation] = person
        world.seats[relation] = seat(session, world.forums[relation], organisation, person)
    member, chair = (_person(session, role, world.organisations["own"]) for role in ("member", "chair"))
    seat(session, world.forums["own"], world.organisations["own"], member)
    seat(session, world.forums["own"], world.organisations["own"], chair, function="chair")
    roles = {
        "member": [],
        "chair": [],
        "organisation contact": [UserRole(role="organisation_contact", organisation_id=world.organisations["own"].id)],
        "reader": [UserRole(role="reader")],
        "other secretariat": [UserRole(role="secretariat", organisation_id=keepers["other"].id)],
        "own secretariat": [UserRole(role="secretariat", organisation_id=keepers["own"].id)],
        "administrator": [UserRole(role="administrator")],
    }
    people = {"member": member, "chair": chair}
    signed_in: dict[str, int] = {}
    for role, granted in roles.items():
        user = User(
            login=f"{role.replace(' ', '.')}@login.example",
            name=role.capitalize(),
            person_id=people[role].id if role in people else None,
            roles=granted,
            created_at=now,
        )
        session.add(user)
        session.flush()
        world.users[role] = user
        signed_in[role] = sign_in(session, user, now, world.cookie(role) or "").id
    for relation in RELATIONS:
        world.parts[relation] = _parts(session, world, relation, now)
        keeper = "own secretariat" if relation == "own" else "other secretariat"
        world.parts[relation]["sign_in_id"] = signed_in[keeper]
        world.parts[relation]["link_id"] = calendar_link(session, world.users[keeper], relation, now)
    world.shared = _shared(session, world)
    follow_all(session)
    return world


def _shared(session: Session, world: World) -> dict[str, int]:
    """One row of each kind that every secretariat may edit."""
    office = Office(slug="kommunchef", sv="Kommunchefen")
    holding = OfficeHolding(office=office, person_id=world.people["own"].id, from_on=date(2026, 1, 1))
    session.add_all([office, holding])
    session.flush()
    return {"office_id": office.id, "holding_id": holding.id, **_register(session)}


def _register(session: Session) -> dict[str, int]:
    """One row of each kind of the register's further parts; nothing of it is shown or closed today."""
    strategy = Strategy(slug="kulturplan", sv="Kulturplanen")
    rows: dict[str, Base] = {
        "place_id": Place(slug="stadshuset", name="Stadshuset", town="Boden"),
        "distance_id": TownDistance(one="Boden", other="Luleå", km=37, minutes=30),
        "blocked_id": BlockedPeriod(name="Flytt", kind="closed", from_on=date(2020, 1, 7), to_on=date(2020, 1, 8)),
        "theme_id": Theme(slug="dans", sv="Dans"),
        "strategy_id": strategy,
        "area_id": FocusArea(slug="scener", sv="Scener", position=0, strategy=strategy),
        "vision_id": Vision(slug="alla-dansar", sv="Alla dansar", strategy=strategy),
        "activity_id": Activity(slug="visningar", sv="Visningar", kind="utstallning"),
        "notice_id": Notice(slug="ny-adress", kind="information", text="Ny adress", to_on=date(2020, 1, 31)),
    }
    session.add_all(rows.values())
    session.flush()
    return {name: row.id for name, row in rows.items()}  # type: ignore[attr-defined]  # each of them has one


def calendar_link(session: Session, user: User, name: str, now: datetime) -> int:
    """A calendar address of ``user``."""
    link = FeedToken(token_hash=digest(f"link {name}"), scope="public", user_id=user.id, label=name, created_at=now)
    session.add(link)
    session.flush()
    return link.id


def _parts(session: Session, world: World, relation: str, now: datetime) -> dict[str, Any]:
    """One row of each kind that belongs to the forum, the meeting or the organisation."""
    forum_id, seat = world.forums[relation].id, world.seats[relation]
    organisation_id = world.organisations["own" if relation == "own" else "foreign"].id
    beside = world.forums["public" if relation != "public" else "foreign"].id
    rows: dict[str, Base] = {
        "cadence_id": CadenceVersion(forum_id=forum_id, position=1, kind="interval", every=3, unit="month"),
        "pause_id": Pause(forum_id=forum_id, from_on=date(2026, 7, 1), to_on=date(2026, 7, 31)),
        "contact_id": Contact(slug=f"{relation}-contact", name="Kontakten", organisation_id=organisation_id),
        "relation_id": Relation(kind="supports", from_id=organisation_id, to_text="föreningslivet"),
        # Over since long; a forum that is another's has its seats, so that the ring is none on any day.
        "inclusion_id": ForumInclusion(
            forum_id=forum_id,
            included_id=beside,
            from_on=date(2020 + len(world.parts), 1, 1),
            to_on=date(2020 + len(world.parts), 12, 31),
        ),
        "chain_id": ForumLink(before_id=forum_id, after_id=beside, min_days=6, max_days=28),
        "forum_relation_id": ForumRelation(kind="within", forum_id=forum_id, to_text="länets samverkan"),
        "seat_id": seat,
        # Long settled, and asked in a year long gone.
        "report_id": RepresentativeReport(
            seat=seat,
            organisation_id=organisation_id,
            given_name="Gammal",
            family_name="Anmälan",
            state="declined",
            from_on=date(2020, 1, 1),
            reported_at=now - timedelta(days=2000),
            decided_at=now - timedelta(days=1999),
            decided_by="Sara",
        ),
        "check_id": SeatCheck(
            organisation_id=organisation_id, asked_on=date(2020, 1, 1 + len(world.parts)), answer_by_on=date(2020, 2, 1)
        ),
        "appointment_id": seat.appointments[0],
        "item_id": StandingItem(forum_id=forum_id, position=0, title="Föregående protokoll"),
        # Long over, and called no more: neither is in the way of anything.
        "absence_id": BlockedPeriod(
            person_id=seat.appointments[0].person_id,
            kind="away",
            name="Borta",
            from_on=date(2020, 1, 1),
            to_on=date(2020, 1, 2),
        ),
        # Read from a file long ago; nothing of it lies ahead.
        "source_id": BusySource(
            person_id=seat.appointments[0].person_id,
            kind="file",
            name="Kalendern",
            created_at=now - timedelta(days=900),
            fetched_at=now - timedelta(days=900),
            checked_at=now - timedelta(days=900),
        ),
        # Dropped: it stands on no agenda that is shown in order, and comes to no later one.
        "point_id": AgendaItem(
            meeting_id=world.meetings[relation].id, position=1, title="Struken punkt", state="dropped", added_at=now
        ),
        # Taken back: it waits for nobody.
        "suggestion_id": ItemSuggestion(
            meeting_id=world.meetings[relation].id,
            person_id=seat.appointments[0].person_id,
            title="Tillbakatagen",
            state="withdrawn",
            suggested_at=now,
        ),
        "document_id": _paper(relation, meeting_id=world.meetings[relation].id),
        "paper_id": _paper(relation, forum_id=forum_id),
        # Done long ago, by the one whose relation it is.
        "action_id": ActionPoint(
            forum_id=forum_id,
            text="Skicka yttrandet",
            state="done",
            created_at=now,
            closed_at=now,
            owner_person_id=seat.appointments[0].person_id,
        ),
        "invitee_id": Invitee(meeting_id=world.meetings[relation].id, name="Gästen", withdrawn_at=now),
        # Long over: it stands on no chain that anything follows from.
        "call_id": SubstituteCall(
            meeting_id=world.meetings[relation].id,
            seat_id=seat.id,
            person_id=seat.appointments[0].person_id,
            position=1,
            asked_at=now,
            asked_by="Sara",
            state="declined",
            announced_at=now,
        ),
        "mail_id": OutboxMail(
            key=digest(f"mail of {relation}"),
            kind="reminder",
            recipient=f"{relation}@register.example",
            meeting_id=world.meetings[relation].id,
            body=_mail(relation).as_string(),
            time_rev=0,
            state="sent",
            created_at=now,
            next_at=now,
            stale_at=now + timedelta(days=1),
        ),
    }
    person_id = seat.appointments[0].person_id
    rows |= _poll(forum_id, seat.id, person_id, f"poll-{relation}", now)
    rows |= _draft(forum_id)
    rows["incoming_id"] = IncomingMail(
        message_id=f"<{relation}@register.example>", at=now, kind="other", state="look", reason="text",
        sender=f"{relation}@register.example", subject=f"Om Forumet {relation}",
        meeting_id=world.meetings[relation].id, raw=_mail(relation).as_bytes(),
    )  # fmt: skip
    rows["change_id"] = HistoryEntry(
        at=now, actor="Sara", action="forum.edit", subject_kind="forum", subject_id=forum_id,
        subject_label=world.forums[relation].name, before={"note": None}, after={"note": "Ny"},
    )  # fmt: skip
    session.add_all(rows.values())
    session.flush()
    drafted = Minutes(meeting_id=world.meetings[relation].id, kind="protocol", state="draft", created_at=now)
    drafted.adjusters.append(Adjuster(person_id=seat.appointments[0].person_id))
    session.add(drafted)
    session.flush()
    rows["adjuster_id"] = drafted.adjusters[0]
    found = {name: row.id for name, row in rows.items()}  # type: ignore[attr-defined]  # each of them has one
    found["forum_id"] = forum_id
    return {
        **found,
        "row_key": f"s{seat.id}-{seat.appointments[0].person_id}",
        "forum_slug": world.forums[relation].slug,
    }


def _paper(relation: str, **owner: int) -> Document:
    """A link to a paper that everybody may open whose business it is."""
    version = DocumentVersion(number=1, link="https://example.org/underlag", at=NOW_OF_PAPERS)
    visibility = "public" if relation == "public" else "participants"
    return Document(title="Underlag", visibility=visibility, position=1, versions=[version], **owner)


def _poll(forum_id: int, seat_id: int, person_id: int, uid: str, now: datetime) -> dict[str, Base]:
    """A draft of a date poll, which nobody is asked yet, with one date."""
    option = PollOption(
        uid=f"meeting-{uuid.uuid5(uuid.NAMESPACE_URL, uid)}@{SITE.calendar_domain}", start_at=now + timedelta(days=60),
        end_at=now + timedelta(days=60, hours=2), local_on=(now + timedelta(days=60)).date(),
    )  # fmt: skip
    poll = Poll(
        uid=uid, forum_id=forum_id, duration=120, answer_by_on=(now + timedelta(days=40)).date(), created_at=now,
        revised_at=now, options=[option], invitees=[PollInvitee(person_id=person_id, seat_id=seat_id)],
    )  # fmt: skip
    return {"poll_id": poll, "option_id": option, "poll_invitee_id": poll.invitees[0]}


def _draft(forum_id: int) -> dict[str, Base]:
    """A draft of a year long gone, whose run failed, with one meeting of the forum."""
    row = DraftMeeting(forum_id=forum_id, on=date(2020, 2, 4), start=780, duration=120, seats={})
    draft = Draft(
        year=2020, scope=f"o{forum_id}", name="Balanserad", profile="balanced", seconds=2, state="failed",
        created_at=NOW_OF_PAPERS, forum_rows=[DraftForum(forum_id=forum_id)], meetings=[row],
    )  # fmt: skip
    return {"draft_id": draft, "planned_id": row}


def _mail(relation: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = f"Påminnelse: Forumet {relation}"
    mail.set_content("Påminnelse")
    mail.add_alternative("<p>Påminnelse</p>", subtype="html")
    return mail


def sign_in(session: Session, user: User, now: datetime, token: str) -> SignInSession:
    """A session of ``user`` whose cookie is ``token``."""
    row = SignInSession(
        token_hash=digest(token),
        user_id=user.id,
        epoch=user.epoch,
        created_at=now,
        used_at=now,
        expires_at=now + ABSOLUTE,
    )
    session.add(row)
    session.flush()
    return row


def meeting(session: Session, forum: Forum, start_at: datetime, *, state: str = "confirmed") -> Meeting:
    """A meeting of two hours, as calendars have it."""
    row = Meeting(
        uid=f"meeting-{uuid.uuid5(uuid.NAMESPACE_URL, f'{forum.slug} {state} {start_at}')}@{SITE.calendar_domain}",
        revised_at=start_at - timedelta(days=60),
        state=state,
        start_at=start_at,
        end_at=start_at + timedelta(hours=2),
        local_on=start_at.date(),
        confirmed_at=None if state == "proposed" else start_at - timedelta(days=60),
        forum_rows=[MeetingForum(forum_id=forum.id, position=0)],
    )
    session.add(row)
    session.flush()
    publish(session, row, start_at - timedelta(days=60), site=SITE, days=[row.local_on])
    return row


def seat(
    session: Session, forum: Forum, organisation: Organisation, person: Person, *, function: str = "member"
) -> Seat:
    """A seat of the organisation, filled since the beginning of the year."""
    row = Seat(
        forum_id=forum.id,
        organisation_id=organisation.id,
        appointments=[Appointment(person_id=person.id, function=function, from_on=date(2026, 1, 1))],
    )
    session.add(row)
    session.flush()
    return row


def _organisation(session: Session, slug: str, name: str) -> Organisation:
    row = Organisation(slug=slug, name=name, kind_id="kommun")
    session.add(row)
    session.flush()
    return row


def _person(session: Session, name: str, organisation: Organisation) -> Person:
    row = Person(given_name=name.capitalize(), family_name="Person", organisation_id=organisation.id)
    row.emails.append(PersonEmail(address=f"{name}@register.example", main=True))
    session.add(row)
    session.flush()
    return row
