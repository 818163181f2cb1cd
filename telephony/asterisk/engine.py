"""The call engine on Asterisk: turns its events into legs."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from kit.ids import new_id
from kit.tasks import stop
from telephony.asterisk.ari import Ari, AsteriskLost, AsteriskRefused, Event
from telephony.asterisk.bridge import AsteriskBridge
from telephony.asterisk.comeback import Knock, look_at, look_at_visitor, take_up
from telephony.asterisk.fax import FaxLine
from telephony.asterisk.leg import AsteriskLeg
from telephony.asterisk.lines import WEB, Lines, PhoneBook
from telephony.asterisk.reconciliation import FAX_TONE, LEG_VARIABLE, Channel, is_own, reconcile
from telephony.asterisk.registry import UP, Registry
from telephony.asterisk.settings import AsteriskSettings
from telephony.asterisk.spy import AsteriskSpy
from telephony.asterisk.wire import Wire
from telephony.calls import (
    CallFailed,
    CallLeg,
    Dial,
    Digit,
    EngineCapabilities,
    EngineHealth,
    HangUpCause,
    LegEnded,
    LegState,
    OnAdopted,
    OnIncoming,
    SpyMode,
)
from telephony.guard import FloodGuard
from telephony.lines.book import PhoneKind
from telephony.web_pass import WebPasses

log = logging.getLogger(__name__)

OUTGOING = "outgoing"
LOOK_AFTER_S = 1.0
BUSY_EVERYWHERE = 42  # switching equipment congestion (Q.850)


class AsteriskEngine:
    """`run` keeps the connection; everything else needs it and fails with `AsteriskLost` while there is none.

    `book` reads the lines anew; call `lines.hand_over()` after they changed.
    """

    name = "asterisk"
    capabilities = EngineCapabilities(adopts_calls=True, sip=True, fax=True, spy=True)

    def __init__(
        self, settings: AsteriskSettings, password: str, book: PhoneBook, flood: FloodGuard, passes: WebPasses
    ) -> None:
        self._settings, self._flood = settings, flood
        self._ari = Ari(settings, password)
        self._wire = Wire(settings, self._ari)
        self.lines = Lines(settings, self._ari, book)
        self.fax = FaxLine(self._wire)
        self._registry = Registry(self._wire, self.lines, passes)
        self._tasks: set[asyncio.Task[None]] = set()
        self._knocking: set[str] = set()
        self._on_incoming: OnIncoming | None = None
        self._handlers: dict[str, Callable[[Event], None]] = {
            "StasisStart": self._started,
            "ChannelHangupRequest": self._hanging_up,
            "StasisEnd": self._left,
            "ChannelDestroyed": self._destroyed,
            "ChannelStateChange": self._changed,
            "ChannelDtmfReceived": self._digit,
            "ChannelUserevent": self.fax.heard,
            "PlaybackFinished": lambda event: self._wire.settle(f"playback:{event['playback']['id']}", event),
            "RecordingFinished": lambda event: self._wire.settle(f"recording:{event['recording']['name']}", event),
            "RecordingFailed": lambda event: self._wire.settle(f"recording:{event['recording']['name']}", event),
        }

    async def run(self, on_incoming: OnIncoming, on_adopted: OnAdopted) -> None:
        self._on_incoming = on_incoming

        async def connected() -> None:
            await self.lines.hand_over()
            adopted = await reconcile(self._registry, self._arrived)
            if adopted.legs or adopted.bridges:
                await on_adopted(adopted)

        try:
            await self._ari.run(self._heard, connected)
        finally:
            await stop(self._tasks)

    async def originate(self, dial: Dial) -> CallLeg:
        endpoint, caller = await self.lines.route(dial)
        leg = self._registry.add(new_id(), caller, dial.to, LegState.RINGING, dial.variables)
        about = {"dialled": dial.to, "caller": caller, "variables": dial.variables}
        query: dict[str, str | int] = {
            "endpoint": endpoint,
            "app": self._settings.application,
            "appArgs": OUTGOING,
            "callerId": caller,
            "timeout": max(1, round(dial.timeout_s)),
        }
        heads = self._heads(endpoint, leg)
        body = {"variables": {LEG_VARIABLE: json.dumps(about), **heads}}
        try:
            await self._ari.request("POST", f"channels/{leg.id}", query, body)
        except (AsteriskRefused, AsteriskLost) as error:
            self._registry.legs.pop(leg.id, None)
            raise CallFailed(HangUpCause.UNREACHABLE) from error
        return leg

    def _heads(self, endpoint: str, leg: AsteriskLeg) -> dict[str, str]:
        """What the page of an agent has to know of a call, as headers of its INVITE; no other phone gets to see it."""
        phone = self.lines.phone_at(endpoint)
        if phone is None or phone.kind is not PhoneKind.PAGE:
            return {}
        about = {"Leg": leg.id, "Contact": leg.variables.get("contact_id"), "Why": leg.variables.get("why")}
        return {f"PJSIP_HEADER(add,X-AXD-{name})": value for name, value in about.items() if value}

    async def bridge(self, *legs: CallLeg) -> AsteriskBridge:
        bridge = await self._registry.new_bridge()
        for leg in legs:
            await bridge.add(leg)
        return bridge

    async def spy(self, target: CallLeg, listener: CallLeg, mode: SpyMode) -> AsteriskSpy:
        spy = AsteriskSpy(self._wire, self._known(target), self._known(listener))
        await spy.change(mode)
        return spy

    def _known(self, leg: CallLeg) -> AsteriskLeg:
        if not isinstance(leg, AsteriskLeg) or self._registry.legs.get(leg.channel) is not leg:
            raise LegEnded
        return leg

    async def check(self) -> EngineHealth:
        if not self._ari.is_connected:
            return EngineHealth(ok=False, detail=f"{self._settings.ari_host}:{self._settings.ari_port}")
        about = await self._ari.request("GET", "asterisk/info", {"only": "system"})
        return EngineHealth(ok=True, detail=f"Asterisk {about['system']['version']}")

    def _heard(self, event: Event) -> None:
        handler = self._handlers.get(event["type"])
        if handler is not None:
            handler(event)

    def _started(self, event: Event) -> None:
        channel, words = event["channel"], event["args"]
        self._wire.settle(f"start:{channel['id']}", event)
        known = self._registry.legs.get(channel["id"])
        if known is None:
            if len(words) >= 2 and not is_own(channel["id"]):
                self._arrived(channel, words)
        elif words == [FAX_TONE]:
            known.heard_fax(_at(event))
            self._spawn(self._back_into_bridge(known))
        elif channel["state"] == UP:
            known.went_up(_at(event))

    def _arrived(self, channel: Channel, words: Sequence[str]) -> None:
        if words[0] == WEB:
            self._spawn(self._visitor_arrived(channel, words))
        else:
            self._spawn(self._met(channel, words, look_at(self._registry, channel, words)))

    async def _visitor_arrived(self, channel: Channel, words: Sequence[str]) -> None:
        """While the pass is looked at the page may leave, or be found once more by a new connection."""
        channel_id, registry = channel["id"], self._registry
        if channel_id in self._knocking:
            return
        self._knocking.add(channel_id)
        try:
            knock = await look_at_visitor(registry, channel, words)
            if channel_id not in registry.gone and channel_id not in registry.legs:
                await self._met(channel, words, knock)
        finally:
            self._knocking.discard(channel_id)

    def _met(self, channel: Channel, words: Sequence[str], knock: Knock) -> Coroutine[Any, Any, None]:
        """What is to be done about it; a call that is taken on is known at once."""
        if knock.leg is not None:
            return take_up(self._registry, knock.leg, channel)
        if knock.refused or self._on_incoming is None or not self._flood.admit(knock.source):
            cause = knock.refused or BUSY_EVERYWHERE
            return self._wire.drop(f"channels/{channel['id']}", {"reason_code": cause})
        return self._hand_over(self._on_incoming, self._registry.arrived(channel, words))

    async def _hand_over(self, on_incoming: OnIncoming, leg: AsteriskLeg) -> None:
        try:
            await on_incoming(leg)
        except Exception:
            log.exception("a call could not be taken on")
            await leg.hang_up(HangUpCause.FAILED)

    async def _back_into_bridge(self, leg: AsteriskLeg) -> None:
        """Asterisk took the channel out of its conversation to tell of the tone."""
        if leg.bridge is not None and not leg.is_held:
            await leg.bridge.put_in(leg)

    def _hanging_up(self, event: Event) -> None:
        leg = self._registry.legs.get(event["channel"]["id"])
        if leg is not None:
            leg.end_cause = event.get("cause", 0)

    def _left(self, event: Event) -> None:
        """It ended, or it left for the dial plan alone: with a fax, or to tell of a fax tone."""
        leg = self._registry.legs.get(event["channel"]["id"])
        if leg is None:
            self._registry.gone.append(event["channel"]["id"])
        if leg is None or leg.has_fax:
            return
        if leg.end_cause is not None:
            self._ended(leg.channel, leg.end_cause, _at(event))
        else:
            self._spawn(self._look_after(leg.channel))

    async def _look_after(self, channel_id: str) -> None:
        """Of a channel outside of our application nobody tells us the end."""
        await asyncio.sleep(LOOK_AFTER_S)
        try:
            await self._ari.request("GET", f"channels/{channel_id}")
        except AsteriskRefused:
            self._ended(channel_id, 0, datetime.now(UTC))

    def _destroyed(self, event: Event) -> None:
        self._ended(event["channel"]["id"], event.get("cause", 0), _at(event))

    def _ended(self, channel_id: str, cause: int, at: datetime) -> None:
        self._registry.gone.append(channel_id)
        leg = self._registry.legs.pop(channel_id, None)
        if leg is not None:
            leg.went_away(cause, at)
        self.fax.ended(channel_id)

    def _changed(self, event: Event) -> None:
        leg = self._registry.legs.get(event["channel"]["id"])
        if leg is not None and event["channel"]["state"] == UP:
            leg.went_up(_at(event))

    def _digit(self, event: Event) -> None:
        leg = self._registry.legs.get(event["channel"]["id"])
        if leg is not None:
            leg.pressed(Digit(value=event["digit"], at=_at(event)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("something for a call failed: %s", type(error).__name__)


def _at(event: Event) -> datetime:
    return datetime.fromisoformat(event["timestamp"]).astimezone(UTC)
