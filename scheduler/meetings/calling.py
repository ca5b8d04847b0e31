"""The call and those called: freezing the list, choosing it by hand, calling and withdrawing one afterwards.

Not here: who would be invited by the seats (``invitees``), mails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.fragments import Site
from scheduler.meetings.invitees import InviteeRow, circles_of, invitees_by_seats, seat_changes_since_call
from scheduler.meetings.models import Invitee, Meeting
from scheduler.meetings.rules import OPEN, State, may_call
from scheduler.meetings.saving import Opened, all_or_nothing, facts_of, open_meeting, refuse, save
from scheduler.organisations import fields
from scheduler.organisations.fields import Choice, Field, Flag, Reference, Text
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rules import shown_name

ROLES = ("ordinary", "substitute", "co_opted", "presenter", "secretary", "observer", "guest")

_NOBODY = mark("Ange en person, en organisation eller ett namn")
_TWICE = mark("%(name)s står två gånger på listan.")
_CALL_FIRST = mark("Listan är inte fastställd än. Välj de inbjudna i stället.")
_CALLED_ALREADY = mark("Kallelsen är ute. Kalla eller avkalla en i taget.")

_READERS: Mapping[str, Field] = {
    "person_id": Reference(),
    "organisation_id": Reference(),
    "name": Text(200),
    "role": Choice(ROLES),
    "required": Flag(),
    "reason": Text(200),
}


@dataclass(frozen=True)
class InviteeChoice:
    """Somebody picked by hand: a person, a guest organisation that names its own, or a guest by name."""

    person_id: int | None = None
    #: The organisation represented, or the guest itself.
    organisation_id: int | None = None
    name: str | None = None
    role: str = "guest"
    required: bool = True
    reason: str | None = None


@all_or_nothing
def call_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    version: int | None,
    site: Site,
    answer_by_on: date | None = None,
    send: bool = True,
) -> Meeting:
    """Calls to the meeting: from now on its invitees are a stored list (a later change of seats is a task).

    Those picked by hand are the list; else it is those who hold the seats on the meeting's local day. A meeting called
    before, cancelled and taken up again gets its list brought up to date. ``answer_by_on`` None leaves the day as
    it is.
    """
    opened = open_meeting(session, meeting, version)
    refuse(may_call(facts_of(meeting), now, send=send))
    if answer_by_on is not None:
        if answer_by_on > meeting.local_on:
            raise Refused(Problem("answer_by_on", mark("Sista svarsdag kan inte ligga efter mötet")))
        meeting.answer_by_on = answer_by_on
    if meeting.called_at is not None:
        changed = _follow_seats(session, meeting, now)
    elif circles_of(session, [meeting])[meeting.id].stored:
        changed = {"called": [row.id for row in meeting.invitees if row.withdrawn_at is None]}
    else:
        changed = {"called": _call(session, meeting, invitees_by_seats(session, meeting))}
    meeting.state = State.CALLED
    meeting.called_at = now
    save(session, actor, now, opened, kind="call", site=site, send=send, invitees=changed)
    return meeting


@all_or_nothing
def set_invitees(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    invitees: Sequence[InviteeChoice],
    version: int | None,
    site: Site,
) -> Meeting:
    """Picks the invitees of a meeting not yet called (thematic talks); an empty list goes back to the seats.

    Raises Refused at ``invitees`` for somebody who is nobody, unknown or named twice.
    """
    opened = open_meeting(session, meeting, version)
    if meeting.called_at is not None or meeting.state not in OPEN:
        raise Refused(Problem("invitees", _CALLED_ALREADY))
    wanted = [_read(session, choice) for choice in invitees]
    _refuse_twice(session, wanted)
    kept = {_who(row.person_id, row.organisation_id, row.name): row for row in meeting.invitees}
    named = {_who(values["person_id"], values["organisation_id"], values["name"]): values for values in wanted}
    gone = [row for who, row in kept.items() if who not in named]
    withdrawn = [row.id for row in gone if row.withdrawn_at is None]
    for row in gone:
        meeting.invitees.remove(row)
    new = []
    for who, values in named.items():
        listed = kept.get(who)
        row = listed or Invitee(meeting_id=meeting.id)
        if listed is None:
            meeting.invitees.append(row)
        if listed is None or listed.withdrawn_at is not None:
            new.append(row)
        _set(row, values)
        row.withdrawn_at = None
    session.flush()
    changed = {"called": [row.id for row in new], "withdrawn": withdrawn}
    _save_list(session, actor, now, opened, "invite", site=site, send=False, changed=changed)
    return meeting


@all_or_nothing
def add_invitee(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    invitee: InviteeChoice,
    version: int | None,
    site: Site,
    send: bool = True,
) -> Invitee:
    """Calls one more to a meeting that has been called."""
    opened = open_meeting(session, meeting, version)
    _refuse_uncalled(meeting)
    values = _read(session, invitee)
    who = _who(values["person_id"], values["organisation_id"], values["name"])
    row = next((row for row in meeting.invitees if _who(row.person_id, row.organisation_id, row.name) == who), None)
    if row is not None and row.withdrawn_at is None:
        raise Refused(Problem("invitee", _TWICE, {"name": _name(session, values)}))
    if row is None:
        row = Invitee(meeting_id=meeting.id)
        meeting.invitees.append(row)
    _set(row, values)
    row.withdrawn_at = None
    session.flush()
    _save_list(session, actor, now, opened, "invite", site=site, send=send, changed={"called": [row.id]})
    return row


@all_or_nothing
def withdraw_invitee(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    invitee: Invitee,
    version: int | None,
    site: Site,
    send: bool = True,
) -> Invitee:
    """Withdraws one who has been called; the row stays and its personal links end."""
    opened = open_meeting(session, meeting, version)
    _refuse_uncalled(meeting)
    if invitee.meeting_id != meeting.id or invitee.withdrawn_at is not None:
        raise Refused(Problem("invitee", mark("Personen är inte kallad till mötet.")))
    changed = {"withdrawn": _withdraw([invitee], now)}
    _save_list(session, actor, now, opened, "withdraw", site=site, send=send, changed=changed)
    return invitee


@all_or_nothing
def follow_seat_changes(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    version: int | None,
    site: Site,
    send: bool = True,
) -> Meeting:
    """Calls those who have got a seat since the call and withdraws those who have left theirs."""
    opened = open_meeting(session, meeting, version)
    _refuse_uncalled(meeting)
    changed = _follow_seats(session, meeting, now)
    _save_list(session, actor, now, opened, "invite", site=site, send=send, changed=changed)
    return meeting


# ---------------------------------------------------------------- the parts


def _save_list(
    session: Session,
    actor: Actor,
    now: datetime,
    opened: Opened,
    kind: str,
    *,
    site: Site,
    send: bool,
    changed: dict[str, Any],
) -> None:
    if any(changed.values()):
        save(session, actor, now, opened, kind=kind, site=site, send=send, invitees=changed)


def _refuse_uncalled(meeting: Meeting) -> None:
    if meeting.called_at is None or meeting.state not in OPEN:
        raise Refused(Problem("invitee", _CALL_FIRST))


def _follow_seats(session: Session, meeting: Meeting, now: datetime) -> dict[str, list[int]]:
    difference = seat_changes_since_call(session, meeting)
    return {
        "called": _call(session, meeting, difference.to_call),
        "withdrawn": _withdraw(difference.to_withdraw, now),
    }


def _call(session: Session, meeting: Meeting, rows: Iterable[InviteeRow]) -> list[int]:
    """Stores ``rows`` as invitees; one withdrawn before gets the same row again."""
    before = {row.person_id: row for row in meeting.invitees if row.person_id is not None}
    called = []
    for found in rows:
        row = before.get(found.person_id) if found.person_id is not None else None
        if row is None:
            row = Invitee(meeting_id=meeting.id, person_id=found.person_id)
            meeting.invitees.append(row)
        row.organisation_id, row.seat_id = found.organisation_id, found.seat_id
        row.role, row.required, row.withdrawn_at = found.role, found.required, None
        called.append(row)
    session.flush()
    return [row.id for row in called]


def _withdraw(rows: Iterable[Invitee], now: datetime) -> list[int]:
    withdrawn = []
    for row in rows:
        row.withdrawn_at = now
        row.epoch += 1
        withdrawn.append(row.id)
    return withdrawn


def _read(session: Session, choice: InviteeChoice) -> dict[str, Any]:
    values, problems = fields.read(_READERS, vars(choice))
    for name, table in (("person_id", Person), ("organisation_id", Organisation)):
        if values.get(name) is not None and session.get(table, values[name]) is None:
            problems.append(Problem(name, fields.CHOOSE))
    if problems:
        raise Refused(*(Problem("invitees", problem.text, problem.values) for problem in problems))
    if not any(values[name] for name in ("person_id", "organisation_id", "name")):
        raise Refused(Problem("invitees", _NOBODY))
    if values["person_id"] is not None:
        values["name"] = None
    return values


def _set(row: Invitee, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _who(person_id: int | None, organisation_id: int | None, name: str | None) -> tuple[str, object]:
    """What tells two invitees of one meeting apart."""
    if person_id is not None:
        return "person", person_id
    return ("guest", (name, organisation_id)) if name else ("organisation", organisation_id)


def _refuse_twice(session: Session, wanted: Iterable[dict[str, Any]]) -> None:
    seen = set()
    for values in wanted:
        who = _who(values["person_id"], values["organisation_id"], values["name"])
        if who in seen:
            raise Refused(Problem("invitees", _TWICE, {"name": _name(session, values)}))
        seen.add(who)


def _name(session: Session, values: dict[str, Any]) -> str:
    if values["person_id"] is not None:
        return shown_name(session.get_one(Person, values["person_id"]))
    return values["name"] or session.get_one(Organisation, values["organisation_id"]).name
