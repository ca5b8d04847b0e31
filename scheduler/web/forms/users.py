"""Forms of users, their roles and invitations.

Each binds its own fields and nothing else (SEC-2). Not here: what makes a value right (``accounts.users``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import RadioField, SelectField, StringField
from wtforms.validators import ValidationError

from scheduler.accounts.wording import ROLE_WORDS
from scheduler.forums.models import Forum
from scheduler.i18n import gettext, lazy
from scheduler.organisations.models import Organisation
from scheduler.organisations.queries import PersonRow
from scheduler.web.fields import DayField, PageForm, choice
from scheduler.web.forms.organisations import LOCALES, organisation_choices
from scheduler.web.forms.seats import reference
from scheduler.web.seen import SeenForm

#: The order in which roles are offered, the one most often given first.
OFFERED = ("secretariat", "organisation_contact", "reader", "administrator")


class UserForm(SeenForm):
    """What may be changed of a user; the address is what signs in, and stays."""

    name = StringField(lazy("Namn"))
    language = RadioField(lazy("Språk"), choices=LOCALES, default="sv")

    def values(self) -> dict[str, Any]:
        """The keywords of ``edit_user``."""
        return {"name": self.name.data or "", "language": self.language.data or ""}


class PersonLinkForm(SeenForm):
    """Which person of the register a user is."""

    person_id = RadioField(lazy("Vem i registret?"), choices=[], validate_choice=False)

    def offer(self, people: Sequence[PersonRow]) -> None:
        """Fills in the people to choose from, after the choice of none."""
        self.person_id.choices = [
            *(choice(str(row.id), row.name) for row in people),
            choice("", gettext("Ingen i registret")),
        ]

    def validate_person_id(self, field: RadioField) -> None:
        """Raises ValidationError for what no page offers."""
        text = field.data or ""
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - an id
            raise ValidationError(gettext("Välj en person"))

    @property
    def person(self) -> int | None:
        """The id of the person chosen; None for none."""
        return int(self.person_id.data) if self.person_id.data else None


class _ReachForm(PageForm):
    """A role and what it reaches over."""

    role = RadioField(lazy("Roll"), choices=[])
    forum = SelectField(lazy("Forum"), choices=[], description=lazy("För sekretariat av ett enda forum"))
    organisation = SelectField(
        lazy("Organisation"),
        choices=[],
        description=lazy("För sekretariat av alla forum som organisationen håller, och för organisationskontakt"),
    )

    def offer(self, forums: Iterable[Forum], organisations: Sequence[Organisation]) -> None:
        """Fills in the roles, forums and organisations to choose from."""
        self.role.choices = [choice(role, gettext(ROLE_WORDS[role])) for role in OFFERED]
        self.forum.choices = [choice("", gettext("Inget")), *(choice(str(row.id), row.title) for row in forums)]
        self.organisation.choices = organisation_choices(organisations)

    def reach(self) -> dict[str, Any]:
        """The keywords of the actions."""
        return {
            "role": self.role.data,
            "forum_id": reference(self.forum.data),
            "organisation_id": reference(self.organisation.data),
        }


class RoleForm(_ReachForm):
    """A role for somebody who is a user."""

    from_on = DayField(lazy("Från och med"), description=lazy("Tomt: från i dag. Till exempel 2027-01-01"))
    to_on = DayField(lazy("Till och med"), description=lazy("Tomt: tills vidare"))

    def values(self) -> dict[str, Any]:
        """The keywords of ``grant_role``."""
        return {**self.reach(), "from_on": self.from_on.data, "to_on": self.to_on.data}


class InviteForm(_ReachForm):
    """Somebody who is to become a user, and the role to begin with."""

    FIRST = ("login", "name", "language")

    login = StringField(lazy("E-postadress"), description=lazy("Dit går inbjudan, och den loggar in"))
    name = StringField(lazy("Namn"))
    language = RadioField(lazy("Språk"), choices=LOCALES, default="sv")

    def offer(self, forums: Iterable[Forum], organisations: Sequence[Organisation]) -> None:
        """As for a role, which here may be none."""
        super().offer(forums, organisations)
        self.role.choices = [*(self.role.choices or ()), choice("", gettext("Ingen roll"))]

    def values(self) -> dict[str, Any]:
        """The keywords of ``invite``."""
        return {
            **self.reach(),
            "login": self.login.data or "",
            "name": self.name.data or "",
            "language": self.language.data or "",
            "role": self.role.data or None,
        }
