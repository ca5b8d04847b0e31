"""What a secretariat does with drafts: asks for one, stops a run, changes it on its board, accepts it, takes that back.

Nothing is public or mailed before it is accepted; accepting makes meetings of it in the transaction it is asked in.
Not here: the run (``running``), what the board shows (``board``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.errors import Problem, Refused, SavedByOther
from scheduler.forums.models import Forum
from scheduler.history.actions import record
from scheduler.history.queries import history_of
from scheduler.history.rules import Actor
from scheduler.i18n import gettext, mark
from scheduler.meetings.fragments import Site
from scheduler.meetings.laying import Laying
from scheduler.meetings.models import Meeting, MeetingChange
from scheduler.meetings.rules import State
from scheduler.meetings.saving import all_or_nothing
from scheduler.meetings.steps import last_change_of, undo_last_change
from scheduler.organisations import fields
from scheduler.organisations.fields import Text
from scheduler.planning.profiles import PROFILES

#: Seconds a search may take: what a form offers, and the most.
SECONDS = (2, 10, 60, 300)
#: Drafts kept of one year by one secretariat.
MOST = 12
#: So many of the latest changes by hand can be taken back.
STEPS = 60

_UNDER_WAY = mark("Ett förslag för året räknas redan. Vänta tills det är klart, eller avbryt det")
_NOT_READY = mark("Förslaget räknas just nu. Vänta tills det är klart, eller avbryt")


def make_draft(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    year: int,
    scope: str,
    forum_ids: Collection[int],
    profile: str = "balanced",
    seconds: int = SECONDS[1],
    name: str | None = None,
    made_from: Draft | None = None,
    task: str = "plan",
) -> Draft:
    """Asks for a draft of ``forum_ids``' year; a worker runs it. Raises Refused.

    ``made_from``: the draft whose locked meetings stay where they are and whose dates are the wish; ``task`` mend
    changes as little of it as can be.
    """
    if not forum_ids:
        raise Refused(Problem("forum_ids", mark("Välj minst ett forum")))
    if profile not in {one.key for one in PROFILES}:
        raise Refused(Problem("profile", mark("Välj en vägning")))
    if seconds not in SECONDS:
        raise Refused(Problem("seconds", mark("Välj hur länge sökningen får ta")))
    values, problems = fields.read({"name": Text(200)}, {"name": name})
    fields.refuse(problems)
    refuse_more(session, year, scope, 1)
    label = next(one.label for one in PROFILES if one.key == profile)
    draft = Draft(
        year=year, scope=scope, name=values["name"] or label, profile=profile, seconds=seconds, task=task,
        # Another seed each time, the same for the same row of drafts: asking again may find something better.
        seed=int(session.scalar(select(func.count(Draft.id)).where(Draft.year == year)) or 0),
        made_from=made_from, created_at=now, user_id=actor.user_id, version=1, state="waiting", tries=0,
        cancel_asked=False,
        forum_rows=[DraftForum(forum_id=forum_id) for forum_id in sorted(set(forum_ids))],
    )  # fmt: skip
    session.add(draft)
    session.flush()
    _tell(session, actor, now, draft, "draft.make", after={"year": year, "name": draft.name, "forums": len(forum_ids)})
    return draft


def refuse_more(session: Session, year: int, scope: str, count: int) -> None:
    """Raises Refused when ``count`` more drafts may not be asked for now; others who ask wait until this ends."""
    of_year = select(Draft).where(Draft.year == year, Draft.scope == scope)
    kept = session.scalars(of_year.with_for_update()).all()
    if any(draft.is_under_way for draft in kept):
        raise Refused(Problem(None, _UNDER_WAY))
    if len(kept) + count > MOST:
        text = mark("Det finns redan %(n)s förslag för året. Ta bort något av dem")
        raise Refused(Problem(None, text, {"n": len(kept)}))


def stop_run(session: Session, actor: Actor, now: datetime, draft: Draft) -> None:
    """Asks a run to end with the best it has; one that has not begun ends at once, with nothing."""
    session.refresh(draft, with_for_update=True)
    if draft.state == "running":
        draft.cancel_asked = True
    elif draft.state in {"queued", "waiting"}:
        draft.state, draft.finished_at = "failed", now
    else:
        return
    draft.version += 1
    session.flush()
    _tell(session, actor, now, draft, "draft.stop")


def delete_draft(session: Session, actor: Actor, now: datetime, draft: Draft) -> None:
    """Throws a draft away; meetings that came of it stay. Raises Refused while it runs."""
    _open(session, draft, None)
    _tell(session, actor, now, draft, "draft.delete", before={"name": draft.name, "year": draft.year})
    session.delete(draft)
    session.flush()


# ---------------------------------------------------------------- changing it by hand


def lock_meeting(
    session: Session, actor: Actor, now: datetime, row: DraftMeeting, *, locked: bool, version: int | None = None
) -> None:
    """Says whether the meeting stays where it is when the draft is reckoned anew."""
    draft = _open(session, row.draft, version)
    if row.locked is locked:
        return
    _keep_step(draft, "lock", [row.id], before=_values(row))
    row.locked = locked
    _changed(session, draft)
    _tell(session, actor, now, draft, "draft.lock", after=_said(row) | {"locked": locked})


def move_planned(
    session: Session,
    actor: Actor,
    now: datetime,
    row: DraftMeeting,
    *,
    on: date,
    start: int,
    place_id: int | None,
    town: str | None,
    seats: dict[str, Any] | None = None,
    version: int | None = None,
) -> None:
    """Gives the meeting another day, hour (minutes after midnight) and place; ``seats`` says who then comes.

    Any day of the year may be chosen: the board says what stands against it. Raises Refused.
    """
    draft = _open(session, row.draft, version)
    refuse_booked(row)
    if on.year != draft.year:
        raise Refused(Problem("on", mark("Välj en dag i %(year)s"), {"year": draft.year}))
    taken = select(DraftMeeting.id).where(
        DraftMeeting.draft_id == draft.id, DraftMeeting.forum_id == row.forum_id, DraftMeeting.on == on
    )
    if session.scalar(taken.where(DraftMeeting.id != row.id)) is not None:
        raise Refused(Problem("on", mark("Forumet har redan ett möte den dagen")))
    before = _said(row)
    _keep_step(draft, "move", [row.id], before=_values(row))
    row.on, row.start, row.place_id, row.town = on, start, place_id, town
    if seats is not None:
        row.seats = seats
    _changed(session, draft)
    _tell(session, actor, now, draft, "draft.move", before=before, after=_said(row))


def drop_planned(
    session: Session, actor: Actor, now: datetime, row: DraftMeeting, *, version: int | None = None
) -> None:
    """Takes a meeting out of the draft. Raises Refused when it is booked already."""
    draft = _open(session, row.draft, version)
    refuse_booked(row)
    _tell(session, actor, now, draft, "draft.drop", before=_said(row))
    _keep_step(draft, "drop", [row.id], before=_values(row))
    draft.meetings.remove(row)
    _changed(session, draft)


def add_planned(
    session: Session,
    actor: Actor,
    now: datetime,
    draft: Draft,
    *,
    forum: Forum,
    on: date,
    start: int,
    duration: int,
    place_id: int | None,
    town: str | None,
    seats: dict[str, Any],
    version: int | None = None,
) -> DraftMeeting:
    """One more meeting of a forum that is in the draft. Raises Refused."""
    _open(session, draft, version)
    if on.year != draft.year:
        raise Refused(Problem("on", mark("Välj en dag i %(year)s"), {"year": draft.year}))
    if any(row.forum_id == forum.id and row.on == on for row in draft.meetings):
        raise Refused(Problem("on", mark("Forumet har redan ett möte den dagen")))
    row = DraftMeeting(
        forum=forum, on=on, start=start, duration=duration, place_id=place_id, town=town, seats=seats, locked=False
    )
    draft.meetings.append(row)
    session.flush()
    _keep_step(draft, "add", [row.id])
    _changed(session, draft)
    _tell(session, actor, now, draft, "draft.add", after=_said(row))
    return row


# ---------------------------------------------------------------- accepting


@all_or_nothing
def accept(
    session: Session, actor: Actor, now: datetime, draft: Draft, rows: Sequence[DraftMeeting], *, site: Site,
    version: int | None = None,
) -> list[Meeting]:  # fmt: skip
    """Makes booked meetings of ``rows``, all or none; those that are booked already stay as they are.

    What was only proposed is moved to where the draft has it, and booked. Each is told as any booking is, when the
    rules say so. Raises Refused, naming the forum.
    """
    _open(session, draft, version)
    wanted = [row for row in rows if not is_booked(row)]
    if not wanted:
        return []
    laying = Laying(
        session, actor, now, site=site, forums=[row.forum for row in wanted],
        proposed=[row.meeting for row in wanted if row.meeting is not None and _is_proposed(row)],
    )  # fmt: skip
    for row in wanted:
        row.meeting = _laid(laying, row)
    if made := laying.finish():
        _keep_step(draft, "accept", [row.id for row in wanted])
        _changed(session, draft)
        _tell(session, actor, now, draft, "draft.accept", after={"meetings": len(made)})
    return made


def take_back(
    session: Session, actor: Actor, now: datetime, draft: Draft, rows: Iterable[DraftMeeting], *,
    told: Collection[int], site: Site,
) -> int:  # fmt: skip
    """Makes proposals again of what was accepted, as long as nobody has been told and nothing was done with it since.

    ``told``: the changes (``MeetingChange.id``) of which a mail has left. Gives how many were taken back; the others
    stay booked.
    """
    _open(session, draft, None)
    number = 0
    for row in rows:
        change = acceptance_of(session, row)
        if row.meeting is None or change is None or change.id in told:
            continue
        undo_last_change(session, actor, now, row.meeting, sent=False, version=None, site=site)
        number += 1
    if number:
        _changed(session, draft)
        _tell(session, actor, now, draft, "draft.take_back", after={"meetings": number})
    return number


# ---------------------------------------------------------------- taking back, step by step


def undo_step(
    session: Session, actor: Actor, now: datetime, draft: Draft, *,
    is_told: Callable[[Session, MeetingChange], bool], site: Site, version: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Takes back the latest change made by hand and gives it: kind, rows (those it concerns now), left.

    ``is_told`` says whether a mail about a change of a meeting has left; such meetings stay booked, and ``left`` says
    how many. Raises Refused when there is nothing to take back.
    """
    _open(session, draft, version)
    steps = list(draft.steps or [])
    if not steps:
        raise Refused(Problem(None, mark("Det finns inget att ångra.")))
    step = steps.pop()
    by_id = {row.id: row for row in draft.meetings}
    rows = [by_id[number] for number in step["rows"] if number in by_id]
    kind, left = step["kind"], 0
    if kind == "accept":
        left = _unaccept(session, actor, now, draft, rows, is_told, site)
    elif kind == "add":
        for row in rows:
            refuse_booked(row)
            draft.meetings.remove(row)
    elif kind == "drop":
        rows = [_put_back(session, draft, step["before"])]
        steps = [_renumbered(one, step["rows"][0], rows[0].id) for one in steps]
    else:
        for row in rows:
            if kind == "move":
                refuse_booked(row)
            _restore(row, step["before"])
    draft.steps = steps
    _changed(session, draft)
    _tell(session, actor, now, draft, "draft.undo", after={"step": kind, "meetings": len(rows) - left})
    return {"kind": kind, "rows": [row.id for row in rows if kind != "add"], "left": left}


def _unaccept(
    session: Session, actor: Actor, now: datetime, draft: Draft, rows: Sequence[DraftMeeting],
    is_told: Callable[[Session, MeetingChange], bool], site: Site,
) -> int:  # fmt: skip
    """Takes an acceptance back; how many meetings stay booked, since somebody knows of them or has changed them."""
    changes = [change for row in rows if (change := acceptance_of(session, row)) is not None]
    told = {change.id for change in changes if is_told(session, change)}
    done = take_back(session, actor, now, draft, rows, told=told, site=site)
    if not done:
        raise Refused(Problem(None, mark("Beskedet har redan gått ut. Ändra mötet i stället.")))
    return len(rows) - done


def _values(row: DraftMeeting) -> dict[str, Any]:
    """The meeting as a step keeps it."""
    return {
        "forum_id": row.forum_id, "on": row.on.isoformat(), "start": row.start, "duration": row.duration,
        "place_id": row.place_id, "town": row.town, "seats": row.seats, "locked": row.locked,
        "meeting_id": row.meeting_id,
    }  # fmt: skip


def _restore(row: DraftMeeting, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name == "on":
            row.on = date.fromisoformat(value)
        elif name in {"start", "place_id", "town", "seats", "locked"}:
            setattr(row, name, value)


def _put_back(session: Session, draft: Draft, values: dict[str, Any]) -> DraftMeeting:
    """A meeting that was dropped, under a new number."""
    row = DraftMeeting(**{**values, "on": date.fromisoformat(values["on"])})
    draft.meetings.append(row)
    session.flush()
    return row


def _renumbered(step: dict[str, Any], old: int, new: int) -> dict[str, Any]:
    return {**step, "rows": [new if number == old else number for number in step["rows"]]}


def _keep_step(draft: Draft, kind: str, row_ids: Sequence[int], *, before: dict[str, Any] | None = None) -> None:
    """Remembers a change so that it can be taken back: lock, move, drop, add or accept."""
    step = {"kind": kind, "rows": list(row_ids), "before": before}
    # Another list each time: a JSON column sees no change within one.
    draft.steps = [*(draft.steps or []), step][-STEPS:]


# ---------------------------------------------------------------- the parts


def acceptance_of(session: Session, row: DraftMeeting) -> MeetingChange | None:
    """The change that booked the row's meeting, when it is the meeting's last; None otherwise."""
    if row.meeting is None:
        return None
    change = last_change_of(session, row.meeting)
    return change if change is not None and change.kind == "confirm" else None


def is_booked(row: DraftMeeting) -> bool:
    """Whether the row is a meeting that stands."""
    return row.meeting is not None and row.meeting.state not in {State.PROPOSED, State.CANCELLED}


def _is_proposed(row: DraftMeeting) -> bool:
    return row.meeting is not None and row.meeting.state == State.PROPOSED


def _laid(laying: Laying, row: DraftMeeting) -> Meeting:
    """The row's meeting where the draft has it. Proposed first, so that what is taken back is a proposal again.

    Raises Refused, naming the forum.
    """
    hour, minute = divmod(row.start, 60)
    end_hour, end_minute = divmod(row.start + row.duration, 60)
    when: dict[str, Any] = {
        "on": row.on, "start": time(hour, minute), "end": time(end_hour, end_minute), "last_on": row.on,
        "place_id": row.place_id,
    }  # fmt: skip
    try:
        if row.meeting is not None and _is_proposed(row):
            return laying.move(row.meeting, **when)
        return laying.book(row.forum, demo=row.forum.demo, **when)
    except Refused as refused:
        problem = refused.problems[0]
        text = mark("%(forum)s %(date)s: %(why)s")
        values = {"forum": row.forum.title, "date": row.on, "why": gettext(problem.text, **problem.values)}
        raise Refused(Problem(None, text, values)) from refused


def _open(session: Session, draft: Draft, version: int | None) -> Draft:
    session.flush()
    session.refresh(draft, with_for_update=True)
    if version is not None and version != draft.version:
        last = next(iter(history_of(session, "draft", draft.id, limit=1)), None)
        raise SavedByOther(last.actor, last.at.isoformat()) if last else SavedByOther("", "")
    if draft.is_under_way:
        raise Refused(Problem(None, _NOT_READY))
    return draft


def refuse_booked(row: DraftMeeting) -> None:
    """Raises Refused when the row is a meeting that stands: it is changed on its own page."""
    if is_booked(row):
        raise Refused(Problem(None, mark("Mötet är redan bokat. Ändra det på mötets egen sida")))


def _changed(session: Session, draft: Draft) -> None:
    draft.version += 1
    session.flush()


def _said(row: DraftMeeting) -> dict[str, Any]:
    return {
        "forum": row.forum.title, "on": row.on.isoformat(), "start": f"{row.start // 60:02d}:{row.start % 60:02d}",
        "place": row.place.name if row.place is not None else row.town,
    }  # fmt: skip


def _tell(
    session: Session, actor: Actor, now: datetime, draft: Draft, action: str, *,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    record(
        session, actor, now, action=action, kind="draft", subject_id=draft.id, label=f"{draft.year}: {draft.name}",
        before=before, after=after,
    )  # fmt: skip
