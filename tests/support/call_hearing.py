"""What a telephone hears, and what a leg tells, sooner or later."""

import asyncio

from telephony.calls import CallLeg, LegEvent
from tests.support.call_rooms import Telephone
from tests.support.waiting import wait_until


async def event_of(leg: CallLeg, kind: type[LegEvent], timeout_s: float = 30) -> LegEvent:
    async with asyncio.timeout(timeout_s):
        async for event in leg.events():
            if isinstance(event, kind):
                return event
    raise AssertionError(f"no {kind.__name__}")


async def hears(phone: Telephone, *tones: int) -> None:
    """Exactly these, sooner or later."""
    last: list[frozenset[int]] = []

    async def same() -> bool:
        last[:] = [await phone.hears()]
        return last[0] == frozenset(tones)

    try:
        await wait_until(same, "the tones")
    except AssertionError:
        raise AssertionError(f"heard {sorted(last[0])} instead of {sorted(tones)}") from None
