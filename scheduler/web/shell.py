"""What surrounds every page: the menu a person has, their own forums, links, notices, language.

Not here: how it looks (``templates/base.html``, ``solo.html``), who may do what (``accounts.rules``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Flask, current_app, flash, g, get_flashed_messages, request, url_for
from sqlalchemy import func, select

from scheduler import i18n
from scheduler.accounts.rules import ANONYMOUS, Principal
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.history.journal import LAST_CHANGE
from scheduler.history.models import HistoryEntry
from scheduler.i18n import gettext as _
from scheduler.organisations.models import Organisation, Person
from scheduler.polls.queries import undecided
from scheduler.web import words
from scheduler.web.access import polled_forums
from scheduler.web.parts import ForumEntry, Links, MenuEntry, Notice
from scheduler.web.security import in_language, principal, today
from scheduler.web.standing_rows import present_standings

#: So many of a person's own forums stand in the menu.
OWN_FORUMS = 7


def _entry(path: str, label: str, icon: str, count: int | None = None) -> MenuEntry:
    current = request.path == path if path == "/" else request.path == path or request.path.startswith(f"{path}/")
    return MenuEntry(in_language(path), label, icon, count, current)


def menu_of(person: Principal) -> list[MenuEntry]:
    """The main menu: the whole register for those who plan or read it; for others their own page, forums, calendar."""
    if not sees_register(person):
        own = [_entry("/me", _("Min sida"), "person")] if person.signed_in else []
        return [
            *own,
            _entry("/forums", _("Forum och nätverk"), "forums"),
            _entry("/calendar", _("Kalender"), "calendar"),
            *_plan(person),
            *_polls(person, db.session.scalar(undecided(polled_forums(person))) if plans(person) else 0),
            *([] if person.signed_in else [_entry("/notices/board", _("Anslagstavla"), "document")]),
            _entry("/search", _("Sök"), "search"),
        ]
    forums, organisations, people, polls = db.session.execute(
        select(
            select(func.count()).select_from(Forum).scalar_subquery(),
            select(func.count()).where(Organisation.merged_into_id.is_(None)).scalar_subquery(),
            select(func.count()).where(Person.merged_into_id.is_(None)).scalar_subquery(),
            undecided(polled_forums(person)).scalar_subquery(),
        )
    ).one()
    entries = [
        _entry("/", _("Översikt"), "home"),
        _entry("/forums", _("Forum och nätverk"), "forums", forums),
        _entry("/calendar", _("Kalender"), "calendar"),
        *_plan(person),
        *_polls(person, polls),
        _entry("/organisations", _("Organisationer"), "organisation", organisations),
        _entry("/people", _("Personer"), "person", people),
    ]
    if person.administrator or person.secretariat_forums:
        entries.append(_entry("/mail", _("Utskick"), "mail"))
    report = _entry("/reports", _("Rapporter"), "report")
    return [*entries, replace(report, current=report.current or request.path == "/health")]


def plans(person: Principal) -> bool:
    """Whether somebody plans any forum, and so asks about dates."""
    return bool(person.administrator or person.secretariat_forums or person.chair_plans)


def _plan(person: Principal) -> list[MenuEntry]:
    """The year's board of whoever plans; a draft's own page is under it too."""
    if not plans(person):
        return []
    entry = _entry("/plan", _("Planera år"), "plan")
    return [replace(entry, current=entry.current or request.path.startswith("/drafts/"))]


def _polls(person: Principal, waiting: int | None) -> list[MenuEntry]:
    """The date polls of whoever plans, with how many wait; no number where none does."""
    return [_entry("/polls", _("Datumförfrågningar"), "poll", waiting or None)] if plans(person) else []


def _menu_end(person: Principal) -> list[MenuEntry]:
    """What stands last: the parts of the register, and what administrators alone see."""
    entries = [_entry("/register", _("Register"), "document")] if sees_register(person) else []
    if person.administrator:
        entries.append(_entry("/admin/users", _("Administration"), "lock"))
    return entries


def sees_register(person: Principal) -> bool:
    """Whether the menu holds the register's own pages."""
    return person.administrator or person.reader or bool(person.secretariat_forums)


def own_forums(person: Principal) -> list[ForumEntry]:
    """The first forums a person plans, chairs or sits in, in order, with where each stands."""
    own = person.secretariat_forums | person.chair_forums | person.member_forums
    if not own:
        return []
    forums = db.session.scalars(
        select(Forum)
        .where(Forum.id.in_(own), Forum.state == "active", Forum.parent_id.is_(None), Forum.family_count.is_(None))
        .order_by(Forum.sort_key)
        .limit(OWN_FORUMS)
    ).all()
    found = present_standings(forums)
    entries = []
    for forum in forums:
        status = found[forum.id].evaluation.status
        entries.append(
            ForumEntry(f"/forums/{forum.slug}", forum.title, words.status_glyph(status), words.status_word(status))
        )
    return entries


def about_links() -> Links:
    """What stands at the foot of every page, and all there is of pages opened by a personal link."""
    return Links(accessibility=in_language("/accessibility"), privacy=in_language("/privacy"))


def context() -> dict[str, Any]:
    """The values that ``base.html`` and ``solo.html`` name; for a page about a broken house only its name."""
    settings = current_app.extensions["takt"].settings
    if g.get("house_is_broken"):
        return {"shell": "solo.html", "language": i18n.language(), "wordmark": settings.name, "principal": ANONYMOUS}
    person = principal()
    signed_in = person.user_id is not None
    values: dict[str, Any] = {
        "shell": "base.html" if signed_in else "solo.html",
        "wide": True,
        "user": None,
        "principal": person,
        "language": i18n.language(),
        "wordmark": settings.name,
        "installation": settings.organisation,
        "demo": settings.demo,
        "today": today(),
        "canonical_path": request.path,
        "public_url": settings.public_url,
        "links": replace(
            about_links(),
            home=in_language("/"),
            search=in_language("/search"),
            me="/me" if signed_in else "",
            language="/language" if signed_in else "",
            sign_in="" if signed_in else in_language("/login"),
            sign_out="/logout" if signed_in else "",
        ),
        "menu": menu_of(person),
        "menu_end": _menu_end(person),
        "my_forums": own_forums(person) if signed_in else [],
        "notices": _notices() if signed_in else [],
    }
    if signed_in:
        organisation = db.session.scalar(
            select(Organisation.name)
            .join(Person, Person.organisation_id == Organisation.id)
            .where(Person.id == person.person_id)
        )
        values["user"] = {"name": person.name, "organisation_name": organisation or ""}
    return values


def saved(message: str) -> None:
    """Says on the next page that something was saved, with a way to take it back; call it after the commit."""
    session = db.session()
    change_id = session.info.get(LAST_CHANGE)
    # Known to the session still: no question is asked. Of some changes the history keeps no rows.
    change = None if change_id is None else session.get(HistoryEntry, change_id)
    flash(message, "message" if change is None or not change.rows else f"{_UNDO}{change.id}")


def saved_meeting(message: str, meeting_id: int) -> None:
    """As ``saved``, of a step of a meeting, which its own page takes back while nobody has been told."""
    flash(message, f"{_UNDO_MEETING}{meeting_id}")


_UNDO = "undo:"
_UNDO_MEETING = "undo-meeting:"


def _notices() -> list[Notice]:
    """What has just happened; what may be taken back has its button."""
    found = []
    flashed: list[tuple[str, str]] = get_flashed_messages(with_categories=True)  # type: ignore[assignment]  # with categories they are pairs
    for category, message in flashed:
        undo_url = ""
        if category.startswith(_UNDO):
            undo_url = url_for("history.undo", change_id=int(category.removeprefix(_UNDO)))
        elif category.startswith(_UNDO_MEETING):
            undo_url = url_for("meetings.undo", meeting_id=int(category.removeprefix(_UNDO_MEETING)))
        found.append(Notice("met", str(message), undo_url=undo_url))
    return found


def install(app: Flask) -> None:
    """Hands the values to every template; an error page of a broken database gets none."""
    app.context_processor(context)
