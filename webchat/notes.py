"""What a page keeps for one browser between two requests: encrypted, found again only with the browser's own secret."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from webchat import store
from webchat.tables import VisitorNoteRow


def token_hash(token: str) -> str:
    """How a visitor's secret is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


class VisitorNotes:
    def __init__(self, box: SecretBox) -> None:
        self._box = box

    async def recall(self, uow: UnitOfWork, browser: str, name: str) -> dict[str, Any] | None:
        """What this browser left under `name`; None when nothing, or no longer."""
        row = await store.note(uow, token_hash(browser), name)
        if row is None:
            return None
        value: dict[str, Any] = json.loads(self._box.decrypt(row.body))
        return value

    async def keep(self, uow: UnitOfWork, browser: str, name: str, value: dict[str, Any], ttl: timedelta) -> None:
        """Write a note, in place of the one that stood there."""
        await store.forget_note(uow, token_hash(browser), name)
        self._add(uow, browser, name, value, ttl)
        await uow.session.flush()

    async def keep_first(self, uow: UnitOfWork, browser: str, name: str, value: dict[str, Any], ttl: timedelta) -> bool:
        """Write a note unless there is one: False then, and nothing was changed."""
        try:
            async with uow.session.begin_nested():
                self._add(uow, browser, name, value, ttl)
        except IntegrityError:
            return False
        return True

    async def forget(self, uow: UnitOfWork, browser: str, name: str) -> None:
        await store.forget_note(uow, token_hash(browser), name)

    def _add(self, uow: UnitOfWork, browser: str, name: str, value: dict[str, Any], ttl: timedelta) -> None:
        body = self._box.encrypt(json.dumps(value, ensure_ascii=False))
        uow.session.add(VisitorNoteRow(token_hash=token_hash(browser), name=name, body=body, expires_at=uow.now + ttl))
