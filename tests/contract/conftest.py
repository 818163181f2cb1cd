"""Real services for the tests of this folder: a store keeps its contract on both databases."""

from tests.support.databases import (
    database_url,
    migrated_postgres_url,
    migrated_sqlite,
    migrated_template,
    sqlite_url,
)
from tests.support.services import postgres, postgres_url, redis_server, redis_url

__all__ = [
    "database_url",
    "migrated_postgres_url",
    "migrated_sqlite",
    "migrated_template",
    "postgres",
    "postgres_url",
    "redis_server",
    "redis_url",
    "sqlite_url",
]
