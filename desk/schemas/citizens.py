"""The citizen card, with masked values."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from desk.schemas.identity import DoNotContactView, RepresentativeView


class AddressView(BaseModel):
    id: str
    kind: str
    masked: str
    stated: bool = Field(description="Named by the citizen, not seen by us")
    shared: bool = Field(description="Several people use it")


class PastContact(BaseModel):
    id: str
    channel: str
    subject: str
    at: datetime
    status: str
    disposition: str | None
    agent_name: str | None


class MergeView(BaseModel):
    id: str
    merged_id: str
    merged_name: str
    reason: str
    merged_at: datetime
    merged_by: str


class CitizenView(BaseModel):
    id: str
    version: int
    kind: Literal["person", "enterprise"]
    class_key: str | None = Field(description="Of the word list citizen_class")
    name: str
    honorific: str | None
    organisation: str
    credit_code: str | None
    language: str | None
    note: str
    addresses: list[AddressView]
    history: list[PastContact]
    history_count: int
    open_cases: list["CaseSummary"]
    merges: list[MergeView]
    do_not_contact: list[DoNotContactView]
    spokesmen: list[RepresentativeView] = Field(
        description="Of an enterprise its people, of a person their enterprises"
    )


class CitizenInput(BaseModel):
    version: int
    kind: Literal["person", "enterprise"] | None = None
    class_key: str | None = Field(default=None, max_length=32)
    name: str | None = Field(default=None, max_length=120)
    honorific: str | None = Field(default=None, max_length=16)
    organisation: str | None = Field(default=None, max_length=160)
    credit_code: str | None = Field(default=None, max_length=18)
    note: str | None = Field(default=None, max_length=4000)


class RevealInput(BaseModel):
    """`field` is `name`, `credit_code` or the id of an address."""

    field: str = Field(max_length=40)
    reason: str = Field(default="", max_length=500)


class RevealView(BaseModel):
    value: str


class MatchView(BaseModel):
    """Perhaps the same citizen, and why."""

    citizen_id: str
    name: str
    addresses: list[str]
    reasons: list[str]
    needs_confirmation: bool = Field(description="All that they have in common is what strangers have, too")


class MergeInput(BaseModel):
    other_id: str
    confirmed: bool = False
    reason: str = Field(min_length=2, max_length=500)


class OtherInput(BaseModel):
    other_id: str


class CaseSummary(BaseModel):
    id: str
    version: int
    number: str
    kind: str
    category: str
    title: str
    status: str
    urgency: str
    department_id: str | None
    due_on: str | None
    workdays_left: int | None
    urged: int
    citizen_id: str | None
    created_at: datetime
    sealed: bool


class CaseEventView(BaseModel):
    id: str
    kind: str
    public: bool
    text: str
    actor_name: str | None
    at: datetime


class CaseView(CaseSummary):
    summary: str
    confidential: bool
    anonymous: bool
    channel: str
    contact_ids: list[str]
    events: list[CaseEventView]


class CaseInput(BaseModel):
    """Opens a case from a contact; `notify` sends the citizen number and PIN by the contact's channel."""

    contact_id: str
    kind: str = Field(max_length=32)
    category: str = Field(max_length=48)
    title: str = Field(min_length=1, max_length=200)
    summary: str = Field(min_length=1, max_length=10_000)
    urgency: Literal["normal", "urgent", "emergency"] = "normal"
    department_id: str | None = None
    due_on: str | None = None
    confidential: bool = False
    notify: bool = True


class CaseChange(BaseModel):
    version: int
    kind: str | None = None
    category: str | None = None
    title: str | None = Field(default=None, min_length=1, max_length=200)
    summary: str | None = Field(default=None, min_length=1, max_length=10_000)
    urgency: Literal["normal", "urgent", "emergency"] | None = None
    status: str | None = None
    department_id: str | None = None
    due_on: str | None = None
    confidential: bool | None = None
    public_note: str | None = Field(default=None, max_length=4000)


class CaseLinkInput(BaseModel):
    contact_id: str
    note: str = Field(default="", max_length=1000)


class OpenedCase(BaseModel):
    """The PIN is shown this once, to be told to the citizen; `receipt_sent` says whether the channel carries it too.

    It is empty where the contact had its receipt already: the case has that number, and the citizen that PIN.
    """

    case: CaseView
    pin: str
    receipt_sent: bool


CitizenView.model_rebuild()
