"""Unit tests open no sockets: whoever tries is told at once."""

import sys
from collections.abc import Iterator

import pytest

CLOSED = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"}


class Guard:
    """An audit hook (PEP 578): it can be switched off, not taken away."""

    def __init__(self) -> None:
        self.watching = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _arguments: object) -> None:
        if self.watching and event in CLOSED:
            raise RuntimeError(f"a unit test opens no socket ({event}); this is a test for tests/integration")


GUARD = Guard()


@pytest.fixture(autouse=True)
def no_sockets() -> Iterator[None]:
    GUARD.watching = True
    yield
    GUARD.watching = False
