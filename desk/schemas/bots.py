"""Telegram bots."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class BotInput(BaseModel):
    """`token` is what BotFather gave; it is encrypted at rest and never given back. None on a change: as it was."""

    name: str = Field(min_length=1, max_length=80)
    token: str | None = Field(default=None, max_length=130)
    mode: Literal["polling", "webhook"] = "polling"
    language: Literal["zh-CN", "en"] = "zh-CN"
    enabled: bool = True


class BotView(BaseModel):
    id: str
    version: int
    name: str
    username: str = Field(description="As Telegram calls it, without @; empty until it has answered once")
    mode: str
    language: str
    enabled: bool
    from_environment: bool
    webhook_path: str = Field(description="Where Telegram posts, under the public address")
    state: str = Field(description="starting, connected, retrying, stopped")
    last_success_at: datetime | None
    last_error: str
    last_error_at: datetime | None
