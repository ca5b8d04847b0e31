"""Photographs pages of a running Takt, 1440 and 390 px wide, light and dark, into ``screenshots/``.

    python tools/screenshots.py
    python tools/screenshots.py http://127.0.0.1:8000 overview=/ forums=/forums --sign-in ONE_TIME_LINK

Without an address it makes the demo of the browser tests and takes every page they walk through, as its secretary
and as a visitor. ``--only`` keeps those whose names begin so. ``--sign-in`` is a one-time sign-in link as the mail
holds it; its button is pressed once, and every picture is taken by the person it signs in.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

from playwright.sync_api import Browser, StorageState, sync_playwright

CHECKOUT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
PAGES = ("overview=/", "forums=/forums", "calendar=/calendar/list", "subscribe=/subscribe", "login=/login")
sys.path.insert(0, str(CHECKOUT))  # run as a script, the checkout is not yet on the path
#: Width and height of the window, and how many device pixels a CSS pixel has.
SIZES = ((1440, 900, 1), (390, 844, 2))
SCHEMES = ("light", "dark")


def signed_in(browser: Browser, link: str) -> StorageState:
    """The cookies of the person that ``link`` signs in."""
    context = browser.new_context(locale="sv-SE")
    page = context.new_page()
    page.goto(link)
    if page.locator("main form button").count():
        page.locator("main form button").first.click()
        page.wait_for_load_state()
    state = context.storage_state()
    context.close()
    return state


def photograph(browser: Browser, address: str, pages: list[str], folder: Path, state: StorageState | None) -> list[str]:
    """Takes the pictures; gives the names of pages that did not answer 200."""
    failed = []
    for width, height, density in SIZES:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                device_scale_factor=density,
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
                locale="sv-SE",
                timezone_id="Europe/Stockholm",
                storage_state=state,
            )
            page = context.new_page()
            for named in pages:
                name, path = named.split("=", 1)
                answer = page.goto(urljoin(address, path))
                if answer is None or answer.status != 200:
                    failed.append(f"{name}: {answer.status if answer else 'no answer'}")
                page.evaluate("document.fonts.ready")
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            context.close()
    return failed


def photograph_demo(browser: Browser, folder: Path, beginning: str) -> list[str]:
    """Every page of the demo whose name begins with ``beginning``; gives the names of those not answering 200."""
    from tests.browser.rig import served  # noqa: PLC0415 - the demo alone needs the product
    from tests.browser.sights import MEMBER_PAGES, PUBLIC_PAGES, demo_site  # noqa: PLC0415 - as above
    from tests.browser.sights import PAGES as INSIDE  # noqa: PLC0415 - as above

    with TemporaryDirectory() as instance:
        demo = demo_site(Path(instance))
        with served(demo.app) as address:
            state = signed_in(browser, address + demo.new_link())
            member = signed_in(browser, address + demo.new_link(demo.member))
            failed = []
            for pages, cookies in ((INSIDE, state), (MEMBER_PAGES, member), (PUBLIC_PAGES, None)):
                named = [f"{name}={demo.path(path)}" for name, path in pages if name.startswith(beginning)]
                failed += photograph(browser, address, named, folder, cookies)
    return failed


def main() -> int:
    """Reads the command line, takes the pictures; 1 when a page did not answer 200."""
    reader = argparse.ArgumentParser(description="Photograph pages of a running Takt.")
    reader.add_argument("address", nargs="?", help="such as http://127.0.0.1:8000; none: the demo")
    reader.add_argument("pages", nargs="*", metavar="name=path", help=f"default: {' '.join(PAGES)}")
    reader.add_argument("--sign-in", metavar="LINK", help="a one-time sign-in link")
    reader.add_argument("--only", default="", metavar="BEGINNING", help="of the demo, the pages whose names begin so")
    reader.add_argument("--out", type=Path, default=CHECKOUT / "screenshots", help="folder, default screenshots/")
    given = reader.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        if given.address is None:
            failed = photograph_demo(browser, given.out, given.only)
        else:
            state = signed_in(browser, given.sign_in) if given.sign_in else None
            failed = photograph(browser, given.address, given.pages or list(PAGES), given.out, state)
        browser.close()
    for line in failed:
        print(line, file=sys.stderr)
    print(f"Pictures in {given.out}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
