"""A mail adapter with its database, between a real Dovecot and a real Postfix."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from channels.mail import service
from channels.mail.adapter import MailAdapter
from channels.mail.receiving.reader import ReaderLimits
from channels.mail.settings import MailboxSettings
from channels.mail.tables import MailboxRow
from kit.access import Access
from kit.blobs import BlobStore
from kit.clock import SystemClock
from kit.database import make_engine
from kit.ids import new_id
from kit.redis import make_redis
from kit.secret_box import SecretBox
from kit.tasks import stop
from kit.unit_of_work import Database
from kit.wake import Waker
from records.messages.tables import LedgerRow
from router.contact import RawInbound
from tests.support.mail_config import PASSWORD
from tests.support.mail_peers import MailPeers


async def no_intake(raw: RawInbound) -> None:
    raise AssertionError("mail is stored in batches, not item by item")


@dataclass
class MailWorld:
    """`run` keeps the adapter reading; several may run at once, as in several processes."""

    peers: MailPeers
    database: Database
    access: Access
    blobs: BlobStore
    box: SecretBox
    waker: Waker
    adapter: MailAdapter
    user: str = field(default_factory=lambda: new_id().replace("-", "")[:20])

    @property
    def address(self) -> str:
        return self.peers.address(self.user)

    def settings(self, **changes: object) -> MailboxSettings:
        values: dict[str, object] = {
            "name": "科技局热线",
            "address": self.address,
            "imap_host": "127.0.0.1",
            "imap_port": self.peers.ports.imap,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": self.peers.ports.smtp,
            "smtp_security": "starttls",
            "verify_certificates": False,
            "username": self.user,
            "secret": PASSWORD,
        }
        return MailboxSettings.model_validate(values | changes)

    async def add_mailbox(self, **changes: object) -> MailboxRow:
        async with self.database.unit_of_work(self.access) as uow:
            return await service.create(uow, self.box, self.waker, self.settings(**changes))

    async def mailbox(self, mailbox_id: str) -> MailboxRow:
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            return await service.get(uow, mailbox_id)

    async def ledger(self) -> list[LedgerRow]:
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            return list(await uow.session.scalars(select(LedgerRow).order_by(LedgerRow.id)))

    async def ledger_count(self) -> int:
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            return int(await uow.session.scalar(select(func.count()).select_from(LedgerRow)) or 0)

    async def raw(self, row: LedgerRow) -> RawInbound:
        return RawInbound(
            channel=row.channel,
            account=row.account,
            provider_id=row.provider_id,
            received_at=row.received_at,
            raw=await self.blobs.read(row.raw_blob_key or ""),
            raw_json=row.raw_json,
            sealed=row.sealed,
        )

    @asynccontextmanager
    async def running(self, adapter: MailAdapter | None = None) -> AsyncIterator[None]:
        task = asyncio.create_task((adapter or self.adapter).run(no_intake))  # type: ignore[arg-type]
        try:
            yield
        finally:
            await stop([task])

    def another_adapter(self, limits: ReaderLimits | None = None) -> MailAdapter:
        """As a second process would have it."""
        return MailAdapter(self.database, self.access, self.blobs, self.box, self.waker, limits=limits)


@asynccontextmanager
async def mail_world(peers: MailPeers, database_url: str, redis_url: str, folder: Path) -> AsyncIterator[MailWorld]:
    engine = make_engine(database_url)
    redis = make_redis(redis_url)
    database = Database(engine, SystemClock())
    access = Access.system(new_id())
    blobs, box, waker = BlobStore(folder), SecretBox(b"a secret of the tests" * 2), Waker(redis)
    adapter = MailAdapter(database, access, blobs, box, waker)
    try:
        yield MailWorld(
            peers=peers, database=database, access=access, blobs=blobs, box=box, waker=waker, adapter=adapter
        )
    finally:
        await adapter.close()
        await redis.aclose()
        await engine.dispose()
