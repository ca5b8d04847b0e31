"""Pages that merge a person or an organisation that was entered twice: finding the other one, comparing, doing it.

Not here: what moves and what speaks against it (the ``merging`` room).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import Problem, Refused
from scheduler.forums.merging import forums_of
from scheduler.i18n import gettext as _
from scheduler.i18n import language, mark
from scheduler.mail.actions import announce
from scheduler.meetings.actions import refresh
from scheduler.meetings.publishing import mend
from scheduler.meetings.queries import meetings_showing
from scheduler.merging.actions import merge
from scheduler.merging.queries import counts_of, problems_of
from scheduler.organisations.merging import Kind, Pair, likely_organisations, likely_people
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.queries import organisations_for_list, persons_by_id, persons_for_list
from scheduler.organisations.rules import shown_name
from scheduler.web.access import site
from scheduler.web.fields import show_problems
from scheduler.web.filters import capitalised, swedish
from scheduler.web.forms.merging import MergeForm
from scheduler.web.security import (
    actor,
    find_organisation,
    find_person,
    now,
    policy,
    principal,
    require,
    settings,
    today,
)
from scheduler.web.shell import saved

bp = Blueprint("merging", __name__)

#: So many are found by words at once.
MOST = 20
#: "table.column" → what it is of the one that is counted. The mails and the names beside are not worth a line.
WORDS = {
    "activity.organisation_id": mark("Aktiviteter"),
    "appointment.person_id": mark("Uppdrag på platser"),
    "blocked_period.organisation_id": mark("Spärrade dagar"),
    "blocked_period.person_id": mark("Spärrade dagar"),
    "contact.organisation_id": mark("Kontakter"),
    "forum.host_id": mark("Forum med den som värd"),
    "forum.lead_person_id": mark("Forum som personen leder"),
    "forum.secretariat_id": mark("Forum med den som sekretariat"),
    "forum_principal.organisation_id": mark("Forum med den som huvudman"),
    "forum_relation.to_organisation_id": mark("Relationer"),
    "invitee.organisation_id": mark("Inbjudningar till möten"),
    "invitee.person_id": mark("Inbjudningar till möten"),
    "office.on_behalf_of_id": mark("Befattningar"),
    "office.organisation_id": mark("Befattningar"),
    "office_holding.organisation_id": mark("Befattningar som någon har där"),
    "office_holding.person_id": mark("Befattningar"),
    "organisation_name.organisation_id": mark("Andra namn"),
    "outbox_mail.person_id": mark("Brev"),
    "person.organisation_id": mark("Personer som hör hemma där"),
    "person_email.person_id": mark("E-postadresser"),
    "place.organisation_id": mark("Lokaler"),
    "relation.from_id": mark("Relationer"),
    "relation.to_id": mark("Relationer"),
    "representative_report.organisation_id": mark("Anmälda representanter"),
    "representative_report.person_id": mark("Anmälda representanter"),
    "rotation_entry.organisation_id": mark("Turordningar"),
    "rotation_entry.person_id": mark("Turordningar"),
    "seat.organisation_id": mark("Platser i forum"),
    "seat_check.organisation_id": mark("Genomgångar av platser"),
    "strategy.owner_id": mark("Strategier"),
    "user.person_id": mark("Konton"),
    "user_role.organisation_id": mark("Roller"),
}
_OTHERWISE = mark("Annat")


@dataclass(frozen=True)
class Side:
    """One of the two as the page compares them; ``facts`` are in the same order for both."""

    id: int
    value: str
    name: str
    url: str
    facts: tuple[str, ...]

    @property
    def about(self) -> str:
        """What tells it from others of the same name."""
        return _beside(*self.facts[1:3])


@dataclass(frozen=True)
class Candidate:
    """Somebody, or an organisation, that may be the same."""

    value: str
    name: str
    about: str


# ---------------------------------------------------------------- people


@bp.route("/people/<int:person_id>/merge", methods=["GET", "POST"])
@policy("person.edit")
def person(person_id: int) -> ResponseReturnValue:
    """Merging a person with ``?other=``; without one, finding who it is among those alike or by ``?q=``."""
    require("register.edit")  # a person may edit themselves, but may not look through the register
    this: Person = g.person
    chosen = request.values.get("other", "")
    if not chosen:
        return _find(_person_side(this), _people(db.session(), this), url_for("people.show", person_id=person_id))
    other = find_person(_number(chosen), "person.edit")
    labels = (_("Namn"), _("Organisation"), _("E-post"), _("Telefon"), _("Ort"))
    return _compare("person", _person_side(this), _person_side(other), labels)


def _beside(*words: str) -> str:
    """Those of ``words`` that there are, one beside the other; what is marked as Swedish stays so."""
    return Markup(", ").join(word for word in words if word)


def _number(text: str) -> int:
    """The id in an address; 0, which nobody has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - an id


def _person_side(row: Person) -> Side:
    name = capitalised(shown_name(row))
    home = swedish(row.organisation.name) if row.organisation is not None else ""
    addresses = ", ".join(mail.address for mail in row.emails)
    facts = (name, "", "", "", "") if row.protected else (name, home, addresses, row.phone or "", row.town or "")
    return Side(row.id, str(row.id), name, url_for("people.show", person_id=row.id), facts)


def _people(session: Session, this: Person) -> list[Candidate]:
    text = request.args.get("q", "").strip()
    if text:
        found = persons_for_list(session, text=text, limit=MOST)
        return [
            Candidate(str(row.id), row.name, _beside(swedish(row.organisation_name or ""), row.email or ""))
            for row in found
            if row.id != this.id
        ]
    alike = [] if this.protected else [row.id for row in likely_people(session, this)]
    rows = persons_by_id(session, alike)
    return [Candidate(side.value, side.name, side.about) for side in (_person_side(rows[row_id]) for row_id in alike)]


# ---------------------------------------------------------------- organisations


@bp.route("/organisations/<slug>/merge", methods=["GET", "POST"])
@policy("organisation.edit")
def organisation(slug: str) -> ResponseReturnValue:
    """Merging an organisation with ``?other=``; without one, finding which it is among those alike or by ``?q=``."""
    this: Organisation = g.organisation
    chosen = request.values.get("other", "")
    if not chosen:
        found = _organisations(db.session(), this)
        return _find(_organisation_side(this), found, url_for("organisations.show", slug=slug))
    other = find_organisation(chosen, "organisation.edit")
    labels = (_("Namn"), _("Typ"), _("Kommun"), _("Organisationsnummer"), _("E-post"), _("Webbadress"))
    return _compare("organisation", _organisation_side(this), _organisation_side(other), labels)


def _organisation_side(row: Organisation) -> Side:
    kind = row.kind.en if language() == "en" else row.kind.sv
    facts = (swedish(row.name), kind, row.municipality or "", row.org_no or "", row.contact_email or "", row.web or "")
    return Side(row.id, row.slug, row.name, url_for("organisations.show", slug=row.slug), facts)


def _organisations(session: Session, this: Organisation) -> list[Candidate]:
    text = request.args.get("q", "").strip()
    rows: Sequence[Organisation]
    if text:
        rows = [row for row in organisations_for_list(session, text=text, limit=MOST) if row.id != this.id]
    else:
        rows = likely_organisations(session, this)
    sides = [_organisation_side(row) for row in rows]
    return [Candidate(side.value, side.name, side.about) for side in sides]


# ---------------------------------------------------------------- what both are made of


def _find(this: Side, found: list[Candidate], back: str) -> ResponseReturnValue:
    text = request.args.get("q", "").strip()
    return render_template("merging/find.html", this=this, found=found, text=text, back=back, here=request.path)


def _compare(kind: Kind, this: Side, other: Side, labels: Sequence[str]) -> ResponseReturnValue:
    """The two side by side, what each has in numbers, and which one is kept; posted, they are merged."""
    session = db.session()
    form = MergeForm(request.form if request.method == "POST" else None)
    form.offer((this.value, this.name), (other.value, other.name))
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            kept, gone = (other, this) if form.keep.data == other.value else (this, other)
            pair = Pair(kind, kept.id, gone.id)
            try:
                _merge(session, pair, form.reason.data)
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                saved(_("%(gone)s är sammanslagen med %(kept)s.", gone=gone.name, kept=kept.name))
                return redirect(kept.url, 303)
    else:
        show_problems(form, Refused(*_problems(session, Pair(kind, this.id, other.id))))
    page = render_template(
        "merging/compare.html",
        kind=kind,
        this=this,
        other=other,
        form=form,
        rows=list(zip(labels, this.facts, other.facts, strict=True)),
        numbers=_numbers(session, kind, this, other),
        blocked=request.method == "GET" and bool(form.form_errors),
        here=request.path,
    )
    return page, status


def _problems(session: Session, pair: Pair) -> list[Problem]:
    return problems_of(session, pair, administrator=principal().administrator)


def _merge(session: Session, pair: Pair, reason: str | None) -> None:
    forums = forums_of(session, pair)
    merge(
        session, actor(), now(), pair=pair, today=today(), administrator=principal().administrator, reason=reason
    )  # fmt: skip
    people = [pair.kept] if pair.kind == "person" else []
    refresh(
        session, meetings_showing(session, seats_of_forums=forums, person_ids=people), now(), site=site(), seats=True
    )
    mend(session, now())  # turns, secretariats, homes and lists have moved too
    announce(session, now(), settings())
    session.commit()


def _numbers(session: Session, kind: Kind, this: Side, other: Side) -> list[tuple[str, int, int]]:
    """What there is of the two: in words, how many of the one and how many of the other."""
    counts = [counts_of(session, kind, side.id) for side in (this, other)]
    found: dict[str, list[int]] = {}
    for place, counted in enumerate(counts):
        for column, number in counted.items():
            found.setdefault(_(WORDS.get(column, _OTHERWISE)), [0, 0])[place] += number
    return [(words, first, second) for words, (first, second) in sorted(found.items())]
