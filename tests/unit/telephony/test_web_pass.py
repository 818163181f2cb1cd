"""Passes of citizens' pages: good once, for a minute, and only as they were issued."""

from collections.abc import Callable

import pytest

from telephony.web_pass import LASTS_S, WebPass, WebPasses

ABOUT = WebPass(visitor="v1", session="s1", dialled="12396", language="zh-CN")


class Now:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_pass_is_good_once_and_can_be_read_afterwards() -> None:
    passes = WebPasses(b"key")
    written = passes.issue(ABOUT)
    assert written.isalnum()
    assert passes.redeem(written) == ABOUT
    assert passes.redeem(written) is None
    assert passes.read(written) == ABOUT


def test_a_pass_that_waited_too_long_is_refused() -> None:
    now = Now()
    passes = WebPasses(b"key", now)
    early, late = passes.issue(ABOUT), passes.issue(ABOUT)
    now.seconds += LASTS_S - 1
    assert passes.redeem(early) == ABOUT
    now.seconds += 1
    assert passes.redeem(late) is None


@pytest.mark.parametrize(
    "spoil", [str.lower, lambda text: text[:-1], lambda text: text[1:], lambda _: "", lambda _: "拨"]
)
def test_what_was_not_issued_is_refused(spoil: Callable[[str], str]) -> None:
    passes = WebPasses(b"key")
    assert passes.redeem(spoil(passes.issue(ABOUT))) is None
    assert passes.redeem(WebPasses(b"another key").issue(ABOUT)) is None
