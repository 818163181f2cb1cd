"""Letters and visits as a colleague enters them, and what is printed."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

PaperChannel = Literal["letter", "visit"]
PaperKind = Literal["inquiry", "complaint", "suggestion", "report", "application"]


class LetterInput(BaseModel):
    """`client_id` makes registering idempotent. `attachment_ids`: the pages in their order, uploaded before.

    `confirmed`: it was looked at what this resembles, and it is another one.
    """

    client_id: str = Field(min_length=8, max_length=64)
    channel: PaperChannel
    kind: PaperKind
    form: Literal["", "ordinary", "registered", "express", "by_hand"] = ""
    sender: str = Field(default="", max_length=120)
    phone: str = Field(default="", max_length=30)
    postal_address: str = Field(default="", max_length=200)
    dated: date | None = None
    received_on: date
    subject: str = Field(min_length=1, max_length=200)
    text: str = Field(default="", max_length=50_000)
    language: Literal["zh-CN", "en"] = "zh-CN"
    attachment_ids: list[str] = Field(default_factory=list, max_length=60)
    confirmed: bool = False


class LetterView(BaseModel):
    """`pin` is given this one time; None when the same letter was registered before."""

    contact_id: str
    number: str
    pin: str | None


class ResemblingLetter(BaseModel):
    """Why it resembles: `same_scan`, or `same_sender` for one from the same sender with the same date."""

    contact_id: str
    number: str
    subject: str
    received_on: date
    why: Literal["same_scan", "same_sender"]


class SheetInput(BaseModel):
    """A sheet to put on the paper; with the PIN it is a receipt for the visitor."""

    number: str = Field(pattern=r"^\d{14}$")
    channel: PaperChannel
    received_on: date
    pages: int = Field(default=0, ge=0, le=999)
    pin: str | None = Field(default=None, pattern=r"^\d{6}$")


class PostedInput(BaseModel):
    how: Literal["post", "registered", "by_hand"]
