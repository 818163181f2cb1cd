"""Who gave number and PIN of a matter from another address"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt_askers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("receipt_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_askers_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_askers")),
        sa.UniqueConstraint("receipt_id", "kind", "value", name=op.f("uq_receipt_askers_receipt_id_kind_value")),
    )
    op.create_index("ix_receipt_askers_kind_value", "receipt_askers", ["kind", "value"])


def downgrade() -> None:
    op.drop_table("receipt_askers")
