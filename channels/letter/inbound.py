"""From what a colleague entered to a contact request."""

from collections.abc import Mapping
from typing import Any

from channels.adapter import Address, Attachment, ContactRequest, MalformedInbound, RawInbound, well_formed
from router.contact import Channel

PAPER = (Channel.LETTER, Channel.VISIT)
_MAX_ADDRESS_CHARS = 254


def request_of(raw: RawInbound) -> ContactRequest:
    """Pure. Raises `MalformedInbound` for what the desk did not make."""
    try:
        return well_formed(_request(raw, (raw.raw_json or {})["entry"]))
    except (AttributeError, KeyError, TypeError) as error:
        raise MalformedInbound("A letter without its fields.") from error


def _request(raw: RawInbound, entry: Mapping[str, Any]) -> ContactRequest:
    return ContactRequest(
        channel=raw.channel,
        external_id=raw.provider_id,
        sender=_sender(raw, entry),
        recipient=Address(kind=raw.channel, value=raw.account),
        received_at=raw.received_at,
        thread_key=f"{raw.channel}:{raw.provider_id}",
        subject=entry["subject"],
        text=entry["text"],
        language=entry["language"],
        attachments=tuple(Attachment(**{name: item[name] for name in Attachment.__slots__}) for item in entry["files"]),
        hints=_hints(entry),
        client_id=raw.provider_id,
    )


def _sender(raw: RawInbound, entry: Mapping[str, Any]) -> Address:
    """By telephone number, else by name and postal address together, else somebody new."""
    name, phone, post = entry["sender"], entry["phone"], entry["postal_address"]
    if phone:
        return Address(kind="phone", value=phone, name=name)
    if name and post:
        return Address(kind="post", value=f"{post} {name}"[:_MAX_ADDRESS_CHARS], name=name)
    return Address(kind=raw.channel, value=raw.provider_id, name=name)


def _hints(entry: Mapping[str, Any]) -> dict[str, Any]:
    found = {"topic": entry["kind"], "kind": entry["kind"], "entered_by": entry["entered_by"]}
    optional = {name: entry[name] for name in ("form", "dated", "received_on", "postal_address")}
    return found | {name: value for name, value in optional.items() if value}
