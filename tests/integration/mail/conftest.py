"""The real mail servers for every test of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.mail_peers import MailPeers, mail_peers, mail_servers
from tests.support.mail_world import MailWorld, mail_world

__all__ = ["mail_peers", "mail_servers"]


@pytest.fixture
async def world_on_postgres(
    mail_peers: MailPeers,
    migrated_postgres_url: str,
    redis_url: str,
    tmp_path: Path,
) -> AsyncIterator[MailWorld]:
    async with mail_world(mail_peers, migrated_postgres_url, redis_url, tmp_path / "blobs") as found:
        yield found


@pytest.fixture
async def world(
    mail_peers: MailPeers,
    sqlite_url: str,
    redis_url: str,
    tmp_path: Path,
) -> AsyncIterator[MailWorld]:
    async with mail_world(mail_peers, sqlite_url, redis_url, tmp_path / "blobs") as found:
        yield found
