"""Random forums, rules and meetings around 2026 for the property tests."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Period, Unit, WindowKind

days = st.dates(date(2025, 1, 1), date(2028, 12, 31))
todays = st.dates(date(2026, 1, 1), date(2028, 6, 30))

_most = {Period.YEAR: 14, Period.TERM: 8, Period.QUARTER: 5, Period.MONTH: 3}


@st.composite
def counts(draw: st.DrawFn, *, rolling: bool | None = None) -> CadenceVersion:
    """A count of any period, with or without maximum and target."""
    is_rolling = draw(st.booleans()) if rolling is None else rolling
    period = Period.YEAR if is_rolling else draw(st.sampled_from(Period))
    least = draw(st.integers(0, _most[period]))
    most = draw(st.none() | st.integers(least, least + 3))
    target = draw(st.none() | st.integers(least, least + 2 if most is None else most))
    window = WindowKind.ROLLING if is_rolling else WindowKind.CALENDAR
    return CadenceVersion(Kind.COUNT, least, most, target, period, window)


@st.composite
def intervals(draw: st.DrawFn) -> CadenceVersion:
    """An interval of days, weeks or months."""
    unit = draw(st.sampled_from(Unit))
    return CadenceVersion(Kind.INTERVAL, every=draw(st.integers(1, 40 if unit is Unit.DAY else 13)), unit=unit)


rules = counts() | intervals() | st.just(CadenceVersion())


@st.composite
def version_lists(draw: st.DrawFn, rule: st.SearchStrategy[CadenceVersion] = rules) -> tuple[CadenceVersion, ...]:
    """One to three versions in order; the first may be valid from the beginning."""
    found = draw(st.lists(rule, min_size=1, max_size=3))
    starts = sorted(draw(st.lists(days, min_size=len(found), max_size=len(found), unique=True)))
    froms: list[date | None] = [*starts]
    if draw(st.booleans()):
        froms[0] = None
    return tuple(
        CadenceVersion(v.kind, v.min, v.max, v.target, v.period, v.window, every=v.every, unit=v.unit, valid_from=since)
        for v, since in zip(found, froms, strict=True)
    )


@st.composite
def pauses(draw: st.DrawFn) -> tuple[tuple[date, date | None], ...]:
    """Up to three pauses, which may overlap; the last may be open."""
    found: list[tuple[date, date | None]] = []
    for _ in range(draw(st.integers(0, 3))):
        first = draw(days)
        found.append((first, first + timedelta(days=draw(st.integers(0, 120)))))
    if draw(st.integers(0, 9)) == 0:
        found.append((draw(days), None))
    return tuple(found)


@st.composite
def forums(draw: st.DrawFn, versions: st.SearchStrategy[tuple[CadenceVersion, ...]] | None = None) -> Forum:
    """A forum with any rule, start, end, pauses and switches."""
    start = draw(st.none() | st.dates(date(2024, 1, 1), date(2027, 6, 30)))
    end = draw(st.none() | st.dates(date(2026, 3, 1), date(2029, 12, 31)))
    if start is not None and end is not None and end < start:
        end = None
    return Forum(
        draw(versions if versions is not None else version_lists()),
        start,
        end,
        draw(pauses()),
        requires_quorum=draw(st.booleans()),
        extra_counts=draw(st.booleans()),
    )


meetings = st.lists(
    st.builds(
        Meeting,
        days,
        st.sampled_from(["held", "held", "planned", "planned", "draft", "cancelled", "postponed"]),
        st.sampled_from(["ordinary", "ordinary", "ordinary", "extra", "thematic", "joint", "per_capsulam"]),
        st.sampled_from([None, True, False]),
        st.integers(0, 9).map(lambda n: n == 0),
    ),
    max_size=16,
)


@st.composite
def windows(draw: st.DrawFn) -> tuple[date, date] | None:
    """No window, or a calendar period such as a history asks for."""
    choice = draw(st.integers(0, 3))
    year = draw(st.integers(2025, 2028))
    if choice == 0:
        return None
    if choice == 1:
        return date(year, 1, 1), date(year, 12, 31)
    if choice == 2:
        return draw(st.sampled_from([(date(year, 1, 1), date(year, 6, 30)), (date(year, 7, 1), date(year, 12, 31))]))
    first = draw(st.sampled_from([1, 4, 7, 10]))
    last = {1: (3, 31), 4: (6, 30), 7: (9, 30), 10: (12, 31)}[first]
    return date(year, first, 1), date(year, *last)
