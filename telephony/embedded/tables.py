"""The legs of pages, kept so that a restarted process knows whom to wait for."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kit.tables import Row


class PageLegRow(Row):
    """`party`: `agent:<account id>` or `web:<session id>`. A leg without `ended_at` was going on."""

    __tablename__ = "page_legs"

    party: Mapped[str] = mapped_column(String(80))
    direction: Mapped[str] = mapped_column(String(8))
    caller: Mapped[str] = mapped_column(String(80))
    dialled: Mapped[str] = mapped_column(String(80))
    variables: Mapped[dict[str, str]]
    state: Mapped[str] = mapped_column(String(16))
    held: Mapped[bool] = mapped_column(default=False)
    bridge_id: Mapped[str | None] = mapped_column(String(36))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
