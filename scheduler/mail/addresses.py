"""Addresses that say by themselves what comes to them: an answer to one invitation, the bounce of one mail. Pure.

Both are sub-addresses of the mailbox that is read ("svar+a12.seal@domain"), sealed so that nobody can make one up. All
in lower case, since relays may fold it, and before the @ no longer than RFC 5321 allows. Not here: reading that mailbox
(``inbox``), what an answer does (``incoming``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal

from scheduler.errors import Problem
from scheduler.i18n import mark

#: Letters of the seal, in base 32: 128 bits.
SEAL = 26
#: The longest part before the @ (RFC 5321 §4.5.3.1.1), and what of it a mark, the longest number and a seal take.
_LOCAL = 64
_NUMBER = 12
#: The longest such part of the mailbox's own address.
OWN_LOCAL = _LOCAL - len("+a.") - _NUMBER - SEAL
_PLAIN = re.compile(
    r"(?P<local>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)@(?P<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)*)", re.ASCII | re.IGNORECASE
)
_MARKS: dict[str, Literal["answer", "bounce"]] = {"a": "answer", "b": "bounce"}


@dataclass(frozen=True)
class Meant:
    """What an address is for, as it claims; ``is_answer`` and ``is_bounce`` say whether that is true."""

    purpose: Literal["answer", "bounce"]
    #: The invitee, or the mail.
    row_id: int
    seal: str


def _seal(secret_key: str, purpose: str, row_id: int, epoch: int) -> str:
    message = f"mail address\n{purpose}\n{row_id}\n{epoch}".encode()
    made = hmac.new(secret_key.encode(), message, hashlib.sha256).digest()[:16]
    return base64.b32encode(made).decode("ascii").rstrip("=").lower()


def check_reply(address: str) -> Problem | None:
    """What is wrong with the address of the mailbox that is read: it must be plain, and short enough to be extended."""
    found = _PLAIN.fullmatch(address.strip())
    if found is None or len(found["domain"]) > 200:  # noqa: PLR2004 - the whole must fit a recipient's column
        return Problem("TAKT_MAIL_REPLY", mark("Ange en adress som svar@takt.example.org, utan plustecken"))
    if len(found["local"]) > OWN_LOCAL:
        return Problem("TAKT_MAIL_REPLY", mark("Högst %(n)s tecken före @ får plats"), {"n": OWN_LOCAL})
    return None


def _address(reply: str, mark: str, row_id: int, seal: str) -> str:
    local, _at, domain = reply.strip().lower().rpartition("@")
    return f"{local}+{mark}{row_id}.{seal}@{domain}"


def answer_address(secret_key: str, reply: str, invitee_id: int, epoch: int) -> str:
    """Where the calendar program of somebody invited sends its answer; with the next epoch it is dead."""
    return _address(reply, "a", invitee_id, _seal(secret_key, "answer", invitee_id, epoch))


def bounce_address(secret_key: str, reply: str, mail_id: int) -> str:
    """Where what is said of one mail by the machines on its way comes to."""
    return _address(reply, "b", mail_id, _seal(secret_key, "bounce", mail_id, 0))


def read_address(reply: str, address: str) -> Meant | None:
    """What ``address`` claims to be for; None for what is no sub-address of ``reply``."""
    local, _at, domain = address.strip().casefold().rpartition("@")
    own, _own_at, own_domain = reply.strip().casefold().rpartition("@")
    base, _plus, tag = local.partition("+")
    mark, (number, _dot, seal) = tag[:1], tag[1:].partition(".")
    if (base, domain) != (own, own_domain) or mark not in _MARKS or len(seal) != SEAL:
        return None
    if not (number.isascii() and number.isdigit() and len(number) <= _NUMBER):
        return None
    return Meant(_MARKS[mark], int(number), seal)


def is_answer(secret_key: str, meant: Meant, epoch: int) -> bool:
    """Whether an answer's address is genuine for its invitee at ``epoch``."""
    return meant.purpose == "answer" and hmac.compare_digest(
        meant.seal.encode(), _seal(secret_key, "answer", meant.row_id, epoch).encode()
    )


def is_bounce(secret_key: str, meant: Meant) -> bool:
    """Whether a bounce's address is genuine."""
    return meant.purpose == "bounce" and hmac.compare_digest(
        meant.seal.encode(), _seal(secret_key, "bounce", meant.row_id, 0).encode()
    )
