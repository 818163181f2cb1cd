"""What the operator may say about a connection over SMPP."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from channels.sms.smpp.parts import Concatenation
from channels.sms.smpp.receipts import MessageIds

Octet = Annotated[int, Field(ge=0, le=255)]


class SmppSettings(BaseModel):
    """The account's `secret` is the password, its `throughput` counts parts. Times in seconds.

    `mode`: one connection for both ways, or a pair. `source` is what citizens see as the sender; the account's number
    without its plus where empty. `window`: parts that may wait for their answer at once. `receipts`: asked for with the
    last part of a text, with all, or not at all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=2775, ge=1, le=65535)
    tls: bool = False
    system_id: str = Field(min_length=1, max_length=15, pattern=r"^[\x21-\x7e]+$")
    system_type: str = Field(default="", max_length=12, pattern=r"^[\x20-\x7e]*$")
    mode: Literal["transceiver", "pair"] = "transceiver"
    source: str = Field(default="", max_length=20, pattern=r"^[0-9A-Za-z]*$")
    source_ton: Octet = 0
    source_npi: Octet = 1
    destination_ton: Octet = 1
    destination_npi: Octet = 1
    service_type: str = Field(default="", max_length=5, pattern=r"^[\x21-\x7e]*$")
    window: int = Field(default=10, ge=1, le=1000)
    concatenation: Concatenation = Concatenation.UDH
    default_alphabet: Literal["gsm7", "latin-1", "ascii", "gb18030", "utf-8"] = "gsm7"
    receipts: Literal["last", "all", "none"] = "last"
    message_ids: MessageIds = MessageIds.SAME
    enquire_link_s: float = Field(default=30, ge=1, le=600)
    response_timeout_s: float = Field(default=15, ge=0.5, le=60)
    parts_timeout_s: float = Field(default=900, ge=1, le=86_400)
    longest_retry_s: float = Field(default=60, ge=0.1, le=3600)
