"""What pages ask beyond the gate: whether to show a link to an edit, and where the installation lives.

Not here: the gate itself (``security``), the role table (``accounts.rules``).
"""

from __future__ import annotations

from flask import g

from scheduler.accounts.principals import forums_using_person
from scheduler.accounts.rules import Principal, may
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.i18n import language
from scheduler.meetings.fragments import Site, public_forums
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Person
from scheduler.web.security import may_forum, principal, settings, today


def may_edit_forum(forum: Forum) -> bool:
    """Whether the person may edit the forum."""
    return may_forum("forum.edit", forum)


def may_plan(forum: Forum) -> bool:
    """Whether the person may plan the forum's meetings: its secretariat, and its chair where the forum lets it."""
    return may(principal(), "meeting.edit", forum_ids=[forum.id])


def is_only_oneself(person: Person) -> bool:
    """Whether it is the reader's own record, and theirs to edit for no other reason: then only how to reach them."""
    who = principal()
    using = forums_using_person(db.session(), person.id, today())
    return person.id == who.person_id and not may(who, "person.edit", forum_ids=using)


def sees_all() -> bool:
    """Whether the person sees the whole register: those who plan or read it."""
    who = principal()
    return who.administrator or who.reader or bool(who.secretariat_forums)


def seen_forums() -> tuple[frozenset[int] | None, bool]:
    """Which forums the person sees, as ``forums_for_list`` takes it: (None, False) all, else own and public ones."""
    who = principal()
    if who.administrator or who.reader:
        return None, False
    return who.own_forums, True


def polled_forums(who: Principal) -> frozenset[int] | None:
    """The forums whose date polls somebody sees and makes: those they plan; None: all."""
    return None if who.administrator else who.secretariat_forums | who.chair_plans


def site() -> Site:
    """Where the installation lives, as a calendar says it."""
    return Site(settings().public_url, settings().calendar_domain)


def public_calendar(forum: Forum | None = None) -> str:
    """The whole address of the calendar without a secret, in the reader's language: a public forum's, or of all."""
    path = f"/forums/{forum.slug}/calendar.ics" if forum else "/calendar.ics"
    return f"{settings().public_url}{path}{'?language=en' if language() == 'en' else ''}"


def named_forum(meeting: Meeting) -> Forum:
    """The forum a page about ``meeting`` names: the leading one, to a visitor the first that is public."""
    return meeting.forum if g.inside else public_forums(meeting)[0]
