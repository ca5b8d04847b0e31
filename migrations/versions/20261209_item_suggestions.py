"""Items that those who take part suggest for an agenda; items are found by their titles."""

import sqlalchemy as sa
from alembic import op

from scheduler.i18n import search_key

revision = '20261209_item_suggestions'
down_revision = '20261208_draft_bounds'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('item_suggestion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=400), nullable=False),
    sa.Column('text', sa.String(length=20000), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('suggested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer', sa.String(length=20000), nullable=True),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'taken', 'declined', 'withdrawn')", name=op.f('ck_item_suggestion_state')),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], name=op.f('fk_item_suggestion_item_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_item_suggestion_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_item_suggestion_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_suggestion'))
    )
    with op.batch_alter_table('item_suggestion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_item_suggestion_item_id'), ['item_id'], unique=False)
        batch_op.create_index('ix_item_suggestion_meeting_id_state', ['meeting_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_item_suggestion_person_id'), ['person_id'], unique=False)


    with op.batch_alter_table('agenda_item', schema=None) as batch_op:
        batch_op.add_column(sa.Column('search_key', sa.String(length=800), nullable=False, server_default=''))
    _fold_titles()


def _fold_titles() -> None:
    """Titles that are there already are found as well; folded as the product folds them today."""
    item = sa.table('agenda_item', sa.column('id'), sa.column('title'), sa.column('search_key'))
    connection = op.get_bind()
    for id_, title in connection.execute(sa.select(item.c.id, item.c.title)).all():
        connection.execute(sa.update(item).where(item.c.id == id_).values(search_key=search_key(title)[:800]))


def downgrade() -> None:
    with op.batch_alter_table('agenda_item', schema=None) as batch_op:
        batch_op.drop_column('search_key')

    with op.batch_alter_table('item_suggestion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_item_suggestion_person_id'))
        batch_op.drop_index('ix_item_suggestion_meeting_id_state')
        batch_op.drop_index(batch_op.f('ix_item_suggestion_item_id'))

    op.drop_table('item_suggestion')
