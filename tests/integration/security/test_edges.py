"""What a stranger can send to the application as it is served: nothing is described to them, nothing is too large."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from server.app import MOST_BODY_BYTES, create_app
from server.settings import Settings

JSON = {"content-type": "application/json"}


@pytest.fixture
async def stranger(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    app = create_app(Settings(data_dir=tmp_path, database_url=sqlite_url, redis_url=redis_url))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://axd.example") as client:
        yield client
    await app.state.services.close()


async def pieces(count: int) -> AsyncIterator[bytes]:
    """A body whose length is not told beforehand, of `count` times 64 KiB."""
    for _ in range(count):
        yield b" " * 65536


@pytest.mark.parametrize("path", ["/openapi.json", "/api/docs", "/docs", "/redoc", "/docs/oauth2-redirect"])
async def test_the_interface_is_not_described_to_strangers(stranger: AsyncClient, path: str) -> None:
    answer = await stranger.get(path)
    assert answer.status_code == 404
    assert "jsdelivr" not in answer.text


@pytest.mark.parametrize("path", ["/api/desk/login", "/chat/api/sessions", "/chat/api/offline", "/status"])
async def test_a_body_that_is_too_large_is_not_read(stranger: AsyncClient, path: str) -> None:
    told = await stranger.post(path, content=b" " * (MOST_BODY_BYTES + 1), headers=JSON)
    assert (told.status_code, told.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", ["/api/desk/login", "/chat/api/sessions", "/chat/api/offline"])
async def test_neither_is_one_that_does_not_tell_its_length(stranger: AsyncClient, path: str) -> None:
    untold = await stranger.post(path, content=pieces(MOST_BODY_BYTES // 65536 + 2), headers=JSON)
    assert untold.status_code == 413


async def test_a_file_of_a_visitor_is_refused_by_its_length_alone(stranger: AsyncClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(10**12)}
    answer = await stranger.post("/chat/api/uploads", content=b"--x--", headers=headers)
    assert answer.status_code == 413


async def test_a_signature_of_strange_letters_is_a_forgery_and_no_failure(stranger: AsyncClient) -> None:
    await stranger.get("/status")
    forged = await stranger.post("/status", data={"csrf": "é", "number": "1", "pin": "2"})
    assert forged.status_code == 403
    cookies = {"axd_status": "id.9999999999.\u00e9"}
    header = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode("latin-1")
    assert (await stranger.get("/status", headers=[(b"cookie", header)])).status_code == 200
