"""Parts of long texts, kept one by one until the whole is put together."""

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import ID_CHARS, Row, reference


class SmsSegmentRow(Sealable, Row):
    """One part; its own ledger row keeps it as it came, `joined_ledger_id` is that of the text it became part of.

    Parts with one `group_id` are of one text: a sender's references come round again, and then name another. Both rows
    are sealed from the first: nobody knows yet whether the text is confidential.
    """

    __tablename__ = "sms_segments"
    __table_args__ = (
        UniqueConstraint("group_id", "number"),
        Index("ix_sms_segments_text", "account_id", "source", "destination", "mark", "total"),
        Index("ix_sms_segments_open", "account_id", "joined_at"),
    )

    account_id: Mapped[str] = mapped_column(String(ID_CHARS))
    group_id: Mapped[str] = mapped_column(String(ID_CHARS))
    source: Mapped[str] = mapped_column(String(80))
    destination: Mapped[str] = mapped_column(String(80))
    mark: Mapped[str] = mapped_column(String(16))  # the reference with its kind: udh:7
    total: Mapped[int]
    number: Mapped[int]
    data_coding: Mapped[int]
    octets: Mapped[str] = mapped_column(Text)  # hexadecimal
    received_at: Mapped[datetime]
    ledger_id: Mapped[str] = reference("ledger.id", index=False)
    joined_at: Mapped[datetime | None]
    joined_ledger_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
