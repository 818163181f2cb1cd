"""A blob is whole or not there; what nobody keeps is deleted after a day."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit import blobs
from kit.access import Access
from kit.blobs import BlobStore
from kit.errors import NotFound, TooLarge, Unavailable
from kit.ids import new_id
from kit.unit_of_work import Database
from tests.support.clock import ManualClock

HOME = Access.system(new_id())


async def _stream() -> AsyncIterator[bytes]:
    for part in (b"one ", b"two ", b"three"):
        yield part


async def test_bytes_and_streams_come_back_as_they_were(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    whole, streamed = await store.put(b"abc"), await store.put(_stream())
    assert await store.read(whole.key) == b"abc"
    assert (await store.read(streamed.key), streamed.size_bytes) == (b"one two three", 13)


async def test_too_large_a_stream_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        await BlobStore(tmp_path).put(_stream(), max_bytes=6)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "a/b", new_id()])
async def test_a_key_that_was_not_given_out_reads_nothing(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotFound):
        await BlobStore(tmp_path).read(key)


async def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")
    with pytest.raises(Unavailable):
        await BlobStore(tmp_path / "blobs").put(b"abc")


async def test_what_nobody_kept_goes_after_a_day(database: Database, clock: ManualClock, tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    kept, dropped = await store.put(b"kept"), await store.put(b"dropped")
    async with database.unit_of_work(HOME) as uow:
        for blob in (kept, dropped):
            blobs.record(uow, blob, "text/plain", kept=False)
    async with database.unit_of_work(HOME) as uow:
        await blobs.keep(uow, kept.key)
        assert await blobs.sweep(uow, store) == 0
    clock.advance(86_401)
    async with database.unit_of_work(Access.platform()) as uow:
        assert await blobs.sweep(uow, store) == 1
    assert await store.read(kept.key) == b"kept"
    with pytest.raises(NotFound):
        await store.read(dropped.key)
