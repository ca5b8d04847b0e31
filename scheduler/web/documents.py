"""Pages of documents: the papers of a meeting, of its items, and of a forum itself.

A file is served as an attachment that no browser runs (SEC-16), to those who may open it; for others there is none. An
upload that is scanned by the operator's command is scanned outside any transaction. Not here: what is taken
(``records.document_rules``).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict

from scheduler.db import begin_write, db
from scheduler.errors import NotFound, Problem, Refused
from scheduler.forums.models import Forum
from scheduler.i18n import gettext as _
from scheduler.meetings.fragments import forum_level, level_of
from scheduler.meetings.models import Meeting
from scheduler.records import documents as acts
from scheduler.records.agenda_queries import items_of
from scheduler.records.document_queries import (
    Paper,
    Reader,
    body_of,
    may_open,
    papers_of_forum,
    papers_of_meeting,
    version_of,
)
from scheduler.records.document_rules import KINDS, check_file, clean_name
from scheduler.records.documents import Upload
from scheduler.records.models import Document
from scheduler.records.scanning import scan
from scheduler.settings import Settings
from scheduler.web.attempt import attempt
from scheduler.web.fields import PageForm, show_problems
from scheduler.web.forms.documents import VISIBILITIES, DetailsForm, NewDocumentForm, VersionForm
from scheduler.web.meeting_words import title_of
from scheduler.web.security import (
    actor,
    find_forum,
    find_meeting,
    is_invited,
    may_forum,
    may_meeting,
    now,
    policy,
    settings,
)
from scheduler.web.seen import clash_with

bp = Blueprint("documents", __name__)

#: What a form has besides its file, in bytes.
_BESIDE = 100_000
#: No program in the file may run, whatever a browser takes it for.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def most_bytes() -> int:
    """How large a file may be."""
    return settings().upload_mb * 1_000_000


def _most_request(given: Settings) -> int:
    return given.upload_mb * 1_000_000 + _BESIDE


# ---------------------------------------------------------------- whose papers they are


@dataclass(frozen=True)
class Owner:
    """A meeting, or a forum, and where its papers live."""

    meeting: Meeting | None
    forum: Forum

    @property
    def kind(self) -> str:
        """The kind of record its history is kept with."""
        return "forum" if self.meeting is None else "meeting"

    @property
    def id(self) -> int:
        """The id of that record."""
        return self.forum.id if self.meeting is None else self.meeting.id

    @property
    def home(self) -> str:
        """The page where its papers are listed."""
        if self.meeting is None:
            return url_for("forums.show", slug=self.forum.slug, _anchor="h-papers")
        return url_for("meetings.show", meeting_id=self.meeting.id, _anchor="h-papers")

    @property
    def title(self) -> str:
        """What it is called."""
        return self.forum.title if self.meeting is None else title_of(self.meeting)

    def url(self, page: str, /, **values: Any) -> str:
        """The address of a page about its papers: new, edit, version, remove, restore, file."""
        named: dict[str, Any] = {"meeting_id": self.meeting.id} if self.meeting else {"slug": self.forum.slug}
        if self.meeting is None and "document_id" in values:
            values["paper_id"] = values.pop("document_id")
        return url_for(f"documents.{self.kind}_{page}", **named, **values)

    def document(self, document_id: int) -> Document:
        """One of its papers; raises NotFound for another's."""
        found = db.session.get(Document, document_id)
        mine = found is not None and (
            found.forum_id == self.forum.id if self.meeting is None else found.meeting_id == self.meeting.id
        )
        if found is None or not mine:
            raise NotFound
        return found

    def items(self) -> list[tuple[int, str]]:
        """The items of its agenda that a paper may belong to."""
        if self.meeting is None:
            return []
        return [(item.id, f"{item.position}. {item.title}"[:100]) for item in items_of(db.session(), self.meeting.id)]

    def again(self) -> Owner:
        """The same, found anew in another transaction; raises as the gate does when it may be edited no more."""
        if self.meeting is None:
            return Owner(None, find_forum(self.forum.slug, "forum.edit"))
        meeting = find_meeting(self.meeting.id, "meeting.edit")
        return Owner(meeting, meeting.forum)


def of_meeting() -> Owner:
    """The meeting in the address."""
    return Owner(g.meeting, g.meeting.forum)


def of_forum() -> Owner:
    """The forum in the address."""
    return Owner(None, g.forum)


def reader_of_meeting(meeting: Meeting) -> Reader | None:
    """As whom the reader opens a meeting's papers; None where the public sees its date alone."""
    if may_meeting("meeting.edit", meeting):
        return "editor"
    if is_invited(meeting):
        return "participant"
    if g.inside:
        return "member"
    return "public" if level_of(meeting) == "full" else None


def reader_of_forum(forum: Forum) -> Reader | None:
    """As whom the reader opens a forum's papers; somebody of the forum takes part in all of it."""
    if may_forum("forum.edit", forum):
        return "editor"
    if g.inside:
        return "member"
    return "public" if forum_level(forum) == "full" else None


def shown_papers(meeting: Meeting) -> list[Paper]:
    """The papers of a meeting that the reader may open."""
    reader = reader_of_meeting(meeting)
    return [] if reader is None else papers_of_meeting(db.session(), meeting, reader)


def shown_forum_papers(forum: Forum) -> list[Paper]:
    """The papers of a forum itself that the reader may open."""
    reader = reader_of_forum(forum)
    return [] if reader is None else papers_of_forum(db.session(), forum.id, reader)


# ---------------------------------------------------------------- opening one


@bp.get("/meetings/<int:meeting_id>/documents/<int:document_id>/file")
@policy("meeting.read")
def meeting_file(meeting_id: int, document_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found it
    """The file of a meeting's paper; ``?version=`` an earlier one."""
    return _file(of_meeting(), document_id, reader_of_meeting(g.meeting))


@bp.get("/forums/<slug>/documents/<int:paper_id>/file")
@policy("forum.read")
def forum_file(slug: str, paper_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found it
    """The file of a forum's paper; ``?version=`` an earlier one."""
    return _file(of_forum(), paper_id, reader_of_forum(g.forum))


def _file(owner: Owner, document_id: int, reader: Reader | None) -> ResponseReturnValue:
    document = owner.document(document_id)
    if reader is None or not may_open(document, reader):
        raise NotFound
    asked = request.args.get("version", type=int)
    version = version_of(document, asked)
    if version is None or ("version" in request.args and asked is None):
        raise NotFound
    if version.link is not None:
        return redirect(version.link, 303)
    response = send_file(
        io.BytesIO(body_of(db.session(), version)),
        mimetype=version.media_type,
        as_attachment=True,
        download_name=version.filename,
    )
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


# ---------------------------------------------------------------- adding one


@bp.route("/meetings/<int:meeting_id>/documents/new", methods=["GET", "POST"])
@policy("meeting.edit", most_bytes=_most_request)
def meeting_new(meeting_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found it
    """One more paper of a meeting."""
    return _new(of_meeting())


@bp.route("/forums/<slug>/documents/new", methods=["GET", "POST"])
@policy("forum.edit", most_bytes=_most_request)
def forum_new(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found it
    """One more paper of a forum."""
    return _new(of_forum())


def _new(owner: Owner) -> ResponseReturnValue:
    posted = request.method == "POST"
    form = NewDocumentForm(CombinedMultiDict([request.form, request.files]) if posted else None)
    form.offer(owner.items())
    if not posted:
        form.item_id.data = request.args.get("item", "")
        return _render(owner, form, 200)
    file = _upload()
    if file is not None and not _scanned(owner, form, file):
        return _render(owner, form, 422)
    session, kept = db.session(), owner.again()

    def add() -> None:
        acts.add_document(
            session, actor(), now(), meeting=kept.meeting, forum=kept.forum, file=file, link=form.link.data,
            most_bytes=most_bytes(), **form.values(),
        )  # fmt: skip

    if not attempt(form, add):
        return _render(kept.again(), form, 422)
    session.commit()
    flash(_("Handlingen är sparad."))
    return redirect(kept.home, 303)


def _upload() -> Upload | None:
    """The file that was chosen; None for none. What is larger than may be is read no further than that."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return None
    with file.stream:  # a large one lies in a file of its own meanwhile
        return Upload(file.filename, file.stream.read(most_bytes() + 1))


def _scanned(owner: Owner, form: PageForm, file: Upload) -> bool:
    """Whether a file may be stored as far as the operator's scan says; the writer's transaction ends meanwhile."""
    command = settings().scan_command
    problem: Problem | None = check_file(clean_name(file.name), file.body, most_bytes())
    if problem is None and command:
        session = db.session()
        session.rollback()
        problem = scan(command, file.body)
        begin_write(session)
        owner.again()
    if problem is not None:
        form.validate()
        show_problems(form, Refused(problem))
        return False
    return True


def _render(owner: Owner, form: NewDocumentForm, status: int) -> ResponseReturnValue:
    page = render_template("documents/new.html", owner=owner, form=form, endings=_accepted(), most=settings().upload_mb)
    return page, status


def _accepted() -> str:
    """The endings of files that are taken, as a file field offers them."""
    return ",".join(f".{ending}" for ending in sorted(KINDS))


# ---------------------------------------------------------------- changing one


@bp.route("/meetings/<int:meeting_id>/documents/<int:document_id>", methods=["GET", "POST"])
@policy("meeting.edit")
def meeting_edit(meeting_id: int, document_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found it
    """A meeting's paper: its details and its versions."""
    return _edit(of_meeting(), document_id)


@bp.route("/forums/<slug>/documents/<int:paper_id>", methods=["GET", "POST"])
@policy("forum.edit")
def forum_edit(slug: str, paper_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found it
    """A forum's paper: its details and its versions."""
    return _edit(of_forum(), paper_id)


def _edit(owner: Owner, document_id: int) -> ResponseReturnValue:
    document = owner.document(document_id)
    session = db.session()
    if request.method == "GET":
        return _edit_page(owner, document, _opened(owner, document), 200)
    form = DetailsForm(request.form)
    form.offer(owner.items())
    session.refresh(document, with_for_update={"of": Document})
    if clash := clash_with(session, form, _opened(owner, document), owner.kind, owner.id):
        return _edit_page(owner, document, form, 409, clash=clash)
    if not attempt(form, lambda: acts.edit_document(session, actor(), now(), document, **form.values())):
        return _edit_page(owner.again(), document, form, 422)
    session.commit()
    flash(_("Handlingen är sparad."))
    return redirect(owner.home, 303)


def _opened(owner: Owner, document: Document) -> DetailsForm:
    form = DetailsForm(None, obj=document)
    form.offer(owner.items())
    form.item_id.data = str(document.item_id or "")
    form.stamp()
    return form


def _edit_page(owner: Owner, document: Document, form: DetailsForm, status: int, **more: Any) -> ResponseReturnValue:
    page = render_template(
        "documents/edit.html", owner=owner, document=document, form=form, clash=more.get("clash"),
        version_form=more.get("version_form", VersionForm(None)), endings=_accepted(), most=settings().upload_mb,
    )  # fmt: skip
    return page, status


@bp.post("/meetings/<int:meeting_id>/documents/<int:document_id>/version")
@policy("meeting.edit", most_bytes=_most_request)
def meeting_version(meeting_id: int, document_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found it
    """A new version of a meeting's paper."""
    return _new_version(of_meeting(), document_id)


@bp.post("/forums/<slug>/documents/<int:paper_id>/version")
@policy("forum.edit", most_bytes=_most_request)
def forum_version(slug: str, paper_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found it
    """A new version of a forum's paper."""
    return _new_version(of_forum(), paper_id)


def _new_version(owner: Owner, document_id: int) -> ResponseReturnValue:
    owner.document(document_id)
    form = VersionForm(CombinedMultiDict([request.form, request.files]))
    file, session = _upload(), db.session()
    fine = file is None or _scanned(owner, form, file)
    kept = owner.again()
    document = kept.document(document_id)

    def add() -> None:
        acts.add_version(
            session, actor(), now(), document, file=file, link=form.link.data, most_bytes=most_bytes()
        )  # fmt: skip

    if not fine or not attempt(form, add):
        kept = kept.again()
        document = kept.document(document_id)
        return _edit_page(kept, document, _opened(kept, document), 422, version_form=form)
    session.commit()
    flash(_("Den nya versionen är sparad. De tidigare finns kvar."))
    return redirect(kept.url("edit", document_id=document_id), 303)


@bp.post("/meetings/<int:meeting_id>/documents/<int:document_id>/<any(remove, restore):what>")
@policy("meeting.edit")
def meeting_remove(meeting_id: int, document_id: int, what: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """Takes a meeting's paper away, or back."""
    return _remove(of_meeting(), document_id, what)


@bp.post("/forums/<slug>/documents/<int:paper_id>/<any(remove, restore):what>")
@policy("forum.edit")
def forum_remove(slug: str, paper_id: int, what: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """Takes a forum's paper away, or back."""
    return _remove(of_forum(), paper_id, what)


def _remove(owner: Owner, document_id: int, what: str) -> ResponseReturnValue:
    session: Session = db.session()
    document = owner.document(document_id)
    if what == "remove":
        acts.remove_document(session, actor(), now(), document)
        flash(_("Handlingen är borttagen. Den kan tas tillbaka."))
    else:
        acts.restore_document(session, actor(), now(), document)
        flash(_("Handlingen är tillbaka."))
    session.commit()
    return redirect(owner.home, 303)


def visibility_word(visibility: str) -> str:
    """Who may open a document, in a few words."""
    return _(VISIBILITIES[visibility])


bp.add_app_template_global(visibility_word)
