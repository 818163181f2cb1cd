"""Fax by mail and letters: what a mailbox receives, and the text that was recognised in a file"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mailboxes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("profile", sa.String(length=16), nullable=False, server_default="mail"))
        batch_op.add_column(sa.Column("fax_senders", sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column("fax_gateway", sa.String(length=254), nullable=True))
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recognised", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.drop_column("recognised")
    with op.batch_alter_table("mailboxes", schema=None) as batch_op:
        for column in ("fax_gateway", "fax_senders", "profile"):
            batch_op.drop_column(column)
