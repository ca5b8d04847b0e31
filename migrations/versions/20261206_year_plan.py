"""Decided yearly plans."""

import sqlalchemy as sa
from alembic import op

revision = '20261206_year_plan'
down_revision = '20261205_draft_steps'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('year_plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('decided_by', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=20000), nullable=True),
    sa.Column('forums', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('meetings', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_year_plan'))
    )
    with op.batch_alter_table('year_plan', schema=None) as batch_op:
        batch_op.create_index('ix_year_plan_year', ['year'], unique=False)


def downgrade() -> None:
    op.drop_table('year_plan')
