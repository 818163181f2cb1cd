"""Sends all calls of one turn of the event loop in one pipeline, and loads the library where it is missing.

At most two pipelines are under way: under load the calls that come meanwhile gather into larger ones, and while Redis
works on one the event loop works on the other.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from router.functions.library import NAME, source

Argument = str | int
Command = list[Argument]
Reply = asyncio.Future[Any]
LANES = 2
LONGEST_BATCH = 100


class Batcher:
    """Commands of one turn travel together; each caller gets its own reply or error. Belongs to one event loop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: list[tuple[Reply, Command]] = []
        self._removals: dict[str, tuple[Reply, Command]] = {}
        self._lanes: set[asyncio.Task[None]] = set()
        self._starting = False

    async def send(self, *command: Argument) -> Any:
        """The raw reply. Raises redis errors; a lost connection leaves open whether the command ran."""
        return await self._submit(list(command))

    async def remove(self, stream: str, ids: Sequence[str]) -> None:
        """Deletes entries of a stream; those of one turn go in one command."""
        if stream not in self._removals:
            command: Command = ["XDEL", stream]
            self._removals[stream] = (self._submit(command), command)
        reply, command = self._removals[stream]
        command.extend(ids)
        await asyncio.shield(reply)

    async def load(self) -> None:
        """Loads the library unless the same text is there. Replacing it closes every workspace until its rebuild."""
        found: Any = await self._redis.function_list(library=NAME, withcode=True)
        text = source()
        if text.encode() not in _flat(found) and text not in _flat(found):
            await self._redis.function_load(text, replace=True)

    def _submit(self, command: Command) -> Reply:
        loop = asyncio.get_running_loop()
        reply: Reply = loop.create_future()
        self._waiting.append((reply, command))
        if not self._starting and len(self._lanes) < LANES:
            self._starting = True
            loop.call_soon(self._start)
        return reply

    def _start(self) -> None:
        self._starting = False
        if self._waiting:
            self._lanes.add(asyncio.get_running_loop().create_task(self._drain()))

    async def _drain(self) -> None:
        while self._waiting:
            batch = self._waiting[:LONGEST_BATCH]
            del self._waiting[:LONGEST_BATCH]
            self._removals = {}
            await self._run(batch)
        # Before anybody else runs: a call that came now would otherwise wait for a lane that has ended.
        self._lanes.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _run(self, batch: list[tuple[Reply, Command]]) -> None:
        try:
            replies = await self._execute([command for _, command in batch])
        except Exception as error:
            replies = [error] * len(batch)
        for (future, _), reply in zip(batch, replies, strict=True):
            if future.done():
                continue
            if isinstance(reply, Exception):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    async def _execute(self, commands: list[Command]) -> list[Any]:
        replies = await self._pipeline(commands)
        missing = [index for index, reply in enumerate(replies) if _is_missing(reply)]
        if missing:
            await self.load()
            again = await self._pipeline([commands[index] for index in missing])
            for index, reply in zip(missing, again, strict=True):
                replies[index] = reply
        return replies

    async def _pipeline(self, commands: list[Command]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return await pipeline.execute(raise_on_error=False)


def _is_missing(reply: Any) -> bool:
    return isinstance(reply, ResponseError) and "Function not found" in str(reply)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _flat(item)]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _flat(item)]
    return [value]
