"""Sends one text: finds the account and the template that fits, signs, hands over, and remembers for the reports."""

from collections.abc import Mapping

from channels.adapter import ChannelUnavailable, MessageRejected, NotSupported, OutboundMessage, SendReceipt
from channels.sms import reports, service, store
from channels.sms.carrier import Carrier, SmsAccount, SmsOut, Submitted, account_of
from channels.sms.tables import SmsAccountRow
from channels.sms.templates import fitting, signed
from kit.access import Access
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from records.citizens.addresses import normalise

MAX_TEXT_CHARS = 500
NO_ACCOUNT = "没有启用的短信账户。No SMS account is enabled."
NO_NUMBER = "这不是手机号码。This is no phone number."
TOO_LONG = "短信最多 {most} 字。A text message has at most {most} characters."
STOPPED = "对方已退订短信。The citizen asked for no more text messages."


class Outbound:
    """One for each process. `carriers` by kind of account."""

    def __init__(self, database: Database, access: Access, box: SecretBox, carriers: Mapping[str, Carrier]) -> None:
        self._database = database
        self._access = access
        self._box = box
        self._carriers = carriers

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """See `channels.adapter.Adapter`."""
        if message.attachments:
            raise NotSupported("短信不能带附件。A text message carries no files.")
        recipient = phone_of(message.recipient)
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await store.sending_account(uow, str(message.envelope.get("account") or ""))
            if await store.stopped_after_last_word(uow, recipient, message.message_id):
                raise MessageRejected(STOPPED, code="do_not_contact")
        if row is None:
            raise MessageRejected(NO_ACCOUNT, code="no_account")
        try:
            result = await self.hand_over(row, message.outbox_id, recipient, message.text)
        except ChannelUnavailable as error:
            async with self._database.unit_of_work(self._access) as uow:
                await service.note(uow, row.id, error.detail)
            raise
        async with self._database.unit_of_work(self._access) as uow:
            await reports.submitted(uow, row.id, message.outbox_id, result)
            await service.note(uow, row.id, "")
        return SendReceipt(external_id=message.external_id)

    async def hand_over(self, row: SmsAccountRow, reference: str, recipient: str, text: str) -> Submitted:
        """`text` as it is, by the template that it is made of where there is one. Raises like `Adapter.send`."""
        if len(text) > MAX_TEXT_CHARS:
            raise MessageRejected(TOO_LONG.format(most=MAX_TEXT_CHARS), code="too_long")
        account, carrier = account_of(row, self._box), self.carrier_of(row.kind)
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            template = fitting(text, await store.templates(uow, row.id))
        out = SmsOut(reference=reference, recipient=recipient, text=signed(account.sign, text), template=template)
        return await carrier.submit(account, out)

    def carrier_of(self, kind: str) -> Carrier:
        """Raises `NotSupported` for a kind that this process cannot carry."""
        carrier = self._carriers.get(kind)
        if carrier is None:
            raise NotSupported(f"No carrier for {kind} is configured.")
        return carrier

    def account(self, row: SmsAccountRow) -> SmsAccount:
        return account_of(row, self._box)


def phone_of(text: str) -> str:
    """In E.164. Raises `MessageRejected` for what is no number that a text can be sent to."""
    number = normalise("phone", text)
    digits = number.removeprefix("+")
    if not digits.isdigit() or not 5 <= len(digits) <= 15:
        raise MessageRejected(NO_NUMBER, code="no_number")
    return number
