"""One desk over SQLite for each test: bare, or with contacts, words and every route in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.acknowledgements import Acknowledgements
from desk.session.routes import routes as session
from kit.ids import new_id
from router.tables import ChoiceRow
from server.app import DESK_ROUTES
from tests.support.desk import Desk, open_desk
from tests.support.inbox import ROUTES, Inbox, open_inbox


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(sqlite_url, tmp_path / "blobs", [session]) as opened:
        yield opened


@pytest.fixture
async def office(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    """Kinds `consult` and `report`, category `funding`."""
    async with open_inbox(sqlite_url, redis_url, tmp_path / "blobs") as opened:
        bag = opened.desk.services
        bag.acknowledgements = Acknowledgements("http://axd.example/status", bag.secret_box)
        for routes in DESK_ROUTES:
            if routes not in ROUTES:
                opened.desk.app.include_router(routes)
        async with opened.desk.work() as uow:
            for word_list, key in (("kind", "consult"), ("kind", "report"), ("category", "funding")):
                uow.session.add(ChoiceRow(id=new_id(), list=word_list, key=key, label=key, label_en=key))
        yield opened
