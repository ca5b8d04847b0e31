"""When the choices of a calendar link were last changed, which its ETag and its date hang on.

Revision ID: 20261130_link_choices
Revises: 20261129_register_forms
"""

import sqlalchemy as sa
from alembic import op

revision = '20261130_link_choices'
down_revision = '20261129_register_forms'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('feed_token', schema=None) as batch_op:
        batch_op.add_column(sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('feed_token', schema=None) as batch_op:
        batch_op.drop_column('edited_at')
