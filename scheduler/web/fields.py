"""What forms need beyond WTForms: our own words, days as people write them, problems shown where they belong.

The templates are in ``parts/fields.html``. Not here: the forms themselves, nor what makes their values right;
nor protection against forged requests, which is one for all unsafe requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from wtforms import Field, Form
from wtforms.fields import FieldList, FormField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # types-wtforms describes an older one
from wtforms.widgets import TextInput

from scheduler.errors import Refused
from scheduler.i18n import LANGUAGES, gettext, language, lazy, mark, month_name, use_language

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_FIGURES = re.compile(r"(\d{1,2})/(\d{1,2})(?:[ /-]+(\d{4}))?")
_WORDS = re.compile(r"(?:[^\W\d]+,? )?(\d{1,2}) ([^\W\d]{3,})\.?(?: (\d{4}))?")
_NUMBER = re.compile(r"[0-9]{1,9}")
#: A day written without its year is looked for from this many days back, so that last month's meeting is found.
_BACK_DAYS = 60

#: What WTForms says → what we say. Its own Swedish speaks to programmers.
_OUR_WORDS = {
    "This field is required.": mark("Fyll i uppgiften"),
    "Not a valid choice.": mark("Välj ett av alternativen"),
    "'%(value)s' is not a valid choice for this field.": mark("Välj bland alternativen"),
    "Invalid Choice: could not coerce.": mark("Välj ett av alternativen"),
    "Field cannot be longer than %(max)d character.": mark("Skriv högst %(max)d tecken"),
    "Field must be at least %(min)d character long.": mark("Skriv minst %(min)d tecken"),
    "Field must be between %(min)d and %(max)d characters long.": mark("Skriv %(min)d–%(max)d tecken"),
    "Number must be at least %(min)s.": mark("Ange minst %(min)s"),
    "Number must be at most %(max)s.": mark("Ange högst %(max)s"),
    "Number must be between %(min)s and %(max)s.": mark("Ange ett tal från %(min)s till %(max)s"),
    "Not a valid integer value.": mark("Ange ett heltal"),
    "Not a valid decimal value.": mark("Ange ett tal"),
    "Not a valid time value.": mark("Ange en tid, till exempel 13.00"),
    "Invalid email address.": mark("Ange en e-postadress, till exempel namn@kommun.se"),
    "Invalid URL.": mark("Ange en webbadress, till exempel https://www.kommun.se"),
}
#: What is said instead of a message not listed above.
_OTHERWISE = mark("Rätta uppgiften")


class _OurTexts:
    """The messages of WTForms in our words and the language in use; others become a plain request."""

    def gettext(self, message: str) -> str:
        return gettext(_OUR_WORDS.get(message, _OTHERWISE)) if message else ""

    def ngettext(self, one: str, many: str, n: int) -> str:  # noqa: ARG002 - our words are the same for any number
        return self.gettext(one)


class PageForm(Form):
    """The base of forms on pages: its messages are ours. ``meta={"today": day}`` is for its day fields."""

    #: Fields that stand first on the page although a class further down declares them.
    FIRST: tuple[str, ...] = ()

    class Meta:
        """What WTForms asks about the form."""

        def get_translations(self, form: Form) -> _OurTexts:  # noqa: ARG002 - the signature is WTForms'
            """Our words."""
            return _OurTexts()

    def __iter__(self) -> Iterator[Field]:
        fields = list(super().__iter__())
        return iter(sorted(fields, key=lambda field: field.short_name not in self.FIRST))


@cache
def _month_names() -> dict[str, int]:
    names = {}
    for code in LANGUAGES:
        with use_language(code):
            names.update({month_name(n).lower(): n for n in range(1, 13)})
    return names


def _month(word: str) -> int | None:
    """The month whose name in any of our languages begins with ``word``, three letters or more."""
    return next((n for name, n in _month_names().items() if name.startswith(word.lower())), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_year(month: int, day: int, today: date) -> date | None:
    earliest = today - timedelta(days=_BACK_DAYS)
    found = (_day(year, month, day) for year in range(earliest.year, earliest.year + 9))
    return next((d for d in found if d is not None and d >= earliest), None)


def read_day(text: str, today: date | None) -> date | None:
    """The day ``text`` means: 2026-09-29, 29/9, 29/9 2026, 29 sep, tisdag 29 september 2026; None when unreadable.

    Without a year it is the first such day from 60 days before ``today`` on; None when ``today`` is None.
    """
    text = " ".join(text.split())
    if found := _ISO.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _FIGURES.fullmatch(text):
        month: int | None = int(found[2])
    elif found := _WORDS.fullmatch(text):
        month = _month(found[2])
    else:
        return None
    if month is None or not (found[3] or today):
        return None
    if found[3]:
        return _day(int(found[3]), month, int(found[1]))
    return _without_year(month, int(found[1]), today) if today else None


def choice(value: str, label: object, group: str | None = None, *, swedish: bool = False) -> Any:
    """One option of a select or radio field, in a ``group`` of the list or none; ``label`` may be a lazy text.

    ``swedish``: the label is the register's own, marked as Swedish on a page in another language.
    """
    marked = {"lang": "sv"} if swedish and language() != "sv" else {}
    return SelectChoice(value, label, render_kw=marked, optgroup=group)


class DayField(Field):
    """A civil date as text; ``data`` is a date or None.

    A form made with ``meta={"today": day}`` also takes days without a year, as ``read_day`` reads them.
    """

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Reads what was typed; raises ValueError with the message for the field."""
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = read_day(text, getattr(self.meta, "today", None))
        if text and self.data is None:
            raise ValueError(gettext("Ange ett datum, till exempel 2026-09-29"))


class NumberField(Field):
    """A whole number as text; ``data`` is an int, None where nothing is written."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Reads what was typed; raises ValueError with the message for the field."""
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = int(text) if _NUMBER.fullmatch(text) else None
        if text and self.data is None:
            raise ValueError(gettext("Ange ett heltal"))


@dataclass(frozen=True)
class FormError:
    """One message of an error summary; ``target`` is the id of the control it is about, None the whole form."""

    target: str | None
    text: str


def _errors_of(field: Field) -> Iterator[FormError]:
    if isinstance(field, FormField):
        yield from form_errors(field.form)
        return
    if isinstance(field, FieldList):
        for entry in field.entries:
            yield from _errors_of(entry)
        messages = [e for e in field.errors if isinstance(e, str)]
    else:
        messages = [str(e) for e in field.errors]
    target = f"{field.id}-0" if isinstance(field, RadioField) else field.id
    yield from (FormError(target, text) for text in messages)


def form_errors(form: Form) -> list[FormError]:
    """All errors of ``form`` in the order of its fields, those of the whole form first."""
    found = [FormError(None, str(text)) for text in form.form_errors]
    for field in form:
        found.extend(_errors_of(field))
    return found


def described(field: Field, hint: object = "") -> dict[str, str]:
    """The attributes that tie ``field``'s control to its hint and errors, whose ids the template gives."""
    ids = [f"{field.id}-hint"] if hint else []
    if field.errors:
        ids.append(f"{field.id}-error")
    attributes = {"aria-describedby": " ".join(ids)} if ids else {}
    return attributes | ({"aria-invalid": "true"} if field.errors else {})


def show_problems(form: Form, refused: Refused) -> None:
    """Puts each problem of a refused action at the form's field of that name, the rest at the whole form."""
    for problem in refused.problems:
        field = form._fields.get(problem.field or "")
        if field is None:
            form.form_errors.append(str(problem))
        else:
            field.errors = [*field.errors, str(problem)]


#: The hint of a day field that has none of its own.
DAY_HINT = lazy("Till exempel 2026-09-29")
