"""Distances between towns that a secretariat writes itself."""

import sqlalchemy as sa
from alembic import op

revision = '20261207_towns'
down_revision = '20261206_year_plan'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('town_distance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('one', sa.String(length=100), nullable=False),
    sa.Column('other', sa.String(length=100), nullable=False),
    sa.Column('km', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.CheckConstraint("one <> other", name=op.f('ck_town_distance_towns')),
    sa.CheckConstraint("km > 0 AND minutes > 0", name=op.f('ck_town_distance_far')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_town_distance')),
    sa.UniqueConstraint('one', 'other', name=op.f('uq_town_distance_one_other'))
    )


def downgrade() -> None:
    op.drop_table('town_distance')
