"""A running platform and a Chromium. The tests of this folder are synchronous, as Playwright's plug-in is."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, update

from router.tables import QueueRow
from tests.e2e.chromium import FLAGS, program
from tests.support.running import Platform, platform

# Nothing is proven by how long a busy machine takes.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def axd() -> Iterator[Platform]:
    """One platform for the whole run; its log is shown when it does not start."""
    with platform() as running:
        let_offers_wait(running)
        yield running


@pytest.fixture(scope="session")
def calling() -> Iterator[Platform]:
    """One with calls between browsers. Sound goes over loopback: a machine without a network can call itself."""
    with platform(CALLS__MEDIA_ADDRESS="127.0.0.1") as running:
        let_offers_wait(running)
        yield running


def let_offers_wait(running: Platform) -> None:
    """For as long as a page is examined with the offer on it, on a busy machine too."""
    engine = create_engine(f"sqlite:///{running.data_dir / 'axd.db'}")
    with engine.begin() as connection:
        connection.execute(update(QueueRow).values(ring_timeout_s=60))
    engine.dispose()


@pytest.fixture(scope="session")
def base_url(axd: Platform) -> str:
    return axd.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": program(), "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
