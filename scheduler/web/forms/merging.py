"""The form that merges two rows that are one.

Not here: what speaks against it (``merging.queries``).
"""

from __future__ import annotations

from wtforms import HiddenField, RadioField, TextAreaField

from scheduler.i18n import lazy
from scheduler.web.fields import PageForm, choice


class MergeForm(PageForm):
    """Which of the two is kept, and why they are one."""

    other = HiddenField()
    keep = RadioField(lazy("Vilken ska finnas kvar?"), choices=[])
    reason = TextAreaField(lazy("Varför?"), description=lazy("Sparas i historiken. Till exempel: inlagd två gånger."))

    def offer(self, this: tuple[str, str], other: tuple[str, str]) -> None:
        """Fills in the two, each as its value in the form and its words; the one the page is about comes first."""
        self.keep.choices = [choice(*this), choice(*other)]
        self.other.data = other[0]
        if not self.keep.data:
            self.keep.data = this[0]
