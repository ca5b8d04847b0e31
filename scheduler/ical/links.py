"""Which web addresses a calendar may carry (F17, F19). Not here: making or shortening addresses."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit


class LinkFault(StrEnum):
    """What keeps an address out of a calendar."""

    FORM = "form"  # not one absolute address in plain ASCII
    SCHEME = "scheme"  # not https
    SECRET = "secret"  # noqa: S105 - a name, not a password; carries one, or a token, which every device would store


#: RFC 3986: the characters an address is written with; everything else is percent-encoded.
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_SECRET_NAMES = frozenset({"access_token", "api_key", "apikey", "auth", "jwt", "secret", "sig", "signature", "token"})
#: A random token: long, and nothing but the letters of url-safe base64.
_LONG_WORD = re.compile(r"[A-Za-z0-9_-]{40,}")
_VIDEO_HOST = re.compile(
    r"\b(?:teams\.(?:microsoft|live)\.com|meet\.google\.com|meet\.jit\.si|whereby\.com|zoom\.(?:us|com)"
    r"|webex\.com|gotomeeting\.com|join\.skype\.com)/",
    re.IGNORECASE,
)


def link_fault(url: str) -> LinkFault | None:
    """What is wrong with ``url`` in a calendar: it must be an absolute https address without secrets."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return LinkFault.FORM
    if not _ADDRESS.fullmatch(url):
        return LinkFault.FORM
    if parts.scheme != "https":
        return LinkFault.SCHEME
    if not host or "." not in host.strip("."):
        return LinkFault.FORM
    if parts.username is not None or parts.password is not None:
        return LinkFault.SECRET
    query = parse_qsl(parts.query, keep_blank_values=True)
    words = [*parts.path.split("/"), parts.fragment, *(value for _, value in query)]
    if any(name.lower() in _SECRET_NAMES for name, _ in query) or any(map(_is_random, words)):
        return LinkFault.SECRET
    return None


def names_video_host(text: str) -> bool:
    """Whether ``text`` holds a link to one of the common services for video meetings."""
    return _VIDEO_HOST.search(text) is not None


def _is_random(word: str) -> bool:
    """Whether ``word`` looks drawn by lot: long, with small letters, capitals and figures in one piece.

    A slug written by people has small letters alone, a UUID is shorter than this.
    """
    return bool(
        _LONG_WORD.fullmatch(word)
        and re.search("[a-z]", word)
        and re.search("[A-Z]", word)
        and re.search("[0-9]", word)
    )
