"""Which open contact a message belongs to whose own thread has none: the one that was answered by this channel.

An agent may answer a mail by text message. What comes back from that number belongs to the mail's contact, at its
place and in its thread. Mail itself is joined by its signed marks, pages by their session.
"""

from collections.abc import Sequence

from sqlalchemy import select

from channels.adapter import ContactRequest
from kit.unit_of_work import UnitOfWork
from records.citizens import blocking
from records.citizens.addresses import normalise
from records.messages.tables import MessageRow, OutboxRow
from router.contact import OPEN_STATUSES, Channel
from router.tables import ContactRow

OF_THEIR_OWN = frozenset(
    {
        *(Channel.CHAT, Channel.FORM, Channel.MAIL, Channel.LETTER, Channel.VISIT),
        *(Channel.VOICE, Channel.CALLBACK, Channel.VOICEMAIL),
    }
)
NOT_FROM_AN_ADDRESS = OF_THEIR_OWN - {Channel.MAIL}


async def answered_contact(uow: UnitOfWork, request: ContactRequest) -> ContactRow | None:
    """The open contact that we wrote to this sender about, by this channel, last."""
    if request.channel in OF_THEIR_OWN:
        return None
    sender = request.sender
    found: ContactRow | None = await uow.session.scalar(
        select(ContactRow)
        .join(MessageRow, MessageRow.contact_id == ContactRow.id)
        .join(OutboxRow, OutboxRow.message_id == MessageRow.id)
        .where(
            OutboxRow.channel == request.channel,
            OutboxRow.recipient.in_({sender.value, normalise(sender.kind, sender.value)}),
            ContactRow.status.in_(OPEN_STATUSES),
        )
        .order_by(OutboxRow.created_at.desc(), OutboxRow.id.desc())
        .limit(1)
    )
    return found


async def blocked_among(uow: UnitOfWork, requests: Sequence[ContactRequest]) -> list[bool]:
    """For each, whether nothing is taken from its sender. Pages, paper and calls are not judged by what is typed."""
    senders = [
        None if each.channel in NOT_FROM_AN_ADDRESS else (each.sender.kind, each.sender.value) for each in requests
    ]
    blocked = await blocking.blocked_among(uow, [sender for sender in senders if sender])
    return [sender in blocked for sender in senders]
