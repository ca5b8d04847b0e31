"""Other drafts beside one that is ready: the same forums and locked meetings, weighed otherwise, on other dates.

They wait in a row, so that one runs at a time for a year and secretariat; each keeps away from the dates of those
before it (``running``). Not here: comparing them (``comparing``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.drafts.actions import refuse_more
from scheduler.drafts.models import Draft, DraftForum
from scheduler.errors import Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.planning.profiles import PROFILES

#: The profiles that are offered, in order; the first three that the draft itself does not have are made at a press.
OFFERED = ("close", "travel", "even", "holders", "balanced")
#: Alternatives made at a press.
AT_ONCE = 3


def profiles_beside(draft: Draft) -> list[str]:
    """The profiles of the alternatives to a draft."""
    return [key for key in OFFERED if key != draft.profile][:AT_ONCE]


def make_alternatives(
    session: Session, actor: Actor, now: datetime, draft: Draft, *, profiles: Sequence[str] | None = None
) -> list[Draft]:
    """Asks for a draft by each of ``profiles`` (None: three others than its own). Raises Refused."""
    session.flush()
    session.refresh(draft, with_for_update=True)
    if draft.state != "ready":
        raise Refused(Problem(None, mark("Förslaget är inte färdigt. Alternativ görs när det är det")))
    labels = {profile.key: profile.label for profile in PROFILES}
    wanted = list(dict.fromkeys(profiles_beside(draft) if profiles is None else profiles))
    if not wanted or len(wanted) > AT_ONCE or any(key not in labels for key in wanted):
        raise Refused(Problem("profiles", mark("Välj ett till tre sätt att väga")))
    refuse_more(session, draft.year, draft.scope, len(wanted))
    made = [
        Draft(
            year=draft.year, scope=draft.scope, name=labels[key], profile=key, seconds=draft.seconds,
            task="other", seed=draft.seed, made_from=draft, created_at=now, user_id=actor.user_id, version=1,
            state="queued", tries=0, cancel_asked=False,
            forum_rows=[DraftForum(forum_id=row.forum_id) for row in draft.forum_rows],
        )
        for key in wanted
    ]  # fmt: skip
    for row in made:
        # One by one, so that they are numbered, and so run, in the order asked for.
        session.add(row)
        session.flush()
        record(
            session, actor, now, action="draft.make", kind="draft", subject_id=row.id, label=f"{row.year}: {row.name}",
            after={"year": row.year, "name": row.name, "forums": len(row.forum_rows), "beside": draft.name},
        )  # fmt: skip
    return made
