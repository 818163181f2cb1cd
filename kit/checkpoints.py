"""SQLite's log is copied into its file beside the work, so that no commit has to wait for it."""

import asyncio
import logging
import sqlite3

from sqlalchemy import make_url

log = logging.getLogger(__name__)

INTERVAL_S = 0.25
STATEMENT = "PRAGMA wal_checkpoint(PASSIVE)"
"""Waits for nobody and keeps nobody waiting: what a reader still needs is left for the next time."""


async def run_checkpoints(url: str) -> None:
    """Keep the log of the SQLite database at `url` short, until cancelled.

    While nobody does so, whoever commits page `kit.database.CHECKPOINT_PAGES` of the log copies it.
    """
    connection = sqlite3.connect(make_url(url).database or "", check_same_thread=False, isolation_level=None, timeout=0)
    try:
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                await asyncio.to_thread(_copy, connection)
            except sqlite3.Error:
                log.warning("the database's log could not be copied; it will be tried again")
    finally:
        connection.close()


def _copy(connection: sqlite3.Connection) -> None:
    connection.execute(STATEMENT).fetchall()
