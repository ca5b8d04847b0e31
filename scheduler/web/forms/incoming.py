"""The form that makes an answer of a mail somebody has read. Not here: which answers are taken (the rules)."""

from __future__ import annotations

from wtforms import RadioField, SelectField

from scheduler.i18n import lazy
from scheduler.meetings.reply_rules import Call, allowed_answers
from scheduler.web.fields import PageForm, choice
from scheduler.web.words import ANSWERS


class AttachForm(PageForm):
    """For whom, and what they answer."""

    invitee = SelectField(lazy("Vem svaret gäller"), choices=[])
    answer = RadioField(lazy("Svar"), choices=[])

    def offer_answers(self, call: Call | None) -> None:
        """Fills in the answers that are taken; None where nobody is invited."""
        answers = () if call is None else allowed_answers(call)
        self.answer.choices = [choice(answer.value, lazy(ANSWERS[answer].word)) for answer in answers]
