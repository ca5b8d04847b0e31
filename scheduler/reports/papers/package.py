"""The closing package: everything of a meeting in one zip, ready for the registry (spec product D17, security PRI-5).

Summons with agenda, minutes, attendance, decisions, action points, documents in all versions, mails, log, and a list of
contents with the hash of each file. What is secret is in it only when somebody has looked at it and says so; otherwise
the list says what was left out. No text of a mail, no address. Not here: who may ask for it, which mails there were
and what the log's words are (handed in).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.history.models import HistoryEntry
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.meetings.models import Meeting
from scheduler.records import minutes_words as words
from scheduler.records.action_points import points_from
from scheduler.records.attendance_lists import roll_of
from scheduler.records.document_queries import body_of, ground_of
from scheduler.records.minutes_reading import attendance_text, minutes_of, text_of
from scheduler.records.minutes_text import MinutesText, canonical, from_json, public
from scheduler.records.models import Document
from scheduler.reports.papers import pdf
from scheduler.reports.papers.archive import make_zip, safe_name
from scheduler.reports.papers.minutes_paper import minutes_paper
from scheduler.reports.papers.paper import Paper
from scheduler.reports.papers.summons_paper import summons_paper
from scheduler.reports.papers.word import write_docx

#: What a program for tables would take for a formula (SEC-9), in full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Review:
    """Whether somebody has looked at what is secret, and decided that it goes along."""

    includes_secret: bool
    #: Who looked, and what they noted.
    by: str
    note: str = ""


@dataclass(frozen=True)
class Sent:
    """One mail of the meeting, without text and address."""

    kind: str
    recipient: str
    state: str
    at: datetime | None


#: Entries of the history → of each, what was done, and with what, in words.
Telling = Callable[[Sequence[HistoryEntry]], list[tuple[str, str]]]


def package_of(
    session: Session, meeting: Meeting, now: datetime, *, review: Review, sent: Sequence[Sent], telling: Telling
) -> tuple[str, bytes]:
    """The package's file name and the zip, in the language in use; the same bytes at the same instant, but for PDF."""
    files = list(_files(session, meeting, now, review, sent))
    files.append((_named(_("Logg"), "csv"), _log(session, meeting, review, telling)))
    folder = safe_name(f"{meeting.forum.code or meeting.forum.slug} {meeting.local_on.isoformat()}")
    contents = _contents(meeting, now, review, files, _left_out(session, meeting, review))
    files.append((_named(_("Innehåll"), "txt"), contents.encode()))
    return f"{folder}.zip", make_zip(((f"{folder}/{name}", body) for name, body in files), now)


def minutes_text_of(session: Session, meeting: Meeting) -> tuple[MinutesText, str] | None:
    """The minutes as they are locked, else as they stand, and their state; None where none are begun."""
    minutes = minutes_of(session, meeting.id)
    return None if minutes is None else (text_of(session, meeting, minutes), minutes.state)


def csv_file(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV that spreadsheets read as text: UTF-8 with its mark, semicolons, formulas disarmed (SEC-9)."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: object) -> str:
    said = "" if value is None else str(value)
    return f"'{said}" if said.startswith(_FORMULA) else said


def _files(
    session: Session, meeting: Meeting, now: datetime, review: Review, sent: Sequence[Sent]
) -> Iterator[tuple[str, bytes]]:
    sight, reader = ("all", "participant") if review.includes_secret else ("member", "member")
    summons = summons_paper(session, meeting, sight, reader)  # type: ignore[arg-type]  # both are literals
    yield from _written(summons, now)
    found = minutes_text_of(session, meeting)
    minutes = minutes_of(session, meeting.id)
    if found is not None:
        text = found[0] if review.includes_secret else public(found[0])
        yield from _written(minutes_paper(text, found[1]), now)
        yield _named(_("Beslut"), "csv"), _decisions(text)
    if (
        minutes is not None
        and minutes.locked is not None
        and (review.includes_secret or not _has_secrets(minutes.locked))
    ):
        name = _("Låst text %(hash)s", hash=(minutes.locked_sha256 or "")[:12])
        yield f"{safe_name(name)}.json", canonical(minutes.locked)
    yield _named(_("Närvaro"), "csv"), _attendance(session, meeting)
    yield _named(_("Åtgärder"), "csv"), _actions(session, meeting, review)
    yield from _documents(session, meeting, review)
    yield _named(_("Utskick"), "csv"), _mails(meeting, sent)


def _written(paper: Paper, now: datetime) -> Iterator[tuple[str, bytes]]:
    name = safe_name(paper.title)
    yield f"{name}.docx", write_docx(paper, now)
    if pdf.missing() is None:
        yield f"{name}.pdf", pdf.write_pdf(paper)


def _named(word: str, ending: str) -> str:
    return f"{safe_name(word)}.{ending}"


def _has_secrets(locked: dict[str, object]) -> bool:
    return any(item.secrecy_ground for item in from_json(locked).items)


def _decisions(text: MinutesText) -> bytes:
    head = ["§", _("År"), _("Punkt"), _("Rubrik"), _("Utfall"), _("Beslut"), _("Reservation, yttrande eller jäv")]
    return csv_file(
        head,
        [
            (item.paragraph, text.year, item.number,
             _("Punkten är sekretessbelagd") if item.is_withheld else item.title,
             "" if item.is_withheld else words.outcome_word(item.outcome), item.decision, item.reservations)
            for item in text.decided
        ],
    )  # fmt: skip


def _attendance(session: Session, meeting: Meeting) -> bytes:
    found = attendance_text(roll_of(session, meeting))
    lists = (
        (_("tjänstgörande"), found.serving),
        (_("närvarande"), found.others),
        (_("frånvarande"), found.absent),
    )
    return csv_file(
        [_("Namn"), _("Organisation"), _("Närvaro"), _("Uppgift"), _("Tjänstgör för"), _("Från punkt"),
         _("Till och med punkt"), _("Jäv vid punkt")],
        [
            (one.name, one.organisation, _how(word, one.status), words.role_of(one.role) or _("Ledamot"),
             ", ".join(one.serves_for), one.from_item, one.to_item, ", ".join(map(str, one.recused)))
            for word, people in lists
            for one in people
        ],
    )  # fmt: skip


def _how(word: str, status: str) -> str:
    """Whether somebody was there, and what is to be added to that."""
    more = {"remote": _("på distans"), "notified": _("anmäld frånvaro")}.get(status)
    return word if more is None else f"{word}, {more}"


#: State of an action point → its word.
_ACTION_STATES = {"open": mark("Öppen"), "done": mark("Klar"), "dropped": mark("Utgår")}


def _actions(session: Session, meeting: Meeting, review: Review) -> bytes:
    rows = []
    for point in points_from(session, meeting.id):
        if point.item is not None and point.item.secrecy_ground and not review.includes_secret:
            continue
        owner = point.owner_person or point.owner_organisation
        name = "" if owner is None else getattr(owner, "name", None) or f"{owner.given_name} {owner.family_name}"  # type: ignore[union-attr]  # a person has no name of one piece
        rows.append((point.text, name, point.due_on, _(_ACTION_STATES[point.state]), point.outcome))
    return csv_file([_("Åtgärd"), _("Ansvarig"), _("Senast"), _("Läge"), _("Resultat")], rows)


def _papers(session: Session, meeting: Meeting) -> Sequence[Document]:
    return session.scalars(select(Document).where(Document.meeting_id == meeting.id).order_by(Document.id)).all()


def _documents(session: Session, meeting: Meeting, review: Review) -> Iterator[tuple[str, bytes]]:
    links = []
    folder = _("Handlingar")
    for document in _papers(session, meeting):
        if ground_of(document) is not None and not review.includes_secret:
            continue
        for version in document.versions:
            if version.link is not None:
                links.append(f"{document.title}: {version.link}")
                continue
            number = "" if version.number == len(document.versions) else _(" (version %(n)s)", n=version.number)
            ending = (version.filename or "").rpartition(".")[2]
            yield f"{folder}/{safe_name(f'{document.title}{number}.{ending}')}", body_of(session, version)
    if links:
        links_file = _named(_("Länkar"), "txt")
        yield f"{folder}/{links_file}", ("\r\n".join(links) + "\r\n").encode()


def _left_out(session: Session, meeting: Meeting, review: Review) -> list[str]:
    if review.includes_secret:
        return []
    found = [
        _("%(title)s: sekretess %(ground)s", title=_("en handling"), ground=ground)
        for document in _papers(session, meeting)
        if (ground := ground_of(document)) is not None
    ]
    text = minutes_text_of(session, meeting)
    if text is not None:
        found += [
            _("%(title)s: sekretess %(ground)s", title=_("punkt %(n)s", n=item.number), ground=item.secrecy_ground)
            for item in text[0].items
            if item.secrecy_ground
        ]
    return found


def _mails(meeting: Meeting, sent: Sequence[Sent]) -> bytes:
    return csv_file(
        [_("Utskick"), _("Mottagare"), _("Läge"), _("Tid")],
        [(one.kind, one.recipient, one.state, _instant(one.at, meeting.time_zone)) for one in sent],
    )


#: What begins so tells of items and documents by their titles.
_TELLS_OF_CONTENT = ("agenda.", "document.", "minutes.item")


def _log(session: Session, meeting: Meeting, review: Review, telling: Telling) -> bytes:
    entries = history_of(session, "meeting", meeting.id, limit=10_000)[::-1]
    # An entry does not say of which item it was: where one is or has been secret, no title is told.
    has_secrets = bool(_left_out(session, meeting, review)) or any(
        side and side.get("secrecy_ground") for one in entries for side in (one.before, one.after)
    )
    withheld = _TELLS_OF_CONTENT if has_secrets and not review.includes_secret else ()
    rows = []
    for one, (what, told) in zip(entries, telling(entries), strict=True):
        facts = ("", "") if one.action.startswith(withheld) else (told, one.reason)
        rows.append((_instant(one.at, meeting.time_zone), one.actor, what, *facts))
    return csv_file([_("Tid"), _("Vem"), _("Vad"), _("Uppgift"), _("Skäl")], rows)


def _instant(at: datetime | None, time_zone: str) -> str:
    return "" if at is None else at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%d %H:%M")


def _contents(
    meeting: Meeting, now: datetime, review: Review, files: Sequence[tuple[str, bytes]], left_out: Sequence[str]
) -> str:
    lines = [
        meeting.forum.name,
        i18n.date_text(meeting.local_on, year=True),
        _("Skapad %(at)s av %(who)s.", at=_instant(now, meeting.time_zone), who=review.by),
        (
            _("Sekretessprövad: det som är sekretessbelagt är med.")
            if review.includes_secret
            else _("Det som är sekretessbelagt är inte med.")
        ),
        *([review.note] if review.note else []),
        "",
    ]
    if left_out:
        lines += [_("Inte med:"), *left_out, ""]
    lines += [f"{hashlib.sha256(body).hexdigest()}  {name}" for name, body in files]
    return "\r\n".join(lines) + "\r\n"
