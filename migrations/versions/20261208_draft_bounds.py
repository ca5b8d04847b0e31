"""Drafts that wait for their turn beside another, and differ from it."""

import sqlalchemy as sa
from alembic import op

revision = '20261208_draft_bounds'
down_revision = '20261207_towns'
branch_labels = None
depends_on = None

STATES = ("'queued', ", "'waiting', 'running', 'ready', 'failed'")
TASKS = ("'plan', 'mend'", ", 'other'")


def _check(states: str, tasks: str) -> None:
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_draft_state'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_draft_task'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_draft_state'), f"state IN ({states})")
        batch_op.create_check_constraint(batch_op.f('ck_draft_task'), f"task IN ({tasks})")


def upgrade() -> None:
    _check("".join(STATES), "".join(TASKS))


def downgrade() -> None:
    # What waits for its turn has no run yet, and what differs is a plan like any other.
    op.execute(sa.text("DELETE FROM draft WHERE state = 'queued'"))
    op.execute(sa.text("UPDATE draft SET task = 'plan' WHERE task = 'other'"))
    _check(STATES[1], TASKS[0])
