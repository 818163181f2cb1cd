"""From a chat frame to a contact request."""

from collections.abc import Mapping
from typing import Any

from channels.adapter import Address, ContactRequest, MalformedInbound, RawInbound, well_formed
from router.contact import Channel
from webchat.uploads import attachments_from_json


def request_of(raw: RawInbound) -> ContactRequest:
    """Pure. Raises `MalformedInbound` for what our own socket did not make."""
    try:
        return well_formed(_request(raw, raw.raw_json or {}))
    except (AttributeError, KeyError, TypeError) as error:
        raise MalformedInbound("A chat message without its fields.") from error


def _request(raw: RawInbound, said: Mapping[str, Any]) -> ContactRequest:
    return ContactRequest(
        channel=Channel.CHAT,
        external_id=raw.provider_id,
        sender=Address(kind="chat", value=said["session_id"]),
        recipient=Address(kind="chat", value=raw.account),
        received_at=raw.received_at,
        thread_key=said["session_id"],
        text=said["text"],
        language=said["language"],
        attachments=attachments_from_json(said["attachments"]),
        hints={"topic": said["topic"], "kind": said["topic"], "anonymous": said["anonymous"]},
        client_id=said["client_msg_id"],
    )
