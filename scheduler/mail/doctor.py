"""Whether mails can leave this installation and answers can come in: each thing looked at, in a sentence.

Talks to the relay and to the mailbox, hands over no mail and reads none. Not here: mending anything, how sending goes
meanwhile (``health``).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.errors import Refused
from scheduler.i18n import gettext as _
from scheduler.mail.delivery import Relay, is_this_machine, problems, read_relay
from scheduler.mail.inbox import Unreached, opened, read_inbox
from scheduler.mail.messages import letterhead
from scheduler.mail.models import OutboxMail
from scheduler.mail.outcomes import Answer, Stage
from scheduler.mail.rows import insert_new, new_mail
from scheduler.mail.writing import redirect_address
from scheduler.settings import Settings

#: So long a test mail is tried.
TEST_LASTS = timedelta(hours=1)
#: Why a mailbox is not read → the sentence.
_UNREACHED = {
    "away": i18n.mark("Brevlådan för svar går inte att nå."),
    "certificate": i18n.mark("Svarsbrevlådans certifikat godtas inte. Rätta värdnamnet eller ange SSL_CERT_FILE."),
    "unencrypted": i18n.mark("Svarsbrevlådan erbjuder ingen kryptering. Använd imaps."),
    "login": i18n.mark("Svarsbrevlådan godtar inte inloggningen."),
    "folder": i18n.mark("Mappen i TAKT_MAIL_INBOX finns inte."),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Looks at everything that the settings of mail say; opens the relay and the mailbox where they name one."""
    wrong = problems(settings)
    found = [Finding(ok=False, text=f"{problem.field}: {problem}") for problem in wrong]
    fields = {problem.field for problem in wrong}
    if "TAKT_MAIL_MODE" not in fields:
        found.append(mode(settings))
    if "TAKT_MAIL_WINDOW" not in fields:
        window = settings.mail_window or _("vardagar 07:30-16:30")
        found.append(Finding(ok=True, text=_("Brev går: %(window)s.", window=window)))
    found += _base_url(settings)
    if settings.mail_relay and "TAKT_MAIL_RELAY" not in fields:
        found += _relay(settings)
    if "TAKT_MAIL_FROM" not in fields and "TAKT_MAIL_REPLY" not in fields:
        found += _alignment(settings)
    return found + (_inbox(settings) if "TAKT_MAIL_REPLY" not in fields else [])


def mode(settings: Settings) -> Finding:
    """What becomes of a mail here: it is sent, held, written down, or sent to one address."""
    said = {
        "send": _("Brev skickas."),
        "hold": _("Brev skrivs och hålls: TAKT_MAIL_MODE är hold."),
        "log": _("Brev skrivs ned i stället för att skickas: TAKT_MAIL_MODE är log."),
    }
    to = redirect_address(settings)
    return Finding(
        ok=True, text=said.get(settings.mail_mode) or _("Alla brev går till %(address)s i stället.", address=to)
    )


def _base_url(settings: Settings) -> list[Finding]:
    if settings.base_url:
        return [Finding(ok=True, text=_("Länkar i brev leder till %(url)s.", url=settings.public_url))]
    if settings.mail_mode == "log":
        return []
    return [Finding(ok=False, text=_("TAKT_BASE_URL saknas, så länkarna i breven leder till den här datorn."))]


def _relay(settings: Settings) -> list[Finding]:
    try:
        where = read_relay(settings.mail_relay)
    except Refused as error:
        return [Finding(ok=False, text=f"{problem.field}: {problem}") for problem in error.problems]
    with Relay(where, letterhead(settings).sender) as relay:
        answer = relay.greet()
    place = f"{where.host}:{where.port}"
    if answer.stage is Stage.DONE:
        return [Finding(ok=True, text=_("E-postservern %(place)s svarar och släpper in oss.", place=place))]
    return [
        Finding(
            ok=False,
            text=_("E-postservern %(place)s tar inte emot oss: %(said)s", place=place, said=_said(answer)),
        )
    ]


def _said(answer: Answer) -> str:
    return " ".join(str(part) for part in (answer.code, answer.text) if part)


def _alignment(settings: Settings) -> list[Finding]:
    """Whether the sender's domain is that of the pages and of the bounces, as servers that judge mails ask."""
    if not settings.mail_from:
        return []
    sender = settings.mail_from.strip().rpartition("@")[2].casefold()
    others = []
    host = (urlsplit(settings.base_url).hostname or "").casefold()
    if host and not is_this_machine(host):
        others.append(("TAKT_BASE_URL", host))
    if settings.mail_reply:
        others.append(("TAKT_MAIL_REPLY", settings.mail_reply.strip().rpartition("@")[2].casefold()))
    found = [
        Finding(
            ok=False,
            text=_(
                "Brev kommer från %(sender)s, men %(name)s är i %(domain)s. Mottagarnas servrar kan avvisa dem.",
                sender=sender,
                name=name,
                domain=domain,
            ),
        )
        for name, domain in others
        if not aligned(sender, domain)
    ]
    return found or [Finding(ok=True, text=_("Brev kommer från %(sender)s.", sender=sender))]


def aligned(one: str, other: str) -> bool:
    """Whether two domains belong together: equal, one within the other, or beside each other under the same name.

    Without a list of the names under which strangers register, two labels are taken for an organisation's own name.
    """
    longest = min(len(one.split(".")), len(other.split(".")), 2)
    return one == other or (longest > 1 and one.split(".")[-longest:] == other.split(".")[-longest:])


def _inbox(settings: Settings) -> list[Finding]:
    if not settings.mail_reply and not settings.mail_inbox:
        return [Finding(ok=True, text=_("Svar och studsar läses inte: TAKT_MAIL_REPLY är inte satt."))]
    if not settings.mail_reply:
        return [Finding(ok=False, text=_("TAKT_MAIL_INBOX är satt, men inte TAKT_MAIL_REPLY: inga svar kommer dit."))]
    if not settings.mail_inbox:
        text = _("TAKT_MAIL_REPLY är satt, men inte TAKT_MAIL_INBOX: svar läses bara av takt mail bounce.")
        return [Finding(ok=True, text=text)]
    try:
        with opened(read_inbox(settings.mail_inbox)) as inbox:
            waiting = len(inbox.unseen())
    except Refused as error:
        return [Finding(ok=False, text=f"{problem.field}: {problem}") for problem in error.problems]
    except Unreached as error:
        return [Finding(ok=False, text=_(_UNREACHED[error.reason]))]
    return [
        Finding(
            ok=True,
            text=i18n.ngettext(
                "Svarsbrevlådan går att läsa: 1 oläst brev.", "Svarsbrevlådan går att läsa: %(n)s olästa brev.", waiting
            ),
        )
    ]


def queue_test(session: Session, now: datetime, recipient: str) -> Finding:
    """Lays a test mail in the outbox; it leaves as any other does, or says why not."""
    row = new_mail(
        recipient,
        kind="test",
        subject="test",
        distinction=secrets.token_hex(8),
        created_at=now,
        next_at=now,
        stale_at=now + TEST_LASTS,
        locale=i18n.language(),
    )
    insert_new(session, OutboxMail, [row])
    mail = session.scalars(select(OutboxMail).where(OutboxMail.key == row["key"])).one()
    if mail.state == "failed":
        return Finding(ok=False, text=_("Inget provbrev: %(why)s", why=mail.last_error))
    return Finding(ok=True, text=_("Ett provbrev till %(address)s ligger i utkorgen.", address=mail.recipient))
