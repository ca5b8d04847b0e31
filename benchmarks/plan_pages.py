"""How long the pages about a draft of a hundred forums take, asked as a browser asks.

Makes a draft of the whole year (``--iterations`` of search), and prints for each page the median and the 95th
percentile of a request inside the process, its queries and its size: other days for a meeting and why not on a day (the
board's panel), what must be decided, quality, two drafts side by side, one forum in the draft, and one forum's dates at
a press. Each request for a panel is about another meeting. The first request of a draft unpacks and judges it; it is
printed by itself. Goals (spec planner 4): best dates 100 ms at the 95th percentile; one forum's dates 300 ms.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import cycle

from overview import Site, queries_of, site_of
from scaled import ACTOR, ZONE, Installation, arguments, county_of, installed
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.db import begin_write, install_listeners
from scheduler.drafts.actions import make_draft
from scheduler.drafts.alternatives import make_alternatives
from scheduler.drafts.models import Draft, DraftMeeting
from scheduler.drafts.problem import times_of
from scheduler.drafts.queue import claim_run
from scheduler.drafts.running import run
from scheduler.forums.models import Forum
from scheduler.forums.queries import cadence_of, forums_for_list, is_judged

#: Two years on nothing is booked yet: all of it is the draft's.
YEARS_ON = 2
#: Milliseconds at the 95th percentile.
GOALS = {"other days": 100, "why not": 100, "forum's dates": 300}


def drafts(installation: Installation, iterations: int) -> tuple[int, int]:
    """Two drafts of the year that differ, made unless they are there; their ids."""
    engine = create_engine(installation.settings.url)
    install_listeners(engine)
    try:
        year = civil_date(installation.now, str(ZONE)).year + YEARS_ON
        with Session(engine) as session:
            found = session.scalars(select(Draft).where(Draft.year == year, Draft.state == "ready").order_by(Draft.id))
            ids = [one.id for one in found]
            if len(ids) > 1:
                return ids[0], ids[1]
            session.rollback()
            begin_write(session)
            forums = [forum for forum in forums_for_list(session) if is_judged(forum)]
            rules = cadence_of(session, forums)
            today = civil_date(installation.now, str(ZONE))
            wanted = [forum.id for forum in forums if times_of(rules[forum.id], year, today) is not None]
            one = make_draft(session, ACTOR, installation.now, year=year, scope="all", forum_ids=wanted).id
            session.commit()
            _run(session, installation, iterations)
            begin_write(session)
            [other, *waiting] = make_alternatives(session, ACTOR, installation.now, session.get_one(Draft, one))
            for draft in waiting:
                session.delete(draft)
            other_id = other.id
            session.commit()
            _run(session, installation, iterations)
        return one, other_id
    finally:
        engine.dispose()


def _run(session: Session, installation: Installation, iterations: int) -> None:
    begin_write(session)
    claimed = claim_run(session, installation.now)
    session.commit()
    begun = time.perf_counter()
    if claimed is None or not run(
        session.get_bind().engine, lambda: installation.now, *claimed, str(ZONE), iterations=iterations
    ):
        raise RuntimeError("the draft was not run")
    print(f"draft {claimed[0]} made in {time.perf_counter() - begun:.0f} s")


def rows_of(installation: Installation, draft_id: int) -> tuple[list[int], list[str]]:
    """The meetings of a draft by id, and the addresses of its forums."""
    engine = create_engine(installation.settings.url)
    install_listeners(engine)
    try:
        with Session(engine) as session:
            ids = session.scalars(select(DraftMeeting.id).where(DraftMeeting.draft_id == draft_id)).all()
            slugs = session.scalars(
                select(Forum.slug).where(Forum.id.in_(select(DraftMeeting.forum_id).distinct())).order_by(Forum.id)
            ).all()
            return list(ids), list(slugs)
    finally:
        engine.dispose()


def measure(site: Site, name: str, path: Callable[[], str], times: int) -> None:
    """Prints a line for a page, or that there is none."""
    try:
        first = site.get(path())
    except RuntimeError as error:
        print(f"{name:16} {'–':>9}  {error}")
        return
    found = sorted(site.get(path()).seconds for _each in range(times))
    high = found[min(len(found) - 1, int(0.95 * len(found)))]
    goal = f"goal {GOALS[name]} ms" if name in GOALS else ""
    print(
        f"{name:16} {first.seconds * 1000:9.1f} {statistics.median(found) * 1000:9.1f} {high * 1000:9.1f}"
        f" {queries_of(site, path(), signed=True):8} {len(first.body) / 1024:7.1f} KB  {goal}"
    )


def main() -> None:
    parser = arguments(argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None))
    parser.add_argument("--times", type=int, default=60, help="requests for each page")
    parser.add_argument("--iterations", type=int, default=40, help="of the search behind each draft")
    asked = parser.parse_args()
    with installed(county_of(asked), asked.keep) as installation, site_of(installation) as site:
        one, other = drafts(installation, asked.iterations)
        ids, slugs = rows_of(installation, one)
        year = civil_date(installation.now, str(ZONE)).year + YEARS_ON
        meetings, forums = cycle(ids[:: max(1, len(ids) // 50)]), cycle(slugs)
        print(f"{len(slugs)} forums, {len(ids)} meetings\n")
        print(f"{'ms':16} {'first':>9} {'median':>9} {'p95':>9} {'queries':>8} {'gzip':>10}")
        pages: dict[str, Callable[[], str]] = {
            "board": lambda: f"/drafts/{one}",
            "other days": lambda: f"/drafts/{one}?meeting={next(meetings)}",
            "why not": lambda: f"/drafts/{one}?meeting={next(meetings)}&day={year}-05-12",
            "to be decided": lambda: f"/plan/{year}/conflicts?draft={one}",
            "quality": lambda: f"/drafts/{one}/quality",
            "compare": lambda: f"/drafts/compare?a={one}&b={other}",
            "forum in draft": lambda: f"/drafts/{one}/forums/{next(forums)}",
            "forum's dates": lambda: f"/forums/{next(forums)}/dates?year={year - 1}",
        }
        for name, path in pages.items():
            measure(site, name, path, asked.times)


if __name__ == "__main__":
    main()
