"""What accounts with the other sides of channels have in common: mailboxes, accounts for text messages, bots."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from kit.tables import Row


class AccountState(StrEnum):
    STARTING = "starting"
    CONNECTED = "connected"
    RETRYING = "retrying"
    STOPPED = "stopped"


class AccountRow(Row):
    """One account. Its secrets stand in columns of its kind, encrypted; nobody reads them back.

    `environment_key` is set where the environment is the owner. `revision` grows with every change that a running
    loop has to obey, `version` with every change that pages show.
    """

    __abstract__ = True

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[UniqueConstraint]:
        return (UniqueConstraint("workspace_id", "environment_key"),)

    environment_key: Mapped[str | None] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80))
    enabled: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(16), default=AccountState.STARTING)
    last_success_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(500), default="")
    last_error_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def from_environment(self) -> bool:
        return self.environment_key is not None
