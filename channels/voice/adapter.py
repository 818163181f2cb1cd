"""Voice as a channel: calls and spoken messages go in, accepted ones reach the switchboard, wherever it runs."""

from collections.abc import Mapping
from typing import Any, Protocol

from channels.adapter import (
    Capabilities,
    ContactRequest,
    Health,
    Intake,
    NotSupported,
    OutboundMessage,
    RawInbound,
    SendReceipt,
)
from channels.voice import inbound
from kit.clock import Clock
from kit.errors import Forbidden
from router.contact import Channel
from telephony.switchboard.ports import ArrivingCall, HandedIn, SpokenMessage

ACCOUNT = "phone"
PAGE, REPORT = "web", "report"
SPOKEN_ONLY = "A call is not answered in writing: call back."


class Telephone(Protocol):
    """The switchboard, in this process or another one."""

    async def connect(self, contact_id: str, agent_id: str) -> None: ...

    async def release(self, contact_id: str) -> None: ...

    async def is_carried(self) -> bool:
        """Whether calls can be made and taken now."""
        ...


class VoiceAdapter:
    """`LiveAdapter` of calls; one for each process. `telephone` is the process's own switchboard where it has one."""

    channel = Channel.VOICE.value
    capabilities = Capabilities(live=True, replies=False, attachments=False, receipts=False, max_text_chars=0)

    def __init__(self, telephone: Telephone) -> None:
        self.telephone = telephone

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`."""
        return inbound.call_request(raw)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """Raises `NotSupported`."""
        raise NotSupported(SPOKEN_ONLY)

    async def connect(self, contact_id: str, agent_id: str) -> None:
        """See `channels.adapter.LiveAdapter`."""
        await self.telephone.connect(contact_id, agent_id)

    async def release(self, contact_id: str) -> None:
        """See `channels.adapter.LiveAdapter`."""
        await self.telephone.release(contact_id)

    async def check(self) -> Health:
        """See `channels.adapter.Adapter`."""
        if await self.telephone.is_carried():
            return Health(ok=True)
        return Health(ok=False, detail="No call engine runs: see that axd gateway runs and that it can reach Asterisk.")


class VoicemailAdapter:
    """Spoken messages."""

    channel = Channel.VOICEMAIL.value
    capabilities = Capabilities(live=False, replies=False, attachments=True, receipts=False, max_text_chars=0)

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`."""
        return inbound.message_request(raw)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """Raises `NotSupported`."""
        raise NotSupported(SPOKEN_ONLY)

    async def check(self) -> Health:
        """See `channels.adapter.Adapter`: messages come from the switchboard, which has a check of its own."""
        return Health(ok=True)


class VoiceIntake:
    """The switchboard's way to contacts; see `telephony.switchboard.ports`."""

    def __init__(self, clock: Clock, calls: Intake, messages: Intake) -> None:
        self._clock, self._calls, self._messages = clock, calls, messages

    async def arrive(self, call: ArrivingCall) -> str:
        """`Arrive`."""
        said = {
            "caller": call.caller,
            "dialled": call.dialled,
            "line": call.line,
            "language": call.language,
            "name": call.name,
            "session": call.session,
            "topic": REPORT if call.line == PAGE and not call.session else "",
        }
        stored = await self._calls(self._raw(Channel.VOICE, call.engine_id, said))
        if stored.contact_id is None:
            raise Forbidden("Nothing is taken from this number.", code="blocked")
        return stored.contact_id

    async def hand_in(self, message: SpokenMessage) -> HandedIn:
        """`HandIn`."""
        audio = message.audio
        said = {
            "caller": message.caller,
            "dialled": message.dialled,
            "language": message.language,
            "name": "",
            "session": message.session,
            "topic": message.topic,
            "call": message.contact_id,
            "duration_s": message.duration_s,
            "audio": {"key": audio.key, "size_bytes": audio.size_bytes, "sha256": audio.sha256},
        }
        stored = await self._messages(self._raw(Channel.VOICEMAIL, message.key, said))
        return HandedIn(
            contact_id=str(stored.contact_id), number=stored.receipt_number or "", pin=stored.receipt_pin or ""
        )

    def _raw(self, channel: str, provider_id: str, said: Mapping[str, Any]) -> RawInbound:
        sealed = said.get("topic") == REPORT
        return RawInbound(
            channel=channel,
            account=ACCOUNT,
            provider_id=provider_id,
            received_at=self._clock.now(),
            raw_json=said,
            sealed=sealed,
        )
