"""Prompts: what there is, what flows want, and how they are made."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

MOST_CHARS = 2000


class PromptView(BaseModel):
    """`text`: what it is to say; `spoken`: by a machine; `out_of_date`: it says something else, or in another voice."""

    id: str
    key: str
    language: str
    name: str
    duration_ms: int
    edits: dict[str, Any]
    text: str
    spoken: bool
    out_of_date: bool
    changed_at: datetime
    version: int


class PromptVersionView(BaseModel):
    """What a prompt was before."""

    number: int
    name: str
    text: str
    spoken: bool
    duration_ms: int
    changed_at: datetime
    changed_by_id: str | None


class PromptUseView(BaseModel):
    """A node that plays a prompt. `heard`: callers hear it now; else it stands in the draft only."""

    key: str
    flow: str
    flow_name: str
    node: str
    heard: bool


class TextGapView(BaseModel):
    """A node with a text that is not written in `language`: callers hear Chinese instead."""

    flow: str
    flow_name: str
    node: str
    language: str
    heard: bool


class PromptBookView(BaseModel):
    """`has_voice`: texts can be spoken here."""

    prompts: list[PromptView]
    uses: list[PromptUseView]
    gaps: list[TextGapView]
    has_voice: bool


class PromptEditInput(BaseModel):
    """Seconds and decibels. `based_on`: the version that was read, None to write whatever is there."""

    trim_start_s: float = Field(default=0.0, ge=0, le=900)
    trim_end_s: float = Field(default=0.0, ge=0, le=900)
    trim_silence: bool = False
    gain_db: float = Field(default=0.0, ge=-40, le=40)
    normalise: bool = True
    based_on: int | None = Field(default=None, ge=1)


class PromptTextInput(BaseModel):
    """`says_it`: the recording says so already. `based_on`: the version that was read."""

    text: str = Field(max_length=MOST_CHARS)
    says_it: bool = False
    based_on: int = Field(ge=1)


class PromptRestoreInput(BaseModel):
    """`based_on`: the version that was read."""

    based_on: int = Field(ge=1)


class SpeechInput(BaseModel):
    text: str = Field(min_length=1, max_length=MOST_CHARS)
    language: str = Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")


class PromptSpeechInput(SpeechInput):
    """A prompt that the house's voice speaks. `based_on`: the version that was read, 0 for a new prompt."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str = Field(min_length=1, max_length=120)
    based_on: int | None = Field(default=None, ge=0)
