"""No request body is larger than its address has use for: what is too large is refused before anybody parses it."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.errors import TooLarge
from kit.problems import problem_response


class BodyLimit:
    """ASGI middleware. `most_bytes` for all addresses but those of `forms`, which take files: path to most bytes."""

    def __init__(self, app: ASGIApp, *, most_bytes: int, forms: Mapping[str, int]) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._forms = forms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 413 where the length is told beforehand, and as soon as more comes in where it is not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._forms.get(scope["path"], self._most_bytes)
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            await problem_response(TooLarge(f"At most {most} bytes are taken.", max_bytes=most))(scope, receive, send)
            return
        await self._app(scope, _counted(receive, most), send)


def _counted(receive: Receive, most: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            # Of the framework's own kind: it passes any other on as a body that could not be parsed.
            raise HTTPException(413, TooLarge.title)
        return message

    return counted
