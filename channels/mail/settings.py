"""What the operator may say about a mailbox, by the desk or by the environment."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Security = Literal["tls", "starttls", "none"]
Profile = Literal["mail", "hylafax", "efax", "own", "auto"]
MAX_MAIL_BYTES = 60_000_000
NUMBER_PLACE = "{number}"


class MailboxSettings(BaseModel):
    """One mailbox. `secret` is a password, a refresh token where `oauth_token_url` is given, else an access token;
    None on a change means: as it was.

    `profile` says what comes in: mail, or the faxes of a gateway (`auto`: of any known one). `fax_senders` names the
    addresses or @domains whose mails are faxes, separated by spaces; without it anybody who knows the address can pass
    a fax off as somebody else's. `fax_gateway` is the address that faxes go out by, with {number} for the number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    address: str = Field(max_length=254, pattern=r"^[^\s@<>\"]+@[^\s@<>\"]+$")
    imap_host: str = Field(min_length=1, max_length=253)
    imap_port: int = Field(default=993, ge=1, le=65535)
    imap_security: Security = "tls"
    smtp_host: str = Field(min_length=1, max_length=253)
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Security = "starttls"
    verify_certificates: bool = True
    auth: Literal["password", "xoauth2"] = "password"
    username: str = Field(min_length=1, max_length=254)
    secret: str | None = Field(default=None, max_length=4000, repr=False)
    oauth_token_url: str | None = Field(default=None, max_length=500, pattern=r"^https?://")
    oauth_client_id: str | None = Field(default=None, max_length=200)
    oauth_client_secret: str | None = Field(default=None, max_length=500, repr=False)
    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    move_to: str | None = Field(default=None, max_length=200)
    plus_addresses: bool = True
    confidential: bool = False
    profile: Profile = "mail"
    fax_senders: str | None = Field(default=None, max_length=254)
    fax_gateway: str | None = Field(default=None, max_length=254)
    enabled: bool = True

    @model_validator(mode="after")
    def _moves_elsewhere(self) -> "MailboxSettings":
        if self.move_to is not None and self.move_to == self.folder:
            raise ValueError("move_to must be another folder than the one that is read")
        return self

    @field_validator("fax_gateway")
    @classmethod
    def _has_a_place_for_the_number(cls, value: str | None) -> str | None:
        if not value:
            return None
        if value.count(NUMBER_PLACE) != 1 or value.count("@") != 1 or any(char.isspace() for char in value):
            raise ValueError(f"fax_gateway is one address with {NUMBER_PLACE} in it, as {NUMBER_PLACE}@fax.example.cn")
        return value
