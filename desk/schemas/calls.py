"""The softphone and calls."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

# A number as people write it, `agent:<account id>` or `extension:<number>`.
Target = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class SipAccountView(BaseModel):
    """The page's own SIP account, for its owner only. `url`: SIP over WebSocket."""

    url: str
    uri: str
    password: str


class PhoneView(BaseModel):
    """`engine`: what carries the calls, and so which driver the page uses; `sip` for Asterisk only."""

    engine: Literal["embedded", "asterisk"]
    ice_servers: list[dict[str, Any]]
    sip: SipAccountView | None = None


class SwitchInput(BaseModel):
    on: bool


class DigitsInput(BaseModel):
    digits: str = Field(pattern=r"^[0-9*#]{1,32}$")


class TargetInput(BaseModel):
    to: Target


class ConsultView(BaseModel):
    to: str
    answered: bool


class CallView(BaseModel):
    """`agent_id`: who speaks with the citizen; `consult`: who is asked meanwhile; `parties`: how many are on it.

    `supervised`: by account, how a supervisor takes part.
    """

    contact_id: str
    agent_id: str | None
    consult: ConsultView | None
    parties: int
    recording: bool
    supervised: dict[str, str]
