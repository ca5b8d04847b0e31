"""What pages are made of: the drawings and words templates may call, and the values the shells ask for.

``base.html`` lists the values; the application fills them in one context processor, and what it leaves out has
its default here. Not here: which menu a person has (``shell``), dates and texts (``filters``), the pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from scheduler.web import charts, fields, symbols, words
from scheduler.web.words import Glyph


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu; ``icon`` is a name of ``symbols.ICONS``, ``current`` marks where the reader is."""

    url: str
    label: str
    icon: str = ""
    count: int | None = None
    current: bool = False


@dataclass(frozen=True)
class ForumEntry:
    """One of the reader's own forums in the menu, with its status as a glyph and, for the ear, as a word."""

    url: str
    name: str
    glyph: Glyph
    status_word: str


@dataclass(frozen=True)
class Notice:
    """What has just happened: ``met`` saved, ``risk`` saved with a reservation, ``behind`` failed, ``track`` told.

    ``undo_url`` is posted to, never fetched.
    """

    glyph: Glyph
    title: str
    text: str = ""
    undo_url: str = ""


@dataclass(frozen=True)
class Links:
    """Addresses the shells point to; ``language`` and ``sign_out`` are posted to. Empty: not shown."""

    home: str = "/"
    search: str = ""
    me: str = ""
    language: str = ""
    sign_in: str = ""
    sign_out: str = ""
    accessibility: str = ""
    privacy: str = ""


def install(app: Flask) -> None:
    """Gives the templates of ``app`` the drawings, the words of states and the defaults of the shells' values."""
    app.jinja_env.globals.update(
        # values of the shells
        user=None,
        menu=(),
        menu_end=(),
        my_forums=(),
        notices=(),
        links=Links(),
        language="sv",
        theme="",
        wordmark="Takt",
        installation="",
        canonical_path="",
        form=None,
        wide=False,
        personal=False,
        # words of states
        status_word=words.status_word,
        status_glyph=words.status_glyph,
        meeting_state_word=words.meeting_state_word,
        meeting_kind_word=words.meeting_kind_word,
        seat_kind_word=words.seat_kind_word,
        mark_word=words.mark_word,
        mark_of=words.mark_of,
        # drawings
        shared_definitions=symbols.shared_definitions,
        glyph=symbols.glyph,
        icon=symbols.icon,
        pill=symbols.pill,
        status_pill=symbols.status_pill,
        sign=symbols.sign,
        LOGO=symbols.LOGO,
        BOX=symbols.BOX,
        TICK=symbols.TICK,
        year_strip=charts.year_strip,
        big_strips=charts.big_strips,
        five_years=charts.five_years,
        legend=charts.legend,
        # forms
        form_errors=fields.form_errors,
        described=fields.described,
        DAY_HINT=fields.DAY_HINT,
    )
