"""What a person does with documents: adding one, a new version of it, its title and who sees it, taking it away.

The bytes stand in the database, once however often they were uploaded, in the same transaction as the rest: nothing is
half stored. Not here: what may be uploaded (``document_rules``), who may open what (``document_queries``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.forums.models import Forum
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.fragments import forum_level, public_forums
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import label_of
from scheduler.meetings.saving import all_or_nothing
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Field, Reference, Text
from scheduler.records import document_rules as rules
from scheduler.records.agenda_rules import Ground
from scheduler.records.models import AgendaItem, Document, DocumentContent, DocumentVersion


@dataclass(frozen=True)
class Upload:
    """A file as it came: the name it had, and its bytes."""

    name: str
    body: bytes


class DocumentFields(TypedDict, total=False):
    """What of a document a person writes."""

    #: None: as its file is called.
    title: str | None
    #: An item of the meeting; None: all of it.
    item_id: int | None
    visibility: str
    secrecy_ground: str | None


FIELDS: Mapping[str, Field] = {
    "title": Text(300),
    "item_id": Reference(),
    "visibility": Choice([one.value for one in rules.Visibility]),
    "secrecy_ground": Ground(),
}
_FACTS = ("title", "visibility", "secrecy_ground")
_LINK: Mapping[str, Field] = {"link": rules.Link()}


@all_or_nothing
def add_document(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    meeting: Meeting | None = None,
    forum: Forum | None = None,
    file: Upload | None = None,
    link: str | None = None,
    most_bytes: int,
    **given: Unpack[DocumentFields],
) -> Document:
    """A new paper of ``meeting`` or of ``forum``: a file or a link. Raises Refused with problems at the fields.

    Without a title it is called as its file is.
    """
    owner: Meeting | Forum | None = meeting or forum
    assert owner is not None  # noqa: S101 - a paper is somebody's
    rows.claim(session, owner)
    values, problems = fields.read(FIELDS, given)
    version, more = _version(file, link, most_bytes)
    problems += more + _problems(session, meeting, forum, values)
    mine = Document.meeting_id == meeting.id if meeting else Document.forum_id == owner.id
    count = session.scalar(select(func.count()).select_from(Document).where(mine)) or 0
    if count >= rules.MOST_DOCUMENTS:
        problems.append(Problem(None, mark("Det finns redan %(n)s handlingar här"), {"n": count}))
    values["title"] = values.get("title") or (version.filename or version.link or "")[:300]
    fields.refuse(problems)
    if values.get("secrecy_ground") and values.get("visibility") == rules.Visibility.PUBLIC:
        values["visibility"] = rules.Visibility.PARTICIPANTS.value
    document = Document(
        meeting_id=meeting.id if meeting else None, forum_id=None if meeting else owner.id, position=count + 1, **values
    )
    session.add(document)
    session.flush()
    _add(session, actor, now, document, version, file)
    _record(session, actor, now, document, "document.add", after=_facts(document, version))
    return document


@all_or_nothing
def add_version(
    session: Session,
    actor: Actor,
    now: datetime,
    document: Document,
    *,
    file: Upload | None = None,
    link: str | None = None,
    most_bytes: int,
) -> DocumentVersion:
    """A new version, which is shown from now on; the old ones stay. Two at once get different numbers."""
    rows.claim(session, document)
    version, problems = _version(file, link, most_bytes)
    if document.removed_at is not None:
        problems.append(Problem(None, mark("Handlingen är borttagen. Ta tillbaka den först.")))
    fields.refuse(problems)
    _add(session, actor, now, document, version, file)
    document.version += 1
    session.flush()
    _record(
        session, actor, now, document, "document.version", after={"document": document.title, **_of_version(version)}
    )
    return version


@all_or_nothing
def edit_document(
    session: Session, actor: Actor, now: datetime, document: Document, **given: Unpack[DocumentFields]
) -> Document:
    """Changes title, item or who sees it. Raises Refused with problems at the fields."""
    rows.claim(session, document)
    values, problems = fields.read(FIELDS, given)
    problems += _problems(session, document.meeting, document.forum, values)
    if "title" in values and not values["title"]:
        problems.append(Problem("title", fields.MISSING))
    fields.refuse(problems)
    ground = values.get("secrecy_ground", document.secrecy_ground)
    if ground and values.get("visibility", document.visibility) == rules.Visibility.PUBLIC:
        values["visibility"] = rules.Visibility.PARTICIPANTS.value
    before = _shown(document)
    rows.assign(document, values)
    session.flush()
    session.expire(document, ["item"])
    after = _shown(document)
    if before != after:
        document.version += 1
        session.flush()
        _record(session, actor, now, document, "document.edit", before=before, after=after)
    return document


@all_or_nothing
def remove_document(session: Session, actor: Actor, now: datetime, document: Document) -> None:
    """Takes a document off the pages; it is kept, since it may have been sent."""
    rows.claim(session, document)
    if document.removed_at is None:
        document.removed_at = now
        session.flush()
        _record(session, actor, now, document, "document.remove", before=_shown(document))


@all_or_nothing
def restore_document(session: Session, actor: Actor, now: datetime, document: Document) -> None:
    """Puts a document that was taken away back."""
    rows.claim(session, document)
    if document.removed_at is not None:
        document.removed_at = None
        session.flush()
        _record(session, actor, now, document, "document.restore", after=_shown(document))


# ---------------------------------------------------------------- the parts


def _version(file: Upload | None, link: str | None, most_bytes: int) -> tuple[DocumentVersion, list[Problem]]:
    """A version without number, and what is wrong with it."""
    values, problems = fields.read(_LINK, {"link": link})
    address = values.get("link")
    if problems:
        return DocumentVersion(), problems
    if file is not None and address is not None:
        return DocumentVersion(), [Problem("link", mark("Välj en fil eller ange en länk, inte båda"))]
    if address is not None:
        return DocumentVersion(link=address), []
    if file is None:
        return DocumentVersion(), [Problem("file", mark("Välj en fil, eller ange en länk"))]
    name = rules.clean_name(file.name)
    problem = rules.check_file(name, file.body, most_bytes)
    if problem is not None:
        return DocumentVersion(), [problem]
    return DocumentVersion(
        filename=name, media_type=rules.KINDS[rules.ending_of(name)].media_type, size=len(file.body),
        sha256=hashlib.sha256(file.body).hexdigest(),
    ), []  # fmt: skip


def _add(
    session: Session, actor: Actor, now: datetime, document: Document, version: DocumentVersion, file: Upload | None
) -> None:
    """Stores a version under its number; the document's row is held."""
    last = session.scalar(
        select(func.max(DocumentVersion.number)).where(DocumentVersion.document_id == document.id)
    )  # fmt: skip
    if (last or 0) >= rules.MOST_VERSIONS:
        fields.refuse([Problem(None, mark("Handlingen har redan %(n)s versioner"), {"n": last})])
    if file is not None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(
            insert(DocumentContent).values(sha256=version.sha256, body=file.body).on_conflict_do_nothing()
        )  # fmt: skip
    version.number, version.at, version.user_id = (last or 0) + 1, now, actor.user_id
    version.document_id = document.id
    session.add(version)
    session.flush()
    session.expire(document, ["versions"])


def _problems(
    session: Session, meeting: Meeting | None, forum: Forum | None, values: Mapping[str, Any]
) -> list[Problem]:
    problems = []
    item_id = values.get("item_id")
    if item_id is not None:
        item = session.get(AgendaItem, item_id)
        if meeting is None or item is None or item.meeting_id != meeting.id:
            problems.append(Problem("item_id", fields.CHOOSE))
    if values.get("visibility") == rules.Visibility.PUBLIC:
        forums = public_forums(meeting) if meeting else [forum] if forum else []
        if not any(forum_level(one) == "full" for one in forums):
            problems.append(Problem("visibility", mark("Forumet är inte helt offentligt. Välj deltagare i stället")))
    return problems


def _shown(document: Document) -> dict[str, Any]:
    item = document.item
    return {**rows.facts(document, _FACTS), "item": item.title if item is not None else None}


def _facts(document: Document, version: DocumentVersion) -> dict[str, Any]:
    return {**_shown(document), **_of_version(version)}


def _of_version(version: DocumentVersion) -> dict[str, Any]:
    return {"number": version.number, "file": version.filename, "link": version.link, "sha256": version.sha256}


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    document: Document,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Keeps a change with the meeting or the forum whose paper it is."""
    if before is not None and after is not None and before.get("title") == after.get("title"):
        after = {**after, "document": document.title}
    if document.meeting is not None:
        kind, subject_id, label = "meeting", document.meeting.id, label_of(document.meeting)
    else:
        assert document.forum is not None  # noqa: S101 - the table's own constraint
        kind, subject_id, label = "forum", document.forum.id, document.forum.name
    record(
        session, actor, now, action=action, kind=kind, subject_id=subject_id, label=label, before=before, after=after
    )  # fmt: skip
