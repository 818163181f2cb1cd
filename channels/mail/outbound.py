"""From an outbox row to a mail at the SMTP server."""

from dataclasses import replace

from channels.adapter import (
    ChannelUnavailable,
    MessageRejected,
    NotSupported,
    OutboundMessage,
    SendReceipt,
)
from channels.gateway_mail import TAGGED
from channels.mail import limits, store
from channels.mail.account import Account, account_of
from channels.mail.inbound import NO_ADDRESS, message_id_of
from channels.mail.sending.compose import File, Letter, answer_subject, compose
from channels.mail.sending.smtp import SENDER_REFUSED, hand_over
from channels.mail.threads import ReplyMarks
from channels.mail.tokens import TokenSource
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork
from records.messages.tables import MessageRow
from router.contact import Channel

_REFERENCES = 8


class Outbound:
    """One for each process."""

    def __init__(
        self,
        database: Database,
        access: Access,
        blobs: BlobStore,
        box: SecretBox,
        tokens: TokenSource,
        *,
        automatic_per_day: int = limits.AUTOMATIC_PER_DAY,
    ) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._box = box
        self._tokens = tokens
        self._marks = ReplyMarks(box=box)
        self._automatic_per_day = automatic_per_day

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """See `channels.adapter.Adapter`. Every attempt bears the same Message-ID."""
        if message.recipient.endswith(NO_ADDRESS):
            raise MessageRejected("The mail that this answers named no sender.")
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            account = await self._account(uow, message)
            letter = await self._letter(uow, account, message)
        data = compose(await self._with_files(letter, message))
        if message.automatic:
            await self._send_automatic(account, data, message.recipient)
        else:
            await self._hand_over(account, data, account.address, message.recipient)
        return SendReceipt(external_id=letter.header_id)

    async def _send_automatic(self, account: Account, data: bytes, recipient: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            if not await limits.take(uow, recipient, self._automatic_per_day):
                raise MessageRejected("This address has had its number of automatic answers for today.")
        try:
            await self._hand_over(account, data, "", recipient)
        except MessageRejected as error:
            # Some providers take nothing from the null sender; the headers still say that a machine wrote.
            if error.code != SENDER_REFUSED:
                raise
            await self._hand_over(account, data, account.address, recipient)
        except ChannelUnavailable:
            async with self._database.unit_of_work(self._access) as uow:
                await limits.give_back(uow, recipient)
            raise

    async def _hand_over(self, account: Account, data: bytes, envelope_from: str, recipient: str) -> None:
        credentials = await self._tokens.credentials(account)
        await hand_over(account.smtp, credentials, data, envelope_from=envelope_from, recipient=recipient)

    async def _account(self, uow: UnitOfWork, message: OutboundMessage) -> Account:
        """The mailbox that the citizen wrote to; a public one where that is gone or it was not by mail."""
        wanted = str(message.envelope.get("account") or "").lower()
        rows = await store.mailboxes(uow)
        public = (row for row in rows if row.enabled and not row.confidential)
        row = next((row for row in rows if wanted in {row.id, row.address.lower()}), None) or next(public, None)
        if row is None:
            raise NotSupported("No mailbox is set up to send this from.")
        if not row.enabled:
            raise ChannelUnavailable(f"The mailbox {row.name} is switched off.")
        return account_of(row, self._box)

    async def _letter(self, uow: UnitOfWork, account: Account, message: OutboundMessage) -> Letter:
        answered = await store.answered_mail(uow, message.message_id, Channel.MAIL)
        subject = message.subject or answer_subject(answered.subject if answered else "")
        named = message_id_of(message.envelope.get("in_reply_to"))
        in_reply_to = named or message_id_of(answered.external_id if answered else None)
        plus = account.plus_addresses
        is_tagged = TAGGED in message.envelope or not plus
        return Letter(
            sender_name=account.name,
            sender=account.address,
            reply_to=self._marks.reply_address(account.address, message.message_id) if plus else account.address,
            recipient=message.recipient,
            subject=self._marks.subject(subject, message.message_id) if is_tagged else subject,
            text=message.text,
            header_id=self._marks.header_id(message.message_id, account.domain),
            mark=self._marks.token(message.message_id),
            date=uow.now,
            in_reply_to=in_reply_to,
            references=await self._references(uow, account, message),
            automatic=message.automatic,
        )

    async def _references(self, uow: UnitOfWork, account: Account, message: OutboundMessage) -> tuple[str, ...]:
        """The Message-IDs of our earlier mails in the conversation: the citizen's client shows them as one."""
        row = await uow.session.get(MessageRow, message.message_id)
        if row is None:
            return ()
        earlier = await store.sent_earlier(uow, row, Channel.MAIL, _REFERENCES)
        return tuple(self._marks.header_id(message_id, account.domain) for message_id in earlier)

    async def _with_files(self, letter: Letter, message: OutboundMessage) -> Letter:
        files = [
            File(filename=item.filename, media_type=item.media_type, data=await self._blobs.read(item.blob_key))
            for item in message.attachments
        ]
        return replace(letter, files=files)
