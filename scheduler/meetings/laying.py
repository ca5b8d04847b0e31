"""Many meetings laid at once, as a plan of a year has them: proposed, then booked, each as by itself, stored together.

What a meeting by itself asks the database again and again (its calendars, whose versions rise, whose calendars hold
it) is asked once for all. The changes and the history are those of ``booking`` and ``steps``, so that each can be taken
back by itself. Not here: what a plan is (the drafts' room).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.forums.models import Forum
from scheduler.history.rules import Actor
from scheduler.meetings import changes
from scheduler.meetings.booking import give_time_and_place, new_meeting
from scheduler.meetings.fields import WhenAndWhere
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import publish_all, shown_options
from scheduler.meetings.rules import State, may_confirm
from scheduler.meetings.saving import change_row, facts_of, raise_revisions, refuse, snapshot_of, tell
from scheduler.meetings.scopes import Scope, scopes_of


@dataclass(frozen=True)
class _Step:
    """One change of one meeting, to be told."""

    meeting: Meeting
    kind: str
    before: dict[str, Any] | None
    after: dict[str, Any]
    sequence: int
    #: A proposal on its way to a booking is nothing to tell anybody.
    send: bool


class Laying:
    """Meetings being laid: ``book`` or ``move`` each, then ``finish``, all within one savepoint of the caller's."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        now: datetime,
        *,
        site: Site,
        forums: Sequence[Forum],
        proposed: Collection[Meeting] = (),
    ) -> None:
        """``forums``: those whose meetings are booked; ``proposed``: the meetings that are there and may be moved."""
        self.session = session
        self.actor = actor
        self.now = now
        self.site = site
        self._laid: list[Meeting] = []
        session.flush()
        query = select(Forum).where(Forum.id.in_({forum.id for forum in forums}))
        # Everything a calendar shows of a forum, once for all its meetings.
        parts = joinedload(Forum.kind), selectinload(Forum.names), selectinload(Forum.themes)
        self._forums = session.scalars(query.options(*parts)).all()
        self._before: dict[int, dict[str, Any]] = {}
        self._scopes: set[Scope] = set()
        self._open([meeting.id for meeting in proposed])

    def _open(self, ids: Sequence[int]) -> None:
        """Locks and reads what is proposed, all at once, as ``saving.open_meeting`` does one."""
        if not ids:
            return
        opened = self.session.scalars(
            select(Meeting)
            .where(Meeting.id.in_(ids))
            .order_by(Meeting.id)
            .options(*shown_options())
            .with_for_update(of=Meeting)
            .execution_options(populate_existing=True)
        ).all()
        self._before = {meeting.id: snapshot_of(meeting) for meeting in opened}
        self._scopes = scopes_of(self.session, opened, days=[meeting.local_on for meeting in opened])

    def book(self, forum: Forum, *, demo: bool, **when: Any) -> Meeting:
        """A new meeting of ``forum``; keywords as ``booking.new_meeting`` takes them. Raises Refused."""
        with self.session.no_autoflush:
            meeting = new_meeting(
                self.session, self.now, forums=[forum], site=self.site, state=State.PROPOSED, demo=demo, **when
            )
            refuse(may_confirm(facts_of(meeting), self.now))
        self.session.add(meeting)
        self._laid.append(meeting)
        return meeting

    def move(self, meeting: Meeting, **when: Unpack[WhenAndWhere]) -> Meeting:
        """One of those proposed, where it is wanted. Raises Refused."""
        with self.session.no_autoflush:
            give_time_and_place(self.session, self.now, meeting, **when)
            refuse(may_confirm(facts_of(meeting), self.now))
        self._laid.append(meeting)
        return meeting

    def finish(self) -> list[Meeting]:
        """Books them all, tells history and calendars; gives them in the order they came. Raises Refused."""
        if not self._laid:
            return []
        self.session.flush()
        steps = [step for meeting in self._laid for step in self._steps(meeting)]
        self.session.flush()
        days = {changes.snapshot_day(before) for before in self._before.values()}
        publish_all(
            self.session, self._laid, self.now, site=self.site, before=self._scopes,
            days=days | {meeting.local_on for meeting in self._laid},
        )  # fmt: skip
        for step in steps:
            tell(
                self.session, self.actor, self.now, step.meeting, kind=step.kind, before=step.before, after=step.after
            )  # fmt: skip
            self.session.add(
                change_row(
                    self.actor, self.now, step.meeting, kind=step.kind, before=step.before, after=step.after,
                    send=step.send, sequence=step.sequence,
                )
            )  # fmt: skip
        self.session.flush()
        return self._laid

    def _steps(self, meeting: Meeting) -> list[_Step]:
        """The proposal as it is now, then its booking, each counted in the meeting's revisions."""
        found = []
        proposed = snapshot_of(meeting)
        before = self._before.get(meeting.id)
        if before is None:
            found.append(_Step(meeting, "book", None, proposed, meeting.sequence, send=False))
        elif proposed != before:
            raise_revisions(meeting, before, proposed, kind="move")
            found.append(_Step(meeting, "move", before, proposed, meeting.sequence, send=False))
        meeting.state = State.CONFIRMED
        meeting.confirmed_at = self.now
        confirmed = snapshot_of(meeting)
        raise_revisions(meeting, proposed, confirmed, kind="confirm")
        return [*found, _Step(meeting, "confirm", proposed, confirmed, meeting.sequence, send=True)]
