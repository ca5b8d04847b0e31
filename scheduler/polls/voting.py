"""Answering a date poll: what somebody says of some dates is added, and the latest of each date counts.

Not here: which answers are taken (``rules``), personal links and pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.errors import Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.saving import all_or_nothing, refuse
from scheduler.organisations import fields
from scheduler.organisations.fields import Text
from scheduler.organisations.rules import shown_name
from scheduler.polls.models import Poll, PollInvitee, PollVote
from scheduler.polls.queries import label_of, own_votes, votes_of
from scheduler.polls.rules import Answer, may_decide, may_vote

#: What is written with an answer stands on pages alone.
_MESSAGE = {"message": Text(200, mailed=False)}


@all_or_nothing
def vote(
    session: Session, actor: Actor, now: datetime, invitee: PollInvitee, *, answers: Mapping[int, str],
    message: str | None = None, via: str = "link",
) -> int:  # fmt: skip
    """Adds what somebody says of some dates (date → answer); how many of them are news.

    What is not named stays as it was. ``via`` "secretary": entered for somebody, which may be done until a date is
    chosen, also after the last day. Raises Refused at ``answers`` or ``message``, or for the whole when none are taken
    (any more).
    """
    poll = invitee.poll
    session.flush()
    # Shared by all who answer, held off by whoever chooses or closes: nobody answers what has just been decided.
    session.refresh(poll, with_for_update={"of": Poll, "read": True})
    session.refresh(invitee, with_for_update={"of": PollInvitee})
    late = via == "secretary"
    refuse(may_decide(poll.state) if late else may_vote(poll.state, poll.answer_by_on, civil_date(now, poll.time_zone)))
    options = {option.id for option in poll.options}
    if not set(answers) <= options or not set(answers.values()) <= set(Answer):
        raise Refused(Problem("answers", mark("Välj ett av svaren")))
    values, problems = fields.read(_MESSAGE, {"message": message})
    fields.refuse(problems)
    known = own_votes(votes_of(session, poll.id), invitee.id)
    if not answers and not known:
        raise Refused(Problem("answers", mark("Välj ett svar för minst ett datum")))
    news = {option_id: answer for option_id, answer in answers.items() if known.get(option_id) != answer}
    for option_id, answer in sorted(news.items()):
        invitee.votes.append(
            PollVote(option_id=option_id, answer=answer, at=now, via=via, user_id=actor.user_id)
        )  # fmt: skip
    told_before = {"message": invitee.message, **_counted(known)}
    invitee.answered_at, invitee.message = now, values["message"]
    session.flush()
    after = {**known, **{option_id: Answer(answer) for option_id, answer in news.items()}}
    _record_vote(
        session, actor, now, invitee, before=told_before, after={"message": invitee.message, **_counted(after)}
    )
    return len(news)


def _counted(answers: Mapping[int, Answer]) -> dict[str, str]:
    return {str(option_id): answer.value for option_id, answer in answers.items()}


def _record_vote(
    session: Session, actor: Actor, now: datetime, invitee: PollInvitee, *, before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:  # fmt: skip
    """With the poll; what was written to the secretariat stays out, and so does a protected name."""
    poll, name = invitee.poll, shown_name(invitee.person)
    if before == after:
        return
    own = invitee.person_id == actor.person_id
    dates = {str(option.id): option.local_on for option in poll.options}
    changed = sorted({dates[key] for key in after if key in dates and before.get(key) != after[key]})
    record(
        session,
        replace(actor, label=name) if own else actor,
        now,
        action="poll.vote",
        kind="poll",
        subject_id=poll.id,
        label=label_of(poll),
        before={},
        after={"person": name, "person_id": invitee.person_id, "dates": [day.isoformat() for day in changed]},
    )
