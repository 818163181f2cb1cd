"""A running platform and a Chromium. The tests of this folder are synchronous, as Playwright's plug-in is."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.chromium import FLAGS, program
from tests.support.running import Platform, platform


@pytest.fixture(scope="session")
def axd() -> Iterator[Platform]:
    """One platform for the whole run; its log is shown when it does not start."""
    with platform() as running:
        yield running


@pytest.fixture(scope="session")
def calling() -> Iterator[Platform]:
    """One with calls between browsers. Sound goes over loopback: a machine without a network can call itself."""
    with platform(CALLS__MEDIA_ADDRESS="127.0.0.1") as running:
        yield running


@pytest.fixture(scope="session")
def base_url(axd: Platform) -> str:
    return axd.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": program(), "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
