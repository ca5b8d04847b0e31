"""One's own calendars, from which Takt takes when one is busy: adding one by address or file, reading it again.

A calendar is read at once, so that an error stands at its field. The gate has begun a writer's transaction by then: it
ends before the network is used and another begins after, so that nobody waits for a writer who waits for a server.
Not here: what is read of it (``ical.busy``), reading it again by itself (``jobs``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict, FileStorage

from scheduler.accounts import limits
from scheduler.accounts.models import User
from scheduler.db import begin_write, db
from scheduler.errors import NotFound
from scheduler.i18n import gettext as _
from scheduler.i18n import lazy, ngettext
from scheduler.ical.busy import Reader
from scheduler.ical.busy import Reason as NoCalendar
from scheduler.organisations.models import Person
from scheduler.outbound import MOST_BYTES, Failed, Network, Reason, Validators, host_of, read_url
from scheduler.places import busy
from scheduler.places.busy_models import BusySource
from scheduler.places.busy_reading import Found, Unread, read_address, read_file
from scheduler.places.busy_refresh import claim, claimed, keep, note_failure
from scheduler.places.busy_rules import shown_address
from scheduler.web.attempt import attempt
from scheduler.web.fields import PageForm
from scheduler.web.forms.me import CalendarAddressForm, CalendarFileForm
from scheduler.web.me import own_person
from scheduler.web.security import actor, now, policy, principal, settings
from scheduler.web.shell import saved

bp = Blueprint("busy", __name__)

#: What a file's name ends in.
ENDINGS = (".ics", ".ical", ".icalendar", ".ifb")
#: Why a calendar could not be read → what happened, and what to do.
SENTENCES: Mapping[str, object] = {
    Reason.ADDRESS: lazy("Ange en adress som börjar med https:// eller webcal:// och inte innehåller något lösenord"),
    Reason.UNKNOWN: lazy("Det finns ingen server med det namnet. Kontrollera att hela adressen är med"),
    Reason.PRIVATE: lazy("Adressen leder till ett slutet nätverk, dit Takt inte når. Lägg till kalendern som fil"),
    Reason.REDIRECT: lazy("Adressen leder vidare till något som inte kan läsas. Kopiera den på nytt i kalendern"),
    Reason.SLOW: lazy("Servern svarade inte inom tio sekunder. Försök igen om en stund"),
    Reason.LARGE: lazy("Kalendern är större än 5 MB. Välj en med färre händelser"),
    Reason.CERTIFICATE: lazy("Servern kan inte visa att den är den som adressen säger. Kontrollera adressen"),
    Reason.BROKEN: lazy("Servern gick inte att nå eller svarade fel. Försök igen om en stund"),
    Reason.DENIED: lazy("Servern kräver inloggning. Dela kalendern med en länk som fungerar utan"),
    Reason.MISSING: lazy("Det finns ingen kalender på adressen. Kopiera den på nytt i kalendern"),
    Reason.ANSWER: lazy("Servern svarade med ett fel. Försök igen om en stund"),
    NoCalendar.EMPTY: lazy("Där finns inget att läsa. Välj en kalender i formatet iCalendar (.ics)"),
    NoCalendar.PAGE: lazy("Det är en webbsida. Kopiera länken till kalendern i formatet iCal, ofta slutar den på .ics"),
    NoCalendar.ARCHIVE: lazy("Det är en zip-fil. Packa upp den och välj kalenderfilen (.ics) som ligger i den"),
    NoCalendar.OTHER: lazy("Det är ingen kalender i formatet iCalendar (.ics)"),
    NoCalendar.CUT: lazy("Kalendern slutar mitt i. Hämta den på nytt"),
    NoCalendar.MANY: lazy("Kalendern har fler händelser än Takt läser. Välj en med färre"),
}


@bp.get("/me/busy")
@policy("signed_in")
def index() -> ResponseReturnValue:
    """One's calendars, what is kept of them, and the forms to add one."""
    if principal().person_id is None:
        return redirect(url_for("me.index"), 303)
    return _page(own_person(db.session()), CalendarAddressForm(None), CalendarFileForm(None), 200)


@bp.post("/me/busy/address")
@policy("signed_in")
def add_address() -> ResponseReturnValue:
    """Adds the calendar at an address, which is read at once."""
    session = db.session()
    person = own_person(session)
    if not settings().busy_import:
        raise NotFound
    form = CalendarAddressForm(request.form)
    url, problem = _url(form.url.data or "")
    may_be_added = attempt(form, lambda: busy.check_new(session, person, name=form.name.data, url=url or None))
    if problem:
        form.url.errors = [problem]
    elif may_be_added:
        found = _read(
            session, person, form.url, lambda reader: read_address(url, Validators(), now(), reader, network())
        )
        if found is not None and _add(session, person, form, found, url):
            return redirect(url_for("busy.index"), 303)
    return _page(person, form, CalendarFileForm(None), 422)


@bp.post("/me/busy/file")
@policy("signed_in", most_bytes=MOST_BYTES + 100_000)
def add_file() -> ResponseReturnValue:
    """Adds the calendar in a file, of which only the times are kept."""
    session = db.session()
    person = own_person(session)
    form = CalendarFileForm(CombinedMultiDict([request.form, request.files]))
    content, problem = _content(request.files.get("file"))
    may_be_added = attempt(form, lambda: busy.check_new(session, person, name=form.file_name.data), _NAMES)
    if problem:
        form.file.errors = [problem]
    elif may_be_added:
        found = _read(session, person, form.file, lambda reader: read_file(content, now(), reader))
        if found is not None and _add(session, person, form, found):
            return redirect(url_for("busy.index"), 303)
    return _page(person, CalendarAddressForm(None), form, 422)


@bp.post("/me/busy/<int:source_id>/refresh")
@policy("signed_in")
def refresh(source_id: int) -> ResponseReturnValue:
    """Reads one of one's calendars again; what went wrong stands beside it on the page."""
    session = db.session()
    person = own_person(session)
    row = busy.source_of(session, person.id, source_id)
    due = claim(session, now(), row)
    if due is None or not settings().busy_import:
        raise NotFound
    reader = _begin_reading(session, person)
    try:
        found = read_address(due.url, due.known, now(), reader, network())
    except Unread as unread:
        found, reason = None, unread.reason
    begin_write(session)
    again = claimed(session, due)
    if again is None:
        raise NotFound
    if found is None:
        note_failure(session, now(), again, reason)
        session.commit()
    else:
        keep(session, now(), again, found)
        session.commit()
        saved(_("%(name)s är läst.", name=again.name))
    return redirect(url_for("busy.index", _anchor="h-own"), 303)


@bp.post("/me/busy/<int:source_id>/remove")
@policy("signed_in")
def remove(source_id: int) -> ResponseReturnValue:
    """Takes one of one's calendars away, its address and its times with it."""
    session = db.session()
    person = own_person(session)
    row = busy.source_of(session, person.id, source_id)
    busy.remove_source(session, actor(), now(), person, row)
    session.commit()
    saved(_("%(name)s och tiderna därifrån är borttagna.", name=row.name))
    return redirect(url_for("busy.index"), 303)


# ---------------------------------------------------------------- the parts

#: The action's fields → those of the form of a file, which has its own beside the other's.
_NAMES = {"name": "file_name"}


def network() -> Network:
    """How the world is reached."""
    found: Network = current_app.extensions["takt"].network
    return found


def _url(typed: str) -> tuple[str, str]:
    """The address that was typed, as it is fetched, and what is wrong with it; one of them is empty."""
    try:
        url = read_url(typed)
    except Failed as failed:
        return "", str(SENTENCES[failed.reason])
    if host_of(url) == host_of(settings().public_url):
        return "", _("Det är en adress till Takt. Den läggs in i din egen kalender, inte här")
    return url, ""


def _content(file: FileStorage | None) -> tuple[bytes, str]:
    """The bytes of the file that was chosen, and what is wrong with it."""
    if file is None or not file.filename:
        return b"", _("Välj en fil")
    ending = PurePath(file.filename).suffix.lower()
    if ending not in ENDINGS:
        return b"", str(SENTENCES[NoCalendar.ARCHIVE if ending == ".zip" else NoCalendar.OTHER])
    content = file.stream.read(MOST_BYTES + 1)
    return (content, "") if len(content) <= MOST_BYTES else (b"", str(SENTENCES[Reason.LARGE]))


def _begin_reading(session: Session, person: Person) -> Reader:
    """Counts one more reading, ends the writer's transaction and says as whom the calendar is read (SEC-14)."""
    limits.count(session, now(), limits.CALENDARS_READ, str(person.id))
    reader = busy.reader_of(session, person.id, time_zone=settings().time_zone, own_domain=settings().calendar_domain)
    session.commit()
    return reader


def _read(session: Session, person: Person, field: Any, read: Callable[[Reader], Found]) -> Found | None:
    """What the calendar says, read outside any transaction, with a writer's begun after; None with an error."""
    reader = _begin_reading(session, person)
    try:
        found = read(reader)
    except Unread as unread:
        field.errors = [str(SENTENCES[unread.reason])]
        return None
    begin_write(session)
    user = session.get(User, principal().user_id, with_for_update=True, populate_existing=True)
    if user is None or not user.active or user.person_id != person.id:  # was disabled while it was read
        raise NotFound
    return found


def _add(session: Session, person: Person, form: PageForm, found: Found, url: str | None = None) -> bool:
    """Whether the calendar was kept."""
    name = form["name" if url else "file_name"].data

    def add() -> None:
        busy.add_source(session, actor(), now(), person, found, name=name, url=url)

    if not attempt(form, add, {} if url else _NAMES):
        return False
    session.commit()
    saved(_("%(name)s är läst. Takt vet nu när du är upptagen.", name=name))
    return True


def _page(person: Person, address: CalendarAddressForm, file: CalendarFileForm, status: int) -> ResponseReturnValue:
    page = render_template(
        "me/busy.html",
        sources=busy.sources_of(db.session(), person.id, now()),
        address=address,
        file=file,
        fetching=settings().busy_import,
        endings=",".join(ENDINGS),
    )
    return page, status


def source_words(row: BusySource) -> str:
    """Where a calendar comes from: its host and the end of its address, or a file."""
    return shown_address(row.url) if row.url else _("Fil")


def source_failure(row: BusySource) -> str:
    """What is wrong with a calendar, with a full stop; "" while it answers."""
    if row.failure is None:
        return ""
    return f"{SENTENCES.get(row.failure, SENTENCES[Reason.ANSWER])}."


def times_ahead(count: int) -> str:
    """ "12 tider framåt"."""
    return ngettext("%(n)s tid framåt", "%(n)s tider framåt", count)


bp.add_app_template_global(source_words)
bp.add_app_template_global(source_failure)
bp.add_app_template_global(times_ahead)
