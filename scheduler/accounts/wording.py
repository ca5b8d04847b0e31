"""What roles are called, with what they reach over: "Sekretariat för Regionalt forum". Pure, in the language in use.

Not here: what a role allows in words (``web.role_words``), nor how names are marked on pages in another language.
"""

from __future__ import annotations

from collections.abc import Mapping

from scheduler.i18n import gettext, mark

#: Role → its word.
ROLE_WORDS: Mapping[str, str] = {
    "administrator": mark("Administratör"),
    "secretariat": mark("Sekretariat"),
    "organisation_contact": mark("Organisationskontakt"),
    "reader": mark("Läsare"),
}
_FOR_FORUM = mark("Sekretariat för %(name)s")
_FOR_KEEPER = mark("Sekretariat hos %(name)s")
_FOR_ORGANISATION = mark("Organisationskontakt för %(name)s")


def role_word(role: str) -> str:
    """The word of a role: "Läsare"."""
    return gettext(ROLE_WORDS[role])


def role_message(role: str, *, of_forum: bool, of_organisation: bool) -> str:
    """The Swedish message id that says a role with its reach; its place, if it has one, is ``%(name)s``."""
    if role == "secretariat" and of_forum:
        return _FOR_FORUM
    if role == "secretariat" and of_organisation:
        return _FOR_KEEPER
    if role == "organisation_contact" and of_organisation:
        return _FOR_ORGANISATION
    return ROLE_WORDS[role]


def role_text(role: str, *, forum: str | None = None, organisation: str | None = None) -> str:
    """A role with the name of what it reaches over, as plain text."""
    message = role_message(role, of_forum=forum is not None, of_organisation=organisation is not None)
    name = forum or organisation
    return gettext(message, name=name) if name else gettext(message)
