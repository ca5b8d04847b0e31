"""Forums whose public page names those who have the seats."""

import sqlalchemy as sa
from alembic import op

revision = '20261210_public_names'
down_revision = '20261209_item_suggestions'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('forum', schema=None) as batch_op:
        batch_op.add_column(sa.Column('public_names', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('forum', schema=None) as batch_op:
        batch_op.alter_column('public_names', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('forum', schema=None) as batch_op:
        batch_op.drop_column('public_names')
