"""Substitutes that are asked, what those called need, and messages to them."""

import sqlalchemy as sa
from alembic import op

revision = '20261204_substitutes'
down_revision = '20261203_drafts'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('substitute_call',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('substitute_seat_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_by', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('answer', sa.String(length=10), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('why', sa.String(length=12), nullable=True),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'accepted', 'declined', 'expired', 'withdrawn')", name=op.f('ck_substitute_call_state')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_substitute_call_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_substitute_call_person_id')),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_substitute_call_seat_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['substitute_seat_id'], ['seat.id'], name=op.f('fk_substitute_call_substitute_seat_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_substitute_call'))
    )
    with op.batch_alter_table('substitute_call', schema=None) as batch_op:
        batch_op.create_index('ix_substitute_call_announced_at', ['announced_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_substitute_call_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_substitute_call_seat_id'), ['seat_id'], unique=False)
        batch_op.create_index('uq_substitute_call_person', ['meeting_id', 'person_id'], unique=True, sqlite_where=sa.text("state IN ('waiting', 'accepted')"), postgresql_where=sa.text("state IN ('waiting', 'accepted')"))
        batch_op.create_index('uq_substitute_call_seat', ['meeting_id', 'seat_id'], unique=True, sqlite_where=sa.text("state IN ('waiting', 'accepted')"), postgresql_where=sa.text("state IN ('waiting', 'accepted')"))

    op.create_table('invitee_needs',
    sa.Column('invitee_id', sa.Integer(), nullable=False),
    sa.Column('food', sa.String(length=200), nullable=True),
    sa.Column('access', sa.String(length=200), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invitee_id'], ['invitee.id'], name=op.f('fk_invitee_needs_invitee_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('invitee_id', name=op.f('pk_invitee_needs'))
    )
    op.create_table('meeting_message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_by', sa.String(length=200), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('text', sa.String(length=20000), nullable=False),
    sa.Column('audience', sa.String(length=20), nullable=False),
    sa.CheckConstraint("audience IN ('all', 'unanswered')", name=op.f('ck_meeting_message_audience')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_message_meeting_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_message'))
    )
    with op.batch_alter_table('meeting_message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_meeting_message_meeting_id'), ['meeting_id'], unique=False)

    with op.batch_alter_table('forum', schema=None) as batch_op:
        batch_op.add_column(sa.Column('substitutes_automatic', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('asks_needs', sa.Boolean(), nullable=False, server_default=sa.false()))

    # The code writes the value; the default was for the rows that were there.
    with op.batch_alter_table('forum', schema=None) as batch_op:
        batch_op.alter_column('substitutes_automatic', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
        batch_op.alter_column('asks_needs', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('forum', schema=None) as batch_op:
        batch_op.drop_column('asks_needs')
        batch_op.drop_column('substitutes_automatic')

    op.drop_table('meeting_message')
    op.drop_table('invitee_needs')
    with op.batch_alter_table('substitute_call', schema=None) as batch_op:
        batch_op.drop_index('uq_substitute_call_seat', sqlite_where=sa.text("state IN ('waiting', 'accepted')"), postgresql_where=sa.text("state IN ('waiting', 'accepted')"))
        batch_op.drop_index('uq_substitute_call_person', sqlite_where=sa.text("state IN ('waiting', 'accepted')"), postgresql_where=sa.text("state IN ('waiting', 'accepted')"))
        batch_op.drop_index(batch_op.f('ix_substitute_call_seat_id'))
        batch_op.drop_index(batch_op.f('ix_substitute_call_person_id'))
        batch_op.drop_index('ix_substitute_call_announced_at')

    op.drop_table('substitute_call')
