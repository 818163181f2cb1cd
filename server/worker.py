"""`axd worker`: runs RQ jobs one after another in this process, with one event loop and one engine for all of them."""

import asyncio
from contextlib import AsyncExitStack

from redis import Redis
from rq import Queue
from rq.worker import SimpleWorker

from kit.jobs import check_references, set_runtime
from kit.logs import configure_logs
from server.loops import JOB_REFERENCES, LANE, worker_runtime
from server.settings import read_settings

# How long a worker that is not heard of counts as alive; the doctor and RQ itself go by it.
SIGN_OF_LIFE_S = 60


def main() -> None:
    """Work until SIGTERM or Ctrl-C; the job at hand is finished first. Bad job references fail at once."""
    settings = read_settings()
    configure_logs(settings.log_level.upper())
    check_references(JOB_REFERENCES)
    connection = Redis.from_url(settings.jobs_redis)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        set_runtime(runner.run(stack.enter_async_context(worker_runtime(settings, runner.get_loop()))))
        try:
            lanes = [Queue(LANE, connection=connection)]
            SimpleWorker(lanes, connection=connection, worker_ttl=SIGN_OF_LIFE_S).work(logging_level="WARNING")
        finally:
            runner.run(stack.aclose())


if __name__ == "__main__":
    main()
