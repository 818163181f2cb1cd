"""Many callers in one process of their own: they call, send sound, and time what they hear by the kernel's clock.

`python -m server.bench.callers JSON` with the fields of `Load`; prints what it measured as JSON. One socket each for
signalling and sound: calls are told apart by whence Asterisk sends.
"""

import json
import secrets
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from server.bench import agent_phones
from server.bench.agent_phones import AgentPhones

HOST = "127.0.0.2"
TICK_NS = 20_000_000
GAP_NS = 60_000_000
SO_TIMESTAMPNS = 35  # socket(7), Linux
BUFFER_BYTES = 8 * 2**20
SILENCE = b"\xff" * 160
SAMPLES = 160
KEYS = "0123456789*#"
EVENT, EVENT_END = 101, 0x80
GOODBYE_S = 1.0
HEAD_BYTES, SILENT = 12, b"\xff\x7f"
RINGS_NS = 200_000_000


@dataclass(frozen=True, kw_only=True)
class Load:
    """`keys`: what each caller presses, for `key_ticks` of 20 ms each, with as long a pause.

    `first`: the callers' numbers count from it. `phones`: user and secret of agents' telephones; whoever rings one
    there hangs up soon.
    """

    server_port: int
    local_port: int
    number: str = ""
    calls: int = 0
    per_second: float = 20.0
    seconds: float = 10.0
    keys: str = ""
    key_ticks: int = 5
    first: int = 0
    phones: Sequence[tuple[str, str]] = ()


@dataclass(slots=True)
class Call:
    number: str
    invited_ns: int
    answered_ns: int = 0
    first_sound_ns: int = 0
    last_ns: int = 0
    gaps: int = 0
    packets: int = 0
    ticks: int = 0
    remote: tuple[str, int] | None = None
    to: str = ""
    uri: str = ""
    refused: bool = False


@dataclass
class Heard:
    """Nanoseconds; `gaps`: pauses in the sound; `rung`: who called an agent's telephone, and when by the wall clock."""

    invite_200_ns: list[int] = field(default_factory=list)
    first_sound_ns: list[int] = field(default_factory=list)
    gaps: int = 0
    packets: int = 0
    refused: int = 0
    silent: int = 0
    rung: list[tuple[str, int]] = field(default_factory=list)


class Callers:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._sip, self._rtp = _socket(load.local_port), _socket(0)
        self._sip_port, self._rtp_port = self._sip.getsockname()[1], self._rtp.getsockname()[1]
        self._calls: dict[str, Call] = {}
        self._by_source: dict[tuple[str, int], Call] = {}
        sip = _socket(0, agent_phones.HOST)
        self._phones = AgentPhones(sip, _receive, load.server_port, load.phones)
        self._leaving: deque[tuple[int, str]] = deque()

    def run(self) -> Heard:
        self._phones.register()
        end = time.monotonic_ns() + int(self._load.seconds * 1e9)
        tick, begun = time.monotonic_ns(), time.monotonic()
        while time.monotonic_ns() < end:
            due = min(self._load.calls, 1 + int((time.monotonic() - begun) * self._load.per_second))
            while len(self._calls) < due:
                self._invite(f"{len(self._calls)}-{secrets.token_hex(6)}")
            if time.monotonic_ns() >= tick:
                tick += TICK_NS
                for call in self._by_source.values():
                    self._speak(call)
            self._drain()
            self._let_go()
            time.sleep(0.001)
        self._hang_up()
        return self._result()

    def _let_go(self) -> None:
        """Whoever rang an agent's telephone hangs up a moment later."""
        known = len(self._phones.rung)
        self._phones.drain()
        for caller, at_ns in self._phones.rung[known:]:
            self._leaving.append((at_ns + RINGS_NS, caller))
        while self._leaving and self._leaving[0][0] < time.time_ns():
            _, caller = self._leaving.popleft()
            for call_id in [call_id for call_id, call in self._calls.items() if caller.endswith(call.number)]:
                self._leave(call_id)

    def _leave(self, call_id: str) -> None:
        call = self._calls[call_id]
        if call.remote is not None:
            self._send(call_id, "BYE", 2)
            self._by_source.pop(call.remote, None)
            call.remote = None

    def _invite(self, call_id: str) -> None:
        uri = f"sip:{self._load.number}@127.0.0.1:{self._load.server_port}"
        number = f"1{self._load.first + len(self._calls):010}"
        self._calls[call_id] = Call(invited_ns=time.time_ns(), uri=uri, to=f"<{uri}>", number=number)
        self._send(call_id, "INVITE", 1, self._description())

    def _send(self, call_id: str, method: str, number: int, body: str = "") -> None:
        call = self._calls[call_id]
        lines = [
            f"{method} {call.uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{self._sip_port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70",
            f"From: <sip:{call.number}@{HOST}>;tag={call_id}",
            f"To: {call.to}",
            f"Call-ID: {call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:bench@{HOST}:{self._sip_port}>",
            *(("Content-Type: application/sdp",) if body else ()),
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
        self._sip.sendto("\r\n".join(lines).encode(), ("127.0.0.1", self._load.server_port))

    def _description(self) -> str:
        lines = (
            *("v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0"),
            *(f"m=audio {self._rtp_port} RTP/AVP 0 {EVENT}", "a=rtpmap:0 PCMU/8000"),
            *(f"a=rtpmap:{EVENT} telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", ""),
        )
        return "\r\n".join(lines)

    def _speak(self, call: Call) -> None:
        """One step of 20 ms: silence, or a part of a key (RFC 4733), the end of which is told three times."""
        if call.remote is None:
            return
        tick, long = call.ticks - 25, self._load.key_ticks
        call.ticks += 1
        key, step = divmod(tick, 2 * long)
        if tick >= 0 and key < len(self._load.keys) and step < long:
            stamp = (call.ticks - step) * SAMPLES
            code = KEYS.index(self._load.keys[key])
            for last in (0,) if step < long - 1 else (0, EVENT_END, EVENT_END, EVENT_END):
                payload = struct.pack("!BBH", code, last | 10, (step + 1) * SAMPLES)
                self._packet(call, EVENT | (0x80 if step == 0 else 0), stamp, payload)
            return
        self._packet(call, 0, call.ticks * SAMPLES, SILENCE)

    def _packet(self, call: Call, kind: int, stamp: int, payload: bytes) -> None:
        call.packets += 1
        head = struct.pack("!BBHII", 0x80, kind, call.packets & 0xFFFF, stamp, 7)
        assert call.remote is not None
        self._rtp.sendto(head + payload, call.remote)

    def _drain(self) -> None:
        for sock, take in ((self._rtp, self._sound), (self._sip, self._said)):
            while True:
                try:
                    data, notes, _, source = sock.recvmsg(2048, 64)
                except BlockingIOError:
                    break
                take(data, _moment(notes), source)

    def _sound(self, data: bytes, at_ns: int, source: tuple[str, int]) -> None:
        """Silence that is sent is a gap, too: a caller hears no difference."""
        call = self._by_source.get(source)
        if call is None or not data[HEAD_BYTES:].strip(SILENT):
            return
        if call.last_ns and at_ns - call.last_ns > GAP_NS:
            call.gaps += 1
        call.first_sound_ns = call.first_sound_ns or at_ns
        call.last_ns = at_ns

    def _said(self, data: bytes, at_ns: int, _source: tuple[str, int]) -> None:
        head, _, body = data.decode().partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        call = self._calls.get(headers.get("call-id", ""))
        if call is None or not headers.get("cseq", "").endswith("INVITE") or not start.startswith("SIP/2.0 "):
            return
        status = int(start.split()[1])
        if status >= 200:
            call.to = headers["to"]
            self._send(headers["call-id"], "ACK", 1)
            call.refused = status >= 300
        if status == 200 and not call.answered_ns:
            call.answered_ns = at_ns
            call.remote = ("127.0.0.1", int(body.partition("m=audio ")[2].split()[0]))
            self._by_source[call.remote] = call

    def _hang_up(self) -> None:
        for call_id in self._calls:
            self._leave(call_id)
        time.sleep(GOODBYE_S)

    def _result(self) -> Heard:
        calls = self._calls.values()
        return Heard(
            invite_200_ns=[call.answered_ns - call.invited_ns for call in calls if call.answered_ns],
            first_sound_ns=[call.first_sound_ns - call.invited_ns for call in calls if call.first_sound_ns],
            gaps=sum(call.gaps for call in calls),
            refused=sum(call.refused for call in calls),
            silent=sum(not call.first_sound_ns for call in calls),
            packets=sum(call.packets for call in calls),
            rung=self._phones.rung,
        )


def _receive(sip: socket.socket) -> tuple[bytes, int] | None:
    try:
        data, notes, _, _ = sip.recvmsg(4096, 64)
    except BlockingIOError:
        return None
    return data, _moment(notes)


def _socket(port: int, host: str = HOST) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    made.bind((host, port))
    made.setblocking(False)
    return made


def _moment(notes: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in notes:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return int(seconds * 1_000_000_000 + nanoseconds)
    return time.time_ns()


def main(arguments: list[str]) -> None:
    given: dict[str, Any] = json.loads(arguments[0])
    print(json.dumps(asdict(Callers(Load(**given)).run())))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(sys.argv[1:])
