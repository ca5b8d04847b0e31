"""What a form for an answer has besides the answer: whom to send instead, and what one needs. For both its pages.

Not here: the pages (``reply_page``, ``replies``), who may be sent (``meetings.substitute_rules``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from scheduler.i18n import gettext as _
from scheduler.meetings.models import Invitee, SubstituteCall
from scheduler.meetings.needs import Needs, asks_needs, needs_of
from scheduler.meetings.substitute_calls import seat_words
from scheduler.meetings.substitute_rules import CallState, Candidate
from scheduler.meetings.substitutes import SeatLine, live_call_of, seat_lines
from scheduler.organisations.rules import shown_name
from scheduler.web.fields import choice
from scheduler.web.forms.replies import ReplyForm


@dataclass(frozen=True)
class Beside:
    """What stands beside an answer for one who is called."""

    #: The seat held, where there is one.
    line: SeatLine | None = None
    #: The call to serve as a substitute that stands.
    own: SubstituteCall | None = None
    #: What has been said of needs; None: nobody asks.
    needs: Needs | None = None
    automatic: bool = False

    @property
    def serves(self) -> str:
        """Whose seat one is asked to serve on, or serves on; "" for none."""
        return "" if self.own is None else seat_words(self.own.seat)

    @property
    def is_asked(self) -> bool:
        """Whether one is asked to serve and has not answered."""
        return self.own is not None and self.own.state == CallState.WAITING

    @property
    def sent(self) -> str | None:
        """Who comes, or is asked to, in one's stead, as shown."""
        live = None if self.line is None else self.line.live
        return None if live is None else shown_name(live.person)


def beside(session: Session, invitee: Invitee) -> Beside:
    """What stands beside the answer of ``invitee``. A dozen queries."""
    meeting = invitee.meeting
    line = None
    if invitee.seat_id is not None and invitee.role == "ordinary":
        line = next((one for one in seat_lines(session, meeting) if one.seat_id == invitee.seat_id), None)
    return Beside(
        line=line,
        own=live_call_of(session, meeting.id, invitee.person_id),
        needs=needs_of(session, invitee.id) if asks_needs(meeting) else None,
        automatic=meeting.forum.substitutes_automatic,
    )


def offer(form: ReplyForm, found: Beside, *, for_other: bool = False) -> None:
    """Fills in whom one may send, and takes away what nobody asks."""
    choices = () if found.line is None or found.line.live is not None else found.line.choosable
    if choices:
        nobody = _("Nästa i turordningen") if found.automatic else _("Sekretariatet frågar nästa i turordningen")
        form.substitute.choices = [choice(str(one.person_id), one.name) for one in choices] + [choice("", nobody)]
        form.hints = {str(one.person_id): _hint(one, found.line) for one in choices}
    else:
        del form.substitute
    if found.needs is None or for_other:
        del form.food
        del form.access


def show(form: ReplyForm, found: Beside) -> None:
    """Shows what was said before."""
    if "food" in form and found.needs is not None:
        form.food.data, form.access.data = found.needs.food, found.needs.access


def substitute_of(form: ReplyForm) -> int | None:
    """Whom the form sends; None: nobody by name."""
    text = form.substitute.data if "substitute" in form else None
    return int(text) if text else None


def needs_given(form: ReplyForm) -> Needs | None:
    """What the form says of needs; None where it does not ask."""
    return Needs(form.food.data, form.access.data) if "food" in form else None


def _hint(one: Candidate, line: SeatLine | None) -> str:
    if line is not None and one.seat_id in line.personal:
        return _("Personlig ersättare")
    return one.organisation_name or _("Ersättare")
