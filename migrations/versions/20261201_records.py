"""Agenda, documents, attendance, minutes, decisions and action points: what a meeting is about and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261201_records"
down_revision = "20261130_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('document_content',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_document_content'))
    )
    op.create_table('minutes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('opening', sa.String(length=20000), nullable=True),
    sa.Column('closing', sa.String(length=20000), nullable=True),
    sa.Column('secretary_id', sa.Integer(), nullable=True),
    sa.Column('adjusting_note', sa.String(length=200), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('object_by_on', sa.Date(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_by_meeting_id', sa.Integer(), nullable=True),
    sa.Column('adjusted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('locked', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('locked_sha256', sa.String(length=64), nullable=True),
    sa.Column('posted_on', sa.Date(), nullable=True),
    sa.Column('posted_until_on', sa.Date(), nullable=True),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('notes', 'protocol')", name=op.f('ck_minutes_kind')),
    sa.CheckConstraint("state IN ('draft', 'sent', 'approved', 'adjusting', 'adjusted', 'posted', 'archived')", name=op.f('ck_minutes_state')),
    sa.ForeignKeyConstraint(['approved_by_meeting_id'], ['meeting.id'], name=op.f('fk_minutes_approved_by_meeting_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_minutes_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['secretary_id'], ['person.id'], name=op.f('fk_minutes_secretary_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_minutes')),
    sa.UniqueConstraint('meeting_id', name=op.f('uq_minutes_meeting_id'))
    )
    with op.batch_alter_table('minutes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_minutes_secretary_id'), ['secretary_id'], unique=False)

    op.create_table('adjuster',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('minutes_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('is_chair', sa.Boolean(), nullable=False),
    sa.Column('adjusted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('adjusted_sha256', sa.String(length=64), nullable=True),
    sa.Column('objection', sa.String(length=20000), nullable=True),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['minutes_id'], ['minutes.id'], name=op.f('fk_adjuster_minutes_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_adjuster_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_adjuster')),
    sa.UniqueConstraint('minutes_id', 'person_id', name=op.f('uq_adjuster_minutes_id_person_id'))
    )
    with op.batch_alter_table('adjuster', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_adjuster_minutes_id'), ['minutes_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_adjuster_person_id'), ['person_id'], unique=False)

    op.create_table('paragraph_count',
    sa.Column('forum_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_paragraph_count_forum_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('forum_id', 'year', name=op.f('pk_paragraph_count'))
    )
    op.create_table('agenda',
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_agenda_meeting_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('meeting_id', name=op.f('pk_agenda'))
    )
    op.create_table('agenda_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=400), nullable=False),
    sa.Column('text', sa.String(length=20000), nullable=True),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('presenter', sa.String(length=200), nullable=True),
    sa.Column('minutes', sa.Integer(), nullable=True),
    sa.Column('standing_item_id', sa.Integer(), nullable=True),
    sa.Column('carried_from_id', sa.Integer(), nullable=True),
    sa.Column('public', sa.Boolean(), nullable=False),
    sa.Column('secrecy_ground', sa.String(length=200), nullable=True),
    sa.Column('registry_number', sa.String(length=200), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('state_reason', sa.String(length=200), nullable=True),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('formality', 'information', 'discussion', 'decision')", name=op.f('ck_agenda_item_kind')),
    sa.CheckConstraint("state IN ('planned', 'handled', 'tabled', 'referred', 'moved', 'dropped')", name=op.f('ck_agenda_item_state')),
    sa.ForeignKeyConstraint(['carried_from_id'], ['agenda_item.id'], name=op.f('fk_agenda_item_carried_from_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_agenda_item_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['standing_item_id'], ['standing_item.id'], name=op.f('fk_agenda_item_standing_item_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agenda_item'))
    )
    with op.batch_alter_table('agenda_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agenda_item_carried_from_id'), ['carried_from_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_meeting_id'), ['meeting_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agenda_item_standing_item_id'), ['standing_item_id'], unique=False)

    op.create_table('action_point',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('forum_id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=True),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.String(length=20000), nullable=False),
    sa.Column('owner_person_id', sa.Integer(), nullable=True),
    sa.Column('owner_organisation_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('show_from_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('outcome', sa.String(length=20000), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'done', 'dropped')", name=op.f('ck_action_point_state')),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_action_point_forum_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], name=op.f('fk_action_point_item_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_action_point_meeting_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['owner_organisation_id'], ['organisation.id'], name=op.f('fk_action_point_owner_organisation_id')),
    sa.ForeignKeyConstraint(['owner_person_id'], ['person.id'], name=op.f('fk_action_point_owner_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_action_point'))
    )
    with op.batch_alter_table('action_point', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_action_point_forum_id'), ['forum_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_action_point_item_id'), ['item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_action_point_meeting_id'), ['meeting_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_action_point_owner_organisation_id'), ['owner_organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_action_point_owner_person_id'), ['owner_person_id'], unique=False)
        batch_op.create_index('ix_action_point_state_due_on', ['state', 'due_on'], unique=False)

    op.create_table('attendance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('role', sa.String(length=12), nullable=True),
    sa.Column('seat_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('from_item_id', sa.Integer(), nullable=True),
    sa.Column('to_item_id', sa.Integer(), nullable=True),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('person_id IS NOT NULL OR name IS NOT NULL', name=op.f('ck_attendance_somebody')),
    sa.CheckConstraint("status IN ('present', 'remote', 'notified', 'absent')", name=op.f('ck_attendance_status')),
    sa.ForeignKeyConstraint(['from_item_id'], ['agenda_item.id'], name=op.f('fk_attendance_from_item_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_attendance_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_attendance_person_id')),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_attendance_seat_id')),
    sa.ForeignKeyConstraint(['to_item_id'], ['agenda_item.id'], name=op.f('fk_attendance_to_item_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    sa.UniqueConstraint('meeting_id', 'person_id', name=op.f('uq_attendance_meeting_id_person_id'))
    )
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_from_item_id'), ['from_item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_meeting_id'), ['meeting_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_seat_id'), ['seat_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_to_item_id'), ['to_item_id'], unique=False)

    op.create_table('decision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('forum_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('paragraph', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('text', sa.String(length=20000), nullable=False),
    sa.Column('reservations', sa.String(length=20000), nullable=True),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_decision_forum_id')),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], name=op.f('fk_decision_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision')),
    sa.UniqueConstraint('forum_id', 'year', 'paragraph', name=op.f('uq_decision_forum_id_year_paragraph')),
    sa.UniqueConstraint('item_id', name=op.f('uq_decision_item_id'))
    )
    op.create_table('document',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('forum_id', sa.Integer(), nullable=True),
    sa.Column('meeting_id', sa.Integer(), nullable=True),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('visibility', sa.String(length=12), nullable=False),
    sa.Column('secrecy_ground', sa.String(length=200), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("visibility IN ('public', 'participants', 'secretariat')", name=op.f('ck_document_visibility')),
    sa.CheckConstraint('meeting_id IS NOT NULL OR forum_id IS NOT NULL', name=op.f('ck_document_owner')),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_document_forum_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], name=op.f('fk_document_item_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_document_meeting_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document'))
    )
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_forum_id'), ['forum_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_document_item_id'), ['item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_document_meeting_id'), ['meeting_id'], unique=False)

    op.create_table('item_record',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=20000), nullable=True),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('decision_text', sa.String(length=20000), nullable=True),
    sa.Column('reservations', sa.String(length=20000), nullable=True),
    sa.Column('began', sa.Time(), nullable=True),
    sa.Column('ended', sa.Time(), nullable=True),
    sa.Column('adjusted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("outcome IN ('none', 'as_proposed', 'with_change', 'rejected', 'tabled', 'referred')", name=op.f('ck_item_record_outcome')),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], name=op.f('fk_item_record_item_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('item_id', name=op.f('pk_item_record'))
    )
    op.create_table('document_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('filename', sa.String(length=200), nullable=True),
    sa.Column('media_type', sa.String(length=120), nullable=True),
    sa.Column('size', sa.Integer(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('link', sa.String(length=1000), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(sha256 IS NULL) <> (link IS NULL)', name=op.f('ck_document_version_file_or_link')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_document_version_document_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sha256'], ['document_content.sha256'], name=op.f('fk_document_version_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document_version')),
    sa.UniqueConstraint('document_id', 'number', name=op.f('uq_document_version_document_id_number'))
    )
    with op.batch_alter_table('document_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_version_document_id'), ['document_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_document_version_sha256'), ['sha256'], unique=False)

    op.create_table('recusal',
    sa.Column('attendance_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['attendance_id'], ['attendance.id'], name=op.f('fk_recusal_attendance_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], name=op.f('fk_recusal_item_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('attendance_id', 'item_id', name=op.f('pk_recusal'))
    )
    with op.batch_alter_table('recusal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recusal_item_id'), ['item_id'], unique=False)

    op.create_table('serving',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('attendance_id', sa.Integer(), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('from_item_id', sa.Integer(), nullable=True),
    sa.Column('to_item_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['attendance_id'], ['attendance.id'], name=op.f('fk_serving_attendance_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['from_item_id'], ['agenda_item.id'], name=op.f('fk_serving_from_item_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_serving_seat_id')),
    sa.ForeignKeyConstraint(['to_item_id'], ['agenda_item.id'], name=op.f('fk_serving_to_item_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_serving'))
    )
    with op.batch_alter_table('serving', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_serving_attendance_id'), ['attendance_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_serving_from_item_id'), ['from_item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_serving_seat_id'), ['seat_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_serving_to_item_id'), ['to_item_id'], unique=False)


def downgrade() -> None:

    with op.batch_alter_table('serving', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_serving_to_item_id'))
        batch_op.drop_index(batch_op.f('ix_serving_seat_id'))
        batch_op.drop_index(batch_op.f('ix_serving_from_item_id'))
        batch_op.drop_index(batch_op.f('ix_serving_attendance_id'))

    op.drop_table('serving')
    with op.batch_alter_table('recusal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recusal_item_id'))

    op.drop_table('recusal')
    with op.batch_alter_table('document_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_version_sha256'))
        batch_op.drop_index(batch_op.f('ix_document_version_document_id'))

    op.drop_table('document_version')
    op.drop_table('item_record')
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_meeting_id'))
        batch_op.drop_index(batch_op.f('ix_document_item_id'))
        batch_op.drop_index(batch_op.f('ix_document_forum_id'))

    op.drop_table('document')
    op.drop_table('decision')
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_to_item_id'))
        batch_op.drop_index(batch_op.f('ix_attendance_seat_id'))
        batch_op.drop_index(batch_op.f('ix_attendance_person_id'))
        batch_op.drop_index(batch_op.f('ix_attendance_meeting_id'))
        batch_op.drop_index(batch_op.f('ix_attendance_from_item_id'))

    op.drop_table('attendance')
    with op.batch_alter_table('action_point', schema=None) as batch_op:
        batch_op.drop_index('ix_action_point_state_due_on')
        batch_op.drop_index(batch_op.f('ix_action_point_owner_person_id'))
        batch_op.drop_index(batch_op.f('ix_action_point_owner_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_action_point_meeting_id'))
        batch_op.drop_index(batch_op.f('ix_action_point_item_id'))
        batch_op.drop_index(batch_op.f('ix_action_point_forum_id'))

    op.drop_table('action_point')
    with op.batch_alter_table('agenda_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_agenda_item_standing_item_id'))
        batch_op.drop_index(batch_op.f('ix_agenda_item_meeting_id'))
        batch_op.drop_index(batch_op.f('ix_agenda_item_carried_from_id'))

    op.drop_table('agenda_item')
    op.drop_table('agenda')
    op.drop_table('paragraph_count')
    with op.batch_alter_table('adjuster', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_adjuster_person_id'))
        batch_op.drop_index(batch_op.f('ix_adjuster_minutes_id'))

    op.drop_table('adjuster')
    with op.batch_alter_table('minutes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_minutes_secretary_id'))

    op.drop_table('minutes')
    op.drop_table('document_content')
