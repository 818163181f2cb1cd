"""Trunks and phones. Secrets are encrypted."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.tables import Row, reference


class TrunkRow(Row):
    """A way to the telephone network: registered with a password, or known by its addresses.

    `prefixes`: the beginnings of E.164 numbers that go out here ("" for all); the longest that fits wins, then the
    lowest `position`. `flows`: called number to the key of an IVR flow.
    """

    __tablename__ = "trunks"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    name: Mapped[str] = mapped_column(String(80))
    host: Mapped[str] = mapped_column(String(253))
    port: Mapped[int] = mapped_column(default=5060)
    username: Mapped[str] = mapped_column(String(80), default="")
    secret: Mapped[str] = mapped_column(String(1000), default="")
    registers: Mapped[bool] = mapped_column(default=False)
    addresses: Mapped[list[str]] = mapped_column(default=list)
    caller_id: Mapped[str] = mapped_column(String(32), default="")
    other_caller_ids: Mapped[list[str]] = mapped_column(default=list)
    prefixes: Mapped[list[str]] = mapped_column(default=list)
    number_format: Mapped[str] = mapped_column(String(8), default="e164")  # e164 | national
    detects_fax: Mapped[bool] = mapped_column(default=True)
    flows: Mapped[dict[str, str]] = mapped_column(default=dict)
    position: Mapped[int] = mapped_column(default=0)
    enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class PhoneRow(Row):
    """A phone of the house under a short number: an agent's (with `account_id`) or a department's.

    `kind`: `page` is the softphone in the desk, `sip` any SIP phone.
    """

    __tablename__ = "phones"
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("account_id", "kind"),
    )

    number: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[str | None] = reference("accounts.id", index=False)
    kind: Mapped[str] = mapped_column(String(8), default="sip")
    secret: Mapped[str] = mapped_column(String(1000))
    enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
