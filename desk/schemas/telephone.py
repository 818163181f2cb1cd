"""Flows, prompts, knowledge items, duties and recordings."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field


class ProblemView(BaseModel):
    """What keeps a flow from being published; `node` is the place."""

    node: str
    code: str
    detail: str


class FlowView(BaseModel):
    """`published`: the number of the version that calls follow, None for none."""

    key: str
    name: str
    published: int | None
    changed_at: datetime
    version: int


class FlowDetailView(FlowView):
    draft: dict[str, Any]
    problems: list[ProblemView]


class FlowInput(BaseModel):
    """`based_on`: the version that was read, 0 for a new flow."""

    name: str = Field(min_length=1, max_length=80)
    draft: dict[str, Any]
    based_on: int = Field(ge=0)


class FlowPublishInput(BaseModel):
    note: str = Field(default="", max_length=200)


class FlowDiscardInput(BaseModel):
    """`based_on`: the version that was read."""

    based_on: int = Field(ge=1)


class FlowNamesView(BaseModel):
    """What the nodes of a flow may name."""

    queues: list[str]
    flows: list[str]
    prompts: list[str]
    items: list[str]
    documents: list[str]
    actions: list[str]


class PollView(BaseModel):
    """A question that callers are asked at `node` of `flow`, its words by language, and the votes by key."""

    flow: str
    node: str
    poll: str
    question: int
    words: dict[str, str]
    keys: list[str]
    votes: dict[str, int]


class FlowVersionView(BaseModel):
    number: int
    note: str
    published_at: datetime
    published_by_id: str | None


class FlowHopView(BaseModel):
    node: str
    exit: str


class PathCountView(BaseModel):
    day: str
    node: str
    exit: str
    count: int


class KnowledgeItemView(BaseModel):
    key: str
    language: str
    title: str
    text: str
    changed_at: datetime
    version: int


class KnowledgeItemInput(BaseModel):
    """`based_on`: the version that was read, None to write whatever stands there."""

    based_on: int | None = Field(default=None, ge=0)
    title: str = Field(min_length=1, max_length=120)
    text: str = Field(min_length=1, max_length=20_000)


class DutyView(BaseModel):
    id: str
    step: int
    name: str
    account_id: str | None
    number: str
    starts_at: datetime
    ends_at: datetime
    version: int


class DutyInput(BaseModel):
    """`step`: 1 duty officer, 2 leader on duty, 3 duty room. `based_on`: the version that was read, 0: a new duty."""

    based_on: int = Field(ge=0)
    step: int = Field(ge=1, le=3)
    name: str = Field(min_length=1, max_length=80)
    account_id: str | None = None
    number: str = Field(default="", max_length=32)
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class ServiceInput(BaseModel):
    """`human`: callers reach the line without a menu; `night`: the night announcement; "": by the hours."""

    service: Literal["", "human", "night"]


class RecordingView(BaseModel):
    id: str
    contact_id: str
    kind: str
    agent_id: str | None
    queue_id: str | None
    caller: str
    dialled: str
    line: str
    started_at: datetime
    duration_ms: int
    size_bytes: int
    sha256: str
    keep_until: datetime | None
    held: bool


class RecordingHoldInput(BaseModel):
    held: bool
    reason: str = Field(min_length=2, max_length=500)


class SupervisionInput(BaseModel):
    mode: Literal["listen", "whisper", "barge"]
