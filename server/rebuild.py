"""`axd rebuild`: fill Redis anew from the database, under a new epoch. Harmless while the platform runs."""

import asyncio

import typer

from kit.logs import configure_logs
from server.settings import Settings, read_settings
from server.speech import speaker
from server.wiring import build


def main() -> None:
    """Print how many contacts the queue holds now."""
    settings = read_settings()
    configure_logs("WARNING")
    count = asyncio.run(_rebuild(settings))
    say = speaker(settings.language)
    typer.echo(say(f"已重建，队列中有 {count} 件联络", f"rebuilt: {count} contacts are in the queue"))


async def _rebuild(settings: Settings) -> int:
    services = build(settings)
    try:
        return await services.router.rebuild(str(services.access.workspace_id))
    finally:
        await services.close()


if __name__ == "__main__":
    main()
