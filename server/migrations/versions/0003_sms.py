"""Text messages: accounts, segments, templates"""

import sqlalchemy as sa
from alembic import op

from kit.tables import JSON_TYPE

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sms_accounts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("environment_key", sa.String(length=80), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("sign", sa.String(length=32), nullable=False),
        sa.Column("settings", JSON_TYPE, nullable=False),
        sa.Column("secret", sa.String(length=8000), nullable=False),
        sa.Column("throughput", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_accounts")),
        sa.UniqueConstraint(
            "workspace_id", "environment_key", name=op.f("uq_sms_accounts_workspace_id_environment_key")
        ),
    )
    _templates()
    _parts()
    _answers()
    _segments()


def _templates() -> None:
    op.create_table(
        "sms_templates",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["sms_accounts.id"], name=op.f("fk_sms_templates_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_templates")),
        sa.UniqueConstraint("account_id", "code", name=op.f("uq_sms_templates_account_id_code")),
    )
    with op.batch_alter_table("sms_templates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sms_templates_account_id"), ["account_id"], unique=False)


def _parts() -> None:
    op.create_table(
        "sms_parts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("outbox_id", sa.String(length=36), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_parts")),
        sa.UniqueConstraint("account_id", "provider_id", name=op.f("uq_sms_parts_account_id_provider_id")),
    )
    with op.batch_alter_table("sms_parts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sms_parts_outbox_id"), ["outbox_id"], unique=False)


def _answers() -> None:
    op.create_table(
        "sms_answers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=False),
        sa.Column("recipient", sa.String(length=32), nullable=False),
        sa.Column("command", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_answers")),
        sa.UniqueConstraint("account_id", "provider_id", name=op.f("uq_sms_answers_account_id_provider_id")),
    )
    with op.batch_alter_table("sms_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sms_answers_due"), ["state", "next_attempt_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sms_answers_recipient"), ["recipient", "created_at"], unique=False)


def _segments() -> None:
    op.create_table(
        "sms_segments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("destination", sa.String(length=80), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data_coding", sa.Integer(), nullable=False),
        sa.Column("octets", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_id", sa.String(length=36), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_ledger_id", sa.String(length=36), nullable=True),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_sms_segments_ledger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_segments")),
        sa.UniqueConstraint("group_id", "number", name=op.f("uq_sms_segments_group_id_number")),
    )
    with op.batch_alter_table("sms_segments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sms_segments_text"), ["account_id", "source", "destination", "mark", "total"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sms_segments_open"), ["account_id", "joined_at"], unique=False)


def downgrade() -> None:
    for table in ("sms_segments", "sms_answers", "sms_parts", "sms_templates", "sms_accounts"):
        op.drop_table(table)
