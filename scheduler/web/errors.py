"""What a person sees when something goes wrong: one plain page for each status, an id and no trace on 500."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from scheduler import i18n
from scheduler.db import db
from scheduler.errors import Gone, SavedByOther, TaktError, TooMany, status_of
from scheduler.i18n import gettext as _
from scheduler.logs import request_id
from scheduler.web.filters import instant_text
from scheduler.web.security import settings

log = logging.getLogger(__name__)

#: What the reader cannot mend alone: the page says whom to write to.
ASK_THE_SECRETARIAT = frozenset({403, 410, 500})


def words(status: int) -> tuple[str, str]:
    """Heading and sentence for a status, in the language in use."""
    known = {
        400: (_("Det gick inte att läsa det som skickades"), _("Gå tillbaka, ladda om sidan och försök igen.")),
        403: (_("Du har inte behörighet till detta"), _("Be sekretariatet om du behöver det.")),
        404: (_("Sidan finns inte"), _("Den kan ha flyttats, eller så kräver den att du loggar in.")),
        405: (_("Så går det inte att göra"), _("Gå tillbaka och använd knappen på sidan.")),
        409: (_("Ändringen sparades inte"), _("Någon annan sparade före dig. Ladda om sidan och jämför.")),
        410: (_("Länken har slutat gälla"), _("Kontakta sekretariatet om du behöver en ny.")),
        413: (_("Det som skickades är för stort"), _("Skicka mindre åt gången.")),
        422: (_("Något behöver rättas"), _("Gå tillbaka och rätta uppgifterna.")),
        429: (_("För många försök"), _("Vänta en stund och försök igen.")),
        503: (_("Takt är inte tillgängligt just nu"), _("Försök igen om en stund. Inget har gått förlorat.")),
    }
    return known.get(status, (_("Något gick fel hos oss"), _("Felet är loggat. Försök igen om en stund.")))


def page(
    status: int, *, detail: str | None = None, error_id: str | None = None, headers: dict[str, str] | None = None
) -> tuple[str, int, dict[str, str]]:
    """The page for ``status``; ``detail`` replaces its sentence."""
    heading, sentence = words(status)
    if request.path.endswith((".ics", ".json")):  # programs read no page
        return f"{heading}\n", status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}
    if status >= 500:  # noqa: PLR2004 - the menu would ask the same database again
        g.house_is_broken = True
    body = render_template(
        "errors/error.html", status=status, heading=heading, sentence=detail or sentence, error_id=error_id,
        contact=settings().contact_email if status in ASK_THE_SECRETARIAT else "",
    )  # fmt: skip
    return body, status, headers or {}


def _when(at: str) -> str:
    """The instant of a ``SavedByOther`` on the installation's wall clock; empty when nobody knows it."""
    return instant_text(datetime.fromisoformat(at), settings().time_zone) if at else ""


def _expected(error: TaktError) -> ResponseReturnValue:
    db.session.rollback()
    status, _exit = status_of(error)
    detail = None
    headers: dict[str, str] = {}
    if isinstance(error, SavedByOther):
        detail = _(
            "Ändringen sparades inte. %(by)s ändrade %(at)s.", by=error.by or _("Någon annan"), at=_when(error.at)
        )
    elif isinstance(error, Gone):
        detail = str(error)
    elif isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after)
    elif status == 422:  # noqa: PLR2004 - the refusal's own words
        detail = str(error)
    return page(status, detail=detail, headers=headers)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:  # noqa: PLR2004 - redirects are no errors
        return error
    detail = None
    if error.code == 413 and (most := request.max_content_length):  # noqa: PLR2004 - what was sent is too large
        detail = _("Det får vara högst %(n)s MB.", n=most // 1_000_000)
    return page(error.code, detail=detail)


def _database_away(error: OperationalError) -> ResponseReturnValue:
    log.error("the database is away or locked: %s", error.orig)
    db.session.rollback()
    return page(503, headers={"Retry-After": "10"})


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.error("unexpected error", exc_info=error)
    db.session.rollback()
    return page(500, error_id=request_id.get())


def install(app: Flask) -> None:
    """Registers the handlers; in debug and tests an unexpected error is raised as it is."""
    app.register_error_handler(TaktError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(Exception, _unexpected)
    i18n.catalogue("en")  # a broken catalogue is found at start, not at the first English page
