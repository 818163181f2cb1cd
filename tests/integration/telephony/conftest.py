"""One running product on a real Asterisk for all tests of this folder that want it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.bench.asterisk_server import AsteriskServer
from tests.support import asterisk_peer
from tests.support.phone_house import PhoneHouse, phone_house


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PhoneHouse]:
    async with phone_house(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(scope="package")
def far_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskServer]:
    """A second Asterisk, in which a fax machine stands."""
    folder: Path = tmp_path_factory.mktemp("far")
    server = asterisk_peer.start(
        folder, asterisk_peer.settings_in(folder).model_copy(update={"sip_address": asterisk_peer.FAR})
    )
    yield server
    server.kill()
