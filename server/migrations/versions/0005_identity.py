"""Citizens and enterprises over all channels, satisfaction"""

import sqlalchemy as sa
from alembic import op

from kit.ids import new_id
from kit.tables import JSON_TYPE

CLASSES = (
    ("resident", "市民", "Resident"),
    ("researcher", "科研人员", "Researcher"),
    ("foreign_expert", "外国专家", "Foreign expert"),
    ("high_tech", "高新技术企业", "High-tech enterprise"),
    ("small_tech", "科技型中小企业", "Small technology enterprise"),
    ("institution", "高校院所", "University or institute"),
    ("agency", "服务机构", "Service agency"),
    ("key", "重点服务对象", "Specially served"),
)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("citizens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("class_key", sa.String(length=32), nullable=True))
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.alter_column("shared", server_default=None)
        batch_op.drop_index("uq_addresses_seen")
    op.create_index(
        "uq_addresses_seen",
        "addresses",
        ["workspace_id", "kind", "value", "sealed"],
        unique=True,
        sqlite_where=sa.text("stated = 0 AND shared = 0"),
        postgresql_where=sa.text("NOT stated AND NOT shared"),
    )
    op.create_index("ix_outbox_recipient", "outbox", ["channel", "recipient"], unique=False)
    _splits()
    _representatives()
    _wishes()
    _satisfaction()
    _texts()
    _classes()


def _splits() -> None:
    op.create_table(
        "splits",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("from_id", sa.String(length=36), nullable=False),
        sa.Column("new_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("moved_address_ids", JSON_TYPE, nullable=False),
        sa.Column("moved_contact_ids", JSON_TYPE, nullable=False),
        sa.Column("split_by_id", sa.String(length=36), nullable=False),
        sa.Column("split_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.String(length=36), nullable=True),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["citizens.id"], name=op.f("fk_splits_from_id")),
        sa.ForeignKeyConstraint(["new_id"], ["citizens.id"], name=op.f("fk_splits_new_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_splits")),
    )
    op.create_index(op.f("ix_splits_from_id"), "splits", ["from_id"], unique=False)
    op.create_index(op.f("ix_splits_new_id"), "splits", ["new_id"], unique=False)


def _representatives() -> None:
    op.create_table(
        "representatives",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("added_by_id", sa.String(length=36), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["enterprise_id"], ["citizens.id"], name=op.f("fk_representatives_enterprise_id")),
        sa.ForeignKeyConstraint(["person_id"], ["citizens.id"], name=op.f("fk_representatives_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representatives")),
        sa.UniqueConstraint("enterprise_id", "person_id", name=op.f("uq_representatives_enterprise_id_person_id")),
    )
    op.create_index(op.f("ix_representatives_enterprise_id"), "representatives", ["enterprise_id"], unique=False)
    op.create_index(op.f("ix_representatives_person_id"), "representatives", ["person_id"], unique=False)


def _wishes() -> None:
    op.create_table(
        "do_not_contact",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("citizen_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("set_by_id", sa.String(length=36), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizens.id"], name=op.f("fk_do_not_contact_citizen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_contact")),
        sa.UniqueConstraint("citizen_id", "channel", name=op.f("uq_do_not_contact_citizen_id_channel")),
    )
    op.create_index(op.f("ix_do_not_contact_citizen_id"), "do_not_contact", ["citizen_id"], unique=False)
    op.create_table(
        "blocked_addresses",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_by_id", sa.String(length=36), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_addresses")),
        sa.UniqueConstraint("workspace_id", "kind", "value", name=op.f("uq_blocked_addresses_workspace_id_kind_value")),
    )


def _satisfaction() -> None:
    op.create_table(
        "satisfaction",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("citizen_id", sa.String(length=36), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_asked", sa.String(length=24), nullable=True),
        sa.Column("service", sa.Integer(), nullable=True),
        sa.Column("result", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(length=1000), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=16), nullable=True),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_satisfaction_contact_id")),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizens.id"], name=op.f("fk_satisfaction_citizen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_satisfaction")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_satisfaction_contact_id")),
    )
    op.create_index(op.f("ix_satisfaction_citizen_id"), "satisfaction", ["citizen_id"], unique=False)
    op.create_index(op.f("ix_satisfaction_answered_at"), "satisfaction", ["answered_at"], unique=False)
    op.create_index("ix_satisfaction_recipient", "satisfaction", ["channel", "recipient"], unique=False)


def _texts() -> None:
    op.create_table(
        "automatic_texts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_by_id", sa.String(length=36), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automatic_texts")),
        sa.UniqueConstraint(
            "workspace_id",
            "key",
            "channel",
            "language",
            name=op.f("uq_automatic_texts_workspace_id_key_channel_language"),
        ),
    )


def _classes() -> None:
    """The words for workspaces that are there already; a new one gets them with its other lists."""
    choices = sa.table(
        "choices",
        *(sa.column(name) for name in ("id", "workspace_id", "list", "key", "label", "label_en", "position")),
        sa.column("by_system", sa.Boolean()),
    )
    workspaces = op.get_bind().execute(sa.text("SELECT id FROM workspaces")).scalars().all()
    rows = [
        {
            "id": new_id(),
            "workspace_id": workspace_id,
            "list": "citizen_class",
            "key": key,
            "label": label,
            "label_en": label_en,
            "position": position,
            "by_system": False,
        }
        for workspace_id in workspaces
        for position, (key, label, label_en) in enumerate(CLASSES)
    ]
    if rows:
        op.bulk_insert(choices, rows)


def downgrade() -> None:
    op.execute("DELETE FROM choices WHERE list = 'citizen_class'")
    for table in (
        "automatic_texts",
        "satisfaction",
        "blocked_addresses",
        "do_not_contact",
        "representatives",
        "splits",
    ):
        op.drop_table(table)
    op.drop_index("ix_outbox_recipient", "outbox")
    op.drop_index("uq_addresses_seen", "addresses")
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.drop_column("shared")
    op.create_index(
        "uq_addresses_seen",
        "addresses",
        ["workspace_id", "kind", "value", "sealed"],
        unique=True,
        sqlite_where=sa.text("stated = 0"),
        postgresql_where=sa.text("NOT stated"),
    )
    with op.batch_alter_table("citizens", schema=None) as batch_op:
        batch_op.drop_column("class_key")
