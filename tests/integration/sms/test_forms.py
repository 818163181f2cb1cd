"""The web form and text messages: offered only where one goes out, and then the receipt goes that way."""

from channels.sms import store
from records.messages.tables import OutboxRow, OutboxState
from tests.contract.webchat.test_forms import FIELDS, post, receipt_of
from tests.support.channel_room import ChannelRoom
from tests.support.sms_world import SmsWorld

OFFER = 'name="reply" value="sms"'


async def test_no_text_message_is_promised_while_no_account_sends_one(room: ChannelRoom) -> None:
    page = await room.side.browser().get("/form")
    assert OFFER not in page.text
    await post(room.side.browser(), {**FIELDS, "reply": "sms", "phone": "13900000001"})
    (contact,) = await room.contacts()
    assert contact.hints["reply"] == "phone"
    assert await room.rows(OutboxRow) == []


async def test_who_asks_for_a_text_message_gets_the_receipt_and_the_answer_by_one(world: SmsWorld) -> None:
    browser = world.room.side.browser()
    page = await browser.get("/form")
    assert OFFER in page.text
    number, _ = receipt_of(await post(browser, {**FIELDS, "reply": "sms", "phone": "13900000001"}))
    await world.sends()
    message = await world.agent_answers("已受理")
    await world.sends()
    assert (await world.outbox_of(message)).state == OutboxState.SENT
    receipt, answer = world.peer.taken
    assert {receipt.recipient, answer.recipient} == {"+8613900000001"}
    assert (number in receipt.text, answer.text) == (True, "【云州科技】已受理")


async def test_a_disabled_account_offers_nothing(world: SmsWorld) -> None:
    async with world.room.database.unit_of_work(world.room.access) as uow:
        row = await store.account(uow, world.account.id)
        assert row is not None
        row.enabled = False
    page = await world.room.side.browser().get("/form")
    assert OFFER not in page.text
