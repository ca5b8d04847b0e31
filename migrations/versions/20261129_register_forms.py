"""What the register's forms keep: undo, merges, answers, invitations, reports of organisations, a meeting's own rules.

Revision ID: 20261129_register_forms
Revises: 20261122_first
"""

import sqlalchemy as sa
from alembic import op

from scheduler.i18n import search_key

revision = '20261129_register_forms'
down_revision = '20261122_first'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('seat_check',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('asked_on', sa.Date(), nullable=False),
    sa.Column('answer_by_on', sa.Date(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by', sa.String(length=200), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_seat_check_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat_check')),
    sa.UniqueConstraint('organisation_id', 'asked_on', name=op.f('uq_seat_check_organisation_id_asked_on'))
    )
    with op.batch_alter_table('seat_check', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_check_asked_on'), ['asked_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_check_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('login', sa.String(length=320), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=True),
    sa.Column('forum_id', sa.Integer(), nullable=True),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('invited_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_invitation_forum_id')),
    sa.ForeignKeyConstraint(['invited_by_id'], ['user.id'], name=op.f('fk_invitation_invited_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_invitation_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitation_token_hash'))
    )
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitation_login'), ['login'], unique=False)

    op.create_table('meeting_theme',
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('theme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_theme_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['theme_id'], ['theme.id'], name=op.f('fk_meeting_theme_theme_id')),
    sa.PrimaryKeyConstraint('meeting_id', 'theme_id', name=op.f('pk_meeting_theme'))
    )
    with op.batch_alter_table('meeting_theme', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_meeting_theme_theme_id'), ['theme_id'], unique=False)

    op.create_table('representative_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('given_name', sa.String(length=100), nullable=False),
    sa.Column('family_name', sa.String(length=100), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.String(length=200), nullable=True),
    sa.Column('reason', sa.String(length=20000), nullable=True),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'confirmed', 'declined')", name=op.f('ck_representative_report_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_representative_report_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_representative_report_person_id')),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_representative_report_seat_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_representative_report'))
    )
    with op.batch_alter_table('representative_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_representative_report_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_representative_report_seat_id'), ['seat_id'], unique=False)

    op.create_table('reply',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('invitee_id', sa.Integer(), nullable=False),
    sa.Column('answer', sa.String(length=10), nullable=False),
    sa.Column('comment', sa.String(length=200), nullable=True),
    sa.Column('via', sa.String(length=10), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("answer IN ('yes', 'remote', 'no', 'maybe')", name=op.f('ck_reply_answer')),
    sa.ForeignKeyConstraint(['invitee_id'], ['invitee.id'], name=op.f('fk_reply_invitee_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reply'))
    )
    with op.batch_alter_table('reply', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reply_invitee_id'), ['invitee_id'], unique=False)

    with op.batch_alter_table('history_entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('change_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('rows', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('undoes_id', sa.Integer(), nullable=True))
        batch_op.create_index('ix_history_entry_change_id', ['change_id'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_history_entry_undoes_id'), ['undoes_id'])
        batch_op.create_foreign_key(batch_op.f('fk_history_entry_undoes_id'), 'history_entry', ['undoes_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_history_entry_change_id'), 'history_entry', ['change_id'], ['id'])

    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.add_column(sa.Column('search_key', sa.String(length=800), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('formality', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('quorum_rule', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('quorum_number', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('notice_n', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('notice_unit', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('minutes_days', sa.Integer(), nullable=True))

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('merged_into_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('link_epoch', sa.Integer(), nullable=False, server_default='1'))
        batch_op.create_index(batch_op.f('ix_organisation_merged_into_id'), ['merged_into_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_organisation_merged_into_id'), 'organisation', ['merged_into_id'], ['id'])

    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('merged_into_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_person_merged_into_id'), ['merged_into_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_person_merged_into_id'), 'person', ['merged_into_id'], ['id'])

    _fold_titles()


def _fold_titles() -> None:
    """Titles that are there already are found as well; folded as the product folds them today."""
    meeting = sa.table('meeting', sa.column('id'), sa.column('title'), sa.column('search_key'))
    connection = op.get_bind()
    for id_, title in connection.execute(sa.select(meeting.c.id, meeting.c.title).where(meeting.c.title.is_not(None))).all():
        connection.execute(sa.update(meeting).where(meeting.c.id == id_).values(search_key=search_key(title)[:800]))


def downgrade() -> None:
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_person_merged_into_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_person_merged_into_id'))
        batch_op.drop_column('merged_into_id')

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_organisation_merged_into_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_organisation_merged_into_id'))
        batch_op.drop_column('link_epoch')
        batch_op.drop_column('merged_into_id')

    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.drop_column('minutes_days')
        batch_op.drop_column('notice_unit')
        batch_op.drop_column('notice_n')
        batch_op.drop_column('quorum_number')
        batch_op.drop_column('quorum_rule')
        batch_op.drop_column('formality')
        batch_op.drop_column('search_key')

    with op.batch_alter_table('history_entry', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_history_entry_change_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_history_entry_undoes_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_history_entry_undoes_id'), type_='unique')
        batch_op.drop_index('ix_history_entry_change_id')
        batch_op.drop_column('undoes_id')
        batch_op.drop_column('rows')
        batch_op.drop_column('change_id')

    with op.batch_alter_table('reply', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reply_invitee_id'))

    op.drop_table('reply')
    with op.batch_alter_table('representative_report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_representative_report_seat_id'))
        batch_op.drop_index(batch_op.f('ix_representative_report_organisation_id'))

    op.drop_table('representative_report')
    with op.batch_alter_table('meeting_theme', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_meeting_theme_theme_id'))

    op.drop_table('meeting_theme')
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invitation_login'))

    op.drop_table('invitation')
    with op.batch_alter_table('seat_check', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_seat_check_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_seat_check_asked_on'))

    op.drop_table('seat_check')
