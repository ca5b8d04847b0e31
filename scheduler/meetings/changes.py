"""What a change of a meeting means: whether SEQUENCE or the reminders' key rises, and the sentence that says it.

A change is two snapshots, before and after: plain values as ``snapshot`` lists them, kept in the row of the change.
Pure. Not here: the change itself (``actions``), the mail about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.meetings.rules import calendar_status
from scheduler.meetings.times import Span

#: The fields of a snapshot. Instants and days are ISO text; ``place`` is its name in each language, or None; ``themes``
#: are their Swedish names. A snapshot stored by an earlier version may lack fields.
FIELDS = (
    "state",
    "kind",
    "title",
    "note",
    "start_at",
    "end_at",
    "all_day",
    "time_zone",
    "place_id",
    "place",
    "place_text",
    "mode",
    "video_url",
    "answer_by_on",
    "public",
    "cancel_reason",
    "quorum",
    "called_at",
    "confirmed_at",
    "continues_id",
    "forum_ids",
    "theme_ids",
    "themes",
    "formality",
    "quorum_rule",
    "quorum_number",
    "notice_n",
    "notice_unit",
    "minutes_days",
    "last_change",
)
#: When and where: a change of one of these is a move, and raises SEQUENCE (F14).
SCHEDULE = ("start_at", "end_at", "all_day", "time_zone", "place_id", "place_text", "mode")

Snapshot = Mapping[str, Any]


def differs(before: Snapshot, after: Snapshot, *fields: str) -> bool:
    """Whether one of ``fields`` is not the same on both sides."""
    return any(before.get(field) != after.get(field) for field in fields)


def is_move(before: Snapshot, after: Snapshot) -> bool:
    """Whether the meeting has another time or place."""
    return differs(before, after, *SCHEDULE)


def raises_sequence(before: Snapshot, after: Snapshot) -> bool:
    """Whether SEQUENCE rises: start, end, place or calendar status is another (F14, RFC 5546 §2.1.4)."""
    return is_move(before, after) or calendar_status(before["state"]) != calendar_status(after["state"])


def raises_time_rev(before: Snapshot, after: Snapshot) -> bool:
    """Whether reminders are due anew: another start, last day or place. Spelling and a new end raise nothing."""
    if differs(before, after, "start_at", "all_day", "place_id", "mode"):
        return True
    if _folded(before["place_text"]) != _folded(after["place_text"]):
        return True
    return span_of(before).last_on != span_of(after).last_on


def _folded(text: str | None) -> str:
    return i18n.search_key(text or "")


def span_of(snapshot: Snapshot) -> Span:
    """When the meeting is, by a snapshot."""
    start, end = (datetime.fromisoformat(snapshot[field]) for field in ("start_at", "end_at"))
    return Span(start, end, snapshot["all_day"], snapshot["time_zone"])


# ---------------------------------------------------------------- what changed, for the first line


def last_change(before: Snapshot, after: Snapshot) -> dict[str, Any] | None:
    """What the description begins with from now on: ``{"changes": [{"field", "before", "after"}, …]}``.

    Fields: ``time`` and ``date`` (start and end as local ISO text, the end of whole days included), ``place`` (names by
    language), ``mode``, ``state``. A proposal has none: nobody has been told of it. None when nothing of it
    has changed; what stood before then goes on standing.
    """
    changes = list(_changes(before, after))
    if before["state"] == after["state"] == "proposed" or not changes:
        return None
    return {"changes": changes}


def _changes(before: Snapshot, after: Snapshot) -> Iterator[dict[str, Any]]:
    statuses = [calendar_status(snapshot["state"]) for snapshot in (before, after)]
    if "cancelled" in statuses and statuses[0] != statuses[1]:
        yield {"field": "state", "before": before["state"], "after": after["state"]}
    earlier, later = _local(span_of(before)), _local(span_of(after))
    if earlier != later:
        same_days = [at[:10] for at in earlier] == [at[:10] for at in later]
        yield {"field": "time" if same_days else "date", "before": earlier, "after": later}
    if before["place"] != after["place"]:
        yield {"field": "place", "before": before["place"], "after": after["place"]}
    if before["mode"] != after["mode"]:
        yield {"field": "mode", "before": before["mode"], "after": after["mode"]}


def _local(span: Span) -> list[str]:
    """Start and end on the wall clock: "2026-10-01T10:00", or the first and last day."""
    if span.all_day:
        return [span.on.isoformat(), span.last_on.isoformat()]
    return [at.replace(tzinfo=None).isoformat(timespec="minutes") for at in (span.start, span.end)]


def sentences(change: Mapping[str, Any] | None, *, show_place: bool = True, reason: str | None = None) -> list[str]:
    """What ``last_change`` says, in the language in use: "Ny tid: 10.00 → 13.00" (D12).

    ``show_place`` False leaves out where the meeting is held; ``reason`` is why it was cancelled.
    """
    said = []
    for one in (change or {}).get("changes", ()):
        field, before, after = one["field"], one["before"], one["after"]
        if field == "state":
            said.append(_state_sentence(after, reason))
        elif field == "time":
            said.append(_("Ny tid: %(before)s → %(after)s", **_times(before, after)))
        elif field == "date":
            said.append(_("Nytt datum: %(before)s → %(after)s", **_dates(before, after)))
        elif show_place:
            said.append(_place_sentence(before, after) if field == "place" else _mode_sentence(before, after))
    return said


def previous_start(change: Mapping[str, Any] | None) -> str | None:
    """The start before ``last_change`` as local ISO text; None when it has moved no start."""
    for one in (change or {}).get("changes", ()):
        if one["field"] in {"time", "date"} and one["before"][0] != one["after"][0]:
            return str(one["before"][0])
    return None


def _state_sentence(after: str, reason: str | None) -> str:
    if after != "cancelled":
        return _("Mötet är återupptaget.")
    return _("Inställt: %(reason)s", reason=reason) if reason else _("Mötet är inställt.")


def _place_sentence(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> str:
    language = i18n.language()
    if before is None or after is None:
        place = after or before or {}
        text = _("Ny plats: %(place)s") if after else _("Platsen %(place)s gäller inte längre.")
        return text % {"place": place[language]}
    return _("Ny plats: %(before)s → %(after)s", before=before[language], after=after[language])


def mode_words(mode: str) -> str:
    """How one takes part, in the language in use: "på distans"."""
    words = {
        "on_site": _("på plats"),
        "remote": _("på distans"),
        "hybrid": _("på plats eller på distans"),
    }
    return words[mode]


def _mode_sentence(before: str, after: str) -> str:
    return _("Ny mötesform: %(before)s → %(after)s", before=mode_words(before), after=mode_words(after))


def _times(before: list[str], after: list[str]) -> dict[str, str]:
    """The starts alone where the length is kept, else both ends."""
    texts = {}
    lengths = [_length(pair) for pair in (before, after)]
    for name, pair in (("before", before), ("after", after)):
        start, end = _wall(pair)
        if _is_all_day(pair):
            texts[name] = _("hela dagen")
        elif lengths[0] == lengths[1]:
            texts[name] = i18n.time_text(start)
        else:
            texts[name] = i18n.span_text(start, end)
    return texts


def _dates(before: list[str], after: list[str]) -> dict[str, str]:
    """The days, with the time of day where that is another too."""
    year = _wall(before)[0].year != _wall(after)[0].year
    clocks = [None if _is_all_day(pair) else [at[11:] for at in pair] for pair in (before, after)]
    texts = {}
    for name, pair in (("before", before), ("after", after)):
        start, end = _wall(pair)
        text = i18n.date_text(start.date(), year=year)
        if end.date() != start.date():
            text += f"–{i18n.date_text(end.date(), year=year)}"
        elif clocks[0] != clocks[1] and not _is_all_day(pair):
            text += f" {i18n.time_text(start)}"
        texts[name] = text
    return texts


def _is_all_day(pair: list[str]) -> bool:
    return "T" not in pair[0]


def _wall(pair: list[str]) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(at) for at in pair)
    return start, end


def _length(pair: list[str]) -> timedelta | None:
    start, end = _wall(pair)
    return None if _is_all_day(pair) else end - start


def snapshot_day(snapshot: Snapshot) -> date:
    """The local day of a snapshot."""
    return span_of(snapshot).on
