"""An address as a QR code, drawn in the page itself: no file, no script, no style attribute (SEC-8)."""

from __future__ import annotations

from itertools import groupby

import segno
from markupsafe import Markup

from scheduler.i18n import gettext as _

#: Modules of white around the code, as ISO 18004 asks for: cameras look for it, also on a dark page.
QUIET = 4


def qr_svg(url: str) -> Markup:
    """``url`` as an image; whoever does not see it is told what it is, and that the address stands beside it."""
    code = segno.make_qr(url, error="m")
    rows = list(code.matrix_iter(border=QUIET))
    size = len(rows)
    runs = []
    for y, row in enumerate(rows):
        x = 0
        for dark, cells in groupby(row):
            length = sum(1 for _cell in cells)
            if dark:
                runs.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    drawn = Markup(
        '<svg viewBox="0 0 {size} {size}" role="img" aria-label="{words}" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{runs}"/></svg>'
    )
    return drawn.format(size=size, words=_("QR-kod med länken. Samma länk står som text bredvid."), runs="".join(runs))
