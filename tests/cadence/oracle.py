"""The cadence rules once more, day by day and slowly, straight from the text: what the fast ones must equal."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any

from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Period
from scheduler.workdays.rules import is_working_day

DAY = timedelta(days=1)


def days_of(first: date, last: date) -> list[date]:
    return [first + n * DAY for n in range((last - first).days + 1)]


def period_days(period: Period, day: date) -> list[date]:
    """Every day of the period window that holds ``day``."""
    months = {Period.YEAR: 12, Period.TERM: 6, Period.QUARTER: 3, Period.MONTH: 1}[period]
    return [
        d
        for d in days_of(date(day.year, 1, 1), date(day.year, 12, 31))
        if (d.month - 1) // months == (day.month - 1) // months
    ]


def version_on(forum: Forum, day: date) -> CadenceVersion:
    found = CadenceVersion()
    for version in forum.versions:
        if version.valid_from is None or version.valid_from <= day:
            found = version
    return found


def in_pause(forum: Forum, day: date) -> bool:
    return any(first <= day and (last is None or day <= last) for first, last in forum.pauses)


def is_active(forum: Forum, day: date) -> bool:
    return (
        (forum.start is None or day >= forum.start)
        and (forum.end is None or day <= forum.end)
        and not in_pause(forum, day)
    )


def requirement(forum: Forum, window: list[date]) -> tuple[int, int | None, int]:
    active = [day for day in window if is_active(forum, day)]
    periods = {v.period for v in (version_on(forum, day) for day in window) if v.kind is Kind.COUNT}
    least, most, goal = Fraction(0), Fraction(0), Fraction(0)
    unlimited = False
    for day in active:
        version = version_on(forum, day)
        unlimited = unlimited or version.kind is not Kind.COUNT or version.max is None
        if version.kind is not Kind.COUNT:
            continue
        share = Fraction(1, len(window) if len(periods) == 1 else len(period_days(version.period, day)))
        least += version.min * share
        most += (version.max or 0) * share
        goal += (version.min if version.target is None else version.target) * share
    half = Fraction(1, 2)
    return floor(least + half), None if unlimited else ceil(most), floor(goal + half)


def counts(meeting: Meeting, forum: Forum, *, held: bool) -> bool:
    return not (
        meeting.kind == "per_capsulam"
        or meeting.continuation
        or (meeting.kind == "extra" and not forum.extra_counts)
        or (held and meeting.quorum is False and forum.requires_quorum)
    )


def held_days(forum: Forum, meetings: list[Meeting], today: date) -> list[date]:
    return sorted(m.on for m in meetings if m.status == "held" and m.on <= today and counts(m, forum, held=True))


def planned_days(forum: Forum, meetings: list[Meeting], today: date) -> list[date]:
    return sorted(
        m.on
        for m in meetings
        if m.status == "planned"
        and m.on >= today
        and (forum.end is None or m.on <= forum.end)
        and counts(m, forum, held=False)
    )


def year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 2, 28)


def rolling_days(day: date) -> list[date]:
    return days_of(year_before(day) + DAY, day)


def outer(forum: Forum, version: CadenceVersion, today: date) -> str | None:
    if forum.start is not None and today < forum.start:
        return "not_started"
    if forum.end is not None and today > forum.end:
        return "ended"
    if version.kind is Kind.NONE:
        return "no_requirement"
    return "paused" if in_pause(forum, today) else None


def settled(found: dict[str, Any]) -> str | None:
    if found["allowed"] is not None and found["ordinary_held"] > found["allowed"]:
        return "exceeded"
    if found["required"] == 0:
        return "no_requirement"
    return "met" if found["held"] >= found["required"] else None


def tally(forum: Forum, meetings: list[Meeting], today: date, window: list[date]) -> dict[str, Any]:
    inside = set(window)
    required, allowed, target = requirement(forum, window)
    held = [day for day in held_days(forum, meetings, today) if day in inside]
    ordinary = [
        m
        for m in meetings
        if m.status == "held"
        and m.on <= today
        and m.on in inside
        and counts(m, forum, held=True)
        and m.kind in {"ordinary", "thematic", "joint"}
    ]
    planned = [day for day in planned_days(forum, meetings, today) if day in inside]
    return {
        "window": (window[0], window[-1]),
        "required": required,
        "allowed": allowed,
        "target": target,
        "held": len(held),
        "ordinary_held": len(ordinary),
        "planned": len(planned),
        "unrecorded": sum(1 for m in meetings if m.status == "planned" and m.on < today and m.on in inside),
        "target_met": len(held) >= target,
        "missing": max(0, required - len(held) - len(planned)),
        "next_deadline": None,
        "latest": None,
        "lapses": None,
        "latest_next": None,
    }


def calendar(
    forum: Forum, meetings: list[Meeting], today: date, window: list[date], version: CadenceVersion
) -> dict[str, Any]:
    found = tally(forum, meetings, today, window)
    active = [day for day in window if is_active(forum, day)]
    m, held = found["required"], found["held"]
    if today > window[-1]:
        found["status"] = "inactive" if not active else settled(found) or "missed"
        return found
    slot = len(active) // m if m else 0
    spacing = min(14, max(1, slot // 2))
    lead = min(30, slot // 2)
    deadline = active[(held + 1) * len(active) // m - 1] if held < m else None
    found["next_deadline"] = deadline
    if found["missing"] and version.kind is Kind.COUNT:
        room = len(active) - (found["missing"] - 1) * spacing
        fitting = [day for n, day in enumerate(active, 1) if n <= room and day >= today and is_working_day(day)]
        found["latest_next"] = fitting[-1] if fitting else None
    status = outer(forum, version, today) or settled(found)
    if status is None and deadline is not None:
        planned = [day for day in planned_days(forum, meetings, today) if day in set(window)]
        if held + len(planned) >= m:
            status = "planned"
        elif (m - held - len(planned)) * spacing > sum(day > today for day in active):
            status = "at_risk"
        elif deadline < today:
            status = "overdue"
        elif any(day <= deadline for day in planned):
            status = "on_track"
        else:
            status = "due" if (deadline - today).days <= lead else "on_track"
    found["status"] = status
    return found


def rolling(forum: Forum, meetings: list[Meeting], today: date, version: CadenceVersion) -> dict[str, Any]:
    found = tally(forum, meetings, today, rolling_days(today))
    status = outer(forum, version, today) or settled(found) or "overdue"
    if status == "met":
        held = held_days(forum, meetings, today) + planned_days(forum, meetings, today)
        for n in range(1, 401):
            day = today + n * DAY
            window = rolling_days(day)
            inside = sum(window[0] <= on <= day for on in held)
            if inside < requirement(forum, window)[0]:
                if forum.end is None or day <= forum.end:
                    found["lapses"] = found["latest_next"] = day
                    status = "due" if n <= 30 else "met"
                break
    found["status"] = status
    return found


def plus_interval(day: date, version: CadenceVersion) -> date:
    if version.unit != "month":
        return day + version.every * (7 if version.unit == "week" else 1) * DAY
    months = day.month - 1 + version.every
    first = date(day.year + months // 12, months % 12 + 1, 1)
    candidate = first + (day.day - 1) * DAY
    while candidate.month != first.month:
        candidate -= DAY
    return candidate


def lengthened(forum: Forum, after: date, to: date) -> date | None:
    """``to`` plus the paused days after ``after`` up to it, until nothing changes; None if it never ends."""
    if any(last is None and first <= to for first, last in forum.pauses):
        return None
    plain = to
    while True:
        paused = sum(in_pause(forum, day) for day in days_of(after + DAY, to))
        if plain + paused * DAY == to:
            return to
        to = plain + paused * DAY
        if any(last is None and first <= to for first, last in forum.pauses):
            return None


def interval(forum: Forum, meetings: list[Meeting], today: date, version: CadenceVersion) -> dict[str, Any]:
    held, planned = held_days(forum, meetings, today), planned_days(forum, meetings, today)
    known = [held[-1]] if held else []
    known += [day for day in (forum.start, version.valid_from) if day is not None]
    base = max(known) if known else today
    plain = plus_interval(base, version)
    n = (plain - base).days
    due = lengthened(forum, base, plain)
    latest = None if due is None else lengthened(forum, due, due + n // 4 * DAY)
    status = outer(forum, version, today)
    if status == "ended":
        due = latest = None
    if status is None:
        if planned and (latest is None or planned[0] <= latest):
            status = "planned"
        elif latest is not None and today > latest:
            status = "overdue"
        elif planned:
            status = "at_risk"
        else:
            status = "due" if due is not None and today >= due - min(30, n // 2) * DAY else "on_track"
    return {
        "status": status,
        "window": None,
        "required": None,
        "next_deadline": due,
        "latest": latest,
        "latest_next": latest,
        "missing": None,
        "unrecorded": sum(1 for m in meetings if m.status == "planned" and m.on < today),
    }


def evaluate(
    forum: Forum, meetings: list[Meeting], today: date, window: tuple[date, date] | None = None
) -> dict[str, Any]:
    version = version_on(forum, today)
    asked = None
    if window is not None:
        of_window = version if window[0] <= today <= window[1] else version_on(forum, window[1])
        if of_window.kind is not Kind.INTERVAL and not of_window.is_rolling:
            version, asked = of_window, days_of(*window)
    if version.kind is Kind.INTERVAL:
        return interval(forum, meetings, today, version)
    if version.is_rolling:
        return rolling(forum, meetings, today, version)
    if asked is None and version.kind is Kind.NONE:
        return {"status": outer(forum, version, today), "window": None, "required": None}
    return calendar(forum, meetings, today, asked or period_days(version.period, today), version)
