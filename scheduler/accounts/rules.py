"""Who may do what (product.md "Roles"), how long a sign-in lasts, what a code looks like. Pure.

``may`` is the whole role table; pages and feeds ask nothing else. Not here: where a principal's forums come
from (``queries.principal_of``), nor which address of which page needs what (``web/security.py``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal, get_args

#: What a page, feed or action asks of whoever wants it. The first part of a two-part need names its object.
Need = Literal[
    "public",
    "machine",
    "feed",
    "token",
    "signed_in",
    "secretariat",
    "planner",
    "administrator",
    "forum.read",
    "forum.edit",
    "meeting.read",
    "meeting.edit",
    "organisation.read",
    "organisation.edit",
    "person.read",
    "person.edit",
    "contact.read",
    "answer.read",
    "draft.read",
    "mail.read",
    "register.read",
    "register.edit",
    "feed.own",
]
NEEDS: frozenset[str] = frozenset(get_args(Need))

Role = Literal["administrator", "secretariat", "organisation_contact", "reader"]
ROLES: tuple[Role, ...] = get_args(Role)

#: How long a session lives without being used, and at most (SEC-13).
IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(days=7)
#: ``used_at`` is written at most this often.
TOUCH = timedelta(minutes=1)
#: How long a link by mail works, and one made at the command line (SEC-3).
LINK_LIFE = timedelta(minutes=10)
COMMAND_LINE_LIFE = timedelta(hours=1)
#: How long an invitation works, and how long after its end it is kept, so that its link can say what became of it.
INVITATION_LIFE = timedelta(days=7)
INVITATION_KEPT = timedelta(days=30)
#: Wrong tries a code survives less one: at the fifth it is dead.
CODE_TRIES = 5

#: RFC 5321 §4.5.3.1.3 less the brackets.
ADDRESS_LENGTH = 254

#: Letters and figures that are not mistaken for each other; 28 of them, eight a code: 38 bits, five tries.
CODE_ALPHABET = "ABCDEFGHJKLMNPRTUVWXY2346789"
CODE_LENGTH = 8


@dataclass(frozen=True)
class Principal:
    """Somebody (or nobody) as the role table sees them, on one day."""

    user_id: int | None = None
    person_id: int | None = None
    name: str = ""
    language: str = "sv"
    administrator: bool = False
    reader: bool = False
    #: Forums whose secretariat this is today, by name or because an organisation keeps it.
    secretariat_forums: frozenset[int] = frozenset()
    #: A secretariat even on a day when no forum is its own (a new organisation, between two turns).
    secretariat: bool = False
    chair_forums: frozenset[int] = frozenset()
    #: Of those, the forums that let their chair plan, call, move, cancel and record.
    chair_plans: frozenset[int] = frozenset()
    #: Forums where the person holds a seat today, nested ones included.
    member_forums: frozenset[int] = frozenset()
    #: Organisations this is the contact of, and the forums where those have a seat.
    organisations: frozenset[int] = frozenset()
    organisation_forums: frozenset[int] = frozenset()

    @property
    def signed_in(self) -> bool:
        """Whether this is anybody."""
        return self.user_id is not None

    @property
    def own_forums(self) -> frozenset[int]:
        """Every forum whose inside this principal sees by a role or seat of its own."""
        return self.secretariat_forums | self.chair_forums | self.member_forums | self.organisation_forums


#: A visitor.
ANONYMOUS = Principal()


@dataclass(frozen=True)
class Thing:
    """What a need is about: the forums and organisations it belongs to, and what it allows by itself."""

    forums: frozenset[int]
    organisations: frozenset[int]
    #: The person it is about, and the user it belongs to.
    person_id: int | None
    owner_id: int | None
    public: bool


def _signed_in(who: Principal, _thing: Thing) -> bool:
    return who.signed_in


def _secretariat(who: Principal, _thing: Thing) -> bool:
    return who.secretariat or bool(who.secretariat_forums)


def _anybody(_who: Principal, _thing: Thing) -> bool:
    return True


def _nobody(_who: Principal, _thing: Thing) -> bool:
    return False


def _read_forum(who: Principal, thing: Thing) -> bool:
    return thing.public or who.reader or bool(thing.forums & who.own_forums)


def _edit_forum(who: Principal, thing: Thing) -> bool:
    return bool(thing.forums & who.secretariat_forums)


def _planner(who: Principal, thing: Thing) -> bool:
    return _secretariat(who, thing) or bool(who.chair_plans)


def _plan_meeting(who: Principal, thing: Thing) -> bool:
    return _edit_forum(who, thing) or bool(thing.forums & who.chair_plans)


def _read_organisation(who: Principal, thing: Thing) -> bool:
    return who.reader or _secretariat(who, thing) or bool(thing.organisations & who.organisations)


def _edit_used(who: Principal, thing: Thing) -> bool:
    """Own forums' organisations and people; those that no forum uses belong to every secretariat."""
    if thing.forums:
        return _edit_forum(who, thing)
    return _secretariat(who, thing)


def _self(who: Principal, thing: Thing) -> bool:
    return thing.person_id is not None and thing.person_id == who.person_id


def _read_person(who: Principal, thing: Thing) -> bool:
    return _self(who, thing) or _read_organisation(who, thing)


def _edit_person(who: Principal, thing: Thing) -> bool:
    return _self(who, thing) or _edit_used(who, thing)


def _read_contact(who: Principal, thing: Thing) -> bool:
    return (
        _self(who, thing)
        or _secretariat(who, thing)
        or bool(thing.forums & who.chair_forums)
        or bool(thing.organisations & who.organisations)
    )


def _read_answer(who: Principal, thing: Thing) -> bool:
    return (
        _self(who, thing)
        or bool(thing.forums & (who.secretariat_forums | who.chair_forums))
        or bool(thing.organisations & who.organisations)
    )


def _read_draft(who: Principal, thing: Thing) -> bool:
    return who.reader or bool(thing.forums & (who.secretariat_forums | who.chair_forums))


def _read_register(who: Principal, thing: Thing) -> bool:
    return who.reader or _secretariat(who, thing)


def _own(who: Principal, thing: Thing) -> bool:
    return who.signed_in and thing.owner_id in (None, who.user_id)


#: Need → who but the administrator may. A personal link or a feed address is itself the permission, and the
#: page behind it judges it.
TABLE: Mapping[str, Callable[[Principal, Thing], bool]] = {
    "public": _anybody,
    "machine": _anybody,
    "feed": _anybody,
    "token": _anybody,
    "signed_in": _signed_in,
    "secretariat": _secretariat,
    "planner": _planner,
    "administrator": _nobody,
    "forum.read": _read_forum,
    "forum.edit": _edit_forum,
    "meeting.read": _read_forum,
    "meeting.edit": _plan_meeting,
    "organisation.read": _read_organisation,
    "organisation.edit": _edit_used,
    "person.read": _read_person,
    "person.edit": _edit_person,
    "contact.read": _read_contact,
    "answer.read": _read_answer,
    "draft.read": _read_draft,
    "mail.read": _edit_forum,
    "register.read": _read_register,
    "register.edit": _secretariat,
    "feed.own": _own,
}


def may(
    principal: Principal,
    need: Need,
    *,
    forum_ids: Iterable[int] = (),
    organisation_ids: Iterable[int] = (),
    person_id: int | None = None,
    owner_id: int | None = None,
    public: bool = False,
) -> bool:
    """Whether ``principal`` may do what ``need`` says with the thing described (product.md "Roles").

    ``forum_ids``: the forum itself; a meeting's forums (for an edit the leading one alone); for
    organisations and people, the forums that use them. ``public``: the thing has a public view, which is
    all that a visitor then sees: ask again without it whether the inside may be shown. ``organisation_ids``:
    the organisation itself, a person's own, or the one an answer was given for. ``owner_id``: the user a
    feed or session belongs to. An administrator may everything but own what is another's.
    """
    thing = Thing(frozenset(forum_ids), frozenset(organisation_ids), person_id, owner_id, public=public)
    if principal.administrator and need != "feed.own":
        return True
    return TABLE[need](principal, thing)


# ---------------------------------------------------------------- sign-in


def normalised_address(text: str) -> str:
    """An e-mail address as logins and the register's ``normalised`` column hold it."""
    return text.strip().casefold()


def digest(secret: str) -> str:
    """What is stored of a secret: SHA-256 in hex. Enough for 256 random bits; nothing to guess at."""
    return hashlib.sha256(secret.encode()).hexdigest()


def code_digest(token_hash: str, code: str) -> str:
    """What is stored of a code: bound to its own link, so that equal codes look different."""
    return digest(f"{token_hash}:{plain_code(code)}")


def equal(first: str, second: str) -> bool:
    """Whether two texts are the same, in a time that does not tell how much of them is."""
    return compare_digest(first.encode(), second.encode())


def plain_code(typed: str) -> str:
    """A code as typed, without hyphens, spaces and case."""
    return re.sub(r"[\s-]+", "", typed).upper()


def shown_code(code: str) -> str:
    """A code as a person reads it: "KTRN-4827"."""
    return f"{code[:4]}-{code[4:]}"


#: How a sign-in link stands: ready, to be answered with the code (another browser), used or past its time.
LinkState = Literal["ready", "elsewhere", "used", "expired"]


def link_state(
    now: datetime, *, used_at: datetime | None, expires_at: datetime, browser_hash: str | None, browser: str | None
) -> LinkState:
    """How a link stands for a browser that keeps the secret ``browser``.

    A link without ``browser_hash`` (made at the command line) is ready everywhere. ``expires_at`` is the
    first instant at which it no longer works.
    """
    if used_at is not None:
        return "used"
    if now >= expires_at:
        return "expired"
    if browser_hash is None or (browser is not None and equal(digest(browser), browser_hash)):
        return "ready"
    return "elsewhere"


#: How an invitation stands: open, accepted, taken back or replaced, past its time.
InvitationState = Literal["open", "accepted", "revoked", "expired"]


def invitation_state(
    now: datetime, *, accepted_at: datetime | None, revoked_at: datetime | None, expires_at: datetime
) -> InvitationState:
    """How an invitation stands; ``expires_at`` is the first instant at which it no longer works."""
    if accepted_at is not None:
        return "accepted"
    if revoked_at is not None:
        return "revoked"
    return "expired" if now >= expires_at else "open"


_PART = r"[^@\s\x00-\x1f\x7f-\x9f<>\",;]+"
#: Never with ``=?``, which mail programs take for the beginning of code (SEC-6).
_ADDRESS = re.compile(rf"(?!.*=\?){_PART}@{_PART}\.\w+")


def is_address(text: str) -> bool:
    """Whether a text looks like an e-mail address: one @, a dot after it, no spaces, at most 254 characters."""
    return len(text) <= ADDRESS_LENGTH and _ADDRESS.fullmatch(text) is not None


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def client_family(user_agent: str) -> str:
    """The browser's family for the list of sessions: "Firefox, Windows"; empty when unknown."""
    found = [next((name for sign, name in table if sign in user_agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name)


def network_of(address: str) -> str:
    """What counts as one client for limits: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)
