"""The report of what was sent and answered: mails by month and forum, and whether those called answered in time.

Of the forums whose mails the reader sees; an administrator counts every mail. Not here: the counting
(``mail.statistics``), how sending stands now (``mail_health``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, month_name, ngettext
from scheduler.mail.statistics import (
    MONTHS,
    NOTHING,
    SHOWN,
    WAYS,
    Answered,
    Answers,
    Sent,
    answers_in,
    polled_in,
    sent_by_forum,
    sent_by_month,
)
from scheduler.reports.statistics.tables import Column, Drawing, Of, Table, Value
from scheduler.web import report_charts
from scheduler.web.filters import capitalised
from scheduler.web.report_pages import Report, check_year, counted_forums, forum_name, percent_text
from scheduler.web.security import now, principal, settings

GROUP_WORDS: Mapping[str, str] = {
    "calls": mark("Kallelser"),
    "reminders": mark("Påminnelser"),
    "polls": mark("Datumförfrågningar"),
    "other": mark("Övriga brev"),
}
WAY_WORDS: Mapping[str, str] = {
    "link": mark("Länken i brevet"),
    "mail": mark("Svar med brev"),
    "page": mark("Inloggad"),
    "secretary": mark("Sekretariatet skrev in svaret"),
}


def make(year: int) -> Report:
    """The report of a year."""
    check_year(year)
    session = db.session()
    forums = counted_forums("mail.read")
    forum_ids = {forum.id for forum in forums}
    months = sent_by_month(session, year, forum_ids=None if principal().administrator else forum_ids)
    answers = answers_in(session, year, forum_ids, now())
    polled = polled_in(session, year, forum_ids, now())
    total = sum(answers.by_forum.values(), Answered())
    sent = sum(one.total for one in months.values())
    failed = sum(one.failed for one in months.values())
    title = _("Skickat och besvarat %(year)s", year=year)
    lead = _lead(year, sent, failed, total)
    values: dict[str, object] = {"notes": _notes(forums)}
    tables: list[Table] = []
    if sent or failed:
        tables.append(_month_table(months))
        values["months"] = _picture(months)
        rows = [("ok", _("Skickade"))] + ([("low", _("Kom inte fram"))] if failed else [])
        values["months_key"] = report_charts.key(rows)
    by_forum = sent_by_forum(session, year, forum_ids) if sent or failed else {}
    if by_forum or total.asked or polled:
        tables.append(_forum_table(forums, by_forum, answers, polled))
        values["key"] = report_charts.key([("yes", _("I tid")), ("may", _("För sent")), ("no", _("Inte svarat"))])
    if answers.ways:
        tables.append(_way_table(answers.ways))
    return Report("mail", title, year, lead, tables, values)


# ---------------------------------------------------------------- words


def _lead(year: int, sent: int, failed: int, total: Answered) -> str:
    if not sent and not failed and not total.asked:
        return _("Inget är skickat %(year)s.", year=year)
    found = []
    if sent or failed:
        mails = ngettext("1 brev har skickats", "%(n)s brev har skickats", sent)
        lost = ngettext("1 kom inte fram", "%(n)s kom inte fram", failed) if failed else _("inget kom tillbaka")
        found.append(f"{mails}, {lost}.")
    if total.due:
        found.append(
            _(
                "%(part)s av %(whole)s kallade svarade i tid, %(share)s.", part=total.in_time, whole=total.due,
                share=percent_text(Of(total.in_time, total.due).percent),
            )
        )  # fmt: skip
    if total.waiting:
        left = ngettext("1 kallad kan fortfarande svara.", "%(n)s kallade kan fortfarande svara.", total.waiting)
        found.append(left)
    return " ".join(found)


def _notes(forums: Collection[Forum]) -> list[str]:
    found = [
        _(
            "I tid är till och med sista svarsdag, eller före mötet där ingen är satt. Ersättare och återkallade "
            "räknas inte."
        )
    ]
    days = settings().mail_log_days
    if days:
        found.append(
            _(
                "Brev gallras efter %(days)s dagar. Äldre brev finns kvar som antal per månad, men inte per forum.",
                days=days,
            )
            if principal().administrator
            else _("Brev gallras efter %(days)s dagar, och äldre räknas inte här. Svaren finns kvar.", days=days)
        )
    if not principal().administrator:
        found.append(_("Räknat på de %(n)s forum vars brev du sköter.", n=len(forums)))
    return found


# ---------------------------------------------------------------- tables and pictures


def _month_table(months: Mapping[int, Sent]) -> Table:
    columns = [
        Column(_("Månad")),
        *(Column(_(GROUP_WORDS[group]), "count") for group in SHOWN),
        Column(_("Alla"), "count"),
        Column(_("Kom inte fram"), "count"),
    ]

    def row(name: str, found: Sequence[Sent]) -> list[Value]:
        return [
            name,
            *(sum(one.left.get(group, 0) for one in found) for group in SHOWN),
            sum(one.total for one in found),
            sum(one.failed for one in found),
        ]

    rows = [row(capitalised(month_name(number)), [months[number]]) for number in MONTHS]
    caption = _("Brev efter månaden de skrevs. Kom inte fram är brev som studsade eller blev för gamla.")
    return Table(
        "months", _("Brev per månad"), caption, columns, rows, row(_("Hela året"), list(months.values()))
    )  # fmt: skip


def _picture(months: Mapping[int, Sent]) -> str:
    return report_charts.columns(
        [
            report_charts.Column(month_name(number, short=True), months[number].total, months[number].failed)
            for number in MONTHS
        ],
        step=48,
    )


def _forum_table(
    forums: Sequence[Forum], sent: Mapping[int, Sent], answers: Answers, polled: Mapping[int, Answered]
) -> Table:
    columns = [
        Column(_("Forum"), "name"),
        Column(_("Kallelser"), "count"),
        Column(_("Påminnelser"), "count"),
        Column(_("Kom inte fram"), "count"),
        Column(_("Svarade i tid"), "of", whole=_("kallade")),
        Column(_("Fördelning"), "drawing"),
        Column(_("För sent"), "count"),
        Column(_("Inte svarat"), "count"),
        Column(_("Kan svara"), "count", title=_("Har inte svarat, och kan ännu svara i tid")),
        Column(_("Datum i tid"), "of", whole=_("tillfrågade"), title=_("Svarade i tid om datum")),
    ]

    def row(first: Value, mails: Sequence[Sent], called: Answered, asked: Answered, *, with_bar: bool) -> list[Value]:
        drawing = report_charts.bar([("yes", called.in_time), ("may", called.late), ("no", called.never)], called.asked)
        return [
            first,
            sum(one.left.get("calls", 0) for one in mails),
            sum(one.left.get("reminders", 0) for one in mails),
            sum(one.failed for one in mails),
            Of(called.in_time, called.due) if called.due else None,
            Drawing(drawing) if called.asked and with_bar else None,
            called.late if called.asked else None,
            called.never if called.asked else None,
            called.waiting if called.asked else None,
            Of(asked.in_time, asked.due) if asked.due else None,
        ]

    shown = [forum for forum in forums if forum.id in sent or forum.id in answers.by_forum or forum.id in polled]
    rows = [
        row(
            forum_name(forum), [sent.get(forum.id, NOTHING)], answers.by_forum.get(forum.id, Answered()),
            polled.get(forum.id, Answered()), with_bar=True,
        )
        for forum in shown
    ]  # fmt: skip
    every = row(
        _("Alla"), list(sent.values()), sum(answers.by_forum.values(), Answered()),
        sum(polled.values(), Answered()), with_bar=False,
    )  # fmt: skip
    caption = _("Brev om forumets möten, och svaren på kallelser till årets möten och på årets datumförfrågningar.")
    return Table("forums", _("Per forum"), caption, columns, rows, every)


def _way_table(ways: Mapping[str, int]) -> Table:
    total = sum(ways.values())
    columns = [
        Column(_("Hur svaret kom")),
        Column(_("Svar"), "count"),
        Column(_("Andel"), "percent"),
        Column(_("Fördelning"), "drawing"),
    ]
    rows: list[list[Value]] = [
        [
            _(WAY_WORDS[way]),
            ways.get(way, 0),
            Of(ways.get(way, 0), total),
            Drawing(report_charts.bar([("yes", ways.get(way, 0)), ("no", total - ways.get(way, 0))], total)),
        ]
        for way in WAYS
    ]
    caption = _("Det svar som gäller för var och en som har svarat på en kallelse.")
    return Table("ways", _("Svarens väg"), caption, columns, rows, [_("Alla"), total, Of(total, total), None])
