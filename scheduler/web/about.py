"""What the law asks a public body to say of its site: how accessible it is, and what it does with personal data.

The texts hold for every installation; who runs it and whom to write to are settings. Not here: the register extract of
a person.
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from scheduler.accounts.rules import ABSOLUTE
from scheduler.meetings.needs import KEPT as NEEDS_KEPT
from scheduler.web.fields import read_day
from scheduler.web.security import policy, settings, today

bp = Blueprint("about", __name__)

#: The day the product's own assessment was last made and these texts were gone through.
WRITTEN = date(2026, 11, 30)
#: Within so many working days whoever reports a fault is answered.
ANSWER_DAYS = 5


@bp.get("/accessibility")
@policy("public")
def accessibility() -> ResponseReturnValue:
    """The accessibility statement that the act (2018:1937) demands."""
    return _page("about/accessibility.html", assessed=_assessed(), written=WRITTEN, answer_days=ANSWER_DAYS)


@bp.get("/privacy")
@policy("public")
def privacy() -> ResponseReturnValue:
    """Which data of people are kept, why, for how long, and what they may demand."""
    own = settings()
    return _page(
        "about/privacy.html", officer=own.privacy_email or own.contact_email, body_days=own.mail_body_days,
        log_days=own.mail_log_days, needs_days=NEEDS_KEPT.days, session_days=ABSOLUTE.days,
    )  # fmt: skip


def _page(template: str, **values: object) -> str:
    own = settings()
    return render_template(
        template, who=own.organisation or own.name, email=own.contact_email, phone=own.contact_phone, **values
    )


def _assessed() -> date | None:
    """The day of the installation's own assessment; None where none is set, or what is set is no day."""
    text = settings().accessibility_assessed
    return read_day(text, today()) if text else None
