"""What the operator may say about bots, by the desk or by the environment."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# https://core.telegram.org/bots/api: files that a bot may fetch from the public server.
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024


class BotSettings(BaseModel):
    """One bot. `token` is BotFather's; None on a change means: as it was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    token: str | None = Field(default=None, pattern=r"^\d{1,20}:[A-Za-z0-9_-]{20,100}$", repr=False)
    mode: Literal["polling", "webhook"] = "polling"
    language: Literal["zh-CN", "en"] = "zh-CN"
    enabled: bool = True


class TelegramSettings(BaseModel):
    """Of the channel as a whole. `api_url`: the public Bot API server, or one of your own that it is forwarded by."""

    model_config = ConfigDict(frozen=True)

    api_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://")
    bots: dict[str, BotSettings] = Field(default_factory=dict)
    poll_timeout_s: int = Field(default=50, ge=0, le=50)
    webhook_check_s: float = Field(default=60.0, gt=0)
    longest_retry_s: float = Field(default=60.0, gt=0)
