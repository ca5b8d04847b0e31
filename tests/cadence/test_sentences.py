"""Status and rule in words, in both languages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Period, Status, Unit, WindowKind
from scheduler.cadence.sentences import STATUS_WORDS, counted_as, describe, forecast, notice_words
from scheduler.workdays.rules import Notice
from scheduler.workdays.rules import Unit as NoticeUnit

FOUR = CadenceVersion(Kind.COUNT, 4, 5)
ROLLING = CadenceVersion(Kind.COUNT, 4, window=WindowKind.ROLLING)
SIX_WEEKS = CadenceVersion(Kind.INTERVAL, every=6)
GLADLY = "at least 4, preferably 5, times a year"
QUARTERLY = CadenceVersion(Kind.COUNT, 1, 1, period=Period.QUARTER)


@pytest.mark.parametrize(
    ("version", "swedish", "english"),
    [
        (FOUR, "4–5 gånger per år", "4–5 times a year"),
        (CadenceVersion(Kind.COUNT, 1, 1), "1 gång per år", "1 time a year"),
        (CadenceVersion(Kind.COUNT, 2, 2, period=Period.TERM), "2 gånger per termin", "2 times a term"),
        (
            CadenceVersion(Kind.COUNT, 4, None, 5),
            "minst 4, gärna 5, gånger per år",
            "at least 4, preferably 5, times a year",
        ),
        (CadenceVersion(Kind.COUNT, 1, None), "minst 1 gång per år", "at least 1 time a year"),
        (CadenceVersion(Kind.COUNT, 0, 3), "högst 3 gånger per år", "at most 3 times a year"),
        (CadenceVersion(Kind.COUNT, 4, 6, 5), "4–6, gärna 5, gånger per år", "4–6, preferably 5, times a year"),
        (CadenceVersion(Kind.COUNT, 2, 3, approximate=True), "cirka 2–3 gånger per år", "about 2–3 times a year"),
        (ROLLING, "minst 4 gånger per 12 månader i följd", "at least 4 times in any 12 months"),
        (SIX_WEEKS, "var sjätte vecka", "every 6 weeks"),
        (CadenceVersion(Kind.INTERVAL, every=1), "varje vecka", "every week"),
        (CadenceVersion(Kind.INTERVAL, every=2, unit=Unit.MONTH), "varannan månad", "every other month"),
        (CadenceVersion(Kind.INTERVAL, every=14, unit=Unit.DAY), "var 14:e dag", "every 14 days"),
        (CadenceVersion(Kind.INTERVAL, every=6, approximate=True), "cirka var sjätte vecka", "about every 6 weeks"),
        (CadenceVersion(), "inget krav", "no requirement"),
        (CadenceVersion(Kind.COUNT, 0), "inget krav", "no requirement"),
    ],
)
def test_rule_in_words(version: CadenceVersion, swedish: str, english: str) -> None:
    assert describe(version) == {"sv": swedish, "en": english}


@pytest.mark.parametrize(
    ("version", "swedish", "english"),
    [
        (FOUR, "Räknas som minst 4, högst 5", "Counted as at least 4, at most 5"),
        (CadenceVersion(Kind.COUNT, 4, None, 5), "Räknas som minst 4, gärna 5", "Counted as at least 4, preferably 5"),
        (CadenceVersion(Kind.COUNT, 4, 4), "Räknas som exakt 4", "Counted as exactly 4"),
        (CadenceVersion(Kind.COUNT, 0, 3), "Räknas som högst 3", "Counted as at most 3"),
        (SIX_WEEKS, "Räknas som ett möte var sjätte vecka", "Counted as one meeting every 6 weeks"),
        (CadenceVersion(), "Räknas inte mot något krav", "Not counted against any requirement"),
    ],
)
def test_how_a_rule_is_counted(version: CadenceVersion, swedish: str, english: str) -> None:
    assert counted_as(version) == {"sv": swedish, "en": english}


def reason(version: CadenceVersion, today: str, held: str = "", booked: str = "", **more: Any) -> tuple[str, str]:
    """The two sentences for a forum with these meetings of 2026, "02-10 05-12"."""
    window = more.pop("window", None)
    meetings = [Meeting(date.fromisoformat(f"2026-{day}"), "held") for day in held.split()]
    meetings += [Meeting(date.fromisoformat(f"2026-{day}"), "planned") for day in booked.split()]
    forum = Forum((version,), **{"start": date(2020, 1, 1), **more})
    found = evaluate(forum, meetings, date.fromisoformat(today), window).reason
    return found["sv"], found["en"]


YEAR = (date(2026, 1, 1), date(2026, 12, 31))
SUMMER = ((date(2026, 7, 1), date(2026, 7, 31)),)


@pytest.mark.parametrize(
    ("arguments", "swedish", "english"),
    [
        (
            {"today": "2026-09-20", "held": "02-10 05-12", "booked": "11-10"},
            "2 av 4 hållna, 1 bokat; ett saknas, kalla senast 16 december",
            "2 of 4 held, 1 booked; one missing, call by 16 December",
        ),
        (
            {"today": "2026-03-05"},
            "0 av 4 hållna, inget bokat till och med 1 april; fyra saknas, kalla senast 5 november",
            "0 of 4 held, none booked up to 1 April; four missing, call by 5 November",
        ),
        (
            {"today": "2026-10-05", "held": "02-10 05-12"},
            "2 av 4 hållna, inget bokat, tredje kvartalet saknar möte; två saknas, kalla senast 3 december",
            "2 of 4 held, none booked, no meeting in the third quarter; two missing, call by 3 December",
        ),
        (
            {"today": "2026-12-20", "held": "02-10 05-12 09-08"},
            "3 av 4 hållna, inget bokat, 11 dagar kvar; ett saknas, kalla nu, kallelsetiden har passerat",
            "3 of 4 held, none booked, 11 days left; one missing, call now, the time for the summons has passed",
        ),
        (
            {"today": "2026-12-31", "held": "02-10 05-12"},
            "2 av 4 hållna, inget bokat, 0 dagar kvar; två saknas och ryms inte längre i perioden",
            "2 of 4 held, none booked, 0 days left; two missing and no longer fit in the period",
        ),
        (
            {"today": "2026-09-20", "held": "02-10 05-12 09-08", "booked": "10-13 11-24"},
            "3 av 4 hållna, 2 bokade, räcker till 5",
            "3 of 4 held, 2 booked, enough for 5",
        ),
        (
            {"today": "2026-09-20", "held": "02-10 03-10 05-12 09-08"},
            "4 hållna, kravet är 4",
            "4 held, 4 required",
        ),
        (
            {"today": "2026-09-20", "held": "02-10 03-10 05-12 09-08", "booked": "11-24"},
            "4 hållna, kravet är 4; 1 bokat till",
            "4 held, 4 required; 1 booked as well",
        ),
        (
            {"today": "2026-09-20", "held": "01-12 02-10 03-10 05-12 08-11 09-08"},
            "6 ordinarie möten hållna, kravet är högst 5",
            "6 ordinary meetings held, the maximum is 5",
        ),
        (
            {"today": "2027-01-10", "held": "02-10 05-12 09-08", "window": YEAR},
            "3 av 4 hållna, ett saknades",
            "3 of 4 held, one short",
        ),
        (
            {"today": "2027-01-10", "held": "02-10 05-12 09-08 10-10", "window": YEAR},
            "4 hållna, kravet var 4",
            "4 held, 4 required",
        ),
        (
            {"today": "2027-01-10", "window": YEAR, "start": date(2027, 1, 1)},
            "Ingen aktiv dag i perioden",
            "No active day in the period",
        ),
        (
            {"today": "2026-12-10", "start": date(2026, 12, 1)},
            "För få aktiva dagar för att kräva ett möte, 0 hållna",
            "Too few active days to require a meeting, 0 held",
        ),
        (
            {"today": "2026-09-20", "start": date(2027, 1, 1)},
            "Startar 1 januari 2027",
            "Starts on 1 January 2027",
        ),
        ({"today": "2026-09-20", "end": date(2026, 6, 30)}, "Avslutades 30 juni", "Ended on 30 June"),
        (
            {"today": "2026-07-10", "held": "02-10", "pauses": SUMMER},
            "Uppehåll till och med 31 juli, 1 av 4 hållna",
            "Paused through 31 July, 1 of 4 held",
        ),
        (
            {"today": "2026-07-10", "held": "02-10", "pauses": ((date(2026, 1, 1), None),)},
            "Uppehåll tills vidare",
            "Paused until further notice",
        ),
    ],
)
def test_reason_for_four_a_year(arguments: dict[str, Any], swedish: str, english: str) -> None:
    assert reason(FOUR, **arguments) == (swedish, english)


@pytest.mark.parametrize(
    ("version", "arguments", "swedish", "english"),
    [
        (
            CadenceVersion(Kind.COUNT, 2, 2, period=Period.TERM),
            {"today": "2026-04-15"},
            "0 av 2 hållna, inget bokat, första perioden saknar möte; två saknas, kalla senast 2 juni",
            "0 of 2 held, none booked, no meeting in the first period; two missing, call by 2 June",
        ),
        (
            QUARTERLY,
            {"today": "2026-02-20"},
            "0 av 1 hållet, inget bokat; ett saknas, kalla senast 17 mars",
            "0 of 1 held, none booked; one missing, call by 17 March",
        ),
        (
            CadenceVersion(Kind.COUNT, 4, None, 5),
            {"today": "2026-09-20", "held": "02-10 03-10 05-12 09-08"},
            "4 hållna, kravet är 4 och målet 5",
            "4 held, 4 required and 5 the target",
        ),
        (
            CadenceVersion(Kind.COUNT, 0, 3),
            {"today": "2026-09-20", "held": "02-10"},
            "Inget minsta antal, 1 hållet av högst 3",
            "No minimum, 1 held of at most 3",
        ),
        (
            CadenceVersion(Kind.COUNT, 0),
            {"today": "2026-09-20", "held": "02-10"},
            "Inget minsta antal, 1 hållet",
            "No minimum, 1 held",
        ),
        (
            CadenceVersion(),
            {"today": "2026-09-20", "held": "02-10 05-12"},
            "Inget krav på antal möten, 2 hållna",
            "No required number of meetings, 2 held",
        ),
        (
            ROLLING,
            {"today": "2026-09-20", "held": "02-10 05-12 09-08"},
            "3 av 4 hållna de senaste 12 månaderna; ett saknas, inget bokat",
            "3 of 4 held in the last 12 months; one missing, none booked",
        ),
        (
            ROLLING,
            {"today": "2026-09-20", "held": "02-10 05-12 09-08", "booked": "11-10"},
            "3 av 4 hållna de senaste 12 månaderna; ett saknas, nästa är bokat 10 november",
            "3 of 4 held in the last 12 months; one missing, the next is booked for 10 November",
        ),
        (
            ROLLING,
            {"today": "2026-09-20", "held": "02-10 03-10 05-12 09-08"},
            (
                "4 av 4 hållna de senaste 12 månaderna; ett till behövs senast 10 februari 2027, "
                "kalla senast 27 januari 2027"
            ),
            "4 of 4 held in the last 12 months; one more is needed by 10 February 2027, call by 27 January 2027",
        ),
        (
            ROLLING,
            {"today": "2026-09-20", "held": "02-10 03-10 05-12 09-08", "end": date(2026, 12, 31)},
            "4 av 4 hållna de senaste 12 månaderna",
            "4 of 4 held in the last 12 months",
        ),
        (
            SIX_WEEKS,
            {"today": "2026-09-20", "held": "09-01"},
            "Senast hållet 1 september; nästa behövs senast 23 oktober, kalla senast 9 oktober",
            "Last held on 1 September; the next is needed by 23 October, call by 9 October",
        ),
        (
            SIX_WEEKS,
            {"today": "2026-09-20", "held": "09-01", "booked": "10-20"},
            "Senast hållet 1 september, nästa är bokat 20 oktober",
            "Last held on 1 September, the next is booked for 20 October",
        ),
        (
            SIX_WEEKS,
            {"today": "2026-09-20", "held": "09-01", "booked": "11-10"},
            (
                "Senast hållet 1 september, nästa är bokat 10 november; det behövs senast 23 oktober, "
                "kalla senast 9 oktober"
            ),
            (
                "Last held on 1 September, the next is booked for 10 November; it is needed by 23 October, "
                "call by 9 October"
            ),
        ),
        (
            SIX_WEEKS,
            {"today": "2026-10-24", "held": "09-01"},
            "Senast hållet 1 september; nästa behövdes senast 23 oktober, kalla nu, kallelsetiden har passerat",
            (
                "Last held on 1 September; the next was needed by 23 October, call now, "
                "the time for the summons has passed"
            ),
        ),
        (
            SIX_WEEKS,
            {"today": "2026-01-20", "start": date(2026, 1, 19)},
            "Inget möte hållet; nästa behövs senast 12 mars, kalla senast 26 februari",
            "No meeting held; the next is needed by 12 March, call by 26 February",
        ),
        (
            SIX_WEEKS,
            {"today": "2026-09-20", "held": "09-01", "pauses": ((date(2026, 10, 1), None),)},
            "Senast hållet 1 september; inget krävs före uppehållet",
            "Last held on 1 September; none is required before the pause",
        ),
        (
            SIX_WEEKS,
            {"today": "2026-10-01", "held": "09-01", "pauses": ((date(2026, 10, 20), None),)},
            "Senast hållet 1 september; nästa bör hållas senast 13 oktober",
            "Last held on 1 September; the next is due by 13 October",
        ),
    ],
)
def test_reason_for_other_rules(version: CadenceVersion, arguments: dict[str, Any], swedish: str, english: str) -> None:
    assert reason(version, **arguments) == (swedish, english)


def test_reason_for_a_rule_withdrawn_in_the_window() -> None:
    forum = Forum((FOUR, CadenceVersion(valid_from=date(2026, 7, 1))), start=date(2020, 1, 1))
    found = evaluate(forum, [Meeting(date(2026, 2, 10), "held")], date(2026, 9, 20), YEAR)
    assert found.reason == {
        "sv": "Inget krav nu; 1 av 2 hållna innan det togs bort",
        "en": "No requirement now; 1 of 2 held before it was withdrawn",
    }


def test_every_status_has_a_word_of_its_own() -> None:
    assert list(STATUS_WORDS) == list(Status)
    for language in ("sv", "en"):
        assert len({word[language] for word in STATUS_WORDS.values()}) == len(Status)


@pytest.mark.parametrize(
    ("notice", "swedish", "english"),
    [
        (Notice(), "14 dagar", "14 days"),
        (Notice(1), "1 dag", "1 day"),
        (Notice(5, NoticeUnit.WORKING_DAYS), "5 arbetsdagar", "5 working days"),
        (Notice(1, NoticeUnit.WORKING_DAYS), "1 arbetsdag", "1 working day"),
    ],
)
def test_notice_in_words(notice: Notice, swedish: str, english: str) -> None:
    assert notice_words(notice) == {"sv": swedish, "en": english}


@pytest.mark.parametrize(
    ("held", "booked", "swedish"),
    [
        ("02-10 05-12 09-03", "10-01 12-03", "3 hållna och 2 bokade ger 5 möten"),
        ("02-10", "05-12 09-03 12-03", "1 hållet och 3 bokade ger 4 möten"),
        ("02-10", "12-03", None),  # too few: what lacks is said instead
        ("02-10 05-12 09-03 10-01", "", None),  # nothing ahead
    ],
)
def test_what_is_held_and_booked_comes_to(held: str, booked: str, swedish: str | None) -> None:
    meetings = [Meeting(date.fromisoformat(f"2026-{day}"), "held") for day in held.split()]
    meetings += [Meeting(date.fromisoformat(f"2026-{day}"), "planned") for day in booked.split()]
    version = CadenceVersion(kind=Kind.COUNT, min=4, max=5)
    last = max(meeting.on for meeting in meetings if meeting.status == "held")
    found = forecast(evaluate(Forum((version,), start=date(2020, 1, 1)), meetings, last))
    assert (found["sv"] if found else None) == swedish
