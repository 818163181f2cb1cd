"""The platform as an operator starts it, with an Asterisk of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.asterisk import password
from server.bench.asterisk_server import AsteriskServer
from server.settings import Settings
from tests.support import asterisk_peer
from tests.support.running import Platform, platform

NAMES = ("shared_dir", "ari_port", "sip_port", "rtp_from", "rtp_to", "websocket_url")


@contextmanager
def asterisk_platform(folder: Path) -> Iterator[tuple[Platform, AsteriskServer]]:
    """Both run and answer; everything is on the loopback address."""
    settings, data = asterisk_peer.settings_in(folder), folder / "data"
    chosen = {f"ASTERISK__{name.upper()}": str(getattr(settings, name)) for name in NAMES}
    with platform(data, **chosen) as running:
        key = password(Settings(data_dir=data, asterisk=settings))
        server = AsteriskServer(folder=folder, settings=settings, password=key)
        server.start()
        try:
            asterisk_peer.answers(server)
            yield running, server
        finally:
            server.kill()
