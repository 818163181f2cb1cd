"""What supervisors may do on the telephone: the same as on the page, by the same rights, in the same trail."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import or_, select

from desk.access import Actor
from desk.calls.recordings import heard_by, recording
from desk.inbox import store
from desk.inbox.visibility import reads_queue
from desk.telephone import supervision
from kit.access import Access
from kit.blobs import BlobStore
from kit.errors import NotFound, TooMany
from kit.unit_of_work import Database
from records.staff import audit, telephone_pins
from records.staff import store as staff
from records.staff.permissions import Permission
from records.staff.tables import AccountRow
from records.staff.telephone_pins import Refusal
from telephony.switchboard.ports import FoundRecording
from telephony.tables import RecordingRow

SHORTEST_PART = 6
"""Of a caller's number: fewer digits would find anybody."""
MOST = 20


class SupervisorsByPhone:
    """A `telephony.switchboard.ports.SupervisorDesk`."""

    def __init__(self, database: Database, access: Access, blobs: BlobStore) -> None:
        self._database, self._access, self._blobs = database, access, blobs

    async def sign_in(self, staff_number: str, pin: str, source: str) -> str | None:
        """See the protocol."""
        try:
            account = await telephone_pins.check(self._database, self._access, staff_number, pin, source)
        except TooMany:
            return None
        if account is None:
            return None
        if await self._actor(account.id) is None:
            async with self._database.unit_of_work(self._access) as uow:
                telephone_pins.refused(uow, account, Refusal.NO_RIGHT, source)
            return None
        return account.id

    async def agent(self, staff_number: str) -> str | None:
        """See the protocol."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            return await uow.session.scalar(select(AccountRow.id).where(AccountRow.staff_number == staff_number))

    async def takes_part(self, account_id: str, contact_id: str, action: str) -> bool:
        """See the protocol."""
        who = await self._actor(account_id)
        if who is None:
            return False
        try:
            await supervision.written(self._database, who, contact_id, action)
        except NotFound:
            return False
        return True

    async def recordings(self, account_id: str, digits: str) -> Sequence[FoundRecording]:
        """See the protocol."""
        who = await self._actor(account_id)
        if who is None:
            return []
        agent_id = await self.agent(digits)
        named = [RecordingRow.line == digits]
        if agent_id is not None:
            named.append(RecordingRow.agent_id == agent_id)
        part = digits.lstrip("0")
        if len(part) >= SHORTEST_PART:
            named.append(RecordingRow.caller.endswith(part, autoescape=True))
        async with self._database.unit_of_work(who.access, read_only=True) as uow:
            zone = await staff.zone(uow)
            restricted = await store.restricted_queues(uow)
            query = heard_by(who).where(or_(*named)).order_by(RecordingRow.started_at.desc())
            rows = [row for row in await uow.session.scalars(query) if reads_queue(who, row.queue_id, restricted)]
        return [
            FoundRecording(
                id=row.id, started_at=row.started_at.astimezone(zone), duration_s=round(row.duration_ms / 1000)
            )
            for row in rows[:MOST]
        ]

    async def recording(self, account_id: str, recording_id: str) -> Path | None:
        """See the protocol."""
        who = await self._actor(account_id)
        if who is None:
            return None
        async with self._database.unit_of_work(who.access) as uow:
            try:
                row = await recording(uow, who, recording_id)
            except NotFound:
                return None
            audit.record(uow, "recording.heard", "recording", row.id, detail={"as": "telephone"})
        return self._blobs.path(row.blob_key)

    async def _actor(self, account_id: str) -> Actor | None:
        """The account with its rights of this moment; None for one that may not supervise (any more)."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            account = await staff.account(uow, account_id)
            permissions = await staff.permissions_of(uow, account_id)
        if account.disabled or Permission.AGENTS_SUPERVISE not in permissions:
            return None
        sees_sealed = Permission.SEALED_READ in permissions
        return Actor(
            access=Access(workspace_id=self._access.workspace_id, actor_id=account_id, sees_sealed=sees_sealed),
            account_id=account_id,
            session_id="",
            permissions=permissions,
            language=account.language,
            csrf="",
            must_change_password=account.must_change_password,
        )
