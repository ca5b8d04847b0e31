"""What a yearly plan says: the days of a cell, and each change as a sentence, in the language in use."""

from __future__ import annotations

from datetime import date, time

from scheduler.i18n import date_text, month_name, time_text
from scheduler.i18n import gettext as _
from scheduler.meetings.year_plan_rules import Change, Item, Planned


def days_text(planned: Planned) -> str:
    """The day of the month, "12"; of several "20–21", and over the end of a month "30 mar–1 apr"."""
    first, last = planned.on, planned.last_on
    if first == last:
        return str(first.day)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day}"
    return f"{_short(first)}–{_short(last)}"


def _short(day: date) -> str:
    return f"{day.day} {month_name(day.month, short=True)}"


def start_text(start: time | None) -> str:
    """ "13.00", or that it is the whole day."""
    return _("hela dagen") if start is None else time_text(start)


def cell_text(item: Item) -> str:
    """A day as a sheet or a file says it: "12", "19(13.00)", "8 utgår [2]", "15(09.00) ny [3]"."""
    text = days_text(item.planned)
    if item.says_time or item.is_new_time:
        text += f"({start_text(item.planned.start)})"
    if item.look == "gone":
        text += " " + _("utgår")
    elif item.look == "new":
        text += " " + _("ny")
    return f"{text} [{item.note}]" if item.note is not None else text


def change_sentence(change: Change, year: int, title: str = "") -> str:
    """ "26 mars ersätter 19 mars.", "15 september ersätter 8 september, ny tid 09.00.", "8 september utgår."."""
    before, after = change.before, change.after
    if before is None and after is not None:
        if title:
            return _("Nytt möte %(day)s: %(title)s.", day=_long(after, year), title=title)
        return _("Nytt möte %(day)s.", day=_long(after, year))
    assert before is not None  # noqa: S101 - what is not new was decided
    if after is None:
        return _("%(day)s utgår.", day=_long(before, year))
    if change.kind == "retimed":
        return _(
            "%(day)s: ny tid %(time)s i stället för %(old)s.", day=_long(after, year), time=start_text(after.start),
            old=start_text(before.start),
        )  # fmt: skip
    if before.start != after.start:
        return _(
            "%(new)s ersätter %(old)s, ny tid %(time)s.", new=_long(after, year), old=_long(before, year),
            time=start_text(after.start),
        )  # fmt: skip
    return _("%(new)s ersätter %(old)s.", new=_long(after, year), old=_long(before, year))


def _long(planned: Planned, year: int) -> str:
    """ "26 mars", "20–21 maj", with the year where it is another."""
    first, last = planned.on, planned.last_on
    end = date_text(last, weekday=False, year=last.year != year)
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{date_text(first, weekday=False)}–{end}"
