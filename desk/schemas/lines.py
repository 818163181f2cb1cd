"""Trunks and phones, as the administration shows and takes them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from telephony.lines.book import PhoneKind
from telephony.lines.schemas import PhoneSettings, TrunkSettings


class TrunkInput(TrunkSettings):
    """`secret` None leaves it; it is encrypted at rest and never given back."""


class TrunkView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    version: int
    name: str
    host: str
    port: int
    username: str
    registers: bool
    addresses: list[str] = Field(description="Whence its calls come: addresses or networks")
    caller_id: str
    other_caller_ids: list[str]
    prefixes: list[str] = Field(description='Beginnings of numbers that go out here, "" for all')
    number_format: str = Field(description="e164 or national")
    detects_fax: bool
    flows: dict[str, str] = Field(description="Called number to the key of an IVR flow")
    position: int
    enabled: bool
    created_at: datetime


class PhoneInput(PhoneSettings):
    """A phone on a table; the softphone of a page makes its own, and only its owner gets to know that secret."""

    kind: Literal[PhoneKind.SIP] = PhoneKind.SIP


class HousePhoneView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    version: int
    number: str
    name: str
    account_id: str | None
    kind: str = Field(description="page: the softphone in the desk; sip: any SIP phone")
    enabled: bool
    created_at: datetime


class PhoneSecretView(BaseModel):
    """What is typed into the phone, told this one time."""

    id: str
    username: str
    secret: str
