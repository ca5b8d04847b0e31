"""Status, rule and sums in words, Swedish and English at once (spec cadence "Beyond the status", interface).

A reason is one plain sentence without a full stop, with figures for what is counted; the status word itself
is not in it. Not here: how the numbers came about (``evaluation``, ``latest``), pages' own texts.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from scheduler.cadence.rules import CadenceVersion, Kind, Period, Status, Unit
from scheduler.workdays.rules import Notice
from scheduler.workdays.rules import Unit as NoticeUnit
from scheduler.workdays.wording import Wording, date_words, number_words, ordinal_words

if TYPE_CHECKING:
    from scheduler.cadence.evaluation import Evaluation

#: The word of each status (spec interface, "Cadence status"; the five without a glyph of their own likewise).
STATUS_WORDS: dict[Status, Wording] = {
    Status.MISSED: {"sv": "Missat", "en": "Missed"},
    Status.AT_RISK: {"sv": "Riskerar missas", "en": "May be missed"},
    Status.OVERDUE: {"sv": "Efter", "en": "Behind"},
    Status.DUE: {"sv": "Behöver planeras", "en": "Needs a date"},
    Status.ON_TRACK: {"sv": "I fas", "en": "On track"},
    Status.PLANNED: {"sv": "Bokat", "en": "Booked"},
    Status.MET: {"sv": "Uppfyllt", "en": "Met"},
    Status.EXCEEDED: {"sv": "Uppfyllt, över max", "en": "Met, above the maximum"},
    Status.PAUSED: {"sv": "Uppehåll", "en": "Paused"},
    Status.NOT_STARTED: {"sv": "Inte startat", "en": "Not started"},
    Status.NO_REQUIREMENT: {"sv": "Inget krav", "en": "No requirement"},
    Status.INACTIVE: {"sv": "Inte aktivt", "en": "Not active"},
    Status.ENDED: {"sv": "Avslutat", "en": "Ended"},
}

_PERIODS: dict[Period, Wording] = {
    Period.YEAR: {"sv": "år", "en": "year"},
    Period.TERM: {"sv": "termin", "en": "term"},
    Period.QUARTER: {"sv": "kvartal", "en": "quarter"},
    Period.MONTH: {"sv": "månad", "en": "month"},
}
_UNITS: dict[Unit, Wording] = {
    Unit.DAY: {"sv": "dag", "en": "day"},
    Unit.WEEK: {"sv": "vecka", "en": "week"},
    Unit.MONTH: {"sv": "månad", "en": "month"},
}
_QUARTERS_IN_YEAR = 4


# ---------------------------------------------------------------- the rule


def describe(version: CadenceVersion) -> Wording:
    """ "4–5 gånger per år", "minst 4, gärna 5, gånger per år", "var sjätte vecka", "inget krav"."""
    if version.kind is Kind.NONE or (version.kind is Kind.COUNT and version.min == 0 and version.max is None):
        return {"sv": "inget krav", "en": "no requirement"}
    if version.kind is Kind.INTERVAL:
        return _interval_words(version)
    period = _PERIODS[version.period]
    per: Wording = {"sv": f"per {period['sv']}", "en": f"a {period['en']}"}
    if version.is_rolling:
        per = {"sv": "per 12 månader i följd", "en": "in any 12 months"}
    number = _number_words(version)
    times_sv = "gång" if number["sv"].split()[-1] == "1" else "gånger"
    times_en = "time" if number["en"].split()[-1] == "1" else "times"
    return {"sv": f"{number['sv']} {times_sv} {per['sv']}", "en": f"{number['en']} {times_en} {per['en']}"}


def _number_words(version: CadenceVersion) -> Wording:
    """The numbers of a count: "4–5", "minst 4", "högst 3", "cirka 2–3", "minst 4, gärna 5,"."""
    least, most, goal = version.min, version.max, version.goal
    about: Wording = {"sv": "cirka ", "en": "about "} if version.approximate else {"sv": "", "en": ""}
    preferably_sv, preferably_en = (f", gärna {goal},", f", preferably {goal},") if goal != least else ("", "")
    if most is None:
        return {
            "sv": f"minst {about['sv']}{least}{preferably_sv}",
            "en": f"at least {about['en']}{least}{preferably_en}",
        }
    if least == 0 and most > 0 and not version.approximate:
        return {"sv": f"högst {most}{preferably_sv}", "en": f"at most {most}{preferably_en}"}
    span = f"{least}–{most}" if most != least else f"{least}"
    return {"sv": f"{about['sv']}{span}{preferably_sv}", "en": f"{about['en']}{span}{preferably_en}"}


def _interval_words(version: CadenceVersion) -> Wording:
    unit = _UNITS[version.unit]
    about: Wording = {"sv": "cirka ", "en": "about "} if version.approximate else {"sv": "", "en": ""}
    if version.every == 1:
        swedish, english = f"varje {unit['sv']}", f"every {unit['en']}"
    elif version.every == 2:  # noqa: PLR2004 - every other
        swedish, english = f"varannan {unit['sv']}", f"every other {unit['en']}"
    else:
        swedish = f"var {ordinal_words(version.every)['sv']} {unit['sv']}"
        english = f"every {version.every} {unit['en']}s"
    return {"sv": about["sv"] + swedish, "en": about["en"] + english}


def counted_as(version: CadenceVersion) -> Wording:
    """ "Räknas som minst 4, högst 5": how the phrase is reckoned, shown under it."""
    if version.kind is Kind.NONE or (version.kind is Kind.COUNT and version.min == 0 and version.max is None):
        return {"sv": "Räknas inte mot något krav", "en": "Not counted against any requirement"}
    if version.kind is Kind.INTERVAL:
        words = _interval_words(version)
        return {"sv": f"Räknas som ett möte {words['sv']}", "en": f"Counted as one meeting {words['en']}"}
    swedish, english = [], []
    if version.min == version.max:
        swedish.append(f"exakt {version.min}")
        english.append(f"exactly {version.min}")
    else:
        if version.min:
            swedish.append(f"minst {version.min}")
            english.append(f"at least {version.min}")
        if version.goal != version.min:
            swedish.append(f"gärna {version.goal}")
            english.append(f"preferably {version.goal}")
        if version.max is not None:
            swedish.append(f"högst {version.max}")
            english.append(f"at most {version.max}")
    return {"sv": f"Räknas som {', '.join(swedish)}", "en": f"Counted as {', '.join(english)}"}


# ---------------------------------------------------------------- the status


def reason(found: Evaluation) -> Wording:
    """The numbers behind a status: "2 av 4 hållna, 1 bokat; ett saknas, kalla senast 16 december"."""
    if found.status in _OUTER:
        return _OUTER[found.status](found)
    if found.version.kind is Kind.INTERVAL:
        return _interval_reason(found)
    if found.status in _SETTLED:
        return _SETTLED[found.status](found)
    if found.version.is_rolling:
        return _rolling_reason(found)
    return _BY_COUNT.get(found.status, _behind_or_ahead)(found)


def _not_started(found: Evaluation) -> Wording:
    start = date_words(found.forum.start or found.today, found.today)
    return {"sv": f"Startar {start['sv']}", "en": f"Starts on {start['en']}"}


def _ended(found: Evaluation) -> Wording:
    end = date_words(found.forum.end or found.today, found.today)
    return {"sv": f"Avslutades {end['sv']}", "en": f"Ended on {end['en']}"}


def _inactive(_: Evaluation) -> Wording:
    return {"sv": "Ingen aktiv dag i perioden", "en": "No active day in the period"}


def _exceeded(found: Evaluation) -> Wording:
    n, most = found.ordinary_held, found.allowed
    return {
        "sv": f"{n} {'ordinarie möte' if n == 1 else 'ordinarie möten'} {_neuter(n)}, kravet är högst {most}",
        "en": f"{n} ordinary {'meeting' if n == 1 else 'meetings'} held, the maximum is {most}",
    }


def _missed(found: Evaluation) -> Wording:
    short = number_words(found.missing or 0)
    return {
        "sv": f"{_held(found)['sv']}, {short['sv']} saknades",
        "en": f"{_held(found)['en']}, {short['en']} short",
    }


def _planned(found: Evaluation) -> Wording:
    enough = found.held + found.planned
    return {
        "sv": f"{_held(found)['sv']}, {_booked(found)['sv']}, räcker till {enough}",
        "en": f"{_held(found)['en']}, {_booked(found)['en']}, enough for {enough}",
    }


def _held(found: Evaluation) -> Wording:
    return {
        "sv": f"{found.held} av {found.required} {_neuter(found.required or 0)}",
        "en": f"{found.held} of {found.required} held",
    }


def _booked(found: Evaluation) -> Wording:
    n = found.planned
    if n == 0:
        return {"sv": "inget bokat", "en": "none booked"}
    return {"sv": f"{n} {'bokat' if n == 1 else 'bokade'}", "en": f"{n} booked"}


def _behind_or_ahead(found: Evaluation) -> Wording:
    """The sentence of a count that still lacks meetings: at risk, overdue, due or on track."""
    held, booked, more = _held(found), _booked(found), _still_missing(found)
    between: Wording = {"sv": "", "en": ""}
    if found.status is Status.AT_RISK:
        days = found.days_left
        between = {
            "sv": f", {days} {'dag' if days == 1 else 'dagar'} kvar",
            "en": f", {days} {'day' if days == 1 else 'days'} left",
        }
    elif found.status is Status.OVERDUE:
        empty = _empty_stretch(found)
        between = {"sv": f", {empty['sv']} saknar möte", "en": f", no meeting in the {empty['en']}"}
    elif found.status is Status.DUE and found.planned == 0 and found.next_deadline is not None:
        by = date_words(found.next_deadline, found.today)
        between = {"sv": f" till och med {by['sv']}", "en": f" up to {by['en']}"}
    return {
        "sv": f"{held['sv']}, {booked['sv']}{between['sv']}; {more['sv']}",
        "en": f"{held['en']}, {booked['en']}{between['en']}; {more['en']}",
    }


def _empty_stretch(found: Evaluation) -> Wording:
    """ "tredje kvartalet" where a year has four required windows, else "tredje perioden"."""
    nth = ordinal_words(found.held + 1)
    whole = found.window is not None and found.active_days == (found.window[1] - found.window[0]).days + 1
    if found.version.period is Period.YEAR and found.required == _QUARTERS_IN_YEAR and whole:
        return {"sv": f"{nth['sv']} kvartalet", "en": f"{nth['en']} quarter"}
    return {"sv": f"{nth['sv']} perioden", "en": f"{nth['en']} period"}


def _still_missing(found: Evaluation) -> Wording:
    """ "ett saknas, kalla senast 16 december", or that the call is late, or that they no longer fit."""
    lacking = number_words(found.missing or 0)
    missing: Wording = {"sv": f"{lacking['sv']} saknas", "en": f"{lacking['en']} missing"}
    if found.latest_next is None:
        return {
            "sv": f"{missing['sv']} och ryms inte längre i perioden",
            "en": f"{missing['en']} and no longer {'fits' if found.missing == 1 else 'fit'} in the period",
        }
    call = _call(found)
    return {"sv": f"{missing['sv']}, {call['sv']}", "en": f"{missing['en']}, {call['en']}"}


def _call(found: Evaluation) -> Wording:
    """ "kalla senast 16 december", or at once when that day has passed."""
    if found.call_by is None or found.call_by < found.today:
        return {
            "sv": "kalla nu, kallelsetiden har passerat",
            "en": "call now, the time for the summons has passed",
        }
    by = date_words(found.call_by, found.today)
    return {"sv": f"kalla senast {by['sv']}", "en": f"call by {by['en']}"}


def _met(found: Evaluation) -> Wording:
    required = found.required
    swedish = f"{found.held} {_neuter(found.held)}, kravet {'var' if found.is_closed else 'är'} {required}"
    english = f"{found.held} held, {required} required"
    if found.target is not None and found.target > found.held:
        swedish += f" och målet {found.target}"
        english += f" and {found.target} the target"
    if found.planned:
        swedish += f"; {_booked(found)['sv']} till"
        english += f"; {_booked(found)['en']} as well"
    return {"sv": swedish, "en": english}


def _neuter(n: int) -> str:
    return "hållet" if n == 1 else "hållna"


def _no_requirement(found: Evaluation) -> Wording:
    held: Wording = {"sv": f"{found.held} {_neuter(found.held)}", "en": f"{found.held} held"}
    if found.version.kind is Kind.NONE:
        if found.missing:
            return {
                "sv": f"Inget krav nu; {_held(found)['sv']} innan det togs bort",
                "en": f"No requirement now; {_held(found)['en']} before it was withdrawn",
            }
        return {"sv": f"Inget krav på antal möten, {held['sv']}", "en": f"No required number of meetings, {held['en']}"}
    if found.version.min > 0:
        return {
            "sv": f"För få aktiva dagar för att kräva ett möte, {held['sv']}",
            "en": f"Too few active days to require a meeting, {held['en']}",
        }
    if found.allowed is None:
        return {"sv": f"Inget minsta antal, {held['sv']}", "en": f"No minimum, {held['en']}"}
    return {
        "sv": f"Inget minsta antal, {held['sv']} av högst {found.allowed}",
        "en": f"No minimum, {held['en']} of at most {found.allowed}",
    }


def _paused(found: Evaluation) -> Wording:
    ends = _pause_end(found)
    if ends is None:
        swedish, english = "Uppehåll tills vidare", "Paused until further notice"
    else:
        until = date_words(ends, found.today)
        swedish, english = f"Uppehåll till och med {until['sv']}", f"Paused through {until['en']}"
    if found.required:
        swedish += f", {_held(found)['sv']}"
        english += f", {_held(found)['en']}"
    return {"sv": swedish, "en": english}


def _pause_end(found: Evaluation) -> date | None:
    today = found.today.toordinal()
    ends = [last for first, last in found.forum.pause_spans if first <= today and (last is None or today <= last)]
    return None if not ends or ends[0] is None else date.fromordinal(ends[0])


def _rolling_reason(found: Evaluation) -> Wording:
    held = _held(found)
    swedish, english = f"{held['sv']} de senaste 12 månaderna", f"{held['en']} in the last 12 months"
    if found.status is Status.OVERDUE:
        lacking = number_words((found.required or 0) - found.held)
        swedish += f"; {lacking['sv']} saknas"
        english += f"; {lacking['en']} missing"
        if found.booked is None:
            return {"sv": f"{swedish}, inget bokat", "en": f"{english}, none booked"}
        on = date_words(found.booked, found.today)
        return {"sv": f"{swedish}, nästa är bokat {on['sv']}", "en": f"{english}, the next is booked for {on['en']}"}
    if found.lapses is None:
        return {"sv": swedish, "en": english}
    by, call = date_words(found.lapses, found.today), _call(found)
    return {
        "sv": f"{swedish}; ett till behövs senast {by['sv']}, {call['sv']}",
        "en": f"{english}; one more is needed by {by['en']}, {call['en']}",
    }


def _interval_reason(found: Evaluation) -> Wording:
    swedish, english = "Inget möte hållet", "No meeting held"
    if found.last_held is not None:
        last = date_words(found.last_held, found.today)
        swedish, english = f"Senast hållet {last['sv']}", f"Last held on {last['en']}"
    if found.booked is not None:
        on = date_words(found.booked, found.today)
        swedish += f", nästa är bokat {on['sv']}"
        english += f", the next is booked for {on['en']}"
    if found.status is Status.PLANNED:
        return {"sv": swedish, "en": english}
    if found.latest is None and found.next_deadline is not None:
        by = date_words(found.next_deadline, found.today)
        return {
            "sv": f"{swedish}; nästa bör hållas senast {by['sv']}",
            "en": f"{english}; the next is due by {by['en']}",
        }
    if found.latest is None:
        return {"sv": f"{swedish}; inget krävs före uppehållet", "en": f"{english}; none is required before the pause"}
    by = date_words(found.latest, found.today)
    call = _call(found)
    if found.status is Status.OVERDUE:
        return {
            "sv": f"{swedish}; nästa behövdes senast {by['sv']}, {call['sv']}",
            "en": f"{english}; the next was needed by {by['en']}, {call['en']}",
        }
    return {
        "sv": f"{swedish}; {'det' if found.booked else 'nästa'} behövs senast {by['sv']}, {call['sv']}",
        "en": f"{english}; {'it' if found.booked else 'the next'} is needed by {by['en']}, {call['en']}",
    }


#: Which sentence a status has: the first two tables whatever the rule, the third for calendar counts.
_OUTER = {Status.NOT_STARTED: _not_started, Status.ENDED: _ended, Status.PAUSED: _paused}
_SETTLED = {Status.INACTIVE: _inactive, Status.NO_REQUIREMENT: _no_requirement, Status.EXCEEDED: _exceeded}
_BY_COUNT = {Status.MISSED: _missed, Status.MET: _met, Status.PLANNED: _planned}


# ---------------------------------------------------------------- the sum of the last day


def sum_sentence(found: Evaluation) -> Wording | None:
    """ "Kalla senast 29 oktober för att hinna 4 möten: …" with its parts; None where no limits were known."""
    total = found.latest_sum
    if total is None:
        return None
    aim: Wording = {"sv": "för att hinna med nästa möte", "en": "to fit the next meeting"}
    if found.required and found.missing:
        n = found.required
        aim = {
            "sv": f"för att hinna {n} {'möte' if n == 1 else 'möten'}",
            "en": f"to fit {n} {'meeting' if n == 1 else 'meetings'}",
        }
    if not total.meetings or total.call_by is None:
        return {
            "sv": f"Det finns ingen dag kvar {aim['sv']}",
            "en": f"There is no day left {aim['en']}",
        }
    call = _call(found)
    days = [date_words(day, found.today) for day in total.meetings]
    swedish = [f"sista möjliga {'dag' if len(days) == 1 else 'dagar'} {_listed([d['sv'] for d in days], 'och')}"]
    english = [f"last possible {'day' if len(days) == 1 else 'days'} {_listed([d['en'] for d in days], 'and')}"]
    if len(days) > 1:
        swedish.append(f"minst {total.gap_days} dagar emellan")
        english.append(f"at least {total.gap_days} days apart")
    if total.passed:
        n = len(total.passed)
        swedish.append(
            f"{n} {'stängd dag' if n == 1 else 'stängda dagar'} borträknade" if n > 1 else "1 stängd dag borträknad"
        )
        english.append(f"{n} closed {'day' if n == 1 else 'days'} left out")
    notice = notice_words(total.notice)
    swedish.append(f"kallelse {notice['sv']} före")
    english.append(f"summons {notice['en']} before")
    return {
        "sv": f"{_capital(call['sv'])} {aim['sv']}: {', '.join(swedish)}",
        "en": f"{_capital(call['en'])} {aim['en']}: {', '.join(english)}",
    }


def forecast(found: Evaluation) -> Wording | None:
    """ "3 hållna och 2 bokade ger 5 möten", where what is booked covers the rest; None elsewhere."""
    if found.status not in {Status.PLANNED, Status.MET} or not found.planned or not found.required:
        return None
    if found.version.kind is not Kind.COUNT or found.version.is_rolling:
        return None
    n = found.held + found.planned
    booked = _booked(found)
    return {
        "sv": f"{found.held} {_neuter(found.held)} och {booked['sv']} ger {n} möten",
        "en": f"{found.held} held and {booked['en']} make {n} meetings",
    }


def notice_words(notice: Notice) -> Wording:
    """ "14 dagar", "5 arbetsdagar"."""
    n = notice.n
    if notice.unit is NoticeUnit.WORKING_DAYS:
        return {
            "sv": f"{n} {'arbetsdag' if n == 1 else 'arbetsdagar'}",
            "en": f"{n} working {'day' if n == 1 else 'days'}",
        }
    return {"sv": f"{n} {'dag' if n == 1 else 'dagar'}", "en": f"{n} {'day' if n == 1 else 'days'}"}


def _listed(words: list[str], conjunction: str) -> str:
    """ "a", "a och b", "a, b och c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
