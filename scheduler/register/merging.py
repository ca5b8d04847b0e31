"""What strategies, activities and notices have of organisations, for when a duplicate is merged.

Statements of the source stay with the row they were loaded into: a page asks for those of both
(``queries.facts_of``).
"""

from __future__ import annotations

from scheduler.organisations.merging import Room
from scheduler.register.models import Activity, Notice, Strategy

ROOM = Room(organisation=(Activity.organisation_id, Notice.organisation_id, Strategy.owner_id))
