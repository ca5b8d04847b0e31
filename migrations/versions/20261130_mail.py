"""What mail needs besides reminders: choices, digests, holds, counts, and the mailbox that answers come to.

Mails that are there get their mailbox from their recipient.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_mail"
down_revision = "20261130_meeting_scopes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_count",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("on", "kind", "state", name=op.f("pk_mail_count")),
    )
    op.create_table(
        "mail_hold",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_mail_hold")),
    )
    op.create_table(
        "mail_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("frequency", sa.String(length=10), nullable=False),
        sa.Column("calendar", sa.String(length=12), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("calendar IN ('feed', 'invitations', 'both')", name=op.f("ck_mail_choice_calendar")),
        sa.CheckConstraint(
            "frequency IN ('each', 'daily', 'weekly', 'changes')", name=op.f("ck_mail_choice_frequency")
        ),
        sa.CheckConstraint("(person_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_mail_choice_one_owner")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_mail_choice_organisation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mail_choice_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_choice")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_mail_choice_organisation_id")),
        sa.UniqueConstraint("person_id", name=op.f("uq_mail_choice_person_id")),
    )
    op.create_table(
        "digest_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("time_rev", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stale_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["outbox_mail.id"], name=op.f("fk_digest_item_mail_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_digest_item_meeting_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_digest_item_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_item")),
        sa.UniqueConstraint("key", name=op.f("uq_digest_item_key")),
    )
    with op.batch_alter_table("digest_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_digest_item_mail_id"), ["mail_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_digest_item_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_digest_item_person_id"), ["person_id"], unique=False)

    op.create_table(
        "mail_stop",
        sa.Column("choice_id", sa.Integer(), nullable=False),
        sa.Column("forum_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["choice_id"], ["mail_choice.id"], name=op.f("fk_mail_stop_choice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["forum_id"], ["forum.id"], name=op.f("fk_mail_stop_forum_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("choice_id", "forum_id", name=op.f("pk_mail_stop")),
    )
    op.create_table(
        "incoming_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=400), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("comment", sa.String(length=400), nullable=True),
        sa.Column("invitee_id", sa.Integer(), nullable=True),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('done', 'look', 'seen')", name=op.f("ck_incoming_mail_state")),
        sa.ForeignKeyConstraint(
            ["invitee_id"], ["invitee.id"], name=op.f("fk_incoming_mail_invitee_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["outbox_mail.id"], name=op.f("fk_incoming_mail_mail_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_incoming_mail_meeting_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_incoming_mail_message_id")),
    )
    with op.batch_alter_table("incoming_mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incoming_mail_invitee_id"), ["invitee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_mail_mail_id"), ["mail_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_mail_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index("ix_incoming_mail_state_at", ["state", "at"], unique=False)

    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mailbox", sa.String(length=320), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("batch", sa.String(length=40), nullable=True))
        batch_op.create_index(batch_op.f("ix_outbox_mail_batch"), ["batch"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_mail_mailbox"), ["mailbox"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_mail_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_outbox_mail_organisation_id"), "organisation", ["organisation_id"], ["id"]
        )
    op.execute("UPDATE outbox_mail SET mailbox = lower(trim(recipient))")
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.alter_column("mailbox", existing_type=sa.String(length=320), nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_outbox_mail_organisation_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_outbox_mail_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_outbox_mail_mailbox"))
        batch_op.drop_index(batch_op.f("ix_outbox_mail_batch"))
        batch_op.drop_column("batch")
        batch_op.drop_column("organisation_id")
        batch_op.drop_column("mailbox")

    with op.batch_alter_table("incoming_mail", schema=None) as batch_op:
        batch_op.drop_index("ix_incoming_mail_state_at")
        batch_op.drop_index(batch_op.f("ix_incoming_mail_meeting_id"))
        batch_op.drop_index(batch_op.f("ix_incoming_mail_mail_id"))
        batch_op.drop_index(batch_op.f("ix_incoming_mail_invitee_id"))

    op.drop_table("incoming_mail")
    op.drop_table("mail_stop")
    with op.batch_alter_table("digest_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_digest_item_person_id"))
        batch_op.drop_index(batch_op.f("ix_digest_item_meeting_id"))
        batch_op.drop_index(batch_op.f("ix_digest_item_mail_id"))

    op.drop_table("digest_item")
    op.drop_table("mail_choice")
    op.drop_table("mail_hold")
    op.drop_table("mail_count")
