"""A small https server on this machine that plays hosts of the public internet, and the network that leads to it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Self

import trustme

from scheduler.outbound import Network

#: An address of the public internet that nothing is sent to: the network below leads to the server instead.
PUBLIC = "93.184.215.14"


@dataclass(frozen=True)
class Asked:
    """One request as it came: the name in SNI, the first line's path, headers by small letters."""

    sni: str | None
    path: str
    headers: dict[str, str]


Answer = Callable[[Asked], bytes | Iterable[bytes]]


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer; an underscore in a header's name is a hyphen."""
    given = {"Content_Length": str(len(body)), "Connection": "close", **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


@cache
def _certificate(names: tuple[str, ...]) -> trustme.LeafCert:
    return _authority().issue_cert(*names)


@dataclass
class HttpsServer:
    """Answers every connection with what ``answer`` gives; knows what it was asked and where people meant to go."""

    answer: Answer = lambda _asked: reply(b"hello")
    #: Whose certificate it has.
    names: tuple[str, ...] = ("kalender.example.com", "other.example.com")
    #: Name → its addresses, or one list after the other for each time it is looked up.
    addresses: dict[str, Sequence[str]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    #: The addresses that were connected to.
    reached: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _certificate(self.names).configure_cert(self._context)
        self._sni: dict[int, str | None] = {}
        self._context.sni_callback = lambda connection, name, _context: self._sni.update({id(connection): name})
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._closing.set()
        # Wakes the thread that waits for a connection.
        socket.create_connection(self._listening.getsockname()).close()
        # Closed under its hands, the thread would fail instead of ending.
        self._accepting.join()
        self._listening.close()

    @property
    def network(self) -> Network:
        """Leads every public address to this server."""
        return Network(self._resolve, self._connect, _authority().cert_pem.bytes().decode())

    def _resolve(self, host: str) -> Sequence[str]:
        self.looked_up.append(host)
        return self.addresses.get(host, [PUBLIC])

    def _connect(self, address: tuple[str, int], seconds: float) -> socket.socket:
        assert address[1] == 443
        self.reached.append(address[0])
        return socket.create_connection(self._listening.getsockname(), seconds)

    def _accept(self) -> None:
        while True:
            connection, _address = self._listening.accept()
            if self._closing.is_set():
                connection.close()
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._context.wrap_socket(connection, server_side=True) as secure:
                asked = self._read(secure)
                self.asked.append(asked)
                answer = self.answer(asked)
                for part in [answer] if isinstance(answer, bytes) else answer:
                    secure.sendall(part)
                secure.unwrap()
        except (OSError, ValueError):
            pass  # the other side has had enough, as some tests want it
        finally:
            connection.close()

    def _read(self, secure: ssl.SSLSocket) -> Asked:
        head = b""
        while b"\r\n\r\n" not in head:
            part = secure.recv(4096)
            if not part:
                raise ValueError("the request ended early")
            head += part
        first, *lines = head.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
        return Asked(self._sni.get(id(secure)), first.split(" ")[1], headers)
