"""PINs with which supervisors sign in on the telephone"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telephone_pins",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_telephone_pins_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telephone_pins")),
        sa.UniqueConstraint("account_id", name=op.f("uq_telephone_pins_account_id")),
    )
    op.create_index(op.f("ix_telephone_pins_account_id"), "telephone_pins", ["account_id"])


def downgrade() -> None:
    op.drop_table("telephone_pins")
