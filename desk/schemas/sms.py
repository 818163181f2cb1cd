"""Accounts with providers of text messages, approved templates, and what the composer needs of them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class SmsAccountInput(BaseModel):
    """`settings` are those of the kind. `secret` is encrypted at rest and never given back; None keeps it."""

    name: str = Field(min_length=1, max_length=80)
    kind: Literal["twilio", "aliyun", "tencent", "generic", "smpp"]
    number: str = Field(max_length=26)
    sign: str = Field(default="", max_length=32)
    settings: dict[str, Any]
    secret: str | None = Field(default=None, max_length=4000)
    throughput: int = Field(default=10, ge=1, le=1000)
    enabled: bool = True


class SmsAccountView(BaseModel):
    id: str
    version: int
    name: str
    kind: str
    number: str
    sign: str
    settings: dict[str, Any]
    throughput: int
    enabled: bool
    from_environment: bool
    needs_template: bool = Field(description="The provider refuses everything but approved templates")
    inbound_url: str | None = Field(description="Where the provider sends texts; it holds a secret")
    report_url: str | None = Field(description="Where the provider sends delivery reports; it holds a secret")
    state: str = Field(description="starting, connected, retrying, stopped")
    last_success_at: datetime | None
    last_error: str
    last_error_at: datetime | None


class SmsTemplateInput(BaseModel):
    """Variables stand in `text` as the provider writes them: {name} or ${name}."""

    code: str = Field(min_length=1, max_length=80)
    name: str = Field(min_length=1, max_length=80)
    text: str = Field(min_length=1, max_length=500)
    language: Literal["zh-CN", "en"] = "zh-CN"
    purpose: Literal["reply", "receipt", "satisfaction", "command"] = "reply"
    approved: bool = False


class SmsTemplateView(BaseModel):
    id: str
    account_id: str
    version: int
    code: str
    name: str
    text: str
    language: str
    purpose: str
    approved: bool
    variables: list[str]


class SmsComposingView(BaseModel):
    """How a text message to this contact can be written: freely, or only by a template."""

    can_send: bool
    needs_template: bool
    sign: str
    max_chars: int
    templates: list[SmsTemplateView]
