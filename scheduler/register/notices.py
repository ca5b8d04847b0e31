"""What a person does with the register's notices: enter, edit, take away.

Not here: when one is shown (``rules.notice_time``), which have been put away in a browser (``web.overview``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy.orm import Session

from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Day, Field, Flag, Reference, Text, Web
from scheduler.organisations.models import Organisation
from scheduler.register.models import Notice
from scheduler.register.rules import NOTICE_KINDS


class NoticeFields(TypedDict, total=False):
    """What of a notice a person writes; without days it is shown until it is taken away."""

    kind: str
    text: str | None
    text_en: str | None
    link: str | None
    organisation_id: int | None
    from_on: date | None
    to_on: date | None
    dismissible: bool


FIELDS: Mapping[str, Field] = {
    "kind": Choice(NOTICE_KINDS),
    "text": Text(1000, missing=mark("Skriv meddelandet")),
    "text_en": Text(1000),
    "link": Web(1000, secure=True),
    "organisation_id": Reference(),
    "from_on": Day(),
    "to_on": Day(),
    "dismissible": Flag(),
}
REFERENCES: rows.References = {"organisation_id": ("organisation", Organisation)}
FACTS = (*(name for name in FIELDS if name not in REFERENCES), "organisation")


def create_notice(session: Session, actor: Actor, now: datetime, **given: Unpack[NoticeFields]) -> Notice:
    """A new notice. Raises Refused with problems at the fields."""
    notice = Notice(dismissible=True)
    values = _read(session, notice, {"kind": "information", "text": None, **given})
    with session.no_autoflush:
        rows.assign(notice, values)
        notice.slug = rows.free_slug(session, Notice.slug, notice.text, otherwise="meddelande")
    session.add(notice)
    session.flush()
    _record(session, actor, now, notice, "notice.create", after=rows.facts(notice, FACTS))
    return notice


def edit_notice(session: Session, actor: Actor, now: datetime, notice: Notice, **given: Unpack[NoticeFields]) -> Notice:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = rows.facts(notice, FACTS)
    rows.assign(notice, _read(session, notice, given))
    session.flush()
    _record(session, actor, now, notice, "notice.edit", before=before, after=rows.facts(notice, FACTS))
    return notice


def remove_notice(session: Session, actor: Actor, now: datetime, notice: Notice) -> None:
    """Takes a notice away."""
    _record(session, actor, now, notice, "notice.remove", before=rows.facts(notice, FACTS))
    session.delete(notice)
    session.flush()


def _read(session: Session, notice: Notice, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    problems += more
    from_on, to_on = (values.get(name, getattr(notice, name)) for name in ("from_on", "to_on"))
    problems += fields.order_problem("to_on", from_on, to_on)
    fields.refuse(problems)
    return values


def _record(session: Session, actor: Actor, now: datetime, notice: Notice, action: str, **change: Any) -> None:
    record(session, actor, now, action=action, kind="notice", subject_id=notice.id, label=notice.text, **change)
