"""A mail server for tests: takes every mail and keeps it, or does once what a fault says.

A fault belongs to a stage (connect, mail, rcpt, data, dot) and is an answer ("550 5.1.1 no such user"), "cut"
(hang up without an answer; at dot the mail is taken first) or "drop" (at dot: hang up and lose the mail).
"""

from __future__ import annotations

import socketserver
import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self


@dataclass(frozen=True)
class Received:
    sender: str
    recipient: str
    body: bytes
    #: Which connection it came by, counted from 1.
    connection: int

    @property
    def message(self) -> EmailMessage:
        found = message_from_bytes(self.body, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


class _Cut(Exception):
    pass


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def say(self, stage: str, otherwise: str) -> bool:
        """Answers by the next fault of the stage, else as it should; whether all is well."""
        with self.server.lock:
            faults = self.server.faults[stage]
            answer = faults.popleft() if faults else otherwise
        if answer in {"cut", "drop"}:
            raise _Cut
        self.wfile.write(f"{answer}\r\n".encode())
        return answer[0] in "23"

    def handle(self) -> None:
        try:
            self.converse()
        except (_Cut, ConnectionError):
            return

    def converse(self) -> None:
        with self.server.lock:
            self.server.connections += 1
            connection = self.server.connections
        if not self.say("connect", "220 sink.example ready"):
            return
        sender = recipient = ""
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self.wfile.write(b"250-sink.example\r\n250 ENHANCEDSTATUSCODES\r\n")
                case "MAIL":
                    sender = rest[rest.index("<") + 1 : rest.index(">")]
                    self.say("mail", "250 2.1.0 Ok")
                case "RCPT":
                    recipient = rest[rest.index("<") + 1 : rest.index(">")]
                    self.say("rcpt", "250 2.1.5 Ok")
                case "DATA":
                    if self.say("data", "354 go on"):
                        self.take(sender, recipient, connection)
                case "RSET" | "NOOP":
                    self.wfile.write(b"250 2.0.0 Ok\r\n")
                case "QUIT":
                    self.wfile.write(b"221 2.0.0 Bye\r\n")
                    return
                case _:
                    self.wfile.write(b"500 5.5.1 what\r\n")

    def take(self, sender: str, recipient: str, connection: int) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Cut
            lines.append(line[1:] if line.startswith(b".") else line)
        with self.server.lock:
            faults = self.server.faults["dot"]
            if not faults or faults[0] == "cut":
                self.server.mails.append(Received(sender, recipient, b"".join(lines), connection))
            number = len(self.server.mails)
        self.say("dot", f"250 2.0.0 Ok: queued as Q{number}")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.lock = threading.Lock()
        self.mails: list[Received] = []
        self.faults: defaultdict[str, deque[str]] = defaultdict(deque)
        self.connections = 0


class Sink:
    """Runs while its ``with`` block does."""

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    @property
    def mails(self) -> list[Received]:
        with self._server.lock:
            return list(self._server.mails)

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.mails]

    @property
    def connections(self) -> int:
        return self._server.connections

    def mend(self) -> None:
        """Takes back the faults that have not happened yet."""
        with self._server.lock:
            self._server.faults.clear()

    def fail(self, stage: str, *answers: str) -> None:
        """The next answers at ``stage``."""
        with self._server.lock:
            self._server.faults[stage].extend(answers)
