"""One running product on a real Asterisk for all tests of this folder that want it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.phone_house import PhoneHouse, phone_house


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PhoneHouse]:
    async with phone_house(tmp_path_factory.mktemp("house")) as running:
        yield running
