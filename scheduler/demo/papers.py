"""What the demo's meetings are about: agendas, a few papers and what was agreed, around the called meetings.

All of it is made up, as are the people. Not here: the meetings themselves (``year``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.standing import add_standing_item
from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations.models import Person
from scheduler.records.action_points import add_point, close_point
from scheduler.records.agenda import add_item, hand_on, move_item, open_agenda
from scheduler.records.documents import Upload, add_document, add_version
from scheduler.records.models import AgendaItem

#: What a file of the demo may have at most; its own are far smaller.
_MOST = 1_000_000


@dataclass(frozen=True)
class Item:
    """One item as it is entered."""

    title: str
    minutes: int
    kind: str = "information"
    presenter: str | None = None
    text: str | None = None
    number: str | None = None
    ground: str | None = None


@dataclass(frozen=True)
class Papers:
    """What a forum's last and next meeting are about."""

    slug: str
    #: Standing items the register does not name: what every meeting begins and ends with.
    standing: tuple[tuple[str, int], ...]
    #: Of the last held meeting; the last of them was tabled.
    last: tuple[Item, ...]
    #: Of the called one.
    coming: tuple[Item, ...]
    #: Title of an item → its papers.
    documents: tuple[tuple[str, str], ...] = ()
    actions: tuple[tuple[str, int], ...] = ()


ALL = (
    Papers(
        "tillvaxtberedningen",
        (("Mötets öppnande och val av justerare", 5), ("Föregående protokoll", 5), ("Övriga frågor", 15)),
        (
            Item("Läget i strukturfonderna", 30, presenter="Programansvarig, Region Norrbotten"),
            Item("Svar på remissen om nationell plan", 30, "decision", number="RS 124-2026"),
            Item("Infrastruktur: Norrbotniabanan och Malmbanan", 45, "discussion", "Linnea Provberg, Trafikverket"),
        ),
        (
            Item("Inför Strukturfondspartnerskapet", 30, "decision", text="Beslut om prioritering av ansökningar."),
            Item("Val av ordförande och sekretariat", 20, "decision", text="Uppdraget roterar mellan huvudmännen."),
            Item("Avtal om gemensam satsning", 15, "decision", "Regionjuristen", "Förhandlingsläget.", ground="19:3"),
        ),
        (
            ("Infrastruktur: Norrbotniabanan och Malmbanan", "PM Malmbanan"),
            ("Inför Strukturfondspartnerskapet", "Ansökningar i omgång 2"),
        ),
        (
            ("Redovisa läget för spårprojektet", -9),
            ("Ta fram förslag på rotation", 12),
            ("Skicka yttrandet till Trafikverket", 25),
        ),
    ),
    Papers(
        "regionalt-forum",
        (("Öppnande", 5), ("Övriga frågor", 10)),
        (
            Item("Kompetensförsörjning i länet", 40, "discussion", "Näringslivschefen"),
            Item("Gemensam omvärldsbild", 30, "discussion"),
        ),
        (
            Item("Regional utvecklingsstrategi: uppföljning", 40, presenter="Regional utvecklingsdirektör"),
            Item("Elförsörjning och nya etableringar", 45, "discussion", "Länsstyrelsen"),
        ),
        (("Regional utvecklingsstrategi: uppföljning", "Uppföljning av strategin"),),
        (("Bjud in industrin till nästa möte", 6), ("Sammanställ kommunernas behov", -4)),
    ),
    Papers(
        "dansradet",
        (("Mötets öppnande", 5), ("Nästa möte", 5)),
        (Item("Turnéstöd", 30, "discussion"),),
        (Item("Dansåret", 45, "discussion", text="Vad ska rådet göra tillsammans under året?"),),
    ),
)  # fmt: skip


def fill(session: Session, actor: Actor, now: datetime) -> None:
    """Writes the agendas, papers and action points of the forums in ``ALL``."""
    forums = {forum.slug: forum for forum in session.scalars(select(Forum))}
    for papers in ALL:
        forum = forums[papers.slug]
        known = {item.title for item in forum.standing_items}
        for title, minutes in papers.standing:
            if title not in known:
                add_standing_item(session, actor, now, forum, title=title, minutes=minutes)
        _openers_first(session, forum)
        last = _meeting(session, forum, ("held",), newest=True)
        coming = _meeting(session, forum, ("called",))
        if last is not None:
            _write(session, actor, now, last, papers.last)
            _close(session, actor, now, last, tabled=papers.last[-1].title)
        if coming is not None:
            _write(session, actor, now, coming, papers.coming)
            _documents(session, actor, now, coming, papers.documents)
        _actions(session, actor, now, forum, last, papers.actions)


def _openers_first(session: Session, forum: Forum) -> None:
    """What the register names stands between what a meeting begins and ends with."""

    def place(title: str) -> int:
        if title.startswith(("Mötets öppnande", "Öppnande", "Föregående")):
            return 0
        return 2 if title in {"Övriga frågor", "Nästa möte"} else 1

    for position, item in enumerate(sorted(forum.standing_items, key=lambda item: (place(item.title), item.position))):
        item.position = position
    session.flush()
    session.expire(forum, ["standing_items"])


def _meeting(session: Session, forum: Forum, states: Sequence[str], *, newest: bool = False) -> Meeting | None:
    order = Meeting.start_at.desc() if newest else Meeting.start_at
    query = select(Meeting).join(MeetingForum).where(MeetingForum.forum_id == forum.id, Meeting.state.in_(states))
    return session.scalars(query.order_by(order).limit(1)).one_or_none()


def _write(session: Session, actor: Actor, now: datetime, meeting: Meeting, items: Sequence[Item]) -> None:
    open_agenda(session, actor, now, meeting)
    for item in items:
        row = add_item(
            session, actor, now, meeting, title=item.title, minutes=item.minutes, kind=item.kind,
            presenter=item.presenter, text=item.text, registry_number=item.number, secrecy_ground=item.ground,
        )  # fmt: skip
        # All but the last came with the call.
        if meeting.called_at is not None and item is not items[-1]:
            row.added_at = meeting.called_at
    session.flush()


def _close(session: Session, actor: Actor, now: datetime, meeting: Meeting, *, tabled: str) -> None:
    """What was treated, and what goes on at the next meeting."""
    for item in session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == meeting.id)):
        item.added_at = min(item.added_at, meeting.start_at)
        if item.title == tabled:
            move_item(session, actor, now, item, step=1)
            hand_on(session, actor, now, item, to="tabled")
        else:
            item.state = "handled"
    session.flush()


def _documents(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, documents: Sequence[tuple[str, str]]
) -> None:
    items = {
        item.title: item.id for item in session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == meeting.id))
    }
    for n, (title, name) in enumerate(documents):
        at = meeting.called_at or now
        made = add_document(
            session, actor, at, meeting=meeting, title=name, item_id=items.get(title), visibility="participants",
            file=Upload(f"{name}.pdf", pdf(name, "Ett underlag i demon. Innehållet är påhittat.")), most_bytes=_MOST,
        )  # fmt: skip
        if n == 1:
            text = f"{name}\n\nVersion 2 i demon. Innehållet är påhittat.\n"
            add_version(
                session, actor, now, made, file=Upload(f"{name}.txt", text.encode()), most_bytes=_MOST
            )  # fmt: skip


def _actions(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    meeting: Meeting | None,
    actions: Sequence[tuple[str, int]],
) -> None:
    owners = session.scalars(
        select(Person).join(Appointment, Appointment.person_id == Person.id).join(Seat)
        .where(Seat.forum_id == forum.id).order_by(Seat.id, Person.id).distinct()
    ).all()  # fmt: skip
    for n, (text, days) in enumerate(actions):
        # The second is the organisation's that is host, where there is one.
        host = forum.host_id if n == 1 else None
        add_point(
            session, actor, now, forum, meeting=meeting, text=text, due_on=(now + timedelta(days=days)).date(),
            owner_organisation_id=host,
            owner_person_id=owners[n % len(owners)].id if owners and host is None else None,
        )  # fmt: skip
    if actions:
        done = add_point(session, actor, now, forum, meeting=meeting, text="Boka lokal för året")
        close_point(session, actor, now, done, state="done", outcome="Lokalen är bokad.")


def pdf(heading: str, text: str) -> bytes:
    """One page that says ``heading`` and ``text``, a line each, in the letters of Windows-1252."""

    def escaped(words: str) -> bytes:
        return words.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")

    page = b"BT /F1 20 Tf 72 760 Td (%b) Tj 0 -32 Td /F1 12 Tf (%b) Tj ET" % (escaped(heading), escaped(text))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources<< /Font<</F1 5 0 R>>>> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for n, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (n, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(parts) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table) + trailer
