"""From what the switchboard knows to a contact request. Pure."""

from collections.abc import Mapping
from typing import Any

from channels.adapter import Address, Attachment, ContactRequest, MalformedInbound, RawInbound, well_formed
from records.citizens.addresses import normalise
from router.contact import Channel

WITHHELD = "voice"
CALLING = {"zh-CN": "来电", "en": "Telephone call"}
SPOKEN = {"zh-CN": "语音留言，{seconds}秒", "en": "Spoken message, {seconds} seconds"}


def call_request(raw: RawInbound) -> ContactRequest:
    """Raises `MalformedInbound` for what our own switchboard did not make."""
    return _checked(raw, _call)


def message_request(raw: RawInbound) -> ContactRequest:
    """The same for a spoken message."""
    return _checked(raw, _message)


def _checked(raw: RawInbound, make: Any) -> ContactRequest:
    try:
        return well_formed(make(raw, raw.raw_json or {}))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedInbound("A call without its fields.") from error


def _sender(said: Mapping[str, Any], unique: str) -> Address:
    """A call from the page is its chat session's; a withheld number is nobody's: each such call stands alone."""
    if said["session"]:
        return Address(kind="chat", value=said["session"], name=said["name"])
    if said["caller"]:
        return Address(kind="phone", value=normalise("phone", said["caller"]), name=said["name"])
    return Address(kind=WITHHELD, value=unique, name=said["name"])


def _language(said: Mapping[str, Any]) -> str:
    return "en" if said["language"].startswith("en") else "zh-CN"


def _call(raw: RawInbound, said: Mapping[str, Any]) -> ContactRequest:
    # From the page of a confidential chat: a report, too, whatever is chosen in the menus.
    kind = {"kind": "report"} if raw.sealed else {}
    return ContactRequest(
        channel=Channel.VOICE,
        external_id=raw.provider_id,
        sender=_sender(said, raw.provider_id),
        recipient=Address(kind="phone", value=said["dialled"]),
        received_at=raw.received_at,
        thread_key=f"call:{raw.provider_id}",
        text=CALLING[_language(said)],
        language=said["language"],
        hints={"line": said["line"], "withheld": not (said["caller"] or said["session"])} | kind,
    )


def _message(raw: RawInbound, said: Mapping[str, Any]) -> ContactRequest:
    audio = said["audio"]
    name = f"{raw.received_at:%Y%m%d-%H%M%S}.wav"
    return ContactRequest(
        channel=Channel.VOICEMAIL,
        external_id=raw.provider_id,
        sender=_sender(said, raw.provider_id),
        recipient=Address(kind="phone", value=said["dialled"]),
        received_at=raw.received_at,
        thread_key=f"voicemail:{raw.provider_id}",
        text=SPOKEN[_language(said)].format(seconds=round(said["duration_s"])),
        language=said["language"],
        attachments=(
            Attachment(
                filename=name,
                media_type="audio/wav",
                size_bytes=audio["size_bytes"],
                blob_key=audio["key"],
                sha256=audio["sha256"],
            ),
        ),
        hints={"topic": said["topic"], "kind": said["topic"], "call": said["call"]},
    )
