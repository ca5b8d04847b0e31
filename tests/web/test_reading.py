"""Reading changes nothing (spec product, invariant 12): every page of the demo is read, and what is stored stays.

Mail scanners, previews and crawlers follow links. Only counters may rise: limits, a session's last use.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.db import Base, db
from tests.browser.sights import PAGES, PUBLIC_PAGES, DemoSite

#: What a visit may count.
COUNTERS = {"limit_count", "sign_in_session"}


def stored(demo: DemoSite) -> dict[str, str]:
    """A mark of each table's rows."""
    with demo.app.app_context(), Session(db.engine) as session:
        return {
            table.name: hashlib.sha256(
                "\n".join(sorted(repr(tuple(row)) for row in session.execute(select(table)))).encode()
            ).hexdigest()
            for table in Base.metadata.sorted_tables
            if table.name not in COUNTERS
        }


def test_no_page_changes_anything_by_being_read(demo_copy):
    demo = demo_copy
    inside = demo.app.test_client()
    path = demo.new_link()
    token = inside.get(path).get_data(as_text=True).partition('name="csrf_token" value="')[2].partition('"')[0]
    assert inside.post(path, data={"csrf_token": token}).status_code == 303
    before = stored(demo)
    for client, pages in ((inside, PAGES), (demo.app.test_client(), PUBLIC_PAGES)):
        for name, pattern in pages:
            for method in (client.get, client.head):
                answer = method(demo.path(pattern))
                assert answer.status_code in {200, 303}, name
    assert stored(demo) == before
