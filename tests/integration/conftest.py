"""Real services for the tests of this folder."""

from tests.support.services import postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]
