"""A softphone as a browser has it, independent of the product: SIP over WebSocket (RFC 7118), WebRTC by aiortc."""

import asyncio
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from telephony.embedded.peer import use_address
from telephony.waveform import Samples
from tests.support.sip_message import SipMessage, credentials
from tests.support.sip_phone import IN_FLIGHT_S, LISTENED_S
from tests.support.tones import tone, tones_in
from tests.support.waiting import wait_until

OPUS_RATE = 48_000
STEP_S = 0.02


class Voice(MediaStreamTrack):
    """Silence, or the tone that is set."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.sound = np.zeros(OPUS_RATE, dtype=np.int16)
        self._at = 0
        self._due = time.monotonic()

    async def recv(self) -> AudioFrame:
        self._due += STEP_S
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        step = int(OPUS_RATE * STEP_S)
        at = self._at % len(self.sound)
        frame = AudioFrame.from_ndarray(self.sound[at : at + step].reshape(1, -1), format="s16", layout="mono")
        frame.pts, frame.sample_rate, frame.time_base = self._at, OPUS_RATE, Fraction(1, OPUS_RATE)
        self._at += step
        return frame


@dataclass
class WebPhone:
    url: str
    user: str
    secret: str
    voice: Voice = field(default_factory=Voice)
    heard: list[tuple[float, Samples]] = field(default_factory=list)
    rate: int = OPUS_RATE
    is_over: bool = False
    is_up: bool = False
    statuses: list[int] = field(default_factory=list)
    _socket: ClientConnection | None = None
    _reader: "asyncio.Task[None] | None" = None
    _listener: "asyncio.Future[None] | None" = None
    _answers: "asyncio.Queue[SipMessage]" = field(default_factory=asyncio.Queue)
    _invites: "asyncio.Queue[SipMessage]" = field(default_factory=asyncio.Queue)
    _connection: RTCPeerConnection | None = None
    _invite: SipMessage | None = None
    _tag: str = field(default_factory=lambda: secrets.token_hex(6))

    async def open(self) -> None:
        use_address("127.0.0.1")
        self._socket = await connect(self.url, subprotocols=["sip"], proxy=None)  # type: ignore[list-item]
        self._reader = asyncio.create_task(self._read(self._socket))

    async def register(self) -> int:
        """The final status."""
        return (await self._ask("REGISTER", "sip:asterisk", f"<sip:{self.user}@asterisk>")).status

    async def call(self, number: str, *headers: tuple[str, str]) -> None:
        """Returns once it is answered or refused."""
        if self._connection is not None:
            await self._connection.close()
        self._connection = self._new_connection()
        await self._connection.setLocalDescription(await self._connection.createOffer())
        uri = f"sip:{number}@asterisk"
        answer = await self._ask("INVITE", uri, f"<{uri}>", self._connection.localDescription.sdp, *headers)
        if answer.status == 200:
            await self._connection.setRemoteDescription(RTCSessionDescription(sdp=answer.body, type="answer"))
            await self._send(self._request("ACK", uri, answer.get("To"), answer.get("Call-ID"), answer.number))
            self.is_up = True
        else:
            await self._send(self._request("ACK", uri, answer.get("To"), answer.get("Call-ID"), answer.number))

    def asked(self, header: str) -> str:
        """A header of the call that was answered."""
        assert self._invite is not None
        return self._invite.get(header)

    async def answer(self) -> None:
        self._invite = await asyncio.wait_for(self._invites.get(), 30)
        await self._send(self._invite.answer(180, "Ringing", self._tag))
        self._connection = self._new_connection()
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp=self._invite.body, type="offer"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        more = (("Contact", self._contact), ("Content-Type", "application/sdp"))
        sdp = self._connection.localDescription.sdp
        await self._send(self._invite.answer(200, "OK", self._tag, *more, body=sdp))

    async def speak(self, hz: int | None) -> None:
        self.voice.sound = tone(hz, 1.0, OPUS_RATE) if hz else np.zeros(OPUS_RATE, dtype=np.int16)

    async def hears(self) -> frozenset[int]:
        start = time.monotonic() + IN_FLIGHT_S
        await wait_until(lambda: time.monotonic() > start + LISTENED_S, "it has been listened for a moment")
        sound = np.concatenate([np.zeros(0, dtype=np.int16), *(part for at, part in self.heard if at >= start)])
        return tones_in(sound, self.rate)

    async def ended(self) -> None:
        await wait_until(lambda: self.is_over, "the page is told that the call is over")

    async def close(self) -> None:
        """As a closed tab: nothing is said."""
        for task in (self._reader, self._listener):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        if self._connection is not None:
            await self._connection.close()
        if self._socket is not None:
            await self._socket.close()

    @property
    def _contact(self) -> str:
        return f"<sip:{self.user}@browser.invalid;transport=ws>"

    async def _ask(self, method: str, uri: str, to: str, body: str = "", *headers: tuple[str, str]) -> SipMessage:
        call_id = secrets.token_hex(8)
        more: tuple[tuple[str, str], ...] = (("Contact", self._contact), ("Expires", "300"), *headers)
        if body:
            more = (*more, ("Content-Type", "application/sdp"))
        request = self._request(method, uri, to, call_id, 1, *more, body=body)
        await self._send(request)
        answer = await self._final()
        if answer.status == 401:
            if method == "INVITE":
                await self._send(self._request("ACK", uri, answer.get("To"), call_id, 1))
            said = credentials(answer.get("WWW-Authenticate"), method, uri, self.user, self.secret)
            await self._send(self._request(method, uri, to, call_id, 2, *more, ("Authorization", said), body=body))
            answer = await self._final()
        return answer

    async def _final(self) -> SipMessage:
        while True:
            answer = await asyncio.wait_for(self._answers.get(), 30)
            self.statuses.append(answer.status)
            if answer.status >= 200:
                return answer

    def _request(
        self, method: str, uri: str, to: str, call_id: str, number: int, *more: tuple[str, str], body: str = ""
    ) -> SipMessage:
        headers = [
            ("Via", f"SIP/2.0/WS browser.invalid;branch=z9hG4bK{secrets.token_hex(8)}"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{self.user}@asterisk>;tag={self._tag}"),
            ("To", to),
            ("Call-ID", call_id),
            ("CSeq", f"{number} {method}"),
            *more,
        ]
        return SipMessage(f"{method} {uri} SIP/2.0", headers, body)

    async def _send(self, message: SipMessage) -> None:
        assert self._socket is not None
        await self._socket.send(str(message))

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in socket:
                message = SipMessage.parse(data if isinstance(data, str) else data.decode())
                if message.status:
                    self._answers.put_nowait(message)
                elif message.method == "INVITE":
                    self._invites.put_nowait(message)
                elif message.method == "ACK":
                    self.is_up = True
                else:
                    self.is_over = self.is_over or message.method in ("BYE", "CANCEL")
                    await self._send(message.answer(200, "OK", self._tag))

    def _new_connection(self) -> RTCPeerConnection:
        connection = RTCPeerConnection()
        connection.addTrack(self.voice)
        connection.on("track", self._listen)
        return connection

    def _listen(self, track: MediaStreamTrack) -> None:
        self._listener = asyncio.ensure_future(self._hear(track))

    async def _hear(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                samples = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)].astype(np.int16)
                self.rate = frame.sample_rate
                self.heard.append((time.monotonic(), samples))
