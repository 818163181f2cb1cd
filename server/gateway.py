"""`axd gateway`: what goes out to the world by itself: pull adapters, the outbox, timers, sweepers."""

import asyncio
import signal

from kit.logs import configure_logs
from server.loops import run_gateway
from server.settings import Settings, read_settings
from server.tuning import be_quick


def main() -> None:
    """Run until SIGTERM or Ctrl-C; what was begun is left to its lease when it cannot finish."""
    settings = read_settings()
    configure_logs(settings.log_level.upper())
    be_quick()
    asyncio.run(_run_until_stopped(settings))


async def _run_until_stopped(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(run_gateway(settings))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
    await asyncio.wait((work,))
    if not work.cancelled():
        work.result()


if __name__ == "__main__":
    main()
