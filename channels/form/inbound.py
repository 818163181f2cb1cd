"""From a form, or a note on its status page, to a contact request."""

from collections.abc import Mapping
from typing import Any

from channels.adapter import Address, ContactRequest, MalformedInbound, RawInbound, well_formed
from router.contact import Channel
from webchat.form_entry import FormEntry
from webchat.uploads import attachments_from_json

HONORIFICS = {"mr": "先生", "ms": "女士"}
OWN_STAFF = "own_staff"
"""The topic of a report against the bureau's own people: the rules send it to the discipline office."""


def request_of(raw: RawInbound) -> ContactRequest:
    """Pure. Raises `MalformedInbound` for what our own pages did not make."""
    payload = raw.raw_json or {}
    try:
        is_note = "note" in payload
        return well_formed(
            _note(raw, payload["note"]) if is_note else _form(raw, payload["entry"], payload["language"])
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise MalformedInbound("A form without its fields.") from error


def _form(raw: RawInbound, fields: Mapping[str, Any], language: str) -> ContactRequest:
    entry = FormEntry.from_json({**fields, "files": ()})
    return ContactRequest(
        channel=Channel.FORM,
        external_id=raw.provider_id,
        sender=_sender(entry, raw.provider_id),
        recipient=Address(kind="form", value=raw.account),
        received_at=raw.received_at,
        thread_key=f"form:{raw.provider_id}",
        subject=entry.subject,
        text=entry.text,
        language=language,
        attachments=attachments_from_json(fields["files"]),
        hints=_hints(entry),
        client_id=raw.provider_id,
    )


def _note(raw: RawInbound, note: Mapping[str, Any]) -> ContactRequest:
    return ContactRequest(
        channel=Channel.FORM,
        external_id=raw.provider_id,
        sender=Address(kind=note["sender_kind"], value=note["sender"]),
        recipient=Address(kind="form", value=raw.account),
        received_at=raw.received_at,
        thread_key=note["thread_key"],
        subject=note["subject"],
        text=note["text"],
        language=note["language"],
        attachments=attachments_from_json(note["files"]),
        hints=note["hints"],
        client_id=raw.provider_id,
    )


def _sender(entry: FormEntry, provider_id: str) -> Address:
    """Who wrote, by the address left; without one the matter stands for itself."""
    if entry.address is None:
        return Address(kind="form", value=provider_id, name=entry.name)
    kind, value = entry.address
    return Address(kind=kind, value=value, name=entry.name)


def _hints(entry: FormEntry) -> dict[str, Any]:
    hints: dict[str, Any] = {"topic": entry.kind, "kind": entry.kind, "reply": entry.reply}
    if entry.is_report:
        hints["anonymous"] = entry.is_anonymous
    if entry.is_report and entry.own_staff:
        hints |= {"topic": OWN_STAFF, "own_staff": True}
    if entry.confidential:
        hints["confidential"] = True
    if entry.title_of:
        hints["honorific"] = HONORIFICS[entry.title_of]
    return hints
