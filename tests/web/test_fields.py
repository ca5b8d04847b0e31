"""Days as people write them, errors where they belong, and our own words."""

from __future__ import annotations

from datetime import date

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, Form, FormField, IntegerField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from scheduler.errors import Problem, Refused
from scheduler.i18n import use_language
from scheduler.web.fields import DayField, FormError, PageForm, choice, form_errors, read_day, show_problems

TODAY = date(2026, 9, 15)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-09-29", date(2026, 9, 29)),
        (" 2026-9-1 ", date(2026, 9, 1)),
        ("29/9", date(2026, 9, 29)),
        ("29/9 2027", date(2027, 9, 29)),
        ("29 sep", date(2026, 9, 29)),
        ("29 SEPTEMBER", date(2026, 9, 29)),
        ("29 sept. 2027", date(2027, 9, 29)),
        ("tisdag 29 september 2026", date(2026, 9, 29)),
        ("Tuesday 29 September 2026", date(2026, 9, 29)),
        ("1 maj", date(2027, 5, 1)),
        ("1 May", date(2027, 5, 1)),
        ("17/7", date(2026, 7, 17)),  # 60 days back: last summer
        ("16/7", date(2027, 7, 16)),  # 61 days back: next summer
        ("29/2", date(2028, 2, 29)),  # the next leap year
        ("29/2 2027", None),
        ("2026-02-30", None),
        ("31/4", None),
        ("29/13", None),
        ("29 xyz", None),
        ("29 se", None),
        ("i morgon", None),
        ("", None),
    ],
)
def test_day_as_written(text, day):
    assert read_day(text, TODAY) == day


def test_day_without_year_needs_to_know_today():
    assert read_day("29/9", None) is None
    assert read_day("2026-09-29", None) == date(2026, 9, 29)


class MeetingForm(PageForm):
    day = DayField("Datum")
    place = StringField("Plats", [InputRequired(), Length(max=5)])
    seats = IntegerField("Platser")
    mode = RadioField("Form", choices=[choice("a", "På plats"), choice("b", "Distans")])


def filled(**values: str) -> MeetingForm:
    return MeetingForm(MultiDict({"day": "2026-09-29", "place": "Luleå", "seats": "3", "mode": "a"} | values))


def test_day_field_reads_and_shows_a_day():
    form = MeetingForm(MultiDict({"day": "29 sep"}), meta={"today": TODAY})
    form.validate()
    assert form.day.data == date(2026, 9, 29)
    assert not form.day.errors
    assert 'value="2026-09-29"' in MeetingForm(data={"day": date(2026, 9, 29)}).day()


def test_day_field_keeps_what_was_typed_when_it_cannot_be_read():
    form = filled(day="på <torsdag>")
    assert not form.validate()
    assert form.day.errors == ["Ange ett datum, till exempel 2026-09-29"]
    assert 'value="på &lt;torsdag&gt;"' in form.day()


def test_empty_day_is_none_and_no_error():
    form = filled(day=" ")
    assert form.validate()
    assert form.day.data is None


def test_messages_are_ours_in_the_language_in_use():
    form = filled(place="", seats="tre", mode="c")
    form.validate()
    assert [e.text for e in form_errors(form)] == ["Fyll i uppgiften", "Ange ett heltal", "Välj ett av alternativen"]
    form = filled(place="Överkalix")
    with use_language("en"):
        form.validate()
    assert [e.text for e in form_errors(form)] == ["Write at most 5 characters"]


def test_errors_stand_in_the_order_of_the_form_and_point_at_their_controls():
    form = filled(mode="")
    form.validate()
    show_problems(
        form,
        Refused(
            Problem("mode", "Välj form"),
            Problem("day", "Ange ett datum som inte har passerat"),
            Problem(None, "Spara igen"),
            Problem("unknown", "Något annat"),
        ),
    )
    assert form_errors(form) == [
        FormError(None, "Spara igen"),
        FormError(None, "Något annat"),
        FormError("day", "Ange ett datum som inte har passerat"),
        FormError("mode-0", "Välj ett av alternativen"),
        FormError("mode-0", "Välj form"),
    ]


def test_errors_of_forms_within_forms_are_found():
    class Seat(Form):
        name = StringField("Namn", [InputRequired("Ange ett namn")])

    class Forum(PageForm):
        chair = FormField(Seat)
        seats = FieldList(FormField(Seat), min_entries=2)

    form = Forum(MultiDict({"chair-name": "", "seats-0-name": "Eva", "seats-1-name": ""}))
    form.validate()
    assert form_errors(form) == [FormError("chair-name", "Ange ett namn"), FormError("seats-1-name", "Ange ett namn")]
