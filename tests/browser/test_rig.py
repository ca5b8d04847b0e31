"""That the looks of ``rig`` find what they look for, also on a page that has been looked at before."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser import rig

SOUND = """<!doctype html><html lang="sv"><head><title>Sida</title>
<style>@font-face { font-family: web; src: url(data:,); } p { font-family: web; color: #000; background: #fff }
@media (prefers-color-scheme: dark) { .dim { color: #333; background: #000 } }
@media (max-width: 400px) { .small { color: #eee } }</style></head>
<body><main><h1>Sida</h1>%s</main></body></html>"""


def test_each_theme_and_size_of_one_load_is_judged_by_itself(page: Page) -> None:
    page.set_content(SOUND % "<p>Text</p>")
    rig.check_axe_in_one_load(page)
    for wrong, where in (('<p class="dim">Text</p>', "dark 1440"), ('<p class="small">Text</p>', "light 390")):
        page.set_content(SOUND % wrong)
        with pytest.raises(AssertionError, match=f"{where}.*color-contrast"):
            rig.check_axe_in_one_load(page)
    page.set_content(SOUND % '<img src="data:,">')
    assert [line.partition(":")[0] for line in rig.violations(page)] == ["image-alt"]


def test_what_sticks_out_of_a_narrow_screen_is_found(page: Page) -> None:
    page.set_content(SOUND % "<p>Text</p>")
    assert page.evaluate("document.fonts.size") == 1
    rig.check_reflow(page)
    page.set_content(SOUND % '<p style="width: 400px">Text</p>')
    with pytest.raises(AssertionError, match="P"):
        rig.check_reflow(page)


def test_what_is_heard_ends_with_the_block(page: Page) -> None:
    page.set_content(SOUND % "")
    with rig.listening(page) as complaints:
        page.evaluate("console.error('one')")
        assert complaints == ["one"]
    page.evaluate("console.error('two')")
    assert complaints == ["one"]
