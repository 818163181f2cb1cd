"""Checks of what the platform talks to: database, Redis, worker, web."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy.exc import SQLAlchemyError

from kit.clock import SystemClock
from kit.database import is_sqlite, make_engine
from kit.errors import Unavailable
from kit.redis import make_redis
from kit.unit_of_work import Database
from server.doctor.finding import Finding, good, warning, wrong
from server.embedded_redis import OLDEST_VERSION, NoRedis, find_server
from server.migrate import current_revision, newest_revision
from server.settings import Settings
from server.speech import Say

SILENT_AFTER = timedelta(minutes=2)


async def database(settings: Settings, say: Say) -> list[Finding]:
    kind = "SQLite" if is_sqlite(settings.database) else "PostgreSQL"
    if _is_missing(settings):
        what = say("还没有数据库", "there is no database yet")
        return [wrong(what, say("运行 axd migrate 或 axd up", "run axd migrate, or axd up"))]
    engine = make_engine(settings.database)
    try:
        revision = await current_revision(engine)
    except (SQLAlchemyError, OSError) as error:
        why = getattr(error, "orig", error)
        what = say(f"数据库 {kind} 无法打开（{why}）", f"the {kind} database cannot be opened ({why})")
        mend = say(
            "检查 AXD_DATABASE_URL、数据库服务与数据目录", "check AXD_DATABASE_URL, the server and the data folder"
        )
        return [wrong(what, mend)]
    finally:
        await engine.dispose()
    if revision != newest_revision():
        what = say(
            f"数据库 {kind} 的结构为 {revision}，不是最新", f"the {kind} database is at {revision}, not the newest"
        )
        return [wrong(what, "axd migrate")]
    return [good(say(f"数据库 {kind} 结构最新（{revision}）", f"the {kind} database is up to date ({revision})"))]


def _is_missing(settings: Settings) -> bool:
    return not settings.database_url and not settings.database_file.exists()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database for other checks. Raises `Unavailable` where there is none yet.

    Merely opening it would make the file, and make it belong to whoever asked the doctor.
    """
    if _is_missing(settings):
        raise Unavailable
    engine = make_engine(settings.database)
    try:
        yield Database(engine, SystemClock())
    finally:
        await engine.dispose()


async def redis(settings: Settings, say: Say) -> list[Finding]:
    client = make_redis(settings.redis)
    try:
        about = await client.info("server")
        libraries = await client.function_list(library="axd_*")
    except (RedisError, OSError) as error:
        return [_no_redis(settings, say, error)]
    finally:
        await client.aclose()
    # Valkey says in redis_version which Redis it is compatible with.
    version = str(about["redis_version"])
    name = f"Valkey {about['valkey_version']}" if "valkey_version" in about else f"Redis {version}"
    if int(version.split(".")[0]) < OLDEST_VERSION:
        mend = say("换用 7 或更新版本", "use version 7 or newer")
        return [wrong(name, mend)]
    if not libraries:
        what = say(f"{name} 未载入路由函数", f"{name} has no routing functions loaded")
        return [
            warning(what, say("axd gateway 会载入；或运行 axd rebuild", "axd gateway loads them; or run: axd rebuild"))
        ]
    return [good(say(f"{name}，路由函数已载入", f"{name} with the routing functions"))]


def _no_redis(settings: Settings, say: Say, error: Exception) -> Finding:
    what = say(f"Redis 无法连接（{error}）", f"Redis cannot be reached ({error})")
    if not settings.uses_embedded_redis:
        return wrong(what, say("检查 AXD_REDIS_URL 与该服务", "check AXD_REDIS_URL and that server"))
    try:
        server = find_server()
    except NoRedis as missing:
        return wrong(what, str(missing))
    mend = say(f"内置 Redis({server.banner})由 axd up 启动", f"axd up starts the embedded one ({server.banner})")
    return wrong(what, mend)


async def worker(settings: Settings, say: Say) -> list[Finding]:
    def last_signs() -> list[datetime]:
        with Redis.from_url(settings.jobs_redis, socket_timeout=5, socket_connect_timeout=5) as connection:
            return [item.last_heartbeat for item in Worker.all(connection=connection) if item.last_heartbeat]

    try:
        signs = await asyncio.to_thread(last_signs)
    except (RedisError, OSError) as error:
        what = say(f"无法查看后台进程（{error}）", f"the workers cannot be seen ({error})")
        return [wrong(what, say("先修复 Redis", "mend Redis first"))]
    now = datetime.now(UTC)
    alive = sum(now - sign.replace(tzinfo=sign.tzinfo or UTC) < SILENT_AFTER for sign in signs)
    if not alive:
        what = say("没有运行中的后台进程", "no worker is running")
        return [wrong(what, say("运行 axd up，或 axd worker", "run axd up, or axd worker"))]
    return [good(say(f"后台进程 {alive} 个", f"{alive} worker(s) at work"))]


async def web(settings: Settings, say: Say) -> list[Finding]:
    where = f"{settings.host}:{settings.port}"
    try:
        _, writer = await asyncio.open_connection(settings.host, settings.port)
    except OSError as error:
        what = say(f"{where} 无应答（{error.strerror}）", f"nothing answers on {where} ({error.strerror})")
        return [wrong(what, say("运行 axd up，或 axd web", "run axd up, or axd web"))]
    writer.close()
    return [good(say(f"网页服务在 {where} 应答", f"web answers on {where}"))]
