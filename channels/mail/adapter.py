"""The mail channel: IMAP in, SMTP out. See `channels.adapter` for what an adapter promises."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from channels.adapter import (
    Capabilities,
    Comparison,
    ContactRequest,
    Health,
    Intake,
    MalformedInbound,
    OutboundMessage,
    ProviderItem,
    RawInbound,
    SendReceipt,
)
from channels.gateway_mail import Gateway, GatewayReader
from channels.mail import service, store
from channels.mail.account import Account, account_of
from channels.mail.check import check_account
from channels.mail.inbound import Inbound
from channels.mail.limits import AUTOMATIC_PER_DAY
from channels.mail.outbound import Outbound
from channels.mail.parsing.sandbox import MailSandbox
from channels.mail.queries import Queries
from channels.mail.receiving.folder_ledger import FolderLedger
from channels.mail.receiving.listing import mailbox_items
from channels.mail.receiving.reader import ReaderLimits
from channels.mail.receiving.receiver import MailReceiver
from channels.mail.threads import ReplyMarks
from channels.mail.tokens import TokenSource
from channels.status_answers import StatusAnswers
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from kit.wake import Waker
from router.contact import Channel

MAX_TEXT_CHARS = 200_000


class MailAdapter:
    """A `PullAdapter`. Mailboxes are rows; they come and go while it runs. Use `close` at the end."""

    channel = Channel.MAIL.value
    capabilities = Capabilities(
        live=False, replies=True, attachments=True, receipts=True, max_text_chars=MAX_TEXT_CHARS
    )
    comparison = Comparison.LISTED

    def __init__(
        self,
        database: Database,
        access: Access,
        blobs: BlobStore,
        box: SecretBox,
        waker: Waker,
        *,
        sandbox: MailSandbox | None = None,
        limits: ReaderLimits | None = None,
        automatic_per_day: int = AUTOMATIC_PER_DAY,
        readers: Mapping[str, GatewayReader] | None = None,
        status: StatusAnswers | None = None,
    ) -> None:
        """`readers` by channel: whose gateways write to mailboxes here. `status` answers queries by number and PIN."""
        self._database = database
        self._access = access
        self._box = box
        self._sandbox = sandbox or MailSandbox()
        self._tokens = TokenSource(database.clock, self._keep_refresh_token)
        ledger = FolderLedger(database, access, blobs, waker)
        self._receiver = MailReceiver(database, access, box, waker, ledger, self._tokens, limits)
        self._outbound = Outbound(database, access, blobs, box, self._tokens, automatic_per_day=automatic_per_day)
        queries = Queries(database, access, blobs, status, self._outbound.send) if status is not None else None
        marks, known = ReplyMarks(box=box), {} if readers is None else readers
        self._inbound = Inbound(database, access, blobs, marks, known, queries)

    async def run(self, intake: Intake) -> None:
        """Read all mailboxes until cancelled.

        `intake` takes one item at a time; mail is written in batches together with how far its folder was read, so
        this adapter writes the same ledger rows by itself.
        """
        del intake
        await self._receiver.run()

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`; the mail is read in a child process."""
        if raw.raw is None:
            raise MalformedInbound("There is no mail in this item.")
        return await self._inbound.request(raw, await self._sandbox.parse(raw.raw))

    async def send(self, message: OutboundMessage) -> SendReceipt:
        return await self._outbound.send(message)

    async def gateways(self) -> list[Gateway]:
        """See `channels.gateway_mail.GatewayMailer`."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            rows = [row for row in await store.mailboxes(uow) if row.enabled]
        return [Gateway(account=row.id, line=row.address, pattern=row.fax_gateway) for row in rows if row.fax_gateway]

    async def can_send(self) -> bool:
        """Whether a mailbox is there that writes to citizens."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            return any(row.enabled and not row.confidential for row in await store.mailboxes(uow))

    async def provider_items(self, since: datetime) -> AsyncIterator[ProviderItem]:
        """See `channels.adapter.Reconcilable`: the UIDs of every enabled mailbox."""
        for account in await self._accounts():
            async for item in mailbox_items(account, self._tokens, self._folder_id, since):
                yield item

    async def _folder_id(self, account: Account) -> str:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            return await store.folder_id(uow, account.id, account.folder)

    async def _accounts(self) -> list[Account]:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            return [account_of(row, self._box) for row in await store.mailboxes(uow) if row.enabled]

    async def check(self) -> Health:
        """Every enabled mailbox, tried for real."""
        accounts = await self._accounts()
        found = [(account.name, await check_account(account, self._tokens)) for account in accounts]
        faults = [f"{name}: {health.detail}" for name, health in found if not health.ok]
        return Health(ok=not faults, detail="\n".join(faults))

    async def check_mailbox(self, mailbox_id: str, language: str) -> Health:
        """One mailbox, enabled or not. Raises `NotFound`."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            account = account_of(await service.get(uow, mailbox_id), self._box)
        return await check_account(account, self._tokens, language)

    async def close(self) -> None:
        """End the parser's processes."""
        await self._sandbox.close()

    async def _keep_refresh_token(self, mailbox_id: str, token: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await service.keep_refresh_token(uow, self._box, mailbox_id, token)
