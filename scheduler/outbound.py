"""Fetching what stands at a public https address that somebody gave us, without reaching into the own network (SEC-10).

The name is resolved first and every address it has must be public by the table below; then the checked address itself
is connected to, with the name in SNI, certificate and Host. Redirects begin from the start again. Size counts after
decompression, time is one budget for all of it, names and slow servers included. Addresses are secrets of other
systems: neither a failure nor the log repeats one, or any of what came. Not here: what the bytes mean.
"""

from __future__ import annotations

import logging
import queue
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from scheduler.errors import TaktError

# Its warnings and traces name whole addresses, secret and all.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

PORT = 443
#: Bytes after decompression.
MOST_BYTES = 5_000_000
MOST_REDIRECTS = 3
#: For all of one fetch.
SECONDS = 10.0
#: An address longer than this is none that a calendar has.
LONGEST_URL = 2000

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED = 304
_DENIED = frozenset({401, 402, 403, 407})
_MISSING = frozenset({404, 410})
_OK = frozenset({200, 203})
_CHUNK = 65_536
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
_VALIDATOR = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,199}")

#: What IANA's registries of special-purpose addresses, and of multicast, set apart (read 2026-11).
_NOT_PUBLIC_4 = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers' translators
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
#: Of IPv6 only this has been given out for public hosts. So ::/128, ::1/128, the mapped ::ffff:0:0/96, 64:ff9b::/96 and
#: 64:ff9b:1::/48 (both lead to IPv4), 100::/64, 5f00::/16, fc00::/7, fe80::/10, fec0::/10 and ff00::/8 are out ...
_PUBLIC_6 = ip_network("2000::/3")
#: ... and of it this as well.
_NOT_PUBLIC_6 = tuple(
    ip_network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo (2001::/32), benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: leads to IPv4
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # given back
        "3fff::/20",  # documentation
    )
)


class Reason(StrEnum):
    """Why nothing came."""

    #: No https address we take: another scheme, a user in it, another port, no host.
    ADDRESS = "address"
    #: The name is not to be found.
    UNKNOWN = "unknown"
    #: The name leads to an address that is not public.
    PRIVATE = "private"
    #: Too many redirects, or one to what is no https address.
    REDIRECT = "redirect"
    SLOW = "slow"
    LARGE = "large"
    #: The certificate is not valid for the name.
    CERTIFICATE = "certificate"
    #: No connection, or it broke.
    BROKEN = "broken"
    #: The server wants a sign-in.
    DENIED = "denied"
    #: There is nothing at the address, or no longer.
    MISSING = "missing"
    #: Any other answer that is none: a fault of the server, a coding unknown.
    ANSWER = "answer"


class Failed(TaktError):
    """Nothing came; says why and repeats nothing of the address or the answer."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Validators:
    """What the server said of the version it sent, to be sent back when asking again."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Fetched:
    """What came, decompressed; of its kind only the bytes themselves tell."""

    body: bytes
    validators: Validators


def system_addresses(host: str) -> Sequence[str]:
    """Every address the system's resolver knows for ``host``; raises OSError when there is none."""
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_kind, address in found]


@dataclass(frozen=True)
class Network:
    """How the world is reached: tests hand over a resolver, a way to connect and a trust store of their own."""

    resolve: Callable[[str], Sequence[str]] = system_addresses
    #: Takes an IP address with port and the seconds left.
    connect: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection
    #: Certificates of authorities as PEM; None: the system's.
    trust: str | None = None


INTERNET = Network()


def is_public(address: str) -> bool:
    """Whether ``address`` (IPv4 or IPv6, as text) is one that hosts of the public internet have."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in block for block in _NOT_PUBLIC_4)
    return found.scope_id is None and found in _PUBLIC_6 and not any(found in block for block in _NOT_PUBLIC_6)


def read_url(text: str) -> str:
    """The https address that ``text`` means, webcal taken for https; raises Failed when it is none that is fetched."""
    return _target(_secure(text.strip())).url


def host_of(url: str) -> str:
    """The host of an address that ``read_url`` gave."""
    return urlsplit(url).hostname or ""


def fetch(
    url: str,
    known: Validators | None = None,
    *,
    network: Network = INTERNET,
    seconds: float = SECONDS,
    most_bytes: int = MOST_BYTES,
) -> Fetched | None:
    """What stands at ``url``; None when it is still the version of ``known``. Raises Failed.

    Call it outside any transaction: it may take all of ``seconds``.
    """
    deadline = _Deadline(seconds)
    target = _target(_secure(url))
    for _hop in range(MOST_REDIRECTS + 1):
        try:
            found = _ask(target, known or Validators(), network, deadline, most_bytes)
        except (HTTPError, HTTPException, OSError, ValueError, zlib.error) as error:
            raise Failed(_reason_of(error)) from None
        if not isinstance(found, str):
            return found
        target = _next(target, found)
    raise Failed(Reason.REDIRECT)


# ---------------------------------------------------------------- addresses


@dataclass(frozen=True)
class _Target:
    """An address taken apart: what is resolved and verified, and what is asked for there."""

    url: str
    host: str
    path: str


def _secure(url: str) -> str:
    """``url`` with the scheme calendars use for "subscribe" replaced by what it stands for."""
    scheme, colon, rest = url.partition(":")
    return f"https:{rest}" if colon and scheme.lower() in {"webcal", "webcals"} else url


def _target(url: str) -> _Target:
    """``url`` taken apart; raises Failed unless it is an https address on the usual port without a user in it."""
    if len(url) > LONGEST_URL or re.search(r"[\x00-\x20\x7f\\]", url):
        raise Failed(Reason.ADDRESS)
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except ValueError:  # UnicodeError is one
        raise Failed(Reason.ADDRESS) from None
    literal = ":" in host
    if parts.scheme.lower() != "https" or port not in {None, PORT} or "@" in parts.netloc:
        raise Failed(Reason.ADDRESS)
    if not ("%" not in host if literal else _HOST.fullmatch(host) and "." in host):
        raise Failed(Reason.ADDRESS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(f"https://{f'[{host}]' if literal else host}{path}", host, path)


def _next(target: _Target, location: str) -> _Target:
    """Where a redirect leads; one out of https is refused."""
    try:
        return _target(_secure(urljoin(target.url, location)))
    except (Failed, ValueError):
        raise Failed(Reason.REDIRECT) from None


def _addresses(host: str, network: Network, deadline: _Deadline) -> Sequence[str]:
    """The addresses of ``host``, all of them public; raises Failed.

    The system's resolver knows no time limit, so it is asked in a thread that may be left behind.
    """
    answers: queue.Queue[Sequence[str] | Reason] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(network.resolve(host))
        except (OSError, ValueError):
            answers.put(Reason.UNKNOWN)

    threading.Thread(target=ask, name="takt-resolve", daemon=True).start()
    try:
        found = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise Failed(Reason.SLOW) from None
    if isinstance(found, Reason) or not found:
        raise Failed(Reason.UNKNOWN)
    if not all(is_public(address) for address in found):
        raise Failed(Reason.PRIVATE)
    return list(dict.fromkeys(found))


# ---------------------------------------------------------------- one request


class _Deadline:
    """The instant, on the clock that only goes forward, at which the whole fetch is over."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds to go; raises Failed when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise Failed(Reason.SLOW)
        return left


def _ask(
    target: _Target, known: Validators, network: Network, deadline: _Deadline, most_bytes: int
) -> Fetched | str | None:
    """One request: what came, None for "unchanged", or the address it leads on to."""
    addresses = _addresses(target.host, network, deadline)
    pool = _pool(target, addresses, network, deadline)
    try:
        response = pool.urlopen(
            "GET",
            target.path,
            headers=_headers(target, known),
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            return _read(response, deadline, most_bytes)
        finally:
            response.close()
    finally:
        pool.close()


def _headers(target: _Target, known: Validators) -> dict[str, str]:
    asked = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {
        "Host": f"[{target.host}]" if ":" in target.host else target.host,
        "User-Agent": "Takt",
        "Accept": "text/calendar, */*;q=0.1",
        "Accept-Encoding": "gzip",
        **{name: value for name, value in asked.items() if value},
    }


def _pool(
    target: _Target, addresses: Sequence[str], network: Network, deadline: _Deadline
) -> urllib3.HTTPSConnectionPool:
    """A pool of one connection to the first of ``addresses`` that answers, speaking to ``target`` by its name."""

    class Connection(HTTPSConnection):
        """Goes to the checked addresses and nowhere else: no second look-up, no proxy."""

        def _new_conn(self) -> socket.socket:
            *others, last = addresses
            for n, address in enumerate(others):
                try:
                    return network.connect((address, PORT), deadline.left() / (len(addresses) - n))
                except OSError:
                    continue
            return network.connect((last, PORT), deadline.left())

    class Socket(ssl.SSLSocket):
        """Never waits past the deadline: a server that sends a byte now and then would else be read for ever."""

        def recv_into(self, *given: Any, **named: Any) -> int:
            self.settimeout(deadline.left())
            return super().recv_into(*given, **named)

        def sendall(self, *given: Any, **named: Any) -> None:
            self.settimeout(deadline.left())
            return super().sendall(*given, **named)

        def do_handshake(self, *given: Any, **named: Any) -> None:
            self.settimeout(deadline.left())
            return super().do_handshake(*given, **named)

    context = ssl.create_default_context(cadata=network.trust)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = Socket
    pool = urllib3.HTTPSConnectionPool(
        addresses[0],
        PORT,
        timeout=urllib3.Timeout(total=deadline.left()),
        retries=False,
        ssl_context=context,
        # By it the certificate is verified, since the context checks names.
        server_hostname=target.host,
    )
    pool.ConnectionCls = Connection
    return pool


def _read(response: BaseHTTPResponse, deadline: _Deadline, most_bytes: int) -> Fetched | str | None:
    status = response.status
    if status == _NOT_MODIFIED:
        return None
    if status in _REDIRECTS:
        return response.headers.get("Location") or _refuse(Reason.REDIRECT)
    if status in _DENIED or status in _MISSING or status not in _OK:
        reason = Reason.DENIED if status in _DENIED else Reason.MISSING if status in _MISSING else Reason.ANSWER
        raise Failed(reason)
    body = bytearray()
    for part in _decoded(response, most_bytes):
        deadline.left()
        body += part
        if len(body) > most_bytes:
            raise Failed(Reason.LARGE)
    kept = (_validator(response.headers.get(name)) for name in ("ETag", "Last-Modified"))
    return Fetched(bytes(body), Validators(*kept))


def _refuse(reason: Reason) -> str:
    raise Failed(reason)


def _validator(value: str | None) -> str | None:
    """A validator as it may be kept and sent back; None for one that is none."""
    return value if value and _VALIDATOR.fullmatch(value) else None


def _decoded(response: BaseHTTPResponse, most_bytes: int) -> Iterator[bytes]:
    """The body as it comes, decompressed; never much more than ``most_bytes``, however small it came (a bomb)."""
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding in {"", "identity"}:
        yield from _raw(response)
        return
    if coding not in {"gzip", "x-gzip"}:
        raise Failed(Reason.ANSWER)
    member = None
    for part in _raw(response):
        packed = part
        while packed:
            member = member or zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            yield member.decompress(packed, most_bytes + 1)
            packed = member.unconsumed_tail
            if member.eof:  # another one may follow
                packed = member.unused_data.lstrip(b"\0")
                member = None
    if member is not None:
        raise Failed(Reason.BROKEN)


def _raw(response: BaseHTTPResponse) -> Iterator[bytes]:
    while part := response.read1(_CHUNK):
        yield part


def _reason_of(error: Exception) -> Reason:
    """Why the request was given up, from what lies beneath."""
    asked: list[BaseException] = [error]
    while asked:
        beneath = asked.pop()
        if isinstance(beneath, ssl.SSLCertVerificationError):
            return Reason.CERTIFICATE
        if isinstance(beneath, TimeoutError | urllib3.exceptions.TimeoutError):
            return Reason.SLOW
        asked += [inner for inner in (*beneath.args, beneath.__cause__) if isinstance(inner, BaseException)]
    return Reason.BROKEN
