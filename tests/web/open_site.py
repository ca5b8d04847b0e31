"""Public forums of each level with meetings of every sort, to see that nothing more of them is shown anywhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from scheduler.accounts.models import UserRole
from scheduler.app import create_app
from scheduler.db import begin_write, db
from scheduler.history.rules import Actor
from scheduler.meetings.actions import cancel_meeting, move_meeting
from scheduler.meetings.models import KINDS, STATES
from scheduler.settings import Settings
from tests.conftest import NOW
from tests.feeds.subscribers import user_of
from tests.meetings.county import DAY, SITE, County
from tests.web.world import sign_in

CLOSED = "closed"
#: Cookies: of one who reads everything, and of one who sees only what is public.
READER, STRANGER = "reader", "stranger"
#: When it is read: long after all has been saved.
READ_AT = NOW + timedelta(hours=3)
#: The public view of a forum → its address. The last is led by a closed one.
FORUMS = {"full": "full", "dates": "dates", "joint": "joint"}
SECRETS = ("Slutna rummet", "Snöfall", "video.example.org", "Bara för oss")


@dataclass
class Site:
    """An application with public forums of each level, and meetings of every sort in each."""

    app: Flask

    def get(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        client = self.app.test_client(use_cookies=False)
        return client.open(path, base_url=SITE.base_url, method=method, headers=names, buffered=True)

    def json(self, path: str) -> dict[str, Any]:
        answer = self.get(path)
        assert answer.status_code == 200
        found: dict[str, Any] = json.loads(answer.get_data())
        return found

    @contextmanager
    def writing(self, now: datetime = NOW) -> Iterator[County]:
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            begin_write(session)
            yield County(session, Actor("Sara Niemi"), now)
            session.commit()


def make(folder: Path, template: Path) -> Site:
    shutil.copy(template, folder / "takt.sqlite3")
    settings = Settings(
        instance=folder, secret_key="a secret of the tests, long enough", worker="none", base_url=SITE.base_url
    )
    app = create_app(settings, clock=lambda: READ_AT)
    app.testing = True
    site = Site(app)
    with site.writing() as county:
        fill(county)
        for cookie, roles in ((READER, [UserRole(role="reader")]), (STRANGER, [])):
            sign_in(county.session, user_of(county, None, *roles), NOW, cookie)
    return site


def fill(county: County) -> None:
    """For each forum: every state of every kind, on days of their own, and what is out of the ordinary."""
    closed = county.forum("Slutna rummet", slug=CLOSED)
    days = (DAY + timedelta(days=n) for n in count())
    house = county.place("Regionhuset", address="Robertsviksgatan 7", video_url="https://video.example.org/rum/4")
    for level, slug in FORUMS.items():
        forum = county.forum(f"Rådet {slug}", public="full" if level == "joint" else level, slug=slug)
        forums = [closed, forum] if level == "joint" else [forum]
        for kind in KINDS if len(forums) > 1 else [kind for kind in KINDS if kind != "joint"]:
            for state in STATES:
                on = next(days)
                meeting = county.meeting(
                    forums[0], on, forums=forums, title=f"Om {kind}; {state} <b>", place_id=house.id, mode="hybrid",
                    state="proposed" if state == "proposed" else "confirmed", kind=kind,
                )  # fmt: skip
                if state == "cancelled":
                    cancel_meeting(
                        county.session, county.actor, county.now, meeting, reason="Snöfall", version=None, site=SITE
                    )
                elif state not in {"proposed", "confirmed"}:
                    meeting.state = state
        never = county.meeting(forums[0], next(days), forums=forums, state="proposed", title="Blev aldrig av")
        cancel_meeting(county.session, county.actor, county.now, never, reason="Snöfall", version=None, site=SITE)
        county.meeting(forums[0], next(days), forums=forums, public=False, title="Bara för oss")
        county.meeting(forums[0], next(days), forums=forums, public=True, title="Öppet hus", place_text="Sal 3")
        first = next(days)
        county.meeting(forums[0], first, None, forums=forums, last_on=next(days), title="Två dagar")
        county.meeting(forums[0], next(days), forums=forums, mode="remote", video_url="https://video.example.org/5")
        county.meeting(forums[0], next(days), forums=forums, time_zone="Europe/Helsinki", place_id=house.id)
        county.meeting(forums[0], date(2020, 3, 5), forums=forums, state="held", title="Förr")
        county.meeting(forums[0], date(2026, 3, 5), forums=forums, state="held", title="I våras")
        moved = county.meeting(forums[0], next(days), forums=forums, place_id=house.id)
        move_meeting(
            county.session, county.actor, county.now, moved, version=None, site=SITE, start=time(13),
            place_text="Sal 9", check_conflicts=False,
        )  # fmt: skip
        county.meeting(forums[0], next(days), forums=forums, title='</script><script>alert("x")</script>')
