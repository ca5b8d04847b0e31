"""Whose calendar holds a meeting is stored with it; ``schema.upgrade`` fills the table for meetings that are there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_meeting_scopes"
down_revision = "20261130_busy_times"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting_scope",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_scope_meeting_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "scope", "scope_id", name=op.f("pk_meeting_scope")),
    )
    op.create_index("ix_meeting_scope_scope_scope_id", "meeting_scope", ["scope", "scope_id"])


def downgrade() -> None:
    op.drop_index("ix_meeting_scope_scope_scope_id", table_name="meeting_scope")
    op.drop_table("meeting_scope")
