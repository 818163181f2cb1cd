"""The browser of the machine, with the flags that let it run without a screen and without a network."""

from pathlib import Path

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


def program() -> str:
    """Raises `LookupError` with what to do when there is no browser."""
    found = next((path for path in CHROMIUMS if Path(path).exists()), None)
    if found is None:
        raise LookupError("Chromium is not installed; run: scripts/install-test-peers")
    return found
