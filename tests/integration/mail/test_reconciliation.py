"""The ledger against real servers: after kills all is there once, and what is removed by hand is named."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from channels.adapter import Comparison
from channels.reconciliation import ChannelReport, reconcile
from channels.sms import service as sms
from channels.sms.settings import SmsAccountSettings
from channels.sms.tables import SmsKind, SmsPartRow
from channels.telegram import service as telegram
from channels.telegram.settings import BotSettings, TelegramSettings
from kit.clock import SystemClock
from records.messages.tables import Direction, LedgerRow, LedgerState, MessageRow
from server.reconcile import NOT_ASKED, WRONG, exit_code
from server.settings import Settings
from tests.integration.mail.test_whole_way import Gateway, gateway, running
from tests.support.bot_api import TOKEN, BotApi, bot_api
from tests.support.mail_peers import MailPeers
from tests.support.mail_samples import simple
from tests.support.smpp_world import OWN
from tests.support.smsc import PASSWORD as CENTRE_PASSWORD
from tests.support.smsc import SYSTEM_ID, Smsc, smsc
from tests.support.waiting import wait_until

__all__ = ["gateway"]
pytestmark = pytest.mark.timeout(600)
STORM = ("mail", "telegram", "sms", "gateway")
EACH = 2
CHANNELS = ("mail", "sms", "telegram")
COUNT = EACH * len(STORM)
LONG_AGO = SystemClock().now().replace(year=2020)


async def reports(gateway: Gateway) -> dict[str, ChannelReport]:
    own = gateway.services
    found = await reconcile(own.database, own.access, own.adapters, LONG_AGO)
    return {report.channel: report for report in found}


async def mail_report(gateway: Gateway) -> ChannelReport:
    return (await reports(gateway))["mail"]


async def worked_off(gateway: Gateway, count: int) -> None:
    async def settled() -> bool:
        return await gateway.count(LedgerRow, LedgerRow.state != LedgerState.RECEIVED) == count

    await wait_until(settled, f"{count} items are worked off", timeout_s=60)


class Installation(Gateway):
    """Mail, text messages over SMPP and Telegram in one gateway, each before a server that can be killed."""

    api: BotApi
    centre: Smsc

    def loops(self) -> list[Coroutine[Any, Any, None]]:
        own = self.services
        return [*super().loops(), own.sms.run(own.store_intake), own.telegram.run(own.store_intake)]

    async def add_accounts(self) -> None:
        own = self.services
        await self.add_mailbox()
        line = {"host": "127.0.0.1", "port": self.centre.port, "system_id": SYSTEM_ID, "longest_retry_s": 0.2}
        account = SmsAccountSettings(name="短信", kind=SmsKind.SMPP, number=OWN, settings=line, secret=CENTRE_PASSWORD)
        async with own.database.unit_of_work(own.access) as uow:
            await sms.create(uow, own.secret_box, own.waker, account)
            await telegram.create(uow, own.secret_box, own.waker, BotSettings(name="机器人", token=TOKEN))
        await self.centre.bound()

    async def kill(self, name: str) -> None:
        """One of the servers, or the gateway itself, and start it again."""
        dovecot = self.peers.dovecot
        if name == "mail":
            await asyncio.to_thread(dovecot.kill)
            await asyncio.to_thread(dovecot.start)
        elif name == "sms":
            lives = len(self.centre.of("bound"))
            await self.centre.kill()
            await self.centre.start()
            await self.centre.bound(lives + 1)
            self.centre.set(receipts=True)
        elif name == "telegram":
            await self.api.server.kill()
            await self.api.server.start()
        else:
            lives = len(self.centre.of("bound"))
            await self.end()
            self.begin()
            await self.centre.bound(lives + 1)

    async def heard(self, channel: str) -> int:
        """How many messages of citizens this channel has brought."""
        return await self.count(MessageRow, MessageRow.channel == channel, MessageRow.direction == Direction.IN)

    async def handed_over(self) -> list[SmsPartRow]:
        """The texts that the message centre took from us, and said so: a report may come before that."""
        own = self.services
        query = select(SmsPartRow).where(SmsPartRow.outbox_id.is_not(None)).order_by(SmsPartRow.id)
        async with own.database.unit_of_work(own.access, read_only=True) as uow:
            return list(await uow.session.scalars(query))

    async def spoil(self, part: SmsPartRow, *, days: int, **values: Any) -> str:
        """Change what is written of a text that we handed over, and how long ago that was; its name in a report."""
        own = self.services
        async with own.database.unit_of_work(own.access) as uow:
            values["created_at"] = uow.now - timedelta(days=days)
            await uow.session.execute(update(SmsPartRow).where(SmsPartRow.id == part.id).values(**values))
        return f"{part.account_id} {part.provider_id}"

    async def remove(self, *, channel: str) -> LedgerRow:
        """The ledger's last row of a message by this channel, by hand."""
        own = self.services
        async with own.database.unit_of_work(own.access) as uow:
            routed = (LedgerRow.channel == channel, LedgerRow.state == LedgerState.ROUTED)
            row = (await uow.session.scalars(select(LedgerRow).where(*routed).order_by(LedgerRow.id.desc()))).first()
            assert row is not None
            await uow.session.delete(row)
        return row


@pytest.fixture
async def installation(
    mail_peers: MailPeers, sqlite_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Installation]:
    async with bot_api() as api, smsc() as centre:
        bots = TelegramSettings(api_url=api.server.url, poll_timeout_s=1, longest_retry_s=0.2)
        settings = Settings(data_dir=tmp_path, database_url=sqlite_url, redis_url=redis_url, telegram=bots)
        async with running(settings, mail_peers, Installation) as made:
            made.api, made.centre = api, centre
            yield made


async def test_after_a_storm_of_kills_all_is_there_once_by_every_channel(installation: Installation) -> None:
    """Each server dies under way, and the gateway; one mail lies there twice. What is then removed by hand is named."""
    await installation.add_accounts()
    centre, api = installation.centre, installation.api
    centre.set(receipts=True)
    mails = [simple(f"信{number}", sender=f"c{number}@citizen.test") for number in range(COUNT)]
    for number, name in enumerate(STORM):
        some = mails[number * EACH : (number + 1) * EACH]
        for one in range(EACH):
            api.says(f"电报{number}-{one}")
        append = asyncio.to_thread(installation.peers.dovecot.append, installation.user, *some, *mails[:1])
        texts = [centre.deliver(f"短信{number}-{one}", source_addr=f"86139000000{one:02d}") for one in range(EACH)]
        assert await asyncio.gather(*texts, append) == [*[0] * EACH, None]
        await installation.kill(name)

    async def worked_off() -> bool:
        heard = [await installation.heard(channel) for channel in CHANNELS]
        waiting = await installation.count(LedgerRow, LedgerRow.state == LedgerState.RECEIVED)
        return min(heard) >= COUNT and waiting == 0 and len(await installation.handed_over()) >= EACH

    await wait_until(worked_off, "all is routed, and each sender of a text has a receipt", timeout_s=200)
    await installation.end()
    assert [await installation.heard(channel) for channel in CHANNELS] == [COUNT] * len(CHANNELS)
    found = await reports(installation)
    assert [name for name, report in found.items() if report.is_wrong] == []
    assert {name: (report.compared, report.provider) for name, report in found.items()} == {
        "mail": (Comparison.LISTED, COUNT + len(STORM)),
        "sms": (Comparison.RECEIPTS, None),
        "telegram": (Comparison.NUMBERED, COUNT),
    }
    assert (found["sms"].submitted >= EACH, found["sms"].unreported, found["sms"].unsubmitted) == (True, [], [])
    assert exit_code(list(found.values())) == 0

    silent, stray, *_ = await installation.handed_over()
    unreported = await installation.spoil(silent, days=4, status="accepted", reported_at=None)
    unsubmitted = await installation.spoil(stray, days=1, outbox_id=None)
    gone = {name: await installation.remove(channel=name) for name in CHANNELS}
    found = await reports(installation)
    for name in ("mail", "telegram"):
        assert found[name].missing == [f"{gone[name].account} {gone[name].provider_id}"]
    assert found["sms"].unexplained == [gone["sms"].message_id]
    assert (found["sms"].unreported, found["sms"].unsubmitted) == ([unreported], [unsubmitted])
    assert exit_code(list(found.values())) == WRONG


async def test_what_is_removed_or_spoiled_by_hand_is_named(gateway: Gateway) -> None:
    own = gateway.services
    mails = [simple(f"第{number}封", sender=f"c{number}@citizen.test") for number in range(4)]
    await asyncio.to_thread(gateway.peers.dovecot.append, gateway.user, *mails)
    await gateway.add_mailbox()
    await worked_off(gateway, 4)
    async with own.database.unit_of_work(own.access, read_only=True) as uow:
        rows = list(await uow.session.scalars(select(LedgerRow).order_by(LedgerRow.id)))
    gone, emptied, doubled, aside = rows
    async with own.database.unit_of_work(own.access) as uow:
        await uow.session.execute(delete(LedgerRow).where(LedgerRow.id == gone.id))
        await uow.session.execute(update(LedgerRow).where(LedgerRow.id == emptied.id).values(message_id=None))
        same = update(LedgerRow).where(LedgerRow.id == doubled.id).values(duplicate_key=emptied.duplicate_key)
        await uow.session.execute(same)
        spoiled = update(LedgerRow).where(LedgerRow.id == aside.id).values(state=LedgerState.QUARANTINED)
        await uow.session.execute(spoiled)
    report = await mail_report(gateway)
    assert report.missing == [f"{gone.account} {gone.provider_id}"]
    assert report.lost == [f"{emptied.account} {emptied.provider_id}"]
    assert report.doubled == [f"{emptied.account} {emptied.duplicate_key}"]
    assert report.quarantined == [f"{aside.account} {aside.provider_id}"]
    assert set(report.unexplained) == {gone.message_id, emptied.message_id}
    assert await gateway.count(MessageRow, MessageRow.id.in_(report.unexplained)) == 2
    assert exit_code([report]) == WRONG


async def test_a_server_that_is_away_is_a_fault_of_its_own(gateway: Gateway) -> None:
    await asyncio.to_thread(gateway.peers.dovecot.append, gateway.user, simple("您好"))
    await gateway.add_mailbox()
    await worked_off(gateway, 1)
    await asyncio.to_thread(gateway.peers.dovecot.kill)
    try:
        report = await mail_report(gateway)
    finally:
        await asyncio.to_thread(gateway.peers.dovecot.start)
    assert report.provider is None
    assert report.fault
    assert exit_code([report]) == NOT_ASKED
