"""What browser tests have in common: a page that remembers complaints, and the checks every page must pass.

The sizes and rules are those of the design: axe without violations in light and dark at 1440 and 390, no
sideways scroll at 320 with the web font blocked, every tab stop visible and uncovered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize
from werkzeug.serving import WSGIRequestHandler, make_server

WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=320, height=640)
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = Axe()
#: More tab stops than any page has; a page that never comes to an end is a trap.
MOST_STOPS = 400


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the signature is Werkzeug's
        """Requests are not of interest here."""


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serves a WSGI application on a free port of this machine; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def complaints_of(page: Page) -> list[str]:
    """A list that fills with what the console, the scripts and the network of ``page`` complain about."""
    found: list[str] = []
    for event, tell in _ears(found).items():
        page.on(event, tell)  # type: ignore[call-overload]  # one of three literals
    return found


@contextmanager
def listening(page: Page) -> Iterator[list[str]]:
    """As ``complaints_of``, until the block ends: for a page that goes on."""
    found: list[str] = []
    ears = _ears(found)
    for event, tell in ears.items():
        page.on(event, tell)  # type: ignore[call-overload]  # as above
    yield found
    for event, tell in ears.items():
        page.remove_listener(event, tell)


def _ears(found: list[str]) -> dict[str, Callable[[Any], None]]:
    return {
        "console": lambda m: found.append(m.text) if m.type in {"error", "warning"} else None,
        "pageerror": lambda error: found.append(str(error)),
        "requestfailed": lambda request: found.append(f"{request.url}: {request.failure}"),
    }


def violations(page: Page, rules: list[str] = RULES) -> list[str]:
    """What axe finds wrong, one line each: the rule, what it means and where."""
    if not page.evaluate("'axe' in window"):  # half a megabyte to read: once a page, not once a look
        page.evaluate(AXE.axe_script)
    # Of what passes nothing is told: to name each element took longer than to judge it.
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [f"{v['id']}: {v['help']}: {node['target']}" for v in found for node in v["nodes"]]


def check_axe(page: Page, address: str) -> None:
    """No violations found by axe, in light and dark, wide and on a phone."""
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(address)
            found = violations(page)
            assert found == [], f"{scheme} {size['width']}: {found}"


def check_axe_in_one_load(page: Page) -> None:
    """As ``check_axe`` for the page that is open: of the dark theme only what a theme changes, the colours."""
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        for scheme, rules in (("light", RULES), ("dark", ["color-contrast"])):
            page.emulate_media(color_scheme=scheme)
            found = violations(page, rules)
            assert found == [], f"{scheme} {size['width']}: {found}"


#: Controls whose name for the ear lacks what the eye reads on them, or that have none (2.5.3, 4.1.2).
_MISNAMED = r"""() => {
  const plain = text => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  const read = e => {
    const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    let text = "";
    while (walker.nextNode()) {
      if (!walker.currentNode.parentElement.closest(".vh, svg, [hidden]")) text += walker.currentNode.data;
    }
    return plain(text);
  };
  return [...document.querySelectorAll("a[href], button, summary")].flatMap(e => {
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) return [];
    const [seen, name] = [read(e), plain(e.getAttribute("aria-label") ?? e.textContent)];
    return name && name.includes(seen) ? [] : [`reads "${seen}", named "${name}": ${e.outerHTML.slice(0, 80)}`];
  });
}"""

#: Controls smaller than so many pixels either way; links in running text are as large as it is (2.5.8).
_SMALL = """least => [...document.querySelectorAll(
    "a[href], button, summary, select, textarea, input:not([type=hidden], [tabindex='-1']), label:has(input)"
  )].flatMap(e => {
    if (e.closest("svg, .vh, .skip, [aria-hidden=true]")) return [];
    if (e.matches("a") && (getComputedStyle(e).display === "inline" || e.closest("p, td, th, dd, sup"))) return [];
    if (e.matches("[type=radio], [type=checkbox]") && e.closest("label")) return [];
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || Math.min(box.width, box.height) >= least - 0.5) return [];
    return [`${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)} ${box.width} x ${box.height}`];
  })"""

#: Parts that hide what has no room in them, and how wide the page is where that is too much (1.4.4).
_CUT_OFF = """() => [
  ...document.documentElement.scrollWidth > innerWidth ? [`page ${document.documentElement.scrollWidth}`] : [],
  ...[...document.querySelectorAll("body *")].flatMap(e => {
    if (e.closest("svg, .vh, .defs, thead") || e.matches("input, textarea, select, option")) return [];
    const style = getComputedStyle(e);
    if (!/hidden|clip/.test(style.overflowX + style.overflowY)) return [];
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) return [];
    const cut = e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
    return cut ? [`${e.tagName}.${e.className}`] : [];
  }),
]"""


def check_controls(page: Page) -> None:
    """Every control of the page that is open is named by what is read on it, and is large enough to hit."""
    found = page.evaluate(_MISNAMED)
    assert found == [], found
    found = page.evaluate(_SMALL, 24)
    assert found == [], found


def small_targets(page: Page, least: int) -> list[str]:
    """The controls of the page that is open which are smaller than ``least`` pixels either way."""
    found: list[str] = page.evaluate(_SMALL, least)
    return found


def cut_off(page: Page) -> list[str]:
    """What of the page that is open has no room: parts that hide their text, and the page where it scrolls sideways."""
    found: list[str] = page.evaluate(_CUT_OFF)
    return found


def check_reflow(page: Page) -> None:
    """Nothing of the open page sticks out sideways at 320 pixels without the web font (WCAG 1.4.10)."""
    page.set_viewport_size(NARROW)
    faces, wide = page.evaluate(
        """async () => {
          for (const sheet of document.styleSheets)
            for (let i = sheet.cssRules.length; i--;)
              if (sheet.cssRules[i] instanceof CSSFontFaceRule) sheet.deleteRule(i);
          await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          return [document.fonts.size, document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1
              && !e.closest("svg, .vh, .defs")).map(e => `${e.tagName}.${e.className}`).slice(-12).concat("page")];
        }"""
    )
    assert faces == 0, "the web font is still there"
    assert wide == [], wide
    hidden = cut_off(page)
    assert hidden == [], hidden


#: What has focus: a name for the report, whether something shows it, and whether any of it can be seen.
_STOP = """() => {
  const stop = document.activeElement;
  if (!stop || stop === document.body || stop === document.documentElement) return null;
  const shown = [stop, stop.closest("label"), stop.parentElement].filter(Boolean).some(e => {
    const style = getComputedStyle(e);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const target = stop.matches("input[type=radio], input[type=checkbox]") ? stop.closest("label") ?? stop : stop;
  const boxes = [...target.getClientRects()].filter(b => b.width && b.height);
  const points = boxes.flatMap(b => [0.5, 0.02, 0.98].flatMap(x => [0.5, 0.05, 0.95].map(
    y => [b.left + b.width * x, b.top + b.height * y])));
  const uncovered = points.some(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    return top && (target.contains(top) || top.contains(target));
  });
  const name = `${stop.tagName.toLowerCase()} ${(stop.textContent || stop.name || stop.id).trim().slice(0, 40)}`;
  return { name, shown, uncovered };
}"""


def tab_stops(page: Page) -> list[dict[str, Any]]:
    """Every tab stop from the top of the page to its end: ``name``, ``shown`` and ``uncovered``."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    stops: list[dict[str, Any]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError(f"no end after {MOST_STOPS} tab stops: {stops[-3:]}")


def check_tab_stops(page: Page, address: str) -> None:
    """Each tab stop shows that it has focus (2.4.7) and is not covered (2.4.11), wide and on a phone."""
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        page.goto(address)
        stops = tab_stops(page)
        assert stops, "no tab stops"
        hidden = [s for s in stops if not (s["shown"] and s["uncovered"])]
        assert hidden == [], f"{size['width']}: {hidden}"
