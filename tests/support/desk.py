"""The desk's routes over a real database, without a network: who signs in decides what answers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient

from desk.access import COOKIE, CSRF_HEADER
from desk.ports import DeskSettings
from kit.access import Access
from kit.blobs import BlobStore
from kit.database import make_engine
from kit.ids import new_id
from kit.problems import install_error_handlers
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork
from records.staff import service, sessions
from records.staff.service import NewAccount
from records.staff.tables import AccountRow, WorkspaceRow
from tests.support.clock import ManualClock


@dataclass(kw_only=True)
class DeskServices:
    """What `desk.ports.Services` asks for, as far as a test needs it."""

    database: Database
    blobs: BlobStore
    desk: DeskSettings = field(default_factory=lambda: DeskSettings(origins=frozenset({"http://desk"})))
    secret_box: SecretBox = field(default_factory=lambda: SecretBox(b"secret of the tests"))
    router: Any = None
    redis: Any = None
    commands: Any = None
    waker: Any = None
    events: Any = None
    event_log: Any = None
    feeds: Any = None
    acknowledgements: Any = None
    arrivals: Any = None
    mail: Any = None
    sms: Any = None
    telegram: Any = None
    plugins: dict[str, Any] = field(default_factory=dict)
    phones: Any = None
    dial_guard: Any = None
    speech: Any = None


@dataclass(kw_only=True)
class Desk:
    """The desk of one workspace. `access` is the platform's own: it sees everything there."""

    database: Database
    clock: ManualClock
    app: FastAPI
    services: DeskServices
    workspace_id: str

    @property
    def access(self) -> Access:
        return Access.system(self.workspace_id)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        async with self.database.unit_of_work(self.access) as uow:
            yield uow

    async def account(self, *roles: str, login: str = "", password_hash: str = "-", chosen: bool = True) -> AccountRow:
        """An account with these roles; `chosen`: its password is its own already."""
        login = login or f"a{new_id()[-8:]}"
        async with self.work() as uow:
            row = await service.create_account(
                uow,
                NewAccount(
                    login=login,
                    display_name=f"Staff {login}",
                    staff_number=new_id()[-12:],
                    language="zh-CN",
                    department_id=None,
                    roles=roles,
                    password_hash=password_hash,
                ),
            )
            row.must_change_password = not chosen
        return row

    def client(self) -> AsyncClient:
        """A browser that is not signed in."""
        return AsyncClient(transport=ASGITransport(self.app), base_url="http://desk/api/desk/")

    async def signed_in(self, *roles: str) -> AsyncClient:
        """A browser of a new account with these roles."""
        return await self.browser_of((await self.account(*roles)).id)

    async def browser_of(self, account_id: str) -> AsyncClient:
        async with self.work() as uow:
            opened = sessions.open_session(uow, account_id, user_agent="test", source="127.0.0.1")
        client = self.client()
        client.cookies.set(COOKIE, opened.token)
        client.headers[CSRF_HEADER] = opened.csrf_token
        return client


@asynccontextmanager
async def open_desk(url: str, folder: Path, routers: Sequence[APIRouter]) -> AsyncIterator[Desk]:
    """A desk with the default roles over the migrated database at `url`."""
    engine, clock, workspace_id = make_engine(url), ManualClock(), new_id()
    database = Database(engine, clock)
    services = DeskServices(database=database, blobs=BlobStore(folder))
    app = FastAPI()
    install_error_handlers(app)
    app.state.services = services
    for routes in routers:
        app.include_router(routes)
    desk = Desk(database=database, clock=clock, app=app, services=services, workspace_id=workspace_id)
    try:
        async with desk.work() as uow:
            uow.session.add(_workspace(workspace_id))
            await service.create_default_roles(uow)
        yield desk
    finally:
        await engine.dispose()


def _workspace(workspace_id: str) -> WorkspaceRow:
    return WorkspaceRow(
        id=workspace_id,
        name="云州市科学技术局",
        name_en="Yunzhou Science and Technology Bureau",
        short_name="云州科技",
        hotline="0700-8812 3400",
        timezone="Asia/Shanghai",
        language="zh-CN",
        settings={},
    )
