"""The directory of departments: numbers, hours, deputies"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXTS = {"number": 32, "opens": 5, "closes": 5, "deputy": 80, "deputy_number": 32}


def upgrade() -> None:
    with op.batch_alter_table("departments", schema=None) as batch_op:
        for name, length in TEXTS.items():
            batch_op.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("every_day", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    with op.batch_alter_table("departments", schema=None) as batch_op:
        for name in (*TEXTS, "every_day", "version"):
            batch_op.drop_column(name)
