"""What the operator may set about calls between browsers. Only `server/settings.py` reads the environment."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class IceServer(BaseModel):
    """A STUN or TURN server, as browsers take it. `credential` is for TURN, and pages get to see it."""

    model_config = ConfigDict(frozen=True)

    urls: list[str]
    username: str = ""
    credential: str = ""

    def as_json(self) -> dict[str, object]:
        """The form of `RTCIceServer`, without empty members."""
        return {name: value for name, value in self.model_dump().items() if value}


class EmbeddedSettings(BaseModel):
    """Times in seconds.

    `media_address`: the one address of this machine that carries the sound; "" is all of them but loopback.
    `away_s`: how long a page may be gone (reload, lost network) before its leg ends. `rejoin_s`: how long a restarted
    process waits for its pages. `music`: a WAV file, 8 kHz, 16-bit, mono; none: soft chords.
    """

    model_config = ConfigDict(frozen=True)

    media_address: str = ""
    ring_s: float = 30.0
    away_s: float = 15.0
    rejoin_s: float = 5.0
    most_legs: int = 40
    calls_per_hour: int = 20
    music: Path | None = None
