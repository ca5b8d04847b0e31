"""The form that answers a call, for oneself or for somebody else. Not here: which answers are allowed (the rules)."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import HiddenField, RadioField, StringField, TextAreaField

from scheduler.i18n import lazy
from scheduler.meetings.reply_rules import Call, Standing, allowed_answers
from scheduler.web.fields import PageForm, choice
from scheduler.web.words import ANSWERS


class ReplyForm(PageForm):
    """One answer, and a line to the secretariat."""

    answer = RadioField(lazy("Ditt svar"), choices=[])
    comment = TextAreaField(
        lazy("Meddelande till sekretariatet"), description=lazy("Frivilligt, till exempel att du kommer senare")
    )
    #: Whom one sends who says no, by person; "": nobody by name. Deleted where nobody may be sent.
    substitute = RadioField(
        lazy("Vem kommer i ditt ställe?"),
        description=lazy("Gäller om du svarar nej. Personen får frågan av oss."),
        choices=[],
        default="",
    )
    #: Deleted where the forum does not ask.
    food = StringField(lazy("Mat och allergier"), description=lazy("Frivilligt. Bara sekretariatet ser det"))
    access = StringField(
        lazy("Tillgänglighet"), description=lazy("Frivilligt. Det du skriver raderas sju dagar efter mötet")
    )
    #: Choice of a substitute → the line under it.
    hints: Mapping[str, str] = {}
    #: Where to go on: the meeting, or one's own page.
    back = HiddenField()

    def offer(self, call: Call) -> None:
        """Fills in the answers that are taken."""
        self.answer.choices = [choice(answer.value, lazy(ANSWERS[answer].word)) for answer in allowed_answers(call)]

    def show(self, standing: Standing) -> None:
        """Chooses the answer that counts; none where nothing has been said."""
        self.answer.data = standing.answer.value if standing.answer else None
        self.comment.data = standing.comment


class ReplyForOtherForm(ReplyForm):
    """The same, entered by the secretariat."""

    answer = RadioField(lazy("Svar"), choices=[])
    substitute = RadioField(
        lazy("Vem kommer i stället?"),
        description=lazy("Gäller om svaret är nej. Personen får frågan av oss."),
        choices=[],
        default="",
    )
    comment = TextAreaField(lazy("Kommentar"), description=lazy("Frivilligt, till exempel att svaret kom per telefon"))
