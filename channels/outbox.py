"""The durable way out: a row written with its message, sent, retried with back-off, and never silently given up."""

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Select, or_, select, update

from channels.acknowledgements import PIN_IN_ENVELOPE, PIN_MASK
from channels.adapter import (
    Adapter,
    Attachment,
    ChannelUnavailable,
    MessageRejected,
    NotSupported,
    OutboundMessage,
    SendReceipt,
)
from kit.access import Access
from kit.errors import Unavailable
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from records.citizens import do_not_contact
from records.messages.service import WAKE_OUTBOX, emit_delivery
from records.messages.tables import AttachmentRow, MessageRow, OutboxRow, OutboxState, ThreadRow

log = logging.getLogger(__name__)

BATCH = 16
SEND_TIMEOUT_S = 90.0
LEASE_S = 180.0
POLL_S = 1.0
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 1800.0
UNASKED = "unasked"
"""In the envelope of what the citizen did not ask for: it stays unsent where they want nothing by the channel."""
LINK_IN_ENVELOPE = "link"
LINK_MASK = "[……]"
"""What staff see in place of a citizen's own link, which travels encrypted like a PIN."""
SECRETS = {PIN_IN_ENVELOPE: PIN_MASK, LINK_IN_ENVELOPE: LINK_MASK}
UNWANTED = "诉求人不希望经此渠道被打扰。The citizen wants no messages by this channel."
# With these waits about a day. Counted, so that what an agent sends once more has a day again.
MOST_ATTEMPTS = 56


class Outbox:
    """Sends what is due. Any number may run: a claim is a conditional update with a lease."""

    def __init__(
        self, database: Database, access: Access, adapters: Mapping[str, Adapter], waker: Waker, secret_box: SecretBox
    ) -> None:
        self._database = database
        self._access = access
        self._adapters = adapters
        self._waker = waker
        self._secret_box = secret_box

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                sent = await self.work()
            except Unavailable:
                sent = 0
                log.warning("the outbox cannot be read now; trying again")
            except Exception:
                sent = 0
                log.exception("a round of the outbox failed; trying again")
            if sent == 0:
                await self._waker.wait(WAKE_OUTBOX, POLL_S)

    async def work(self) -> int:
        """Claim and send one batch, each message on its own; returns how many."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            if not await uow.session.scalar(_due(uow).limit(1)):
                return 0
        async with self._database.unit_of_work(self._access) as uow:
            rows = await _claim(uow)
            messages = [(row, await self._outbound(uow, row)) for row in rows]
            unwanted = {row.id for row in rows if await _is_unwanted(uow, row)}
        await asyncio.gather(
            *(
                self._fail(row, UNWANTED) if row.id in unwanted else self._send(row, message)
                for row, message in messages
            )
        )
        return len(rows)

    async def _send(self, row: OutboxRow, message: OutboundMessage) -> None:
        try:
            adapter = self._adapters.get(row.channel)
            if adapter is None:
                raise NotSupported(f"No adapter for {row.channel} is configured.")
            message = self._with_secrets(message, row)
            receipt = await asyncio.wait_for(adapter.send(message), SEND_TIMEOUT_S)
        except (MessageRejected, NotSupported) as error:
            await self._fail(row, error.detail)
        except (ChannelUnavailable, TimeoutError) as error:
            await self._retry(row, str(error) or "No answer in time.")
        except Exception as error:
            log.exception("sending failed unexpectedly; it will be tried again")
            await self._retry(row, f"{type(error).__name__}")
        else:
            await self._sent(row, receipt)

    async def _sent(self, row: OutboxRow, receipt: SendReceipt) -> None:
        state = OutboxState.DELIVERED if receipt.delivered else OutboxState.SENT
        await self._settle(row, state, external_id=receipt.external_id, last_error="")

    async def _fail(self, row: OutboxRow, reason: str) -> None:
        await self._settle(row, OutboxState.FAILED, last_error=reason[:500])

    async def _retry(self, row: OutboxRow, reason: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            if row.attempts >= MOST_ATTEMPTS:
                await _settle(uow, row, OutboxState.FAILED, last_error=reason[:500])
                return
            wait_s = min(FIRST_RETRY_S * 2 ** max(row.attempts - 1, 0), LONGEST_RETRY_S) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
            next_attempt_at = uow.now + timedelta(seconds=wait_s)
            await uow.session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == row.id, OutboxRow.state == OutboxState.SENDING)
                .values(
                    state=OutboxState.QUEUED, lease_until=None, next_attempt_at=next_attempt_at, last_error=reason[:500]
                )
            )
            await emit_delivery(uow, row.message_id)

    async def _settle(self, row: OutboxRow, state: OutboxState, **values: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await _settle(uow, row, state, **values)

    async def _outbound(self, uow: UnitOfWork, row: OutboxRow) -> OutboundMessage:
        message = await uow.session.get_one(MessageRow, row.message_id)
        thread = await uow.session.get_one(ThreadRow, message.thread_id)
        attachments = await uow.session.scalars(select(AttachmentRow).where(AttachmentRow.message_id == message.id))
        return OutboundMessage(
            outbox_id=row.id,
            message_id=message.id,
            thread_key=thread.key,
            recipient=row.recipient,
            text=message.text,
            subject=message.subject,
            language=message.language or "zh-CN",
            external_id=row.external_id or message.id,
            envelope=row.envelope,
            automatic=bool(row.envelope.get("automatic")),
            attachments=tuple(
                Attachment(
                    filename=item.filename,
                    media_type=item.media_type,
                    size_bytes=item.size_bytes,
                    blob_key=item.blob_key,
                    sha256=item.sha256,
                )
                for item in attachments
            ),
        )

    def _with_secrets(self, message: OutboundMessage, row: OutboxRow) -> OutboundMessage:
        text = message.text
        for key, mask in SECRETS.items():
            if key in row.envelope:
                text = text.replace(mask, self._secret_box.decrypt(row.envelope[key]), 1)
        return replace(message, text=text)


async def _is_unwanted(uow: UnitOfWork, row: OutboxRow) -> bool:
    if not row.envelope.get(UNASKED):
        return False
    citizen_id = await uow.session.scalar(select(MessageRow.citizen_id).where(MessageRow.id == row.message_id))
    return await do_not_contact.forbids(uow, citizen_id, row.channel)


def _due(uow: UnitOfWork) -> Select[str]:
    waiting = (OutboxRow.state == OutboxState.QUEUED) & (OutboxRow.next_attempt_at <= uow.now)
    orphaned = (OutboxRow.state == OutboxState.SENDING) & (OutboxRow.lease_until <= uow.now)
    return select(OutboxRow.id).where(or_(waiting, orphaned)).order_by(OutboxRow.next_attempt_at)


async def _claim(uow: UnitOfWork) -> list[OutboxRow]:
    ids = list(await uow.session.scalars(_due(uow).limit(BATCH).with_for_update(skip_locked=True)))
    rows = await uow.session.scalars(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids))
        .values(
            state=OutboxState.SENDING,
            lease_until=uow.now + timedelta(seconds=LEASE_S),
            attempts=OutboxRow.attempts + 1,
        )
        .returning(OutboxRow)
    )
    return list(rows)


async def _settle(uow: UnitOfWork, row: OutboxRow, state: OutboxState, **values: str) -> None:
    # A delivery report may have come in before the send returned: never step back from it.
    await uow.session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row.id, OutboxRow.state == OutboxState.SENDING)
        .values(state=state, lease_until=None, finished_at=uow.now, **values)
    )
    if state != OutboxState.FAILED and not SECRETS.keys().isdisjoint(row.envelope):
        spent = {key: value for key, value in row.envelope.items() if key not in SECRETS}
        await uow.session.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(envelope=spent))
    await emit_delivery(uow, row.message_id)
