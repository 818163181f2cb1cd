"""SIP telephones for tests, independent of the product: they register, call, ring, speak tones and listen."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field

from tests.support.rtp_audio import RtpAudio
from tests.support.sip_message import SipMessage, credentials, sound_of
from tests.support.tones import tones_in
from tests.support.waiting import wait_until

LISTENED_S = 0.3
# What is on its way when one begins to listen belongs to the past.
IN_FLIGHT_S = 0.12
CNG_HZ = 1100


@dataclass
class SipCall:
    """One call of a telephone, as `Telephone` of `call_rooms`."""

    phone: "SipPhone"
    call_id: str
    invite: SipMessage
    outgoing: bool
    audio: RtpAudio = field(default_factory=RtpAudio)
    tag: str = field(default_factory=lambda: secrets.token_hex(6))
    statuses: list[int] = field(default_factory=list)
    is_up: bool = False
    is_over: bool = False
    peer: str = ""
    _from: str = ""
    _to: str = ""
    _numbers: int = 100

    async def press(self, digits: str, *, tone_s: float = 0.1, gap_s: float = 0.1) -> None:
        await wait_until(lambda: self.is_up, "the call is answered")
        await self.audio.press(digits, tone_s=tone_s, gap_s=gap_s)

    async def speak(self, hz: int | None) -> None:
        self.audio.speak(hz)

    async def hears(self) -> frozenset[int]:
        start = time.monotonic() + IN_FLIGHT_S
        await wait_until(lambda: time.monotonic() > start + LISTENED_S, "it has been listened for a moment")
        return tones_in(self.audio.since(start))

    async def keys_heard(self) -> str:
        return "".join(self.audio.keys.values())

    async def answer(self) -> None:
        body = self.phone.description(self.audio)
        contact = ("Contact", f"<{self.phone.contact}>")
        self.audio.talk_to(*sound_of(self.invite.body))
        self.is_up = True
        self.phone.send(
            self.invite.answer(200, "OK", self.tag, contact, ("Content-Type", "application/sdp"), body=body)
        )

    async def decline(self, status: int = 603) -> None:
        self.phone.send(self.invite.answer(status, "Decline", self.tag))
        self.is_over = True

    async def hang_up(self) -> None:
        if self.is_over:
            return
        if self.outgoing and not self.is_up:
            self.phone.send(self._request("CANCEL"))
            return
        self.phone.send(self._request("BYE"))
        self.is_over = True
        self.audio.close()

    async def send_fax_tone(self) -> None:
        self.audio.speak(CNG_HZ)

    async def ended(self) -> None:
        await wait_until(lambda: self.is_over, "the telephone is told that the call is over")

    def _request(self, method: str) -> SipMessage:
        """Within the call; a CANCEL repeats what the INVITE said."""
        if method == "CANCEL":
            kept = [(key, value) for key, value in self.invite.headers if key in {"Via", "From", "To", "Call-ID"}]
            return SipMessage(
                f"CANCEL {self.invite.start.split()[1]} SIP/2.0", [*kept, ("CSeq", f"{self.invite.number} CANCEL")]
            )
        self._numbers += 1
        number = self.invite.number if method == "ACK" else self._numbers
        return self.phone.request(method, self.peer, self._from, self._to, self.call_id, number)

    # What the other side says:

    def heard(self, message: SipMessage) -> None:
        if message.status:
            self._answered(message)
        elif message.method in ("BYE", "CANCEL"):
            self.phone.send(message.answer(200, "OK", self.tag))
            if message.method == "CANCEL":
                self.phone.send(self.invite.answer(487, "Request Terminated", self.tag))
            self.is_over = True
            self.audio.close()
        elif message.method == "INVITE" and self.is_up:
            self.audio.talk_to(*sound_of(message.body))
            more = (("Contact", f"<{self.phone.contact}>"), ("Content-Type", "application/sdp"))
            self.phone.send(message.answer(200, "OK", self.tag, *more, body=self.phone.description(self.audio)))

    def _answered(self, message: SipMessage) -> None:
        if message.method != "INVITE":
            return
        self.statuses.append(message.status)
        if message.status >= 200:
            self._to = message.get("To")
            if message.status < 300:
                self.peer = message.get("Contact").strip("<>").partition(">")[0]
                if not self.is_up:
                    self.audio.talk_to(*sound_of(message.body))
                self.is_up = True
            else:
                self.is_over = True
            self.phone.send(self._request("ACK"))

    def set_dialog(self, own: str, other: str, peer: str) -> None:
        self._from, self._to, self.peer = own, other, peer


@dataclass
class SipPhone(asyncio.DatagramProtocol):
    """`user` is what it calls itself; with a `secret` it can register."""

    host: str
    server_port: int
    user: str
    secret: str = ""
    port: int = 0
    calls: dict[str, SipCall] = field(default_factory=dict)
    came: "asyncio.Queue[SipCall]" = field(default_factory=asyncio.Queue)
    _responses: "asyncio.Queue[SipMessage]" = field(default_factory=asyncio.Queue)
    _ringing: list["asyncio.Future[None]"] = field(default_factory=list)
    _transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, 0))
        self.port = self._transport.get_extra_info("sockname")[1]

    @property
    def contact(self) -> str:
        return f"sip:{self.user}@{self.host}:{self.port}"

    @property
    def server(self) -> str:
        return f"sip:127.0.0.1:{self.server_port}"

    async def register(self, expires_s: int = 300) -> int:
        """The final status."""
        address, call_id = f"<sip:{self.user}@127.0.0.1>", secrets.token_hex(8)
        # A line of its own each time, as after a restart: a phone that was silent for a while counts as out of reach.
        contact = f"<{self.contact};line={secrets.token_hex(4)}>"
        more = (("Contact", contact), ("Expires", str(expires_s)))
        own = f"{address};tag={secrets.token_hex(6)}"
        self.send(self.request("REGISTER", self.server, own, address, call_id, 1, *more))
        answer = await asyncio.wait_for(self._responses.get(), 30)
        if answer.status == 401:
            said = credentials(answer.get("WWW-Authenticate"), "REGISTER", self.server, self.user, self.secret)
            again = self.request("REGISTER", self.server, own, address, call_id, 2, *more, ("Authorization", said))
            self.send(again)
            answer = await asyncio.wait_for(self._responses.get(), 30)
        return answer.status

    async def call(self, number: str, *, caller: str = "", headers: tuple[tuple[str, str], ...] = ()) -> SipCall:
        """Dials; the call goes on by itself."""
        audio = RtpAudio()
        await audio.open(self.host)
        uri = f"sip:{number}@127.0.0.1:{self.server_port}"
        own = f"<sip:{caller or self.user}@{self.host}>;tag={secrets.token_hex(6)}"
        more = (("Contact", f"<{self.contact}>"), ("Content-Type", "application/sdp"), *headers)
        invite = self.request("INVITE", uri, own, f"<{uri}>", secrets.token_hex(8), 1, *more)
        invite.body = self.description(audio)
        call = SipCall(self, invite.get("Call-ID"), invite, outgoing=True, audio=audio)
        call.set_dialog(own, f"<{uri}>", uri)
        self.calls[call.call_id] = call
        self.send(invite)
        return call

    async def rings(self) -> SipCall:
        return await asyncio.wait_for(self.came.get(), 30)

    def request(
        self, method: str, uri: str, own: str, other: str, call_id: str, number: int, *more: tuple[str, str]
    ) -> SipMessage:
        via = f"SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport"
        headers = [
            ("Via", via),
            ("Max-Forwards", "70"),
            ("From", own),
            ("To", other),
            ("Call-ID", call_id),
            ("CSeq", f"{number} {method}"),
            *more,
        ]
        return SipMessage(f"{method} {uri} SIP/2.0", headers)

    def description(self, audio: RtpAudio) -> str:
        lines = (
            *("v=0", f"o=- 1 1 IN IP4 {self.host}", "s=-", f"c=IN IP4 {self.host}", "t=0 0"),
            *(f"m=audio {audio.port} RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000"),
            *("a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv", ""),
        )
        return "\r\n".join(lines)

    def send(self, message: SipMessage) -> None:
        self.send_raw(str(message).encode())

    def send_raw(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data, ("127.0.0.1", self.server_port))

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        message = SipMessage.parse(data.decode())
        call = self.calls.get(message.get("Call-ID"))
        if call is not None:
            call.heard(message)
        elif message.status:
            self._responses.put_nowait(message)
        elif message.method == "INVITE":
            self._ringing.append(asyncio.ensure_future(self._rung(message)))
        elif message.method == "OPTIONS":
            self.send(message.answer(200, "OK", secrets.token_hex(6)))

    async def _rung(self, invite: SipMessage) -> None:
        audio = RtpAudio()
        await audio.open(self.host)
        call = SipCall(self, invite.get("Call-ID"), invite, outgoing=False, audio=audio)
        peer = invite.get("Contact").partition("<")[2].partition(">")[0]
        call.set_dialog(f"{invite.get('To')};tag={call.tag}", invite.get("From"), peer)
        self.calls[call.call_id] = call
        self.send(invite.answer(180, "Ringing", call.tag, ("Contact", f"<{self.contact}>")))
        self.came.put_nowait(call)

    async def close(self) -> None:
        """Hangs up and is gone."""
        for call in self.calls.values():
            await call.hang_up()
            call.audio.close()
        if self._transport is not None:
            self._transport.close()
