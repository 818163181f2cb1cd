"""`axd migrate`: the data folder, the newest schema and, on an empty database, the default workspace."""

import asyncio
from collections.abc import Sequence

import typer
from sqlalchemy.exc import OperationalError

from kit.clock import SystemClock
from kit.database import make_engine
from kit.logs import configure_logs
from kit.unit_of_work import Database
from server import credentials
from server.first_start import FirstLogin, seed
from server.migrate import upgrade
from server.settings import Settings, read_settings
from server.speech import Say, speaker


def main() -> None:
    """Safe to repeat, and to run on several nodes at once. Prints the first logins, if it made them."""
    settings = read_settings()
    say = speaker(settings.language)
    configure_logs("WARNING")
    settings.prepare_data_dir()
    try:
        logins = asyncio.run(_prepare(settings))
    except (OperationalError, OSError) as error:
        why = getattr(error, "orig", error)
        raise SystemExit(say(f"错误：数据库无法使用（{why}）", f"error: the database cannot be used ({why})")) from None
    if logins:
        _show(settings, say, logins)


async def _prepare(settings: Settings) -> Sequence[FirstLogin]:
    engine = make_engine(settings.database)
    try:
        await upgrade(engine)
        return await seed(
            Database(engine, SystemClock()),
            timezone=settings.time_zone,
            keep=lambda logins: credentials.keep(settings.credentials_file, logins),
        )
    finally:
        await engine.dispose()


def _show(settings: Settings, say: Say, logins: Sequence[FirstLogin]) -> None:
    typer.echo("")
    typer.echo(
        say(
            f"  首次启动：已建立默认工作区与下列账号（只显示这一次，另存于 {settings.credentials_file}）",
            f"  First start: these logins were made (shown once, kept in {settings.credentials_file})",
        )
    )
    for item in logins:
        typer.echo(f"    {item.login:<10} {item.password}  {say(*item.tells)}")
    typer.echo(say("  首次登录时须更改密码", "  Each password must be changed at the first login"))
    typer.echo("")


if __name__ == "__main__":
    main()
