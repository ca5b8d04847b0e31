"""Users with feeds of their own, and a feed as one reads it, for tests of any room."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from scheduler.accounts.models import User, UserRole
from scheduler.accounts.principals import principal_of
from scheduler.accounts.rules import Principal
from scheduler.clock import civil_date
from scheduler.feeds.actions import Made, make_token
from scheduler.feeds.queries import body_of, feed_of_token, rights_for
from scheduler.feeds.rules import Feed, Scope, window_on
from scheduler.organisations.models import Person
from tests.ical_clients import read_with_icalendar
from tests.meetings.county import County

WORDMARK = "Länsstyrelsen"


def user_of(county: County, person: Person | None = None, *roles: UserRole) -> User:
    """A user, of the person if one is given, with these roles."""
    login = (
        f"user{person.id}@login.example" if person else f"roles{len(county.session.query(User).all())}@login.example"
    )
    return county.add(
        User(
            login=login,
            name=person.name if person else "Sekretariatet",
            person_id=person.id if person else None,
            roles=list(roles),
            created_at=county.now,
        )
    )


def today_of(county: County) -> date:
    return civil_date(county.now, "Europe/Stockholm")


def principal(county: County, user: User) -> Principal:
    return principal_of(county.session, user, today_of(county))


def link(county: County, user: User, scope: Scope, scope_id: int = 0, **options: Any) -> Made:
    """A secret link of ``user``."""
    options.setdefault("label", "Telefon")
    return make_token(
        county.session, county.actor, county.now, principal=principal(county, user), scope=scope, scope_id=scope_id,
        **options,
    )  # fmt: skip


def feed_of(county: County, made: Made) -> Feed:
    feed = feed_of_token(county.session, made.secret)
    assert feed is not None
    return feed


def read(session: Session, feed: Feed, on: date, from_on: date | None = None) -> bytes:
    """What the feed gives on a day."""
    return body_of(session, feed, window_on(on, from_on), rights_for(session, feed, on), WORDMARK)


def summaries(body: bytes) -> list[str | None]:
    """The titles in a calendar, in its order."""
    return [event["summary"] for event in read_with_icalendar(body)]
