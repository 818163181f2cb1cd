"""Browsers that speak a tone into their microphone and can say which tone they hear."""

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page

from tests.e2e.chromium import FLAGS, program
from tests.support.waiting import wait_for

RATE = 48_000
NEAR_HZ = 15
LOUD_DB = -60
# A tone fills this many neighbouring bins at least before anything else is as loud.
SIDE_BINS = 3

# Echo cancellation and the like would take a steady tone for noise. The newest remote track is what the page plays.
_EARS = """
(() => {
  const Native = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given)
      this.addEventListener('track', (event) => (window.axdTrack = event.track))
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') window.axdConnectedMs ??= performance.now()
      })
    }
  }
  const devices = navigator.mediaDevices
  const open = devices.getUserMedia.bind(devices)
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
  devices.getUserMedia = (wish) => open({ audio: { ...(wish.audio === true ? {} : wish.audio), ...plain } })
  window.axdHears = async () => {
    if (!window.axdTrack) return []
    window.axdContext ??= new AudioContext()
    const analyser = window.axdContext.createAnalyser()
    analyser.fftSize = 16384
    analyser.smoothingTimeConstant = 0
    const source = window.axdContext.createMediaStreamSource(new MediaStream([window.axdTrack]))
    source.connect(analyser)
    await new Promise((done) => setTimeout(done, 450))
    const powers = new Float32Array(analyser.frequencyBinCount)
    analyser.getFloatFrequencyData(powers)
    source.disconnect()
    const width = window.axdContext.sampleRate / analyser.fftSize
    const loudest = [...powers.keys()].sort((one, other) => powers[other] - powers[one]).slice(0, 40)
    return loudest.map((place) => ({ hz: place * width, db: powers[place] }))
  }
})()
"""


@contextmanager
def speaking(browser_type: BrowserType, hz: int, folder: Path) -> Iterator[Browser]:
    """A browser whose microphone gives this tone."""
    sound = folder / f"{hz}.wav"
    at = np.arange(RATE * 2) / RATE
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((10_000 * np.sin(2 * np.pi * hz * at)).astype("<i2").tobytes())
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={sound}"]
    browser = browser_type.launch(executable_path=program(), args=flags)
    try:
        yield browser
    finally:
        browser.close()


def with_ears(context: BrowserContext) -> None:
    """To be called before the context opens a page."""
    context.grant_permissions(["microphone"])
    context.add_init_script(_EARS)


def _loud(page: Page) -> list[float]:
    return [found["hz"] for found in page.evaluate("window.axdHears()") if found["db"] > LOUD_DB]


def hears(page: Page, *tones: int, timeout_s: float = 30.0) -> None:
    """These tones are what is loudest of all that arrives, each of them."""
    last: list[float] = []

    def there() -> bool:
        last[:] = _loud(page)
        near = [next((hz for hz in tones if abs(hz - heard) < NEAR_HZ), None) for heard in last]
        return set(near[: SIDE_BINS * len(tones)]) == set(tones)

    try:
        wait_for(there, f"{tones} Hz", timeout_s=timeout_s)
    except AssertionError:
        raise AssertionError(f"heard {last[:9]} instead of {tones} Hz") from None


def hears_music(page: Page, *, besides: int, timeout_s: float = 30.0) -> None:
    """Something arrives, and the tone `besides` is not in it."""

    def there() -> bool:
        heard = _loud(page)
        return bool(heard) and all(abs(hz - besides) >= NEAR_HZ for hz in heard)

    wait_for(there, f"music instead of {besides} Hz", timeout_s=timeout_s)


def hears_something(page: Page, *, timeout_s: float = 30.0) -> None:
    """A voice or music arrives."""
    wait_for(lambda: bool(_loud(page)), "any sound", timeout_s=timeout_s)
