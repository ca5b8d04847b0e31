"""The form that answers a call, for oneself or for somebody else. Not here: which answers are allowed (the rules)."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, StringField

from scheduler.i18n import lazy
from scheduler.meetings.reply_rules import Call, Standing, allowed_answers
from scheduler.web.fields import PageForm, choice
from scheduler.web.words import ANSWERS


class ReplyForm(PageForm):
    """One answer, and a line to the secretariat."""

    answer = RadioField(lazy("Ditt svar"), choices=[])
    comment = StringField(
        lazy("Meddelande till sekretariatet"), description=lazy("Frivilligt, till exempel att du kommer senare")
    )
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
    comment = StringField(lazy("Kommentar"), description=lazy("Frivilligt, till exempel att svaret kom per telefon"))
