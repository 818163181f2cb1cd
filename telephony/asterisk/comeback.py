"""A page that was loaded anew, or lost its network, takes up its call: another channel for the same leg.

The channel of before goes silently. Bridge, recording and the other side know nothing of it, and a process that adopts
the leg later finds its id in a variable of the new channel.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from telephony.asterisk.configuration import WEB_BACK
from telephony.asterisk.leg import AsteriskLeg
from telephony.asterisk.reconciliation import LEG_VARIABLE, Channel
from telephony.asterisk.registry import Registry
from telephony.calls import LegState
from telephony.lines.book import Phone

BACK = "back-"
"""What an agent's page dials, before the leg's id."""

NOT_THERE, NOT_ADMITTED = 1, 21  # no such number, call rejected (Q.850)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What is to become of a call that came in: taken up as `leg`, turned away for the cause `refused`, or taken on.

    `source`: whose calls are counted together.
    """

    source: str
    leg: AsteriskLeg | None = None
    refused: int = 0


async def look_at_visitor(registry: Registry, channel: Channel, words: Sequence[str]) -> Knock:
    """A pass is used up by it. `words`: what the dial plan said: the way, the endpoint, the pass."""
    _, endpoint, written = words
    known = await registry.passes.redeem(written, channel["id"])
    if known is None:
        return Knock(source=endpoint, refused=NOT_ADMITTED)
    leg = leg_of_visitor(registry, known.visitor)
    is_lost = leg is None and channel["dialplan"]["exten"] == WEB_BACK
    return Knock(source=known.visitor, leg=leg, refused=NOT_THERE if is_lost else 0)


def look_at(registry: Registry, channel: Channel, words: Sequence[str]) -> Knock:
    """Of all others: `words` are the way and the endpoint."""
    endpoint, number = words[1], channel["dialplan"]["exten"]
    phone = registry.lines.phone_at(endpoint)
    if phone is not None and number.startswith(BACK):
        leg = leg_of_phone(registry, phone, number)
        return Knock(source=endpoint, leg=leg, refused=0 if leg else NOT_THERE)
    return Knock(source=registry.lines.number(channel["caller"]["number"]) or endpoint)


def leg_of_phone(registry: Registry, phone: Phone, dialled: str) -> AsteriskLeg | None:
    """The leg that was made to ring this phone and goes on; nobody else's, whatever id is dialled."""
    targets = {f"extension:{phone.number}", *([f"agent:{phone.account_id}"] if phone.account_id else [])}
    found = [leg for leg in registry.legs.values() if leg.id == dialled.removeprefix(BACK) and leg.dialled in targets]
    return next((leg for leg in found if leg.state is LegState.UP), None)


def leg_of_visitor(registry: Registry, visitor: str) -> AsteriskLeg | None:
    """A visitor has one call at a time, in whichever window."""
    legs = (leg for leg in registry.legs.values() if leg.variables.get("visitor") == visitor)
    return next((leg for leg in legs if leg.state is LegState.UP), None)


async def take_up(registry: Registry, leg: AsteriskLeg, channel: Channel) -> None:
    """Raises `LegEnded` or `AsteriskRefused` where it ended meanwhile."""
    wire, before = registry.wire, leg.channel
    about = {"id": leg.id, "caller": leg.caller, "dialled": leg.dialled, "variables": leg.variables}
    path = f"channels/{channel['id']}"
    await wire.ask("POST", f"{path}/variable", {"variable": LEG_VARIABLE, "value": json.dumps(about)})
    await wire.ask("POST", f"{path}/answer")
    registry.move(leg, channel["id"])
    try:
        await leg.move(channel["id"])
    finally:
        await wire.drop(f"channels/{before}")
    for follow in tuple(leg.on_move):
        await follow()
