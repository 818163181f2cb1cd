"""Waiting for a nudge: longer than the client of Redis waits for an answer, and in spite of a lost one."""

from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from kit.wake import BLOCK_S, Waker


class Answers:
    """What `blpop` answers, one after the other: nothing, a failure, a nudge."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), list[float]()

    async def blpop(self, _keys: list[str], *, timeout: float) -> Any:  # noqa: ASYNC109 - as the client has it
        self.asked.append(timeout)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_nudge_late_in_a_long_wait_is_heard() -> None:
    redis = Answers(None, None, (b"wake:lines", b"1"))
    await Waker(cast(Redis, redis)).wait("lines", 60.0)
    assert redis.asked == [BLOCK_S] * 3


async def test_after_a_lost_answer_the_wait_goes_on() -> None:
    redis = Answers(RedisTimeoutError(), (b"wake:lines", b"1"))
    await Waker(cast(Redis, redis), block_s=0.01).wait("lines", 60.0)
    assert redis.answers == []
