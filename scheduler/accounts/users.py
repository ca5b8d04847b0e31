"""Users and their roles: adding, editing, disabling, giving a role and taking it away.

What changes what somebody may do raises the user's epoch, so that every session begun before is over (SEC-13). Takt
is never left without an administrator. Who may sign in no more has no calendar of their own read either. Not here:
signing in and sessions (``actions``), invitations.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from scheduler.accounts.models import User, UserRole
from scheduler.accounts.queries import user_by_login
from scheduler.accounts.rules import ROLES, is_address, normalised_address
from scheduler.errors import NotFound, Problem, Refused
from scheduler.forums.models import Forum
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import LANGUAGES, mark
from scheduler.ical.text import one_line
from scheduler.organisations.fields import Text, Unfit
from scheduler.organisations.models import Organisation, Person, PersonEmail
from scheduler.organisations.rules import shown_name
from scheduler.places.busy import remove_sources

_NAME = Text(200, missing=mark("Ange ett namn"))


def user_fields(user: User) -> dict[str, object]:
    """What the history keeps of a user."""
    return {
        "login": user.login,
        "name": user.name,
        "person_id": user.person_id,
        "person": None if user.person is None else shown_name(user.person),
        "language": user.language,
        "active": user.active,
    }


def _role_fields(session: Session, role: UserRole) -> dict[str, object]:
    return {
        "role": role.role,
        "forum_id": role.forum_id,
        "organisation_id": role.organisation_id,
        **reach_names(session, role.forum_id, role.organisation_id),
        "from_on": role.from_on,
        "to_on": role.to_on,
    }


def reach_names(session: Session, forum_id: int | None, organisation_id: int | None) -> dict[str, object]:
    """What a role reaches over, in the words the history keeps."""
    forum = None if forum_id is None else session.get_one(Forum, forum_id)
    organisation = None if organisation_id is None else session.get_one(Organisation, organisation_id)
    return {
        "forum": None if forum is None else forum.title,
        "organisation": None if organisation is None else organisation.name,
    }


# ---------------------------------------------------------------- what is asked of a user and of a role


def login_problems(session: Session, login: str, *, field: str = "login") -> list[Problem]:
    """What speaks against a new user who signs in with ``login``, as it is normalised: no address, or an account."""
    if not is_address(login):
        return [Problem(field, mark("Ange en e-postadress, till exempel namn@exempel.se"))]
    if user_by_login(session, login) is not None:
        return [Problem(field, mark("%(login)s har redan ett konto"), {"login": login})]
    person_id = person_of_address(session, login)
    if person_id is not None:
        other = session.scalars(select(User.login).where(User.person_id == person_id)).one_or_none()
        if other is not None:
            return [Problem(field, mark("Personen har redan ett konto: %(login)s"), {"login": other})]
    return []


def person_of_address(session: Session, login: str) -> int | None:
    """The person of the register whose address this is; nobody, when the person was made anonymous."""
    return session.scalars(
        select(PersonEmail.person_id)
        .join(PersonEmail.person)
        .where(PersonEmail.normalised == login, Person.anonymised_at.is_(None))
    ).one_or_none()


def name_problems(name: str, language: str) -> list[Problem]:
    """What is wrong with a user's name and language."""
    problems = []
    try:
        _NAME.read(name)
    except Unfit as unfit:
        problems.append(Problem("name", unfit.text, unfit.values))
    if language not in LANGUAGES:
        problems.append(Problem("language", mark("Välj ett av språken")))
    return problems


def role_problem(role: str, forum_id: int | None, organisation_id: int | None) -> Problem | None:
    """What is wrong with a role's reach: a secretariat has one of two, a contact an organisation, others none."""
    if role not in ROLES:
        return Problem("role", mark("Det finns ingen roll %(role)s"), {"role": role})
    if role == "secretariat" and (forum_id is None) == (organisation_id is None):
        return Problem("forum", mark("Ange antingen ett forum eller en organisation för rollen sekretariat"))
    if role == "organisation_contact" and (organisation_id is None or forum_id is not None):
        return Problem("organisation", mark("Ange en organisation för rollen organisationskontakt"))
    if role in ("administrator", "reader") and (forum_id is not None or organisation_id is not None):
        return Problem("role", mark("Rollen gäller allt och har varken forum eller organisation"))
    return None


def reach_problems(session: Session, role: str, forum_id: int | None, organisation_id: int | None) -> list[Problem]:
    """As ``role_problem``, and whether the forum and the organisation are there."""
    problem = role_problem(role, forum_id, organisation_id)
    if problem is not None:
        return [problem]
    problems = []
    if forum_id is not None and session.get(Forum, forum_id) is None:
        problems.append(Problem("forum", mark("Välj ett forum")))
    if organisation_id is not None and session.get(Organisation, organisation_id) is None:
        problems.append(Problem("organisation", mark("Välj en organisation")))
    return problems


def _forum_id(session: Session, slug: str | None) -> int | None:
    if slug is None:
        return None
    found = session.scalars(select(Forum.id).where(Forum.slug == slug)).one_or_none()
    if found is None:
        raise Refused(Problem("forum", mark("Det finns inget forum %(slug)s"), {"slug": slug}))
    return found


def _organisation_id(session: Session, slug: str | None) -> int | None:
    if slug is None:
        return None
    there = select(Organisation.id).where(Organisation.slug == slug, Organisation.merged_into_id.is_(None))
    found = session.scalars(there).one_or_none()
    if found is None:
        raise Refused(Problem("organisation", mark("Det finns ingen organisation %(slug)s"), {"slug": slug}))
    return found


# ---------------------------------------------------------------- users


def add_user(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    login: str,
    name: str,
    role: str | None = None,
    organisation: str | None = None,
    forum: str | None = None,
    language: str = "sv",
) -> User:
    """Adds a user, with a role where one is given (``organisation``, ``forum``: slugs).

    The user is the person of the register who has this address, if there is one. Raises Refused, at the
    field it concerns, for an address in use: an existing account is never touched (SEC-20).
    """
    login = normalised_address(login)
    if not is_address(login):
        raise Refused(*login_problems(session, login))
    if problems := name_problems(name, language) or login_problems(session, login):
        raise Refused(*problems)
    forum_id, organisation_id = _forum_id(session, forum), _organisation_id(session, organisation)
    if role is None and (forum_id or organisation_id):
        raise Refused(Problem("role", mark("Ange vilken roll det gäller")))
    if role is not None and (problem := role_problem(role, forum_id, organisation_id)):
        raise Refused(problem)
    user = new_user(session, actor, now, login=login, name=name, language=language)
    if role is not None:
        grant_role(session, actor, now, user=user, role=role, forum_id=forum_id, organisation_id=organisation_id)
    return user


def new_user(session: Session, actor: Actor, now: datetime, *, login: str, name: str, language: str) -> User:
    """Stores a user whose address and name are known to be right; the person of the register who has the address."""
    user = User(
        login=login, name=one_line(name), person_id=person_of_address(session, login), language=language, created_at=now
    )
    session.add(user)
    session.flush()
    record(
        session, actor, now, action="user.create", kind="user", subject_id=user.id, label=login, before=None,
        after=user_fields(user),
    )  # fmt: skip
    session.flush()
    return user


def edit_user(session: Session, actor: Actor, now: datetime, *, user: User, name: str, language: str) -> None:
    """Sets a user's name and language; the address stays, since it is what signs in."""
    if problems := name_problems(name, language):
        raise Refused(*problems)
    before = user_fields(user)
    user.name, user.language = one_line(name), language
    record(
        session, actor, now, action="user.edit", kind="user", subject_id=user.id, label=user.login, before=before,
        after=user_fields(user),
    )  # fmt: skip
    session.flush()


def set_person(session: Session, actor: Actor, now: datetime, *, user: User, person_id: int | None) -> None:
    """Says which person of the register the user is, None for none; ends the user's sessions.

    What the person's seats and offices allow follows at once; the calendars of who it was are read no more. Raises
    Refused for a person who has another account.
    """
    if user.person_id == person_id:
        return
    if person_id is not None:
        person = session.get(Person, person_id)
        if person is None or person.anonymised_at is not None or person.merged_into_id is not None:
            raise Refused(Problem("person_id", mark("Välj en person")))
        other = session.scalars(select(User.login).where(User.person_id == person_id)).one_or_none()
        if other is not None:
            raise Refused(Problem("person_id", mark("Personen har redan ett konto: %(login)s"), {"login": other}))
    before, was = user_fields(user), user.person
    user.person_id = person_id
    user.epoch += 1
    session.flush()
    session.expire(user, ["person"])
    record(
        session, actor, now, action="user.person", kind="user", subject_id=user.id, label=user.login, before=before,
        after=user_fields(user),
    )  # fmt: skip
    if was is not None:
        remove_sources(session, actor, now, was)
    session.flush()


def set_active(session: Session, actor: Actor, now: datetime, *, user: User, active: bool) -> None:
    """Disables a user, which ends the user's sessions and removes their calendars at once, or lets the user in again.

    Raises Refused for the last administrator.
    """
    if user.active == active:
        return
    if not active:
        _keep_an_administrator(session, now.date(), None, leaving=[role.id for role in user.roles])
    before = user_fields(user)
    user.active = active
    user.epoch += 1
    action = "user.enable" if active else "user.disable"
    record(
        session, actor, now, action=action, kind="user", subject_id=user.id, label=user.login, before=before,
        after=user_fields(user),
    )  # fmt: skip
    if not active and user.person is not None:
        remove_sources(session, actor, now, user.person)
    session.flush()


def set_language(session: Session, actor: Actor, now: datetime, *, user: User, language: str) -> None:
    """Sets the language a user reads; raises Refused for one the pages do not have."""
    if language not in LANGUAGES:
        raise Refused(Problem("language", mark("Välj ett av språken")))
    before = user_fields(user)
    user.language = language
    record(
        session, actor, now, action="user.edit", kind="user", subject_id=user.id, label=user.login, before=before,
        after=user_fields(user),
    )  # fmt: skip
    session.flush()


# ---------------------------------------------------------------- roles


def grant_role(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    user: User,
    role: str,
    forum_id: int | None = None,
    organisation_id: int | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
) -> UserRole:
    """Gives a user a role for the days ``from_on``–``to_on`` (both included, None: open).

    Ends the user's sessions, since a session never outlives what it was begun with (SEC-13). Raises Refused
    when the role and its reach do not fit together, or the user has the role on some of these days.
    """
    problems = reach_problems(session, role, forum_id, organisation_id)
    if from_on is not None and to_on is not None and to_on < from_on:
        problems.append(Problem("to_on", mark("Sista dagen kan inte ligga före den första")))
    row = UserRole(role=role, forum_id=forum_id, organisation_id=organisation_id, from_on=from_on, to_on=to_on)
    if not problems and any(_same(row, other) and _overlap(row, other) for other in user.roles):
        problems.append(Problem("role", mark("Rollen finns redan under de dagarna")))
    if problems:
        raise Refused(*problems)
    user.roles.append(row)
    user.epoch += 1
    session.flush()
    record(
        session, actor, now, action="role.grant", kind="user", subject_id=user.id, label=user.login, before=None,
        after=_role_fields(session, row),
    )  # fmt: skip
    session.flush()
    return row


def _same(one: UserRole, other: UserRole) -> bool:
    return (one.role, one.forum_id, one.organisation_id) == (other.role, other.forum_id, other.organisation_id)


def _overlap(one: UserRole, other: UserRole) -> bool:
    first = max(one.from_on or date.min, other.from_on or date.min)
    return first <= min(one.to_on or date.max, other.to_on or date.max)


def _role_of(user: User, role_id: int) -> UserRole:
    row = next((role for role in user.roles if role.id == role_id), None)
    if row is None:
        raise NotFound
    return row


def end_role(session: Session, actor: Actor, now: datetime, *, user: User, role_id: int, on: date) -> None:
    """Lets ``on`` be the last day of a role, and ends the user's sessions.

    Raises NotFound when the role is not the user's, Refused for a day before its first one and when no administrator
    would be left.
    """
    row = _role_of(user, role_id)
    if row.from_on is not None and on < row.from_on:
        raise Refused(Problem("on", mark("Sista dagen kan inte ligga före den första")))
    _keep_an_administrator(session, now.date(), "on", leaving=[row.id], until=on)
    before = _role_fields(session, row)
    row.to_on = on
    user.epoch += 1
    record(
        session, actor, now, action="role.end", kind="user", subject_id=user.id, label=user.login, before=before,
        after=_role_fields(session, row),
    )  # fmt: skip
    session.flush()


def revoke_role(session: Session, actor: Actor, now: datetime, *, user: User, role_id: int) -> None:
    """Takes a role from a user and ends the user's sessions.

    Raises NotFound when it is not the user's, Refused when no administrator would be left.
    """
    row = _role_of(user, role_id)
    _keep_an_administrator(session, now.date(), None, leaving=[row.id])
    record(
        session, actor, now, action="role.revoke", kind="user", subject_id=user.id, label=user.login,
        before=_role_fields(session, row), after=None,
    )  # fmt: skip
    user.roles.remove(row)
    user.epoch += 1
    session.flush()


def _keep_an_administrator(
    session: Session, today: date, field: str | None, *, leaving: Collection[int], until: date | None = None
) -> None:
    """Raises Refused when nobody would be administrator today, or nobody without a last day as somebody is now.

    ``leaving``: the roles that are to go; ``until``: the last day they keep. The rows are held, so that two
    administrators cannot take the role from each other at once.
    """
    rows = session.scalars(
        select(UserRole)
        .join(UserRole.user)
        .options(contains_eager(UserRole.user))
        .where(UserRole.role == "administrator", User.active)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    held = [row for row in rows if row.from_on is None or row.from_on <= today]
    left = [row for row in held if row.id not in leaving]
    if len(left) == len(held):
        return
    today_left = any(row.to_on is None or row.to_on >= today for row in left) or (until is not None and until >= today)
    was_open, is_open = (any(row.to_on is None for row in some) for some in (held, left))
    if not today_left or (was_open and not is_open):
        raise Refused(Problem(field, mark("Takt måste ha minst en administratör. Ge någon annan rollen först.")))
