"""The XML of a message or an event, read without entities and without surprises."""

from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from channels.adapter import MalformedInbound

LONGEST_CHARS = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`fields` are the elements of the root by name, as text."""

    fields: dict[str, str]

    @property
    def sender(self) -> str:
        """The citizen's openid."""
        return self.fields["FromUserName"]

    @property
    def recipient(self) -> str:
        """The account's original id."""
        return self.fields["ToUserName"]

    @property
    def kind(self) -> str:
        return self.fields["MsgType"]

    @property
    def provider_id(self) -> str:
        """MsgId; events have none and are told apart by sender, time and name (the platform's own advice)."""
        if "MsgId" in self.fields:
            return self.fields["MsgId"]
        return f"{self.sender}:{self.fields['CreateTime']}:{self.fields.get('Event', '')}"

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


def read_fields(xml: str) -> dict[str, str]:
    """Raises `MalformedInbound`."""
    if len(xml) > LONGEST_CHARS:
        raise MalformedInbound("This is longer than any message.")
    try:
        root = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise MalformedInbound("This is no XML of the platform.") from error
    return {child.tag: (child.text or "") for child in root}


def read_message(xml: object) -> Message:
    """Raises `MalformedInbound` where sender, recipient, kind or time are missing."""
    if not isinstance(xml, str):
        raise MalformedInbound("There is no message in this item.")
    fields = read_fields(xml)
    missing = [name for name in ("FromUserName", "ToUserName", "MsgType", "CreateTime") if not fields.get(name)]
    if missing:
        raise MalformedInbound(f"A message without {', '.join(missing)}.")
    return Message(fields=fields)
