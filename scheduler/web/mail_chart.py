"""The bars of mails per day on the page of health, as SVG beside a table of the same figures.

Not here: the other charts (``charts``), where the figures come from (``mail.health``).
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from scheduler.mail.health import MailDay
from scheduler.web.symbols import drawn, number

#: Width of a day and height of the highest bar, in units of the drawing.
_STEP, _HIGH = 30, 62
_FLOOR = 84


def mail_bars(days: Sequence[MailDay]) -> Markup:
    """A bar for each day: those that left, and on top, outlined, those that did not arrive; the number above it.

    Silent: the table beside it says the same.
    """
    top = max([1, *(day.sent + day.failed for day in days)])
    parts = [f'<path class="floor" d="M0 {_FLOOR}H{_STEP * len(days)}"/>']
    for place, day in enumerate(days):
        x, total = _STEP * place + 4, day.sent + day.failed
        sent = _HIGH * day.sent / top
        failed = max(_HIGH * day.failed / top, 4) if day.failed else 0
        if day.sent:
            parts.append(f'<rect class="ok" x="{x}" y="{number(_FLOOR - sent)}" width="20" height="{number(sent)}"/>')
        if day.failed:
            y = number(_FLOOR - sent - failed - 1)
            parts.append(f'<rect class="low" x="{x + 0.75}" y="{y}" width="18.5" height="{number(failed)}"/>')
        if total:
            parts.append(f'<text class="n" x="{x + 10}" y="{number(_FLOOR - sent - failed - 6)}">{total}</text>')
        parts.append(f'<text x="{x + 10}" y="99">{day.on.day}</text>')
    box = f"0 0 {_STEP * len(days) + 4} 104"
    return drawn(f'<svg class="perday" viewBox="{box}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>')
