"""The form of a message to those called to a meeting. Not here: what may be written (``mail.free_messages``)."""

from __future__ import annotations

from wtforms import RadioField, StringField, TextAreaField

from scheduler.i18n import lazy
from scheduler.web.fields import PageForm, choice


class MessageForm(PageForm):
    """To whom, what it is about, and what is said."""

    audience = RadioField(
        lazy("Till"),
        choices=[choice("all", lazy("Alla kallade")), choice("unanswered", lazy("De som inte har svarat"))],
        default="all",
    )
    subject = StringField(lazy("Vad det gäller"), description=lazy("Står först i brevets ämnesrad"))
    text = TextAreaField(lazy("Meddelande"), description=lazy("Tid, plats och länk till mötet står redan i brevet"))
