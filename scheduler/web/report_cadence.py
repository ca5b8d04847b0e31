"""The report of cadence: how many forums kept theirs, by kind and year, and why those that did not.

Not here: the judging and counting (``reports.statistics.cadence``), the drawing (``report_charts``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.cadence.evaluation import Evaluation
from scheduler.cadence.rules import Kind
from scheduler.cadence.sentences import describe
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.i18n import date_text, mark, ngettext
from scheduler.i18n import gettext as _
from scheduler.meetings.cadence import YEARS_BACK, Reckoning
from scheduler.reports.statistics.cadence import (
    Cause,
    Tally,
    Verdict,
    YearOf,
    cause,
    closed_year,
    odd_meetings,
    open_year,
    tallies,
    tally,
)
from scheduler.reports.statistics.tables import Column, Drawing, Of, State, Table, Value, percent
from scheduler.web import charts, words
from scheduler.web.filters import said as filled
from scheduler.web.filters import swedish
from scheduler.web.forum_groups import groups_of
from scheduler.web.report_charts import YearShare, key, shares
from scheduler.web.report_pages import Report, check_year, counted_forums, forum_name, kind_word, scope_note
from scheduler.web.security import principal, today
from scheduler.web.standing_rows import said

#: Order of a table of forums: what calls for action first.
_RANK = {Verdict.MISSED: 0, Verdict.OPEN: 1, Verdict.MET: 2, Verdict.NOT_JUDGED: 3, Verdict.UNKNOWN: 4}


@dataclass(frozen=True)
class _Line:
    """A forum in its year."""

    forum: Forum
    #: The years shown, the report's own last.
    years: Mapping[int, YearOf]
    #: Where it stands over the whole of the report's year; None without records of it.
    found: Evaluation | None

    @property
    def own(self) -> YearOf:
        """The report's year."""
        return self.years[max(self.years)]


def make(year: int, named: Callable[[str], str] = swedish) -> Report:
    """The report of a year; register names inside sentences as ``named`` gives them."""
    check_year(year)
    session, on = db.session(), today()
    every = counted_forums()
    groups = groups_of(every, request.args.get("group"))
    forums = [forum for forum in every if groups.holds(forum)]
    shown = range(year - YEARS_BACK + 1, year + 1)
    reckoning = Reckoning(session, forums, on)
    lines = _lines(reckoning, forums, shown)
    title = _("Mötestakt %(year)s", year=year)
    chosen = {"group": groups.chosen} if groups.chosen else {}
    known = [line for line in lines if line.own.verdict is not Verdict.UNKNOWN]
    total = tally(line.own for line in lines)
    lead = _lead(year, forums, known, total, tally(line.years[year - 1] for line in lines))
    if not known:
        return Report("cadence", title, year, lead, [], {"groups": groups, "notes": []}, chosen, years_ahead=1)
    causes = _causes(session, reckoning, [line for line in lines if _is_behind(line)], year)
    of_kinds = tallies(
        {line.forum.id: line.forum.kind_id for line in lines}, {line.forum.id: line.years for line in lines}, shown
    )
    kinds = {line.forum.kind_id: line.forum.kind for line in lines}
    ordered = sorted(of_kinds, key=lambda kind_id: (kinds[kind_id].position, kind_id))
    labels = {line.forum.kind_id: kind_word(line.forum) for line in lines}
    tables = [_kind_table(year, [(labels[one], of_kinds[one]) for one in ordered], shown)] if of_kinds else []
    if causes:
        tables.append(_missed_table(year, lines, causes, named))
    tables.append(_forum_table(year, lines, shown))
    return Report(
        "cadence", title, year, lead, tables,
        {
            "groups": groups,
            "pictures": [(labels[one], _picture(of_kinds[one], shown)) for one in ordered],
            "key": _key(of_kinds.values()),
            "notes": _notes(year, lines, forums),
        },
        chosen,
        years_ahead=1,
    )  # fmt: skip


# ---------------------------------------------------------------- reading


def _lines(reckoning: Reckoning, forums: Sequence[Forum], shown: Sequence[int]) -> list[_Line]:
    on = reckoning.today
    past = [year for year in shown if year < on.year]
    closed = reckoning.closed(past)
    open_years = {year: reckoning.whole(year) for year in shown if year >= on.year}
    own = open_years.get(shown[-1]) or reckoning.whole(shown[-1])
    lines = []
    for forum in forums:
        years = {year: closed_year(closed[forum.id][year]) for year in past}
        for year, found in open_years.items():
            standing = found[forum.id]
            years[year] = (
                open_year(None, is_judged=False) if standing is None else open_year(standing[0], is_judged=standing[1])
            )
        standing = own[forum.id]
        lines.append(_Line(forum, years, None if standing is None else standing[0]))
    return sorted(lines, key=lambda line: (_RANK[line.own.verdict], _urgency(line), line.forum.sort_key))


def _urgency(line: _Line) -> int:
    """Of those still open, the worst first."""
    if line.own.verdict is not Verdict.OPEN or line.found is None:
        return 0
    return line.found.status.rank


def _is_behind(line: _Line) -> bool:
    """Whether it lacks meetings: for good, or as things stand."""
    behind = line.own.status is not None and words.status_glyph(line.own.status) == "behind"
    return line.own.verdict is Verdict.MISSED or (line.own.verdict is Verdict.OPEN and behind)


def _causes(session: Session, reckoning: Reckoning, lines: Sequence[_Line], year: int) -> dict[int, Cause]:
    """Forum → why it lacks meetings, of those whose inside the reader sees; of others only that it does."""
    who = principal()
    inside = [line.forum.id for line in lines if may(who, "meeting.read", forum_ids=[line.forum.id])]
    odd, held = odd_meetings(session, inside, year, reckoning.today, with_quorum=reckoning.needing_quorum())
    outside = Cause(None, 0, None)
    return {
        line.forum.id: cause(odd[line.forum.id], held[line.forum.id]) if line.forum.id in inside else outside
        for line in lines
    }


# ---------------------------------------------------------------- words


def _lead(year: int, forums: Collection[Forum], known: Collection[_Line], total: Tally, before: Tally) -> str:
    if not forums:
        return _("Inga forum än.")
    if not known:
        return _("Inga uppgifter från %(year)s.", year=year)
    if not total.judged:
        return _("Inget forum hade ett krav att följa %(year)s.", year=year)
    share = percent(total.met, total.judged)
    if year < today().year:
        opening = _(
            "%(met)s av %(judged)s forum med krav höll sin takt, %(share)s procent.", met=total.met,
            judged=total.judged, share=share,
        )  # fmt: skip
        if not before.judged:
            return opening
        earlier = _("Året innan var det %(share)s procent.", share=percent(before.met, before.judged))
        return f"{opening} {earlier}"
    if year > today().year:
        return _(
            "Året har inte börjat. %(judged)s forum har krav att följa.", judged=total.judged
        )  # fmt: skip
    opening = _(
        "Hittills har %(met)s av %(judged)s forum med krav uppfyllt årets takt.", met=total.met, judged=total.judged
    )
    behind = sum(_is_behind(line) for line in known)
    late = ngettext("1 ligger efter.", "%(n)s ligger efter.", behind) if behind else _("Inget ligger efter.")
    return f"{opening} {late}"


def _notes(year: int, lines: Collection[_Line], forums: Collection[Forum]) -> list[str]:
    """What is not counted, and whose numbers these are."""
    free = sum(line.own.verdict is Verdict.NOT_JUDGED and not _is_running(line) for line in lines)
    running = sum(_is_running(line) for line in lines)
    unknown = sum(line.own.verdict is Verdict.UNKNOWN for line in lines)
    found = [
        ngettext("1 forum utan krav räknas inte.", "%(n)s forum utan krav räknas inte.", free) if free else "",
        ngettext(
            "1 forum har ett krav som räknas löpande och inte per kalenderår.",
            "%(n)s forum har krav som räknas löpande och inte per kalenderår.", running,
        ) if running else "",
        ngettext(
            "1 forum har inga uppgifter från %(year)s.", "%(n)s forum har inga uppgifter från %(year)s.", unknown,
            year=year,
        ) if unknown else "",
        scope_note(forums),
    ]  # fmt: skip
    return [note for note in found if note]


def _is_running(line: _Line) -> bool:
    """Whether its requirement has no calendar year: a rolling one, or an interval."""
    if line.own.verdict is not Verdict.NOT_JUDGED or line.found is None:
        return False
    version = line.found.version
    return version.kind is Kind.INTERVAL or (version.kind is Kind.COUNT and version.is_rolling)


def _why(line: _Line, found: Cause, named: Callable[[str], str]) -> str:
    """ "Mötet 12 maj ställdes in: För få anmälda"."""
    odd = found.odd
    if odd is not None:
        day = date_text(odd.on, weekday=False)
        if odd.what == "cancelled" and found.count > 1:
            return _("%(n)s möten ställdes in, det senaste %(day)s", n=found.count, day=day)
        if odd.what == "cancelled" and odd.reason:
            reason = named(odd.reason.strip().rstrip("."))
            return filled(mark("Mötet %(day)s ställdes in: %(reason)s"), day=day, reason=reason)
        if odd.what == "cancelled":
            return _("Mötet %(day)s ställdes in", day=day)
        if odd.what == "without_quorum":
            return _("Inte beslutsför %(day)s", day=day)
        return _("Ingen har noterat om mötet %(day)s hölls", day=day)
    if found.last_held is not None:
        return _("Inget hållet efter %(day)s", day=date_text(found.last_held, weekday=False))
    return "" if line.found is None else said(line.found.reason)


# ---------------------------------------------------------------- tables and pictures


def _kind_table(year: int, rows: Sequence[tuple[str, Mapping[int, Tally]]], shown: Sequence[int]) -> Table:
    over = year < today().year
    whole = _("med krav")
    columns = [Column(_("Typ av forum"))]
    columns += [Column(str(one), "of", whole=whole) for one in shown]
    columns.append(Column(_("Förändring från %(year)s", year=year - 1)) if over else Column(_("Inte avgjort"), "count"))

    def row(name: str, figures: Mapping[int, Tally]) -> list[Value]:
        cells: list[Value] = [name]
        cells += [Of(figures[one].met, figures[one].judged) if figures[one].judged else None for one in shown]
        return [*cells, _change(figures[year - 1], figures[year]) if over else figures[year].open]

    total = {one: sum((figures[one] for _name, figures in rows), Tally()) for one in shown}
    return Table(
        "kinds",
        _("Andel forum som höll takten"),
        _("Forum som höll takten av alla med krav, per typ och år."),
        columns,
        [row(name, figures) for name, figures in rows],
        row(_("Alla"), total),
    )


def _change(before: Tally, after: Tally) -> str | None:
    one, other = percent(before.met, before.judged), percent(after.met, after.judged)
    if one is None or other is None:
        return None
    if one == other:
        return _("oförändrat")
    points = abs(other - one)
    sign = "+" if other > one else "\u2212"
    return ngettext("%(sign)s1 procentenhet", "%(sign)s%(n)s procentenheter", points, sign=sign)


def _missed_table(year: int, lines: Sequence[_Line], causes: Mapping[int, Cause], named: Callable[[str], str]) -> Table:
    title = _("Missade takten %(year)s", year=year)
    caption = _("Forum som missade sitt krav %(year)s", year=year)
    if year >= today().year:
        title = _("Efter sin takt %(year)s", year=year)
        caption = _("Forum som har missat ett möte eller ligger efter %(year)s", year=year)
    rows: list[list[Value]] = [
        [forum_name(line.forum), Of(line.own.held, line.own.required or 0), _why(line, causes[line.forum.id], named)]
        for line in lines
        if line.forum.id in causes
    ]
    columns = [
        Column(_("Forum"), "name"),
        Column(_("Hållna"), "of", whole=_("krävda")),
        Column(_("Orsak")),
    ]
    return Table("missed", title, caption, columns, rows)


def _forum_table(year: int, lines: Sequence[_Line], shown: Sequence[int]) -> Table:
    earlier = shown[:-1]
    columns = [
        Column(_("Forum"), "name"),
        Column(_("Typ")),
        Column(_("Krav")),
        Column(_("Hållna"), "of", whole=_("krävda")),
        Column(_("Bokade"), "count", on_page=year >= today().year),
        Column(_("Läge"), "state"),
        Column(_("Fem år"), "drawing"),
        *(Column(_("Hållna %(year)s", year=one), "of", on_page=False, whole=_("krävda")) for one in earlier),
    ]
    rows = [
        [
            forum_name(line.forum),
            kind_word(line.forum),
            _requirement(line),
            _held(line.own),
            line.own.planned if year >= today().year else None,
            _state(line),
            _five_years(line),
            *(_held(line.years[one]) for one in earlier),
        ]
        for line in lines
        if line.own.verdict is not Verdict.UNKNOWN
    ]
    caption = _(
        "Hållna möten av dem som krävdes, det som inte höll takten först. Streckad linje i kolumnen Fem år är kravet."
    )
    return Table("forums", _("Varje forum"), caption, columns, rows)


def _requirement(line: _Line) -> str | None:
    if line.found is None or line.found.version.kind is Kind.NONE:
        return None
    return said(describe(line.found.version))


def _held(year: YearOf) -> Value:
    if year.verdict is Verdict.UNKNOWN:
        return None
    return Of(year.held, year.required) if year.is_counted and year.required else year.held


def _state(line: _Line) -> State | None:
    if _is_running(line):
        return State("none", _("Räknas löpande"))
    status = line.own.status
    return None if status is None else State(words.status_glyph(status), words.status_word(status))


def _five_years(line: _Line) -> Drawing | None:
    # A year that is not settled falls short of nothing yet.
    bars = [
        charts.YearBar(
            year,
            None if one.verdict is Verdict.UNKNOWN else one.held,
            one.required if one.verdict in {Verdict.MET, Verdict.MISSED} else None,
            one.status or "inactive",
        )
        for year, one in sorted(line.years.items())
    ]
    if not any(bar.held or bar.required for bar in bars):
        return None
    return Drawing(charts.five_years(charts.FiveYears(bars)))


def _picture(figures: Mapping[int, Tally], shown: Sequence[int]) -> str:
    return shares(
        [
            YearShare(
                year,
                figures[year].met,
                figures[year].open,
                figures[year].missed,
                _label(figures[year]),
            )
            for year in shown
        ]
    )


def _label(found: Tally) -> str:
    """The share in percent; nothing while it is not settled."""
    return "" if found.open or not found.judged else str(percent(found.met, found.judged))


def _key(found: Collection[Mapping[int, Tally]]) -> str:
    every = [one for figures in found for one in figures.values()]
    rows = [("s-met", _("Höll takten"))]
    if any(one.open for one in every):
        rows.append(("s-open", _("Inte avgjort")))
    if any(one.missed for one in every):
        rows.append(("s-miss", _("Missade den")))
    return key(rows)
