"""What operators say of a line."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from telephony.lines.book import NumberFormat, PhoneKind

Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
# An address or a network, as 203.0.113.7 or 203.0.113.0/28.
Network = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f.:]{2,45}(/\d{1,3})?$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^\+?\d{0,15}$")]
Number = Annotated[str, StringConstraints(pattern=r"^\+?\d{1,20}$")]
# Both stand in SIP headers: no quotes, no line ends.
Word = Annotated[str, StringConstraints(pattern=r"^[^\s\"';,<>@\x00-\x1f]{0,80}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]


class TrunkSettings(BaseModel):
    """`secret` None: leave it as it is. `flows`: called number to the key of an IVR flow."""

    model_config = ConfigDict(frozen=True)

    name: Title
    host: Host
    port: int = Field(default=5060, ge=1, le=65535)
    username: Word = ""
    secret: Word | None = None
    registers: bool = False
    addresses: tuple[Network, ...] = ()
    caller_id: Annotated[str, StringConstraints(pattern=r"^(\+?\d{1,20})?$")] = ""
    other_caller_ids: tuple[Number, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    number_format: NumberFormat = NumberFormat.E164
    detects_fax: bool = True
    flows: dict[Number, str] = Field(default_factory=dict)
    position: int = 0
    enabled: bool = True

    @model_validator(mode="after")
    def _is_recognised(self) -> Self:
        if self.registers and not self.username:
            raise ValueError("a trunk that registers needs a user name")
        return self


class PhoneSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    number: Annotated[str, StringConstraints(pattern=r"^\d{2,12}$")]
    name: Title
    account_id: str | None = None
    kind: PhoneKind = PhoneKind.SIP
    enabled: bool = True
