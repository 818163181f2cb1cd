"""The softphone and calls."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

# A number as people write it, `extension:<number>`, `agent:<account id>`, `queue:<id>`: its best free agent,
# `department:<id>`, `deputy:<department id>`, or `supervisor`: whoever is there of them.
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
    flow: str = ""


class CallInput(BaseModel):
    """A number, an address of the citizen, which need not be shown for it, or a department of the directory; none of
    them: whoever the contact is from.
    """

    number: str = Field(default="", max_length=32)
    address_id: str | None = None
    department: str = Field(default="", max_length=64, description="department:<id>, or deputy:<department id>")


class CallMadeView(BaseModel):
    """`contact_id`: of the call that is being made; the agent's telephone rings first."""

    contact_id: str


class MenuView(BaseModel):
    """A node of the flow that a citizen can be sent to; `text` is how it begins."""

    key: str
    kind: str
    text: str


class NodeInput(BaseModel):
    node: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


class HelpInput(BaseModel):
    note: str = Field(default="", max_length=200)


class StepView(BaseModel):
    """One step of a caller: `exit` names where it led, `keys` what was pressed, nothing of what was secret."""

    node: str
    kind: str
    text: str
    exit: str
    keys: str


class AbandonedView(BaseModel):
    """Somebody who hung up before anybody answered, all his calls together; the number is masked.

    `contact_id`: of his newest such call. `waited_s`: the longest he stood in the line, 0 for one who left in the menu.
    `state`: open, calling (somebody does it), reached (we spoke with him), served (he called again and was), given_up
    (tried in vain), forbidden (he wants no calls). `callback_id`: of the call-back under way, `callback_agent` has it.
    """

    contact_id: str
    number: str
    citizen_id: str | None
    citizen_name: str
    queue_id: str | None
    calls: int
    first_at: datetime
    last_at: datetime
    waited_s: int
    path: list[StepView]
    state: Literal["open", "calling", "reached", "served", "given_up", "forbidden"]
    settled_at: datetime | None
    tries: int
    next_try_at: datetime | None
    callback_id: str | None
    callback_agent: str | None


class RecordingItem(BaseModel):
    """Of one agent's part of a call, or a spoken message."""

    id: str
    contact_id: str
    kind: str
    agent_name: str
    started_at: datetime
    duration_ms: int
    size_bytes: int


class WaveformView(BaseModel):
    """The loudest of each span, 0 to 100; `others` is empty for a spoken message."""

    duration_ms: int
    citizen: list[int]
    others: list[int]
