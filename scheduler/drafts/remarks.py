"""What can be said for and against each meeting of a plan, in sentences: why this day, and what it costs whom. Pure.

Not here: other days for it (``planning.dates``), the rules themselves (``planning.checker``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from scheduler.i18n import date_text, gettext, ngettext
from scheduler.planning.checker import Violation
from scheduler.planning.instance import Forum, Instance
from scheduler.planning.plan import Plan, PlannedMeeting

Key = tuple[str, int]


@dataclass(frozen=True)
class Remark:
    """One sentence about a meeting. ``weight``: rule (it breaks one), clash (somebody must decide), note or good."""

    weight: str
    #: Gives the sentence in the language in use.
    say: Callable[[], str]
    #: The register's own words in it: names of forums, of days that were entered.
    quotes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentence, in the language in use."""
        return self.say()


def remarks_of(instance: Instance, plan: Plan, violations: Iterable[Violation]) -> dict[Key, list[Remark]]:
    """Every meeting's remarks, the heaviest first."""
    found: defaultdict[Key, list[Remark]] = defaultdict(list)
    forums = {forum.name for forum in instance.forums}
    for violation in violations:
        if violation.forum is not None and violation.index is not None:
            quotes = tuple(str(value) for value in violation.values.values() if value in forums)
            found[violation.forum, violation.index].append(Remark("rule", partial(_broken, violation), quotes))
    around = Around(instance, plan)
    for meeting in plan.meetings:
        found[meeting.forum, meeting.index] += around.remarks(meeting)
    return {key: _heaviest_first(remarks) for key, remarks in found.items()}


class Around:
    """A plan by day and by forum: what a meeting is looked at beside, whether it is of the plan or would be."""

    def __init__(self, instance: Instance, plan: Plan) -> None:
        self.instance = instance
        self.forums = {forum.id: forum for forum in instance.forums}
        self.names = {person.id: person.name for person in instance.persons}
        self.on_day: defaultdict[date, list[PlannedMeeting]] = defaultdict(list)
        self.years: defaultdict[str, list[PlannedMeeting]] = defaultdict(list)
        for meeting in plan.meetings:
            self.on_day[meeting.on].append(meeting)
            self.years[meeting.forum].append(meeting)

    def remarks(self, meeting: PlannedMeeting) -> list[Remark]:
        """What is for and against the meeting where it lies, broken rules apart; the heaviest first."""
        forum = self.forums[meeting.forum]
        return _heaviest_first(
            [
                *_day(self.instance, forum, meeting),
                *_seats(forum, meeting, self.names),
                *_shared(self.forums, meeting, self.on_day.get(meeting.on, [])),
                *_spacing(self.instance, forum, meeting, self.years[meeting.forum]),
            ]
        )


def _heaviest_first(remarks: Iterable[Remark]) -> list[Remark]:
    order = {"rule": 0, "clash": 1, "note": 2, "good": 3}
    return sorted(remarks, key=lambda one: order[one.weight])


def is_clash(remarks: Sequence[Remark]) -> bool:
    """Whether somebody must decide about the meeting."""
    return any(one.weight in {"rule", "clash"} for one in remarks)


def _broken(violation: Violation) -> str:
    return _capital(violation.text)


def _day(instance: Instance, forum: Forum, meeting: PlannedMeeting) -> list[Remark]:
    found = []
    if meeting.on in instance.soft_days:
        why = _capital(instance.soft_days[meeting.on])
        found.append(Remark("clash", lambda: gettext("%(why)s den dagen.", why=why), (why,)))
    if forum.preferred_weekdays and meeting.on.weekday() not in forum.preferred_weekdays:
        found.append(Remark("note", lambda: gettext("En annan veckodag än forumet brukar ha.")))
    if forum.preferred_starts and meeting.start not in forum.preferred_starts:
        found.append(Remark("note", lambda: gettext("En annan tid på dagen än forumet brukar ha.")))
    return found


def _seats(forum: Forum, meeting: PlannedMeeting, names: Mapping[str, str]) -> list[Remark]:
    held = {seat: seat.holder for seat in forum.seats if seat.holder is not None}
    vacant = sorted(names[who] for seat, who in held.items() if meeting.seats.get(seat.id) is None)
    replaced = sorted(names[who] for seat, who in held.items() if meeting.seats.get(seat.id) not in {None, who})
    found = []
    if vacant:
        found.append(Remark("clash", partial(_vacant, vacant)))
    if replaced:
        found.append(Remark("note", partial(_replaced, replaced)))
    found += [
        Remark("good", partial(_free, names[who]))
        for seat, who in held.items()
        if seat.required and meeting.seats.get(seat.id) == who
    ]
    if held and not vacant and not replaced:
        found.append(Remark("good", partial(_all_come, len(held))))
    return found


def _vacant(who: Sequence[str]) -> str:
    return ngettext(
        "1 kan inte komma och har ingen ersättare: %(who)s.",
        "%(n)s kan inte komma och har ingen ersättare: %(who)s.",
        len(who),
        who=_some(who),
    )


def _replaced(who: Sequence[str]) -> str:
    return ngettext("1 ersätts: %(who)s.", "%(n)s ersätts: %(who)s.", len(who), who=_some(who))


def _free(who: str) -> str:
    return gettext("%(who)s, som måste vara med, är ledig.", who=who)


def _shared(forums: Mapping[str, Forum], meeting: PlannedMeeting, day: Sequence[PlannedMeeting]) -> list[Remark]:
    """The same day's meetings with the same people: a journey shared."""
    mine = {person for person in meeting.seats.values() if person is not None}
    found = []
    for other in day:
        both = mine & {person for person in other.seats.values() if person is not None}
        if other.forum != meeting.forum and both:
            name = forums[other.forum].name
            found.append(Remark("note", partial(_same_day, name, len(both)), (name,)))
    return found


def _same_day(forum: str, both: int) -> str:
    return ngettext(
        "Samma dag som %(forum)s, som delar 1 deltagare.",
        "Samma dag som %(forum)s, som delar %(n)s deltagare.",
        both,
        forum=forum,
    )


def _spacing(instance: Instance, forum: Forum, meeting: PlannedMeeting, year: Sequence[PlannedMeeting]) -> list[Remark]:
    # By the day, not by the number: one that is added may lie before those that are there.
    before = max((one.on for one in year if one.on < meeting.on), default=forum.last_previous)
    days = (meeting.on - before).days
    over = abs(days - forum.ideal_gap) - instance.weights.spacing_free_days
    if over > forum.ideal_gap // 4:
        return [Remark("note", partial(_uneven, days, before, forum.ideal_gap))]
    return [Remark("good", partial(_even, days, before))]


def _all_come(n: int) -> str:
    return ngettext("Den som har platsen kan komma.", "Alla %(n)s på platserna kan komma.", n)


def _uneven(days: int, before: date, ideal: int) -> str:
    return gettext(
        "%(n)s veckor efter mötet %(date)s, där %(ideal)s är jämnast.",
        n=round(days / 7), date=date_text(before, weekday=False), ideal=round(ideal / 7),
    )  # fmt: skip


def _even(days: int, before: date) -> str:
    return gettext(
        "%(n)s veckor efter mötet %(date)s, jämnt över året.",
        n=round(days / 7), date=date_text(before, weekday=False),
    )  # fmt: skip


def _some(names: Sequence[str], most: int = 3) -> str:
    """ "A, B, C och 2 till"."""
    if len(names) <= most:
        return ", ".join(names)
    return gettext("%(names)s och %(n)s till", names=", ".join(names[:most]), n=len(names) - most)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
