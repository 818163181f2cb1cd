"""The channel of text messages. See `channels.adapter` for what an adapter promises."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter

from channels.adapter import (
    Capabilities,
    ContactRequest,
    Deliveries,
    Health,
    Intake,
    NotSupported,
    OutboundMessage,
    RawInbound,
    SendReceipt,
)
from channels.sms import service, store
from channels.sms.answers import Answers, ConsentChange
from channels.sms.carrier import Carrier, ConnectedCarrier, SmsAccount, account_of
from channels.sms.deliveries import deliveries
from channels.sms.http_carrier import PROFILES, HttpCarrier
from channels.sms.inbound import Inbound
from channels.sms.media import Media
from channels.sms.outbound import MAX_TEXT_CHARS, Outbound
from channels.sms.routes import Addresses, push_routes
from channels.sms.tables import SmsAccountRow, SmsKind
from channels.status_answers import StatusAnswers
from kit.access import Access
from kit.blobs import BlobStore
from kit.errors import NotFound, Unavailable
from kit.secret_box import SecretBox
from kit.tasks import stop
from kit.unit_of_work import Database
from kit.wake import Waker
from router.contact import Channel

GOOD = {"zh-CN": "可以连通。", "en": "It can be reached."}


class SmsAdapter:
    """Both a `PushAdapter`, for providers that call us, and a `PullAdapter`, for those we keep a connection to.

    `origin` is the public address of the platform; without `blobs` the files of multimedia messages are not fetched.
    Use `close` at the end.
    """

    channel = Channel.SMS.value
    capabilities = Capabilities(
        live=False, replies=True, attachments=False, receipts=True, max_text_chars=MAX_TEXT_CHARS
    )

    def __init__(
        self,
        database: Database,
        access: Access,
        box: SecretBox,
        waker: Waker,
        *,
        origin: str,
        status: StatusAnswers,
        consent: ConsentChange | None = None,
        smpp: ConnectedCarrier | None = None,
        blobs: BlobStore | None = None,
    ) -> None:
        self._database = database
        self._access = access
        self._box = box
        self.addresses = Addresses(origin, box)
        self._http = HttpCarrier(lambda account_id: self.addresses.url(account_id, "report"))
        self._smpp = smpp
        carriers: Mapping[str, Carrier] = dict.fromkeys(PROFILES, self._http)
        self._outbound = Outbound(database, access, box, {**carriers, SmsKind.SMPP: smpp} if smpp else carriers)
        self._answers = Answers(database, access, waker, self._outbound, status, consent)
        self._media = Media(database, access, blobs) if blobs is not None else None
        self._inbound = Inbound(database, access, box, self._answers, self._media)

    def routes(self, intake: Intake) -> APIRouter:
        """See `channels.sms.routes`; `intake` must only store, since the other side waits for the answer."""
        return push_routes(self.addresses, self._account, self._database.clock, intake)

    async def run(self, intake: Intake) -> None:
        """Keep connections and send answers to commands, until cancelled."""
        loops = [self._answers.run()]
        if self._smpp is not None:
            loops.append(self._smpp.run(intake))
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            await asyncio.gather(*tasks)
        finally:
            await stop(tasks)

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`. Reports move what they are about, commands are obeyed: both once."""
        return await self._inbound.request(raw)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        return await self._outbound.send(message)

    async def answer_commands(self) -> int:
        """Send answers to commands that are due; returns how many were tried."""
        return await self._answers.work()

    async def deliveries(self, since: datetime) -> Deliveries:
        """See `channels.adapter.Reporting`."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            return await deliveries(uow, since)

    async def check(self) -> Health:
        """Every enabled account, asked for real without sending anything."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            rows = [row for row in await store.accounts(uow) if row.enabled]
        found = [(row.name, await self._check(row)) for row in rows]
        faults = [f"{name}: {health.detail}" for name, health in found if not health.ok]
        return Health(ok=not faults, detail="\n".join(faults))

    async def check_account(self, account_id: str, language: str) -> Health:
        """One account, enabled or not; the outcome is noted for the pages. Raises `NotFound`."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await service.get(uow, account_id)
        health = await self._check(row)
        async with self._database.unit_of_work(self._access) as uow:
            await service.note(uow, account_id, health.detail if not health.ok else "")
        detail = health.detail or GOOD["en" if language.startswith("en") else "zh-CN"]
        return Health(ok=health.ok, detail=detail)

    async def close(self) -> None:
        """Let go of every connection to providers."""
        await self._http.close()
        if self._media is not None:
            await self._media.close()

    async def _check(self, row: SmsAccountRow) -> Health:
        try:
            return await self._outbound.carrier_of(row.kind).check(account_of(row, self._box))
        except (NotSupported, Unavailable) as error:
            return Health(ok=False, detail=error.detail)

    async def _account(self, account_id: str) -> SmsAccount:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await store.account(uow, account_id)
        if row is None or row.kind not in PROFILES:
            raise NotFound("There is no such account.")
        if not row.enabled:
            raise Unavailable("This account is switched off.")
        return account_of(row, self._box)
