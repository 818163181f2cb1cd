"""What pages need to know to carry a call, whichever engine answers them."""

import json
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

SCHEMES = ("stun:", "stuns:", "turn:", "turns:")


class IceServer(BaseModel):
    """A STUN or TURN server in the form of browsers. What is said here, pages get to see."""

    model_config = ConfigDict(frozen=True)

    urls: list[str] = Field(min_length=1)
    username: str = ""
    credential: str = ""

    def as_json(self) -> dict[str, object]:
        """`RTCIceServer`, without empty members."""
        return {name: value for name, value in self.model_dump().items() if value}

    @property
    def is_relay(self) -> bool:
        return any(url.startswith(("turn:", "turns:")) for url in self.urls)


class PhoneSettings(BaseModel):
    """`engine`: which driver a page uses. `sip_url`: SIP over WebSocket, for Asterisk only. `supervision_number`: what
    supervisors dial, empty where they cannot.
    """

    model_config = ConfigDict(frozen=True)

    engine: Literal["embedded", "asterisk"] = "embedded"
    ice_servers: tuple[IceServer, ...] = ()
    sip_url: str = ""
    supervision_number: str = ""

    @property
    def by_sip(self) -> bool:
        """Whether pages speak SIP with Asterisk."""
        return self.engine == "asterisk" and bool(self.sip_url)

    @property
    def sip_host(self) -> str:
        """What stands behind the @ of pages' SIP addresses; nobody resolves it."""
        return urlsplit(self.sip_url).hostname or "localhost"

    @property
    def sip_origin(self) -> str:
        """Of `sip_url`, as a content security policy names it; "" where pages do not speak SIP."""
        return "://".join(urlsplit(self.sip_url)[:2]) if self.by_sip else ""


_MANY = TypeAdapter(list[IceServer])


def read_ice_servers(text: str) -> tuple[IceServer, ...]:
    """From JSON as browsers take it, or from a comma list: `stun:host:port`, `turn:user:secret@host:port`.

    Raises `ValueError` with what is wrong; "" is none.
    """
    text = text.strip()
    if not text:
        return ()
    servers = _from_json(text) if text.startswith("[") else [_from_word(word.strip()) for word in text.split(",")]
    for server in servers:
        for url in server.urls:
            if not url.startswith(SCHEMES):
                raise ValueError(f"{url.split(':')[0]}: an ICE server begins with stun:, turn: or turns:")
    return tuple(servers)


def _from_json(text: str) -> list[IceServer]:
    try:
        found = json.loads(text)
        many = [{**one, "urls": [one["urls"]] if isinstance(one["urls"], str) else one["urls"]} for one in found]
        return _MANY.validate_python(many)
    except (ValueError, KeyError, TypeError, ValidationError):
        raise ValueError("the ICE servers are not a JSON list of {urls, username, credential}") from None


def _from_word(word: str) -> IceServer:
    scheme, _, rest = word.partition(":")
    who, at, where = rest.rpartition("@")
    username, _, credential = who.partition(":")
    return IceServer(urls=[f"{scheme}:{where}"], username=username if at else "", credential=credential)
