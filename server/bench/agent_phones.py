"""Agents' telephones for `server.bench.callers`: they register, ring, and say when who called them.

One socket for all of them: a telephone is told by the user in the address that is called.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Sequence
from socket import socket

HOST = "127.0.0.1"
REGISTER_WITHIN_S = 30.0
QUOTED = re.compile(r'(\w+)="([^"]*)"')
CALLER, USER = re.compile(r"sips?:\+?(\d+)@"), re.compile(r"sips?:([^@>]+)@")

Receive = Callable[[socket], tuple[bytes, int] | None]
"""A datagram and when it came, by the kernel's wall clock in nanoseconds; None when there is none."""


class AgentPhones:
    """`accounts`: user and secret of each. `rung`: the caller's digits and when the INVITE came."""

    def __init__(self, sip: socket, receive: Receive, server_port: int, accounts: Sequence[tuple[str, str]]) -> None:
        self._sip, self._receive, self._server_port = sip, receive, server_port
        self._secrets = dict(accounts)
        self._port = sip.getsockname()[1]
        self._registered: set[str] = set()
        self._invites: dict[str, list[str]] = {}
        self._known: set[str] = set()
        self.rung: list[tuple[str, int]] = []

    def register(self) -> None:
        """Returns once all are registered. Raises `TimeoutError`."""
        for user in self._secrets:
            self._register(user, 1, "")
        ends = time.monotonic() + REGISTER_WITHIN_S
        while len(self._registered) < len(self._secrets):
            if time.monotonic() > ends:
                raise TimeoutError("the agents' telephones could not register")
            self.drain()
            time.sleep(0.001)

    def drain(self) -> None:
        """Answer whatever came."""
        while (came := self._receive(self._sip)) is not None:
            self._heard(came[0].decode(errors="replace"), came[1])

    def _heard(self, text: str, at_ns: int) -> None:
        start, *lines = text.partition("\r\n\r\n")[0].split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if start.startswith("SIP/2.0 "):
            self._answered(int(start.split()[1]), headers)
        elif start.startswith("INVITE "):
            if headers["call-id"] not in self._known:
                self._known.add(headers["call-id"])
                caller = CALLER.search(headers["from"])
                self.rung.append((caller[1] if caller else "", at_ns))
            self._invites[headers["call-id"]] = lines
            self._answer("180 Ringing", lines)
        elif not start.startswith("ACK "):
            self._answer("200 OK", lines)
            if start.startswith("CANCEL ") and headers["call-id"] in self._invites:
                self._answer("487 Request Terminated", self._invites.pop(headers["call-id"]))

    def _answered(self, status: int, headers: dict[str, str]) -> None:
        found = USER.search(headers["to"])
        if found is None or not headers["cseq"].endswith("REGISTER"):
            return
        if status == 401 and headers["cseq"].startswith("1 "):
            self._register(found[1], 2, headers["www-authenticate"])
        elif status == 200:
            self._registered.add(found[1])

    def _register(self, user: str, number: int, challenge: str) -> None:
        uri = f"sip:{HOST}:{self._server_port}"
        lines = [
            f"REGISTER {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{self._port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70",
            f"From: <sip:{user}@{HOST}>;tag={user}",
            f"To: <sip:{user}@{HOST}>",
            f"Call-ID: register-{user}",
            f"CSeq: {number} REGISTER",
            f"Contact: <sip:{user}@{HOST}:{self._port}>",
            "Expires: 3600",
            *((f"Authorization: {self._proof(challenge, uri, user)}",) if challenge else ()),
        ]
        self._send([*lines, "Content-Length: 0", "", ""])

    def _proof(self, challenge: str, uri: str, user: str) -> str:
        """RFC 2617 with `qop=auth`."""
        given, cnonce = dict(QUOTED.findall(challenge)), secrets.token_hex(8)
        who, what = f"{user}:{given['realm']}:{self._secrets[user]}", f"REGISTER:{uri}"
        response = _md5(f"{_md5(who)}:{given['nonce']}:00000001:{cnonce}:auth:{_md5(what)}")
        said = {"username": user, "realm": given["realm"], "nonce": given["nonce"], "uri": uri, "response": response}
        said |= {"cnonce": cnonce, "opaque": given.get("opaque", "")}
        return (
            "Digest "
            + ", ".join(f'{name}="{value}"' for name, value in said.items())
            + (", algorithm=MD5, qop=auth, nc=00000001")
        )

    def _answer(self, status: str, lines: list[str]) -> None:
        kept = [line for line in lines if line.partition(":")[0].strip().lower() in {"via", "from", "call-id", "cseq"}]
        to = next(line for line in lines if line.lower().startswith("to:"))
        contact = f"Contact: <sip:phone@{HOST}:{self._port}>"
        tagged = to if ";tag=" in to else f"{to};tag=phone"
        self._send([f"SIP/2.0 {status}", *kept, tagged, contact, "Content-Length: 0", "", ""])

    def _send(self, lines: list[str]) -> None:
        self._sip.sendto("\r\n".join(lines).encode(), (HOST, self._server_port))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - SIP's digest is made so
