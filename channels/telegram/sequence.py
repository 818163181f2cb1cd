"""What Telegram had for us, told from its numbers: they run in sequence (https://core.telegram.org/bots/api#update).

It cannot be asked for what was confirmed, and asking for what waits would take that from the process that listens.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select

from channels.adapter import ProviderItem
from channels.telegram import store
from kit.unit_of_work import UnitOfWork
from records.messages.tables import LedgerRow
from router.contact import Channel

# A longer leap is a new beginning: after a quiet week Telegram goes on with any number.
LONGEST_GAP = 1000


async def provider_items(uow: UnitOfWork, since: datetime) -> list[ProviderItem]:
    """Each update from the first that came since then up to what is confirmed, whether the ledger has it or not."""
    found = []
    for bot in await store.bots(uow):
        rows = await uow.session.scalars(
            select(LedgerRow.provider_id).where(
                LedgerRow.channel == Channel.TELEGRAM, LedgerRow.account == bot.id, LedgerRow.received_at >= since
            )
        )
        numbers = {int(number) for number in rows}
        if numbers and bot.next_offset:
            numbers.add(bot.next_offset - 1)
        found += [ProviderItem(account=bot.id, provider_id=str(number)) for number in filled(numbers)]
    return found


def filled(numbers: Iterable[int]) -> Iterator[int]:
    """`numbers` in order, with those that are left out between two of them."""
    ordered = sorted(numbers)
    yield from ordered[:1]
    for before, number in pairwise(ordered):
        if number - before <= LONGEST_GAP:
            yield from range(before + 1, number)
        yield number
