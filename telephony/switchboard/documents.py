"""Documents that a caller asks for: a knowledge item, sent by fax or text message like any other answer."""

from records.citizens.addresses import normalise
from records.knowledge import service as knowledge
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction
from telephony.ivr.ports import Session
from telephony.switchboard import store
from telephony.switchboard.house import House

ITEM_OF = {"guide": "guides"}
"""Document to the item that it holds; other documents are items of their own name."""


async def send(house: House, contact_id: str, session: Session, document: str, by: str, number: str) -> bool:
    """Put the document on its way; False where the channel cannot send, or there is no such item or number."""
    recipient = normalise("phone", number)
    if house.can_send is None or not recipient or not await house.can_send(by):
        return False
    async with house.database.unit_of_work(house.access) as uow:
        item = await knowledge.item(uow, ITEM_OF.get(document, document), session.language)
        if item is None:
            return False
        contact = await store.contact(uow, contact_id)
        message = NewMessage(
            thread_id=contact.thread_id,
            contact_id=contact.id,
            citizen_id=contact.citizen_id,
            direction=Direction.OUT,
            author_kind="system",
            channel=by,
            client_id=f"document:{document}:{by}:{len(session.path)}",
            subject=item.title,
            text=item.text,
            language=item.language,
            detail={"automatic": True, "document": document},
            sealed=contact.sealed,
        )
        await reply(uow, message, Delivery(recipient=recipient, envelope={"automatic": True}))
    return True
