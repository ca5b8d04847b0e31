"""Minutes and summonses as papers: what is printed, from the same value that the page shows and that is locked.

Not here: how a paper becomes a file (``pdf``, ``word``), where the text comes from (``records.minutes_reading``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.records import minutes_words as words
from scheduler.records.minutes_text import Attendee, ItemText, MinutesText
from scheduler.reports.papers.paper import Block, Heading, Paper, Points, Signature, Table, Text


def minutes_paper(text: MinutesText, state: str) -> Paper:
    """The minutes as a paper in the language in use; ``state`` as ``Minutes.state`` has it."""
    day = date.fromisoformat(text.on)
    when = i18n.date_text(day, year=True)
    title = _("%(kind)s %(day)s", kind=words.kind_word(text.kind), day=i18n.date_text(day, weekday=False, year=True))
    blocks: list[Block] = []
    if text.opening:
        blocks.append(Text(text.opening))
    blocks += _attendance(text)
    for item in text.items:
        blocks += _item(text, item)
    if text.closing:
        blocks.append(Text(text.closing))
    if text.signatures:
        blocks.append(Heading(_("Underskrifter")))
        blocks += [
            Signature(
                one.name, words.role_of(one.role),
                None if one.signed_on is None else _("Justerat %(day)s", day=_day(one.signed_on)),
            )
            for one in text.signatures
            if text.kind == "protocol" or one.signed_on is not None
        ]  # fmt: skip
    facts = [(_("Datum"), when)]
    if text.starts:
        facts.append((_("Tid"), f"{_clock(text.starts)}–{_clock(text.ends or '')}"))
    if text.place:
        facts.append((_("Plats"), text.place))
    if text.title:
        facts.append((_("Tema"), text.title))
    if text.secretary:
        facts.append((_("Sekreterare"), text.secretary))
    if text.adjusting_note:
        facts.append((_("Justering"), text.adjusting_note))
    if quorum := words.quorum_words(text):
        facts.append((_("Beslutsförhet"), quorum))
    forum = (text.forum_en if i18n.language() == "en" else None) or text.forum
    return Paper(
        title=title,
        publisher=forum if text.organisation is None else f"{forum}, {text.organisation}",
        language=i18n.language(),
        facts=facts,
        blocks=blocks,
        status=words.state_word(state),
        footer=f"{forum}, {title[:1].lower()}{title[1:]}",
    )


def _attendance(text: MinutesText) -> Iterator[Block]:
    found = text.attendance
    lists = (
        (_("Tjänstgörande"), found.serving),
        (_("Övriga närvarande"), found.others),
        (_("Frånvarande"), found.absent),
    )
    yield Heading(_("Närvaro"))
    if not any(people for _caption, people in lists):
        yield Text(_("Närvaron är inte antecknad."))
    for caption, people in lists:
        if people:
            yield Table(caption, [_("Namn"), _("Organisation och uppgift")], [_person(one) for one in people])


def _person(one: Attendee) -> Sequence[str]:
    return one.name, words.attendee_words(one)


def _item(text: MinutesText, item: ItemText) -> Iterator[Block]:
    title = _("Punkten är sekretessbelagd") if item.is_withheld else item.title
    paragraph = None
    if item.paragraph is not None:
        final = text.is_final or item.is_adjusted
        paragraph = f"§ {item.paragraph}" if final else _("§ %(n)s, preliminärt nummer", n=item.paragraph)
    yield Heading(f"{item.number}. {title}", mark=paragraph)
    if item.secrecy_ground:
        yield Text(_("Sekretess %(ground)s", ground=item.secrecy_ground))
    if item.registry_number:
        yield Text(item.registry_number, label=_("Diarienummer"))
    if item.presenter:
        yield Text(item.presenter, label=_("Föredragande"))
    if item.text:
        yield Text(item.text)
    if item.outcome != "none" or item.decision:
        said = [words.outcome_word(item.outcome)] if item.outcome != "none" else []
        yield Text(". ".join([*said, *([item.decision] if item.decision else [])]), label=_("Beslut"))
    if item.reservations:
        yield Text(item.reservations, label=_("Reservation, yttrande eller jäv"))
    if item.is_adjusted:
        yield Text(_("Omedelbart justerad"))
    if item.actions:
        yield Heading(_("Åtgärder"), level=2)
        yield Points([_action(act.text, act.owner, act.due_on) for act in item.actions])


def _action(text: str, owner: str | None, due_on: str | None) -> str:
    parts = [text, *([owner] if owner else [])]
    if due_on:
        parts.append(_("senast %(day)s", day=_day(due_on)))
    return ", ".join(parts)


def _day(iso: str) -> str:
    return i18n.date_text(date.fromisoformat(iso), weekday=False, year=True)


def _clock(at: str) -> str:
    """ "09:50" as the language writes it."""
    return at if i18n.language() == "en" else at.replace(":", ".")
