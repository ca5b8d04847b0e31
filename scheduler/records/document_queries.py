"""Documents as they are read: the papers of a meeting or a forum that somebody may open. Not here: changing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.clock import civil_date
from scheduler.meetings.models import Meeting
from scheduler.records.document_rules import ending_of, size_words
from scheduler.records.models import AgendaItem, Document, DocumentContent, DocumentVersion

#: Who reads: everybody, somebody of the forum, somebody who takes part, whoever edits.
Reader = Literal["public", "member", "participant", "editor"]


@dataclass(frozen=True)
class Paper:
    """A document in a list, with its latest version."""

    id: int
    title: str
    item_id: int | None
    visibility: str
    #: Its own, or that of its item.
    secrecy_ground: str | None
    number: int
    #: None for a file.
    link: str | None
    #: "PDF"; "" for a link.
    kind: str
    #: "1,3 MB"; "" for a link.
    size: str
    #: The local day it came, for one that came after the call.
    added_on: date | None = None


def may_open(document: Document, reader: Reader) -> bool:
    """Whether ``reader`` may open a document; one that was taken away only whoever edits."""
    if reader == "editor":
        return True
    if document.removed_at is not None or document.visibility == "secretariat":
        return False
    if ground_of(document) is not None:
        return reader == "participant"
    return reader != "public" or (document.visibility == "public" and (document.item is None or document.item.public))


def ground_of(document: Document) -> str | None:
    """The law that makes it secret: its own, or that of its item."""
    return document.secrecy_ground or (document.item.secrecy_ground if document.item is not None else None)


def papers_of_meeting(session: Session, meeting: Meeting, reader: Reader) -> list[Paper]:
    """The papers of a meeting that ``reader`` may open, those of items in the agenda's order. Two queries."""
    query = (
        select(Document)
        .outerjoin(Document.item)
        .where(Document.meeting_id == meeting.id, Document.removed_at.is_(None))
        .order_by(AgendaItem.position.nulls_first(), Document.position, Document.id)
    )
    return _papers(session, query, reader, meeting)


def papers_of_forum(session: Session, forum_id: int, reader: Reader) -> list[Paper]:
    """The papers of a forum itself that ``reader`` may open. Two queries."""
    query = (
        select(Document)
        .where(Document.forum_id == forum_id, Document.removed_at.is_(None))
        .order_by(Document.position, Document.id)
    )
    return _papers(session, query, reader, None)


def public_papers(session: Session, meetings: Sequence[Meeting]) -> dict[int, list[Paper]]:
    """Meeting → its papers that everybody may open; meetings without any are left out. Two queries."""
    by_id = {meeting.id: meeting for meeting in meetings}
    found: dict[int, list[Paper]] = {}
    for document in session.scalars(
        select(Document)
        .outerjoin(Document.item)
        .where(Document.meeting_id.in_(by_id), Document.removed_at.is_(None))
        .order_by(AgendaItem.position.nulls_first(), Document.position, Document.id)
        .options(joinedload(Document.item), selectinload(Document.versions))
    ):
        if document.meeting_id is not None and may_open(document, "public"):
            found.setdefault(document.meeting_id, []).append(_paper(document, by_id[document.meeting_id]))
    return found


def removed_of(session: Session, *, meeting_id: int | None = None, forum_id: int | None = None) -> Sequence[Document]:
    """The papers that were taken away, for whoever edits."""
    mine = Document.meeting_id == meeting_id if meeting_id is not None else Document.forum_id == forum_id
    query = select(Document).where(mine, Document.removed_at.is_not(None)).order_by(Document.removed_at, Document.id)
    return session.scalars(query).all()


def _papers(session: Session, query: object, reader: Reader, meeting: Meeting | None) -> list[Paper]:
    found = session.scalars(
        query.options(joinedload(Document.item), selectinload(Document.versions))  # type: ignore[attr-defined]  # a select
    ).all()
    return [_paper(document, meeting) for document in found if may_open(document, reader)]


def _paper(document: Document, meeting: Meeting | None) -> Paper:
    last, first = document.versions[-1], document.versions[0]
    return Paper(
        id=document.id,
        title=document.title,
        item_id=document.item_id,
        visibility=document.visibility,
        secrecy_ground=ground_of(document),
        number=last.number,
        link=last.link,
        kind="" if last.filename is None else ending_of(last.filename).upper(),
        size="" if last.size is None else size_words(last.size),
        added_on=_late(meeting, first.at),
    )


def _late(meeting: Meeting | None, at: datetime) -> date | None:
    if meeting is None or meeting.called_at is None or at <= meeting.called_at:
        return None
    return civil_date(at, meeting.time_zone)


def version_of(document: Document, number: int | None) -> DocumentVersion | None:
    """A version by its number, the latest for None; None when there is none."""
    if number is None:
        return document.versions[-1]
    return next((version for version in document.versions if version.number == number), None)


def body_of(session: Session, version: DocumentVersion) -> bytes:
    """The bytes of a file."""
    return session.scalars(select(DocumentContent.body).where(DocumentContent.sha256 == version.sha256)).one()
