"""What a draft is called on a page. Not here: the rest of what is said of it (``plan_board``)."""

from __future__ import annotations

from scheduler.drafts.models import Draft
from scheduler.i18n import gettext
from scheduler.web.filters import swedish


def draft_name(draft: Draft, *, plain: bool = False) -> str:
    """The name somebody gave it, as it was written, or what weighs most in it, in the language in use.

    ``plain``: without marks of language, for a title or a choice.
    """
    from scheduler.planning.profiles import PROFILES  # noqa: PLC0415 - the planner waits until somebody plans

    if draft.name in {profile.label for profile in PROFILES}:
        return gettext(draft.name)
    return draft.name if plain else swedish(draft.name)
