"""What pages say to the engine. `page` names the page, so that an answer reaches no other page of the same party."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

MOST_SDP_CHARS = 20_000

Id = Annotated[str, Field(min_length=1, max_length=64)]
Offer = Annotated[str, Field(max_length=MOST_SDP_CHARS)]


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    page: Id


class Hello(_Frame):
    """Which legs of mine are there?"""

    type: Literal["hello"]


class Call(_Frame):
    """Call the hotline. While the party has a call, this takes it over instead."""

    type: Literal["call"]
    offer: Offer
    language: str = Field(default="zh-CN", max_length=16)


class Join(_Frame):
    """Answer a ringing leg, or take up again one that is up."""

    type: Literal["join"]
    leg_id: Id
    offer: Offer


class Candidate(_Frame):
    type: Literal["candidate"]
    leg_id: Id
    candidate: str = Field(max_length=1000)
    mid: str | None = Field(default=None, max_length=32)


class DigitFrame(_Frame):
    type: Literal["digit"]
    leg_id: Id
    value: str = Field(pattern=r"^[0-9*#]$")


class Mute(_Frame):
    type: Literal["mute"]
    leg_id: Id
    muted: bool


class HangUp(_Frame):
    """Decline while it rings."""

    type: Literal["hang_up"]
    leg_id: Id


PageFrame = Annotated[Hello | Call | Join | Candidate | DigitFrame | Mute | HangUp, Field(discriminator="type")]
PAGE_FRAME: TypeAdapter[Hello | Call | Join | Candidate | DigitFrame | Mute | HangUp] = TypeAdapter(PageFrame)
