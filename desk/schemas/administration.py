"""Mailboxes, accounts, roles, quarantine and audit."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from desk.schemas.session import AccountView


class MailboxInput(BaseModel):
    """`secret` is a password or a refresh token; it is encrypted at rest and never given back."""

    name: str = Field(min_length=1, max_length=80)
    address: str = Field(max_length=254)
    imap_host: str = Field(max_length=253)
    imap_port: int = Field(ge=1, le=65535)
    imap_security: Literal["tls", "starttls", "none"] = "tls"
    smtp_host: str = Field(max_length=253)
    smtp_port: int = Field(ge=1, le=65535)
    smtp_security: Literal["tls", "starttls", "none"] = "starttls"
    auth: Literal["password", "xoauth2"] = "password"
    username: str = Field(max_length=254)
    secret: str | None = Field(default=None, max_length=4000)
    oauth_token_url: str | None = Field(default=None, max_length=500)
    oauth_client_id: str | None = Field(default=None, max_length=200)
    oauth_client_secret: str | None = Field(default=None, max_length=500)
    folder: str = Field(default="INBOX", max_length=200)
    profile: Literal["mail", "hylafax", "efax", "own", "auto"] = Field(
        default="mail", description="What comes in: mail, or the faxes of a gateway (auto: of any known one)"
    )
    fax_senders: str | None = Field(default=None, max_length=254, description="Addresses and @domains of the gateway")
    fax_gateway: str | None = Field(default=None, max_length=254, description="Where faxes go out: {number}@gateway")
    enabled: bool = True


class MailboxView(BaseModel):
    id: str
    version: int
    name: str
    address: str
    imap_host: str
    imap_port: int
    imap_security: str
    smtp_host: str
    smtp_port: int
    smtp_security: str
    auth: str
    username: str
    folder: str
    profile: str
    fax_senders: str | None
    fax_gateway: str | None
    enabled: bool
    from_environment: bool
    state: str = Field(description="starting, connected, retrying, stopped")
    last_success_at: datetime | None
    last_error: str
    last_error_at: datetime | None


class CheckView(BaseModel):
    ok: bool
    detail: str


class AccountInput(BaseModel):
    login: str = Field(min_length=2, max_length=64, pattern=r"^[a-z0-9._-]+$")
    display_name: str = Field(min_length=1, max_length=64)
    staff_number: str = Field(min_length=1, max_length=16)
    language: Literal["zh-CN", "en"] = "zh-CN"
    department_id: str | None = None
    roles: list[str]
    is_agent: bool = True


class AccountChange(BaseModel):
    display_name: str | None = Field(default=None, min_length=1, max_length=64)
    department_id: str | None = None
    language: Literal["zh-CN", "en"] | None = None
    roles: list[str] | None = None
    disabled: bool | None = None
    reset_password: bool = False


class AccountCreated(BaseModel):
    """The first password is shown this once."""

    account: AccountView
    password: str | None


class RoleView(BaseModel):
    key: str
    permissions: list[str]


class RolesView(BaseModel):
    permissions: list[str] = Field(description="All there are, in order")
    roles: list[RoleView]


class RoleInput(BaseModel):
    permissions: list[str]


class AuditView(BaseModel):
    id: str
    at: datetime
    actor_name: str | None
    action: str
    entity: str
    entity_id: str
    reason: str
    detail: dict[str, Any]


class QuarantineView(BaseModel):
    """An inbound item that could not be read. Nothing of it is lost."""

    id: str
    channel: str
    account: str
    received_at: datetime
    reason: str
    size_bytes: int
    attempts: int
    sender: str
    subject: str


class RawView(BaseModel):
    """The raw item as text, at most the first 200,000 characters; a contact made of it carries the whole as a file."""

    text: str
    truncated: bool


class QuarantineContactInput(BaseModel):
    sender: str = Field(default="", max_length=254)
    subject: str = Field(min_length=1, max_length=300)
    text: str = Field(min_length=1, max_length=20_000)
