"""The meetings of the golden files under tests/ics, and small tools to break their bytes.

``python -m tests.ical.samples`` writes the golden files anew, when the format is meant to change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.ical.lint import lint_calendar, lint_fragment
from scheduler.ical.writer import Event, assemble, calendar_head, render_event, zones_in

FOLDER = Path(__file__).parents[1] / "ics"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
HELSINKI = ZoneInfo("Europe/Helsinki")


def uid(number: int) -> str:
    return f"meeting-00000000-0000-4000-8000-{number:012d}@takt.example"


def event(**changes: Any) -> Event:
    """One ordinary meeting, but for ``changes``."""
    values: dict[str, Any] = {
        "uid": uid(1),
        "sequence": 0,
        "revised_at": datetime(2026, 1, 12, 8, 30, tzinfo=UTC),
        "created_at": datetime(2025, 11, 3, 9, 0, tzinfo=UTC),
        "status": "confirmed",
        "start": datetime(2026, 3, 3, 13, 0, tzinfo=STOCKHOLM),
        "end": datetime(2026, 3, 3, 15, 0, tzinfo=STOCKHOLM),
        "summary": "Regionalt forum",
    }
    return Event(**(values | changes))


FULL = event(
    summary="Regionalt forum: kompetens, samverkan; möte 1",
    description="Vi tar upp:\n1. Läget i länet\n2. Sökväg C:\\Nytt\\möte, och årets plan; se bilagan",
    location="Länsstyrelsen, Stationsgatan 5, Luleå",
    geo=(65.5848, 22.1567),
    url="https://takt.example/meetings/1",
    categories=("Nätverk", "Kompetens, utbildning"),
    organizer=("Sekretariatet för regionalt forum", "sekretariatet@takt.example"),
)


def calendar(events: Iterable[Event], *, name: str = "Regionalt forum", **options: Any) -> bytes:
    """The finished calendar of ``events``."""
    fragments = [render_event(each) for each in events]
    head = calendar_head(name, "Alla möten i forumet", **options)
    return assemble(head, [zone for each in fragments for zone in zones_in(each)], fragments)


#: What each golden file holds.
GOLDEN = {
    "one-meeting": [FULL],
    "all-day-two-days": [
        event(
            uid=uid(2),
            start=date(2026, 8, 27),
            end=date(2026, 8, 29),
            summary="Internat",
            description="Två hela dagar",
            location="Storforsen",
        )
    ],
    "cancelled": [event(uid=uid(3), sequence=2, status="cancelled", summary="Styrgrupp", location="Piteå")],
    "moved": [
        event(
            uid=uid(4),
            sequence=1,
            revised_at=datetime(2026, 2, 2, 10, 0, tzinfo=UTC),
            start=datetime(2026, 6, 9, 13, 0, tzinfo=STOCKHOLM),
            end=datetime(2026, 6, 9, 15, 0, tzinfo=STOCKHOLM),
            summary="Beredning",
            description="Ny tid: 10.00 → 13.00\n\nMötet hålls på distans.",
            url="https://takt.example/meetings/4",
            conference="https://video.takt.example/rum/4",
        )
    ],
    "two-zones": [
        event(uid=uid(5), summary="Före gränsen"),
        event(
            uid=uid(6),
            status="tentative",
            start=datetime(2026, 10, 24, 9, 0, tzinfo=HELSINKI),
            end=datetime(2026, 10, 25, 12, 0, tzinfo=STOCKHOLM),
            summary="Torneå till Haparanda, över vintertidens början",
        ),
    ],
    "empty": [],
}


def rules(content: bytes, **options: Any) -> list[str]:
    """The rules that the lint finds broken, each once, in order."""
    lint = lint_calendar if content.startswith(b"BEGIN:VCALENDAR") else lint_fragment
    return sorted({finding.rule for finding in lint(content, **options)})


def replaced(content: bytes, old: str, new: str) -> bytes:
    """``content`` with ``old``, which stands there once, replaced."""
    assert content.count(old.encode()) == 1, old
    return content.replace(old.encode(), new.encode())


def without(content: bytes, name: str) -> bytes:
    """``content`` without its only line ``name`` (one that is not folded)."""
    lines = content.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith((f"{name}:".encode(), f"{name};".encode()))]
    assert len(kept) == len(lines) - 1, name
    return b"".join(kept)


def with_line(content: bytes, line: str, *, before: str = "END:VEVENT") -> bytes:
    """``content`` with one more ``line`` before the first line ``before``."""
    place = content.index(f"{before}\r\n".encode())
    return content[:place] + line.encode() + b"\r\n" + content[place:]


if __name__ == "__main__":
    for name, events in GOLDEN.items():
        (FOLDER / f"{name}.ics").write_bytes(calendar(events))
