"""Real services for the tests of this folder."""

from tests.support.databases import (
    database_url,
    migrated_postgres,
    migrated_postgres_url,
    migrated_sqlite,
    sqlite_url,
)
from tests.support.services import postgres, postgres_url, redis_server, redis_url

__all__ = [
    "database_url",
    "migrated_postgres",
    "migrated_postgres_url",
    "migrated_sqlite",
    "postgres",
    "postgres_url",
    "redis_server",
    "redis_url",
    "sqlite_url",
]
