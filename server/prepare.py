"""`axd migrate`: the data folder, the newest schema and, on an empty database, the default workspace."""

import asyncio

from kit.database import make_engine
from kit.logs import configure_logs
from server.migrate import upgrade
from server.settings import Settings


def main() -> None:
    """Safe to repeat, and to run on several nodes at once."""
    settings = Settings()
    configure_logs("WARNING")
    settings.prepare_data_dir()
    asyncio.run(_prepare(settings))


async def _prepare(settings: Settings) -> None:
    engine = make_engine(settings.database)
    try:
        await upgrade(engine)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    main()
