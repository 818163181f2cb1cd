"""The parts of an update that are read here (https://core.telegram.org/bots/api#update), each of its type or not."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.adapter import MalformedInbound


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class User(_Part):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    language_code: str = ""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class Chat(_Part):
    id: int
    type: str


class File(_Part):
    """Any file: `file_size` is not always told."""

    file_id: str
    file_size: int | None = None
    file_name: str | None = None
    mime_type: str | None = None
    duration: int | None = None


class Location(_Part):
    latitude: float
    longitude: float


class Venue(_Part):
    title: str
    address: str


class SharedContact(_Part):
    phone_number: str
    first_name: str
    last_name: str = ""


class Message(_Part):
    """`model_extra` holds what is not read, by name."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    message_id: int
    date: int
    edit_date: int | None = None
    chat: Chat
    sender: User | None = Field(default=None, alias="from")
    text: str | None = None
    caption: str | None = None
    photo: list[File] | None = None
    document: File | None = None
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    sticker: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: SharedContact | None = None


class Pressable(_Part):
    """The message below which a button was; nothing else of it is certain (an old one is told by these two only)."""

    message_id: int
    chat: Chat


class Press(_Part):
    """https://core.telegram.org/bots/api#callbackquery."""

    id: str
    sender: User = Field(alias="from")
    message: Pressable | None = None
    data: str | None = None


class Update(_Part):
    update_id: int
    callback_query: Press | None = None
    message: Message | None = None
    edited_message: Message | None = None


def read_update(raw_json: Mapping[str, Any] | None) -> Update:
    """Raises `MalformedInbound`; what is wrong in it is told by field, never by value."""
    if not any(isinstance(part, Mapping) for part in (raw_json or {}).values()):
        raise MalformedInbound("No update of Telegram: it is about nothing.")
    try:
        return Update.model_validate(raw_json)
    except ValidationError as error:
        fields = {".".join(str(part) for part in item["loc"]) or "update" for item in error.errors()}
        raise MalformedInbound(f"No update of Telegram: {', '.join(sorted(fields))[:200]}") from error
