"""Citizens, their addresses, merges of double records, and the receipts they hold."""

from datetime import date, datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, column, false
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import ID_CHARS, Row, reference


class CitizenRow(Sealable, Row):
    """A person or enterprise. `sealed` while the only approach known is a confidential one."""

    __tablename__ = "citizens"

    kind: Mapped[str] = mapped_column(String(16), default="person")  # person | enterprise
    name: Mapped[str] = mapped_column(String(120), default="")
    honorific: Mapped[str | None] = mapped_column(String(16))  # only as stated: 先生, 女士
    organisation: Mapped[str] = mapped_column(String(160), default="")
    credit_code: Mapped[str | None] = mapped_column(String(18))
    language: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")
    merged_into_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class AddressRow(Sealable, Row):
    """Where a citizen can be reached, normalised. A seen one belongs to one citizen; several may state the same."""

    __tablename__ = "addresses"
    __table_args__ = (
        Index(
            "uq_addresses_seen",
            "workspace_id",
            "kind",
            "value",
            "sealed",
            unique=True,
            sqlite_where=column("stated") == false(),
            postgresql_where=column("stated") == false(),
        ),
        Index("ix_addresses_kind_value", "kind", "value"),
    )

    citizen_id: Mapped[str] = reference("citizens.id")
    kind: Mapped[str] = mapped_column(String(16))  # phone | mail | chat
    value: Mapped[str] = mapped_column(String(254))
    stated: Mapped[bool] = mapped_column(default=False)  # named by the citizen, not seen by us
    created_at: Mapped[datetime]


class MergeRow(Row):
    """One merge, with what it takes to undo it."""

    __tablename__ = "merges"

    kept_id: Mapped[str] = reference("citizens.id")
    merged_id: Mapped[str] = reference("citizens.id")
    reason: Mapped[str] = mapped_column(String(500))
    moved_address_ids: Mapped[list[str]]
    merged_by_id: Mapped[str] = mapped_column(String(ID_CHARS))
    merged_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[str | None] = mapped_column(String(ID_CHARS))


class DismissedMatchRow(Row):
    """Two records that somebody said are not the same citizen: not suggested again."""

    __tablename__ = "dismissed_matches"
    __table_args__ = (UniqueConstraint("one_id", "other_id"),)

    one_id: Mapped[str] = reference("citizens.id")
    other_id: Mapped[str] = reference("citizens.id")


class ReceiptRow(Sealable, Row):
    """Number and PIN of one matter. The PIN is kept as a hash only."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("workspace_id", "number"),)

    number: Mapped[str] = mapped_column(String(14))
    pin_hash: Mapped[str] = mapped_column(String(200))
    contact_id: Mapped[str | None] = reference("contacts.id")
    case_id: Mapped[str | None] = reference("cases.id")
    citizen_id: Mapped[str | None] = reference("citizens.id")
    created_at: Mapped[datetime]


class ReceiptSerialRow(Row):
    """The last serial given out on a day in the workspace's time zone."""

    __tablename__ = "receipt_serials"
    __table_args__ = (UniqueConstraint("workspace_id", "day"),)

    day: Mapped[date]
    last: Mapped[int]


class ReceiptGuessRow(Row):
    """Wrong PINs by number and source together, so that a stranger cannot lock the true citizen out."""

    __tablename__ = "receipt_guesses"
    __table_args__ = (UniqueConstraint("workspace_id", "number", "source"),)

    number: Mapped[str] = mapped_column(String(14))
    source: Mapped[str] = mapped_column(String(64))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
