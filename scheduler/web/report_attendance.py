"""The report of attendance: how many of the seats were filled, by forum and by organisation.

A share is of the seats at meetings where it is noted who was there; the others are said beside it. Not here: what
became of each seat (``records.attendance_years``), the counting (``reports.statistics.attendance``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import url_for

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext, sort_key
from scheduler.organisations.queries import organisation_refs
from scheduler.records.attendance_years import HeldMeeting, held_in
from scheduler.reports.statistics.attendance import Filled, by_forum, by_organisation, together
from scheduler.reports.statistics.tables import Column, Drawing, Name, Of, Table, Value
from scheduler.web.report_charts import bar, key
from scheduler.web.report_pages import Report, check_year, counted_forums, forum_name, percent_text, scope_note


def make(year: int) -> Report:
    """The report of a year, of the forums whose meetings the reader sees."""
    check_year(year)
    forums = counted_forums("meeting.read")
    meetings = held_in(db.session(), {forum.id for forum in forums}, year)
    total = together(meetings)
    title = _("Närvaro %(year)s", year=year)
    lead = _lead(year, total)
    values = {"total": total, "notes": _notes(total, meetings, forums)}
    if not total.noted:
        return Report("attendance", title, year, lead, [], values)
    tables = [_forum_table(forums, by_forum(meetings), total)]
    of_organisations = by_organisation(meetings)
    if any(name for _id, name in of_organisations):
        tables.append(_organisation_table(of_organisations, total))
    legend = key([("yes", _("Ordinarie")), ("may", _("Ersättare")), ("no", _("Tom plats"))])
    return Report("attendance", title, year, lead, tables, {**values, "key": legend})


# ---------------------------------------------------------------- words


def _lead(year: int, total: Filled) -> str:
    if not total.meetings:
        return _("Inga hållna möten %(year)s.", year=year)
    if not total.noted:
        return ngettext(
            "1 möte är hållet, och ingen har noterat vilka som var där.",
            "%(n)s möten är hållna, och ingen har noterat vilka som var där.", total.meetings,
        )  # fmt: skip
    share = Of(total.filled, total.seats).percent
    opening = ngettext(
        "%(share)s av platserna var besatta på det möte där närvaron är noterad.",
        "%(share)s av platserna var besatta på de %(n)s möten där närvaron är noterad.", total.noted,
        share=percent_text(share),
    )  # fmt: skip
    missing = total.meetings - total.noted
    if not missing:
        return opening
    rest = ngettext(
        "1 hållet möte saknar närvaro och räknas inte in.",
        "%(n)s hållna möten saknar närvaro och räknas inte in.", missing,
    )  # fmt: skip
    return f"{opening} {rest}"


def _notes(total: Filled, meetings: Sequence[HeldMeeting], forums: Collection[Forum]) -> list[str]:
    joint = sum(len(meeting.forum_ids) > 1 for meeting in meetings)
    found = [
        ngettext(
            "1 plats saknar markering på ett möte där andra är markerade, och räknas som tom.",
            "%(n)s platser saknar markering på möten där andra är markerade, och räknas som tomma.", total.unmarked,
        ) if total.unmarked else "",
        ngettext(
            "1 gemensamt möte räknas hos vart och ett av sina forum, men en gång i summan.",
            "%(n)s gemensamma möten räknas hos vart och ett av sina forum, men en gång i summan.", joint,
        ) if joint else "",
        scope_note(forums),
    ]  # fmt: skip
    return [note for note in found if note]


# ---------------------------------------------------------------- tables


def _numbers(found: Filled, *, with_bar: bool = True) -> list[Value]:
    drawing = bar([("yes", found.holders), ("may", found.substitutes), ("no", found.empty)], found.seats)
    return [
        Of(found.filled, found.seats) if found.seats else None,
        Drawing(drawing) if found.seats and with_bar else None,
        found.holders if found.noted else None,
        found.substitutes if found.noted else None,
        found.empty if found.noted else None,
        found.remote if found.noted else None,
    ]


def _number_columns() -> list[Column]:
    return [
        Column(_("Besatta"), "percent"),
        Column(_("Fördelning"), "drawing"),
        Column(_("Ordinarie"), "count"),
        Column(_("Ersättare"), "count"),
        Column(_("Tomma"), "count"),
        Column(_("På distans"), "count"),
    ]


def _forum_table(forums: Sequence[Forum], found: Mapping[int, Filled], total: Filled) -> Table:
    columns = [
        Column(_("Forum"), "name"),
        Column(_("Hållna"), "count", title=_("Hållna möten")),
        Column(_("Noterade"), "count", title=_("Möten med noterad närvaro")),
        *_number_columns(),
    ]
    rows = [
        [forum_name(forum), found[forum.id].meetings, found[forum.id].noted, *_numbers(found[forum.id])]
        for forum in forums
        if forum.id in found
    ]
    caption = _(
        "Besatta är andelen av platserna den dag mötet hölls, vakanta med, på möten där närvaron är noterad. "
        "Där deltagarna väljs för varje möte är den andelen av de kallade. På distans är en del av ordinarie och "
        "ersättare."
    )
    return Table(
        "forums", _("Närvaro per forum"), caption, columns, rows,
        [_("Alla"), total.meetings, total.noted, *_numbers(total, with_bar=False)],
    )  # fmt: skip


def _organisation_table(found: Mapping[tuple[int | None, str | None], Filled], total: Filled) -> Table:
    refs = organisation_refs(db.session(), {id_ for id_, _name in found if id_ is not None})
    columns = [
        Column(_("Organisation"), "name"),
        Column(_("Möten"), "count", title=_("Möten med noterad närvaro")),
        *_number_columns(),
    ]
    without = found.get((None, None))
    named = [(id_, name or "", one) for (id_, name), one in found.items() if name is not None]
    named.sort(key=lambda row: (-row[2].filled / row[2].seats, sort_key(row[1])))
    rows: list[list[Value]] = [[_organisation(id_, name, refs), one.noted, *_numbers(one)] for id_, name, one in named]
    if without is not None:
        rows.append([_("Utan organisation"), without.noted, *_numbers(without)])
    caption = _(
        "Andelen av organisationens egna platser som var besatta, de närvarande först. Platser genom en befattning "
        "räknas hos befattningens organisation."
    )
    return Table(
        "organisations", _("Närvaro per organisation"), caption, columns, rows,
        [_("Alla"), total.noted, *_numbers(total, with_bar=False)],
    )  # fmt: skip


def _organisation(id_: int | None, name: str, refs: Mapping[int, object]) -> Name:
    ref = refs.get(id_ or 0)
    return Name(name, url_for("organisations.show", slug=ref.slug) if ref is not None else "")  # type: ignore[attr-defined]  # an OrganisationRef
