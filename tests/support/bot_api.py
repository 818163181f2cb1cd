"""A Bot API server of the test's own, written from the published methods (https://core.telegram.org/bots/api).

It keeps updates until they are confirmed, refuses what Telegram refuses, and can be killed and come back.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile

from tests.support.http_server import HttpServer, served

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
USERNAME = "axd_hotline_bot"
CHAT = 5_000_000_001
BLOCKED = 403_403
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
MOST_BYTES = 20 * 1024 * 1024
MOST_CHARS = 4096


class Refused(Exception):
    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.body["parameters"] = parameters


@dataclass(kw_only=True)
class Sent:
    chat_id: int
    message_id: int
    text: str = ""
    filename: str = ""
    data: bytes = b""
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class BotApi:
    """`storm`: that many sendings are answered with 429 first. `handed` are the numbers that were fetched,
    `told` what presses were answered."""

    server: HttpServer = field(init=False)
    pending: list[dict[str, Any]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    webhook: dict[str, str] = field(default_factory=dict)
    menus: dict[str, list[str]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    handed: list[int] = field(default_factory=list)
    drops: list[str] = field(default_factory=list)
    storm: int = 0
    broken: bool = False
    last_error: str = ""
    next_update: int = 10_000
    next_message: int = 1

    # What citizens do.

    def says(self, text: str | None = None, *, chat_id: int = CHAT, edit_of: int | None = None, **content: Any) -> int:
        """A citizen writes, or changes what they wrote; returns the number of the message."""
        number = edit_of or self.next_message
        self.next_message += edit_of is None
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat_id, "type": "private", "first_name": "张"},
            "from": {"id": chat_id, "is_bot": False, "first_name": "张", "language_code": "zh-hans"},
            **({"text": text} if text is not None else {}),
            **({"edit_date": int(time.time())} if edit_of else {}),
            **content,
        }
        self.pending.append({"update_id": self.next_update, "edited_message" if edit_of else "message": message})
        self.next_update += 1
        return number

    def presses(self, sent: Sent, data: str, *, chat_id: int = CHAT) -> None:
        """A citizen presses a button below a message."""
        message = {"message_id": sent.message_id, "date": int(time.time()), "chat": {"id": chat_id, "type": "private"}}
        query = {
            "id": f"q{self.next_update}",
            "from": {"id": chat_id, "is_bot": False, "first_name": "张", "language_code": "zh-hans"},
            "message": {**message, "text": sent.text},
            "chat_instance": "1",
            "data": data,
        }
        self.pending.append({"update_id": self.next_update, "callback_query": query})
        self.next_update += 1

    def keeps(self, data: bytes, *, size: int | None = None) -> dict[str, Any]:
        """A file that a message can name; `size` is what Telegram says of it."""
        file_id = f"file{len(self.files)}"
        self.files[file_id] = data
        return {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": len(data) if size is None else size,
        }

    async def post(self, update: Mapping[str, Any], *, secret: str | None = None) -> httpx.Response:
        """Post one update to the webhook, as Telegram or as a forger does."""
        headers = {SECRET_HEADER: self.webhook.get("secret_token", "") if secret is None else secret}
        async with httpx.AsyncClient() as client:
            return await client.post(self.webhook["url"], json=update, headers=headers)

    async def deliver(self) -> None:
        """Post what waits, oldest first, as far as it is taken."""
        while self.pending:
            answer = await self.post(self.pending[0])
            if answer.status_code != httpx.codes.OK:
                self.last_error = f"Wrong response from the webhook: {answer.status_code}"
                return
            self.pending.pop(0)

    # What bots ask.

    async def answer(self, method: str, given: Mapping[str, Any]) -> Any:
        self.asked.append(method)
        if self.broken:
            raise Refused(502, "Bad Gateway")
        if given.get("drop_pending_updates") in ("true", "True", "1"):
            self.drops.append(method)
        if method == "getupdates":
            return await self._updates(given)
        if method.startswith("send"):
            return self._take(method, given)
        answers: dict[str, Callable[[], Any]] = {
            "getme": lambda: {"id": 110201543, "is_bot": True, "first_name": "热线", "username": USERNAME},
            "setwebhook": lambda: self._set_webhook(given),
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._webhook_info,
            "setmycommands": lambda: self._set_menu(given),
            "editmessagetext": lambda: self._edit(given),
            "answercallbackquery": lambda: self._tell(given),
            "getfile": lambda: self._file(given["file_id"]),
        }
        if method not in answers:
            raise Refused(404, "Not Found")
        return answers[method]()

    async def _updates(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        offset, until = int(given.get("offset", 0)), time.monotonic() + int(given.get("timeout", 0))
        self.pending = [update for update in self.pending if update["update_id"] >= offset]
        while not self.pending and time.monotonic() < until:
            await asyncio.sleep(0.01)
        answer = self.pending[: int(given.get("limit", 100))]
        self.handed += [update["update_id"] for update in answer]
        return answer

    def _take(self, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if self.storm > 0:
            self.storm -= 1
            raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
        chat_id, text, file = int(given["chat_id"]), str(given.get("text", "")), given.get("document")
        if chat_id == BLOCKED:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if len(text.encode("utf-16-le")) // 2 > MOST_CHARS:
            raise Refused(400, "Bad Request: message is too long")
        if method == "sendmessage" and not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        filename, data = (file[0], file[1]) if file is not None else ("", b"")
        sent = Sent(
            chat_id=chat_id,
            message_id=self.next_message,
            text=text,
            filename=filename,
            data=data,
            buttons=_buttons(given),
        )
        self.next_message += 1
        self.sent.append(sent)
        chat = {"id": chat_id, "type": "private"}
        return {"message_id": sent.message_id, "date": int(time.time()), "chat": chat, "text": text}

    def _edit(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = next((one for one in self.sent if one.message_id == int(given["message_id"])), None)
        if found is None:
            raise Refused(400, "Bad Request: message to edit not found")
        text, buttons = str(given["text"]), _buttons(given)
        if (found.text, found.buttons) == (text, buttons):
            raise Refused(400, "Bad Request: message is not modified")
        found.text, found.buttons = text, buttons
        chat = {"id": found.chat_id, "type": "private"}
        return {"message_id": found.message_id, "date": int(time.time()), "chat": chat, "text": text}

    def _tell(self, given: Mapping[str, Any]) -> bool:
        self.told.append(str(given.get("text", "")))
        return True

    def _set_webhook(self, given: Mapping[str, Any]) -> bool:
        self.webhook = {"url": str(given["url"]), "secret_token": str(given.get("secret_token", ""))}
        return True

    def _delete_webhook(self) -> bool:
        self.webhook = {}
        return True

    def _set_menu(self, given: Mapping[str, Any]) -> bool:
        commands = json.loads(given["commands"])
        self.menus[str(given.get("language_code", ""))] = [command["command"] for command in commands]
        return True

    def _webhook_info(self) -> dict[str, Any]:
        info = {"url": self.webhook.get("url", ""), "has_custom_certificate": False}
        error = {"last_error_date": int(time.time()), "last_error_message": self.last_error}
        return {**info, "pending_update_count": len(self.pending), **(error if self.last_error else {})}

    def _file(self, file_id: str) -> dict[str, Any]:
        if file_id not in self.files:
            raise Refused(400, "Bad Request: invalid file_id")
        if len(self.files[file_id]) > MOST_BYTES:
            raise Refused(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_path": f"documents/{file_id}"}


def _buttons(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = json.loads(given.get("reply_markup") or "{}").get("inline_keyboard", [])
    return [(button["text"], button["callback_data"]) for row in rows for button in row]


def _app(api: BotApi) -> FastAPI:
    app = FastAPI()

    @app.get("/file/bot{token}/documents/{file_id}")
    async def file(token: str, file_id: str) -> Response:
        return Response(api.files[file_id], status_code=200 if token == TOKEN else 401)

    @app.post("/bot{token}/{method}")
    async def method(token: str, method: str, request: Request) -> Response:
        given: dict[str, Any] = {}
        async with request.form() as form:
            for name, value in form.multi_items():
                is_file = isinstance(value, UploadFile)
                given[name] = (value.filename, await value.read()) if is_file else value  # type: ignore[union-attr]
        try:
            if token != TOKEN:
                raise Refused(401, "Unauthorized")
            # An attached file is named by `attach://` in its field (sending files, "multipart/form-data").
            for name, value in list(given.items()):
                if isinstance(value, str) and value.startswith("attach://"):
                    given[name] = given[value.removeprefix("attach://")]
            return JSONResponse({"ok": True, "result": await api.answer(method.lower(), given)})
        except Refused as refused:
            return JSONResponse(refused.body, status_code=refused.body["error_code"])

    return app


@asynccontextmanager
async def bot_api() -> AsyncIterator[BotApi]:
    api = BotApi()
    async with served(_app(api)) as server:
        api.server = server
        yield api
