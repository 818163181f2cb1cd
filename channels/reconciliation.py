"""Does the ledger hold what the other sides say they had for us, each once, and did every item find its end?

Read only. Names items by their ids, never by what they say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from channels import ledger
from channels.adapter import Adapter, ChannelUnavailable, Comparison, ProviderItem
from kit.access import Access
from kit.unit_of_work import Database, UnitOfWork
from records.messages.tables import Direction, LedgerRow, LedgerState, MessageRow
from router.contact import Channel

CHUNK = 500
# Calls are no items of a ledger: the engine's records tell of them.
_SPOKEN = (Channel.VOICE, "voicemail", "callback")


@dataclass(kw_only=True)
class ChannelReport:
    """`compared` says what was held against the ledger; `provider` is how many items the other side names, None where
    it cannot be asked (`fault` where it should). `submitted` texts were handed over, see `channels.adapter.Deliveries`.

    `missing` the ledger does not have; `doubled` made two messages; `lost` are routed items without their message,
    `unexplained` messages without their item; `quarantined` and `waiting` have not found their end yet.
    """

    channel: str
    compared: Comparison = Comparison.OWN_BOOKS
    provider: int | None = None
    ledger: int = 0
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    waiting: int = 0
    submitted: int = 0
    unreported: list[str] = field(default_factory=list)
    unsubmitted: list[str] = field(default_factory=list)
    fault: str = ""

    @property
    def is_wrong(self) -> bool:
        """Something is not where it must be. What waits or is quarantined is where it must be, and what a provider did
        not report, or reports of nothing that we know of, is for a person to look at.
        """
        return any((self.missing, self.doubled, self.lost, self.unexplained))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def reconcile(
    database: Database, access: Access, adapters: Mapping[str, Adapter], since: datetime
) -> list[ChannelReport]:
    """One report for each channel that has items or can be asked. `since` is aware."""
    asked = {channel: await _ask(channel, adapter, since) for channel, adapter in adapters.items()}
    reports = {channel: report for channel, (report, _) in asked.items()}
    async with database.unit_of_work(access, read_only=True) as uow:
        await _own_books(uow, since, reports)
        for channel, (report, items) in asked.items():
            report.missing = await _missing(uow, channel, items)
    return [report for _, report in sorted(reports.items()) if _says_something(report)]


def _says_something(report: ChannelReport) -> bool:
    return bool(report.is_wrong or report.ledger or report.provider or report.submitted or report.fault)


async def _ask(channel: str, adapter: Adapter, since: datetime) -> tuple[ChannelReport, list[ProviderItem]]:
    report, items = ChannelReport(channel=channel), list[ProviderItem]()
    items_since, deliveries = getattr(adapter, "provider_items", None), getattr(adapter, "deliveries", None)
    try:
        if items_since is not None:
            report.compared = getattr(adapter, "comparison", Comparison.LISTED)
            items = [item async for item in items_since(since)]
            report.provider = len(items)
        elif deliveries is not None:
            found = await deliveries(since)
            report.compared, report.submitted = Comparison.RECEIPTS, found.submitted
            report.unreported, report.unsubmitted = list(found.unreported), list(found.unsubmitted)
    except ChannelUnavailable as error:
        report.fault = error.detail
    return report, items


async def _missing(uow: UnitOfWork, channel: str, items: Sequence[ProviderItem]) -> list[str]:
    by_account: dict[str, list[str]] = {}
    for item in items:
        by_account.setdefault(item.account, []).append(item.provider_id)
    missing = []
    for account, ids in by_account.items():
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            known = await ledger.known(uow, channel, account, chunk)
            missing += [f"{account} {provider_id}" for provider_id in chunk if provider_id not in known]
    return missing


async def _own_books(uow: UnitOfWork, since: datetime, reports: dict[str, ChannelReport]) -> None:
    def of(channel: str) -> ChannelReport:
        return reports.setdefault(channel, ChannelReport(channel=channel))

    counts = select(LedgerRow.channel, LedgerRow.state, func.count()).where(LedgerRow.received_at >= since)
    for channel, state, count in await uow.session.execute(counts.group_by(LedgerRow.channel, LedgerRow.state)):
        of(channel).ledger += count
        of(channel).waiting += count if state == LedgerState.RECEIVED else 0
    for row in await _quarantined(uow, since):
        of(row.channel).quarantined.append(f"{row.account} {row.provider_id}")
    for row in await _lost(uow, since):
        of(row.channel).lost.append(f"{row.account} {row.provider_id}")
    for channel, message_id in await _unexplained(uow, since):
        of(channel).unexplained.append(message_id)
    for channel, account, key in await _doubled(uow, since):
        of(channel).doubled.append(f"{account} {key}")


async def _quarantined(uow: UnitOfWork, since: datetime) -> Sequence[LedgerRow]:
    query = select(LedgerRow).where(LedgerRow.state == LedgerState.QUARANTINED, LedgerRow.received_at >= since)
    return (await uow.session.scalars(query.order_by(LedgerRow.received_at))).all()


async def _lost(uow: UnitOfWork, since: datetime) -> Sequence[LedgerRow]:
    query = (
        select(LedgerRow)
        .outerjoin(MessageRow, MessageRow.id == LedgerRow.message_id)
        .where(LedgerRow.state == LedgerState.ROUTED, LedgerRow.received_at >= since, MessageRow.id.is_(None))
    )
    return (await uow.session.scalars(query)).all()


async def _unexplained(uow: UnitOfWork, since: datetime) -> list[tuple[str, str]]:
    """What citizens said that no item of the ledger brought."""
    query = (
        select(MessageRow.channel, MessageRow.id)
        .outerjoin(LedgerRow, LedgerRow.message_id == MessageRow.id)
        .where(MessageRow.direction == Direction.IN, MessageRow.created_at >= since, LedgerRow.id.is_(None))
        .where(MessageRow.channel.not_in(_SPOKEN))
    )
    return [(channel, message_id) for channel, message_id in await uow.session.execute(query)]


async def _doubled(uow: UnitOfWork, since: datetime) -> list[tuple[str, str, str]]:
    query = (
        select(LedgerRow.channel, LedgerRow.account, LedgerRow.duplicate_key)
        .where(LedgerRow.state == LedgerState.ROUTED, LedgerRow.received_at >= since)
        .where(LedgerRow.duplicate_key.is_not(None))
        .group_by(LedgerRow.channel, LedgerRow.account, LedgerRow.duplicate_key)
        .having(func.count() > 1)
    )
    return [(channel, account, key or "") for channel, account, key in await uow.session.execute(query)]
