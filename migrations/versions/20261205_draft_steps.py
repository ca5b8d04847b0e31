"""The steps of a draft that can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = '20261205_draft_steps'
down_revision = '20261204_substitutes'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.add_column(sa.Column('steps', sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.drop_column('steps')
