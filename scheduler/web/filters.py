"""How values become words in templates: dates, times, spans, reduced dates. Wiring only; the words are i18n's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.i18n import mark


def local(instant: datetime, time_zone: str = "Europe/Stockholm") -> datetime:
    """``instant`` on the wall clock of ``time_zone``."""
    return instant.astimezone(ZoneInfo(time_zone))


def day(value: date) -> str:
    """ "12 februari"."""
    return i18n.date_text(value, weekday=False)


def day_year(value: date) -> str:
    """ "12 februari 2026"."""
    return i18n.date_text(value, weekday=False, year=True)


def weekday_day(value: date) -> str:
    """ "tors 12 februari"."""
    return i18n.date_text(value, short=True)


def full_day(value: date) -> str:
    """ "torsdag 12 februari 2026"."""
    return i18n.date_text(value, year=True)


def instant_text(value: datetime, time_zone: str = "Europe/Stockholm") -> str:
    """ "12 februari 2026 kl. 10.42", on the wall clock of ``time_zone``."""
    at = local(value, time_zone)
    return _("%(day)s kl. %(time)s", day=day_year(at.date()), time=i18n.time_text(at))


def reduced(value: date | None, precision: str = "day") -> str:
    """A date as precisely as it is known: "1990-talet", "2019", "augusti 2015", "3 mars 2026"."""
    if value is None:
        return ""
    if precision == "decade":
        return _("%(decade)s-talet", decade=value.year // 10 * 10)
    if precision == "year":
        return str(value.year)
    if precision == "month":
        return f"{i18n.month_name(value.month)} {value.year}"
    return day_year(value)


def capitalised(text: str) -> str:
    """``text`` with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def week(value: date) -> int:
    """The ISO week."""
    return value.isocalendar().week


def iso(value: date | datetime) -> str:
    """For ``datetime`` attributes: a day, or an instant in UTC."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()


#: Last part of a history action → what happened, in a word.
CHANGE_WORDS = {
    "create": mark("Lades in"),
    "edit": mark("Ändrades"),
    "load": mark("Lästes in från registerfilen"),
    "add": mark("Något lades till"),
    "remove": mark("Något togs bort"),
    "end": mark("Avslutades"),
    "book": mark("Bokades"),
    "move": mark("Flyttades"),
    "call": mark("Kallades"),
    "cancel": mark("Ställdes in"),
    "reinstate": mark("Återupptogs"),
    "held": mark("Registrerades som hållet"),
    "undo": mark("Ångrades"),
}


def change_word(action: str) -> str:
    """What a history action did, in a word: "forum.edit" is "Ändrades"."""
    return _(CHANGE_WORDS.get(action.rpartition(".")[2], CHANGE_WORDS["edit"]))


def install(app: Flask) -> None:
    """Makes them filters, and the texts' functions globals, of every template."""
    for function in (
        local, day, day_year, weekday_day, full_day, instant_text, reduced, capitalised, week, iso, change_word,
    ):  # fmt: skip
        app.add_template_filter(function)
    app.add_template_filter(i18n.time_text, "clock")
    app.jinja_env.globals.update(
        _=i18n.gettext,
        gettext=i18n.gettext,
        pgettext=i18n.pgettext,
        ngettext=i18n.ngettext,
        number_word=i18n.number_word,
        span_text=i18n.span_text,
        month_name=i18n.month_name,
        day_name=i18n.day_name,
    )
