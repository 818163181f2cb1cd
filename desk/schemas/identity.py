"""What belongs to a citizen's record beside the card: wishes, representatives, splits, blocks, satisfaction, texts."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from desk.schemas.supervision import Figure


class DoNotContactView(BaseModel):
    """`channel` * is every channel; `set_by` None: the citizen themselves said so."""

    channel: str
    reason: str
    set_by: str | None
    set_at: datetime


class DoNotContactInput(BaseModel):
    """All channels that are forbidden from now on; none for no wish."""

    channels: list[str] = Field(max_length=20)
    reason: str = Field(default="", max_length=500)


class RepresentativeView(BaseModel):
    """Of an enterprise's card: the person; of a person's card: the enterprise. Names are masked as on the card."""

    citizen_id: str
    name: str
    credit_code: str | None
    role: str
    added_at: datetime


class RepresentsInput(BaseModel):
    """The enterprise by its unified social credit code; `name` for one that is not known yet."""

    credit_code: str = Field(max_length=24)
    name: str = Field(default="", max_length=120)
    role: str = Field(default="", max_length=80)


class AddressInput(BaseModel):
    """`shared`: several people use it, so it says nothing about who is calling."""

    shared: bool


class SplitInput(BaseModel):
    address_ids: list[str] = Field(min_length=1, max_length=50)
    reason: str = Field(min_length=2, max_length=500)


class RecordChange(BaseModel):
    """One merge or split, undone or not. `other_name` is masked."""

    id: str
    kind: Literal["merge", "split"]
    other_id: str
    other_name: str
    reason: str
    at: datetime
    by: str
    undone_at: datetime | None
    undone_by: str | None
    can_undo: bool


class BlockedView(BaseModel):
    """`value` is masked."""

    id: str
    kind: str
    value: str
    reason: str
    until: datetime | None
    blocked_by: str
    blocked_at: datetime


class BlockInput(BaseModel):
    kind: Literal["phone", "mail", "telegram"] | str = Field(max_length=16)
    value: str = Field(min_length=1, max_length=254)
    reason: str = Field(min_length=2, max_length=500)
    until: datetime | None = None


class RatingCount(BaseModel):
    """How many gave each of the five figures, and which share is satisfied (the first three) of all who did."""

    counts: list[int] = Field(description="From very satisfied to very dissatisfied")
    satisfied: Figure


class SatisfactionLine(BaseModel):
    """Of one queue, or of all. Each share says of how many."""

    queue_id: str | None
    name: str
    name_en: str
    closed: int
    asked: Figure = Field(description="Of the closed ones")
    answered: Figure = Field(description="Of the closed ones")
    service: RatingCount
    result: RatingCount


class SatisfactionComment(BaseModel):
    at: datetime
    service: int | None
    result: int | None
    text: str


class SatisfactionView(BaseModel):
    """Days are in the workspace's zone. `not_asked`: why, and how often."""

    since: date
    until: date
    total: SatisfactionLine
    queues: list[SatisfactionLine]
    not_asked: dict[str, int]
    comments: list[SatisfactionComment]


class SatisfactionSettingsView(BaseModel):
    """Whether the system asks, and how many minutes after the end; a chat is asked at once."""

    ask: bool
    after_minutes: int = Field(ge=0, le=1440)


class AutomaticTextView(BaseModel):
    """`version` 0: the built-in words."""

    key: str
    channel: str
    language: str
    subject: str
    text: str
    built_in_subject: str
    built_in_text: str
    places: list[str]
    needed: list[str]
    version: int


class AutomaticTextInput(BaseModel):
    version: int
    subject: str = Field(default="", max_length=300)
    text: str = Field(min_length=1, max_length=5000)


class AutomaticTextPreview(BaseModel):
    """As a citizen would read it, with examples in its places."""

    subject: str
    text: str
