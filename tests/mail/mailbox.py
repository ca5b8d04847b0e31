"""A real IMAP server for tests: Dovecot with one mailbox, on ports of its own, gone when its ``with`` block ends."""

from __future__ import annotations

import contextlib
import getpass
import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

import pytest
import trustme

USER, PASSWORD = "svar@takt.example.org", "lösenord/@1"
DOVECOT = shutil.which("dovecot") or next((p for p in ("/usr/sbin/dovecot",) if os.access(p, os.X_OK)), None)
_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
auth_mechanisms = plain login
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Mailbox:
    """Runs while its ``with`` block does."""

    def __init__(self) -> None:
        # Short and open to all: sockets have short names, and the server's own user must come in.
        self.folder = Path(tempfile.mkdtemp(prefix="takt-imap-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.port, self.tls_port = _free_port(), _free_port()
        self.authority = trustme.CA()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def certificates(self) -> Path:
        """The file of the authority that has signed the server's certificate."""
        return self.folder / "ca.pem"

    def url(self, *, tls: bool = False, password: str = PASSWORD, folder: str = "INBOX") -> str:
        port = self.tls_port if tls else self.port
        who = f"{quote(USER, safe='')}:{quote(password, safe='')}"
        return f"{'imaps' if tls else 'imap'}://{who}@127.0.0.1:{port}/{folder}"

    def __enter__(self) -> Self:
        certificate = self.authority.issue_cert("127.0.0.1")
        self.authority.cert_pem.write_to_path(str(self.certificates))
        certificate.private_key_pem.write_to_path(str(self.folder / "key.pem"))
        for n, pem in enumerate(certificate.cert_chain_pems):
            pem.write_to_path(str(self.folder / "cert.pem"), append=n > 0)
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
        (self.folder / "mail").mkdir()
        me = getpass.getuser()
        root = os.geteuid() == 0
        owner = pwd.getpwnam("dovecot" if root else me)
        os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)
        (self.folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                folder=self.folder,
                internal="dovecot" if root else me,
                internal_group="dovecot" if root else _group(owner.pw_gid),
                login="dovenull" if root else me,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                imap=self.port,
                imaps=self.tls_port,
            ),
            encoding="utf-8",
        )
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        assert DOVECOT is not None
        self._process = subprocess.Popen([DOVECOT, "-F", "-c", str(self.folder / "dovecot.conf")])
        for _n in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.tls_port), timeout=1):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        log = self.folder / "log"
        raise AssertionError(log.read_text(encoding="utf-8") if log.exists() else "Dovecot does not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    @contextlib.contextmanager
    def _open(self):
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        with imaplib.IMAP4_SSL("127.0.0.1", self.tls_port, ssl_context=context, timeout=10) as imap:
            imap.authenticate("PLAIN", lambda _challenge: f"\0{USER}\0{PASSWORD}".encode())
            imap.select("INBOX")
            yield imap

    def put(self, *mails: bytes) -> None:
        """Lays mails into the mailbox, as a mail server does."""
        with self._open() as imap:
            for raw in mails:
                state, said = imap.append("INBOX", "", "", raw)
                assert state == "OK", said

    def empty(self) -> None:
        """Takes every mail away."""
        with self._open() as imap:
            for uid in imap.uid("SEARCH", "ALL")[1][0].split():
                imap.uid("STORE", uid.decode(), "+FLAGS.SILENT", r"(\Deleted)")
            imap.expunge()

    def mark_unseen(self) -> None:
        """As if nobody had read any of them."""
        with self._open() as imap:
            for uid in imap.uid("SEARCH", "ALL")[1][0].split():
                imap.uid("STORE", uid.decode(), "-FLAGS.SILENT", r"(\Seen)")

    def unseen(self) -> int:
        """How many mails nobody has read."""
        with self._open() as imap:
            return len(imap.uid("SEARCH", "UNSEEN")[1][0].split())


def need_dovecot() -> None:
    """Skips the test where there is no Dovecot; fails it where one is required (TAKT_REQUIRE_IMAP, CI)."""
    if DOVECOT is None:
        reason = "no Dovecot (apt install dovecot-imapd)"
        if os.environ.get("TAKT_REQUIRE_IMAP"):
            pytest.fail(reason)
        pytest.skip(reason)


def _group(number: int) -> str:
    return grp.getgrgid(number).gr_name
