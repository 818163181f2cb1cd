"""What the operator may set about calls between browsers. Only `server/settings.py` reads the environment."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class EmbeddedSettings(BaseModel):
    """Times in seconds.

    `media_address`: the one address of this machine that carries the sound; "" is all of them but loopback.
    `away_s`: how long a page may be gone (reload, lost network) before its leg ends. `rejoin_s`: how long a restarted
    process waits for its pages. `music`: a WAV file, 8 kHz, 16-bit, mono; none: soft chords.
    """

    model_config = ConfigDict(frozen=True)

    media_address: str = ""
    away_s: float = 15.0
    rejoin_s: float = 5.0
    most_legs: int = 40
    music: Path | None = None
