"""Access tokens: fetched when needed, kept until shortly before they expire, exchanged refresh tokens kept."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from channels.adapter import ChannelUnavailable
from channels.mail.account import Account
from channels.mail.receiving.session import ImapServer
from channels.mail.sending.smtp import SmtpServer
from channels.mail.tokens import TokenSource
from tests.support.clock import ManualClock


class TokenService:
    """A provider's token endpoint: each answer is another token, valid for an hour."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.status = 200
        self.extra: dict[str, object] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                service.asked.append({key: values[0] for key, values in parse_qs(body).items()})
                token = {"access_token": f"token {len(service.asked)}", "expires_in": 3600, **service.extra}
                answer = json.dumps(token).encode()
                self.send_response(service.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"


@pytest.fixture
def provider() -> Iterator[TokenService]:
    service = TokenService()
    thread = threading.Thread(target=service.server.serve_forever, daemon=True)
    thread.start()
    yield service
    service.server.shutdown()
    service.server.server_close()
    thread.join()


def account(url: str) -> Account:
    return Account(
        id="box",
        revision=1,
        name="box",
        address="hotline@axd.test",
        imap=ImapServer(host="127.0.0.1", port=1),
        smtp=SmtpServer(host="127.0.0.1", port=1),
        auth="xoauth2",
        username="hotline@axd.test",
        secret="refresh me",
        oauth_token_url=url,
        oauth_client_id="client",
        oauth_client_secret="client secret",
        folder="INBOX",
        move_to=None,
        plus_addresses=True,
        confidential=False,
        import_since=date(2026, 11, 24),
    )


async def test_a_token_serves_until_shortly_before_it_expires(provider: TokenService) -> None:
    clock, saved = ManualClock(), dict[str, str]()

    async def save(mailbox_id: str, token: str) -> None:
        saved[mailbox_id] = token

    tokens, box = TokenSource(clock, save), account(provider.url)
    assert (await tokens.credentials(box)).access_token == "token 1"
    clock.advance(3200)
    assert (await tokens.credentials(box)).access_token == "token 1"
    clock.advance(150)
    assert (await tokens.credentials(box)).access_token == "token 2"
    tokens.forget(box)
    provider.extra = {"refresh_token": "exchanged"}
    assert (await tokens.credentials(box)).access_token == "token 3"
    assert saved == {"box": "exchanged"}
    assert (await tokens.credentials(replace(box, revision=2))).access_token == "token 4"
    assert provider.asked[0] == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh me",
        "client_id": "client",
        "client_secret": "client secret",
    }


async def test_a_refusal_or_nonsense_is_unavailable(provider: TokenService) -> None:
    async def save(mailbox_id: str, token: str) -> None:
        raise AssertionError

    tokens = TokenSource(ManualClock(), save)
    provider.status = 400
    with pytest.raises(ChannelUnavailable, match="refused"):
        await tokens.credentials(account(provider.url))
    provider.status, provider.extra = 200, {"access_token": "x", "expires_in": "soon"}
    with pytest.raises(ChannelUnavailable, match="no access token"):
        await tokens.credentials(account(provider.url))
    with pytest.raises(ChannelUnavailable, match="cannot be reached"):
        await tokens.credentials(account("http://127.0.0.1:1/token"))
    with pytest.raises(ChannelUnavailable, match="http or https"):
        await tokens.credentials(account("file:///etc/passwd"))
