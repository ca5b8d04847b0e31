"""What minutes say in words: states, outcomes, roles, deadlines. Not here: their pages (``minutes``)."""

from __future__ import annotations

from datetime import date

from scheduler.i18n import date_text, mark, ngettext
from scheduler.i18n import gettext as _
from scheduler.records.minutes_text import Attendee, MinutesText

#: Outcome of an item → its word.
OUTCOMES: dict[str, str] = {
    "as_proposed": mark("Enligt förslag"),
    "with_change": mark("Med ändring"),
    "rejected": mark("Avslag"),
    "tabled": mark("Bordlagt"),
    "referred": mark("Återremiss"),
    "none": mark("Inget beslut"),
}
#: State of minutes → its word, and its glyph.
STATES: dict[str, tuple[str, str]] = {
    "draft": (mark("Utkast"), "none"),
    "sent": (mark("Utskickat"), "track"),
    "approved": (mark("Godkänt"), "met"),
    "adjusting": (mark("På justering"), "track"),
    "adjusted": (mark("Justerat"), "met"),
    "posted": (mark("Anslaget"), "met"),
    "archived": (mark("Arkiverat"), "met"),
}
ROLES: dict[str, str] = {
    "chair": mark("Ordförande"),
    "first_vice_chair": mark("Förste vice ordförande"),
    "second_vice_chair": mark("Andre vice ordförande"),
    "substitute": mark("Ersättare"),
    "co_opted": mark("Adjungerad"),
    "secretary": mark("Sekreterare"),
    "observer": mark("Observatör"),
    "presenter": mark("Föredragande"),
    "guest": mark("Gäst"),
    "adjuster": mark("Justerare"),
}


def kind_word(kind: str) -> str:
    """ "Protokoll" or "Minnesanteckningar"."""
    return _("Protokoll") if kind == "protocol" else _("Minnesanteckningar")


def state_word(state: str) -> str:
    """The word of a state."""
    return _(STATES[state][0])


def outcome_word(outcome: str) -> str:
    """The word of an outcome."""
    return _(OUTCOMES[outcome])


def role_of(role: str) -> str:
    """A role in a word; empty for a member."""
    return _(ROLES[role]) if role in ROLES else ""


def deadline_words(due: date, today: date) -> str:
    """ "Senast tisdag 29 september, om 14 dagar"."""
    days = (due - today).days
    if days == 0:
        left = _("i dag")
    elif days > 0:
        left = ngettext("om 1 dag", "om %(n)s dagar", days)
    else:
        left = ngettext("för 1 dag sedan", "för %(n)s dagar sedan", -days)
    return _("Senast %(day)s, %(left)s", day=date_text(due), left=left)


def attendee_words(one: Attendee) -> str:
    """Somebody of the attendance list on one line, but for the name."""
    found = [one.organisation] if one.organisation else []
    if role := role_of(one.role):
        found.append(role.lower())
    found += [
        _("tjänstgör för %(name)s", name=name) if name else _("tjänstgör för %(name)s", name=_("en vakant plats"))
        for name in one.serves_for
    ]
    if one.status == "remote":
        found.append(_("på distans"))
    elif one.status == "notified":
        found.append(_("anmäld frånvaro"))
    if one.from_item is not None:
        found.append(_("från punkt %(item)s", item=one.from_item))
    if one.to_item is not None:
        found.append(_("till och med punkt %(item)s", item=one.to_item))
    if one.recused:
        found.append(_("jäv vid punkt %(items)s", items=", ".join(map(str, one.recused))))
    return ", ".join(found)


def day_words(day: str) -> str:
    """A day of the text: "tisdag 15 september 2026"."""
    return date_text(date.fromisoformat(day), year=True)


def quorum_words(text: MinutesText) -> str:
    """What the text says of the quorum; empty where none is required."""
    found = text.attendance
    if found.needed is None:
        return ""
    if found.quorate and not found.lacking:
        return _("Mötet är beslutsfört, minst %(n)s krävs.", n=found.needed)
    if not found.quorate:
        return _("Mötet är inte beslutsfört, minst %(n)s krävs.", n=found.needed)
    return ngettext(
        "Mötet är beslutsfört utom vid punkt %(items)s, minst %(needed)s krävs.",
        "Mötet är beslutsfört utom vid punkterna %(items)s, minst %(needed)s krävs.",
        len(found.lacking),
        items=", ".join(map(str, found.lacking)),
        needed=found.needed,
    )
