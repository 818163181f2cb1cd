"""Trunks, extensions, web calls"""

import sqlalchemy as sa
from alembic import op

from kit.tables import JSON_TYPE

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trunks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("secret", sa.String(length=1000), nullable=False),
        sa.Column("registers", sa.Boolean(), nullable=False),
        sa.Column("addresses", JSON_TYPE, nullable=False),
        sa.Column("caller_id", sa.String(length=32), nullable=False),
        sa.Column("other_caller_ids", JSON_TYPE, nullable=False),
        sa.Column("prefixes", JSON_TYPE, nullable=False),
        sa.Column("number_format", sa.String(length=8), nullable=False),
        sa.Column("detects_fax", sa.Boolean(), nullable=False),
        sa.Column("flows", JSON_TYPE, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trunks")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_trunks_workspace_id_name")),
    )
    op.create_table(
        "phones",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("secret", sa.String(length=1000), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_phones_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones")),
        sa.UniqueConstraint("account_id", "kind", name=op.f("uq_phones_account_id_kind")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_phones_workspace_id_number")),
    )
    op.create_table(
        "page_legs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("caller", sa.String(length=80), nullable=False),
        sa.Column("dialled", sa.String(length=80), nullable=False),
        sa.Column("variables", JSON_TYPE, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_legs")),
    )
    op.create_index(op.f("ix_page_legs_ended_at"), "page_legs", ["ended_at"])


def downgrade() -> None:
    op.drop_table("page_legs")
    op.drop_table("phones")
    op.drop_table("trunks")
