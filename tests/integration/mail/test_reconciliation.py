"""The ledger against a real mail server: after kills all is there once, and what is removed by hand is named."""

import asyncio

from sqlalchemy import delete, select, update

from channels.reconciliation import ChannelReport, reconcile
from kit.clock import SystemClock
from records.messages.tables import LedgerRow, LedgerState, MessageRow
from server.reconcile import NOT_ASKED, WRONG, exit_code
from tests.integration.mail.test_whole_way import Gateway, gateway
from tests.support.mail_samples import simple
from tests.support.waiting import wait_until

__all__ = ["gateway"]
COUNT = 40
LONG_AGO = SystemClock().now().replace(year=2020)


async def mail_report(gateway: Gateway) -> ChannelReport:
    own = gateway.services
    reports = await reconcile(own.database, own.access, own.adapters, LONG_AGO)
    return next(report for report in reports if report.channel == "mail")


async def worked_off(gateway: Gateway, count: int) -> None:
    async def settled() -> bool:
        return await gateway.count(LedgerRow, LedgerRow.state != LedgerState.RECEIVED) == count

    await wait_until(settled, f"{count} mails are worked off", timeout_s=60)


async def test_after_kills_nothing_is_missing_or_doubled(gateway: Gateway) -> None:
    """The server dies twice while the folder is read; one mail lies there twice."""
    mails = [simple(f"第{number}封", sender=f"c{number}@citizen.test") for number in range(COUNT)]
    dovecot = gateway.peers.dovecot
    await asyncio.to_thread(dovecot.append, gateway.user, *mails[: COUNT // 2])
    await gateway.add_mailbox()
    for _ in range(2):
        await asyncio.to_thread(dovecot.kill)
        await asyncio.to_thread(dovecot.start)
    await asyncio.to_thread(dovecot.append, gateway.user, *mails[COUNT // 2 :], mails[0])
    await worked_off(gateway, COUNT + 1)
    report = await mail_report(gateway)
    assert (report.provider, report.ledger) == (COUNT + 1, COUNT + 1)
    assert not report.is_wrong
    assert exit_code([report]) == 0


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
