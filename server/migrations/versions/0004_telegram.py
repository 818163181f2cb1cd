"""Telegram bots"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telegram_bots",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("environment_key", sa.String(length=80), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=1000), nullable=False),
        sa.Column("webhook_secret", sa.String(length=1000), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("last_update_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_bots")),
        sa.UniqueConstraint(
            "workspace_id", "environment_key", name=op.f("uq_telegram_bots_workspace_id_environment_key")
        ),
    )

    op.create_table(
        "telegram_chats",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("bot_id", sa.String(length=36), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["telegram_bots.id"], name=op.f("fk_telegram_chats_bot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_chats")),
        sa.UniqueConstraint("bot_id", "chat_id", name=op.f("uq_telegram_chats_bot_id_chat_id")),
    )
    with op.batch_alter_table("telegram_chats", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_telegram_chats_bot_id"), ["bot_id"], unique=False)

    op.create_table(
        "telegram_answers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("bot_id", sa.String(length=36), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["telegram_bots.id"], name=op.f("fk_telegram_answers_bot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_answers")),
        sa.UniqueConstraint("bot_id", "cause", name=op.f("uq_telegram_answers_bot_id_cause")),
    )
    with op.batch_alter_table("telegram_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_telegram_answers_bot_id"), ["bot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_telegram_answers_next_attempt_at"), ["next_attempt_at"], unique=False)

    op.create_table(
        "telegram_parts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_parts")),
        sa.UniqueConstraint("message_id", "part", name=op.f("uq_telegram_parts_message_id_part")),
    )


def downgrade() -> None:
    op.drop_table("telegram_parts")
    op.drop_table("telegram_answers")
    op.drop_table("telegram_chats")
    op.drop_table("telegram_bots")
