"""After each connect: what ended meanwhile ends now; what an earlier process left is adopted, or cleaned away.

Asterisk tells nobody afterwards what happened while nobody listened, and legs live on without us.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from telephony.asterisk.ari import AsteriskRefused
from telephony.asterisk.bridge import NAME, AsteriskBridge
from telephony.asterisk.configuration import FAX_MARK, LEG_VARIABLES
from telephony.asterisk.leg import HELD_VARIABLE, AsteriskLeg
from telephony.asterisk.recording import RECORDING
from telephony.asterisk.registry import UP, Registry
from telephony.asterisk.spy import SPY
from telephony.calls import Adopted, HangUpCause, LegState

Channel = Mapping[str, Any]
OnRinging = Callable[[Channel, Sequence[str]], None]

LEG_VARIABLE, *_ = LEG_VARIABLES
FAX_TONE = "fax-tone"
OWN_CHANNELS = frozenset({RECORDING, SPY})


def is_own(channel_id: str) -> bool:
    """A listener of ours (recording, supervisor), not a party."""
    return channel_id.partition("_")[0] in OWN_CHANNELS


async def reconcile(registry: Registry, on_ringing: OnRinging) -> Adopted:
    """What is to be adopted. `on_ringing`: for calls that still wait to be taken on, as if they came now."""
    # What begins while we ask is not in the answer, and is not gone.
    known_legs, known_bridges = tuple(registry.legs.values()), set(registry.bridges)
    channels = {channel["id"]: channel for channel in await registry.wire.ask("GET", "channels")}
    bridges = await registry.wire.ask("GET", "bridges")
    _end_what_is_gone(registry, known_legs, channels)
    legs = [leg for channel in channels.values() if (leg := _adopt(registry, channel, on_ringing)) is not None]
    for bridge_id in known_bridges - {bridge["id"] for bridge in bridges}:
        if bridge_id in registry.bridges:
            registry.bridges.pop(bridge_id).vanished()
    await _settle_lost_ends(registry)
    unknown = [bridge for bridge in bridges if bridge["name"] == NAME and bridge["id"] not in registry.bridges]
    adopted = [_adopt_bridge(registry, bridge, channels) for bridge in unknown]
    for bridge in adopted:
        if not bridge.legs:
            await bridge.close()
    await _clean_away(registry, channels, bridges)
    return Adopted(legs=tuple(legs), bridges=tuple(bridge for bridge in adopted if bridge.legs))


def _end_what_is_gone(registry: Registry, known: Sequence[AsteriskLeg], channels: Mapping[str, Channel]) -> None:
    now = datetime.now(UTC)
    for leg in known:
        if leg.channel not in channels:
            registry.legs.pop(leg.channel, None)
            leg.end(HangUpCause.FAILED, now)
        elif channels[leg.channel]["state"] == UP:
            leg.went_up(now)


async def _settle_lost_ends(registry: Registry) -> None:
    """Playbacks and recordings whose end was told while nobody listened."""
    for key in registry.wire.expected:
        kind, _, name = key.partition(":")
        path = {"playback": f"playbacks/{name}", "recording": f"recordings/live/{name}"}.get(kind)
        if path is None:
            continue
        try:
            await registry.wire.ask("GET", path)
        except AsteriskRefused:
            registry.wire.settle(key, {})


def _adopt(registry: Registry, channel: Channel, on_ringing: OnRinging) -> AsteriskLeg | None:
    """None for one that is known, that is not ours, or that is handed over as new."""
    if channel["id"] in registry.legs or channel["id"] in registry.gone or is_own(channel["id"]):
        return None
    about = channel["channelvars"].get(LEG_VARIABLE)
    if channel["channelvars"].get(FAX_MARK):
        return None  # it is left to its fax, and to who asks for its end
    if about:
        said = json.loads(about)
        state = LegState.UP if channel["state"] == UP else LegState.RINGING
        leg = registry.add(channel["id"], said["caller"], said["dialled"], state, said["variables"])
        leg.id = said.get("id", leg.id)
        return leg
    plan = channel["dialplan"]
    application, *words = plan["app_data"].split(",")
    if plan["app_name"] != "Stasis" or application != registry.wire.settings.application or len(words) < 2:
        return None
    if channel["state"] != UP:
        on_ringing(channel, words)
        return None
    return registry.arrived(channel, words)


def _adopt_bridge(registry: Registry, found: Mapping[str, Any], channels: Mapping[str, Channel]) -> AsteriskBridge:
    bridge = registry.known_bridge(found["id"])
    held = [key for key, channel in channels.items() if channel["channelvars"].get(HELD_VARIABLE) == bridge.id]
    for leg_id in (*found["channels"], *held):
        leg = registry.legs.get(leg_id)
        if leg is not None:
            leg.is_held = leg_id in held
            bridge.adopt(leg)
    return bridge


async def _clean_away(
    registry: Registry, channels: Mapping[str, Channel], bridges: Sequence[Mapping[str, Any]]
) -> None:
    """A supervisor who listened through an earlier process listens no more; recordings go on."""
    expected = registry.wire.ears
    for bridge in bridges:
        if bridge["name"] == SPY and bridge["id"] not in expected:
            await registry.wire.drop(f"bridges/{bridge['id']}")
    for channel_id in channels:
        if channel_id.startswith(f"{SPY}_") and channel_id not in expected:
            await registry.wire.drop(f"channels/{channel_id}")
