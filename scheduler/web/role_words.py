"""Roles in words on pages: with the name of what they reach over, from when to when, and what somebody may.

Not here: the words of the roles themselves (``accounts.wording``), who may what (``accounts.rules``).
"""

from __future__ import annotations

from scheduler.accounts.listing import RoleRow
from scheduler.accounts.rights import ForumRight, Rights
from scheduler.accounts.rules import Principal, may
from scheduler.accounts.wording import role_message
from scheduler.i18n import gettext as _
from scheduler.i18n import lazy, ngettext
from scheduler.web.filters import day_year, said, swedish

#: Role → what it means, as the page that gives it says.
ROLE_HINTS = {
    "secretariat": lazy("Planerar, kallar och håller registret för sina forum. Välj ett forum eller en organisation."),
    "organisation_contact": lazy("Ser organisationens forum, svar och kontaktuppgifter. Välj organisationen."),
    "reader": lazy("Läser alla forum, också förslag. Ser inga adresser och ändrar inget."),
    "administrator": lazy("Får allt, också användare, inställningar och alla utskick."),
}


def role_words(role: RoleRow) -> str:
    """ "Sekretariat för Regionalt forum"; the name is marked as Swedish on a page in another language."""
    name = role.forum_title or role.organisation_name
    message = role_message(
        role.role, of_forum=role.forum_id is not None, of_organisation=role.organisation_id is not None
    )
    return said(message, name=swedish(name)) if name else said(message)


def role_days(role: RoleRow) -> str:
    """From when to when a role holds; empty when neither is set."""
    if role.from_on and role.to_on:
        return f"{day_year(role.from_on)}–{day_year(role.to_on)}"
    if role.from_on:
        return _("från %(day)s", day=day_year(role.from_on))
    return _("till och med %(day)s", day=day_year(role.to_on)) if role.to_on else ""


def right_words(right: ForumRight) -> str:
    """Why a forum is somebody's, and until when: "genom rotation till och med 31 december 2026"; empty: by role."""
    reasons = {
        "rotation": _("genom rotation"),
        "organisation": _("genom organisationen"),
        "lead": _("leder forumet"),
    }
    until = _("till och med %(day)s", day=day_year(right.until_on)) if right.until_on else ""
    return " ".join(part for part in (reasons.get(right.by, ""), until) if part)


def abilities(rights: Rights, *, active: bool) -> list[str]:
    """What somebody may today, a line for each thing; what is public everybody may read, and is not said."""
    who = rights.principal
    if not active:
        return [_("Ingenting: kontot är avstängt.")]
    if may(who, "administrator"):
        return [_("Allt, också användare, inställningar och alla utskick.")]
    return [*_of_register(who), *_of_forums(who), *_of_own(who, rights)] or [_("Läsa det som är offentligt.")]


def _of_register(who: Principal) -> list[str]:
    found = []
    if may(who, "register.read"):
        found.append(_("Läsa hela registret."))
    if may(who, "register.edit"):
        found.append(_("Lägga in och ändra organisationer och personer som de egna forumen använder."))
    return found


def _of_forums(who: Principal) -> list[str]:
    found = []
    if count := len(who.secretariat_forums):
        found.append(ngettext("Planera, kalla och ändra i 1 forum.", "Planera, kalla och ändra i %(n)s forum.", count))
    if count := len(who.chair_plans - who.secretariat_forums):
        found.append(
            ngettext(
                "Planera och kalla som ordförande i 1 forum.", "Planera och kalla som ordförande i %(n)s forum.", count
            )
        )
    if not who.reader and (count := len(who.own_forums - who.secretariat_forums)):
        found.append(ngettext("Se platser och möten i 1 forum.", "Se platser och möten i %(n)s forum.", count))
    return found


def _of_own(who: Principal, rights: Rights) -> list[str]:
    found = [said(_("Se svar och kontaktuppgifter för %(name)s."), name=swedish(name)) for name in rights.organisations]
    if who.person_id is not None:
        found.append(_("Ändra sina egna kontaktuppgifter."))
    return found
