"""Contacts, offers, messages and presence as the inbox shows them. Names and numbers are masked already."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class ContactSummary(BaseModel):
    """A row of the list. For a sealed contact that is not opened, subject, preview and citizen say nothing."""

    id: str
    version: int
    status: str
    channel: str
    queue_id: str | None
    citizen_id: str | None
    citizen_name: str
    sender: str
    subject: str
    preview: str
    language: str | None
    unread: int
    priority: int
    agent_id: str | None
    agent_name: str | None
    case_id: str | None
    case_number: str | None
    received_at: datetime
    queued_at: datetime | None
    accepted_at: datetime | None
    due_at: datetime | None
    parked_until: datetime | None
    park_reason: str | None
    wrap_up_until: datetime | None
    last_in_at: datetime | None
    last_out_at: datetime | None
    has_draft: bool
    sealed: bool
    opened: bool = Field(description="False for a sealed contact until this account gave a reason")
    answerable: bool
    gone: bool = False


class ReplyWay(BaseModel):
    """By which channel to which address an answer can go. `address_id` None: the contact's own way."""

    channel: str
    address_id: str | None
    address: str = Field(description="Masked; empty for a session on our own pages")
    proven: bool = Field(description="False for an address that was only stated, or that several people use")
    forbidden: bool = Field(description="The citizen wants nothing by this channel that they did not ask for")


class ContactDetail(ContactSummary):
    topic: str | None
    requirements: dict[str, int]
    hints: dict[str, Any]
    thread_key: str
    reply_channels: list[str]
    reply_ways: list[ReplyWay]
    interaction_id: str | None


class OfferView(BaseModel):
    id: str
    version: int
    contact_id: str
    agent_id: str
    fence: str = Field(description="64 bits, so a string")
    offered_at: datetime
    expires_at: datetime
    outcome: str
    contact: ContactSummary
    waiting_s: int
    history_count: int
    served_by_me_before: bool


class AttachmentView(BaseModel):
    id: str
    filename: str
    media_type: str
    size_bytes: int
    has_preview: bool
    recognised: str | None = Field(default=None, description="What a scan says, once a worker has read it")


class ThreadItem(BaseModel):
    """A message, note or event. `delivery` is the outbox state of an outgoing one."""

    id: str
    version: int
    contact_id: str
    thread_id: str
    seq: int
    direction: Literal["in", "out", "note", "event"]
    channel: str
    author_kind: str
    author_name: str
    subject: str
    text: str
    full_text: str | None
    html: str | None
    event: str | None = Field(
        default=None, description="For direction event: its code, to be put into words by the page"
    )
    detail: dict[str, Any]
    attachments: list[AttachmentView]
    created_at: datetime
    delivery: str | None
    delivery_error: str | None
    client_id: str | None
    automatic: bool


class ThreadPage(BaseModel):
    """Oldest first. `before` asks for what came before the first item; None when there is nothing earlier."""

    items: list[ThreadItem]
    before: str | None


class MessageInput(BaseModel):
    """`client_id` makes sending idempotent: the same id gives the same message."""

    client_id: str = Field(max_length=64)
    kind: Literal["reply", "note"]
    text: str = Field(max_length=100_000)
    channel: str | None = None
    address_id: str | None = Field(default=None, description="Of `reply_ways`; None: the first of the channel")
    attachment_ids: list[str] = Field(default_factory=list, max_length=20)


class OfferDecision(BaseModel):
    fence: str
    reason: str | None = Field(default=None, max_length=32)


class ParkInput(BaseModel):
    until: datetime
    reason: str = Field(max_length=200)


class DispositionInput(BaseModel):
    disposition: str = Field(max_length=32)
    note: str = Field(default="", max_length=1000)


class TransferInput(BaseModel):
    to: Literal["agent", "queue", "skill"]
    target_id: str
    level: int = Field(default=5, ge=1, le=10)
    note: str = Field(default="", max_length=1000)


class ReasonInput(BaseModel):
    reason: str = Field(min_length=2, max_length=500)


class DraftInput(BaseModel):
    """`version` is the one this text was based on, 0 for a new draft; another one on the server is a 409."""

    version: int = 0
    body: dict[str, Any]


class DraftView(BaseModel):
    contact_id: str
    kind: str
    version: int
    body: dict[str, Any]
    author_id: str
    saved_at: datetime


class PresenceInput(BaseModel):
    presence: Literal["ready", "not_ready", "offline"]
    reason: str | None = Field(default=None, max_length=32)


class AgentView(BaseModel):
    """`state` is derived: ready, ringing, on_contact, wrap_up, not_ready, offline, lost."""

    id: str
    version: int
    display_name: str
    staff_number: str
    presence: str
    reason: str | None
    pending: str | None
    state: str
    since: datetime
    capacity: dict[str, int]
    load: dict[str, int]


class WhyOffer(BaseModel):
    offered_at: datetime
    agent_id: str
    agent_name: str
    outcome: str
    decline_reason: str | None
    why: dict[str, Any]


class WhyView(BaseModel):
    """The decision record of one contact, newest offer last."""

    queue_name: str
    rule_name: str | None
    requirements: dict[str, int]
    priority: int
    offers: list[WhyOffer]


class QueueView(BaseModel):
    id: str
    key: str
    name: str
    name_en: str
    channel: str
    sla_s: int
    wrap_up_s: int
    restricted: bool
    sealed: bool
    transfer_only: bool = Field(default=False, description="Contacts can be passed on to it; nothing of it can be seen")


class SkillView(BaseModel):
    id: str
    name: str
    name_en: str
    confidential: bool


class ChoiceView(BaseModel):
    key: str
    label: str
    label_en: str
    by_system: bool


class DepartmentView(BaseModel):
    id: str
    name: str
    name_en: str


class CannedAnswerView(BaseModel):
    number: int
    language: str
    text: str


class ColleagueView(BaseModel):
    id: str
    display_name: str
    staff_number: str
    state: str


class ChannelNameView(BaseModel):
    """A channel that a plug-in brought; the pages know the names of the others."""

    key: str
    name: str
    name_en: str


class ReferenceView(BaseModel):
    """Word lists that change rarely. `choices` by list: not_ready, decline, disposition, kind, category."""

    queues: list[QueueView]
    skills: list[SkillView]
    choices: dict[str, list[ChoiceView]]
    departments: list[DepartmentView]
    canned_answers: list[CannedAnswerView]
    colleagues: list[ColleagueView]
    channels: list[ChannelNameView]


class SnapshotView(BaseModel):
    """Everything the inbox holds, and the cursor after which events continue it."""

    cursor: str
    server_time: datetime
    me: AgentView | None
    offers: list[OfferView]
    contacts: list[ContactSummary] = Field(description="Mine: active, parked, in wrap-up")
    waiting: list[ContactSummary] = Field(description="Queued ones this account may see, first in line first")
    done_today: int


class SearchHit(BaseModel):
    entity: Literal["contact", "case", "citizen"]
    id: str
    title: str
    subtitle: str
    at: datetime | None


class SearchResults(BaseModel):
    hits: list[SearchHit]
