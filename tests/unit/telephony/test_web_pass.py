"""Passes of citizens' pages: good once, for a minute, and only as they were issued."""

from collections.abc import Callable

import pytest

from telephony.web_pass import LASTS_S, WebPass, WebPasses

ABOUT = WebPass(visitor="v1", session="s1", dialled="12396", language="zh-CN")


class Now:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def test_a_pass_is_good_for_one_channel_and_can_be_read_afterwards() -> None:
    passes = WebPasses(b"key")
    written = passes.issue(ABOUT)
    assert written.isalnum()
    assert await passes.redeem(written, "c1") == ABOUT
    assert await passes.redeem(written, "c2") is None
    assert await passes.redeem(written, "c1") == ABOUT, "who still rings is found once more"
    assert passes.read(written) == ABOUT


async def test_a_pass_that_waited_too_long_is_refused() -> None:
    now = Now()
    passes = WebPasses(b"key", now)
    early, late = passes.issue(ABOUT), passes.issue(ABOUT)
    now.seconds += LASTS_S - 1
    assert await passes.redeem(early, "c1") == ABOUT
    now.seconds += 1
    assert await passes.redeem(late, "c2") is None


@pytest.mark.parametrize(
    "spoil", [str.lower, lambda text: text[:-1], lambda text: text[1:], lambda _: "", lambda _: "拨"]
)
async def test_what_was_not_issued_is_refused(spoil: Callable[[str], str]) -> None:
    passes = WebPasses(b"key")
    assert await passes.redeem(spoil(passes.issue(ABOUT)), "c1") is None
    assert await passes.redeem(WebPasses(b"another key").issue(ABOUT), "c2") is None
