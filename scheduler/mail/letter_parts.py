"""What letters of all kinds share: the letter itself, its language, its greeting, where answers to it go.

Not here: what a kind says (``letters``, ``meeting_letters``), headers and bytes (``messages``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.forums.models import Forum
from scheduler.forums.rotation import secretariat_of
from scheduler.i18n import gettext as _
from scheduler.mail.messages import Draft
from scheduler.organisations.models import Organisation, Person


class NothingToSay(Exception):
    """A mail of which nothing is left; it does not go."""


@dataclass(frozen=True)
class Letter:
    """What a mail says, and the addresses that hang on what it says."""

    draft: Draft
    #: Where people's answers go; None: to the sender.
    reply_to: str | None = None
    #: Where it comes from; None: from the letterhead's address.
    sender: str | None = None
    #: The address that stops such mails at once; None: they cannot be stopped.
    unsubscribe: str | None = None


def language_of(locale: str) -> str:
    """The language of mails to somebody whose locale is ``locale`` ("en-GB"): one of ours, else Swedish."""
    short = locale.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0].casefold()
    return short if short in i18n.LANGUAGES else "sv"


def reply_address(session: Session, forum: Forum, on: date) -> str | None:
    """The mailbox of whoever keeps the forum's secretariat on the day; None when there is none.

    The forum's own mailbox belongs to its fixed secretariat; where another one's turn has come, that
    organisation's goes before it.
    """
    kept_by = secretariat_of(session, [forum], on)[forum.id]
    keeper = session.get(Organisation, kept_by) if kept_by is not None else None
    own = keeper.contact_email if keeper is not None else None
    return own or forum.secretariat_email if kept_by != forum.secretariat_id else forum.secretariat_email or own


def greeting(person: Person | None) -> str:
    """ "Hej Karin."; without a name to somebody outside the register or with a protected identity."""
    if person is None or person.protected or not person.given_name:
        return _("Hej.")
    return _("Hej %(name)s.", name=person.given_name)
