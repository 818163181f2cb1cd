"""Citizens, their addresses, merges and splits of records, what they want and think, and the receipts they hold."""

from datetime import date, datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, and_, column, false
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import ID_CHARS, Row, reference


class CitizenRow(Sealable, Row):
    """A person or enterprise. `sealed` while the only approach known is a confidential one."""

    __tablename__ = "citizens"

    kind: Mapped[str] = mapped_column(String(16), default="person")  # person | enterprise
    class_key: Mapped[str | None] = mapped_column(String(32))  # of the workspace's list of classes
    name: Mapped[str] = mapped_column(String(120), default="")
    honorific: Mapped[str | None] = mapped_column(String(16))  # only as stated: 先生, 女士
    organisation: Mapped[str] = mapped_column(String(160), default="")
    credit_code: Mapped[str | None] = mapped_column(String(18))
    language: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")
    merged_into_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


_ONE_OWNER = and_(column("stated") == false(), column("shared") == false())


class AddressRow(Sealable, Row):
    """Where a citizen can be reached, normalised. A seen one belongs to one citizen; several may state the same.

    A shared one (the front desk of a company) is used by several people and says nothing about who is calling.
    """

    __tablename__ = "addresses"
    __table_args__ = (
        Index(
            "uq_addresses_seen",
            "workspace_id",
            "kind",
            "value",
            "sealed",
            unique=True,
            sqlite_where=_ONE_OWNER,
            postgresql_where=_ONE_OWNER,
        ),
        Index("ix_addresses_kind_value", "kind", "value"),
    )

    citizen_id: Mapped[str] = reference("citizens.id")
    kind: Mapped[str] = mapped_column(String(16))  # phone | mail | telegram | chat | a plug-in's own
    value: Mapped[str] = mapped_column(String(254))
    stated: Mapped[bool] = mapped_column(default=False)  # named by the citizen, not seen by us
    shared: Mapped[bool] = mapped_column(default=False)
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


class SplitRow(Row):
    """Addresses of one record that turned out to be somebody else's, with what came from them, and what undoes it."""

    __tablename__ = "splits"

    from_id: Mapped[str] = reference("citizens.id")
    new_id: Mapped[str] = reference("citizens.id")
    reason: Mapped[str] = mapped_column(String(500))
    moved_address_ids: Mapped[list[str]]
    moved_contact_ids: Mapped[list[str]]
    split_by_id: Mapped[str] = mapped_column(String(ID_CHARS))
    split_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[str | None] = mapped_column(String(ID_CHARS))


class DismissedMatchRow(Row):
    """Two records that somebody said are not the same citizen: not suggested again."""

    __tablename__ = "dismissed_matches"
    __table_args__ = (UniqueConstraint("one_id", "other_id"),)

    one_id: Mapped[str] = reference("citizens.id")
    other_id: Mapped[str] = reference("citizens.id")


class RepresentativeRow(Sealable, Row):
    """A person who speaks for an enterprise; sealed with either of them."""

    __tablename__ = "representatives"
    __table_args__ = (UniqueConstraint("enterprise_id", "person_id"),)

    enterprise_id: Mapped[str] = reference("citizens.id")
    person_id: Mapped[str] = reference("citizens.id")
    role: Mapped[str] = mapped_column(String(80), default="")
    added_by_id: Mapped[str] = mapped_column(String(ID_CHARS))
    added_at: Mapped[datetime]


class DoNotContactRow(Sealable, Row):
    """The citizen wants nothing by this channel but answers to what they asked."""

    __tablename__ = "do_not_contact"
    __table_args__ = (UniqueConstraint("citizen_id", "channel"),)

    citizen_id: Mapped[str] = reference("citizens.id")
    channel: Mapped[str] = mapped_column(String(16))  # * is every channel
    reason: Mapped[str] = mapped_column(String(500), default="")
    set_by_id: Mapped[str | None] = mapped_column(String(ID_CHARS))  # None: by the citizen themselves
    set_at: Mapped[datetime]


class BlockedAddressRow(Row):
    """What comes from here is kept in the ledger and goes no further."""

    __tablename__ = "blocked_addresses"
    __table_args__ = (UniqueConstraint("workspace_id", "kind", "value"),)

    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(String(500))
    until: Mapped[datetime | None]
    blocked_by_id: Mapped[str] = mapped_column(String(ID_CHARS))
    blocked_at: Mapped[datetime]


class SatisfactionRow(Sealable, Row):
    """What a citizen was asked after a contact had closed, never a report; and said: 1 (very satisfied) to 5 (not)."""

    __tablename__ = "satisfaction"
    __table_args__ = (
        UniqueConstraint("contact_id"),
        Index("ix_satisfaction_recipient", "channel", "recipient"),
    )

    contact_id: Mapped[str] = reference("contacts.id", index=False)
    citizen_id: Mapped[str | None] = reference("citizens.id")
    channel: Mapped[str] = mapped_column(String(16))  # it was asked by
    recipient: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime | None]  # None: not asked, told on a page all the same
    not_asked: Mapped[str | None] = mapped_column(String(24))  # why it was not
    service: Mapped[int | None]
    result: Mapped[int | None]
    comment: Mapped[str] = mapped_column(String(1000), default="")
    answered_at: Mapped[datetime | None] = mapped_column(index=True)
    answered_by: Mapped[str | None] = mapped_column(String(16))  # channel


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


class ReceiptAskerRow(Row):
    """An address from which number and PIN of somebody's matter were given. None is kept of a report."""

    __tablename__ = "receipt_askers"
    __table_args__ = (
        UniqueConstraint("receipt_id", "kind", "value"),
        Index("ix_receipt_askers_kind_value", "kind", "value"),
    )

    receipt_id: Mapped[str] = reference("receipts.id", index=False)
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime]


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
