"""Rows of a conversation by mail: a citizen's question and the answer to it, about to be sent."""

from dataclasses import dataclass

from sqlalchemy import select

from kit.ids import new_id
from records.messages.service import Delivery, NewMessage, append, reply
from records.messages.tables import Direction, OutboxRow, ThreadRow
from router.tables import ContactRow
from tests.support.mail_config import CITIZEN_DOMAIN
from tests.support.mail_world import MailWorld


@dataclass(frozen=True, kw_only=True)
class Conversation:
    citizen: str
    citizen_user: str
    thread_key: str
    answer_id: str
    outbox_id: str


async def conversation(
    world: MailWorld, *, question_id: str = "<question@citizen.test>", subject: str = "咨询"
) -> Conversation:
    """Question and answer in the database, as arrivals and desk would have written them."""
    user = f"c{new_id().replace('-', '')[:20]}"
    citizen, key = f"{user}@{CITIZEN_DOMAIN}", f"mail:{new_id()}"
    async with world.database.unit_of_work(world.access) as uow:
        thread = ThreadRow(channel="mail", key=key, created_at=uow.now)
        uow.session.add(thread)
        await uow.session.flush()
        contact = ContactRow(
            channel="mail",
            external_id=new_id(),
            thread_id=thread.id,
            sender_kind="mail",
            sender=citizen,
            recipient=world.address,
            hints={},
            requirements={},
            received_at=uow.now,
        )
        uow.session.add(contact)
        await uow.session.flush()
        await append(
            uow,
            NewMessage(
                thread_id=thread.id,
                contact_id=contact.id,
                direction=Direction.IN,
                author_kind="citizen",
                external_id=f"{question_id}#0",
                subject=subject,
                text="问题",
            ),
        )
        answer = await reply(
            uow,
            NewMessage(
                thread_id=thread.id, contact_id=contact.id, direction=Direction.OUT, author_kind="agent", text="答复"
            ),
            Delivery(recipient=citizen),
        )
        outbox = await uow.session.scalar(select(OutboxRow).where(OutboxRow.message_id == answer.id))
        assert outbox is not None
        return Conversation(
            citizen=citizen, citizen_user=user, thread_key=key, answer_id=answer.id, outbox_id=outbox.id
        )
