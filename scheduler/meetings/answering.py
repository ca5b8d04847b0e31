"""An answer to a call with all that follows of it: what one needs, the substitutes asked. Every entry answers by this.

Not here: whether an answer is taken and which counts (``replies``), who is asked next (``substitutes``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.history.rules import Actor
from scheduler.meetings.models import Invitee, Reply
from scheduler.meetings.needs import Needs, set_needs
from scheduler.meetings.replies import Via, give_reply, name_of
from scheduler.meetings.reply_rules import Answer
from scheduler.meetings.saving import all_or_nothing
from scheduler.meetings.substitutes import follow_answer


@all_or_nothing
def answer_call(
    session: Session,
    actor: Actor,
    now: datetime,
    invitee: Invitee,
    *,
    answer: str,
    comment: str | None = None,
    via: Via = "page",
    substitute_id: int | None = None,
    needs: Needs | None = None,
) -> Reply:
    """Adds an answer, asks the substitute it names or the next in line, and keeps what the invitee needs.

    ``substitute_id`` is a person, and counts with a "no" alone; ``needs`` None leaves what was said. Raises Refused at
    ``answer``, ``comment``, ``substitute``, ``food`` or ``access``, or for the whole.
    """
    if invitee.person is not None and invitee.person_id == actor.person_id:
        actor = replace(actor, label=name_of(invitee))  # as shown: a protected identity has no name here
    reply = give_reply(session, actor, now, invitee, answer=answer, comment=comment, via=via)
    given = Answer(reply.answer)
    if needs is not None:
        set_needs(session, actor, now, invitee, needs)
    sends = substitute_id if given is Answer.NO else None
    follow_answer(session, actor, now, invitee, answer=given, substitute_id=sends)
    return reply
