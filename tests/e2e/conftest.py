"""A running platform and a Chromium. The tests of this folder are synchronous, as Playwright's plug-in is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import Platform, platform

CHROMIUMS = ("/usr/bin/chromium", "/snap/bin/chromium", "/usr/bin/google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="session")
def axd() -> Iterator[Platform]:
    """One platform for the whole run; its log is shown when it does not start."""
    with platform() as running:
        yield running


@pytest.fixture(scope="session")
def base_url(axd: Platform) -> str:
    return axd.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    program = next((path for path in CHROMIUMS if Path(path).exists()), None)
    if program is None:
        pytest.fail("Chromium is not installed; run: scripts/install-test-peers")
    return {**browser_type_launch_args, "executable_path": program, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
