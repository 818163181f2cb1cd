"""Ask the process that holds a lease to do something, and wait for its answer.

A request goes to the holder's Redis stream with an id and a deadline; the reply comes back on a list of its own. The
handler must be idempotent by command id: a request is delivered at least once while its deadline lasts. Losing Redis
fails the command visibly.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select

from kit import streams
from kit.access import Access
from kit.errors import AppError, Unavailable
from kit.ids import new_id
from kit.leases import LeaseRow
from kit.tasks import stop
from kit.unit_of_work import Database

log = logging.getLogger(__name__)

Handler = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
STREAM_LENGTH = 1000


class Commands:
    """`holder` is the name this process holds its leases under."""

    def __init__(self, redis: Redis, database: Database, holder: str) -> None:
        self._redis = redis
        self._database = database
        self.holder = holder

    async def request(self, lease: str, name: str, arguments: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """Run `name` in the process that holds `lease`.

        Raises `Unavailable` when nobody holds it, when Redis is lost, or when no answer came within `timeout_s` (the
        command may have run then); an error of the handler is raised here again with its code.
        """
        holder = await self._holder_of(lease)
        command_id = new_id()
        deadline_ms = int((time.time() + timeout_s) * 1000)
        body = json.dumps(
            {
                "id": command_id,
                "lease": lease,
                "name": name,
                "arguments": arguments,
                "deadline_ms": deadline_ms,
            }
        )
        try:
            await streams.append(self._redis, _stream(holder), body, max_length=STREAM_LENGTH)
            answer = await self._reply(command_id, timeout_s)
        except (RedisError, OSError) as error:
            raise Unavailable("The other process cannot be reached.") from error
        if "error" in answer:
            raise _as_error(answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    async def _reply(self, command_id: str, timeout_s: float) -> dict[str, Any]:
        key, deadline = _reply_key(command_id), time.monotonic() + timeout_s
        while (remaining_s := deadline - time.monotonic()) > 0:
            found = await self._redis.blpop([key], timeout=max(min(remaining_s, 2.0), 0.05))
            if found:
                answer: dict[str, Any] = json.loads(found[1])
                return answer
        raise Unavailable("No answer came in time; look whether it was done before repeating.")

    async def _holder_of(self, lease: str) -> str:
        async with self._database.unit_of_work(Access.platform(), read_only=True) as uow:
            holder = await uow.session.scalar(
                select(LeaseRow.holder).where(LeaseRow.name == lease, LeaseRow.expires_at > uow.now)
            )
        if holder is None:
            raise Unavailable("No process is in charge of this right now; try again in a moment.")
        return holder

    async def serve(self, handler: Handler) -> None:
        """Answer requests to this process, until cancelled. `handler(name, arguments)` raises AppError to refuse.

        Requests begin in their order; a slow one keeps no other waiting.
        """
        handling: set[asyncio.Task[None]] = set()
        try:
            await self._begin_each(handler, handling)
        finally:
            await stop(handling)

    async def _begin_each(self, handler: Handler, handling: set[asyncio.Task[None]]) -> None:
        position = "$"
        while True:
            try:
                entries = await streams.read_after(self._redis, _stream(self.holder), position, block_ms=2000, count=20)
                for entry_id, body in entries:
                    position = entry_id
                    task = asyncio.create_task(self._handle(handler, json.loads(body)))
                    handling.add(task)
                    task.add_done_callback(handling.discard)
            except (RedisError, OSError):
                log.warning("commands cannot be read; trying again")
                await asyncio.sleep(1)

    async def _handle(self, handler: Handler, command: dict[str, Any]) -> None:
        if command["deadline_ms"] < time.time() * 1000:
            return
        try:
            answer: dict[str, Any] = {"result": await handler(command["name"], command["arguments"])}
        except AppError as error:
            answer = {"error": error.problem()}
        except Exception:
            log.exception("command %s failed", command["name"])
            answer = {"error": AppError().problem()}
        key = _reply_key(command["id"])
        try:
            await self._redis.rpush(key, json.dumps(answer))
            await self._redis.expire(key, 60)
        except (RedisError, OSError):
            log.warning("the answer to command %s was lost", command["name"])


def _as_error(problem: dict[str, Any]) -> AppError:
    error = AppError(problem.get("detail", ""), code=problem.get("code"))
    error.status = problem.get("status", 500)
    error.title = problem.get("title", error.title)
    return error


def _stream(holder: str) -> str:
    return f"commands:{holder}"


def _reply_key(command_id: str) -> str:
    return f"commands:reply:{command_id}"
