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
from dataclasses import asdict, dataclass, field
from typing import Any

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


@dataclass(frozen=True, kw_only=True)
class Load:
    """`keys`: what each caller presses, for `key_ticks` of 20 ms each, with as long a pause.

    Without `calls` it is called.
    """

    server_port: int
    local_port: int
    number: str = ""
    calls: int = 0
    per_second: float = 20.0
    seconds: float = 10.0
    keys: str = ""
    key_ticks: int = 5


@dataclass(slots=True)
class Call:
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
    """Nanoseconds of the wall clock; `rung`: number called and when its INVITE came."""

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
        self._rung: list[tuple[str, int]] = []

    def run(self) -> Heard:
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
            time.sleep(0.001)
        self._hang_up()
        return self._result()

    def _invite(self, call_id: str) -> None:
        uri = f"sip:{self._load.number}@127.0.0.1:{self._load.server_port}"
        self._calls[call_id] = Call(invited_ns=time.time_ns(), uri=uri, to=f"<{uri}>")
        self._send(call_id, "INVITE", 1, self._description())

    def _send(self, call_id: str, method: str, number: int, body: str = "") -> None:
        call = self._calls[call_id]
        lines = [
            f"{method} {call.uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{self._sip_port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70",
            f"From: <sip:1{call_id.partition('-')[0].zfill(10)}@{HOST}>;tag={call_id}",
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

    def _sound(self, _data: bytes, at_ns: int, source: tuple[str, int]) -> None:
        call = self._by_source.get(source)
        if call is None:
            return
        if call.last_ns and at_ns - call.last_ns > GAP_NS:
            call.gaps += 1
        call.first_sound_ns = call.first_sound_ns or at_ns
        call.last_ns = at_ns

    def _said(self, data: bytes, at_ns: int, _source: tuple[str, int]) -> None:
        head, _, body = data.decode().partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if start.startswith("INVITE "):
            self._rung.append((start.split()[1].partition(":")[2].partition("@")[0], at_ns))
            self._answer(start, headers, lines)
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

    def _answer(self, _start: str, headers: dict[str, str], lines: list[str]) -> None:
        """Who is called rings for a moment in thought and declines."""
        vias = [line for line in lines if line.lower().startswith("via:")]
        kept = [*vias, *(f"{name}: {headers[name]}" for name in ("from", "call-id", "cseq"))]
        answer = ["SIP/2.0 486 Busy Here", *kept, f"To: {headers['to']};tag=b", "Content-Length: 0", "", ""]
        self._sip.sendto("\r\n".join(answer).encode(), ("127.0.0.1", self._load.server_port))

    def _hang_up(self) -> None:
        for call_id, call in self._calls.items():
            if call.answered_ns:
                self._send(call_id, "BYE", 2)
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
            rung=self._rung,
        )


def _socket(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    made.bind((HOST, port))
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
