"""Personal links that nobody has to store, and the seal of a form behind a personal link. Pure (SEC-4, SEC-12).

A link is derived by HMAC from the installation's key, what it is for, the row it opens and that row's epoch: it can
be written again at any time, and raising the epoch revokes it. The key's own mark stands in front, so that after
a change of keys the one that made a link can be told. A form's seal takes the place of the cookie that these pages
do without. Not here: which row it is, how long it works, how often it may be tried.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from scheduler.accounts.rules import equal

#: Bytes of the key's mark, of the row's number and of the seal (160 bits; 128 is the least, SEC-4).
KEY_ID, ROW_ID, SEAL = 2, 8, 20
_LENGTH = KEY_ID + ROW_ID + SEAL


def _mac(secret_key: str, *parts: str) -> bytes:
    """A digest that no other list of parts has: each is preceded by its length."""
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in ("personal link", *parts))
    return hmac.new(secret_key.encode(), message, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _key_id(secret_key: str, purpose: str) -> bytes:
    return _mac(secret_key, "key", purpose)[:KEY_ID]


def derive(secret_key: str, purpose: str, row_id: int, epoch: int) -> str:
    """The secret part of the link to row ``row_id`` for ``purpose``: 40 characters, the same at each call.

    ``purpose`` names one use ("organisation"): a link for one is none for another. ``epoch`` is the row's own
    count; with the next one this link is dead.
    """
    seal = _mac(secret_key, "link", purpose, str(row_id), str(epoch))[:SEAL]
    return _text(_key_id(secret_key, purpose) + row_id.to_bytes(ROW_ID, "big") + seal)


def read(secret_key: str, purpose: str, token: str) -> int | None:
    """The row that ``token`` claims to open; None for what is no link of this key and purpose.

    A claim and nothing more: find the row, then ask ``verify`` with the epoch it has.
    """
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _LENGTH or not hmac.compare_digest(raw[:KEY_ID], _key_id(secret_key, purpose)):
        return None
    row_id = int.from_bytes(raw[KEY_ID : KEY_ID + ROW_ID], "big")
    return row_id if row_id < 2**63 else None  # more than a database can be asked for


def verify(secret_key: str, purpose: str, token: str, row_id: int, epoch: int) -> bool:
    """Whether ``token`` is the link to row ``row_id`` at ``epoch``, in a time that does not tell how nearly."""
    return equal(token, derive(secret_key, purpose, row_id, epoch))


def form_token(secret_key: str, purpose: str, token: str) -> str:
    """What the form on the page behind ``token`` carries: nobody without the link can make it (SEC-12).

    For links that are derived and for those that are stored as a hash alike.
    """
    return _text(_mac(secret_key, "form", purpose, token)[:SEAL])


def form_token_fits(secret_key: str, purpose: str, token: str, given: str | None) -> bool:
    """Whether a form that came back with ``given`` was on the page behind ``token``."""
    return equal(given or "", form_token(secret_key, purpose, token))
