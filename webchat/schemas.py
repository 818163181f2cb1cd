"""What the widget sends and reads over HTTP, and the frames of the socket. All times are ISO 8601 in UTC.

Client frames: hello {ticket, after_seq, language} first, then message, typing, read, end. Server frames: welcome, ack,
message, answer, status, typing, read, idle, error, ping. The seq of a thread only grows; a frame `message` may come
again, an `ack` only after the message is durable; an `answer` settles a query by number and PIN, of which nothing is
kept.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Topic = Literal["inquiry", "complaint", "suggestion", "report", "application"]
ClientId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
# Larger ones no database column holds.
Seq = Annotated[int, Field(ge=0, lt=2**31)]
Language = Annotated[str, Field(max_length=16)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class StartInput(_Input):
    language: Language = "zh-CN"
    topic: Topic = "inquiry"
    anonymous: bool = False


class OfflineInput(_Input):
    """A message left when nobody can answer. `form_key` makes sending idempotent."""

    language: Language = "zh-CN"
    topic: Topic = "inquiry"
    anonymous: bool = False
    text: str = Field(min_length=1, max_length=5000)
    reply: Literal["phone", "mail", "self"] = "self"
    address: str = Field(default="", max_length=254)
    form_key: ClientId
    attachment_ids: list[str] = Field(default_factory=list, max_length=5)


class Hello(_Input):
    """`language`: of the page; "" is the one that the session began in."""

    type: Literal["hello"]
    ticket: str = Field(max_length=100)
    after_seq: Seq
    language: Language = ""


class Say(_Input):
    type: Literal["message"]
    client_msg_id: ClientId
    text: str = Field(max_length=20_000)
    attachment_ids: list[str] = Field(default_factory=list, max_length=5)


class Typing(_Input):
    type: Literal["typing"]
    on: bool


class Read(_Input):
    type: Literal["read"]
    seq: Seq


class End(_Input):
    type: Literal["end"]


ClientFrame = Annotated[Say | Typing | Read | End, Field(discriminator="type")]
CLIENT_FRAME: TypeAdapter[Say | Typing | Read | End] = TypeAdapter(ClientFrame)
Frame = dict[str, Any]
