"""The life of an account with the other side of a channel: a mailbox, an account for text messages, a bot.

Operators add, change and remove it, or the environment owns it; a loop obeys it and reports how it does.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import case, or_, select, update

from channels.tables import AccountRow, AccountState
from kit.errors import Conflict, Invalid, NotFound
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker

RowT = TypeVar("RowT", bound=AccountRow)
SettingsT = TypeVar("SettingsT", bound=BaseModel)

_SUCCESS_EVERY = timedelta(seconds=60)


async def listed(uow: UnitOfWork, row_type: type[RowT]) -> list[RowT]:
    """All accounts of this kind, in the order they were added."""
    return list(await uow.session.scalars(select(row_type).order_by(row_type.created_at, row_type.id)))


async def found(uow: UnitOfWork, row_type: type[RowT], account_id: str) -> RowT | None:
    return await uow.session.scalar(select(row_type).where(row_type.id == account_id))


def settings_of(shape: type[SettingsT], values: Mapping[str, Any], *, within: str = "") -> SettingsT:
    """`values` as `shape` (the field `within` of a larger form). Raises `Invalid` that names the fields."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        fields = [
            {"field": ".".join(map(str, (within, *item["loc"]) if within else item["loc"])), "reason": item["msg"]}
            for item in error.errors()
        ]
        raise Invalid("Some fields are not valid.", fields=fields) from None


class Accounts(Generic[RowT, SettingsT]):
    """What is the same for accounts of every kind; a subclass for each kind says what is its own."""

    row_type: type[RowT]
    entity: str
    """What the desk's events call such an account."""
    noun: str
    wake: str
    """What wakes the loop that has to obey a change."""
    secrets: tuple[str, ...]
    """Fields of the settings that are stored encrypted, in columns of the same name."""
    shown_columns: tuple[str, ...] = ()

    def values(self, settings: SettingsT) -> dict[str, Any]:
        """The columns that settings fill, without secrets. May raise `Invalid`."""
        return settings.model_dump(exclude=set(self.secrets))

    def fresh(self, uow: UnitOfWork, box: SecretBox) -> dict[str, Any]:
        """The columns of a new row that no settings fill."""
        return {}

    def destination(self, values: Mapping[str, Any]) -> Any:
        """Where secrets go, and how well they are hidden on the way there, of the columns that settings fill."""
        return None

    def require_fitting(self, row: RowT, box: SecretBox, settings: SettingsT) -> None:
        """Raises `Invalid` for settings that this account cannot take."""

    async def forget(self, uow: UnitOfWork, row: RowT) -> None:
        """Delete the row and what only makes sense with it."""
        await uow.session.delete(row)

    def shown(self, row: RowT) -> dict[str, Any]:
        """What pages may know of it: no secret. Times in ISO 8601, UTC."""
        values = {name: getattr(row, name) for name in self.shown_columns}
        return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}

    async def listing(self, uow: UnitOfWork) -> list[RowT]:
        """All, in the order they were added."""
        return await listed(uow, self.row_type)

    async def get(self, uow: UnitOfWork, account_id: str) -> RowT:
        """Raises `NotFound`."""
        row = await found(uow, self.row_type, account_id)
        if row is None:
            raise NotFound(f"There is no such {self.noun}.")
        return row

    async def create(self, uow: UnitOfWork, box: SecretBox, waker: Waker, settings: SettingsT) -> RowT:
        """Add an account; the gateway takes it up at once. Raises `Invalid` for settings that do not fit its kind."""
        row = await self._create(uow, box, settings)
        self._changed(uow, waker, row)
        return row

    async def change(self, uow: UnitOfWork, box: SecretBox, waker: Waker, account_id: str, settings: SettingsT) -> RowT:
        """Replace the settings; a secret that is None stays, as long as it goes where it went before.

        Raises `Conflict` where the environment owns the account, `Invalid` (code `secret_required`) for another server
        without the secret: who may set up accounts must not have a stored secret sent to a place of their choice.
        """
        row = await self._own(uow, account_id)
        self._require_secrets(row, settings)
        self._apply(row, box, settings)
        self._changed(uow, waker, row)
        return row

    async def remove(self, uow: UnitOfWork, waker: Waker, account_id: str) -> None:
        """Stop and forget the account; what came in stays. Raises `Conflict` where the environment owns it."""
        row = await self._own(uow, account_id)
        uow.emit("desk", self.entity, row.id, row.version + 1, {"gone": True})
        await self.forget(uow, row)
        self.wake_loop(uow, waker)

    async def adopt_environment(self, uow: UnitOfWork, box: SecretBox, configured: Mapping[str, SettingsT]) -> None:
        """Make the environment's accounts what it says; one that it no longer names is switched off. Idempotent."""
        owned = {row.environment_key: row for row in await self.listing(uow) if row.environment_key}
        for key, settings in configured.items():
            row = owned.pop(key, None)
            if row is None:
                row = await self._create(uow, box, settings)
                row.environment_key = key
            elif self._differs(row, box, settings):
                self._apply(row, box, settings)
        for row in owned.values():
            if row.enabled:
                row.enabled, row.state = False, AccountState.STOPPED
                row.revision, row.version = row.revision + 1, row.version + 1

    async def note_success(self, uow: UnitOfWork, account_id: str, **news: Any) -> None:
        """It works, and the other side says `news` (columns) of it; written when that is new, or once a minute."""
        kind = self.row_type
        state = case((kind.enabled.is_(True), AccountState.CONNECTED), else_=AccountState.STOPPED)
        told = [getattr(kind, name) != value for name, value in news.items()]
        is_new = or_(
            *(kind.state != state, kind.last_success_at.is_(None), kind.last_success_at < uow.now - _SUCCESS_EVERY),
            *told,
        )
        await self._note(uow, account_id, is_new, state=state, last_success_at=uow.now, **news)

    async def note_failure(self, uow: UnitOfWork, account_id: str, reason: str) -> None:
        """It does not work now; it is tried again. `reason` is for the operator."""
        state = case((self.row_type.enabled.is_(True), AccountState.RETRYING), else_=AccountState.STOPPED)
        await self._note(uow, account_id, state=state, last_error=reason[:500], last_error_at=uow.now)

    def wake_loop(self, uow: UnitOfWork, waker: Waker) -> None:
        """The loop looks at its accounts once this is committed."""
        uow.after_commit(lambda: waker.wake(self.wake))

    async def _note(self, uow: UnitOfWork, account_id: str, *conditions: Any, **values: Any) -> None:
        row = await uow.session.scalar(
            update(self.row_type)
            .where(self.row_type.id == account_id, *conditions)
            .values(version=self.row_type.version + 1, **values)
            .returning(self.row_type)
            .execution_options(populate_existing=True)
        )
        if row is not None:
            self._emit(uow, row)

    async def _own(self, uow: UnitOfWork, account_id: str) -> RowT:
        """Locked: of two who change it at once the second has to see what the first has made of it."""
        await uow.session.execute(select(self.row_type.id).where(self.row_type.id == account_id).with_for_update())
        row = await self.get(uow, account_id)
        if row.from_environment:
            raise Conflict(
                f"This {self.noun} is configured by the environment; change it there.", code="from_environment"
            )
        return row

    async def _create(self, uow: UnitOfWork, box: SecretBox, settings: SettingsT) -> RowT:
        row = self.row_type(created_at=uow.now, revision=0, version=0, **self.fresh(uow, box))
        self._apply(row, box, settings)
        uow.session.add(row)
        await uow.session.flush()
        return row

    def _apply(self, row: RowT, box: SecretBox, settings: SettingsT) -> None:
        self.require_fitting(row, box, settings)
        for name, value in self.values(settings).items():
            setattr(row, name, value)
        for name in self.secrets:
            if getattr(settings, name) is not None:
                setattr(row, name, box.encrypt(getattr(settings, name)))
        row.state = AccountState.STARTING if row.enabled else AccountState.STOPPED
        row.revision, row.version = row.revision + 1, row.version + 1

    def _differs(self, row: RowT, box: SecretBox, settings: SettingsT) -> bool:
        if any(getattr(row, name) != value for name, value in self.values(settings).items()):
            return True
        secrets = [(getattr(row, name), getattr(settings, name)) for name in self.secrets]
        return any(wanted is not None and (not stored or box.decrypt(stored) != wanted) for stored, wanted in secrets)

    def _require_secrets(self, row: RowT, settings: SettingsT) -> None:
        wanted = self.values(settings)
        before = {name: getattr(row, name) for name in wanted}
        if self.destination(before) == self.destination(wanted):
            return
        missing = [name for name in sorted(self.secrets) if getattr(row, name) and getattr(settings, name) is None]
        if missing:
            fields = [{"field": name, "reason": "Needed again for another server."} for name in missing]
            raise Invalid("Give the secret again for another server.", code="secret_required", fields=fields)

    def _changed(self, uow: UnitOfWork, waker: Waker, row: RowT) -> None:
        self._emit(uow, row)
        self.wake_loop(uow, waker)

    def _emit(self, uow: UnitOfWork, row: RowT) -> None:
        uow.emit("desk", self.entity, row.id, row.version, self.shown(row))
