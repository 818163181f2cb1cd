"""Rows as pages see them: names and numbers masked, a sealed contact that is not opened silent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from channels.acknowledgements import ON_PAGES
from channels.ways import Way
from desk.access import Actor
from desk.inbox.store import LoadedContact
from desk.schemas.inbox import AgentView, AttachmentView, ContactSummary, DraftView, OfferView, ReplyWay, ThreadItem
from records.citizens.addresses import NO_ADDRESS
from records.citizens.masking import mask_address, mask_name, mask_text
from records.messages.tables import AttachmentRow, DraftRow, MessageRow, OutboxRow
from records.staff.tables import AccountRow
from router.contact import OfferOutcome
from router.results import AgentStanding
from router.tables import OfferRow

MOST_RECOGNISED_CHARS = 20_000
PLAIN_KEYS = (
    *("contact_id", "thread_id", "seq", "direction", "channel", "author_kind"),
    *("subject", "text", "detail", "client_id"),
)
NAME_HINTS = frozenset({"name", "contact_name", "caller_name", "from_name"})


def summary(who: Actor, loaded: LoadedContact) -> ContactSummary:
    """The contact as `who` may know it; whether it may be known at all is asked before."""
    return summary_as(loaded, is_open=loaded.is_open_to(who))


def summary_as(loaded: LoadedContact, *, is_open: bool) -> ContactSummary:
    """The contact to those it is open to, or to those who may only know that it is there."""
    row = loaded.row
    names = [loaded.citizen.name] if loaded.citizen else []
    return ContactSummary(
        id=row.id,
        version=row.version,
        status=row.status,
        channel=row.channel,
        queue_id=row.queue_id,
        citizen_id=loaded.citizen.id if is_open and loaded.citizen else None,
        citizen_name=citizen_name(loaded) if is_open else "",
        sender=_sender(loaded) if is_open else "",
        subject=mask_text(row.subject, names) if is_open else "",
        preview=mask_text(row.preview, names) if is_open else "",
        language=row.language,
        unread=row.unread,
        priority=row.priority,
        agent_id=row.agent_id,
        agent_name=loaded.agent_name,
        case_id=row.case_id if is_open else None,
        case_number=loaded.case_number if is_open else None,
        received_at=row.received_at,
        queued_at=row.queued_at,
        accepted_at=row.accepted_at,
        due_at=row.due_at,
        parked_until=row.parked_until,
        park_reason=row.park_reason if is_open else None,
        wrap_up_until=row.wrap_up_until,
        last_in_at=row.last_in_at,
        last_out_at=row.last_out_at,
        has_draft=loaded.has_draft,
        sealed=row.sealed,
        opened=is_open,
        answerable=row.answerable,
    )


def counted_again(view: ContactSummary, version: int, data: Mapping[str, Any], names: Sequence[str]) -> ContactSummary:
    """`view` after the citizen wrote once more, by what the event carries (`router.announcements.contact_unread`)."""
    changed = {
        "version": version,
        "unread": data["unread"],
        "preview": mask_text(data["preview"], names),
        "last_in_at": datetime.fromisoformat(data["last_in_at"]),
    }
    return view.model_copy(update=changed)


def citizen_name(loaded: LoadedContact) -> str:
    """Masked; empty for someone who gave no name."""
    return mask_name(loaded.citizen.name) if loaded.citizen else ""


def _sender(loaded: LoadedContact) -> str:
    """The address it came from; a session's id on our own pages says nothing to anybody."""
    kind = loaded.row.sender_kind
    return mask_address(kind, loaded.row.sender) if kind not in NO_ADDRESS else ""


def masked_hints(hints: Mapping[str, Any]) -> dict[str, Any]:
    """What the citizen chose or filled in, with names and numbers masked."""
    return {key: _masked(key, value) for key, value in hints.items()}


def _masked(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return mask_name(value) if key in NAME_HINTS else mask_text(value)
    if isinstance(value, Mapping):
        return masked_hints(value)
    return [_masked(key, item) for item in value] if isinstance(value, list) else value


def offer_view(
    who: Actor, offer: OfferRow, loaded: LoadedContact, *, history_count: int, served_before: bool
) -> OfferView:
    is_open = loaded.is_open_to(who)
    return OfferView(
        id=offer.id,
        version=offer_version(offer),
        contact_id=offer.contact_id,
        agent_id=offer.agent_id,
        fence=str(offer.fence),
        offered_at=offer.offered_at,
        expires_at=offer.expires_at,
        outcome=offer.outcome,
        contact=summary(who, loaded),
        waiting_s=waiting_s(loaded, offer.offered_at),
        history_count=history_count if is_open else 0,
        served_by_me_before=served_before and is_open,
    )


def waiting_s(loaded: LoadedContact, until: datetime) -> int:
    """Whole seconds in the queue, or since it came in where it was not queued."""
    since = loaded.row.queued_at or loaded.row.received_at
    return max(0, int((until - since).total_seconds()))


def title(loaded: LoadedContact) -> str:
    """What a colleague calls a contact who has not opened it: nothing of a sealed one."""
    names = [loaded.citizen.name] if loaded.citizen else []
    return "" if loaded.row.sealed else mask_text(loaded.row.subject or loaded.row.preview, names)


def offer_version(offer: OfferRow) -> int:
    """An offer changes once: from pending to what became of it."""
    return 1 if offer.outcome == OfferOutcome.PENDING else 2


def attachment_view(row: AttachmentRow) -> AttachmentView:
    return AttachmentView(
        id=row.id,
        filename=row.filename,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        has_preview=row.preview_blob_key is not None,
        recognised=row.recognised[:MOST_RECOGNISED_CHARS] if row.recognised else None,
    )


def thread_item(
    row: MessageRow, author_name: str, attachments: Sequence[AttachmentRow] = (), outbox: OutboxRow | None = None
) -> ThreadItem:
    return ThreadItem(
        id=row.id,
        version=row.version,
        contact_id=row.contact_id,
        thread_id=row.thread_id,
        seq=row.seq,
        direction=row.direction,
        channel=row.channel,
        author_kind=row.author_kind,
        author_name=author_name,
        subject=row.subject,
        text=row.text,
        full_text=row.full_text,
        html=row.html,
        event=row.detail.get("event"),
        detail=row.detail,
        attachments=[attachment_view(one) for one in attachments],
        created_at=row.created_at,
        delivery=outbox.state if outbox else None,
        delivery_error=(outbox.last_error or None) if outbox else None,
        client_id=row.client_id,
        automatic=bool(row.detail.get("automatic")),
    )


def plain_item(message_id: str, version: int, data: Mapping[str, Any], author: str) -> dict[str, Any]:
    """`thread_item` as JSON values, of a message that its event carries whole (`records.messages.service.emit`)."""
    return {
        **{key: data[key] for key in PLAIN_KEYS},
        "created_at": data["created_at"].replace("+00:00", "Z"),
        "id": message_id,
        "version": version,
        "author_name": author,
        "full_text": None,
        "html": None,
        "event": data["detail"].get("event"),
        "attachments": [],
        "delivery": None,
        "delivery_error": None,
        "automatic": bool(data["detail"].get("automatic")),
    }


def author_name(row: MessageRow, staff: Mapping[str, str], citizen: str) -> str:
    """Colleagues in full, citizens masked, the system by no name."""
    if row.author_kind == "agent":
        return staff.get(row.author_id or "", "")
    return citizen if row.author_kind == "citizen" else ""


def reply_way(way: Way) -> ReplyWay:
    on_page = way.channel in ON_PAGES
    return ReplyWay(
        channel=way.channel,
        address_id=way.address_id,
        address=mask_address(way.kind, way.recipient) if way.kind not in NO_ADDRESS and not on_page else "",
        proven=way.proven,
        forbidden=way.forbidden,
    )


def draft_view(row: DraftRow) -> DraftView:
    return DraftView(
        contact_id=row.contact_id,
        kind=row.kind,
        version=row.version,
        body=row.body,
        author_id=row.author_id,
        saved_at=row.saved_at,
    )


def agent_view(standing: AgentStanding, account: AccountRow) -> AgentView:
    return AgentView(
        id=standing.agent_id,
        version=standing.version,
        display_name=account.display_name,
        staff_number=account.staff_number,
        presence=standing.presence,
        reason=standing.reason,
        pending=standing.pending,
        state=standing.state,
        since=standing.since,
        capacity=dict(standing.capacity),
        load=dict(standing.load),
    )
