"""A paper as accessible, tagged PDF (PDF/UA-1) by WeasyPrint, which is imported only when one is asked for.

WeasyPrint is an extra (``takt-scheduler[pdf]``) and needs Pango of the system; without either ``MissingTool`` says
what to install. Nothing is fetched but our own fonts. Not here: what a paper says.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scheduler import i18n
from scheduler.i18n import mark
from scheduler.reports.papers.paper import Paper, printable
from scheduler.settings import PACKAGE

_FONTS = PACKAGE / "static" / "vendor" / "schibsted-grotesk"
#: What stands for an address in the style sheet: only these are read.
_SCHEME = "takt-font:"
_SHEET_ASKS = (f"{_SCHEME}latin", f"{_SCHEME}latin-ext")

NO_WEASYPRINT = mark("Installera tillägget med pip install 'takt-scheduler[pdf]'")
NO_PANGO = mark("Installera systemets Pango: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0")


class MissingTool(Exception):
    """PDF cannot be made here; the text says what to install, as a message to translate."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "templates" / "papers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=i18n.gettext)
    environment.filters["kind"] = lambda block: type(block).__name__.lower()
    return environment


def _weasyprint() -> Any:
    try:
        # Half a second and a library of the system, for those who print.
        weasyprint = importlib.import_module("weasyprint")
    except ImportError:
        raise MissingTool(NO_WEASYPRINT) from None
    except OSError:
        raise MissingTool(NO_PANGO) from None
    # It tells of each property it does not know; what matters here is refused by the tests.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    return weasyprint


def missing() -> str | None:
    """What to install before PDF can be made here, as a message to translate; None: it can."""
    try:
        _weasyprint()
    except MissingTool as missing_tool:
        return missing_tool.what
    return None


def html_of(paper: Paper) -> str:
    """The page that becomes the PDF, in the paper's language."""
    with i18n.use_language(paper.language):
        return _templates().get_template("paper.html").render(paper=paper)


def write_pdf(paper: Paper) -> bytes:
    """``paper`` as PDF/UA-1; its fonts hold the second they were made in, so that two are not the same bytes.

    Raises MissingTool.
    """
    weasyprint = _weasyprint()
    html = html_of(paper)
    style = (PACKAGE / "templates" / "papers" / "paper.css").read_text("utf-8")
    style += f'@page {{ @bottom-left {{ content: "{_escaped(paper.footer)}" }} }}'
    if paper.landscape:
        style += "@page { size: A4 landscape; margin: 14mm 14mm 18mm }"
    fetcher = _fetcher(weasyprint)
    fonts = weasyprint.text.fonts.FontConfiguration()
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    sheet = weasyprint.CSS(string=style, url_fetcher=fetcher, font_config=fonts)
    written: bytes = document.write_pdf(
        stylesheets=[sheet],
        font_config=fonts,
        pdf_variant="pdf/ua-1",
        pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
    )
    return written


def _escaped(text: str) -> str:
    """``text`` inside a string of a style sheet: each character by its number, so that none ends it."""
    return "".join(f"\\{ord(sign):06x}" for sign in printable(text))


def _fetcher(weasyprint: Any) -> Any:
    """Gives our two font files and refuses everything else: no paper ever asks a network or a disk."""

    class OnlyFonts(weasyprint.urls.URLFetcher):  # type: ignore[misc]  # an untyped library
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - the library's signature
            if url not in _SHEET_ASKS:
                raise weasyprint.urls.FatalURLFetchingError(f"a paper asks for {url[:200]}")
            body = (_FONTS / f"schibsted-grotesk-{url.removeprefix(_SCHEME)}-wght-normal.woff2").read_bytes()
            return weasyprint.urls.URLFetcherResponse(url, body, {"Content-Type": "font/woff2"})

    return OnlyFonts()
