"""The calendars of their own that people let us read, and when these say they are busy.

Revision ID: 20261130_busy_times
Revises: 20261130_link_choices
"""

import sqlalchemy as sa
from alembic import op

revision = '20261130_busy_times'
down_revision = '20261130_link_choices'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('busy_source',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('url', sa.String(length=2000), nullable=True),
    sa.Column('etag', sa.String(length=200), nullable=True),
    sa.Column('last_modified', sa.String(length=200), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('fetched_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.String(length=40), nullable=True),
    sa.Column('left_out', sa.Integer(), nullable=False),
    sa.CheckConstraint("(kind = 'url') = (url IS NOT NULL)", name=op.f('ck_busy_source_url')),
    sa.CheckConstraint("kind IN ('url', 'file')", name=op.f('ck_busy_source_kind')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_busy_source_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_busy_source'))
    )
    with op.batch_alter_table('busy_source', schema=None) as batch_op:
        batch_op.create_index('ix_busy_source_next_at', ['next_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_busy_source_person_id'), ['person_id'], unique=False)

    op.create_table('busy_time',
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('start_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('end_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tentative', sa.Boolean(), nullable=False),
    sa.CheckConstraint('end_at > start_at', name=op.f('ck_busy_time_order')),
    sa.ForeignKeyConstraint(['source_id'], ['busy_source.id'], name=op.f('fk_busy_time_source_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('source_id', 'start_at', name=op.f('pk_busy_time'))
    )


def downgrade() -> None:
    op.drop_table('busy_time')
    with op.batch_alter_table('busy_source', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_busy_source_person_id'))
        batch_op.drop_index('ix_busy_source_next_at')

    op.drop_table('busy_source')
