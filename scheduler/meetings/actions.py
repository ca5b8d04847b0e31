"""Everything a person does with a meeting, by one name each; the parts stand in files by subject.

``booking`` (book, move, edit), ``steps`` (confirm, cancel, take up again, record, correct, close, undo), ``calling``
(call, invitees), ``publishing`` (calendar fragments after a change elsewhere), ``retiming`` (after a change of a time
zone's rules). All take ``session, actor, now`` first, refuse with words and flush.
"""

from scheduler.meetings.booking import book_meeting, edit_meeting, move_meeting
from scheduler.meetings.calling import (
    InviteeChoice,
    add_invitee,
    call_meeting,
    follow_seat_changes,
    set_invitees,
    withdraw_invitee,
)
from scheduler.meetings.fragments import Site
from scheduler.meetings.publishing import refresh
from scheduler.meetings.retiming import Refreshed, refresh_all, retime
from scheduler.meetings.steps import (
    cancel_meeting,
    close_meeting,
    confirm_meeting,
    correct_state,
    record_held,
    reinstate_meeting,
    undo_last_change,
)

__all__ = [
    "InviteeChoice",
    "Refreshed",
    "Site",
    "add_invitee",
    "book_meeting",
    "call_meeting",
    "cancel_meeting",
    "close_meeting",
    "confirm_meeting",
    "correct_state",
    "edit_meeting",
    "follow_seat_changes",
    "move_meeting",
    "record_held",
    "refresh",
    "refresh_all",
    "reinstate_meeting",
    "retime",
    "set_invitees",
    "undo_last_change",
    "withdraw_invitee",
]
